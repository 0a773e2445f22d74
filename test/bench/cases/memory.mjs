// Bytes, where the browser tells them exactly: Chromium with --enable-precise-memory-info and --expose-gc.

import { createTask, getRunningLoop, run, sleep } from 'asyncio-web';
import { pause } from './spin.mjs';

export const works = () => typeof globalThis.gc === 'function' && performance.memory !== undefined;

async function heap() {
  for (let n = 0; n < 3; n++) {
    globalThis.gc();
    await pause(20);
  }
  return performance.memory.usedJSHeapSize;
}

/** The heap, asked for from within a coroutine. */
function* heapNow() {
  const future = getRunningLoop().createFuture();
  heap().then((bytes) => future.setResult(bytes));
  return yield* future;
}

const COUNT = 100_000;

function noop() {}

function* waitsFor(future) {
  yield* future;
}

/** Bytes of one handle that waits its turn, its place in the queue included. */
export function handle() {
  return run(function* () {
    const loop = getRunningLoop();
    // The queue keeps its size for a while: it is grown before.
    for (let n = 0; n < COUNT; n++) loop.callSoon(noop);
    yield* sleep(0.1);
    const before = yield* heapNow();
    const handles = [];
    for (let n = 0; n < COUNT; n++) handles.push(null);
    const withArray = yield* heapNow();
    for (let n = 0; n < COUNT; n++) handles[n] = loop.callSoon(noop);
    // They have run when the heap is asked for, but are still held.
    const after = yield* heapNow();
    handles.fill(null);
    return { bytes: (after - withArray) / COUNT, array: (withArray - before) / COUNT };
  });
}

export function timer() {
  return run(function* () {
    const loop = getRunningLoop();
    const before = yield* heapNow();
    const base = loop.time() + 3600;
    for (let n = 0; n < COUNT; n++) loop.callAt(base + n, noop);
    const after = yield* heapNow();
    return (after - before) / COUNT;
  });
}

/** Bytes of a task that waits for a future, beyond a generator that is suspended at the same place. */
export function task() {
  return run(function* () {
    const loop = getRunningLoop();
    const future = loop.createFuture();
    const base = yield* heapNow();
    const bare = [];
    for (let n = 0; n < COUNT; n++) {
      const coroutine = waitsFor(future);
      coroutine.next();
      bare.push(coroutine);
    }
    const withBare = yield* heapNow();
    bare.length = 0;
    const before = yield* heapNow();
    const gate = loop.createFuture();
    const tasks = [];
    for (let n = 0; n < COUNT; n++) tasks.push(createTask(waitsFor(gate)));
    yield* sleep(0);
    const withTasks = yield* heapNow();
    gate.setResult();
    for (const each of tasks) yield* each;
    return { coroutine: (withBare - base) / COUNT, all: (withTasks - before) / COUNT };
  });
}

/** The heap after timers were made and cancelled, again and again, beside the heap before. */
export function churn({ cycles = 1e6 } = {}) {
  return run(function* () {
    const loop = getRunningLoop();
    const round = function* (count) {
      for (let n = 0; n < count; n++) {
        loop.callLater(3600, noop).cancel();
        if (n % 1000 === 0) yield* sleep(0);
      }
    };
    yield* round(20_000); // what is made once is there before
    yield* sleep(0.05);
    const before = yield* heapNow();
    yield* round(cycles);
    yield* sleep(0.05);
    const after = yield* heapNow();
    return { before, after };
  });
}
