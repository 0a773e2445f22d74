// A hidden page in Chromium, as a user's: without the flags by which test drivers switch throttling off. A page is
// hidden when another tab of its window comes to the front.

import puppeteer from 'puppeteer-core';
import { findBrowser } from '../../support/browsers.mjs';
import { figure } from '../statistics.mjs';

/** What Puppeteer would switch off (its default arguments), and must not. */
const THROTTLING = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-back-forward-cache',
];

async function open(origin) {
  const { executable } = await findBrowser('chromium');
  const browser = await puppeteer.launch({
    executablePath: executable,
    headless: true,
    ignoreDefaultArgs: THROTTLING,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--js-flags=--expose-gc',
    ],
    protocolTimeout: 600_000,
  });
  const [front] = await browser.pages();
  const page = await browser.newPage();
  await page.goto(`${origin}/hidden.html`);
  const show = async (which, state) => {
    await which.bringToFront();
    await page.waitForFunction(`bench.state() === '${state}'`, { timeout: 10_000, polling: 50 });
  };
  await show(page, 'visible');
  return { browser, page, hide: () => show(front, 'hidden'), show: () => show(page, 'visible') };
}

export async function drive({ engine, origin, call, options }) {
  if (engine !== 'chromium') return { figures: {} };
  const { browser, page, hide, show } = await open(origin);
  try {
    const shares = [];
    for (let n = 0; n < options.runs; n++) {
      await show();
      const visible = await call(page, 'rate', { ms: 1500 });
      await hide();
      const hidden = await call(page, 'rate', { ms: 1500 });
      if (visible.state !== 'visible' || hidden.state !== 'hidden')
        throw new Error('The page was not hidden');
      shares.push((100 * hidden.perMs) / visible.perMs);
    }
    const gaps = [];
    for (let n = 0; n < options.runs; n++) {
      await show();
      await call(page, 'beginProgress');
      await hide();
      await new Promise((resolve) => setTimeout(resolve, 700));
      gaps.push(await call(page, 'endProgress'));
    }
    await hide();
    const { late } = await call(page, 'periodic', { seconds: 10 });
    return {
      figures: {
        'work while hidden': figure(shares),
        'progress after': figure(gaps.map(({ atFirst }) => atFirst)),
        'longest gap while hidden': figure(gaps.map(({ longest }) => longest)),
        'a 1 s timer just after it was hidden': figure(late),
      },
    };
  } finally {
    await browser.close();
  }
}

/** Chromium's once-a-minute throttling begins after five minutes; here the timers of the seventh and eighth count. */
export async function driveLong({ engine, origin, call }) {
  if (engine !== 'chromium') return { figures: {} };
  const { browser, page, hide } = await open(origin);
  try {
    await hide();
    const { late, state } = await call(page, 'periodic', { seconds: 480 }, { seconds: 600 });
    if (state !== 'hidden') throw new Error('The page was not hidden');
    // Each took at least a second: those after the sixth minute.
    let time = 0;
    const counted = late.filter((lateness) => {
      time += 1 + lateness;
      return time > 360;
    });
    return { figures: { lateness: { ...figure(counted), value: Math.max(...counted) } } };
  } finally {
    await browser.close();
  }
}
