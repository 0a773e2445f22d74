// Lib/test/test_asyncio/test_tasks.py of CPython 3.13, and what 3.14 adds: BaseTaskTests, but for what is in
// tasks_cancel.test.ts and tasks_wait.test.ts; and the classes around it.
//
// What differs throughout: a Promise waits for a future that it is given, so a coroutine of `runUntilComplete` cannot
// return one, and leaves it in a variable instead.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { recordErrors } from '../support/loops.ts';
import { Random } from '../support/random.ts';
import { assertRejects, raise, runBriefly, ZeroDivisionError } from './support.ts';
import { CountingFuture, CountingTask, describeTaskClasses, withLoops } from './tasks_support.ts';

function* coroutineFunction(): asyncio.Coroutine<void> {}

function* notmuch(): asyncio.Coroutine<string> {
  return 'ok';
}

/** A coroutine without a generator: done at its first step. */
class CoroLikeObject implements asyncio.Coroutine<number> {
  next(): IteratorResult<never, number> {
    return { done: true, value: 42 };
  }
  throw(): IteratorResult<never, number> {
    return { done: true, value: 0 };
  }
  return(): IteratorResult<never, number> {
    return { done: true, value: 0 };
  }
  [Symbol.iterator](): this {
    return this;
  }
}

describe('BaseTaskTests', () => {
  describeTaskClasses((withTasks) => {
    it(
      'test_task_cancel_message_getter',
      withTasks(async ({ loop, newTask }) => {
        const t = newTask(loop, coroutineFunction());
        expect(t).to.have.property('_cancelMessage');
        expect(t._cancelMessage).to.equal(undefined);

        t.cancel('my message');
        expect(t._cancelMessage).to.equal('my message');

        const error = await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(error.args[0]).to.equal('my message');
      }),
    );

    it(
      'test_task_cancel_message_setter',
      withTasks(async ({ loop, newTask }) => {
        const t = newTask(loop, coroutineFunction());
        t.cancel('my message');
        t._cancelMessage = 'my new message';
        expect(t._cancelMessage).to.equal('my new message');

        const error = await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(error.args[0]).to.equal('my new message');
      }),
    );

    it(
      'test_other_loop_future',
      withTasks(async ({ loop, newLoop, newFuture }) => {
        const fut = newFuture(newLoop());

        function* run(): asyncio.Coroutine<void> {
          yield* fut;
        }

        await assertRejects(
          asyncio.RuntimeError,
          loop.runUntilComplete(run()),
          /Task .* got Future .* attached/,
        );
      }),
    );

    it(
      'test_task_awaits_on_itself',
      withTasks(async ({ loop }) => {
        let task!: asyncio.FutureLike<void>;
        function* test(): asyncio.Coroutine<void> {
          yield* task;
        }

        task = asyncio.ensureFuture(test(), { loop });
        await assertRejects(asyncio.RuntimeError, loop.runUntilComplete(task), /Task cannot await on itself/);
      }),
    );

    it(
      'test_task_class',
      withTasks(async ({ loop, newLoop, newTask }) => {
        let t = newTask(loop, notmuch());
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('ok');
        expect(t._loop).to.equal(loop);
        expect(t.getLoop()).to.equal(loop);

        const other = newLoop();
        t = newTask(other, notmuch());
        expect(t._loop).to.equal(other);
        await other.runUntilComplete(t);
      }),
    );

    it(
      'test_ensure_future_coroutine',
      withTasks(async ({ loop }) => {
        let t = asyncio.ensureFuture(notmuch(), { loop });
        expect(t.getLoop()).to.equal(loop);
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('ok');

        expect(() => asyncio.ensureFuture(notmuch())).to.throw(asyncio.RuntimeError, 'no current event loop');

        await loop.runUntilComplete(
          (function* test(): asyncio.Coroutine<void> {
            t = asyncio.ensureFuture(notmuch());
          })(),
        );
        expect(t.getLoop()).to.equal(loop);
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('ok');

        asyncio.setEventLoop(loop);
        t = asyncio.ensureFuture(notmuch());
        expect(t.getLoop()).to.equal(loop);
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('ok');
      }),
    );

    it(
      'test_ensure_future_future',
      withTasks(async ({ loop, newLoop, newFuture }) => {
        const fOrig = newFuture<string>(loop);
        fOrig.setResult('ko');

        let f = asyncio.ensureFuture(fOrig);
        await loop.runUntilComplete(f);
        expect(f.done()).to.equal(true);
        expect(f.result()).to.equal('ko');
        expect(f).to.equal(fOrig);

        const other = newLoop();
        expect(() => asyncio.ensureFuture(fOrig, { loop: other })).to.throw(RangeError);
        other.close();

        f = asyncio.ensureFuture(fOrig, { loop });
        expect(f).to.equal(fOrig);
      }),
    );

    it(
      'test_ensure_future_task',
      withTasks(async ({ loop, newLoop, newTask }) => {
        const tOrig = newTask(loop, notmuch());
        let t = asyncio.ensureFuture(tOrig);
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('ok');
        expect(t).to.equal(tOrig);

        const other = newLoop();
        expect(() => asyncio.ensureFuture(tOrig, { loop: other })).to.throw(RangeError);
        other.close();

        t = asyncio.ensureFuture(tOrig, { loop });
        expect(t).to.equal(tOrig);
      }),
    );

    it(
      'test_ensure_future_awaitable',
      withTasks(async ({ newLoop }) => {
        class Aw implements asyncio.Awaitable<string> {
          readonly #coro: asyncio.Coroutine<string>;
          constructor(coro: asyncio.Coroutine<string>) {
            this.#coro = coro;
          }
          [Symbol.iterator](): Iterator<asyncio.Suspension, string, unknown> {
            return this.#coro[Symbol.iterator]();
          }
        }

        const loop = newLoop();
        const fut = asyncio.ensureFuture(new Aw(notmuch()), { loop });
        await loop.runUntilComplete(fut);
        expect(fut.result()).to.equal('ok');
      }),
    );

    it(
      'test_ensure_future_task_awaitable',
      withTasks(async ({ newLoop }) => {
        class Aw implements asyncio.Awaitable<string> {
          [Symbol.iterator](): Iterator<asyncio.Suspension, string, unknown> {
            return asyncio.sleep(0, 'ok')[Symbol.iterator]();
          }
        }

        const loop = newLoop();
        const task = asyncio.ensureFuture(new Aw(), { loop }) as asyncio.Task<string>;
        await loop.runUntilComplete(task);
        expect(task.done()).to.equal(true);
        expect(task.result()).to.equal('ok');
        expect(asyncio.iscoroutine(task.getCoro())).to.equal(true);
      }),
    );

    it(
      'test_ensure_future_neither',
      withTasks(async () => {
        expect(() => asyncio.ensureFuture('ok' as never)).to.throw(TypeError);
      }),
    );

    it(
      'test_ensure_future_error_msg',
      withTasks(async ({ loop, newLoop, newFuture }) => {
        const other = newLoop();
        const f = newFuture(loop);
        expect(() => asyncio.ensureFuture(f, { loop: other })).to.throw(
          RangeError,
          'The future belongs to a different loop than the one specified as the loop argument',
        );
      }),
    );

    it(
      'test_get_stack',
      withTasks(async ({ loop, newFuture }) => {
        // Engines do not show the frames of a generator. The stack is the one that debug mode notes where a task begins
        // to wait, so it is looked at from outside, and has what is between the task's coroutine and the wait as well.
        loop.setDebug(true);
        const waiter = newFuture<void>(loop);

        function* foo(): asyncio.Coroutine<void> {
          yield* bar();
        }
        function* bar(): asyncio.Coroutine<void> {
          yield* waiter;
        }
        function* runner(): asyncio.Coroutine<void> {
          const T = asyncio.ensureFuture(foo(), { loop }) as asyncio.Task<void>;
          yield* asyncio.sleep(0);

          // test get_stack()
          const f = T.getStack({ limit: 1 });
          expect(f).to.have.length(1);
          expect(f[0]).to.contain('bar');
          expect(T.getStack().at(-1)).to.contain('foo');

          // test print_stack()
          const lines: string[] = [];
          T.printStack({ limit: 1, file: (line) => lines.push(line) });
          expect(lines).to.deep.equal([`Stack for ${T} (most recent call first):`, f[0]]);

          waiter.setResult();
          yield* T;
        }

        await loop.runUntilComplete(runner());
      }),
    );

    it(
      'test_task_repr',
      withTasks(async ({ loop, newTask }) => {
        // A generator does not know the name of its function, nor where that is: there is no `coro=`.
        loop.setDebug(false);

        function* abc(): asyncio.Coroutine<string> {
          return 'abc';
        }

        // test pending Task
        let t = newTask(loop, abc());
        t.addDoneCallback(function Dummy() {});
        expect(String(t)).to.equal("<Task pending name='TestTask' cb=[Dummy()]>");

        // test cancelling Task
        t.cancel(); // does not take effect at once
        expect(String(t)).to.equal("<Task cancelling name='TestTask' cb=[Dummy()]>");

        // test cancelled Task
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
        expect(String(t)).to.equal("<Task cancelled name='TestTask'>");

        // test finished Task
        t = newTask(loop, abc());
        await loop.runUntilComplete(t);
        expect(String(t)).to.equal("<Task finished name='TestTask' result='abc'>");
      }),
    );

    it(
      'test_task_repr_autogenerated',
      withTasks(async ({ loop, newTask }) => {
        const t1 = newTask(loop, notmuch(), { name: null });
        const t2 = newTask(loop, notmuch(), { name: null });
        expect(String(t1)).not.to.equal(String(t2));

        const match1 = /^<Task pending name='Task-(\d+)'/.exec(String(t1));
        expect(match1).not.to.equal(null);
        const match2 = /^<Task pending name='Task-(\d+)'/.exec(String(t2));
        expect(match2).not.to.equal(null);

        // The numbers grow.
        expect(Number(match1?.[1])).to.be.lessThan(Number(match2?.[1]));
        await loop.runUntilComplete(t1);
        await loop.runUntilComplete(t2);
      }),
    );

    it(
      'test_task_set_name_pylong',
      withTasks(async ({ loop, newTask }) => {
        const t = newTask(loop, notmuch(), { name: 987654321 as never });
        expect(t.getName()).to.equal('987654321');
        t.setName(123456789);
        expect(t.getName()).to.equal('123456789');
        await loop.runUntilComplete(t);
      }),
    );

    it(
      'test_task_repr_name_not_str',
      withTasks(async ({ loop, newTask }) => {
        const t = newTask(loop, notmuch());
        t.setName({ toString: () => '{6}' });
        expect(t.getName()).to.equal('{6}');
        await loop.runUntilComplete(t);
      }),
    );

    it(
      'test_task_repr_wait_for',
      withTasks(async ({ loop, newTask, newFuture }) => {
        loop.setDebug(false);

        const fut = newFuture<void>(loop);
        function* waitFor(): asyncio.Coroutine<void> {
          return yield* fut;
        }

        const task = newTask(loop, waitFor());
        await runBriefly(loop);
        expect(String(task)).to.match(/^<Task .*>$/);
        expect(String(task)).to.contain(` wait_for=${String(fut)}`);

        fut.setResult();
        await loop.runUntilComplete(task);
      }),
    );

    it(
      'test_task_basics',
      withTasks(async ({ loop }) => {
        function* outer(): asyncio.Coroutine<number> {
          const a = yield* inner1();
          const b = yield* inner2();
          return a + b;
        }
        function* inner1(): asyncio.Coroutine<number> {
          return 42;
        }
        function* inner2(): asyncio.Coroutine<number> {
          return 1000;
        }

        expect(await loop.runUntilComplete(outer())).to.equal(1042);
      }),
    );

    it(
      'test_exception_chaining_after_await',
      withTasks(async ({ newLoop, newTask }) => {
        // JavaScript chains nothing by itself: the task's error comes out as it is.
        const loop = newLoop();
        const own = new RangeError('own');

        function* raiseError(): asyncio.Coroutine<void> {
          throw own;
        }
        function* run(): asyncio.Coroutine<unknown> {
          try {
            throw new ReferenceError('3');
          } catch {
            const task = newTask(loop, raiseError());
            try {
              yield* task;
            } catch (error) {
              return error;
            }
            return null;
          }
        }

        expect(await loop.runUntilComplete(newTask(loop, run()))).to.equal(own);
        expect(own.cause).to.equal(undefined);
      }),
    );

    it(
      'test_exception_chaining_after_await_with_context_cycle',
      withTasks(async ({ newLoop, newTask }) => {
        let hasCycle: boolean | null = null;
        const loop = newLoop();

        function* processExc(error: unknown): asyncio.Coroutine<void> {
          throw error;
        }
        function* run(): asyncio.Coroutine<void> {
          try {
            throw new ReferenceError('a');
          } catch (outer) {
            const task = newTask(loop, processExc(outer));
            try {
              yield* task;
            } catch (error) {
              expect(error).to.equal(outer);
              hasCycle = error === (error as Error).cause;
            }
          }
        }

        await loop.runUntilComplete(newTask(loop, run()));
        expect(hasCycle).to.equal(false);
      }),
    );

    it(
      'test_stop_while_run_in_complete',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        let x = 0;

        function* task(): asyncio.Coroutine<void> {
          while (x < 10) {
            yield* asyncio.sleep(0.1);
            x += 1;
            if (x === 2) loop.stop();
          }
        }

        const t = newTask(loop, task());
        const error = await assertRejects(asyncio.RuntimeError, loop.runUntilComplete(t));
        expect(error.message).to.equal('Event loop stopped before Future completed.');
        expect(t.done()).to.equal(false);
        expect(x).to.equal(2);
        // CPython's scripted loop moves its clock to the next timer even when it stops; this one does not.
        expect(loop.time()).to.equal(0.2);

        t.cancel();
        await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t));
      }),
    );

    it(
      'test_task_set_methods',
      withTasks(async ({ loop, newTask }) => {
        function* ko(): asyncio.Coroutine<string> {
          return 'ko';
        }

        const task = newTask(loop, ko());

        expect(() => task.setResult('ok')).to.throw(asyncio.RuntimeError, 'not support set_result');
        expect(() => task.setException(new RangeError())).to.throw(
          asyncio.RuntimeError,
          'not support set_exception',
        );

        expect(await loop.runUntilComplete(task)).to.equal('ko');
      }),
    );

    it(
      'test_step_result_future',
      withTasks(async ({ loop, newTask }) => {
        class Fut<T> extends asyncio.Future<T> {
          cbAdded = false;
          override addDoneCallback(
            callback: (future: this) => unknown,
            options?: { readonly context?: asyncio.Context | null },
          ): void {
            this.cbAdded = true;
            super.addDoneCallback(callback, options);
          }
        }

        const fut = new Fut<object>({ loop });
        let result: object | null = null;

        function* waitForFuture(): asyncio.Coroutine<void> {
          result = yield* fut;
        }

        const t = newTask(loop, waitForFuture());
        await runBriefly(loop);
        expect(fut.cbAdded).to.equal(true);

        const res = {};
        fut.setResult(res);
        await runBriefly(loop);
        expect(result).to.equal(res);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal(undefined);
      }),
    );

    it(
      'test_iscoroutinefunction',
      withTasks(async () => {
        function fn(): void {}
        expect(asyncio.iscoroutinefunction(fn)).to.equal(false);

        // What a plain generator is in Python, a native async function is here: something else that can be stopped.
        async function fn1(): Promise<void> {}
        expect(asyncio.iscoroutinefunction(fn1)).to.equal(false);

        function* fn2(): asyncio.Coroutine<void> {}
        expect(asyncio.iscoroutinefunction(fn2)).to.equal(true);

        // Python's mocks: functions that are made at run time, of either kind.
        expect(asyncio.iscoroutinefunction(new Function())).to.equal(false);
        expect(asyncio.iscoroutinefunction(asyncio.coroutine(fn2))).to.equal(true);
      }),
    );

    it(
      'test_coroutine_non_gen_function',
      withTasks(async ({ loop }) => {
        function* func(): asyncio.Coroutine<string> {
          return 'test';
        }

        expect(asyncio.iscoroutinefunction(func)).to.equal(true);

        const coro = func();
        expect(asyncio.iscoroutine(coro)).to.equal(true);

        expect(await loop.runUntilComplete(coro)).to.equal('test');
      }),
    );

    it(
      'test_coroutine_non_gen_function_return_future',
      withTasks(async ({ loop, newTask, newFuture }) => {
        const fut = newFuture<string>(loop);

        function* func(): asyncio.Coroutine<asyncio.Future<string>> {
          return fut;
        }
        function* coro(): asyncio.Coroutine<void> {
          fut.setResult('test');
        }

        const t1 = newTask(loop, func());
        const t2 = newTask(loop, coro());
        // The Promise goes on to wait for the future; the task does not.
        expect(await loop.runUntilComplete(t1)).to.equal('test');
        expect(t1.result()).to.equal(fut);
        expect(t2.result()).to.equal(undefined);
      }),
    );

    it(
      'test_current_task',
      withTasks(async ({ loop, newTask }) => {
        expect(asyncio.currentTask(loop)).to.equal(null);

        let task!: asyncio.Task<void>;
        function* coro(): asyncio.Coroutine<void> {
          expect(asyncio.currentTask(loop)).to.equal(task);

          expect(asyncio.currentTask(null)).to.equal(task);
          expect(asyncio.currentTask()).to.equal(task);
        }

        task = newTask(loop, coro());
        await loop.runUntilComplete(task);
        expect(asyncio.currentTask(loop)).to.equal(null);
      }),
    );

    it(
      'test_current_task_with_interleaving_tasks',
      withTasks(async ({ loop, newTask, newFuture }) => {
        expect(asyncio.currentTask(loop)).to.equal(null);

        const fut1 = newFuture<boolean>(loop);
        const fut2 = newFuture<boolean>(loop);
        let task1!: asyncio.Task<void>;
        let task2!: asyncio.Task<void>;

        function* coro1(): asyncio.Coroutine<void> {
          expect(asyncio.currentTask()).to.equal(task1);
          yield* fut1;
          expect(asyncio.currentTask()).to.equal(task1);
          fut2.setResult(true);
        }
        function* coro2(): asyncio.Coroutine<void> {
          expect(asyncio.currentTask()).to.equal(task2);
          fut1.setResult(true);
          yield* fut2;
          expect(asyncio.currentTask()).to.equal(task2);
        }

        task1 = newTask(loop, coro1());
        task2 = newTask(loop, coro2());

        await loop.runUntilComplete(asyncio.wait([task1, task2]));
        // wait() tells of no failure: an assertion in the tasks must not be lost.
        task1.result();
        task2.result();
        expect(asyncio.currentTask(loop)).to.equal(null);
      }),
    );

    it(
      'test_log_destroyed_pending_task',
      withTasks(async ({ loop, newTask, newFuture, reports }) => {
        // The loop keeps pending tasks alive, so the collector has nothing to tell: the loop tells when it closes.
        function* killMe(): asyncio.Coroutine<void> {
          const future = newFuture(loop);
          yield* future;
          throw new Error('code never reached');
        }

        loop.setDebug(true);

        // schedule the task
        const task = newTask(loop, killMe());
        expect([...asyncio.allTasks(loop)]).to.deep.equal([task]);

        // execute the task so it waits for future
        await loop.runUntilComplete(asyncio.sleep(0));
        expect(loop._ready.length).to.equal(0);
        expect([...asyncio.allTasks(loop)]).to.deep.equal([task]);

        loop.close();

        expect(reports.splice(0)).to.deep.equal([
          {
            message: 'Task was destroyed but it is pending!',
            task,
            sourceTraceback: task._sourceTraceback,
          },
        ]);
        expect(asyncio.allTasks(loop).size).to.equal(0);
      }),
    );

    it(
      'test_tb_logger_not_called_after_cancel',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        loop.setExceptionHandler(null);

        function* coro(): asyncio.Coroutine<void> {
          throw new TypeError();
        }
        function* runner(): asyncio.Coroutine<void> {
          const task = newTask(loop, coro());
          yield* asyncio.sleep(0.05);
          task.cancel();
        }

        const errors = await recordErrors(async () => {
          await loop.runUntilComplete(runner());
          loop.close();
        });
        expect(errors).to.deep.equal([]);
      }),
    );

    it(
      'test_exception_traceback',
      withTasks(async ({ loop, newTask }) => {
        function* foo(): asyncio.Coroutine<void> {
          throw new ZeroDivisionError();
        }
        function* main(): asyncio.Coroutine<void> {
          const task = newTask(loop, foo());
          yield* asyncio.sleep(0); // skip one loop iteration
          expect(task.exception()?.stack).to.contain('foo');
        }

        await loop.runUntilComplete(main());
      }),
    );

    it(
      'test_error_in_call_soon',
      withTasks(async ({ loop, newTask }) => {
        // Task steps do not go through callSoon() here, but through the loop's `_callSoonStep()`, which refuses them
        // when the loop is closed. Whoever makes the task is told, and nothing is left that could be reported later.
        const { _callSoonStep } = loop;
        loop._callSoonStep = () => raise(new RangeError());
        expect(() => newTask(loop, coroutineFunction())).to.throw(RangeError);
        loop._callSoonStep = _callSoonStep;
        expect(asyncio.allTasks(loop).size).to.equal(0);

        loop.close();
        expect(() => newTask(loop, coroutineFunction())).to.throw(
          asyncio.RuntimeError,
          'Event loop is closed',
        );
        expect(asyncio.allTasks(loop).size).to.equal(0);
      }),
    );

    it(
      'test_create_task_with_noncoroutine',
      withTasks(async ({ loop, newTask }) => {
        for (let time = 0; time < 2; time += 1) {
          expect(() => newTask(loop, 123 as never)).to.throw(TypeError, 'a coroutine was expected, got 123');
        }
      }),
    );

    it(
      'test_create_task_with_async_function',
      withTasks(async ({ loop, Task, newTask }) => {
        for (let time = 0; time < 2; time += 1) {
          const task = newTask(loop, coroutineFunction());
          expect(task).to.be.instanceOf(Task);
          await loop.runUntilComplete(task);
        }
      }),
    );

    it(
      'test_create_task_with_asynclike_function',
      withTasks(async ({ loop, Task, newTask }) => {
        for (let time = 0; time < 2; time += 1) {
          const task = newTask(loop, new CoroLikeObject());
          expect(task).to.be.instanceOf(Task);
          expect(await loop.runUntilComplete(task)).to.equal(42);
        }
      }),
    );

    it(
      'test_bare_create_task',
      withTasks(async ({ loop, Task }) => {
        function* inner(): asyncio.Coroutine<number> {
          return 1;
        }
        function* coro(): asyncio.Coroutine<void> {
          const task = asyncio.createTask(inner());
          expect(task).to.be.instanceOf(Task);
          expect(yield* task).to.equal(1);
        }

        await loop.runUntilComplete(coro());
      }),
    );

    it(
      'test_bare_create_named_task',
      withTasks(async ({ loop }) => {
        function* coro(): asyncio.Coroutine<void> {
          const task = asyncio.createTask(coroutineFunction(), { name: 'No-op' });
          expect(task.getName()).to.equal('No-op');
          yield* task;
        }

        await loop.runUntilComplete(coro());
      }),
    );

    it(
      'test_context_1',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const cvar = new asyncio.ContextVar('cvar', { defaultValue: 'nope' });

        function* sub(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0.01);
          expect(cvar.get()).to.equal('nope');
          cvar.set('something else');
        }
        function* main(): asyncio.Coroutine<void> {
          expect(cvar.get()).to.equal('nope');
          const subtask = newTask(loop, sub());
          cvar.set('yes');
          expect(cvar.get()).to.equal('yes');
          yield* subtask;
          expect(cvar.get()).to.equal('yes');
        }

        await loop.runUntilComplete(newTask(loop, main()));
      }),
    );

    it(
      'test_context_2',
      withTasks(async ({ newLoop, newTask, newFuture }) => {
        const loop = newLoop();
        const cvar = new asyncio.ContextVar('cvar', { defaultValue: 'nope' });

        function* main(): asyncio.Coroutine<void> {
          // This change must not pollute the context of main().
          const futOnDone = (): void => {
            cvar.set('something else');
          };

          expect(cvar.get()).to.equal('nope');

          for (let j = 0; j < 2; j += 1) {
            const fut = newFuture<void>(loop);
            fut.addDoneCallback(futOnDone);
            cvar.set(`yes${j}`);
            loop.callSoon(() => fut.setResult());
            yield* fut;
            expect(cvar.get()).to.equal(`yes${j}`);

            for (let i = 0; i < 3; i += 1) {
              // The task has given its context to the future that it waits for.
              cvar.set(`yes${i}-${j}`);
              yield* asyncio.sleep(0.001);
              expect(cvar.get()).to.equal(`yes${i}-${j}`);
            }
          }
        }

        await loop.runUntilComplete(newTask(loop, main()));
        expect(cvar.get()).to.equal('nope');
      }),
    );

    it(
      'test_context_3',
      withTasks(async ({ newLoop }) => {
        // 100 tasks at the same time, each of which changes the variable.
        const loop = newLoop();
        const cvar = new asyncio.ContextVar('cvar', { defaultValue: -1 });
        const random = new Random();

        function* sub(num: number): asyncio.Coroutine<void> {
          for (let i = 0; i < 10; i += 1) {
            cvar.set(num + i);
            yield* asyncio.sleep(0.001 + 0.049 * random.next());
            expect(cvar.get()).to.equal(num + i);
          }
        }
        function* main(): asyncio.Coroutine<void> {
          const tasks: asyncio.Task<void>[] = [];
          for (let i = 0; i < 100; i += 1) tasks.push(loop.createTask(sub(random.below(11))));
          yield* asyncio.gather(...tasks);
        }

        await loop.runUntilComplete(main());
        expect(cvar.get()).to.equal(-1);
      }),
    );

    /** Two tasks, one after the other, write into a context that the caller looks into. */
    const writeIntoContext = (
      makeTask: (coro: asyncio.Coroutine<void>, context: asyncio.Context) => asyncio.Task<void>,
    ) =>
      function* main(): asyncio.Coroutine<unknown[]> {
        const cvar = new asyncio.ContextVar<number>('cvar');
        function* coro(val: number): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          cvar.set(val);
        }

        const ret: unknown[] = [];
        const ctx = asyncio.copyContext();
        ret.push(ctx.get(cvar));
        yield* makeTask(coro(1), ctx);
        ret.push(ctx.get(cvar));
        yield* makeTask(coro(2), ctx);
        ret.push(ctx.get(cvar));
        return ret;
      };

    it(
      'test_context_4',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const main = writeIntoContext((coro, context) => newTask(loop, coro, { context }));
        expect(await loop.runUntilComplete(newTask(loop, main()))).to.deep.equal([undefined, 1, 2]);
      }),
    );

    it(
      'test_context_5',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const main = writeIntoContext((coro, context) => asyncio.createTask(coro, { context }));
        expect(await loop.runUntilComplete(newTask(loop, main()))).to.deep.equal([undefined, 1, 2]);
      }),
    );

    it(
      'test_context_6',
      withTasks(async ({ newLoop }) => {
        const loop = newLoop();
        const main = writeIntoContext((coro, context) => loop.createTask(coro, { context }));
        expect(await loop.runUntilComplete(loop.createTask(main()))).to.deep.equal([undefined, 1, 2]);
      }),
    );

    it(
      'test_eager_start_true',
      withTasks(async ({ newLoop, newTask }) => {
        let name: string | undefined;
        function* asyncfn(): asyncio.Coroutine<void> {
          name = asyncio.currentTask()?.getName();
        }
        function* main(): asyncio.Coroutine<void> {
          const t = newTask(asyncio.getRunningLoop(), asyncfn(), { eagerStart: true, name: 'example' });
          expect(t.done()).to.equal(true);
          expect(name).to.equal('example');
          yield* t;
        }

        await asyncio.run(main(), { loopFactory: newLoop });
      }),
    );

    it(
      'test_eager_start_false',
      withTasks(async ({ newLoop, newTask }) => {
        let name: string | undefined;
        function* asyncfn(): asyncio.Coroutine<void> {
          name = asyncio.currentTask()?.getName();
        }
        function* main(): asyncio.Coroutine<void> {
          const t = newTask(asyncio.getRunningLoop(), asyncfn(), { eagerStart: false, name: 'example' });
          expect(t.done()).to.equal(false);
          expect(name).to.equal(undefined);
          yield* t;
          expect(name).to.equal('example');
        }

        await asyncio.run(main(), { loopFactory: newLoop });
      }),
    );

    it(
      'test_get_coro',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const coro = coroutineFunction();
        const task = newTask(loop, coro);
        await loop.runUntilComplete(task);
        expect(task.getCoro()).to.equal(coro);
      }),
    );

    it(
      'test_get_context',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const context = asyncio.copyContext();
        const task = newTask(loop, coroutineFunction(), { context });
        await loop.runUntilComplete(task);
        expect(task.getContext()).to.equal(context);
      }),
    );

    it(
      'test_proper_refcounts',
      withTasks(async ({ newLoop, Task }) => {
        // What has a count in CPython is the list of tasks here: one that could not be made is not in it.
        const loop = newLoop();
        const coro = coroutineFunction();
        const name = {
          toString: () => raise(new asyncio.RuntimeError('break')),
        };
        for (let time = 0; time < 5; time += 1) {
          expect(() => new Task(coro, { loop, name: name as never })).to.throw(asyncio.RuntimeError, 'break');
        }
        expect(asyncio.allTasks(loop).size).to.equal(0);
      }),
    );
  });

  // CPython leaves it out for the subclasses too, whose constructors are on the stack.
  describe('PyTask_PyFuture_Tests', () => {
    it(
      'test_task_source_traceback',
      withLoops(async ({ loop }) => {
        loop.setDebug(true);

        function test_task_source_traceback(): asyncio.Task<void> {
          const made = new asyncio.Task(coroutineFunction(), { loop });
          return made; // not a tail call, which WebKit would leave out of the stack
        }

        const task = test_task_source_traceback();
        expect(task._sourceTraceback).to.be.a('string');
        const lines = task._sourceTraceback?.split('\n') ?? [];
        expect(lines[0]).to.match(/test_task_source_traceback.*tasks_base\.test\.js/);
        await loop.runUntilComplete(task);
      }),
    );
  });
});

