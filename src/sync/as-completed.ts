/**
 * asCompleted: results in the order in which they come.
 *
 * Source: tasks.as_completed and its iterator class, CPython 3.14. It has both forms: a plain iterator of coroutines,
 * each for whatever is next, and an asynchronous iterator of the futures themselves.
 */

import type { AwaitableOrPromise, Coroutine } from '../core/awaitable.ts';
import type { FutureLike, TimerHandle } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { TimeoutError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import type { CoroutineIterator } from '../tasks/async-iter.ts';
import { iscoroutine } from '../tasks/coroutines.ts';
import { futureAddToAwaitedBy, futureDiscardFromAwaitedBy, isfuture } from '../tasks/futures.ts';
import { currentTask, ensureFuture } from '../tasks/tasks.ts';
import { Queue } from './queues.ts';

/**
 * What `asCompleted` gives: an iterable of coroutines, and an asynchronous iterable of the futures themselves.
 *
 * @example
 * for (const next of asCompleted([sleep(2, 'b'), sleep(1, 'a')])) console.log(yield* next); // a, then b
 */
export class AsCompleted<T>
  implements CoroutineIterator<FutureLike<T>>, Iterable<Coroutine<T>>, AsyncIterable<FutureLike<T>>
{
  /** What is done and not yet given; null for each that was not done at the timeout. */
  readonly #done = new Queue<FutureLike<T> | null>();
  readonly #todo: Set<FutureLike<T>>;
  #left: number;
  readonly #timer: TimerHandle | null = null;
  readonly #loop = getEventLoop();
  readonly #task = currentTask(this.#loop);

  constructor(awaitables: Iterable<AwaitableOrPromise<T>>, timeout: number | null) {
    this.#todo = new Set([...new Set(awaitables)].map((one) => ensureFuture(one, { loop: this.#loop })));
    this.#left = this.#todo.size;
    for (const future of this.#todo) {
      future.addDoneCallback(this.#completed);
      if (this.#task !== null) futureAddToAwaitedBy(future, this.#task);
    }
    if (this.#left > 0 && timeout !== null) this.#timer = this.#loop.callLater(timeout, this.#expired);
  }

  /** The next one that is done, as an iterator result. */
  *anext(): Coroutine<IteratorResult<FutureLike<T>, undefined>> {
    if (this.#left === 0) return { done: true, value: undefined };
    this.#left -= 1;
    return { done: false, value: yield* this.#next() };
  }

  *[Symbol.iterator](): Iterator<Coroutine<T>> {
    while (this.#left > 0) {
      this.#left -= 1;
      yield this.#result();
    }
  }

  /**
   * For `for await` in native code, which gets the futures; TypeScript believes that it gets their results, so write
   * `await` for these. Not an async generator: that would await the futures that it gives.
   */
  [Symbol.asyncIterator](): AsyncIterator<FutureLike<T>> {
    return { next: () => this.#loop.createTask(this.anext()).then((step) => step) };
  }

  *#result(): Coroutine<T> {
    return (yield* this.#next()).result();
  }

  *#next(): Coroutine<FutureLike<T>> {
    let future: FutureLike<T> | null;
    try {
      future = yield* this.#done.get();
    } catch (error) {
      this.#left += 1; // a cancelled wait gives its turn back
      throw error;
    }
    if (future === null) throw new TimeoutError();
    return future;
  }

  readonly #completed = (future: FutureLike<T>): void => {
    if (!this.#todo.delete(future)) return; // the timeout was first
    this.#forget(future);
    this.#done.putNowait(future);
    if (this.#todo.size === 0) this.#timer?.cancel();
  };

  readonly #expired = (): void => {
    for (const future of this.#todo) {
      future.removeDoneCallback(this.#completed);
      this.#forget(future);
      this.#done.putNowait(null);
    }
    this.#todo.clear();
  };

  #forget(future: FutureLike<T>): void {
    if (this.#task !== null) futureDiscardFromAwaitedBy(future, this.#task);
  }
}

/**
 * Runs awaitables concurrently and gives them as they complete.
 *
 * @param options.timeout Seconds for all of them together; null or absent for none. What is not done by then throws
 *   TimeoutError.
 * @throws {TypeError} If `awaitables` is itself an awaitable.
 * @example
 * for (const next of asCompleted([sleep(2, 'slow'), sleep(1, 'quick')])) console.log(yield* next);
 * @example
 * const quick = createTask(sleep(1, 'quick'));
 * const slow = createTask(sleep(2, 'slow'));
 * yield* asyncFor(asCompleted([slow, quick]), function* (task) {
 *   console.log(task === quick, yield* task);
 * });
 */
export function asCompleted<T>(
  awaitables: Iterable<AwaitableOrPromise<T>>,
  options?: { readonly timeout?: number | null },
): AsCompleted<T> {
  if (isfuture(awaitables) || iscoroutine(awaitables)) {
    throw new TypeError(`expects an iterable of awaitables, not ${repr(awaitables)}`);
  }
  return new AsCompleted<T>(awaitables, options?.timeout ?? null);
}
