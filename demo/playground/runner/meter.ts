/**
 * Pause, single steps and slow motion for any loop that a host drives.
 *
 * A host calls a pump; the meter stands between the two and lets as many callbacks through as it was allowed. When
 * none is left it holds the loop: it returns without calling the pump, as a loop does that waits for the outside, and
 * asks for a wake-up later. While it is held the loop's clock stands still, so that a program in slow motion does what
 * it does at full speed. A simulator is told that something outside is awaited, so that it does not move its own clock.
 */

import type { BaseEventLoop } from 'asyncio-web';
import type { Pump } from 'asyncio-web/lowlevel';
import { inLoop } from './peek.ts';
import type { Recorder } from './recorder.ts';

/** How often slow motion looks, in milliseconds, at more than that many handles a second. */
const FRAME_MS = 16;

/** A tick of more than this blocks a page visibly. */
const LONG_TICK_MS = 50;

// The program's own timers keep it alive; these do not.
const { setInterval, clearInterval } = globalThis;

export class Meter {
  readonly #recorder: Recorder;
  readonly #gates = new Set<Gate>();
  /** How many callbacks may run; Infinity at full speed. */
  allowance = Infinity;
  #pace = Infinity;
  #extend = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastRefill = 0;
  ticks = 0;
  busy = 0;
  longestTick = 0;
  longTicks = 0;
  hopTime = 0;
  hops = 0;
  /** Called when a loop is held, and when one is let go. */
  onHold: (() => void) | null = null;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    recorder.onIteration = (ready) => {
      if (!this.#extend) return;
      this.#extend = false;
      this.allowance = ready;
    };
  }

  get isHeld(): boolean {
    for (const gate of this.#gates) if (gate.isHeld) return true;
    return false;
  }

  /** Stands between a loop and its host. Before the loop runs. */
  attach(loop: BaseEventLoop, isVirtual: boolean): void {
    this.#gates.add(new Gate(this, this.#recorder, loop, isVirtual));
  }

  /** @param pace Callbacks a second; 0 to hold, Infinity for full speed. */
  setPace(pace: number): void {
    this.#pace = pace;
    this.#extend = false;
    clearInterval(this.#timer);
    if (pace === Infinity || pace === 0) {
      this.allowance = pace;
    } else {
      this.allowance = Math.min(this.allowance, 1);
      this.#lastRefill = performance.now();
      this.#timer = setInterval(() => this.#refill(), Math.max(FRAME_MS, 1000 / pace));
    }
    this.#letGo();
  }

  /** Lets one callback through, or the rest of an iteration, or a whole one. */
  step(unit: 'handle' | 'iteration'): void {
    const left = this.#recorder.batchLeft;
    this.#extend = unit === 'iteration' && left === 0;
    this.allowance = unit === 'iteration' && left > 0 ? left : 1;
    this.#letGo();
  }

  #refill(): void {
    const now = performance.now();
    const due = (this.#pace * (now - this.#lastRefill)) / 1000;
    if (due < 1) return;
    this.#lastRefill = now;
    this.allowance = Math.max(1, Math.floor(due));
    this.#letGo();
  }

  #letGo(): void {
    if (this.allowance >= 1) for (const gate of this.#gates) gate.release();
    this.onHold?.();
  }

  /** A tick is over. */
  count(elapsedMs: number): void {
    this.ticks += 1;
    this.busy += elapsedMs;
    if (elapsedMs > this.longestTick) this.longestTick = elapsedMs;
    if (elapsedMs > LONG_TICK_MS) this.longTicks += 1;
  }
}

class Gate {
  readonly #meter: Meter;
  readonly #recorder: Recorder;
  readonly #loop: BaseEventLoop;
  readonly #now: () => number;
  readonly #wakeSoon: () => void;
  #pump: Pump | null = null;
  isHeld = false;
  /** Host time when it was held; and how long it was held in all, in seconds. */
  #heldAt = 0;
  #lost = 0;
  #asked = 0;
  #isClosed = false;

  constructor(meter: Meter, recorder: Recorder, loop: BaseEventLoop, isVirtual: boolean) {
    this.#meter = meter;
    this.#recorder = recorder;
    this.#loop = loop;
    // Another object in the host's place, not other methods of the host: what the host asks of itself is its own affair.
    const { host } = inLoop(loop);
    const now = (): number => host.now();
    this.#now = now;
    this.#wakeSoon = () => host.wakeSoon();
    inLoop(loop).host = {
      now: isVirtual ? now : () => (this.isHeld ? this.#heldAt : now()) - this.#lost,
      get clockResolution() {
        return host.clockResolution;
      },
      start: (pump) => {
        this.#pump = pump;
        host.start(this.#metered);
      },
      wakeSoon: () => {
        if (this.#asked === 0) this.#asked = performance.now();
        host.wakeSoon();
      },
      wakeAt: (when) => host.wakeAt(isVirtual ? when : when + this.#lost),
      reportError: (error) => host.reportError(error),
      stop: () => {
        this.#pump = null;
        this.#unhold();
        host.stop();
      },
      stats: () => host.stats?.() ?? {},
    };
  }

  readonly #metered: Pump = (maxCallbacks) => {
    const pump = this.#pump;
    if (pump === null) return;
    const meter = this.#meter;
    if (meter.allowance < 1) {
      this.#hold();
      return;
    }
    const start = performance.now();
    if (this.#asked > 0) {
      meter.hopTime += start - this.#asked;
      meter.hops += 1;
      this.#asked = 0;
    }
    if (meter.allowance === Infinity) {
      pump(maxCallbacks);
    } else {
      const ready = inLoop(this.#loop)._ready.length;
      const ran = this.#recorder.ran;
      pump(1);
      // A callback that was cancelled is taken and not run.
      meter.allowance -= Math.max(this.#recorder.ran - ran, ready > 0 ? 1 : 0);
      if (meter.allowance < 1 && this.#pump !== null) this.#hold();
    }
    meter.count(performance.now() - start);
  };

  #hold(): void {
    if (this.isHeld) {
      if (this.#isClosed) this.#wakeSoon();
      return;
    }
    this.#heldAt = this.#now();
    this.isHeld = true;
    this.#asked = 0;
    this.#expect(1);
    this.#meter.onHold?.();
  }

  #unhold(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.#lost += this.#now() - this.#heldAt;
    this.#expect(-1);
  }

  /** Tells the loop that something outside is waited for, or no longer. */
  #expect(change: 1 | -1): void {
    if (this.#isClosed) {
      if (change > 0) this.#wakeSoon();
      return;
    }
    try {
      inLoop(this.#loop)._crossBoundary(change);
    } catch {
      // A simulation that is closed to the outside: it is asked again and again, and so does not go on by itself.
      this.#isClosed = true;
      this.#wakeSoon();
    }
  }

  release(): void {
    if (!this.isHeld) return;
    this.#unhold();
    if (this.#pump !== null) this.#wakeSoon();
  }
}
