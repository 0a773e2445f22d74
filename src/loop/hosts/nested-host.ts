/**
 * NestedHost: a run loop with modes and levels, in the manner of NSRunLoop and of Qt's QEventLoop.
 *
 * Toolkits open a run loop inside an event handler: a dialog, a menu, a drag. Such a level runs in a mode, and serves
 * only what is registered for it. Two bugs come from that. A loop that is registered for the default mode alone stands
 * still while the user drags; hence `modes`. And a level that was opened inside a step of a task would enter the next
 * task in the middle of this one; so the pump is not called while a call of it is on the stack, in whatever mode.
 * What had to wait is made up for when the level closes. Open a level outside of tasks: see `runOutsideTask`.
 */

import type { HostLoop, Pump } from '../../core/host.ts';

/** How many of the loop's callbacks run between two events of an inner level. */
const SHARE = 16;

/**
 * A host around another one, whose run loop can be nested.
 *
 * @example
 * const host = new NestedHost(new BrowserHost(), { modes: ['default', 'dialog'] });
 * await run(function* () {
 *   const task = createTask(sleep(0));
 *   yield* runOutsideTask(() => host.runNested('dialog', () => task.done()));
 *   console.log(task.done()); // true: it has run while the dialog was open
 * }, { loopFactory: () => new BaseEventLoop(host) });
 */
export class NestedHost implements HostLoop {
  readonly #outer: HostLoop;
  readonly #modes: ReadonlySet<string>;
  /** The modes of the open levels, the outermost first; null for one that has been told to close. */
  readonly #levels: (string | null)[] = [];
  readonly #events: { readonly mode: string; readonly callback: () => void }[] = [];
  #pump: Pump | null = null;
  #isPumping = false;
  #soon = false;
  #deadline = Infinity;

  /** @param options.modes The modes in which the loop is served. Default: 'default' alone. */
  constructor(outer: HostLoop, { modes = ['default'] }: { readonly modes?: Iterable<string> } = {}) {
    this.#outer = outer;
    this.#modes = new Set(modes);
  }

  get clockResolution(): number {
    return this.#outer.clockResolution;
  }

  /** The mode of the innermost level. */
  get mode(): string {
    return this.#levels.at(-1) ?? 'default';
  }

  now(): number {
    return this.#outer.now();
  }

  start(pump: Pump): void {
    this.#pump = pump;
    this.#outer.start((maxCallbacks) => void this.#serve(maxCallbacks));
  }

  wakeSoon(): void {
    this.#soon = true;
    this.#outer.wakeSoon();
  }

  wakeAt(when: number): void {
    this.#deadline = when;
    this.#outer.wakeAt(when);
  }

  reportError(error: unknown): void {
    this.#outer.reportError(error);
  }

  /** The loop has ended: so do all levels, the innermost first. */
  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#deadline = Infinity;
    this.#levels.fill(null);
    this.#outer.stop();
  }

  /** Puts an event of the toolkit into the queue, for levels that run in `mode`. */
  post(mode: string, callback: () => void): void {
    this.#events.push({ mode, callback });
  }

  /** Closes the innermost level, or all of them. */
  quit({ all = false } = {}): void {
    this.#levels.fill(null, all ? 0 : Math.max(this.#levels.length - 1, 0));
  }

  /**
   * Opens a level and serves events of `mode`, and the loop if it is registered for it, until `isDone`, `quit`, the end
   * of the loop, or until nothing is left that can run now: a page cannot wait inside a call.
   */
  runNested(mode: string, isDone: () => boolean = () => false): void {
    const level = this.#levels.push(mode) - 1;
    try {
      while (this.#levels[level] === mode && !isDone()) {
        const next = this.#events.findIndex((event) => event.mode === mode);
        const [event] = next < 0 ? [] : this.#events.splice(next, 1);
        event?.callback();
        const isDue = this.#soon || this.now() >= this.#deadline;
        if (!(isDue && this.#serve(SHARE)) && event === undefined) break;
      }
    } finally {
      this.#levels.length = level;
      if (this.#pump !== null && (this.#soon || this.#deadline < Infinity)) this.#outer.wakeSoon();
    }
  }

  /** Calls the pump if it may be called now; says whether it did. */
  #serve(maxCallbacks: number): boolean {
    if (this.#pump === null || this.#isPumping || !this.#modes.has(this.mode)) return false;
    this.#soon = false;
    this.#deadline = Infinity;
    this.#isPumping = true;
    try {
      this.#pump(maxCallbacks);
    } finally {
      this.#isPumping = false;
    }
    return true;
  }
}
