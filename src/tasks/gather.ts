/**
 * gather: results of several awaitables, in order.
 *
 * Source: tasks.gather, CPython 3.14. For new code a TaskGroup is the better choice: when one task
 * fails, gather leaves the others running.
 */

import type { AwaitableOrPromise, ResultOf } from '../core/awaitable.ts';
import type { AbstractEventLoop, FutureLike } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { CancelledError, isExit } from '../core/exceptions.ts';
import type { Runnable } from '../core/ready-queue.ts';
import { Ring } from '../core/ring.ts';
import type { Entry } from './futures.ts';
import { FINISHED, Future, ownAddDoneCallback, PENDING } from './futures.ts';
import { ensureFuture, Task } from './tasks.ts';

type Results<A extends readonly AwaitableOrPromise<unknown>[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };
type Outcomes<A extends readonly AwaitableOrPromise<unknown>[]> = {
  -readonly [K in keyof A]: ResultOf<A[K]> | Error;
};

/**
 * The future of a gather: cancelling it cancels the children, and it ends when they have.
 *
 * It stands in the lists of its children itself, and is queued as their done callbacks would be, without an entry, a
 * context and a handle for each. Those that change nothing, since the child has a result and is not the last, are
 * queued once for each iteration, which they make happen.
 */
class GatheringFuture extends Future<unknown[]> implements Entry, Runnable {
  readonly #children: readonly FutureLike<unknown>[];
  readonly #returnExceptions: boolean;
  /** How many children are not done, or done and not yet looked at. */
  #remaining = 0;
  /** How many of our own classes have not given notice. */
  #awaited = 0;
  /** Some child is of another class, and told of its end when its callback runs: no other may overtake it. */
  #queuesAll = false;
  /** What its runs are for, in their order; null for one that only has its place. */
  readonly #ended = new Ring<FutureLike<unknown> | null>();
  /** The iteration in which such a run was queued last. */
  #countedIn = -1;
  /** @internal */
  _cancelRequested = false;

  constructor(children: readonly FutureLike<unknown>[], returnExceptions: boolean, loop: AbstractEventLoop) {
    super(null, loop);
    this.#children = children;
    this.#returnExceptions = returnExceptions;
  }

  override get _kind(): string {
    return '_GatheringFuture';
  }

