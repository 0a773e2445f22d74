/**
 * The bridges to Promises and native async functions.
 *
 * Source: asyncio.wrap_future is the model. Two things differ. A Promise cannot be cancelled, so the bridge carries
 * an AbortSignal: cancelling the future aborts it. And a Promise may be rejected with anything: what is no Error is
 * kept as the `cause` of a TypeError in Python's words.
 *
 * Invariants: no listener stays behind; what a Promise does after its future was cancelled is never lost, except the
 * rejection that the abort itself asked for.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { asError, CancelledError, isCancelled } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import { isThenable } from './coroutines.ts';
import { Future, isfuture, ownPromises, release } from './futures.ts';

/**
 * The futures that follow one Promise. A Promise cannot forget a reaction, so it gets only one, and a future that is
 * cancelled leaves: waiting again and again for a Promise that never settles keeps nothing alive.
 */
class Followers<T> {
  readonly #futures = new Set<PromiseFuture<T>>();
  #lastCancelled: PromiseFuture<T> | null = null;
  /** What each of them counts as a wait for the outside world: nothing, if the Promise is of our own making. */
  readonly #weight: number;

  constructor(promise: PromiseLike<T>) {
    this.#weight = ownPromises.has(promise) ? 0 : 1;
  }

  join(future: PromiseFuture<T>): void {
    this.#futures.add(future);
    future._loop._crossBoundary(this.#weight);
  }

  leave(future: PromiseFuture<T>): void {
    if (!this.#futures.delete(future)) return;
    this.#lastCancelled = future;
    future._loop._crossBoundary(-this.#weight);
  }

  start(promise: PromiseLike<T>): void {
    const fail = (reason: unknown): void => {
      followed.delete(promise);
      if (this.#futures.size === 0) this.#lastCancelled?._reportLate(reason);
      this.#settle((future) => future._fail(reason));
    };
    try {
      promise.then((value) => {
        followed.delete(promise);
        this.#settle((future) => future.setResult(value));
      }, fail);
    } catch (error) {
      fail(error); // a thenable that throws: its futures carry the error, as a Promise of it would
    }
  }

  #settle(pass: (future: PromiseFuture<T>) => void): void {
    const futures = [...this.#futures];
    this.#futures.clear();
    for (const future of futures) {
      future._loop._crossBoundary(-this.#weight);
      if (!future.done()) pass(future);
    }
  }
}

/** Who follows which Promise; an entry goes with its Promise, or when that has settled. */
const followed = /* @__PURE__ */ new WeakMap<PromiseLike<unknown>, Followers<never>>();

/** The future of a Promise: cancelling it aborts the signal that the Promise's maker was given. */
class PromiseFuture<T> extends Future<T> {
  readonly #controller: AbortController | null;
  #followers: Followers<T> | null = null;

  constructor(loop: AbstractEventLoop | null | undefined, controller: AbortController | null) {
    super({ loop: loop ?? null });
    this.#controller = controller;
  }

  override get _kind(): string {
    return 'Future';
  }

  override cancel(msg?: unknown): boolean {
    if (!super.cancel(msg)) return false;
    this.#followers?.leave(this);
    this.#controller?.abort(
      msg === undefined || msg === null ? new CancelledError() : new CancelledError(msg),
    );
    return true;
  }

  /** Takes the Promise's outcome over. */
  _follow(promise: PromiseLike<T>): void {
    const others = followed.get(promise) as Followers<T> | undefined; // those of this Promise follow its type
    const followers = others ?? new Followers<T>(promise);
    this.#followers = followers;
    followers.join(this);
    if (others !== undefined) return;
    followed.set(promise, followers as Followers<never>);
    followers.start(promise);
  }

  _fail(reason: unknown): void {
    // The work was cancelled from inside: so is the future.
    if (isCancelled(reason)) {
      this._details().cancelledError = reason;
      super.cancel();
    } else {
      this.setException(asError(reason));
    }
  }

  /** An error when nobody follows any more: shown, unless it only says that the work was aborted. */
  _reportLate(reason: unknown): void {
    if (isCancelled(reason)) return;
    if (this.#controller !== null && (isAbortError(reason) || reason === this.#controller.signal.reason))
      return;
    this._loop.callExceptionHandler({
      message: 'Promise was rejected after its future was cancelled',
      exception: reason,
      future: this as Future<unknown>,
    });
  }
}

/**
 * A future for a Promise. `fromPromise` is the same under a web developer's name. Awaiting it yields to the loop, also
 * when the Promise has settled.
 *
 * @param source A Promise, or a function that is called at once with an AbortSignal and gives one. Cancelling the
 *   future aborts the signal; the future is cancelled without waiting for the Promise.
 * @param options.loop Default: the current loop.
 * @returns The future; `source` itself if it is one.
 * @throws {TypeError} If `source` is, or gives, neither a Promise nor a future.
 * @example
 * const response = yield* wrapFuture((signal) => fetch('data.json', { signal }));
 */
export function wrapFuture<T>(
  source: PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>),
  options?: { readonly loop?: AbstractEventLoop | null },
): Future<T> {
  if (isfuture(source)) return source as unknown as Future<T>; // as asyncio does
  const controller = typeof source === 'function' ? new AbortController() : null;
  const future = new PromiseFuture<T>(options?.loop, controller);
  let promise: PromiseLike<T>;
  try {
    promise = typeof source === 'function' ? source((controller as AbortController).signal) : source; // made above
  } catch (error) {
    // An error of the caller's own function, thrown before anything was awaited: the future carries it.
    future._fail(error);
    return future;
  }
  if (!isThenable(promise)) throw new TypeError(`a Promise was expected, got ${repr(promise)}`);
  future._follow(promise);
  return future;
}

/**
 * A future for a Promise, or for the Promise of a function that takes an AbortSignal. See {@link wrapFuture}.
 *
 * @example
 * const response = yield* fromPromise((signal) => fetch('data.json', { signal }));
 * const data = yield* fromPromise(response.json());
 */
export const fromPromise: typeof wrapFuture = wrapFuture;

/**
 * A native async function as a coroutine. Unlike `fromPromise` it waits for the function's cleanup: cancelling aborts
 * the signal and goes on when the Promise has settled. The cancellation then comes out whatever the function gave,
 * since one that does not look at its signal has not refused anything; an error other than the abort goes before it.
 *
 * @param func Called at the first step, with a signal that a cancellation aborts.
 * @throws {TypeError} When awaited, if `func` gives no Promise.
 * @example
 * const data = yield* asyncTask(async (signal) => {
 *   const response = await fetch('data.json', { signal });
 *   return response.json();
 * });
 */
export function* asyncTask<T>(func: (signal: AbortSignal) => PromiseLike<T>): Coroutine<T> {
  const controller = new AbortController();
  const promise = func(controller.signal);
  if (!isThenable(promise)) throw new TypeError(`a Promise was expected, got ${repr(promise)}`);
  const inner = new PromiseFuture<T>(null, null);
  inner._follow(promise);
  let cancelled: CancelledError | null = null;
  while (!inner.done()) {
    // A cancel of the task reaches this future and not `inner`, which only the function itself settles.
    const outer = new Future<void>({ loop: inner._loop });
    const tell = (): void => release(outer);
    inner.addDoneCallback(tell);
    try {
      yield* outer;
    } catch (error) {
      // It came when the function had ended already: there is nothing to wait for, and it must not be lost.
      if (!isCancelled(error) || inner.done()) throw error;
      // Not swallowed: it is thrown below, when the function has cleaned up.
      cancelled = error;
      controller.abort(error);
    } finally {
      inner.removeDoneCallback(tell);
    }
  }
  if (cancelled === null) return inner.result();
  const error = inner.cancelled() ? null : inner.exception();
  throw error === null || isAbortError(error) ? cancelled : error;
}

/** True for what native code throws when its signal was aborted without a reason of its own. */
function isAbortError(error: unknown): boolean {
  return (error as { readonly name?: unknown } | null | undefined)?.name === 'AbortError';
}
