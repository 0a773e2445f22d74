// mem: connections within the page.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

class Recorder extends asyncio.Protocol {
  readonly log: string[] = [];
  transport: asyncio.TransportLike | null = null;
  readonly lost = new asyncio.Future<Error | null>();
  override connectionMade(transport: asyncio.TransportLike): void {
    this.transport = transport;
    this.log.push('made');
  }
  override dataReceived(data: Uint8Array): void {
    this.log.push(`data ${text(data)}`);
  }
  override eofReceived(): void {
    this.log.push('eof');
  }
  override connectionLost(exc: Error | null): void {
    this.log.push(`lost ${exc}`);
    this.lost.setResult(exc);
  }
}

describe('mem:', () => {
  it('connects a client to a server', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const served: Recorder[] = [];
      const server = yield* loop.createServer(() => {
        const recorder = new Recorder();
        served.push(recorder);
        return recorder;
      }, 'mem:place');
      const [transport, protocol] = yield* loop.createConnection(() => new Recorder(), 'mem:place');
      transport.write(bytes('hello'));
      transport.close();
      yield* protocol.lost;
      yield* served[0]!.lost;
      expect(protocol.log).to.deep.equal(['made', 'lost null']);
      expect(served[0]!.log).to.deep.equal(['made', 'data hello', 'eof', 'lost null']);
      server.close();
      yield* server.waitClosed();
    }));
});
