/**
 * BrowserHost: the page's (or a Worker's) task queue as the host of a loop.
 *
 * It is the only file that names MessageChannel and setTimeout. What it does, and why (each measured; the figures
 * are in DECISIONS.md):
 *  - A tick is a message of one MessageChannel, with at most one message outstanding: more would starve rendering.
 *  - A tick runs chunks of callbacks until a slice of time is over. Between chunks it goes through a microtask, so
 *    that native promise reactions run; the clock is read once for each chunk.
 *  - A wake-up from idle begins in a microtask, at once, and posts a message behind it, the fence. Until the fence
 *    arrives all such wake-ups share one slice; when that is used up they wait for the fence. So a loop and a chain
 *    of promises that keep waking each other cannot hold the page.
 *  - There is one native timer. It is armed from a message only, where browsers do not clamp it to 4 ms, and all it
 *    does is post a tick.
 *  - Nothing is armed while the loop is idle. The channel is made when it is first needed and closed on `pagehide`,
 *    because an open one can keep a page out of the back/forward cache.
 *
 * There is no CPython file to follow: a host stands where asyncio has its selector.
 */

import { MAXIMUM_SELECT_TIMEOUT } from '../core/constants.ts';
import type { HostLoop, Pump } from '../core/host.ts';
import { showError } from '../core/log.ts';

/** How long one tick may run, in milliseconds: about 200 hops' cost, and a fraction of a frame. */
const DEFAULT_SLICE_MS = 2;

/** A chunk should take about this long, so that the clock is read often enough and not too often. */
const CHUNK_MS = 0.25;

/** The most callbacks of a chunk: how long a native promise reaction may have to wait. */
const MAX_CHUNK = 64;

/**
 * The most callbacks between two looks at the clock: so many may run beyond the end of a slice when quick callbacks
 * are followed by slow ones. A look costs 70 to 240 ns.
 */
const MAX_STRIDE = 8;

/** A way to be called back in a new task of the page: one channel, made when needed, one message at a time. */
export class TaskPoster {
  readonly #callback: () => void;
  #channel: MessageChannel | null = null;
  /** True while a message is on its way. */
  posted = false;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  post(): void {
    if (this.posted) return;
    this.posted = true;
    if (this.#channel === null) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => {
        this.posted = false;
        this.#callback();
      };
    }
    this.#channel.port2.postMessage(0);
  }

  /** Takes a message back that is on its way, and lets go of the channel until the next `post`. */
  close(): void {
    this.posted = false;
    if (this.#channel === null) return;
    this.#channel.port1.onmessage = null;
    this.#channel.port1.close();
    this.#channel = null;
  }
}

const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** What `BrowserHost` and `BrowserEventLoop` take. */
export interface BrowserHostOptions {
  /** How long one tick may run, in milliseconds. Default 2. */
  readonly sliceMs?: number;
}

/**
 * The page's or Worker's task queue as the host of a loop: ticks by MessageChannel, one native timer, nothing while idle.
 *
 * @example
 * class MyLoop extends BaseEventLoop {
 *   constructor() {
 *     super(new BrowserHost({ sliceMs: 1 }));
 *   }
 * }
 * await run(sleep(0.01), { loopFactory: () => new MyLoop() });
 */
export class BrowserHost implements HostLoop {
  readonly #sliceMs: number;
  #pump: Pump | null = null;
  readonly #poster = new TaskPoster(() => this.#onMessage());
  /** A microtask will run a chunk. */
  #microtask = false;
  /** The loop wants a tick as soon as possible. */
  #soon = false;
  /** A chunk is being run. */
  #inChunk = false;
  /** This task was started by our own message. */
  #inMessage = false;
  /** When the present slice is over, in milliseconds. */
  #sliceEnd = 0;
  /** How many callbacks run between two looks at the clock. */
  #stride = 1;
  /** When the loop wants a tick, in milliseconds; Infinity for not at all. */
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #resolution: number | null = null;

  /**
   * @param options.sliceMs How long one tick may run before the page gets its turn, in milliseconds. Default 2.
   * @throws {RangeError} If `sliceMs` is not above 0.
   */
  constructor(options?: BrowserHostOptions) {
    const sliceMs = options?.sliceMs ?? DEFAULT_SLICE_MS;
    if (!(sliceMs > 0)) throw new RangeError(`sliceMs must be a positive number, got ${sliceMs}`);
    this.#sliceMs = sliceMs;
  }

  now(): number {
    return performance.now() / 1000;
  }

  get clockResolution(): number {
    this.#resolution ??= measureResolution();
    return this.#resolution;
  }

