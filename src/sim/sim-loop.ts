/**
 * SimLoop: a loop in virtual time, for tests and simulations.
 *
 * Time is counted in integer ticks and moves only when nothing else can run: then it jumps to the next timer, so an
 * hour of sleeping takes no time and always takes the same course. Equal deadlines fire in the order they were made.
 *
 * When may it jump? Not while callbacks are ready; not before a whole turn of the real event loop has passed since
 * the program last touched the real world, so that native promise reactions have run; and not while it waits for a
 * Promise (`fromPromise`, `asyncTask`). While a channel to the outside is open, a pipe for instance, every jump is
 * preceded by a whole turn, and waiting for it is no deadlock; it does not hold the clock. A native async function that itself waits for a future of the loop does not
 * hold the clock: one such wait is taken off for each.
 *
 * When nothing is ready, no timer is left and nothing is expected from outside, the program can never go on. That is
 * a deadlock: the run is rejected with {@link SimDeadlockError}, which names the tasks.
 *
 * There is no CPython file to follow; the nearest is TestLoop of Lib/test/test_asyncio/utils.py, whose clock is moved
 * by hand.
 */

import type { AwaitableOrPromise } from '../core/awaitable.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { nameOf } from '../core/format-helpers.ts';
import type { HostLoop, Pump } from '../core/host.ts';
import { showError } from '../core/log.ts';
import { BaseEventLoop } from '../loop/base-events.ts';
import { TaskPoster } from '../loop/browser-host.ts';
import { allTasks } from '../tasks/tasks.ts';

/**
 * The program can never go on: every task waits, and nothing is left that could wake one.
 *
 * @example
 * const program = run(() => new Future(), { loopFactory: () => new SimLoop() });
 * await program.catch((error) => console.log(error instanceof SimDeadlockError)); // true
 */
export class SimDeadlockError extends RuntimeError {
  static {
    this.prototype.name = 'SimDeadlockError';
  }
  /** The virtual time in seconds. */
  readonly time: number;
  /** The tasks that wait, as text. */
  readonly tasks: readonly string[];
  /**
   * @param time The virtual time in seconds.
   * @param tasks The tasks that wait, as text.
   */
  constructor(time: number, tasks: readonly string[]) {
    super(
      `Deadlock at ${time} s: nothing is ready, no timer is left, and these wait: ${tasks.join(', ') || 'the main future'}`,
    );
    this.time = time;
    this.tasks = tasks;
  }
}

/** What `SimLoop` takes. */
export interface SimLoopOptions {
  /** Seconds of one tick of the clock; deadlines are rounded up to it. Default 1e-6. */
  readonly tick?: number;
  /** What `time()` gives at the start, in seconds. Default 0. */
  readonly startTime?: number;
}

/** After so many steps the page gets a turn, so that an endless simulation does not freeze it. */
const STEPS_PER_TURN = 500;
const CALLBACKS_PER_STEP = 1000;

const FRAMES_PER_SECOND = 60;

/** How far, in ticks, a deadline in seconds may lie from the tick that it means. */
const ROUNDING = 1e-3;

/** What the host asks the loop at quiescence. */
interface Quiescence {
  /** Goes up whenever the program touches the real world or is touched by it. */
  readonly crossings: number;
  waitsForOutside(): boolean;
  /** A channel to the outside is open: it gets a whole turn before each jump. */
  listens(): boolean;
  /** The loop time of the next timer; Infinity if there is none. */
  deadline(): number;
  deadlocked(): void;
}

class SimHost implements HostLoop {
  /** Ticks in a second. */
  readonly #rate: number;
  /** The virtual time. */
  ticks: number;
  quiescence: Quiescence | null = null;
  readonly #poster = new TaskPoster(() => this.#turn());
  #pump: Pump | null = null;
  #soon = false;
  #seenCrossings = -1;

