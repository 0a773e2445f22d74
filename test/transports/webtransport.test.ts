// wt: there is no server for it among the tests, which would need HTTP/3. What an engine does without one is tested as
// it is; the transport itself runs on a stand-in for the platform's class.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { decode, encode, Recorder, runReal } from '../support/faults.ts';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

const hasWebTransport = 'WebTransport' in globalThis;
const URL_OF_NOBODY = 'wt://127.0.0.1:2/path';

type Bytes = Uint8Array<ArrayBuffer>;

/** A session whose stream and datagrams come back. */
class Session {
  static readonly made: Session[] = [];
  readonly url: string;
  readonly ready: Promise<void>;
  readonly closed = new Promise<void>(() => {});
  breakOff: (error: Error) => void = () => {};
  readonly stream = new TransformStream<Bytes, Bytes>({
    start: (controller) => {
      this.breakOff = (error) => controller.error(error);
    },
  });
  readonly loop = new TransformStream<Bytes, Bytes>(undefined, undefined, { highWaterMark: 100 });
  readonly datagrams = { readable: this.loop.readable, writable: this.loop.writable, maxDatagramSize: 1000 };
  isClosed = false;

  constructor(url: string) {
    this.url = url;
    this.ready = url.includes('refused') ? Promise.reject(new Error('no such thing')) : Promise.resolve();
    Session.made.push(this);
  }
  async createBidirectionalStream(): Promise<TransformStream<Bytes, Bytes>> {
    return this.stream;
  }
  close(): void {
    this.isClosed = true;
  }
}

/** Puts the stand-in in place of the platform's class while `body` runs. */
async function withStandIn(body: () => asyncio.Coroutine<unknown>): Promise<void> {
  const scope = globalThis as { WebTransport?: unknown };
  const own = Object.getOwnPropertyDescriptor(scope, 'WebTransport');
  Object.defineProperty(scope, 'WebTransport', { value: Session, configurable: true, writable: true });
  Session.made.length = 0;
  try {
    await simulate(body);
  } finally {
    if (own) Object.defineProperty(scope, 'WebTransport', own);
    else delete scope.WebTransport;
  }
}

describe(`wt: in an engine ${hasWebTransport ? 'with' : 'without'} WebTransport`, () => {
  it(
    hasWebTransport
      ? 'fails, or runs into the timeout, where nobody answers'
      : 'is not available, and says so',
    () =>
      runReal(function* () {
        const loop = asyncio.getRunningLoop();
        for (const opening of [
          () => asyncio.openConnection(URL_OF_NOBODY),
          () => loop.createDatagramEndpoint(() => new asyncio.DatagramProtocol(), URL_OF_NOBODY),
        ]) {
          const open = opening as () => asyncio.Coroutine<unknown>;
          const error = yield* raised(hasWebTransport ? asyncio.withTimeout(1, open) : open());
          if (!hasWebTransport) expect(error).to.be.instanceOf(asyncio.NotImplementedError);
          else if (error instanceof asyncio.TimeoutError) continue;
          else expect(error).to.be.instanceOf(asyncio.ConnectionError);
          expect((error as Error).message).to.contain(URL_OF_NOBODY);
        }
      }),
  );
});

describe('wt: on a stand-in for WebTransport', () => {
  it('carries bytes both ways, ends with the streams, and closes its session', () =>
    withStandIn(function* () {
      const [reader, writer] = yield* asyncio.openConnection('wt://example.org:4433/path');
      const session = writer.getExtraInfo('session') as Session;
      expect(session.url).to.equal('https://example.org:4433/path');
      writer.write(encode('hello\n'));
      expect(decode(yield* reader.readline())).to.equal('hello\n');
      writer.write(new Uint8Array(500_000));
      yield* writer.drain();
      expect((yield* reader.readexactly(500_000)).length).to.equal(500_000);
      writer.writeEof();
      expect((yield* reader.read()).length).to.equal(0);
      writer.close();
      yield* writer.waitClosed();
      expect(session.isClosed).to.equal(true);
    }));

  it('a stream that breaks is a ConnectionResetError with the URL', () =>
    withStandIn(function* () {
      const loop = asyncio.getRunningLoop();
      const [transport, protocol] = yield* loop.createConnection(() => new Recorder(), 'wt://example.org/');
      const session = transport.getExtraInfo('session') as Session;
      session.breakOff(new Error('the server is gone'));
      const error = yield* protocol.lost;
      expect(error).to.be.instanceOf(asyncio.ConnectionResetError);
      expect(error?.message).to.equal('Connection to wt://example.org/ lost: the server is gone');
      expect(protocol.calls).to.deep.equal(['made', 'lost']);
      expect(session.isClosed).to.equal(true);
    }));

  it('a session that is refused is a ConnectionError with the URL, and closed', () =>
    withStandIn(function* () {
      const error = yield* raised(asyncio.openConnection('wt://refused/'));
      expect(error).to.be.instanceOf(asyncio.ConnectionError);
      expect((error as Error).message).to.equal('Cannot connect to wt://refused/: no such thing');
      expect(Session.made[0]?.isClosed).to.equal(true);
    }));

  it('carries datagrams, and tells of one that is too long', () =>
    withStandIn(function* () {
      const loop = asyncio.getRunningLoop();
      const received = new asyncio.Queue<unknown>();
      class Member extends asyncio.DatagramProtocol {
        override datagramReceived(data: Uint8Array, addr: unknown): void {
          received.putNowait([decode(data), addr]);
        }
        override errorReceived(exc: Error): void {
          received.putNowait(exc);
        }
        override connectionLost(exc: Error | null): void {
          received.putNowait(exc);
        }
      }
      const [transport] = yield* loop.createDatagramEndpoint(() => new Member(), 'wt://example.org/');
      transport.sendto(encode('hello'));
      expect(yield* received.get()).to.deep.equal(['hello', 'example.org']);
      transport.sendto(new Uint8Array(1001));
      const error = yield* received.get();
      expect(error).to.be.instanceOf(asyncio.OSError);
      expect((error as Error).message).to.equal('Message too long: 1001 bytes, where 1000 are the most');
      transport.close();
      expect(yield* received.get()).to.equal(null);
      expect((transport.getExtraInfo('session') as Session).isClosed).to.equal(true);
    }));
});
