/**
 * Task: runs a coroutine on the loop, one step at a time.
 *
 * Source: Lib/asyncio/tasks.py, CPython 3.14. One step calls `next()` of the generator, or `throw()` to cancel it.
 * What the generator hands out is a future that it waits for; the task puts itself into the future's list of waiters
 * and is queued again when the future is done. Cancellation is always `throw(CancelledError)`: with `return()` a
 * `finally` that waits would lose it (https://github.com/thefrontside/effection/issues/1154 shows the effect).
 *
 * What differs: the loop holds pending tasks strongly, in an intrusive list, so a task that nobody keeps does not
 * vanish; the step itself is what is queued, without a handle.
 */

import type { AwaitableOrPromise, Coroutine, Suspension, TaskOptions } from '../core/awaitable.ts';
import type { Context } from '../core/contextvars.ts';
import { copyContext, enterContext, exitContext, realm } from '../core/contextvars.ts';
import type { AbstractEventLoop, FutureLike, TaskFactory, TaskLike } from '../core/events.ts';
import { _getRunningLoop, getEventLoop, getRunningLoop } from '../core/events.ts';
import { asError, InvalidStateError, isCancelled, isExit, RuntimeError } from '../core/exceptions.ts';
import { extractStack, nameOf, repr } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';
import { closeCoroutine, isAwaitable, iscoroutine, isThenable, YIELD } from './coroutines.ts';
import { FINISHED, Future, formatName, isfuture, ownAddDoneCallback, PENDING } from './futures.ts';
import { wrapFuture } from './promises.ts';

/** What a coroutine may hand out, seen by the step that has to tell a future from rubbish. */
type Yielded = (Partial<FutureLike<unknown>> & { readonly _loop?: AbstractEventLoop }) | null | undefined;

/**
 * A coroutine that runs on the loop, and the future of its result. Made by `createTask`, `loop.createTask` or a
 * TaskGroup; not by hand.
 *
 * @example
 * function* countdown(): Coroutine<string> {
 *   for (let left = 3; left > 0; left -= 1) yield* sleep(1);
 *   return 'lift-off';
 * }
 * const task = createTask(countdown());
 * task.done(); // false: it starts when this task waits
 * console.log(yield* task); // lift-off
 */
export class Task<T = unknown> extends Future<T> implements TaskLike<T> {
  declare _name: string | number;
  /** @internal */
  declare _coro: Coroutine<T> | null;
  /** @internal */
  declare _context: Context;
  /** The future it waits for; null while it is queued or runs. @internal */
  declare _futureWaiter: FutureLike<unknown> | null;
  /** @internal */
  declare _mustCancel: boolean;
  /** @internal */
  declare _cancelRequests: number;
  /** False where the loop itself answers for it: no report if it is still pending at close. @internal */
  declare _logDestroyPending: boolean;
  /** Neighbours in the loop's list of pending tasks. @internal */
  declare _previous: Task<unknown> | null;
  /** @internal */
  declare _next: Task<unknown> | null;

