// A host on a ticker with fixed steps, written from the guide alone (demo/guide/08-plugging-in.md).
//
// The loop lives in the game's time: a pause holds its timers and its tasks, slow motion slows them down, and what a
// task does is done between two steps of the world, never within one.

import type { HostLoop, Pump } from 'asyncio-web/lowlevel';
import type { Ticker } from './ticker.ts';

/** The most callbacks between two looks at the clock. */
const CHUNK = 32;

export class TickerHost implements HostLoop {
  /**
   * Next to nothing: a timer fires in the first step at or after its time, and none a whole step early. But not 0, as
   * 0.05 + 0.01 is a hair more than 0.06, and the timer would come a step late.
   */
  readonly clockResolution: number;
  readonly #ticker: Ticker;
  readonly #budgetMs: number;
  #pump: Pump | null = null;
  #soon = false;
  #deadline = Infinity;
  #isPumping = false;

  /** @param budgetMs How long the loop may work after one step, in milliseconds; one chunk it always may. */
  constructor(ticker: Ticker, budgetMs = 4) {
    this.#ticker = ticker;
    this.#budgetMs = budgetMs;
    this.clockResolution = ticker.stepMs / 1e6;
  }

  now(): number {
    return this.#ticker.time;
  }

  start(pump: Pump): void {
    this.#pump = pump;
    this.#ticker.onStep(this.#step);
  }

  wakeSoon(): void {
    this.#soon = true;
  }

  wakeAt(when: number): void {
    this.#deadline = when;
  }

  reportError(error: unknown): void {
    reportError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#deadline = Infinity;
    this.#ticker.offStep(this.#step);
  }

  readonly #step = (): void => {
    // A callback may step the world by hand, which leads back here.
    if (this.#isPumping) return;
    this.#isPumping = true;
    const endMs = performance.now() + this.#budgetMs;
    try {
      while (this.#pump !== null && this.#isAsked()) {
        this.#soon = false;
        if (this.#isDue()) this.#deadline = Infinity;
        this.#pump(CHUNK);
        if (performance.now() >= endMs) break;
      }
    } finally {
      this.#isPumping = false;
    }
  };

  #isAsked(): boolean {
    return this.#soon || this.#isDue();
  }

  #isDue(): boolean {
    return this.#deadline <= this.now() + this.clockResolution;
  }
}
