// Streams: what CPython's tests, in ../conformance, do not say.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, pattern, text } from '../support/bytes.ts';
import { recordReports, simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

describe('StreamReader', () => {
  it('lets one task wait at a time', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const task = asyncio.createTask(reader.readline());
      yield* asyncio.sleep(0);
      for (const [method, coro] of [
        ['read', reader.read(1)],
        ['readexactly', reader.readexactly(1)],
        ['readuntil', reader.readuntil()],
      ] as const) {
        const error = yield* raised(coro);
        expect(error).to.be.instanceOf(asyncio.RuntimeError);
        expect((error as Error).message).to.equal(
          `${method}() called while another coroutine is already waiting for incoming data`,
        );
      }
      reader.feedData(bytes('line\n'));
      expect(text(yield* task)).to.equal('line\n');
    }));

  it('does not forget who waits when the one before goes on', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const first = asyncio.createTask(reader.read(1));
      yield* asyncio.sleep(0);
      // The second begins to wait after the first was woken and before it goes on.
      const second = asyncio.createTask(reader.readexactly(3));
      asyncio.getRunningLoop().callSoon(() => undefined);
      reader.feedData(bytes('ab'));
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      reader.feedData(bytes('cdef'));
      expect(text(yield* first)).to.equal('a');
      expect(text(yield* second)).to.equal('bcd');
    }));

  it('keeps what is there when a read is cancelled', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const task = asyncio.createTask(reader.readexactly(5));
      yield* asyncio.sleep(0);
      reader.feedData(bytes('abc'));
      task.cancel();
      yield* asyncio.wait([task]);
      reader.feedData(bytes('de'));
      expect(text(yield* reader.readexactly(5))).to.equal('abcde');
    }));

  it('pauses its transport above twice the limit, and resumes it at the limit', () =>
    simulate(function* () {
      const calls: string[] = [];
      class Source extends asyncio.Transport {
        override pauseReading(): void {
          calls.push('pause');
        }
        override resumeReading(): void {
          calls.push('resume');
        }
      }
      const reader = new asyncio.StreamReader({ limit: 4 });
      reader.setTransport(new Source());
      expect(() => reader.setTransport(new Source())).to.throw(asyncio.RuntimeError, 'Transport already set');
      reader.feedData(bytes('12345678'));
      expect(calls).to.deep.equal([]);
      reader.feedData(bytes('9'));
      expect(calls).to.deep.equal(['pause']);
      expect(String(reader)).to.match(/ paused>$/);
      yield* reader.read(4);
      expect(calls).to.deep.equal(['pause']);
      yield* reader.read(1);
      expect(calls).to.deep.equal(['pause', 'resume']);
      // Who waits for more than the limit has it resumed.
      reader.feedData(bytes('ABCDE'));
      const task = asyncio.createTask(reader.readexactly(12));
      yield* asyncio.sleep(0);
      expect(calls).to.deep.equal(['pause', 'resume', 'pause', 'resume']);
      reader.feedData(bytes('FGH'));
      expect(text(yield* task)).to.equal('6789ABCDEFGH');
    }));

  it('keeps everything where the transport cannot be paused', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader({ limit: 1 });
      reader.setTransport(new asyncio.Transport());
      reader.feedData(bytes('123'));
      reader.feedData(bytes('456'));
      expect(text(yield* reader.read(6))).to.equal('123456');
    }));

  it('gives its lines to `for await` in native code', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const collecting = asyncio.asyncTask(async () => {
        const lines: string[] = [];
        for await (const line of reader) lines.push(text(line));
        return lines;
      });
      const task = asyncio.createTask(collecting);
      yield* asyncio.sleep(0);
      reader.feedData(bytes('one\ntw'));
      reader.feedData(bytes('o\nthree'));
      reader.feedEof();
      expect(yield* task).to.deep.equal(['one\n', 'two\n', 'three']);
    }));

  it('refuses what cannot be meant', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      expect(() => reader.feedData('text' as never)).to.throw(TypeError, "not 'str'; encode text");
      expect(() => new asyncio.StreamReader({ limit: Number.NaN })).to.throw(
        RangeError,
        'Limit cannot be <= 0',
      );
      expect(String(yield* raised(reader.read(1.5)))).to.equal('TypeError: n must be an integer, got 1.5');
      expect(String(yield* raised(reader.readexactly('1' as never)))).to.equal(
        "TypeError: n must be an integer, got '1'",
      );
      expect(String(yield* raised(reader.readuntil('\n' as never)))).to.match(
        /^TypeError: separator argument must be a bytes-like object, not 'str'/,
      );
      reader.feedEof();
      expect(() => reader.feedData(bytes('x'))).to.throw(asyncio.RuntimeError, 'feed_data after feed_eof');
    }));

  it('says how much can be read without a separator', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader({ limit: 4 });
      reader.feedData(bytes('1234567\r'));
      const error = yield* raised(reader.readuntil(bytes('\r\n')));
      expect(error).to.be.instanceOf(asyncio.LimitOverrunError);
      const { consumed } = error as asyncio.LimitOverrunError;
      expect(consumed).to.equal(7); // the last byte may be half of the separator
      expect(text(yield* reader.readexactly(consumed))).to.equal('1234567');
    }));
});

