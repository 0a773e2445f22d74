/**
 * Future: a result that is not there yet.
 *
 * Source: Lib/asyncio/futures.py, CPython 3.14. Kept to the pass: done callbacks go through `callSoon`, in the order
 * and the context of their registration, and nothing resumes inline.
 *
 * What differs: a future is a thenable, so that native async functions can await it; errors that nobody retrieves are
 * reported by a FinalizationRegistry and, for what the collector misses, when the loop closes.
 *
 * Why this structure: almost every future has exactly one waiter, a task. So the first entry has a field of its own
 * and the task itself is the entry, without a closure; the iterator of a `yield*` is its own iterator result; and what
 * few futures need (messages, stacks, reports) stands in an object of its own, so that the others stay small.
 */

import type { Suspension } from '../core/awaitable.ts';
import type { Context } from '../core/contextvars.ts';
import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop, DoneCallback, ExceptionContext, FutureLike } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { CancelledError, InvalidStateError, isError, RuntimeError } from '../core/exceptions.ts';
import { createdAt, extractStack, formatCallback, nameOf, repr } from '../core/format-helpers.ts';

export const PENDING = 0;
export const CANCELLED = 1;
export const FINISHED = 2;
/** Finished with an error, which stands in place of the result. */
const FAILED = 3;

const STATE_NAMES = ['PENDING', 'CANCELLED', 'FINISHED', 'FINISHED'] as const;

/** What stands in a future's list: it is told when the future is done, and queues what is to happen then. */
export interface Entry {
  _notify(future: Future<never>): void;
  /** Who waits, where it is a task or a future: for views. */
  readonly _awaiter: FutureLike<unknown> | null;
  /** For messages. */
  _label(): string;
}

/** A done callback with its context. */
class CallbackEntry implements Entry {
  readonly callback: DoneCallback<never>;
  readonly #context: Context;

  constructor(callback: DoneCallback<never>, context: Context) {
    this.callback = callback;
    this.#context = context;
  }

  get _awaiter(): null {
    return null;
  }

  _notify(future: Future<never>): void {
    future._loop._callSoonIn(this.#context, this.callback, future as never);
  }

  _label(): string {
    return formatCallback(this.callback, []);
  }
}

/** What only some futures have. */
class Details {
  cancelMessage: unknown = undefined;
  /** Debug mode: the stack of the last `cancel()`. */
  cancelStack: string | null = null;
  /** The error that ended a cancelled task: handed out once, with its stack. */
  cancelledError: CancelledError | null = null;
  unretrieved: Unretrieved | null = null;
  /** Debug mode: where the future was made. */
  sourceTraceback: string | null = null;
  /** Those who wait for it by a done callback of their own: see `futureAddToAwaitedBy`. */
  awaitedBy: Set<FutureLike<unknown>> | null = null;
  // A task's:
  /** True while `cancel()` cancels what it waits for. */
  inCancel = false;
  /** Debug mode: where it waits. */
  awaitStack: string | null = null;
}

/**
 * An error that was set and not yet looked at. It holds what the report needs but not the future, which the
 * collector could not take otherwise.
 */
class Unretrieved {
  readonly #loop: AbstractEventLoop;
  readonly #kind: string;
  readonly #name: string | number | null;
  readonly #exception: Error;
  readonly #sourceTraceback: string | null;
  readonly #variables: Context | null;

  constructor(future: Future<unknown>, exception: Error) {
    this.#loop = future._loop;
    this.#kind = future._kind;
    this.#name = future._name;
    this.#exception = exception;
    this.#sourceTraceback = future._sourceTraceback;
    this.#variables = '_context' in future ? (future._context as Context) : null; // a task's
  }

