// sendfile: a Blob over a transport.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, pattern, text } from '../support/bytes.ts';
import { FakeChannel, RecordingProtocol } from '../support/fake-channel.ts';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

const SIZE = 700 * 1024;
const FILE = new Blob([pattern(SIZE)]);

/** A test with the streams of a connection whose other side collects what comes. */
function fileTest(
  body: (
    transport: asyncio.WriteTransportLike,
    received: () => asyncio.Coroutine<Uint8Array>,
  ) => asyncio.Coroutine<void>,
): () => Promise<void> {
  return () =>
    simulate(function* () {
      const [[reader, otherWriter], [, writer]] = asyncio.memoryPair();
      const reading = asyncio.createTask(reader.read());
      yield* body(writer.transport, function* () {
        writer.close();
        return yield* reading;
      });
      writer.close();
      otherWriter.close();
      yield* asyncio.wait([reading]);
    });
}

describe('sendfile', () => {
  it(
    'sends the whole of a file, no faster than it is taken, and tells how far it is',
    fileTest(function* (transport, received) {
      const steps: [number, number][] = [];
      let most = 0;
      const sent = yield* asyncio.getRunningLoop().sendfile(transport, FILE, {
        progress(done, total) {
          steps.push([done, total]);
          most = Math.max(most, transport.getWriteBufferSize());
        },
      });
      expect(sent).to.equal(SIZE);
      expect(steps).to.deep.equal([
        [256 * 1024, SIZE],
        [512 * 1024, SIZE],
        [SIZE, SIZE],
      ]);
      expect(most).to.be.at.most(256 * 1024 + 64 * 1024);
      const expected = pattern(SIZE);
      const data = yield* received();
      expect(data).to.have.length(SIZE);
      expect(data.every((byte, at) => byte === expected[at])).to.equal(true);
    }),
  );

  it(
    'sends a part, by offset and count',
    fileTest(function* (transport, received) {
      const loop = asyncio.getRunningLoop();
      const file = new File(['0123456789'], 'digits');
      expect(yield* loop.sendfile(transport, file, { offset: 2, count: 3 })).to.equal(3);
      expect(yield* loop.sendfile(transport, file, { offset: 8 })).to.equal(2);
      expect(yield* loop.sendfile(transport, file, { offset: 9, count: 100 })).to.equal(1);
      expect(yield* loop.sendfile(transport, file, { offset: 10 })).to.equal(0);
      expect(yield* loop.sendfile(transport, file, { offset: 99, count: 1 })).to.equal(0);
      expect(yield* loop.sendfile(transport, file, { count: 0 })).to.equal(0);
      expect(text(yield* received())).to.equal('234899');
    }),
  );

  it('waits while the protocol is paused, and gives it back as it is then', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const protocol = new RecordingProtocol();
      const transport = new FakeChannel(loop, protocol);
      yield* asyncio.sleep(0);
      transport.room = 0;
      transport.setWriteBufferLimits({ high: 10 });
      const task = asyncio.createTask(loop.sendfile(transport, new Blob([pattern(600 * 1024)])));
      yield* asyncio.sleep(1);
      // The first piece is in the buffer; the protocol is not told, for it is not the one who writes.
      expect(transport.getWriteBufferSize()).to.equal(256 * 1024);
      expect(protocol.calls).to.deep.equal(['made']);
      expect(transport.isReading()).to.equal(false);
      transport.makeRoom(512 * 1024);
      yield* task;
      expect(transport.getWriteBufferSize()).to.equal(88 * 1024);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      expect(transport.getProtocol()).to.equal(protocol);
      expect(transport.isReading()).to.equal(true);
      transport.makeRoom();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
      transport.abort();
    }));

  it('resumes a protocol that was paused before, when there is room again', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const protocol = new RecordingProtocol();
      const transport = new FakeChannel(loop, protocol);
      yield* asyncio.sleep(0);
      transport.room = 0;
      transport.setWriteBufferLimits({ high: 1 });
      transport.write(bytes('in front'));
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      const task = asyncio.createTask(loop.sendfile(transport, new Blob(['file'])));
      yield* asyncio.sleep(1);
      expect(task.done()).to.equal(false);
      transport.makeRoom();
      yield* task;
      expect(transport.sent).to.deep.equal(['in front', 'file']);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
      transport.abort();
    }));

  it('throws when the connection is lost meanwhile, and tells the protocol', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      for (const exc of [new asyncio.ConnectionResetError('reset'), null]) {
        const protocol = new RecordingProtocol();
        const transport = new FakeChannel(loop, protocol);
        yield* asyncio.sleep(0);
        transport.room = 0;
        const task = asyncio.createTask(loop.sendfile(transport, FILE));
        yield* asyncio.sleep(1);
        transport.closed(exc);
        const error = yield* raised(task);
        if (exc === null) expect(String(error)).to.equal('ConnectionError: Connection is closed by peer');
        else expect(error).to.equal(exc);
        expect(protocol.calls.at(-1)).to.equal(`lost ${exc}`);
      }
    }));

  it('gives the transport back when it is cancelled', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const protocol = new RecordingProtocol();
      const transport = new FakeChannel(loop, protocol);
      yield* asyncio.sleep(0);
      transport.room = 0;
      const task = asyncio.createTask(loop.sendfile(transport, FILE));
      yield* asyncio.sleep(1);
      task.cancel();
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
      expect(transport.getProtocol()).to.equal(protocol);
      expect(transport.isReading()).to.equal(true);
      transport.abort();
    }));

  it(
    'refuses what it cannot do',
    fileTest(function* (transport) {
      const loop = asyncio.getRunningLoop();
      const refused = function* (
        of: asyncio.BaseTransportLike,
        file: unknown,
        options?: asyncio.SendfileOptions,
      ): asyncio.Coroutine<string> {
        return String(yield* raised(loop.sendfile(of, file as Blob, options)));
      };
      expect(yield* refused(transport, FILE, { fallback: false })).to.match(
        /^SendfileNotAvailableError: fallback is disabled and native sendfile is not supported for transport </,
      );
      expect(yield* refused(transport, 'text')).to.match(
        /^TypeError: file must be a Blob or a File, got 'text'$/,
      );
      expect(yield* refused(transport, FILE, { offset: -1 })).to.equal(
        'RangeError: offset must be a non-negative integer (got -1)',
      );
      expect(yield* refused(transport, FILE, { count: 1.5 })).to.equal(
        'RangeError: count must be a non-negative integer (got 1.5)',
      );
      class Other extends asyncio.Transport {
        override isClosing(): boolean {
          return false;
        }
      }
      expect(yield* refused(new Other(), FILE)).to.match(
        /^RuntimeError: sendfile is not supported for transport /,
      );
      transport.close();
      expect(yield* refused(transport, FILE)).to.equal('RuntimeError: Transport is closing');
    }),
  );
});
