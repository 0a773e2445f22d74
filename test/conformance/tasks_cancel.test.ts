// Lib/test/test_asyncio/test_tasks.py of CPython 3.13: what BaseTaskTests has about cancellation.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRejects, raise, runBriefly } from './support.ts';
import { describeTaskClasses, innermostCause } from './tasks_support.ts';

/** The arguments of a cancel(), and those of the CancelledError that comes of it. */
const CANCEL_CASES: readonly (readonly [
  cancelArgs: readonly [] | readonly [unknown],
  expected: unknown[],
])[] = [
  [[], []],
  [[null], []],
  [['my message'], ['my message']],
  // What is no string comes out as it went in.
  [[5], [5]],
];

describe('BaseTaskTests', () => {
  describeTaskClasses((withTasks) => {
    it(
      'test_cancelling',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* task(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(10);
        }

        const t = newTask(loop, task());
        expect(t.cancelling()).to.equal(0);
        expect(String(t)).not.to.contain(' cancelling ');
        expect(t.cancel()).to.equal(true);
        expect(t.cancelling()).to.equal(1);
        expect(String(t)).to.contain(' cancelling ');

        // A second request is one more.
        expect(t.cancel()).to.equal(true);
        expect(t.cancelling()).to.equal(2);

        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
      }),
    );

    it(
      'test_uncancel_basic',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* task(): asyncio.Coroutine<void> {
          try {
            yield* asyncio.sleep(10);
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            asyncio.currentTask()?.uncancel();
            yield* asyncio.sleep(10);
          }
        }

        const t = newTask(loop, task());
        await loop.runUntilComplete(asyncio.sleep(0.01));

        // Cancel first sleep
        expect(t.cancel()).to.equal(true);
        expect(String(t)).to.contain(' cancelling ');
        expect(t.cancelling()).to.equal(1);
        expect(t.cancelled()).to.equal(false); // not yet done
        await loop.runUntilComplete(asyncio.sleep(0.01));

        // after uncancel()
        expect(String(t)).not.to.contain(' cancelling ');
        expect(t.cancelling()).to.equal(0);
        expect(t.cancelled()).to.equal(false);

        // Cancel second sleep
        expect(t.cancel()).to.equal(true);
        expect(t.cancelling()).to.equal(1);
        expect(t.cancelled()).to.equal(false);
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(t.cancelled()).to.equal(true);
        expect(t.done()).to.equal(true);

        // uncancel() has no effect on a task that is done
        t.uncancel();
        expect(t.cancelled()).to.equal(true);
        expect(t.done()).to.equal(true);
      }),
    );

    it(
      'test_uncancel_structured_blocks',
      withTasks(async ({ newLoop, newTask }) => {
        // By hand what `timeout` does: a block with a deadline, and code after it that the deadline does not reach.
        const loop = newLoop();

        function* makeRequestWithTimeout(
          delay: number,
          timeout: number,
        ): asyncio.Coroutine<
          [timedOut: boolean, structuredBlockFinished: boolean, outerCodeReached: boolean]
        > {
          const task = asyncio.currentTask() as asyncio.Task<unknown>; // it runs in a task
          let timedOut = false;
          let structuredBlockFinished = false;
          let outerCodeReached = false;

          const timeoutHandle = task.getLoop().callLater(timeout, () => {
            timedOut = true;
            task.cancel();
          });
          try {
            let thrown: unknown = null;
            try {
              // Structured block affected by the timeout
              yield* asyncio.sleep(delay);
              structuredBlockFinished = true;
            } catch (error) {
              thrown = error;
              throw error;
            } finally {
              timeoutHandle.cancel();
              // The five rules, in this order: also after a plain return; only if it was our own timer; uncancel()
              // because we have called cancel(); convert only if no other request is open; and only a CancelledError.
              if (timedOut && task.uncancel() === 0 && asyncio.isCancelled(thrown))
                raise(new asyncio.TimeoutError());
            }
          } catch (error) {
            if (!(error instanceof asyncio.TimeoutError)) throw error;
            expect(timedOut).to.equal(true);
          }

          // Outer code not affected by the timeout
          outerCodeReached = true;
          yield* asyncio.sleep(0);
          return [timedOut, structuredBlockFinished, outerCodeReached];
        }

        // Test which timed out.
        const t1 = newTask(loop, makeRequestWithTimeout(10.0, 0.1));
        expect(await loop.runUntilComplete(t1)).to.deep.equal([true, false, true]);
        expect(t1.cancelling()).to.equal(0); // no request is left open

        // Test which did not time out.
        const t2 = newTask(loop, makeRequestWithTimeout(0, 10.0));
        expect(await loop.runUntilComplete(t2)).to.deep.equal([false, true, true]);
        expect(t2.cancelling()).to.equal(0);
      }),
    );

    it(
      'test_uncancel_resets_must_cancel',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const fut = new asyncio.Future<void>({ loop });

        function* coro(): asyncio.Coroutine<number> {
          yield* fut;
          return 42;
        }

        const task = newTask(loop, coro());
        await loop.runUntilComplete(asyncio.sleep(0)); // the task waits for fut
        fut.setResult(); // the task can go on
        task.cancel();
        expect(task.cancelling()).to.equal(1);
        expect(task._mustCancel).to.equal(true);

        task.uncancel();
        expect(task.cancelling()).to.equal(0);
        expect(task._mustCancel).to.equal(false);

        expect(await loop.runUntilComplete(task)).to.equal(42);
      }),
    );

    it(
      'test_cancel',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* task(): asyncio.Coroutine<number> {
          yield* asyncio.sleep(10.0);
          return 12;
        }

        const t = newTask(loop, task());
        loop.callSoon(() => t.cancel());
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(t.done()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
        expect(t.cancel()).to.equal(false);
        expect(loop.time()).to.equal(0);
      }),
    );

    it(
      'test_cancel_with_message_then_future_result',
      withTasks(async ({ newLoop, newTask }) => {
        for (const [cancelArgs, expectedArgs] of CANCEL_CASES) {
          const loop = newLoop();

          function* sleep(): asyncio.Coroutine<void> {
            yield* asyncio.sleep(10);
          }
          function* coro(): asyncio.Coroutine<void> {
            const task = newTask(loop, sleep());
            yield* asyncio.sleep(0);
            task.cancel(...cancelArgs);
            yield* asyncio.wait([task]);
            task.result();
          }

          const error = await assertRejects(
            asyncio.CancelledError,
            loop.runUntilComplete(newTask(loop, coro())),
          );
          expect(error.args).to.deep.equal(expectedArgs);
          expect(innermostCause(error)).to.deep.equal(['CancelledError', expectedArgs, 0]);
        }
      }),
    );

    it(
      'test_cancel_with_message_then_future_exception',
      withTasks(async ({ newLoop, newTask }) => {
        for (const [cancelArgs, expectedArgs] of CANCEL_CASES) {
          const loop = newLoop();

          function* sleep(): asyncio.Coroutine<void> {
            yield* asyncio.sleep(10);
          }
          function* coro(): asyncio.Coroutine<void> {
            const task = newTask(loop, sleep());
            yield* asyncio.sleep(0);
            task.cancel(...cancelArgs);
            yield* asyncio.wait([task]);
            task.exception();
          }

          const error = await assertRejects(
            asyncio.CancelledError,
            loop.runUntilComplete(newTask(loop, coro())),
          );
          expect(error.args).to.deep.equal(expectedArgs);
          expect(innermostCause(error)).to.deep.equal(['CancelledError', expectedArgs, 0]);
        }
      }),
    );

    it(
      'test_cancellation_exception_context',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const fut = loop.createFuture<void>();

        function* sleep(): asyncio.Coroutine<void> {
          fut.setResult();
          yield* asyncio.sleep(10);
        }
        function* coro(): asyncio.Coroutine<void> {
          const innerTask = newTask(loop, sleep());
          yield* fut;
          loop.callSoon(() => innerTask.cancel('msg'));
          try {
            yield* innerTask;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            throw new RangeError('cancelled', { cause: error });
          }
        }

        const error = await assertRejects(RangeError, loop.runUntilComplete(newTask(loop, coro())));
        expect(error.message).to.equal('cancelled');
        expect(innermostCause(error)).to.deep.equal(['CancelledError', ['msg'], 1]);
      }),
    );

    it(
      'test_cancel_with_message_before_starting_task',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* sleep(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(10);
        }
        function* coro(): asyncio.Coroutine<void> {
          const task = newTask(loop, sleep());
          // On purpose there is no sleep here.
          task.cancel('my message');
          yield* asyncio.wait([task]);
          task.exception();
        }

        const error = await assertRejects(
          asyncio.CancelledError,
          loop.runUntilComplete(newTask(loop, coro())),
        );
        expect(error.args).to.deep.equal(['my message']);
        expect(innermostCause(error)).to.deep.equal(['CancelledError', ['my message'], 0]);
      }),
    );

    it(
      'test_cancel_yield',
      withTasks(async ({ loop, newTask }) => {
        let steps = 0;
        function* task(): asyncio.Coroutine<number> {
          steps += 1;
          yield* asyncio.sleep(0);
          steps += 1;
          yield* asyncio.sleep(0);
          steps += 1;
          return 12;
        }

        const t = newTask(loop, task());
        await runBriefly(loop); // start it
        expect(steps).to.be.greaterThan(0);
        t.cancel();
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(steps).to.be.lessThan(3);
        expect(t.done()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
        expect(t.cancel()).to.equal(false);
      }),
    );

    it(
      'test_cancel_inner_future',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const f = newFuture<void>(loop);

        function* task(): asyncio.Coroutine<number> {
          yield* f;
          return 12;
        }

        const t = newTask(loop, task());
        await runBriefly(loop); // start it
        f.cancel();
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(f.cancelled()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_cancel_both_task_and_inner_future',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const f = newFuture<void>(loop);

        function* task(): asyncio.Coroutine<number> {
          yield* f;
          return 12;
        }

        const t = newTask(loop, task());
        await runBriefly(loop);

        f.cancel();
        t.cancel();

        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));

        expect(t.done()).to.equal(true);
        expect(f.cancelled()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_cancel_task_catching',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const fut1 = newFuture<void>(loop);
        const fut2 = newFuture<void>(loop);

        function* task(): asyncio.Coroutine<number | undefined> {
          yield* fut1;
          try {
            yield* fut2;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            return 42;
          }
          return undefined;
        }

        const t = newTask(loop, task());
        await runBriefly(loop);
        expect(t._futureWaiter).to.equal(fut1);
        fut1.setResult();
        await runBriefly(loop);
        expect(t._futureWaiter).to.equal(fut2);
        t.cancel();
        expect(fut2.cancelled()).to.equal(true);
        expect(await loop.runUntilComplete(t)).to.equal(42);
        expect(t.cancelled()).to.equal(false);
      }),
    );

    it(
      'test_cancel_task_ignoring',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const fut1 = newFuture<void>(loop);
        const fut2 = newFuture<void>(loop);
        const fut3 = newFuture<number>(loop);

        function* task(): asyncio.Coroutine<number> {
          yield* fut1;
          try {
            yield* fut2;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
          }
          return yield* fut3;
        }

        const t = newTask(loop, task());
        await runBriefly(loop);
        expect(t._futureWaiter).to.equal(fut1);
        fut1.setResult();
        await runBriefly(loop);
        expect(t._futureWaiter).to.equal(fut2);
        t.cancel();
        expect(fut2.cancelled()).to.equal(true);
        await runBriefly(loop);
        expect(t._futureWaiter).to.equal(fut3);
        fut3.setResult(42);
        expect(await loop.runUntilComplete(t)).to.equal(42);
        expect(fut3.cancelled()).to.equal(false);
        expect(t.cancelled()).to.equal(false);
      }),
    );

    it(
      'test_cancel_current_task',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        let t!: asyncio.Task<number>;
        function* task(): asyncio.Coroutine<number> {
          t.cancel();
          expect(t._mustCancel).to.equal(true);
          // The sleep is cancelled at once.
          yield* asyncio.sleep(100);
          return 12;
        }

        t = newTask(loop, task());
        expect(t.cancelled()).to.equal(false);
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(t.done()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
        expect(t._mustCancel).to.equal(false);
        expect(t.cancel()).to.equal(false);
        expect(loop.time()).to.equal(0);
      }),
    );

    it(
      'test_cancel_at_end',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        let t!: asyncio.Task<number>;
        function* task(): asyncio.Coroutine<number> {
          t.cancel();
          expect(t._mustCancel).to.equal(true);
          return 12;
        }

        t = newTask(loop, task());
        expect(t.cancelled()).to.equal(false);
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(t.done()).to.equal(true);
        expect(t.cancelled()).to.equal(true);
        expect(t._mustCancel).to.equal(false);
        expect(t.cancel()).to.equal(false);
      }),
    );

    it(
      'test_cancel_awaited_task',
      withTasks(async ({ newLoop, newTask, newFuture }) => {
        // A task that cancels itself does not wait at that moment: what it waits for next is cancelled.
        const loop = newLoop();
        let task!: asyncio.Task<void>;
        let nestedTask!: asyncio.Task<void>;
        const fut = newFuture<void>(loop);

        function* nested(): asyncio.Coroutine<void> {
          yield* fut;
        }
        function* coro(): asyncio.Coroutine<void> {
          nestedTask = newTask(loop, nested());
          yield* asyncio.sleep(0);

          task.cancel();
          yield* nestedTask;
        }

        task = newTask(loop, coro());
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(task));

        expect(task.cancelled()).to.equal(true);
        expect(nestedTask.cancelled()).to.equal(true);
        expect(fut.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_task_cancel_waiter_future',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const fut = newFuture<void>(loop);

        function* coro(): asyncio.Coroutine<void> {
          yield* fut;
        }

        const task = newTask(loop, coro());
        await runBriefly(loop);
        expect(task._futureWaiter).to.equal(fut);

        task.cancel();
        await runBriefly(loop);
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(task));
        expect(task._futureWaiter).to.equal(null);
        expect(fut.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_baseexception_during_cancel',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* sleeper(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(10);
        }

        const baseExc = new asyncio.SystemExit();

        function* exiting(): asyncio.Coroutine<void> {
          try {
            yield* sleeper();
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            throw baseExc;
          }
        }

        const task = newTask(loop, exiting());
        await runBriefly(loop);

        task.cancel();
        expect(task.done()).to.equal(false);

        await assertRejects(asyncio.SystemExit, runBriefly(loop));

        expect(task.done()).to.equal(true);
        expect(task.cancelled()).to.equal(false);
        expect(task.exception()).to.equal(baseExc);
      }),
    );

    // How a cancellation goes through coroutines, tasks and wait().

    it(
      'test_yield_future_passes_cancel',
      withTasks(async ({ loop, newFuture }) => {
        // Cancelling outer() cancels inner() cancels waiter.
        let proof = 0;
        const waiter = newFuture<void>(loop);

        function* inner(): asyncio.Coroutine<void> {
          try {
            yield* waiter;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            proof += 1;
            throw error;
          }
          expect.fail('got past sleep() in inner()');
        }
        function* outer(): asyncio.Coroutine<void> {
          try {
            yield* inner();
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            proof += 100; // Expect this path.
            return;
          }
          proof += 10;
        }

        const f = asyncio.ensureFuture(outer(), { loop });
        await runBriefly(loop);
        f.cancel();
        await loop.runUntilComplete(f);
        expect(proof).to.equal(101);
        expect(waiter.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_yield_wait_does_not_shield_cancel',
      withTasks(async ({ loop, newFuture }) => {
        // Cancelling outer() makes wait() return early, leaves inner() running.
        let proof = 0;
        const waiter = newFuture<void>(loop);

        function* inner(): asyncio.Coroutine<void> {
          yield* waiter;
          proof += 1;
        }
        function* outer(): asyncio.Coroutine<void> {
          yield* asyncio.wait([asyncio.createTask(inner())]);
          proof += 100;
        }

        const f = asyncio.ensureFuture(outer(), { loop });
        await runBriefly(loop);
        f.cancel();
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(f));
        waiter.setResult();
        await runBriefly(loop);
        expect(proof).to.equal(1);
      }),
    );

    it(
      'test_cancel_gather_1',
      withTasks(async ({ newLoop, newFuture }) => {
        // A gather whose children are all done refuses to be cancelled.
        const loop = newLoop();
        const fut = newFuture<number>(loop);
        let gatherTask!: asyncio.FutureLike<number[]>;

        // Without a task in between, the gather would be done at the same time as `fut`.
        function* childCoro(): asyncio.Coroutine<number> {
          return yield* fut;
        }
        function* create(): asyncio.Coroutine<void> {
          gatherTask = asyncio.ensureFuture(asyncio.gather(childCoro()));
        }
        await loop.runUntilComplete(create());

        let cancelResult: boolean | null = null;
        fut.addDoneCallback(() => {
          cancelResult = gatherTask.cancel();
        });

        fut.setResult(42); // the callback runs when fut is done

        await loop.runUntilComplete(gatherTask);

        expect(cancelResult).to.equal(false);
        expect(gatherTask.cancelled()).to.equal(false);
        expect(gatherTask.result()).to.deep.equal([42]);
      }),
    );

    it(
      'test_cancel_gather_2',
      withTasks(async ({ newLoop, newTask }) => {
        for (const [cancelArgs, expectedArgs] of CANCEL_CASES) {
          const loop = newLoop();

          function* test(): asyncio.Coroutine<void> {
            let time = 0;
            for (;;) {
              time += 0.05;
              yield* asyncio.gather([asyncio.sleep(0.05)], { returnExceptions: true });
              if (time > 1) return;
            }
          }
          function* main(): asyncio.Coroutine<void> {
            const qwe = newTask(loop, test());
            yield* asyncio.sleep(0.2);
            qwe.cancel(...cancelArgs);
            yield* qwe;
          }

          const error = await assertRejects(asyncio.CancelledError, loop.runUntilComplete(main()));
          expect(error.args).to.deep.equal(expectedArgs);
          expect(innermostCause(error)).to.deep.equal(['CancelledError', expectedArgs, 0]);
        }
      }),
    );
  });
});