  report(): void {
    if (!this.#loop._unretrieved?.delete(this)) return;
    const name = this.#name === null ? '' : ` name='${formatName(this.#name)}'`;
    const context: ExceptionContext = {
      message: `${this.#kind} exception was never retrieved`,
      exception: this.#exception,
      future: `<${this.#kind} finished${name} exception=${repr(this.#exception)}>`,
    };
    if (this.#sourceTraceback !== null) context.sourceTraceback = this.#sourceTraceback;
    // The handler sees the task's context variables, as if the task were still there to be asked.
    if (this.#variables === null || this.#variables._entered) this.#loop.callExceptionHandler(context);
    else this.#variables.run(() => this.#loop.callExceptionHandler(context));
  }
}

/** The name of a task; a number stands for one that nobody gave. @internal */
export function formatName(name: string | number): string {
  return typeof name === 'number' ? `Task-${name}` : name;
}

const collected = /* @__PURE__ */ new FinalizationRegistry<Unretrieved>((unretrieved) =>
  unretrieved.report(),
);

/**
 * A result that is not there yet. `yield*` waits for it, as does `await` in native code.
 *
 * An error that nobody looks at is reported when the future is collected, at the latest when its loop closes.
 *
 * @example
 * const loop = getRunningLoop();
 * const future = new Future<string>();
 * loop.callLater(1, () => future.setResult('done'));
 * console.log(yield* future); // done
 */
export class Future<T = unknown> implements FutureLike<T> {
  /** @internal */
  declare _state: number;
  /** @internal */
  declare _loop: AbstractEventLoop;
  /** The result, or the error. @internal */
  declare _result: T | Error | undefined;
  /** See {@link FutureLike}. */
  declare _asyncioFutureBlocking: boolean;
  /** The first to be told, and the others. @internal */
  declare _first: Entry | null;
  /** @internal */
  declare _others: Entry[] | null;
  /** @internal */
  declare _more: Details | null;
  /** A task's name; a number stands for one that is only written out when somebody asks. @internal */
  declare _name: string | number | null;

  /** Use `loop.createFuture()`; the loop is by default the current one. */
  constructor(
    options?: { readonly loop?: AbstractEventLoop | null } | null,
    loop: AbstractEventLoop = options?.loop ?? getEventLoop(),
  ) {
    this._state = PENDING;
    this._loop = loop;
    this._result = undefined;
    this._asyncioFutureBlocking = false;
    this._first = null;
    this._others = null;
    this._more = null;
    this._name = null;
    if (loop.getDebug()) this._details().sourceTraceback = extractStack();
  }

  /** The loop that it belongs to. */
  getLoop(): AbstractEventLoop {
    return this._loop;
  }

  /** True when it has a result, an error, or is cancelled. */
  done(): boolean {
    return this._state !== PENDING;
  }

  /** True if it was cancelled. */
  cancelled(): boolean {
    return this._state === CANCELLED;
  }

  /**
   * Cancels it and queues its callbacks.
   *
   * @param msg Any value; it becomes the argument of the `CancelledError`.
   * @returns False if it was done already.
   */
  cancel(msg?: unknown): boolean {
    this._retrieve();
    if (this._state !== PENDING) return false;
    this._state = CANCELLED;
    this._cancelMessage = msg ?? undefined;
    if (this._loop._tracesAwaits) this._details().cancelStack ??= extractStack();
    this._scheduleCallbacks();
    return true;
  }

  /**
   * The result.
   *
   * @throws The error that was set, if one was.
   * @throws {CancelledError} If it is cancelled.
   * @throws {InvalidStateError} If it is not done: "Result is not set."
   */
  result(): T {
    if (this._state === FINISHED) return this._result as T;
    if (this._state === FAILED) {
      this._retrieve();
      throw this._result;
    }
    if (this._state === CANCELLED) throw this._makeCancelledError();
    throw new InvalidStateError('Result is not set.');
  }

  /**
   * The error that was set, or null.
   *
   * @throws {CancelledError} If it is cancelled.
   * @throws {InvalidStateError} If it is not done: "Exception is not set."
   */
  exception(): Error | null {
    if (this._state === CANCELLED) throw this._makeCancelledError();
    if (this._state === PENDING) throw new InvalidStateError('Exception is not set.');
    this._retrieve();
    return this._failure();
  }

  /**
   * Sets the result and queues the callbacks.
   *
   * @throws {InvalidStateError} If it is done already.
   */
  setResult(result: T): void {
    if (this._state !== PENDING) throw this._invalidState();
    this._result = result;
    this._state = FINISHED;
    this._scheduleCallbacks();
  }

  /**
   * Sets the error, or a new one of the class given, and queues the callbacks.
   *
   * @throws {InvalidStateError} If it is done already.
   * @throws {TypeError} If it is not an Error: "invalid exception object".
   */
  setException(exception: Error | (new () => Error)): void {
    if (this._state !== PENDING) throw this._invalidState();
    const error = typeof exception === 'function' ? new exception() : exception;
    if (!isError(error)) throw new TypeError('invalid exception object');
    this._result = error;
    this._state = FAILED;
    // V8 keeps the frames of an error, and so the future, until its stack is read. One that somebody waits for will
    // be looked at anyway.
    if (this._first === null) void error.stack;
    const unretrieved = new Unretrieved(this as Future<unknown>, error);
    this._details().unretrieved = unretrieved;
    this._loop._unretrieved ??= new Set();
    this._loop._unretrieved.add(unretrieved);
    collected.register(this, unretrieved, this);
    this._scheduleCallbacks();
  }

  /**
   * Calls `callback(future)` through `callSoon` when it is done; if it is done already, in the next iteration.
   *
   * @param options.context The context to call it in. Default: a copy of the current one.
   */
  addDoneCallback(callback: DoneCallback<this>, options?: { readonly context?: Context | null }): void {
    const entry = new CallbackEntry(callback as DoneCallback<never>, options?.context ?? copyContext());
    if (this._state !== PENDING) entry._notify(this as never);
    else this._addEntry(entry);
  }

  /** Takes every registration of `callback` away and gives their number; too late once it is done. */
  removeDoneCallback(callback: DoneCallback<this>): number {
    return this._removeEntries(
      (entry) => entry instanceof CallbackEntry && entry.callback === (callback as unknown),
    );
  }

  /** Lets `yield* future` wait for it. Awaiting a future that is done does not yield to the loop. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return new FutureAwait<T>(this);
  }

  /** Lets a native async function await it, and gives a Promise. See {@link Future.toPromise}. */
  then<R1 = T, R2 = never>(
    onfulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onrejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    const promise = this.toPromise();
    const derived = promise.then(onfulfilled, onrejected);
    ownPromises.add(derived);
    if (typeof onrejected !== 'function') {
      promise.catch(() => {
        if (this._state === CANCELLED) quiet(derived);
      });
    }
    return derived;
  }

  /**
   * A Promise for its outcome. The error counts as retrieved, since an unhandled rejection will show it. A
   * cancellation rejects with CancelledError and raises no `unhandledrejection` of its own.
   */
  toPromise(): Promise<T> {
    let resolve: (value: T) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<T>((...functions) => {
      [resolve, reject] = functions;
    });
    ownPromises.add(promise);
    this._whenDone(() => {
      if (this._state === CANCELLED) {
        quiet(promise);
        reject(this._makeCancelledError());
        return;
      }
      const error = this.exception();
      if (error === null) resolve(this._result as T);
      else reject(error);
    });
    return promise;
  }

  toString(): string {
    return this._repr();
  }

  // For the tasks and combinators of this folder.

  /** @internal */
  get _kind(): string {
    return nameOf(this, Future, 'Future');
  }

  /** Has `entry` told when this is done. Call only while pending. @internal */
  _addEntry(entry: Entry): void {
    if (this._first === null) this._first = entry;
    else if (this._others === null) this._others = [entry];
    else this._others.push(entry);
  }

  /** Makes it ready to be handed to the task that will wait for it. Called with the whole `yield*` chain on the stack. @internal */
  _suspend(): this {
    this._asyncioFutureBlocking = true;
    // Here, and only here, the generators of the chain are on the stack.
    if (this._loop._tracesAwaits) this._loop._awaitStack = extractStack(3);
    return this;
  }

  /** @internal */
  _details(): Details {
    this._more ??= new Details();
    return this._more;
  }

  /** The error that was set, or null. @internal */
  _failure(): Error | null {
    return this._state === FAILED ? (this._result as Error) : null;
  }

  /** Debug mode: the stack of where it was made. @internal */
  get _sourceTraceback(): string | null {
    return this._more?.sourceTraceback ?? null;
  }

  /** @internal */
  get _cancelMessage(): unknown {
    return this._more?.cancelMessage;
  }

  set _cancelMessage(message: unknown) {
    if (this._more !== null || message !== undefined) this._details().cancelMessage = message;
  }

  /** Marks the error as looked at: it will not be reported. @internal */
  _retrieve(): void {
    const unretrieved = this._more?.unretrieved;
    if (!unretrieved) return;
    this._loop._unretrieved?.delete(unretrieved);
    (this._more as Details).unretrieved = null;
    collected.unregister(this);
  }

  /** Makes the error of a cancelled future: the original one at the first call, a new one later. @internal */
  _makeCancelledError(): CancelledError {
    const more = this._more;
    if (more === null) return new CancelledError();
    const original = more.cancelledError;
    if (original !== null) {
      more.cancelledError = null;
      return original;
    }
    const error =
      more.cancelMessage === undefined ? new CancelledError() : new CancelledError(more.cancelMessage);
    if (more.cancelStack !== null) error.cancelledFrom = more.cancelStack;
    return error;
  }

  /** @internal */
  _scheduleCallbacks(): void {
    const first = this._first;
    if (first === null) return;
    const others = this._others;
    this._first = this._others = null;
    if (others === null) first._notify(this as never);
    else notifyAll(this as never, [first, ...others], 0);
  }

  /** Takes a task out again that no longer waits. @internal */
  _removeEntry(waiter: Entry): void {
    this._removeEntries((entry) => entry === waiter);
  }

  /** Takes out what `isGone` names, and gives its number. */
  private _removeEntries(isGone: (entry: Entry) => boolean): number {
    const entries = this._entries();
    const kept = entries.filter((entry) => !isGone(entry));
    this._first = kept[0] ?? null;
    this._others = kept.length > 1 ? kept.slice(1) : null;
    return entries.length - kept.length;
  }

  /** The registered callbacks and waiters, in order. @internal */
  _entries(): Entry[] {
    if (this._first === null) return [];
    return this._others === null ? [this._first] : [this._first, ...this._others];
  }

  /**
   * Calls `settle` at once if this is done, else when it is. It counts as the outside world waiting for the loop, so
   * a simulator may move its clock meanwhile.
   */
  private _whenDone(settle: () => void): void {
    if (this._state !== PENDING) {
      settle();
      return;
    }
    const ended = this._loop._beginNativeWait();
    this.addDoneCallback(() => {
      ended?.();
      settle();
    });
  }

  /** @internal */
  _invalidState(): InvalidStateError {
    return new InvalidStateError(`${STATE_NAMES[this._state]}: ${this._repr()}`);
  }

  /** The parts of the text in messages, after the class name. @internal */
  _reprInfo(): string[] {
    const info = [(STATE_NAMES[this._state] as string).toLowerCase()];
    if (this._state >= FINISHED)
      info.push(`${this._state === FAILED ? 'exception' : 'result'}=${repr(this._result)}`);
    const callbacks = this._entries().map((entry) => entry._label());
    if (callbacks.length > 2) callbacks.splice(1, callbacks.length - 2, `<${callbacks.length - 2} more>`);
    if (callbacks.length > 0) info.push(`cb=[${callbacks.join(', ')}]`);
    return [...info, ...createdAt(this._sourceTraceback)];
  }

  /** @internal */
  _repr(): string {
    return `<${this._kind} ${this._reprInfo().join(' ')}>`;
  }
}

/** What tells a future that takes entries as they are from one whose class wants to see its callbacks. @internal */
export const ownAddDoneCallback: unknown = Future.prototype.addDoneCallback;

/** Promises that futures made: who waits for one waits for the loop, not for the outside world. @internal */
export const ownPromises: WeakSet<PromiseLike<unknown>> = /* @__PURE__ */ new WeakSet();

/** Marks a rejection as handled. */
function quiet(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

/** The iterator of one `yield* future`, and its own iterator result: one object for each wait. */
class FutureAwait<T> implements Iterator<Suspension, T, unknown> {
  declare value: unknown;
  declare done: boolean;
  declare readonly _future: Future<T>;

  constructor(future: Future<T>) {
    this.value = undefined;
    this.done = false;
    this._future = future;
  }

  next(): IteratorResult<Suspension, T> {
    const future = this._future;
    if (this.done) {
      this.value = undefined; // it was thrown into, or has given its result
    } else if (future._state === PENDING) {
      if (this.value !== undefined) throw new RuntimeError("await wasn't used with future");
      this.value = future._suspend();
    } else {
      this.value = future.result();
      this.done = true;
    }
    return this as unknown as IteratorResult<Suspension, T>; // value and done are its fields
  }

  throw(error: unknown): never {
    this.done = true;
    throw error;
  }

  return(value?: unknown): IteratorResult<Suspension, T> {
    this.value = value;
    this.done = true;
    return this as unknown as IteratorResult<Suspension, T>;
  }
}

/**
 * True for a Future, a Task, and any object that takes part in the future protocol.
 *
 * @example
 * isfuture(new Future()); // true
 * isfuture(Promise.resolve()); // false
 */
export function isfuture(value: unknown): value is FutureLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as FutureLike<unknown>)._asyncioFutureBlocking === 'boolean'
  );
}

/**
 * Notes that `waiter` waits for `future` by other means than `yield*`. For views of who waits for whom.
 *
 * @example
 * const [future, waiter] = [new Future(), new Future()];
 * futureAddToAwaitedBy(future, waiter);
 * console.log(formatCallGraph(future)); // with `waiter` under "Awaited by"
 */
export function futureAddToAwaitedBy(future: FutureLike<unknown>, waiter: FutureLike<unknown>): void {
  if (!(future instanceof Future) || !isfuture(waiter)) return;
  const details = future._details();
  details.awaitedBy ??= new Set();
  details.awaitedBy.add(waiter);
}

/**
 * Takes back what `futureAddToAwaitedBy` noted; what was not noted does no harm.
 *
 * @example
 * const [future, waiter] = [new Future(), new Future()];
 * futureAddToAwaitedBy(future, waiter);
 * futureDiscardFromAwaitedBy(future, waiter);
 */
export function futureDiscardFromAwaitedBy(future: FutureLike<unknown>, waiter: FutureLike<unknown>): void {
  if (future instanceof Future) future._more?.awaitedBy?.delete(waiter);
}

/** Who waits for `future`: tasks in `yield*`, gathers and groups, then those noted. @internal */
export function awaitedBy(future: Future<unknown>): FutureLike<unknown>[] {
  const waiters = future._entries().map((entry) => entry._awaiter);
  return [
    ...waiters.filter((waiter): waiter is FutureLike<unknown> => waiter !== null),
    ...(future._more?.awaitedBy ?? []),
  ];
}

/** Lets whoever waits for `waiter` go on, unless it is done already. @internal */
export function release(waiter: Future<void>): void {
  if (!waiter.done()) waiter.setResult();
}

/** Tells each of them, from `index` on, also when a host throws on being woken: who waits must not be lost by that. */
function notifyAll(future: never, entries: readonly Entry[], index: number): void {
  for (let at = index; at < entries.length; at += 1) {
    try {
      entries[at]?._notify(future);
    } catch (error) {
      notifyAll(future, entries, at + 1);
      throw error;
    }
  }
}

/** Passes the outcome of a done future on to a pending one, unless that has been cancelled. @internal */
export function copyFutureState(source: FutureLike<unknown>, target: Future<unknown>): void {
  if (target.cancelled()) return;
  if (source.cancelled()) {
    target.cancel();
    return;
  }
  const exception = source.exception();
  if (exception !== null) target.setException(exception);
  else target.setResult(source.result());
}
