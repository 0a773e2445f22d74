// Pipes: the streams of the platform as transports, in both directions.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { RecordingProtocol } from '../support/fake-channel.ts';
import { recordReports, simulate } from '../support/loops.ts';
import { raised, rejection } from '../support/outcomes.ts';

type Chunk = Uint8Array<ArrayBuffer>;

/** Lets what is under way arrive, native promises included. */
const settle = (): asyncio.Coroutine<void> => asyncio.sleep(1);

describe('connectReadPipe', () => {
  /** A stream that notes when it is pulled. */
  function counted(size: number): {
    readonly stream: ReadableStream<Chunk>;
    pulls: number;
    cancelled: unknown[];
  } {
    const state = {
      stream: new ReadableStream<Chunk>(
        {
          pull(controller) {
            state.pulls += 1;
            controller.enqueue(new Uint8Array(size));
          },
          cancel(reason) {
            state.cancelled.push(reason);
          },
        },
        { highWaterMark: 0 },
      ),
      pulls: 0,
      cancelled: [] as unknown[],
    };
    return state;
  }

  it('pulls nothing while reading is paused', () =>
    simulate(function* () {
      const source = counted(10);
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectReadPipe(() => {
        protocol.effects.dataReceived = () => transport.pauseReading();
        return protocol;
      }, source.stream);
      yield* settle();
      const given = (): number => protocol.calls.filter((call) => call.startsWith('data')).length;
      expect(given()).to.equal(1);
      // One was asked for before the protocol saw the first.
      expect(source.pulls).to.be.at.most(2);
      const { pulls } = source;
      yield* settle();
      expect(source.pulls).to.equal(pulls);
      transport.resumeReading();
      yield* settle();
      expect(given()).to.equal(2);
      transport.close();
    }));

  it('lets a StreamReader read no faster than it is read', () =>
    simulate(function* () {
      const source = counted(1000);
      const reader = new asyncio.StreamReader({ limit: 2000 });
      yield* asyncio
        .getRunningLoop()
        .connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), source.stream);
      yield* settle();
      const { pulls } = source;
      expect(pulls).to.be.at.most(6); // twice the limit, and one on its way
      yield* reader.readexactly(3000);
      yield* settle();
      expect(source.pulls - pulls).to.equal(3);
      expect(reader.atEof()).to.equal(false);
    }));

  it('cancels the stream when the transport is closed, and unlocks it', () =>
    simulate(function* () {
      const source = counted(10);
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectReadPipe(() => protocol, source.stream);
      expect(source.stream.locked).to.equal(true);
      transport.close();
      yield* settle();
      expect(source.cancelled).to.deep.equal([undefined]);
      expect(source.stream.locked).to.equal(false);
      expect(protocol.calls.at(-1)).to.equal('lost null');
    }));

  it('gives the error of the stream to the protocol, after nothing else', () =>
    simulate(function* () {
      const reports = recordReports(asyncio.getRunningLoop());
      const error = new Error('the disk is on fire');
      const stream = new ReadableStream<Chunk>({
        start(controller) {
          controller.error(error);
        },
      });
      const reader = new asyncio.StreamReader();
      yield* asyncio.getRunningLoop().connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), stream);
      expect(yield* raised(reader.read())).to.equal(error);
      expect(reports).to.deep.equal([]);
    }));

  it('ends with an error for a stream of text', () =>
    simulate(function* () {
      const reports = recordReports(asyncio.getRunningLoop());
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue('text');
        },
      });
      const protocol = new RecordingProtocol();
      yield* asyncio.getRunningLoop().connectReadPipe(() => protocol, stream);
      yield* settle();
      expect(protocol.calls.at(-1)).to.match(/^lost TypeError: chunk argument must be a bytes-like object/);
      expect(reports).to.have.length(1);
    }));

  it('takes chunks that are views of other kinds, and buffers', () =>
    simulate(function* () {
      const stream = new ReadableStream<ArrayBufferView | ArrayBuffer>({
        start(controller) {
          controller.enqueue(new DataView(bytes('a view').buffer, 2));
          controller.enqueue(bytes(' and a buffer').buffer);
          controller.enqueue(new Uint8Array());
          controller.close();
        },
      });
      const reader = new asyncio.StreamReader();
      yield* asyncio.getRunningLoop().connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), stream);
      expect(text(yield* reader.read())).to.equal('view and a buffer');
    }));

  it('refuses what is no stream, and one that is locked, before it makes a protocol', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const factory = (): asyncio.Protocol => expect.fail('no protocol is needed');
      const locked = new ReadableStream();
      locked.getReader();
      expect(String(yield* raised(loop.connectReadPipe(factory, locked)))).to.match(
        /^TypeError: .*is locked/,
      );
      expect(String(yield* raised(loop.connectReadPipe(factory, {} as never)))).to.match(
        /^TypeError: a ReadableStream was expected as pipe/,
      );
      expect(String(yield* raised(loop.connectWritePipe(factory, {} as never)))).to.match(
        /^TypeError: a WritableStream was expected as pipe/,
      );
    }));

  it('cannot be written to', () =>
    simulate(function* () {
      const [transport] = yield* asyncio
        .getRunningLoop()
        .connectReadPipe(() => new asyncio.Protocol(), new ReadableStream());
      const both = transport as asyncio.Transport;
      expect(() => both.write(bytes('x'))).to.throw(asyncio.NotImplementedError);
      expect(() => both.writelines([bytes('x')])).to.throw(asyncio.NotImplementedError);
      expect(() => both.writeEof()).to.throw(asyncio.NotImplementedError);
      expect(both.canWriteEof()).to.equal(false);
      transport.close();
    }));

  it('closes without a word when its loop was closed first', async () => {
    let push: (chunk: Chunk) => void = () => undefined;
    const cancelled: unknown[] = [];
    const stream = new ReadableStream<Chunk>({
      start(controller) {
        push = (chunk) => controller.enqueue(chunk);
      },
      cancel(reason) {
        cancelled.push(reason);
      },
    });
    const protocol = new RecordingProtocol();
    await simulate(() => asyncio.getRunningLoop().connectReadPipe(() => protocol, stream));
    push(bytes('too late'));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(cancelled).to.deep.equal([undefined]);
    expect(protocol.calls).to.deep.equal(['made']);
  });
});

