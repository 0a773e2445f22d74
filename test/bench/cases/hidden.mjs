// A page that somebody else hides: work, timers and frames before and after.

import { BrowserEventLoop, getRunningLoop, nextFrame, run, sleep } from 'asyncio-web';
import { calibrateSpin, pause, spin } from './spin.mjs';

/** When the page was shown and hidden. */
export const changes = [];
document.addEventListener('visibilitychange', () =>
  changes.push([document.visibilityState, performance.now()]),
);

export const state = () => document.visibilityState;

/** Callbacks of a microsecond that are called in a millisecond. */
export async function rate({ ms, warmMs = 500 }) {
  const steps = calibrateSpin();
  let done = 0;
  let from = 0;
  let elapsed = 0;
  await run(function* () {
    const loop = getRunningLoop();
    const over = loop.createFuture();
    const start = performance.now();
    let calls = 0;
    const callback = () => {
      spin(steps);
      done++;
      if (++calls % 256 === 0) {
        const now = performance.now();
        if (from === 0 && now - start >= warmMs) {
          from = now;
          done = 0;
        }
        if (now - start >= warmMs + ms) {
          elapsed = now - from;
          if (!over.done()) over.setResult();
          return;
        }
      }
      if (!over.done()) loop.callSoon(callback);
    };
    for (let n = 0; n < 1000; n++) loop.callSoon(callback);
    yield* over;
  });
  return { perMs: done / elapsed, state: document.visibilityState };
}

/** The lateness of timers of one second, armed one after the other, in seconds. */
export async function periodic({ seconds }) {
  const late = [];
  await run(function* () {
    const loop = getRunningLoop();
    const end = loop.time() + seconds;
    while (loop.time() < end) {
      const due = loop.time() + 1;
      yield* sleep(1);
      late.push(Math.max(0, loop.time() - due));
    }
  });
  return { late, state: document.visibilityState };
}

let progress = [];
let isOver = false;
let finished;

/** Keeps the page busy, and notes when something was done; with frames asked for as often as the loop gives them. */
export async function beginProgress() {
  const steps = calibrateSpin();
  progress = [];
  isOver = false;
  const frames = function* () {
    // A task that waits for a frame must go on when there are none.
    while (!isOver) {
      yield* nextFrame();
      progress.push(performance.now());
    }
  };
  finished = run(
    function* () {
      const loop = getRunningLoop();
      const waiting = loop.createTask(frames());
      let last = 0;
      let calls = 0;
      const callback = () => {
        spin(steps);
        if (++calls % 64 === 0) {
          const now = performance.now();
          if (now - last >= 1) {
            progress.push(now);
            last = now;
          }
        }
        if (!isOver) loop.callSoon(callback);
      };
      for (let n = 0; n < 1000; n++) loop.callSoon(callback);
      yield* waiting;
    },
    { loopFactory: () => new BrowserEventLoop() },
  );
  await pause(500);
}

/**
 * How long nothing was done when the page was hidden, and at most while it stayed so, in milliseconds; null if it was
 * not hidden.
 */
export async function endProgress() {
  isOver = true;
  await finished;
  const hiddenAt = changes.findLast(([visibility]) => visibility === 'hidden')?.[1];
  if (hiddenAt === undefined) return null;
  progress.sort((a, b) => a - b);
  const first = progress.findIndex((time) => time >= hiddenAt);
  let longest = 0;
  for (let n = first + 1; n < progress.length; n++)
    longest = Math.max(longest, progress[n] - progress[n - 1]);
  return { atFirst: progress[first] - progress[first - 1], longest };
}
