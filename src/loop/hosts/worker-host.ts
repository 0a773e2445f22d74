/**
 * WorkerHost: a Worker's task queue as a host that can also block.
 *
 * It is a BrowserHost until `block` is called: then the thread waits for its timers by Atomics.wait, so the run is over
 * when the call returns. Meanwhile the Worker gets no messages and its native Promises do not settle; other threads
 * reach the program through the inbox.
 */

import type { Pump } from '../../core/host.ts';
import type { BrowserHostOptions } from '../browser-host.ts';
import { BrowserHost } from '../browser-host.ts';
import { Inbox } from './inbox.ts';

/** How many callbacks run between two looks into the inbox. */
const SHARE = 64;

/**
 * The host of a Worker: as BrowserHost, and `WorkerEventLoop.runUntilCompleteSync` can block on it.
 *
 * @example
 * const host = new WorkerHost();
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(host) }); // without blocking, in a page as well
 */
export class WorkerHost extends BrowserHost {
  /** Where other threads put messages while this one blocks; null where there is no shared memory. */
  readonly inbox: Inbox | null;
  #isBlocking = false;
  #pump: Pump | null = null;
  #soon = false;
  #deadline = Infinity;

  /** @param options.inbox Default: a new one where the page has shared memory, else none. */
  constructor(options: BrowserHostOptions & { readonly inbox?: Inbox | null } = {}) {
    super(options);
    const { inbox = typeof SharedArrayBuffer === 'function' ? new Inbox() : null } = options;
    this.inbox = inbox;
  }

  /** True where `block` may be called: in a Worker of a cross-origin isolated page. */
  get canBlock(): boolean {
    return this.inbox !== null && !('document' in globalThis);
  }

  override start(pump: Pump): void {
    this.#pump = pump;
    if (!this.#isBlocking) super.start(pump);
  }

  override wakeSoon(): void {
    if (this.#isBlocking) this.#soon = true;
    else super.wakeSoon();
  }

  override wakeAt(when: number): void {
    if (this.#isBlocking) this.#deadline = when;
    else super.wakeAt(when);
  }

  override stop(): void {
    this.#pump = null;
    super.stop();
  }

  /** Calls `start`, which begins a run, and turns the loop until the run has ended. */
  block(start: () => void): void {
    this.#isBlocking = true;
    this.#soon = false;
    this.#deadline = Infinity;
    try {
      start();
      while (this.#pump !== null) {
        if (this.#soon || this.now() >= this.#deadline || this.inbox?.isEmpty === false) {
          this.#soon = false;
          this.#deadline = Infinity;
          this.#pump(SHARE);
        } else {
          this.inbox?.wait((this.#deadline - this.now()) * 1000);
        }
      }
    } finally {
      this.#isBlocking = false;
    }
  }
}
