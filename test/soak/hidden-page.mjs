// Six minutes in a hidden page of Chromium, with its throttling on: `node test/soak/hidden-page.mjs` after a build.
//
// What it asserts (it exits 1 where one is missed): ready work runs at 90 % or more of its speed in the visible page,
// and timers of one second are never later than 1.2 s. It is not part of `npm test`, because it takes seven minutes.
//
//   --minutes=6    how long the page is hidden. Chromium's hardest throttling begins after five.

import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';
import { findBrowser } from '../support/browsers.mjs';
import { serveFiles } from '../support/pages.mjs';

const LEAST_SPEED = 0.9;
const MOST_LATE_MS = 1200;
/** How long the speed is measured each time, in milliseconds; the median of several counts. */
const SPEED_MS = 1500;
const SPEEDS = 5;

/** Puppeteer's own flags that switch off what is tested here. Playwright's pages count as visible whatever is done. */
const THROTTLING_OFF = [
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

const PAGE = `<!doctype html>
<title>hidden page</title>
<script src="/dist/asyncio.global.js"></script>
<script>
  const loop = new asyncio.BrowserEventLoop();
  const lateness = [];
  void loop.runForever();

  /** One timer of a second after the other. */
  const beat = (due) => {
    lateness.push({ ms: (loop.time() - due) * 1000, hidden: document.visibilityState === 'hidden' });
    loop.callLater(1, beat, loop.time() + 1);
  };
  loop.callLater(1, beat, loop.time() + 1);

  /** Messages of a channel and a little arithmetic in a millisecond, without the loop: what the machine gives the page. */
  function control(ms) {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const start = performance.now();
      let rounds = 0;
      let sink = 1;
      port1.onmessage = () => {
        for (let n = 0; n < 200_000; n++) sink = (Math.imul(sink, 1664525) + 1013904223) | 0;
        rounds += sink === 0 ? 0 : 1;
        if (performance.now() - start > ms) resolve(rounds / (performance.now() - start));
        else port2.postMessage(0);
      };
      port2.postMessage(0);
    });
  }

  /** Callbacks in a millisecond, while one queues the next. */
  function speed(ms) {
    return new Promise((resolve) => {
      let ran = 0;
      const start = performance.now();
      const spin = () => {
        ran += 1;
        if (ran % 1024 === 0 && performance.now() - start > ms) resolve(ran / (performance.now() - start));
        else loop.callSoon(spin);
      };
      loop.callSoon(spin);
    });
  }
</script>`;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '6' } } });
const minutes = Number(values.minutes);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const found = await findBrowser('chromium');
if (!found) throw new Error('Cannot run: chromium not found');
const server = await serveFiles({ '/hidden.html': PAGE });
const browser = await puppeteer.launch({
  executablePath: found.executable,
  ignoreDefaultArgs: THROTTLING_OFF,
  args: ['--no-sandbox'],
  protocolTimeout: 120_000,
});
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/hidden.html`);
  /** By turns, so that what else the machine does meets both. */
  const speed = async () => {
    const all = { loop: [], control: [] };
    for (let n = 0; n < SPEEDS; n += 1) {
      all.loop.push(await page.evaluate((ms) => globalThis.speed(ms), SPEED_MS));
      all.control.push(await page.evaluate((ms) => globalThis.control(ms), SPEED_MS));
    }
    return { loop: median(all.loop), control: median(all.control) };
  };

  await page.evaluate((ms) => globalThis.speed(ms), SPEED_MS); // warm
  const visible = await speed();
  // A tab in front of it.
  await (await browser.newPage()).bringToFront();
  // Quiet, as a page is that only waits: the browser's hardest throttling is for such.
  await wait(minutes * 60_000);
  // The later timers are the ones that count; what was late while the speed is measured is a busy loop's doing.
  const late = await page.evaluate(() => lateness.filter(({ hidden }) => hidden).map(({ ms }) => ms));
  const hidden = await speed();
  const state = await page.evaluate(() => document.visibilityState);
  const figures = {
    browser: await browser.version(),
    minutesHidden: minutes,
    visible: Math.round(visible.loop),
    hidden: Math.round(hidden.loop),
    speedRatio: Number((hidden.loop / visible.loop).toFixed(3)),
    // Judged is the ratio above; this one says whether the machine was the same both times.
    controlRatio: Number((hidden.control / visible.control).toFixed(3)),
    timers: late.length,
    medianLateMs: Number(median([...late]).toFixed(1)),
    latestMs: Number(Math.max(...late).toFixed(1)),
    latestOfLastMinuteMs: Number(Math.max(...late.slice(-30)).toFixed(1)),
  };
  console.log(JSON.stringify(figures, null, 2));
  const missed = [];
  if (state !== 'hidden') missed.push('the page was not hidden');
  if (late.length < minutes * 25) missed.push(`only ${late.length} timers`);
  if (figures.speedRatio < LEAST_SPEED) missed.push(`${figures.speedRatio} of the visible speed`);
  if (figures.latestMs > MOST_LATE_MS) missed.push(`a timer was ${figures.latestMs} ms late`);
  for (const line of missed) console.error(`missed: ${line}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await browser.close();
  server.close();
}
