/**
 * SimLoop: a loop in virtual time, for tests and simulations.
 *
 * Time is counted in integer ticks and moves only when nothing else can run: then it jumps to the next timer, so an
 * hour of sleeping takes no time and always takes the same course. Equal deadlines fire in the order they were made,
 * unless `explore` asks for another.
 *
 * When may it jump? Not while callbacks are ready; not before a whole turn of the real event loop has passed since
 * the program last touched the real world, so that native promise reactions have run; and not while it waits for a
 * Promise (`fromPromise`, `asyncTask`, `external`). While a channel to the outside is open, a pipe for instance, every
 * jump waits for a whole turn, and waiting for it is no deadlock; it does not hold the clock. A native async function that itself waits for a future of the loop
 * does not hold the clock: one such wait is taken off for each. In mode 'open' every jump waits for a turn, in mode
 * 'closed' there is no real world, so that a run needs none and can be synchronous.
 *
 * When nothing is ready, no timer is left and nothing is expected from outside, the program can never go on. That is
 * a deadlock: the run is rejected with {@link SimDeadlockError}, which names the tasks, what each waits for and who
 * holds it. It is decided by what there is, never by how long a wait is.
 *
 * There is no CPython file to follow; the nearest is TestLoop of Lib/test/test_asyncio/utils.py, whose clock is moved
 * by hand.
 */

