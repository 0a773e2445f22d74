/**
 * BrowserEventLoop: the loop of a page or Worker. It is BaseEventLoop on a BrowserHost.
 *
 * Source: its place is that of Lib/asyncio/unix_events.py, CPython 3.14.
 */

import { nameOf } from '../core/format-helpers.ts';
import { BaseEventLoop } from './base-events.ts';
import type { BrowserHostOptions } from './browser-host.ts';
import { BrowserHost } from './browser-host.ts';

/**
 * The loop of a page or Worker, which `run` uses by default: BaseEventLoop on a BrowserHost.
 *
 * @example
 * await run(sleep(0.01), { loopFactory: () => new BrowserEventLoop({ sliceMs: 5 }) });
 */
export class BrowserEventLoop extends BaseEventLoop {
  /**
   * @param options.sliceMs How long one tick may run before the page gets its turn, in milliseconds. Default: 20 times
   *   what a message takes to arrive, from 2 to 12.
   * @param options.timers Where the native timer comes from: `workerTimers()` for pages that work while hidden.
   * @param options.keepAwake `webLock()` keeps a hidden page from being frozen.
   * @param options.clock 'boottime' counts the time that the machine slept. Default 'monotonic'.
   * @param options.onResume Called with the seconds that were lost when the page or the machine comes back.
   * @throws {RangeError} If `sliceMs` is not above 0.
   */
  constructor(options?: BrowserHostOptions) {
    super(new BrowserHost(options));
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, BrowserEventLoop, 'BrowserEventLoop');
  }
}

/**
 * A new loop of the kind that `run` uses when it is given no `loopFactory`.
 *
 * @example
 * const loop = newEventLoop();
 * await loop.runUntilComplete(sleep(0.01));
 * loop.close();
 */
export function newEventLoop(): BrowserEventLoop {
  return new BrowserEventLoop();
}
