// A producer and a consumer over a queue that holds one item: each item is a switch there and a switch back.

import { gather, Queue, run } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import * as EffectQueue from 'effect/Queue';
import { inMicrotasks } from '../rivals/effect-sync.mjs';
import { compare } from './harness.mjs';

const ITEMS = 1e5;

export const work = { count: ITEMS, of: 'item' };

function* produce(queue, count) {
  for (let n = 0; n < count; n++) yield* queue.put(n);
}

function* consume(queue, count) {
  for (let n = 0; n < count; n++) yield* queue.get();
}

function* ours(count) {
  const queue = new Queue(1);
  yield* gather(produce(queue, count), consume(queue, count));
}

/** The least that a bounded queue of promises can be: no cancellation, no fairness beyond its two lists. */
class NativeQueue {
  #items = [];
  #getters = [];
  #putters = [];
  #limit;
  constructor(limit) {
    this.#limit = limit;
  }
  async put(item) {
    while (this.#items.length >= this.#limit) await new Promise((resolve) => this.#putters.push(resolve));
    this.#items.push(item);
    this.#getters.shift()?.();
  }
  async get() {
    while (this.#items.length === 0) await new Promise((resolve) => this.#getters.push(resolve));
    const item = this.#items.shift();
    this.#putters.shift()?.();
    return item;
  }
}

async function native(count) {
  const queue = new NativeQueue(1);
  const producer = async () => {
    for (let n = 0; n < count; n++) await queue.put(n);
  };
  const consumer = async () => {
    for (let n = 0; n < count; n++) await queue.get();
  };
  await Promise.all([producer(), consumer()]);
}

/** effect/Queue.ts: bounded, offer, take. */
const effect = (count) =>
  Effect.gen(function* () {
    const queue = yield* EffectQueue.bounded(1);
    const producer = Effect.gen(function* () {
      for (let n = 0; n < count; n++) yield* EffectQueue.offer(queue, n);
    });
    const consumer = Effect.gen(function* () {
      for (let n = 0; n < count; n++) yield* EffectQueue.take(queue);
    });
    yield* Effect.all([producer, consumer], { concurrency: 'unbounded', discard: true });
  });

// Effection's queue is unbounded, and so are RxJS's subjects: they have no such work.
export const contestants = {
  asyncio: { run: (repeat) => run(ours(ITEMS * repeat)) },
  native: { run: (repeat) => native(ITEMS * repeat) },
  effect: { share: 0.01, run: (repeat) => Effect.runPromise(effect(1000 * repeat)) },
  'effect sync': {
    share: 0.1,
    run: (repeat) => Effect.runPromise(inMicrotasks(effect(1e4 * repeat))),
  },
};

export const measure = (options) => compare(contestants, options);