import type { AwaitableOrPromise, Coroutine, TaskOptions } from '../core/awaitable.ts';
import type { LoopInstrument, TimerHandle } from '../core/events.ts';
import { _getRunningLoop, getRunningLoop } from '../core/events.ts';
import { isExit, RuntimeError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';
import { BaseEventLoop } from '../loop/base-events.ts';
import type { Future } from '../tasks/futures.ts';
import { isfuture, release } from '../tasks/futures.ts';
import { wrapFuture } from '../tasks/promises.ts';
import type { Task } from '../tasks/tasks.ts';
import { allTasks, ensureFuture } from '../tasks/tasks.ts';
import { SimRandom } from './random.ts';
import type { Recording } from './replay-token.ts';
import { DEFAULT_TICK, decodeToken, encodeToken } from './replay-token.ts';
import type { SimStrategy } from './schedule.ts';
import { fifo, randomWalk, Schedule } from './schedule.ts';
import { SimDeadlockError, SimLimitError } from './sim-errors.ts';
import { SimHost } from './sim-host.ts';
import type { SimTraceLevel } from './trace.ts';
import { divergenceOf, SimTrace } from './trace.ts';
import type { SimWait } from './waits.ts';
import { waitGraphOf } from './waits.ts';

/** What `SimLoop` takes. */
export interface SimLoopOptions {
  /** An integer: where random numbers and random orders begin. Default 0. */
  readonly seed?: number;
  /** Seconds of one tick of the clock; deadlines are rounded up to it. Default 1e-6. */
  readonly tick?: number;
  /** What `time()` gives at the start, in seconds. Default 0. */
  readonly startTime?: number;
  /**
   * When a run ends, in seconds: `runForever` ends well there, and a run that waits for something is rejected with
   * SimLimitError. A run that begins there, such as the clean-up of `run`, is not limited. Default Infinity.
   */
  readonly endTime?: number;
  /**
   * What may come in another order than asyncio's. 'environment': timers of one tick, which no program can count on;
   * those that are made for the present time keep their order. Default 'none'.
   */
  readonly explore?: 'none' | 'environment';
  /** Decides where `explore` leaves a choice. Default: `randomWalk()`. */
  readonly strategy?: SimStrategy;
  /**
   * How the simulation and the real world meet. 'closed': not at all; waiting for a Promise throws. 'open': everywhere,
   * so every jump waits for a turn of the real event loop. 'auto', the default: as 'closed' where the program
   * waits for no Promise, and as 'open' where it does.
   */
  readonly mode?: 'auto' | 'closed' | 'open';
  /** Whether the clock jumps by itself. If not, only `advanceTimeBy` and its like move it. Default true. */
  readonly autojump?: boolean;
  /** Virtual seconds that pass in a real one; 0 for as fast as possible. Default 0. */
  readonly speed?: number;
  /** The most callbacks and task steps of a run. Default Infinity. */
  readonly maxSteps?: number;
  /** The most callbacks and task steps without a jump of the clock. Default 1 000 000. */
  readonly maxStepsPerInstant?: number;
  /** What `trace` keeps. Default 'none'. */
  readonly trace?: SimTraceLevel;
  /**
   * At a deadlock: 'throw' rejects the run; 'report' tells the loop's exception handler and waits for somebody
   * outside. Default 'throw'.
   */
  readonly onDeadlock?: 'throw' | 'report';
  /** A replay token: repeats that run. Its seed, tick, startTime, explore and choices take the place of the options. */
  readonly replay?: string;
}

/** What a simulation is doing, from `stateReport()`. */
export interface SimState {
  /**
   * 'running': something is ready, or a timer is set. 'waiting': for the real world. 'deadlock': tasks wait, and nothing
   * can wake them. 'done': nothing is left but, perhaps, tasks of the background.
   */
  readonly state: 'running' | 'waiting' | 'deadlock' | 'done';
  /** The virtual time in seconds. */
  readonly time: number;
  /** The virtual time in ticks. */
  readonly ticks: number;
  /** The callbacks and task steps that were run. */
  readonly steps: number;
  /** The timers that are set. */
  readonly timers: number;
  /** What of the real world is waited for: labels given to `external`, and a count of the rest. */
  readonly externals: readonly string[];
  /** What each task waits for. */
  readonly waits: readonly SimWait[];
  /** Tasks that wait for one another in a circle. */
  readonly cycles: readonly (readonly string[])[];
}

/** Tasks that do not keep a simulation going, from `backgroundScope`. */
export interface SimBackgroundScope {
  /** As `loop.createTask`, for a task of the background. */
  createTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T>;
  /** Cancels all of them. */
  cancel(): void;
}

/** After so many pumps, of so many callbacks each, the page gets a turn: an endless simulation must not freeze it. */
const PUMPS_PER_TURN = 500;
const CALLBACKS_PER_PUMP = 1000;
const CALLBACKS_PER_TURN = 50_000;

const FRAMES_PER_SECOND = 60;

/** When a wait for the real world begins to look like a mistake. */
const LONG_WAIT_MS = 1000;

const EXPLORE = ['none', 'environment'];
const MODES = ['auto', 'closed', 'open'];
const ON_DEADLOCK = ['throw', 'report'];
const TRACES = ['full', 'hash', 'none'];

/** Somebody waits until nothing else goes on. */
interface BlockedWait {
  readonly future: Future<void>;
  readonly cushion: number;
}

/**
 * A loop in virtual time: it jumps to the next timer when nothing else can run.
 *
 * It is a loop like any other for `run` and `Runner`. Alone it can also be run at once, without a Promise, or stepped by
 * hand.
 *
 * @example
 * await run(sleep(3600), { loopFactory: () => new SimLoop() }); // at once
 *
 * const sim = new SimLoop({ seed: 1, trace: 'hash' });
 * sim.runUntilCompleteSync(sleep(sim.random.expovariate(2)));
 * console.log(sim.time(), sim.trace.hash()); // the same at every run, in every engine
 * sim.close();
 */
export class SimLoop extends BaseEventLoop {
  /** What has happened; see {@link SimTrace}. */
  readonly trace: SimTrace;
  /** Seeded random numbers for the program. `random.stream(name)` is a stream of its own. */
  readonly random: SimRandom;
  /** Tasks that do not keep the simulation going: when only they are left it is done. */
  readonly backgroundScope: SimBackgroundScope;
  readonly #host: SimHost;
  readonly #settings: Pick<Recording, 'seed' | 'tick' | 'startTime' | 'explore'>;
  readonly #autojump: boolean;
  readonly #throwsDeadlock: boolean;
  readonly #mode: 'auto' | 'closed' | 'open';
  readonly #endTick: number;
  readonly #maxSteps: number;
  readonly #maxStepsPerInstant: number;
  readonly #strategy: SimStrategy;
  readonly #schedule: Schedule;
  readonly #epochMs: number;
  /** Goes up whenever the program touches the real world or is touched by it. */
  #crossings = 0;
  #seenCrossings = -1;
  #externals = 0;
  #nativeWaits = 0;
  /** Channels to the outside that are open. */
  #channels = 0;
  readonly #labels = new Map<Future<unknown>, string>();
  /** Runs that wait for a future. */
  #awaited = 0;
  /** True in a run that is over when the call returns. */
  #isSync = false;
  readonly #background = new Set<Task<unknown>>();
  #endsBackground = false;
  readonly #blocked = new Set<BlockedWait>();
  #steps = 0;
  #runStart = 0;
  #instantStart = 0;
  #activeAt = 0;
  #runEndTick = Infinity;
  #reportedAt = -1;
  #speed: number;
  /** A moment of the real time, in milliseconds, and of the virtual time, in ticks, which belong together. */
  #pace: { readonly realMs: number; readonly ticks: number } | null = null;

  /**
   * @param options See {@link SimLoopOptions}.
   * @throws {RangeError} If an option is out of its range, or `replay` is no token.
   */
  constructor(options: SimLoopOptions = {}) {
    const replay = options.replay === undefined ? null : decodeToken(options.replay);
    const { seed = 0, tick = DEFAULT_TICK, startTime = 0, explore = 'none' } = replay ?? options;
    const { endTime = Infinity, maxSteps = Infinity, maxStepsPerInstant = 1_000_000 } = options;
    const { mode = 'auto', autojump = true, onDeadlock = 'throw', trace = 'none' } = options;
    atLeast('tick', tick, 0, true);
    if (!Number.isFinite(startTime))
      throw new RangeError(`startTime must be a finite number, got ${startTime}`);
    atLeast('endTime', endTime, startTime, false);
    atLeast('maxSteps', maxSteps, 1, false);
    atLeast('maxStepsPerInstant', maxStepsPerInstant, 1, false);
    oneOf('explore', explore, EXPLORE);
    oneOf('mode', mode, MODES);
    oneOf('onDeadlock', onDeadlock, ON_DEADLOCK);
    oneOf('trace', trace, TRACES);
    const host = new SimHost(tick, startTime, () => this.#turn());
    super(host);
    this.#host = host;
    this.#settings = { seed, tick, startTime, explore };
    this.#mode = mode;
    this.#autojump = autojump;
    this.#throwsDeadlock = onDeadlock === 'throw';
    this.#endTick = host.tickOf(endTime);
    this.#maxSteps = maxSteps;
    this.#maxStepsPerInstant = maxStepsPerInstant;
    this.trace = new SimTrace(trace);
    this.trace._now = () => host.ticks;
    const random = new SimRandom(seed, '', trace === 'none' ? null : () => this.trace._drew());
    this.random = random.stream('user');
    // Beyond what a token says it goes on in asyncio's order.
    this.#strategy =
      replay === null ? (options.strategy ?? randomWalk()) : { ...fifo(), name: replay.strategy };
    this.#schedule = new Schedule(this.#strategy, replay?.choices ?? [], new SimRandom(seed, 'schedule'));
    // A time between 2000 and 2100, so that nothing counts on the present.
    this.#epochMs = 946_684_800_000 + new SimRandom(seed, 'epoch').randrange(3_155_760_000) * 1000;
    this.#speed = 0;
    this.speed = options.speed ?? 0;
    this._holders = new WeakMap();
    if (trace !== 'none' || explore !== 'none') this._instrument = this.trace;
    this.backgroundScope = {
      createTask: (coro, taskOptions) => this.#createBackgroundTask(coro, taskOptions),
      cancel: () => {
        for (const task of [...this.#background]) task.cancel();
      },
    };
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, SimLoop, 'SimLoop');
  }

  // Time

  /** The virtual time in ticks. */
  get ticks(): number {
    return this.#host.ticks;
  }

  /**
   * The virtual time as a date. It begins at a moment that depends on the seed, so that no program comes to rely on
   * the present.
   */
  date(): Date {
    return new Date(this.#epochMs + this.time() * 1000);
  }

  /**
   * Virtual seconds that pass in a real one, for showing a simulation; 0 for as fast as possible. What the page does
   * meanwhile happens at the virtual time that the real clock stands for.
   *
   * @throws {RangeError} When set, if it is negative, infinite or NaN.
   */
  get speed(): number {
    return this.#speed;
  }
  set speed(speed: number) {
    if (!(speed >= 0 && speed < Infinity))
      throw new RangeError(`speed must be a number from 0, got ${speed}`);
    this.#speed = speed;
    this.#pace = null;
    this.#host.poke();
  }

  /** When the next timer is due, in seconds; null if there is none. */
  nextEventTime(): number | null {
    const tick = this.#nextTick();
    return tick === Infinity ? null : tick / this.#host.rate;
  }

  /** How many timers are set. */
  pendingTimers(): number {
    return this._scheduled.length - this._timerCancelledCount;
  }

  // Running

  override runUntilComplete<T>(future: AwaitableOrPromise<T>): Promise<T> {
    const result = super.runUntilComplete(future);
    this.#awaited += 1;
    return result.finally(() => {
      this.#awaited -= 1;
    });
  }

  /**
   * Runs until `future` is done and gives its result, at once: no turn of the real event loop passes. So the program
   * cannot wait for Promises.
   *
   * @param future A future, another awaitable; a coroutine becomes a task.
   * @throws The error of `future`.
   * @throws {SimDeadlockError} If the program can never go on.
   * @throws {SimLimitError} If it goes on for longer than the options allow.
   * @throws {RuntimeError} If a loop is running, this one is closed, its mode is 'open', or a Promise is waited for.
   * @example
   * const sim = new SimLoop();
   * console.log(sim.runUntilCompleteSync(sleep(3600, 'done')), sim.time()); // done 3600
   * sim.close();
   */
  runUntilCompleteSync<T>(future: AwaitableOrPromise<T>): T {
    this.checkCanRun();
    if (this.#mode === 'open')
      throw new RuntimeError('Cannot run at once: the simulation is open to Promises');
    const isNew = !isfuture(future);
    this.#host.byHand = this.#isSync = true;
    this.#awaited += 1;
    try {
      const awaited = ensureFuture(future, { loop: this });
      if (isNew) (awaited as Partial<Task>)._logDestroyPending = false;
      const stop = (): void => {
        // An interrupt or exit has left the loop already; a stop would end the next run at once.
        if (awaited.cancelled() || !isExit(awaited.exception())) this.stop();
      };
      awaited.addDoneCallback(stop);
      const outcome = this.#drive(() => {
        while (this.#host.running) {
          if (this.#host.soon) this.#pump(CALLBACKS_PER_PUMP);
          else this.#quiesce();
        }
      });
      awaited.removeDoneCallback(stop);
      if (outcome !== null) {
        // What comes out here needs no second report.
        if (isNew && awaited.done() && !awaited.cancelled()) awaited.exception();
        throw outcome.error;
      }
      if (!awaited.done()) throw new RuntimeError('Event loop stopped before Future completed.');
      return awaited.result();
    } finally {
      this.#awaited -= 1;
      this.#host.byHand = this.#isSync = false;
    }
  }

  /**
   * Runs what is ready, and what that makes ready; the clock stays where it is.
   *
   * @throws {RuntimeError} As all that moves a simulation by hand, if it is called inside a loop.
   * @throws {SimLimitError} As all that moves a simulation by hand, if it goes on for longer than the options allow.
   */
  runCurrent(): void {
    this.#byHand(() => this.#drain());
  }

  /**
   * Moves the clock by so many seconds, through everything that is due until then, the end included. Whether the program
   * waits for a Promise makes no difference.
   *
   * @throws {RangeError} If `delay` is negative, infinite or NaN.
   */
  advanceTimeBy(delay: number): void {
    this.advanceTimeTo(this.time() + delay);
  }

  /**
   * Moves the clock to a time in seconds, through everything that is due until then, the end included.
   *
   * @throws {RangeError} If `when` is past, infinite or NaN: "Cannot go back in time …".
   */
  advanceTimeTo(when: number): void {
    if (!(when < Infinity)) throw new RangeError(`Cannot advance to ${when} s`);
    if (when < this.time())
      throw new RangeError(`Cannot go back in time: it is ${this.time()} s, not ${when} s`);
    const end = this.#host.tickOf(when);
    this.#byHand(() => {
      this.#drain();
      while (this.#host.running && this.#nextEvent() <= end) this.#goOn();
      if (this.#host.running && this.#host.ticks < end) this.#jump(end);
    });
  }

  /**
   * Runs until nothing is ready and no timer is left, or only tasks of the background.
   *
   * @throws {SimLimitError} If it does not end, and the options have a limit.
   */
  advanceUntilIdle(): void {
    this.#byHand(() => {
      this.#drain();
      while (this.#host.running && this.#nextEvent() < Infinity && !this.#isOnlyBackground()) this.#goOn();
    });
  }

  /**
   * Runs one callback or one step of a task: the next that is ready, or else what the next timer makes ready.
   *
   * @returns False if there was none.
   */
  step(): boolean {
    let ran = false;
    this.#byHand(() => {
      const before = this.#steps;
      if (this._ready.length === 0 && !this.#wakeBlocked(this.#host.ticks)) {
        const next = this.#nextEvent();
        if (next === Infinity) return;
        this.#jump(next);
      }
      this.#pump(1);
      ran = this.#steps > before;
    });
    return ran;
  }

  // The real world

  /**
   * A future for a Promise of the real world, as `fromPromise`; reports name it by its label. It holds the clock.
   *
   * @throws {RuntimeError} If the simulation is closed to the real world.
   */
  external<T>(source: PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>), label: string): Future<T> {
    const future = wrapFuture(source, { loop: this });
    if (!future.done()) {
      this.#labels.set(future as Future<unknown>, label);
      future.addDoneCallback(() => this.#labels.delete(future as Future<unknown>));
    }
    return future;
  }

  /** @internal */
  override _crossBoundary(externals: number): void {
    const begins = !(externals < 0 || Object.is(externals, -0));
    if (begins && (this.#mode === 'closed' || this.#isSync)) {
      throw new RuntimeError('Cannot wait for a Promise: the simulation is closed to the real world');
    }
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
    const when = (Math.floor(this.time() * FRAMES_PER_SECOND + 1e-3) + 1) / FRAMES_PER_SECOND;
    const handle = this.callAt(when, callback, when);
    return () => handle.cancel();
  }

  #crossed(): void {
    this.#crossings += 1;
    this.#host.poke();
  }

  get #waitsForOutside(): boolean {
    return this.#externals > this.#nativeWaits;
  }

  #externalNames(): string[] {
    const names = [...this.#labels.values()];
    const unnamed = this.#externals - this.#labels.size;
    if (unnamed > 0) names.push(unnamed === 1 ? 'a Promise' : `${unnamed} Promises`);
    return names;
  }

  // Looking at it

  /** What it is doing, and what each task waits for. */
  stateReport(): SimState {
    const timers = this.pendingTimers();
    const outside = this.#waitsForOutside;
    const lives = this.#foregroundTasks().length > 0 || this.#awaited > 0;
    let state: SimState['state'] = 'done';
    if (this._ready.length > 0) state = 'running';
    else if (outside) state = 'waiting';
    else if (timers > 0 && !this.#isOnlyBackground()) state = 'running';
    else if (lives) state = this.#channels > 0 ? 'waiting' : 'deadlock';
    const [time, ticks, steps, externals] = [this.time(), this.ticks, this.#steps, this.#externalNames()];
    return { state, time, ticks, steps, timers, externals, ...waitGraphOf(this) };
  }

  /** What repeats the run so far, with `replaySim` or the option `replay`. */
  replayToken(): string {
    const strategy = this.#settings.explore === 'none' ? '' : this.#strategy.name;
    return encodeToken({ ...this.#settings, strategy, choices: this.#schedule.made });
  }

  override addInstrument(instrument: LoopInstrument): void {
    if (this._instrument === this.trace) {
      // The trace is called without the detour, until there is something beside it.
      this._instrument = null;
      super.addInstrument(this.trace);
    }
    super.addInstrument(instrument);
  }

  // One turn of the real event loop

  #turn(): void {
    const host = this.#host;
    if (!host.running) return;
    // A turn has passed since they were counted: what was to react to them has reacted.
    this.#seenCrossings = this.#crossings;
    host.timer.disarm();
    this.#keepPace();
    const start = this.#steps;
    for (let pumps = 0; pumps < PUMPS_PER_TURN && this.#steps - start < CALLBACKS_PER_TURN; pumps += 1) {
      if (host.soon) this.#pump(CALLBACKS_PER_PUMP);
      else if (
        this.#crossings !== this.#seenCrossings ||
        (this.#steps > start && (this.#mode === 'open' || this.#channels > 0))
      )
        break;
      else if (!this.#quiesce()) return; // the next crossing pokes
      if (!host.running) return;
    }
    host.poke();
  }

  /** Calls the pump, and sees to it that it does not go on for ever. */
  #pump(most: number): void {
    const host = this.#host;
    const run = this.#steps - this.#runStart;
    const instant = this.#steps - this.#instantStart;
    host.pump(Math.min(most, this.#maxSteps - run, this.#maxStepsPerInstant - instant));
    const steps = this.stats().callbacks;
    if (steps > this.#steps) this.#activeAt = host.ticks;
    this.#steps = steps;
    if (!host.running) return;
    const difference = this.trace._difference;
    if (difference !== null) {
      this.abandonRun(divergenceOf(difference));
    } else if (host.soon) {
      if (this.#steps - this.#runStart >= this.#maxSteps) this.#reachLimit('maxSteps');
      else if (this.#steps - this.#instantStart >= this.#maxStepsPerInstant)
        this.#reachLimit('maxStepsPerInstant');
    }
  }

  #reachLimit(limit: SimLimitError['limit']): void {
    this.abandonRun(new SimLimitError(limit, this.time(), this.#steps));
  }

  /** Nothing is ready: does what comes next, and gives whether there was something. */
  #quiesce(): boolean {
    const host = this.#host;
    if (this.#wakeBlocked(host.ticks)) return true;
    if (this.#waitsForOutside) {
      this.#waitForOutside();
      return false;
    }
    if (this.#isOnlyBackground()) {
      if (!this.#endsBackground) {
        this.#endsBackground = true;
        this.backgroundScope.cancel();
        return true;
      }
    } else if (this.#endsBackground && allTasks(this).size === 0) {
      this.stop();
      return true;
    }
    const next = this.#nextEvent();
    if (next > host.ticks && !this.#isSync) {
      if (!this.#autojump) return false;
      if (next < Infinity && !this.#isTime(Math.min(next, this.#runEndTick))) return false;
    }
    if (next === Infinity) {
      this.#deadlocked();
      return false;
    }
    if (next > this.#runEndTick) {
      this.#jump(this.#runEndTick);
      if (this.#awaited > 0) this.#reachLimit('endTime');
      else this.stop();
      return true;
    }
    this.#goOn(next);
    return true;
  }

  /** Goes to the next event. */
  #goOn(next = this.#nextEvent()): void {
    if (next > this.#runEndTick) {
      this.#jump(this.#runEndTick);
      this.#reachLimit('endTime');
      return;
    }
    const isTimer = next === this.#nextTick();
    this.#jump(next);
    // Timers go first: who waits for everybody waits for them too.
    if (!isTimer) this.#wakeBlocked(next);
    if (this.#host.byHand) this.#drain();
  }

  #jump(tick: number): void {
    const host = this.#host;
    if (tick > host.ticks) {
      host.ticks = tick;
      this.#instantStart = this.#steps;
      this.trace._jumped(tick);
      if (this.#settings.explore !== 'none') this.#orderTimers();
    }
    host.soon = true;
  }

  /** The tick of the next timer; Infinity if there is none. */
  #nextTick(): number {
    const deadline = this.nextDeadline();
    return deadline === Infinity ? Infinity : Math.max(this.#host.ticks, this.#host.tickOf(deadline));
  }

  /** The tick of whatever comes next: a timer, or the end of a wait for everybody. */
  #nextEvent(): number {
    let next = this.#nextTick();
    for (const { cushion } of this.#blocked) {
      next = Math.min(next, Math.max(this.#host.ticks, this.#activeAt + cushion));
    }
    return next;
  }

  /** Wakes those who wait until nothing else goes on and have waited long enough, and gives whether there were any. */
  #wakeBlocked(tick: number): boolean {
    let woken = false;
    if (this.#blocked.size === 0 || this.#isDue()) return false;
    for (const wait of [...this.#blocked]) {
      if (this.#activeAt + wait.cushion > tick) continue;
      this.#blocked.delete(wait);
      release(wait.future);
      woken = true;
    }
    return woken;
  }

  /** @internal */
  *_whenBlocked(cushion: number): Coroutine<void> {
    const wait: BlockedWait = {
      future: this.createFuture<void>(),
      cushion: Math.ceil(cushion * this.#host.rate),
    };
    this.#blocked.add(wait);
    try {
      yield* wait.future;
    } finally {
      this.#blocked.delete(wait);
    }
  }

  #waitForOutside(): void {
    const names = this.#externalNames().join(', ');
    if (this.#isSync) {
      this.abandonRun(
        new RuntimeError(`Cannot go on without the real world: the program waits for ${names}`),
      );
      return;
    }
    this.#host.timer.arm(LONG_WAIT_MS, () =>
      logger.warning(`The simulation at ${this.time()} s has waited for a second of real time for ${names}`),
    );
  }

  #deadlocked(): void {
    const tasks = this.#foregroundTasks();
    // A loop that runs for ever with nothing to do waits for callers; nobody can tell that they will not come.
    if (tasks.length === 0 && this.#awaited === 0) return;
    if (this.#channels > 0 && !this.#isSync) return; // something may still come
    const details = { ...waitGraphOf(this), token: this.replayToken() };
    const exception = new SimDeadlockError(this.time(), tasks.map(String), details);
    if (!this.#throwsDeadlock && !this.#isSync) {
      if (this.#reportedAt !== this.#steps)
        this.callExceptionHandler({ message: 'The simulation can never go on', exception });
      this.#reportedAt = this.#steps;
      return;
    }
    this.abandonRun(exception);
  }

  // Real time

  /** Whether the real clock has come to where the simulation wants to go; if not, it waits for that. */
  #isTime(tick: number): boolean {
    if (this.#speed === 0) return true;
    const nowMs = performance.now();
    this.#pace ??= { realMs: nowMs, ticks: this.#host.ticks };
    const waitMs = this.#pace.realMs + ((tick - this.#pace.ticks) * this.#tickMs()) / this.#speed - nowMs;
    if (waitMs <= 0) return true;
    this.#host.timer.arm(Math.ceil(waitMs), () => this.#host.poke());
    return false;
  }

  /** Something comes from outside in the middle of a wait: moves the clock to where the real one is. */
  #keepPace(): void {
    const host = this.#host;
    if (this.#speed === 0 || this.#pace === null || !host.soon) return;
    const elapsed = ((performance.now() - this.#pace.realMs) * this.#speed) / this.#tickMs();
    const tick = Math.min(this.#pace.ticks + Math.floor(elapsed), this.#nextEvent(), this.#runEndTick);
    if (tick > host.ticks) this.#jump(tick);
  }

  #tickMs(): number {
    return 1000 / this.#host.rate;
  }

  // By hand

  /** Begins a run, drives it, and gives the error that ended it, if one did. */
  #drive(body: () => void): { readonly error: unknown } | null {
    let outcome: { readonly error: unknown } | null = null;
    this.beginRun({
      resolve: () => undefined,
      reject: (error) => {
        outcome = { error };
      },
    });
    try {
      body();
    } finally {
      if (this.#host.running) this.leaveRun();
    }
    return outcome;
  }

  #byHand(body: () => void): void {
    if (_getRunningLoop() !== null)
      throw new RuntimeError('Cannot advance a simulation from inside a loop: wait with sleep() instead');
    const host = this.#host;
    host.byHand = true;
    try {
      if (this.isRunning()) {
        body();
        return;
      }
      this.checkCanRun();
      const outcome = this.#drive(body);
      if (outcome !== null) throw outcome.error;
    } finally {
      host.byHand = false;
      host.poke();
    }
  }

  /** Runs what is ready until nothing is. */
  #drain(): void {
    const host = this.#host;
    do {
      while (host.running && (host.soon || this.#isDue())) this.#pump(CALLBACKS_PER_PUMP);
    } while (host.running && this.#wakeBlocked(host.ticks));
  }

  /** Whether a timer is due that has not become ready yet. */
  #isDue(): boolean {
    return this.#nextTick() <= this.#host.ticks;
  }

  // Tasks of the background

  #createBackgroundTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T> {
    const task = this.createTask(coro, options);
    this.#background.add(task as Task<unknown>);
    task.addDoneCallback(() => this.#background.delete(task as Task<unknown>));
    return task;
  }

  #foregroundTasks(): Task<unknown>[] {
    return [...allTasks(this)].filter((task) => !this.#background.has(task));
  }

  #isOnlyBackground(): boolean {
    return this.#background.size > 0 && this.#awaited === 0 && this.#foregroundTasks().length === 0;
  }

  // Parts of an iteration

  protected override beginRun(run: { resolve(): void; reject(error: unknown): void }): void {
    const host = this.#host;
    this.#runStart = this.#instantStart = this.#steps;
    this.#activeAt = host.ticks;
    this.#runEndTick = host.ticks < this.#endTick ? this.#endTick : Infinity;
    this.#endsBackground = false;
    this.#pace = null;
    super.beginRun(run);
  }

  /** Makes the timers ready that a jump has made due, those of one tick in the order that is chosen. */
  #orderTimers(): void {
    const host = this.#host;
    const scheduled = this._scheduled;
    const due: TimerHandle[] = [];
    let tick = -Infinity;
    const flush = (): void => {
      while (due.length > 0) {
        const index = due.length === 1 ? 0 : this.#choose(due.map((handle) => this.trace._labelOf(handle)));
        const [handle] = due.splice(index, 1) as [TimerHandle];
        this._ready.push(handle);
        this._instrument?.handleScheduled?.(handle);
      }
    };
    while (this.#nextTick() <= host.ticks) {
      const deadline = scheduled.headWhen;
      const handle = scheduled.pop();
      const own = host.tickOf(deadline);
      if (own !== tick) flush();
      tick = own;
      due.push(handle);
    }
    flush();
  }

  #choose(labels: readonly string[]): number {
    const index = this.#schedule.choose(labels);
    if (this.trace.level !== 'none') this.trace._chose(labels, index);
    return index;
  }

  /** @internal */
  override _timerHandleCancelled(handle: TimerHandle): void {
    super._timerHandleCancelled(handle);
    this.trace._timerCancelled(handle);
  }
}

/**
 * Waits until nothing else can run: every other task waits for a time, for another task or for the real world. What is
 * due at the present time has run by then.
 *
 * @param cushion For how many virtual seconds nothing must have happened. Default 0: the clock does not move.
 * @throws {RuntimeError} If the running loop is not a SimLoop.
 * @throws {RangeError} If `cushion` is negative or NaN.
 * @example
 * const lock = new Lock();
 * yield* lock.acquire();
 * createTask(lock.acquire());
 * yield* waitAllTasksBlocked();
 * lock.statistics().tasksWaiting; // 1
 */
export function* waitAllTasksBlocked(cushion = 0): Coroutine<void> {
  if (!(cushion >= 0)) throw new RangeError(`cushion must be a number from 0, got ${cushion}`);
  const loop = getRunningLoop();
  if (!(loop instanceof SimLoop))
    throw new RuntimeError(`waitAllTasksBlocked() needs a SimLoop, not ${repr(loop)}`);
  yield* loop._whenBlocked(cushion);
}

function atLeast(name: string, value: number, least: number, isOpen: boolean): void {
  if (isOpen ? value > least && value < Infinity : value >= least) return;
  const range = isOpen ? 'a positive number' : `a number from ${least}`;
  throw new RangeError(`${name} must be ${range}, got ${value}`);
}

function oneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new RangeError(`${name} must be one of ${known.join(', ')}, got ${repr(value)}`);
}
