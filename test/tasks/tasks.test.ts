import * as asyncio from 'asyncio-web';
import * as lowlevel from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { forceGc } from '../support/gc.ts';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { Random, seed } from '../support/random.ts';

async function runOneIteration(loop: asyncio.AbstractEventLoop): Promise<void> {
  loop.stop();
  await loop.runForever();
}

function* nothing(): asyncio.Coroutine<void> {}

function* give<T>(value: T): asyncio.Coroutine<T> {
  return value;
}

/** What a coroutine throws. */
function* thrownBy(coro: asyncio.Awaitable<unknown>): asyncio.Coroutine<unknown> {
  try {
    yield* coro;
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}

describe('Task', () => {
  let loop: SimLoop;
  beforeEach(() => {
    loop = new SimLoop();
    loop.setExceptionHandler(() => undefined);
  });
  afterEach(() => loop.close());

  describe('making one', () => {
    it('createTask() gives a Task, which is a Future of the loop', () =>
      simulate(function* () {
        const task = asyncio.createTask(give('ok'));
        expect(task).to.be.instanceOf(asyncio.Task);
        expect(task).to.be.instanceOf(asyncio.Future);
        expect(asyncio.isfuture(task)).to.equal(true);
        expect(task.getLoop()).to.equal(asyncio.getRunningLoop());
        expect(task.done()).to.equal(false);
        expect(yield* task).to.equal('ok');
        expect([task.done(), task.cancelled(), task.result(), task.exception()]).to.deep.equal([
          true,
          false,
          'ok',
          null,
        ]);
      }));

    it('nothing of the coroutine runs before the next iteration', () =>
      simulate(function* () {
        const log: string[] = [];
        const task = asyncio.createTask(
          (function* () {
            log.push('started');
          })(),
        );
        expect(log).to.deep.equal([]);
        yield* task;
        expect(log).to.deep.equal(['started']);
      }));

    it('createTask() outside a loop throws, and the coroutine is closed', () => {
      const coro = give(1);
      expect(() => asyncio.createTask(coro)).to.throw(asyncio.RuntimeError, 'no running event loop');
      expect(coro.next()).to.deep.equal({ value: undefined, done: true });
    });

    it('loop.createTask() works before the loop runs', async () => {
      const task = loop.createTask(give('ok'));
      expect(await loop.runUntilComplete(task)).to.equal('ok');
    });

    const notCoroutines: Record<string, unknown> = {
      'a number': 123,
      'a string': 'coroutine',
      null: null,
      undefined: undefined,
      'a function': () => nothing(),
      'a generator function': nothing,
      'an array': [1],
      'a future': { _asyncioFutureBlocking: false },
      'an iterator without throw()': { next: () => ({ done: true, value: 1 }) },
      'an object with Symbol.iterator only': { [Symbol.iterator]: () => nothing() },
      'an async generator': (async function* () {})(),
    };
    for (const [what, value] of Object.entries(notCoroutines)) {
      it(`${what} is refused with TypeError, and nothing is left behind`, async () => {
        for (let time = 0; time < 2; time += 1) {
          expect(() => loop.createTask(value as never)).to.throw(TypeError, 'a coroutine was expected, got ');
        }
        expect(asyncio.allTasks(loop).size).to.equal(0);
        expect(await loop.runUntilComplete(give('alive'))).to.equal('alive');
      });
    }

    it('the refusal names the value', () => {
      expect(() => loop.createTask(123 as never)).to.throw(TypeError, 'a coroutine was expected, got 123');
      expect(() => loop.createTask('text' as never)).to.throw(
        TypeError,
        "a coroutine was expected, got 'text'",
      );
    });

    it('the refusal of a Promise says how to bridge it', () => {
      expect(() => loop.createTask(Promise.resolve(1) as never)).to.throw(TypeError, 'fromPromise()');
    });

    it('an object with the methods of a generator is a coroutine', async () => {
      const log: string[] = [];
      const like = (): asyncio.Coroutine<number> => ({
        next: () => ({ done: true, value: 42 }),
        throw: (error) => {
          log.push('throw');
          throw error;
        },
        return: (value) => ({ done: true, value }),
        [Symbol.iterator]() {
          return this;
        },
      });
      expect(await loop.runUntilComplete(loop.createTask(like()))).to.equal(42);
      const cancelled = loop.createTask(like());
      cancelled.cancel();
      await runOneIteration(loop);
      expect(cancelled.cancelled()).to.equal(true);
      expect(log).to.deep.equal(['throw']);
    });
  });

  describe('its name', () => {
    it('is the one given, as text', () => {
      expect(loop.createTask(nothing(), { name: 'download' }).getName()).to.equal('download');
      expect(loop.createTask(nothing(), { name: 987654321 as never }).getName()).to.equal('987654321');
      expect(loop.createTask(nothing(), { name: '' }).getName()).to.equal('');
    });

    it('is else made up, with a number that grows', () => {
      const names = [{}, { name: null }, undefined].map((options) =>
        loop.createTask(nothing(), options).getName(),
      );
      expect(names).to.deep.equal(['Task-1', 'Task-2', 'Task-3']);
    });

    it('setName() changes it, to the text of whatever is given', () => {
      const task = loop.createTask(nothing());
      task.setName('other');
      expect(task.getName()).to.equal('other');
      task.setName(5);
      expect(task.getName()).to.equal('5');
      task.setName(['a', 'b']);
      expect(task.getName()).to.equal('a,b');
    });
  });

  describe('its text', () => {
    it('tells state, name and result', async () => {
      const task = loop.createTask(give('abc'), { name: 'TestTask' });
      task.addDoneCallback(function dummy() {});
      expect(String(task)).to.equal("<Task pending name='TestTask' cb=[dummy()]>");
      await runOneIteration(loop);
      expect(String(task)).to.equal("<Task finished name='TestTask' result='abc'>");
    });

    it('says cancelling while a cancel request is open, and cancelled afterwards', async () => {
      const task = loop.createTask(nothing(), { name: 'TestTask' });
      task.cancel();
      expect(String(task)).to.equal("<Task cancelling name='TestTask'>");
      task.uncancel();
      expect(String(task)).to.equal("<Task pending name='TestTask'>");
      task.cancel();
      await runOneIteration(loop);
      expect(String(task)).to.equal("<Task cancelled name='TestTask'>");
    });

    it('tells that it waits, and for what kind', async () => {
      const future = loop.createFuture<void>();
      const first = loop.createTask(
        (function* () {
          yield* future;
        })(),
      );
      const second = loop.createTask(
        (function* () {
          yield* first;
        })(),
      );
      await runOneIteration(loop);
      expect(String(first)).to.match(/^<Task pending name='Task-1' wait_for=<Future .*>/);
      expect(String(second)).to.match(/^<Task pending name='Task-2' wait_for=<Task .*>/);
      future.setResult();
      await loop.runUntilComplete(second);
    });
  });

  describe('its outcome', () => {
    it('setResult() and setException() are refused', () => {
      const task = loop.createTask(give(1));
      expect(() => task.setResult(2)).to.throw(
        asyncio.RuntimeError,
        'Task does not support set_result operation',
      );
      expect(() => task.setException(new Error('m'))).to.throw(
        asyncio.RuntimeError,
        'Task does not support set_exception operation',
      );
      expect(task.done()).to.equal(false);
    });

    it('result() and exception() of a pending task are refused', () => {
      const task = loop.createTask(give(1));
      expect(() => task.result()).to.throw(asyncio.InvalidStateError, 'Result is not set.');
      expect(() => task.exception()).to.throw(asyncio.InvalidStateError, 'Exception is not set.');
    });

    it('an error of the coroutine is the error of the task, for everyone who waits', () =>
      simulate(function* () {
        const error = new Error('boom');
        const task = asyncio.createTask(
          (function* (): asyncio.Coroutine<never> {
            yield* asyncio.sleep(0);
            throw error;
          })(),
        );
        const waiters = [asyncio.createTask(thrownBy(task)), asyncio.createTask(thrownBy(task))];
        expect(yield* asyncio.gather(waiters)).to.have.ordered.members([error, error]);
        expect(task.exception()).to.equal(error);
        expect(yield* thrownBy(task)).to.equal(error);
      }));

    it('an error goes up through nested coroutines to the first that catches it', () =>
      simulate(function* () {
        const log: string[] = [];
        const inner = function* (): asyncio.Coroutine<never> {
          yield* asyncio.sleep(0);
          throw new RangeError('inner');
        };
        const middle = function* (): asyncio.Coroutine<void> {
          try {
            yield* inner();
          } finally {
            log.push('cleaned up');
          }
        };
        expect(yield* thrownBy(middle())).to.be.instanceOf(RangeError);
        expect(log).to.deep.equal(['cleaned up']);
      }));

    for (const thrown of ['text', 5, null, undefined, { message: 'like an error' }, Symbol('s'), () => 1]) {
      it(`what is no error is kept as the cause of a TypeError: ${String(thrown === null || typeof thrown !== 'object' ? String(thrown) : 'an object')}`, () =>
        simulate(function* () {
          const task = asyncio.createTask(
            (function* (): asyncio.Coroutine<never> {
              throw thrown;
            })(),
          );
          const error = yield* thrownBy(task);
          expect(error).to.be.instanceOf(TypeError);
          expect((error as Error).message).to.equal('exceptions must derive from BaseException');
          expect((error as Error).cause).to.equal(thrown);
          expect(task.cancelled()).to.equal(false);
        }));
    }

    it('a future that is returned is the result: it is not awaited', () =>
      simulate(function* () {
        const future = asyncio.getRunningLoop().createFuture();
        expect(yield* asyncio.createTask(give(future))).to.equal(future);
        expect(future.done()).to.equal(false);
      }));

    it('a coroutine that throws CancelledError by itself ends as cancelled, with that very error', () =>
      simulate(function* () {
        const error = new asyncio.CancelledError('own');
        const task = asyncio.createTask(
          (function* (): asyncio.Coroutine<never> {
            throw error;
          })(),
        );
        expect(yield* thrownBy(task)).to.equal(error);
        expect([task.cancelled(), task.cancelling()]).to.deep.equal([true, 0]);
      }));

    it('a result set behind its back stays, and the step that comes too late is reported', async () => {
      // Python: test_set_result_causes_invalid_state.
      const reports = recordReports(loop);
      const task = loop.createTask(
        (function* () {
          yield* asyncio.sleep(0);
          return 10;
        })(),
      );
      asyncio.Future.prototype.setResult.call(task, 'spam');
      expect(await loop.runUntilComplete(task)).to.equal('spam');
      await runOneIteration(loop);
      expect(reports).to.have.length(1);
      expect(reports[0]?.exception).to.be.instanceOf(asyncio.InvalidStateError);
      expect(await loop.runUntilComplete(give('alive'))).to.equal('alive');
    });

    it('getCoro() is the coroutine, getContext() the context', async () => {
      const coro = give(1);
      const context = new asyncio.Context();
      const task = loop.createTask(coro, { context });
      expect(task.getCoro()).to.equal(coro);
      expect(task.getContext()).to.equal(context);
      await loop.runUntilComplete(task);
      expect(task.getCoro()).to.equal(coro);
      expect(task.getContext()).to.equal(context);
    });
  });

  describe('ten thousand of them', () => {
    it('run, and give their results in order', () =>
      simulate(function* () {
        const tasks = Array.from({ length: 10_000 }, (_, i) =>
          asyncio.createTask(
            (function* () {
              yield* asyncio.sleep(0);
              return i;
            })(),
          ),
        );
        const results = yield* asyncio.gather(tasks);
        expect(results).to.deep.equal(Array.from({ length: 10_000 }, (_, i) => i));
        expect(asyncio.allTasks().size).to.equal(1);
      }));

    it('a chain of two thousand tasks, each awaiting the next, is cancelled from its end without overflow', () =>
      simulate(function* () {
        const future = asyncio.getRunningLoop().createFuture<void>();
        let last: asyncio.Awaitable<unknown> = future;
        const tasks: asyncio.Task<unknown>[] = [];
        for (let i = 0; i < 2000; i += 1) {
          const awaited = last;
          last = asyncio.createTask(
            (function* () {
              yield* awaited;
            })(),
          );
          tasks.push(last as asyncio.Task<unknown>);
        }
        yield* asyncio.sleep(0);
        tasks.at(-1)?.cancel();
        yield* asyncio.wait(tasks);
        expect(future.cancelled()).to.equal(true);
        expect(tasks.every((task) => task.cancelled())).to.equal(true);
      }));
  });
});

describeEachLoop('currentTask', (newLoop) => {
  it('is the task inside its steps, whatever runs in between', async () => {
    const loop = newLoop();
    await asyncio.run(
      function* () {
        const [first, second] = [loop.createFuture<void>(), loop.createFuture<void>()];
        const seen: unknown[] = [];
        const one = asyncio.createTask(
          (function* () {
            seen.push(asyncio.currentTask());
            yield* first;
            seen.push(asyncio.currentTask());
            second.setResult();
          })(),
        );
        const two = asyncio.createTask(
          (function* () {
            seen.push(asyncio.currentTask());
            first.setResult();
            yield* second;
            seen.push(asyncio.currentTask());
          })(),
        );
        yield* asyncio.gather(one, two);
        expect(seen).to.have.ordered.members([one, two, one, two]);
        expect(asyncio.currentTask(loop)).to.equal(asyncio.currentTask(null));
      },
      { loopFactory: () => loop },
    );
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('is null in a callback, and raises RuntimeError where no loop runs', async () => {
    const loop = newLoop();
    const seen: unknown[] = [];
    loop.callSoon(() => seen.push(asyncio.currentTask()));
    const task = loop.createTask(nothing());
    task.addDoneCallback(() => seen.push(asyncio.currentTask()));
    await runOneIteration(loop);
    await runOneIteration(loop);
    expect(seen).to.deep.equal([null, null]);
    expect(() => asyncio.currentTask()).to.throw(asyncio.RuntimeError, 'no running event loop');
    expect(asyncio.currentTask(loop)).to.equal(null);
    loop.close();
  });

  it('is null again after a step that threw an exit', async () => {
    const loop = newLoop();
    const task = loop.createTask(
      (function* (): asyncio.Coroutine<never> {
        throw new asyncio.SystemExit();
      })(),
    );
    await loop.runForever().catch(() => undefined);
    expect(task.exception()).to.be.instanceOf(asyncio.SystemExit);
    expect(asyncio.currentTask(loop)).to.equal(null);
    loop.close();
  });
});

describeEachLoop('allTasks', (newLoop) => {
  it('are the tasks of the loop that are not done, oldest first, with the current one', async () => {
    const loop = newLoop();
    await asyncio.run(
      function* () {
        const main = asyncio.currentTask() as asyncio.Task<unknown>;
        expect([...asyncio.allTasks()]).to.have.ordered.members([main]);
        const futures = [1, 2, 3].map(() => loop.createFuture<void>());
        const tasks = futures.map((future) =>
          asyncio.createTask(
            (function* () {
              yield* future;
            })(),
          ),
        );
        const all = asyncio.allTasks();
        expect(all).to.be.instanceOf(Set);
        expect([...all]).to.have.ordered.members([main, ...tasks]);
        futures[1]?.setResult();
        yield* tasks[1] as asyncio.Task<void>;
        expect([...asyncio.allTasks(loop)]).to.have.ordered.members([main, tasks[0], tasks[2]]);
        tasks[0]?.cancel();
        futures[2]?.setResult();
        yield* asyncio.wait(tasks);
        expect([...asyncio.allTasks(null)]).to.have.ordered.members([main]);
      },
      { loopFactory: () => loop },
    );
  });

  it('of another loop can be asked for, and none where no loop runs', async () => {
    const [loop, other] = [newLoop(), newLoop()];
    recordReports(loop);
    const task = loop.createTask(nothing());
    expect([...asyncio.allTasks(loop)]).to.have.ordered.members([task]);
    expect(asyncio.allTasks(other).size).to.equal(0);
    expect(() => asyncio.allTasks()).to.throw(asyncio.RuntimeError, 'no running event loop');
    loop.close();
    other.close();
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });

  it('the set is a snapshot', () =>
    simulate(function* () {
      const task = asyncio.createTask(nothing());
      const all = asyncio.allTasks();
      yield* task;
      expect(all.has(task)).to.equal(true);
      expect(asyncio.allTasks().has(task)).to.equal(false);
    }));

  it(`are right while tasks begin and end in random order (seed ${seed})`, () =>
    simulate(function* () {
      const random = new Random();
      const loop = asyncio.getRunningLoop();
      const alive: [asyncio.Task<void>, asyncio.Future<void>][] = [];
      for (let step = 0; step < 2000; step += 1) {
        if (alive.length === 0 || random.next() < 0.5) {
          const future = loop.createFuture() as asyncio.Future<void>;
          const body = function* (): asyncio.Coroutine<void> {
            yield* future;
          };
          alive.push([asyncio.createTask(body()), future]);
        } else {
          const [chosen] = alive.splice(random.below(alive.length), 1);
          const [task, future] = chosen as [asyncio.Task<void>, asyncio.Future<void>];
          if (random.next() < 0.5) future.setResult();
          else task.cancel();
          yield* asyncio.wait([task]);
        }
        const expected = [asyncio.currentTask(), ...alive.map(([task]) => task)];
        const actual = [...asyncio.allTasks()];
        if (actual.length !== expected.length || actual.some((task, i) => task !== expected[i])) {
          expect.fail(`step ${step}: ${actual.length} tasks, not ${expected.length}`);
        }
      }
      for (const [, future] of alive) future.setResult();
    }));
});

describe('a pending task that nobody keeps', () => {
  it('is kept alive by its loop, and goes on when what it waits for is done', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const log: number[] = [];
    const running = loop.runForever();
    const makeThem = (): void => {
      for (let i = 0; i < 20; i += 1) {
        loop.createTask(
          (function* () {
            // Only the task itself knows this future, until the timer below.
            const future = loop.createFuture() as asyncio.Future<void>;
            futures.push(new WeakRef(future));
            yield* future;
            log.push(i);
          })(),
        );
      }
    };
    const futures: WeakRef<asyncio.Future<void>>[] = [];
    makeThem();
    while (futures.length < 20) await new Promise((resolve) => setTimeout(resolve, 0));
    await forceGc();
    expect(asyncio.allTasks(loop).size).to.equal(20);
    for (const future of futures) future.deref()?.setResult();
    loop.callSoon(() => loop.callSoon(() => loop.stop()));
    await running;
    expect(log).to.have.length(20);
    loop.close();
  });
});

describeEachLoop('a task that is pending at close', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  let reports: asyncio.ExceptionContext[];
  beforeEach(() => {
    loop = newLoop();
    reports = recordReports(loop);
  });
  afterEach(() => loop.close());

  const keys = (report: asyncio.ExceptionContext | undefined): string[] => Object.keys(report ?? {}).sort();

  it('is reported, once, with message and task', async () => {
    const task = loop.createTask(
      (function* () {
        yield* loop.createFuture();
      })(),
    );
    await runOneIteration(loop);
    loop.close();
    loop.close();
    expect(reports).to.have.length(1);
    expect(keys(reports[0])).to.deep.equal(['message', 'task']);
    expect(reports[0]?.message).to.equal('Task was destroyed but it is pending!');
    expect(reports[0]?.task).to.equal(task);
  });

  it('is reported also where it has never started', () => {
    const task = loop.createTask(nothing());
    loop.close();
    expect(reports.map((report) => report.task)).to.have.ordered.members([task]);
  });

  it('has in debug mode the stack of where it was made', () => {
    loop.setDebug(true);
    function makeIt(): void {
      loop.createTask(nothing());
    }
    makeIt();
    loop.close();
    expect(keys(reports[0])).to.deep.equal(['message', 'sourceTraceback', 'task']);
    expect(reports[0]?.sourceTraceback).to.include('makeIt');
  });

  it('is not reported where runUntilComplete() or gather() made it', async () => {
    const wait = function* (): asyncio.Coroutine<void> {
      yield* asyncio.gather([asyncio.sleep(1000), asyncio.sleep(1000)]);
    };
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.stop())));
    await loop.runUntilComplete(wait()).catch(() => undefined);
    expect(asyncio.allTasks(loop).size).to.equal(3);
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('is not reported once it is done', async () => {
    loop.createTask(give(1));
    loop.createTask(asyncio.sleep(100)).cancel();
    await runOneIteration(loop);
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('runs its handler in the context of the task', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    loop.setExceptionHandler(() => seen.push(variable.get()));
    loop.createTask(
      (function* () {
        variable.set('of the task');
        yield* loop.createFuture();
      })(),
    );
    await runOneIteration(loop);
    loop.close();
    expect(seen).to.deep.equal(['of the task']);
  });
});

describeEachLoop('context variables of a task', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });
  const set = function* (variable: asyncio.ContextVar<string>, value: string): asyncio.Coroutine<void> {
    yield* asyncio.sleep(0);
    variable.set(value);
  };

  it('#64 are a copy made when the task is made: neither side sees what the other sets', () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
      const task = asyncio.createTask(
        (function* () {
          const first = variable.get();
          yield* asyncio.sleep(0.001);
          const second = variable.get();
          variable.set('set by the task');
          return [first, second];
        })(),
      );
      variable.set('set by the creator');
      expect(yield* task).to.deep.equal(['default', 'default']);
      expect(variable.get()).to.equal('set by the creator');
    }));

  it('#64 a context that is given is used itself, so that the creator sees what the task sets', () =>
    run(function* () {
      const variable = new asyncio.ContextVar<string>('variable');
      const context = asyncio.copyContext();
      const seen: unknown[] = [context.get(variable)];
      yield* asyncio.createTask(set(variable, 'first'), { context });
      seen.push(context.get(variable));
      yield* asyncio.getRunningLoop().createTask(set(variable, 'second'), { context });
      seen.push(context.get(variable));
      expect(seen).to.deep.equal([undefined, 'first', 'second']);
      expect(variable.get('unset here')).to.equal('unset here');
    }));

  it('#64 tasks can share one context and see each other', () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 0 });
      const context = new asyncio.Context();
      const add = function* (): asyncio.Coroutine<void> {
        for (let i = 0; i < 10; i += 1) {
          variable.set(variable.get() + 1);
          yield* asyncio.sleep(0);
        }
      };
      yield* asyncio.gather([1, 2, 3].map(() => asyncio.createTask(add(), { context })));
      expect(context.get(variable)).to.equal(30);
      expect(variable.get()).to.equal(0);
    }));

  it('keep their values over every kind of wait, and done callbacks do not change them', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'nope' });
      for (let j = 0; j < 2; j += 1) {
        const future = loop.createFuture() as asyncio.Future<void>;
        future.addDoneCallback(() => variable.set('something else'));
        variable.set(`yes${j}`);
        loop.callSoon(() => future.setResult());
        yield* future;
        expect(variable.get()).to.equal(`yes${j}`);
        for (let i = 0; i < 3; i += 1) {
          variable.set(`yes${i}-${j}`);
          yield* asyncio.sleep(0.001);
          expect(variable.get()).to.equal(`yes${i}-${j}`);
          yield* asyncio.sleep(0);
          yield* asyncio.gather(set(variable, 'in a task'), set(variable, 'in another'));
          yield* asyncio.fromPromise(Promise.resolve());
          expect(variable.get()).to.equal(`yes${i}-${j}`);
        }
      }
    }));

  it(`do not leak between a hundred tasks that change them (seed ${seed})`, () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: -1 });
      const random = new Random();
      const change = function* (number: number): asyncio.Coroutine<void> {
        for (let i = 0; i < 10; i += 1) {
          variable.set(number + i);
          yield* asyncio.sleep(random.below(5) / 1000);
          expect(variable.get()).to.equal(number + i);
        }
      };
      yield* asyncio.gather(Array.from({ length: 100 }, () => change(random.below(10))));
      expect(variable.get()).to.equal(-1);
    }));

  it('a coroutine that is awaited directly shares those of its caller', () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
      yield* set(variable, 'set by the callee');
      expect(variable.get()).to.equal('set by the callee');
    }));

  it('are not visible outside after the program', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
    await run(function* () {
      variable.set('inside');
      yield* asyncio.sleep(0);
    });
    expect(variable.get()).to.equal('default');
  });
});

