// http: as a half-duplex stream of bytes.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import {
  breakingUrl,
  decode,
  encode,
  faultUrl,
  newKey,
  Recorder,
  runReal,
  untilAccount,
} from '../support/faults.ts';
import { raised } from '../support/outcomes.ts';

/** Whether this engine can stream a request, but not over HTTP/1.1. */
const canRefuseStreams = (): boolean => navigator.userAgent.includes('Chrome');

describe('http:', () => {
  it('a GET is answered when it is connected', () =>
    runReal(function* () {
      const [reader, writer] = yield* asyncio.openConnection(faultUrl('http/status?code=404&body=nothing'));
      expect([writer.getExtraInfo('status'), writer.getExtraInfo('statusText')]).to.deep.equal([
        404,
        'Not Found',
      ]);
      expect((writer.getExtraInfo('headers') as Headers).get('cache-control')).to.equal('no-store');
      expect(writer.getExtraInfo('method')).to.equal('GET');
      expect(() => writer.write(encode('x'))).to.throw(
        asyncio.RuntimeError,
        'Cannot call write() after write_eof()',
      );
      expect(decode(yield* reader.read())).to.equal('nothing');
      writer.close();
      yield* writer.waitClosed();
    }));

  it('what is written is the body of the request, and writeEof() sends it', () =>
    runReal(function* () {
      const [reader, writer] = yield* asyncio.openConnection(faultUrl('http/request'), {
        method: 'POST',
        headers: { 'x-test': 'yes' },
      });
      expect([writer.canWriteEof(), writer.getExtraInfo('status')]).to.deep.equal([true, null]);
      const part = encode('hello ');
      writer.write(part);
      part.fill(0);
      writer.write(encode('world'));
      yield* writer.drain();
      writer.writeEof();
      const { method, headers, body } = JSON.parse(decode(yield* reader.read()));
      expect([method, headers['x-test'], body]).to.deep.equal(['POST', 'yes', 'hello world']);
      expect(writer.getExtraInfo('status')).to.equal(200);
      writer.close();
    }));

  it('calls made, data, eof and lost, in this order', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const [, protocol] = yield* loop.createConnection(
        () => new Recorder(),
        faultUrl('http/bytes?count=500000'),
      );
      expect(yield* protocol.lost).to.equal(null);
      expect(protocol.calls).to.deep.equal(['made', 'data', 'eof', 'lost']);
      expect(protocol.bytes).to.equal(500_000);
    }));

  it('close() sends what was written, and nobody reads the answer', () =>
    runReal(function* () {
      const key = newKey();
      const loop = asyncio.getRunningLoop();
      const url = faultUrl(`http/echo?key=${key}`);
      const [transport, protocol] = yield* loop.createConnection(() => new Recorder(), url, {
        method: 'POST',
      });
      transport.write(encode('hello'));
      transport.close();
      expect(yield* protocol.lost).to.equal(null);
      expect(protocol.calls).to.deep.equal(['made', 'lost']);
      yield* asyncio.fromPromise(untilAccount(key, ({ opened, open }) => opened === 1 && open === 0));
    }));

  it('abort() lets go of a request that hangs', () =>
    runReal(function* () {
      const key = newKey();
      const loop = asyncio.getRunningLoop();
      const url = faultUrl(`http/hang?key=${key}`);
      const [transport, protocol] = yield* loop.createConnection(() => new Recorder(), url, {
        method: 'POST',
      });
      transport.writeEof();
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 1));
      transport.abort();
      expect(yield* protocol.lost).to.equal(null);
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
    }));

  it('cancelling the connection of a GET that hangs aborts it', () =>
    runReal(function* () {
      const key = newKey();
      const opening = asyncio.createTask(asyncio.openConnection(faultUrl(`http/hang?key=${key}`)));
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 1));
      opening.cancel();
      expect(asyncio.isCancelled(yield* raised(opening))).to.equal(true);
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
    }));

  it('a GET that fails is thrown, another failure is told by connectionLost, both with the URL', () =>
    runReal(function* () {
      const url = faultUrl('http/refuse');
      const thrown = yield* raised(asyncio.openConnection(url));
      expect(thrown).to.be.instanceOf(asyncio.ConnectionError);
      expect((thrown as Error).message).to.contain(`Cannot fetch GET ${url}`);
      const loop = asyncio.getRunningLoop();
      const [transport, protocol] = yield* loop.createConnection(() => new Recorder(), url, {
        method: 'POST',
      });
      transport.writeEof();
      const told = yield* protocol.lost;
      expect(told).to.be.instanceOf(asyncio.ConnectionError);
      expect(told?.message).to.contain(`Cannot fetch POST ${url}`);
      expect(protocol.calls).to.deep.equal(['made', 'lost']);
    }));

  it('a body that breaks off is told by connectionLost, after what came', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const { url, go } = breakingUrl('http/cut?after=500');
      const [, protocol] = yield* loop.createConnection(() => new Recorder(), url);
      // An engine throws away what it has not given out when the connection breaks.
      while (protocol.bytes < 500) yield* asyncio.sleep(0.005);
      yield* go();
      const error = yield* protocol.lost;
      expect(error).to.be.instanceOf(asyncio.ConnectionResetError);
      expect(error?.message).to.contain(url);
      expect([protocol.bytes, protocol.calls]).to.deep.equal([500, ['made', 'data', 'lost']]);
    }));

  it('a paused protocol is given nothing, and pulls nothing', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const [transport, protocol] = yield* loop.createConnection(
        () => new Recorder(),
        faultUrl('http/bytes?count=5000000'),
      );
      transport.pauseReading();
      const { bytes } = protocol;
      yield* asyncio.sleep(0.05);
      expect(protocol.bytes).to.equal(bytes);
      transport.resumeReading();
      yield* protocol.lost;
      expect(protocol.bytes).to.equal(5_000_000);
    }));

  it('streams the request where the engine can; over HTTP/1.1 Chromium refuses', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const options = { method: 'POST', streaming: true };
      const [transport, protocol] = yield* loop.createConnection(
        () => new Recorder(),
        faultUrl('http/echo'),
        options,
      );
      transport.write(encode('hello'));
      transport.writeEof();
      const error = yield* protocol.lost;
      if (canRefuseStreams()) {
        expect(error).to.be.instanceOf(asyncio.ConnectionError);
      } else {
        expect(error).to.equal(null);
        expect(protocol.text).to.equal('hello');
      }
    }));

  it('a body that is not sent whole leaves no rejection of its own behind', async () => {
    const rejections: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      rejections.push(event.reason);
    };
    addEventListener('unhandledrejection', note);
    try {
      await runReal(function* () {
        const loop = asyncio.getRunningLoop();
        for (let i = 0; i < 30; i += 1) {
          const [transport, protocol] = yield* loop.createConnection(
            () => new Recorder(),
            faultUrl('http/hang'),
            { method: 'POST', streaming: true },
          );
          // Chromium refuses the request about now; elsewhere it hangs until it is aborted.
          yield* asyncio.sleep((i % 5) / 1000);
          transport.write(encode('hello'));
          if (!canRefuseStreams() || i % 2 === 0) transport.abort();
          yield* protocol.lost;
        }
      });
      // A browser tells of a rejection when the task in which it was made has ended.
      await new Promise((resolve) => setTimeout(resolve));
    } finally {
      removeEventListener('unhandledrejection', note);
    }
    expect(rejections).to.deep.equal([]);
  });

  it('refuses what makes no request', () =>
    runReal(function* () {
      const opening = asyncio.openConnection(faultUrl('http/echo'), { method: 'NOT ONE' });
      expect(yield* raised(opening)).to.be.instanceOf(TypeError);
    }));
});
