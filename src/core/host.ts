/**
 * What a loop asks of the world around it: a clock and one wake-up.
 *
 * A host is a run loop that somebody else owns: the browser's task queue, animation frames, a Worker, a game's
 * ticker, a simulator, another language's loop. It needs to know nothing of tasks, futures or handles, so it can
 * drive any program that can be cut into steps.
 *
 * The rules, each of them a bug that loops in the wild have had:
 *  1. `wakeSoon` and `wakeAt` never call the pump before they return.
 *  2. The host never calls the pump while a call of it is on the stack (a modal dialog, a nested run loop).
 *  3. It calls the pump at least once after every `wakeSoon`, and once at or after the last `wakeAt`. Further calls
 *     do no harm: a pump that has nothing to do returns at once.
 *  4. After `stop` it never calls the pump again, and nothing of it stays armed.
 */

/**
 * One chunk of work: runs at most `maxCallbacks` callbacks and returns. When more is to do it has called
 * `wakeSoon` or `wakeAt` of the host before it returns; when it has called neither, it waits for the outside.
 */
export type Pump = (maxCallbacks: number) => void;

/** What a loop is driven by: somebody else's clock and run loop. The rules are at the top of this file. */
export interface HostLoop {
  /** Seconds on a clock that never goes back. */
  now(): number;
  /** The smallest step of `now()` in seconds, as measured. Timers count as due up to this much early. */
  readonly clockResolution: number;
  /** Takes the pump that the wake-ups will call. Called once before the first wake-up of a run. */
  start(pump: Pump): void;
  /** Asks for a call of the pump as soon as the host can. */
  wakeSoon(): void;
  /**
   * Asks for a call of the pump when `now()` has reached `when`; replaces the earlier such request. The deadline is
   * finite; a host that cannot wait so long calls early, and the pump asks again.
   */
  wakeAt(when: number): void;
  /** Shows an error that nobody handled, as the host shows such errors (`reportError` in a page). */
  reportError(error: unknown): void;
  /** Ends the run: forgets the pump and disarms everything. `start` may follow. */
  stop(): void;
  /**
   * Calls `listener`, which tells the loop of an event of the outside, and may call the pump behind it, before it
   * returns: nothing of the program is on the stack. It takes the place of a `wakeSoon`. A host need not have it.
   */
  event?<T>(listener: (data: T) => void, data: T): void;
  /** What it has counted, for `loop.stats()`. A host need not count. */
  stats?(): object;
}
