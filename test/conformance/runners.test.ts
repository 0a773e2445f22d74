// Lib/test/test_asyncio/test_runners.py of CPython 3.13, with what 3.14 changed: any awaitable can be run, and what is
// none gives TypeError. There are no policies here, so the loops come from a `loopFactory`, as in CPython's own tests
// since policies were removed. The interrupt is the abort of a signal.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { newTestLoop } from '../support/loops.ts';
import { assertRaises, ZeroDivisionError } from './support.ts';

/** A loop that notes what the shutdown did, in order. */
type RecordingLoop = asyncio.BaseEventLoop & { readonly shutdown: string[] };

let loops: RecordingLoop[] = [];

function newLoop(): RecordingLoop {
  const shutdown: string[] = [];
  const loop = Object.assign(newTestLoop(), { shutdown });
  const shutdownAsyncgens = loop.shutdownAsyncgens.bind(loop);
  loop.shutdownAsyncgens = function* () {
    shutdown.push('asyncgens');
    yield* shutdownAsyncgens();
  };
  loops.push(loop);
  return loop;
}

beforeEach(() => {
  loops = [];
  asyncio.setEventLoop(null);
});

afterEach(() => {
  for (const loop of loops) {
    expect(loop.isClosed()).to.equal(true);
    expect(loop.shutdown).to.include('asyncgens');
  }
  asyncio.setEventLoop(null);
});

/** `with self.assertRaises(…)` around what gives a Promise. */
async function assertRejects<E extends Error>(
  type: abstract new (...args: never[]) => E,
  promise: Promise<unknown>,
  message: RegExp = /(?:)/,
): Promise<void> {
  let error: unknown = null;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  expect(error).to.be.instanceOf(type);
  expect((error as E).message).to.match(message);
}

/** `with asyncio.Runner(…) as runner`. */
async function withRunner<T>(
  options: asyncio.RunnerOptions,
  body: (runner: asyncio.Runner) => Promise<T>,
): Promise<T> {
  const runner = new asyncio.Runner(options);
  try {
    runner.getLoop(); // entering makes the loop
    return await body(runner);
  } finally {
    await runner.close();
  }
}

/** What `getEventLoop` gives between the ticks of a loop; null if there is none. */
function setLoop(): asyncio.AbstractEventLoop | null {
  try {
    return asyncio.getEventLoop();
  } catch (error) {
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    return null;
  }
}

