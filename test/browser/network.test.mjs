// Two tabs by `channel:`, a page and its Worker by `port:`, and a page that its ServiceWorker answers: in real browsers.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const PAGE = `<!doctype html>
<title>network</title>
<script src="/dist/asyncio.global.js"></script>
<script>
  const encode = (text) => new TextEncoder().encode(text);
  const decode = (bytes) => new TextDecoder().decode(bytes);
  /** Sends every line back in capitals. */
  function* shout(reader, writer) {
    yield* asyncio.asyncFor(reader, function* (line) {
      writer.write(encode(decode(line).toUpperCase()));
      yield* writer.drain();
    });
    writer.close();
  }
</script>`;

// Serves until it is left; says so to who asks.
const SERVER = `${PAGE}
<script>
  asyncio.run(function* () {
    const server = yield* asyncio.startServer(shout, 'channel:shout');
    document.title = 'serving';
    yield* server.serveForever();
  });
</script>`;

const WORKER = `
importScripts('/dist/asyncio.global.js');
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
asyncio.run(function* () {
  if (location.hash === '#server') {
    // Bytes as they come, and a connection that says nothing.
    yield* asyncio.startServer(function* (reader, writer) {
      for (let data = yield* reader.read(65536); data.length > 0; data = yield* reader.read(65536)) {
        writer.write(data);
        yield* writer.drain();
      }
      writer.close();
    }, 'port:echo', { port: self });
    postMessage('serving');
    yield* asyncio.sleep(3600);
  } else {
    const [reader, writer] = yield* asyncio.openConnection('port:page', { port: self });
    writer.write(encode('from a worker\\n'));
    writer.write(yield* reader.readline());
    writer.close();
    yield* writer.waitClosed();
  }
});
`;

const SERVICE_WORKER = `
importScripts('/dist/asyncio.global.js');
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
const lock = new asyncio.Lock();
let running = 0;
let cancelled = 0;
const reports = [];
const service = asyncio.serveFetchEvents(function* (event) {
  const { pathname } = new URL(event.request.url);
  service.loop.setExceptionHandler((loop, context) => reports.push(context.message + ': ' + context.exception.message));
  if (pathname === '/coroutine/time') {
    running += 1;
    // One loop for all of them: a lock holds between requests.
    const most = yield* asyncio.asyncWith(lock, function* () {
      yield* asyncio.sleep(0.01);
      return running;
    });
    return new Response(JSON.stringify(most));
  }
  if (pathname === '/coroutine/echo') {
    const text = yield* asyncio.fromPromise(event.request.text());
    return new Response(text.toUpperCase(), { status: 201, headers: { 'x-from': 'coroutine' } });
  }
  if (pathname === '/coroutine/fails') throw new Error('out of order');
  if (pathname === '/coroutine/slow') {
    try {
      yield* asyncio.sleep(3600);
    } catch (error) {
      cancelled += 1;
      throw error;
    }
  }
  if (pathname === '/coroutine/known') return new Response(JSON.stringify({ cancelled, reports }));
  return undefined;
});
`;

describe(`between pages in ${engine}`, () => {
  let browser;
  let server;
  let page;

  before(async () => {
    server = await serveFiles({
      '/client.html': PAGE,
      '/server.html': SERVER,
      '/worker.js': WORKER,
      '/service-worker.js': SERVICE_WORKER,
      '/network.txt': 'from the network',
    });
    browser = await launch(engine);
    page = await browser.newPage(`${server.origin}/client.html`);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  it('two tabs talk, and each notices when the other one goes', async () => {
    const result = await page.evaluate(() =>
      asyncio.run(function* () {
        // A tab of its own where the engine lets a page open one; else a frame.
        let tab = window.open('/server.html');
        let close = () => tab.close();
        if (tab === null) {
          const frame = document.createElement('iframe');
          frame.src = '/server.html';
          document.body.append(frame);
          tab = frame.contentWindow;
          close = () => frame.remove();
        }
        const kind = tab === tab.top ? 'tab' : 'frame';
        const [reader, writer] = yield* asyncio.openConnection('channel:shout', { connectTimeout: 8 });
        writer.write(encode('hello\n'));
        const answer = decode(yield* reader.readline());
        // A large piece goes through with its flow control.
        writer.write(encode(`${'x'.repeat(60_000)}\n`));
        const { length } = yield* reader.readline();
        close();
        try {
          yield* reader.read();
          return [kind, answer, length, 'a regular end'];
        } catch (error) {
          return [kind, answer, length, error.name, error.message];
        }
      }),
    );
    assert.deepEqual(result.slice(1, 3), ['HELLO\n', 60_001]);
    assert.deepEqual(result.slice(3), ['ConnectionResetError', 'channel:shout: the other side is gone']);
    console.log(`${engine}: the other side was a ${result[0]}`);
  });

  it('a Worker connects to its page', async () => {
    const line = await page.evaluate(() =>
      asyncio.run(function* () {
        const worker = new Worker('/worker.js');
        const lines = new asyncio.Queue();
        const server = yield* asyncio.startServer(
          function* (reader, writer) {
            const line = yield* reader.readline();
            writer.write(line);
            lines.putNowait(decode(line) + decode(yield* reader.readline()));
            writer.close();
          },
          'port:page',
          { port: worker },
        );
        const got = yield* lines.get();
        server.close();
        yield* server.waitClosed();
        worker.terminate();
        return got;
      }),
    );
    assert.equal(line, 'from a worker\nfrom a worker\n');
  });

  it('a page connects to its Worker, many times at once, and notices its end', async () => {
    const result = await page.evaluate(() =>
      asyncio.run(function* () {
        const worker = new Worker('/worker.js#server');
        yield* asyncio.waitEvent(worker, 'message', { predicate: ({ data }) => data === 'serving' });
        function* talk(n) {
          const [reader, writer] = yield* asyncio.openConnection('port:echo', { port: worker });
          const data = new Uint8Array(300_000).fill(n);
          writer.write(data);
          const back = yield* reader.readexactly(data.length);
          writer.close();
          yield* writer.waitClosed();
          return back.every((byte) => byte === n);
        }
        const all = yield* asyncio.gather(Array.from({ length: 20 }, (_, n) => talk(n)));
        const [reader] = yield* asyncio.openConnection('port:echo', { port: worker });
        // Its lock, or the end of its port, is what is noticed; it takes a moment until each side knows the other's.
        yield* asyncio.sleep(0.2);
        worker.terminate();
        try {
          yield* reader.read();
          return [all.every(Boolean), 'a regular end'];
        } catch (error) {
          return [all.every(Boolean), error.name, error.message];
        }
      }),
    );
    assert.deepEqual(result, [true, 'ConnectionResetError', 'port:echo: the other side is gone']);
  });

  it('a ServiceWorker answers from coroutines', async () => {
    const result = await page.evaluate(async () => {
      if (!navigator.serviceWorker) return 'this engine has no ServiceWorker here';
      await navigator.serviceWorker.register('/service-worker.js');
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) => {
          navigator.serviceWorker.oncontrollerchange = resolve;
        });
      const text = async (path, init) => (await fetch(path, init)).text();
      const most = await Promise.all(Array.from({ length: 5 }, () => text('/coroutine/time')));
      const echo = await fetch('/coroutine/echo', { method: 'POST', body: 'hello' });
      const fails = await fetch('/coroutine/fails');
      const controller = new AbortController();
      const slow = fetch('/coroutine/slow', { signal: controller.signal }).catch((error) => error.name);
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.abort();
      const aborted = await slow;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return {
        most: most.map(Number).sort(),
        echo: [echo.status, echo.headers.get('x-from'), await echo.text()],
        fails: [fails.status, await fails.text()],
        network: await text('/network.txt'),
        aborted,
        known: JSON.parse(await text('/coroutine/known')),
      };
    });
    if (typeof result === 'string') {
      assert.equal(engine, 'webkit', result);
      return;
    }
    assert.ok(result.most.at(-1) > 1, 'requests run beside each other');
    assert.deepEqual(result.echo, [201, 'coroutine', 'HELLO']);
    assert.deepEqual(result.fails, [500, 'Internal Server Error']);
    assert.equal(result.network, 'from the network');
    assert.equal(result.aborted, 'AbortError');
    assert.deepEqual(result.known.reports, [
      `Unhandled error while answering GET ${server.origin}/coroutine/fails: out of order`,
    ]);
    // Whether a page's abort reaches the worker is the engine's affair.
    console.log(`${engine}: an aborted request was cancelled in the worker: ${result.known.cancelled === 1}`);
  });
});
