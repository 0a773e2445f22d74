/**
 * BaseEventLoop: the ready queue, the timers, one iteration, and how a host drives them.
 *
 * Source: Lib/asyncio/base_events.py, CPython 3.14, and for the split of an iteration into `pollEvents`,
 * `processEvents` and `processReady` python/cpython#145343. It knows no browser: a HostLoop gives it a clock and one
 * wake-up (core/host.ts).
 *
 * One iteration: poll the outside; move the timers that are due behind what is ready; run exactly the callbacks that
 * are ready at that moment. What they schedule waits for the next iteration. A host may cut an iteration into chunks;
 * order does not change by that, but for a timer that falls due while a callback blocks the page (DECISIONS 5).
 *
 * The pump has four states: idle (waits for the outside), soon (asked for a tick), at (asked for a tick at a time)
 * and running. Everything that makes work ready calls `#wake`, so no wake-up is lost; while it runs there is nothing
 * to do, because the end of the tick looks again.
 */

import type { AwaitableOrPromise, Coroutine, TaskOptions } from '../core/awaitable.ts';
import type { Channel } from '../core/channel.ts';
import {
  MAXIMUM_SELECT_TIMEOUT,
  MIN_CANCELLED_TIMER_HANDLES_FRACTION,
  MIN_SCHEDULED_TIMER_HANDLES,
  SLOW_CALLBACK_DURATION,
} from '../core/constants.ts';
import type { Context } from '../core/contextvars.ts';
import { enterContext, exitContext } from '../core/contextvars.ts';
import type {
  Callback,
  ExceptionContext,
  ExceptionHandler,
  FutureLike,
  LoopInstrument,
  ServerLike,
  TaskFactory,
} from '../core/events.ts';
import { _getRunningLoop, _setRunningLoop, AbstractEventLoop, Handle, TimerHandle } from '../core/events.ts';
import { isExit, RuntimeError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import type { HostLoop } from '../core/host.ts';
import { logger } from '../core/log.ts';
import type {
  BaseTransportLike,
  Bytes,
  ConnectionOptions,
  DatagramOptions,
  DatagramTransportLike,
  ProtocolLike,
  ReadTransportLike,
  SendfileOptions,
  ServerOptions,
  TransportLike,
  WriteTransportLike,
} from '../core/network.ts';
import type { Runnable } from '../core/ready-queue.ts';
import { ReadyQueue } from '../core/ready-queue.ts';
import { TimerHeap } from '../core/timer-heap.ts';
import { closeCoroutine, iscoroutine, iscoroutinefunction } from '../tasks/coroutines.ts';
import { Future, isfuture } from '../tasks/futures.ts';
import { gather } from '../tasks/gather.ts';
import { fromPromise } from '../tasks/promises.ts';
import { allTasks, ensureFuture, Task } from '../tasks/tasks.ts';
import { InstrumentSet } from './instruments.ts';
import { addSignalHandler, removeSignalHandler } from './signals.ts';

const IDLE = 0;
const SOON = 1;
const AT = 2;
const RUNNING = 3;

/** A timer further away than this cannot fall due within one chunk, so its deadline is not looked at again. */
const CHUNK_HORIZON = 0.001;

/**
 * The most timers that one iteration moves: a million at once would hold the page for a second, and to take one out of so
 * many costs up to 3 µs.
 */
const MAX_DUE = 512;

/** A tick throws cancelled timers away until it has dropped so many; a step of the heap more at most. */
const MOST_DROPPED = 4096;

const NO_EVENTS: readonly Callback[] = [];

/** What `loop.stats()` gives: whole numbers since the loop was made, but for what says otherwise. */
export interface LoopStats {
  /** Batches that were begun. */
  readonly iterations: number;
  /** Callbacks and steps of tasks that were run, with those that had been cancelled. */
  readonly callbacks: number;
  /** The most that were ready at the beginning of a chunk. */
  readonly readyHighWater: number;
  /** Timers in the heap, with those that are cancelled and still there. */
  readonly timersPending: number;
  /** Timers that fell due. */
  readonly timersRun: number;
  /** How late the latest of them was moved into the ready queue, in seconds. */
  readonly latestTimer: number;
  /** What the host counts: for a page see `BrowserHostStats`; null for a host that does not count. */
  readonly host: object | null;
}

/**
 * An event loop without a world around it: a ready queue and timers, driven by a host. See {@link HostLoop}.
 *
 * @example
 * let pump: Pump | null = null;
 * const host: HostLoop = {
 *   now: () => performance.now() / 1000,
 *   clockResolution: 0.001,
 *   start: (given) => void (pump = given),
 *   wakeSoon: () => queueMicrotask(() => pump?.(100)),
 *   wakeAt: (when) => void setTimeout(() => pump?.(100), 1000 * (when - performance.now() / 1000)),
 *   reportError,
 *   stop: () => void (pump = null),
 * };
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(host) });
 */
export class BaseEventLoop extends AbstractEventLoop {
  /** Seconds after which debug mode reports a callback. */
  slowCallbackDuration: number = SLOW_CALLBACK_DURATION;
  /** The world around. */
  protected readonly host: HostLoop;
  /** @internal */
  readonly _ready: ReadyQueue = new ReadyQueue();
  /** @internal */
  readonly _scheduled: TimerHeap<TimerHandle> = new TimerHeap();
  /** @internal */
  _timerCancelledCount = 0;
  /** @internal */
  override _iteration = 0;
  /** How many callbacks of the present iteration are still to run. */
  #batch = 0;
  /** A subclass has events of its own. */
  readonly #polls: boolean = this.pollEvents !== BaseEventLoop.prototype.pollEvents;
  /** A subclass has a clock of its own. */
  readonly #hasOwnTime: boolean = this.time !== BaseEventLoop.prototype.time;
  #callbacks = 0;
  #readyHighWater = 0;
  #timersRun = 0;
  #latestTimer = 0;
  /** How many cancelled timers this tick has thrown away. */
  #dropped = 0;
  #pump = IDLE;
  #armedAt = Infinity;
  #stopping = false;
  #closed = false;
  #debug = false;
  #run: { resolve(): void; reject(error: unknown): void } | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  /** Debug mode: the handle whose callback is being called. */
  #currentHandle: Handle | null = null;
  #taskFactory: TaskFactory | null = null;
  readonly #signalHandlers = new Map<string, () => void>();

  /** @param host The clock and the wake-up; for this loop alone. */
  constructor(host: HostLoop) {
    super();
    this.host = host;
    if ((globalThis as { PYTHONASYNCIODEBUG?: unknown }).PYTHONASYNCIODEBUG) this.setDebug(true);
  }

  // Running and stopping

  override runForever(): Promise<void> {
    this.checkCanRun();
    return new Promise<void>((resolve, reject) => this.beginRun({ resolve, reject }));
  }

  override runUntilComplete<T>(future: AwaitableOrPromise<T>): Promise<T> {
    this.checkCanRun();
    const isNew = !isfuture(future);
    const awaited = ensureFuture(future, { loop: this });
    if (isNew && awaited instanceof Task) awaited._logDestroyPending = false;
    const done = (): void => {
      // An interrupt or exit has left the loop already; a second stop would end the next run at once.
      if (!awaited.cancelled() && isExit(awaited.exception())) return;
      this.stop();
    };
    awaited.addDoneCallback(done);
    return this.runForever().then(
      () => {
        awaited.removeDoneCallback(done);
        if (!awaited.done()) throw new RuntimeError('Event loop stopped before Future completed.');
        return awaited.result();
      },
      (error: unknown) => {
        awaited.removeDoneCallback(done);
        // The future's own error is what comes out here: it needs no second report.
        if (isNew || (awaited instanceof Future && awaited._failure() === error)) markRetrieved(awaited);
        throw error;
      },
    );
  }

  override stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  override isRunning(): boolean {
    return this.#run !== null;
  }

  override isClosed(): boolean {
    return this.#closed;
  }

  override close(): void {
    if (this.isRunning()) throw new RuntimeError('Cannot close a running event loop');
    if (this.#closed) return;
    for (const task of allTasks(this)) {
      if (task._logDestroyPending === false) continue;
      const context: ExceptionContext = { message: 'Task was destroyed but it is pending!', task };
      if (typeof task._sourceTraceback === 'string') context.sourceTraceback = task._sourceTraceback;
      this.callExceptionHandler(context);
    }
    for (const unretrieved of [...(this._unretrieved ?? [])]) unretrieved.report();
    this.#closed = true;
    for (const signal of this.#signalHandlers.keys()) this.removeSignalHandler(signal);
    this._ready.clear();
    this._scheduled.clear();
    this._timerCancelledCount = 0;
    this._tasks = null;
    this._foreignTasks = null;
  }

  /** Closes every asynchronous generator that was begun in this loop, and reports those that fail at it. */
  override *shutdownAsyncgens(): Coroutine<void> {
    this._asyncgensShutdown = true;
    const generators = [...(this._asyncgens ?? [])];
    this._asyncgens = null;
    if (generators.length === 0) return;
    const outcomes = yield* gather(
      generators.map((generator) => generator.close()),
      { returnExceptions: true },
    );
    outcomes.forEach((exception, index) => {
      if (!(exception instanceof Error)) return;
      const asyncgen = generators[index]?.owner?.deref() ?? generators[index];
      this.callExceptionHandler({
        message: `an error occurred during closing of asynchronous generator ${repr(asyncgen)}`,
        exception,
        asyncgen,
      });
    });
  }

  override *shutdownDefaultExecutor(_timeout?: number | null): Coroutine<void> {
    // There is no default executor in this version.
  }

  // Scheduling

  /**
   * Seconds on the loop's clock. A loop that overrides it may begin elsewhere than its host's clock; where the two do not
   * go at the same speed, the host calls early, which does no harm, or late.
   */
  override time(): number {
    return this.host.now();
  }

  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): Handle {
    this.#checkClosed();
    if (this.#debug) this.#checkRealm();
    return this.#callSoon(callback, args, 'callSoon');
  }

  override callSoonThreadsafe<A extends unknown[]>(callback: Callback<A>, ...args: A): Handle {
    this.#checkClosed();
    return this.#callSoon(callback, args, 'callSoonThreadsafe');
  }

  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A): TimerHandle {
    if (typeof delay !== 'number') throw new TypeError(`delay must be a number, got ${repr(delay)}`);
    if (Number.isNaN(delay)) throw new RangeError('Invalid delay: NaN (not a number)');
    return this.#addTimer(this.time() + delay, callback, args, 'callLater');
  }

  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): TimerHandle {
    if (typeof when !== 'number') throw new TypeError(`when must be a number, got ${repr(when)}`);
    if (Number.isNaN(when)) throw new RangeError('Invalid delay: NaN (not a number)');
    return this.#addTimer(when, callback, args, 'callAt');
  }

  /** @internal */
  override _callSoonIn<A extends unknown[]>(context: Context, callback: Callback<A>, ...args: A): Handle {
    this.#checkClosed();
    const handle = new Handle(callback as Callback, args, this, context);
    this.#enqueue(handle);
    return handle;
  }

  /** @internal */
  override _callSoonStep(step: Runnable): void {
    if (this.#closed) this.#checkClosed();
    this._ready.push(step);
    if (this._instrument !== null && step instanceof Task) this._instrument.taskScheduled?.(step);
    if (this.#pump !== RUNNING) this.#wake();
  }

  /** @internal */
  override _atEvent<T>(listener: (data: T) => void, data: T): void {
    if (this.host.event === undefined) listener(data);
    else this.host.event(listener, data);
  }

  /** @internal */
  override _timerHandleCancelled(handle: TimerHandle): void {
    if (handle._scheduled) this._timerCancelledCount += 1;
  }

  // Futures and tasks

  override createFuture<T = unknown>(): Future<T> {
    return new Future<T>(null, this);
  }

  override createTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T> {
    if (this.#closed) {
      if (iscoroutine(coro)) closeCoroutine(coro);
      this.#checkClosed();
    }
    // A factory may make another class; it is used as a Task.
    if (this.#taskFactory !== null) return this.#taskFactory(this, coro, options ?? {}) as Task<T>;
    return new Task<T>(coro, options, this);
  }

  override setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== 'function')
      throw new TypeError('task factory must be a callable or None');
    this.#taskFactory = factory;
  }

  override getTaskFactory(): TaskFactory | null {
    return this.#taskFactory;
  }

  // The network: transports/connect.ts, which is loaded when it is needed

  override createConnection<P extends ProtocolLike>(
    protocolFactory: () => P,
    url: string | URL,
    options?: ConnectionOptions,
  ): Coroutine<[transport: TransportLike, protocol: P]> {
    return this.#network('createConnection', protocolFactory, url, options);
  }

  override createServer(
    protocolFactory: () => ProtocolLike,
    url: string | URL,
    options?: ServerOptions,
  ): Coroutine<ServerLike> {
    return this.#network('createServer', protocolFactory, url, options);
  }

  override createDatagramEndpoint<P extends ProtocolLike>(
    protocolFactory: () => P,
    url: string | URL,
    options?: DatagramOptions,
  ): Coroutine<[transport: DatagramTransportLike, protocol: P]> {
    return this.#network('createDatagramEndpoint', protocolFactory, url, options);
  }

  override connectReadPipe<P extends ProtocolLike>(
    protocolFactory: () => P,
    pipe: ReadableStream<ArrayBufferView | ArrayBufferLike>,
  ): Coroutine<[transport: ReadTransportLike, protocol: P]> {
    return this.#network('connectReadPipe', protocolFactory, pipe);
  }

  override connectWritePipe<P extends ProtocolLike>(
    protocolFactory: () => P,
    pipe: WritableStream<Bytes>,
  ): Coroutine<[transport: WriteTransportLike, protocol: P]> {
    return this.#network('connectWritePipe', protocolFactory, pipe);
  }

  override sendfile(transport: BaseTransportLike, file: Blob, options?: SendfileOptions): Coroutine<number> {
    return this.#network('sendfile', transport, file, options);
  }

  /**
   * What opens and serves connections at the URLs of a scheme. A loop overrides it to bring a channel of its own, or
   * to put another one in the place of one of the library's: a simulated network, for instance.
   *
   * @param scheme With its colon, as `URL.protocol` has it.
   * @returns When awaited, the channel. It may yield to the loop.
   * @throws {RangeError} When awaited, if there is none.
   */
  channelFor(scheme: string): Coroutine<Channel> {
    return this.#network('loadChannel', scheme);
  }

  /** Has the function of that name do the work. What it takes and gives is what the methods above declare. */
  *#network(name: string, ...args: unknown[]): Coroutine<never> {
    const layer: unknown = yield* fromPromise(import('../transports/connect.ts'));
    return yield* (layer as Record<string, (...args: unknown[]) => Coroutine<never>>)[name]!(this, ...args);
  }

  // Signals

  override addSignalHandler<A extends unknown[]>(signal: string, callback: Callback<A>, ...args: A): void {
    addSignalHandler(this.#signalHandlers, this, signal, callback as Callback, args);
  }

  override removeSignalHandler(signal: string): boolean {
    return removeSignalHandler(this.#signalHandlers, signal);
  }

  // Errors and debug

  override getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler;
  }

  override setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null && typeof handler !== 'function') {
      throw new TypeError(`A callable object or None is expected, got ${repr(handler)}`);
    }
    this.#exceptionHandler = handler;
  }

  /** Logs the context and, if there is an error in it, has the host show it as unhandled. */
  override defaultExceptionHandler(context: ExceptionContext): void {
    if (!('sourceTraceback' in context) && this.#currentHandle?._sourceTraceback) {
      context.handleTraceback = this.#currentHandle._sourceTraceback;
    }
    const lines = [context.message || 'Unhandled exception in event loop'];
    for (const key of Object.keys(context).sort()) {
      if (key === 'message' || key === 'exception') continue;
      const value = context[key];
      const maker = key === 'sourceTraceback' ? 'Object' : key === 'handleTraceback' ? 'Handle' : null;
      lines.push(
        maker === null
          ? `${key}: ${repr(value)}`
          : `${maker} created at (most recent call first):\n${String(value)}`,
      );
    }
    const text = lines.join('\n');
    if (!('exception' in context)) {
      logger.error(text);
      return;
    }
    logger.error(text, context.exception);
    this.host.reportError(context.exception);
  }

  /** Three layers: the handler that was set; the default one if that fails; the log if that fails too. */
  override callExceptionHandler(context: ExceptionContext): void {
    let report = context;
    if (this.#exceptionHandler !== null) {
      try {
        this.#runHandler(this.#exceptionHandler, report);
        return;
      } catch (exception) {
        if (isExit(exception)) throw exception;
        report = { message: 'Unhandled error in exception handler', exception, context };
      }
    }
    try {
      this.defaultExceptionHandler(report);
    } catch (exception) {
      if (isExit(exception)) throw exception;
      logger.error(
        report === context
          ? 'Exception in default exception handler'
          : 'Exception in default exception handler while handling an unexpected error in custom exception handler',
        exception,
      );
    }
  }

  override getDebug(): boolean {
    return this.#debug;
  }

  override setDebug(enabled: boolean): void {
    this.#debug = enabled;
    this._tracesAwaits = enabled;
  }

  /**
   * Adds a view, a trace or a measurement. See {@link LoopInstrument}. One that throws is reported and removed.
   *
   * @example
   * const loop = getRunningLoop() as BaseEventLoop;
   * const ended: string[] = [];
   * loop.addInstrument({ taskDone: (task) => void ended.push(task.getName()) });
   * yield* createTask(sleep(1), { name: 'nap' });
   * console.log(ended); // ['nap']
   */
  addInstrument(instrument: LoopInstrument): void {
    this._instrument = InstrumentSet.with(this._instrument, instrument, this);
  }

  /** Takes an instrument away again; an unknown one does no harm. */
  removeInstrument(instrument: LoopInstrument): void {
    this._instrument = InstrumentSet.without(this._instrument, instrument);
  }

  /** What the loop and its host have counted since they were made. The host's part is there if the host counts. */
  stats(): LoopStats {
    return {
      iterations: this._iteration,
      callbacks: this.#callbacks,
      readyHighWater: this.#readyHighWater,
      timersPending: this._scheduled.length,
      timersRun: this.#timersRun,
      latestTimer: this.#latestTimer,
      host: this.host.stats?.() ?? null,
    };
  }

  // One iteration, in steps that a subclass may change

  /** Seconds until something is to be done: 0 if something is ready, Infinity if only the outside can tell. */
  protected nextTimeout(): number {
    if (this._ready.length > 0 || this.#stopping) return 0;
    const deadline = this.nextDeadline();
    if (deadline === Infinity) return Infinity;
    return Math.min(Math.max(0, deadline - this.time()), MAXIMUM_SELECT_TIMEOUT);
  }

  /** The loop time of the next timer that is not cancelled; Infinity if there is none. */
  protected nextDeadline(): number {
    const scheduled = this._scheduled;
    while (scheduled.head?._cancelled) this._timerCancelledCount -= scheduled.dropHeads();
    return scheduled.headWhen;
  }

  /**
   * Collects what has come from outside, and waits for it at most `timeout` seconds. A host has done the waiting
   * already, so `timeout` is 0 and the default has nothing to collect.
   */
  protected pollEvents(_timeout: number): readonly Callback[] {
    return NO_EVENTS;
  }

  /** Puts what `pollEvents` collected into the ready queue. */
  protected processEvents(events: readonly Callback[]): void {
    for (const event of events) this.callSoon(event as Callback<[]>);
  }

  /** Runs at most `maxCallbacks` of the present batch and gives how many it ran. */
  protected processReady(maxCallbacks: number): number {
    const ready = this._ready;
    let ran = 0;
    if (this.#debug || this._instrument !== null) {
      while (this.#batch > 0 && ran < maxCallbacks) {
        this.#batch -= 1;
        ran += 1;
        const item = ready.shift();
        if (!item._cancelled) this.#runObserved(item);
      }
      return ran;
    }
    const count = Math.min(this.#batch, maxCallbacks);
    this.#batch -= count;
    for (; ran < count; ran += 1) {
      const item = ready.shift();
      if (!item._cancelled) item._run();
    }
    return count;
  }

  /** Begins an iteration: polls, moves due timers behind what is ready, and fixes the batch. */
  #beginIteration(now: number): void {
    if (this.#polls) this.processEvents(this.pollEvents(0));
    if (this._scheduled.length > 0) this.#moveDueTimers(now);
    this.#batch = this._ready.length;
    this._iteration += 1;
    if (this._instrument !== null) this._instrument.beforeIteration?.(this.#batch, now || this.time());
  }

  /** One whole iteration at once, for loops that drive themselves. The timeout is 0, so nothing is waited for. */
  protected runOnce(): void {
    this.#dropCancelledTimers();
    this.#beginIteration(this.time());
    this.processReady(Infinity);
  }

  // The pump

  /** What the host calls: a chunk of work, then the next wake-up. */
  readonly #tick = (maxCallbacks: number): void => {
    // A nested run loop of the host (a dialog, a debugger) must not enter: the outer tick goes on afterwards.
    if (this.#pump === RUNNING || this.#run === null) return;
    this.#pump = RUNNING;
    const outer = _getRunningLoop();
    _setRunningLoop(this);
    try {
      this.#runChunk(maxCallbacks);
    } catch (error) {
      // Only an interrupt or an exit, which end the run, or a defect of a subclass, which ends it too.
      this.#batch = 0;
      _setRunningLoop(outer);
      this.#finish(error, true);
      return;
    }
    _setRunningLoop(outer);
    if (this.#stopping && this.#batch === 0) this.#finish(undefined, false);
    else this.#arm();
  };

  #runChunk(maxCallbacks: number): void {
    let budget = maxCallbacks;
    this.#dropped = 0;
    if (this._ready.length > this.#readyHighWater) this.#readyHighWater = this._ready.length;
    // Reading the clock costs more than a switch of tasks: within a chunk it is read again only when a timer is near.
    let now = this._scheduled.length > 0 ? this.time() : 0;
    do {
      if (this.#batch === 0) {
        if (this._scheduled.length > 0 && (now === 0 || this._scheduled.headWhen - now < CHUNK_HORIZON))
          now = this.time();
        this.#beginIteration(now);
        if (this.#batch === 0) break;
      }
      budget -= this.processReady(budget);
      if (this.#stopping && this.#batch === 0) break;
    } while (budget > 0 && (this.#batch > 0 || this._ready.length > 0));
    this.#callbacks += maxCallbacks - budget;
  }

  /** After a tick: asks the host for the next one, or for nothing. */
  #arm(): void {
    this.#pump = IDLE;
    this.#armedAt = Infinity;
    const isClean = this._scheduled.length === 0 || this.#dropCancelledTimers();
    // Also to go on with throwing cancelled timers away, which is done a step at a time.
    if (this._ready.length > 0 || this.#stopping || !isClean) {
      this.#wake();
      return;
    }
    const head = this.nextDeadline();
    this._ready.trim();
    this._instrument?.loopIdle?.(head);
    if (head < Infinity) this.#armAt(head);
  }

  // What was asked for is noted when the host has taken it: one that throws will be asked again.

  #armAt(when: number): void {
    this.host.wakeAt(this.#hasOwnTime ? this.host.now() + (when - this.time()) : when);
    this.#pump = AT;
    this.#armedAt = when;
  }

  /** Something is ready: makes sure that a tick comes. */
  #wake(): void {
    if (this.#run === null || this.#pump >= RUNNING || this.#pump === SOON) return;
    this.host.wakeSoon();
    this.#pump = SOON;
  }

  /**
   * Begins a run whose end `run` is told at once, in the last tick. For loops that drive themselves; `runForever` is
   * this with a Promise.
   */
  protected beginRun(run: { resolve(): void; reject(error: unknown): void }): void {
    this.host.start(this.#tick);
    this.host.wakeSoon();
    this.#run = run;
    this.#pump = SOON;
  }

  /** Leaves a run between two ticks without an end, and what is ready where it is. The next run goes on there. */
  protected leaveRun(): void {
    this.#run = null;
    this.#pump = IDLE;
    this.#armedAt = Infinity;
    this.host.stop();
  }

  #finish(error: unknown, failed: boolean): void {
    const run = this.#run;
    this.#stopping = false;
    this.leaveRun();
    if (failed) run?.reject(error);
    else run?.resolve();
  }

  // Parts

  #callSoon(callback: Callback<never>, args: readonly unknown[], method: string): Handle {
    this.#checkCallback(callback, method);
    const handle = new Handle(callback as Callback, args, this);
    this.#enqueue(handle);
    return handle;
  }

  #enqueue(handle: Handle): void {
    this._ready.push(handle);
    if (this._instrument !== null) this._instrument.handleScheduled?.(handle);
    if (this.#pump !== RUNNING) this.#wake();
  }

  #addTimer(when: number, callback: Callback<never>, args: readonly unknown[], method: string): TimerHandle {
    this.#checkClosed();
    if (this.#debug) this.#checkRealm();
    this.#checkCallback(callback, method);
    const handle = new TimerHandle(when, callback as Callback, args, this);
    this._scheduled.push(when, handle);
    this._instrument?.timerScheduled?.(handle);
    const pump = this.#pump;
    if (this.#run !== null && (pump === IDLE || (pump === AT && when < this.#armedAt)) && when < Infinity)
      this.#armAt(when);
    return handle;
  }

  #moveDueTimers(now: number): void {
    this.#dropCancelledTimers();
    const scheduled = this._scheduled;
    const end = now + Math.max(this.host.clockResolution, ulp(now));
    for (let left = MAX_DUE; left > 0; left -= 1) {
      const when = scheduled.headWhen;
      if (when >= end) break;
      const handle = scheduled.pop();
      if (handle._cancelled) {
        this._timerCancelledCount -= 1;
        continue;
      }
      const late = now - when;
      if (late > this.#latestTimer) this.#latestTimer = late;
      this.#timersRun += 1;
      this._ready.push(handle);
      this._instrument?.handleScheduled?.(handle);
    }
  }

  /**
   * Throws cancelled timers away, in steps: all at once would block the page. Every iteration asks, as in CPython, and a
   * tick drops so many and no more. True if none is left to do.
   */
  #dropCancelledTimers(): boolean {
    const scheduled = this._scheduled;
    const length = scheduled.length;
    if (this.#dropped < MOST_DROPPED) {
      if (
        scheduled.isCleaning ||
        (length > MIN_SCHEDULED_TIMER_HANDLES &&
          this._timerCancelledCount / length > MIN_CANCELLED_TIMER_HANDLES_FRACTION)
      ) {
        scheduled.removeCancelled();
        this.#dropped += 1024; // for the look, however few it found
      }
      scheduled.dropHeads();
      const dropped = length - scheduled.length;
      this.#dropped += dropped;
      this._timerCancelledCount -= dropped;
    }
    return !scheduled.isCleaning && !scheduled.head?._cancelled;
  }

  /** Runs one callback with debug mode or instruments on. */
  #runObserved(item: Runnable): void {
    const instrument = this._instrument;
    const handle = item instanceof Handle ? item : null;
    if (handle !== null) instrument?.beforeHandle?.(handle);
    const start = this.#debug ? this.time() : 0;
    this.#currentHandle = handle;
    try {
      item._run();
    } finally {
      this.#currentHandle = null;
    }
    if (this.#debug) {
      const duration = this.time() - start;
      if (duration >= this.slowCallbackDuration)
        logger.warning(`Executing ${repr(item)} took ${duration.toFixed(3)} seconds`);
    }
    // Asked for anew: one that failed in beforeHandle has been removed.
    if (handle !== null) this._instrument?.afterHandle?.(handle);
  }

  #runHandler(handler: ExceptionHandler, context: ExceptionContext): void {
    // The handler sees the context variables of what failed.
    const source = (context.task ?? context.future ?? context.handle) as Partial<Handle> | string | undefined;
    const variables = typeof source === 'object' ? source.getContext?.() : undefined;
    if (variables === undefined || variables._entered) {
      handler(this, context);
      return;
    }
    const previous = enterContext(variables);
    try {
      handler(this, context);
    } finally {
      exitContext(variables, previous);
    }
  }

  #checkClosed(): void {
    if (this.#closed) throw new RuntimeError('Event loop is closed');
  }

  /** Debug mode: a callback of one loop that calls into another is mostly a mistake; callSoonThreadsafe() is not. */
  #checkRealm(): void {
    const running = _getRunningLoop();
    if (running !== null && running !== this) {
      throw new RuntimeError('Non-thread-safe operation invoked on an event loop other than the current one');
    }
  }

  /** @throws {RuntimeError} If this loop is closed or runs already, or another one is running. */
  protected checkCanRun(): void {
    this.#checkClosed();
    if (this.isRunning()) throw new RuntimeError('This event loop is already running');
    if (_getRunningLoop() !== null)
      throw new RuntimeError('Cannot run the event loop while another loop is running');
  }

  #checkCallback(callback: unknown, method: string): void {
    if (typeof callback !== 'function') {
      if (iscoroutine(callback)) throw new TypeError(`coroutines cannot be used with ${method}()`);
      throw new TypeError(`a callable object was expected by ${method}(), got ${repr(callback)}`);
    }
    if (this.#debug && iscoroutinefunction(callback))
      throw new TypeError(`coroutines cannot be used with ${method}()`);
  }

  /** Ends the run at once with an error, for a loop that finds that it cannot go on. */
  protected abandonRun(error: unknown): void {
    this.#batch = 0;
    this.#finish(error, true);
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, BaseEventLoop, 'BaseEventLoop');
  }

  /** @internal */
  _repr(): string {
    return `<${this._kind} running=${this.isRunning()} closed=${this.#closed} debug=${this.#debug}>`;
  }

  override toString(): string {
    return this._repr();
  }
}

/** The distance to the next larger number: adding less to `value` changes nothing (CPython gh-145703). */
function ulp(value: number): number {
  return Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE);
}

/** Looks at the error of a future, if it has one, so that it is not reported. */
function markRetrieved(future: FutureLike<unknown>): void {
  if (future.done() && !future.cancelled()) future.exception();
}
