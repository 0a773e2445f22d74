// Types of asyncFor, asCompleted, asynchronous generators, groups, queues and locks. The compiler is the test.

import * as asyncio from 'asyncio-web';
import type { Equal } from './expect-type.ts';
import { expectType } from './expect-type.ts';

function* number(): asyncio.Coroutine<number> {
  return 1;
}

export function* items(): asyncio.Coroutine<void> {
  const generator = asyncio.asyncGenerator<string>(function* (emit) {
    yield* emit('a');
    // @ts-expect-error: it gives strings
    yield* emit(1);
  });
  yield* asyncio.asyncFor(generator, function* (item) {
    expectType<Equal<string>>()(item);
  });
  yield* asyncio.asyncFor(new ReadableStream<Uint8Array>(), function* (chunk) {
    expectType<Equal<Uint8Array>>()(chunk);
    return false;
  });
  yield* asyncio.asyncFor(asyncio.asCompleted([number()]), function* (future) {
    expectType<Equal<number>>()(yield* future);
  });
  for (const next of asyncio.asCompleted([number(), number()])) expectType<Equal<number>>()(yield* next);
  // @ts-expect-error: an array is iterable, but not asynchronously
  yield* asyncio.asyncFor([1, 2], function* () {});
  // @ts-expect-error: the body is a coroutine function
  yield* asyncio.asyncFor(generator, (item: string) => item.length);
}

export function* groups(): asyncio.Coroutine<void> {
  const result = yield* asyncio.withTaskGroup(function* (group) {
    const task = group.createTask(number(), { name: 'one' });
    expectType<Equal<asyncio.Task<number>>>()(task);
    // @ts-expect-error: no such option
    group.createTask(number(), { nam: 'one' });
    return [yield* task, 'text'] as const;
  });
  expectType<Equal<readonly [number, 'text']>>()(result);
  const suppressed = yield* asyncio.asyncWith(new asyncio.TaskGroup(), function* () {
    return 1;
  });
  // A group that was cancelled gives nothing.
  expectType<Equal<number | undefined>>()(suppressed);
  const timed = yield* asyncio.withTimeout(1, function* (scope) {
    expectType<Equal<number | null>>()(scope.when());
    return true;
  });
  expectType<Equal<boolean>>()(timed);
}

export function* primitives(): asyncio.Coroutine<void> {
  const queue = new asyncio.Queue<[number, string]>();
  expectType<Equal<[number, string]>>()(yield* queue.get());
  // @ts-expect-error: an item of another type
  queue.putNowait('text');
  const lock = new asyncio.Lock();
  const held = yield* lock.hold();
  held.release();
  expectType<Equal<number>>()(
    yield* asyncio.asyncWith(lock, function* () {
      return 1;
    }),
  );
  const race = yield* asyncio.staggeredRace([number], 0.25);
  expectType<Equal<number | undefined>>()(race[0]);
}