  /**
   * Use `createTask`; the loop is by default the current one.
   *
   * @throws {TypeError} If `coro` is not a coroutine: "a coroutine was expected, got …".
   * @throws {RuntimeError} If there is no current loop, or it is closed.
   */
  constructor(
    coro: Coroutine<T>,
    options?: TaskOptions & { readonly loop?: AbstractEventLoop | null },
    // The loop passes itself beside the options that it was given, which spares a copy of them for each task.
    loop: AbstractEventLoop = options?.loop ?? getEventLoop(),
  ) {
    super(null, loop);
    if (!iscoroutine(coro)) throw new TypeError(notACoroutine(coro));
    const name = options?.name;
    this._coro = coro;
    this._name = name === undefined || name === null ? ++loop._taskNames : String(name);
    this._context = options?.context ?? copyContext();
    this._futureWaiter = null;
    this._mustCancel = false;
    this._cancelRequests = 0;
    this._logDestroyPending = true;
    this._previous = null;
    this._next = null;
    loop._instrument?.taskSpawned?.(this as TaskLike<unknown>);
    // Eager only inside a tick of this loop: between ticks there is no running loop for the coroutine to find.
    if (options?.eagerStart && _getRunningLoop() === loop) {
      this._link();
      this._startNow();
    } else {
      loop._callSoonStep(this); // throws if the loop is closed: then there is no task
      this._link();
    }
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, Task, 'Task');
  }

  /** The name for messages and views: the one given, else 'Task-1', 'Task-2' and so on. */
  getName(): string {
    return formatName(this._name);
  }

  /** Changes the name; what is no string is converted to one. */
  setName(name: unknown): void {
    this._name = String(name);
  }

  /** The coroutine; null once an eagerly started task is done. */
  getCoro(): Coroutine<T> | null {
    return this._coro;
  }

  /** The context that the coroutine runs in. */
  getContext(): Context {
    return this._context;
  }

  /**
   * Asks the task to stop: at the next opportunity CancelledError is thrown into the coroutine at the line where it
   * waits. Its `finally` blocks run, and may wait; it may also refuse. A task that has not started never starts.
   *
   * @param msg Any value; it becomes the argument of the CancelledError.
   * @returns False if the task is done already.
   */
  override cancel(msg?: unknown): boolean {
    this._retrieve();
    // Asked again by a task that we wait for: they wait for each other.
    const details = this._details();
    if (this._state !== PENDING || details.inCancel) return false;
    this._cancelRequests += 1;
    if (this._loop._tracesAwaits) details.cancelStack = extractStack();
    const waiter = this._futureWaiter;
    details.inCancel = true;
    try {
      if (waiter?.cancel(msg)) return true;
    } finally {
      details.inCancel = false;
    }
    this._mustCancel = true;
    this._cancelMessage = msg ?? undefined;
    if (waiter instanceof Task && waiter._more?.inCancel) {
      // The end of a circle: nothing would ever wake us, so the circle is cut here.
      waiter._removeEntry(this);
      this._loop._callSoonStep(this);
    }
    return true;
  }

  /** How many cancel requests are open: calls of `cancel()` less calls of `uncancel()`. */
  cancelling(): number {
    return this._cancelRequests;
  }

  /** Takes one cancel request back, and gives how many remain. For code that has handled a cancellation for good. */
  uncancel(): number {
    if (this._cancelRequests > 0) {
      this._cancelRequests -= 1;
      if (this._cancelRequests === 0) this._mustCancel = false;
    }
    return this._cancelRequests;
  }

  /**
   * Where the task waits: the calls of its `yield*` chain, innermost first, as the engine writes them. Only debug mode
   * records them, since engines do not show the frames of a suspended generator; otherwise the array is empty.
   *
   * @param options.limit The most frames, counted from the innermost.
   */
  getStack(options?: { readonly limit?: number | null }): string[] {
    const stack = this._more?.awaitStack ?? null;
    if (stack === null || this._futureWaiter === null) return [];
    return stack.split('\n').slice(0, options?.limit ?? undefined);
  }

  /**
   * Writes `getStack()` to the log, or gives it line by line to `options.file`.
   *
   * @param options.limit The most frames, counted from the innermost.
   * @param options.file Called with each line. Default: the library's logger.
   */
  printStack(options?: { readonly limit?: number | null; readonly file?: (line: string) => void }): void {
    const print = options?.file ?? ((line: string) => logger.info(line));
    const stack = this.getStack(options);
    print(
      stack.length === 0 ? `No stack for ${repr(this)}` : `Stack for ${repr(this)} (most recent call first):`,
    );
    for (const line of stack) print(line);
  }

  /** @throws {RuntimeError} Always: the coroutine sets the result. */
  override setResult(_result: T): never {
    throw new RuntimeError('Task does not support set_result operation');
  }

  /** @throws {RuntimeError} Always: the coroutine sets the error. */
  override setException(_exception: unknown): never {
    throw new RuntimeError('Task does not support set_exception operation');
  }

  /** A step cannot be taken back; the loop asks every runnable. @internal */
  get _cancelled(): boolean {
    return false;
  }

  /** Queues a step: what the task waited for is done. @internal */
  _notify(): void {
    this._loop._callSoonStep(this);
  }

  /** @internal */
  get _awaiter(): FutureLike<unknown> {
    return this as TaskLike<unknown>;
  }

  /** @internal */
  _label(): string {
    return `wakeup of ${this.getName()}`;
  }

  /**
   * One step: called by the loop. This is the hot path of the library, so the ordinary case stands here in one piece;
   * nested calls with a try of their own took half as long again in Chromium.
   *
   * @internal
   */
  _run(): void {
    const loop = this._loop;
    const context = this._context;
    if (
      this._state !== PENDING ||
      this._mustCancel ||
      context._entered ||
      loop._currentTask !== null ||
      loop._instrument !== null
    ) {
      this._runWith(null);
      return;
    }
    const outer = realm.context;
    realm.context = context;
    context._entered = true;
    loop._currentTask = this as TaskLike<unknown>;
    this._futureWaiter = null;
    let inCoroutine = true;
    try {
      const step = (this._coro as Coroutine<T>).next(); // null only when done
      inCoroutine = false;
      if (step.done) this._finish(step.value);
      else if (step.value === YIELD) loop._callSoonStep(this);
      else this._wait(step.value as unknown as Yielded);
    } catch (error) {
      this._leave(context, outer);
      if (inCoroutine) this._finishWithError(error);
      else this._reportDefect(error);
      return;
    }
    this._leave(context, outer);
  }

  private _leave(context: Context, outer: Context): void {
    this._loop._currentTask = null;
    exitContext(context, outer);
  }

  /** A step with all that may be about it: an error to throw, a cancellation, instruments. @internal */
  _runWith(error: Error | null): void {
    try {
      const context = this._context;
      const outer = enterContext(context);
      try {
        this._runEntered(error);
      } finally {
        exitContext(context, outer);
      }
    } catch (exception) {
      this._reportDefect(exception);
    }
  }

  /** Not the coroutine's error, which the step keeps: a defect around it. It ends this step and not the loop. */
  private _reportDefect(exception: unknown): void {
    if (isExit(exception)) throw exception;
    const task = this as TaskLike<unknown>;
    this._loop.callExceptionHandler({ message: `Exception in step of ${this}`, exception, task });
  }

  /** One step, in a context that has been entered. */
  private _runEntered(error: Error | null): void {
    const loop = this._loop;
    enterTask(loop, this as TaskLike<unknown>);
    loop._instrument?.beforeTaskStep?.(this as TaskLike<unknown>);
    try {
      this._step(error);
    } finally {
      loop._instrument?.afterTaskStep?.(this as TaskLike<unknown>);
      loop._currentTask = null;
    }
  }

  /** Advances the coroutine and deals with what comes out. */
  private _step(given: Error | null): void {
    if (this._state !== PENDING) throw new InvalidStateError(`_step(): already done: ${this}`);
    let error = given;
    if (this._mustCancel) {
      // A future that was cancelled throws its own CancelledError, with the message of the first cancel.
      if (!isCancelled(error) && !endedCancelled(this._futureWaiter)) error = this._makeCancelledError();
      this._mustCancel = false;
      // The cancellation takes the place of what was waited for: an error of it counts as seen.
      if (this._futureWaiter instanceof Future) this._futureWaiter._retrieve();
    }
    this._futureWaiter = null;
    let step: IteratorResult<Suspension, T>;
    try {
      const coro = this._coro as Coroutine<T>; // null only when done
      step = error === null ? coro.next() : coro.throw(error);
    } catch (thrown) {
      this._finishWithError(thrown);
      return;
    }
    if (step.done) this._finish(step.value);
    else if (step.value === YIELD) this._loop._callSoonStep(this);
    else this._wait(step.value as unknown as Yielded);
  }

  private _finish(value: T): void {
    if (this._mustCancel || this._more !== null) {
      this._finishCancelled(value);
      return;
    }
    this._result = value;
    this._state = FINISHED;
    this._scheduleCallbacks();
  }

  /** The end of a task that has been cancelled, or is watched: by itself in its last step, or in vain. */
  private _finishCancelled(value: T): void {
    if (this._mustCancel) {
      // Cancelled by itself in its last step: there is no later line to throw at.
      this._mustCancel = false;
      super.cancel(this._cancelMessage);
      return;
    }
    const stack = this._more?.cancelStack ?? null;
    if (stack !== null && this._cancelRequests > 0) {
      logger.warning(`${this} swallowed a cancellation without uncancel(); it was cancelled from:\n${stack}`);
    }
    super.setResult(value);
  }

  private _finishWithError(thrown: unknown): void {
    if (isCancelled(thrown)) {
      this._details().cancelledError = thrown;
      super.cancel();
      return;
    }
    super.setException(asError(thrown));
    // Interrupt and exit end the task and go on, out of the loop.
    if (isExit(thrown)) throw thrown;
  }

  private _wait(yielded: Yielded): void {
    const loop = this._loop;
    const problem =
      yielded instanceof Future &&
      yielded._asyncioFutureBlocking &&
      yielded._loop === loop &&
      yielded !== (this as unknown)
        ? null
        : this._problemWith(yielded);
    if (problem !== null) {
      // Thrown into the coroutine at its next step: bad yields do not kill the loop.
      const error = new RuntimeError(problem);
      loop._callSoonStep({ _cancelled: false, _run: () => this._runWith(error) });
      return;
    }
    const future = yielded as FutureLike<unknown> & Yielded; // there is no problem with it
    future._asyncioFutureBlocking = false;
    if (loop._tracesAwaits) this._details().awaitStack = loop._awaitStack;
    // Our own futures take the task as it is, unless a subclass wants to see its callbacks.
    if (future.addDoneCallback === ownAddDoneCallback) (future as unknown as Future)._addEntry(this);
    else future.addDoneCallback(() => this._run(), { context: copyContext() });
    this._futureWaiter = future;
    if (this._mustCancel && future.cancel(this._cancelMessage)) this._mustCancel = false;
  }

  /** Why the task cannot wait for what its coroutine handed out, in asyncio's words; null if it can. */
  private _problemWith(yielded: Yielded): string | null {
    const blocking =
      typeof yielded === 'object' && yielded !== null ? yielded._asyncioFutureBlocking : undefined;
    if (typeof blocking !== 'boolean') {
      return iscoroutine(yielded)
        ? `yield was used instead of yield* for generator in task ${this} with ${repr(yielded)}`
        : `Task got bad yield: ${repr(yielded)}; use yield* to wait`;
    }
    const future = yielded as FutureLike<unknown> & Yielded;
    if ((future._loop ?? future.getLoop()) !== this._loop) {
      return `Task ${this} got Future ${repr(future)} attached to a different loop`;
    }
    if (!blocking) return `yield was used instead of yield* in task ${this} with ${repr(future)}`;
    if ((future as unknown) === this) return `Task cannot await on itself: ${this}`;
    return null;
  }

  /** The first step of an eager task, inside the constructor. */
  private _startNow(): void {
    const loop = this._loop;
    const current = swapCurrentTask(loop, null);
    try {
      // The context given may be the creator's own, which is entered already.
      const context = this._context;
      if (context === realm.context) {
        this._runEntered(null);
      } else {
        const outer = enterContext(context);
        try {
          this._runEntered(null);
        } finally {
          exitContext(context, outer);
        }
      }
    } catch (error) {
      // It could not start, and nobody has it: the loop must not wait for it.
      if (this._state === PENDING) this._unlink();
      throw error;
    } finally {
      swapCurrentTask(loop, current);
      if (this._state !== PENDING) this._coro = null;
    }
  }

  /** Leaves the loop's list; then tells those who wait. @internal */
  override _scheduleCallbacks(): void {
    this._unlink();
    super._scheduleCallbacks();
    this._loop._instrument?.taskDone?.(this as TaskLike<unknown>);
  }

  /** Takes its place among the loop's pending tasks. */
  private _link(): void {
    const loop = this._loop;
    this._next = loop._tasks as Task<unknown> | null; // only this class is put into the list
    if (this._next !== null) this._next._previous = this as Task<unknown>;
    loop._tasks = this as TaskLike<unknown>;
  }

  private _unlink(): void {
    const { _previous: previous, _next: next, _loop: loop } = this;
    if (previous !== null) previous._next = next;
    else if (loop._tasks === (this as TaskLike<unknown>)) loop._tasks = next;
    if (next !== null) next._previous = previous;
    this._previous = this._next = null;
  }

  /** @internal */
  override _reprInfo(): string[] {
    const [state, ...rest] = super._reprInfo() as [string, ...string[]];
    const info = [
      this._cancelRequests > 0 && this._state === PENDING ? 'cancelling' : state,
      `name='${this.getName()}'`,
    ];
    if (this._coro !== null && '_repr' in this._coro) info.push(`coro=${repr(this._coro)}`);
    if (this._futureWaiter !== null) info.push(`wait_for=${repr(this._futureWaiter)}`);
    return [...info, ...rest];
  }
}

