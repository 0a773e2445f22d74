/**
 * BrowserEventLoop: the loop of a page or Worker. It is BaseEventLoop on a BrowserHost.
 */

import { nameOf } from '../core/format-helpers.ts';
import { BaseEventLoop } from './base-events.ts';
import type { BrowserHostOptions } from './browser-host.ts';
import { BrowserHost } from './browser-host.ts';

export class BrowserEventLoop extends BaseEventLoop {
  /** @param options.sliceMs How long one tick may run before the page gets its turn, in milliseconds. Default 2. */
  constructor(options?: BrowserHostOptions) {
    super(new BrowserHost(options));
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, BrowserEventLoop, 'BrowserEventLoop');
  }
}

/** A new loop of the kind that `run` uses when it is given no `loopFactory`. */
export function newEventLoop(): BrowserEventLoop {
  return new BrowserEventLoop();
}
