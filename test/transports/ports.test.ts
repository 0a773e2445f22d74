// port: and channel:, within one page and with a Worker. Two tabs are in test/browser/network.test.mjs.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { decode, encode, Recorder, runReal } from '../support/faults.ts';
import { raised } from '../support/outcomes.ts';

let names = 0;
const newName = (): string => `${performance.timeOrigin}-${names++}`;

type Pair = [one: asyncio.Transport, its: Recorder, other: asyncio.Transport, its: Recorder];

/** Both sides of a connection over each kind of port. */
const PAIRS: Readonly<Record<string, () => asyncio.Coroutine<Pair>>> = {
  *'port: over a MessageChannel'() {
    const loop = asyncio.getRunningLoop();
    const { port1, port2 } = new MessageChannel();
    const [one, its] = yield* loop.createConnection(() => new Recorder(), 'port:', { port: port1 });
    const [other, others] = yield* loop.createConnection(() => new Recorder(), 'port:', { port: port2 });
    return [one, its, other, others] as Pair;
  },
  *'port: by way of a port'() {
    const { port1, port2 } = new MessageChannel();
    return yield* clientAndServer('port:name', { port: port1 }, { port: port2 });
  },
  *'channel:'() {
    return yield* clientAndServer(`channel:${newName()}`, {}, {});
  },
};

function* clientAndServer(
  url: string,
  client: asyncio.ConnectionOptions,
  serving: asyncio.ServerOptions,
): asyncio.Coroutine<Pair> {
  const loop = asyncio.getRunningLoop();
  const accepted = new asyncio.Queue<Recorder>();
  const factory = (): Recorder => {
    const made = new Recorder();
    accepted.putNowait(made);
    return made;
  };
  const server = yield* loop.createServer(factory, url, serving);
  const [one, its] = yield* loop.createConnection(() => new Recorder(), url, client);
  const others = yield* accepted.get();
  while (others.transport === null) yield* asyncio.sleep(0);
  server.close();
  return [one, its, others.transport, others] as Pair;
}

function* until(isSo: () => boolean): asyncio.Coroutine<void> {
  while (!isSo()) yield* asyncio.sleep(0.001);
}

for (const [title, makePair] of Object.entries(PAIRS)) {
  describe(title, () => {
    it('carries bytes both ways, as they were when they were written', () =>
      runReal(function* () {
        const [one, its, other, others] = yield* makePair();
        const data = encode('hello');
        one.write(data);
        data.fill(0);
        other.write(encode('to you'));
        yield* until(() => others.text === 'hello' && its.text === 'to you');
        one.close();
        yield* asyncio.gather(its.lost, others.lost);
        expect(data.length, 'the buffer was not handed over').to.equal(5);
      }));

    it('close() is a regular end for both, and what was written comes first', () =>
      runReal(function* () {
        const [one, its, , others] = yield* makePair();
        one.write(new Uint8Array(2_000_000));
        one.close();
        expect(yield* asyncio.gather(its.lost, others.lost)).to.deep.equal([null, null]);
        expect(its.calls).to.deep.equal(
          ['made', 'pause', 'resume', 'lost'].filter((call) => its.calls.includes(call)),
        );
        expect(others.calls).to.deep.equal(['made', 'data', 'eof', 'lost']);
        expect(others.bytes).to.equal(2_000_000);
      }));

    it('writeEof() ends one direction', () =>
      runReal(function* () {
        const [one, its, other, others] = yield* makePair();
        others.keepOpen = true;
        one.writeEof();
        yield* until(() => others.calls.includes('eof'));
        other.write(encode('still here'));
        yield* until(() => its.text === 'still here');
        other.close();
        expect(yield* asyncio.gather(its.lost, others.lost)).to.deep.equal([null, null]);
      }));

    it('abort() is an error for the other side', () =>
      runReal(function* () {
        const [one, its, , others] = yield* makePair();
        one.write(new Uint8Array(2_000_000));
        one.abort();
        expect(yield* its.lost).to.equal(null);
        const error = yield* others.lost;
        expect(error).to.be.instanceOf(asyncio.ConnectionResetError);
        expect(error?.message).to.match(/^(port|channel):.*: the other side broke it off$/);
        expect(others.calls.at(-1)).to.equal('lost');
      }));

    it('a paused reader stops the writer, with a bounded amount under way, and lets it go on', () =>
      runReal(function* () {
        const [one, its, other, others] = yield* makePair();
        other.pauseReading();
        one.write(new Uint8Array(1_000_000));
        yield* until(() => its.calls.includes('pause'));
        yield* asyncio.sleep(0.02);
        expect(others.bytes).to.equal(0);
        expect(one.getWriteBufferSize()).to.equal(1_000_000 - 256 * 1024);
        other.resumeReading();
        yield* until(() => others.bytes === 1_000_000);
        yield* until(() => its.calls.includes('resume'));
        expect(one.getWriteBufferSize()).to.equal(0);
        one.close();
        yield* asyncio.gather(its.lost, others.lost);
      }));

    it('an end that was not read is told when reading goes on', () =>
      runReal(function* () {
        const [one, its, other, others] = yield* makePair();
        other.pauseReading();
        one.write(encode('last words'));
        one.close();
        yield* its.lost;
        yield* asyncio.sleep(0.01);
        expect(others.calls).to.deep.equal(['made']);
        other.resumeReading();
        expect(yield* others.lost).to.equal(null);
        expect([others.text, others.calls]).to.deep.equal(['last words', ['made', 'data', 'eof', 'lost']]);
      }));

    it('writing to a side that has gone is an error', () =>
      runReal(function* () {
        const [one, its, other, others] = yield* makePair();
        others.keepOpen = true;
        one.close();
        yield* its.lost;
        yield* others.lost;
        other.write(encode('anybody?'));
        expect(other.isClosing()).to.equal(true);
      }));
  });
}

