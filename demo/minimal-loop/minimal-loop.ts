// A whole event loop in a hundred lines. Every task, lock, queue, timeout and group of the library runs on it, for they
// ask little of a loop: to call something soon, to call something at a time, and what time it is.
//
// A loop is two collections and one rule. Callbacks that are ready, and timers that are not due yet; and in each turn:
// move what is due behind what is ready, then call exactly what is ready now. What these calls schedule waits for the
// next turn. So things happen in the order in which they were asked for, and nothing can starve anything. The clock and
// the next turn come from a host: the page, a game's ticker, a test.

import type { Callback, Coroutine, ExceptionContext, ExceptionHandler, TaskFactory } from 'asyncio-web';
import * as asyncio from 'asyncio-web';
import * as lowlevel from 'asyncio-web/lowlevel';

// biome-ignore format: what is one thought is one line
export class MinimalLoop extends asyncio.AbstractEventLoop {
  protected ready: asyncio.Handle[] = []; // a handle is a callback that can be cancelled; it keeps its context variables
  protected timers: asyncio.TimerHandle[] = []; // the earliest first
  protected run: { resolve(): void; reject(error: unknown): void } | null = null; // null while it does not run
  protected isStopping = false;
  protected readonly host: lowlevel.HostLoop;

  constructor(host: lowlevel.HostLoop = new lowlevel.BrowserHost()) { super(); this.host = host; }

  // Scheduling
  override time(): number { return this.host.now(); }
  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): asyncio.Handle {
    const handle = new asyncio.Handle(this.checked(callback), args, this);
    this.ready.push(handle);
    this.wake();
    return handle;
  }
  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    const timer = new asyncio.TimerHandle(when, this.checked(callback), args, this);
    this.timers = [...this.timers, timer].sort((a, b) => a.when() - b.when()); // equal times keep their order
    this.wake();
    return timer;
  }
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    return this.callAt(this.time() + delay, callback, ...args);
  }
  override _timerHandleCancelled(timer: asyncio.TimerHandle): void { this.timers = this.timers.filter((one) => one !== timer); }
  protected checked(callback: Callback<never>): Callback {
    if (this.closed) throw new asyncio.RuntimeError('Event loop is closed');
    if (typeof callback !== 'function') throw new TypeError(`a callable object was expected, got ${callback}`);
    return callback as Callback;
  }

  // One turn, and the wake-up for the next
  protected turn(): void {
    const [run, outer, now] = [this.run, asyncio._getRunningLoop(), this.time()];
    if (!run || outer === this) return; // called after the run, or from inside a callback
    while (this.timers[0] && this.timers[0].when() <= now) this.ready.push(this.timers.shift()!);
    asyncio._setRunningLoop(this);
    try {
      for (let left = this.ready.length; left > 0; left--) this.ready.shift()!._run(); // a cancelled one does nothing
      if (this.isStopping) this.end(run.resolve);
    } catch (exit) { this.end(() => run.reject(exit)); } // an interrupt or exit; a handle reports every other error
    asyncio._setRunningLoop(outer);
    this.wake();
  }
  protected end(settle: () => void): void { this.run = null; this.isStopping = false; this.host.stop(); settle(); }
  protected wake(): void { // whatever can shorten the wait calls it, also from outside; a turn calls it at its end
    if (!this.run || asyncio._getRunningLoop() === this) return;
    if (this.ready.length > 0 || this.isStopping) this.host.wakeSoon();
    else if (this.timers[0] && this.timers[0].when() < Infinity) this.host.wakeAt(this.timers[0].when());
  }

  // Running. A page cannot block, so a run is a Promise.
  protected closed = false;

  override runForever(): Promise<void> {
    this.checkIdle();
    return new Promise((resolve, reject) => { this.run = { resolve, reject }; this.host.start(() => this.turn()); this.wake(); });
  }
  override async runUntilComplete<T>(awaitable: asyncio.AwaitableOrPromise<T>): Promise<T> {
    this.checkIdle();
    const future = asyncio.ensureFuture(awaitable, { loop: this });
    let isOver = false; // an exit leaves at once; the stop that is queued by then must not end the next run
    future.addDoneCallback(() => isOver || this.stop());
    try { await this.runForever(); } finally { isOver = true; if (future.done() && !future.cancelled()) future.exception(); }
    if (!future.done()) throw new asyncio.RuntimeError('Event loop stopped before Future completed.');
    return future.result();
  }
  override stop(): void { this.isStopping = true; this.wake(); }
  override isRunning(): boolean { return this.run !== null; }
  override isClosed(): boolean { return this.closed; }
  override close(): void {
    if (this.run) throw new asyncio.RuntimeError('Cannot close a running event loop');
    this.closed = true;
    this.ready = this.timers = [];
  }
  override *shutdownAsyncgens(): Coroutine<void> {} // it keeps no generators
  override *shutdownDefaultExecutor(): Coroutine<void> {} // and no executor
  protected checkIdle(): void {
    const problem = this.closed ? 'Event loop is closed' : 'This event loop is already running';
    if (this.closed || this.run || asyncio._getRunningLoop()) throw new asyncio.RuntimeError(problem);
  }

  // Tasks, and errors that nobody else can get
  protected factory: TaskFactory | null = null;
  protected handler: ExceptionHandler | null = null;

  override getDebug(): boolean { return false; }
  override createFuture<T>(): asyncio.Future<T> { return new asyncio.Future<T>(null, this); }
  override createTask<T>(coro: Coroutine<T>, options: asyncio.TaskOptions = {}): asyncio.Task<T> {
    return (this.factory?.(this, coro, options) ?? new asyncio.Task(coro, options, this)) as asyncio.Task<T>;
  }
  override getTaskFactory(): TaskFactory | null { return this.factory; }
  override setTaskFactory(factory: TaskFactory | null): void { this.factory = factory; }
  override getExceptionHandler(): ExceptionHandler | null { return this.handler; }
  override setExceptionHandler(handler: ExceptionHandler | null): void { this.handler = handler; }
  override defaultExceptionHandler({ message = 'Unhandled exception', ...rest }: ExceptionContext): void { asyncio.logger.error(message, rest); }
  override callExceptionHandler(context: ExceptionContext, handler = this.handler): void {
    try {
      if (handler) handler(this, context); else this.defaultExceptionHandler(context);
    } catch (exception) {
      if (asyncio.isBaseException(exception) && !asyncio.isCancelled(exception)) throw exception; // an exit
      if (handler) this.callExceptionHandler({ message: 'Unhandled error in exception handler', exception, context }, null);
      else asyncio.logger.error('Exception in default exception handler', exception);
    }
  }
}
