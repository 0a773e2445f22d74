/**
 * The types that `yield*` works with.
 *
 * `yield*` is `await`: it drives the iterator that `[Symbol.iterator]()` gives and takes its return value as the
 * result, which is how TypeScript knows the type of the result. What travels through it to the loop is a
 * {@link Suspension}, which only this library makes; so a bare `yield` in a coroutine is a type error.
 *
 * Source: Python's `__await__` and `collections.abc.Coroutine`.
 */

import type { Context } from './contextvars.ts';

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

/** The type of the result of an awaitable or a Promise: what `yield*` or `await` of it gives. */
export type ResultOf<A> =
  A extends Awaitable<infer T> ? T : A extends PromiseLike<infer T> ? Awaited<T> : never;

/**
 * A coroutine: a generator object whose yields are suspensions. Write `function* main(): asyncio.Coroutine<number>`,
 * or leave the type out and let it be inferred.
 */
export interface Coroutine<T> {
  /** Runs to the next wait, or to the end. */
  next(value?: unknown): IteratorResult<Suspension, T>;
  /** Runs on with an error at the line that waits. */
  throw(error: unknown): IteratorResult<Suspension, T>;
  /** Ends it at the line that waits. The library uses it only for what never started. */
  return(value: T): IteratorResult<Suspension, T>;
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
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
