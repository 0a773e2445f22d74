// The host behind the buttons of the guide: it calls the pump when a reader presses, and its clock moves only when
// nothing else is to do. Everything that a debugger of a loop needs is in these few lines, since a loop is a step
// function that a host calls.

import type { HostLoop, Pump } from 'asyncio-web/lowlevel';

export class StepHost implements HostLoop {
  readonly clockResolution = 0;
  #now = 0;
  #pump: Pump | null = null;
  #soon = false;
  #deadline = Infinity;

  now(): number {
    return this.#now;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.#soon = true;
  }

  wakeAt(when: number): void {
    this.#deadline = when;
  }

  reportError(error: unknown): void {
    console.error(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#deadline = Infinity;
  }

  /** Whether the loop has asked for a call. If not, only the outside can go on. */
  get isAsked(): boolean {
    return this.#pump !== null && (this.#soon || this.#deadline < Infinity);
  }

  /** One call of the pump; before it the clock jumps, if there is nothing to do until a timer. */
  step(maxCallbacks: number): void {
    if (!this.#soon) this.#now = Math.max(this.#now, this.#deadline);
    this.#soon = false;
    this.#deadline = Infinity;
    this.#pump?.(maxCallbacks);
  }
}
