import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { faultUrl, newKey, refusedUrl, runReal, untilAccount } from '../support/faults.ts';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

function* collect(
  source: asyncio.AsyncIterableOf<asyncio.ServerSentEvent>,
  count = Infinity,
): asyncio.Coroutine<asyncio.ServerSentEvent[]> {
  const seen: asyncio.ServerSentEvent[] = [];
  yield* asyncio.asyncFor(source, function* (event) {
    seen.push(event);
    return seen.length < count;
  });
  return seen;
}

describe('serverSentEvents()', () => {
  it('opens the connection again where it ended, until the server has no more', () =>
    runReal(function* () {
      const key = newKey();
      const seen = yield* collect(
        asyncio.serverSentEvents(faultUrl(`http/sse?per=2&total=5&retry=1&key=${key}`)),
      );
      expect(seen.map(({ lastEventId }) => lastEventId)).to.deep.equal(['1', '2', '3', '4', '5']);
      expect(seen[0]).to.deep.equal({ type: 'tick', data: 'number 1', lastEventId: '1' });
      const { opened } = yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
      expect(opened).to.equal(4);
    }));

  it('goes on behind the last whole event when the connection breaks', () =>
    runReal(function* () {
      // A connection that is cut before its first byte arrives counts as refused, and lengthens the wait.
      const url = faultUrl('http/sse?per=1&total=3&retry=1&cut=1');
      const seen = yield* collect(asyncio.serverSentEvents(url, { retry: 0.001, maxRetry: 0.01 }));
      expect(seen.map(({ lastEventId }) => lastEventId)).to.deep.equal(['1', '2', '3']);
    }));

  it('begins where an earlier run has ended', () =>
    runReal(function* () {
      const source = asyncio.serverSentEvents(faultUrl('http/sse?per=9&total=5'), { lastEventId: '3' });
      expect((yield* collect(source)).map(({ lastEventId }) => lastEventId)).to.deep.equal(['4', '5']);
    }));

  it('ending the iteration, or cancelling it, closes the connection', () =>
    runReal(function* () {
      const key = newKey();
      const url = faultUrl(`http/sse?per=1&total=100&retry=0&key=${key}`);
      yield* collect(asyncio.serverSentEvents(url), 1);
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
      const hanging = faultUrl(`http/hang?key=${key}`);
      const waiting = asyncio.withTimeout(0.05, () => collect(asyncio.serverSentEvents(hanging)));
      expect(yield* raised(waiting)).to.be.instanceOf(asyncio.TimeoutError);
      yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0));
    }));

  it('throws what the server refuses, and what is no stream of events', () =>
    runReal(function* () {
      for (const [path, message] of [
        ['http/status?code=404', /^HTTP Error 404/],
        ['http/status?code=200&body=x', /^Cannot read events from http:.*: content-type is null$/],
      ] as const) {
        const error = yield* raised(collect(asyncio.serverSentEvents(faultUrl(path))));
        expect(error).to.be.instanceOf(asyncio.HTTPError);
        expect((error as Error).message).to.match(message);
      }
    }));

  it('gives up after maxFailures, with the last error', () =>
    runReal(function* () {
      const options = { retry: 0.001, maxFailures: 3 };
      const refused = yield* raised(collect(asyncio.serverSentEvents(refusedUrl('http'), options)));
      expect(refused).to.be.instanceOf(asyncio.ConnectionError);
      const key = newKey();
      const busy = faultUrl(`http/status?code=503&key=${key}`);
      expect(yield* raised(collect(asyncio.serverSentEvents(busy, options)))).to.be.instanceOf(
        asyncio.HTTPError,
      );
      expect((yield* asyncio.fromPromise(untilAccount(key, ({ open }) => open === 0))).opened).to.equal(3);
    }));
});

/** Answers each request with the next of these; and the loop times of the requests. */
function* withAnswers<T>(
  answers: (() => Response)[],
  body: (times: number[]) => asyncio.Coroutine<T>,
): asyncio.Coroutine<T> {
  const { fetch } = globalThis;
  const loop = asyncio.getRunningLoop();
  const times: number[] = [];
  globalThis.fetch = async () => {
    times.push(loop.time());
    const answer = answers.shift() ?? (() => new Response(null, { status: 204 }));
    return answer();
  };
  try {
    return yield* body(times);
  } finally {
    globalThis.fetch = fetch;
  }
}

const stream = (text: string) => (): Response =>
  new Response(text, { headers: { 'content-type': 'text/event-stream' } });
const failing = (): never => {
  throw new TypeError('no network');
};

describe('the waits of serverSentEvents()', () => {
  it('are what the server asked for, and the same after each regular end', () =>
    simulate(function* () {
      const answers = [stream('data: 1\n\n'), stream('retry: 7000\n\ndata: 2\n\n'), stream('data: 3\n\n')];
      yield* withAnswers(answers, function* (times) {
        yield* collect(asyncio.serverSentEvents('/x', { retry: 2 }));
        expect(times).to.deep.equal([0, 2, 9, 16]);
      });
    }));

  it('grow with each failure up to maxRetry, up to a half at random less, and fall back after an event', () =>
    simulate(function* () {
      const answers = [failing, failing, failing, failing, stream('data: 1\n\n'), failing];
      yield* withAnswers(answers, function* (times) {
        yield* collect(asyncio.serverSentEvents('/x', { retry: 1, maxRetry: 3 }));
        const waits = times.slice(1).map((time, index) => time - times[index]!);
        [1, 2, 3, 3].forEach((most, index) => {
          expect(waits[index]).to.be.within(most / 2, most);
        });
        expect(waits[4]).to.be.closeTo(1, 1e-5);
        expect(waits[5]).to.be.within(0.5, 1);
      });
    }));

  it('an event that is too long ends it', () =>
    simulate(function* () {
      yield* withAnswers([stream(`data: ${'x'.repeat(200)}\n\n`)], function* () {
        const error = yield* raised(collect(asyncio.serverSentEvents('/x', { maxEventSize: 100 })));
        expect(error).to.be.instanceOf(RangeError);
        expect((error as Error).message).to.equal('Cannot read event: it is longer than 100 characters');
      });
    }));
});
