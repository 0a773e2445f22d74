// One task gives way to the others a million times. Each contestant's own way to do so; see scheduling.md T2 as well.

import { run, sleep } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import { action, run as runEffection, until } from 'effection';
import { asapScheduler, concatMap, lastValueFrom, observeOn, of, range } from 'rxjs';
import { inMicrotasks } from '../rivals/effect-sync.mjs';
import { compare } from './harness.mjs';

export const work = { count: 1e6, of: 'switch' };

function* switches(count) {
  for (let n = 0; n < count; n++) yield* sleep(0);
}

async function awaits(count) {
  for (let n = 0; n < count; n++) await null;
}

/** effect/Effect.ts, yieldNow: "Yields control back to the Effect runtime, allowing other fibers to execute". */
const effectYields = (count) =>
  Effect.gen(function* () {
    for (let n = 0; n < count; n++) yield* Effect.yieldNow;
  });

/**
 * Effection has no operation that only gives way. What comes nearest is an operation that is already over: it goes
 * through the run queue (esm/lib/reducer.js) and never to the browser.
 */
function* effectionActions(count) {
  for (let n = 0; n < count; n++) {
    yield* action((resolve) => {
      resolve();
      return () => {};
    });
  }
}

/** `until` is Effection's way to await a promise (esm/lib/until.js). */
function* effectionPromises(count) {
  const settled = Promise.resolve();
  for (let n = 0; n < count; n++) yield* until(settled);
}

function messages(count) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      if (--count > 0) return port2.postMessage(0);
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

async function schedulerYields(count) {
  for (let n = 0; n < count; n++) await scheduler.yield();
}

function timeouts(count) {
  return new Promise((resolve) => {
    const next = () => (--count > 0 ? setTimeout(next, 0) : resolve());
    setTimeout(next, 0);
  });
}

export const contestants = {
  asyncio: { run: (repeat) => run(switches(1e6 * repeat)) },
  native: { run: (repeat) => awaits(1e6 * repeat) },
  'effection action': { share: 0.1, run: (repeat) => runEffection(() => effectionActions(1e5 * repeat)) },
  'effection until': { share: 0.05, run: (repeat) => runEffection(() => effectionPromises(5e4 * repeat)) },
  // The default, which lives with the page.
  effect: { share: 2e-5, run: (repeat) => Effect.runPromise(effectYields(20 * repeat)) },
  'effect sync': {
    share: 0.1,
    run: (repeat) => Effect.runPromise(inMicrotasks(effectYields(1e5 * repeat))),
  },
  // https://rxjs.dev/api/index/const/asapScheduler: "as fast as possible", in a microtask.
  'rxjs asap': {
    share: 0.05,
    run: (repeat) =>
      lastValueFrom(range(0, 5e4 * repeat).pipe(concatMap((n) => of(n).pipe(observeOn(asapScheduler))))),
  },
  'scheduler.yield': {
    share: 0.01,
    works: () => typeof globalThis.scheduler?.yield === 'function',
    run: (repeat) => schedulerYields(1e4 * repeat),
  },
  // What Pyodide's event loop does for each callback (src/js/scheduler.ts).
  'message per callback': { share: 0.002, run: (repeat) => messages(2000 * repeat) },
  setTimeout: { share: 2e-5, run: (repeat) => timeouts(20 * repeat) },
};

export const measure = (options) => compare(contestants, options);
