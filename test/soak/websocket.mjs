// WebSockets under load, on demand:
//
//   npm run build
//   node test/soak/websocket.mjs [engine=chromium] [part,…=throughput,memory,streams,slow]
//     [--rounds=5] [--messages=50000] [--mebibytes=256] [--connections=200]
//
//   throughput  against a page that only has an `onmessage`, on the same server: each way to read takes its turn in each
//               round, in an order that changes; the figure is the median of the rounds' quotients
//   memory      while so many MiB go through one WebSocket in each direction
//   streams     so many at once
//   slow        with WebSocketStream: how far a server gets whose messages nobody reads
//
// Exits with 1 if anything is missing. Figures of a shared machine say little but in their relation.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findBrowser, launch } from '../support/browsers.mjs';
import { startFaultServer } from '../support/fault-server.mjs';
import { serveFiles } from '../support/pages.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    Object.entries({ rounds: '5', messages: '50000', mebibytes: '256', connections: '200' }).map(
      ([name, value]) => [name, { type: 'string', default: value }],
    ),
  ),
});
const [engine = 'chromium', parts = 'throughput,memory,streams,slow'] = positionals;
const [rounds, messages, mebibytes, connections] = [
  values.rounds,
  values.messages,
  values.mebibytes,
  values.connections,
].map(Number);
const isAsked = (part) => parts.split(',').includes(part);

const faults = await startFaultServer();
const server = await serveFiles({
  '/soak.html': `<!doctype html><title>soak</title>
<script src="/dist/asyncio.global.js"></script>
<script>
  const origin = '${faults.origin.replace('http', 'ws')}';
  /** The bytes that a flood of the server brings, by each way to read them. */
  const ways = {
    bare: (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        let bytes = 0;
        socket.onmessage = ({ data }) => {
          bytes += data.byteLength;
        };
        socket.onclose = () => resolve(bytes);
      }),
    protocol: (url, stream) =>
      asyncio.run(function* () {
        const done = new asyncio.Future();
        let bytes = 0;
        class Counter extends asyncio.Protocol {
          dataReceived(data) {
            bytes += data.length;
          }
          connectionLost() {
            done.setResult(bytes);
          }
        }
        yield* asyncio.getRunningLoop().createConnection(() => new Counter(), url, { stream });
        return yield* done;
      }),
    reader: (url, stream) =>
      asyncio.run(function* () {
        const [reader, writer] = yield* asyncio.openConnection(url, { stream });
        let bytes = 0;
        for (;;) {
          const { length } = yield* reader.read(1 << 20);
          if (length === 0) break;
          bytes += length;
        }
        writer.close();
        return bytes;
      }),
    messages: (url, stream) =>
      asyncio.run(function* () {
        const connection = yield* asyncio.connectWebSocket(url, { stream });
        let bytes = 0;
        yield* asyncio.asyncFor(connection, function* (message) {
          bytes += message.length;
        });
        return bytes;
      }),
  };
  /** The times of each way to read the same flood, of which the first round is for warming up. */
  async function measure(rounds, count, size) {
    const cases = [['bare', false]];
    for (const way of ['protocol', 'reader', 'messages']) {
      cases.push([way, false]);
      if ('WebSocketStream' in globalThis) cases.push([way, true]);
    }
    const times = cases.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      for (let turn = 0; turn < cases.length; turn++) {
        const index = (turn + round) % cases.length;
        const [way, stream] = cases[index];
        const start = performance.now();
        const bytes = await ways[way](origin + '/ws/flood?count=' + count + '&size=' + size, stream);
        const elapsed = performance.now() - start;
        if (bytes !== count * size) throw new Error(way + ': ' + bytes + ' bytes in place of ' + count * size);
        if (round > 0) times[index].push(elapsed);
      }
    }
    return { cases, times };
  }
  if (location.hash !== '') {
    const [rounds, count, size, port] = location.hash.slice(1).split(',').map(Number);
    measure(rounds, count, size)
      .catch((error) => ({ error: String(error) }))
      .then((measured) =>
        fetch('http://127.0.0.1:' + port, { method: 'POST', body: JSON.stringify(measured) }),
      );
  }
  const heap = () => (performance.memory?.usedJSHeapSize ?? 0) / 2 ** 20;
</script>`,
});
const browser = await launch(engine);
const page = await browser.newPage(`${server.origin}/soak.html`);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

try {
  const hasStream = await page.evaluate(() => 'WebSocketStream' in globalThis);
  if (isAsked('throughput')) await compare();
  if (isAsked('memory')) for (const stream of hasStream ? [false, true] : [false]) await pass(page, stream);
  if (isAsked('streams')) console.log(await page.evaluate(manyStreams, connections));
  if (isAsked('slow') && hasStream) await holdBack(page);
} finally {
  await browser.close();
  server.close();
  faults.close();
}

