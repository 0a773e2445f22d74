// The classic event-driven simulator, as an asyncio loop: a list of what is due, and a clock that jumps to the next of
// it. An hour of sleeping takes no time, and a program always takes the same course.
//
// There are many copies of such a loop, and most share some defects. Here tasks keep their results and errors, context
// variables stay with who set them, a cancelled timer does not move the clock, equal times keep their order, a delay
// below zero means now, stop() finishes the turn, a closed loop says so, and a deadlock is an error that names the tasks.
// For tests use SimLoop of asyncio-web/testing, which also waits for native Promises; this one knows no page at all.

import type { Callback, Coroutine, ExceptionContext, ExceptionHandler, TaskFactory } from 'asyncio-web';
import * as asyncio from 'asyncio-web';

// biome-ignore format: what is one thought is one line
export class EventSimulator extends asyncio.AbstractEventLoop {
  #now = 0;
  #ready: asyncio.Handle[] = [];
  #timers: asyncio.TimerHandle[] = []; // the earliest first
  #isRunning = false;
  #isStopping = false;
  #isClosed = false;
  #factory: TaskFactory | null = null;
  #handler: ExceptionHandler | null = null;

  /** Runs a program to its end, inside the call, and gives its result. */
  simulate<T>(main: () => Coroutine<T>): T {
    this.#checkIdle();
    return this.#runUntil(this.createTask(main()));
  }

  #runUntil<T>(future: asyncio.FutureLike<T>): T {
    let isOver = false; // an exit leaves at once; the stop that is queued by then must not end the next run
    future.addDoneCallback(() => isOver || this.stop());
    try {
      const wasStopped = this.#turns();
      if (future.done()) return future.result();
      if (wasStopped) throw new asyncio.RuntimeError('Event loop stopped before Future completed.');
    } finally {
      isOver = true;
      if (future.done() && !future.cancelled()) future.exception(); // an exit's error counts as seen
    }
    const tasks = [...asyncio.allTasks(this)].join(', ');
    throw new asyncio.RuntimeError(`Deadlock at ${this.#now} s: nothing can happen any more; waiting: ${tasks}`);
  }

  /** Turns until `stop()`, which it tells by true, or until nothing is left that could ever happen. */
  #turns(): boolean {
    const outer = asyncio._getRunningLoop();
    asyncio._setRunningLoop(this);
    this.#isRunning = true;
    try {
      do this.#turn();
      while (!this.#isStopping && (this.#ready.length > 0 || this.#timers.length > 0));
      return this.#isStopping;
    } finally {
      this.#isRunning = this.#isStopping = false;
      asyncio._setRunningLoop(outer);
    }
  }

  #turn(): void {
    const isIdle = this.#ready.length === 0 && !this.#isStopping;
    if (isIdle && this.#timers[0]) this.#now = Math.max(this.#now, this.#timers[0].when());
    while (this.#timers[0] && this.#timers[0].when() <= this.#now) this.#ready.push(this.#timers.shift()!);
    for (let left = this.#ready.length; left > 0; left--) this.#ready.shift()!._run(); // a cancelled one does nothing
  }

  // The interface of a loop

  override time(): number { return this.#now; }
  override callSoon<A extends unknown[]>(callback: Callback<A>, ...args: A): asyncio.Handle {
    const handle = new asyncio.Handle(this.#checked(callback), args, this);
    this.#ready.push(handle);
    return handle;
  }
  override callAt<A extends unknown[]>(when: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    const timer = new asyncio.TimerHandle(when, this.#checked(callback), args, this);
    if (when < Infinity) this.#timers = [...this.#timers, timer].sort((a, b) => a.when() - b.when());
    return timer;
  }
  override callLater<A extends unknown[]>(delay: number, callback: Callback<A>, ...args: A): asyncio.TimerHandle {
    return this.callAt(this.#now + delay, callback, ...args);
  }
  override _timerHandleCancelled(timer: asyncio.TimerHandle): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
  override runForever(): Promise<void> {
    this.#checkIdle();
    return new Promise((resolve) => resolve(void this.#turns()));
  }
  override runUntilComplete<T>(awaitable: asyncio.AwaitableOrPromise<T>): Promise<T> {
    this.#checkIdle();
    const future = asyncio.ensureFuture(awaitable, { loop: this });
    return new Promise((resolve) => resolve(this.#runUntil(future)));
  }
  override stop(): void { this.#isStopping = true; }
  override close(): void {
    if (this.#isRunning) throw new asyncio.RuntimeError('Cannot close a running event loop');
    this.#isClosed = true;
    this.#ready = this.#timers = [];
  }
  override *shutdownAsyncgens(): Coroutine<void> {} // it keeps no generators
  override *shutdownDefaultExecutor(): Coroutine<void> {} // and no executor
  #checked(callback: Callback<never>): Callback {
    if (this.#isClosed) throw new asyncio.RuntimeError('Event loop is closed');
    if (typeof callback !== 'function') throw new TypeError(`a callable object was expected, got ${callback}`);
    return callback as Callback;
  }
  #checkIdle(): void {
    const problem = this.#isClosed ? 'Event loop is closed' : 'This event loop is already running';
    if (this.#isClosed || asyncio._getRunningLoop()) throw new asyncio.RuntimeError(problem);
  }

  override isRunning(): boolean { return this.#isRunning; }
  override isClosed(): boolean { return this.#isClosed; }
  override getDebug(): boolean { return false; }
  override createFuture<T>(): asyncio.Future<T> { return new asyncio.Future<T>(null, this); }
  override createTask<T>(coro: Coroutine<T>, options: asyncio.TaskOptions = {}): asyncio.Task<T> {
    return (this.#factory?.(this, coro, options) ?? new asyncio.Task(coro, options, this)) as asyncio.Task<T>;
  }
  override getTaskFactory(): TaskFactory | null { return this.#factory; }
  override setTaskFactory(factory: TaskFactory | null): void { this.#factory = factory; }
  override getExceptionHandler(): ExceptionHandler | null { return this.#handler; }
  override setExceptionHandler(handler: ExceptionHandler | null): void { this.#handler = handler; }
  override defaultExceptionHandler({ message = 'Unhandled exception', ...rest }: ExceptionContext): void {
    asyncio.logger.error(message, rest);
  }
  override callExceptionHandler(context: ExceptionContext, handler = this.#handler): void {
    try {
      if (handler) handler(this, context);
      else this.defaultExceptionHandler(context);
    } catch (exception) {
      if (asyncio.isBaseException(exception) && !asyncio.isCancelled(exception)) throw exception; // an exit
      if (handler) this.callExceptionHandler({ message: 'Unhandled error in exception handler', exception, context }, null);
      else asyncio.logger.error('Exception in default exception handler', exception);
    }
  }
}
