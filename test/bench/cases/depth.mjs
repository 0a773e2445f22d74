// A task gives way at the bottom of a chain of `yield*`: each switch passes through every level of it.

import { run, sleep } from 'asyncio-web';
import { compare } from './harness.mjs';

const SWITCHES = 1e5;

export const work = { count: SWITCHES, of: 'switch' };

function* nested(depth, count) {
  if (depth > 1) {
    yield* nested(depth - 1, count);
    return;
  }
  for (let n = 0; n < count; n++) yield* sleep(0);
}

/** An async function that awaits another is resumed only when that one has ended: depth costs it nothing. */
async function nativeNested(depth, count) {
  if (depth > 1) {
    await nativeNested(depth - 1, count);
    return;
  }
  for (let n = 0; n < count; n++) await null;
}

export const contestants = {
  'depth 1': { run: (repeat) => run(nested(1, SWITCHES * repeat)) },
  'depth 10': { run: (repeat) => run(nested(10, SWITCHES * repeat)) },
  'depth 100': { share: 0.1, run: (repeat) => run(nested(100, (SWITCHES / 10) * repeat)) },
  'native 1': { run: (repeat) => nativeNested(1, SWITCHES * repeat) },
  'native 100': { run: (repeat) => nativeNested(100, SWITCHES * repeat) },
};

export const measure = (options) => compare(contestants, options);
