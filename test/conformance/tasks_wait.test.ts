// Lib/test/test_asyncio/test_tasks.py of CPython 3.13, and what 3.14 adds: what BaseTaskTests has about wait,
// as_completed, sleep and shield; and SleepTests.
//
// Where CPython moves the time of a scripted loop by hand, the loop in virtual time moves by itself.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises, assertRejects, runBriefly, ZeroDivisionError } from './support.ts';
import { describeTaskClasses, withLoops } from './tasks_support.ts';

function* coroutineFunction(): asyncio.Coroutine<void> {}

/** The two ways to go through what completes: a plain iterator of coroutines, and an asynchronous one of futures. */
type Collect = <T>(
  awaitables: Iterable<asyncio.AwaitableOrPromise<T>>,
  options?: { readonly timeout?: number | null },
) => asyncio.Coroutine<T[]>;

function* tryIterator<T>(...args: Parameters<typeof asyncio.asCompleted<T>>): asyncio.Coroutine<T[]> {
  const values: T[] = [];
  for (const f of asyncio.asCompleted(...args)) values.push(yield* f);
  return values;
}

function* tryAsyncIterator<T>(...args: Parameters<typeof asyncio.asCompleted<T>>): asyncio.Coroutine<T[]> {
  const values: T[] = [];
  yield* asyncio.asyncFor(asyncio.asCompleted(...args), function* (f) {
    values.push(yield* f);
  });
  return values;
}

const BOTH_ITERATORS: readonly Collect[] = [tryIterator, tryAsyncIterator];