describe('RunTests', () => {
  it('test_asyncio_run_return', async () => {
    function* main() {
      yield* asyncio.sleep(0);
      return 42;
    }

    expect(await asyncio.run(main(), { loopFactory: newLoop })).to.equal(42);
  });

  it('test_asyncio_run_raises', async () => {
    function* main() {
      yield* asyncio.sleep(0);
      throw new RangeError('spam');
    }

    await assertRejects(RangeError, asyncio.run(main(), { loopFactory: newLoop }), /spam/);
  });

  it('test_asyncio_run_only_coro', async () => {
    const run = (main: unknown) => asyncio.run(main as asyncio.Main<unknown>, { loopFactory: newLoop });
    expect(() => run(1)).to.throw(TypeError, 'an awaitable is required');
    // A function is called by the loop, so what it gives is only known then.
    await assertRejects(
      TypeError,
      run(() => null),
      /an awaitable is required/,
    );
  });

  it('test_asyncio_run_debug', async () => {
    // The rest of the original is about an environment variable.
    function* main(expected: boolean) {
      const loop = asyncio.getEventLoop();
      expect(loop.getDebug()).to.equal(expected);
    }

    await asyncio.run(main(false), { debug: false, loopFactory: newLoop });
    await asyncio.run(main(true), { debug: true, loopFactory: newLoop });
    await asyncio.run(main(false), { loopFactory: newLoop });
  });

  it('test_asyncio_run_from_running_loop', async () => {
    function* main(): asyncio.Coroutine<void> {
      asyncio.run(main(), { loopFactory: newLoop });
    }

    await assertRejects(
      asyncio.RuntimeError,
      asyncio.run(main(), { loopFactory: newLoop }),
      /cannot be called from a running/,
    );
    expect(loops).to.have.length(1);
  });

  it('test_asyncio_run_cancels_hanging_tasks', async () => {
    let task!: asyncio.Task<void>;

    function* leftover() {
      yield* asyncio.sleep(0.1);
    }

    function* main() {
      task = asyncio.createTask(leftover());
      return 123;
    }

    expect(await asyncio.run(main(), { loopFactory: newLoop })).to.equal(123);
    expect(task.done()).to.equal(true);
  });

  it('test_asyncio_run_reports_hanging_tasks_errors', async () => {
    let task!: asyncio.Task<void>;
    const reports: asyncio.ExceptionContext[] = [];

    function* leftover() {
      try {
        yield* asyncio.sleep(0.1);
      } catch (error) {
        if (asyncio.isCancelled(error)) throw new ZeroDivisionError();
        throw error;
      }
    }

    function* main() {
      asyncio.getRunningLoop().callExceptionHandler = (context) => reports.push(context);
      task = asyncio.createTask(leftover());
      return 123;
    }

    expect(await asyncio.run(main(), { loopFactory: newLoop })).to.equal(123);
    expect(task.done()).to.equal(true);

    expect(reports).to.have.length(1);
    const [report] = reports;
    expect(report).to.have.all.keys('message', 'task', 'exception');
    expect(report?.message).to.match(/asyncio.run.*shutdown/);
    expect(report?.task).to.equal(task);
    expect(report?.exception).to.be.instanceOf(ZeroDivisionError);
  });

  it('test_asyncio_run_closes_gens_after_hanging_tasks_errors', async () => {
    // Python's shutdown closes the asynchronous generator; here `asyncFor` has done so itself when it was cancelled.
    class FancyExit extends Error {}

    class Fidget implements asyncio.CoroutineIterator<number> {
      closed = false;

      *anext() {
        yield* asyncio.sleep(1);
        return { done: false, value: 1 };
      }

      *aclose() {
        this.closed = true;
      }
    }

    const spinner = new Fidget();
    let lazyboy!: asyncio.Task<void>;

    function* spin() {
      try {
        yield* asyncio.asyncFor(spinner, function* () {});
      } catch (error) {
        if (asyncio.isCancelled(error)) throw new ZeroDivisionError();
        throw error;
      }
    }

    function* main() {
      const loop = asyncio.getRunningLoop() as RecordingLoop;
      loop.callExceptionHandler = (context) => loop.shutdown.push(`report of ${context.task === lazyboy}`);
      lazyboy = asyncio.createTask(spin());
      yield* asyncio.sleep(0);
      throw new FancyExit();
    }

    await assertRejects(FancyExit, asyncio.run(main(), { loopFactory: newLoop }));
    expect(lazyboy.done()).to.equal(true);
    expect(spinner.closed).to.equal(true);
    expect(loops[0]?.shutdown).to.deep.equal(['report of true', 'asyncgens']);
  });

  it('test_asyncio_run_set_event_loop', async () => {
    let running: asyncio.AbstractEventLoop | null = null;

    function* main() {
      running = asyncio.getRunningLoop();
      yield* asyncio.sleep(0);
      return 42;
    }

    const result = asyncio.run(main());
    const set = setLoop();
    expect(set).not.to.equal(null);
    expect(await result).to.equal(42);
    expect(set).to.equal(running);
    expect(setLoop()).to.equal(null);
  });

  it('test_asyncio_run_without_uncancel', async () => {
    const controller = new AbortController();

    /** A task class of one's own that knows nothing of `uncancel()`. */
    class Task<T> {
      readonly #task: asyncio.Task<T>;

      constructor(loop: asyncio.AbstractEventLoop, coro: asyncio.Coroutine<T>, options: asyncio.TaskOptions) {
        this.#task = new asyncio.Task(coro, { ...options, loop });
      }

      get _asyncioFutureBlocking() {
        return this.#task._asyncioFutureBlocking;
      }
      cancel(msg?: unknown) {
        return this.#task.cancel(msg);
      }
      addDoneCallback(callback: (future: asyncio.Task<T>) => unknown) {
        this.#task.addDoneCallback(callback as never);
      }
      removeDoneCallback(callback: (future: asyncio.Task<T>) => unknown) {
        return this.#task.removeDoneCallback(callback as never);
      }
      result() {
        return this.#task.result();
      }
      done() {
        return this.#task.done();
      }
      cancelled() {
        return this.#task.cancelled();
      }
      exception() {
        return this.#task.exception();
      }
      getLoop() {
        return this.#task.getLoop();
      }
      setName(name: unknown) {
        this.#task.setName(name);
      }
    }

    function* main() {
      controller.abort();
      yield* new asyncio.Event().wait();
    }

    const loopFactory = () => {
      const loop = newLoop();
      loop.setTaskFactory((owner, coro, options) => new Task(owner, coro, options) as never);
      return loop;
    };

    await assertRejects(
      asyncio.CancelledError,
      asyncio.run(main(), { loopFactory, signal: controller.signal }),
    );
  });

  it('test_asyncio_run_loop_factory', async () => {
    const loop = newLoop();
    const calls: unknown[][] = [];
    const factory = (...args: unknown[]) => {
      calls.push(args);
      return loop;
    };

    function* main() {
      expect(asyncio.getRunningLoop()).to.equal(loop);
    }

    await asyncio.run(main(), { loopFactory: factory });
    expect(calls).to.deep.equal([[]]);
  });

  it('test_loop_factory_default_event_loop', async () => {
    function* main() {
      expect(asyncio.getRunningLoop()).to.be.instanceOf(asyncio.BrowserEventLoop);
    }

    await asyncio.run(main(), { loopFactory: asyncio.newEventLoop });
  });
});

