import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

function* give<T>(value: T): asyncio.Coroutine<T> {
  yield* asyncio.sleep(0);
  return value;
}

function* fail(error: Error, after = 1): asyncio.Coroutine<never> {
  yield* passes(after);
  throw error;
}

describeEachLoop('gather', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });
  const newFutures = (count: number): asyncio.FutureLike<unknown>[] =>
    Array.from({ length: count }, () => asyncio.getRunningLoop().createFuture());

  for (const options of [undefined, { returnExceptions: false }, { returnExceptions: true }]) {
    it(`gives the results in the order of the arguments, when all are there (${JSON.stringify(options)})`, () =>
      run(function* () {
        const [a, b, c] = newFutures(3) as [
          asyncio.FutureLike<number>,
          asyncio.FutureLike<number>,
          asyncio.FutureLike<number>,
        ];
        const gathered = asyncio.gather([a, b, c], options ?? {});
        const done: unknown[] = [];
        gathered.addDoneCallback((future) => done.push(future));
        b.setResult(1);
        a.setResult(2);
        yield* passes(5);
        expect(gathered.done()).to.equal(false);
        expect(done).to.deep.equal([]);
        c.setResult(3);
        yield* passes(5);
        expect(done).to.deep.equal([gathered]);
        expect(gathered.result()).to.deep.equal([2, 1, 3]);
      }));
  }

  it('takes coroutines, tasks, futures, other awaitables and Promises, with the types of each', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture<'future'>();
      future.setResult('future');
      const awaitable: asyncio.Awaitable<boolean> = {
        *[Symbol.iterator]() {
          yield* asyncio.sleep(0);
          return true;
        },
      };
      const results: [number, string, 'future', boolean, Date] = yield* asyncio.gather(
        give(1),
        asyncio.createTask(give('task')),
        future,
        awaitable,
        Promise.resolve(new Date(0)),
      );
      expect(results).to.deep.equal([1, 'task', 'future', true, new Date(0)]);
    }));

  it('runs its coroutines concurrently', () =>
    run(function* () {
      const log: string[] = [];
      function* work(name: string): asyncio.Coroutine<void> {
        for (let step = 0; step < 2; step++) {
          log.push(`${name}${step}`);
          yield* asyncio.sleep(0);
        }
      }
      yield* asyncio.gather(work('a'), work('b'));
      expect(log).to.deep.equal(['a0', 'b0', 'a1', 'b1']);
    }));

  it('is done when it is returned if all the arguments are', () =>
    run(function* () {
      const [a, b] = newFutures(2) as [asyncio.FutureLike<unknown>, asyncio.FutureLike<unknown>];
      a.setResult('a');
      b.setResult('b');
      const gathered = asyncio.gather(a, b);
      expect(gathered.done()).to.equal(true);
      expect(gathered.result()).to.deep.equal(['a', 'b']);
    }));

  it('#48 the first failure ends it; the others go on', () =>
    run(function* () {
      const failure = new RangeError('first');
      const log: string[] = [];
      function* slow(): asyncio.Coroutine<void> {
        yield* passes(10);
        log.push('slow has ended');
      }
      const slowTask = asyncio.createTask(slow());
      const gathered = asyncio.gather(slowTask, fail(failure));
      expect(yield* raised(gathered)).to.equal(failure);
      expect(gathered.exception()).to.equal(failure);
      expect(slowTask.done()).to.equal(false);
      expect(log).to.deep.equal([]);
      yield* slowTask;
      expect(log).to.deep.equal(['slow has ended']);
    }));

  it('#48 later results, errors and cancellations have no effect', () =>
    run(function* () {
      const [a, b, c, d, e] = newFutures(5) as asyncio.FutureLike<unknown>[];
      const gathered = asyncio.gather([a, b, c, d, e] as asyncio.FutureLike<unknown>[]);
      const failure = new Error('first');
      a?.setResult(1);
      b?.setException(failure);
      yield* passes(3);
      expect(gathered.exception()).to.equal(failure);
      c?.setResult(3);
      d?.cancel();
      e?.setException(new Error('later'));
      yield* passes(3);
      expect(gathered.exception()).to.equal(failure);
    }));

  it('#48 errors that come too late count as retrieved: nobody is told', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const first = new Error('first');
    await loop.runUntilComplete(
      (function* () {
        expect(
          yield* raised(
            asyncio.gather(fail(first), fail(new Error('second'), 2), fail(new Error('third'), 3)),
          ),
        ).to.equal(first);
        yield* passes(10);
      })(),
    );
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('#48 a child that is cancelled counts as a failure with CancelledError; the gather is not cancelled', () =>
    run(function* () {
      const [a, b, c] = newFutures(3) as asyncio.FutureLike<unknown>[];
      const gathered = asyncio.gather([a, b, c] as asyncio.FutureLike<unknown>[]);
      a?.setResult(1);
      b?.cancel('child');
      yield* passes(3);
      expect(gathered.done()).to.equal(true);
      expect(gathered.cancelled()).to.equal(false);
      expect(gathered.exception()).to.be.instanceOf(asyncio.CancelledError);
      expect((gathered.exception() as asyncio.CancelledError).args).to.deep.equal(['child']);
      expect(c?.done()).to.equal(false);
    }));

  it('#48 a gather whose error nobody looks at is reported when the loop closes', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const failure = new Error('lost');
    await loop.runUntilComplete(
      (function* () {
        asyncio.gather(fail(failure));
        yield* passes(5);
      })(),
    );
    loop.close();
    expect(reports.map((report) => report.exception)).to.deep.equal([failure]);
  });

  it('with returnExceptions, errors and cancellations stand among the results', () =>
    run(function* () {
      const futures = newFutures(6) as asyncio.FutureLike<unknown>[];
      const [a, b, c, d, e, f] = futures;
      const gathered = asyncio.gather(futures, { returnExceptions: true });
      const failures = [new Error('b'), new Error('f')] as const;
      a?.setResult(1);
      b?.setException(failures[0]);
      c?.cancel();
      yield* passes(3);
      expect(gathered.done()).to.equal(false);
      d?.setResult(3);
      e?.cancel('e');
      f?.setException(failures[1]);
      const results = yield* gathered;
      expect(results[2]).to.be.instanceOf(asyncio.CancelledError);
      expect(results[4]).to.be.instanceOf(asyncio.CancelledError);
      expect((results[4] as asyncio.CancelledError).args).to.deep.equal(['e']);
      expect([results[0], results[1], results[3], results[5]]).to.deep.equal([
        1,
        failures[0],
        3,
        failures[1],
      ]);
    }));

  it('#49 cancel() cancels every child and gives true, without being done', () =>
    run(function* () {
      const log: string[] = [];
      function* child(name: string): asyncio.Coroutine<void> {
        try {
          yield* asyncio.sleep(100);
        } finally {
          yield* passes(2);
          log.push(`${name} cleaned up`);
        }
      }
      const tasks = [asyncio.createTask(child('a')), asyncio.createTask(child('b'))];
      const gathered = asyncio.gather(tasks);
      yield* asyncio.sleep(0);
      expect(gathered.cancel()).to.equal(true);
      expect(gathered.done()).to.equal(false);
      expect(gathered.cancelled()).to.equal(false);
      expect(yield* raised(gathered)).to.be.instanceOf(asyncio.CancelledError);
      // It ends with the first cancelled child; the other ends in its own time.
      yield* passes(5);
      expect(tasks.map((task) => task.cancelled())).to.deep.equal([true, true]);
      expect(log).to.deep.equal(['a cleaned up', 'b cleaned up']);
    }));

  it('#49 cancelling the task that waits cancels the children', () =>
    run(function* () {
      const waiter = asyncio.getRunningLoop().createFuture();
      let proof = 0;
      function* inner(): asyncio.Coroutine<void> {
        yield* waiter;
        proof += 1;
      }
      const children = [asyncio.createTask(inner()), asyncio.createTask(inner())];
      let gathered: asyncio.Future<unknown> | undefined;
      const outer = asyncio.createTask(
        (function* () {
          gathered = asyncio.gather(children);
          yield* gathered;
          proof += 100;
        })(),
      );
      yield* passes(2);
      expect(outer.cancel()).to.equal(true);
      expect(yield* raised(outer)).to.be.instanceOf(asyncio.CancelledError);
      expect(gathered?.cancel()).to.equal(false);
      expect(waiter.cancelled()).to.equal(true);
      expect(children.map((child) => child.cancelled())).to.deep.equal([true, true]);
      expect(proof).to.equal(0);
    }));

  for (const msg of ['a message', 5, { any: 'thing' }]) {
    it(`#49 the message of the cancel arrives, also with returnExceptions (${JSON.stringify(msg)})`, () =>
      run(function* () {
        for (const returnExceptions of [false, true]) {
          const task = asyncio.createTask(
            (function* () {
              yield* asyncio.gather([asyncio.sleep(100)], { returnExceptions });
            })(),
          );
          yield* passes(2);
          task.cancel(msg);
          const error = yield* raised(task);
          expect(error).to.be.instanceOf(asyncio.CancelledError);
          expect((error as asyncio.CancelledError).args).to.deep.equal([msg]);
        }
      }));
  }

  it('#49 a cancel is not lost under returnExceptions in a loop of gathers', () =>
    run(function* () {
      let rounds = 0;
      const task = asyncio.createTask(
        (function* () {
          while (rounds < 1000) {
            rounds += 1;
            yield* asyncio.gather([asyncio.sleep(0)], { returnExceptions: true });
          }
        })(),
      );
      yield* passes(12);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(rounds).to.be.below(10);
    }));

  it('#49 once all children are done cancel() gives false and the result stands', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture<number>();
      const gathered = asyncio.gather(give(1), future);
      yield* passes(5);
      const answers: boolean[] = [];
      future.addDoneCallback(() => answers.push(gathered.cancel()));
      future.setResult(42);
      expect(yield* gathered).to.deep.equal([1, 42]);
      expect(answers).to.deep.equal([false]);
      expect(gathered.cancel()).to.equal(false);
      expect(gathered.cancelled()).to.equal(false);
    }));

  it('#49 a child that refuses the cancellation and gives a value: the gather is cancelled all the same', () =>
    run(function* () {
      function* stubborn(): asyncio.Coroutine<string> {
        try {
          yield* asyncio.sleep(100);
        } catch {
          // It refuses.
        }
        return 'stubborn';
      }
      const gathered = asyncio.gather(stubborn(), asyncio.sleep(100));
      yield* asyncio.sleep(0);
      expect(gathered.cancel()).to.equal(true);
      expect(yield* raised(gathered)).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('#50 the same awaitable given several times runs once and fills every place', () =>
    run(function* () {
      let started = 0;
      function* count(): asyncio.Coroutine<string> {
        started += 1;
        yield* asyncio.sleep(0);
        return 'abc';
      }
      const coro = count();
      const promise = Promise.resolve('promise');
      const results = yield* asyncio.gather(coro, coro, give('def'), coro, promise, promise);
      expect(results).to.deep.equal(['abc', 'abc', 'def', 'abc', 'promise', 'promise']);
      expect(started).to.equal(1);
    }));

  it('#50 an empty gather is done at once, and belongs to the current loop', () =>
    run(function* () {
      for (const gathered of [
        asyncio.gather(),
        asyncio.gather([]),
        asyncio.gather([], { returnExceptions: true }),
      ]) {
        expect(gathered).to.be.instanceOf(asyncio.Future);
        expect(gathered.done()).to.equal(true);
        expect(gathered.result()).to.deep.equal([]);
        expect(gathered.getLoop()).to.equal(asyncio.getRunningLoop());
        expect(yield* gathered).to.deep.equal([]);
      }
    }));

  it('#50 futures of different loops are refused', () =>
    run(function* () {
      const other = newLoop();
      const here = asyncio.getRunningLoop().createFuture();
      expect(() => asyncio.gather(here, other.createFuture())).to.throw(RangeError, 'different loop');
      expect(() => asyncio.gather(give(1), other.createFuture())).to.throw(RangeError, 'different loop');
      other.close();
      yield* passes(3);
    }));

  it('#50 futures of one other loop are gathered on that loop', () => {
    const other = newLoop();
    const gathered = asyncio.gather(other.createFuture(), other.createFuture());
    expect(gathered.getLoop()).to.equal(other);
    expect(gathered.done()).to.equal(false);
    other.close();
  });

  it('#50 an argument that is not awaitable is refused; those before it do not suffer', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const log: string[] = [];
    await loop.runUntilComplete(
      (function* () {
        function* work(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          log.push('ran');
        }
        for (const rubbish of [{}, 5, 'text', null, new Map()]) {
          expect(() => asyncio.gather(work(), rubbish as never)).to.throw(TypeError, 'is required');
        }
        expect(() => asyncio.gather(fail(new Error('unseen')), {} as never)).to.throw(TypeError);
        yield* passes(5);
      })(),
    );
    loop.close();
    expect(log).to.deep.equal(Array(5).fill('ran'));
    expect(reports).to.deep.equal([]);
  });

  it('a Promise that is rejected fails the gather with its error', () =>
    run(function* () {
      const failure = new Error('native');
      expect(yield* raised(asyncio.gather(give(1), Promise.reject(failure)))).to.equal(failure);
    }));
});