describe('connectWritePipe', () => {
  /** A stream whose chunks are taken one by one, by hand. */
  class SlowSink {
    readonly chunks: string[] = [];
    readonly ends: string[] = [];
    #next: (() => void) | null = null;
    readonly stream = new WritableStream<Chunk>({
      write: (chunk) => {
        this.chunks.push(text(chunk));
        return new Promise<void>((resolve) => {
          this.#next = resolve;
        });
      },
      close: () => void this.ends.push('closed'),
      abort: (reason) => void this.ends.push(`aborted ${reason}`),
    });
    /** The chunk under way has been taken. */
    take(): void {
      this.#next?.();
    }
  }

  it('passes the back-pressure of the stream to the protocol', () =>
    simulate(function* () {
      const sink = new SlowSink();
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectWritePipe(() => protocol, sink.stream);
      transport.setWriteBufferLimits({ high: 8, low: 4 });
      for (const piece of ['1234', '5678', '9abc']) transport.write(bytes(piece));
      yield* settle();
      expect(sink.chunks).to.deep.equal(['1234']);
      expect(transport.getWriteBufferSize()).to.equal(12);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      sink.take();
      yield* settle();
      expect(sink.chunks).to.deep.equal(['1234', '5678']);
      expect(protocol.calls).to.deep.equal(['made', 'pause']);
      sink.take();
      yield* settle();
      expect(sink.chunks).to.deep.equal(['1234', '5678', '9abc']);
      expect(protocol.calls).to.deep.equal(['made', 'pause', 'resume']);
      sink.take();
      transport.close();
      yield* settle();
      expect(sink.ends).to.deep.equal(['closed']);
      expect(protocol.calls.at(-1)).to.equal('lost null');
      expect(sink.stream.locked).to.equal(false);
    }));

  it('close() waits until the stream has taken everything, and is closed', () =>
    simulate(function* () {
      const sink = new SlowSink();
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectWritePipe(() => protocol, sink.stream);
      transport.write(bytes('one'));
      transport.write(bytes('two'));
      transport.close();
      yield* settle();
      expect(sink.chunks).to.deep.equal(['one']);
      expect(protocol.calls).to.deep.equal(['made']);
      sink.take();
      yield* settle();
      sink.take();
      yield* settle();
      expect(sink.chunks).to.deep.equal(['one', 'two']);
      expect(sink.ends).to.deep.equal(['closed']);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }));

  it('abort() aborts the stream at once', () =>
    simulate(function* () {
      const sink = new SlowSink();
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectWritePipe(() => protocol, sink.stream);
      transport.write(bytes('one'));
      transport.write(bytes('never'));
      transport.abort();
      yield* asyncio.sleep(0);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
      sink.take(); // an abort waits for the chunk under way
      yield* settle();
      expect(sink.chunks).to.deep.equal(['one']);
      expect(sink.ends).to.deep.equal(['aborted undefined']);
    }));

  it('gives the error of the stream to the protocol, also if nothing is written', () =>
    simulate(function* () {
      const reports = recordReports(asyncio.getRunningLoop());
      const error = new Error('the disk is full');
      let fail: (reason: unknown) => void = () => undefined;
      const stream = new WritableStream<Chunk>({
        start(controller) {
          fail = (reason) => controller.error(reason);
        },
      });
      const reader = new asyncio.StreamReader();
      const [transport, protocol] = yield* asyncio
        .getRunningLoop()
        .connectWritePipe(() => new asyncio.StreamReaderProtocol(reader), stream);
      const writer = new asyncio.StreamWriter(transport, protocol, reader, asyncio.getRunningLoop());
      fail(error);
      yield* settle();
      expect(transport.isClosing()).to.equal(true);
      expect(yield* raised(writer.drain())).to.equal(error);
      expect(yield* raised(writer.waitClosed())).to.equal(error);
      expect(reports).to.deep.equal([]);
    }));

  it('gives the stream bytes of its own: the writer may use its memory again', () =>
    simulate(function* () {
      const seen: Chunk[] = [];
      const stream = new WritableStream<Chunk>({ write: (chunk) => void seen.push(chunk) });
      const [transport] = yield* asyncio
        .getRunningLoop()
        .connectWritePipe(() => new asyncio.Protocol(), stream);
      const memory = bytes('first');
      transport.write(memory);
      memory.set(bytes('XXXXX'));
      transport.close();
      yield* settle();
      expect(seen.map(text)).to.deep.equal(['first']);
    }));

  it('writeEof() closes it, since a pipe has one direction', () =>
    simulate(function* () {
      const sink = new SlowSink();
      const protocol = new RecordingProtocol();
      const [transport] = yield* asyncio.getRunningLoop().connectWritePipe(() => protocol, sink.stream);
      transport.writeEof();
      yield* settle();
      expect(sink.ends).to.deep.equal(['closed']);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }));
});

