/**
 * NativeHost: what the hosts on a page's callbacks have in common. A host on another source of callbacks (a game's
 * ticker, an idle time, a message) says how to ask the source for one call, and gives the call's time to `work`.
 *
 * After a call of the source, work goes on in microtasks: native promise reactions come in between chunks, and a
 * Promise that settles at once, or the next run of the loop, does not have to wait for the source's next call. The
 * source is never asked inside its own call: many answer at once, within the same frame, and then no frame would end.
 *
 * There is no CPython file to follow: a host stands where asyncio has its selector.
 */

import { MAXIMUM_SELECT_TIMEOUT } from '../../core/constants.ts';
import type { HostLoop, Pump } from '../../core/host.ts';
import { showError } from '../../core/log.ts';
import { measureResolution } from '../browser-host.ts';

/** The most callbacks between two looks at the clock. */
const CHUNK = 32;

/** So many microtasks without work end a call: enough for the promise reactions between two runs of a Runner. */
const PATIENCE = 12;

/**
 * A host that works when some native source calls it. Write `request` and `withdraw`, and call `work`.
 *
 * @example
 * class MessageHost extends NativeHost {
 *   #channel: MessageChannel | null = null;
 *   protected request() {
 *     this.#channel = new MessageChannel();
 *     this.#channel.port1.onmessage = () => {
 *       this.withdraw();
 *       this.work(8);
 *     };
 *     this.#channel.port2.postMessage(null);
 *   }
 *   protected withdraw() {
 *     this.#channel?.port1.close();
 *   }
 * }
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(new MessageHost()) });
 */
export abstract class NativeHost implements HostLoop {
  #pump: Pump | null = null;
  #soon = false;
  #isRequested = false;
  /** Within a call of the source, or in the microtasks behind it. */
  #isOpen = false;
  #endMs = 0;
  #patience = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resolution: number | undefined;

  /** Asks the source for one call of {@link NativeHost.work}; it is not asked again until that has come. */
  protected abstract request(): void;
  /** Takes the request back. */
  protected abstract withdraw(): void;

  now(): number {
    return performance.now() / 1000;
  }

  get clockResolution(): number {
    this.#resolution ??= measureResolution();
    return this.#resolution;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.#soon = true;
    if (!this.#isOpen) this.#request();
  }

  wakeAt(when: number): void {
    clearTimeout(this.#timer);
    // Rounded up, since browsers cut off fractions, and clamped, since they overflow at 2³¹: then the pump asks again.
    const delayMs = Math.min(Math.ceil((when - this.now()) * 1000), MAXIMUM_SELECT_TIMEOUT * 1000);
    if (delayMs > 0) this.#timer = setTimeout(() => this.wakeSoon(), delayMs);
    else this.wakeSoon();
  }

  reportError(error: unknown): void {
    showError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    clearTimeout(this.#timer);
    if (this.#isRequested) this.withdraw();
    this.#isRequested = false;
  }

  /**
   * The source has called: runs callbacks for `budgetMs` milliseconds, or until there are none, and one chunk at least.
   *
   * @param atOnce Runs them within the call, for a source that goes on with their effects: one that draws them. Else
   *   all but the first chunk run in microtasks behind it.
   */
  protected work(budgetMs: number, atOnce = false): void {
    this.#isRequested = false;
    if (this.#pump === null || this.#isOpen) return;
    this.#isOpen = true;
    this.#endMs = performance.now() + budgetMs;
    this.#patience = PATIENCE;
    this.#run(atOnce);
  }

  /** A chunk, or several, and what is to come behind them. */
  #run(atOnce: boolean): void {
    try {
      do {
        this.#patience -= 1;
        if (!this.#soon || this.#pump === null) continue;
        this.#soon = false;
        this.#patience = PATIENCE;
        clearTimeout(this.#timer);
        this.#pump(CHUNK);
      } while (atOnce && this.#soon && performance.now() < this.#endMs);
    } finally {
      void Promise.resolve().then(this.#goOn);
    }
  }

  /** In a microtask: the next chunk, or the end of this call's work. */
  readonly #goOn = (): void => {
    this.#isOpen = this.#patience > 0 && performance.now() < this.#endMs;
    if (this.#isOpen) this.#run(false);
    else if (this.#soon) this.#request();
  };

  #request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.request();
  }
}
