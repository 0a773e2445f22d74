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

/** So many bytes, in pieces of 64 KiB, from a writer through a stream of the platform to a reader that checks them. */
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
  // Each piece has its number in front, so that a lost, doubled or moved one shows.
  const piece = pattern(size);
  const number = new DataView(piece.buffer);
  const flow: Flow = { bytes: 0, most: 0 };
  let written = 0;
  function* send() {
    for (; written < total; written += size) {
      number.setUint32(0, written / size);
      writer.write(piece);
      yield* writer.drain();
      flow.most = Math.max(flow.most, written + size - flow.bytes);
    }
    writer.close();
    yield* writer.waitClosed();
  }
  const sending = asyncio.createTask(send());
  while (flow.bytes < total) {
    const data = yield* reader.readexactly(size);
    const isRight =
      new DataView(data.buffer).getUint32(0) === flow.bytes / size && data.at(-1) === piece.at(-1);
    if (!isRight) throw new Error(`the piece at ${flow.bytes} is another one`);
    flow.bytes += size;
    if (flow.bytes % (1 << 20) === 0) everyMegabyte?.();
  }
  if ((yield* reader.read()).length > 0) throw new Error('there is more than was written');
  yield* sending;
  return flow;
}