describe('ensureFuture', () => {
  afterEach(() => asyncio.setEventLoop(null));

  it('gives a future or task back as it is', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const future = loop.createFuture();
      const task = asyncio.createTask(nothing());
      expect(asyncio.ensureFuture(future)).to.equal(future);
      expect(asyncio.ensureFuture(future, { loop })).to.equal(future);
      expect(asyncio.ensureFuture(task, { loop })).to.equal(task);
    }));

  it('refuses a future of another loop', () => {
    const [loop, other] = [new SimLoop(), new SimLoop()];
    const future = loop.createFuture();
    expect(() => asyncio.ensureFuture(future, { loop: other })).to.throw(
      RangeError,
      'The future belongs to a different loop than the one specified as the loop argument',
    );
    loop.close();
    other.close();
  });

  it('makes a task of a coroutine, on the loop given, the running one, or the one that was set', async () => {
    const loop = new SimLoop();
    const given = asyncio.ensureFuture(give('given'), { loop });
    expect(given).to.be.instanceOf(asyncio.Task);
    expect(given.getLoop()).to.equal(loop);
    asyncio.setEventLoop(loop);
    expect(asyncio.ensureFuture(give('set')).getLoop()).to.equal(loop);
    await simulate(function* () {
      expect(asyncio.ensureFuture(give('running')).getLoop()).to.equal(asyncio.getRunningLoop());
    });
    expect(await loop.runUntilComplete(given)).to.equal('given');
    await runOneIteration(loop);
    loop.close();
  });

  it('of a coroutine without any loop throws, and the coroutine is closed', () => {
    const coro = give(1);
    expect(() => asyncio.ensureFuture(coro)).to.throw(asyncio.RuntimeError, 'There is no current event loop');
    expect(coro.next()).to.deep.equal({ value: undefined, done: true });
  });

  it('makes a task of any other awaitable', () =>
    simulate(function* () {
      class Reply implements asyncio.Awaitable<string> {
        *[Symbol.iterator](): asyncio.Coroutine<string> {
          return yield* asyncio.sleep(0, 'ok');
        }
      }
      const task = asyncio.ensureFuture(new Reply());
      expect(task).to.be.instanceOf(asyncio.Task);
      expect(yield* task).to.equal('ok');
    }));

  it('makes a future of a Promise', () =>
    simulate(function* () {
      const future = asyncio.ensureFuture(Promise.resolve('ok'));
      expect(asyncio.isfuture(future)).to.equal(true);
      expect(yield* future).to.equal('ok');
    }));

  it('refuses everything else', () =>
    simulate(function* () {
      for (const bad of [
        'ok',
        5,
        null,
        undefined,
        {},
        [],
        new Map(),
        new Set(),
        new Uint8Array(1),
        () => nothing(),
      ]) {
        expect(() => asyncio.ensureFuture(bad as never)).to.throw(
          TypeError,
          'An asyncio.Future, a coroutine or an awaitable is required',
        );
      }
    }));
});

