import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

const now = (): number => asyncio.getRunningLoop().time();

describeEachLoop('waitFor', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });
  const newFuture = <T>(): asyncio.FutureLike<T> => asyncio.getRunningLoop().createFuture<T>();

  it('gives the result of a coroutine, a task, a future, an awaitable and a Promise', () =>
    run(function* () {
      const future = newFuture<string>();
      asyncio.getRunningLoop().callSoon(() => future.setResult('future'));
      const awaitable: asyncio.Awaitable<string> = {
        *[Symbol.iterator]() {
          yield* asyncio.sleep(0);
          return 'awaitable';
        },
      };
      for (const timeout of [1000, null]) {
        expect(yield* asyncio.waitFor(asyncio.sleep(0, 'coroutine'), timeout)).to.equal('coroutine');
        expect(yield* asyncio.waitFor(asyncio.createTask(asyncio.sleep(0, 'task')), timeout)).to.equal(
          'task',
        );
        expect(yield* asyncio.waitFor(future, timeout)).to.equal('future');
        expect(yield* asyncio.waitFor(awaitable, timeout)).to.equal('awaitable');
        expect(yield* asyncio.waitFor(Promise.resolve('promise'), timeout)).to.equal('promise');
      }
    }));

  it('throws the error of what it waits for', () =>
    run(function* () {
      const failure = new RangeError('spam');
      function* fail(): asyncio.Coroutine<void> {
        yield* asyncio.sleep(0);
        throw failure;
      }
      expect(yield* raised(asyncio.waitFor(fail(), 1000))).to.equal(failure);
      expect(yield* raised(asyncio.waitFor(Promise.reject(failure), 1000))).to.equal(failure);
    }));

  it('what is not awaitable is refused', () =>
    run(function* () {
      for (const timeout of [1, 0, null])
        expect(yield* raised(asyncio.waitFor(5 as never, timeout))).to.be.instanceOf(TypeError);
    }));

  it('runs a coroutine in the task of the caller', () =>
    run(function* () {
      const caller = asyncio.currentTask();
      yield* asyncio.waitFor(
        (function* () {
          expect(asyncio.currentTask()).to.equal(caller);
          yield* asyncio.sleep(0);
        })(),
        1000,
      );
    }));

  for (const timeout of [0, -1, -Infinity]) {
    describe(`with a timeout of ${timeout}`, () => {
      it('#37 a future that is done gives its result', () =>
        run(function* () {
          const future = newFuture<string>();
          future.setResult('done');
          expect(yield* asyncio.waitFor(future, timeout)).to.equal('done');
        }));

      it('#37 a future that is done with an error throws it', () =>
        run(function* () {
          const future = newFuture();
          const failure = new Error('spam');
          future.setException(failure);
          expect(yield* raised(asyncio.waitFor(future, timeout))).to.equal(failure);
        }));

      it('#37 a coroutine never starts', () =>
        run(function* () {
          let started = false;
          function* coroutine(): asyncio.Coroutine<void> {
            started = true;
            yield* asyncio.sleep(0);
          }
          const error = yield* raised(asyncio.waitFor(coroutine(), timeout));
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
          expect(started).to.equal(false);
        }));

      it('#37 a task is cancelled and waited for; the TimeoutError is caused by its CancelledError', () =>
        run(function* () {
          const log: string[] = [];
          const task = asyncio.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(1000);
              } finally {
                yield* passes(3);
                log.push('cleaned up');
              }
            })(),
          );
          yield* asyncio.sleep(0);
          const error = yield* raised(asyncio.waitFor(task, timeout));
          expect(log).to.deep.equal(['cleaned up']);
          expect(task.cancelled()).to.equal(true);
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
          expect((error as Error).cause).to.be.instanceOf(asyncio.CancelledError);
        }));

      it('#38 a value given in spite of the cancellation counts, and so does an error', () =>
        run(function* () {
          const failure = new Error('cleanup');
          function* stubborn(end: () => string): asyncio.Coroutine<string> {
            try {
              yield* asyncio.sleep(1000);
            } catch {
              // It refuses.
            }
            return end();
          }
          const value = asyncio.createTask(stubborn(() => 'all the same'));
          const error = asyncio.createTask(
            stubborn(() => {
              throw failure;
            }),
          );
          yield* asyncio.sleep(0);
          expect(yield* asyncio.waitFor(value, timeout)).to.equal('all the same');
          expect(yield* raised(asyncio.waitFor(error, timeout))).to.equal(failure);
        }));

      it('the wait for the end of the cancelled task can itself be cancelled', () =>
        run(function* () {
          const gate = newFuture<void>();
          const slow = asyncio.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(1000);
              } finally {
                yield* gate;
              }
            })(),
          );
          yield* asyncio.sleep(0);
          const waiting = asyncio.createTask(asyncio.waitFor(slow, timeout));
          yield* passes(4);
          waiting.cancel();
          expect(yield* raised(waiting)).to.be.instanceOf(asyncio.CancelledError);
          expect(slow.done()).to.equal(false);
          gate.setResult();
          yield* asyncio.wait([slow]);
          expect(slow.cancelled()).to.equal(true);
        }));
    });
  }

  it('a result in the pass before the timeout counts', () =>
    run(function* () {
      const future = newFuture<string>();
      const waiting = asyncio.waitFor(future, 1000);
      asyncio.getRunningLoop().callSoon(() => future.setResult('ok'));
      expect(yield* waiting).to.equal('ok');
    }));

  for (const timeout of [null, 60]) {
    it(`cancelling it cancels what it waits for (timeout ${timeout})`, () =>
      run(function* () {
        const task = asyncio.createTask(
          (function* () {
            yield* newFuture();
          })(),
        );
        const waiting = asyncio.createTask(asyncio.waitFor(task, timeout));
        asyncio.getRunningLoop().callSoon(() => waiting.cancel());
        expect(yield* raised(waiting)).to.be.instanceOf(asyncio.CancelledError);
        expect(task.cancelled()).to.equal(true);
      }));
  }

  it('#39 a cancel in the pass in which the inner task ended is not lost; the task keeps its result', () =>
    run(function* () {
      const inner = asyncio.createTask(
        (function* () {
          return 'done';
        })(),
      );
      let reachedEnd = false;
      const waiting = asyncio.createTask(
        (function* () {
          yield* asyncio.waitFor(inner, 100);
          yield* asyncio.sleep(1);
          reachedEnd = true;
        })(),
      );
      yield* asyncio.sleep(0);
      waiting.cancel();
      expect(yield* raised(waiting)).to.be.instanceOf(asyncio.CancelledError);
      expect(inner.done()).to.equal(true);
      expect(yield* inner).to.equal('done');
      expect(reachedEnd).to.equal(false);
    }));

  it('#40 waitFor(shield(task), 0) cancels the shield only', () =>
    run(function* () {
      const task = asyncio.createTask(asyncio.sleep(0.001, 'done'));
      const shielded = asyncio.shield(task);
      expect(yield* raised(asyncio.waitFor(shielded, 0))).to.be.instanceOf(asyncio.TimeoutError);
      expect(shielded.cancelled()).to.equal(true);
      expect(task.done()).to.equal(false);
      expect(yield* task).to.equal('done');
    }));

  it('raises no report of its own after a timeout', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    await loop.runUntilComplete(
      (function* () {
        yield* raised(asyncio.waitFor(asyncio.sleep(1000), 0));
        yield* raised(asyncio.waitFor(newFuture(), 0.001));
        yield* raised(asyncio.waitFor(new Promise(() => undefined), 0));
      })(),
    );
    loop.close();
    expect(reports).to.deep.equal([]);
  });
});

