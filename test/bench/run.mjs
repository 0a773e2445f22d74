// `npm run bench`: measures, compares with what is required, and says so.
//
//     --engine=firefox,webkit   only these engines; default: all three
//     --case=switch,spawn       only these cases
//     --runs=5                  rounds of a comparison, each with every contestant
//     --gate                    exits 1 when something that is required was missed or not measured
//     --short                   a minute's worth for a noisy machine: only what is stable there, with room to spare
//     --long                    also what takes minutes (six minutes hidden)
//     --save                    keeps the figures in results/, and writes the table and the report anew
//     --report                  measures nothing: writes the table of README.md and report.html from results/
//
// It measures `dist/`, so `npm run build` comes first. Nothing else should run meanwhile.

import { parseArgs } from 'node:util';
import { launch, selectEngines } from '../support/browsers.mjs';
import { cases } from './driven/index.mjs';
import { geometricMean, printCase, printJudgements, verdicts } from './judgement.mjs';
import { limits } from './limits.mjs';
import { writeReport } from './report.mjs';
import { saveResults } from './results.mjs';
import { serveCases } from './server.mjs';

const { values: given } = parseArgs({
  options: {
    engine: { type: 'string' },
    case: { type: 'string' },
    runs: { type: 'string', default: '5' },
    gate: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
});

function selectCases() {
  if (!given.case) {
    return Object.keys(cases).filter((name) =>
      given.short ? cases[name].short : given.long || !cases[name].long,
    );
  }
  const names = given.case.split(',');
  const unknown = names.find((name) => !cases[name]);
  if (unknown) throw new Error(`Cannot run case '${unknown}': there are ${Object.keys(cases).join(', ')}`);
  return names;
}

async function main() {
  if (given.report) return writeReport();
  const names = selectCases();
  const engines = selectEngines(given.engine ?? process.env.BROWSERS);
  const options = { runs: Number(given.runs), short: given.short };
  const server = await serveCases(options);
  let failures = 0;
  try {
    for (const engine of engines) {
      const measured = await measureEngine(engine, names, server, options);
      const all = given.save ? saveResults(engine, measured) : measured;
      const judged = verdicts(limits, engine, all.cases, { ...options, names: [...names, 'mean'] });
      printJudgements(engine, judged);
      failures += judged.filter(({ verdict }) => verdict === 'missed' || verdict === 'not measured').length;
    }
  } finally {
    server.close();
  }
  if (given.save) writeReport();
  if (given.gate && failures > 0) process.exitCode = 1;
}

async function measureEngine(engine, names, server, options) {
  const browser = await launch(engine);
  const result = { engine, browser: null, cases: {} };
  try {
    for (const name of names) {
      const started = Date.now();
      const openPage = async (page = name) => {
        const opened = await browser.newPage(`${server.origin}/${page}.html`);
        result.browser ??= await opened.evaluate('navigator.userAgent');
        return opened;
      };
      try {
        const { drive } = cases[name];
        const outcome = await drive({
          name,
          engine,
          openPage,
          call: server.call,
          options,
          origin: server.origin,
        });
        result.cases[name] = outcome;
        printCase(engine, name, outcome, Date.now() - started);
      } catch (error) {
        // The others are still worth measuring; what this one should have measured counts as missed.
        console.error(`${engine} ${name}: ${error.stack}`);
      }
    }
  } finally {
    await browser.close();
  }
  const mean = geometricMean(result.cases);
  if (mean) result.cases.mean = { figures: { 'ours ÷ native': mean } };
  return result;
}

await main();
