// A soak of random faulty connections, on demand:
//
//   npm run build && npx tsc -p tsconfig.test.json
//   node test/soak/connections.mjs [count=5000] [seed] [engine=chromium]
//
// Prints the seed, what was done, and what is left; exits with 1 if anything went wrong.

import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../support/browsers.mjs';
import { startFaultServer } from '../support/fault-server.mjs';
import { serveFiles } from '../support/pages.mjs';

const [count = '5000', seed = String(Math.floor(Math.random() * 2 ** 31)), engine = 'chromium'] =
  process.argv.slice(2);
/** The connections of one step; between two of them garbage is collected and the memory looked at. */
const STEP = 500;
/**
 * Between two steps, in milliseconds. A browser has a limit on its WebSockets, and keeps those for a while that were broken
 * off: without it Chromium refuses some, sound ones too, from the 4,000th on, if these take less than a minute.
 */
const PAUSE = 10_000;

const faults = await startFaultServer();
const server = await serveFiles({
  '/soak.html': `<!doctype html><title>soak</title>
<script type="importmap">{ "imports": { "asyncio-web": "/dist/index.js" } }</script>
<script>globalThis.__faultServer = '${faults.origin}';</script>`,
});
const browser = await launch(engine);
console.log(`${engine}, seed ${seed}`);
let failed = false;
try {
  const page = await browser.newPage(`${server.origin}/soak.html`);
  const totals = {};
  const started = Date.now();
  for (let done = 0; done < Number(count); done += STEP) {
    if (done > 0) await sleep(PAUSE);
    const step = await page.evaluate(
      async (step, seed) => {
        const { run } = await import('/dist/index.js');
        const { soak } = await import('/build/test/support/soak.js');
        const { forceGc } = await import('/build/test/support/gc.js');
        const { counts, problems, reports, made } = await run(() => soak(step, seed));
        await forceGc();
        const left = made.filter((reference) => reference.deref() !== undefined).length;
        const heap = globalThis.performance.memory?.usedJSHeapSize;
        return { counts, problems, reports, made: made.length, left, heap };
      },
      Math.min(STEP, Number(count) - done),
      Number(seed) + done,
    );
    for (const [kind, number] of Object.entries(step.counts)) totals[kind] = (totals[kind] ?? 0) + number;
    const memory = step.heap ? `, heap ${(step.heap / 2 ** 20).toFixed(1)} MiB` : '';
    console.log(`${done + STEP}: ${step.left} of ${step.made} objects left${memory}`);
    for (const problem of [...step.problems, ...step.reports]) console.log(`  ${problem}`);
    failed ||= step.problems.length > 0 || step.reports.length > 0 || step.left > 10;
  }
  console.log(
    Object.entries(totals)
      .map(([kind, number]) => `${kind} ${number}`)
      .join(', '),
  );
  console.log(`${((Date.now() - started) / 1000).toFixed(0)} s; open at the server: ${faults.stats().open}`);
} finally {
  await browser.close();
  server.close();
  faults.close();
}
process.exitCode = failed ? 1 : 0;
