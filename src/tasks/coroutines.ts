/**
 * What counts as a coroutine and as an awaitable.
 *
 * Source: Lib/asyncio/coroutines.py, CPython 3.14. A coroutine is a generator object here, or any object with a
 * generator's methods (Python's `collections.abc.Coroutine`); native async functions are bridged, not driven: see
 * `fromPromise` and `asyncTask`.
 */

import type { Awaitable, Coroutine, Suspension } from '../core/awaitable.ts';

/** What one step of `sleep(0)` hands to the task: queue me again. @internal */
export const YIELD: Suspension = /* @__PURE__ */ Object.freeze({ _repr: () => 'sleep(0)' }) as never;

/** True for a coroutine: a generator object, or an object with the same methods. */
export function iscoroutine(value: unknown): value is Coroutine<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Coroutine<unknown>>;
  return (
    typeof candidate.throw === 'function' &&
    typeof candidate.next === 'function' &&
    typeof candidate[Symbol.iterator] === 'function'
  );
}

/** True for a generator function: one whose call gives a coroutine. */
export function iscoroutinefunction(value: unknown): value is (...args: never[]) => Coroutine<unknown> {
  return (
    typeof value === 'function' && Object.prototype.toString.call(value) === '[object GeneratorFunction]'
  );
}

/**
 * True for what `yield*` can wait for. Strings and collections have iterators too, and waiting for them is always
 * a mistake, so they are excluded.
 *
 * @internal
 */
export function isAwaitable(value: unknown): value is Awaitable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Awaitable<unknown>>)[Symbol.iterator] === 'function' &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Map) &&
    !(value instanceof Set)
  );
}

/** @internal */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}

/** Ends a coroutine that will never run. @internal */
export function closeCoroutine(coro: Coroutine<unknown>): void {
  coro.return(undefined);
}