  override cancel(msg?: unknown): boolean {
    if (this.done()) return false;
    let any = false;
    for (const child of this.#children) if (child.cancel(msg)) any = true;
    // Then the cancellation comes out also under returnExceptions.
    if (any) this._cancelRequested = true;
    return any;
  }

  /** Has every child tell of its end. A gather whose children are all done is done after this. */
  watch(): void {
    const done: FutureLike<unknown>[] = [];
    const others = new Set<FutureLike<unknown>>();
    for (const child of this.#children) {
      // The same awaitable given twice ends once.
      if (isWatchable(child) && child._state === PENDING) {
        if (child._first === this || child._others?.includes(this)) continue;
        child._addEntry(this);
        this.#awaited += 1;
      } else {
        if (others.has(child)) continue;
        others.add(child);
        if (child.done()) {
          done.push(child);
        } else {
          this.#queuesAll = true;
          child.addDoneCallback((ended) => this.#childEnded(ended));
        }
      }
      this.#remaining += 1;
    }
    for (const child of done) this.#childEnded(child);
  }

  /** @internal */
  _notify(child: FutureLike<unknown> & Future<never>): void {
    const loop = this._loop;
    this.#awaited -= 1;
    if (child._state === FINISHED && this.#awaited > 0 && !this.#queuesAll) {
      this.#remaining -= 1;
      if (loop._iteration === this.#countedIn) return;
      this.#countedIn = loop._iteration;
      this.#ended.push(null);
    } else {
      this.#ended.push(child);
    }
    loop._callSoonStep(this);
  }

  /** Runs are in the order of the notices, so the oldest child is the one that is meant. @internal */
  _run(): void {
    const child = this.#ended.shift();
    if (child === null) return;
    try {
      this.#childEnded(child);
    } catch (exception) {
      if (isExit(exception)) throw exception;
      const message = `Exception in callback ${this._label()}`;
      this._loop.callExceptionHandler({ message, exception, future: child });
    }
  }

  /** A run cannot be taken back; the loop asks every runnable. @internal */
  get _cancelled(): boolean {
    return false;
  }

  /** @internal */
  get _awaiter(): this {
    return this;
  }

  /** @internal */
  _label(): string {
    return 'gather()';
  }

  #childEnded(child: FutureLike<unknown>): void {
    this.#remaining -= 1;
    if (this.done()) {
      lookAt(child); // too late to matter
      return;
    }
    if (!this.#returnExceptions) {
      const error = child.cancelled() ? cancellation(child) : child.exception();
      if (error !== null) {
        this.setException(error);
        return;
      }
    }
    if (this.#remaining === 0) this.#end();
  }

  #end(): void {
    const children = this.#children;
    const results: unknown[] = new Array(children.length);
    for (let index = 0; index < children.length; index += 1) {
      results[index] = outcome(children[index] as FutureLike<unknown>);
    }
    // As CPython: the error of the last child in the arguments, whichever ended last.
    if (this._cancelRequested) this.setException(cancellation(children.at(-1) as FutureLike<unknown>));
    else this.setResult(results);
  }
}

/** A future of our own, which takes entries as they are, unless its class wants to see its callbacks. */
function isWatchable(future: FutureLike<unknown>): future is FutureLike<unknown> & Future<never> {
  return future.addDoneCallback === ownAddDoneCallback;
}

/** An error that was looked at is not reported. */
function lookAt(child: FutureLike<unknown>): void {
  if (!child.cancelled()) child.exception();
}

/** The result of a done child, or its error, which counts as looked at. */
function outcome(child: FutureLike<unknown>): unknown {
  if (child.cancelled()) return new CancelledError((child as Partial<Future>)._cancelMessage ?? '');
  return child.exception() ?? child.result();
}

/**
 * Runs awaitables concurrently and gives their results in the order of the arguments.
 *
 * The first error comes out at once and the others go on running; a child that is cancelled counts as failed with
 * CancelledError. Cancelling the gather cancels every child. The same awaitable given twice runs once.
 *
 * @param options.returnExceptions Give errors in place of results, instead of throwing the first. Takes the array form.
 * @returns A future; it is done already if all of them are, and then awaiting it does not yield to the loop.
 * @throws {TypeError} If an argument is not awaitable.
 * @throws {RangeError} If futures belong to different loops (Python's ValueError).
 * @example
 * function* load(name: string): Coroutine<string> {
 *   return yield* sleep(1, `contents of ${name}`);
 * }
 * const [user, posts] = yield* gather(load('user'), load('posts'));
 * const outcomes = yield* gather([load('a'), load('b')], { returnExceptions: true });
 */
export function gather<A extends readonly AwaitableOrPromise<unknown>[]>(
  awaitables: readonly [...A],
  options: { readonly returnExceptions: true },
): Future<Outcomes<A>>;
export function gather<A extends readonly AwaitableOrPromise<unknown>[]>(
  awaitables: readonly [...A],
  options?: { readonly returnExceptions?: false },
): Future<Results<A>>;
export function gather<A extends readonly AwaitableOrPromise<unknown>[]>(
  awaitables: readonly [...A],
  options: { readonly returnExceptions?: boolean },
): Future<Outcomes<A>>;
export function gather<A extends readonly AwaitableOrPromise<unknown>[]>(
  ...awaitables: A
): Future<Results<A>>;
export function gather(...given: unknown[]): Future<unknown[]> {
  const arrayForm = Array.isArray(given[0]);
  const awaitables = (arrayForm ? given[0] : given) as AwaitableOrPromise<unknown>[];
  const returnExceptions =
    arrayForm && (given[1] as { returnExceptions?: boolean } | undefined)?.returnExceptions === true;
  return gatherAll(awaitables, returnExceptions);
}

function gatherAll(awaitables: AwaitableOrPromise<unknown>[], returnExceptions: boolean): Future<unknown[]> {
  if (awaitables.length === 0) {
    const empty = new Future<unknown[]>(null, getEventLoop());
    empty.setResult([]);
    return empty;
  }
  const children: FutureLike<unknown>[] = [];
  // What was made for an argument: it may be given twice.
  let made: Map<unknown, FutureLike<unknown>> | null = null;
  let loop: AbstractEventLoop | null = null;
  for (const awaitable of awaitables) {
    let child = made?.get(awaitable);
    if (child === undefined) {
      try {
        child = ensureFuture(awaitable, { loop });
      } catch (error) {
        // What was made before goes on, and nobody but us could look at its errors.
        for (const orphan of children) orphan.addDoneCallback(lookAt);
        throw error;
      }
      loop ??= child.getLoop();
      if (child !== awaitable) {
        made ??= new Map();
        made.set(awaitable, child);
        // A task made here is not the caller's to look after.
        if (child instanceof Task) child._logDestroyPending = false;
      }
    }
    children.push(child);
  }
  // There is at least one child, so there is a loop.
  const outer = new GatheringFuture(children, returnExceptions, loop as AbstractEventLoop);
  outer.watch();
  return outer;
}

/** The CancelledError of a cancelled future, also one of another class. */
function cancellation(future: FutureLike<unknown>): Error {
  if (future instanceof Future) return future._makeCancelledError();
  try {
    future.result();
  } catch (error) {
    return error as Error; // a cancelled future's result() throws its CancelledError, which is what we are after
  }
  return new CancelledError();
}
