// How late timers are on an idle page.

import { figure, quantile } from '../statistics.mjs';

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const sequences = [];
    for (let n = 0; n < options.runs; n++) sequences.push(await call(page, 'sequence', { count: 1000 }));
    // A batch takes two seconds, ours and the raw one.
    const { ours, raw, step } = await call(page, 'lateness', { batches: 3 * options.runs });
    const beyond = (part, allowance) => quantile(ours, part) - quantile(raw, part) - allowance;
    return {
      figures: {
        'p50 − raw': figure([beyond(0.5, 0)]),
        'p99 − raw − step': figure([beyond(0.99, step)]),
        'sleep mean': figure(sequences.map((sequence) => sequence.ours)),
      },
      rows: [
        { name: 'asyncio', unit: 'ms late, p50', ...figure([quantile(ours, 0.5)]) },
        { name: 'asyncio', unit: 'ms late, p99', ...figure([quantile(ours, 0.99)]) },
        { name: 'setTimeout', unit: 'ms late, p50', ...figure([quantile(raw, 0.5)]) },
        { name: 'setTimeout', unit: 'ms late, p99', ...figure([quantile(raw, 0.99)]) },
        {
          name: 'asyncio',
          unit: 'ms for sleep(0.001)',
          ...figure(sequences.map((sequence) => sequence.ours)),
        },
        {
          name: 'setTimeout',
          unit: 'ms for a chained 1 ms',
          ...figure(sequences.map((sequence) => sequence.raw)),
        },
      ],
    };
  } finally {
    await page.close();
  }
}
