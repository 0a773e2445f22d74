/**
 * BrowserHost: the page's (or a Worker's) task queue as the host of a loop.
 *
 * With frames.ts it is the only file that names MessageChannel, setTimeout and requestAnimationFrame. What it does, and
 * why (each measured; the figures are in DECISIONS.md and test/bench):
 *  - A tick is a message of one MessageChannel, with at most one message outstanding: more would starve rendering.
 *  - A tick runs chunks of callbacks until a slice of time is over. Between chunks it goes through a microtask, so
 *    that native promise reactions run; the exact clock is read once for each chunk, because a look costs as much as
 *    several switches of tasks, and the cheap one every few callbacks.
 *  - A slice lasts twenty times what a message takes to arrive, and 2 ms at least.
 *  - A wake-up from idle begins in a microtask, at once. Within a millisecond of the last message that is all; later it
 *    posts a message behind it, the fence. Until the fence arrives all such wake-ups share one millisecond; when that is
 *    used up they wait for the fence. So a loop and a chain of promises that keep waking each other cannot hold the
 *    page, and events that come one upon the other, such as those of a WebSocket, do not cost a message each.
 *  - Behind an event of the page a chunk runs at once, if the listener was called by way of `event`.
 *  - There is one native timer. It is armed from a message only, where browsers do not clamp it to 4 ms, and all it
 *    does is post a tick.
 *  - A loop that is busy waits for a frame now and then: see frames.ts.
 *  - Nothing is armed while the loop is idle. The channel is made when it is first needed and closed on `pagehide` and
 *    `freeze`; a page that comes back looks at its timers anew, because native timers may have stood still.
 *
 * There is no CPython file to follow: a host stands where asyncio has its selector.
 */

import { MAXIMUM_SELECT_TIMEOUT } from '../core/constants.ts';
import type { HostLoop, Pump } from '../core/host.ts';
import { showError } from '../core/log.ts';
import { FrameGate } from './frames.ts';

/** A slice in milliseconds: as many hops, within these bounds. */
const HOPS_PER_SLICE = 20;
const MIN_SLICE_MS = 2;
const MAX_SLICE_MS = 12;

/** How many hops are measured for one setting of the slice. */
const HOPS_MEASURED = 8;

/** A chunk should take about this long, so that the clock is read often enough and not too often. */
const CHUNK_MS = 0.25;

/** The callbacks of the first chunk, of which nothing is known; as many as a message takes to reach who waits for it. */
const FIRST_CHUNK = 4;

/** The most callbacks of a chunk: how long a native promise reaction may have to wait. */
const MAX_CHUNK = 64;

/**
 * The most callbacks between two looks at the wall clock, which costs a quarter of the other: so many may run beyond the
 * end of a slice when quick callbacks are followed by slow ones.
 */
const MAX_STRIDE = 16;

/** The most that wake-ups from idle may take of one task of the page, in milliseconds: behind a message, and with a fence. */
const WAKE_BUDGET_MS = 1;

/** The wall clock has run ahead by so many milliseconds: the machine has slept. */
const SLEPT_MS = 1000;

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

/** The one native timer of a host. `pageTimers()` is the default, `workerTimers()` another. */
export interface TimerSource {
  /** Calls `callback` after `delayMs` milliseconds; takes the place of the one before. */
  arm(delayMs: number, callback: () => void): void;
  /** Takes back what is armed, and lets go of everything that it holds. */
  disarm(): void;
}

