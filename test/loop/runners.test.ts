import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { recordReports } from '../support/loops.ts';
import { realTurns, rejection } from '../support/outcomes.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

/** A signal that knows how many listeners it has. */
function countedSignal(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1]);
    return addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    return removeEventListener.apply(signal, args);
  };
  return { controller, signal, listeners: () => listeners.size };
}

const disposeSymbol: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never);

const kinds: Record<string, asyncio.LoopFactory<asyncio.BaseEventLoop> | null> = {
  'the default loop': null,
  SimLoop: () => new SimLoop(),
};

for (const [kind, loopFactory] of Object.entries(kinds)) {
  describe(`run (${kind})`, () => {
    function run<T>(main: asyncio.Main<T>, options?: asyncio.RunOptions): Promise<T> {
      return asyncio.run(main, { loopFactory, ...options });
    }

    it('gives the result of main', async () => {
      const result: Promise<number> = run(function* () {
        yield* asyncio.sleep(0);
        return 42;
      });
      expect(await result).to.equal(42);
    });

    it('rejects with the very error of main', async () => {
      const failure = new RangeError('spam');
      const promise = run(function* (): asyncio.Coroutine<void> {
        yield* asyncio.sleep(0);
        throw failure;
      });
      expect(await rejection(promise)).to.equal(failure);
    });

    it('takes a coroutine, an async function, a Promise, and any awaitable', async () => {
      function* coroutine(): asyncio.Coroutine<string> {
        yield* asyncio.sleep(0);
        return 'coroutine';
      }
      const awaitable: asyncio.Awaitable<string> = {
        *[Symbol.iterator]() {
          yield* asyncio.sleep(0);
          return 'awaitable';
        },
      };
      expect(await run(coroutine())).to.equal('coroutine');
      expect(await run(async () => 'async function')).to.equal('async function');
      expect(await run(Promise.resolve('Promise'))).to.equal('Promise');
      expect(await run(() => Promise.resolve('function of a Promise'))).to.equal('function of a Promise');
      expect(await run(awaitable)).to.equal('awaitable');
      expect(await run(() => awaitable)).to.equal('awaitable');
    });

    it('rejects with what the Promise is rejected with', async () => {
      const failure = new Error('spam');
      expect(await rejection(run(() => Promise.reject(failure)))).to.equal(failure);
      expect(
        await rejection(
          run(async () => {
            throw failure;
          }),
        ),
      ).to.equal(failure);
    });

    it('calls main inside the loop, as a task', async () => {
      let seen: asyncio.AbstractEventLoop | null = null;
      await run(async () => {
        seen = asyncio.getRunningLoop();
      });
      expect(seen).to.be.instanceOf(asyncio.BaseEventLoop);
      await run(function* () {
        expect(asyncio.currentTask()).to.be.instanceOf(asyncio.Task);
        expect(asyncio.allTasks()).to.deep.equal(new Set([asyncio.currentTask()]));
      });
    });

    it('refuses at the call what is not awaitable', () => {
      for (const rubbish of [1, 'main', null, undefined, {}, []]) {
        expect(() => run(rubbish as never)).to.throw(
          TypeError,
          'An asyncio.Future, a coroutine or an awaitable is required',
        );
      }
      expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    });

    it('rejects when main gives nothing awaitable', async () => {
      const error = await rejection(run((() => 5) as never));
      expect(error).to.be.instanceOf(TypeError);
    });

    it('#20 cannot be called inside a running loop: it throws at the call and closes the coroutine', async () => {
      let started = false;
      function* inner(): asyncio.Coroutine<void> {
        started = true;
        yield* asyncio.sleep(0);
      }
      await run(function* () {
        const coro = inner();
        expect(() => asyncio.run(coro)).to.throw(
          asyncio.RuntimeError,
          'asyncio.run() cannot be called from a running event loop',
        );
        expect(coro.next()).to.deep.equal({ value: undefined, done: true });
        expect(() => asyncio.run(inner)).to.throw(asyncio.RuntimeError);
      });
      expect(started).to.equal(false);
    });

    it('closes its loop, and leaves no current one', async () => {
      let loop: asyncio.AbstractEventLoop | undefined;
      await run(function* () {
        loop = asyncio.getRunningLoop();
      });
      expect(loop?.isClosed()).to.equal(true);
      expect(loop?.isRunning()).to.equal(false);
      expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    });

    it('sets debug mode as it is told', async () => {
      function* isDebug(): asyncio.Coroutine<boolean> {
        return asyncio.getRunningLoop().getDebug();
      }
      expect(await run(isDebug)).to.equal(false);
      expect(await run(isDebug, { debug: true })).to.equal(true);
      expect(await run(isDebug, { debug: false })).to.equal(false);
    });

    it('two runs in one page do not meet', async () => {
      const log: string[] = [];
      function* work(name: string): asyncio.Coroutine<string> {
        const loop = asyncio.getRunningLoop();
        for (let step = 0; step < 3; step++) {
          log.push(name);
          yield* asyncio.sleep(0.001);
          expect(asyncio.getRunningLoop()).to.equal(loop);
          expect(asyncio.allTasks().size).to.equal(1);
        }
        return name;
      }
      const results = await Promise.all([run(() => work('a')), run(() => work('b'))]);
      expect(results).to.deep.equal(['a', 'b']);
      expect(log.sort()).to.deep.equal(['a', 'a', 'a', 'b', 'b', 'b']);
      expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    });

    it('can be called again and again', async () => {
      for (let round = 0; round < 20; round++) {
        expect(
          await run(function* () {
            yield* asyncio.sleep(0);
            return round;
          }),
        ).to.equal(round);
      }
    });

    describe('its shutdown', () => {
      it('#19 cancels the tasks that are left, all together, and waits for them', async () => {
        const log: string[] = [];
        function* leftover(name: string, cleanup: number): asyncio.Coroutine<void> {
          try {
            yield* asyncio.sleep(100);
          } catch (error) {
            log.push(`${name}: ${(error as Error).name}`);
            throw error;
          } finally {
            for (let step = 0; step < cleanup; step++) yield* asyncio.sleep(0);
            log.push(`${name} cleaned up`);
          }
        }
        const tasks: asyncio.Task<void>[] = [];
        const result = await run(function* () {
          tasks.push(asyncio.createTask(leftover('a', 3)), asyncio.createTask(leftover('b', 1)));
          yield* asyncio.sleep(0);
          return 123;
        });
        expect(result).to.equal(123);
        expect(tasks.map((task) => task.cancelled())).to.deep.equal([true, true]);
        expect(log).to.deep.equal(['a: CancelledError', 'b: CancelledError', 'b cleaned up', 'a cleaned up']);
      });

      it('a task that was left before its first step never runs', async () => {
        const log: string[] = [];
        let grandchild: asyncio.Task<void> | undefined;
        await run(function* () {
          // The child has its first step in the batch in which the loop is stopped, the grandchild would be next.
          asyncio.createTask(
            (function* () {
              log.push('child');
              grandchild = asyncio.createTask(
                (function* () {
                  log.push('grandchild');
                })(),
              );
              yield* asyncio.sleep(100);
            })(),
          );
        });
        expect(log).to.deep.equal(['child']);
        expect(grandchild?.cancelled()).to.equal(true);
      });

      it('#19 reports the errors of the tasks that were left, one by one', async () => {
        const failures = [new Error('first'), new Error('second')];
        let reports: asyncio.ExceptionContext[] = [];
        const tasks: asyncio.Task<void>[] = [];
        const result = await run(function* () {
          reports = recordReports(asyncio.getRunningLoop());
          for (const failure of failures) {
            tasks.push(
              asyncio.createTask(
                (function* () {
                  try {
                    yield* asyncio.sleep(100);
                  } finally {
                    // biome-ignore lint/correctness/noUnsafeFinally: a cleanup that fails
                    throw failure;
                  }
                })(),
              ),
            );
          }
          yield* asyncio.sleep(0);
          return 123;
        });
        expect(result).to.equal(123);
        expect(reports).to.deep.equal(
          failures.map((exception, index) => ({
            message: 'unhandled exception during asyncio.run() shutdown',
            exception,
            task: tasks[index],
          })),
        );
      });

      it('#19 the error of main wins over errors of the tasks that were left', async () => {
        const failure = new Error('of main');
        let reports: asyncio.ExceptionContext[] = [];
        const promise = run(function* (): asyncio.Coroutine<void> {
          reports = recordReports(asyncio.getRunningLoop());
          asyncio.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(100);
              } catch {
                throw new Error('of the rest');
              }
            })(),
          );
          yield* asyncio.sleep(0);
          throw failure;
        });
        expect(await rejection(promise)).to.equal(failure);
        expect(reports.map((report) => (report.exception as Error).message)).to.deep.equal(['of the rest']);
      });

      it('waits for a task that refuses the cancellation', async () => {
        let result: asyncio.Task<string> | undefined;
        await run(function* () {
          result = asyncio.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(100);
              } catch {
                yield* asyncio.sleep(0.001);
              }
              return 'done all the same';
            })(),
          );
          yield* asyncio.sleep(0);
        });
        expect(result?.result()).to.equal('done all the same');
      });

      it('SystemExit of main comes out of run, after the shutdown', async () => {
        const exit = new asyncio.SystemExit(3);
        const log: string[] = [];
        const promise = run(function* (): asyncio.Coroutine<void> {
          asyncio.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(100);
              } finally {
                log.push('cleaned up');
              }
            })(),
          );
          yield* asyncio.sleep(0);
          throw exit;
        });
        expect(await rejection(promise)).to.equal(exit);
        expect(log).to.deep.equal(['cleaned up']);
      });

      it('SystemExit of another task comes out of run, and main is cancelled', async () => {
        const exit = new asyncio.SystemExit(3);
        const log: string[] = [];
        const promise = run(function* (): asyncio.Coroutine<void> {
          const task = asyncio.createTask(
            (function* (): asyncio.Coroutine<void> {
              throw exit;
            })(),
          );
          try {
            yield* asyncio.sleep(100);
          } catch (error) {
            log.push((error as Error).name);
            throw error;
          } finally {
            expect(task.exception()).to.equal(exit);
          }
        });
        expect(await rejection(promise)).to.equal(exit);
        expect(log).to.deep.equal(['CancelledError']);
      });
    });

    describe('the signal', () => {
      it('#21 its abort cancels main, and run rejects with KeyboardInterrupt', async () => {
        const controller = new AbortController();
        const log: string[] = [];
        const promise = run(
          function* () {
            asyncio.getRunningLoop().callSoon(() => controller.abort());
            try {
              yield* asyncio.sleep(100);
            } catch (error) {
              log.push((error as Error).name);
              throw error;
            } finally {
              yield* asyncio.sleep(0);
              log.push('cleaned up');
            }
          },
          { signal: controller.signal },
        );
        const error = await rejection(promise);
        expect(error).to.be.instanceOf(asyncio.KeyboardInterrupt);
        expect((error as Error).cause).to.equal(controller.signal.reason);
        expect(log).to.deep.equal(['CancelledError', 'cleaned up']);
      });

      it('#21 may be aborted by code outside the loop', async () => {
        const controller = new AbortController();
        const promise = run(
          function* () {
            yield* asyncio.fromPromise(new Promise(() => undefined));
          },
          { signal: controller.signal },
        );
        setTimeout(() => controller.abort(), 0);
        expect(await rejection(promise)).to.be.instanceOf(asyncio.KeyboardInterrupt);
      });

      it('#21 aborted while main only gives way: it is cancelled there', async () => {
        const controller = new AbortController();
        let rounds = 0;
        const promise = run(
          function* () {
            while (true) {
              rounds += 1;
              if (rounds === 10) controller.abort();
              yield* asyncio.sleep(0);
            }
          },
          { signal: controller.signal },
        );
        expect(await rejection(promise)).to.be.instanceOf(asyncio.KeyboardInterrupt);
        expect(rounds).to.equal(10);
      });

      it('#21 main may throw a CancelledError of its own instead', async () => {
        const controller = new AbortController();
        const promise = run(
          function* () {
            controller.abort();
            try {
              yield* asyncio.sleep(100);
            } catch {
              // Not the same object: a new one counts as well.
            }
            throw new asyncio.CancelledError();
          },
          { signal: controller.signal },
        );
        expect(await rejection(promise)).to.be.instanceOf(asyncio.KeyboardInterrupt);
      });

      it('#21 the future that main waits for is cancelled too', async () => {
        const controller = new AbortController();
        let future: asyncio.FutureLike<unknown> | undefined;
        const promise = run(
          function* () {
            future = asyncio.getRunningLoop().createFuture();
            asyncio.getRunningLoop().callSoon(() => controller.abort());
            yield* future;
          },
          { signal: controller.signal },
        );
        await rejection(promise);
        expect(future?.cancelled()).to.equal(true);
      });

      it('#21 with an ordinary cancel besides, run rejects with CancelledError', async () => {
        const controller = new AbortController();
        const promise = run(
          function* () {
            const main = asyncio.currentTask();
            asyncio.getRunningLoop().callSoon(() => {
              main?.cancel();
              controller.abort();
            });
            yield* asyncio.sleep(100);
          },
          { signal: controller.signal },
        );
        expect(await rejection(promise)).to.be.instanceOf(asyncio.CancelledError);
      });

      it('#21 tasks of another class, without uncancel(), give CancelledError', async () => {
        class PlainTask<T> extends asyncio.Task<T> {}
        Object.defineProperty(PlainTask.prototype, 'uncancel', { value: undefined });
        const controller = new AbortController();
        const factory = loopFactory ?? asyncio.newEventLoop;
        const promise = run(
          function* () {
            controller.abort();
            yield* asyncio.sleep(100);
          },
          {
            signal: controller.signal,
            loopFactory: () => {
              const loop = factory();
              loop.setTaskFactory((owner, coro, options) => new PlainTask(coro, { ...options, loop: owner }));
              return loop;
            },
          },
        );
        expect(await rejection(promise)).to.be.instanceOf(asyncio.CancelledError);
      });

      it('an interrupt that main swallows has no effect on the result', async () => {
        const controller = new AbortController();
        const promise = run(
          function* () {
            controller.abort();
            try {
              yield* asyncio.sleep(100);
            } catch {
              return 'swallowed';
            }
            return 'never';
          },
          { signal: controller.signal },
        );
        expect(await promise).to.equal('swallowed');
      });

      it('an error of the cleanup after an interrupt comes out', async () => {
        const controller = new AbortController();
        const failure = new Error('cleanup');
        const promise = run(
          function* () {
            controller.abort();
            try {
              yield* asyncio.sleep(100);
            } catch {
              throw failure;
            }
          },
          { signal: controller.signal },
        );
        expect(await rejection(promise)).to.equal(failure);
      });

      it('that is aborted at the start: main is never called', async () => {
        let called = false;
        const reason = new Error('closed');
        const promise = run(
          function* () {
            called = true;
            yield* asyncio.sleep(0);
          },
          { signal: AbortSignal.abort(reason) },
        );
        const error = await rejection(promise);
        expect(error).to.be.instanceOf(asyncio.KeyboardInterrupt);
        expect((error as Error).cause).to.equal(reason);
        expect(called).to.equal(false);
      });

      it('that is aborted after the end changes nothing', async () => {
        const { controller, signal, listeners } = countedSignal();
        const result = await run(
          function* () {
            yield* asyncio.sleep(0);
            return 'result';
          },
          { signal },
        );
        controller.abort();
        expect(result).to.equal('result');
        expect(listeners()).to.equal(0);
      });

      it('keeps no listener, whatever the end', async () => {
        const { controller, signal, listeners } = countedSignal();
        for (let round = 0; round < 3; round++) {
          await run(
            function* () {
              expect(listeners()).to.equal(1);
            },
            { signal },
          );
        }
        await rejection(
          run(
            function* (): asyncio.Coroutine<void> {
              throw new Error('spam');
            },
            { signal },
          ),
        );
        expect(listeners()).to.equal(0);
        expect(() => run(5 as never, { signal })).to.throw(TypeError);
        expect(listeners()).to.equal(0);
        const interrupted = run(() => asyncio.sleep(100), { signal });
        controller.abort();
        await rejection(interrupted);
        expect(listeners()).to.equal(0);
      });

      it('raises no unhandled rejection of its own', async () => {
        const controller = new AbortController();
        const uncaught = await uncaughtDuring(async () => {
          const promise = run(() => asyncio.sleep(100), { signal: controller.signal });
          controller.abort();
          await rejection(promise);
        });
        expect(uncaught).to.deep.equal([]);
      });

      it('the tasks that main left are cancelled as well', async () => {
        const controller = new AbortController();
        const log: string[] = [];
        const promise = run(
          function* () {
            asyncio.createTask(
              (function* () {
                try {
                  yield* asyncio.sleep(100);
                } finally {
                  log.push('child cleaned up');
                }
              })(),
            );
            yield* asyncio.sleep(0);
            try {
              controller.abort();
              yield* asyncio.sleep(100);
            } finally {
              log.push('main cleaned up');
            }
          },
          { signal: controller.signal },
        );
        expect(await rejection(promise)).to.be.instanceOf(asyncio.KeyboardInterrupt);
        expect(log).to.deep.equal(['main cleaned up', 'child cleaned up']);
      });
    });
  });
}

