// Ten tasks hand one lock round; each holds it over a switch, so that the others always wait for it.

import { gather, Lock, run, sleep } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import * as Semaphore from 'effect/Semaphore';
import { inMicrotasks } from '../rivals/effect-sync.mjs';
import { compare } from './harness.mjs';

const TASKS = 10;
const EACH = 2000;

export const work = { count: TASKS * EACH, of: 'hand-over' };

function* holder(lock, count) {
  for (let n = 0; n < count; n++) {
    yield* lock.acquire();
    yield* sleep(0);
    lock.release();
  }
}

function* ours(count) {
  const lock = new Lock();
  yield* gather(...Array.from({ length: TASKS }, () => holder(lock, count)));
}

/** The least that a fair lock of promises can be. */
class NativeLock {
  #locked = false;
  #waiters = [];
  acquire() {
    if (this.#locked) return new Promise((resolve) => this.#waiters.push(resolve));
    this.#locked = true;
    return null;
  }
  release() {
    const next = this.#waiters.shift();
    if (next) next();
    else this.#locked = false;
  }
}

async function native(count) {
  const lock = new NativeLock();
  const holder = async () => {
    for (let n = 0; n < count; n++) {
      await lock.acquire();
      await null;
      lock.release();
    }
  };
  await Promise.all(Array.from({ length: TASKS }, holder));
}

/** effect/Semaphore.ts: a lock is a semaphore of one permit. */
const effect = (count) =>
  Effect.gen(function* () {
    const lock = yield* Semaphore.make(1);
    const holder = Effect.gen(function* () {
      for (let n = 0; n < count; n++) yield* lock.withPermits(1)(Effect.yieldNow);
    });
    yield* Effect.all(
      Array.from({ length: TASKS }, () => holder),
      { concurrency: 'unbounded', discard: true },
    );
  });

export const contestants = {
  asyncio: { run: (repeat) => run(ours(EACH * repeat)) },
  native: { run: (repeat) => native(EACH * repeat) },
  effect: { share: 0.001, run: (repeat) => Effect.runPromise(effect((EACH / 1000) * repeat)) },
  'effect sync': {
    share: 0.1,
    run: (repeat) => Effect.runPromise(inMicrotasks(effect((EACH / 10) * repeat))),
  },
};

export const measure = (options) => compare(contestants, options);