/** The page's own setTimeout. @internal */
export function pageTimers(): TimerSource {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    arm(delayMs, callback) {
      if (timer !== undefined) clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        callback();
      }, delayMs);
    },
    disarm() {
      if (timer !== undefined) clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Something to hold while the loop runs: see `webLock()`. */
export interface WakeHold {
  /** Called when the loop starts to run. */
  hold(): void;
  /** Called when it ends. */
  release(): void;
}

/** What `BrowserHost` and `BrowserEventLoop` take. */
export interface BrowserHostOptions {
  /** How long one tick may run, in milliseconds. Default: 20 times what a message takes to arrive, from 2 to 12. */
  readonly sliceMs?: number;
  /** Where the native timer comes from. Default: the page's setTimeout, which a hidden page rounds to seconds. */
  readonly timers?: TimerSource;
  /** What is held while the loop runs, so that a hidden page is not frozen. Default: nothing. */
  readonly keepAwake?: WakeHold;
  /**
   * 'monotonic', the default: the clock may stand still while the machine sleeps, as Python's does, so a timeout counts
   * only the time awake. 'boottime': what the machine slept is added when it wakes.
   */
  readonly clock?: 'monotonic' | 'boottime';
  /**
   * Called once when the page comes back from the back/forward cache, from being frozen, or the machine from sleep, with
   * the seconds that were lost.
   */
  readonly onResume?: (seconds: number) => void;
}

/** What a BrowserHost has counted. */
export interface BrowserHostStats {
  /** Messages of its channel that arrived. */
  readonly ticks: number;
  /** Chunks that began in a microtask. */
  readonly microtasks: number;
  /** Chunks of callbacks that it ran. */
  readonly chunks: number;
  /** Slices that ended with more to do. */
  readonly fullSlices: number;
  /** How often it waited for a frame. */
  readonly frameWaits: number;
  /** How often the native timer was armed. */
  readonly timersArmed: number;
  /** How often it fired. */
  readonly timersFired: number;
  /** The longest slice with more to do, in milliseconds. */
  readonly longestSliceMs: number;
  /** The present slice in milliseconds. */
  readonly sliceMs: number;
  /** What a message took to arrive in milliseconds, the median of eight; 0 until it has been measured. */
  readonly hopMs: number;
  /** The time between two frames in milliseconds, as measured. */
  readonly framePeriodMs: number;
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
  readonly #fixedSlice: boolean;
  readonly #timers: TimerSource;
  readonly #keepAwake: WakeHold | null;
  readonly #boottime: boolean;
  readonly #onResume: ((seconds: number) => void) | null;
  #pump: Pump | null = null;
  readonly #poster = new TaskPoster(() => this.#onMessage());
  readonly #gate = new FrameGate(() => this.#poster.post());
  /** A microtask will run a chunk. */
  #microtask = false;
  /** The loop wants a tick as soon as possible. */
  #soon = false;
  /** A listener of an event is being called: what it makes ready runs behind it. */
  #inEvent = false;
  /** A chunk is being run. */
  #inChunk = false;
  /** This task was started by our own message. */
  #inMessage = false;
  #sliceMs: number;
  #sliceStart = -Infinity;
  /** When the present slice is over, in milliseconds. */
  #sliceEnd = 0;
  /** The same on the wall clock, rounded up. */
  #wallEnd = 0;
  #chunkStart = 0;
  /** How many callbacks the next chunk runs. */
  #chunk = FIRST_CHUNK;
  /** When the loop wants a tick, in milliseconds; Infinity for not at all. */
  #deadline = Infinity;
  #timerAt = Infinity;
  #resolution: number | null = null;
  /** When the message was posted that goes on with a full slice. */
  #postedAt = 0;
  readonly #hops: number[] = [];
  #hopMs = Infinity;
  /** When the page was put away, in milliseconds; NaN while it lives. */
  #suspendedAt = NaN;
  /** How far the wall clock is ahead, at the last look, and what it is to add to the time. */
  #wallAhead = 0;
  #sleptMs = 0;
  readonly #counts = {
    ticks: 0,
    microtasks: 0,
    chunks: 0,
    fullSlices: 0,
    frameWaits: 0,
    timersArmed: 0,
    timersFired: 0,
    longestSliceMs: 0,
  };

  /**
   * @throws {RangeError} If `sliceMs` is not above 0.
   */
  constructor(options?: BrowserHostOptions) {
    const sliceMs = options?.sliceMs ?? MIN_SLICE_MS;
    if (!(sliceMs > 0)) throw new RangeError(`sliceMs must be a positive number, got ${sliceMs}`);
    this.#sliceMs = sliceMs;
    this.#fixedSlice = options?.sliceMs !== undefined;
    this.#timers = options?.timers ?? pageTimers();
    this.#keepAwake = options?.keepAwake ?? null;
    this.#boottime = options?.clock === 'boottime';
    this.#onResume = options?.onResume ?? null;
  }

  now(): number {
    return (performance.now() + this.#sleptMs) / 1000;
  }

  get clockResolution(): number {
    this.#resolution ??= measureResolution();
    return this.#resolution;
  }

  start(pump: Pump): void {
    this.#pump = pump;
    this.#wallAhead = Date.now() - performance.now();
    this.#suspendedAt = NaN;
    this.#keepAwake?.hold();
    this.#listen(globalThis.addEventListener, globalThis.document?.addEventListener);
  }

  wakeSoon(): void {
    this.#soon = true;
    if (!this.#inEvent && !this.#isUnderWay() && this.#mayBegin()) this.#hop();
  }

  event<T>(listener: (data: T) => void, data: T): void {
    if (this.#inEvent || this.#soon || this.#pump === null || this.#isUnderWay()) {
      listener(data);
      return;
    }
    this.#inEvent = true;
    try {
      listener(data);
    } finally {
      this.#inEvent = false;
      // What it has made ready runs here, without the detour through a microtask. The clock, which costs more than all
      // the rest, is asked only if one chunk is not enough: an event is a task of the page, so others have their turn.
      if (this.#soon && this.#pumpChunk() && this.#mayBegin()) this.#hop();
    }
  }

  wakeAt(when: number): void {
    this.#deadline = when * 1000 - this.#sleptMs;
    if (this.#inMessage) this.#armTimer();
    // Armed when the message comes, see above, unless what is armed comes early enough.
    else if (!this.#poster.posted && this.#deadline < this.#timerAt) this.#postFence(performance.now());
  }

  reportError(error: unknown): void {
    showError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#deadline = Infinity;
    this.#disarm();
    this.#keepAwake?.release();
    this.#listen(globalThis.removeEventListener, globalThis.document?.removeEventListener);
  }

  /** What it has counted since it was made. */
  stats(): BrowserHostStats {
    return {
      ...this.#counts,
      sliceMs: this.#sliceMs,
      hopMs: this.#hopMs === Infinity ? 0 : this.#hopMs,
      framePeriodMs: this.#gate.periodMs,
    };
  }

  // Ticks

  /** A chunk is being run or will be, by a microtask or after a frame. */
  #isUnderWay(): boolean {
    return this.#inChunk || this.#microtask || this.#gate.isClosed;
  }

  /** From idle: whether a chunk may begin. If not the time of this task is used up, and the fence is on its way. */
  #mayBegin(): boolean {
    const now = performance.now();
    if (this.#poster.posted) {
      if (now >= this.#sliceEnd) {
        this.#waitsForFrame(now);
        return false;
      }
    } else if (now >= this.#sliceStart + Math.min(this.#sliceMs, WAKE_BUDGET_MS)) {
      this.#postFence(now);
    }
    this.#chunkStart = now;
    return true;
  }

  /** From idle: a message, and how much time there is until it comes. */
  #postFence(now: number): void {
    this.#beginSlice(now, Math.min(this.#sliceMs, WAKE_BUDGET_MS), Date.now());
    this.#poster.post();
  }

  #hop(): void {
    this.#microtask = true;
    RESOLVED.then(this.#onMicrotask);
  }

  #onMessage(): void {
    // A fence that comes while a frame is waited for: the frame posts another message.
    if (this.#pump === null || this.#gate.isClosed) return;
    const now = performance.now();
    this.#counts.ticks += 1;
    const wall = Date.now();
    const slept = this.#takeSleep(wall - now);
    if (slept > 0) this.#resumed(slept);
    if (this.#postedAt > 0) this.#noteHop(now - this.#postedAt);
    this.#postedAt = 0;
    this.#beginSlice(now, this.#sliceMs, wall);
    this.#chunkStart = now;
    this.#inMessage = true;
    // A microtask chunk of this task, if one is to come, is part of the same message: see #onMicrotask.
    if (this.#soon || now >= this.#deadline) this.#runChunk();
    if (!this.#microtask) this.#leaveTask();
  }

  readonly #onMicrotask = (): void => {
    this.#microtask = false;
    if (this.#pump !== null && this.#soon) {
      this.#counts.microtasks += 1;
      this.#runChunk();
    }
    if (!this.#microtask) this.#leaveTask();
  };

  #beginSlice(now: number, lengthMs: number, wall: number): void {
    this.#sliceStart = now;
    this.#sliceEnd = now + lengthMs;
    this.#wallEnd = wall + lengthMs;
  }

  /** The last chunk of a task has run: arms what is to come. */
  #leaveTask(): void {
    const inMessage = this.#inMessage;
    this.#inMessage = false;
    if (this.#pump === null) return;
    if (this.#soon) this.#continue();
    else if (this.#deadline !== Infinity && inMessage) this.#armTimer();
  }

  /** A slice is over and more is to do. */
  #continue(): void {
    const now = this.#chunkStart; // the end of the last chunk
    const counts = this.#counts;
    counts.fullSlices += 1;
    counts.longestSliceMs = Math.max(counts.longestSliceMs, now - this.#sliceStart);
    if (!this.#waitsForFrame(now) && !this.#poster.posted) {
      this.#postedAt = now;
      this.#poster.post();
    }
  }

  /** More is to do: has it wait for a frame, if one is overdue. */
  #waitsForFrame(now: number): boolean {
    const waits = this.#gate.closes(now);
    if (waits) this.#counts.frameWaits += 1;
    return waits;
  }

  /** Runs one chunk; one more follows in a microtask if there is time. */
  #runChunk(): void {
    if (!this.#pumpChunk()) return;
    const now = performance.now();
    this.#adapt(now - this.#chunkStart);
    this.#chunkStart = now;
    if (now < this.#sliceEnd) this.#hop();
  }

  /** Runs the callbacks of one chunk; true if more is to do at once. */
  #pumpChunk(): boolean {
    this.#counts.chunks += 1;
    this.#inChunk = true;
    try {
      for (let left = this.#chunk; left > 0 && this.#pump !== null; left -= MAX_STRIDE) {
        this.#soon = false;
        this.#deadline = Infinity;
        this.#pump(Math.min(left, MAX_STRIDE));
        if (!this.#soon) return false;
        if (left > MAX_STRIDE && Date.now() > this.#wallEnd) break;
      }
    } finally {
      this.#inChunk = false;
    }
    return true;
  }

  /** Fits the length of a chunk to what its callbacks cost. */
  #adapt(elapsedMs: number): void {
    if (elapsedMs > CHUNK_MS) this.#chunk = Math.max(1, Math.floor((this.#chunk * CHUNK_MS) / elapsedMs));
    else if (this.#chunk < MAX_CHUNK) this.#chunk *= 2;
    if (this.#chunk > MAX_CHUNK) this.#chunk = MAX_CHUNK;
  }

  /**
   * The slice is a multiple of the hop, so that what is lost between slices stays small. Of a few hops the lower quartile
   * counts, and of these the least: between the others something else had its turn, and a page that is busy must not
   * make the slice longer.
   */
  #noteHop(hopMs: number): void {
    this.#hops.push(hopMs);
    if (this.#hops.length < HOPS_MEASURED) return;
    const quartile = this.#hops.splice(0).sort((a, b) => a - b)[HOPS_MEASURED / 4] as number;
    this.#hopMs = Math.min(this.#hopMs, quartile);
    if (!this.#fixedSlice) {
      this.#sliceMs = Math.min(Math.max(HOPS_PER_SLICE * this.#hopMs, MIN_SLICE_MS), MAX_SLICE_MS);
    }
  }

  // The timer

  #armTimer(): void {
    if (this.#deadline >= this.#timerAt) return; // what is armed comes early enough
    const now = performance.now();
    const delayMs = this.#deadline - now;
    // No native timer is that exact: what is due within a millisecond is waited for by ticks.
    if (delayMs < 1) {
      this.#poster.post();
      return;
    }
    // Rounded up, since browsers cut off fractions and a tick that comes too early would only arm again.
    const wholeMs = Math.min(Math.ceil(delayMs), MAXIMUM_SELECT_TIMEOUT * 1000);
    this.#timerAt = Math.min(this.#deadline, now + wholeMs); // the same deadline need not be armed again
    this.#counts.timersArmed += 1;
    this.#timers.arm(wholeMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timerAt = Infinity;
    this.#counts.timersFired += 1;
    if (this.#pump !== null) this.#poster.post();
  };

  #disarm(): void {
    this.#timers.disarm();
    this.#timerAt = Infinity;
    this.#gate.stop();
    this.#poster.close();
    this.#postedAt = 0;
  }

  // Pages that are hidden, frozen or kept in the back/forward cache, and machines that sleep

  /** Adds or removes the listeners: a page that is put away must hold nothing, and one that comes back looks anew. */
  #listen(
    onWindow: typeof globalThis.addEventListener | undefined,
    onDocument: typeof document.addEventListener | undefined,
  ): void {
    onWindow?.call(globalThis, 'pagehide', this.#suspend);
    onWindow?.call(globalThis, 'pageshow', this.#resume);
    onDocument?.call(document, 'freeze', this.#suspend);
    onDocument?.call(document, 'resume', this.#resume);
    onDocument?.call(document, 'visibilitychange', this.#look);
  }

  readonly #suspend = (): void => {
    if (Number.isNaN(this.#suspendedAt)) this.#suspendedAt = performance.now();
    this.#disarm();
  };

  readonly #resume = (): void => {
    if (Number.isNaN(this.#suspendedAt)) return; // the first pageshow of a page
    const lostMs = performance.now() - this.#suspendedAt;
    this.#suspendedAt = NaN;
    this.#disarm(); // what was armed meanwhile may have been lost, or stood still
    this.#poster.post();
    this.#resumed(lostMs + this.#takeSleep(Date.now() - performance.now()));
  };

  /** Hidden: no frame will come to wait for. Shown again: timers may be due that were held back. */
  readonly #look = (): void => {
    if (document.visibilityState === 'hidden') this.#gate.release();
    else if (this.#deadline !== Infinity) this.#poster.post();
  };

  /** How long the machine has slept while the clock stood still, in milliseconds; 0 mostly. */
  #takeSleep(ahead: number): number {
    const slept = ahead - this.#wallAhead;
    this.#wallAhead = ahead;
    if (!(slept > SLEPT_MS)) return 0;
    if (this.#boottime) {
      this.#sleptMs += slept;
      this.#deadline -= slept;
    }
    return slept;
  }

  #resumed(lostMs: number): void {
    try {
      this.#onResume?.(lostMs / 1000);
    } catch (error) {
      this.reportError(error);
    }
  }
}

/** The smallest step of the clock in seconds: the lesser of two that are seen, which takes two steps' time. @internal */
export function measureResolution(): number {
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
