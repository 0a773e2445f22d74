// The bridges to Promises and native async functions, both ways.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { describeEachLoop, recordReports } from '../support/loops.ts';
import { passes, raised, rejection } from '../support/outcomes.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

/** A Promise and what settles it. */
function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

function realTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Lets the reactions of native Promises run, and the page some tasks. */
function* turns(count = 2): asyncio.Coroutine<void> {
  for (let turn = 0; turn < count; turn++) yield* asyncio.fromPromise(realTurn());
}

describeEachLoop('fromPromise', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('gives a future of the running loop, with the value of the Promise', () =>
    run(function* () {
      const future = asyncio.fromPromise(Promise.resolve('value'));
      expect(future).to.be.instanceOf(asyncio.Future);
      expect(future.getLoop()).to.equal(asyncio.getRunningLoop());
      expect(future.done()).to.equal(false);
      const value: string = yield* future;
      expect(value).to.equal('value');
    }));

  it('throws the very error that the Promise is rejected with', () =>
    run(function* () {
      const failure = new RangeError('spam');
      expect(yield* raised(asyncio.fromPromise(Promise.reject(failure)))).to.equal(failure);
    }));

  for (const reason of ['a string', undefined, null, 0, { code: 5 }, Symbol('reason')]) {
    it(`a rejection with ${String(reason)} gives a TypeError that has it as its cause`, () =>
      run(function* () {
        const error = yield* raised(asyncio.fromPromise(Promise.reject(reason)));
        expect(error).to.be.instanceOf(TypeError);
        expect((error as Error).message).to.equal('exceptions must derive from BaseException');
        expect(error).to.have.property('cause', reason);
      }));
  }

  it('a DOMException is passed on as it is', () =>
    run(function* () {
      const error = yield* raised(
        asyncio.fromPromise(Promise.reject(new DOMException('gone', 'NotFoundError'))),
      );
      expect(error).to.be.instanceOf(DOMException);
      expect((error as DOMException).name).to.equal('NotFoundError');
    }));

  it('takes a Promise of another realm (an iframe), and its errors as they are', async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    try {
      const realm = frame.contentWindow as unknown as {
        Promise: PromiseConstructor;
        Error: ErrorConstructor;
      };
      await run(function* () {
        const promise = realm.Promise.resolve('from the frame');
        expect(promise).to.not.be.instanceOf(Promise);
        expect(yield* asyncio.fromPromise(promise)).to.equal('from the frame');
        const failure = new realm.Error('foreign');
        expect(yield* raised(asyncio.fromPromise(realm.Promise.reject(failure)))).to.equal(failure);
      });
    } finally {
      frame.remove();
    }
  });

  it('takes any thenable', () =>
    run(function* () {
      const thenable: PromiseLike<string> = {
        then(resolve: ((value: string) => unknown) | null | undefined): never {
          queueMicrotask(() => resolve?.('thenable'));
          return undefined as never;
        },
      };
      expect(yield* asyncio.fromPromise(thenable)).to.equal('thenable');
    }));

  it('a thenable whose then() throws fails with that error', () =>
    run(function* () {
      const failure = new Error('hostile');
      const thenable: PromiseLike<string> = {
        then(): never {
          throw failure;
        },
      };
      expect(yield* raised(asyncio.fromPromise(thenable))).to.equal(failure);
    }));

  it('a thenable that settles several times: the first counts', () =>
    run(function* () {
      const thenable: PromiseLike<string> = {
        then(
          resolve: ((value: string) => unknown) | null | undefined,
          reject: ((reason: unknown) => unknown) | null | undefined,
        ): never {
          resolve?.('first');
          resolve?.('second');
          reject?.(new Error('third'));
          return undefined as never;
        },
      };
      expect(yield* asyncio.fromPromise(thenable)).to.equal('first');
    }));

  it('a future is returned as it is', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture<number>();
      expect(asyncio.fromPromise(future)).to.equal(future);
      const task = asyncio.createTask(asyncio.sleep(0));
      expect(asyncio.wrapFuture(task)).to.equal(task);
      yield* task;
    }));

  it('what is no Promise is refused at the call, and so is a function that gives none', () =>
    run(function* () {
      for (const rubbish of [5, 'text', null, undefined, {}])
        expect(() => asyncio.fromPromise(rubbish as never)).to.throw(TypeError, 'a Promise was expected');
      for (const nothing of [() => 5, () => undefined, () => null])
        expect(() => asyncio.fromPromise(nothing as never)).to.throw(TypeError, 'a Promise was expected');
    }));

  it('a function is called at once, with a signal that is not aborted', () =>
    run(function* () {
      let signal: AbortSignal | undefined;
      const future = asyncio.fromPromise((given) => {
        signal = given;
        return Promise.resolve('made');
      });
      expect(signal).to.be.instanceOf(AbortSignal);
      expect(signal?.aborted).to.equal(false);
      expect(yield* future).to.equal('made');
      expect(signal?.aborted).to.equal(false);
    }));

  it('a function that throws gives a future with that error', () =>
    run(function* () {
      const failure = new Error('thrown');
      const future = asyncio.fromPromise(() => {
        throw failure;
      });
      expect(yield* raised(future)).to.equal(failure);
    }));

  it('a function that throws what is no Error gives a TypeError that has it as its cause', () =>
    run(function* () {
      const error = yield* raised(
        asyncio.fromPromise(() => {
          throw 'a string';
        }),
      );
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).cause).to.equal('a string');
    }));

  it('cancelling it aborts the signal at once, with a CancelledError that has the message', () =>
    run(function* () {
      let signal: AbortSignal | undefined;
      const future = asyncio.fromPromise((given) => {
        signal = given;
        return new Promise(() => undefined);
      });
      expect(future.cancel('why')).to.equal(true);
      expect(future.cancelled()).to.equal(true);
      expect(signal?.aborted).to.equal(true);
      expect(signal?.reason).to.be.instanceOf(asyncio.CancelledError);
      expect(signal?.reason.args).to.deep.equal(['why']);
      expect(future.cancel()).to.equal(false);
    }));

  it('cancelling the task that waits aborts the signal, and does not wait for the Promise', () =>
    run(function* () {
      let signal: AbortSignal | undefined;
      const task = asyncio.createTask(
        (function* () {
          yield* asyncio.fromPromise((given) => {
            signal = given;
            return new Promise(() => undefined);
          });
        })(),
      );
      yield* asyncio.sleep(0);
      expect(signal?.aborted).to.equal(false);
      task.cancel();
      expect(signal?.aborted).to.equal(true);
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('once it is settled the signal is never aborted', () =>
    run(function* () {
      let signal: AbortSignal | undefined;
      const future = asyncio.fromPromise((given) => {
        signal = given;
        return Promise.resolve(1);
      });
      yield* future;
      expect(future.cancel()).to.equal(false);
      expect(signal?.aborted).to.equal(false);
    }));

  it('a Promise that is rejected with a CancelledError cancels the future', () =>
    run(function* () {
      const cancelled = new asyncio.CancelledError('from inside');
      const future = asyncio.fromPromise(Promise.reject(cancelled));
      expect(yield* raised(future)).to.equal(cancelled);
      expect(future.cancelled()).to.equal(true);
    }));

  it('the resolution may come from outside the loop and wakes it', async () => {
    const { promise, resolve } = deferred<string>();
    const result = run(() => asyncio.waitFor(promise, 1000));
    setTimeout(() => resolve('from outside'), 0);
    expect(await result).to.equal('from outside');
  });

  it('belongs to the loop that is given', async () => {
    const loop = newLoop();
    const future = asyncio.fromPromise(Promise.resolve('value'), { loop });
    expect(future.getLoop()).to.equal(loop);
    expect(await loop.runUntilComplete(future)).to.equal('value');
    loop.close();
  });

  describe('what the Promise does after the future was cancelled', () => {
    /** Cancels a future and settles its Promise afterwards; gives what was reported. */
    async function late(
      settle: (settlers: ReturnType<typeof deferred<string>>, signal: AbortSignal | undefined) => void,
      options: { readonly withSignal: boolean },
    ): Promise<{ reports: asyncio.ExceptionContext[]; uncaught: unknown[]; future: asyncio.Future<string> }> {
      const loop = newLoop();
      const reports = recordReports(loop);
      const settlers = deferred<string>();
      let signal: AbortSignal | undefined;
      let future: asyncio.Future<string> | undefined;
      const uncaught = await uncaughtDuring(() =>
        loop.runUntilComplete(
          (function* () {
            future = asyncio.fromPromise(
              options.withSignal
                ? (given: AbortSignal) => {
                    signal = given;
                    return settlers.promise;
                  }
                : settlers.promise,
            );
            future.cancel();
            yield* passes(2);
            settle(settlers, signal);
            yield* turns();
          })(),
        ),
      );
      loop.close();
      return { reports, uncaught, future: future as asyncio.Future<string> }; // set in the run
    }

    for (const withSignal of [true, false]) {
      const how = withSignal ? 'with a signal' : 'without a signal';

      it(`a value is ignored (${how})`, async () => {
        const { reports, uncaught, future } = await late(({ resolve }) => resolve('late'), { withSignal });
        expect(future.cancelled()).to.equal(true);
        expect(reports).to.deep.equal([]);
        expect(uncaught).to.deep.equal([]);
      });

      for (const reason of [new RangeError('late'), 'a string', undefined, null]) {
        it(`a rejection with ${String(reason)} is reported (${how})`, async () => {
          const { reports, uncaught, future } = await late(({ reject }) => reject(reason), { withSignal });
          expect(reports).to.have.length(1);
          expect(reports[0]?.message).to.equal('Promise was rejected after its future was cancelled');
          expect(reports[0]).to.have.property('exception', reason);
          expect(reports[0]?.future).to.equal(future);
          expect(uncaught).to.deep.equal([]);
        });
      }
    }

    it('a rejection that only says that it was aborted is not reported: the reason of the signal', async () => {
      const { reports, uncaught } = await late(({ reject }, signal) => reject(signal?.reason), {
        withSignal: true,
      });
      expect(reports).to.deep.equal([]);
      expect(uncaught).to.deep.equal([]);
    });

    it('a rejection that only says that it was aborted is not reported: an AbortError', async () => {
      const { reports } = await late(({ reject }) => reject(new DOMException('stopped', 'AbortError')), {
        withSignal: true,
      });
      expect(reports).to.deep.equal([]);
    });

    it('an AbortError is reported where no abort was asked for', async () => {
      const abort = new DOMException('stopped', 'AbortError');
      const { reports } = await late(({ reject }) => reject(abort), { withSignal: false });
      expect(reports.map((report) => report.exception)).to.deep.equal([abort]);
    });
  });

  it('an error that nobody looks at is reported when the loop closes, not as an unhandled rejection', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const failure = new Error('unseen');
    const uncaught = await uncaughtDuring(() =>
      loop.runUntilComplete(
        (function* () {
          asyncio.fromPromise(Promise.reject(failure));
          yield* turns();
        })(),
      ),
    );
    expect(reports).to.deep.equal([]);
    loop.close();
    expect(uncaught).to.deep.equal([]);
    expect(reports.map((report) => report.exception)).to.deep.equal([failure]);
  });
});

