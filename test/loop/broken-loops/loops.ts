// Loops that are each broken in one way, in which loops in the wild have been: the loop of demo/minimal-loop with a bug
// in one method. `lines` says which lines of the checklist find it.

import * as asyncio from 'asyncio-web';
import type { HostLoop, Pump } from 'asyncio-web/lowlevel';
import { BrowserHost } from 'asyncio-web/lowlevel';
import { MinimalLoop } from '../../../demo/minimal-loop/minimal-loop.ts';

/** A page whose clock stands still while there is work, and then jumps to the next timer: the tests take no time. */
export class JumpingHost extends BrowserHost {
  #time = 1000;

  override now(): number {
    return this.#time;
  }
  override wakeAt(when: number): void {
    this.#time = Math.max(this.#time + 1e-6, when); // a clock that does not go on at all would hang who waits for it
    this.wakeSoon();
  }
}

export interface BrokenLoop {
  /** What it does wrong. */
  readonly bug: string;
  /** The lines of the checklist that find it; the first is the one that is about it. */
  readonly lines: readonly string[];
  /** The tiers that it is tested by. */
  readonly tiers: readonly number[];
  readonly make: () => asyncio.AbstractEventLoop;
}

/** Found without a page around the loop. */
const INSIDE = [0, 1, 2, 3, 4];
/** Found only with code outside the loop. */
const OUTSIDE = [4, 5];

type Callback<A extends unknown[]> = asyncio.Callback<A>;

/** asyncio-glib #3: what the page sets while the loop is idle is noticed when something else wakes it. */
export class LosesWakeUps extends MinimalLoop {
  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): asyncio.Handle {
    const handle = new asyncio.Handle(this.checked(callback), args, this);
    this.ready.push(handle);
    return handle;
  }
}

/** Sleeps until the deadline that it computed before it slept, whatever is scheduled meanwhile. */
export class KeepsItsDeadline extends MinimalLoop {
  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    const timer = new asyncio.TimerHandle(when, this.checked(callback), args, this);
    this.timers = [...this.timers, timer].sort((a, b) => a.when() - b.when());
    return timer;
  }
}

/** stop() from outside is noticed with the next event. */
class StopsWithTheNextEvent extends MinimalLoop {
  override stop(): void {
    this.isStopping = true;
    if (asyncio._getRunningLoop() === null && this.isRunning()) return;
    this.wake();
  }
}

/** nest_asyncio: a run inside a run takes steps of other tasks in the middle of the present one. */
class Nests extends MinimalLoop {
  override async runUntilComplete<T>(awaitable: asyncio.AwaitableOrPromise<T>): Promise<T> {
    if (!this.isRunning()) return super.runUntilComplete(awaitable);
    const future = asyncio.ensureFuture(awaitable, { loop: this });
    while (!future.done() && this.ready.length > 0) this.ready.shift()?._run();
    return future.result();
  }
}

/** Remains the running loop between its turns. */
class StaysTheRunningLoop extends MinimalLoop {
  protected override turn(): void {
    asyncio._setRunningLoop(null);
    super.turn();
    if (this.isRunning()) asyncio._setRunningLoop(this);
  }
  protected override wake(): void {
    const running = asyncio._getRunningLoop();
    asyncio._setRunningLoop(null);
    super.wake();
    asyncio._setRunningLoop(running);
  }
}

/** MicroPython's loop in a page: runs on while anything is ready. */
class Drains extends MinimalLoop {
  protected override turn(): void {
    const run = this.run;
    asyncio._setRunningLoop(this);
    try {
      for (let spins = 0; spins < 5000 && this.ready.length > 0; spins += 1) this.ready.shift()?._run();
    } catch (exit) {
      this.end(() => run?.reject(exit));
    }
    asyncio._setRunningLoop(null);
    super.turn();
  }
}

