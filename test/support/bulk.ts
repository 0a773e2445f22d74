// Much of it: many connections at once, and many bytes through one. The gate runs it short, test/soak/ long.

import * as asyncio from 'asyncio-web';
import { pattern } from './bytes.ts';

/** So many streams of one server, all open at once; each line comes back. Gives how many did. */
export function* manyStreams(count: number): asyncio.Coroutine<number> {
  const server = yield* asyncio.startServer(function* (reader, writer) {
    yield* asyncio.asyncFor(reader, function* (line) {
      writer.write(line);
      yield* writer.drain();
    });
    writer.close();
  }, 'mem:many');
  const streams: asyncio.StreamPair[] = [];
  for (let index = 0; index < count; index++) streams.push(yield* asyncio.openConnection('mem:many'));
  let answered = 0;
  function* visit([reader, writer]: asyncio.StreamPair, index: number) {
    const line = new TextEncoder().encode(`${index}\n`);
    writer.write(line);
    const answer = yield* reader.readline();
    if (answer.every((byte, at) => byte === line[at])) answered += 1;
    writer.close();
    yield* writer.waitClosed();
  }
  yield* asyncio.gather(streams.map(visit));
  server.close();
  yield* server.waitClosed();
  return answered;
}

/** What went through a pipe. */
export interface Flow {
  bytes: number;
  /** The most that was written and not read. */
  most: number;
}

/** So many bytes from a writer through two pipes of the platform to a reader that checks them. */
export function* throughPipe(total: number, everyMegabyte?: () => void): asyncio.Coroutine<Flow> {
  const loop = asyncio.getRunningLoop();
  const { readable, writable } = new TransformStream<asyncio.Bytes, asyncio.Bytes>();
  const reader = new asyncio.StreamReader();
  yield* loop.connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), readable);
  const [transport, protocol] = yield* loop.connectWritePipe(
    () => new asyncio.StreamReaderProtocol(null),
    writable,
  );
  const writer = new asyncio.StreamWriter(transport, protocol, reader, loop);
  const size = 64 * 1024;
  const piece = pattern(size);
  const flow: Flow = { bytes: 0, most: 0 };
  let written = 0;
  function* send() {
    for (; written < total; written += size) {
      writer.write(piece);
      yield* writer.drain();
      flow.most = Math.max(flow.most, written + size - flow.bytes);
    }
    writer.close();
    yield* writer.waitClosed();
  }
  const sending = asyncio.createTask(send());
  for (;;) {
    const data = yield* reader.read(size);
    if (data.length === 0) break;
    // One byte of each piece, and its length, tell whether any was lost.
    if (data[0] !== piece[flow.bytes % size]) throw new Error(`the byte at ${flow.bytes} is another one`);
    flow.bytes += data.length;
    if (flow.bytes % (1 << 20) === 0) everyMegabyte?.();
  }
  yield* sending;
  return flow;
}
