import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';

function newFuture<T = void>(): asyncio.Future<T> {
  return new asyncio.Future<T>();
}

/** Waits for one future, and gives what came of it. */
function* outcomeOf(future: asyncio.Awaitable<unknown>): asyncio.Coroutine<unknown> {
  try {
    return yield* future;
  } catch (error) {
    return error; // also a cancellation: it is what these tests are about
  }
}

/** The CancelledError that a call throws. */
function cancellationOf(look: () => unknown): asyncio.CancelledError {
  try {
    look();
  } catch (error) {
    if (asyncio.isCancelled(error)) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

/** A coroutine that waits for ever and tells how it was ended. */
function* waiting(log: unknown[]): asyncio.Coroutine<void> {
  try {
    yield* newFuture();
  } catch (error) {
    log.push(error);
    throw error;
  }
}

/** Messages as `cancel()` takes them, and the arguments of the CancelledError. */
const MESSAGES: readonly (readonly [given: readonly unknown[], args: readonly unknown[]])[] = [
  [[], []],
  [[undefined], []],
  [[null], []],
  [['my message'], ['my message']],
  [[''], ['']],
  [[5], [5]],
  [[0], [0]],
  [[false], [false]],
  [[{ why: 'an object' }], [{ why: 'an object' }]],
];

describeEachLoop('cancelling a task', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  describe('#22 what cancel() does at once, and what later', () => {
    it('#22 the future that is awaited is cancelled at once, the coroutine hears of it in a later pass', () =>
      run(function* () {
        const log: unknown[] = [];
        const future = newFuture();
        const task = asyncio.createTask(
          (function* () {
            try {
              yield* future;
            } finally {
              log.push('left');
            }
          })(),
        );
        yield* asyncio.sleep(0);
        expect(task.cancel()).to.equal(true);
        expect([future.cancelled(), task.done(), log.length]).to.deep.equal([true, false, 0]);
        yield* asyncio.sleep(0);
        expect([task.cancelled(), log]).to.deep.equal([true, ['left']]);
      }));

    it('#22 a task that cancels itself meets the cancellation at its next wait, at once', () =>
      run(function* () {
        const log: string[] = [];
        const task = asyncio.createTask(
          (function* () {
            asyncio.currentTask()?.cancel();
            log.push('went on');
            yield* asyncio.sleep(1e6);
            return 12;
          })(),
        );
        expect(yield* outcomeOf(task)).to.be.instanceOf(asyncio.CancelledError);
        expect([task.cancelled(), log, task.cancel()]).to.deep.equal([true, ['went on'], false]);
      }));

    it('#22 a task that is ready to run meets it at its next step, in place of the result', () =>
      run(function* () {
        const future = newFuture<number>();
        const task = asyncio.createTask(outcomeOf(future));
        yield* asyncio.sleep(0);
        future.setResult(1);
        expect(task.cancel('too late for the result')).to.equal(true);
        expect(future.cancelled()).to.equal(false);
        const error = yield* task;
        expect(asyncio.isCancelled(error)).to.equal(true);
        expect((error as asyncio.CancelledError).args).to.deep.equal(['too late for the result']);
      }));

    it('#22 likewise in place of an error, which then counts as seen', async () => {
      const loop = newLoop();
      const reports = recordReports(loop);
      await asyncio.run(
        function* () {
          const future = newFuture<number>();
          const task = asyncio.createTask(outcomeOf(future));
          yield* asyncio.sleep(0);
          future.setException(new Error('lost'));
          task.cancel();
          expect(yield* task).to.be.instanceOf(asyncio.CancelledError);
        },
        { loopFactory: () => loop },
      );
      expect(reports).to.deep.equal([]);
    });

    it('#22 in sleep(0) too', () =>
      run(function* () {
        const log: unknown[] = [];
        const task = asyncio.createTask(
          (function* () {
            try {
              yield* asyncio.sleep(0);
            } catch (error) {
              log.push((error as asyncio.CancelledError).args);
              throw error;
            }
          })(),
        );
        yield* asyncio.sleep(0);
        task.cancel('mid');
        const error = yield* outcomeOf(task);
        expect([log, (error as asyncio.CancelledError).args]).to.deep.equal([[['mid']], ['mid']]);
      }));

    it('the future, then the task: it is the cancellation of the future that arrives', () =>
      run(function* () {
        const future = newFuture();
        const task = asyncio.createTask(outcomeOf(future));
        yield* asyncio.sleep(0);
        future.cancel('future');
        expect(task.cancel('task')).to.equal(true);
        const error = yield* task;
        expect((error as asyncio.CancelledError).args).to.deep.equal(['future']);
        expect(task.cancelling()).to.equal(1);
      }));

    it('two cancels before the step: the first message arrives, both are counted', () =>
      run(function* () {
        const log: unknown[] = [];
        const task = asyncio.createTask(waiting(log));
        yield* asyncio.sleep(0);
        expect([task.cancel('one'), task.cancel('two'), task.cancelling()]).to.deep.equal([true, true, 2]);
        yield* outcomeOf(task);
        expect((log[0] as asyncio.CancelledError).args).to.deep.equal(['one']);
        expect(task.cancelled()).to.equal(true);
      }));

    it('two cancels before the start: the last message arrives', () =>
      run(function* () {
        const task = asyncio.createTask(waiting([]));
        task.cancel('one');
        task.cancel('two');
        const error = yield* outcomeOf(task);
        expect((error as asyncio.CancelledError).args).to.deep.equal(['two']);
      }));
  });

  describe('#23 before the start', () => {
    it('#23 a task cancelled before its first step never runs, not even its finally', () =>
      run(function* () {
        const log: string[] = [];
        const body = function* (): asyncio.Coroutine<void> {
          log.push('body');
          try {
            yield* asyncio.sleep(0);
          } finally {
            log.push('finally');
          }
        };
        const task = asyncio.createTask(body());
        task.cancel('before the start');
        expect(task.done()).to.equal(false);
        const error = yield* outcomeOf(task);
        expect((error as asyncio.CancelledError).args).to.deep.equal(['before the start']);
        expect([task.cancelled(), log]).to.deep.equal([true, []]);
      }));

    it('#23 the coroutine is over afterwards', () =>
      run(function* () {
        const coro = waiting([]);
        const task = asyncio.createTask(coro);
        task.cancel();
        yield* outcomeOf(task);
        expect(coro.next()).to.deep.equal({ value: undefined, done: true });
      }));
  });

  describe('#24 #25 a task that cancels itself', () => {
    it('#24 and returns ends as cancelled, and the value is dropped', () =>
      run(function* () {
        const task = asyncio.createTask(
          (function* () {
            asyncio.currentTask()?.cancel('self');
            return 12;
          })(),
        );
        const error = yield* outcomeOf(task);
        expect((error as asyncio.CancelledError).args).to.deep.equal(['self']);
        expect([task.cancelled(), task.cancelling(), task.cancel()]).to.deep.equal([true, 1, false]);
      }));

    it('#24 also when all that it awaits meanwhile is done', () =>
      run(function* () {
        const ready = newFuture<number>();
        ready.setResult(3);
        const task = asyncio.createTask(
          (function* () {
            asyncio.currentTask()?.cancel('self');
            return yield* ready;
          })(),
        );
        expect(yield* outcomeOf(task)).to.be.instanceOf(asyncio.CancelledError);
        expect(task.cancelled()).to.equal(true);
      }));

    it('and throws ends with that error', () =>
      run(function* () {
        const boom = new Error('boom');
        const task = asyncio.createTask(
          (function* (): asyncio.Coroutine<never> {
            asyncio.currentTask()?.cancel();
            throw boom;
          })(),
        );
        expect(yield* outcomeOf(task)).to.equal(boom);
        expect([task.cancelled(), task.cancelling()]).to.deep.equal([false, 1]);
      }));

    it('#25 and then awaits another task cancels that task too, down to its future', () =>
      run(function* () {
        const future = newFuture();
        let nested: asyncio.Task<void> | undefined;
        const task = asyncio.createTask(
          (function* () {
            nested = asyncio.createTask(
              (function* () {
                yield* future;
              })(),
            );
            yield* asyncio.sleep(0);
            asyncio.currentTask()?.cancel();
            yield* nested;
          })(),
        );
        yield* outcomeOf(task);
        expect([task.cancelled(), nested?.cancelled(), future.cancelled()]).to.deep.equal([true, true, true]);
      }));
  });

  describe('#26 #27 #28 the count of requests', () => {
    it('#26 each cancel() of an unfinished task counts and gives true, also repeated', () =>
      run(function* () {
        const task = asyncio.createTask(waiting([]));
        yield* asyncio.sleep(0);
        expect(task.cancelling()).to.equal(0);
        for (let i = 1; i <= 3; i += 1) {
          expect(task.cancel()).to.equal(true);
          expect(task.cancelling()).to.equal(i);
          expect(task.cancelled()).to.equal(false);
        }
        yield* outcomeOf(task);
        expect([task.cancelled(), task.cancelling()]).to.deep.equal([true, 3]);
      }));

    it('#26 cancel() of a finished task gives false and counts nothing', () =>
      run(function* () {
        const finished = asyncio.createTask(asyncio.sleep(0));
        const cancelled = asyncio.createTask(asyncio.sleep(0));
        cancelled.cancel();
        yield* asyncio.wait([finished, cancelled]);
        expect([finished.cancel(), cancelled.cancel()]).to.deep.equal([false, false]);
        expect([finished.cancelling(), cancelled.cancelling()]).to.deep.equal([0, 1]);
      }));

    it('#26 cancelled() is true only when the coroutine lets the error out', () =>
      run(function* () {
        const boom = new Error('instead');
        const bodies = [
          function* (): asyncio.Coroutine<unknown> {
            yield* outcomeOf(newFuture());
            return 'swallowed';
          },
          function* (): asyncio.Coroutine<unknown> {
            try {
              yield* newFuture();
            } catch (error) {
              if (asyncio.isCancelled(error)) throw boom;
              throw error;
            }
            return null;
          },
          function* (): asyncio.Coroutine<unknown> {
            try {
              yield* newFuture();
            } finally {
              yield* asyncio.sleep(0);
            }
            return null;
          },
        ];
        const outcomes: unknown[] = [];
        for (const body of bodies) {
          const task = asyncio.createTask(body());
          yield* asyncio.sleep(0);
          task.cancel();
          const outcome = yield* outcomeOf(task);
          outcomes.push([task.cancelled(), asyncio.isCancelled(outcome) ? 'cancelled' : outcome]);
        }
        expect(outcomes).to.deep.equal([
          [false, 'swallowed'],
          [false, boom],
          [true, 'cancelled'],
        ]);
      }));

    it('#27 swallowing is legal: the task goes on, the count stays, and a later cancel works again', () =>
      run(function* () {
        const log: unknown[] = [];
        const second = newFuture();
        const task = asyncio.createTask(
          (function* () {
            const self = asyncio.currentTask() as asyncio.Task<unknown>;
            yield* outcomeOf(newFuture());
            log.push(self.cancelling());
            yield* asyncio.sleep(0.001);
            log.push('slept undisturbed', self.uncancel());
            log.push(asyncio.isCancelled(yield* outcomeOf(second)));
            return 'done';
          })(),
        );
        yield* asyncio.sleep(0);
        task.cancel();
        while (log.length < 3) yield* asyncio.sleep(0.001);
        expect(task.cancelled()).to.equal(false);
        task.cancel();
        expect(yield* task).to.equal('done');
        expect(log).to.deep.equal([1, 'slept undisturbed', 0, true]);
        expect([task.cancelled(), task.cancelling(), second.cancelled()]).to.deep.equal([false, 1, true]);
      }));

    it('#27 a task that ignores a cancel can wait for something else and give its result', () =>
      run(function* () {
        const [first, second, third] = [newFuture(), newFuture(), newFuture<number>()];
        const task = asyncio.createTask(
          (function* () {
            yield* first;
            yield* outcomeOf(second);
            return yield* third;
          })(),
        );
        yield* asyncio.sleep(0);
        first.setResult();
        yield* asyncio.sleep(0);
        task.cancel();
        expect(second.cancelled()).to.equal(true);
        yield* asyncio.sleep(0);
        third.setResult(42);
        expect(yield* task).to.equal(42);
        expect([task.cancelled(), third.cancelled()]).to.deep.equal([false, false]);
      }));

    it('uncancel() counts down to zero and not further, and gives what is left', () =>
      run(function* () {
        const task = asyncio.createTask(waiting([]));
        expect(task.uncancel()).to.equal(0);
        task.cancel();
        task.cancel();
        expect([task.uncancel(), task.cancelling(), task.uncancel(), task.uncancel()]).to.deep.equal([
          1, 1, 0, 0,
        ]);
        task.cancel();
        yield* outcomeOf(task);
        expect(task.cancelled()).to.equal(true);
        task.uncancel();
        expect(task.cancelled()).to.equal(true);
      }));

    it('#28 uncancel() to zero also takes back a cancel that has not arrived: a woken task goes on', () =>
      run(function* () {
        const future = newFuture();
        const task = asyncio.createTask(
          (function* () {
            yield* future;
            return 42;
          })(),
        );
        yield* asyncio.sleep(0);
        future.setResult();
        task.cancel();
        expect(task.cancelling()).to.equal(1);
        expect(task.uncancel()).to.equal(0);
        expect(yield* task).to.equal(42);
      }));

    it('#28 a task that was not started starts after all', () =>
      run(function* () {
        const task = asyncio.createTask(asyncio.sleep(0, 'started'));
        task.cancel();
        task.cancel();
        task.uncancel();
        expect(task.cancelling()).to.equal(1);
        task.uncancel();
        expect(yield* task).to.equal('started');
      }));

    it('#28 while the count is not zero the cancel stays', () =>
      run(function* () {
        const task = asyncio.createTask(asyncio.sleep(0));
        task.cancel();
        task.cancel();
        task.uncancel();
        yield* outcomeOf(task);
        expect(task.cancelled()).to.equal(true);
      }));

    it('#28 uncancel() does not take back the cancellation of the future that is awaited', () =>
      run(function* () {
        const task = asyncio.createTask(waiting([]));
        yield* asyncio.sleep(0);
        task.cancel();
        task.uncancel();
        yield* outcomeOf(task);
        expect([task.cancelled(), task.cancelling()]).to.deep.equal([true, 0]);
      }));
  });

  describe('#29 messages and the error object', () => {
    for (const [given, args] of MESSAGES) {
      it(`#29 cancel(${given.map((message) => JSON.stringify(message)).join()}) comes out of result(), exception() and await`, () =>
        run(function* () {
          for (const look of ['result', 'exception'] as const) {
            const task = asyncio.createTask(waiting([]));
            yield* asyncio.sleep(0);
            task.cancel(...given);
            yield* asyncio.wait([task]);
            expect(cancellationOf(() => task[look]()).args).to.deep.equal(args);
          }
          for (const started of [true, false]) {
            const task = asyncio.createTask(waiting([]));
            if (started) yield* asyncio.sleep(0);
            task.cancel(...given);
            expect(((yield* outcomeOf(task)) as asyncio.CancelledError).args).to.deep.equal(args);
          }
        }));
    }

    it('#29 a message whose text cannot be made travels like any other', () =>
      run(function* () {
        for (const message of [Object.create(null), Symbol('symbol'), () => 'function']) {
          for (const started of [true, false]) {
            const log: unknown[] = [];
            const task = asyncio.createTask(waiting(log));
            if (started) yield* asyncio.sleep(0);
            task.cancel(message);
            const error = (yield* outcomeOf(task)) as asyncio.CancelledError;
            expect(asyncio.isCancelled(error)).to.equal(true);
            expect(error.args[0]).to.equal(message);
            expect(task.cancelled()).to.equal(true);
          }
        }
      }));

    it('#29 the error that ended the task is handed out once; later ones are new, and have no message', () =>
      run(function* () {
        const log: unknown[] = [];
        const task = asyncio.createTask(waiting(log));
        yield* asyncio.sleep(0);
        task.cancel('msg');
        yield* asyncio.wait([task]);
        const errors = [() => task.result(), () => task.result(), () => task.exception()].map(cancellationOf);
        expect(errors[0]).to.equal(log[0]);
        expect(errors.map((error) => error.args)).to.deep.equal([['msg'], [], []]);
        expect(new Set(errors).size).to.equal(3);
      }));

    it('#29 of two that await a task the first gets the error itself, the second a new one', () =>
      run(function* () {
        const log: unknown[] = [];
        const task = asyncio.createTask(waiting(log));
        const waiters = [asyncio.createTask(outcomeOf(task)), asyncio.createTask(outcomeOf(task))] as const;
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        task.cancel('two');
        const errors = (yield* asyncio.gather(waiters)) as asyncio.CancelledError[];
        expect(errors.map((error) => error.args)).to.deep.equal([['two'], []]);
        expect(errors.map((error) => error === log[0])).to.deep.equal([true, false]);
      }));

    it('#29 a message travels up through tasks that await tasks', () =>
      run(function* () {
        const future = newFuture();
        const inner = asyncio.createTask(
          (function* () {
            yield* future;
          })(),
        );
        const outer = asyncio.createTask(
          (function* () {
            yield* inner;
          })(),
        );
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        outer.cancel('deep');
        expect(((yield* outcomeOf(outer)) as asyncio.CancelledError).args).to.deep.equal(['deep']);
        // What `inner` had to hand out has gone to `outer`.
        expect(cancellationOf(() => inner.result()).args).to.deep.equal([]);
        expect(cancellationOf(() => future.result()).args).to.deep.equal(['deep']);
      }));

    it('the stack of the error shows the line that was interrupted', () =>
      run(function* () {
        function* interruptedHere(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(1e6);
        }
        const task = asyncio.createTask(interruptedHere());
        yield* asyncio.sleep(0);
        task.cancel();
        const error = (yield* outcomeOf(task)) as Error;
        expect(error.stack).to.include('interruptedHere');
      }));
  });

  describe('#30 cancelling what is awaited', () => {
    it('#30 a plain future that is cancelled ends the task that awaits it as cancelled', () =>
      run(function* () {
        const future = newFuture();
        const task = asyncio.createTask(
          (function* () {
            yield* future;
            return 12;
          })(),
        );
        yield* asyncio.sleep(0);
        future.cancel('inner');
        const error = yield* outcomeOf(task);
        expect((error as asyncio.CancelledError).args).to.deep.equal(['inner']);
        expect([future.cancelled(), task.cancelled(), task.cancelling()]).to.deep.equal([true, true, 0]);
      }));

    it('#30 both cancelled: the task ends as cancelled once', () =>
      run(function* () {
        const future = newFuture();
        const task = asyncio.createTask(
          (function* () {
            yield* future;
          })(),
        );
        yield* asyncio.sleep(0);
        future.cancel();
        task.cancel();
        yield* outcomeOf(task);
        expect([task.done(), future.cancelled(), task.cancelled()]).to.deep.equal([true, true, true]);
      }));

    it('#30 awaiting a future that is cancelled already ends the task too', () =>
      run(function* () {
        const future = newFuture();
        future.cancel();
        const task = asyncio.createTask(
          (function* () {
            yield* future;
          })(),
        );
        yield* outcomeOf(task);
        expect(task.cancelled()).to.equal(true);
      }));
  });

  it('goes through coroutines from the inside out, each with its say', () =>
    run(function* () {
      const log: string[] = [];
      const future = newFuture();
      const inner = function* (): asyncio.Coroutine<void> {
        try {
          yield* future;
          log.push('inner went on');
        } catch (error) {
          log.push('inner');
          throw error;
        }
      };
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* inner();
          } catch (error) {
            log.push('outer');
            if (!asyncio.isCancelled(error)) throw error;
          }
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel();
      yield* task;
      expect(log).to.deep.equal(['inner', 'outer']);
      expect(future.cancelled()).to.equal(true);
      expect(task.cancelled()).to.equal(false);
    }));

  it('lets a finally wait, and the cancellation goes on after it', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* newFuture();
          } finally {
            yield* asyncio.sleep(0.001);
            log.push('cleaned up');
          }
          log.push('never reached');
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel('f');
      const error = yield* outcomeOf(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['f']);
      expect([task.cancelled(), log]).to.deep.equal([true, ['cleaned up']]);
    }));

  it('a second cancel interrupts the wait in that finally', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* newFuture();
          } finally {
            try {
              yield* newFuture();
            } finally {
              log.push('cleanup interrupted');
            }
          }
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel('first');
      yield* asyncio.sleep(0);
      expect(task.done()).to.equal(false);
      task.cancel('second');
      expect(((yield* outcomeOf(task)) as asyncio.CancelledError).args).to.deep.equal(['second']);
      expect(log).to.deep.equal(['cleanup interrupted']);
    }));

  it('wait() does not shield nor cancel what it waits for', () =>
    run(function* () {
      const future = newFuture();
      const inner = asyncio.createTask(
        (function* () {
          yield* future;
          return 1;
        })(),
      );
      const outer = asyncio.createTask(asyncio.wait([inner]));
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      outer.cancel();
      yield* outcomeOf(outer);
      expect([outer.cancelled(), inner.done()]).to.deep.equal([true, false]);
      future.setResult();
      expect(yield* inner).to.equal(1);
    }));

  it('a task can cancel the one that awaits it', () =>
    run(function* () {
      const waiter = asyncio.createTask(
        (function* (): asyncio.Coroutine<unknown> {
          const self = asyncio.currentTask() as asyncio.Task<unknown>;
          const child = asyncio.createTask(
            (function* () {
              self.cancel('from the child');
              return 'child';
            })(),
          );
          try {
            return yield* child;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            return [error.args, child.cancelled()];
          }
        })(),
      );
      expect(yield* waiter).to.deep.equal([['from the child'], true]);
    }));
});