/** True for a future that was cancelled, or, as a gather, failed with a CancelledError. */
function endedCancelled(future: FutureLike<unknown> | null): boolean {
  return future?.done() === true && (future.cancelled() || isCancelled(future.exception()));
}

function notACoroutine(value: unknown): string {
  const hint = isThenable(value) ? '; bridge a Promise with fromPromise() or asyncTask()' : '';
  return `a coroutine was expected, got ${repr(value)}${hint}`;
}

/**
 * Makes a task of `coro` on the running loop. It starts in the next iteration, unless `eagerStart` is given.
 *
 * @returns The task; the loop keeps it alive until it is done.
 * @throws {RuntimeError} If no loop is running; the coroutine is closed then.
 * @throws {TypeError} If `coro` is not a coroutine.
 * @example
 * function* download(url: string): Coroutine<string> {
 *   const response = yield* fromPromise(fetch(url));
 *   return yield* fromPromise(response.text());
 * }
 * const task = createTask(download('data.json'), { name: 'download' });
 * const text = yield* task;
 */
export function createTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T> {
  const loop = _getRunningLoop();
  if (loop === null) {
    if (iscoroutine(coro)) closeCoroutine(coro);
    return getRunningLoop() as never; // throws
  }
  return loop.createTask(coro, options) as Task<T>; // a factory may make another class; it is used as a Task
}

