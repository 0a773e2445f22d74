// Lets Web Test Runner use the same browsers as everything else here.

import { launch } from './browsers.mjs';

/** @param {import('./browsers.mjs').EngineName} name */
export function engineLauncher(name) {
  /** @type {Promise<import('./browsers.mjs').Browser> | undefined} */
  let browser;
  /** Pages that have no session now. To navigate one takes a fifth of the time that a new one takes. */
  const idle = [];
  const active = new Map();

  return {
    name,
    type: name,
    async startSession(id, url) {
      browser ??= launch(name);
      const page = idle.pop() ?? (await (await browser).newPage());
      const loading = page.goto(url);
      active.set(id, { page, loading });
      await loading;
    },
    isActive: (id) => active.has(id),
    getBrowserUrl: (id) => active.get(id)?.page.url(),
    async stopSession(id) {
      const { page, loading } = active.get(id);
      active.delete(id);
      // Tests can be done before the page has loaded, and one navigation must not cut off another.
      await soon(loading);
      // What the test left running must not disturb the next one; a page that hangs is no longer of use.
      const isClean = await soon(page.goto('about:blank'));
      if (isClean) idle.push(page);
      else await soon(page.close());
      return {};
    },
    async stop() {
      await (await browser)?.close();
      browser = undefined;
      idle.length = 0;
    },
    startDebugSession() {
      throw new Error(
        'Cannot debug in a test browser: run npx wtr --watch --manual and open the printed address',
      );
    },
  };
}

/** Whether the promise is fulfilled within ten seconds. */
function soon(promise) {
  const timeout = new Promise((resolve) => setTimeout(resolve, 10_000, false).unref());
  return Promise.race([promise.then(() => true).catch(() => false), timeout]);
}
