// Lib/test/test_asyncio/test_timeouts.py of CPython 3.13.
//
// JavaScript has no implicit exception context. Where the original walks along `__context__`, only the links that are
// causes are looked at here: TimeoutError has the CancelledError that it replaces as its cause.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { ManualHost, simulate } from '../support/loops.ts';
import { assertRaises, awaitWithoutTask, raise, ZeroDivisionError } from './support.ts';

class KeyError extends Error {}

function current(): asyncio.Task<unknown> {
  const task = asyncio.currentTask();
  if (task === null) throw new Error('No task is running');
  return task;
}

/** Runs a program that can keep its loop busy: `block(seconds)` is `time.sleep`, in virtual time. */
async function runBusy(
  main: (block: (seconds: number) => void) => asyncio.Coroutine<unknown>,
): Promise<void> {
  const host = new ManualHost();
  const loop = new asyncio.BaseEventLoop(host);
  const result = loop.runUntilComplete(
    main((seconds) => {
      host.time += seconds;
    }),
  );
  for (host.drain(); host.running && !host.idle; host.drain()) {
    host.time = Math.max(host.time, host.deadline);
    host.pump();
  }
  await result;
  loop.close();
}

describe('TimeoutTests', () => {
  it('test_timeout_basic', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(10)),
      );
      expect(cm.expired()).to.equal(true);
    }));

  it('test_timeout_at_basic', () =>
    simulate(function* () {
      const deadline = asyncio.getRunningLoop().time() + 0.01;
      const cm = asyncio.timeoutAt(deadline);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(10)),
      );
      expect(cm.expired()).to.equal(true);
      expect(cm.when()).to.equal(deadline);
    }));

  it('test_nested_timeouts', () =>
    simulate(function* () {
      let cancelled = false;
      const deadline = asyncio.getRunningLoop().time() + 0.01;
      const cm1 = asyncio.timeoutAt(deadline);
      const cm2 = asyncio.timeoutAt(deadline);
      const block = asyncio.asyncWith(cm1, function* () {
        // Only the outer one throws TimeoutError.
        try {
          yield* asyncio.asyncWith(cm2, () => asyncio.sleep(10));
        } catch (error) {
          cancelled = asyncio.isCancelled(error);
          throw error;
        }
      });
      yield* assertRaises(asyncio.TimeoutError, block);
      expect(cancelled).to.equal(true);
      expect(cm1.expired()).to.equal(true);
      expect(cm2.expired()).to.equal(true);
    }));

  it('test_waiter_cancelled', () =>
    simulate(function* () {
      let cancelled = false;
      const block = asyncio.withTimeout(0.01, function* () {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          cancelled = asyncio.isCancelled(error);
          throw error;
        }
      });
      yield* assertRaises(asyncio.TimeoutError, block);
      expect(cancelled).to.equal(true);
    }));

  it('test_timeout_not_called', () =>
    simulate(function* () {
      const cm = asyncio.timeout(10);
      yield* asyncio.asyncWith(cm, () => asyncio.sleep(0.01));
      expect(cm.expired()).to.equal(false);
      expect(cm.when()).to.be.greaterThan(asyncio.getRunningLoop().time());
    }));

  it('test_timeout_disabled', () =>
    simulate(function* () {
      const cm = asyncio.timeout(null);
      yield* asyncio.asyncWith(cm, () => asyncio.sleep(0.01));
      expect(cm.expired()).to.equal(false);
      expect(cm.when()).to.equal(null);
    }));

  it('test_timeout_at_disabled', () =>
    simulate(function* () {
      const cm = asyncio.timeoutAt(null);
      yield* asyncio.asyncWith(cm, () => asyncio.sleep(0.01));
      expect(cm.expired()).to.equal(false);
      expect(cm.when()).to.equal(null);
    }));

  it('test_timeout_zero', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const t0 = loop.time();
      const cm = asyncio.timeout(0);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(10)),
      );
      expect(cm.expired()).to.equal(true);
      expect(cm.when()).to.be.within(t0, loop.time());
      expect(loop.time()).to.equal(t0);
    }));

  it('test_timeout_zero_sleep_zero', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const t0 = loop.time();
      const cm = asyncio.timeout(0);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(0)),
      );
      expect(cm.expired()).to.equal(true);
      expect(cm.when()).to.be.within(t0, loop.time());
    }));

  it('test_timeout_in_the_past_sleep_zero', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const t0 = loop.time();
      const cm = asyncio.timeout(-11);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(0)),
      );
      expect(cm.expired()).to.equal(true);
      expect(cm.when()).to.be.at.most(t0);
      expect(cm.when()).to.be.at.most(loop.time());
    }));

  it('test_foreign_exception_passed', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      const block = asyncio.asyncWith(cm, function* () {
        throw new KeyError();
      });
      yield* assertRaises(KeyError, block);
      expect(cm.expired()).to.equal(false);
    }));

  it('test_timeout_exception_context', () =>
    simulate(function* () {
      const block = asyncio.withTimeout(0.01, function* () {
        try {
          throw new ZeroDivisionError();
        } finally {
          yield* asyncio.sleep(1);
        }
      });
      const e = yield* assertRaises(asyncio.TimeoutError, block);
      const e2 = e.cause as asyncio.CancelledError;
      expect(e2).to.be.instanceOf(asyncio.CancelledError);
      expect(e2.cause).to.equal(undefined);
    }));

  it('test_foreign_exception_on_timeout', () =>
    simulate(function* () {
      function* crash() {
        try {
          yield* asyncio.sleep(1);
        } finally {
          raise(new ZeroDivisionError());
        }
      }

      const e = yield* assertRaises(ZeroDivisionError, asyncio.withTimeout(0.01, crash));
      expect(e.cause).to.equal(undefined);
    }));

  it('test_foreign_exception_on_timeout_2', () =>
    simulate(function* () {
      const block = asyncio.withTimeout(0.01, function* () {
        try {
          try {
            throw new RangeError();
          } finally {
            yield* asyncio.sleep(1);
          }
        } finally {
          try {
            raise(new KeyError());
          } finally {
            raise(new ZeroDivisionError());
          }
        }
      });
      const e = yield* assertRaises(ZeroDivisionError, block);
      expect(e.cause).to.equal(undefined);
    }));

  it('test_foreign_cancel_doesnt_timeout_if_not_expired', () =>
    simulate(function* () {
      const cm = asyncio.timeout(10);
      const block = asyncio.asyncWith(cm, function* () {
        current().cancel();
        yield* asyncio.sleep(10);
      });
      yield* assertRaises(asyncio.CancelledError, block);
      expect(cm.expired()).to.equal(false);
    }));

  it('test_outer_task_is_not_cancelled', () =>
    simulate(function* () {
      function* outer() {
        yield* assertRaises(
          asyncio.TimeoutError,
          asyncio.withTimeout(0.001, () => asyncio.sleep(10)),
        );
      }

      const task = asyncio.createTask(outer());
      yield* task;
      expect(task.cancelled()).to.equal(false);
      expect(task.done()).to.equal(true);
    }));

  it('test_nested_timeouts_concurrent', () =>
    runBusy(function* (block) {
      const inner = asyncio.withTimeout(0.1, function* () {
        block(0.01); // some numbers are crunched
        yield* asyncio.sleep(1);
      });
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.withTimeout(0.002, () => assertRaises(asyncio.TimeoutError, inner)),
      );
    }));

  it('test_nested_timeouts_loop_busy', () =>
    runBusy(function* (block) {
      const loop = asyncio.getRunningLoop();
      const t0 = loop.time();
      const outer = asyncio.withTimeout(0.1, function* () {
        const inner = asyncio.withTimeout(0.01, function* () {
          block(0.1); // the loop is busy for a while
          yield* asyncio.sleep(1);
        });
        yield* assertRaises(asyncio.TimeoutError, inner);
        // What follows the inner one is interrupted by the outer one.
        yield* asyncio.sleep(10);
      });
      yield* assertRaises(asyncio.TimeoutError, outer);
      expect(loop.time()).to.be.within(t0, t0 + 1);
    }));

  it('test_reschedule', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const fut = new asyncio.Future<asyncio.Timeout>({ loop });
      const deadline1 = loop.time() + 10;
      const deadline2 = deadline1 + 20;

      function* f() {
        yield* asyncio.withTimeoutAt(deadline1, function* (scope) {
          fut.setResult(scope);
          yield* asyncio.sleep(50);
        });
      }

      const task = asyncio.createTask(f());
      const cm = yield* fut;

      expect(cm.when()).to.equal(deadline1);
      cm.reschedule(deadline2);
      expect(cm.when()).to.equal(deadline2);
      cm.reschedule(null);
      expect(cm.when()).to.equal(null);

      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
      expect(cm.expired()).to.equal(false);
    }));

  it('test_repr_active', () =>
    asyncio.run(
      function* () {
        yield* asyncio.withTimeout(10, function* (cm) {
          expect(String(cm)).to.match(/^<Timeout \[active\] when=\d+\.\d*>$/);
        });
      },
      // At a whole second the number has no point in JavaScript.
      { loopFactory: () => new SimLoop({ startTime: 0.5 }) },
    ));

  it('test_repr_expired', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(10)),
      );
      expect(String(cm)).to.equal('<Timeout [expired]>');
    }));

  it('test_repr_finished', () =>
    simulate(function* () {
      const cm = asyncio.timeout(10);
      yield* asyncio.asyncWith(cm, () => asyncio.sleep(0));
      expect(String(cm)).to.equal('<Timeout [finished]>');
    }));

  it('test_repr_disabled', () =>
    simulate(function* () {
      yield* asyncio.withTimeout(null, function* (cm) {
        expect(String(cm)).to.equal('<Timeout [active] when=None>');
      });
    }));

  it('test_nested_timeout_in_finally', () =>
    simulate(function* () {
      let e2: asyncio.TimeoutError | null = null;
      const block = asyncio.withTimeout(0.01, function* () {
        try {
          yield* asyncio.sleep(1);
        } finally {
          e2 = yield* assertRaises(
            asyncio.TimeoutError,
            asyncio.withTimeout(0.01, () => asyncio.sleep(10)),
          );
        }
      });
      const e1 = yield* assertRaises(asyncio.TimeoutError, block);
      const e12 = e1.cause as asyncio.CancelledError;
      expect(e12).to.be.instanceOf(asyncio.CancelledError);
      expect(e12.cause).to.equal(undefined);
      const e22 = (e2 as asyncio.TimeoutError | null)?.cause as asyncio.CancelledError;
      expect(e22).to.be.instanceOf(asyncio.CancelledError);
      expect(e22.cause).to.equal(undefined);
      expect(e22).not.to.equal(e12);
    }));

  /** Work that is cancelled, and swallows it. */
  function* cancelledWork() {
    try {
      current().cancel();
      yield* asyncio.sleep(1);
    } catch (error) {
      if (!asyncio.isCancelled(error)) throw error;
    }
  }

  it('test_timeout_after_cancellation', () =>
    simulate(function* () {
      yield* cancelledWork();
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.withTimeout(0, () => asyncio.sleep(1)),
      );
    }));

  it('test_cancel_in_timeout_after_cancellation', () =>
    simulate(function* () {
      yield* cancelledWork();
      const cleanup = asyncio.withTimeout(1, function* () {
        current().cancel();
        yield* asyncio.sleep(2);
      });
      yield* assertRaises(asyncio.CancelledError, cleanup);
    }));

  it('test_timeout_already_entered', () =>
    simulate(function* () {
      yield* asyncio.withTimeout(0.01, function* (cm) {
        yield* assertRaises(
          asyncio.RuntimeError,
          asyncio.asyncWith(cm, function* () {}),
          /has already been entered/,
        );
      });
    }));

  it('test_timeout_double_enter', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* asyncio.asyncWith(cm, function* () {});
      yield* assertRaises(
        asyncio.RuntimeError,
        asyncio.asyncWith(cm, function* () {}),
        /has already been entered/,
      );
    }));

  it('test_timeout_finished', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* asyncio.asyncWith(cm, function* () {});
      expect(() => cm.reschedule(0.02)).to.throw(asyncio.RuntimeError, 'finished');
    }));

  it('test_timeout_expired', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncWith(cm, () => asyncio.sleep(1)),
      );
      expect(() => cm.reschedule(0.02)).to.throw(asyncio.RuntimeError, 'expired');
    }));

  it('test_timeout_expiring', () =>
    simulate(function* () {
      yield* asyncio.withTimeout(0.01, function* (cm) {
        yield* assertRaises(asyncio.CancelledError, asyncio.sleep(1));
        expect(() => cm.reschedule(0.02)).to.throw(asyncio.RuntimeError, 'expiring');
      });
    }));

  it('test_timeout_not_entered', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      expect(() => cm.reschedule(0.02)).to.throw(asyncio.RuntimeError, 'has not been entered');
    }));

  it('test_timeout_without_task', () =>
    simulate(function* () {
      const cm = asyncio.timeout(0.01);
      yield* assertRaises(asyncio.RuntimeError, awaitWithoutTask(cm.aenter()), /task/);
      expect(() => cm.reschedule(0.02)).to.throw(asyncio.RuntimeError, 'has not been entered');
    }));

  it('test_timeout_taskgroup', () =>
    simulate(function* () {
      function* task() {
        try {
          yield* asyncio.sleep(2); // interrupted after 0.01 seconds
        } finally {
          raise(new ZeroDivisionError()); // the cleanup fails
        }
      }

      const block = asyncio.withTimeout(0.01, function* () {
        yield* asyncio.withTaskGroup(function* (tg) {
          tg.createTask(task());
          try {
            throw new RangeError();
          } finally {
            yield* asyncio.sleep(1);
          }
        });
      });
      const group = yield* assertRaises(asyncio.ExceptionGroup, block);
      expect(group.cause).to.equal(undefined);
      expect(group.exceptions).to.have.length(1);
      expect(group.exceptions[0]).to.be.instanceOf(ZeroDivisionError);
      expect(group.exceptions[0]?.cause).to.equal(undefined);
    }));
});
