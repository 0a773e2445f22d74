// The channels that the echo test runs over: how each of them joins a client's streams to a server's.

import * as asyncio from 'asyncio-web';
import { faultUrl } from './faults.ts';

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
  /** Whether nothing comes back before everything is sent, which `writeEof` says. */
  readonly isHalfDuplex?: boolean;
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

/** A channel that a server in this page is reached by. */
const served = (
  name: string,
  options: () => [client: asyncio.ConnectionOptions, server: asyncio.ServerOptions],
): EchoChannel => ({
  name,
  isVirtual: false,
  canHalfClose: true,
  *connect(handler) {
    const url = `${name}echo-${Math.random()}`;
    const [client, serving] = options();
    const server = yield* asyncio.startServer(handler, url, serving);
    const [reader, writer] = yield* asyncio.openConnection(url, client);
    return {
      reader,
      writer,
      *end() {
        server.close();
        yield* server.waitClosed();
      },
    };
  },
});

const port = served('port:', () => {
  const { port1, port2 } = new MessageChannel();
  return [{ port: port1 }, { port: port2 }];
});

const channel = served('channel:', () => [{}, {}]);

/** The test server echoes, in place of the handler. */
const webSocket = (stream: boolean): EchoChannel => ({
  name: stream ? 'ws: by WebSocketStream' : 'ws: by WebSocket',
  isVirtual: false,
  canHalfClose: false,
  *connect() {
    const [reader, writer] = yield* asyncio.openConnection(faultUrl('ws/echo'), { stream });
    return { reader, writer, *end() {} };
  },
});

/** A request whose answer is its body; all of it is sent before any of it comes back. */
const http: EchoChannel = {
  name: 'http:',
  isVirtual: false,
  canHalfClose: true,
  isHalfDuplex: true,
  *connect() {
    const [reader, writer] = yield* asyncio.openConnection(faultUrl('http/echo'), { method: 'POST' });
    return { reader, writer, *end() {} };
  },
};

export const CHANNELS: readonly EchoChannel[] = [
  mem,
  pair,
  pipes,
  port,
  channel,
  webSocket(false),
  ...('WebSocketStream' in globalThis ? [webSocket(true)] : []),
  http,
];
