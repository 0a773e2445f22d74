// Ten thousand tasks are made, give way once each, and are gathered.

import { createTask, gather, run, sleep } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import * as Fiber from 'effect/Fiber';
import { action, run as runEffection, sleep as sleepEffection, spawn } from 'effection';
import { asapScheduler, forkJoin, lastValueFrom, observeOn, of } from 'rxjs';
import { inMicrotasks } from '../rivals/effect-sync.mjs';
import { compare } from './harness.mjs';

const TASKS = 10_000;

export const work = { count: TASKS, of: 'task' };

function* one() {
  yield* sleep(0);
}

function* ours(repeat) {
  for (; repeat > 0; repeat--) {
    const tasks = [];
    for (let n = 0; n < TASKS; n++) tasks.push(createTask(one()));
    yield* gather(...tasks);
  }
}

async function nativeOne() {
  await null;
}

async function native(repeat) {
  for (; repeat > 0; repeat--) {
    const promises = [];
    for (let n = 0; n < TASKS; n++) promises.push(nativeOne());
    await Promise.all(promises);
  }
}

const effectOne = Effect.gen(function* () {
  yield* Effect.yieldNow;
});

/** https://effect.website/docs/concurrency/fibers: fork, then join. */
const effectFibers = (count) =>
  Effect.gen(function* () {
    const fibers = [];
    for (let n = 0; n < count; n++) fibers.push(yield* Effect.forkChild(effectOne));
    yield* Fiber.joinAll(fibers);
  });

/** https://effect.website/docs/concurrency/basic-concurrency: what the docs reach for first. */
const effectAll = (count) =>
  Effect.all(
    Array.from({ length: count }, () => effectOne),
    { concurrency: 'unbounded', discard: true },
  );

const effectRepeat = (effect, repeat) =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (let n = 0; n < repeat; n++) yield* effect;
    }),
  );

/** https://frontside.com/effection/guides/v4/spawn: spawn, then yield to each task. */
function* effectionSpawn(count, one) {
  const tasks = [];
  for (let n = 0; n < count; n++) tasks.push(yield* spawn(one));
  for (const task of tasks) yield* task;
}

function* effectionAction() {
  yield* action((resolve) => {
    resolve();
    return () => {};
  });
}

const rxjsJoin = (count) =>
  lastValueFrom(forkJoin(Array.from({ length: count }, (_, n) => of(n).pipe(observeOn(asapScheduler)))));

export const contestants = {
  asyncio: { run: (repeat) => run(ours(repeat)) },
  native: { run: native },
  'effection action': {
    share: 0.05,
    run: async (repeat) => {
      for (; repeat > 0; repeat--) await runEffection(() => effectionSpawn(500, effectionAction));
    },
  },
  'effection sleep': {
    share: 0.05,
    run: async (repeat) => {
      for (; repeat > 0; repeat--) await runEffection(() => effectionSpawn(500, () => sleepEffection(0)));
    },
  },
  'effect fork': { run: (repeat) => effectRepeat(effectFibers(TASKS), repeat) },
  'effect all': { run: (repeat) => effectRepeat(effectAll(TASKS), repeat) },
  'effect all sync': { run: (repeat) => effectRepeat(inMicrotasks(effectAll(TASKS)), repeat) },
  'rxjs forkJoin': {
    run: async (repeat) => {
      for (; repeat > 0; repeat--) await rxjsJoin(TASKS);
    },
  },
};

export const measure = (options) => compare(contestants, options);