/** The time of each way to read the same flood, beside that of the bare page in the same round. */
async function compare() {
  for (const [count, size] of [
    [1000, 65536],
    [messages, 64],
  ]) {
    const { cases, times } = await measureAlone(count, size);
    console.log(`${engine}, ${count} messages of ${size} bytes, ${rounds} rounds:`);
    for (const [index, [way, stream]] of cases.entries()) {
      const quotient = median(times[index].map((time, round) => times[0][round] / time));
      const more = median(times[index].map((time, round) => time - times[0][round]));
      const name = way === 'bare' ? 'onmessage' : `${way} by ${stream ? 'WebSocketStream' : 'WebSocket'}`;
      const cost =
        way === 'bare'
          ? `${((median(times[0]) * 1000) / count).toFixed(2)} us a message`
          : `${quotient.toFixed(2)} of its throughput, ${((more * 1000) / count).toFixed(2)} us a message more`;
      console.log(`  ${name.padEnd(32)} ${cost}`);
    }
  }
}

/**
 * What `measure` in the page gives. Chromium tells its driver of each frame of a WebSocket, which costs several times what
 * it takes to read one: so there the page is started without a driver, and sends what it has measured.
 */
async function measureAlone(count, size) {
  if (engine !== 'chromium') return page.evaluate((...given) => measure(...given), rounds, count, size);
  let resolve;
  const report = new Promise((settle) => {
    resolve = settle;
  });
  const reports = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*').end();
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    resolve(JSON.parse(text));
  });
  await new Promise((listening) => reports.listen(0, '127.0.0.1', listening));
  const profile = await mkdtemp(join(tmpdir(), 'asyncio-web-'));
  const { executable } = await findBrowser(engine);
  const given = [rounds, count, size, reports.address().port].join();
  const chromium = spawn(
    executable,
    [
      '--headless=new',
      '--no-sandbox',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      `${server.origin}/soak.html#${given}`,
    ],
    { stdio: 'ignore', detached: true },
  );
  const measured = await report;
  process.kill(-chromium.pid, 'SIGKILL');
  reports.close();
  await once(chromium, 'exit');
  await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  if (measured.error) throw new Error(measured.error);
  return measured;
}

/** Many bytes down and up through one WebSocket, and the memory meanwhile. */
async function pass(page, stream) {
  const name = stream ? 'WebSocketStream' : 'WebSocket';
  const key = `up by ${name}`;
  const { bytes, most, heaps } = await page.evaluate(
    (mebibytes, stream, key) =>
      asyncio.run(function* () {
        const heaps = [];
        const down = `${origin}/ws/flood?count=${mebibytes * 16}&size=65536`;
        const [reader, writer] = yield* asyncio.openConnection(down, { stream });
        let bytes = 0;
        for (let next = 0; ; ) {
          const { length } = yield* reader.read(1 << 20);
          if (length === 0) break;
          bytes += length;
          if (bytes >= next) {
            heaps.push(heap());
            next += (mebibytes * 2 ** 20) / 8;
          }
        }
        writer.close();
        const [, uploader] = yield* asyncio.openConnection(`${origin}/ws/sink?key=${key}`, { stream });
        const piece = new Uint8Array(65536);
        let most = 0;
        for (let n = 0; n < mebibytes * 16; n++) {
          uploader.write(piece);
          most = Math.max(most, uploader.transport.getWriteBufferSize());
          yield* uploader.drain();
          if (n % (mebibytes * 2) === 0) heaps.push(heap());
        }
        uploader.close();
        yield* uploader.waitClosed();
        return { bytes, most, heaps };
      }),
    mebibytes,
    stream,
    key,
  );
  const { received } = faults.stats(key);
  const isWhole = bytes === mebibytes * 2 ** 20 && received === bytes;
  if (!isWhole) process.exitCode = 1;
  console.log(
    `${mebibytes} MiB down and up by ${name}: ${isWhole ? 'all there' : `BYTES ARE MISSING: ${bytes} down, ${received} up`}; ` +
      `at most ${(most / 1024).toFixed(0)} KiB written and not sent; ` +
      `heap in MiB ${heaps.map((size) => size.toFixed(0)).join(' ')}`,
  );
}

/** In the page. */
function manyStreams(connections) {
  return asyncio.run(function* () {
    function* talk(n) {
      const [reader, writer] = yield* asyncio.openConnection(`${origin}/ws/echo`);
      for (let line = 0; line < 20; line++) {
        writer.write(new TextEncoder().encode(`${n}.${line}\n`));
        const back = new TextDecoder().decode(yield* reader.readline());
        if (back !== `${n}.${line}\n`) throw new Error(back);
      }
      return writer;
    }
    const open = yield* asyncio.gather(Array.from({ length: connections }, (_, n) => talk(n)));
    for (const writer of open) writer.close();
    for (const writer of open) yield* writer.waitClosed();
    return `${open.length} streams at once over WebSocket, 20 lines each: all came back`;
  });
}

/** A reader that does not read: the server sends until everything on the way is full, and no more. */
async function holdBack(page) {
  const key = 'slow';
  await page.evaluate(
    (key) =>
      asyncio.run(function* () {
        const url = `${origin}/ws/flood?count=4096&size=65536&key=${key}`;
        globalThis.slow = yield* asyncio.openConnection(url, { readLimit: 1 << 20 });
      }),
    key,
  );
  let sent = -1;
  while (sent !== faults.stats(key).sent) {
    sent = faults.stats(key).sent;
    await sleep(1000);
  }
  if (sent >= 4096 * 65536) process.exitCode = 1;
  console.log(`a reader that does not read: the server has sent ${(sent / 2 ** 20).toFixed(1)} of 256 MiB`);
}
