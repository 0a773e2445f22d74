/**
 * asyncFor, aiter and anext: Python's `async for`.
 *
 * Source: PEP 492 and PEP 525. An asynchronous iterable of coroutine land has `anext()`, a coroutine of an iterator
 * result. Native asynchronous iterables (async generators, streams) work too: each step is a Promise that the loop
 * waits for. `for await` in native code takes both, since ours have `[Symbol.asyncIterator]`.
 */

import type { Awaitable, Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import { fromPromise } from './promises.ts';

/** An asynchronous iterator of coroutine land. */
export interface CoroutineIterator<T> {
  /** The next iterator result: `{ done: false, value }`, or `{ done: true }` at the end. */
  anext(): Awaitable<IteratorResult<T, unknown>>;
  /** Ends it early, so that its cleanup runs. */
  aclose?(): Awaitable<unknown>;
}

/** What `asyncFor` goes through. */
export type AsyncIterableOf<T> = CoroutineIterator<T> | AsyncIterable<T>;

/**
 * The iterator of an asynchronous iterable.
 *
 * @throws {TypeError} If it is none.
 * @example
 * async function* numbers() {
 *   yield 1;
 *   yield 2;
 * }
 * const iterator = aiter(numbers());
 * console.log(yield* anext(iterator)); // { done: false, value: 1 }
 */
export function aiter<T>(iterable: AsyncIterableOf<T>): CoroutineIterator<T> {
  if (typeof (iterable as CoroutineIterator<T> | null)?.anext === 'function')
    return iterable as CoroutineIterator<T>;
  const make = (iterable as AsyncIterable<T> | null)?.[Symbol.asyncIterator];
  if (typeof make !== 'function')
    throw new TypeError(`'async for' requires an asynchronous iterable, got ${repr(iterable)}`);
  const native = make.call(iterable) as AsyncIterator<T> & Partial<CoroutineIterator<T>>;
  return typeof native.anext === 'function'
    ? (native as CoroutineIterator<T>)
    : new NativeIterator<T>(native);
}

/**
 * The next iterator result of an asynchronous iterator: `{ done: false, value }`, or `{ done: true }`.
 *
 * @example
 * const letters = asyncGenerator<string>(function* (emit) {
 *   yield* emit('a');
 * });
 * const first = yield* anext(letters);
 * if (!first.done) console.log(first.value); // a
 */
export function* anext<T>(iterator: CoroutineIterator<T>): Coroutine<IteratorResult<T, unknown>> {
  return yield* iterator.anext();
}

/**
 * Calls `body` with each item in turn. When it ends early, by an error, a cancellation or `return false`, a native
 * iterator's `return()` or ours' `aclose()` is waited for.
 *
 * It yields to the loop as far as the iterable and `body` do; a native iterable does for each item.
 *
 * @param iterable An asynchronous iterable of coroutine land, or a native one: an async generator, a stream.
 * @param body A coroutine function; when it returns false the loop ends.
 * @throws {TypeError} If `iterable` is neither.
 * @example
 * async function* messages() {
 *   yield 'hello';
 *   yield 'bye';
 *   yield 'never seen';
 * }
 * yield* asyncFor(messages(), function* (message) {
 *   if (message === 'bye') return false;
 *   yield* sleep(1);
 *   return true;
 * });
 */
export function* asyncFor<T>(
  iterable: AsyncIterableOf<T>,
  body: (item: T) => Coroutine<unknown>,
): Coroutine<void> {
  const iterator = aiter(iterable);
  let exhausted = false;
  try {
    for (;;) {
      const step = yield* iterator.anext();
      if (step.done) {
        exhausted = true;
        return;
      }
      if ((yield* body(step.value)) === false) return;
    }
  } finally {
    if (!exhausted && iterator.aclose !== undefined) yield* iterator.aclose();
  }
}

class NativeIterator<T> implements CoroutineIterator<T> {
  readonly #native: AsyncIterator<T>;
  constructor(native: AsyncIterator<T>) {
    this.#native = native;
  }
  anext(): Awaitable<IteratorResult<T, unknown>> {
    return fromPromise(this.#native.next());
  }
  *aclose(): Coroutine<void> {
    if (this.#native.return !== undefined) yield* fromPromise(this.#native.return());
  }
}

/**
 * What `for await` in native code needs of an iterator of coroutine land: each step is a task of `loop`.
 *
 * @internal
 */
export function nativeIterator<T>(
  iterator: { anext(): Coroutine<IteratorResult<T, unknown>>; aclose?(): Coroutine<unknown> },
  loop: AbstractEventLoop = getEventLoop(),
): AsyncIterator<T> & CoroutineIterator<T> {
  const steps = {
    anext: () => iterator.anext(),
    next: () => loop.createTask(iterator.anext()).then((step) => step),
  };
  const aclose = iterator.aclose?.bind(iterator);
  if (aclose === undefined) return steps;
  return {
    ...steps,
    aclose,
    return: (value) => loop.createTask(aclose()).then(() => ({ done: true, value })),
  };
}
