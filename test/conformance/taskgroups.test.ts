// Lib/test/test_asyncio/test_taskgroups.py of CPython 3.13; the tests of TaskGroup.cancel() and of
// GeneratorExit are those of 3.15.
//
// Since 3.14 CPython runs them all twice: with tasks that start in the next iteration, and with tasks that start at
// once.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { recordReports, simulate } from '../support/loops.ts';
import { assertRaises, awaitWithoutTask, raise, ZeroDivisionError } from './support.ts';

class MyExc extends Error {}

class MyBaseExc extends asyncio.BaseException {}

function errorTypes(group: asyncio.BaseExceptionGroup): Set<unknown> {
  return new Set(group.exceptions.map((error) => error.constructor));
}

/** How many tasks a group holds: CPython's `len(group._tasks)`, which the text of the group tells. */
function taskCount(group: asyncio.TaskGroup): number {
  return Number(/ tasks=(\d+)/.exec(String(group))?.[1] ?? 0);
}

/** A block of `except* type`, which must be reached: gives the part that matches, and throws the rest on. */
function* exceptStar<E extends Error>(
  type: abstract new (...args: never[]) => E,
  awaitable: asyncio.Awaitable<unknown>,
): asyncio.Coroutine<asyncio.BaseExceptionGroup> {
  const group = yield* assertRaises(asyncio.BaseExceptionGroup, awaitable);
  const [match, rest] = group.split(type);
  if (match === null || rest !== null) throw group;
  return match;
}

/** True for a coroutine that was closed before its first step. */
function isClosed(coro: asyncio.Coroutine<unknown>): boolean {
  return coro.next().done === true;
}

function current(): asyncio.Task<unknown> {
  const task = asyncio.currentTask();
  if (task === null) throw new Error('No task is running');
  return task;
}

type Run = (main: () => asyncio.Coroutine<unknown>) => Promise<unknown>;