describe('#31 the rules for turning a cancellation into another error', () => {
  /** A timeout as a user would write it with cancel() and uncancel(). */
  function* withDeadline(delay: number, body: asyncio.Coroutine<unknown>): asyncio.Coroutine<unknown> {
    const task = asyncio.currentTask() as asyncio.Task<unknown>;
    const before = task.cancelling();
    let fired = false;
    const handle = asyncio.getRunningLoop().callLater(delay, () => {
      fired = true;
      task.cancel();
    });
    let error: unknown = null;
    try {
      return yield* body;
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      handle.cancel();
      if (fired && task.uncancel() === before && asyncio.isCancelled(error)) {
        // biome-ignore lint/correctness/noUnsafeFinally: the deadline takes the place of its own cancellation
        throw new asyncio.TimeoutError();
      }
    }
  }

  it('#31 a deadline that passes becomes TimeoutError, and the count is as before', () =>
    simulate(function* () {
      const task = asyncio.currentTask() as asyncio.Task<unknown>;
      expect(yield* outcomeOf(withDeadline(1, asyncio.sleep(10)))).to.be.instanceOf(asyncio.TimeoutError);
      expect(task.cancelling()).to.equal(0);
      expect(asyncio.getRunningLoop().time()).to.equal(1);
      yield* asyncio.sleep(1);
    }));

  it('#31 a block that ends in time gives its result, and nothing is left armed', () =>
    simulate(function* () {
      const task = asyncio.currentTask() as asyncio.Task<unknown>;
      expect(yield* withDeadline(5, asyncio.sleep(1, 'in time'))).to.equal('in time');
      yield* asyncio.sleep(10);
      expect(task.cancelling()).to.equal(0);
    }));

  it('#31 a block that swallows the cancellation and returns leaves the count as before', () =>
    simulate(function* () {
      const task = asyncio.currentTask() as asyncio.Task<unknown>;
      const stubborn = (function* () {
        yield* outcomeOf(asyncio.sleep(10));
        return 'refused';
      })();
      expect(yield* withDeadline(1, stubborn)).to.equal('refused');
      expect(task.cancelling()).to.equal(0);
    }));

  it('#31 an error of its own is not converted', () =>
    simulate(function* () {
      const boom = new Error('connection lost');
      const failing = (function* () {
        yield* outcomeOf(asyncio.sleep(10));
        throw boom;
      })();
      expect(yield* outcomeOf(withDeadline(1, failing))).to.equal(boom);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('#31 nested deadlines: only the one that fired converts', () =>
    simulate(function* () {
      const log: string[] = [];
      const inner = (function* () {
        const outcome = yield* outcomeOf(withDeadline(1, asyncio.sleep(10)));
        log.push((outcome as Error).name);
        yield* asyncio.sleep(1);
        return 'went on';
      })();
      expect(yield* withDeadline(5, inner)).to.equal('went on');
      expect(log).to.deep.equal(['TimeoutError']);
    }));

  it('#31 a cancel from outside wins over a deadline that passes at the same time', () =>
    simulate(function* () {
      const task = asyncio.createTask(withDeadline(1, asyncio.sleep(10)));
      asyncio.getRunningLoop().callAt(1, () => task.cancel('from outside'));
      const outcome = yield* outcomeOf(task);
      expect(asyncio.isCancelled(outcome)).to.equal(true);
      expect([task.cancelled(), task.cancelling()]).to.deep.equal([true, 1]);
    }));
});
