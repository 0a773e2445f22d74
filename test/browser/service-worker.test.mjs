// runForEvent() in a real ServiceWorker: each event has a run of its own, and the worker stays until the run has ended.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

// Installing takes a run, as does each fetch and each message. What waitUntil() was given is looked at as well.
const SERVICE_WORKER = `
import * as asyncio from './dist/index.js';
import { runForEvent } from './dist/lowlevel.js';
const log = [];
const loops = new Set();

addEventListener('install', (event) => {
  skipWaiting();
  runForEvent(event, function* () {
    log.push('install begins');
    yield* asyncio.sleep(0.05);
    const cache = yield* asyncio.fromPromise(caches.open('kept'));
    yield* asyncio.fromPromise(cache.put('/kept', new Response('put there by a coroutine')));
    log.push('install ends');
  });
});

addEventListener('activate', (event) => {
  log.push('activate');
  runForEvent(event, function* () {
    yield* asyncio.fromPromise(clients.claim());
  });
});

addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (!pathname.startsWith('/coroutine/')) return;
  const answer = runForEvent(event, function* () {
    loops.add(asyncio.getRunningLoop());
    switch (pathname) {
      case '/coroutine/kept': {
        const cache = yield* asyncio.fromPromise(caches.open('kept'));
        return yield* asyncio.fromPromise(cache.match('/kept'));
      }
      case '/coroutine/group': {
        const parts = yield* asyncio.gather(asyncio.sleep(0.02, 'a'), asyncio.sleep(0.01, 'b'));
        return new Response(parts.join(''));
      }
      case '/coroutine/left': {
        // Answers at its end; what it leaves is cleaned up before.
        asyncio.createTask((function* () {
          try {
            yield* asyncio.sleep(3600);
          } finally {
            yield* asyncio.sleep(0.01);
            log.push('cleanup');
          }
        })());
        yield* asyncio.sleep(0);
        return new Response(String(log.includes('cleanup')));
      }
      case '/coroutine/fails':
        throw new Error('no answer');
      default:
        return Response.json({ log, loops: loops.size });
    }
  });
  event.respondWith(answer);
});

addEventListener('message', (event) => {
  runForEvent(event, function* () {
    yield* asyncio.sleep(0.02);
    event.ports[0].postMessage('run for ' + event.data);
  });
});
`;

const PAGE = `<!doctype html>
<title>a service worker</title>
<script>
  globalThis.register = async () => {
    await navigator.serviceWorker.register('/service-worker.js');
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller === null)
      await new Promise((resolve) => {
        navigator.serviceWorker.oncontrollerchange = resolve;
      });
    return 'registered';
  };
</script>`;

describe(`runForEvent() in a ServiceWorker of ${engine}`, () => {
  let browser;
  let server;
  let page;

  before(async () => {
    // One file without imports: not every engine takes a module as a service worker.
    const { outputFiles } = await build({
      stdin: {
        contents: SERVICE_WORKER,
        resolveDir: fileURLToPath(new URL('../../', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      write: false,
      logLevel: 'error',
    });
    server = await serveFiles({ '/page.html': PAGE, '/service-worker.js': outputFiles[0].text });
    browser = await launch(engine);
    page = await browser.newPage(`${server.origin}/page.html`);
    assert.equal(await page.evaluate(() => globalThis.register()), 'registered');
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  const get = (path) =>
    page.evaluate(async (address) => {
      try {
        const response = await fetch(address);
        return await response.text();
      } catch (error) {
        return error.name;
      }
    }, path);

  it('is installed when the run of that event has ended', async () => {
    assert.equal(await get('/coroutine/kept'), 'put there by a coroutine');
    const { log } = JSON.parse(await get('/coroutine/log'));
    assert.deepEqual(log.slice(0, 3), ['install begins', 'install ends', 'activate']);
  });

  it('answers a fetch with the result of the run', async () => {
    assert.equal(await get('/coroutine/group'), 'ab');
  });

  it('answers when the cleanup has ended', async () => {
    assert.equal(await get('/coroutine/left'), 'false');
    assert.ok(JSON.parse(await get('/coroutine/log')).log.includes('cleanup'));
  });

  it('fails a fetch with the error of the run', async () => {
    assert.equal(await get('/coroutine/fails'), 'TypeError');
  });

  it('gives each event a loop of its own, also of those that come at once', async () => {
    const before = JSON.parse(await get('/coroutine/log')).loops;
    assert.deepEqual(
      await Promise.all(Array.from({ length: 5 }, () => get('/coroutine/group'))),
      new Array(5).fill('ab'),
    );
    assert.equal(JSON.parse(await get('/coroutine/log')).loops, before + 6);
  });

  it('keeps the worker alive for a message, until the run has ended', async () => {
    const answer = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = ({ data }) => resolve(data);
          navigator.serviceWorker.controller.postMessage('a message', [channel.port2]);
        }),
    );
    assert.equal(answer, 'run for a message');
  });
});
