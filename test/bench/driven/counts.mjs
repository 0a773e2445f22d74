// Counts instead of times: they are the same on a busy machine.

import { figure } from '../statistics.mjs';

/** Delays that a fifth of a second must see, and no others. */
const DUE = ['-0', '0.4 ms', '1 ns', 'negative', 'zero'];

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const work = await call(page, 'work', { rounds: options.short ? 20 : 100 });
    const { fired, longest } = await call(page, 'oddDelays');
    const wrong = DUE.filter((delay) => !fired.includes(delay)).concat(
      fired.filter((delay) => !DUE.includes(delay)),
    );
    // What browsers keep of a delay are 31 bits.
    if (longest > 2 ** 31 - 1) wrong.push(`a native timer of ${longest} ms`);
    const idle = await call(page, 'idle', { ms: options.short ? 1000 : 10_000 });
    return {
      figures: {
        'timers per wake': figure([work.timersPerWake]),
        'messages outstanding': figure([work.outstanding]),
        'odd delays': figure([wrong.length]),
        'idle calls': figure([Object.values(idle).reduce((sum, calls) => sum + calls, 0)]),
      },
      rows: Object.entries(work)
        .filter(([, value]) => value > 0)
        .map(([counter, value]) => ({ name: counter, unit: 'calls', ...figure([value]) })),
    };
  } finally {
    await page.close();
  }
}
