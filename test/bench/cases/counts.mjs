// What the loop asks of the page, counted: messages, native timers, frames, microtasks. The counters are in place
// before the library loads, because `counters` is imported first.

import { createTask, fromPromise, gather, getRunningLoop, run, sleep } from 'asyncio-web';
import { counters, native } from './counters.mjs';

/** Work of every kind: bursts, sleeps, promises, timers that are cancelled, and timers armed in descending order. */
function* mixture(rounds) {
  const loop = getRunningLoop();
  for (let n = 0; n < rounds; n++) {
    yield* sleep(0.001);
    yield* gather(sleep(0), sleep(0.002), createTask(sleep(0.003)));
    yield* fromPromise(Promise.resolve(n));
    const handles = [];
    for (let k = 20; k > 0; k--) handles.push(loop.callLater(k / 1000, () => {}));
    for (let k = 0; k < 200; k++) loop.callSoon(() => {});
    for (const handle of handles.slice(10)) handle.cancel();
    yield* sleep(0.004);
  }
}

/** Wake-ups are the loop's own tasks and microtasks: between two of them it may arm one native timer. */
export async function work({ rounds = 50 } = {}) {
  counters.reset();
  counters.watching = true;
  await run(mixture(rounds));
  // From outside, too: an event that sets futures and starts timers.
  for (let n = 0; n < rounds; n++) {
    await run(function* () {
      const loop = getRunningLoop();
      const future = loop.createFuture();
      native.setTimeout(() => {
        loop.callLater(0.05, () => {});
        loop.callLater(0.02, () => {});
        future.setResult();
      }, 1);
      yield* future;
    });
  }
  counters.watching = false;
  return { ...counters.most, ...counters.total };
}

/** Everything that an idle loop calls of the page in so many milliseconds. */
export async function idle({ ms = 10_000 } = {}) {
  let future;
  const finished = run(function* () {
    const loop = getRunningLoop();
    yield* mixture(2);
    loop.createTask(sleep(3600));
    future = loop.createFuture();
    return yield* future;
  });
  await new Promise((resolve) => native.setTimeout(resolve, 500));
  counters.reset();
  counters.watching = true;
  await new Promise((resolve) => native.setTimeout(resolve, ms));
  counters.watching = false;
  const seen = { ...counters.total };
  future.setResult();
  await finished;
  return seen;
}

/** Delays at the edges of what a native timer takes: which of them fire in a fifth of a second, and which must. */
export async function oddDelays() {
  counters.reset();
  counters.watching = true;
  const fired = await run(function* () {
    const loop = getRunningLoop();
    const names = [];
    const at = (name, delay) => loop.callLater(delay, () => names.push(name));
    at('2^31 ms', 2 ** 31 / 1000);
    at('2^32 ms', 2 ** 32 / 1000 + 5);
    at('30 days', 30 * 86_400);
    at('infinity', Infinity);
    at('-0', -0);
    at('zero', 0);
    at('negative', -5);
    at('1 ns', 1e-9);
    at('0.4 ms', 0.0004);
    yield* sleep(0.2);
    return names.sort();
  });
  counters.watching = false;
  return { fired, longest: counters.longestDelay };
}
