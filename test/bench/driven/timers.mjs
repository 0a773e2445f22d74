// Timers by the hundred thousand in order, and by the million at what cost.

import { figure, lowestOf } from '../statistics.mjs';

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const order = await call(page, 'order', { count: options.short ? 2e4 : 1e5 });
    const figures = { early: figure([order.early]), disordered: figure([order.disordered]) };
    if (options.short) return { figures };
    const runs = [];
    for (let n = 0; n < options.runs; n++) runs.push(await call(page, 'million', { seed: n }));
    const of = (measure) => runs.map(measure);
    // A collection of garbage is as long a pause; it does not come at the same place in every run.
    const pause = (kind) => lowestOf(of(({ pauses }) => pauses[kind]));
    const pauses = ['add', 'cancel', 'upkeep', 'pop'].map((kind) => [`pause: ${kind}`, pause(kind)]);
    return {
      figures: {
        ...figures,
        add: figure(of(({ add }) => add)),
        cancel: figure(of(({ cancel }) => cancel)),
        pop: figure(of(({ pop }) => pop)),
        ...Object.fromEntries(pauses),
        'pause: objects alone': pause('control'),
        pause: figure([Math.max(...pauses.map(([, { value }]) => value))]),
      },
    };
  } finally {
    await page.close();
  }
}
