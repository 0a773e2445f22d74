// CPython's test_buffered_proto, under its name.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { simulate } from '../support/loops.ts';

class ReceiveStuffProto extends asyncio.BufferedProtocol {
  readonly #received: (data: Uint8Array) => void;
  readonly #lost: asyncio.Future<void>;
  #buffer = new Uint8Array();

  constructor(received: (data: Uint8Array) => void, lost: asyncio.Future<void>) {
    super();
    this.#received = received;
    this.#lost = lost;
  }
  override getBuffer(): Uint8Array {
    this.#buffer = new Uint8Array(100);
    return this.#buffer;
  }
  override bufferUpdated(nbytes: number): void {
    this.#received(this.#buffer.subarray(0, nbytes));
  }
  override connectionLost(exc: Error | null): void {
    if (exc === null) this.#lost.setResult();
    else this.#lost.setException(exc);
  }
}

describe('BufferedProtocolSelectorTests', () => {
  it('test_buffered_proto_create_connection', () =>
    simulate(function* () {
      const noise = '12345678+'.repeat(1024);
      function* onServerClient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) {
        writer.write(bytes(noise));
        yield* reader.readexactly(1);
        writer.close();
        yield* writer.waitClosed();
      }
      const server = yield* asyncio.startServer(onServerClient, 'mem:noise');
      let data = '';
      const received = (part: Uint8Array): void => {
        data += text(part);
        if (data === noise) transport?.write(bytes('1'));
      };
      const lost = new asyncio.Future<void>();
      let transport: asyncio.TransportLike | null = null;
      const loop = asyncio.getRunningLoop();
      [transport] = yield* loop.createConnection(() => new ReceiveStuffProto(received, lost), 'mem:noise');
      yield* asyncio.waitFor(lost, 5);
      expect(data).to.equal(noise);
      server.close();
      yield* server.waitClosed();
    }));
});