describe('PyTask_PyFuture_SubclassTests', () => {
  it(
    'test_subclasses_ctask_cfuture',
    withLoops(async ({ loop }) => {
      const fut = new CountingFuture<string>({ loop });

      function* func(): asyncio.Coroutine<string> {
        loop.callSoon(() => fut.setResult('spam'));
        return yield* fut;
      }

      const task = new CountingTask(func(), { loop });
      expect(await loop.runUntilComplete(task)).to.equal('spam');
      expect(task.calls).to.deep.equal(['addDoneCallback']);
      expect(fut.calls).to.deep.equal(['addDoneCallback']);
    }),
  );
});

describe('SetMethodsTest', () => {
  function* foo(): asyncio.Coroutine<string> {
    yield* asyncio.sleep(0.1);
    return '10';
  }

  it(
    'test_set_result_causes_invalid_state',
    withLoops(async ({ loop, reports }) => {
      const coro = foo();
      const task = new asyncio.Task(coro, { loop, name: 'TestTask' });
      asyncio.Future.prototype.setResult.call(task, 'spam');

      expect(await loop.runUntilComplete(task)).to.equal('spam');

      const [report, ...others] = reports.splice(0);
      expect(others).to.deep.equal([]);
      expect(report?.exception).to.be.instanceOf(asyncio.InvalidStateError);
      expect((report?.exception as Error).message).to.match(/step\(\): already done/);

      coro.return('');
    }),
  );

  it(
    'test_set_exception_causes_invalid_state',
    withLoops(async ({ loop, reports }) => {
      class MyExc extends Error {}

      const coro = foo();
      const task = new asyncio.Task(coro, { loop, name: 'TestTask' });
      asyncio.Future.prototype.setException.call(task, new MyExc());

      await assertRejects(MyExc, loop.runUntilComplete(task));

      const [report, ...others] = reports.splice(0);
      expect(others).to.deep.equal([]);
      expect(report?.exception).to.be.instanceOf(asyncio.InvalidStateError);
      expect((report?.exception as Error).message).to.match(/step\(\): already done/);

      coro.return('');
    }),
  );
});

describe('CTask_Future_Tests', () => {
  it(
    'test_foobar',
    withLoops(async ({ loop }) => {
      const fut = new asyncio.Future<number>({ loop });
      Object.defineProperty(fut, 'getLoop', {
        get: () => raise(new TypeError("'Fut' object has no attribute 'get_loop'")),
      });

      function* coro(): asyncio.Coroutine<string> {
        yield* fut;
        return 'spam';
      }

      loop.callLater(0.1, () => fut.setResult(1));
      const task = loop.createTask(coro());
      expect(await loop.runUntilComplete(task)).to.equal('spam');
      expect(loop.time()).to.equal(0.1);
    }),
  );
});