describe('port:', () => {
  it('needs a port, and a name to be served', () =>
    runReal(function* () {
      const error = yield* raised(asyncio.openConnection('port:x'));
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.match(
        /^option 'port' must be a MessagePort, a Worker or self, got undefined/,
      );
      const { port1 } = new MessageChannel();
      const serving = asyncio.getRunningLoop().createServer(() => new Recorder(), 'port:', { port: port1 });
      expect(yield* raised(serving)).to.be.instanceOf(RangeError);
    }));

  it('nobody at the other end is a ConnectionRefusedError after connectTimeout', () =>
    runReal(function* () {
      const { port1 } = new MessageChannel();
      const error = yield* raised(
        asyncio.openConnection('port:nobody', { port: port1, connectTimeout: 0.02 }),
      );
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError);
      expect((error as Error).message).to.equal(
        "Connect call failed: nobody accepted 'port:nobody' within 0.02 seconds",
      );
    }));

  it('leaves messages alone that are not its own, and names that others serve', () =>
    runReal(function* () {
      const { port1, port2 } = new MessageChannel();
      const seen: unknown[] = [];
      port2.addEventListener('message', ({ data }) => seen.push(typeof data));
      const serve = (name: string) =>
        asyncio.startServer(
          (_reader, writer) => {
            writer.write(encode(name));
            writer.close();
          },
          `port:${name}`,
          { port: port2 },
        );
      const servers = [yield* serve('a'), yield* serve('b')];
      port1.postMessage('a word of my own');
      const [reader, writer] = yield* asyncio.openConnection('port:b', { port: port1 });
      expect(decode(yield* reader.read())).to.equal('b');
      writer.close();
      expect(seen).to.deep.equal(['string', 'object']);
      for (const server of servers) server.close();
      const error = yield* raised(asyncio.openConnection('port:b', { port: port1, connectTimeout: 0.02 }));
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError);
    }));

  it('a factory of the server that throws is reported, and breaks that connection off', () =>
    runReal(function* () {
      const reports: asyncio.ExceptionContext[] = [];
      const loop = asyncio.getRunningLoop();
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      const { port1, port2 } = new MessageChannel();
      const factory = (): never => {
        throw new Error('no protocol');
      };
      const server = yield* loop.createServer(factory, 'port:x', { port: port2 });
      const error = yield* raised(asyncio.openConnection('port:x', { port: port1, connectTimeout: 0.02 }));
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError);
      expect(reports.map(({ exception }) => (exception as Error).message)).to.deep.equal(['no protocol']);
      server.close();
    }));
});

