// Away from a page with an idle loop, and back: it must come from the back/forward cache with all it had.

import { launch } from '../../support/browsers.mjs';
import { figure } from '../statistics.mjs';

/** While a page is left and another comes there may be nothing that could answer. */
async function until(condition) {
  const deadline = Date.now() + 10_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('The page did not come back');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function drive({ engine, origin, call }) {
  // Playwright switches the cache off, and Chromium's engine has none without its flag gone.
  const browser = await launch(engine, {
    ...(engine === 'chromium' && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  });
  try {
    const page = await browser.newPage(`${origin}/bfcache.html`);
    await call(page, 'begin');
    await page.goto(`${origin}/spin.html`);
    // Longer than the sleep that is under way.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await page.evaluate('void setTimeout(() => history.back(), 0)');
    await until(() =>
      page.evaluate(
        'location.pathname === "/bfcache.html" && typeof bench === "object" && bench.shown().length > 0',
      ),
    );
    const failures = [];
    const shown = await page.evaluate('bench.shown()');
    if (shown.at(-1) !== true) failures.push('it was loaded anew: not kept in the cache');
    else {
      const seen = await call(page, 'wake');
      const done = Object.fromEntries(seen.done);
      if (done.woken !== 42) failures.push('the future was not set');
      if (!(done.slept >= -0.002)) failures.push(`the sleep that was under way ended at ${done.slept}`);
      if (!(done['slept again'] < 1)) failures.push(`a new sleep of 20 ms took ${done['slept again']} s`);
      if (done['in order'] !== true) failures.push('callbacks were lost or out of order');
      if (seen.resumes.length !== 1) failures.push(`${seen.resumes.length} events of resuming`);
      failures.push(...seen.errors);
    }
    for (const failure of failures) console.log(`  ${engine} bfcache: ${failure}`);
    return { figures: { failures: figure([failures.length]) } };
  } finally {
    await browser.close();
  }
}
