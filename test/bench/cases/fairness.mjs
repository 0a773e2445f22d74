// What else gets its turn: other code's timers, native promise reactions, and every callback of the loop.

import { fromPromise, getRunningLoop, run } from 'asyncio-web';
import { pause, sliceOf } from './spin.mjs';

/** A task and a chain of native promises wake each other all the time. When does a setTimeout(0) fire? */
export async function pingPong({ times = 20, limitMs = 3000 } = {}) {
  const waits = [];
  let slice = 2;
  for (let n = 0; n < times; n++) {
    let fired = false;
    await run(function* () {
      slice = sliceOf(getRunningLoop());
      const armed = performance.now();
      setTimeout(() => {
        fired = true;
        waits.push(performance.now() - armed);
      }, 0);
      let settled = Promise.resolve();
      while (!fired && performance.now() - armed < limitMs) {
        settled = settled.then(() => {});
        yield* fromPromise(settled);
      }
      if (!fired) waits.push(limitMs);
    });
    await pause(5);
  }
  return { waits, slice };
}

/** How many callbacks of a full queue run before a reaction of a native promise that was settled among them. */
export async function reactions() {
  let most = 0;
  await run(function* () {
    const loop = getRunningLoop();
    const all = loop.createFuture();
    let called = 0;
    const COUNT = 20_000;
    const callback = () => {
      called++;
      if (called % 97 === 0) {
        const at = called;
        Promise.resolve().then(() => {
          most = Math.max(most, called - at);
        });
      }
      if (called === COUNT) all.setResult();
    };
    for (let n = 0; n < COUNT; n++) loop.callSoon(callback);
    yield* all;
  });
  return most;
}

/**
 * Callbacks that all schedule themselves again: each iteration must run every one of them, once and in order.
 *
 * @returns {Promise<number>} How many calls were not that of the callback whose turn it was.
 */
export async function everyone({ count = 1e6, iterations = 3 } = {}) {
  let wrong = 0;
  await run(function* () {
    const loop = getRunningLoop();
    const over = loop.createFuture();
    let calls = 0;
    const callback = (n) => {
      if (calls++ % count !== n) wrong++;
      if (calls <= (iterations - 1) * count) loop.callSoon(callback, n);
      else if (calls === iterations * count) over.setResult();
    };
    for (let n = 0; n < count; n++) loop.callSoon(callback, n);
    yield* over;
  });
  return wrong;
}

/**
 * A timer falls due amid an iteration that takes many milliseconds. It belongs to the iteration that begins next.
 *
 * @returns {Promise<number>} How many milliseconds after that one the iteration began that ran it.
 */
export async function timerAmidst({ count = 100_000 } = {}) {
  let late = 0;
  await run(function* () {
    const loop = getRunningLoop();
    const over = loop.createFuture();
    const starts = [];
    const first = () => void starts.push(performance.now());
    const other = () => {};
    const refill = () => {
      if (over.done()) return;
      loop.callSoon(first);
      for (let n = 0; n < count; n++) loop.callSoon(other);
      loop.callSoon(refill);
    };
    refill();
    // Beyond the first iteration, and a step of the coarsest clock after the deadline.
    const due = performance.now() + 10;
    loop.callLater(0.01, () => {
      const next = starts.find((start) => start >= due + 1);
      if (next !== undefined) late = starts.at(-1) - next;
      over.setResult();
    });
    yield* over;
  });
  return late;
}
