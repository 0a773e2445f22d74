// workerTimers() under real policies of a page: the timers of the page serve where no worker is allowed.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const PAGE = `<!doctype html>
<title>worker timers</title>
<script src="/dist/asyncio.global.js"></script>
<script src="/script.js"></script>`;

const SCRIPT = `
  let made = 0;
  const uncaught = [];
  addEventListener('error', (event) => uncaught.push(String(event.message)));
  const NativeWorker = Worker;
  globalThis.Worker = function (url) {
    made += 1;
    return new NativeWorker(url);
  };
  globalThis.result = asyncio
    .run(
      function* () {
        const loop = asyncio.getRunningLoop();
        const late = [];
        for (let n = 0; n < 5; n++) {
          const due = loop.time() + 0.02;
          yield* asyncio.sleep(0.02);
          late.push((loop.time() - due) * 1000);
        }
        const { timersArmed, timersFired } = loop.stats().host;
        return { late, made, uncaught, timersArmed, timersFired };
      },
      { loopFactory: () => new asyncio.BrowserEventLoop({ timers: asyncio.workerTimers() }) },
    );`;

const POLICIES = {
  'without a policy': null,
  "under worker-src 'none'": "worker-src 'none'",
  "under worker-src 'self', which has no blobs": "worker-src 'self'",
  "under script-src 'self' alone": "script-src 'self'",
  "under default-src 'self'": "default-src 'self'",
  'under worker-src blob:': "script-src 'self'; worker-src blob:",
};

describe(`workerTimers() in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    const pages = { '/script.js': SCRIPT };
    Object.values(POLICIES).forEach((policy, index) => {
      pages[`/${index}.html`] = policy
        ? { body: PAGE, headers: { 'content-security-policy': policy } }
        : PAGE;
    });
    server = await serveFiles(pages);
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  Object.keys(POLICIES).forEach((name, index) => {
    it(`sleep as long as they should ${name}, and try one worker`, async () => {
      const page = await browser.newPage(`${server.origin}/${index}.html`);
      const seen = await page.evaluate('globalThis.result');
      // Early by the resolution of the clocks at most.
      assert.ok(Math.min(...seen.late) >= -2.5, JSON.stringify(seen));
      assert.equal(seen.late.length, 5);
      assert.equal(seen.made, 1);
      assert.deepEqual(seen.uncaught, []);
      assert.ok(seen.timersFired <= seen.timersArmed && seen.timersFired > 0, JSON.stringify(seen));
      await page.close();
    });
  });
});
