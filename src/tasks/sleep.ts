/**
 * sleep: gives way to other tasks for a time.
 *
 * Source: tasks.sleep, CPython 3.14. `sleep(0)` makes neither future nor timer, and is an object of its own rather
 * than a generator, because a generator costs several times what the one switch costs.
 */

import type { Coroutine, Suspension } from '../core/awaitable.ts';
import { getRunningLoop } from '../core/events.ts';
import { YIELD } from './coroutines.ts';
import { Future } from './futures.ts';

/** The first result of the coroutine below: one for all of them. */
const GIVE_WAY: IteratorResult<Suspension, never> = /* @__PURE__ */ Object.freeze({
  value: YIELD,
  done: false,
});

/** The coroutine of `sleep(0)`: gives way once, then ends. It is its own last iterator result. */
class SleepZero<T> implements Coroutine<T> {
  declare value: T;
  declare done: boolean;
  declare private _isOver: boolean;

  constructor(result: T) {
    this.value = result;
    this.done = false;
    this._isOver = false;
  }

  next(): IteratorResult<Suspension, T> {
    if (!this.done) {
      this.done = true;
      return GIVE_WAY;
    }
    if (this._isOver) this.value = undefined as T; // the result is given once
    this._isOver = true;
    return this as IteratorReturnResult<T>;
  }

  throw(error: unknown): never {
    this.done = this._isOver = true;
    throw error;
  }

  return(value: T): IteratorResult<Suspension, T> {
    this.value = value;
    this.done = this._isOver = true;
    return this as IteratorReturnResult<T>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/**
 * Waits `delay` seconds and gives `result`. It yields to the loop at least once.
 *
 * @param delay Seconds. Zero or less gives way exactly once, to everything that is ready.
 * @throws {RangeError} When awaited, if `delay` is NaN: "Invalid delay: NaN (not a number)".
 * @throws {TypeError} When awaited, if `delay` is not a number.
 * @example
 * yield* sleep(0.5);
 * const late = yield* sleep(1, 'a result');
 */
export function sleep(delay: number): Coroutine<void>;
export function sleep<T>(delay: number, result: T): Coroutine<T>;
export function sleep<T>(delay: number, result?: T): Coroutine<T | undefined> {
  return typeof delay === 'number' && delay <= 0 ? new SleepZero(result) : sleepFor(delay, result);
}

function* sleepFor<T>(delay: number, result: T): Coroutine<T> {
  if (typeof delay !== 'number') throw new TypeError(`delay must be a number, got ${String(delay)}`);
  if (Number.isNaN(delay)) throw new RangeError('Invalid delay: NaN (not a number)');
  const loop = getRunningLoop();
  const future = new Future<T>({ loop });
  const handle = loop.callLater(delay, setResultUnlessCancelled, future, result);
  try {
    return yield* future;
  } finally {
    handle.cancel();
  }
}

/** @internal */
export function setResultUnlessCancelled<T>(future: Future<T>, result: T): void {
  if (!future.cancelled()) future.setResult(result);
}
