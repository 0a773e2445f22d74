// The tests of CPython's test_events that are of connections, servers and pipes, under its names.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { newTestLoop, simulate } from '../support/loops.ts';
import { assertRaises } from './support.ts';

/** CPython's MyProto, MyReadPipeProto and MyWritePipeProto. */
class MyProto extends asyncio.Protocol {
  transport: asyncio.BaseTransportLike | null = null;
  readonly state = ['INITIAL'];
  nbytes = 0;
  received = '';
  readonly connected: asyncio.Future<void>;
  readonly done: asyncio.Future<void>;

  constructor(loop: asyncio.AbstractEventLoop = asyncio.getRunningLoop()) {
    super();
    this.connected = new asyncio.Future({ loop });
    this.done = new asyncio.Future({ loop });
  }
  override connectionMade(transport: asyncio.BaseTransportLike): void {
    this.transport = transport;
    this.state.push('CONNECTED');
    this.connected.setResult();
  }
  override dataReceived(data: Uint8Array): void {
    this.nbytes += data.length;
    this.received += text(data);
  }
  override eofReceived(): void {
    this.state.push('EOF');
  }
  override connectionLost(): void {
    this.state.push('CLOSED');
    this.done.setResult();
  }
}

/** CPython's run_until: lets time pass until `condition` holds; virtual time, so it is no wait. */
function* runUntil(condition: () => boolean): asyncio.Coroutine<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn === 100) expect.fail('it did not happen');
    yield* asyncio.sleep(0.01);
  }
}

describe('EventLoopTestsMixin', () => {
  it('test_create_connection', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* asyncio.startServer((_reader, writer) => {
        writer.write(bytes('hello'));
        writer.close();
      }, 'mem:httpd');
      const [transport, protocol] = yield* loop.createConnection(() => new MyProto(), 'mem:httpd');
      expect(transport).to.be.instanceOf(asyncio.Transport);
      expect(transport).to.be.instanceOf(asyncio.ReadTransport);
      expect(transport).to.be.instanceOf(asyncio.WriteTransport);
      expect(protocol.transport).to.equal(transport);
      expect(transport.getProtocol()).to.equal(protocol);
      yield* protocol.done;
      expect(protocol.nbytes).to.be.above(0);
      server.close();
    }));

  it('test_create_server', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const proto = new MyProto();
      const server = yield* loop.createServer(() => proto, 'mem:server');
      expect((server as asyncio.Server).sockets.map(({ url }) => url)).to.deep.equal(['mem:server']);
      const [, writer] = yield* asyncio.openConnection('mem:server');
      writer.write(bytes('xxx'));
      yield* proto.connected;
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED']);
      yield* runUntil(() => proto.nbytes > 0);
      expect(proto.nbytes).to.equal(3);
      expect((proto.transport as asyncio.TransportLike).getExtraInfo('url')).to.equal('mem:server');
      proto.transport?.close();
      yield* proto.done;
      expect(proto.state.at(-1)).to.equal('CLOSED');
      writer.close();
      server.close();
    }));

  it('test_server_close', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(() => new MyProto(), 'mem:closing');
      const [, writer] = yield* asyncio.openConnection('mem:closing');
      server.close();
      writer.close();
      yield* assertRaises(
        asyncio.ConnectionRefusedError,
        asyncio.openConnection('mem:closing'),
        /'mem:closing'/,
      );
    }));

  it('test_read_pipe', () =>
    simulate(function* () {
      const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
      const write = writable.getWriter();
      const proto = new MyProto();
      const [transport, same] = yield* asyncio.getRunningLoop().connectReadPipe(() => proto, readable);
      expect(same).to.equal(proto);
      expect(transport).to.equal(proto.transport);
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED']);
      expect(proto.nbytes).to.equal(0);

      void write.write(bytes('1'));
      yield* runUntil(() => proto.nbytes >= 1);
      expect(proto.nbytes).to.equal(1);
      void write.write(bytes('2345'));
      yield* runUntil(() => proto.nbytes >= 5);
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED']);
      expect(proto.received).to.equal('12345');

      void write.close();
      yield* proto.done;
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED', 'EOF', 'CLOSED']);
      expect(transport.getExtraInfo('pipe')).to.equal(readable);
    }));

  it('test_unclosed_pipe_transport', async () => {
    const loop = newTestLoop();
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const [read, write] = await loop.runUntilComplete(
      (function* () {
        const [readTransport] = yield* loop.connectReadPipe(() => new MyProto(loop), readable);
        const [writeTransport] = yield* loop.connectWritePipe(() => new MyProto(loop), writable);
        return [readTransport, writeTransport] as const;
      })(),
    );
    loop.close();
    expect(String(read)).to.equal('<ReadPipeTransport read=polling write=<idle, bufsize=0>>');
    expect(String(write)).to.equal('<WritePipeTransport read=idle write=<idle, bufsize=0>>');
    read.close();
    write.close();
  });

  it('test_write_pipe', () =>
    simulate(function* () {
      const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
      const proto = new MyProto();
      const [transport, same] = yield* asyncio.getRunningLoop().connectWritePipe(() => proto, writable);
      expect(same).to.equal(proto);
      expect(transport).to.equal(proto.transport);
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED']);

      const reader = readable.getReader();
      transport.write(bytes('1'));
      expect(text((yield* asyncio.fromPromise(reader.read())).value!)).to.equal('1');
      transport.write(bytes('2345'));
      expect(text((yield* asyncio.fromPromise(reader.read())).value!)).to.equal('2345');
      expect(proto.state).to.deep.equal(['INITIAL', 'CONNECTED']);
      expect(transport.getExtraInfo('pipe')).to.equal(writable);

      transport.close();
      expect((yield* asyncio.fromPromise(reader.read())).done).to.equal(true);
      yield* proto.done;
      expect(proto.state.at(-1)).to.equal('CLOSED');
    }));

  it('test_write_pipe_disconnect_on_close', () =>
    simulate(function* () {
      const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
      const proto = new MyProto();
      const [transport] = yield* asyncio.getRunningLoop().connectWritePipe(() => proto, writable);
      const reader = readable.getReader();
      transport.write(bytes('1'));
      expect(text((yield* asyncio.fromPromise(reader.read())).value!)).to.equal('1');
      // The other side reads no more.
      void reader.cancel();
      yield* proto.done;
      expect(proto.state.at(-1)).to.equal('CLOSED');
    }));
});

describe('TestServer', () => {
  it('test_get_loop', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(() => new MyProto(), 'mem:whose');
      expect(server.getLoop()).to.equal(loop);
      server.close();
      yield* server.waitClosed();
    }));
});

describe('TestAbstractServer', () => {
  class BareServer extends asyncio.AbstractServer {}

  it('test_close', () => {
    expect(() => new BareServer().close()).to.throw(
      asyncio.NotImplementedError,
      'close() is not implemented by this server',
    );
  });

  it('test_wait_closed', () => {
    expect(() => new BareServer().waitClosed()).to.throw(asyncio.NotImplementedError);
  });

  it('test_get_loop', () => {
    expect(() => new BareServer().getLoop()).to.throw(asyncio.NotImplementedError);
  });
});
