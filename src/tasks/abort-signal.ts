/**
 * The bridges between AbortSignal and cancellation.
 *
 * From a signal to a block: `withAbortSignal` works like `withTimeout`, with an abort in place of the deadline. From
 * cancellation to a signal: `fromPromise` and `asyncTask` hand one to native code; `abortSignalOf` gives one for any
 * future. Listeners are always removed: a long-lived signal collects nothing.
 *
 * Source: what becomes of a cancellation is decided by the rule of Lib/asyncio/timeouts.py, CPython 3.14.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { FutureLike, TaskLike } from '../core/events.ts';
import { CancelledError, isCancelled, RuntimeError } from '../core/exceptions.ts';
import type { AsyncContextManager } from './async-with.ts';
import { asyncWith } from './async-with.ts';
import type { Future } from './futures.ts';
import { currentTask } from './tasks.ts';

/** Cancels a block when a signal is aborted, and turns that cancellation into the signal's reason. */
class AbortScope implements AsyncContextManager<AbortSignal, void> {
  readonly #signal: AbortSignal;
  #task: TaskLike<unknown> | null = null;
  #cancelling = 0;
  #aborted = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  readonly #abort = (): void => {
    this.#aborted = true;
    this.#task?.cancel();
  };

  *aenter(): Coroutine<AbortSignal> {
    const task = currentTask();
    if (task === null) throw new RuntimeError('withAbortSignal should be used inside a task');
    this.#signal.throwIfAborted();
    this.#task = task;
    this.#cancelling = task.cancelling();
    this.#signal.addEventListener('abort', this.#abort);
    return this.#signal;
  }

  *aexit(error: Error | null): Coroutine<void> {
    this.#signal.removeEventListener('abort', this.#abort);
    if (!this.#aborted) return;
    const open = (this.#task as TaskLike<unknown>).uncancel(); // set by aenter
    // The rule of timeout(): only our own cancellation, and only if nobody else asked as well.
    if (open <= this.#cancelling && isCancelled(error)) throw this.#signal.reason;
  }
}

/**
 * Runs `body` and cancels it when `signal` is aborted; its cleanup runs, then the signal's reason is thrown.
 *
 * @returns What `body` returns.
 * @throws The signal's `reason` (an AbortError unless the aborter gave another), also if it is aborted at the start:
 *   then `body` is not called.
 * @throws {RuntimeError} Outside a task.
 * @example
 * const controller = new AbortController();
 * const answer = yield* withAbortSignal(controller.signal, function* () {
 *   return yield* sleep(1, 'uploaded');
 * });
 */
export function* withAbortSignal<T>(
  signal: AbortSignal,
  body: (signal: AbortSignal) => Coroutine<T>,
): Coroutine<T> {
  return yield* asyncWith<AbortSignal, T>(new AbortScope(signal), body);
}

const signals = /* @__PURE__ */ new WeakMap<FutureLike<unknown>, AbortSignal>();

/**
 * The signal that is aborted when `future` is cancelled, with a CancelledError as its reason. A future that ends in
 * any other way leaves it as it is. A future has one signal, however often it is asked for.
 *
 * @example
 * const task = createTask(sleep(60));
 * const signal = abortSignalOf(task);
 * signal.addEventListener('abort', () => console.log('tell the others'));
 * task.cancel();
 */
export function abortSignalOf(future: FutureLike<unknown>): AbortSignal {
  const known = signals.get(future);
  if (known !== undefined) return known;
  const controller = new AbortController();
  signals.set(future, controller.signal);
  future.addDoneCallback((done) => {
    if (!done.cancelled()) return;
    const { cancelledError: error, cancelMessage: message } = (done as Partial<Future>)._more ?? {};
    // A new one: the original is for whoever awaits the future.
    controller.abort(new CancelledError(...(error?.args ?? (message === undefined ? [] : [message]))));
  });
  return controller.signal;
}
