// What it costs that the loop can be watched: a million callbacks unwatched, with an instrument, and in debug mode.

import { BrowserEventLoop, getRunningLoop, run } from 'asyncio-web';
import { compare } from './harness.mjs';

const CALLBACKS = 1e5;

export const work = { count: CALLBACKS, of: 'callback' };

function noop() {}

function setResult(future) {
  future.setResult();
}

function* burst(repeat, count = CALLBACKS) {
  const loop = getRunningLoop();
  for (; repeat > 0; repeat--) {
    const last = loop.createFuture();
    for (let n = 1; n < count; n++) loop.callSoon(noop);
    loop.callSoon(setResult, last);
    yield* last;
  }
}

/** Counts everything that the loop tells of. */
function counting() {
  let count = 0;
  const add = () => {
    count++;
  };
  return {
    handleScheduled: add,
    beforeHandle: add,
    afterHandle: add,
    beforeIteration: add,
    total: () => count,
  };
}

export const contestants = {
  off: { run: (repeat) => run(burst(repeat)) },
  instrument: {
    run: (repeat) =>
      run(burst(repeat), {
        loopFactory: () => {
          const loop = new BrowserEventLoop();
          loop.addInstrument(counting());
          return loop;
        },
      }),
  },
  debug: { share: 0.1, run: (repeat) => run(burst(repeat, CALLBACKS / 10), { debug: true }) },
};

export const measure = (options) => compare(contestants, options);
