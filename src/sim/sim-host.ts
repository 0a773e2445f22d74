/**
 * SimHost: a clock that is moved, and turns of the real event loop to move it in.
 *
 * Time is an integer number of ticks, because sums of fractions drift: a jump sets the clock to where it goes, and adds
 * nothing to it.
 */

import type { HostLoop, Pump } from '../core/host.ts';
import { showError } from '../core/log.ts';
import { TaskPoster } from '../loop/browser-host.ts';
import { RealTimer } from '../loop/hosts/real-timer.ts';

/** How far, in ticks, a deadline in seconds may lie from the tick that it means. */
const ROUNDING = 1e-3;

/** The host of a `SimLoop`. @internal */
export class SimHost implements HostLoop {
  /** Ticks in a second. */
  readonly rate: number;
  /** The virtual time. */
  ticks: number;
  /** The loop wants its pump called. */
  soon = false;
  /** True while somebody drives the loop and no turn of the real event loop is to come. */
  byHand = false;
  /** For waits of the real time. */
  readonly timer = new RealTimer();
  readonly #poster: TaskPoster;
  #pump: Pump | null = null;

  /** @param onTurn Called in a turn of its own after `poke`. */
  constructor(tick: number, startTime: number, onTurn: () => void) {
    this.rate = 1 / tick;
    this.ticks = Math.round(startTime * this.rate);
    this.#poster = new TaskPoster(onTurn);
  }

  now(): number {
    return this.ticks / this.rate;
  }

  /**
   * Nothing but what rounding makes of a tick: no timer may be early. A trace more than is rounded off a deadline, and
   * more than the fractions that a clock this far on cannot hold, because what is due by its tick must be due by the
   * clock: else the loop would look for ever.
   */
  get clockResolution(): number {
    return (ROUNDING + 1e-6) / this.rate + 4 * Number.EPSILON * Math.abs(this.now());
  }

  /** The tick at which a deadline is due: rounded up. It may be past. */
  tickOf(deadline: number): number {
    return Math.ceil(deadline * this.rate - ROUNDING);
  }

  get running(): boolean {
    return this.#pump !== null;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.soon = true;
    this.poke();
  }

  wakeAt(): void {
    this.poke();
  }

  reportError(error: unknown): void {
    showError(error);
  }

  stop(): void {
    this.#pump = null;
    this.soon = false;
    this.timer.disarm();
    this.#poster.close();
  }

  pump(maxCallbacks: number): void {
    this.soon = false;
    this.#pump?.(maxCallbacks);
  }

  /** Has a look taken in the next turn: something has happened. */
  poke(): void {
    if (this.#pump !== null && !this.byHand) this.#poster.post();
  }
}