describe('run and its loop factory', () => {
  it('makes the loop once, and closes it', async () => {
    const loops: SimLoop[] = [];
    await asyncio.run(
      function* () {
        expect(asyncio.getRunningLoop()).to.equal(loops[0]);
      },
      {
        loopFactory: () => {
          loops.push(new SimLoop());
          return loops[0] as SimLoop;
        },
      },
    );
    expect(loops).to.have.length(1);
    expect(loops[0]?.isClosed()).to.equal(true);
  });

  it('leaves the debug mode that the factory has set', async () => {
    const loopFactory = (): SimLoop => {
      const loop = new SimLoop();
      loop.setDebug(true);
      return loop;
    };
    function* isDebug(): asyncio.Coroutine<boolean> {
      return asyncio.getRunningLoop().getDebug();
    }
    expect(await asyncio.run(isDebug, { loopFactory })).to.equal(true);
    expect(await asyncio.run(isDebug, { loopFactory, debug: false })).to.equal(false);
  });

  it('an error of the factory comes out at the call', () => {
    const failure = new Error('no loop today');
    expect(() =>
      asyncio.run(() => asyncio.sleep(0), {
        loopFactory: () => {
          throw failure;
        },
      }),
    ).to.throw(failure as never);
  });

  it('makes a BrowserEventLoop by default', async () => {
    await asyncio.run(function* () {
      expect(asyncio.getRunningLoop()).to.be.instanceOf(asyncio.BrowserEventLoop);
    });
  });

  it('#19 closes async generators after the tasks, then the executor, then the loop', async () => {
    const log: string[] = [];
    class LoggingLoop extends SimLoop {
      override *shutdownAsyncgens(): asyncio.Coroutine<void> {
        log.push('async generators');
        yield* asyncio.sleep(0);
      }
      override *shutdownDefaultExecutor(): asyncio.Coroutine<void> {
        log.push('executor');
        yield* asyncio.sleep(0);
      }
      override close(): void {
        log.push('close');
        super.close();
      }
    }
    await asyncio.run(
      function* () {
        asyncio.createTask(
          (function* () {
            try {
              yield* asyncio.sleep(100);
            } finally {
              log.push('task');
            }
          })(),
        );
        yield* asyncio.sleep(0);
        log.push('main');
      },
      { loopFactory: () => new LoggingLoop() },
    );
    expect(log).to.deep.equal(['main', 'task', 'async generators', 'executor', 'close']);
  });

  it('a Promise that is rejected is taken over at the call: no unhandled rejection, however late the first tick', async () => {
    const failure = new Error('spam');
    const host = new FakeHost();
    const uncaught = await uncaughtDuring(async () => {
      const promise = rejection(
        asyncio.run(Promise.reject(failure), { loopFactory: () => new asyncio.BaseEventLoop(host) }),
      );
      await realTurns(3);
      // The main program, and then the parts of the shutdown.
      for (let turn = 0; turn < 10; turn++) {
        host.drain();
        await realTurns(1);
      }
      expect(await promise).to.equal(failure);
    });
    expect(uncaught).to.deep.equal([]);
  });

  it('a loop that is running already is refused at the call, and main does not run in it', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const running = loop.runForever();
    const { signal, listeners } = countedSignal();
    let started = false;
    expect(() =>
      asyncio.run(
        function* () {
          started = true;
        },
        { loopFactory: () => loop, signal },
      ),
    ).to.throw(asyncio.RuntimeError, 'already running');
    await realTurns(2);
    loop.stop();
    await running;
    expect(started).to.equal(false);
    expect(listeners()).to.equal(0);
    loop.close();
  });
});

