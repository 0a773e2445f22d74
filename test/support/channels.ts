// The channels that the echo test runs over: how each of them joins a client's streams to a server's.

import * as asyncio from 'asyncio-web';

/** A client's side of a connection whose other side is served. */
export interface Connected {
  readonly reader: asyncio.StreamReader;
  readonly writer: asyncio.StreamWriter;
  /** Ends what serves. */
  end(): asyncio.Coroutine<void>;
}

export interface EchoChannel {
  readonly name: string;
  /** Whether it works in virtual time too: nothing of it lies outside of the page. */
  readonly isVirtual: boolean;
  /** Whether `writeEof` reaches the other side while it can still answer. */
  readonly canHalfClose: boolean;
  /** Connects to a server that handles each connection with `handler`. */
  connect(handler: asyncio.ClientConnected): asyncio.Coroutine<Connected>;
}

type Pipe = TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;

/** Streams over two pipes of the platform: what comes through one, and what goes into the other. */
export function* pipeStreams(
  incoming: ReadableStream<Uint8Array<ArrayBuffer>>,
  outgoing: WritableStream<Uint8Array<ArrayBuffer>>,
): asyncio.Coroutine<asyncio.StreamPair> {
  const loop = asyncio.getRunningLoop();
  const reader = new asyncio.StreamReader();
  yield* loop.connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), incoming);
  const [transport, protocol] = yield* loop.connectWritePipe(
    () => new asyncio.StreamReaderProtocol(null),
    outgoing,
  );
  return [reader, new asyncio.StreamWriter(transport, protocol, reader, loop)];
}

const mem: EchoChannel = {
  name: 'mem:',
  isVirtual: true,
  canHalfClose: true,
  *connect(handler) {
    const server = yield* asyncio.startServer(handler, 'mem:echo');
    const [reader, writer] = yield* asyncio.openConnection('mem:echo');
    return {
      reader,
      writer,
      *end() {
        server.close();
        yield* server.waitClosed();
      },
    };
  },
};

const pair: EchoChannel = {
  name: 'memoryPair()',
  isVirtual: true,
  canHalfClose: true,
  *connect(handler) {
    const [[reader, writer], other] = asyncio.memoryPair();
    const task = asyncio.createTask(handler(...other) as asyncio.Coroutine<void>);
    return { reader, writer, end: () => asyncio.waitFor(task, 60) };
  },
};

const pipes: EchoChannel = {
  name: 'pipes',
  isVirtual: true,
  canHalfClose: true,
  *connect(handler) {
    const up: Pipe = new TransformStream();
    const down: Pipe = new TransformStream();
    const [reader, writer] = yield* pipeStreams(down.readable, up.writable);
    const served = yield* pipeStreams(up.readable, down.writable);
    const task = asyncio.createTask(handler(...served) as asyncio.Coroutine<void>);
    return { reader, writer, end: () => asyncio.waitFor(task, 60) };
  },
};

export const CHANNELS: readonly EchoChannel[] = [mem, pair, pipes];