  start(pump: Pump): void {
    this.#pump = pump;
    // A page that is left must not keep a channel or timer; one that comes back goes on where it was.
    globalThis.addEventListener?.('pagehide', this.#suspend);
    globalThis.addEventListener?.('pageshow', this.#resume);
  }

  wakeSoon(): void {
    this.#soon = true;
    if (this.#inChunk || this.#microtask) return;
    if (!this.#poster.posted) {
      this.#sliceEnd = performance.now() + this.#sliceMs;
      this.#poster.post();
    } else if (performance.now() >= this.#sliceEnd) {
      return; // the slice of this task is used up; the fence is on its way
    }
    this.#hop();
  }

  wakeAt(when: number): void {
    this.#deadline = when * 1000;
    if (this.#inMessage) this.#armTimer();
    else this.#poster.post(); // armed when the message comes, see above
  }

  reportError(error: unknown): void {
    showError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#deadline = Infinity;
    this.#disarm();
    globalThis.removeEventListener?.('pagehide', this.#suspend);
    globalThis.removeEventListener?.('pageshow', this.#resume);
  }

  // Ticks

  #hop(): void {
    this.#microtask = true;
    RESOLVED.then(this.#onMicrotask);
  }

  #onMessage(): void {
    if (this.#pump === null) return;
    this.#sliceEnd = performance.now() + this.#sliceMs;
    this.#inMessage = true;
    // A microtask chunk of this task, if one is to come, is part of the same message: see #onMicrotask.
    if (this.#soon) this.#runChunk();
    else if (performance.now() >= this.#deadline) this.#runChunk();
    if (!this.#microtask) this.#leaveTask();
  }

  readonly #onMicrotask = (): void => {
    this.#microtask = false;
    if (this.#pump !== null && this.#soon) this.#runChunk();
    if (!this.#microtask) this.#leaveTask();
  };

  /** The last chunk of a task has run: arms what is to come. */
  #leaveTask(): void {
    const inMessage = this.#inMessage;
    this.#inMessage = false;
    if (this.#pump === null) return;
    if (this.#soon) {
      this.#poster.post();
    } else if (this.#deadline !== Infinity && inMessage) {
      this.#armTimer();
    }
  }

  /** Runs callbacks for about CHUNK_MS, or MAX_CHUNK of them; the clock is read after every few. */
  #runChunk(): void {
    let before = performance.now();
    const chunkEnd = Math.min(before + CHUNK_MS, this.#sliceEnd);
    let left = MAX_CHUNK;
    this.#inChunk = true;
    try {
      do {
        const pump = this.#pump;
        if (pump === null) return;
        this.#soon = false;
        this.#deadline = Infinity;
        const count = Math.min(this.#stride, left);
        left -= count;
        pump(count);
        if (!this.#soon) return;
        const after = performance.now();
        this.#adapt(after - before);
        before = after;
      } while (left > 0 && before < chunkEnd);
    } finally {
      this.#inChunk = false;
    }
    if (before < this.#sliceEnd) this.#hop();
  }

  /** Fits the number of callbacks between two looks at the clock to their cost. */
  #adapt(elapsedMs: number): void {
    if (elapsedMs > CHUNK_MS) this.#stride = Math.max(1, Math.floor((this.#stride * CHUNK_MS) / elapsedMs));
    else if (this.#stride < MAX_STRIDE) this.#stride *= 2;
  }

  // The timer

  #armTimer(): void {
    if (this.#deadline >= this.#timerAt) return; // what is armed comes early enough
    const now = performance.now();
    // Rounded up, since browsers cut off fractions and a tick that comes too early would only arm again.
    const delayMs = Math.min(Math.ceil(this.#deadline - now), MAXIMUM_SELECT_TIMEOUT * 1000);
    if (delayMs < 1) {
      this.#poster.post();
      return;
    }
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timerAt = now + delayMs;
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    if (this.#pump !== null) this.#poster.post();
  };

  #disarm(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#poster.close();
  }

  // Pages that are hidden for good or for the back/forward cache

  readonly #suspend = (): void => this.#disarm();

  readonly #resume = (event: Event): void => {
    // The native timer stood still while the clock went on: look at once.
    if ((event as PageTransitionEvent).persisted && this.#pump !== null) this.#poster.post();
  };
}

/** The smallest step of the clock in seconds: the lesser of two that are seen, which takes two steps' time. */
function measureResolution(): number {
  let smallest = 1;
  for (let i = 0; i < 2; i += 1) {
    const start = performance.now();
    let next = start;
    // Bounded: a clock that is frozen (a simulated page) must not hang the program.
    for (let spins = 0; next === start && spins < 100_000; spins += 1) next = performance.now();
    if (next > start) smallest = Math.min(smallest, (next - start) / 1000);
  }
  return smallest === 1 ? 0.001 : smallest;
}
