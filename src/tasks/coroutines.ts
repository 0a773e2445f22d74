/**
 * What counts as a coroutine and as an awaitable.
 *
 * Source: Lib/asyncio/coroutines.py, CPython 3.14. A coroutine is a generator object here, or any object with a
 * generator's methods (Python's `collections.abc.Coroutine`); native async functions are bridged, not driven: see
 * `fromPromise` and `asyncTask`.
 */

import type { Awaitable, Coroutine, Suspension } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { _getRunningLoop } from '../core/events.ts';
import { extractStack } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';

/** What one step of `sleep(0)` hands to the task: queue me again. @internal */
export const YIELD: Suspension = /* @__PURE__ */ Object.freeze({ _repr: () => 'sleep(0)' }) as never;

/**
 * True for a coroutine: a generator object, or an object with the same methods.
 *
 * @example
 * function* main(): Coroutine<void> {}
 * iscoroutine(main()); // true
 * iscoroutine(main); // false
 */
export function iscoroutine(value: unknown): value is Coroutine<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Coroutine<unknown>>;
  return (
    typeof candidate.throw === 'function' &&
    typeof candidate.next === 'function' &&
    typeof candidate[Symbol.iterator] === 'function'
  );
}

/** Marks what `coroutine()` made. */
const COROUTINE_FUNCTION: unique symbol = /* @__PURE__ */ Symbol.for(
  'asyncio-web.coroutinefunction',
) as never;

/**
 * True for a generator function and for what `coroutine()` made: their calls give coroutines.
 *
 * @example
 * function* main(): Coroutine<void> {}
 * iscoroutinefunction(main); // true
 * iscoroutinefunction(main()); // false
 */
export function iscoroutinefunction(value: unknown): value is (...args: never[]) => Coroutine<unknown> {
  if (typeof value !== 'function') return false;
  return (
    COROUTINE_FUNCTION in value || Object.prototype.toString.call(value) === '[object GeneratorFunction]'
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
  // A coroutine-like object may have none.
  (coro as Partial<Coroutine<unknown>>).return?.(undefined);
}

/** A coroutine that was made and not yet started: what the warning needs, without the coroutine itself. */
class NeverAwaited {
  readonly #name: string;
  readonly #origin: string | null;
  readonly #loop: AbstractEventLoop | null;
  started = false;

  constructor(name: string) {
    this.#name = name;
    this.#loop = _getRunningLoop();
    this.#origin = this.#loop?._tracesAwaits ? extractStack() : null;
    if (this.#loop !== null) {
      this.#loop._unretrieved ??= new Set();
      this.#loop._unretrieved.add(this);
    }
  }

  /** It has been started, or closed: nothing to report any more. */
  settle(): void {
    this.started = true;
    this.#loop?._unretrieved?.delete(this);
  }

  report(): void {
    if (this.started) return;
    this.settle();
    const origin =
      this.#origin === null ? '' : `\nCoroutine created at (most recent call first):\n${this.#origin}`;
    logger.warning(`coroutine '${this.#name}' was never awaited${origin}`);
  }
}

const unstarted = /* @__PURE__ */ new FinalizationRegistry<NeverAwaited>((state) => state.report());

/** A generator with a name and an eye on whether it is ever started. */
class NamedCoroutine<T> implements Coroutine<T> {
  readonly #inner: Coroutine<T>;
  readonly #state: NeverAwaited;
  readonly #name: string;

  constructor(inner: Coroutine<T>, name: string) {
    this.#inner = inner;
    this.#name = name;
    this.#state = new NeverAwaited(name);
    unstarted.register(this, this.#state, this);
  }

  next(value?: unknown): IteratorResult<Suspension, T> {
    this.#start();
    return this.#inner.next(value);
  }

  throw(error: unknown): IteratorResult<Suspension, T> {
    this.#start();
    return this.#inner.throw(error);
  }

  return(value: T): IteratorResult<Suspension, T> {
    this.#start();
    return this.#inner.return(value);
  }

  [Symbol.iterator](): this {
    return this;
  }

  #start(): void {
    if (this.#state.started) return;
    this.#state.settle();
    unstarted.unregister(this);
  }

  /** @internal */
  _repr(): string {
    return `<coroutine ${this.#name}>`;
  }
}

/**
 * Wraps a coroutine function so that its coroutines have a name in messages, and a warning is logged for one that is
 * made and never awaited: when it is collected, or at the latest when the loop closes in which it was made.
 *
 * Plain generators give no such warning, because nothing tells when one is made. The wrapper costs a call for each
 * resume; it is meant for those who want the warning.
 *
 * @param func A coroutine function; its name is the one in messages.
 * @returns A function of the same parameters, for which `iscoroutinefunction` is true.
 * @example
 * const load = coroutine(function* load(url: string): Coroutine<Response> {
 *   return yield* fromPromise(fetch(url));
 * });
 * load('/a'); // logs: coroutine 'load' was never awaited
 */
export function coroutine<A extends unknown[], T>(
  func: (...args: A) => Coroutine<T>,
): (...args: A) => Coroutine<T> {
  const name = func.name || 'anonymous';
  const named = (...args: A): Coroutine<T> => new NamedCoroutine(func(...args), name);
  Object.defineProperty(named, 'name', { value: name });
  Object.defineProperty(named, COROUTINE_FUNCTION, { value: true });
  return named;
}
