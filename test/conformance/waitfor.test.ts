// Lib/test/test_asyncio/test_waitfor.py of CPython 3.13.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { assertRaises, raise } from './support.ts';

/** A timeout that is not zero, and very small. */
const EPSILON = 0.0001;

/** Runs for 0.2 seconds, whoever cancels it. */
class SlowTask {
  static readonly TASK_TIMEOUT = 0.2;
  exited = false;

  *run(): asyncio.Coroutine<void> {
    const loop = asyncio.getRunningLoop();
    const exitAt = loop.time() + SlowTask.TASK_TIMEOUT;
    for (;;) {
      const rest = exitAt - loop.time();
      if (rest <= 0) break;
      try {
        yield* asyncio.sleep(rest);
      } catch (error) {
        if (!asyncio.isCancelled(error)) throw error;
      }
    }
    this.exited = true;
  }
}

describe('AsyncioWaitForTest', () => {
  it('test_asyncio_wait_for_cancelled', () =>
    simulate(function* () {
      const t = new SlowTask();
      const waiting = asyncio.createTask(asyncio.waitFor(t.run(), SlowTask.TASK_TIMEOUT * 2));
      yield* asyncio.sleep(0);
      waiting.cancel();
      yield* asyncio.wait(new Set([waiting]));
      expect(t.exited).to.equal(true);
    }));

  it('test_asyncio_wait_for_timeout', () =>
    simulate(function* () {
      const t = new SlowTask();
      try {
        yield* asyncio.waitFor(t.run(), SlowTask.TASK_TIMEOUT / 2);
      } catch (error) {
        if (!(error instanceof asyncio.TimeoutError)) throw error;
      }
      expect(t.exited).to.equal(true);
    }));

  it('test_wait_for_timeout_less_then_0_or_0_future_done', () =>
    simulate(function* () {
      const fut = asyncio.getRunningLoop().createFuture<string>();
      fut.setResult('done');
      const ret = yield* asyncio.waitFor(fut, 0);
      expect(ret).to.equal('done');
      expect(fut.done()).to.equal(true);
    }));

  it('test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started', () =>
    simulate(function* () {
      let fooStarted = false;

      function* foo() {
        fooStarted = true;
      }

      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(foo(), 0));
      expect(fooStarted).to.equal(false);
    }));

  it('test_wait_for_timeout_less_then_0_or_0', () =>
    simulate(function* () {
      for (const timeout of [0, -1]) {
        let fooRunning: boolean | null = null;
        const started = asyncio.getRunningLoop().createFuture<void>();

        function* foo() {
          fooRunning = true;
          started.setResult();
          try {
            yield* asyncio.sleep(10);
          } finally {
            fooRunning = false;
          }
          return 'done';
        }

        const fut = asyncio.createTask(foo());
        yield* started;
        yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(fut, timeout));
        expect(fut.done()).to.equal(true);
        expect(fut.cancelled()).to.equal(true);
        expect(fooRunning).to.equal(false);
      }
    }));

  it('test_wait_for', () =>
    simulate(function* () {
      let fooRunning: boolean | null = null;

      function* foo() {
        fooRunning = true;
        try {
          yield* asyncio.sleep(300);
        } finally {
          fooRunning = false;
        }
        return 'done';
      }

      const fut = asyncio.createTask(foo());
      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(fut, 0.1));
      expect(fut.done()).to.equal(true);
      expect(fut.cancelled()).to.equal(true);
      expect(fooRunning).to.equal(false);
    }));

  it('test_wait_for_blocking', () =>
    simulate(function* () {
      function* coro() {
        return 'done';
      }

      const res = yield* asyncio.waitFor(coro(), null);
      expect(res).to.equal('done');
    }));

  it('test_wait_for_race_condition', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const fut = loop.createFuture<string>();
      const task = asyncio.waitFor(fut, 0.2);
      loop.callSoon(() => fut.setResult('ok'));
      const res = yield* task;
      expect(res).to.equal('ok');
    }));

  it('test_wait_for_cancellation_race_condition', () =>
    simulate(function* () {
      function* inner() {
        yield* assertRaises(asyncio.CancelledError, asyncio.sleep(1));
        return 1;
      }

      const result = yield* asyncio.waitFor(inner(), 0.01);
      expect(result).to.equal(1);
    }));

  it('test_wait_for_waits_for_task_cancellation', () =>
    simulate(function* () {
      let taskDone = false;

      function* inner() {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (asyncio.isCancelled(error)) yield* asyncio.sleep(EPSILON);
          throw error;
        } finally {
          taskDone = true;
        }
      }

      const innerTask = asyncio.createTask(inner());
      const error = yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(innerTask, EPSILON));
      expect(taskDone).to.equal(true);
      // The original looks at the implicit context.
      expect(error.cause).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('test_wait_for_waits_for_task_cancellation_w_timeout_0', () =>
    simulate(function* () {
      let taskDone = false;

      function* inner() {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (asyncio.isCancelled(error)) yield* asyncio.sleep(EPSILON);
          throw error;
        } finally {
          taskDone = true;
        }
      }

      function* foo() {
        const innerTask = asyncio.createTask(inner());
        yield* asyncio.sleep(EPSILON);
        yield* asyncio.waitFor(innerTask, 0);
      }

      const error = yield* assertRaises(asyncio.TimeoutError, foo());
      expect(taskDone).to.equal(true);
      expect(error.cause).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('test_wait_for_reraises_exception_during_cancellation', () =>
    simulate(function* () {
      class FooException extends Error {}

      function* inner() {
        try {
          yield* asyncio.sleep(0.2);
        } finally {
          raise(new FooException());
        }
      }

      function* foo() {
        const innerTask = asyncio.createTask(inner());
        yield* asyncio.waitFor(innerTask, EPSILON);
      }

      yield* assertRaises(FooException, foo());
    }));

  function* cancelWaitFor(timeout: number | null) {
    const loop = asyncio.getRunningLoop();

    function* blockingCoroutine() {
      yield* loop.createFuture(); // nobody sets it
    }

    const task = asyncio.createTask(blockingCoroutine());
    const wait = asyncio.createTask(asyncio.waitFor(task, timeout));
    loop.callSoon(() => wait.cancel());
    yield* assertRaises(asyncio.CancelledError, wait);
    // Cancelling the wait cancels what is waited for.
    expect(task.cancelled()).to.equal(true);
  }

  it('test_cancel_blocking_wait_for', () => simulate(() => cancelWaitFor(null)));

  it('test_cancel_wait_for', () => simulate(() => cancelWaitFor(60)));

  it('test_wait_for_cancel_suppressed', () =>
    simulate(function* () {
      // A value that is given in spite of the cancellation counts, as under timeout().
      function* return42() {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (asyncio.isCancelled(error)) return 42;
          throw error;
        }
        return undefined;
      }

      const res = yield* asyncio.waitFor(return42(), 0.1);
      expect(res).to.equal(42);
    }));

  it('test_wait_for_issue86296', () =>
    simulate(function* () {
      // The inner task is done in the same pass in which the outer one is cancelled: the cancellation is not lost.
      function* inner() {
        return 'done';
      }

      const innerTask = asyncio.createTask(inner());
      let reachedEnd = false;

      function* waitForCoro() {
        yield* asyncio.waitFor(innerTask, 100);
        yield* asyncio.sleep(1);
        reachedEnd = true;
      }

      const task = asyncio.createTask(waitForCoro());
      expect(task.done()).to.equal(false);
      yield* asyncio.sleep(0);
      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
      expect(innerTask.done()).to.equal(true);
      expect(yield* innerTask).to.equal('done');
      expect(reachedEnd).to.equal(false);
    }));
});

describe('WaitForShieldTests', () => {
  function* coro(delay: number) {
    yield* asyncio.sleep(delay);
    return 'done';
  }

  it('test_zero_timeout', () =>
    simulate(function* () {
      // The shield is cancelled at once; the task behind it is not.
      const task = asyncio.createTask(coro(0.01));
      const shielded = asyncio.shield(task);
      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(shielded, 0));

      expect(task.done()).to.equal(false);
      expect(task.cancelled()).to.equal(false);
      expect(shielded.cancelled()).to.equal(true);

      yield* asyncio.sleep(0.1);
      expect(task.done()).to.equal(true);
    }));

  it('test_none_timeout', () =>
    simulate(function* () {
      const task = asyncio.createTask(coro(0.1));
      yield* asyncio.waitFor(asyncio.shield(task), null);
      expect(task.done()).to.equal(true);
      expect(yield* task).to.equal('done');
    }));

  it('test_shielded_timeout', () =>
    simulate(function* () {
      const task = asyncio.createTask(coro(0.1));
      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(asyncio.shield(task), 0.01));
      expect(task.done()).to.equal(false);
      expect(task.cancelled()).to.equal(false);
      expect(yield* task).to.equal('done');
    }));
});
