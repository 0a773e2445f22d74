/**
 * The one seam for debug views, traces and measurements.
 *
 * A loop calls the methods of the instruments added to it. With none added the cost is one comparison with null.
 * Every method is optional. A method that throws is reported to the loop's exception handler and the instrument is
 * removed, so that a broken view never breaks the program.
 *
 * Source: the idea and the style of names are Trio's (trio.abc.Instrument).
 */

/** What an instrument of a loop may be told of; every method is optional. */
export interface Instrument<T = unknown, H = unknown, TH extends H = H> {
  /** A task was made. */
  taskSpawned?(task: T): void;
  /** A task became due for its next step. */
  taskScheduled?(task: T): void;
  /** A task is about to run, to its next wait or its end. */
  beforeTaskStep?(task: T): void;
  /** The task's step is over. */
  afterTaskStep?(task: T): void;
  /** A task ended: with a result, an error or cancelled. */
  taskDone?(task: T): void;
  /** `callSoon` or a timer put a handle into the ready queue. */
  handleScheduled?(handle: H): void;
  /** The callback of a handle is about to be called. */
  beforeHandle?(handle: H): void;
  /** The callback has returned, or its error has been reported. */
  afterHandle?(handle: H): void;
  /** `callAt` or `callLater` put a timer into the heap. */
  timerScheduled?(handle: TH): void;
  /** A batch of `ready` callbacks is about to run, at loop time `time`. */
  beforeIteration?(ready: number, time: number): void;
  /** The loop has nothing ready and waits until `deadline` (loop time; Infinity: until it is woken). */
  loopIdle?(deadline: number): void;
}