/**
 * A future for anything that can be waited for: a future is returned as it is, a coroutine becomes a task, another
 * awaitable is wrapped in a task, a Promise in a future.
 *
 * @param options.loop Default: the current loop.
 * @throws {TypeError} For anything else: "An asyncio.Future, a coroutine or an awaitable is required".
 * @throws {RangeError} If a future belongs to another loop than `options.loop` (Python's ValueError).
 * @throws {RuntimeError} If no loop is given and there is no current one; a coroutine is closed then.
 * @example
 * const task = ensureFuture(sleep(1, 'a coroutine'));
 * const future = ensureFuture(Promise.resolve('a Promise'));
 * console.log(yield* task, yield* future);
 */
export function ensureFuture<T>(
  awaitable: AwaitableOrPromise<T>,
  options?: { readonly loop?: AbstractEventLoop | null },
): FutureLike<T> {
  if (isfuture(awaitable)) {
    if (options?.loop && options.loop !== awaitable.getLoop()) {
      throw new RangeError(
        'The future belongs to a different loop than the one specified as the loop argument',
      );
    }
    return awaitable as FutureLike<T>;
  }
  if (iscoroutine(awaitable)) {
    let loop = options?.loop;
    try {
      loop ??= getEventLoop();
    } catch (error) {
      // No loop: nothing was awaited, and nothing will run the coroutine.
      closeCoroutine(awaitable);
      throw error;
    }
    return loop.createTask(awaitable as Coroutine<T>);
  }
  if (isAwaitable(awaitable)) return (options?.loop ?? getEventLoop()).createTask(wrapAwaitable(awaitable));
  if (isThenable(awaitable)) return wrapFuture(awaitable as PromiseLike<T>, options);
  throw new TypeError('An asyncio.Future, a coroutine or an awaitable is required');
}