describe('Runner', () => {
  const loopFactory = (): SimLoop => new SimLoop();

  it('runs several programs on one loop', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const loops = new Set<asyncio.AbstractEventLoop>();
    for (let round = 0; round < 3; round++) {
      const result = await runner.run(function* () {
        loops.add(asyncio.getRunningLoop());
        yield* asyncio.sleep(1);
        return round;
      });
      expect(result).to.equal(round);
    }
    expect(loops).to.deep.equal(new Set([runner.getLoop()]));
    expect(runner.getLoop().time()).to.equal(3);
    await runner.close();
  });

  it('makes its loop when it is first needed', async () => {
    let made = 0;
    const runner = new asyncio.Runner({
      loopFactory: () => {
        made += 1;
        return new SimLoop();
      },
    });
    expect(made).to.equal(0);
    runner.getLoop();
    expect(made).to.equal(1);
    await runner.run(() => asyncio.sleep(0));
    expect(made).to.equal(1);
    await runner.close();
  });

  it('closing one that was never used makes no loop, and it can still be used', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    await runner.close();
    expect(await runner.run(async () => 'used')).to.equal('used');
    await runner.close();
  });

  it('sets debug mode', async () => {
    for (const debug of [true, false]) {
      const runner = new asyncio.Runner({ debug, loopFactory });
      expect(runner.getLoop().getDebug()).to.equal(debug);
      await runner.close();
    }
  });

  it('#20 keeps one context over its runs, which does not show outside', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: -1 });
    function* swap(value: number): asyncio.Coroutine<number> {
      const old = variable.get();
      yield* asyncio.sleep(0);
      variable.set(value);
      return old;
    }
    const runner = new asyncio.Runner({ loopFactory });
    expect(await runner.run(swap(1))).to.equal(-1);
    expect(await runner.run(swap(2))).to.equal(1);
    const context = await runner.run(function* () {
      return asyncio.copyContext();
    });
    expect(context.get(variable)).to.equal(2);
    expect(variable.get()).to.equal(-1);
    await runner.close();
  });

  it('#20 runs in another context when it is given one', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 0 });
    const context = asyncio.copyContext();
    context.run(() => variable.set(5));
    const runner = new asyncio.Runner({ loopFactory });
    expect(
      await runner.run(
        function* () {
          const old = variable.get();
          variable.set(6);
          return old;
        },
        { context },
      ),
    ).to.equal(5);
    expect(context.get(variable)).to.equal(6);
    await runner.close();
  });

  it('#20 without a factory sets the current loop, once', async () => {
    const runner = new asyncio.Runner();
    const loop = runner.getLoop();
    expect(asyncio.getEventLoop()).to.equal(loop);
    await runner.run(() => asyncio.sleep(0));
    const other = new SimLoop();
    asyncio.setEventLoop(other);
    await runner.run(() => asyncio.sleep(0));
    expect(asyncio.getEventLoop()).to.equal(other);
    asyncio.setEventLoop(loop);
    await runner.close();
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    other.close();
  });

  it('#20 with a factory leaves the current loop alone', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    runner.getLoop();
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    await runner.close();
  });

  it('#20 refuses use after close, at the call', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const loop = runner.getLoop();
    await runner.close();
    expect(loop.isClosed()).to.equal(true);
    expect(() => runner.getLoop()).to.throw(asyncio.RuntimeError, 'Runner is closed');
    expect(() => runner.run(() => asyncio.sleep(0))).to.throw(asyncio.RuntimeError, 'Runner is closed');
    await runner.close();
    expect(loop.isClosed()).to.equal(true);
  });

  it('#20 refuses to run inside a running loop, at the call, and closes the coroutine', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const inner = asyncio.sleep(0);
    const error = await rejection(
      runner.run(function* () {
        yield* asyncio.sleep(0);
        void runner.run(inner);
      }),
    );
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Runner.run() cannot be called from a running event loop');
    expect(inner.next().done).to.equal(true);
    await runner.close();
  });

  it('a second run() between two ticks of the first is refused, and its main never runs', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    let second = false;
    const first = runner.run(function* () {
      yield* asyncio.fromPromise(new Promise((resolve) => setTimeout(resolve, 0)));
      yield* asyncio.sleep(1);
      return 'first';
    });
    expect(() =>
      runner.run(function* () {
        second = true;
      }),
    ).to.throw(asyncio.RuntimeError, 'already running');
    expect(await first).to.equal('first');
    await runner.close();
    expect(second).to.equal(false);
  });

  it('a future of its loop, and a task, can be main', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const loop = runner.getLoop();
    const future = loop.createFuture<string>();
    loop.callLater(1, () => future.setResult('future'));
    expect(await runner.run(future)).to.equal('future');
    expect(await runner.run(loop.createTask(asyncio.sleep(1, 'task')))).to.equal('task');
    await runner.close();
  });

  it('refuses what is not awaitable, at the call', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    expect(() => runner.run(123 as never)).to.throw(TypeError);
    await runner.close();
  });

  it('tasks live on from run to run, and are cancelled by close()', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const log: string[] = [];
    const task = await runner.run(function* () {
      return [
        asyncio.createTask(
          (function* () {
            try {
              while (true) {
                yield* asyncio.sleep(1);
                log.push(`tick at ${asyncio.getRunningLoop().time()}`);
              }
            } finally {
              log.push('cleaned up');
            }
          })(),
        ),
      ];
    });
    await runner.run(() => asyncio.sleep(2.5));
    expect(log).to.deep.equal(['tick at 1', 'tick at 2']);
    await runner.close();
    expect(log).to.deep.equal(['tick at 1', 'tick at 2', 'cleaned up']);
    expect(task[0]?.cancelled()).to.equal(true);
  });

  it('an interrupted run leaves the runner usable', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const controller = new AbortController();
    const first = runner.run(() => asyncio.sleep(100), { signal: controller.signal });
    controller.abort();
    expect(await rejection(first)).to.be.instanceOf(asyncio.KeyboardInterrupt);
    expect(await runner.run(async () => 'again')).to.equal('again');
    await runner.close();
  });

  it('is closed by `await using`', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const loop = runner.getLoop();
    const log: string[] = [];
    await runner.run(function* () {
      asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(100);
          } finally {
            log.push('cleaned up');
          }
        })(),
      );
      yield* asyncio.sleep(0);
    });
    await runner[disposeSymbol]();
    expect(log).to.deep.equal(['cleaned up']);
    expect(loop.isClosed()).to.equal(true);
    expect(() => runner.getLoop()).to.throw(asyncio.RuntimeError, 'Runner is closed');
  });

  it('refuses a program while it is closing, also before the first tick of that', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const loop = runner.getLoop();
    const closing = runner.close();
    expect(() => runner.run(() => asyncio.sleep(0))).to.throw(asyncio.RuntimeError, 'Runner is closed');
    await closing;
    expect(loop.isClosed()).to.equal(true);
  });

  it('close() called again while it is closing waits for the same end, and cancels nothing twice', async () => {
    const runner = new asyncio.Runner({ loopFactory });
    const cancels: number[] = [];
    await runner.run(function* () {
      asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(100);
          } finally {
            yield* asyncio.sleep(1);
            cancels.push(asyncio.currentTask()?.cancelling() ?? -1);
          }
        })(),
      );
      yield* asyncio.sleep(0);
    });
    const loop = runner.getLoop();
    await Promise.all([runner.close(), runner.close()]);
    expect(cancels).to.deep.equal([1]);
    expect(loop.isClosed()).to.equal(true);
  });
});
