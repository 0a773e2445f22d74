/**
 * wait and waitFor.
 *
 * Source: tasks.wait and tasks.wait_for, CPython 3.14. Python's unordered sets are Sets in the order of the argument
 * here.
 */

import type { AwaitableOrPromise, Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop, FutureLike } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { isCancelled, TimeoutError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import { isAwaitable, iscoroutine } from './coroutines.ts';
import { Future, futureAddToAwaitedBy, futureDiscardFromAwaitedBy, isfuture, release } from './futures.ts';
import { currentTask, ensureFuture } from './tasks.ts';
import { timeout as timeoutScope } from './timeouts.ts';

/** For `wait`: until one is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** For `wait`: until one has failed, or all are done. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
/** For `wait`: until all are done. */
export const ALL_COMPLETED = 'ALL_COMPLETED';
/** What `wait` takes as `returnWhen`. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED;

/**
 * Waits for futures and tasks, and says which are done. It cancels nothing and throws nothing of theirs, also not
 * after the timeout. It yields to the loop at least once.
 *
 * @param futures Futures and tasks, not coroutines; duplicates count once.
 * @param options.timeout Seconds; null or absent for none.
 * @param options.returnWhen Default: ALL_COMPLETED.
 * @returns Two Sets, in the order of `futures`.
 * @throws {TypeError} For a single future or coroutine, or a coroutine among the futures.
 * @throws {RangeError} If there is none, or `returnWhen` is unknown (Python's ValueError).
 * @example
 * const tasks = [createTask(sleep(1, 'a')), createTask(sleep(2, 'b'))];
 * const [done, pending] = yield* wait(tasks, { timeout: 5, returnWhen: FIRST_COMPLETED });
 * for (const task of done) console.log(task.result()); // a
 * for (const task of pending) task.cancel();
 */
export function* wait<F extends FutureLike<unknown>>(
  futures: Iterable<F>,
  options?: { readonly timeout?: number | null; readonly returnWhen?: ReturnWhen },
): Coroutine<[done: Set<F>, pending: Set<F>]> {
  if (isfuture(futures) || iscoroutine(futures))
    throw new TypeError(`expect a list of futures, not ${repr(futures)}`);
  const all = new Set(futures);
  const returnWhen = options?.returnWhen ?? ALL_COMPLETED;
  if (all.size === 0) throw new RangeError('Set of Tasks/Futures is empty.');
  if (returnWhen !== FIRST_COMPLETED && returnWhen !== FIRST_EXCEPTION && returnWhen !== ALL_COMPLETED) {
    throw new RangeError(`Invalid return_when value: ${String(returnWhen)}`);
  }
  for (const future of all) {
    if (iscoroutine(future)) throw new TypeError('Passing coroutines is forbidden, use tasks explicitly.');
    if (!isfuture(future)) throw new TypeError('An asyncio.Future, a coroutine or an awaitable is required');
  }
  yield* waitUntil(all, options?.timeout ?? null, returnWhen, getRunningLoop());
  const done = new Set<F>();
  const pending = new Set<F>();
  for (const future of all) (future.done() ? done : pending).add(future);
  return [done, pending];
}

function* waitUntil(
  all: Set<FutureLike<unknown>>,
  timeout: number | null,
  returnWhen: ReturnWhen,
  loop: AbstractEventLoop,
): Coroutine<void> {
  const waiter = new Future<void>({ loop });
  const timer = timeout === null ? null : loop.callLater(timeout, release, waiter);
  let remaining = all.size;
  const completed = (future: FutureLike<unknown>): void => {
    remaining -= 1;
    if (
      remaining <= 0 ||
      returnWhen === FIRST_COMPLETED ||
      (returnWhen === FIRST_EXCEPTION && !future.cancelled() && future.exception() !== null)
    ) {
      timer?.cancel();
      release(waiter);
    }
  };
  const task = currentTask(loop);
  for (const future of all) {
    future.addDoneCallback(completed);
    if (task !== null) futureAddToAwaitedBy(future, task);
  }
  try {
    yield* waiter;
  } finally {
    timer?.cancel();
    for (const future of all) {
      future.removeDoneCallback(completed);
      if (task !== null) futureDiscardFromAwaitedBy(future, task);
    }
  }
}

/**
 * Waits for one awaitable, at most `timeout` seconds; after that it is cancelled, and waited for.
 *
 * It may take longer than the timeout, since the awaitable's cleanup runs to its end. An error of that cleanup takes
 * the place of TimeoutError, and a value given in spite of the cancellation counts. Use `shield` to keep it running.
 * It yields to the loop as far as the awaitable does.
 *
 * @param timeout Seconds; null for none. Zero or less: gives the result if there is one, and otherwise never starts
 *   a coroutine.
 * @returns The awaitable's result.
 * @throws {TimeoutError} If the time is over.
 * @throws {TypeError} If `timeout` is neither a number nor null, or `awaitable` is not awaitable.
 * @throws {RangeError} If `timeout` is NaN.
 * @throws {RuntimeError} Outside a task.
 * @example
 * function* ask(question: string): Coroutine<string> {
 *   return yield* sleep(1, `no idea about ${question}`);
 * }
 * const reply = yield* waitFor(ask('names'), 2);
 */
export function* waitFor<T>(awaitable: AwaitableOrPromise<T>, timeout: number | null): Coroutine<T> {
  if (timeout !== null && timeout <= 0) {
    const future = ensureFuture(awaitable);
    if (future.done()) return future.result();
    yield* cancelAndWait(future);
    try {
      return future.result();
    } catch (error) {
      // Our own cancel of a moment ago; everything else goes on.
      if (isCancelled(error)) throw new TimeoutError('', { cause: error });
      throw error;
    }
  }
  const scope = timeoutScope(timeout);
  scope._enter();
  let result: T;
  try {
    result = yield* isAwaitable(awaitable) ? awaitable : ensureFuture(awaitable);
  } catch (error) {
    scope._exit(error); // throws TimeoutError for our own cancellation
    throw error;
  }
  scope._exit(null);
  return result;
}

/** Cancels a future and waits until it is done; the wait itself can be cancelled. @internal */
export function* cancelAndWait(future: FutureLike<unknown>): Coroutine<void> {
  const waiter = new Future<void>({ loop: getRunningLoop() });
  const tell = (): void => release(waiter);
  const task = currentTask();
  future.addDoneCallback(tell);
  if (task !== null) futureAddToAwaitedBy(future, task);
  try {
    future.cancel();
    yield* waiter;
  } finally {
    if (task !== null) futureDiscardFromAwaitedBy(future, task);
    future.removeDoneCallback(tell);
  }
}
