// The short form of the benchmarks: what holds on a noisy machine too. See test/bench/README.md for the whole.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cases } from '../bench/driven/index.mjs';
import { format, verdicts } from '../bench/judgement.mjs';
import { limits } from '../bench/limits.mjs';
import { serveCases } from '../bench/server.mjs';
import { launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';

const short = { runs: 1, short: true };
const names = Object.keys(cases).filter((name) => cases[name].short);

describe(`the benchmarks, in short, in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveCases(short);
    server.prepare(names);
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  for (const name of names) {
    it(`${name} is within what even a busy machine allows`, async (context) => {
      const outcome = await cases[name].drive({
        name,
        engine,
        openPage: (page) => browser.newPage(`${server.origin}/${page}.html`),
        call: server.call,
        options: short,
        origin: server.origin,
      });
      const judged = verdicts(limits, engine, { [name]: outcome }, { short: true, names: [name] });
      assert.ok(judged.length > 0);
      const told = judged.map(({ limit, figure, required, verdict }) => {
        const sign = limit.is === 'most' ? '≤' : '≥';
        return `${limit.id} ${limit.title}: ${format(figure?.value)}${limit.unit} ${sign} ${required}: ${verdict}`;
      });
      for (const line of told) context.diagnostic(line);
      assert.deepEqual(
        told.filter((_, n) => judged[n].verdict !== 'required'),
        [],
      );
    });
  }
});
