// The tests of CPython's test_selector_events that are of transports: pause and resume, the write buffer, the order of
// closing, buffered protocols. A channel that the test plays stands for the mocked socket.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { FakeChannel, RecordingProtocol } from '../support/fake-channel.ts';
import { recordReports, simulate } from '../support/loops.ts';
import { ZeroDivisionError } from './support.ts';

interface Scene {
  readonly loop: asyncio.AbstractEventLoop;
  readonly reports: asyncio.ExceptionContext[];
  readonly protocol: RecordingProtocol;
  readonly transport: FakeChannel;
}

const runBriefly = (): asyncio.Coroutine<void> => asyncio.sleep(0);

/** Three callbacks begin a connection: made, reading, the waiter. */
function* started(): asyncio.Coroutine<void> {
  yield* runBriefly();
}

/** A test with a transport that has just been made. */
function transportTest(body: (scene: Scene) => asyncio.Coroutine<void>): () => Promise<void> {
  return () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const reports = recordReports(loop);
      const protocol = new RecordingProtocol();
      const transport = new FakeChannel(loop, protocol);
      yield* body({ loop, reports, protocol, transport });
      transport.abort();
    });
}

/** What the logger was warned of meanwhile. */
function recordWarnings(body: () => void): string[] {
  const lines: string[] = [];
  const { warning } = asyncio.logger;
  asyncio.logger.warning = (message) => lines.push(message);
  try {
    body();
  } finally {
    asyncio.logger.warning = warning;
  }
  return lines;
}

/** Lets the channel take everything that is buffered, and gives it. */
function* flushed(transport: FakeChannel): asyncio.Coroutine<string[]> {
  transport.sent.length = 0;
  transport.makeRoom();
  yield* runBriefly();
  return transport.sent;
}

describe('SelectorTransportTests', () => {
  it(
    'test_ctor',
    transportTest(function* ({ protocol, transport }) {
      expect(transport.getProtocol()).to.equal(protocol);
      expect(transport.isClosing()).to.equal(false);
    }),
  );

  it(
    'test_abort',
    transportTest(function* ({ protocol, transport }) {
      transport.room = 0;
      transport.write(bytes('lost'));
      transport.abort();
      yield* started();
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
      expect(transport.sent).to.deep.equal([]);
    }),
  );

  it(
    'test_close',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.close();
      expect(transport.isClosing()).to.equal(true);
      transport.close();
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading', 'finish']);
      expect(protocol.calls).to.deep.equal(['made']); // not inside the call
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
      transport.close();
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );

  it(
    'test_close_write_buffer',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.room = 0;
      transport.write(bytes('data'));
      transport.close();
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading']);
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made']);
    }),
  );

  it(
    'test_force_close',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.room = 0;
      transport.write(bytes('1'));
      transport.abort();
      expect(transport.isClosing()).to.equal(true);
      expect(transport.getWriteBufferSize()).to.equal(0);
      transport.abort();
      yield* runBriefly();
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading', 'release null']);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );

  it(
    'test_fatal_error',
    transportTest(function* ({ reports, protocol, transport }) {
      yield* started();
      transport.fatal(new asyncio.OSError('gone'));
      yield* runBriefly();
      expect(reports).to.deep.equal([]);
      expect(protocol.calls).to.deep.equal(['made', 'lost OSError: gone']);
    }),
  );

  it(
    'test_fatal_error_custom_exception',
    transportTest(function* ({ reports, protocol, transport }) {
      yield* started();
      const exception = new ZeroDivisionError('mine');
      transport.fatal(exception);
      yield* runBriefly();
      expect(reports).to.deep.equal([
        { message: 'Fatal error on transport', exception, transport, protocol },
      ]);
      expect(protocol.calls).to.deep.equal(['made', 'lost Error: mine']);
    }),
  );

  it(
    'test_connection_lost',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.closed(new asyncio.OSError('gone'));
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'lost OSError: gone']);
      expect(transport.calls.at(-1)).to.equal('release OSError: gone');
      expect(transport.getProtocol()).to.equal(null);
    }),
  );

  it(
    'test__add_reader',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.abort();
      transport.resumeReading();
      transport.receive(bytes('too late'));
      yield* runBriefly();
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading', 'release null']);
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
    }),
  );
});

