/**
 * LoopHost: one of our loops as the host of another, so that the inner one's tasks run in steps of the outer one.
 *
 * The inner loop has tasks, timers, an exception handler and a life of its own, in the outer loop's time: in virtual
 * time if that one is a SimLoop. It is also the smallest test of the interface of hosts itself.
 */

import type { AbstractEventLoop, Handle } from '../../core/events.ts';
import type { HostLoop, Pump } from '../../core/host.ts';

/** How many of the inner loop's callbacks run in one callback of the outer one. */
const SHARE = 64;

/**
 * A host that is a loop: its callbacks and timers drive the inner loop.
 *
 * @example
 * await run(function* () {
 *   const inner = new BaseEventLoop(new LoopHost(getRunningLoop()));
 *   const task = inner.createTask(sleep(0.01, 'from the inner loop'));
 *   task.addDoneCallback(() => inner.stop());
 *   // A run cannot begin inside a tick of another loop.
 *   yield* runOutsideTask(() => inner.runForever());
 *   console.log(task.result()); // from the inner loop
 * });
 */
export class LoopHost implements HostLoop {
  /** None of its own: what the outer loop's timer calls due is due, see `now`. */
  readonly clockResolution = 0;
  readonly #outer: AbstractEventLoop;
  #pump: Pump | null = null;
  #tick: Handle | null = null;
  #timer: Handle | null = null;
  #latest = -Infinity;

  /** @param outer The loop that drives; it has to be running when ticks are to come. */
  constructor(outer: AbstractEventLoop) {
    this.#outer = outer;
  }

  /** The outer loop's time. It may fire a timer early by its clock's resolution; this clock has the timer's time then. */
  now(): number {
    this.#latest = Math.max(this.#latest, this.#outer.time());
    return this.#latest;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.#tick ??= this.#outer.callSoonThreadsafe(() => {
      this.#tick = null;
      this.#pump?.(SHARE);
    });
  }

  wakeAt(when: number): void {
    this.#timer?.cancel();
    this.#timer = this.#outer.callAt(when, () => {
      this.#latest = Math.max(this.#latest, when);
      this.#pump?.(SHARE);
    });
  }

  reportError(error: unknown): void {
    this.#outer.callExceptionHandler({ message: 'Unhandled exception in an inner loop', exception: error });
  }

  stop(): void {
    this.#pump = null;
    this.#tick?.cancel();
    this.#timer?.cancel();
    this.#tick = this.#timer = null;
  }
}
