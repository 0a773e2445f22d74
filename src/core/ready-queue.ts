/**
 * The queue of callbacks that are ready to run, and what may stand in it.
 */

import { Ring } from './ring.ts';

/** What a loop runs: a Handle, or a task that is due for a step. */
export interface Runnable {
  /** Skipped when true; it counts as queued until it is taken. */
  readonly _cancelled: boolean;
  _run(): void;
}

/** A class of its own, so that engines see one kind of item in it. @internal */
export class ReadyQueue extends Ring<Runnable> {}
