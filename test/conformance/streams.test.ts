// CPython's test_streams, under its names. A page has no sockets, so a server of `mem:` stands for the HTTP server that
// CPython's tests talk to; what the reader's buffer holds is looked at through `_buffer`, as there.

import * as asyncio from 'asyncio-web';
import { FlowControlMixin } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { forceGc } from '../support/gc.ts';
import { newTestLoop, recordReports, simulate } from '../support/loops.ts';
import { assertRaises, ZeroDivisionError } from './support.ts';

const DATA = 'line1\nline2\nline3\n';

/** A reader that is fed by hand. */
function newReader(limit?: number): asyncio.StreamReader {
  return new asyncio.StreamReader(limit === undefined ? {} : { limit });
}

/** What a reader holds. */
function buffered(reader: asyncio.StreamReader): string {
  const { _buffer } = reader;
  const data = _buffer.take(_buffer.length);
  _buffer.push(data);
  return text(data);
}

const feed = (reader: asyncio.StreamReader, data: string): void => reader.feedData(bytes(data));

/** Calls `callback` in the next iteration. */
function soon(callback: () => void): void {
  asyncio.getRunningLoop().callSoon(callback);
}

let reports: asyncio.ExceptionContext[] = [];

/** A test in virtual time; what is reported to the loop is in `reports`, and is nothing unless the test takes it out. */
function streamTest(body: () => asyncio.Coroutine<void>): () => Promise<void> {
  return async () => {
    await simulate(function* () {
      reports = recordReports(asyncio.getRunningLoop());
      yield* body();
    });
    expect(reports).to.deep.equal([]);
  };
}

/** CPython's run_test_server: answers a request with a line, headers and 'Test message'. */
function* runTestServer(body: (url: string) => asyncio.Coroutine<void>): asyncio.Coroutine<void> {
  const server = yield* asyncio.startServer(function* (reader, writer) {
    try {
      yield* reader.readuntil(bytes('\r\n\r\n'));
    } catch (error) {
      if (!(error instanceof asyncio.IncompleteReadError)) throw error; // a client that asks nothing
    }
    writer.write(bytes('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'));
    writer.write(bytes('Test message'));
    writer.close();
  }, 'mem:httpd');
  try {
    yield* body('mem:httpd');
  } finally {
    server.close();
    server.closeClients();
    yield* server.waitClosed();
  }
}

const REQUEST = bytes('GET / HTTP/1.0\r\n\r\n');

/** Asks, and reads the whole answer. */
function* fetchMessage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter): asyncio.Coroutine<void> {
  writer.write(REQUEST);
  expect(text(yield* reader.readline())).to.equal('HTTP/1.0 200 OK\r\n');
  expect(text(yield* reader.read())).to.match(/\r\n\r\nTest message$/);
}

/** Makes connections, asks on each and drops their streams; then collects, and gives what was warned of. */
async function warningsOfDropped(
  program: (url: string) => asyncio.Coroutine<void>,
  beforeCollecting: (runner: asyncio.Runner) => unknown = () => undefined,
): Promise<string[]> {
  const warnings: string[] = [];
  const { warning } = asyncio.logger;
  const runner = new asyncio.Runner({ loopFactory: () => newTestLoop() });
  const own: asyncio.ExceptionContext[] = [];
  try {
    await runner.run(function* () {
      own.push(...recordReports(asyncio.getRunningLoop()));
      yield* program('mem:httpd');
    });
    asyncio.logger.warning = (message) => warnings.push(message);
    await beforeCollecting(runner);
    // One collection may leave out what has just become old.
    for (let round = 0; round < 10 && warnings.length <= DROPPED / 2; round++) await forceGc();
  } finally {
    await runner.close();
    asyncio.logger.warning = warning;
  }
  expect(own).to.deep.equal([]);
  return warnings;
}

/** How many connections are dropped: engines that scan the stack conservatively keep a few. */
const DROPPED = 20;

