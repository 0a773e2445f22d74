// What else gets its turn while a loop is busy.

import { figure, lowestOf } from '../statistics.mjs';

export async function drive({ name, openPage, call, options }) {
  const page = await openPage(name);
  try {
    const { short } = options;
    const { waits, slice } = await call(page, 'pingPong', { times: short ? 5 : 50 });
    const reactions = await call(page, 'reactions');
    const wrong = await call(page, 'everyone', { count: short ? 1e5 : 1e6 });
    const late = [];
    for (let n = 0; n < (short ? 1 : options.runs); n++) late.push(await call(page, 'timerAmidst'));
    return {
      figures: {
        'timeout − 2 slices': figure([Math.max(...waits) - 2 * slice]),
        'timeout p50': figure(waits),
        'handles before a reaction': figure([reactions]),
        'left out': figure([wrong]),
        'timer seen after': lowestOf(late),
      },
    };
  } finally {
    await page.close();
  }
}