describe('gather', () => {
  it('#50 outside a loop needs one: without it nothing is started', () => {
    expect(() => asyncio.gather()).to.throw(asyncio.RuntimeError, 'no current event loop');
    expect(() => asyncio.gather(give(1), give(2))).to.throw(asyncio.RuntimeError, 'no current event loop');
  });

  it('#50 takes the loop that is set, when none is running', async () => {
    const loop = new asyncio.BrowserEventLoop();
    asyncio.setEventLoop(loop);
    try {
      const gathered = asyncio.gather(give('a'), give('b'));
      expect(gathered.getLoop()).to.equal(loop);
      expect(asyncio.gather().getLoop()).to.equal(loop);
      expect(await loop.runUntilComplete(gathered)).to.deep.equal(['a', 'b']);
    } finally {
      asyncio.setEventLoop(null);
      loop.close();
    }
  });

  it('takes as long as the longest', async () => {
    await simulate(function* () {
      yield* asyncio.gather([3, 1, 2].map((delay) => asyncio.sleep(delay)));
      expect(asyncio.getRunningLoop().time()).to.equal(3);
    });
  });

  it('thousands at once', async () => {
    await simulate(function* () {
      const results = yield* asyncio.gather(Array.from({ length: 5000 }, (_, index) => give(index)));
      expect(results).to.deep.equal(Array.from({ length: 5000 }, (_, index) => index));
    });
  });
});
