// Types of coroutines, awaitables and `yield*`. The compiler is the test: nothing here runs.

import * as asyncio from 'asyncio-web';
import type { Equal } from './expect-type.ts';
import { expectType } from './expect-type.ts';

declare const future: asyncio.Future<number>;
declare const task: asyncio.Task<string>;
declare const like: asyncio.FutureLike<boolean>;

// The result of yield* is the result of what is awaited.

function* results(): asyncio.Coroutine<string> {
  expectType<Equal<number>>()(yield* future);
  expectType<Equal<string>>()(yield* task);
  expectType<Equal<boolean>>()(yield* like);
  expectType<Equal<void>>()(yield* asyncio.sleep(1));
  expectType<Equal<Date>>()(yield* asyncio.sleep(1, new Date()));
  expectType<Equal<string>>()(yield* inner());
  return 'done';
}

function* inner(): asyncio.Coroutine<string> {
  yield* asyncio.sleep(0);
  return 'inner';
}

// Inferred coroutines are coroutines.

function* inferred() {
  const value = yield* future;
  return { value };
}

function* inferredNested() {
  return [yield* inferred(), yield* task] as const;
}

const asCoroutine: asyncio.Coroutine<{ value: number }> = inferred();
const asAwaitable: asyncio.Awaitable<{ value: number }> = inferred();
expectType<Equal<asyncio.Task<{ value: number }>>>()(asyncio.createTask(inferred()));
expectType<Equal<asyncio.Task<readonly [{ value: number }, string]>>>()(asyncio.createTask(inferredNested()));

// A coroutine of something narrower is one of something wider, and not the other way round.

const wider: asyncio.Awaitable<string | number> = inner();
// @ts-expect-error: a string is no number
const narrower: asyncio.Awaitable<number> = inner();

// A bare yield in a coroutine is an error, whatever is yielded.

function* bareFuture(): asyncio.Coroutine<void> {
  // @ts-expect-error: yield* was meant
  yield future;
}

function* bareTask(): asyncio.Coroutine<void> {
  // @ts-expect-error: yield* was meant
  yield task;
}

function* bareCoroutine(): asyncio.Coroutine<void> {
  // @ts-expect-error: yield* was meant
  yield asyncio.sleep(1);
}

function* bareNumber(): asyncio.Coroutine<void> {
  // @ts-expect-error: not a suspension
  yield 1;
}

function* barePromise(): asyncio.Coroutine<void> {
  // @ts-expect-error: fromPromise() bridges
  yield Promise.resolve(1);
}

function* bareNothing(): asyncio.Coroutine<void> {
  // @ts-expect-error: sleep(0) gives way
  yield;
}

// Also in an inferred one, where it is given to the loop.

function* inferredBare() {
  yield future;
  return 1;
}
// @ts-expect-error: it yields futures, not suspensions
asyncio.createTask(inferredBare());
// @ts-expect-error: likewise
asyncio.run(inferredBare);

// yield* of what is no awaitable is an error.

function* notAwaitable(): asyncio.Coroutine<void> {
  // @ts-expect-error: an array yields numbers
  yield* [1, 2, 3];
  // @ts-expect-error: a string yields strings
  yield* 'text';
  // @ts-expect-error: a Promise has no iterator
  yield* Promise.resolve(1);
  // @ts-expect-error: the generator function was not called
  yield* inner;
  // @ts-expect-error: this generator yields numbers
  yield* (function* () {
    yield 1;
  })();
}

// The type of the result is checked.

// @ts-expect-error: it returns nothing
function* missingResult(): asyncio.Coroutine<string> {
  yield* asyncio.sleep(0);
}

function* wrongResult(): asyncio.Coroutine<string> {
  yield* asyncio.sleep(0);
  // @ts-expect-error: a number is no string
  return 5;
}

// What a class needs to be an awaitable.

class Reply implements asyncio.Awaitable<Map<string, number>> {
  *[Symbol.iterator](): asyncio.Coroutine<Map<string, number>> {
    yield* asyncio.sleep(1);
    return new Map();
  }
}
function* awaitsReply() {
  expectType<Equal<Map<string, number>>>()(yield* new Reply());
}

// ResultOf sees through awaitables and promises.

expectType<Equal<number>>()(null as unknown as asyncio.ResultOf<asyncio.Future<number>>);
expectType<Equal<string>>()(null as unknown as asyncio.ResultOf<asyncio.Coroutine<string>>);
expectType<Equal<Date>>()(null as unknown as asyncio.ResultOf<Promise<Date>>);

// A native await of a future or task has its result's type.

async function native(): Promise<void> {
  expectType<Equal<number>>()(await future);
  expectType<Equal<string>>()(await task);
  expectType<Equal<string>>()(await task.toPromise());
  expectType<Equal<Promise<number>>>()(future.toPromise());
  expectType<Equal<Promise<number | string>>>()(future.then(undefined, () => 'failed'));
}

// run() gives a Promise of the result, from a function, a coroutine, a future or a Promise.

expectType<Equal<Promise<string>>>()(asyncio.run(inner));
expectType<Equal<Promise<string>>>()(asyncio.run(inner()));
expectType<Equal<Promise<number>>>()(asyncio.run(future));
expectType<Equal<Promise<Date>>>()(asyncio.run(Promise.resolve(new Date())));
expectType<Equal<Promise<Date>>>()(asyncio.run(async () => new Date()));
// @ts-expect-error: not awaitable
asyncio.run(5);

// Type guards.

function guards(value: unknown): void {
  if (asyncio.isfuture(value)) value.addDoneCallback(() => undefined);
  if (asyncio.iscoroutine(value)) asyncio.ensureFuture(value);
  if (asyncio.isCancelled(value)) expectType<Equal<readonly unknown[]>>()(value.args);
  if (asyncio.isBaseException(value)) expectType<Equal<string>>()(value.message);
}

export const used: unknown[] = [
  results,
  asCoroutine,
  asAwaitable,
  wider,
  narrower,
  bareFuture,
  bareTask,
  bareCoroutine,
  bareNumber,
  barePromise,
  bareNothing,
  notAwaitable,
  missingResult,
  wrongResult,
  awaitsReply,
  native,
  guards,
];