function baseTestTaskGroup(run: Run): void {
  it('test_taskgroup_01', () =>
    run(function* () {
      function* foo1() {
        yield* asyncio.sleep(0.1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(0.2);
        return 11;
      }

      const [t1, t2] = yield* asyncio.withTaskGroup(function* (g) {
        return [g.createTask(foo1()), g.createTask(foo2())] as const;
      });

      expect(t1.result()).to.equal(42);
      expect(t2.result()).to.equal(11);
    }));

  it('test_taskgroup_02', () =>
    run(function* () {
      function* foo1() {
        yield* asyncio.sleep(0.1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(0.2);
        return 11;
      }

      const [t1, t2] = yield* asyncio.withTaskGroup(function* (g) {
        const first = g.createTask(foo1());
        yield* asyncio.sleep(0.15);
        return [first, g.createTask(foo2())] as const;
      });

      expect(t1.result()).to.equal(42);
      expect(t2.result()).to.equal(11);
    }));

  it('test_taskgroup_03', () =>
    run(function* () {
      function* foo1() {
        yield* asyncio.sleep(1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(0.2);
        return 11;
      }

      const [t1, t2] = yield* asyncio.withTaskGroup(function* (g) {
        const first = g.createTask(foo1());
        yield* asyncio.sleep(0.15);
        // Cancelling a child is no failure: everything else goes on.
        first.cancel();
        return [first, g.createTask(foo2())] as const;
      });

      expect(t1.cancelled()).to.equal(true);
      expect(t2.result()).to.equal(11);
    }));

  it('test_taskgroup_04', () =>
    run(function* () {
      let num = 0;
      let t2Cancel = false;
      let t2!: asyncio.Task<void>;

      function* foo1() {
        yield* asyncio.sleep(0.1);
        throw new ZeroDivisionError();
      }

      function* foo2() {
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          t2Cancel = asyncio.isCancelled(error);
          throw error;
        }
        num += 1;
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          g.createTask(foo1());
          t2 = g.createTask(foo2());
        });
        num += 10;
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, asyncio.createTask(runner()));
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(num).to.equal(0);
      expect(t2Cancel).to.equal(true);
      expect(t2.cancelled()).to.equal(true);
    }));

  it('test_cancel_children_on_child_error', () =>
    run(function* () {
      // When a child fails, the other children are cancelled, and the errors come out together.
      let num = 0;
      let t2Cancel = false;
      let runnerCancel = false;

      function* foo1() {
        yield* asyncio.sleep(0.1);
        throw new ZeroDivisionError();
      }

      function* foo2() {
        try {
          yield* asyncio.sleep(5);
        } catch (error) {
          t2Cancel = asyncio.isCancelled(error);
          throw error;
        }
        num += 1;
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          g.createTask(foo1());
          g.createTask(foo1());
          g.createTask(foo1());
          g.createTask(foo2());
          try {
            yield* asyncio.sleep(10);
          } catch (error) {
            runnerCancel = asyncio.isCancelled(error);
            throw error;
          }
        });
        num += 10;
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, asyncio.createTask(runner()));
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(num).to.equal(0);
      expect(t2Cancel).to.equal(true);
      expect(runnerCancel).to.equal(true);
    }));

  it('test_cancellation', () =>
    run(function* () {
      let num = 0;

      function* foo() {
        try {
          yield* asyncio.sleep(5);
        } catch (error) {
          if (asyncio.isCancelled(error)) num += 1;
          throw error;
        }
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          for (let i = 0; i < 5; i++) g.createTask(foo());
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      yield* assertRaises(asyncio.CancelledError, r);
      expect(num).to.equal(5);
    }));

  it('test_taskgroup_07', () =>
    run(function* () {
      let num = 0;

      function* foo() {
        try {
          yield* asyncio.sleep(5);
        } catch (error) {
          if (asyncio.isCancelled(error)) num += 1;
          throw error;
        }
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          for (let i = 0; i < 5; i++) g.createTask(foo());
          try {
            yield* asyncio.sleep(10);
          } catch (error) {
            if (asyncio.isCancelled(error)) num += 10;
            throw error;
          }
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      yield* assertRaises(asyncio.CancelledError, r);
      expect(num).to.equal(15);
    }));

  function* failInCleanup() {
    try {
      yield* asyncio.sleep(10);
    } finally {
      raise(new ZeroDivisionError());
    }
  }

  it('test_taskgroup_08', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          for (let i = 0; i < 5; i++) g.createTask(failInCleanup());
          yield* asyncio.sleep(10);
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
    }));

  it('test_taskgroup_09', () =>
    run(function* () {
      let t1!: asyncio.Task<number>;
      let t2!: asyncio.Task<number>;

      function* foo1() {
        yield* asyncio.sleep(1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(2);
        return 11;
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          t1 = g.createTask(foo1());
          t2 = g.createTask(foo2());
          yield* asyncio.sleep(0.1);
          throw new ZeroDivisionError();
        });
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, runner());
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(t1.cancelled()).to.equal(true);
      expect(t2.cancelled()).to.equal(true);
    }));

  it('test_taskgroup_10', () =>
    run(function* () {
      let t1!: asyncio.Task<number>;
      let t2!: asyncio.Task<number>;

      function* foo1() {
        yield* asyncio.sleep(1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(2);
        return 11;
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          t1 = g.createTask(foo1());
          t2 = g.createTask(foo2());
          throw new ZeroDivisionError();
        });
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, runner());
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(t1.cancelled()).to.equal(true);
      expect(t2.cancelled()).to.equal(true);
    }));

  it('test_taskgroup_11', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.withTaskGroup(function* () {
          yield* asyncio.withTaskGroup(function* (g2) {
            for (let i = 0; i < 5; i++) g2.createTask(failInCleanup());
            yield* asyncio.sleep(10);
          });
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.ExceptionGroup]));
      const inner = group.exceptions[0] as asyncio.ExceptionGroup;
      expect(errorTypes(inner)).to.deep.equal(new Set([ZeroDivisionError]));
    }));

  it('test_taskgroup_12', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.withTaskGroup(function* (g1) {
          g1.createTask(asyncio.sleep(10));

          yield* asyncio.withTaskGroup(function* (g2) {
            for (let i = 0; i < 5; i++) g2.createTask(failInCleanup());
            yield* asyncio.sleep(10);
          });
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.ExceptionGroup]));
      const inner = group.exceptions[0] as asyncio.ExceptionGroup;
      expect(errorTypes(inner)).to.deep.equal(new Set([ZeroDivisionError]));
    }));

  function* crashAfter(delay: number) {
    yield* asyncio.sleep(delay);
    throw new RangeError(String(delay));
  }

  it('test_taskgroup_13', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.withTaskGroup(function* (g1) {
          g1.createTask(crashAfter(0.1));

          yield* asyncio.withTaskGroup(function* (g2) {
            g2.createTask(crashAfter(10));
          });
        });
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, asyncio.createTask(runner()));
      expect(errorTypes(group)).to.deep.equal(new Set([RangeError]));
    }));

  it('test_taskgroup_14', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.withTaskGroup(function* (g1) {
          g1.createTask(crashAfter(10));

          yield* asyncio.withTaskGroup(function* (g2) {
            g2.createTask(crashAfter(0.1));
          });
        });
      }

      const group = yield* assertRaises(asyncio.ExceptionGroup, asyncio.createTask(runner()));
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.ExceptionGroup]));
      const inner = group.exceptions[0] as asyncio.ExceptionGroup;
      expect(errorTypes(inner)).to.deep.equal(new Set([RangeError]));
    }));

  function* crashWhileTheBodyCleansUp() {
    function* crashSoon() {
      yield* asyncio.sleep(0.3);
      throw new ZeroDivisionError();
    }

    yield* asyncio.withTaskGroup(function* (g1) {
      g1.createTask(crashSoon());
      try {
        yield* asyncio.sleep(10);
      } catch (error) {
        if (asyncio.isCancelled(error)) yield* asyncio.sleep(0.5);
        throw error;
      }
    });
  }

  it('test_taskgroup_15', () =>
    run(function* () {
      const r = asyncio.createTask(crashWhileTheBodyCleansUp());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
    }));

  it('test_taskgroup_16', () =>
    run(function* () {
      function* runner() {
        yield* asyncio.createTask(crashWhileTheBodyCleansUp());
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
    }));

  it('test_taskgroup_17', () =>
    run(function* () {
      let num = 0;

      function* runner() {
        yield* asyncio.withTaskGroup(function* () {
          try {
            yield* asyncio.sleep(10);
          } catch (error) {
            if (asyncio.isCancelled(error)) num += 10;
            throw error;
          }
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      yield* assertRaises(asyncio.CancelledError, r);
      expect(num).to.equal(10);
    }));

  it('test_taskgroup_18', () =>
    run(function* () {
      let num = 0;

      function* runner() {
        yield* asyncio.withTaskGroup(function* () {
          try {
            yield* asyncio.sleep(10);
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            num += 10;
            // No good idea, but it has to work: the error takes the place of the cancellation.
            throw new MyExc();
          }
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.1);

      expect(r.done()).to.equal(false);
      r.cancel();
      const group = yield* assertRaises(asyncio.ExceptionGroup, r);
      expect(errorTypes(group)).to.deep.equal(new Set([MyExc]));
      expect(num).to.equal(10);
    }));

  /** A group with a child that fails first, and a body that `inCleanup` ends. */
  function* crashTwice(inChild: () => Error, inCleanup: () => Error) {
    function* crashSoon() {
      yield* asyncio.sleep(0.1);
      throw inChild();
    }

    function* nested() {
      try {
        yield* asyncio.sleep(10);
      } finally {
        raise(inCleanup());
      }
    }

    yield* asyncio.withTaskGroup(function* (g) {
      g.createTask(crashSoon());
      yield* nested();
    });
  }

  it('test_taskgroup_19', () =>
    run(function* () {
      const runner = crashTwice(
        () => new ZeroDivisionError(),
        () => new MyExc(),
      );
      const group = yield* assertRaises(asyncio.ExceptionGroup, asyncio.createTask(runner));
      expect(errorTypes(group)).to.deep.equal(new Set([MyExc, ZeroDivisionError]));
    }));

  it('test_taskgroup_20', () =>
    run(function* () {
      recordReports(asyncio.getRunningLoop()); // of the child: see test_taskgroup_20b
      const runner = crashTwice(
        () => new ZeroDivisionError(),
        () => new asyncio.KeyboardInterrupt(),
      );
      yield* assertRaises(asyncio.KeyboardInterrupt, runner);
    }));

  it('test_taskgroup_20a', () =>
    run(function* () {
      const runner = crashTwice(
        () => new ZeroDivisionError(),
        () => new MyBaseExc(),
      );
      const group = yield* assertRaises(asyncio.BaseExceptionGroup, runner);
      expect(errorTypes(group)).to.deep.equal(new Set([MyBaseExc, ZeroDivisionError]));
    }));

  it('test_taskgroup_20b', () =>
    run(function* () {
      // Only one error can come out bare: the child's goes to the exception handler, and is not lost.
      const contexts = recordReports(asyncio.getRunningLoop());
      const runner = crashTwice(
        () => new ZeroDivisionError(),
        () => new asyncio.KeyboardInterrupt(),
      );
      yield* assertRaises(asyncio.KeyboardInterrupt, runner);
      expect(contexts).to.have.length(1);
      expect(contexts[0]?.exception).to.be.instanceOf(ZeroDivisionError);
    }));

  it('test_taskgroup_21a', () =>
    run(function* () {
      const runner = crashTwice(
        () => new MyBaseExc(),
        () => new TypeError(),
      );
      const group = yield* assertRaises(asyncio.BaseExceptionGroup, runner);
      expect(errorTypes(group)).to.deep.equal(new Set([MyBaseExc, TypeError]));
    }));

  it('test_taskgroup_22', () =>
    run(function* () {
      function* foo1() {
        yield* asyncio.sleep(1);
        return 42;
      }

      function* foo2() {
        yield* asyncio.sleep(2);
        return 11;
      }

      function* runner() {
        yield* asyncio.withTaskGroup(function* (g) {
          g.createTask(foo1());
          g.createTask(foo2());
        });
      }

      const r = asyncio.createTask(runner());
      yield* asyncio.sleep(0.05);
      r.cancel();
      yield* assertRaises(asyncio.CancelledError, r);
    }));

  it('test_taskgroup_23', () =>
    run(function* () {
      function* doJob(delay: number) {
        yield* asyncio.sleep(delay);
      }

      yield* asyncio.withTaskGroup(function* (g) {
        for (let count = 0; count < 10; count++) {
          yield* asyncio.sleep(0.1);
          g.createTask(doJob(0.3));
          if (count === 5) expect(taskCount(g)).to.be.within(1, 4);
        }
        yield* asyncio.sleep(1.35);
        expect(taskCount(g)).to.equal(0);
      });
    }));

  it('test_taskgroup_24', () =>
    run(function* () {
      const done: number[] = [];

      function* root(g: asyncio.TaskGroup) {
        yield* asyncio.sleep(0.1);
        g.createTask(coro1(0.1));
        g.createTask(coro1(0.2));
      }

      function* coro1(delay: number) {
        yield* asyncio.sleep(delay);
        done.push(delay);
      }

      yield* asyncio.withTaskGroup(function* (g) {
        g.createTask(root(g));
      });
      // Not in the original, which passes whenever nothing is thrown.
      expect(done).to.deep.equal([0.1, 0.2]);
    }));

  it('test_taskgroup_25', () =>
    run(function* () {
      let hydras = 0;

      function* hydra(g: asyncio.TaskGroup): asyncio.Coroutine<void> {
        hydras += 1;
        yield* asyncio.sleep(0.01);
        g.createTask(hydra(g));
        g.createTask(hydra(g));
      }

      function* hercules() {
        while (hydras < 10) yield* asyncio.sleep(0.015);
        throw new ZeroDivisionError();
      }

      const runner = asyncio.withTaskGroup(function* (g) {
        g.createTask(hydra(g));
        g.createTask(hercules());
      });
      const group = yield* assertRaises(asyncio.ExceptionGroup, runner);
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(hydras).to.be.at.least(10);
    }));

  it('test_taskgroup_task_name', () =>
    run(function* () {
      yield* asyncio.withTaskGroup(function* (g) {
        const t = g.createTask(asyncio.sleep(0), { name: 'yolo' });
        expect(t.getName()).to.equal('yolo');
      });
    }));

  it('test_taskgroup_task_context', () =>
    run(function* () {
      const cvar = new asyncio.ContextVar<number>('cvar');

      function* coro(value: number) {
        yield* asyncio.sleep(0);
        cvar.set(value);
      }

      yield* asyncio.withTaskGroup(function* (g) {
        const context = asyncio.copyContext();
        expect(context.get(cvar)).to.equal(undefined);
        yield* g.createTask(coro(1), { context });
        expect(context.get(cvar)).to.equal(1);
        yield* g.createTask(coro(2), { context });
        expect(context.get(cvar)).to.equal(2);
      });
    }));

  it('test_taskgroup_no_create_task_after_failure', () =>
    run(function* () {
      let refused = false;

      function* coro1() {
        yield* asyncio.sleep(0.001);
        throw new ZeroDivisionError();
      }

      function* coro2(g: asyncio.TaskGroup) {
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          if (!asyncio.isCancelled(error)) throw error;
          expect(() => g.createTask(coro1())).to.throw(asyncio.RuntimeError, 'is shutting down');
          refused = true;
        }
      }

      const runner = asyncio.withTaskGroup(function* (g) {
        g.createTask(coro1());
        g.createTask(coro2(g));
      });
      const group = yield* assertRaises(asyncio.ExceptionGroup, runner);
      expect(errorTypes(group)).to.deep.equal(new Set([ZeroDivisionError]));
      expect(refused).to.equal(true);
    }));

  it('test_taskgroup_context_manager_exit_raises', () =>
    run(function* () {
      class CustomException extends Error {}

      function* raiseExc() {
        throw new CustomException();
      }

      const database: asyncio.AsyncContextManager<void> = {
        *aenter() {},
        *aexit() {
          throw new CustomException();
        },
      };

      function* main() {
        const task = current();
        const group = yield* exceptStar(
          CustomException,
          asyncio.withTaskGroup(function* (tg) {
            yield* asyncio.asyncWith(database, function* () {
              tg.createTask(raiseExc());
              yield* asyncio.sleep(1);
            });
          }),
        );
        expect(task.cancelling()).to.equal(0);
        expect(group.exceptions).to.have.length(2);
      }

      yield* asyncio.createTask(main());
    }));

  it('test_taskgroup_already_entered', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      yield* asyncio.asyncWith(tg, function* () {
        yield* assertRaises(
          asyncio.RuntimeError,
          asyncio.asyncWith(tg, function* () {}),
          /has already been entered/,
        );
      });
    }));

  it('test_taskgroup_double_enter', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      yield* asyncio.asyncWith(tg, function* () {});
      yield* assertRaises(
        asyncio.RuntimeError,
        asyncio.asyncWith(tg, function* () {}),
        /has already been entered/,
      );
    }));

  it('test_taskgroup_finished', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      yield* asyncio.asyncWith(tg, function* () {});
      const coro = asyncio.sleep(0);
      expect(() => tg.createTask(coro)).to.throw(asyncio.RuntimeError, 'is finished');
      // The original looks for the warning of a coroutine that was not closed.
      expect(isClosed(coro)).to.equal(true);
    }));

  it('test_taskgroup_not_entered', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      const coro = asyncio.sleep(0);
      expect(() => tg.createTask(coro)).to.throw(asyncio.RuntimeError, 'has not been entered');
    }));

  it('test_taskgroup_without_parent_task', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      yield* assertRaises(asyncio.RuntimeError, awaitWithoutTask(tg.aenter()), /parent task/);
      const coro = asyncio.sleep(0);
      expect(() => tg.createTask(coro)).to.throw(asyncio.RuntimeError, 'has not been entered');
    }));

  it('test_coro_closed_when_tg_closed', () =>
    run(function* () {
      let ran = false;

      function* body() {
        ran = true;
      }

      const tg = yield* asyncio.withTaskGroup(function* (group) {
        return group;
      });
      const coro = body();
      expect(() => tg.createTask(coro)).to.throw(asyncio.RuntimeError, 'is finished');
      expect(isClosed(coro)).to.equal(true);
      expect(ran).to.equal(false);
    }));

  function* raiseAfter(delay: number, error: Error) {
    yield* asyncio.sleep(delay);
    throw error;
  }

  it('test_cancelling_level_preserved', () =>
    run(function* () {
      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(raiseAfter(0, new asyncio.RuntimeError()));
      });
      yield* exceptStar(asyncio.RuntimeError, block);
      expect(current().cancelling()).to.equal(0);
    }));

  it('test_nested_groups_both_cancelled', () =>
    run(function* () {
      const outerBlock = asyncio.withTaskGroup(function* (outer) {
        const innerBlock = asyncio.withTaskGroup(function* (inner) {
          inner.createTask(raiseAfter(0, new asyncio.RuntimeError()));
          outer.createTask(raiseAfter(0, new RangeError()));
        });
        yield* exceptStar(asyncio.RuntimeError, innerBlock);
        expect(current().cancelling()).to.equal(1);
      });
      yield* exceptStar(RangeError, outerBlock);
      expect(current().cancelling()).to.equal(0);
    }));

  it('test_error_and_cancel', () =>
    run(function* () {
      const event = new asyncio.Event();

      function* raiseError() {
        event.set();
        yield* asyncio.sleep(0);
        throw new asyncio.RuntimeError();
      }

      function* inner() {
        const block = asyncio.withTaskGroup(function* (tg) {
          tg.createTask(raiseError());
          yield* asyncio.sleep(1);
          expect.fail('The sleep in the group should have been cancelled');
        });
        yield* exceptStar(asyncio.RuntimeError, block);
        expect(current().cancelling()).to.equal(1);
        yield* asyncio.sleep(1);
        expect.fail('The sleep after the group should have been cancelled');
      }

      const t = asyncio.createTask(inner());
      yield* event.wait();
      expect(t.cancelling()).to.equal(0);
      t.cancel();
      expect(t.cancelling()).to.equal(1);
      yield* assertRaises(asyncio.CancelledError, t);
      expect(t.cancelled()).to.equal(true);
    }));

  it('test_name', () =>
    run(function* () {
      let name: string | null = null;

      function* asyncfn() {
        name = current().getName();
      }

      yield* asyncio.withTaskGroup(function* (tg) {
        tg.createTask(asyncfn(), { name: 'example name' });
      });
      expect(name).to.equal('example name');
    }));

  it('test_cancels_task_if_created_during_creation', () =>
    run(function* () {
      class MyError extends Error {}
      let ran = false;

      function* twoSwitches() {
        yield* asyncio.sleep(0); // eager tasks are cancelled here
        yield* asyncio.sleep(0); // and others here
      }

      const block = asyncio.withTaskGroup(function* (tg) {
        function* thirdTask() {
          throw new MyError('third task failed');
        }

        function* secondTask() {
          tg.createTask(thirdTask());
          yield* assertRaises(asyncio.CancelledError, twoSwitches());
          ran = true;
        }

        tg.createTask(secondTask());
      });
      const group = yield* exceptStar(MyError, block);
      expect(ran).to.equal(true);
      expect(group.exceptions[0]).to.be.instanceOf(MyError);
    }));

  it('test_cancellation_does_not_leak_out_of_tg', () =>
    run(function* () {
      class MyError extends Error {}

      function* throwError() {
        throw new MyError();
      }

      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(throwError());
      });
      yield* exceptStar(MyError, block);
      // If a cancellation leaked, it would come out here.
      yield* asyncio.sleep(0);
    }));

  it('test_taskgroup_cancel_children', () =>
    run(function* () {
      // No TimeoutError.
      yield* asyncio.withTimeout(1, function* () {
        yield* asyncio.withTaskGroup(function* (tg) {
          tg.createTask(asyncio.sleep(10));
          tg.createTask(asyncio.sleep(10));
          yield* asyncio.sleep(0);
          tg.cancel();
        });
      });
    }));

  it('test_taskgroup_cancel_body', () =>
    run(function* () {
      let count = 0;
      yield* asyncio.withTaskGroup(function* (tg) {
        tg.cancel();
        count += 1;
        yield* asyncio.sleep(0);
        count += 1;
      });
      expect(count).to.equal(1);
    }));

  it('test_taskgroup_cancel_idempotent', () =>
    run(function* () {
      let count = 0;
      yield* asyncio.withTaskGroup(function* (tg) {
        tg.cancel();
        tg.cancel();
        count += 1;
        yield* asyncio.sleep(0);
        count += 1;
      });
      expect(count).to.equal(1);
    }));

  it('test_taskgroup_cancel_after_exit', () =>
    run(function* () {
      const tg = yield* asyncio.withTaskGroup(function* (group) {
        yield* asyncio.sleep(0);
        return group;
      });
      expect(() => tg.cancel()).not.to.throw();
    }));

  it('test_taskgroup_cancel_before_enter', () =>
    run(function* () {
      const tg = new asyncio.TaskGroup();
      tg.cancel();
      let count = 0;
      yield* asyncio.asyncWith(tg, function* () {
        count += 1;
        yield* asyncio.sleep(0);
        count += 1;
      });
      expect(count).to.equal(1);
    }));

  it('test_taskgroup_cancel_before_create_task', () =>
    run(function* () {
      yield* asyncio.withTaskGroup(function* (tg) {
        tg.cancel();
        expect(() => tg.createTask(asyncio.sleep(1))).to.throw(asyncio.RuntimeError);
      });
    }));

  it('test_taskgroup_cancel_from_child_before_first_suspension', () =>
    run(function* () {
      const done: boolean[] = [];

      function* child(tg: asyncio.TaskGroup) {
        tg.cancel();
        yield* asyncio.sleep(10);
        done.push(true);
      }

      let task!: asyncio.Task<void>;
      yield* asyncio.withTaskGroup(function* (tg) {
        task = tg.createTask(child(tg));
      });
      expect(task.cancelled()).to.equal(true);
      expect(done).to.deep.equal([]);
    }));

  it('test_taskgroup_cancel_keeps_outer_cancellation', () =>
    run(function* () {
      const cancelling = new asyncio.Event();
      const release = new asyncio.Event();

      function* child() {
        try {
          yield* asyncio.sleep(10);
        } finally {
          cancelling.set();
          yield* release.wait();
        }
      }

      function* body() {
        yield* asyncio.withTaskGroup(function* (tg) {
          tg.createTask(child());
          yield* asyncio.sleep(0);
          tg.cancel();
        });
      }

      const task = asyncio.createTask(body());
      yield* cancelling.wait();
      // The group has cancelled its own block and waits for the child: this cancel comes from outside.
      task.cancel('message');
      release.set();
      const error = yield* assertRaises(asyncio.CancelledError, task);
      expect(error.args).to.deep.equal(['message']);
    }));

  it('test_taskgroup_cancel_before_exception', () =>
    run(function* () {
      function* raiseExc(parent: asyncio.TaskGroup) {
        parent.cancel();
        throw new asyncio.RuntimeError();
      }

      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(raiseExc(tg));
        yield* asyncio.sleep(1);
      });
      yield* assertRaises(asyncio.ExceptionGroup, block);
    }));

  it('test_taskgroup_cancel_after_exception', () =>
    run(function* () {
      function* raiseExc(parent: asyncio.TaskGroup) {
        try {
          throw new asyncio.RuntimeError();
        } finally {
          parent.cancel();
        }
      }

      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(raiseExc(tg));
        yield* asyncio.sleep(1);
      });
      yield* assertRaises(asyncio.ExceptionGroup, block);
    }));

  it('test_taskgroup_body_cancel_before_exception', () =>
    run(function* () {
      const block = asyncio.withTaskGroup(function* (tg) {
        tg.cancel();
        throw new asyncio.RuntimeError();
      });
      yield* assertRaises(asyncio.ExceptionGroup, block);
    }));

  it('test_taskgroup_body_cancel_after_exception', () =>
    run(function* () {
      const block = asyncio.withTaskGroup(function* (tg) {
        try {
          throw new asyncio.RuntimeError();
        } finally {
          tg.cancel();
        }
      });
      yield* assertRaises(asyncio.ExceptionGroup, block);
    }));

  it('test_taskgroup_cancel_one_winner', () =>
    run(function* () {
      function* race<T>(...fns: (() => asyncio.Coroutine<T>)[]) {
        let outcome: T | undefined;
        yield* asyncio.withTaskGroup(function* (tg) {
          function* runOne(fn: () => asyncio.Coroutine<T>) {
            outcome = yield* fn();
            tg.cancel();
          }
          for (const fn of fns) tg.createTask(runOne(fn));
        });
        return outcome;
      }

      const event = new asyncio.Event();
      const record: string[] = [];

      function* fn1() {
        record.push('1 started');
        yield* event.wait();
        record.push('1 finished');
        return 1;
      }

      function* fn2() {
        record.push('2 started');
        yield* event.wait();
        record.push('2 finished');
        return 2;
      }

      function* fn3() {
        record.push('3 started');
        event.set();
        yield* asyncio.sleep(10);
        record.push('3 finished');
        return 3;
      }

      expect(yield* race(fn1, fn2, fn3)).to.equal(1);
      expect(record).to.deep.equal(['1 started', '2 started', '3 started', '1 finished']);
    }));

  it('test_taskgroup_generator_exit_01', () =>
    run(function* () {
      // The closing of a generator leaves its group as it is, so that it is known for what it is.
      const left: unknown[] = [];

      const gen = asyncio.asyncGenerator<number>(function* (emit) {
        try {
          yield* asyncio.withTaskGroup(function* (tg) {
            tg.createTask(asyncio.sleep(10));
            yield* emit(1);
            yield* emit(2);
          });
        } catch (error) {
          left.push(error);
          throw error;
        }
      });

      expect(yield* gen.anext()).to.deep.equal({ done: false, value: 1 });
      yield* gen.aclose();
      expect(left).to.have.lengthOf(1);
      expect(left[0]).to.be.instanceOf(asyncio.GeneratorExit);
      expect(asyncio.allTasks().size).to.equal(1);
    }));

  it('test_taskgroup_generator_exit_02', () =>
    run(function* () {
      function* child() {
        throw new asyncio.GeneratorExit();
      }

      // A task's is an error like others: no generator of ours is being closed.
      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(child());
        yield* asyncio.sleep(10);
      });
      const group = yield* assertRaises(asyncio.BaseExceptionGroup, block);
      expect(group).to.not.be.instanceOf(asyncio.ExceptionGroup);
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.GeneratorExit]));
    }));

  it('test_taskgroup_generator_exit_03', () =>
    run(function* () {
      function* child() {
        try {
          yield* asyncio.sleep(10);
        } finally {
          raise(new ZeroDivisionError());
        }
      }

      const block = asyncio.withTaskGroup(function* (tg) {
        tg.createTask(child());
        yield* asyncio.sleep(0.1);
        throw new asyncio.GeneratorExit();
      });
      const group = yield* assertRaises(asyncio.BaseExceptionGroup, block);
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.GeneratorExit, ZeroDivisionError]));
    }));

  it('test_taskgroup_generator_exit_04', () =>
    run(function* () {
      function* child() {
        try {
          yield* asyncio.sleep(10);
        } finally {
          raise(new ZeroDivisionError());
        }
      }

      const gen = asyncio.asyncGenerator<number>(function* (emit) {
        yield* asyncio.withTaskGroup(function* (tg) {
          tg.createTask(child());
          yield* asyncio.sleep(0);
          yield* emit(1);
        });
      });

      expect(yield* gen.anext()).to.deep.equal({ done: false, value: 1 });
      // The task's error is not lost in the closing.
      const group = yield* assertRaises(asyncio.BaseExceptionGroup, gen.aclose());
      expect(errorTypes(group)).to.deep.equal(new Set([asyncio.GeneratorExit, ZeroDivisionError]));
    }));
}

describe('BaseTestTaskGroup', () => {
  describe('TestTaskGroup', () => {
    baseTestTaskGroup(simulate);
  });

  describe('TestEagerTaskTaskGroup', () => {
    baseTestTaskGroup((main) =>
      simulate(main, { prepare: (loop) => loop.setTaskFactory(asyncio.eagerTaskFactory) }),
    );
  });
});
