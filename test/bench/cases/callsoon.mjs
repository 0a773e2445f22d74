// A million callbacks that do nothing: what it costs to schedule one and to have it called.

import { getRunningLoop, run } from 'asyncio-web';
import { unstable_NormalPriority, unstable_scheduleCallback } from 'scheduler/cjs/scheduler.production.js';
import { postCallback } from '../rivals/message-per-callback.mjs';
import { compare } from './harness.mjs';

const CALLBACKS = 1e6;

export const work = { count: CALLBACKS, of: 'callback' };

function noop() {}

function* ours(repeat) {
  const loop = getRunningLoop();
  for (; repeat > 0; repeat--) {
    const last = loop.createFuture();
    for (let n = 1; n < CALLBACKS; n++) loop.callSoon(noop);
    loop.callSoon(setResult, last);
    yield* last;
  }
}

function setResult(future) {
  future.setResult();
}

/** Schedules `count` callbacks at once by whatever `schedule` is, and waits for the last. */
const burst = (schedule, count) =>
  new Promise((resolve) => {
    for (let n = 1; n < count; n++) schedule(noop);
    schedule(resolve);
  });

const repeated = (schedule, share) => ({
  share,
  run: async (repeat) => {
    for (; repeat > 0; repeat--) await burst(schedule, CALLBACKS * share);
  },
});

const settled = Promise.resolve();

export const contestants = {
  asyncio: { run: (repeat) => run(ours(repeat)) },
  queueMicrotask: repeated((callback) => queueMicrotask(callback), 0.1),
  'native then': repeated((callback) => settled.then(callback), 0.1),
  // packages/scheduler of React: one message for a slice of 5 ms, the clock is read after each callback.
  'react scheduler': repeated(
    (callback) => unstable_scheduleCallback(unstable_NormalPriority, callback),
    0.1,
  ),
  // https://developer.mozilla.org/en-US/docs/Web/API/Scheduler/postTask
  postTask: {
    ...repeated((callback) => void scheduler.postTask(callback), 0.005),
    works: () => typeof globalThis.scheduler?.postTask === 'function',
  },
  'message per callback': repeated(postCallback, 0.005),
  setTimeout: repeated((callback) => setTimeout(callback, 0), 0.005),
};

export const measure = (options) => compare(contestants, options);