describe('virtual time and pipes', () => {
  it('a pipe that gives nothing does not hold the clock', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const loop = asyncio.getRunningLoop();
      yield* loop.connectReadPipe(() => new asyncio.StreamReaderProtocol(reader), new ReadableStream());
      const error = yield* raised(asyncio.waitFor(reader.read(1), 60));
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(loop.time()).to.equal(60);
    }));

  it('waiting for a pipe is no deadlock, and waiting for nothing is one', async () => {
    const { readable, writable } = new TransformStream<Chunk, Chunk>();
    const writer = writable.getWriter();
    setTimeout(() => void writer.write(bytes('late')), 5);
    const data = await simulate(function* () {
      const reader = new asyncio.StreamReader();
      const protocol = new asyncio.StreamReaderProtocol(reader);
      const [transport] = yield* asyncio.getRunningLoop().connectReadPipe(() => protocol, readable);
      const read = yield* reader.read(4);
      transport.close();
      yield* asyncio.sleep(0);
      return read;
    });
    expect(text(data)).to.equal('late');
    const error = await rejection(
      asyncio.run(
        function* () {
          yield* new asyncio.StreamReader().read(1);
        },
        { loopFactory: () => new SimLoop() },
      ),
    );
    expect(String(error)).to.match(/^SimDeadlockError/);
  });
});