describe('channel:', () => {
  it('two servers of one URL do not both get a connection, and the other one is not disturbed', () =>
    runReal(function* () {
      const url = `channel:${newName()}`;
      const made = [0, 0];
      const servers = [];
      for (const which of [0, 1]) {
        const accept = (_reader: asyncio.StreamReader, writer: asyncio.StreamWriter): void => {
          made[which]! += 1;
          writer.close();
        };
        servers.push(yield* asyncio.startServer(accept, url));
      }
      for (let n = 0; n < 10; n++) {
        const [reader, writer] = yield* asyncio.openConnection(url);
        yield* reader.read();
        writer.close();
        yield* writer.waitClosed();
      }
      expect(made[0]! + made[1]!).to.equal(10);
      for (const server of servers) server.close();
    }));

  it('a client that asks before there is a server is answered when it begins', () =>
    runReal(function* () {
      const url = `channel:${newName()}`;
      const opening = asyncio.createTask(asyncio.openConnection(url));
      yield* asyncio.sleep(0.02);
      const server = yield* asyncio.startServer((_reader, writer) => writer.close(), url);
      const [reader, writer] = yield* opening;
      expect((yield* reader.read()).length).to.equal(0);
      writer.close();
      server.close();
    }));

  it('a connection that a server has not accepted when it is closed is broken off', () =>
    runReal(function* () {
      const url = `channel:${newName()}`;
      const server = yield* asyncio.startServer(() => expect.fail('accepted'), url);
      // A client by hand, which does not take what it is offered before the server has closed.
      const lobby = new BroadcastChannel(url);
      const line = new BroadcastChannel(`${url}#me`);
      const said = asyncio.events(line, 'message');
      lobby.postMessage({ connect: 'me' });
      const offer = (yield* said.anext()).value as MessageEvent;
      server.close();
      line.postMessage({ take: offer.data.open });
      expect(((yield* said.anext()).value as MessageEvent).data).to.equal('abort');
      said.close();
      for (const channel of [lobby, line]) channel.close();
    }));

  it('one that a server has not accepted when its loop is closed is broken off too', async () => {
    const url = `channel:${newName()}`;
    const lobby = new BroadcastChannel(url);
    const line = new BroadcastChannel(`${url}#me`);
    const next = (): Promise<MessageEvent> =>
      new Promise((resolve) => {
        line.onmessage = resolve;
      });
    const offer = next();
    await runReal(function* () {
      yield* asyncio.startServer(() => expect.fail('accepted'), url); // and is forgotten
      lobby.postMessage({ connect: 'me' });
      yield* asyncio.fromPromise(offer);
    });
    const answer = next();
    line.postMessage({ take: (await offer).data.open });
    expect((await answer).data).to.equal('abort');
    for (const channel of [lobby, line]) channel.close();
  });

  it('nobody there is a ConnectionRefusedError after connectTimeout', () =>
    runReal(function* () {
      const error = yield* raised(asyncio.openConnection('channel:nobody', { connectTimeout: 0.02 }));
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError);
    }));

  it('a server that is closed accepts no more, and keeps what it has', () =>
    runReal(function* () {
      const url = `channel:${newName()}`;
      const server = yield* asyncio.startServer(function* (reader, writer) {
        writer.write(encode('hello\n'));
        writer.write(yield* reader.readline());
        writer.close();
      }, url);
      const [reader, writer] = yield* asyncio.openConnection(url);
      yield* reader.readline();
      server.close();
      writer.write(encode('echo\n'));
      expect(decode(yield* reader.read())).to.equal('echo\n');
      writer.close();
      yield* server.waitClosed();
      const error = yield* raised(asyncio.openConnection(url, { connectTimeout: 0.02 }));
      expect(error).to.be.instanceOf(asyncio.ConnectionRefusedError);
    }));
});

describe('datagrams over channel:', () => {
  class Member extends asyncio.DatagramProtocol {
    readonly seen: [text: string, from: unknown][] = [];
    lost: unknown = 'not yet';
    transport: asyncio.DatagramTransport | null = null;
    override connectionMade(transport: asyncio.DatagramTransport): void {
      this.transport = transport;
    }
    override datagramReceived(data: Uint8Array, addr: unknown): void {
      this.seen.push([decode(data), addr]);
    }
    override connectionLost(exc: Error | null): void {
      this.lost = exc;
    }
  }

  it('reach every other member, or the one that they are for', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const url = `channel:${newName()}`;
      const members: Member[] = [];
      for (let n = 0; n < 3; n++) {
        const [transport, member] = yield* loop.createDatagramEndpoint(() => new Member(), url);
        expect(transport).to.be.instanceOf(asyncio.DatagramTransport);
        expect(member.transport).to.equal(transport);
        members.push(member);
      }
      const [a, b, c] = members as [Member, Member, Member];
      a.transport?.sendto(encode('to all'));
      yield* until(() => b.seen.length === 1 && c.seen.length === 1);
      const address = a.transport?.getExtraInfo('sockname');
      expect([b.seen, c.seen, a.seen]).to.deep.equal([[['to all', address]], [['to all', address]], []]);
      b.transport?.sendto(encode('to you'), address);
      yield* until(() => a.seen.length === 1);
      expect(a.seen[0]?.[0]).to.equal('to you');
      expect(c.seen.length).to.equal(1);
      for (const { transport } of members) transport?.close();
      yield* until(() => members.every(({ lost }) => lost === null));
      a.transport?.sendto(encode('after the end'));
    }));

  it('refuse text and addresses that are none, and report an error of the protocol', () =>
    runReal(function* () {
      const loop = asyncio.getRunningLoop();
      const reports: asyncio.ExceptionContext[] = [];
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      const url = `channel:${newName()}`;
      const [one] = yield* loop.createDatagramEndpoint(() => new Member(), url);
      expect(() => one.sendto('text' as never)).to.throw(TypeError, 'bytes-like');
      expect(() => one.sendto(encode('x'), 7)).to.throw(TypeError, 'addr must be');
      class Broken extends Member {
        override datagramReceived(): never {
          throw new Error('not today');
        }
      }
      const [other, broken] = yield* loop.createDatagramEndpoint(() => new Broken(), url);
      one.sendto(encode('x'));
      yield* until(() => broken.lost !== 'not yet');
      expect(reports.map(({ exception }) => (exception as Error).message)).to.deep.equal(['not today']);
      expect(other.isClosing()).to.equal(true);
      one.close();
    }));
});
