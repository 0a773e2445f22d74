// How late timers are on a page that does nothing else, beside setTimeout on the same page.

import { getRunningLoop, run, sleep } from 'asyncio-web';
import { pause } from './spin.mjs';

/** From 1 ms to a second, as many short as long ones. Whole ones: setTimeout cuts off what is not. */
const DELAYS = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 450, 700, 1000,
];

/** Each of the delays once, one batch by our loop and one by setTimeout. */
async function batch() {
  const ours = await run(function* () {
    const loop = getRunningLoop();
    const late = [];
    for (const ms of DELAYS) {
      const due = performance.now() + ms;
      loop.callLater(ms / 1000, () => late.push(performance.now() - due));
    }
    while (late.length < DELAYS.length) yield* sleep(0.1);
    return late;
  });
  const raw = [];
  for (const ms of DELAYS) {
    const due = performance.now() + ms;
    setTimeout(() => raw.push(performance.now() - due), ms);
  }
  while (raw.length < DELAYS.length) await pause(100);
  return { ours, raw };
}

function clockStep() {
  let step = Infinity;
  for (let n = 0; n < 5; n++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    step = Math.min(step, now - start);
  }
  return step;
}

export async function lateness({ batches }) {
  const all = { ours: [], raw: [], step: clockStep() };
  for (let n = 0; n < batches; n++) {
    const { ours, raw } = await batch();
    all.ours.push(...ours);
    all.raw.push(...raw);
  }
  return all;
}

/** The mean of many short sleeps in sequence, ours and by a chain of setTimeout, in milliseconds. */
export async function sequence({ count }) {
  const start = performance.now();
  await run(function* () {
    for (let n = 0; n < count; n++) yield* sleep(0.001);
  });
  const ours = (performance.now() - start) / count;
  const rawCount = Math.ceil(count / 5);
  const rawStart = performance.now();
  for (let n = 0; n < rawCount; n++) await pause(1);
  return { ours, raw: (performance.now() - rawStart) / rawCount };
}
