// WebSocket messages, against a real server. Each test runs twice where the engine has WebSocketStream.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { encode, faultUrl, newKey, refusedUrl, runReal, untilAccount } from '../support/faults.ts';
import { raised } from '../support/outcomes.ts';
import { withClosedStream, withSocketStandIn } from '../support/socket-stand-in.ts';

const isWebKit = /AppleWebKit/.test(navigator.userAgent) && !/Chrome/.test(navigator.userAgent);
const KINDS = { WebSocket: false, ...('WebSocketStream' in globalThis && { WebSocketStream: true }) };

for (const [kind, stream] of Object.entries(KINDS)) {
  describe(`connectWebSocket() by ${kind}`, () => {
    const connect = (path: string, options: asyncio.WebSocketConnectionOptions = {}) =>
      asyncio.connectWebSocket(faultUrl(path), { stream, ...options });

    it('sends and receives whole messages, text as text and bytes as bytes', () =>
      runReal(function* () {
        yield* asyncio.asyncWith(yield* connect('ws/echo'), function* (connection) {
          for (const message of [
            '',
            'text',
            'ü€😀',
            encode('bytes'),
            new Uint8Array(),
            new Uint8Array(300_000).fill(7),
          ]) {
            yield* connection.send(message);
            expect(yield* connection.recv()).to.deep.equal(message);
          }
          yield* connection.send(encode('a view').subarray(2).buffer);
          expect(yield* connection.recv()).to.deep.equal(encode('a view'));
        });
      }));

    it('keeps the order, and can be iterated until a regular end', () =>
      runReal(function* () {
        const connection = yield* connect('ws/flood?count=200&size=8');
        const numbers: number[] = [];
        yield* asyncio.asyncFor(connection, function* (message) {
          const bytes = message as Uint8Array;
          numbers.push(new DataView(bytes.buffer).getUint32(0));
        });
        expect(numbers).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
        expect(connection.closure).to.deep.equal({ code: 1000, reason: '' });
      }));

    it('can be iterated by native code, and goes on after the iteration', () =>
      runReal(function* () {
        const connection = yield* connect('ws/echo');
        yield* connection.send('one');
        yield* connection.send('two');
        const first = yield* asyncio.fromPromise(
          (async () => {
            for await (const message of connection) return message;
            return null;
          })(),
        );
        expect([first, yield* connection.recv()]).to.deep.equal(['one', 'two']);
        yield* connection.close();
      }));

    it('tells what is known of the connection', () =>
      runReal(function* () {
        const connection = yield* connect('ws/echo', { protocols: ['chat'] });
        expect([connection.url, connection.subprotocol, connection.closure]).to.deep.equal([
          faultUrl('ws/echo'),
          'chat',
          null,
        ]);
        yield* connection.close();
        expect(connection.closure?.code).to.equal(1000);
      }));

    it('a cancelled recv() loses no message', () =>
      runReal(function* () {
        const connection = yield* connect('ws/echo');
        for (let n = 0; n < 20; n++) {
          const receiving = asyncio.createTask(connection.recv());
          yield* connection.send(`${n}`);
          // Cancelled at one time or another: before, as and after the message comes.
          yield* asyncio.sleep(n % 2 === 0 ? 0 : 0.0005 * n);
          const got = receiving.cancel() ? yield* raised(receiving) : yield* receiving;
          expect(asyncio.isCancelled(got) ? yield* connection.recv() : got).to.equal(`${n}`);
        }
        yield* connection.close();
      }));

    it('several tasks may receive: each message goes to one of them', () =>
      runReal(function* () {
        const connection = yield* connect('ws/flood?count=30&size=8');
        function* take(): asyncio.Coroutine<number> {
          let count = 0;
          yield* asyncio.asyncFor(connection, function* () {
            count += 1;
          });
          return count;
        }
        const counts = yield* asyncio.gather(take(), take(), take());
        expect(counts.reduce((sum, count) => sum + count)).to.equal(30);
      }));

    it('recv() throws WebSocketCloseError behind the last message, with the code and the reason', () =>
      runReal(function* () {
        for (const [query, code, reason] of [
          ['?code=1000&reason=bye', 1000, 'bye'],
          ['', 1005, ''],
          ['?code=4321&reason=because', 4321, 'because'],
        ] as const) {
          const connection = yield* connect(`ws/close${query}`);
          const error = (yield* raised(connection.recv())) as asyncio.WebSocketCloseError;
          expect(error).to.be.instanceOf(asyncio.WebSocketCloseError);
          expect([error.code, error.reason, error.url]).to.deep.equal([code, reason, connection.url]);
          expect(yield* raised(connection.send('late'))).to.be.instanceOf(asyncio.WebSocketCloseError);
          yield* connection.close();
        }
      }));

    it('iterating throws where the end is not regular', () =>
      runReal(function* () {
        for (const path of ['ws/close?code=1011', 'ws/cut', 'ws/cut-message', 'ws/invalid-utf8']) {
          const connection = yield* connect(path);
          if (!path.includes('close')) yield* connection.send('go');
          const error = yield* raised(asyncio.asyncFor(connection, function* () {}));
          expect(error).to.be.instanceOf(asyncio.WebSocketCloseError);
          expect((error as Error).message).to.contain(faultUrl(path));
        }
      }));

    it('gives the messages that came before the connection broke', () =>
      runReal(function* () {
        const connection = yield* connect('ws/cut-frame');
        yield* connection.send('go');
        yield* asyncio.sleep(0.05);
        expect(yield* connection.recv()).to.deep.equal(encode('whole'));
        expect(((yield* raised(connection.recv())) as asyncio.WebSocketCloseError).code).to.equal(1006);
      }));

    it('close() sends what was sent first, code and reason, and waits for the answer', () =>
      runReal(function* () {
        const key = newKey();
        const connection = yield* connect(`ws/sink?key=${key}`);
        const sending = asyncio.createTask(connection.send(new Uint8Array(3_000_000)));
        yield* asyncio.sleep(0);
        yield* connection.close(4000, 'enough');
        expect(connection.closure).to.deep.equal({ code: 4000, reason: 'enough' });
        yield* asyncio.wait([sending]);
        if (sending.exception() !== null)
          expect(sending.exception()).to.be.instanceOf(asyncio.WebSocketCloseError);
        const { received } = yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
        expect(received).to.equal(3_000_000);
        yield* connection.close();
      }));

    it('close() does not wait longer than closeTimeout, nor at all after an error in the block', () =>
      runReal(function* () {
        const connection = yield* connect('ws/hang-close', { closeTimeout: 0.02 });
        yield* connection.close();
        expect(connection.closure?.code).to.equal(1006);
        const other = yield* connect('ws/hang-close', { closeTimeout: 1000 });
        const block = asyncio.asyncWith(other, function* () {
          throw new Error('mine');
        });
        expect(((yield* raised(block)) as Error).message).to.equal('mine');
        expect(other.closure?.code).to.equal(1006);
      }));

    it('refuses codes and reasons that a page cannot send, and what is no message', () =>
      runReal(function* () {
        const connection = yield* connect('ws/echo');
        for (const code of [0, 999, 1001, 1009, 2999, 5000, Number.NaN])
          expect(yield* raised(connection.close(code))).to.be.instanceOf(RangeError);
        expect(yield* raised(connection.close(1000, '€'.repeat(42)))).to.be.instanceOf(RangeError);
        expect(yield* raised(connection.send({} as never))).to.be.instanceOf(TypeError);
        expect(connection.closure).to.equal(null);
        yield* connection.close(4999, '€'.repeat(41));
      }));

    it('send() waits while the server does not read', () =>
      runReal(function* () {
        const connection = yield* connect('ws/stop-reading');
        let waiting: asyncio.Task<void> | null = null;
        // Far more than the kernels take of a connection that nobody reads.
        for (let sent = 0; sent < 32 && (waiting === null || waiting.done()); sent++) {
          waiting = asyncio.createTask(connection.send(new Uint8Array(1_000_000)));
          // WebKit takes everything off the page at once, so bufferedAmount says nothing of the server.
          yield* asyncio.wait([waiting], isWebKit ? {} : { timeout: 0.3 });
        }
        if (isWebKit) {
          connection.abort();
          return;
        }
        connection.abort();
        expect(yield* raised(waiting!)).to.be.instanceOf(asyncio.WebSocketCloseError);
      }));

    it('send() of many tasks goes on when the server reads', () =>
      runReal(function* () {
        const key = newKey();
        const connection = yield* connect(`ws/sink?key=${key}`);
        yield* asyncio.gather(Array.from({ length: 50 }, () => connection.send(new Uint8Array(100_000))));
        yield* connection.send('how many?');
        expect(yield* connection.recv()).to.equal('5000000');
        yield* connection.close();
      }));

    it('a message larger than maxSize ends it, with an error that names the URL and the sizes', () =>
      runReal(function* () {
        for (const text of ['', '&text=1']) {
          const url = `ws/message?size=2000${text}`;
          const connection = yield* connect(url, { maxSize: 1999 });
          const error = yield* raised(connection.recv());
          expect(error).to.be.instanceOf(asyncio.ConnectionAbortedError);
          expect((error as Error).message).to.equal(
            `${faultUrl(url)} was closed with 4009: a message of 2000 came, where 1999 is the most`,
          );
        }
        const connection = yield* connect('ws/message?size=2000', { maxSize: 2000 });
        expect(((yield* connection.recv()) as Uint8Array).length).to.equal(2000);
        yield* connection.close();
      }));

    it('when too much waits, nothing is lost without an error', () =>
      runReal(function* () {
        const key = newKey();
        // A WebSocket would keep what is complete, so there is no end of it.
        const url = `ws/flood?${stream ? 'count=1000&size=10' : 'count=1000000&size=1000'}&key=${key}`;
        const connection = yield* connect(url, { maxQueue: 100 });
        // With a WebSocket it is given up, with the other everything is sent, and answered.
        yield* asyncio.fromPromise(untilAccount(key, ({ opened, open }) => opened === 1 && open === 0));
        yield* asyncio.sleep(0.2);
        let count = 0;
        const receiving = asyncio.asyncFor(connection, function* () {
          count += 1;
        });
        const error = yield* raised(receiving);
        if (stream) {
          expect(error).to.be.instanceOf(asyncio.ConnectionResetError);
          expect((error as Error).message).to.match(
            /was closed with code 1000 while too much waited to be read/,
          );
          expect(count).to.be.within(101, 999);
        } else {
          expect(error).to.be.instanceOf(asyncio.ConnectionAbortedError);
          expect((error as Error).message).to.match(/was closed with 4009: \d+ messages of \d+ bytes wait/);
          expect(count).to.be.at.least(101);
        }
      }));

    it('cannot connect: ConnectionError with the URL', () =>
      runReal(function* () {
        for (const url of [faultUrl('ws/refuse'), faultUrl('ws/reject'), refusedUrl('ws')]) {
          const error = yield* raised(asyncio.connectWebSocket(url, { stream }));
          expect(error).to.be.instanceOf(asyncio.ConnectionError);
          expect((error as Error).message).to.contain(url);
        }
      }));

    it('cancelling ends a handshake that hangs', () =>
      runReal(function* () {
        const key = newKey();
        const opening = asyncio.createTask(connect(`ws/hang?key=${key}`));
        yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 1));
        opening.cancel();
        expect(asyncio.isCancelled(yield* raised(opening))).to.equal(true);
        // Firefox keeps the connection until it is answered, or for 20 seconds.
        if (!navigator.userAgent.includes('Firefox'))
          yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
      }));
  });
}