describe('iscoroutine and iscoroutinefunction', () => {
  it('a coroutine is a generator object or an object with its methods', () => {
    expect(asyncio.iscoroutine(nothing())).to.equal(true);
    expect(asyncio.iscoroutine(asyncio.sleep(0))).to.equal(true);
    expect(asyncio.iscoroutine(asyncio.sleep(1))).to.equal(true);
    const loop = new SimLoop();
    for (const other of [
      nothing,
      loop.createFuture(),
      Promise.resolve(),
      (async () => undefined)(),
      [],
      [].values(),
      {},
      null,
      undefined,
      1,
    ]) {
      expect(asyncio.iscoroutine(other)).to.equal(false);
    }
    loop.close();
  });

  it('a coroutine function is a generator function', () => {
    expect(asyncio.iscoroutinefunction(nothing)).to.equal(true);
    expect(
      asyncio.iscoroutinefunction(function* () {
        yield 1;
      }),
    ).to.equal(true);
    for (const other of [
      () => nothing(),
      async () => undefined,
      async function* () {},
      class {},
      nothing(),
      null,
      1,
    ]) {
      expect(asyncio.iscoroutinefunction(other)).to.equal(false);
    }
  });
});

describe('task classes of third parties', () => {
  let loop: SimLoop;
  beforeEach(() => {
    loop = new SimLoop();
  });
  afterEach(() => loop.close());

  /** The least that the functions below use of a task. */
  const taskLike = (done = false): asyncio.TaskLike<unknown> =>
    ({ getLoop: () => loop, done: () => done, _logDestroyPending: false }) as never;

  it('#68 a registered task is among allTasks() while it is not done', () => {
    const [pending, done] = [taskLike(), taskLike(true)];
    lowlevel.registerTask(pending);
    lowlevel.registerTask(done);
    expect([...asyncio.allTasks(loop)]).to.have.ordered.members([pending]);
    lowlevel.unregisterTask(pending);
    expect(asyncio.allTasks(loop).size).to.equal(0);
    lowlevel.unregisterTask(done);
  });

  it('#68 unregistering an unknown task does no harm', () => {
    lowlevel.unregisterTask(taskLike());
    lowlevel.registerTask(taskLike(true));
    lowlevel.unregisterTask(taskLike());
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });

  it('#68 enterTask() and leaveTask() set the current task', () => {
    const task = taskLike();
    expect(asyncio.currentTask(loop)).to.equal(null);
    lowlevel.enterTask(loop, task);
    expect(asyncio.currentTask(loop)).to.equal(task);
    lowlevel.leaveTask(loop, task);
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('#68 entering while another task is current raises RuntimeError', () => {
    const [first, second] = [taskLike(), taskLike()];
    lowlevel.enterTask(loop, first);
    expect(() => lowlevel.enterTask(loop, second)).to.throw(asyncio.RuntimeError, 'Cannot enter into task');
    expect(() => lowlevel.enterTask(loop, first)).to.throw(asyncio.RuntimeError, 'Cannot enter into task');
    expect(asyncio.currentTask(loop)).to.equal(first);
    lowlevel.leaveTask(loop, first);
  });

  it('#68 leaving the wrong task, or none, raises RuntimeError', () => {
    const [first, second] = [taskLike(), taskLike()];
    expect(() => lowlevel.leaveTask(loop, first)).to.throw(
      asyncio.RuntimeError,
      'does not match the current task',
    );
    lowlevel.enterTask(loop, first);
    expect(() => lowlevel.leaveTask(loop, second)).to.throw(
      asyncio.RuntimeError,
      'does not match the current task',
    );
    expect(asyncio.currentTask(loop)).to.equal(first);
    lowlevel.leaveTask(loop, first);
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('#68 swapCurrentTask() gives the previous one, for steps inside a step', () => {
    const [outer, inner] = [taskLike(), taskLike()];
    expect(lowlevel.swapCurrentTask(loop, outer)).to.equal(null);
    expect(lowlevel.swapCurrentTask(loop, inner)).to.equal(outer);
    expect(asyncio.currentTask(loop)).to.equal(inner);
    expect(lowlevel.swapCurrentTask(loop, null)).to.equal(inner);
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('#68 a current task that was never left makes the steps of others fail with a report, and the loop lives on', async () => {
    const reports = recordReports(loop);
    const culprit = taskLike();
    loop.callSoon(() => lowlevel.enterTask(loop, culprit));
    const victim = loop.createTask(give('never'));
    const calls: string[] = [];
    loop.callSoon(() => calls.push('next callback'));
    loop.callSoon(() => lowlevel.leaveTask(loop, culprit));
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['next callback']);
    expect(reports).to.have.length(1);
    expect(reports[0]?.exception).to.be.instanceOf(asyncio.RuntimeError);
    expect((reports[0]?.exception as Error).message).to.include('Cannot enter into task');
    expect(victim.done()).to.equal(false);
    expect(await loop.runUntilComplete(give('alive'))).to.equal('alive');
    victim.cancel();
  });

  it('#68 a subclass of Task runs like a Task', async () => {
    class Counted<T> extends asyncio.Task<T> {
      cancels = 0;
      override cancel(msg?: unknown): boolean {
        this.cancels += 1;
        return super.cancel(msg);
      }
    }
    loop.setTaskFactory((owner, coro, options) => new Counted(coro, { ...options, loop: owner }));
    const task = loop.createTask(give('ok'), { name: 'counted' });
    expect(task).to.be.instanceOf(Counted);
    expect(task.getName()).to.equal('counted');
    expect(await loop.runUntilComplete(task)).to.equal('ok');
  });

  it('#68 a third-party task can drive a coroutine step by step under the loop', async () => {
    // It drives the generator by hand, as another library's task would.
    class Driver {
      _asyncioFutureBlocking = false;
      readonly steps: unknown[] = [];
      #done = false;
      readonly coro: asyncio.Coroutine<unknown>;
      constructor(coro: asyncio.Coroutine<unknown>) {
        this.coro = coro;
        lowlevel.registerTask(this as never);
        loop.callSoon(() => this.step());
      }
      getLoop(): SimLoop {
        return loop;
      }
      done(): boolean {
        return this.#done;
      }
      step(): void {
        lowlevel.enterTask(loop, this as never);
        try {
          const result = this.coro.next();
          this.#done = result.done === true;
          if (result.done) return;
          const future = result.value as unknown as asyncio.Future<unknown>;
          future._asyncioFutureBlocking = false;
          future.addDoneCallback(() => this.step());
        } finally {
          lowlevel.leaveTask(loop, this as never);
          if (this.#done) lowlevel.unregisterTask(this as never);
        }
      }
    }
    const seen: unknown[] = [];
    const driver = new Driver(
      (function* () {
        seen.push(asyncio.currentTask());
        yield* asyncio.sleep(1);
        seen.push(asyncio.allTasks(loop).has(asyncio.currentTask() as never), loop.time());
      })(),
    );
    expect(await loop.runUntilComplete(asyncio.sleep(2, 'done'))).to.equal('done');
    expect(seen).to.deep.equal([driver, true, 1]);
    expect(driver.done()).to.equal(true);
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });
});

describe('task factories', () => {
  let loop: SimLoop;
  beforeEach(() => {
    loop = new SimLoop();
  });
  afterEach(() => loop.close());

  it('none is set at first, and null takes it away', async () => {
    expect(loop.getTaskFactory()).to.equal(null);
    const factory: asyncio.TaskFactory = (owner, coro, options) =>
      new asyncio.Task(coro, { ...options, loop: owner });
    loop.setTaskFactory(factory);
    expect(loop.getTaskFactory()).to.equal(factory);
    loop.setTaskFactory(null);
    expect(loop.getTaskFactory()).to.equal(null);
  });

  it('must be a function or null', () => {
    for (const bad of [1, 'factory', {}, undefined]) {
      expect(() => loop.setTaskFactory(bad as never)).to.throw(
        TypeError,
        'task factory must be a callable or None',
      );
    }
    expect(loop.getTaskFactory()).to.equal(null);
  });

  it('#63 receives the loop, the coroutine and every option of createTask()', async () => {
    const calls: unknown[][] = [];
    loop.setTaskFactory((owner, coro, options) => {
      calls.push([owner, coro, options]);
      return new asyncio.Task(coro, { ...options, loop: owner });
    });
    const context = new asyncio.Context();
    const coro = give('ok');
    const task = loop.createTask(coro, { name: 'named', context, eagerStart: false });
    const plain = loop.createTask(nothing());
    expect(calls[0]?.slice(0, 2)).to.have.ordered.members([loop, coro]);
    expect(calls[0]?.[2]).to.deep.equal({ name: 'named', context, eagerStart: false });
    expect(calls[1]?.[2]).to.deep.equal({});
    expect([task.getName(), task.getContext()]).to.deep.equal(['named', context]);
    expect(await loop.runUntilComplete(asyncio.gather(task, plain))).to.deep.equal(['ok', undefined]);
  });

  it('makes the tasks of ensureFuture(), gather() and TaskGroup too', async () => {
    let made = 0;
    loop.setTaskFactory((owner, coro, options) => {
      made += 1;
      return new asyncio.Task(coro, { ...options, loop: owner });
    });
    await loop.runUntilComplete(
      (function* () {
        yield* asyncio.ensureFuture(nothing());
        yield* asyncio.gather(nothing(), nothing());
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(nothing());
        });
        yield* asyncio.createTask(nothing());
      })(),
    );
    expect(made).to.equal(6);
  });

  it('one that throws lets createTask() throw, and nothing is left behind', async () => {
    loop.setTaskFactory(() => {
      throw new Error('no more tasks');
    });
    expect(() => loop.createTask(nothing())).to.throw('no more tasks');
    loop.setTaskFactory(null);
    expect(asyncio.allTasks(loop).size).to.equal(0);
    expect(await loop.runUntilComplete(give('alive'))).to.equal('alive');
  });
});
