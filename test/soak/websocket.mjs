// WebSockets under load, on demand:
//
//   npm run build
//   node test/soak/websocket.mjs [engine=chromium] [MiB=256] [connections=200] [rounds=5]
//
// Prints: throughput against a page that only has an `onmessage`, on the same server; the memory while so many MiB go
// through one WebSocket in each direction; so many streams at once; and, with WebSocketStream, how far a server gets
// whose messages nobody reads. Figures of a shared machine say little but in their relation.

import { launch } from '../support/browsers.mjs';
import { startFaultServer } from '../support/fault-server.mjs';
import { serveFiles } from '../support/pages.mjs';

const [engine = 'chromium', mebibytes = '256', connections = '200', rounds = '5'] = process.argv.slice(2);

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
  const heap = () => (performance.memory?.usedJSHeapSize ?? 0) / 2 ** 20;
</script>`,
});
const browser = await launch(engine);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

try {
  const page = await browser.newPage(`${server.origin}/soak.html`);
  const hasStream = await page.evaluate(() => 'WebSocketStream' in globalThis);
  const cases = [['bare', false]];
  for (const way of ['protocol', 'reader', 'messages']) {
    cases.push([way, false]);
    if (hasStream) cases.push([way, true]);
  }
  for (const [count, size] of [
    [1000, 65536],
    [50_000, 64],
  ]) {
    const times = cases.map(() => []);
    for (let round = 0; round <= Number(rounds); round++) {
      for (const [index, [way, stream]] of cases.entries()) {
        const elapsed = await page.evaluate(
          async (way, stream, count, size) => {
            const start = performance.now();
            const bytes = await ways[way](`${origin}/ws/flood?count=${count}&size=${size}`, stream);
            if (bytes !== count * size) throw new Error(`${way}: ${bytes} bytes in place of ${count * size}`);
            return performance.now() - start;
          },
          way,
          stream,
          count,
          size,
        );
        if (round > 0) times[index].push(elapsed); // the first round is for warming up
      }
    }
    const bare = median(times[0]);
    console.log(`${engine}, ${count} messages of ${size} bytes:`);
    for (const [index, [way, stream]] of cases.entries()) {
      const time = median(times[index]);
      const rate = ((count * size) / 2 ** 20 / (time / 1000)).toFixed(0);
      const each = ((time * 1000) / count).toFixed(2);
      const name = way === 'bare' ? 'onmessage' : `${way} by ${stream ? 'WebSocketStream' : 'WebSocket'}`;
      console.log(
        `  ${name.padEnd(32)} ${rate} MiB/s, ${each} us a message, ${(bare / time).toFixed(2)} of bare`,
      );
    }
  }

  for (const stream of hasStream ? [false, true] : [false]) {
    const name = stream ? 'WebSocketStream' : 'WebSocket';
    const memory = await page.evaluate(
      (mebibytes, stream) =>
        asyncio.run(function* () {
          const heaps = [];
          const [reader, writer] = yield* asyncio.openConnection(
            `${origin}/ws/flood?count=${mebibytes * 16}&size=65536`,
            { stream },
          );
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
          const [, uploader] = yield* asyncio.openConnection(`${origin}/ws/sink?key=up`, { stream });
          const piece = new Uint8Array(65536);
          const start = performance.now();
          for (let n = 0; n < mebibytes * 16; n++) {
            uploader.write(piece);
            yield* uploader.drain();
            if (n % (mebibytes * 2) === 0) heaps.push(heap());
          }
          uploader.close();
          yield* uploader.waitClosed();
          return { bytes, heaps, seconds: (performance.now() - start) / 1000 };
        }),
      Number(mebibytes),
      stream,
    );
    console.log(
      `${mebibytes} MiB down and up by ${name}: ${memory.bytes === mebibytes * 2 ** 20 ? 'all there' : 'BYTES ARE MISSING'}, up ${(mebibytes / memory.seconds).toFixed(0)} MiB/s, ` +
        `heap in MiB ${memory.heaps.map((size) => size.toFixed(0)).join(' ')}`,
    );
  }
  console.log(`the server received ${(faults.stats('up').received / 2 ** 20).toFixed(0)} MiB`);

  const streams = await page.evaluate(
    (connections) =>
      asyncio.run(function* () {
        const start = performance.now();
        function* talk(n) {
          const [reader, writer] = yield* asyncio.openConnection(`${origin}/ws/echo`);
          for (let line = 0; line < 20; line++) {
            writer.write(new TextEncoder().encode(`${n}.${line}\n`));
            const back = new TextDecoder().decode(yield* reader.readline());
            if (back !== `${n}.${line}\n`) throw new Error(back);
          }
          return [reader, writer];
        }
        const open = yield* asyncio.gather(Array.from({ length: connections }, (_, n) => talk(n)));
        const most = open.length;
        for (const [, writer] of open) writer.close();
        for (const [, writer] of open) yield* writer.waitClosed();
        return `${most} streams at once, 20 lines each: ${(performance.now() - start).toFixed(0)} ms`;
      }),
    Number(connections),
  );
  console.log(streams);

  if (hasStream) {
    await page.evaluate(() =>
      asyncio.run(function* () {
        const url = `${origin}/ws/flood?count=4096&size=65536&key=slow`;
        const [, writer] = yield* asyncio.openConnection(url, { readLimit: 1 << 20 });
        yield* asyncio.sleep(3);
        writer.transport.abort();
      }),
    );
    console.log(
      `a reader that does not read: the server sent ${(faults.stats('slow').sent / 2 ** 20).toFixed(1)} of 256 MiB`,
    );
  }
} finally {
  await browser.close();
  server.close();
  faults.close();
}
