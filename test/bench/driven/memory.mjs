// Bytes of what the loop keeps. Only Chromium tells them.

import { launch } from '../../support/browsers.mjs';
import { figure } from '../statistics.mjs';

export async function drive({ name, engine, origin, call, options }) {
  if (engine !== 'chromium') return { figures: {} };
  const browser = await launch(engine, { args: ['--enable-precise-memory-info'] });
  try {
    const page = await browser.newPage(`${origin}/${name}.html`);
    const runs = { handle: [], timer: [], task: [], growth: [] };
    for (let n = 0; n < options.runs; n++) {
      runs.handle.push((await call(page, 'handle')).bytes);
      runs.timer.push(await call(page, 'timer'));
      const { coroutine, all } = await call(page, 'task');
      runs.task.push(all - coroutine);
      const { before, after } = await call(page, 'churn');
      runs.growth.push((100 * (after - before)) / before);
    }
    return {
      figures: Object.fromEntries(Object.entries(runs).map(([key, samples]) => [key, figure(samples)])),
    };
  } finally {
    await browser.close();
  }
}
