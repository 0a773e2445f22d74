/**
 * The types that `yield*` works with, and what the loop needs to know of a future and a task.
 *
 * `yield*` is `await`: it drives the iterator that `[Symbol.iterator]()` gives and takes its return value as the
 * result, which is how TypeScript knows the type of the result. What travels through it to the loop is a
 * {@link Suspension}, which only this library makes; so a bare `yield` in a coroutine is a type error.
 *
 * Source: Python's `__await__`, `collections.abc.Coroutine`; Lib/asyncio/futures.py for the future protocol.
 */

import type { Context } from './contextvars.ts';
import type { AbstractEventLoop } from './events.ts';

declare const suspension: unique symbol;

/** What a coroutine hands to the loop when it waits. Only futures and `sleep` make one. */
export interface Suspension {
  readonly [suspension]: never;
}

/** Anything that `yield*` can wait for: Python's awaitable. */
export interface Awaitable<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

/** What `gather`, `wait`, `waitFor` and their like take: an awaitable or a Promise. */
export type AwaitableOrPromise<T> = Awaitable<T> | PromiseLike<T>;

/** The type of the result of an awaitable or a Promise. */
export type ResultOf<A> =
  A extends Awaitable<infer T> ? T : A extends PromiseLike<infer T> ? Awaited<T> : never;

/**
 * A coroutine: a generator object whose yields are suspensions. Write `function* main(): asyncio.Coroutine<number>`,
 * or leave the type out and let it be inferred.
 */
export interface Coroutine<T> {
  next(value?: unknown): IteratorResult<Suspension, T>;
  throw(error: unknown): IteratorResult<Suspension, T>;
  return(value: T): IteratorResult<Suspension, T>;
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

export type DoneCallback<F> = (future: F) => unknown;

/** The future protocol: what tasks, loops and combinators use of a future. `Future` implements it. */
export interface FutureLike<T> extends Awaitable<T> {
  /**
   * The mark by which futures are recognised, and the flag of a proper `yield*`: set to true by the future's
   * iterator just before it suspends, set back by the task. A class that takes part declares it.
   */
  _asyncioFutureBlocking: boolean;
  cancel(msg?: unknown): boolean;
  cancelled(): boolean;
  done(): boolean;
  result(): T;
  exception(): Error | null;
  setResult(result: T): void;
  setException(exception: Error | (new () => Error)): void;
  addDoneCallback(callback: DoneCallback<this>, options?: { readonly context?: Context | null }): void;
  removeDoneCallback(callback: DoneCallback<this>): number;
  getLoop(): AbstractEventLoop;
  then<R1 = T, R2 = never>(
    onfulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onrejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2>;
}

/** The task protocol: what loops, groups and timeouts use of a task. `Task` implements it. */
export interface TaskLike<T> extends FutureLike<T> {
  getName(): string;
  setName(name: unknown): void;
  getCoro(): Coroutine<T> | null;
  getContext(): Context;
  cancelling(): number;
  uncancel(): number;
}

/** The options of `createTask`. */
export interface TaskOptions {
  /** Shown in messages and views. Default: 'Task-1', 'Task-2' and so on, counted for each loop. */
  readonly name?: string | null;
  /** The context to run in. Default: a copy of the current one. */
  readonly context?: Context | null;
  /** Run the first step now, inside the call, if the loop is running. Default: false. */
  readonly eagerStart?: boolean | null;
}
