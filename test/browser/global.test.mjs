// The script-tag builds, each alone in a page.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const page = (script) => `<!doctype html>
<script>globalThis.before = new Set(Object.getOwnPropertyNames(globalThis));</script>
<script src="${script}"></script>`;

describe(`the script-tag build in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveFiles({
      '/plain.html': page('/dist/asyncio.global.js'),
      '/min.html': page('/dist/asyncio.global.min.js'),
    });
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  for (const name of ['plain', 'min']) {
    it(`writes the names of its classes in messages (${name})`, async () => {
      const page = await browser.newPage(`${server.origin}/${name}.html`);
      const texts = await page.evaluate(() => {
        const { asyncio } = globalThis;
        const loop = new asyncio.BrowserEventLoop();
        const future = loop.createFuture();
        return [new asyncio.Lock(), new asyncio.PriorityQueue(3), new asyncio.Barrier(2), future, loop].map(
          String,
        );
      });
      assert.deepEqual(texts, [
        '<Lock [unlocked]>',
        '<PriorityQueue maxsize=3>',
        '<Barrier [filling, waiters:0/2]>',
        '<Future pending>',
        '<BrowserEventLoop running=false closed=false debug=false>',
      ]);
      await page.close();
    });

    it(`defines asyncio and nothing else (${name})`, async () => {
      const page = await browser.newPage(`${server.origin}/${name}.html`);
      const added = await page.evaluate(() =>
        Object.getOwnPropertyNames(globalThis).filter(
          (key) => !globalThis.before.has(key) && key !== 'before',
        ),
      );
      assert.deepEqual(added, ['asyncio']);
      await page.close();
    });

    it(`runs a program, and loads nothing more (${name})`, async () => {
      const page = await browser.newPage(`${server.origin}/${name}.html`);
      const loaded = server.requests.length;
      const result = await page.evaluate(() =>
        asyncio.run(function* () {
          const [first, second] = yield* asyncio.gather(asyncio.sleep(0.001, 'a'), asyncio.sleep(0, 'b'));
          return first + second;
        }),
      );
      assert.equal(result, 'ab');
      const more = server.requests.slice(loaded).filter((path) => !/favicon|\.map$/.test(path));
      assert.deepEqual(more, []);
      assert.deepEqual(
        page.consoleMessages?.filter(({ type }) => type === 'error' || type === 'pageerror') ?? [],
        [],
      );
      await page.close();
    });
  }
});