describe('StreamTests', () => {
  it(
    'test_open_connection',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        yield* fetchMessage(reader, writer);
        writer.close();
      }),
    ),
  );

  it(
    'test_open_connection_error',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        const { transport } = writer;
        const protocol = transport.getProtocol() as asyncio.StreamReaderProtocol;
        protocol.connectionLost(new ZeroDivisionError());
        yield* assertRaises(ZeroDivisionError, reader.read());
        writer.close();
        yield* asyncio.sleep(0);
      }),
    ),
  );

  it(
    'test_feed_empty_data',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, '');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_feed_nonempty_data',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, DATA);
      expect(buffered(stream)).to.equal(DATA);
    }),
  );

  it(
    'test_read_zero',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, DATA);
      expect(yield* stream.read(0)).to.have.length(0);
      expect(buffered(stream)).to.equal(DATA);
    }),
  );

  it(
    'test_read',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.read(30));
      soon(() => feed(stream, DATA));
      expect(text(yield* task)).to.equal(DATA);
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_read_line_breaks',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'line1');
      feed(stream, 'line2');
      expect(text(yield* stream.read(5))).to.equal('line1');
      expect(buffered(stream)).to.equal('line2');
    }),
  );

  it(
    'test_read_eof',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.read(1024));
      soon(() => stream.feedEof());
      expect(yield* task).to.have.length(0);
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_read_until_eof',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.read(-1));
      soon(() => {
        feed(stream, 'chunk1\n');
        feed(stream, 'chunk2');
        stream.feedEof();
      });
      expect(text(yield* task)).to.equal('chunk1\nchunk2');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_read_exception',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'line\n');
      expect(text(yield* stream.read(2))).to.equal('li');
      stream.setException(new RangeError());
      yield* assertRaises(RangeError, stream.read(2));
    }),
  );

  it(
    'test_invalid_limit',
    streamTest(function* () {
      expect(() => newReader(0)).to.throw(RangeError, 'imit');
      expect(() => newReader(-1)).to.throw(RangeError, 'imit');
    }),
  );

  it(
    'test_read_limit',
    streamTest(function* () {
      const stream = newReader(3);
      feed(stream, 'chunk');
      expect(text(yield* stream.read(5))).to.equal('chunk');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readline',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'chunk1 ');
      const task = asyncio.createTask(stream.readline());
      soon(() => {
        feed(stream, 'chunk2 ');
        feed(stream, 'chunk3 ');
        feed(stream, '\n chunk4');
      });
      expect(text(yield* task)).to.equal('chunk1 chunk2 chunk3 \n');
      expect(buffered(stream)).to.equal(' chunk4');
    }),
  );

  it(
    'test_readline_limit_with_existing_data',
    streamTest(function* () {
      let stream = newReader(3);
      feed(stream, 'li');
      feed(stream, 'ne1\nline2\n');
      yield* assertRaises(RangeError, stream.readline());
      // What follows the line is left.
      expect(buffered(stream)).to.equal('line2\n');

      stream = newReader(3);
      feed(stream, 'li');
      feed(stream, 'ne1');
      feed(stream, 'li');
      yield* assertRaises(RangeError, stream.readline());
      // There is no end of the line in it, so all of it goes.
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_at_eof',
    streamTest(function* () {
      const stream = newReader();
      expect(stream.atEof()).to.equal(false);
      feed(stream, 'some data\n');
      expect(stream.atEof()).to.equal(false);
      yield* stream.readline();
      expect(stream.atEof()).to.equal(false);
      feed(stream, 'some data\n');
      stream.feedEof();
      yield* stream.readline();
      expect(stream.atEof()).to.equal(true);
    }),
  );

  it(
    'test_readline_limit',
    streamTest(function* () {
      let stream = newReader(7);
      soon(() => {
        feed(stream, 'chunk1');
        feed(stream, 'chunk2');
        feed(stream, 'chunk3\n');
        stream.feedEof();
      });
      yield* assertRaises(RangeError, stream.readline());
      expect(buffered(stream)).to.equal('');

      stream = newReader(7);
      soon(() => {
        feed(stream, 'chunk1');
        feed(stream, 'chunk2\n');
        feed(stream, 'chunk3\n');
        stream.feedEof();
      });
      yield* assertRaises(RangeError, stream.readline());
      expect(buffered(stream)).to.equal('chunk3\n');

      // The limit is strict.
      stream = newReader(7);
      feed(stream, '1234567\n');
      expect(text(yield* stream.readline())).to.equal('1234567\n');
      expect(buffered(stream)).to.equal('');

      feed(stream, '12345678\n');
      yield* assertRaises(RangeError, stream.readline());
      expect(buffered(stream)).to.equal('');

      feed(stream, '12345678');
      yield* assertRaises(RangeError, stream.readline());
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readline_nolimit_nowait',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, DATA.slice(0, 6));
      feed(stream, DATA.slice(6));
      expect(text(yield* stream.readline())).to.equal('line1\n');
      expect(buffered(stream)).to.equal('line2\nline3\n');
    }),
  );

  it(
    'test_readline_eof',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'some data');
      stream.feedEof();
      expect(text(yield* stream.readline())).to.equal('some data');
    }),
  );

  it(
    'test_readline_empty_eof',
    streamTest(function* () {
      const stream = newReader();
      stream.feedEof();
      expect(yield* stream.readline()).to.have.length(0);
    }),
  );

  it(
    'test_readline_read_byte_count',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, DATA);
      yield* stream.readline();
      expect(text(yield* stream.read(7))).to.equal('line2\nl');
      expect(buffered(stream)).to.equal('ine3\n');
    }),
  );

  it(
    'test_readline_exception',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'line\n');
      expect(text(yield* stream.readline())).to.equal('line\n');
      stream.setException(new RangeError());
      yield* assertRaises(RangeError, stream.readline());
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readuntil_separator',
    streamTest(function* () {
      const stream = newReader();
      yield* assertRaises(RangeError, stream.readuntil(bytes('')), /Separator should be/);
      yield* assertRaises(RangeError, stream.readuntil([bytes('')]), /Separator should be/);
      yield* assertRaises(RangeError, stream.readuntil([]), /Separator should contain/);
    }),
  );

  it(
    'test_readuntil_multi_chunks',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'lineAAA');
      expect(text(yield* stream.readuntil(bytes('AAA')))).to.equal('lineAAA');
      expect(buffered(stream)).to.equal('');
      feed(stream, 'lineAAA');
      expect(text(yield* stream.readuntil(bytes('AAA')))).to.equal('lineAAA');
      expect(buffered(stream)).to.equal('');
      feed(stream, 'lineAAAxxx');
      expect(text(yield* stream.readuntil(bytes('AAA')))).to.equal('lineAAA');
      expect(buffered(stream)).to.equal('xxx');
    }),
  );

  it(
    'test_readuntil_multi_chunks_1',
    streamTest(function* () {
      const stream = newReader();
      const cases: [string[], string][] = [
        [['QWEaa', 'XYaa', 'a'], 'QWEaaXYaaa'],
        [['QWEaa', 'XYa', 'aa'], 'QWEaaXYaaa'],
        [['aaa'], 'aaa'],
        [['Xaaa'], 'Xaaa'],
        [['XXX', 'a', 'a', 'a'], 'XXXaaa'],
      ];
      for (const [chunks, expected] of cases) {
        for (const chunk of chunks) feed(stream, chunk);
        expect(text(yield* stream.readuntil(bytes('aaa')))).to.equal(expected);
        expect(buffered(stream)).to.equal('');
      }
    }),
  );

  it(
    'test_readuntil_eof',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'some dataAA');
      stream.feedEof();
      const error = yield* assertRaises(
        asyncio.IncompleteReadError,
        stream.readuntil(bytes('AAA')),
        /undefined expected bytes/,
      );
      expect(text(error.partial)).to.equal('some dataAA');
      expect(error.expected).to.equal(undefined);
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readuntil_limit_found_sep',
    streamTest(function* () {
      const stream = newReader(3);
      feed(stream, 'some dataAA');
      yield* assertRaises(asyncio.LimitOverrunError, stream.readuntil(bytes('AAA')), /not found/);
      expect(buffered(stream)).to.equal('some dataAA');
      feed(stream, 'A');
      yield* assertRaises(asyncio.LimitOverrunError, stream.readuntil(bytes('AAA')), /is found/);
      expect(buffered(stream)).to.equal('some dataAAA');
    }),
  );

  it(
    'test_readuntil_multi_separator',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'line 1\nline 2\r');
      const ends = [bytes('\r'), bytes('\n')];
      expect(text(yield* stream.readuntil(ends))).to.equal('line 1\n');
      expect(text(yield* stream.readuntil(ends))).to.equal('line 2\r');
      expect(buffered(stream)).to.equal('');
      // What ends first counts, also if it is the longer one.
      feed(stream, 'ABCDEFG');
      expect(text(yield* stream.readuntil([bytes('DEF'), bytes('BCDE')]))).to.equal('ABCDE');
      expect(buffered(stream)).to.equal('FG');
    }),
  );

  it(
    'test_readuntil_multi_separator_limit',
    streamTest(function* () {
      const stream = newReader(3);
      feed(stream, 'some dataA');
      const separators = [bytes('A'), bytes('ome dataA')];
      yield* assertRaises(asyncio.LimitOverrunError, stream.readuntil(separators), /is found/);
      expect(buffered(stream)).to.equal('some dataA');
    }),
  );

  it(
    'test_readuntil_multi_separator_negative_offset',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'data');
      const task = asyncio.createTask(stream.readuntil([bytes('A'), bytes('long sep')]));
      soon(() => feed(stream, 'Z'));
      soon(() => feed(stream, 'Aaaa'));
      expect(text(yield* task)).to.equal('dataZA');
      expect(buffered(stream)).to.equal('aaa');
    }),
  );

  it(
    'test_readuntil_bytearray',
    streamTest(function* () {
      // Bytes in another holder: a buffer, and a view of another kind.
      const stream = newReader();
      feed(stream, 'some data\r\nmore\r\n');
      const end = bytes('\r\n');
      expect(text(yield* stream.readuntil(end.buffer))).to.equal('some data\r\n');
      expect(text(yield* stream.readuntil(new DataView(end.buffer)))).to.equal('more\r\n');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readexactly_zero_or_less',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, DATA);
      expect(yield* stream.readexactly(0)).to.have.length(0);
      expect(buffered(stream)).to.equal(DATA);
      yield* assertRaises(RangeError, stream.readexactly(-1), /less than zero/);
      expect(buffered(stream)).to.equal(DATA);
    }),
  );

  it(
    'test_readexactly',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.readexactly(2 * DATA.length));
      soon(() => {
        feed(stream, DATA);
        feed(stream, DATA);
        feed(stream, DATA);
      });
      expect(text(yield* task)).to.equal(DATA + DATA);
      expect(buffered(stream)).to.equal(DATA);
    }),
  );

  it(
    'test_readexactly_limit',
    streamTest(function* () {
      const stream = newReader(3);
      feed(stream, 'chunk');
      expect(text(yield* stream.readexactly(5))).to.equal('chunk');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readexactly_eof',
    streamTest(function* () {
      const stream = newReader();
      const n = 2 * DATA.length;
      const task = asyncio.createTask(stream.readexactly(n));
      soon(() => {
        feed(stream, DATA);
        stream.feedEof();
      });
      const error = yield* assertRaises(asyncio.IncompleteReadError, task);
      expect(text(error.partial)).to.equal(DATA);
      expect(error.expected).to.equal(n);
      expect(error.message).to.equal('18 bytes read on a total of 36 expected bytes');
      expect(buffered(stream)).to.equal('');
    }),
  );

  it(
    'test_readexactly_exception',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'line\n');
      expect(text(yield* stream.readexactly(2))).to.equal('li');
      stream.setException(new RangeError());
      yield* assertRaises(RangeError, stream.readexactly(2));
    }),
  );

  it(
    'test_exception',
    streamTest(function* () {
      const stream = newReader();
      expect(stream.exception()).to.equal(null);
      const error = new RangeError();
      stream.setException(error);
      expect(stream.exception()).to.equal(error);
    }),
  );

  it(
    'test_exception_waiter',
    streamTest(function* () {
      const stream = newReader();
      function* setError(): asyncio.Coroutine<void> {
        stream.setException(new RangeError());
      }
      const reading = asyncio.createTask(stream.readline());
      yield* asyncio.wait([reading, asyncio.createTask(setError())]);
      expect(() => reading.result()).to.throw(RangeError);
    }),
  );

  it(
    'test_exception_cancel',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.readline());
      yield* asyncio.sleep(0);
      task.cancel();
      yield* asyncio.sleep(0);
      stream.setException(new asyncio.RuntimeError('message'));
      yield* asyncio.sleep(0);
      expect(stream._waiter).to.equal(null);
    }),
  );

  it(
    'test_start_server',
    streamTest(function* () {
      function* handleClient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) {
        writer.write(yield* reader.readline());
        yield* writer.drain();
        writer.close();
        yield* writer.waitClosed();
      }
      function* client(url: string) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        writer.write(bytes('hello world!\n'));
        const answer = yield* reader.readline();
        writer.close();
        yield* writer.waitClosed();
        return text(answer);
      }
      const handlers: asyncio.ClientConnected[] = [
        handleClient,
        (reader, writer) => {
          asyncio.createTask(handleClient(reader, writer));
        },
      ];
      for (const handler of handlers) {
        const server = yield* asyncio.startServer(handler, 'mem:my-server');
        expect(yield* client('mem:my-server')).to.equal('hello world!\n');
        server.close();
        yield* server.waitClosed();
      }
    }),
  );

  it(
    'test_read_all_from_pipe_reader',
    streamTest(function* () {
      // The limit is less than half of the data, so the transport is paused and must be resumed.
      const reader = newReader(1);
      const pipe = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes('data'));
          controller.close();
        },
      });
      const protocol = new asyncio.StreamReaderProtocol(reader);
      yield* asyncio.getRunningLoop().connectReadPipe(() => protocol, pipe);
      expect(text(yield* reader.read(-1))).to.equal('data');
    }),
  );

  it('test_streamreader_constructor_without_loop', () => {
    expect(() => newReader()).to.throw(asyncio.RuntimeError, 'no current event loop');
  });

  it(
    'test_streamreader_constructor_use_running_loop',
    streamTest(function* () {
      expect(newReader()._loop).to.equal(asyncio.getRunningLoop());
    }),
  );

  it('test_streamreader_constructor_use_global_loop', () => {
    const loop = newTestLoop();
    asyncio.setEventLoop(loop);
    try {
      expect(newReader()._loop).to.equal(loop);
    } finally {
      asyncio.setEventLoop(null);
      loop.close();
    }
  });

  it('test_streamreaderprotocol_constructor_without_loop', () => {
    const loop = newTestLoop();
    const reader = new asyncio.StreamReader({ loop });
    expect(() => new asyncio.StreamReaderProtocol(reader)).to.throw(
      asyncio.RuntimeError,
      'no current event loop',
    );
    loop.close();
  });

  it(
    'test_streamreaderprotocol_constructor_use_running_loop',
    streamTest(function* () {
      expect(new asyncio.StreamReaderProtocol(newReader())._loop).to.equal(asyncio.getRunningLoop());
    }),
  );

  it('test_streamreaderprotocol_constructor_use_global_loop', () => {
    const loop = newTestLoop();
    asyncio.setEventLoop(loop);
    try {
      expect(new asyncio.StreamReaderProtocol(newReader())._loop).to.equal(loop);
    } finally {
      asyncio.setEventLoop(null);
      loop.close();
    }
  });

  it(
    'test_multiple_drain',
    streamTest(function* () {
      let drained = 0;
      const loop = asyncio.getRunningLoop();
      const stream = new FlowControlMixin({ loop });
      function* drainer() {
        yield* stream._drainHelper();
        drained += 1;
      }
      stream.pauseWriting();
      loop.callLater(0.1, () => stream.resumeWriting());
      yield* asyncio.gather(Array.from({ length: 10 }, drainer));
      expect(drained).to.equal(10);
    }),
  );

  it(
    'test_drain_raises',
    streamTest(function* () {
      const server = yield* asyncio.startServer((_reader, writer) => writer.close(), 'mem:closes-at-once');
      function* client() {
        const [, writer] = yield* asyncio.openConnection('mem:closes-at-once');
        for (;;) {
          writer.write(bytes('foo\n'));
          yield* writer.drain();
        }
      }
      const { warning } = asyncio.logger;
      asyncio.logger.warning = () => undefined; // "socket.send() raised exception."
      yield* assertRaises(asyncio.ConnectionError, client());
      asyncio.logger.warning = warning;
      server.close();
      yield* server.waitClosed();
    }),
  );

  it(
    'test___repr__',
    streamTest(function* () {
      expect(String(newReader())).to.equal('<StreamReader>');
    }),
  );

  it(
    'test___repr__nondefault_limit',
    streamTest(function* () {
      expect(String(newReader(123))).to.equal('<StreamReader limit=123>');
    }),
  );

  it(
    'test___repr__eof',
    streamTest(function* () {
      const stream = newReader();
      stream.feedEof();
      expect(String(stream)).to.equal('<StreamReader eof>');
    }),
  );

  it(
    'test___repr__data',
    streamTest(function* () {
      const stream = newReader();
      feed(stream, 'data');
      expect(String(stream)).to.equal('<StreamReader 4 bytes>');
    }),
  );

  it(
    'test___repr__exception',
    streamTest(function* () {
      const stream = newReader();
      stream.setException(new asyncio.RuntimeError());
      expect(String(stream)).to.equal('<StreamReader exception=RuntimeError()>');
    }),
  );

  it(
    'test___repr__waiter',
    streamTest(function* () {
      const stream = newReader();
      const task = asyncio.createTask(stream.read());
      yield* asyncio.sleep(0);
      expect(String(stream)).to.match(/^<StreamReader waiter=<Future pending[^>]*>>$/);
      stream.feedEof();
      yield* task;
      expect(String(stream)).to.equal('<StreamReader eof>');
    }),
  );

  it(
    'test___repr__transport',
    streamTest(function* () {
      const stream = newReader();
      stream.setTransport({ _repr: () => '<Transport>' } as never);
      expect(String(stream)).to.equal('<StreamReader transport=<Transport>>');
    }),
  );

  it(
    'test_wait_closed_on_close',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        yield* fetchMessage(reader, writer);
        expect(writer.isClosing()).to.equal(false);
        writer.close();
        expect(writer.isClosing()).to.equal(true);
        yield* writer.waitClosed();
      }),
    ),
  );

  it(
    'test_wait_closed_on_close_with_unread_data',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        writer.write(REQUEST);
        expect(text(yield* reader.readline())).to.equal('HTTP/1.0 200 OK\r\n');
        writer.close();
        yield* writer.waitClosed();
      }),
    ),
  );

  it(
    'test_async_writer_api',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        yield* fetchMessage(reader, writer);
        writer.close();
        yield* writer.waitClosed();
      }),
    ),
  );

  it(
    'test_async_writer_api_exception_after_close',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        yield* fetchMessage(reader, writer);
        writer.close();
        writer.write(bytes('data'));
        yield* assertRaises(asyncio.ConnectionResetError, writer.drain());
      }),
    ),
  );

  it(
    'test_eof_feed_when_closing_writer',
    streamTest(() =>
      runTestServer(function* (url) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        writer.close();
        yield* writer.waitClosed();
        expect(reader.atEof()).to.equal(true);
        expect(yield* reader.read()).to.have.length(0);
      }),
    ),
  );

  it('test_unclosed_resource_warnings', async () => {
    // Both streams are dropped: as long as one is in use the connection is.
    const warnings = await warningsOfDropped(() =>
      runTestServer(function* (url) {
        for (let index = 0; index < DROPPED; index++) {
          const [reader, writer] = yield* asyncio.openConnection(url);
          yield* fetchMessage(reader, writer);
        }
      }),
    );
    expect(warnings.filter((line) => line.startsWith('unclosed <StreamWriter'))).to.have.length.above(
      DROPPED / 2,
    );
  });

  it('test_loop_is_closed_resource_warnings', async () => {
    const warnings = await warningsOfDropped(
      () =>
        runTestServer(function* (url) {
          for (let index = 0; index < DROPPED; index++) {
            const [reader, writer] = yield* asyncio.openConnection(url);
            yield* fetchMessage(reader, writer);
          }
        }),
      (runner) => runner.close(),
    );
    expect(warnings.filter((line) => line === 'loop is closed')).to.have.length.above(DROPPED / 2);
  });

  it('test_unclosed_server_resource_warnings', async () => {
    const clients: asyncio.StreamPair[] = [];
    const warnings = await warningsOfDropped(function* (url) {
      function* drop() {
        yield* asyncio.sleep(0);
      }
      const server = yield* asyncio.startServer(drop, url);
      for (let index = 0; index < DROPPED; index++) clients.push(yield* asyncio.openConnection(url));
      yield* asyncio.sleep(1);
      server.close();
    });
    expect(warnings.filter((line) => line.startsWith('unclosed <StreamWriter'))).to.have.length.above(
      DROPPED / 2,
    );
    expect(clients).to.have.length(DROPPED);
  });

  function* unhandledExceptions(
    handler: asyncio.ClientConnected,
  ): asyncio.Coroutine<asyncio.ExceptionContext[]> {
    const server = yield* asyncio.startServer(handler, 'mem:fails');
    yield* server.startServing();
    const [, writer] = yield* asyncio.openConnection('mem:fails');
    writer.write(bytes('test msg'));
    yield* writer.drain();
    writer.close();
    yield* writer.waitClosed();
    server.close();
    yield* server.waitClosed();
    return reports.splice(0);
  }

  it(
    'test_unhandled_exception',
    streamTest(function* () {
      const error = new Error('test');
      function* handler() {
        throw error;
      }
      const [report] = yield* unhandledExceptions(handler);
      expect(report?.message).to.equal('Unhandled exception in client_connected_cb');
      expect(report?.exception).to.equal(error);
    }),
  );

  it(
    'test_unhandled_cancel',
    streamTest(function* () {
      function* handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) {
        writer.close();
        asyncio.currentTask()?.cancel();
      }
      expect(yield* unhandledExceptions(handler)).to.deep.equal([]);
    }),
  );
});