describe('waitFor in time', () => {
  it('throws TimeoutError after the timeout, and the task has cleaned up', () =>
    simulate(function* () {
      let running: boolean | undefined;
      const task = asyncio.createTask(
        (function* () {
          running = true;
          try {
            yield* asyncio.sleep(1000);
          } finally {
            running = false;
          }
          return 'done';
        })(),
      );
      const error = yield* raised(asyncio.waitFor(task, 0.1));
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect((error as Error).cause).to.be.instanceOf(asyncio.CancelledError);
      expect(task.cancelled()).to.equal(true);
      expect(running).to.equal(false);
      expect(now()).to.equal(0.1);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('#38 waits for the cleanup, so that it may take longer than the timeout', () =>
    simulate(function* () {
      const log: string[] = [];
      const error = yield* raised(
        asyncio.waitFor(
          (function* () {
            try {
              yield* asyncio.sleep(10);
            } finally {
              yield* asyncio.sleep(5);
              log.push(`cleaned up at ${now()}`);
            }
          })(),
          1,
        ),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(log).to.deep.equal(['cleaned up at 6']);
    }));

  it('#38 an error of the cleanup takes the place of TimeoutError', () =>
    simulate(function* () {
      const failure = new Error('cleanup');
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(10);
          } catch {
            throw failure;
          }
        })(),
      );
      expect(yield* raised(asyncio.waitFor(task, 1))).to.equal(failure);
    }));

  it('#38 a value given in spite of the cancellation counts', () =>
    simulate(function* () {
      function* stubborn(): asyncio.Coroutine<number> {
        try {
          yield* asyncio.sleep(10);
        } catch {
          return 42;
        }
        return 0;
      }
      expect(yield* asyncio.waitFor(stubborn(), 1)).to.equal(42);
      expect(yield* asyncio.waitFor(asyncio.createTask(stubborn()), 1)).to.equal(42);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
      yield* asyncio.sleep(1);
      expect(now()).to.equal(3);
    }));

  it('#38 what ignores its cancellation is waited for', () =>
    simulate(function* () {
      function* deaf(): asyncio.Coroutine<string> {
        const until = now() + 5;
        while (now() < until) {
          try {
            yield* asyncio.sleep(until - now());
          } catch {
            // It goes on until its time has come.
          }
        }
        return 'at last';
      }
      expect(yield* asyncio.waitFor(deaf(), 1)).to.equal('at last');
      expect(now()).to.equal(5);
    }));

  it('#40 waitFor(shield(task)) after the timeout: the task goes on and gives its result', () =>
    simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(10, 'done'));
      expect(yield* raised(asyncio.waitFor(asyncio.shield(task), 1))).to.be.instanceOf(asyncio.TimeoutError);
      expect(task.done()).to.equal(false);
      expect(yield* task).to.equal('done');
      expect(now()).to.equal(10);
    }));

  it('a timeout that is not needed leaves no timer', () =>
    simulate(function* () {
      yield* asyncio.waitFor(asyncio.sleep(1), 1000);
      yield* asyncio.sleep(1);
      expect(now()).to.equal(2);
    }));

  it('nested: the one that is due first throws, to its own caller', () =>
    simulate(function* () {
      const inner = yield* asyncio.waitFor(raised(asyncio.waitFor(asyncio.sleep(100), 1)), 10);
      expect(inner).to.be.instanceOf(asyncio.TimeoutError);
      expect(now()).to.equal(1);
      const outer = yield* raised(asyncio.waitFor(asyncio.waitFor(asyncio.sleep(100), 10), 1));
      expect(outer).to.be.instanceOf(asyncio.TimeoutError);
      expect(now()).to.equal(2);
    }));

  it('a TimeoutError of the inner coroutine is passed on as it is', () =>
    simulate(function* () {
      const own = new asyncio.TimeoutError('its own');
      expect(
        yield* raised(
          asyncio.waitFor(
            (function* () {
              yield* asyncio.sleep(0);
              throw own;
            })(),
            10,
          ),
        ),
      ).to.equal(own);
    }));

  it('a Promise is let go of after the timeout', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const error = await loop.runUntilComplete(raised(asyncio.waitFor(new Promise(() => undefined), 0.001)));
    expect(error).to.be.instanceOf(asyncio.TimeoutError);
    loop.close();
  });
});
