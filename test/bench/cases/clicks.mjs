// Clicks on a page whose loop always has work: how long each waits for its listener.

import { drivers } from './drivers.mjs';
import { calibrateSpin, spin } from './spin.mjs';

let isOver = true;
let waits = [];
let times = [];
let entries = [];
let finished;

addEventListener('click', (event) => {
  const now = performance.now();
  waits.push(now - event.timeStamp);
  times.push(performance.timeOrigin + now);
});

/** Keeps the page busy until `stop`. */
export function begin({ driver }) {
  isOver = false;
  waits = [];
  times = [];
  entries = [];
  if (globalThis.PerformanceObserver?.supportedEntryTypes?.includes('event')) {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.name === 'click') entries.push(entry.processingStart - entry.startTime);
      }
    });
    observer.observe({ type: 'event', durationThreshold: 16 });
  }
  if (driver === null) return;
  const steps = calibrateSpin();
  finished = drivers[driver].start(
    () => spin(steps),
    () => isOver,
  );
}

export const seen = () => waits.length;

export async function stop() {
  isOver = true;
  await finished;
  return { waits, times, entries };
}
