// Ways to keep a page busy: each calls `work()` as often as it can until `isOver()`, with a thousand callbacks that
// schedule themselves again, or in the one loop that its docs show.

import { getRunningLoop, run } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import { run as runEffection, sleep as sleepEffection } from 'effection';
import { yieldOrContinue } from 'main-thread-scheduling';
import { unstable_NormalPriority, unstable_scheduleCallback } from 'scheduler/cjs/scheduler.production.js';
import { postCallback } from '../rivals/message-per-callback.mjs';

const WIDTH = 1000;

/** Callbacks that schedule themselves again by `schedule`. */
const callbacks = (schedule, width) => (work, isOver) =>
  new Promise((resolve) => {
    let running = width;
    const callback = () => {
      work();
      if (!isOver()) schedule(callback);
      else if (--running === 0) resolve();
    };
    for (let n = 0; n < width; n++) schedule(callback);
  });

function asyncio(work, isOver, onLoop) {
  return run(function* () {
    const loop = getRunningLoop();
    onLoop?.(loop);
    const over = loop.createFuture();
    let running = WIDTH;
    const callback = () => {
      work();
      if (!isOver()) loop.callSoon(callback);
      else if (--running === 0) over.setResult();
    };
    for (let n = 0; n < WIDTH; n++) loop.callSoon(callback);
    yield* over;
  });
}

/** https://developer.chrome.com/blog/use-scheduler-yield: yield when a deadline has passed; the post's is 50 ms. */
async function schedulerYield(work, isOver) {
  while (!isOver()) {
    const end = performance.now() + 5;
    while (performance.now() < end) for (let n = 0; n < 64; n++) work();
    await scheduler.yield();
  }
}

/** readme.md of main-thread-scheduling: "Scheduling strategies"; smooth is the one for pages that animate. */
async function mainThreadScheduling(work, isOver) {
  while (!isOver()) {
    await yieldOrContinue('smooth');
    work();
  }
}

async function native(work, isOver) {
  while (!isOver()) {
    work();
    await null;
  }
}

/** Fibers give way by themselves after 2048 operations (effect/References.ts, MaxOpsBeforeYield). */
const effect = (work, isOver) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const step = Effect.sync(work);
      while (!isOver()) yield* step;
    }),
  );

/** It gives way to the page at timers only, so that a program that means to must sleep; here every 5 ms. */
const effection = (work, isOver) =>
  runEffection(function* () {
    while (!isOver()) {
      const end = performance.now() + 5;
      while (performance.now() < end) for (let n = 0; n < 64; n++) work();
      yield* sleepEffection(0);
    }
  });

/** @type {Record<string, {start: Function, works?: () => boolean}>} */
export const drivers = {
  asyncio: { start: asyncio },
  'scheduler.yield': {
    start: schedulerYield,
    works: () => typeof globalThis.scheduler?.yield === 'function',
  },
  'message per callback': { start: callbacks(postCallback, WIDTH) },
  'react scheduler': {
    start: callbacks((callback) => void unstable_scheduleCallback(unstable_NormalPriority, callback), WIDTH),
  },
  'main-thread-scheduling': { start: mainThreadScheduling },
  postTask: {
    start: callbacks((callback) => void scheduler.postTask(callback), WIDTH),
    works: () => typeof globalThis.scheduler?.postTask === 'function',
  },
  setTimeout: { start: callbacks((callback) => void setTimeout(callback, 0), WIDTH) },
  effect: { start: effect },
  effection: { start: effection },
  'native await': { start: native },
};
