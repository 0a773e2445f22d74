// CPython's test_server, under its names.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, pattern } from '../support/bytes.ts';
import { simulate } from '../support/loops.ts';
import { assertRaises } from './support.ts';

/** Reads to the end, then closes. */
function* serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter): asyncio.Coroutine<void> {
  try {
    yield* reader.read();
  } finally {
    writer.close();
    yield* writer.waitClosed();
  }
}

describe('SelectorStartServerTests', () => {
  it('test_start_server_1', () =>
    simulate(function* () {
      function* handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) {
        yield* reader.readline();
        mainTask.cancel();
        writer.write(bytes('1'));
        writer.close();
        yield* writer.waitClosed();
      }
      const server = yield* asyncio.startServer(handler, 'mem:one', { startServing: false });
      expect(server.isServing()).to.equal(false);
      const mainTask = asyncio.createTask(
        asyncio.asyncWith(server, function* (entered) {
          expect(entered).to.equal(server);
          yield* entered.serveForever();
        }),
      );
      yield* asyncio.sleep(0);
      expect(server.isServing()).to.equal(true);
      const [reader, writer] = yield* asyncio.openConnection('mem:one');
      writer.write(bytes(`${'1'.repeat(5 * 1024)}\n`));
      yield* reader.readexactly(1);
      writer.close();
      yield* assertRaises(asyncio.CancelledError, mainTask);
      expect((server as asyncio.Server).sockets).to.deep.equal([]);
      expect(server.isServing()).to.equal(false);
      yield* server.waitClosed(); // at once
      yield* assertRaises(asyncio.RuntimeError, server.serveForever(), /is closed/);
    }));
});

describe('TestServer2', () => {
  it('test_wait_closed_basic', () =>
    simulate(function* () {
      const server = yield* asyncio.startServer(serve, 'mem:basic');
      // No connection, not closed: it waits.
      const task1 = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect(task1.done()).to.equal(false);

      // A connection, not closed: it waits.
      const [, writer] = yield* asyncio.openConnection('mem:basic');
      const task2 = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect([task1.done(), task2.done()]).to.deep.equal([false, false]);

      server.close();
      yield* asyncio.sleep(0);
      // A connection, closed: it waits.
      const task3 = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect([task1.done(), task2.done(), task3.done()]).to.deep.equal([false, false, false]);

      writer.close();
      yield* writer.waitClosed();
      // No connection, closed: it goes on.
      yield* task1;
      yield* task2;
      yield* task3;
      yield* server.waitClosed(); // at once
    }));

  it('test_wait_closed_race', () =>
    simulate(function* () {
      const server = yield* asyncio.startServer(serve, 'mem:race');
      const task = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(false);
      const [, writer] = yield* asyncio.openConnection('mem:race');
      const loop = asyncio.getRunningLoop();
      loop.callSoon(() => server.close());
      loop.callSoon(() => writer.close());
      yield* server.waitClosed();
    }));

  it('test_close_clients', () =>
    simulate(function* () {
      const server = yield* asyncio.startServer(serve, 'mem:close-clients');
      const [, writer] = yield* asyncio.openConnection('mem:close-clients');
      const task = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(false);
      server.close();
      server.closeClients();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(true);
      writer.close();
    }));

  it('test_abort_clients', () =>
    simulate(function* () {
      const accepted = new asyncio.Future<asyncio.StreamWriter>();
      function* handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) {
        accepted.setResult(writer);
        yield* writer.waitClosed();
      }
      const server = yield* asyncio.startServer(handler, 'mem:abort-clients');
      const [, clientWriter] = yield* asyncio.openConnection('mem:abort-clients', { limit: 4096 });
      const writer = yield* accepted;
      const client = clientWriter.transport as asyncio.Transport;
      // The client reads nothing: its transport is paused, its side is full, and the server has to keep the rest.
      for (let piece = 0; piece < 3; piece++) writer.write(pattern(4096));
      while (client.isReading()) yield* asyncio.sleep(0);
      writer.write(pattern(128 * 1024));
      expect(writer.transport.getWriteBufferSize()).to.equal(64 * 1024);

      const task = asyncio.createTask(server.waitClosed());
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(false);
      server.close();
      server.abortClients();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(true);
      clientWriter.close();
    }));
});