function* wrapAwaitable<T>(awaitable: {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}): Coroutine<T> {
  return yield* awaitable;
}

/**
 * Runs a coroutine on `loop` from outside it: from an event listener, or a native function.
 *
 * @returns A Promise of its result. Cancellation rejects it with CancelledError.
 * @throws {TypeError} If `coro` is not a coroutine: "A coroutine object is required".
 * @example
 * const loop = getRunningLoop();
 * function* refresh(): Coroutine<string> {
 *   return yield* sleep(1, 'fresh');
 * }
 * const onClick = () => runCoroutineThreadsafe(refresh(), loop); // between two ticks createTask has no loop
 * yield* fromPromise(onClick());
 */
export function runCoroutineThreadsafe<T>(coro: Coroutine<T>, loop: AbstractEventLoop): Promise<T> {
  if (!iscoroutine(coro)) throw new TypeError('A coroutine object is required');
  return new Promise<T>((resolve, reject) => {
    loop.callSoonThreadsafe(() => {
      try {
        ensureFuture(coro, { loop }).then(resolve, reject);
      } catch (error) {
        reject(error);
        throw error; // a task factory that refuses: the loop's handler is told as well, as in asyncio
      }
    });
  });
}

/**
 * The task that is running now on `loop` (default: the running loop), or null.
 *
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * currentTask()?.setName('main');
 */
export function currentTask(loop?: AbstractEventLoop | null): Task<unknown> | null {
  return (loop ?? getRunningLoop())._currentTask as Task<unknown> | null; // third-party tasks are used as Tasks
}

/**
 * The tasks of `loop` (default: the running loop) that are not done, oldest first.
 *
 * @returns A new Set.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * createTask(sleep(60), { name: 'background' });
 * for (const task of allTasks()) if (task !== currentTask()) task.cancel();
 */