/** Takes turn after turn without giving the page its own. */
class HoldsThePage extends MinimalLoop {
  protected override turn(): void {
    do super.turn();
    while (this.isRunning() && this.ready.length > 0);
  }
}

/** QtAsyncio: every callback is a task of the host, in the host's order. */
class ReversesOrder extends MinimalLoop {
  protected override turn(): void {
    this.ready.reverse();
    super.turn();
  }
}

/** Heaps alone: equal times come out as the heap has them. */
class ReversesEqualTimes extends MinimalLoop {
  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    const timer = super.callAt(when, callback, ...args);
    const others = this.timers.filter((other) => other !== timer);
    this.timers = [timer, ...others].sort((a, b) => a.when() - b.when());
    return timer;
  }
}

/** qasync: int(delay * 1000), here in hundredths so that every engine's clock shows it. */
class CutsDelays extends MinimalLoop {
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A) {
    return super.callLater(Math.floor(delay * 100) / 100, callback, ...args);
  }
}

/** cpython gh-145703: adds a resolution to the time that is too small to change it. */
class WaitsForLaterThanNow extends MinimalLoop {
  #isLooking = false;

  override time(): number {
    const now = super.time();
    const seen = this.#isLooking ? now - 1e-6 : now;
    this.#isLooking = false;
    return seen;
  }
  protected override turn(): void {
    this.#isLooking = true;
    super.turn();
  }
}

/** Pyodide #6306: a native timer holds 31 bits of milliseconds. */
class Overflows extends MinimalLoop {
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A) {
    return super.callLater(delay < 100 ? delay : ((delay * 1000) | 0) / 1000, callback, ...args);
  }
}

/** Pyodide #2011: what was cancelled is called all the same. */
class CallsWhatWasCancelled extends MinimalLoop {
  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): asyncio.Handle {
    super.callSoon(callback, ...args);
    return new asyncio.Handle(callback as asyncio.Callback, args, this);
  }
}

/** The same, for timers. */
class CallsCancelledTimers extends MinimalLoop {
  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    super.callAt(when, callback, ...args);
    return new asyncio.TimerHandle(when, callback as asyncio.Callback, args, this);
  }
}

/** Timers that were cancelled stay until they are due. */
class KeepsCancelledTimers extends asyncio.BaseEventLoop {
  override _timerHandleCancelled(): void {}
}

/** QtAsyncio and rubicon: the wall clock. */
class WallClockHost extends BrowserHost {
  override now(): number {
    return Date.now() / 1000;
  }
  override wakeAt(when: number): void {
    super.wakeAt(super.now() + when - this.now());
  }
}

/** The gist: stop() leaves the rest of the turn undone. */
class StopsInTheTurn extends MinimalLoop {
  override stop(): void {
    const rest = asyncio._getRunningLoop() === this ? this.ready.splice(0) : [];
    super.stop();
    // One that does nothing for each that is left of this turn.
    this.ready = rest.map(() => new asyncio.Handle(() => undefined, [], this));
  }
}

/** uvloop #517: stop() is a callback like any other. */
class StopsATurnLater extends MinimalLoop {
  override stop(): void {
    this.callSoon(() => super.stop());
  }
}

/** cpython #88391 the other way round: a stop() before the run is forgotten. */
class ForgetsAnEarlyStop extends MinimalLoop {
  override runForever(): Promise<void> {
    this.isStopping = false;
    return super.runForever();
  }
}

/** rubicon #204: one run and no more. */
class RunsOnce extends MinimalLoop {
  #hasRun = false;

