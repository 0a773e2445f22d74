// A hundred thousand timers in order, and a million at what cost.

import { getRunningLoop, run, sleep } from 'asyncio-web';
import { pause, sliceOf } from './spin.mjs';

const MILLION = 1e6;

/** The numbers that a seed gives, from 0 to 1 (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random deadlines within a second, every third cancelled: how many came early, and how many out of order. */
export function order({ count = 1e5, seed = 1 } = {}) {
  const next = random(seed);
  return run(function* () {
    const loop = getRunningLoop();
    const resolution = loop.host?.clockResolution ?? 0.001;
    const fired = [];
    let early = 0;
    const start = loop.time();
    const fire = (when, n) => {
      const now = loop.time();
      if (now < when - resolution) early++;
      fired.push([when, n]);
    };
    const handles = [];
    let expected = 0;
    for (let n = 0; n < count; n++) {
      // Few enough different times that many are equal.
      const when = start + 0.2 + Math.floor(next() * 1000) / 1250;
      handles.push(loop.callAt(when, fire, when, n));
    }
    for (let n = 0; n < count; n++) {
      if (next() < 1 / 3) handles[n].cancel();
      else expected++;
    }
    yield* sleep(1.3);
    while (fired.length < expected) yield* sleep(0.05);
    let disordered = fired.length - expected;
    for (let n = 1; n < fired.length; n++) {
      const [[a, i], [b, j]] = [fired[n - 1], fired[n]];
      if (a > b || (a === b && i > j)) disordered++;
    }
    return { early, disordered };
  });
}

const CHUNK = 1000;

/** Calls `each` for 0 to `count`, and gives the time for each thousand, and for all. */
function inChunks(count, each) {
  const chunks = [];
  const start = performance.now();
  let before = start;
  for (let n = 0; n < count; ) {
    for (const end = n + CHUNK; n < end; n++) each(n);
    const after = performance.now();
    chunks.push(after - before);
    before = after;
  }
  return { ms: before - start, chunks };
}

/** The longest time between two tasks of the page while `during` goes on. */
async function longestGap(during) {
  let longest = 0;
  let last = performance.now();
  let over = false;
  const probe = new MessageChannel();
  probe.port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) probe.port2.postMessage(0);
  };
  probe.port2.postMessage(0);
  await during();
  over = true;
  probe.port1.close();
  return Math.max(longest, performance.now() - last);
}

function noop() {}

/** The pauses that as many objects make which nobody keeps in order: the garbage collector's. */
function control(delays) {
  const objects = new Array(MILLION);
  return inChunks(MILLION, (n) => {
    objects[n] = { when: delays[n], callback: noop, args: undefined, state: 0 };
  });
}

/** A pause that upkeep makes in a row of equal calls stands out of them; what a usual thousand takes is no pause. */
function pauseIn({ chunks }) {
  const sorted = chunks.toSorted((a, b) => a - b);
  return sorted.at(-1) - sorted[sorted.length >> 1];
}

/** A million timers: added, and cancelled; then a million more: added, and due all at once. */
export async function million({ seed = 1 } = {}) {
  const next = random(seed);
  // Made before: it is not the numbers that are measured.
  const delays = Float64Array.from({ length: MILLION }, () => 3600 + next() * 3600);
  const handles = new Array(MILLION);
  const controlled = pauseIn(control(delays));
  const result = {};
  await pause(100);
  await run(function* () {
    const loop = getRunningLoop();
    const base = loop.time();
    const add = inChunks(MILLION, (n) => {
      handles[n] = loop.callAt(base + delays[n], noop);
    });
    yield* sleep(0.05);
    const start = performance.now();
    const cancel = inChunks(MILLION, (n) => handles[n].cancel());
    // The upkeep that cancelling causes may be left for later iterations: they count too, and are watched.
    const upkeep = loop.createFuture();
    let iterations = 0;
    const turn = () => (++iterations < 5000 ? loop.callSoon(turn) : upkeep.setResult());
    const gap = longestGap(() => new Promise((resolve) => upkeep.addDoneCallback(() => resolve())));
    turn();
    yield* upkeep;
    const idle = performance.now();
    iterations = 0;
    const again = loop.createFuture();
    const turnAgain = () => (++iterations < 5000 ? loop.callSoon(turnAgain) : again.setResult());
    turnAgain();
    yield* again;
    const turns = performance.now() - idle; // what the iterations cost without upkeep
    result.add = (add.ms * 1e6) / MILLION;
    result.cancel = (Math.max(cancel.ms, idle - start - turns) * 1e6) / MILLION;
    result.pauses = {
      control: controlled,
      add: Math.max(0, pauseIn(add) - controlled),
      cancel: pauseIn(cancel),
    };
    handles.fill(undefined);
    const future = loop.createFuture();
    gap.then((ms) => {
      result.pauses.upkeep = Math.max(0, ms - sliceOf(loop)); // a slice is no pause
      future.setResult();
    });
    yield* future;
  });
  await pause(100);
  // Timers that are due: what it takes to get each out of the heap, in order, and to call it.
  await run(function* () {
    const loop = getRunningLoop();
    const base = loop.time() - 10;
    const all = loop.createFuture();
    let left = MILLION;
    const fire = () => {
      if (--left === 0) all.setResult();
    };
    for (let n = 0; n < MILLION; n++) loop.callAt(base + delays[n] / 7200, fire);
    const start = performance.now();
    const gap = longestGap(() => new Promise((resolve) => all.addDoneCallback(() => resolve())));
    yield* all;
    result.pop = ((performance.now() - start) * 1e6) / MILLION;
    const future = loop.createFuture();
    gap.then((ms) => {
      result.pauses.pop = Math.max(0, ms - sliceOf(loop));
      future.setResult();
    });
    yield* future;
  });
  return result;
}
