// A loop that has nothing to do leaves the page alone.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const SECONDS = 10;

// Wraps, before the library is there, everything that can make a page do something later, and counts the calls.
const PAGE = `<!doctype html>
<title>idle</title>
<script>
  const native = { setTimeout: setTimeout.bind(globalThis) };
  const calls = {};
  function count(owner, name) {
    const original = owner?.[name];
    if (typeof original !== 'function') return;
    const key = (owner.constructor?.name ?? '') + '.' + name;
    calls[key] = 0;
    owner[name] = new Proxy(original, {
      apply(target, self, args) {
        calls[key]++;
        return Reflect.apply(target, self, args);
      },
      construct(target, args) {
        calls[key]++;
        return Reflect.construct(target, args);
      },
    });
  }
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame', 'requestIdleCallback',
    'queueMicrotask', 'postMessage', 'fetch', 'MessageChannel', 'Worker']) count(globalThis, name);
  count(MessagePort.prototype, 'postMessage');
  count(Promise.prototype, 'then');
  count(globalThis.scheduler, 'postTask');
  count(globalThis.scheduler, 'yield');
</script>
<script src="/dist/asyncio.global.js"></script>`;

describe(`an idle loop in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveFiles({ '/idle.html': PAGE });
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  it(`calls nothing of the page's for ${SECONDS} seconds, and goes on when it is woken`, async () => {
    const page = await browser.newPage(`${server.origin}/idle.html`);
    // One call for the whole test: a driver that asks meanwhile would make calls of its own.
    const { idle, working, result } = await page.evaluate(
      (ms) =>
        new Promise((resolve, reject) => {
          let future;
          const loopTask = asyncio.run(function* () {
            const loop = asyncio.getRunningLoop();
            // Work of every kind, so that whatever works can forget to stop.
            yield* asyncio.sleep(0.001);
            yield* asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.002));
            yield* asyncio.fromPromise(Promise.resolve());
            loop.callLater(3000, () => {}).cancel();
            // From here one task waits for an event, and another for a time that is far away.
            loop.createTask(asyncio.sleep(3600));
            future = loop.createFuture();
            return yield* future;
          });
          const reset = () => {
            for (const key of Object.keys(calls)) calls[key] = 0;
          };
          const measure = () => {
            reset();
            native.setTimeout(() => {
              const idle = { ...calls };
              reset();
              future.setResult('woken');
              // The driver's own calls come after this one.
              native.setTimeout(() => {
                const working = { ...calls };
                loopTask.then((result) => resolve({ idle, working, result }), reject);
              }, 200);
            }, ms);
          };
          const begin = () =>
            future === undefined ? native.setTimeout(begin, 50) : native.setTimeout(measure, 500);
          begin();
        }),
      SECONDS * 1000,
    );
    assert.deepEqual(
      Object.entries(idle).filter(([, number]) => number > 0),
      [],
    );
    assert.ok(Object.keys(idle).length >= 8, Object.keys(idle).join());
    assert.ok(
      Object.values(working).some((number) => number > 0),
      'the counters do count',
    );
    assert.equal(result, 'woken');
    await page.close();
  });
});