describe('RunnerTests', () => {
  it('test_non_debug', () =>
    withRunner({ debug: false, loopFactory: newLoop }, async (runner) => {
      expect(runner.getLoop().getDebug()).to.equal(false);
    }));

  it('test_debug', () =>
    withRunner({ debug: true, loopFactory: newLoop }, async (runner) => {
      expect(runner.getLoop().getDebug()).to.equal(true);
    }));

  it('test_custom_factory', async () => {
    /** A loop that can do nothing but be closed. */
    class MockLoop extends asyncio.AbstractEventLoop {
      override runUntilComplete(): Promise<never> {
        return Promise.resolve() as Promise<never>;
      }
      override *shutdownAsyncgens() {}
      override *shutdownDefaultExecutor() {}
      override close() {}
    }

    const loop = new MockLoop();
    await withRunner({ loopFactory: () => loop }, async (runner) => {
      expect(runner.getLoop()).to.equal(loop);
    });
  });

  it('test_run', async () => {
    function* f() {
      yield* asyncio.sleep(0);
      return 'done';
    }

    const runner = new asyncio.Runner({ loopFactory: newLoop });
    expect(await runner.run(f())).to.equal('done');
    const loop = runner.getLoop();
    await runner.close();

    expect(() => runner.getLoop()).to.throw(asyncio.RuntimeError, 'Runner is closed');
    expect(loop.isClosed()).to.equal(true);
  });

  it('test_run_non_coro', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      expect(() => runner.run(123 as never)).to.throw(TypeError, 'an awaitable is required');
    }));

  it('test_run_future', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      const fut = runner.getLoop().createFuture<string>();
      fut.setResult('done');
      expect(await runner.run(fut)).to.equal('done');
    }));

  it('test_run_awaitable', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      class MyAwaitable implements asyncio.Awaitable<string> {
        [Symbol.iterator]() {
          return MyAwaitable.run();
        }
        static *run(): asyncio.Coroutine<string> {
          return 'done';
        }
      }

      expect(await runner.run(new MyAwaitable())).to.equal('done');
    }));

  it('test_explicit_close', async () => {
    const runner = new asyncio.Runner({ loopFactory: newLoop });
    const loop = runner.getLoop();
    await runner.close();
    expect(() => runner.getLoop()).to.throw(asyncio.RuntimeError, 'Runner is closed');
    expect(loop.isClosed()).to.equal(true);
  });

  it('test_double_close', async () => {
    const runner = new asyncio.Runner({ loopFactory: newLoop });
    const loop = runner.getLoop();

    await runner.close();
    expect(loop.isClosed()).to.equal(true);

    await runner.close();
    expect(loop.isClosed()).to.equal(true);
  });

  it('test_second_with_block_raises', async () => {
    const ret: number[] = [];

    function* f(arg: number) {
      ret.push(arg);
    }

    const runner = new asyncio.Runner({ loopFactory: newLoop });
    await runner.run(f(1));
    await runner.close();

    expect(() => runner.run(f(2))).to.throw(asyncio.RuntimeError, 'Runner is closed');
    expect(ret).to.deep.equal([1]);
  });

  it('test_run_keeps_context', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      const cvar = new asyncio.ContextVar('cvar', { defaultValue: -1 });

      function* f(value: number) {
        const old = cvar.get();
        yield* asyncio.sleep(0);
        cvar.set(value);
        return old;
      }

      function* getContext() {
        return asyncio.copyContext();
      }

      expect(await runner.run(f(1))).to.equal(-1);
      expect(await runner.run(f(2))).to.equal(1);
      expect((await runner.run(getContext())).get(cvar)).to.equal(2);
    }));

  it('test_recursive_run', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      let ran = false;
      const inner = g();

      function* g() {
        ran = true;
      }

      function* f() {
        runner.run(inner);
      }

      await assertRejects(
        asyncio.RuntimeError,
        runner.run(f()),
        /Runner\.run\(\) cannot be called from a running event loop/,
      );
      // The original is warned of a coroutine that was never awaited; here it has been closed.
      expect(inner.next().done).to.equal(true);
      expect(ran).to.equal(false);
    }));

  it('test_interrupt_call_soon', () =>
    // The program is never idle, and virtual time would stand still.
    withRunner({ loopFactory: asyncio.newEventLoop }, async (runner) => {
      const controller = new AbortController();

      function* spin() {
        for (;;) yield* asyncio.sleep(0);
      }

      function* coro() {
        // The only case in which the task waits for nothing.
        yield* assertRaises(asyncio.CancelledError, spin());
        throw new asyncio.CancelledError();
      }

      runner.getLoop().callLater(0.1, () => controller.abort());
      await assertRejects(asyncio.KeyboardInterrupt, runner.run(coro(), { signal: controller.signal }));
    }));

  it('test_interrupt_wait', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      // What the task waits for is cancelled, and so is the task.
      const controller = new AbortController();
      const fut = runner.getLoop().createFuture<void>();

      function* coro() {
        yield* assertRaises(asyncio.CancelledError, fut);
        throw new asyncio.CancelledError();
      }

      runner.getLoop().callLater(0.1, () => controller.abort());
      await assertRejects(asyncio.KeyboardInterrupt, runner.run(coro(), { signal: controller.signal }));
      expect(fut.cancelled()).to.equal(true);
    }));

  it('test_interrupt_cancelled_task', () =>
    withRunner({ loopFactory: newLoop }, async (runner) => {
      // Interrupting a task that somebody else has cancelled gives no KeyboardInterrupt.
      const controller = new AbortController();

      function* subtask(task: asyncio.Task<unknown> | null) {
        yield* asyncio.sleep(0);
        task?.cancel();
        controller.abort();
      }

      function* coro() {
        asyncio.createTask(subtask(asyncio.currentTask()));
        yield* asyncio.sleep(10);
      }

      await assertRejects(asyncio.CancelledError, runner.run(coro(), { signal: controller.signal }));
    }));

  it('test_set_event_loop_called_once', async () => {
    function* coro() {}

    const runner = new asyncio.Runner();
    await runner.run(coro());
    expect(setLoop()).to.equal(runner.getLoop());
    const other = newLoop();
    asyncio.setEventLoop(other);
    await runner.run(coro());
    expect(setLoop()).to.equal(other);
    await runner.close();
    // What the runner has not set it leaves alone.
    expect(setLoop()).to.equal(other);
    await other.runUntilComplete(other.shutdownAsyncgens());
    other.close();
  });

  it('test_no_repr_is_call_on_the_task_result', async () => {
    class MyResult {
      reprCount = 0;
      toString() {
        this.reprCount += 1;
        return 'MyResult';
      }
      _repr() {
        return this.toString();
      }
    }

    function* coro() {
      return new MyResult();
    }

    const result = await withRunner({ loopFactory: newLoop }, (runner) => runner.run(coro()));
    expect(result.reprCount).to.equal(0);
  });
});
