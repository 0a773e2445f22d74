/**
 * IdleHost: a loop that works when the page has nothing better to do.
 *
 * A page that is never idle calls after `timeoutMs` all the same: without it such a page would starve the loop for
 * ever. Where an engine has no `requestIdleCallback` (older Safari), short tasks with pauses take its place.
 */

import { NativeHost } from './native-host.ts';

/** What one call may take when the page did not say, in milliseconds. */
const SHARE_MS = 4;

/**
 * A host that works in the page's idle times.
 *
 * @example
 * const host = new IdleHost({ timeoutMs: 500 });
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(host) });
 */
export class IdleHost extends NativeHost {
  readonly #timeoutMs: number;
  #id = 0;

  /**
   * @param options.timeoutMs The longest wait for an idle time, in milliseconds. Default 200.
   * @throws {RangeError} If `timeoutMs` is not above 0.
   */
  constructor({ timeoutMs = 200 }: { readonly timeoutMs?: number } = {}) {
    super();
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be a positive number, got ${timeoutMs}`);
    this.#timeoutMs = timeoutMs;
  }

  /** True where the engine tells of idle times. */
  static get isSupported(): boolean {
    return typeof requestIdleCallback === 'function';
  }

  protected request(): void {
    this.#id = IdleHost.isSupported
      ? requestIdleCallback(
          (deadline) => this.work(deadline.didTimeout ? SHARE_MS : deadline.timeRemaining()),
          {
            timeout: this.#timeoutMs,
          },
        )
      : Number(setTimeout(() => this.work(SHARE_MS), 1));
  }

  protected withdraw(): void {
    if (IdleHost.isSupported) cancelIdleCallback(this.#id);
    else clearTimeout(this.#id);
  }
}