  override runForever(): Promise<void> {
    if (this.#hasRun) throw new asyncio.RuntimeError('Cannot run again');
    this.#hasRun = true;
    return super.runForever();
  }
}

/** Leaves what it has asked of the page behind when it is closed. */
class CallsAfterClose extends MinimalLoop {
  override close(): void {
    const left = [...this.ready, ...this.timers];
    super.close();
    setTimeout(() => {
      for (const handle of left) handle._run();
    }, 0);
  }
}

/** rubicon: an error in a callback disappears in the host's own code. */
class Swallows extends MinimalLoop {
  override callExceptionHandler(): void {}
}

/** QtAsyncio: the handler is called with the context alone. */
class CallsHandlersWithOneArgument extends MinimalLoop {
  override callExceptionHandler(context: asyncio.ExceptionContext): void {
    const handler = this.handler as unknown as ((context: asyncio.ExceptionContext) => void) | null;
    super.callExceptionHandler(context, handler && ((_loop, told) => handler(told)));
  }
}

/** A handler that fails takes the loop with it. */
class TrustsHandlers extends MinimalLoop {
  override callExceptionHandler(context: asyncio.ExceptionContext): void {
    if (this.handler !== null) this.handler(this, context);
    else this.defaultExceptionHandler(context);
  }
}

/** QtAsyncio: every task that fails is reported, also if somebody awaits it. */
class ReportsAtOnce extends MinimalLoop {
  override createTask<T>(coro: asyncio.Coroutine<T>, options?: asyncio.TaskOptions): asyncio.Task<T> {
    const task = super.createTask(coro, options);
    task.addDoneCallback(() => {
      const exception = task.cancelled() ? null : task.exception();
      if (exception !== null) this.callExceptionHandler({ message: 'A task failed', exception });
    });
    return task;
  }
}

/** qasync: callbacks run in no context of their own. */
class LosesContexts extends MinimalLoop {
  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): asyncio.Handle {
    return new asyncio.Context().run(() => super.callSoon(callback, ...args));
  }
}

/** The gist: who waits is called in the context of who sets. */
class TakesTheSettersContext extends MinimalLoop {
  override _callSoonIn<A extends unknown[]>(_context: asyncio.Context, callback: Callback<A>, ...args: A) {
    return this.callSoon(callback, ...args);
  }
}

/** uvloop #482: callLater(0) is callSoon(). */
class GivesOtherHandles extends MinimalLoop {
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A) {
    if (delay > 0) return super.callLater(delay, callback, ...args);
    return this.callSoon(callback, ...args) as asyncio.TimerHandle;
  }
}

/** The gist: a time that has passed is an error. */
class RefusesThePast extends MinimalLoop {
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A) {
    if (delay < 0) throw new RangeError("Can't schedule in the past");
    return super.callLater(delay, callback, ...args);
  }
}

/** Forgets what is queued when a run ends: the cleanup of what is left. */
class ForgetsItsQueue extends MinimalLoop {
  protected override end(settle: () => void): void {
    this.ready = [];
    super.end(settle);
  }
}

/** Does not know its tasks, so nobody can cancel them. */
class LosesTasks extends MinimalLoop {
  override createTask<T>(coro: asyncio.Coroutine<T>, options?: asyncio.TaskOptions): asyncio.Task<T> {
    const task = super.createTask(coro, options);
    this._tasks = null;
    return task;
  }
}

/** The gist: tasks have no results. */
class LosesResults extends MinimalLoop {
  override createTask<T>(coro: asyncio.Coroutine<T>, options?: asyncio.TaskOptions): asyncio.Task<T> {
    function* wrapper(): asyncio.Coroutine<T> {
      yield* coro;
      return undefined as T;
    }
    return super.createTask(wrapper(), options);
  }
}

/** The gist: closed is what does not run. */
class IsClosedBeforeItRuns extends MinimalLoop {
  override isClosed(): boolean {
    return !this.isRunning();
  }
}

/** The gist: a run that ends before its future is done gives nothing. */
class EndsSilently extends MinimalLoop {
  override async runUntilComplete<T>(awaitable: asyncio.AwaitableOrPromise<T>): Promise<T> {
    const future = asyncio.ensureFuture(awaitable, { loop: this });
    await super.runUntilComplete(future).catch((error: Error) => {
      if (!error.message.startsWith('Event loop stopped')) throw error;
    });
    return future.done() ? future.result() : (undefined as T);
  }
}