export function allTasks(loop?: AbstractEventLoop | null): Set<Task<unknown>> {
  const owner = loop ?? getRunningLoop();
  const tasks: Task<unknown>[] = [];
  for (let task = owner._tasks as Task<unknown> | null; task !== null; task = task._next) tasks.push(task);
  tasks.reverse();
  for (const task of owner._foreignTasks ?? []) if (!task.done()) tasks.push(task as Task<unknown>);
  return new Set(tasks);
}

/**
 * Makes a task of another class known to `allTasks`. For authors of task classes.
 *
 * @example
 * const task = createTask(sleep(1));
 * registerTask(task); // one of a class of your own
 * allTasks().has(task); // true
 * unregisterTask(task);
 */
export function registerTask(task: TaskLike<unknown>): void {
  const loop = task.getLoop();
  loop._foreignTasks ??= new Set();
  loop._foreignTasks.add(task);
}

/**
 * Takes a registered task away again; an unknown one does no harm.
 *
 * @example
 * const task = createTask(sleep(1));
 * registerTask(task); // one of a class of your own
 * unregisterTask(task);
 */
export function unregisterTask(task: TaskLike<unknown>): void {
  task.getLoop()._foreignTasks?.delete(task);
}

/**
 * Makes `task` the current task of `loop`, before a step of it.
 *
 * @throws {RuntimeError} If another task is current.
 * @example
 * const loop = getRunningLoop();
 * const task = createTask(sleep(1)); // one of a class of your own
 * loop.callSoon(() => {
 *   enterTask(loop, task);
 *   try {
 *     currentTask() === task; // true: now the step of its coroutine
 *   } finally {
 *     leaveTask(loop, task);
 *   }
 * });
 */
export function enterTask(loop: AbstractEventLoop, task: TaskLike<unknown>): void {
  const current = loop._currentTask;
  if (current !== null) {
    throw new RuntimeError(
      `Cannot enter into task ${repr(task)} while another task ${repr(current)} is being executed.`,
    );
  }
  loop._currentTask = task;
}

/**
 * Ends what `enterTask` began, after the step.
 *
 * @throws {RuntimeError} If `task` is not the current one.
 * @example
 * const loop = getRunningLoop();
 * const task = createTask(sleep(1)); // one of a class of your own
 * loop.callSoon(() => {
 *   enterTask(loop, task);
 *   leaveTask(loop, task);
 *   currentTask(); // null
 * });
 */
export function leaveTask(loop: AbstractEventLoop, task: TaskLike<unknown>): void {
  const current = loop._currentTask;
  if (current !== task) {
    throw new RuntimeError(`Leaving task ${repr(task)} does not match the current task ${repr(current)}.`);
  }
  loop._currentTask = null;
}

/**
 * Sets the current task of `loop` and gives the previous one; for eager steps inside another task's step.
 *
 * @example
 * const loop = getRunningLoop();
 * const outer = swapCurrentTask(loop, null);
 * try {
 *   currentTask(); // null
 * } finally {
 *   swapCurrentTask(loop, outer);
 * }
 */
export function swapCurrentTask(
  loop: AbstractEventLoop,
  task: TaskLike<unknown> | null,
): TaskLike<unknown> | null {
  const previous = loop._currentTask;
  loop._currentTask = task;
  return previous;
}

/**
 * A task factory whose tasks start at once: `loop.setTaskFactory(eagerTaskFactory)`.
 *
 * @example
 * getRunningLoop().setTaskFactory(eagerTaskFactory);
 * function* cached(): Coroutine<number> {
 *   return 42;
 * }
 * createTask(cached()).done(); // true: it had nothing to wait for
 */
export const eagerTaskFactory: TaskFactory = (loop, coro, options) =>
  new Task(coro, { eagerStart: true, ...options, loop });

/**
 * A task factory for a Task class of one's own whose tasks start at once.
 *
 * @example
 * class NamedTask<T> extends Task<T> {
 *   override toString(): string {
 *     return `my ${super.toString()}`;
 *   }
 * }
 * getRunningLoop().setTaskFactory(createEagerTaskFactory(NamedTask));
 */
export function createEagerTaskFactory(
  constructor: new <T>(
    coro: Coroutine<T>,
    options: TaskOptions & { readonly loop: AbstractEventLoop },
  ) => TaskLike<T>,
): TaskFactory {
  return (loop, coro, options) => new constructor(coro, { eagerStart: true, ...options, loop });
}