describe('SelectorSocketTransportTests', () => {
  it('test_ctor', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const protocol = new RecordingProtocol();
      const waiter = new asyncio.Future<void>();
      const transport = new FakeChannel(loop, protocol, { waiter });
      expect(protocol.calls).to.deep.equal([]);
      yield* waiter;
      expect(protocol.calls).to.deep.equal(['made']);
      expect(transport.calls).to.deep.equal(['start reading']);
      transport.abort();
    }));

  it('test_ctor_with_waiter', () =>
    simulate(function* () {
      const waiter = new asyncio.Future<void>();
      const transport = new FakeChannel(asyncio.getRunningLoop(), new RecordingProtocol(), { waiter });
      expect(yield* waiter).to.equal(undefined);
      transport.abort();
    }));

  it(
    'test_pause_resume_reading',
    transportTest(function* ({ transport }) {
      yield* started();
      expect(transport.isReading()).to.equal(true);
      transport.pauseReading();
      transport.pauseReading();
      expect(transport.isReading()).to.equal(false);
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading']);
      transport.resumeReading();
      transport.resumeReading();
      expect(transport.isReading()).to.equal(true);
      expect(transport.calls).to.deep.equal(['start reading', 'stop reading', 'start reading']);
      transport.close();
      expect(transport.isReading()).to.equal(false);
      expect(transport.calls.slice(3)).to.deep.equal(['stop reading', 'finish']);
    }),
  );

  it(
    'test_pause_reading_connection_made',
    transportTest(function* ({ protocol, transport }) {
      protocol.effects.connectionMade = () => transport.pauseReading();
      yield* started();
      expect(transport.isReading()).to.equal(false);
      expect(transport.calls).to.deep.equal([]);
      transport.resumeReading();
      expect(transport.isReading()).to.equal(true);
      expect(transport.calls).to.deep.equal(['start reading']);
      transport.close();
      expect(transport.isReading()).to.equal(false);
    }),
  );

  function testProtocolError(name: string, act: 'eofReceived' | 'dataReceived'): void {
    it(
      name,
      transportTest(function* ({ reports, protocol, transport }) {
        yield* started();
        const exception = new ZeroDivisionError('mine');
        protocol.effects[act] = () => {
          throw exception;
        };
        if (act === 'eofReceived') transport.receiveEof();
        else transport.receive(bytes('data'));
        yield* runBriefly();
        yield* runBriefly();
        const method = act === 'eofReceived' ? 'eof_received' : 'data_received';
        const message = `Fatal error: protocol.${method}() call failed.`;
        expect(reports).to.deep.equal([{ message, exception, transport, protocol }]);
        expect(protocol.calls.at(-1)).to.equal('lost Error: mine');
      }),
    );
  }
  testProtocolError('test_read_eof_received_error', 'eofReceived');
  testProtocolError('test_data_received_error', 'dataReceived');

  it(
    'test_read_ready',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.receive(bytes('data'));
      expect(protocol.calls).to.deep.equal(['made']); // not inside the call
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'data data']);
    }),
  );

  it(
    'test_read_ready_eof',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.receiveEof();
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'eof']);
      expect(transport.isClosing()).to.equal(true);
    }),
  );

  it(
    'test_read_ready_eof_keep_open',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      protocol.keepsOpen = true;
      transport.receiveEof();
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'eof']);
      expect(transport.isClosing()).to.equal(false);
      transport.write(bytes('still'));
      expect(transport.sent).to.deep.equal(['still']);
    }),
  );

  it(
    'test_read_ready_conn_reset',
    transportTest(function* ({ reports, protocol, transport }) {
      yield* started();
      transport.broken(new asyncio.ConnectionResetError('reset'));
      yield* runBriefly();
      expect(reports).to.deep.equal([]);
      expect(protocol.calls).to.deep.equal(['made', 'lost ConnectionResetError: reset']);
    }),
  );

  it('test_read_ready_err', () =>
    simulate(
      function* () {
        // Only debug mode tells of it: the protocol has the error.
        const loop = asyncio.getRunningLoop();
        const protocol = new RecordingProtocol();
        const transport = new FakeChannel(loop, protocol);
        yield* started();
        const lines: string[] = [];
        const { debug } = asyncio.logger;
        asyncio.logger.debug = (message) => lines.push(message);
        transport.broken(new asyncio.OSError('broken'));
        asyncio.logger.debug = debug;
        yield* runBriefly();
        expect(lines).to.have.length(1);
        expect(lines[0]).to.match(/^<FakeChannel .*>: Fatal read error on socket transport$/);
        expect(protocol.calls.at(-1)).to.equal('lost OSError: broken');
      },
      { debug: true },
    ));

  it(
    'test_write',
    transportTest(function* ({ transport }) {
      transport.write(bytes('data'));
      expect(transport.sent).to.deep.equal(['data']);
      expect(transport.getWriteBufferSize()).to.equal(0);
    }),
  );

  it(
    'test_write_bytearray',
    transportTest(function* ({ transport }) {
      // The writer's memory is its own: it is not changed, and may be.
      const data = bytes('data');
      transport.room = 0;
      transport.write(data.buffer);
      data.set(bytes('XXXX'));
      expect(yield* flushed(transport)).to.deep.equal(['data']);
      expect(text(data)).to.equal('XXXX');
    }),
  );

  it(
    'test_write_memoryview',
    transportTest(function* ({ transport }) {
      transport.write(new DataView(bytes('a data b').buffer, 2, 4));
      expect(transport.sent).to.deep.equal(['data']);
    }),
  );

  it(
    'test_write_no_data',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data'));
      transport.sends = 0;
      transport.write(bytes(''));
      expect(transport.sends).to.equal(0);
      expect(yield* flushed(transport)).to.deep.equal(['data']);
    }),
  );

  it(
    'test_write_buffer',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data1'));
      transport.sends = 0;
      transport.write(bytes('data2'));
      expect(transport.sends).to.equal(0);
      expect(transport.getWriteBufferSize()).to.equal(10);
      expect(yield* flushed(transport)).to.deep.equal(['data1', 'data2']);
    }),
  );

  function testWritePartial(name: string, data: asyncio.BytesLike): void {
    it(
      name,
      transportTest(function* ({ transport }) {
        transport.room = 2;
        transport.write(data);
        expect(transport.sent).to.deep.equal(['da']);
        expect(transport.getWriteBufferSize()).to.equal(2);
        expect(yield* flushed(transport)).to.deep.equal(['ta']);
      }),
    );
  }
  testWritePartial('test_write_partial', bytes('data'));
  testWritePartial('test_write_partial_bytearray', bytes('data').buffer);
  testWritePartial('test_write_partial_memoryview', new DataView(bytes('data').buffer));

  it(
    'test_write_partial_none',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data'));
      expect(transport.sends).to.equal(1);
      expect(transport.getWriteBufferSize()).to.equal(4);
      expect(yield* flushed(transport)).to.deep.equal(['data']);
    }),
  );

  it(
    'test_writelines_send_full',
    transportTest(function* ({ transport }) {
      transport.writelines([bytes('data'), bytes(''), bytes('more')]);
      expect(transport.sent).to.deep.equal(['data', 'more']);
      expect(transport.getWriteBufferSize()).to.equal(0);
    }),
  );

  it(
    'test_writelines_send_partial',
    transportTest(function* ({ transport }) {
      transport.room = 2;
      transport.writelines([bytes('data'), bytes('more')]);
      expect(transport.sent).to.deep.equal(['da']);
      expect(transport.getWriteBufferSize()).to.equal(6);
      expect(yield* flushed(transport)).to.deep.equal(['ta', 'more']);
    }),
  );

  it(
    'test_write_exception',
    transportTest(function* ({ reports, protocol, transport }) {
      yield* started();
      transport.sendError = new asyncio.OSError('broken');
      transport.write(bytes('data'));
      expect(transport.isClosing()).to.equal(true);
      transport.sends = 0;
      const warnings = recordWarnings(() => {
        for (let write = 0; write < 4; write++) transport.write(bytes('data'));
      });
      expect(warnings).to.deep.equal([]);
      expect(recordWarnings(() => transport.write(bytes('data')))).to.deep.equal([
        'socket.send() raised exception.',
      ]);
      expect(transport.sends).to.equal(0);
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'lost OSError: broken']);
      expect(reports).to.deep.equal([]);
    }),
  );

  it(
    'test_write_str',
    transportTest(function* ({ transport }) {
      expect(() => transport.write('str' as never)).to.throw(
        TypeError,
        "data argument must be a bytes-like object, not 'str'",
      );
      expect(() => transport.writelines(['str' as never])).to.throw(TypeError, 'a bytes-like object');
    }),
  );

  it(
    'test_write_closing',
    transportTest(function* ({ transport }) {
      transport.close();
      const warnings = recordWarnings(() => {
        for (let write = 0; write < 5; write++) transport.write(bytes('data'));
      });
      expect(warnings).to.deep.equal(['socket.send() raised exception.']);
      expect(transport.sends).to.equal(0);
    }),
  );

  it(
    'test_write_ready',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data'));
      expect(yield* flushed(transport)).to.deep.equal(['data']);
      expect(transport.getWriteBufferSize()).to.equal(0);
    }),
  );

  it(
    'test_write_ready_closing',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.room = 0;
      transport.write(bytes('data'));
      transport.close();
      expect(yield* flushed(transport)).to.deep.equal(['data']);
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'lost null']);
      expect(transport.calls.slice(-2)).to.deep.equal(['finish', 'release null']);
    }),
  );

  it(
    'test_write_ready_no_data',
    transportTest(function* ({ transport }) {
      // Room that nobody needs is nothing to fail over.
      yield* started();
      transport.makeRoom();
      yield* runBriefly();
      expect(transport.sends).to.equal(0);
      expect(transport.isClosing()).to.equal(false);
    }),
  );

  it(
    'test_write_ready_partial',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data'));
      transport.makeRoom(2);
      yield* runBriefly();
      expect(transport.sent).to.deep.equal(['da']);
      expect(transport.getWriteBufferSize()).to.equal(2);
      expect(yield* flushed(transport)).to.deep.equal(['ta']);
    }),
  );

  it(
    'test_write_ready_partial_none',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data'));
      transport.makeRoom(0);
      yield* runBriefly();
      expect(transport.getWriteBufferSize()).to.equal(4);
      expect(yield* flushed(transport)).to.deep.equal(['data']);
    }),
  );

  it(
    'test_write_ready_tryagain',
    transportTest(function* ({ transport }) {
      transport.room = 0;
      transport.write(bytes('data1'));
      transport.write(bytes('data2'));
      transport.makeRoom(0);
      yield* runBriefly();
      expect(transport.getWriteBufferSize()).to.equal(10);
      expect(yield* flushed(transport)).to.deep.equal(['data1', 'data2']);
    }),
  );

  it(
    'test_write_ready_exception',
    transportTest(function* ({ reports, protocol, transport }) {
      yield* started();
      transport.room = 0;
      transport.write(bytes('data'));
      transport.sendError = new ZeroDivisionError('mine');
      transport.makeRoom();
      yield* runBriefly();
      yield* runBriefly();
      expect(reports.map(({ message }) => message)).to.deep.equal(['Fatal write error on socket transport']);
      expect(transport.getWriteBufferSize()).to.equal(0);
      expect(protocol.calls).to.deep.equal(['made', 'lost Error: mine']);
    }),
  );

  it(
    'test_write_eof',
    transportTest(function* ({ transport }) {
      expect(transport.canWriteEof()).to.equal(true);
      transport.writeEof();
      transport.writeEof();
      expect(transport.calls).to.deep.equal(['shutdown']);
      expect(() => transport.write(bytes('data'))).to.throw(
        asyncio.RuntimeError,
        'Cannot call write() after write_eof()',
      );
      expect(() => transport.writelines([])).to.throw(
        asyncio.RuntimeError,
        'Cannot call writelines() after write_eof()',
      );
    }),
  );

  it(
    'test_write_eof_buffer',
    transportTest(function* ({ transport }) {
      yield* started();
      transport.room = 0;
      transport.write(bytes('data'));
      transport.writeEof();
      expect(transport.calls).to.deep.equal(['start reading']);
      expect(yield* flushed(transport)).to.deep.equal(['data']);
      expect(transport.calls).to.deep.equal(['start reading', 'shutdown']);
    }),
  );

  it(
    'test_write_eof_after_close',
    transportTest(function* ({ transport }) {
      transport.close();
      yield* runBriefly();
      transport.writeEof();
      expect(transport.calls).not.to.include('shutdown');
    }),
  );
});