describe('StreamWriter', () => {
  it('drain() waits while the other side does not read', () =>
    simulate(function* () {
      const [[reader], [, writer]] = asyncio.memoryPair({ limit: 1000 });
      yield* asyncio.sleep(0);
      writer.write(pattern(300_000));
      const task = asyncio.createTask(writer.drain());
      yield* asyncio.sleep(1);
      expect(task.done()).to.equal(false);
      expect(yield* reader.readexactly(300_000)).to.deep.equal(pattern(300_000));
      yield* task;
      writer.close();
    }));

  it('drain() does not yield when there is room', () =>
    simulate(function* () {
      const [, [, writer]] = asyncio.memoryPair();
      writer.write(bytes('x'));
      expect(writer.drain().next().done).to.equal(true);
      writer.close();
    }));

  it('waitClosed() can be waited for by several, of whom one is cancelled', () =>
    simulate(function* () {
      const [, [, writer]] = asyncio.memoryPair();
      const [one, other] = [asyncio.createTask(writer.waitClosed()), asyncio.createTask(writer.waitClosed())];
      yield* asyncio.sleep(0);
      one.cancel();
      yield* asyncio.wait([one]);
      expect(one.cancelled()).to.equal(true);
      writer.close();
      yield* other;
    }));

  it('is closed when its block is left, and the error of the block goes first', () =>
    simulate(function* () {
      const [[, otherWriter], [, writer]] = asyncio.memoryPair();
      yield* asyncio.sleep(0);
      const error = new Error('of the block');
      const left = asyncio.asyncWith(writer, function* (entered) {
        expect(entered).to.equal(writer);
        otherWriter.transport.abort();
        yield* asyncio.sleep(1);
        throw error;
      });
      expect(yield* raised(left)).to.equal(error);
      expect(writer.isClosing()).to.equal(true);
    }));

  it('writes itself', () =>
    simulate(function* () {
      const [, [, writer]] = asyncio.memoryPair();
      expect(String(writer)).to.match(
        /^<StreamWriter transport=<MemoryTransport .*> reader=<StreamReader.*>>$/,
      );
      expect(writer.getExtraInfo('nothing', 'fallback')).to.equal('fallback');
      expect(writer.canWriteEof()).to.equal(true);
      writer.close();
      yield* writer.waitClosed();
    }));
});

describe('startServer', () => {
  /** Runs a server with a handler, lets a client connect, and gives what the client reads and what is reported. */
  function* visited(
    handler: asyncio.ClientConnected,
  ): asyncio.Coroutine<[string, asyncio.ExceptionContext[]]> {
    const reports = recordReports(asyncio.getRunningLoop());
    const server = yield* asyncio.startServer(handler, 'mem:visited');
    const [reader, writer] = yield* asyncio.openConnection('mem:visited');
    const data = text(yield* reader.read());
    writer.close();
    server.close();
    yield* server.waitClosed();
    return [data, reports];
  }

  it('takes a native async function', () =>
    simulate(function* () {
      const [data, reports] = yield* visited(async (_reader, writer) => {
        await Promise.resolve();
        writer.write(bytes('async'));
        writer.close();
      });
      expect(data).to.equal('async');
      expect(reports).to.deep.equal([]);
    }));

  it('reports one that fails, in whichever way, and closes the connection', () =>
    simulate(function* () {
      const exception = new Error('no service');
      const handlers: asyncio.ClientConnected[] = [
        () => {
          throw exception;
        },
        function* () {
          throw exception;
        },
        async () => {
          throw exception;
        },
      ];
      for (const handler of handlers) {
        const [data, reports] = yield* visited(handler);
        expect(data).to.equal('');
        expect(reports).to.have.length(1);
        expect(reports[0]).to.include({ message: 'Unhandled exception in client_connected_cb', exception });
      }
    }));

  it('hands the limit on', () =>
    simulate(function* () {
      const limits: string[] = [];
      const server = yield* asyncio.startServer(
        (reader, writer) => {
          limits.push(String(reader));
          writer.close();
        },
        'mem:limited',
        { limit: 77 },
      );
      const [reader] = yield* asyncio.openConnection('mem:limited', { limit: 88 });
      yield* reader.read();
      expect(String(reader)).to.match(/ limit=88/);
      expect(limits[0]).to.match(/ limit=77/);
      expect(yield* raised(asyncio.openConnection('mem:limited', { limit: 0 }))).to.be.instanceOf(RangeError);
      expect(yield* raised(asyncio.startServer(() => undefined, 'mem:x', { limit: 0 }))).to.be.instanceOf(
        RangeError,
      );
      expect(yield* raised(asyncio.startServer(null as never, 'mem:x'))).to.be.instanceOf(TypeError);
      server.close();
    }));
});

describe('Server', () => {
  it('serves for ever until it is cancelled, then closes its clients too', () =>
    simulate(function* () {
      const server = yield* asyncio.startServer(function* (reader, writer) {
        yield* reader.read();
        writer.close();
      }, 'mem:for-ever');
      const task = asyncio.createTask(server.serveForever());
      const [reader] = yield* asyncio.openConnection('mem:for-ever');
      const second = yield* raised(server.serveForever());
      expect(String(second)).to.equal(
        'RuntimeError: server <Server sockets=[mem:for-ever]> is already being awaited on serve_forever()',
      );
      task.cancel();
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
      expect(yield* reader.read()).to.have.length(0);
      expect(String(yield* raised(server.startServing()))).to.equal(
        'RuntimeError: server <Server sockets=[]> is closed',
      );
    }));

  it('closes its clients in good order, or at once', () =>
    simulate(function* () {
      for (const how of ['closeClients', 'abortClients'] as const) {
        const server = yield* asyncio.startServer(() => undefined, 'mem:clients');
        const [reader] = yield* asyncio.openConnection('mem:clients');
        yield* asyncio.sleep(1);
        server.close();
        server[how]();
        yield* server.waitClosed();
        if (how === 'closeClients') expect(yield* reader.read()).to.have.length(0);
        else expect(yield* raised(reader.read())).to.be.instanceOf(asyncio.ConnectionResetError);
      }
    }));
});
