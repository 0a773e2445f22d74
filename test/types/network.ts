// Types of connections, servers, streams and bytes. The compiler is the test.

import * as asyncio from 'asyncio-web';
import type { Equal } from './expect-type.ts';
import { expectType } from './expect-type.ts';

class MyProtocol extends asyncio.Protocol {
  readonly mine = 1;
  // A protocol may say which kind of transport it is made for.
  override connectionMade(transport: asyncio.Transport): void {
    transport.write(new Uint8Array(1));
  }
  override dataReceived(data: Uint8Array): void {
    void data;
  }
}

export function* connections(loop: asyncio.AbstractEventLoop): asyncio.Coroutine<void> {
  const [transport, protocol] = yield* loop.createConnection(() => new MyProtocol(), 'mem:x');
  expectType<Equal<asyncio.TransportLike>>()(transport);
  expectType<Equal<MyProtocol>>()(protocol);
  // @ts-expect-error: the class of a protocol is no factory
  yield* loop.createConnection(MyProtocol, 'mem:x');
  // @ts-expect-error: text is no bytes
  transport.write('text');
  transport.write(new Uint8Array(1).buffer);
  transport.write(new DataView(new ArrayBuffer(1)));
  expectType<Equal<asyncio.ServerLike>>()(yield* loop.createServer(() => new MyProtocol(), new URL('mem:x')));
  expectType<Equal<number>>()(yield* loop.sendfile(transport, new Blob([])));
}

export function* streams(): asyncio.Coroutine<void> {
  const [reader, writer] = yield* asyncio.openConnection('mem:x', { limit: 10 });
  expectType<Equal<asyncio.StreamReader>>()(reader);
  expectType<Equal<asyncio.StreamWriter>>()(writer);
  const line = yield* reader.readline();
  expectType<Equal<asyncio.Bytes>>()(line);
  void new Blob([line]); // which shared memory could not be given to
  yield* asyncio.asyncFor(reader, function* (item) {
    expectType<Equal<asyncio.Bytes>>()(item);
  });
  expectType<Equal<number>>()(
    yield* asyncio.asyncWith(writer, function* (entered) {
      expectType<Equal<asyncio.StreamWriter>>()(entered);
      return 1;
    }),
  );
  // @ts-expect-error: a separator is bytes, or an array of them
  yield* reader.readuntil('\n');
  yield* reader.readuntil([line, new ArrayBuffer(1)]);
}

/** Whatever has the methods is a protocol. */
export const literal: asyncio.StreamProtocolLike = {
  connectionMade: () => undefined,
  connectionLost: () => undefined,
  dataReceived: (data) => expectType<Equal<asyncio.Bytes>>()(data),
  eofReceived: () => true,
  pauseWriting: () => undefined,
  resumeWriting: () => undefined,
};
