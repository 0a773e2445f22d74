/**
 * gather: results of several awaitables, in order.
 *
 * Source: tasks.gather, CPython 3.14. For new code a TaskGroup is the better choice: when one task
 * fails, gather leaves the others running.
 */

import type { AwaitableOrPromise, ResultOf } from '../core/awaitable.ts';
import type { AbstractEventLoop, FutureLike } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { CancelledError } from '../core/exceptions.ts';
import { Future, ownAddDoneCallback, Watcher } from './futures.ts';
import { ensureFuture, Task } from './tasks.ts';

type Results<A extends readonly AwaitableOrPromise<unknown>[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };
type Outcomes<A extends readonly AwaitableOrPromise<unknown>[]> = {
  -readonly [K in keyof A]: ResultOf<A[K]> | Error;
};

/** The future of a gather: cancelling it cancels the children, and it ends when they have. */
class GatheringFuture<T> extends Future<T> {
  readonly #children: readonly FutureLike<unknown>[];
  /** @internal */
  _cancelRequested = false;

  constructor(children: readonly FutureLike<unknown>[], loop: AbstractEventLoop) {
    super({ loop });
    this.#children = children;
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
    const empty = new Future<unknown[]>({ loop: getEventLoop() });
    empty.setResult([]);
    return empty;
  }

  let outer: GatheringFuture<unknown[]> | null = null;
  let remaining = 0;
  const children: FutureLike<unknown>[] = [];
  const watcher = new Watcher((child) => childDone(child));

  const childDone = (child: FutureLike<unknown>): void => {
    remaining -= 1;
    if (outer === null || outer.done()) {
      // Too late to matter; looking at the error keeps it from being reported.
      if (!child.cancelled()) child.exception();
      return;
    }
    if (!returnExceptions) {
      const error = child.cancelled() ? cancellation(child) : child.exception();
      if (error !== null) {
        outer.setException(error);
        return;
      }
    }
    if (remaining > 0) return;
    for (const done of children) if (!done.cancelled()) done.exception(); // looked at, whatever comes out
    // As CPython: the error of the last child in the arguments, whichever ended last.
    if (outer._cancelRequested) outer.setException(cancellation(children.at(-1) as FutureLike<unknown>));
    else
      outer.setResult(
        children.map((done) =>
          done.cancelled()
            ? new CancelledError((done as Partial<Future>)._cancelMessage ?? '')
            : (done.exception() ?? done.result()),
        ),
      );
  };

  // Where an argument is given twice: what was made for it, or that it is watched already.
  const known = new Map<unknown, FutureLike<unknown>>();
  const alreadyDone: FutureLike<unknown>[] = [];
  let loop: AbstractEventLoop | null = null;
  for (const awaitable of awaitables) {
    let child = known.size === 0 ? undefined : known.get(awaitable);
    if (child === undefined) {
      child = ensureFuture(awaitable, { loop });
      loop ??= child.getLoop();
      // A task made here is not the caller's to look after.
      if (child !== awaitable && child instanceof Task) child._logDestroyPending = false;
      if (child.done()) {
        alreadyDone.push(child);
        known.set(awaitable, child);
      } else {
        if (watcher.watch(child)) remaining += 1;
        // Futures of our own know who watches them, which spares a place in the map for each.
        if (child !== awaitable || child.addDoneCallback !== ownAddDoneCallback) known.set(awaitable, child);
      }
    }
    children.push(child);
  }
  remaining += alreadyDone.length;
  outer = new GatheringFuture<unknown[]>(children, loop as AbstractEventLoop); // there is at least one child
  watcher._awaiter = outer;
  // Last, so that a gather whose children are all done is done when it is returned.
  for (const child of alreadyDone) childDone(child);
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