describe('BaseTaskTests', () => {
  describeTaskClasses((withTasks) => {
    it(
      'test_wait',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(0.1));
        const b = newTask(loop, asyncio.sleep(0.15));

        function* foo(): asyncio.Coroutine<number> {
          const [done, pending] = yield* asyncio.wait([b, a]);
          expect([...done]).to.have.members([a, b]);
          expect(pending.size).to.equal(0);
          return 42;
        }

        expect(await loop.runUntilComplete(newTask(loop, foo()))).to.equal(42);
        expect(loop.time()).to.equal(0.15);

        // Again: it takes no time, since they are done.
        expect(await loop.runUntilComplete(newTask(loop, foo()))).to.equal(42);
        expect(loop.time()).to.equal(0.15);
      }),
    );

    it(
      'test_wait_duplicate_coroutines',
      withTasks(async ({ loop, newTask }) => {
        function* coro(s: string): asyncio.Coroutine<string> {
          return s;
        }

        const c = loop.createTask(coro('test'));
        const task = newTask(loop, asyncio.wait([c, c, loop.createTask(coro('spam'))]));

        const [done, pending] = await loop.runUntilComplete(task);

        expect(pending.size).to.equal(0);
        expect([...done].map((f) => f.result())).to.have.members(['test', 'spam']);
      }),
    );

    it(
      'test_wait_errors',
      withTasks(async ({ loop }) => {
        await assertRejects(RangeError, loop.runUntilComplete(asyncio.wait(new Set<asyncio.Future>())));

        // It looks at `returnWhen` before it looks at the futures.
        const sleepCoro = asyncio.sleep(10.0);
        const waitCoro = asyncio.wait([sleepCoro as never], { returnWhen: -1 as never });
        await assertRejects(RangeError, loop.runUntilComplete(waitCoro), /return_when/);
      }),
    );

    it(
      'test_wait_first_completed',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(10.0));
        const b = newTask(loop, asyncio.sleep(0.1));
        const task = newTask(loop, asyncio.wait([b, a], { returnWhen: asyncio.FIRST_COMPLETED }));

        const [done, pending] = await loop.runUntilComplete(task);
        expect([...done]).to.deep.equal([b]);
        expect([...pending]).to.deep.equal([a]);
        expect(a.done()).to.equal(false);
        expect(b.done()).to.equal(true);
        expect(b.result()).to.equal(undefined);
        expect(loop.time()).to.equal(0.1);

        await loop.runUntilComplete(asyncio.wait([a, b]));
        expect(loop.time()).to.equal(10);
      }),
    );

    it(
      'test_wait_really_done',
      withTasks(async ({ loop, newTask }) => {
        // Some of the pending may be done, and their callbacks may not all have been called.
        function* coro1(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
        }
        function* coro2(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          yield* asyncio.sleep(0);
        }

        const a = newTask(loop, coro1());
        const b = newTask(loop, coro2());
        const task = newTask(loop, asyncio.wait([b, a], { returnWhen: asyncio.FIRST_COMPLETED }));

        const [done, pending] = await loop.runUntilComplete(task);
        expect([...done]).to.have.members([a, b]);
        expect(pending.size).to.equal(0);
        expect(a.done()).to.equal(true);
        expect(a.result()).to.equal(undefined);
        expect(b.done()).to.equal(true);
        expect(b.result()).to.equal(undefined);
      }),
    );

    it(
      'test_wait_first_exception',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        // The task fails before wait() begins to wait.
        const a = newTask(loop, asyncio.sleep(10.0));

        function* exc(): asyncio.Coroutine<void> {
          throw new ZeroDivisionError('err');
        }

        const b = newTask(loop, exc());
        const task = newTask(loop, asyncio.wait([b, a], { returnWhen: asyncio.FIRST_EXCEPTION }));

        const [done, pending] = await loop.runUntilComplete(task);
        expect([...done]).to.deep.equal([b]);
        expect([...pending]).to.deep.equal([a]);
        expect(loop.time()).to.equal(0);

        await loop.runUntilComplete(asyncio.wait([a, b]));
        expect(loop.time()).to.equal(10);
      }),
    );

    it(
      'test_wait_first_exception_in_wait',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        // The task fails while wait() waits.
        const a = newTask(loop, asyncio.sleep(10.0));

        function* exc(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0.01);
          throw new ZeroDivisionError('err');
        }

        const b = newTask(loop, exc());
        const task = asyncio.wait([b, a], { returnWhen: asyncio.FIRST_EXCEPTION });

        const [done, pending] = await loop.runUntilComplete(task);
        expect([...done]).to.deep.equal([b]);
        expect([...pending]).to.deep.equal([a]);
        expect(loop.time()).to.equal(0.01);

        await loop.runUntilComplete(asyncio.wait([a, b]));
        expect(loop.time()).to.equal(10);
      }),
    );

    it(
      'test_wait_with_exception',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(0.1));

        function* sleeper(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0.15);
          throw new ZeroDivisionError('really');
        }

        const b = newTask(loop, sleeper());

        function* foo(): asyncio.Coroutine<void> {
          const [done, pending] = yield* asyncio.wait([b, a]);
          expect(done.size).to.equal(2);
          expect(pending.size).to.equal(0);
          const errors = [...done].filter((f) => f.exception() !== null);
          expect(errors).to.have.length(1);
        }

        await loop.runUntilComplete(newTask(loop, foo()));
        expect(loop.time()).to.equal(0.15);

        await loop.runUntilComplete(newTask(loop, foo()));
        expect(loop.time()).to.equal(0.15);
      }),
    );

    it(
      'test_wait_with_timeout',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(0.1));
        const b = newTask(loop, asyncio.sleep(0.15));

        function* foo(): asyncio.Coroutine<void> {
          const [done, pending] = yield* asyncio.wait([b, a], { timeout: 0.11 });
          expect([...done]).to.deep.equal([a]);
          expect([...pending]).to.deep.equal([b]);
        }

        await loop.runUntilComplete(newTask(loop, foo()));
        expect(loop.time()).to.equal(0.11);

        await loop.runUntilComplete(asyncio.wait([a, b]));
        expect(loop.time()).to.equal(0.15);
      }),
    );

    it(
      'test_wait_concurrent_complete',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(0.1));
        const b = newTask(loop, asyncio.sleep(0.15));

        const [done, pending] = await loop.runUntilComplete(asyncio.wait([b, a], { timeout: 0.1 }));

        expect([...done]).to.deep.equal([a]);
        expect([...pending]).to.deep.equal([b]);
        expect(loop.time()).to.equal(0.1);

        await loop.runUntilComplete(asyncio.wait([a, b]));
        expect(loop.time()).to.equal(0.15);
      }),
    );

    it(
      'test_wait_with_iterator_of_tasks',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const a = newTask(loop, asyncio.sleep(0.1));
        const b = newTask(loop, asyncio.sleep(0.15));

        function* foo(): asyncio.Coroutine<number> {
          const [done, pending] = yield* asyncio.wait([b, a].values());
          expect([...done]).to.have.members([a, b]);
          expect(pending.size).to.equal(0);
          return 42;
        }

        expect(await loop.runUntilComplete(newTask(loop, foo()))).to.equal(42);
        expect(loop.time()).to.equal(0.15);
      }),
    );

    it(
      'test_wait_generator',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* func(a: number): asyncio.Coroutine<number> {
          return a;
        }
        function* generate(): Generator<asyncio.Task<number>> {
          for (let i = 0; i < 10; i += 1) yield newTask(loop, func(i));
        }
        function* main(): asyncio.Coroutine<void> {
          // A generator object is a coroutine here, so wait() takes it for one; its values have to be asked for.
          yield* assertRaises(TypeError, asyncio.wait(generate()));

          const tasks = { [Symbol.iterator]: generate };
          const [done, pending] = yield* asyncio.wait(tasks, { returnWhen: asyncio.ALL_COMPLETED });
          expect(done.size).to.equal(10);
          expect(pending.size).to.equal(0);
        }

        await loop.runUntilComplete(main());
      }),
    );

    it(
      'test_as_completed',
      withTasks(async ({ newLoop, newTask }) => {
        for (const collect of BOTH_ITERATORS) {
          const loop = newLoop();

          function* sleeper(dt: number, x: string): asyncio.Coroutine<string> {
            yield* asyncio.sleep(dt);
            return x;
          }

          const a = sleeper(0.01, 'a');
          const b = sleeper(0.01, 'b');
          const c = sleeper(0.15, 'c');

          const res = await loop.runUntilComplete(newTask(loop, collect([b, c, a])));
          expect(loop.time()).to.equal(0.15);
          expect(res.slice(0, 2)).to.have.members(['a', 'b']);
          expect(res[2]).to.equal('c');
        }
      }),
    );

    it(
      'test_as_completed_same_tasks_in_as_out',
      withTasks(async ({ newLoop }) => {
        function* tryFutures(
          awaitables: Iterable<asyncio.AwaitableOrPromise<unknown>>,
        ): asyncio.Coroutine<Set<unknown>> {
          const awaitablesOut = new Set<unknown>();
          yield* asyncio.asyncFor(asyncio.asCompleted(awaitables), function* (outAw) {
            awaitablesOut.add(outAw);
          });
          return awaitablesOut;
        }
        function* coro<T>(i: T): asyncio.Coroutine<T> {
          return i;
        }

        const loop = newLoop();
        // Coroutines do not come out: those that have finished are of no use any more.
        const coros = new Set<unknown>([coro(0), coro(1), coro(2), coro(3)]);
        const futuresOut = await loop.runUntilComplete(tryFutures(coros as Set<asyncio.Coroutine<number>>));
        expect([...coros].filter((one) => futuresOut.has(one))).to.deep.equal([]);
        expect(futuresOut.size).to.equal(4);

        // Tasks do.
        const taskB = loop.createTask(coro('b'));
        const taskD = loop.createTask(coro('d'));
        const awaitablesIn = new Set<asyncio.Awaitable<string>>([coro('a'), taskB, coro('c'), taskD]);
        const awaitablesOut = await loop.runUntilComplete(tryFutures(awaitablesIn));
        expect([...awaitablesIn].filter((one) => awaitablesOut.has(one))).to.deep.equal([taskB, taskD]);
        expect(awaitablesOut.size).to.equal(4);
      }),
    );

    it(
      'test_as_completed_with_timeout',
      withTasks(async ({ newLoop, newTask }) => {
        type Values = (readonly [1, string] | readonly [2, unknown])[];
        type Awaitables = readonly asyncio.Awaitable<string>[];

        function* tryPlain(awaitables: Awaitables): asyncio.Coroutine<Values> {
          const values: Values = [];
          for (const f of asyncio.asCompleted(awaitables, { timeout: 0.12 })) {
            try {
              values.push([1, yield* f]);
            } catch (error) {
              if (!(error instanceof asyncio.TimeoutError)) throw error;
              values.push([2, error]);
            }
          }
          return values;
        }
        function* tryAsync(awaitables: Awaitables): asyncio.Coroutine<Values> {
          const values: Values = [];
          try {
            yield* asyncio.asyncFor(asyncio.asCompleted(awaitables, { timeout: 0.12 }), function* (f) {
              values.push([1, yield* f]);
            });
          } catch (error) {
            if (!(error instanceof asyncio.TimeoutError)) throw error;
            values.push([2, error]);
          }
          return values;
        }

        for (const foo of [tryPlain, tryAsync]) {
          const loop = newLoop();
          const a = loop.createTask(asyncio.sleep(0.1, 'a'));
          const b = loop.createTask(asyncio.sleep(0.15, 'b'));

          const res = await loop.runUntilComplete(newTask(loop, foo([a, b])));
          expect(res).to.have.length(2);
          expect(res[0]).to.deep.equal([1, 'a']);
          expect(res[1]?.[0]).to.equal(2);
          expect(res[1]?.[1]).to.be.instanceOf(asyncio.TimeoutError);
          expect(loop.time()).to.equal(0.12);

          await loop.runUntilComplete(asyncio.wait([a, b]));
          expect(loop.time()).to.equal(0.15);
        }
      }),
    );

    it(
      'test_as_completed_with_unused_timeout',
      withTasks(async ({ newLoop, newTask }) => {
        for (const collect of BOTH_ITERATORS) {
          const a = asyncio.sleep(0.01, 'a');
          const loop = newLoop();
          const values = await loop.runUntilComplete(newTask(loop, collect([a], { timeout: 1 })));
          expect(values).to.deep.equal(['a']);
          expect(loop.time()).to.equal(0.01);
          loop.close();
        }
      }),
    );

    it(
      'test_as_completed_resume_iterator',
      withTasks(async ({ newLoop }) => {
        function* tryPlain(awaitables: readonly asyncio.Awaitable<number>[]): asyncio.Coroutine<number[]> {
          let iterations = 0;
          const iterator = asyncio.asCompleted(awaitables);
          const collected: number[] = [];
          for (const f of iterator) {
            collected.push(yield* f);
            iterations += 1;
            if (iterations === 2) break;
          }
          expect(collected).to.have.length(2);

          // Resume same iterator:
          for (const f of iterator) collected.push(yield* f);
          return collected;
        }
        function* tryAsync(awaitables: readonly asyncio.Awaitable<number>[]): asyncio.Coroutine<number[]> {
          let iterations = 0;
          const iterator = asyncio.asCompleted(awaitables);
          const collected: number[] = [];
          yield* asyncio.asyncFor(iterator, function* (f) {
            collected.push(yield* f);
            iterations += 1;
            return iterations < 2; // false stops
          });
          expect(collected).to.have.length(2);

          // Resume same iterator:
          yield* asyncio.asyncFor(iterator, function* (f) {
            collected.push(yield* f);
          });
          return collected;
        }
        function* coro(i: number): asyncio.Coroutine<number> {
          return i;
        }

        const loop = newLoop();
        for (const foo of [tryPlain, tryAsync]) {
          const results = await loop.runUntilComplete(foo([coro(0), coro(1), coro(2), coro(3)]));
          expect(results).to.have.members([0, 1, 2, 3]);
          expect(results).to.have.length(4);
        }
      }),
    );

    it(
      'test_as_completed_reverse_wait',
      withTasks(async ({ newLoop }) => {
        // Whichever of the coroutines is awaited first gets what completes first.
        const loop = newLoop();
        const fs = new Set([asyncio.sleep(0.05, 'a'), asyncio.sleep(0.1, 'b')]);

        function* test(): asyncio.Coroutine<void> {
          const futs = [...asyncio.asCompleted(fs)];
          expect(futs).to.have.length(2);

          const x = yield* futs[1]!;
          expect(x).to.equal('a');
          expect(loop.time()).to.equal(0.05);
          const y = yield* futs[0]!;
          expect(y).to.equal('b');
          expect(loop.time()).to.equal(0.1);
        }

        await loop.runUntilComplete(test());
      }),
    );

    it(
      'test_as_completed_concurrent',
      withTasks(async ({ newLoop }) => {
        type Awaitables = Iterable<asyncio.Awaitable<string>>;

        function* plainList(fs: Awaitables): asyncio.Coroutine<asyncio.Awaitable<string>[]> {
          return [...asyncio.asCompleted(fs)];
        }
        function* asyncList(fs: Awaitables): asyncio.Coroutine<asyncio.Awaitable<string>[]> {
          const list: asyncio.Awaitable<string>[] = [];
          yield* asyncio.asyncFor(asyncio.asCompleted(fs), function* (f) {
            list.push(f);
          });
          return list;
        }

        for (const runner of [plainList, asyncList]) {
          const fs = new Set([asyncio.sleep(0.05, 'a'), asyncio.sleep(0.05, 'b')]);

          function* test(): asyncio.Coroutine<void> {
            const futs = yield* runner(fs);
            expect(futs).to.have.length(2);
            const [done] = yield* asyncio.wait(futs.map((fut) => asyncio.ensureFuture(fut)));
            expect([...done].map((f) => f.result())).to.have.members(['a', 'b']);
          }

          const loop = newLoop();
          await loop.runUntilComplete(test());
          expect(loop.time()).to.equal(0.05);
        }
      }),
    );

    it(
      'test_as_completed_duplicate_coroutines',
      withTasks(async ({ loop, newTask }) => {
        function* coro(s: string): asyncio.Coroutine<string> {
          return s;
        }

        for (const collect of BOTH_ITERATORS) {
          const c = coro('ham');
          const fut = newTask(loop, collect([c, c, coro('spam')]));
          await loop.runUntilComplete(fut);
          const result = fut.result();
          expect(result).to.have.members(['ham', 'spam']);
          expect(result).to.have.length(2);
        }
      }),
    );

    it(
      'test_as_completed_coroutine_without_loop',
      withTasks(async () => {
        function* coro(): asyncio.Coroutine<number> {
          return 42;
        }

        expect(() => [...asyncio.asCompleted([coro()])]).to.throw(
          asyncio.RuntimeError,
          'no current event loop',
        );
      }),
    );

    it(
      'test_as_completed_coroutine_use_running_loop',
      withTasks(async ({ newLoop }) => {
        const loop = newLoop();

        function* coro(): asyncio.Coroutine<number> {
          return 42;
        }
        function* test(): asyncio.Coroutine<void> {
          const futs = [...asyncio.asCompleted([coro()])];
          expect(futs).to.have.length(1);
          expect(yield* futs[0]!).to.equal(42);
        }

        await loop.runUntilComplete(test());
      }),
    );

    it(
      'test_sleep',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* sleeper(dt: number, arg: string): asyncio.Coroutine<string> {
          yield* asyncio.sleep(dt / 2);
          return yield* asyncio.sleep(dt / 2, arg);
        }

        const t = newTask(loop, sleeper(0.1, 'yeah'));
        await loop.runUntilComplete(t);
        expect(t.done()).to.equal(true);
        expect(t.result()).to.equal('yeah');
        expect(loop.time()).to.equal(0.1);
      }),
    );

    it(
      'test_sleep_when_delay_is_nan',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* sleeper(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(Number.NaN);
        }

        await assertRejects(RangeError, loop.runUntilComplete(newTask(loop, sleeper())));
      }),
    );

    it(
      'test_sleep_cancel',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();
        const t = newTask(loop, asyncio.sleep(10.0, 'yeah'));

        const handles: asyncio.TimerHandle[] = [];
        const origCallLater = loop.callLater;
        loop.callLater = (...args) => {
          const handle = origCallLater.apply(loop, args as never) as asyncio.TimerHandle;
          handles.push(handle);
          return handle;
        };
        await runBriefly(loop);

        expect(handles.map((handle) => handle.cancelled())).to.deep.equal([false]);
        expect(handles[0]?.when()).to.equal(10);

        t.cancel();
        await runBriefly(loop);
        expect(handles.map((handle) => handle.cancelled())).to.deep.equal([true]);
      }),
    );

    it(
      'test_task_cancel_sleeping_task',
      withTasks(async ({ newLoop, newTask }) => {
        const loop = newLoop();

        function* sleep(dt: number): asyncio.Coroutine<void> {
          yield* asyncio.sleep(dt);
        }
        function* doit(): asyncio.Coroutine<string> {
          const sleeper = newTask(loop, sleep(5000));
          loop.callLater(0.1, () => sleeper.cancel());
          try {
            yield* sleeper;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            return 'cancelled';
          }
          return 'slept in';
        }

        expect(await loop.runUntilComplete(doit())).to.equal('cancelled');
        expect(loop.time()).to.equal(0.1);
      }),
    );

    it(
      'test_shield_result',
      withTasks(async ({ loop, newFuture }) => {
        const inner = newFuture<number>(loop);
        const outer = asyncio.shield(inner);
        inner.setResult(42);
        expect(await loop.runUntilComplete(outer)).to.equal(42);
      }),
    );

    it(
      'test_shield_exception',
      withTasks(async ({ loop, newFuture }) => {
        const inner = newFuture(loop);
        const outer = asyncio.shield(inner);
        await runBriefly(loop);
        const exc = new asyncio.RuntimeError('expected');
        inner.setException(exc);
        await runBriefly(loop);
        expect(outer.exception()).to.equal(exc);
      }),
    );

    it(
      'test_shield_cancel_inner',
      withTasks(async ({ loop, newFuture }) => {
        const inner = newFuture(loop);
        const outer = asyncio.shield(inner);
        await runBriefly(loop);
        inner.cancel();
        await runBriefly(loop);
        expect(outer.cancelled()).to.equal(true);
      }),
    );

    it(
      'test_shield_cancel_outer',
      withTasks(async ({ loop, newFuture }) => {
        const inner = newFuture(loop);
        const outer = asyncio.shield(inner);
        await runBriefly(loop);
        outer.cancel();
        await runBriefly(loop);
        expect(outer.cancelled()).to.equal(true);
        expect((outer as asyncio.Future)._entries()).to.deep.equal([]);
        // 3.14: nor does the inner one know of it any more.
        expect(inner._entries()).to.deep.equal([]);
        expect([...(inner._more?.awaitedBy ?? [])]).to.deep.equal([]);
      }),
    );

    it(
      'test_shield_cancel_outer_result',
      withTasks(async ({ loop, newFuture, reports }) => {
        const inner = newFuture<number>(loop);
        const outer = asyncio.shield(inner);
        await runBriefly(loop);
        outer.cancel();
        await runBriefly(loop);
        inner.setResult(1);
        await runBriefly(loop);
        loop.close();
        expect(reports).to.deep.equal([]);
      }),
    );

    it(
      'test_shield_cancel_outer_exception',
      withTasks(async ({ loop, newFuture, reports }) => {
        // 3.14 began to report the error at once, as one "in shielded future", and stopped (gh-156321): somebody else
        // may look at the inner future. There is one report here, when nobody has.
        const inner = newFuture(loop);
        const outer = asyncio.shield(inner);
        await runBriefly(loop);
        outer.cancel();
        await runBriefly(loop);
        const exception = new Error('foo');
        inner.setException(exception);
        await runBriefly(loop);
        expect(reports).to.deep.equal([]);

        loop.close();
        const [report, ...others] = reports.splice(0);
        expect(report?.exception).to.equal(exception);
        expect(report?.message).to.equal('Future exception was never retrieved');
        expect(others).to.deep.equal([]);
      }),
    );

    it(
      'test_shield_duplicate_log_once',
      withTasks(async ({ loop, newFuture, reports }) => {
        const inner = newFuture(loop);
        for (let time = 0; time < 2; time += 1) {
          const outer = asyncio.shield(inner);
          await runBriefly(loop);
          outer.cancel();
          await runBriefly(loop);
        }
        inner.setException(new Error('foo'));
        await runBriefly(loop);

        loop.close();
        expect(reports.splice(0)).to.have.length(1);
      }),
    );

    it(
      'test_shield_shortcut',
      withTasks(async ({ loop, newFuture }) => {
        const fut = newFuture<number>(loop);
        fut.setResult(42);
        expect(await loop.runUntilComplete(asyncio.shield(fut))).to.equal(42);
      }),
    );

    it(
      'test_shield_effect',
      withTasks(async ({ loop, newFuture }) => {
        // Cancelling outer() does not affect inner().
        let proof = 0;
        const waiter = newFuture<void>(loop);

        function* inner(): asyncio.Coroutine<void> {
          yield* waiter;
          proof += 1;
        }
        function* outer(): asyncio.Coroutine<void> {
          yield* asyncio.shield(inner());
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
      'test_shield_gather',
      withTasks(async ({ loop, newFuture }) => {
        const child1 = newFuture<number>(loop);
        const child2 = newFuture<number>(loop);
        const parent = asyncio.gather(child1, child2);
        const outer = asyncio.shield(parent);
        await runBriefly(loop);
        outer.cancel();
        await runBriefly(loop);
        expect(outer.cancelled()).to.equal(true);
        child1.setResult(1);
        child2.setResult(2);
        await runBriefly(loop);
        expect(parent.result()).to.deep.equal([1, 2]);
      }),
    );

    it(
      'test_gather_shield',
      withTasks(async ({ loop, newFuture }) => {
        const child1 = newFuture<number>(loop);
        const child2 = newFuture<number>(loop);
        const inner1 = asyncio.shield(child1);
        const inner2 = asyncio.shield(child2);
        const parent = asyncio.gather(inner1, inner2);
        await runBriefly(loop);
        parent.cancel();
        // This cancels inner1 and inner2, but not child1 and child2.
        await runBriefly(loop);
        expect(parent.exception()).to.be.instanceOf(asyncio.CancelledError);
        expect(inner1.cancelled()).to.equal(true);
        expect(inner2.cancelled()).to.equal(true);
        child1.setResult(1);
        child2.setResult(2);
        await runBriefly(loop);
        expect([child1.result(), child2.result()]).to.deep.equal([1, 2]);
      }),
    );

    it(
      'test_shield_coroutine_without_loop',
      withTasks(async () => {
        function* coro(): asyncio.Coroutine<number> {
          return 42;
        }

        expect(() => asyncio.shield(coro())).to.throw(asyncio.RuntimeError, 'no current event loop');
      }),
    );

    it(
      'test_shield_coroutine_use_running_loop',
      withTasks(async ({ loop }) => {
        function* coro(): asyncio.Coroutine<number> {
          return 42;
        }

        let outer!: asyncio.FutureLike<number>;
        function* test(): asyncio.Coroutine<void> {
          outer = asyncio.shield(coro());
        }
        await loop.runUntilComplete(test());
        expect(outer.getLoop()).to.equal(loop);
        expect(await loop.runUntilComplete(outer)).to.equal(42);
      }),
    );

    it(
      'test_shield_coroutine_use_global_loop',
      withTasks(async ({ loop }) => {
        function* coro(): asyncio.Coroutine<number> {
          return 42;
        }

        asyncio.setEventLoop(loop);
        const outer = asyncio.shield(coro());
        expect(outer.getLoop()).to.equal(loop);
        expect(await loop.runUntilComplete(outer)).to.equal(42);
      }),
    );

    it(
      'test_as_completed_invalid_args',
      withTasks(async ({ loop, newFuture }) => {
        // It takes several awaitables, and not one.

        // Plain iterator
        expect(() => [...asyncio.asCompleted(newFuture(loop) as never)]).to.throw(TypeError);
        expect(() => [...asyncio.asCompleted(coroutineFunction() as never)]).to.throw(TypeError);

        // Async iterator
        function* tryAsync(aw: unknown): asyncio.Coroutine<void> {
          yield* asyncio.asyncFor(asyncio.asCompleted(aw as never), function* () {
            return false;
          });
        }
        await assertRejects(TypeError, loop.runUntilComplete(tryAsync(newFuture(loop))));
        await assertRejects(TypeError, loop.runUntilComplete(tryAsync(coroutineFunction())));
      }),
    );

    it(
      'test_wait_invalid_args',
      withTasks(async ({ loop, newFuture }) => {
        // It takes several futures, and not one.
        await assertRejects(TypeError, loop.runUntilComplete(asyncio.wait(newFuture(loop) as never)));
        await assertRejects(TypeError, loop.runUntilComplete(asyncio.wait(coroutineFunction() as never)));

        // At least one.
        await assertRejects(RangeError, loop.runUntilComplete(asyncio.wait([])));
      }),
    );
  });
});

describe('SleepTests', () => {
  it(
    'test_sleep_zero',
    withLoops(async ({ loop }) => {
      let result = 0;

      function incResult(num: number): void {
        result += num;
      }
      function* coro(): asyncio.Coroutine<void> {
        loop.callSoon(incResult, 1);
        expect(result).to.equal(0);
        const num = yield* asyncio.sleep(0, 10);
        expect(result).to.equal(1); // callSoon's callback has run
        incResult(num);
      }

      await loop.runUntilComplete(coro());
      expect(result).to.equal(11);
    }),
  );
});
