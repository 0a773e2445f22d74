/**
 * The one seam for debug views, traces and measurements.
 *
 * A loop calls the methods of the instruments added to it. With none added the cost is one comparison with null.
 * Every method is optional. A method that throws is reported to the loop's exception handler and the instrument is
 * removed, so that a broken view never breaks the program.
 *
 * Source: the idea and the style of names are Trio's (trio.abc.Instrument).
 */

import type { TaskLike } from './awaitable.ts';
import type { Handle, TimerHandle } from './events.ts';

export interface Instrument {
  /** A task was made. */
  taskSpawned?(task: TaskLike<unknown>): void;
  /** A task became due for its next step. */
  taskScheduled?(task: TaskLike<unknown>): void;
  beforeTaskStep?(task: TaskLike<unknown>): void;
  afterTaskStep?(task: TaskLike<unknown>): void;
  /** A task ended: with a result, an error or cancelled. */
  taskDone?(task: TaskLike<unknown>): void;
  /** `callSoon` or a timer put a handle into the ready queue. */
  handleScheduled?(handle: Handle): void;
  beforeHandle?(handle: Handle): void;
  afterHandle?(handle: Handle): void;
  /** `callAt` or `callLater` put a timer into the heap. */
  timerScheduled?(handle: TimerHandle): void;
  /** A batch of `ready` callbacks is about to run, at loop time `time`. */
  beforeIteration?(ready: number, time: number): void;
  /** The loop has nothing ready and waits until `deadline` (loop time; Infinity: until it is woken). */
  loopIdle?(deadline: number): void;
}
