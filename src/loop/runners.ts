/**
 * run and Runner: start a loop, run a program, clean up.
 *
 * Source: Lib/asyncio/runners.py, CPython 3.14. What differs: both give Promises, since a page cannot block, and the
 * abort of `signal` takes the place of Ctrl-C. Wrong use (a running loop, a closed runner, no awaitable) is thrown at
 * the call, where a coroutine sees it; what happens later rejects the Promise.
 *
 * Order of the shutdown, as in asyncio: cancel what is left, wait for it, report its errors, close async generators,
 * then the executor, then the loop.
 */

import type { AwaitableOrPromise, Coroutine, Suspension } from '../core/awaitable.ts';
import type { Context } from '../core/contextvars.ts';
import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop, LoopFactory } from '../core/events.ts';
import { _getRunningLoop, getEventLoop, setEventLoop } from '../core/events.ts';
import { isCancelled, KeyboardInterrupt, RuntimeError } from '../core/exceptions.ts';
import { showError } from '../core/log.ts';
import { closeCoroutine, isAwaitable, iscoroutine, isThenable } from '../tasks/coroutines.ts';
import { gather } from '../tasks/gather.ts';
import { allTasks, currentTask, ensureFuture, Task } from '../tasks/tasks.ts';
import { newEventLoop } from './browser-events.ts';

/** A coroutine function, a coroutine, a future or another awaitable, or a Promise. */
export type Main<T> = AwaitableOrPromise<T> | (() => AwaitableOrPromise<T>);

/** What `Runner` and `run` take. */
export interface RunnerOptions {
  /** Switches the loop's debug mode on or off. Default: as the loop has it. */
  readonly debug?: boolean | null;
  /** Makes the loop. Default: a BrowserEventLoop. */
  readonly loopFactory?: LoopFactory | null;
}

/** What `run` takes. */
export interface RunOptions extends RunnerOptions {
  /** Its abort interrupts the program: the main task is cancelled, and `run` rejects with KeyboardInterrupt. */
  readonly signal?: AbortSignal | null;
}

/** Stands in front of `Symbol.asyncDispose` where an engine has none yet. */
const asyncDispose: typeof Symbol.asyncDispose = (Symbol.asyncDispose ??
  /* @__PURE__ */ Symbol.for('Symbol.asyncDispose')) as never;

/**
 * Holds one loop and one context for several runs. Close it, or use `await using`.
 *
 * @example
 * const runner = new Runner();
 * await runner.run(sleep(0.01));
 * await runner.run(sleep(0.01)); // in the same loop
 * await runner.close();
 */
export class Runner {
  #state: 'created' | 'initialized' | 'closed' = 'created';
  readonly #debug: boolean | null;
  readonly #loopFactory: LoopFactory | null;
  #loop: AbstractEventLoop | null = null;
  #context: Context | null = null;
  #hasSetLoop = false;
  #closing: Promise<void> | null = null;

  constructor(options?: RunnerOptions) {
    this.#debug = options?.debug ?? null;
    this.#loopFactory = options?.loopFactory ?? null;
  }

  /**
   * The loop; it is made at the first call.
   *
   * @throws {RuntimeError} If the runner is closed: "Runner is closed".
   */
  getLoop(): AbstractEventLoop {
    return this.#initialize();
  }

