// A page under a loop that always has work: how much gets done, and what is left of the page.

import { figure, lowestOf, quantile as quantileOf } from '../statistics.mjs';

/** What never arrived was late by all of the time. */
const quantile = (values, part, seen) => (values.length > 0 ? quantileOf(values, part) : seen.elapsed);

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    return options.short ? await driveShort(page, call) : await driveWhole(openPage, page, call, options);
  } finally {
    await page.close();
  }
}

async function driveShort(page, call) {
  const seen = await call(page, 'saturate', { driver: 'asyncio', ms: 1000 });
  const figures = { 'frames kept': figure([100 * Math.min(1, seen.frames)]) };
  if (seen.longTasks !== null) figures['long tasks'] = figure([seen.longTasks]);
  return { figures };
}

async function driveWhole(openPage, page, call, { runs }) {
  // Saturated for some seconds in all: each quantile is of a thousand samples or more.
  const ours = [];
  for (let n = 0; n < Math.max(1, Math.ceil(runs / 2)); n++) {
    ours.push(await call(page, 'saturate', { driver: 'asyncio', ms: 4000 }));
  }
  const blocks = [];
  for (let n = 0; n < runs; n++) blocks.push(await call(page, 'blocks'));
  const still = await openPage();
  const alone = [];
  for (let n = 0; n < runs; n++) alone.push(await call(still, 'alone', { driver: 'asyncio', ms: 1000 }));
  await still.close();
  const rivals = {};
  for (const driver of await page.evaluate('bench.available()')) {
    if (driver !== 'asyncio') rivals[driver] = await call(page, 'saturate', { driver, ms: 1500 });
  }

  const of = (measure) => figure(ours.map(measure));
  const slice = (seen) => seen.slice ?? 2;
  const figures = {
    'work done': figure(alone.map((part) => 100 * part)),
    'work done in a page that animates': of((seen) => 100 * seen.work),
    'frames kept': of((seen) => 100 * Math.min(1, seen.frames)),
    'frame gap p99': of((seen) => quantile(seen.gaps, 0.99, seen) / seen.period),
    'message p50 − slice': of((seen) => quantile(seen.messages, 0.5, seen) - slice(seen)),
    'message p99 − 2 slices': of((seen) => quantile(seen.messages, 0.99, seen) - 2 * slice(seen)),
    'timer p99 − 2 slices': of((seen) => quantile(seen.timers, 0.99, seen) - 2 * slice(seen)),
    'block p50': figure(blocks.map(({ walls }) => quantile(walls, 0.5))),
    'block p99 − slice': figure(blocks.map((seen) => quantile(seen.walls, 0.99) - slice(seen))),
    // What disturbs a run can only make its longest block longer.
    'block max': lowestOf(blocks.map(({ walls }) => Math.max(...walls))),
    slice: of(slice),
  };
  // Only Chromium tells. Elsewhere the blocks are by the clock.
  const longTasks = (seen) => seen.longTasks;
  figures['long tasks'] =
    ours[0].longTasks === null
      ? lowestOf(blocks.map(({ walls }) => walls.filter((ms) => ms > 50).length))
      : lowestOf(ours.map(longTasks));
  const withYield = rivals['scheduler.yield'];
  if (withYield) figures['frames kept by scheduler.yield'] = figure([100 * Math.min(1, withYield.frames)]);

  const rows = Object.entries({ asyncio: ours[0], ...rivals }).flatMap(([driver, seen]) => [
    { name: driver, unit: '% of a plain loop', ...figure([100 * seen.work]) },
    { name: driver, unit: '% of frames', ...figure([100 * Math.min(1, seen.frames)]) },
    {
      name: driver,
      unit: 'ms, p99 of a worker’s messages',
      ...figure([quantile(seen.messages, 0.99, seen)]),
    },
    { name: driver, unit: 'ms, p99 of setTimeout(20) late', ...figure([quantile(seen.timers, 0.99, seen)]) },
  ]);
  return { figures, rows };
}
