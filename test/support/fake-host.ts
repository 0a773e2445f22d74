// A host that writes down what the loop asks of it, and does nothing by itself: the test turns the crank.

import type { HostLoop, Pump } from 'asyncio-web/lowlevel';

export class FakeHost implements HostLoop {
  /** What `now()` gives, in seconds. The test moves it; so may a callback that pretends to be slow. */
  time: number;
  clockResolution: number;
  /** Everything that was asked for, in order: 'start', 'now', 'wakeSoon', 'wakeAt <when>', 'stop'. */
  readonly log: string[] = [];
  /** What was given to `reportError`. */
  readonly shown: unknown[] = [];
  /** The loop wants to be called as soon as possible. */
  soon = false;
  /** The loop wants to be called at this time; Infinity for not at all. */
  deadline = Infinity;
  /** How often the pump was called. */
  pumps = 0;
  #pump: Pump | null = null;

  constructor(options: { readonly time?: number; readonly clockResolution?: number } = {}) {
    this.time = options.time ?? 0;
    this.clockResolution = options.clockResolution ?? 1e-9;
  }

  now(): number {
    this.log.push('now');
    return this.time;
  }

  start(pump: Pump): void {
    this.log.push('start');
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.log.push('wakeSoon');
    this.soon = true;
  }

  wakeAt(when: number): void {
    this.log.push(`wakeAt ${when}`);
    this.deadline = when;
  }

  reportError(error: unknown): void {
    this.shown.push(error);
  }

  stop(): void {
    this.log.push('stop');
    this.#pump = null;
    this.soon = false;
    this.deadline = Infinity;
  }

  /** True between `start` and `stop`. */
  get started(): boolean {
    return this.#pump !== null;
  }

  /** Nothing was asked for. */
  get idle(): boolean {
    return !this.soon && this.deadline === Infinity;
  }

  /** What was asked for since the last call, without the readings of the clock. */
  takeRequests(): string[] {
    const requests = this.log.filter((entry) => entry !== 'now');
    this.log.length = 0;
    return requests;
  }

  /** One call of the pump, as a host makes it when a wake-up comes. */
  pump(maxCallbacks = Infinity): void {
    this.soon = false;
    this.deadline = Infinity;
    this.pumps += 1;
    this.#pump?.(maxCallbacks);
  }

  /** The pump of the present run, for a host that calls it when it should not. */
  get rawPump(): Pump | null {
    return this.#pump;
  }

  /** Calls the pump until the loop asks for nothing at the present time. */
  drain(maxCallbacks = Infinity): void {
    while (this.soon || this.deadline <= this.time) this.pump(maxCallbacks);
  }

  /** Lets time pass up to `time`, with a call of the pump at each deadline on the way. */
  advanceTo(time: number, maxCallbacks = Infinity): void {
    this.drain(maxCallbacks);
    while (this.deadline <= time) {
      this.time = Math.max(this.time, this.deadline);
      this.drain(maxCallbacks);
    }
    this.time = Math.max(this.time, time);
  }

  /** Lets time pass until the loop asks for nothing at all. */
  finish(maxCallbacks = Infinity): void {
    this.drain(maxCallbacks);
    while (this.deadline < Infinity) this.advanceTo(this.deadline, maxCallbacks);
  }
}
