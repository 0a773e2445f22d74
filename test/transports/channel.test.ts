// The base of the transports of channels: what CPython's tests, in ../conformance, do not say.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, pattern } from '../support/bytes.ts';
import { FakeChannel, RecordingProtocol } from '../support/fake-channel.ts';
import { recordReports, simulate } from '../support/loops.ts';

interface Scene {
  readonly reports: asyncio.ExceptionContext[];
  readonly protocol: RecordingProtocol;
  readonly transport: FakeChannel;
}

/** A test with a transport that has begun. */
function channelTest(body: (scene: Scene) => asyncio.Coroutine<void>): () => Promise<void> {
  return () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const reports = recordReports(loop);
      const protocol = new RecordingProtocol();
      const transport = new FakeChannel(loop, protocol);
      yield* asyncio.sleep(0);
      yield* body({ reports, protocol, transport });
      transport.abort();
    });
}

describe('the write buffer of a channel', () => {
  it(
    'pauses the protocol above its high-water mark, and resumes it at the low one',
    channelTest(function* ({ protocol, transport }) {
      transport.setWriteBufferLimits({ high: 4, low: 2 });
      transport.room = 0;
      transport.write(bytes('1234'));
      expect(protocol.calls).to.deep.equal(['made']);
      transport.write(bytes('5'));
      transport.write(bytes('6'));
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      transport.makeRoom(3);
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      transport.makeRoom(1);
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
      expect(transport.getWriteBufferSize()).to.equal(2);
    }),
  );

  it(
    'counts what the channel has taken and not sent yet',
    channelTest(function* ({ protocol, transport }) {
      transport.setWriteBufferLimits({ high: 4 });
      transport.underWay = 100;
      transport.write(bytes('x'));
      expect(transport.getWriteBufferSize()).to.equal(100);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      transport.underWay = 0;
      transport.makeRoom();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
    }),
  );

  it(
    'pauses after writelines() too',
    channelTest(function* ({ protocol, transport }) {
      transport.setWriteBufferLimits({ high: 4 });
      transport.room = 0;
      transport.writelines([bytes('123'), bytes('456')]);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      yield* asyncio.sleep(0);
    }),
  );

  it(
    'has the limits of asyncio',
    channelTest(function* ({ transport }) {
      expect(transport.getWriteBufferLimits()).to.deep.equal([16_384, 65_536]);
      transport.setWriteBufferLimits({ low: 10 });
      expect(transport.getWriteBufferLimits()).to.deep.equal([10, 40]);
      transport.setWriteBufferLimits({ high: 10 });
      expect(transport.getWriteBufferLimits()).to.deep.equal([2, 10]);
      transport.setWriteBufferLimits({ high: 0 });
      expect(transport.getWriteBufferLimits()).to.deep.equal([0, 0]);
      expect(() => transport.setWriteBufferLimits({ high: Number.NaN })).to.throw(
        RangeError,
        'must be >= low',
      );
      transport.setWriteBufferLimits();
      expect(transport.getWriteBufferLimits()).to.deep.equal([16_384, 65_536]);
      yield* asyncio.sleep(0);
    }),
  );

  it(
    'survives a protocol that fails at pausing and at resuming, and reports it',
    channelTest(function* ({ reports, protocol, transport }) {
      const exception = new Error('not now');
      protocol.effects.pauseWriting = protocol.effects.resumeWriting = () => {
        throw exception;
      };
      transport.setWriteBufferLimits({ high: 1 });
      transport.room = 0;
      transport.write(bytes('12'));
      transport.makeRoom();
      yield* asyncio.sleep(0);
      expect(reports).to.deep.equal([
        { message: 'protocol.pause_writing() failed', exception, transport, protocol },
        { message: 'protocol.resume_writing() failed', exception, transport, protocol },
      ]);
      expect(transport.sent).to.deep.equal(['12']);
      expect(transport.isClosing()).to.equal(false);
    }),
  );

  it(
    'sends what resumeWriting() writes behind what was there',
    channelTest(function* ({ protocol, transport }) {
      transport.setWriteBufferLimits({ high: 3, low: 2 });
      transport.room = 0;
      transport.write(bytes('12'));
      transport.write(bytes('34'));
      protocol.effects.resumeWriting = () => transport.write(bytes('56'));
      transport.makeRoom(2);
      yield* asyncio.sleep(0);
      transport.makeRoom();
      yield* asyncio.sleep(0);
      expect(transport.sent).to.deep.equal(['12', '34', '56', '56']); // paused, and so resumed, twice
    }),
  );
});