describe('fromPromise', () => {
  it('outside a loop needs one: without it the function is not called', () => {
    let called = false;
    expect(() =>
      asyncio.fromPromise(() => {
        called = true;
        return Promise.resolve();
      }),
    ).to.throw(asyncio.RuntimeError, 'no current event loop');
    expect(called).to.equal(false);
  });

  it('wrapFuture is its asyncio name', () => {
    expect(asyncio.fromPromise).to.equal(asyncio.wrapFuture);
  });

  it('cancels a real fetch', async () => {
    const reports: asyncio.ExceptionContext[] = [];
    const loop = new asyncio.BrowserEventLoop();
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    let fetching: Promise<Response> | null = null;
    const error = await loop.runUntilComplete(
      raised(
        (function* () {
          const response = asyncio.fromPromise((signal) => {
            fetching = fetch(location.href, { signal, cache: 'no-store' });
            return fetching;
          });
          // In the same task of the page: nothing can have come from the server yet.
          response.cancel();
          yield* response;
        })(),
      ),
    );
    expect(error).to.be.instanceOf(asyncio.CancelledError);
    // The engine rejects when it gets to it, so the fetch itself is waited for.
    const aborted = await (fetching as unknown as Promise<Response>).then(
      () => null,
      (thrown: Error) => thrown.name,
    );
    // The reason of the signal; WebKit's fetch gives an AbortError in its place.
    expect(aborted).to.be.oneOf(['CancelledError', 'AbortError']);
    await realTurn();
    await loop.runUntilComplete(turns(3));
    loop.close();
    expect(reports).to.deep.equal([]);
  });
});