  constructor(tick: number, startTime: number) {
    this.#rate = 1 / tick;
    this.ticks = Math.round(startTime * this.#rate);
  }

  now(): number {
    return this.ticks / this.#rate;
  }

  /** Nothing but what rounding makes of a tick: no timer may be early. */
  get clockResolution(): number {
    return ROUNDING / this.#rate;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.#soon = true;
    this.#poster.post();
  }

  wakeAt(): void {
    this.#poster.post();
  }

  reportError(error: unknown): void {
    showError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    this.#poster.close();
  }

  /** Looks again at the next turn: the real world has done something. */
  poke(): void {
    if (this.#pump !== null) this.#poster.post();
  }

  #turn(): void {
    const quiescence = this.quiescence as Quiescence; // set by the loop's constructor
    const crossings = quiescence.crossings;
    // A turn has passed since they were counted: what was to react to them has reacted.
    this.#seenCrossings = crossings;
    for (let steps = 0; steps < STEPS_PER_TURN; steps += 1) {
      if (this.#pump === null) return;
      if (this.#soon) {
        this.#soon = false;
        this.#pump(CALLBACKS_PER_STEP);
      } else if (quiescence.crossings !== this.#seenCrossings || (steps > 0 && quiescence.listens())) {
        break;
      } else if (quiescence.waitsForOutside()) {
        return; // the next crossing pokes
      } else {
        // Asked for now: what the pump was told may have been cancelled since.
        const deadline = quiescence.deadline();
        if (deadline === Infinity) {
          quiescence.deadlocked();
          return;
        }
        this.ticks = Math.max(this.ticks, Math.ceil(deadline * this.#rate - ROUNDING));
        this.#soon = true;
      }
    }
    this.poke();
  }
}

/**
 * A loop in virtual time: it jumps to the next timer when nothing else can run.
 *
 * @example
 * await run(sleep(3600), { loopFactory: () => new SimLoop() }); // at once
 */
export class SimLoop extends BaseEventLoop {
  #crossings = 0;
  #externals = 0;
  #nativeWaits = 0;
  #channels = 0;
  #awaited = 0;
  readonly #host: SimHost;

  /** @throws {RangeError} If `options.tick` is not above 0. */
  constructor(options?: SimLoopOptions) {
    const tick = options?.tick ?? 1e-6;
    if (!(tick > 0)) throw new RangeError(`tick must be a positive number, got ${tick}`);
    const host = new SimHost(tick, options?.startTime ?? 0);
    super(host);
    this.#host = host;
    const loop = this;
    host.quiescence = {
      get crossings() {
        return loop.#crossings;
      },
      waitsForOutside: () => this.#externals > this.#nativeWaits,
      listens: () => this.#channels > 0,
      deadline: () => this.nextDeadline(),
      deadlocked: () => this.#deadlocked(),
    };
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, SimLoop, 'SimLoop');
  }

  /** The virtual time in ticks. */
  get ticks(): number {
    return this.#host.ticks;
  }

  override runUntilComplete<T>(future: AwaitableOrPromise<T>): Promise<T> {
    const result = super.runUntilComplete(future);
    this.#awaited += 1;
    return result.finally(() => {
      this.#awaited -= 1;
    });
  }

  /** @internal */
  override _crossBoundary(externals: number): void {
    this.#externals += externals;
    this.#crossed();
  }

  /** @internal */
  override _channelOpened(count: number): void {
    this.#channels += count;
    this.#crossed();
  }

  /** @internal */
  override _beginNativeWait(): () => void {
    // Only while the program waits for a Promise may the wait be that Promise's own; otherwise it is the page's.
    const counts = this.#externals > 0 ? 1 : 0;
    this.#nativeWaits += counts;
    this.#crossed();
    return () => {
      this.#nativeWaits -= counts;
      this.#crossed();
    };
  }

  /** Sixty frames a second of virtual time. @internal */
  override _requestFrame(callback: (seconds: number) => void): () => void {
    const when = (Math.floor(this.time() * FRAMES_PER_SECOND + ROUNDING) + 1) / FRAMES_PER_SECOND;
    const handle = this.callAt(when, callback, when);
    return () => handle.cancel();
  }

  #crossed(): void {
    this.#crossings += 1;
    this.#host.poke();
  }

  #deadlocked(): void {
    if (this.#channels > 0) return; // something may still come
    const tasks = [...allTasks(this)].map(String);
    // A loop that runs for ever with nothing to do waits for callers; nobody can tell that they will not come.
    if (tasks.length > 0 || this.#awaited > 0) this.abandonRun(new SimDeadlockError(this.time(), tasks));
  }
}
