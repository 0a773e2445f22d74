/**
 * For pages that go on working while nobody looks: a timer that is not slowed down, and a hold against being frozen.
 * Both are off unless a program gives them to its loop, because they cost battery.
 *
 * There is no CPython file to follow: a terminal program has no tab to be hidden in.
 */

import type { TimerSource, WakeHold } from './browser-host.ts';
import { pageTimers } from './browser-host.ts';

/** Gives back the number that came with the delay: a message that is on its way may be of the timer before. */
const WORKER_SOURCE = `let timer;
onmessage = ({ data: [delayMs, number] }) => {
  clearTimeout(timer);
  timer = setTimeout(postMessage, delayMs, number);
};`;

/**
 * Timers of a small worker, for `timers` of a BrowserEventLoop: in a hidden page they stay exact to some milliseconds,
 * where the page's own are rounded to seconds. The worker lives while the loop runs. Where the page's policy allows no
 * worker the page's own timers serve. A phone that sends the browser to sleep stops a worker too. Each loop needs its own.
 *
 * @example
 * const loopFactory = () => new BrowserEventLoop({ timers: workerTimers() });
 * await run(sleep(0.01), { loopFactory });
 */
export function workerTimers(): TimerSource {
  const page = pageTimers();
  let worker: Worker | null = null;
  let isRefused = false;
  let due: (() => void) | null = null;
  let dueAtMs = 0;
  let armed = 0;

  const refuse = (): void => {
    isRefused = true;
    worker?.terminate();
    worker = null;
    if (due !== null) page.arm(Math.max(0, dueAtMs - performance.now()), due);
  };
  const start = (): void => {
    const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
    try {
      worker = new Worker(url);
      worker.onmessage = ({ data }) => {
        if (data !== armed) return;
        const callback = due;
        due = null;
        callback?.();
      };
      // A policy that forbids it is told here, after the fact.
      worker.onerror = refuse;
    } catch {
      refuse(); // told at once; the page's timers are the stated fallback
    } finally {
      URL.revokeObjectURL(url);
    }
  };
  return {
    arm(delayMs, callback) {
      due = callback;
      dueAtMs = performance.now() + delayMs;
      if (worker === null && !isRefused) start();
      else if (isRefused) page.arm(delayMs, callback);
      worker?.postMessage([delayMs, ++armed]);
    },
    disarm() {
      due = null;
      worker?.terminate();
      worker = null;
      page.disarm();
    },
  };
}

/**
 * Holds a Web Lock while the loop runs, for `keepAwake` of a BrowserEventLoop: Chromium does not freeze a hidden page that
 * holds one. It may keep the page out of the back/forward cache. Where there are no Web Locks it does nothing.
 *
 * @param name The name of the lock, which is shared: any number of loops and tabs hold it. Default 'asyncio-web'.
 * @throws {RangeError} If `name` begins with '-', which Web Locks reserve.
 * @example
 * const loopFactory = () => new BrowserEventLoop({ keepAwake: webLock() });
 * await run(sleep(0.01), { loopFactory });
 */
export function webLock(name = 'asyncio-web'): WakeHold {
  if (name.startsWith('-')) throw new RangeError(`name must not begin with '-', got '${name}'`);
  let loops = 0;
  let end = (): void => undefined;
  return {
    hold() {
      loops += 1;
      if (loops > 1) return;
      const released = new Promise<void>((resolve) => {
        end = resolve;
      });
      // Refused in a sandboxed frame: then the page may be frozen, as without.
      globalThis.navigator?.locks?.request(name, { mode: 'shared' }, () => released).catch(() => undefined);
    },
    release() {
      loops -= 1;
      if (loops === 0) end();
    },
  };
}