describe('reading from a channel', () => {
  it(
    'keeps what comes while reading is paused, in order, and the end behind it',
    channelTest(function* ({ protocol, transport }) {
      transport.pauseReading();
      transport.receive(bytes('one'));
      transport.receive(bytes('two'));
      transport.receiveEof();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made']);
      expect(transport.waiting).to.equal(6);
      transport.resumeReading();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'data one', 'data two', 'eof', 'lost null']);
    }),
  );

  it(
    'stops in the middle when the protocol pauses',
    channelTest(function* ({ protocol, transport }) {
      protocol.effects.dataReceived = () => transport.pauseReading();
      transport.receive(bytes('one'));
      transport.receive(bytes('two'));
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'data one']);
      transport.resumeReading();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'data one', 'data two']);
    }),
  );

  it(
    'leaves a protocol with a buffer the rest when it pauses between two pieces',
    channelTest(function* ({ transport }) {
      const pieces: number[] = [];
      class Small extends asyncio.BufferedProtocol {
        override getBuffer(): Uint8Array {
          return new Uint8Array(2);
        }
        override bufferUpdated(nbytes: number): void {
          pieces.push(nbytes);
          if (pieces.length === 1) transport.pauseReading();
        }
      }
      transport.setProtocol(new Small());
      transport.receive(bytes('12345'));
      yield* asyncio.sleep(1);
      expect(pieces).to.deep.equal([2]);
      expect(transport.waiting).to.equal(3);
      transport.resumeReading();
      yield* asyncio.sleep(1);
      expect(pieces).to.deep.equal([2, 2, 1]);
      expect(transport.waiting).to.equal(0);
    }),
  );

  it(
    'gives a protocol at most 256 KiB an iteration, so that others have their turn',
    channelTest(function* ({ protocol, transport }) {
      protocol.dataReceived = () => void protocol.calls.push('data');
      for (let piece = 0; piece < 6; piece++) transport.receive(pattern(64 * 1024));
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'data', 'data', 'data', 'data']);
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.have.length(7);
    }),
  );

  it(
    'gives nothing that comes after close()',
    channelTest(function* ({ protocol, transport }) {
      transport.receive(bytes('in time, but not given yet'));
      transport.close();
      transport.receive(bytes('too late'));
      transport.receiveEof();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );

  it(
    'gives what has come when the other side closes for good, then the end',
    channelTest(function* ({ protocol, transport }) {
      protocol.keepsOpen = true;
      transport.receive(bytes('last'));
      transport.peerClosed();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'data last', 'eof', 'lost null']);
    }),
  );

  it(
    'gives an error in place of the end when the other side closes with one',
    channelTest(function* ({ protocol, transport }) {
      transport.receive(bytes('last'));
      transport.peerClosed(new asyncio.ConnectionResetError('reset'));
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'data last', 'lost ConnectionResetError: reset']);
    }),
  );

  it(
    'tells of the end once, also when the other side closes for good after the end of its data',
    channelTest(function* ({ protocol, transport }) {
      protocol.keepsOpen = true;
      transport.receiveEof();
      yield* asyncio.sleep(1);
      transport.peerClosed();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'eof', 'lost null']);
    }),
  );
});

describe('the end of a channel', () => {
  it(
    'comes once, whatever happens at the same time',
    channelTest(function* ({ protocol, transport }) {
      transport.broken(new asyncio.ConnectionResetError('first'));
      transport.abort();
      transport.close();
      transport.peerClosed();
      transport.closed(new Error('second'));
      transport.fatal(new asyncio.OSError('third'));
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'lost ConnectionResetError: first']);
      expect(transport.calls.filter((call) => call.startsWith('release'))).to.have.length(1);
    }),
  );

  it(
    'waits for the channel where closing takes its time',
    channelTest(function* ({ protocol, transport }) {
      transport.endsAtOnce = false;
      transport.close();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made']);
      transport.closed();
      yield* asyncio.sleep(1);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );

  it(
    'comes at once by abort(), also where closing takes its time',
    channelTest(function* ({ protocol, transport }) {
      transport.endsAtOnce = false;
      transport.close();
      transport.abort();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );

  it(
    'lets go of the channel when connectionLost() throws, and that is reported',
    channelTest(function* ({ reports, protocol, transport }) {
      const exception = new Error('not yet');
      protocol.effects.connectionLost = () => {
        throw exception;
      };
      transport.close();
      yield* asyncio.sleep(0);
      expect(transport.calls.at(-1)).to.equal('release null');
      expect(reports).to.have.length(1);
      expect(reports[0]?.exception).to.equal(exception);
    }),
  );

  it(
    'that the other side has made ends a close() at once, also if nobody was told of it',
    channelTest(function* ({ protocol, transport }) {
      transport.endsAtOnce = false; // what is closed already does not tell that it closes
      transport.pauseReading();
      transport.peerClosed(new asyncio.ConnectionResetError('gone'));
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made']);
      transport.close();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
      expect(transport.calls).not.to.contain('finish');
    }),
  );

  it(
    'lets go a writer who waits for what was under way, also if nobody reads',
    channelTest(function* ({ protocol, transport }) {
      transport.underWay = 100_000; // and so it stays
      transport.write(bytes('x'));
      transport.pauseReading();
      transport.receive(bytes('last words'));
      transport.peerClosed();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
      expect(transport.getWriteBufferSize()).to.equal(0);
      transport.resumeReading();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(protocol.calls.slice(3)).to.deep.equal(['data last words', 'eof', 'lost null']);
    }),
  );

  it('is quiet when the loop was closed first', async () => {
    const protocol = new RecordingProtocol();
    const transport = await simulate(function* () {
      const made = new FakeChannel(asyncio.getRunningLoop(), protocol);
      yield* asyncio.sleep(0);
      return made;
    });
    transport.receive(bytes('too late'));
    expect(protocol.calls).to.deep.equal(['made']);
    expect(transport.calls).to.deep.equal(['start reading', 'stop reading', 'release null']);
    transport.abort();
    transport.close();
    expect(transport.calls).to.have.length(3);
  });
});
