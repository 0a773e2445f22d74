/**
 * asyncWith: Python's `async with`.
 *
 * Source: PEP 492. JavaScript's `await using` cannot take its place: it is illegal in a generator, and it does not
 * tell the resource which error ended the block, which timeouts and groups must know.
 */

import type { Awaitable, Coroutine } from '../core/awaitable.ts';
import { asError } from '../core/exceptions.ts';

/** What `asyncWith` enters and leaves. */
export interface AsyncContextManager<V, S = unknown> {
  /** Runs before the block; its result is what the block is called with. */
  aenter(): Awaitable<V>;
  /**
   * Runs after the block, however it ended.
   *
   * @param error What ended the block, or null. A cancellation is an error like any other here.
   * @returns True to suppress the error.
   */
  aexit(error: Error | null): Awaitable<S>;
}

/**
 * Enters `manager`, runs `body` with what it gives, and leaves it again, also after an error or a cancellation. It
 * yields to the loop as far as these three do.
 *
 * @returns What `body` returns; undefined if the manager suppressed an error.
 * @throws What `body` throws, unless `aexit` suppresses it; what `aenter` and `aexit` throw.
 * @example
 * const room = {
 *   *aenter(): Coroutine<string> {
 *     return yield* sleep(1, 'inside');
 *   },
 *   *aexit(error: Error | null): Coroutine<void> {
 *     yield* sleep(1); // cleanup may wait, and sees the error
 *     console.log(error);
 *   },
 * };
 * const where = yield* asyncWith(room, function* (value) {
 *   return value;
 * });
 */
export function asyncWith<V, T>(
  // biome-ignore lint/suspicious/noConfusingVoidType: the type argument is what a coroutine without a result gives
  manager: AsyncContextManager<V, void | undefined | false>,
  body: (value: V) => Coroutine<T>,
): Coroutine<T>;
export function asyncWith<V, T>(
  manager: AsyncContextManager<V>,
  body: (value: V) => Coroutine<T>,
): Coroutine<T | undefined>;
export function* asyncWith<V, T>(
  manager: AsyncContextManager<V>,
  body: (value: V) => Coroutine<T>,
): Coroutine<T | undefined> {
  const value = yield* manager.aenter();
  let result: T;
  try {
    result = yield* body(value);
  } catch (thrown) {
    // Every error goes to the manager, cancellation too, and on from here unless the manager says otherwise.
    if ((yield* manager.aexit(asError(thrown))) === true) return undefined;
    throw thrown;
  }
  yield* manager.aexit(null);
  return result;
}
