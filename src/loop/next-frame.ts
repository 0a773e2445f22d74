/**
 * nextFrame: waits for the next animation frame.
 *
 * There is no CPython file to follow: a terminal shows no frames.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { getRunningLoop } from '../core/events.ts';
import { Future, release } from '../tasks/futures.ts';
import { requestFrame } from './frames.ts';

/** How long a frame is waited for that does not come, in seconds. */
const PATIENCE = 0.1;

/**
 * Waits for the next animation frame and gives its time, in seconds on the page's clock. What follows in the coroutine, up
 * to its next wait, runs before that frame is painted, unless the loop is busy with other things: then it waits its turn.
 * It always yields to the loop.
 *
 * A hidden page shows no frames, and neither does an iframe that is not displayed: then it goes on after `timeout`, so
 * that a program is never held by nobody looking. A cancelled wait asks for no frame any more. On a SimLoop there are 60
 * frames a second of virtual time.
 *
 * @param options.timeout Seconds to wait for a frame; Infinity for as long as it takes. Default 0.1.
 * @throws {RangeError} When awaited, if `timeout` is negative or NaN (Python's ValueError).
 * @throws {RuntimeError} Outside a running loop: "no running event loop".
 * @example
 * const started = yield* nextFrame();
 * const next = yield* nextFrame();
 * console.log(next > started); // true
 */
export function* nextFrame(options?: { readonly timeout?: number }): Coroutine<number> {
  const timeout = options?.timeout ?? PATIENCE;
  if (!(timeout >= 0)) throw new RangeError(`timeout must be 0 or more, got ${timeout}`);
  const loop = getRunningLoop();
  const shown = new Future<void>(null, loop);
  let time = 0;
  const show = (seconds: number): void => {
    time = seconds;
    release(shown);
  };
  const own = loop._requestFrame(show);
  const cancel = own ?? requestFrame((timeMs) => show(timeMs / 1000), timeout * 1000);
  if (own === null) loop._crossBoundary(1);
  try {
    yield* shown;
    return time;
  } finally {
    if (own === null) loop._crossBoundary(-1);
    cancel();
  }
}