describe('connectWebSocket()', () => {
  it('with WebSocketStream holds the server back, and loses nothing when it is read again', () =>
    runReal(function* () {
      if (!('WebSocketStream' in globalThis)) {
        expect(navigator.userAgent).not.to.contain('Chrome');
        return;
      }
      const connection = yield* asyncio.connectWebSocket(faultUrl('ws/flood?count=1000&size=65536'), {
        readLimit: 1_000_000,
      });
      yield* asyncio.sleep(0.1);
      let next = 0;
      yield* asyncio.asyncFor(connection, function* (message) {
        expect(new DataView((message as Uint8Array).buffer).getUint32(0)).to.equal(next);
        next += 1;
      });
      expect(next).to.equal(1000);
    }));

  it('by WebSocket counts what waits when the loop has had its turn, however much came at once', () =>
    withSocketStandIn((made) =>
      runReal(function* () {
        const options = { stream: false, maxQueue: 100, readLimit: 1000 };
        const connection = yield* asyncio.connectWebSocket('ws://x/', options);
        const receiving = asyncio.createTask(connection.recv());
        yield* asyncio.sleep(0.001);
        setTimeout(() => {
          for (let n = 0; n < 5000; n++) made[0]?.onmessage({ data: `${n}` });
        });
        const first = yield* receiving;
        const others = [];
        for (let n = 1; n < 5000; n++) others.push(yield* connection.recv());
        expect([first, others.at(-1), connection.closure]).to.deep.equal(['0', '4999', null]);
        // Nobody receives these.
        for (let n = 0; n < 101; n++) made[0]?.onmessage({ data: `${n}` });
        yield* asyncio.sleep(0.02);
        expect(connection.closure?.code).to.equal(4009);
        expect(made[0]?.closedWith).to.deep.equal([4009, '101 messages of 193 bytes wait to be received']);
      }),
    ));

  it('by WebSocketStream is told of a close that came before anybody listened', () =>
    withClosedStream(() =>
      runReal(function* () {
        const connection = yield* asyncio.connectWebSocket('ws://x/');
        const error = yield* raised(asyncio.withTimeout(5, () => connection.recv()));
        expect(error).to.be.instanceOf(asyncio.WebSocketCloseError);
        expect((error as Error).message).to.equal('ws://x/ was closed with code 4000: not you');
      }),
    ));

  it('refuses a URL that is none', () =>
    runReal(function* () {
      expect(yield* raised(asyncio.connectWebSocket('ws://'))).to.be.instanceOf(RangeError);
    }));
});
