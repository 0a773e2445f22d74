// A task waits for a future that a callback sets, a hundred thousand times.

import { getRunningLoop, run } from 'asyncio-web';
import * as Deferred from 'effect/Deferred';
import * as Effect from 'effect/Effect';
import { run as runEffection, withResolvers } from 'effection';
import { compare } from './harness.mjs';

const AWAITS = 1e5;

export const work = { count: AWAITS, of: 'await' };

function setResult(future) {
  future.setResult();
}

function* ours(count) {
  const loop = getRunningLoop();
  for (let n = 0; n < count; n++) {
    const future = loop.createFuture();
    loop.callSoon(setResult, future);
    yield* future;
  }
}

/** queueMicrotask would cost ten times as much in Chromium. */
const settled = Promise.resolve();

async function native(count) {
  for (let n = 0; n < count; n++) await new Promise((resolve) => settled.then(resolve));
}

/** effect/Deferred.ts: await what somebody else completes. */
const effect = (count) =>
  Effect.gen(function* () {
    for (let n = 0; n < count; n++) {
      const deferred = yield* Deferred.make();
      settled.then(() => Deferred.doneUnsafe(deferred, Effect.void));
      yield* Deferred.await(deferred);
    }
  });

/** effection, esm/lib/with-resolvers.js. */
function* effection(count) {
  for (let n = 0; n < count; n++) {
    const { operation, resolve } = withResolvers();
    settled.then(() => resolve());
    yield* operation;
  }
}

export const contestants = {
  asyncio: { run: (repeat) => run(ours(AWAITS * repeat)) },
  native: { run: (repeat) => native(AWAITS * repeat) },
  effection: { share: 0.1, run: (repeat) => runEffection(() => effection((AWAITS / 10) * repeat)) },
  effect: { share: 0.1, run: (repeat) => Effect.runPromise(effect((AWAITS / 10) * repeat)) },
};

export const measure = (options) => compare(contestants, options);