describeEachLoop('a task as a Promise', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('await, then() and toPromise() give the result', async () => {
    const loop = newLoop();
    const task = loop.createTask(asyncio.sleep(0, 'result'));
    const seen = Promise.all([
      (async () => await task)(),
      task.then((value) => `then ${value}`),
      task.toPromise(),
      Promise.resolve(task),
    ]);
    await loop.runUntilComplete(task);
    await loop.runUntilComplete(passes(3));
    expect(await seen).to.deep.equal(['result', 'then result', 'result', 'result']);
    expect(await task).to.equal('result');
    expect(task.toPromise()).to.be.instanceOf(Promise);
    loop.close();
  });

  it('a native async function sees the error', async () => {
    const failure = new RangeError('spam');
    await run(function* () {
      const task = asyncio.createTask(
        (function* (): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          throw failure;
        })(),
      );
      const seen = yield* asyncio.asyncTask(async () => {
        try {
          await task;
        } catch (error) {
          return error;
        }
        return 'nothing';
      });
      expect(seen).to.equal(failure);
    });
  });

  it('a native async function sees the cancellation, with its message', async () => {
    await run(function* () {
      const task = asyncio.createTask(asyncio.sleep(1000));
      const seen = asyncio.createTask(
        asyncio.asyncTask(async () => {
          try {
            await task;
          } catch (error) {
            return error;
          }
          return 'nothing';
        }),
      );
      yield* passes(2);
      task.cancel('why');
      const error = yield* seen;
      expect(error).to.be.instanceOf(asyncio.CancelledError);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
    });
  });

  it('one that is cancelled raises no unhandled rejection of its own', async () => {
    const uncaught = await uncaughtDuring(() =>
      run(function* () {
        const task = asyncio.createTask(asyncio.sleep(1000));
        void task.toPromise();
        void task.then(() => undefined);
        void task.then();
        void task.then(null, null);
        yield* passes(2);
        task.cancel();
        yield* asyncio.wait([task]);
        // Also when it is done already.
        void task.toPromise();
        void task.then(() => undefined);
        yield* turns();
      }),
    );
    expect(uncaught).to.deep.equal([]);
  });

  it('one that is cancelled rejects all the same', async () => {
    await run(function* () {
      const task = asyncio.createTask(asyncio.sleep(1000));
      const rejected = [rejection(task.toPromise()), rejection(task.then(() => undefined)), rejection(task)];
      task.cancel();
      for (const error of yield* asyncio.fromPromise(Promise.all(rejected)))
        expect(error).to.be.instanceOf(asyncio.CancelledError);
    });
  });

  it('one that fails raises an unhandled rejection, since the bridge counts as the reader of the error', async () => {
    const failure = new Error('nobody looks');
    const loop = newLoop();
    const reports = recordReports(loop);
    const uncaught = await uncaughtDuring(() =>
      loop.runUntilComplete(
        (function* () {
          const task = asyncio.createTask(
            (function* (): asyncio.Coroutine<void> {
              yield* asyncio.sleep(0);
              throw failure;
            })(),
          );
          void task.toPromise();
          yield* turns(3);
        })(),
      ),
    );
    loop.close();
    expect(uncaught).to.deep.equal([failure]);
    expect(reports).to.deep.equal([]);
  });

  it('a reaction that fails raises an unhandled rejection, also after a cancellation', async () => {
    const failure = new Error('in the reaction');
    const uncaught = await uncaughtDuring(() =>
      run(function* () {
        const task = asyncio.createTask(asyncio.sleep(1000));
        void task.then(undefined, () => {
          throw failure;
        });
        task.cancel();
        yield* turns(3);
      }),
    );
    expect(uncaught).to.deep.equal([failure]);
  });
});

