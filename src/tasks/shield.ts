/**
 * shield and withShield: work that a cancellation must not interrupt.
 *
 * Source: tasks.shield, CPython 3.14. `withShield` is what asyncio's users ask for (cpython#99714): a block that runs
 * to its end, after which the cancellation goes on.
 */

import type { AwaitableOrPromise, Coroutine } from '../core/awaitable.ts';
import type { FutureLike } from '../core/events.ts';
import { isCancelled } from '../core/exceptions.ts';
import { copyFutureState, Future, futureAddToAwaitedBy, futureDiscardFromAwaitedBy } from './futures.ts';
import { createTask, currentTask, ensureFuture } from './tasks.ts';

/**
 * Protects an awaitable from the cancellation of whoever waits for it: the waiter is cancelled, the awaitable goes on.
 *
 * @param awaitable An awaitable or a Promise; a coroutine becomes a task.
 * @returns A future of the same outcome; the awaitable's own future if that is done already.
 * @throws {TypeError} If it is neither.
 * @example
 * function* save(): Coroutine<string> {
 *   return yield* sleep(2, 'saved');
 * }
 * const saving = createTask(save());
 * try {
 *   yield* waitFor(shield(saving), 1);
 * } catch (error) {
 *   if (!(error instanceof TimeoutError)) throw error;
 *   console.log('still saving');
 * }
 * console.log(yield* saving); // saved
 */
export function shield<T>(awaitable: AwaitableOrPromise<T>): FutureLike<T> {
  const inner = ensureFuture(awaitable);
  if (inner.done()) return inner;
  const outer = new Future<T>({ loop: inner.getLoop() });
  const innerDone = (done: FutureLike<T>): void => copyFutureState(done, outer as Future<unknown>);
  inner.addDoneCallback(innerDone);
  futureAddToAwaitedBy(inner, outer);
  outer.addDoneCallback(() => {
    futureDiscardFromAwaitedBy(inner, outer);
    if (!inner.done()) inner.removeDoneCallback(innerDone);
  });
  return outer;
}

/**
 * Runs `body` to its end even if the task that runs it is cancelled meanwhile; the cancellation is thrown afterwards.
 *
 * The block runs in a task of its own, in the same context, so this yields to the loop at least once. An error of the
 * block goes before a cancellation.
 *
 * @returns What `body` returns.
 * @throws {CancelledError} After the block, if a cancellation came meanwhile.
 * @example
 * const written: string[] = [];
 * yield* withShield(function* () {
 *   written.push('header');
 *   yield* sleep(1);
 *   written.push('body'); // never a header alone
 * });
 */
export function* withShield<T>(body: () => Coroutine<T>): Coroutine<T> {
  const context = currentTask()?.getContext() ?? null;
  const inner = createTask(body(), { context });
  let cancellation: Error | null = null;
  while (!inner.done()) {
    try {
      yield* shield(inner);
    } catch (error) {
      if (!isCancelled(error)) {
        if (inner.done()) break; // its own outcome, below
        throw error;
      }
      if (inner.cancelled()) break;
      if (inner.done()) throw error; // it came when the block had ended
      cancellation = error; // not swallowed: thrown when the block has ended
    }
  }
  const result = inner.result();
  if (cancellation !== null) throw cancellation;
  return result;
}
