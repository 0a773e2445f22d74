// mem: connections within the page.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { bytes, pattern, text } from '../support/bytes.ts';
import { RecordingProtocol } from '../support/fake-channel.ts';
import { recordReports, simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

/** A connection, as its two transports and what their protocols were told. */
function* connected(): asyncio.Coroutine<{
  server: asyncio.ServerLike;
  client: asyncio.TransportLike;
  clientLog: RecordingProtocol;
  served: asyncio.TransportLike;
  servedLog: RecordingProtocol;
}> {
  const loop = asyncio.getRunningLoop();
  const servedLog = new RecordingProtocol();
  let served: asyncio.TransportLike | null = null;
  servedLog.connectionMade = function (this: RecordingProtocol, transport?: asyncio.TransportLike) {
    served = transport ?? null;
    this.calls.push('made');
  } as never;
  const server = yield* loop.createServer(() => servedLog, 'mem:place');
  const [client, clientLog] = yield* loop.createConnection(() => new RecordingProtocol(), 'mem:place');
  yield* asyncio.sleep(1);
  server.close();
  return { server, client, clientLog, served: served!, servedLog };
}

describe('mem:', () => {
  it('connects a client to a server', () =>
    simulate(function* () {
      const { server, client, clientLog, servedLog } = yield* connected();
      client.write(bytes('hello'));
      client.close();
      yield* server.waitClosed();
      expect(clientLog.calls).to.deep.equal(['made', 'lost null']);
      expect(servedLog.calls).to.deep.equal(['made', 'data hello', 'eof', 'lost null']);
    }));

  it('refuses where nobody listens, and names the place', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const factory = (): asyncio.Protocol => expect.fail('no protocol is needed');
      const error = yield* raised(loop.createConnection(factory, 'mem:nobody'));
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError).and.instanceOf(asyncio.OSError);
      expect(String(error)).to.equal(
        "ConnectionRefusedError: Connect call failed: nobody listens at 'mem:nobody'",
      );
    }));

  it('serves a name once at a time', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const serve = (): asyncio.Coroutine<asyncio.ServerLike> =>
        loop.createServer(() => new asyncio.Protocol(), 'mem:taken');
      const first = yield* serve();
      const error = yield* raised(serve());
      expect(String(error)).to.equal("OSError: Cannot listen at 'mem:taken': address already in use");
      first.close();
      (yield* serve()).close();
    }));

  it('gives the name of a server free whose loop was closed', async () => {
    const serve = (): Promise<asyncio.ServerLike> =>
      simulate(() => asyncio.getRunningLoop().createServer(() => new asyncio.Protocol(), 'mem:orphan'));
    await serve();
    (await serve()).close();
  });

  it('keeps who connects before the server is started waiting', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const log = new RecordingProtocol();
      const server = yield* loop.createServer(() => log, 'mem:early', { startServing: false });
      const [, writer] = yield* asyncio.openConnection('mem:early');
      writer.write(bytes('first'));
      yield* asyncio.sleep(1);
      expect(log.calls).to.deep.equal([]);
      yield* server.startServing();
      yield* asyncio.sleep(1);
      expect(log.calls).to.deep.equal(['made', 'data first']);
      writer.close();
      server.close();
      yield* server.waitClosed();
    }));

  it('resets who waits when the server is closed before it started', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(() => new asyncio.Protocol(), 'mem:never', {
        startServing: false,
      });
      const [reader] = yield* asyncio.openConnection('mem:never');
      server.close();
      expect(yield* raised(reader.read())).to.be.instanceOf(asyncio.ConnectionResetError);
    }));

  it('reports a protocol factory of the server that fails, and resets the client', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const reports = recordReports(loop);
      const exception = new Error('no protocol today');
      const server = yield* loop.createServer(() => {
        throw exception;
      }, 'mem:broken');
      const [reader] = yield* asyncio.openConnection('mem:broken');
      expect(yield* raised(reader.read())).to.be.instanceOf(asyncio.ConnectionResetError);
      expect(reports).to.deep.equal([
        { message: 'Error on transport creation for incoming connection', exception },
      ]);
      server.close();
      yield* server.waitClosed();
    }));

  it('throws what a protocol factory of the client throws', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(() => new asyncio.Protocol(), 'mem:fine');
      const error = new Error('no protocol today');
      const factory = (): asyncio.Protocol => {
        throw error;
      };
      expect(yield* raised(loop.createConnection(factory, 'mem:fine'))).to.equal(error);
      server.close();
      yield* server.waitClosed();
    }));

  it('leaves nothing open when connecting is cancelled', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const served = new RecordingProtocol();
      const server = yield* loop.createServer(() => served, 'mem:cancelled');
      const log = new RecordingProtocol();
      log.effects.connectionMade = () => void task.cancel();
      const task: asyncio.Task<unknown> = asyncio.createTask(
        loop.createConnection(() => log, 'mem:cancelled'),
      );
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
      yield* asyncio.sleep(1);
      expect(log.calls).to.deep.equal(['made', 'lost null']);
      server.close();
      yield* server.waitClosed();
    }));

  it('pauses the writer when the other side does not read, and resumes it', () =>
    simulate(function* () {
      const { client, clientLog, served, servedLog } = yield* connected();
      served.pauseReading();
      client.write(pattern(64 * 1024)); // fills the other side
      expect(client.getWriteBufferSize()).to.equal(0);
      client.write(pattern(64 * 1024)); // up to the high-water mark
      expect(clientLog.calls).to.deep.equal(['made']);
      client.write(pattern(1));
      expect(clientLog.calls).to.deep.equal(['made', 'pause']);
      yield* asyncio.sleep(1);
      expect(servedLog.calls).to.deep.equal(['made']);
      served.resumeReading();
      yield* asyncio.sleep(1);
      expect(clientLog.calls).to.deep.equal(['made', 'pause', 'resume']);
      expect(client.getWriteBufferSize()).to.equal(0);
      client.close();
      yield* asyncio.sleep(1);
      expect(servedLog.calls.at(-1)).to.equal('lost null');
    }));

  it('lets one side end its data and read on', () =>
    simulate(function* () {
      const { client, clientLog, served, servedLog } = yield* connected();
      servedLog.keepsOpen = true;
      client.write(bytes('question'));
      client.writeEof();
      yield* asyncio.sleep(1);
      expect(servedLog.calls).to.deep.equal(['made', 'data question', 'eof']);
      served.write(bytes('answer'));
      served.close();
      yield* asyncio.sleep(1);
      expect(clientLog.calls).to.deep.equal(['made', 'data answer', 'eof', 'lost null']);
      expect(servedLog.calls.at(-1)).to.equal('lost null');
    }));

  it('gives what was sent before an abort, and then an error in place of the end', () =>
    simulate(function* () {
      const { client, served, servedLog } = yield* connected();
      served.pauseReading();
      client.write(bytes('sent'));
      client.abort();
      yield* asyncio.sleep(1);
      expect(servedLog.calls).to.deep.equal(['made']);
      served.resumeReading();
      yield* asyncio.sleep(1);
      expect(servedLog.calls).to.deep.equal([
        'made',
        'data sent',
        'lost ConnectionResetError: Connection reset by peer',
      ]);
    }));

  it('ends with a broken pipe for who writes to a side that has closed', () =>
    simulate(function* () {
      const { client, served, servedLog } = yield* connected();
      servedLog.keepsOpen = true;
      client.close();
      yield* asyncio.sleep(1);
      expect(servedLog.calls).to.deep.equal(['made', 'eof']);
      served.write(bytes('to nobody'));
      expect(served.isClosing()).to.equal(true);
      yield* asyncio.sleep(0);
      expect(servedLog.calls.at(-1)).to.equal('lost BrokenPipeError: Broken pipe');
    }));

  it('ends with a broken pipe when what waits to be sent will not be read', () =>
    simulate(function* () {
      const { client, clientLog, served } = yield* connected();
      served.pauseReading();
      client.write(pattern(200 * 1024));
      expect(client.getWriteBufferSize()).to.equal(136 * 1024);
      served.close();
      yield* asyncio.sleep(1);
      expect(clientLog.calls).to.deep.equal(['made', 'pause', 'eof', 'lost BrokenPipeError: Broken pipe']);
    }));

  it('tells apart what is known of it', () =>
    simulate(function* () {
      const { client, served } = yield* connected();
      expect(client.getExtraInfo('url')).to.equal('mem:place');
      expect(client.getExtraInfo('peername')).to.equal('mem:place');
      expect(served.getExtraInfo('peername')).to.equal(null);
      expect(String(client)).to.equal('<MemoryTransport read=polling write=<idle, bufsize=0>>');
      client.abort();
      expect(String(client)).to.match(/^<MemoryTransport closing read=idle/);
      yield* asyncio.sleep(1);
      expect(String(client)).to.match(/^<MemoryTransport closed read=idle/);
    }));

  it('keeps the context variables of who opened the connection', () =>
    simulate(function* () {
      const variable = new asyncio.ContextVar('who', { defaultValue: 'nobody' });
      const seen: string[] = [];
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(() => new asyncio.Protocol(), 'mem:context');
      function* client(name: string) {
        variable.set(name);
        const log = new RecordingProtocol();
        for (const method of ['connectionMade', 'connectionLost'] as const)
          log.effects[method] = () => seen.push(`${method} ${variable.get()}`);
        const [transport] = yield* loop.createConnection(() => log, 'mem:context');
        return transport;
      }
      const transport = yield* asyncio.createTask(client('ada'));
      transport.close();
      yield* asyncio.sleep(1);
      expect(seen).to.deep.equal(['connectionMade ada', 'connectionLost ada']);
      server.close();
      yield* server.waitClosed();
    }));

  it('joins two loops of a page', async () => {
    const serving = new asyncio.BrowserEventLoop();
    let stop: () => void = () => undefined;
    let ready: () => void = () => undefined;
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const served = asyncio.run(
      function* () {
        const server = yield* asyncio.startServer(function* (reader, writer) {
          expect(asyncio.getRunningLoop()).to.equal(serving);
          writer.write(yield* reader.readline());
          writer.close();
        }, 'mem:other-loop');
        const stopped = new asyncio.Future<void>();
        stop = () => serving.callSoonThreadsafe(() => stopped.setResult());
        ready();
        yield* stopped;
        server.close();
        yield* server.waitClosed();
      },
      { loopFactory: () => serving },
    );
    await isReady;
    const answer = await asyncio.run(function* () {
      const [reader, writer] = yield* asyncio.openConnection('mem:other-loop');
      writer.write(bytes('across\n'));
      const line = yield* reader.readline();
      writer.close();
      yield* writer.waitClosed();
      return text(line);
    });
    expect(answer).to.equal('across\n');
    stop();
    await served;
  });
});

describe('memoryPair', () => {
  it('gives the streams of both ends, without waiting', () =>
    simulate(function* () {
      const [[oneReader, oneWriter], [otherReader, otherWriter]] = asyncio.memoryPair();
      oneWriter.write(bytes('to the other\n'));
      otherWriter.write(bytes('to the one\n'));
      expect(text(yield* otherReader.readline())).to.equal('to the other\n');
      expect(text(yield* oneReader.readline())).to.equal('to the one\n');
      oneWriter.close();
      expect(yield* otherReader.read()).to.have.length(0);
      otherWriter.close();
    }));

  it('takes a limit for both readers, and a loop', () => {
    const loop = new SimLoop();
    const [[one], [other]] = asyncio.memoryPair({ limit: 5, loop });
    expect(String(one)).to.match(/ limit=5/);
    expect(String(other)).to.match(/ limit=5/);
    expect(() => asyncio.memoryPair({ limit: 0, loop })).to.throw(RangeError, 'Limit cannot be <= 0');
    expect(() => asyncio.memoryPair()).to.throw(asyncio.RuntimeError);
    loop.close();
  });
});
