// Clicks that the browser makes as a user would, while the page is saturated.
//
// An event says when it happened, and the listener knows when it was called. Firefox stamps an event that a driver
// makes only when the page gets it, so that there the figure says little; the way from the driver is told beside it:
// a move, a press and a release, each of which waits for the one before.

import { figure, quantile } from '../statistics.mjs';

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const count = 20 * options.runs;
    const clicks = async (driver) => {
      await call(page, 'begin', { driver });
      const sent = [];
      for (let n = 0; n < count; n++) {
        sent.push(performance.timeOrigin + performance.now());
        await page.click(200 + n, 300);
        // Out of step with frames and slices.
        await new Promise((resolve) => setTimeout(resolve, 20 + ((n * 7.3) % 30)));
      }
      // The last click may still wait.
      await page.waitFor(`bench.seen() >= ${count}`);
      const seen = await call(page, 'stop');
      return { ...seen, ways: seen.times.map((time, n) => time - sent[n]) };
    };
    const idle = await clicks(null);
    const { waits, ways, entries } = await clicks('asyncio');
    return {
      figures: {
        'click p98': figure([quantile(waits, 0.98)]),
        'click p98 by Event Timing': figure([quantile(entries, 0.98)]),
      },
      rows: [
        { name: 'idle page', unit: 'ms from the driver, p50', ...figure([quantile(idle.ways, 0.5)]) },
        { name: 'asyncio', unit: 'ms from the driver, p50', ...figure([quantile(ways, 0.5)]) },
        { name: 'asyncio', unit: 'ms from the driver, p98', ...figure([quantile(ways, 0.98)]) },
        { name: 'idle page', unit: 'ms, p50', ...figure([quantile(idle.waits, 0.5)]) },
        { name: 'idle page', unit: 'ms, p98', ...figure([quantile(idle.waits, 0.98)]) },
        { name: 'asyncio', unit: 'ms, p50', ...figure([quantile(waits, 0.5)]) },
        { name: 'asyncio', unit: 'ms, p98', ...figure([quantile(waits, 0.98)]) },
      ],
    };
  } finally {
    await page.close();
  }
}
