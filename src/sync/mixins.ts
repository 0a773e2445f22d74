/**
 * What the primitives share: they belong to the first loop in which they have to wait.
 *
 * Source: Lib/asyncio/mixins.py, CPython 3.14.
 */

import type { AbstractEventLoop } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';

/**
 * The base of the primitives: it belongs to the first loop in which it has to wait. For authors of primitives.
 *
 * @example
 * class Turnstile extends LoopBound {
 *   readonly #gate = new AsyncEvent();
 *   pass(): Coroutine<true> {
 *     return this.#gate.wait();
 *   }
 *   open(): void {
 *     this.#gate.set();
 *   }
 * }
 * const turnstile = new Turnstile();
 * turnstile.open();
 * yield* turnstile.pass();
 */
export abstract class LoopBound {
  #loop: AbstractEventLoop | null = null;

  /**
   * The running loop, which becomes the one of this object.
   *
   * @throws {RuntimeError} If it is used in another loop than before: "… is bound to a different event loop".
   * @internal
   */
  _getLoop(): AbstractEventLoop {
    const loop = getRunningLoop();
    if (loop === this.#loop) return loop;
    this.#loop ??= loop;
    if (loop !== this.#loop) throw new RuntimeError(`${repr(this)} is bound to a different event loop`);
    return loop;
  }
}
