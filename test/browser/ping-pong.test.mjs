// A loop and native promises that wake each other for ever leave the page alive: timers, messages, frames, real clicks.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const PAGE = `<!doctype html>
<title>ping-pong</title>
<style>button { position: fixed; inset: 0; }</style>
<button>click</button>
<script src="/dist/asyncio.global.js"></script>
<script>
  const seen = { rounds: 0, timers: 0, messages: 0, frames: 0, clicks: 0 };
  document.querySelector('button').addEventListener('click', () => { seen.clicks += 1; });
  const tick = () => { seen.timers += 1; setTimeout(tick, 0); };
  tick();
  const frame = () => { seen.frames += 1; requestAnimationFrame(frame); };
  frame();
  /** One now and then: one after the other without a pause would itself be what starves frames. */
  const foreign = new MessageChannel();
  foreign.port1.onmessage = () => { seen.messages += 1; };
  setInterval(() => foreign.port2.postMessage(0), 10);

  const loop = new asyncio.BrowserEventLoop();
  void loop.runForever();
  const kinds = {
    callbacks() {
      const ping = () => {
        seen.rounds += 1;
        void Promise.resolve().then(() => loop.callSoon(ping));
      };
      loop.callSoon(ping);
    },
    tasks() {
      loop.createTask((function* () {
        for (;;) {
          seen.rounds += 1;
          yield* asyncio.fromPromise((async () => { await loop.createTask(asyncio.sleep(0)); })());
        }
      })());
    },
  };
</script>`;

describe(`a loop and native promises that wake each other for ever, in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveFiles({ '/ping-pong.html': PAGE });
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  for (const kind of ['callbacks', 'tasks']) {
    it(`leave the page alive: ${kind}`, async (context) => {
      const page = await browser.newPage(`${server.origin}/ping-pong.html`);
      await page.evaluate((name) => void kinds[name](), kind);
      for (let click = 1; click <= 5; click += 1) {
        await page.click(200, 200);
        await page.waitFor((count) => seen.clicks === count, click);
      }
      const before = await page.evaluate('seen');
      // Each of them goes on, for as long as it is looked at.
      await page.waitFor(
        (old) => ['rounds', 'timers', 'messages', 'frames'].every((what) => seen[what] >= old[what] + 10),
        before,
      );
      const after = await page.evaluate('seen');
      context.diagnostic(JSON.stringify(after));
      assert.equal(after.clicks, 5);
      await page.close();
    });
  }
});