describe('a cancelled task as a Promise', () => {
  it('raises no unhandled rejection, wherever the host cuts the batch', async () => {
    const uncaught = await uncaughtDuring(async () => {
      const host = new FakeHost();
      const loop = new asyncio.BaseEventLoop(host);
      const run = loop.runForever();
      const task = loop.createTask(asyncio.sleep(1000));
      host.drain();
      void task.toPromise();
      void task.then(() => undefined);
      task.cancel();
      // One callback in each task of the page.
      while (host.soon) {
        host.pump(1);
        await realTurn();
        await realTurn();
      }
      expect(task.cancelled()).to.equal(true);
      loop.stop();
      host.drain();
      await run;
      loop.close();
    });
    expect(uncaught).to.deep.equal([]);
  });
});

describeEachLoop('asyncTask', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('gives the value of the function', () =>
    run(function* () {
      const value: string = yield* asyncio.asyncTask(async () => {
        await realTurn();
        return 'value';
      });
      expect(value).to.equal('value');
    }));

  it('throws the error of the function', () =>
    run(function* () {
      const failure = new RangeError('spam');
      expect(
        yield* raised(
          asyncio.asyncTask(async () => {
            throw failure;
          }),
        ),
      ).to.equal(failure);
    }));

  it('a rejection with what is no Error gives a TypeError that has it as its cause', () =>
    run(function* () {
      const error = yield* raised(asyncio.asyncTask(() => Promise.reject('a string')));
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).cause).to.equal('a string');
    }));

  it('a function that throws at the call throws', () =>
    run(function* () {
      const failure = new Error('at the call');
      expect(
        yield* raised(
          asyncio.asyncTask(() => {
            throw failure;
          }),
        ),
      ).to.equal(failure);
    }));

  it('a function that gives no Promise is a TypeError', () =>
    run(function* () {
      for (const nothing of [() => 5, () => undefined, () => asyncio.sleep(0)]) {
        const error = yield* raised(asyncio.asyncTask(nothing as never));
        expect(error).to.be.instanceOf(TypeError);
        expect((error as Error).message).to.include('a Promise was expected');
      }
    }));

  it('is lazy: the function is called in its first step', () =>
    run(function* () {
      let called = false;
      const coro = asyncio.asyncTask(async () => {
        called = true;
      });
      yield* passes(2);
      expect(called).to.equal(false);
      yield* coro;
      expect(called).to.equal(true);
    }));

  it('one whose task is cancelled before the start never calls the function', () =>
    run(function* () {
      let called = false;
      const task = asyncio.createTask(
        asyncio.asyncTask(async () => {
          called = true;
        }),
      );
      task.cancel();
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
      expect(called).to.equal(false);
    }));

  it('the function finds the running loop in its first lines', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      yield* asyncio.asyncTask(async () => {
        expect(asyncio.getRunningLoop()).to.equal(loop);
      });
    }));

  it('cancelling aborts the signal and waits for the cleanup of the function', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        asyncio.asyncTask(async (signal) => {
          try {
            await new Promise((_resolve, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason)),
            );
          } finally {
            await realTurn();
            log.push('cleaned up');
          }
        }),
      );
      yield* passes(2);
      task.cancel('why');
      const error = yield* raised(task);
      expect(error).to.be.instanceOf(asyncio.CancelledError);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
      expect(task.cancelled()).to.equal(true);
      expect(log).to.deep.equal(['cleaned up']);
    }));

  it('an AbortError in answer to the cancel is the cancellation', () =>
    run(function* () {
      const task = asyncio.createTask(
        asyncio.asyncTask(async (signal) => {
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError'))),
          );
        }),
      );
      yield* passes(2);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(task.cancelled()).to.equal(true);
    }));

  it('an AbortError without a cancel is an error', () =>
    run(function* () {
      const abort = new DOMException('stopped', 'AbortError');
      const task = asyncio.createTask(asyncio.asyncTask(() => Promise.reject(abort)));
      expect(yield* raised(task)).to.equal(abort);
      expect(task.cancelled()).to.equal(false);
    }));

  it('another error of the cleanup takes the place of the cancellation', () =>
    run(function* () {
      const failure = new Error('cleanup');
      const task = asyncio.createTask(
        asyncio.asyncTask(async (signal) => {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          throw failure;
        }),
      );
      yield* passes(2);
      task.cancel();
      expect(yield* raised(task)).to.equal(failure);
    }));

  it('a function that gives a value in spite of the cancel does not swallow it', () =>
    run(function* () {
      const task = asyncio.createTask(
        asyncio.asyncTask(async (signal) => {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          return 'a value';
        }),
      );
      yield* passes(2);
      task.cancel('why');
      const error = yield* raised(task);
      expect(asyncio.isCancelled(error)).to.equal(true);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
      expect(task.cancelled()).to.equal(true);
    }));

  it('a loop of functions that do not look at their signal can be cancelled', () =>
    run(function* () {
      let rounds = 0;
      const task = asyncio.createTask(
        (function* () {
          for (;;) {
            yield* asyncio.asyncTask(async () => {
              await null;
              rounds += 1;
            });
          }
        })(),
      );
      yield* passes(5);
      task.cancel();
      expect(asyncio.isCancelled(yield* raised(task))).to.equal(true);
      expect(rounds).to.be.above(0);
    }));

  it('a second cancel during the cleanup does not cut it; the last message arrives', () =>
    run(function* () {
      const log: string[] = [];
      const gate = deferred<void>();
      const task = asyncio.createTask(
        asyncio.asyncTask(async (signal) => {
          signal.addEventListener('abort', () => log.push('abort'));
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          await gate.promise;
          log.push('cleaned up');
          signal.throwIfAborted();
        }),
      );
      yield* passes(2);
      task.cancel('first');
      yield* passes(3);
      task.cancel('second');
      yield* passes(3);
      expect(task.done()).to.equal(false);
      gate.resolve();
      const error = yield* raised(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['second']);
      expect(log).to.deep.equal(['abort', 'cleaned up']);
    }));

  it('#39 a cancel after the function has ended, before the task goes on, is not lost', () =>
    run(function* () {
      const gate = deferred<string>();
      let signal: AbortSignal | undefined;
      let reachedEnd = false;
      const task: asyncio.Task<void> = asyncio.createTask(
        (function* () {
          yield* asyncio.asyncTask((given) => {
            signal = given;
            return gate.promise;
          });
          yield* asyncio.sleep(0);
          reachedEnd = true;
        })(),
      );
      yield* passes(2);
      gate.resolve('value');
      // The reaction of the bridge comes first; what is queued here runs before the task is woken.
      void gate.promise.then(() => task.cancel());
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(signal).to.be.instanceOf(AbortSignal);
      expect(reachedEnd).to.equal(false);
    }));

  it('once the function has ended the signal is never aborted', () =>
    run(function* () {
      let signal: AbortSignal | undefined;
      const task = asyncio.createTask(
        (function* () {
          yield* asyncio.asyncTask(async (given) => {
            signal = given;
          });
          yield* asyncio.sleep(1000);
        })(),
      );
      yield* turns();
      task.cancel();
      yield* asyncio.wait([task]);
      expect(signal?.aborted).to.equal(false);
    }));

  it('in a timeout: TimeoutError, after the cleanup of the function', () =>
    run(function* () {
      const log: string[] = [];
      const error = yield* raised(
        asyncio.withTimeout(0, () =>
          asyncio.asyncTask(async (signal) => {
            await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
            await realTurn();
            log.push('cleaned up');
            signal.throwIfAborted();
          }),
        ),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(log).to.deep.equal(['cleaned up']);
    }));

  it('in a group: a failing sibling aborts the function, which is waited for', () =>
    run(function* () {
      const failure = new Error('sibling');
      const log: string[] = [];
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(
            asyncio.asyncTask(async (signal) => {
              await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
              await realTurn();
              log.push('cleaned up');
              signal.throwIfAborted();
            }),
          );
          group.createTask(
            (function* () {
              yield* passes(3);
              throw failure;
            })(),
          );
        }),
      );
      expect((error as asyncio.ExceptionGroup).errors).to.deep.equal([failure]);
      expect(log).to.deep.equal(['cleaned up']);
    }));

  it('raises no unhandled rejection, however it ends', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const uncaught = await uncaughtDuring(() =>
      loop.runUntilComplete(
        (function* () {
          yield* raised(asyncio.asyncTask(() => Promise.reject(new Error('spam'))));
          const task = asyncio.createTask(
            asyncio.asyncTask(
              (signal) =>
                new Promise((_resolve, reject) =>
                  signal.addEventListener('abort', () => reject(signal.reason)),
                ),
            ),
          );
          yield* passes(2);
          task.cancel();
          yield* asyncio.wait([task]);
          yield* turns();
        })(),
      ),
    );
    loop.close();
    expect(uncaught).to.deep.equal([]);
    expect(reports).to.deep.equal([]);
  });
});