  /**
   * Runs `main` to its end and gives its result.
   *
   * @param options.context Default: the runner's own, in which variables keep their values from run to run.
   * @param options.signal See {@link run}.
   * @returns A Promise of the result; rejected with the error of `main`.
   * @throws {RuntimeError} At the call, inside a running loop, while another run of it goes on, or when it is closed.
   * @throws {TypeError} If `main` is not awaitable: at the call, or, when a function gives it, from the Promise.
   */
  run<T>(
    main: Main<T>,
    options?: { readonly context?: Context | null; readonly signal?: AbortSignal | null },
  ): Promise<T> {
    if (_getRunningLoop() !== null) {
      if (iscoroutine(main)) closeCoroutine(main);
      throw new RuntimeError('Runner.run() cannot be called from a running event loop');
    }
    checkMain(main);
    if (this.#closing !== null) throw new RuntimeError('Runner is closed'); // or is about to be
    const loop = this.#initialize();
    if (loop.isRunning()) {
      // Another run of it waits between two ticks.
      if (iscoroutine(main)) closeCoroutine(main);
      throw new RuntimeError('This event loop is already running');
    }
    const task = loop.createTask(mainCoroutine(main, loop), { context: options?.context ?? this.#context });
    const signal = options?.signal ?? null;
    if (signal === null) return loop.runUntilComplete(task);

    let interrupted = false;
    const interrupt = (): void => {
      interrupted = true;
      if (!task.done()) task.cancel();
    };
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
    return loop
      .runUntilComplete(task)
      .catch((error: unknown) => {
        // Only if nobody else cancelled as well: then it is an ordinary cancellation.
        if (interrupted && isCancelled(error) && task.uncancel?.() === 0) {
          throw new KeyboardInterrupt('', { cause: signal.reason });
        }
        throw error;
      })
      .finally(() => signal.removeEventListener('abort', interrupt));
  }

  /** Cancels what is left, waits for it, and closes the loop. Closing again waits for the same and does nothing. */
  close(): Promise<void> {
    if (this.#state === 'initialized') this.#closing ??= this.#close(this.#loop as AbstractEventLoop); // initialized
    return this.#closing ?? Promise.resolve();
  }

  async #close(loop: AbstractEventLoop): Promise<void> {
    try {
      await cancelAllTasks(loop);
      await loop.runUntilComplete(loop.shutdownAsyncgens());
      await loop.runUntilComplete(loop.shutdownDefaultExecutor());
    } finally {
      if (this.#hasSetLoop && isSetLoop(loop)) setEventLoop(null);
      loop.close();
      this.#loop = null;
      this.#state = 'closed';
    }
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  #initialize(): AbstractEventLoop {
    if (this.#state === 'closed') throw new RuntimeError('Runner is closed');
    if (this.#loop !== null) return this.#loop;
    let loop: AbstractEventLoop;
    if (this.#loopFactory === null) {
      loop = newEventLoop();
      setEventLoop(loop);
      this.#hasSetLoop = true;
    } else {
      loop = this.#loopFactory();
    }
    if (this.#debug !== null) loop.setDebug(this.#debug);
    this.#loop = loop;
    this.#context = copyContext();
    this.#state = 'initialized';
    return loop;
  }
}

/**
 * Runs a program: makes a loop, runs `main` to its end, cancels the tasks that are left, waits for their cleanup and
 * closes the loop.
 *
 * @param main A coroutine function, a coroutine, a future or a Promise.
 * @param options.debug Switches the loop's debug mode on or off. Default: as the loop has it.
 * @param options.loopFactory Makes the loop. Default: a BrowserEventLoop.
 * @param options.signal Its abort cancels `main`; `run` then rejects with KeyboardInterrupt.
 * @returns A Promise of the result.
 * @throws {RuntimeError} At the call, inside a running loop: "asyncio.run() cannot be called from a running event
 *   loop". Inside a coroutine use `yield*` or `createTask`.
 * @throws {TypeError} At the call, if `main` is not awaitable.
 * @example
 * run(function* () {
 *   yield* sleep(0.1);
 *   console.log('hello');
 * });
 */
export function run<T>(main: Main<T>, options?: RunOptions): Promise<T> {
  if (_getRunningLoop() !== null) {
    if (iscoroutine(main)) closeCoroutine(main);
    throw new RuntimeError('asyncio.run() cannot be called from a running event loop');
  }
  const runner = new Runner(options);
  const result = runner.run(main, { signal: options?.signal ?? null });
  return closeAfter(runner, result);
}

async function closeAfter<T>(runner: Runner, result: Promise<T>): Promise<T> {
  let value: T;
  try {
    value = await result;
  } catch (error) {
    // The program's own error goes before one of the shutdown, which is shown.
    await runner.close().catch(showError);
    throw error;
  }
  await runner.close();
  return value;
}

/** Refuses what cannot be run. What a function gives is looked at when it has been called. @internal */
export function checkMain(main: Main<unknown>): void {
  if (typeof main !== 'function') checkAwaitable(main);
}

/** A program as the coroutine of its task. A Promise is followed from now on: it may be rejected before the first tick. @internal */
export function mainCoroutine<T>(main: Main<T>, loop: AbstractEventLoop): Coroutine<T> {
  if (iscoroutine(main)) return main as Coroutine<T>;
  return new MainCall(isThenable(main) ? ensureFuture(main, { loop }) : main);
}

/**
 * Calls a function inside the loop, so that also a native async one finds the running loop in its first lines. The task
 * then goes on with what that gave: a coroutine in between would cost something at every step of the program.
 */
class MainCall<T> implements Coroutine<T> {
  readonly #main: Main<T>;
  #called: Coroutine<T> | null = null;

  constructor(main: Main<T>) {
    this.#main = main;
  }

  next(value?: unknown): IteratorResult<Suspension, T> {
    return this.#called === null ? this._begin() : this.#called.next(value); // the latter in a task of another class
  }

  private _begin(): IteratorResult<Suspension, T> {
    const main = this.#main;
    const awaitable = typeof main === 'function' ? main() : main;
    checkAwaitable(awaitable);
    this.#called = iscoroutine(awaitable) ? (awaitable as Coroutine<T>) : awaitAny(awaitable);
    const task = currentTask();
    if (task instanceof Task && task._coro === this) task._coro = this.#called;
    return this.#called.next();
  }

  throw(error: unknown): IteratorResult<Suspension, T> {
    if (this.#called !== null) return this.#called.throw(error);
    throw error;
  }

  return(value: T): IteratorResult<Suspension, T> {
    return this.#called?.return(value) ?? { value, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function* awaitAny<T>(awaitable: AwaitableOrPromise<T>): Coroutine<T> {
  return yield* isAwaitable(awaitable) ? (awaitable as Coroutine<T>) : ensureFuture(awaitable);
}

function checkAwaitable(value: unknown): void {
  if (isAwaitable(value) || isThenable(value)) return;
  throw new TypeError('An asyncio.Future, a coroutine or an awaitable is required');
}

async function cancelAllTasks(loop: AbstractEventLoop): Promise<void> {
  const tasks = [...allTasks(loop)];
  if (tasks.length === 0) return;
  for (const task of tasks) task.cancel();
  await loop.runUntilComplete(gather(tasks, { returnExceptions: true }));
  for (const task of tasks) {
    if (task.cancelled()) continue;
    const exception = task.exception();
    if (exception !== null) {
      loop.callExceptionHandler({
        message: 'unhandled exception during asyncio.run() shutdown',
        exception,
        task,
      });
    }
  }
}

function isSetLoop(loop: AbstractEventLoop): boolean {
  try {
    return getEventLoop() === loop;
  } catch {
    return false; // none is set; getEventLoop has no other error
  }
}