/** A protocol with a buffer of its own. */
class BufferedRecorder extends asyncio.BufferedProtocol {
  readonly calls: string[] = [];
  buffer = new Uint8Array(1);
  getBufferError: Error | null = null;
  bufferUpdatedError: Error | null = null;
  eofError: Error | null = null;
  keepsOpen = false;

  override connectionMade(): void {
    this.calls.push('made');
  }
  override getBuffer(sizehint: number): Uint8Array {
    this.calls.push(`get ${sizehint}`);
    if (this.getBufferError !== null) throw this.getBufferError;
    return this.buffer;
  }
  override bufferUpdated(nbytes: number): void {
    this.calls.push(`updated ${nbytes} ${text(this.buffer.subarray(0, nbytes))}`);
    if (this.bufferUpdatedError !== null) throw this.bufferUpdatedError;
  }
  override eofReceived(): boolean {
    this.calls.push('eof');
    if (this.eofError !== null) throw this.eofError;
    return this.keepsOpen;
  }
  override connectionLost(exc: Error | null): void {
    this.calls.push(`lost ${exc}`);
  }
}

describe('SelectorSocketTransportBufferedProtocolTests', () => {
  interface BufferedScene {
    readonly reports: asyncio.ExceptionContext[];
    readonly protocol: BufferedRecorder;
    readonly transport: FakeChannel;
  }

  /** A test with a transport that has begun. */
  function bufferedTest(body: (scene: BufferedScene) => asyncio.Coroutine<void>): () => Promise<void> {
    return () =>
      simulate(function* () {
        const loop = asyncio.getRunningLoop();
        const reports = recordReports(loop);
        const protocol = new BufferedRecorder();
        const transport = new FakeChannel(loop, protocol);
        yield* started();
        yield* body({ reports, protocol, transport });
        transport.abort();
      });
  }

  it(
    'test_ctor',
    bufferedTest(function* ({ protocol, transport }) {
      expect(protocol.calls).to.deep.equal(['made']);
      expect(transport.calls).to.deep.equal(['start reading']);
    }),
  );

  it(
    'test_get_buffer_error',
    bufferedTest(function* ({ reports, protocol, transport }) {
      protocol.getBufferError = new ZeroDivisionError('mine');
      transport.receive(bytes('data'));
      yield* asyncio.sleep(1);
      expect(reports.map(({ message }) => message)).to.deep.equal([
        'Fatal error: protocol.get_buffer() call failed.',
      ]);
      expect(protocol.calls).to.deep.equal(['made', 'get 4', 'lost Error: mine']);
    }),
  );

  it(
    'test_get_buffer_zerosized',
    bufferedTest(function* ({ reports, protocol, transport }) {
      protocol.buffer = new Uint8Array();
      transport.receive(bytes('data'));
      yield* asyncio.sleep(1);
      expect(String(reports[0]?.exception)).to.equal('RuntimeError: get_buffer() returned an empty buffer');
      expect(protocol.calls.map((call) => call.split(' ')[0])).to.deep.equal(['made', 'get', 'lost']);
    }),
  );

  it(
    'test_proto_type_switch',
    transportTest(function* ({ protocol, transport }) {
      yield* started();
      transport.receive(bytes('data'));
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'data data']);
      const buffered = new BufferedRecorder();
      buffered.buffer = new Uint8Array(4);
      transport.setProtocol(buffered);
      transport.receive(bytes('next'));
      yield* runBriefly();
      expect(buffered.calls).to.deep.equal(['get 4', 'updated 4 next']);
    }),
  );

  it(
    'test_buffer_updated_error',
    bufferedTest(function* ({ reports, protocol, transport }) {
      protocol.bufferUpdatedError = new ZeroDivisionError('mine');
      transport.receive(bytes('data'));
      yield* asyncio.sleep(1);
      expect(reports.map(({ message }) => message)).to.deep.equal([
        'Fatal error: protocol.buffer_updated() call failed.',
      ]);
      expect(protocol.calls).to.deep.equal(['made', 'get 4', 'updated 1 d', 'lost Error: mine']);
    }),
  );

  it(
    'test_read_eof_received_error',
    bufferedTest(function* ({ reports, protocol, transport }) {
      protocol.eofError = new ZeroDivisionError('mine');
      transport.receiveEof();
      yield* asyncio.sleep(1);
      expect(reports.map(({ message }) => message)).to.deep.equal([
        'Fatal error: protocol.eof_received() call failed.',
      ]);
      expect(protocol.calls).to.deep.equal(['made', 'eof', 'lost Error: mine']);
    }),
  );

  it(
    'test_read_ready',
    bufferedTest(function* ({ protocol, transport }) {
      protocol.buffer = new Uint8Array(3);
      transport.receive(bytes('data'));
      yield* runBriefly();
      // As many bytes as there are is the hint; asyncio has -1, since a socket does not tell.
      expect(protocol.calls).to.deep.equal(['made', 'get 4', 'updated 3 dat', 'get 1', 'updated 1 a']);
    }),
  );

  it(
    'test_read_ready_eof',
    bufferedTest(function* ({ protocol, transport }) {
      transport.receiveEof();
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'eof']);
      expect(transport.isClosing()).to.equal(true);
    }),
  );

  it(
    'test_read_ready_eof_keep_open',
    bufferedTest(function* ({ protocol, transport }) {
      protocol.keepsOpen = true;
      transport.receiveEof();
      yield* runBriefly();
      expect(protocol.calls).to.deep.equal(['made', 'eof']);
      expect(transport.isClosing()).to.equal(false);
    }),
  );

  it(
    'test_read_ready_conn_reset',
    bufferedTest(function* ({ reports, protocol, transport }) {
      transport.broken(new asyncio.ConnectionResetError('reset'));
      yield* runBriefly();
      expect(reports).to.deep.equal([]);
      expect(protocol.calls).to.deep.equal(['made', 'lost ConnectionResetError: reset']);
    }),
  );

  it(
    'test_read_ready_err',
    bufferedTest(function* ({ reports, protocol, transport }) {
      transport.broken('no error at all');
      yield* runBriefly();
      expect(reports).to.deep.equal([]);
      expect(protocol.calls).to.deep.equal([
        'made',
        'lost TypeError: exceptions must derive from BaseException',
      ]);
    }),
  );
});
