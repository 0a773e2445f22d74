// fib(20) by recursion, 21 891 calls, every one awaited: what it costs to cut a program into functions.

import { run } from 'asyncio-web';
import * as Effect from 'effect/Effect';
import { run as runEffection } from 'effection';
import { compare } from './harness.mjs';

export const work = { count: 21_891, of: 'call' };

function* fib(n) {
  return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2));
}

async function nativeFib(n) {
  return n < 2 ? n : (await nativeFib(n - 1)) + (await nativeFib(n - 2));
}

/** https://effect.website/docs/getting-started/using-generators: Effect.fn, a function whose body is a generator. */
const effectFib = Effect.fnUntraced(function* (n) {
  return n < 2 ? n : (yield* effectFib(n - 1)) + (yield* effectFib(n - 2));
});

const check = (result) => {
  if (result !== 6765) throw new Error(`fib(20) is not ${result}`);
};

function* times(repeat) {
  for (; repeat > 0; repeat--) check(yield* fib(20));
}

export const contestants = {
  asyncio: { run: (repeat) => run(times(repeat)) },
  native: {
    run: async (repeat) => {
      for (; repeat > 0; repeat--) check(await nativeFib(20));
    },
  },
  // Its operations are generators too, and delegate likewise.
  effection: { run: (repeat) => runEffection(() => times(repeat)) },
  effect: {
    run: async (repeat) => {
      for (; repeat > 0; repeat--) check(await Effect.runPromise(effectFib(20)));
    },
  },
};

export const measure = (options) => compare(contestants, options);
