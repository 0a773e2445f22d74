// A page that animates, talks to a worker and has timers of its own, while a loop always has work.

import { BrowserEventLoop, getRunningLoop, run } from 'asyncio-web';
import { drivers } from './drivers.mjs';
import { calibrateSpin, pause, sliceOf, spin } from './spin.mjs';

/** Names of the drivers that the engine has what they need for. */
export const available = () =>
  Object.keys(drivers).filter((name) => drivers[name].works === undefined || drivers[name].works());

/** Sends the time, on a clock that both sides share, as often as a worker's timer can. */
const WORKER = 'setInterval(() => postMessage(performance.timeOrigin + performance.now()), 1);';

/** Frames for some seconds while nothing else happens: what there is to lose. */
async function framePeriod(ms) {
  const gaps = [];
  let last;
  let over = false;
  const onFrame = (time) => {
    if (last !== undefined) gaps.push(time - last);
    last = time;
    if (!over) requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  await pause(ms);
  over = true;
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1];
}

/** How many callbacks a plain loop does in a millisecond, undisturbed: the steps and nothing between them. */
function plainRate(steps) {
  let best = 0;
  for (let n = 0; n < 5; n++) {
    const start = performance.now();
    for (let k = 0; k < 50_000; k++) spin(steps);
    best = Math.max(best, 50_000 / (performance.now() - start));
  }
  return best;
}

/**
 * Everything that shares the page with a busy loop, for `ms` milliseconds.
 *
 * @param {{driver: string, ms: number}} options
 */
export async function saturate({ driver, ms }) {
  const steps = calibrateSpin();
  const period = await framePeriod(Math.min(1000, ms / 2));
  const before = plainRate(steps);

  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
  await new Promise((resolve) => {
    worker.onmessage = resolve;
  });

  const messages = [];
  const timers = [];
  const frames = [];
  const longTasks = [];
  let done = 0;
  let isOver = false;
  let slice;
  let stats;
  const start = performance.now();
  const end = start + ms;
  worker.onmessage = ({ data }) => {
    if (!isOver) messages.push(Math.max(0, performance.timeOrigin + performance.now() - data));
  };
  const onTimer = (due) => {
    const now = performance.now();
    timers.push(now - due);
    if (now < end) setTimeout(onTimer, 20, now + 20);
  };
  for (let n = 20; n < 40; n += 4) setTimeout(onTimer, n, start + n);
  // The frames' own times are those of the display. The gaps are also those that the page sees, by its clock.
  const onFrame = () => {
    frames.push(performance.now());
    if (performance.now() < end) requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  const observer = globalThis.PerformanceObserver?.supportedEntryTypes?.includes('longtask')
    ? new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    : null;
  observer?.observe({ type: 'longtask' });

  let loop;
  // The clock is read seldom: it would cost as much as the work.
  let due = 0;
  const work = () => {
    spin(steps);
    done++;
  };
  const isDone = () => {
    if (++due % 256 === 0 && performance.now() >= end) isOver = true;
    return isOver;
  };
  await drivers[driver].start(work, isDone, (running) => {
    loop = running;
    slice = sliceOf(running);
  });
  isOver = true;
  const elapsed = performance.now() - start;
  if (loop) {
    slice = sliceOf(loop);
    stats = loop.stats?.();
  }
  await pause(50); // what was held up arrives
  observer?.disconnect();
  worker.terminate();
  const rate = Math.max(before, plainRate(steps));

  const gaps = [start, ...frames].slice(1).map((time, n) => time - (n ? frames[n - 1] : start));
  gaps.push(Math.max(0, start + elapsed - (frames.at(-1) ?? start)));
  return {
    work: done / elapsed / rate,
    elapsed,
    period,
    frames: frames.filter((time) => time <= start + elapsed).length / (elapsed / period),
    gaps,
    messages,
    timers,
    longTasks: observer ? longTasks.filter((duration) => duration > 50).length : null,
    slice: slice ?? null,
    stats: stats ?? null,
  };
}

/**
 * The part of a plain loop's work that gets done where the page has nothing else to do: no animation, no messages, no
 * timers of others. What is missing is the loop's own.
 *
 * @param {{driver: string, ms: number}} options
 */
export async function alone({ driver, ms }) {
  document.querySelector('i')?.remove();
  const steps = calibrateSpin();
  const before = plainRate(steps);
  let done = 0;
  let looks = 0;
  let isOver = false;
  const start = performance.now();
  const isDone = () => {
    if (++looks % 256 === 0 && performance.now() >= start + ms) isOver = true;
    return isOver;
  };
  await drivers[driver].start(() => {
    spin(steps);
    done++;
  }, isDone);
  const elapsed = performance.now() - start;
  return done / elapsed / Math.max(before, plainRate(steps));
}

/** A million callbacks of a microsecond, scheduled at once, and what comes between two tasks of the page's own. */
export async function blocks({ count = 1e6, sliceMs } = {}) {
  const steps = calibrateSpin();
  const walls = [];
  let done = 0;
  let seen = 0;
  let last = 0;
  let isOver = false;
  let slice;
  const probe = new MessageChannel();
  probe.port1.onmessage = () => {
    const now = performance.now();
    // What ran before the first message ran in the task that scheduled it all.
    if (last > 0 && done > seen) walls.push(now - last);
    seen = done;
    last = now;
    if (!isOver) probe.port2.postMessage(0);
  };
  await run(
    function* () {
      const loop = getRunningLoop();
      slice = sliceOf(loop);
      const all = loop.createFuture();
      const work = () => {
        spin(steps);
        if (++done === count) all.setResult();
      };
      for (let n = 0; n < count; n++) loop.callSoon(work);
      probe.port2.postMessage(0);
      yield* all;
      slice = sliceOf(loop);
    },
    { loopFactory: () => new BrowserEventLoop(sliceMs ? { sliceMs } : {}) },
  );
  isOver = true;
  probe.port1.close();
  return { walls, slice };
}