/** uvloop #336: the stop of a run that an exit has ended ends the next one. */
class StopsTheNextRun extends MinimalLoop {
  override async runUntilComplete<T>(awaitable: asyncio.AwaitableOrPromise<T>): Promise<T> {
    this.checkIdle();
    const future = asyncio.ensureFuture(awaitable, { loop: this });
    future.addDoneCallback(() => this.stop());
    return super.runUntilComplete(future);
  }
}

/** Pyodide #4006: a native timer for each turn, which browsers hold back for 4 ms. */
class TimerHost implements HostLoop {
  readonly clockResolution = 0.001;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pump: Pump | null = null;

  now(): number {
    return performance.now() / 1000;
  }
  start(pump: Pump): void {
    this.#pump = pump;
  }
  wakeSoon(): void {
    this.wakeAt(0);
  }
  wakeAt(when: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump?.(1000), Math.max(0, (when - this.now()) * 1000));
  }
  reportError(error: unknown): void {
    reportError(error);
  }
  stop(): void {
    clearTimeout(this.#timer);
    this.#pump = null;
  }
}

type LoopClass = new (host?: HostLoop) => asyncio.AbstractEventLoop;

const inside = (loop: LoopClass, ...lines: string[]): BrokenLoop => ({
  bug: loop.name,
  lines,
  tiers: INSIDE,
  make: () => new loop(new JumpingHost()),
});

const outside = (loop: LoopClass, ...lines: string[]): BrokenLoop => ({
  bug: loop.name,
  lines,
  tiers: OUTSIDE,
  make: () => new loop(),
});

export const BROKEN_LOOPS: readonly BrokenLoop[] = [
  outside(LosesWakeUps, '16'),
  outside(KeepsItsDeadline, '16'),
  outside(StopsWithTheNextEvent, '16'),
  inside(Nests, '8'),
  outside(StaysTheRunningLoop, '11'),
  inside(Drains, '5', '12'),
  outside(HoldsThePage, '16'),
  inside(ReversesOrder, '4', '2', '9', '12'),
  inside(ReversesEqualTimes, '3', '10'),
  inside(CutsDelays, '10'),
  inside(WaitsForLaterThanNow, '1', '5'),
  inside(Overflows, '10'),
  inside(CallsWhatWasCancelled, '2'),
  inside(CallsCancelledTimers, '10'),
  {
    bug: 'KeepsCancelledTimers',
    lines: ['10'],
    tiers: INSIDE,
    make: () => new KeepsCancelledTimers(new JumpingHost()),
  },
  { bug: 'WallClock', lines: ['1'], tiers: [0], make: () => new MinimalLoop(new WallClockHost()) },
  inside(StopsInTheTurn, '12'),
  inside(StopsATurnLater, '12'),
  inside(ForgetsAnEarlyStop, '12'),
  inside(RunsOnce, '12', '10', '13', '15'),
  inside(CallsAfterClose, '14'),
  inside(Swallows, '2', '6', '15'),
  inside(CallsHandlersWithOneArgument, '6', '2', '15'),
  inside(TrustsHandlers, '6'),
  inside(ReportsAtOnce, '7', '13', '15'),
  inside(LosesContexts, '2', '7'),
  inside(TakesTheSettersContext, '7'),
  inside(GivesOtherHandles, '3'),
  inside(RefusesThePast, '3'),
  inside(ForgetsItsQueue, '12'),
  inside(LosesTasks, '8', '15'),
  inside(LosesResults, '7', '10', '12', '13', '15'),
  inside(IsClosedBeforeItRuns, '14'),
  inside(EndsSilently, '13'),
  inside(StopsTheNextRun, '13'),
  { bug: 'TimerHost', lines: ['16'], tiers: [5], make: () => new MinimalLoop(new TimerHost()) },
];
