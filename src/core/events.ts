/**
 * Handles, the interface of an event loop, and the registry of the running loop.
 *
 * Source: Lib/asyncio/events.py, CPython 3.14. What differs: `callSoon` takes its context from where it is called
 * (`context.run(() => loop.callSoon(callback))`), since rest parameters leave no room for an option; `runForever`
 * and `runUntilComplete` give Promises, because a page cannot block; policies are left out, as in CPython 3.16.
 */

import type { Awaitable, AwaitableOrPromise, Coroutine, TaskOptions } from './awaitable.ts';
import type { Values } from './contextvars.ts';
import {
  Context,
  contextOf,
  enterContext,
  exitContext,
  lendContext,
  realm,
  takeBackContext,
} from './contextvars.ts';
import { isExit, NotImplementedError, RuntimeError } from './exceptions.ts';
import { createdAt, formatCallback, nameOf, noteStack, repr } from './format-helpers.ts';
import type { Instrument } from './instrument.ts';
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
} from './network.ts';
import type { Runnable } from './ready-queue.ts';

export type DoneCallback<F> = (future: F) => unknown;

/** The future protocol: what tasks, loops and combinators use of a future. `Future` implements it. */
export interface FutureLike<T> extends Awaitable<T> {
  /**
   * The mark by which futures are recognised, and the flag of a proper `yield*`: set to true by the future's
   * iterator just before it suspends, set back by the task. A class that takes part declares it.
   */
  _asyncioFutureBlocking: boolean;
  /** Cancels it; false if it was done already. `msg` becomes the argument of the CancelledError. */
  cancel(msg?: unknown): boolean;
  /** True if it was cancelled. */
  cancelled(): boolean;
  /** True when it has a result, an error, or is cancelled. */
  done(): boolean;
  /** The result; throws the error that was set, CancelledError, or InvalidStateError while it is not done. */
  result(): T;
  /** The error that was set, or null; throws CancelledError, or InvalidStateError while it is not done. */
  exception(): Error | null;
  /** Sets the result; throws InvalidStateError if it is done already. */
  setResult(result: T): void;
  /** Sets the error, or a new one of a class; throws InvalidStateError if it is done already. */
  setException(exception: Error | (new () => Error)): void;
  /** Calls `callback(future)` through the loop when it is done, in `context` (default: a copy of the current one). */
  addDoneCallback(callback: DoneCallback<this>, options?: { readonly context?: Context | null }): void;
  /** Takes every registration of `callback` away and gives their number. */
  removeDoneCallback(callback: DoneCallback<this>): number;
  /** The loop that it belongs to. */
  getLoop(): AbstractEventLoop;
  /** Lets a native async function await it. */
  then<R1 = T, R2 = never>(
    onfulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onrejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2>;
}

/** The task protocol: what loops, groups and timeouts use of a task. `Task` implements it. */
export interface TaskLike<T> extends FutureLike<T> {
  /** The name for messages and views. */
  getName(): string;
  /** Changes the name; what is no string is converted to one. */
  setName(name: unknown): void;
  /** The coroutine that it runs; null if there is none any more. */
  getCoro(): Coroutine<T> | null;
  /** The context that its coroutine runs in. */
  getContext(): Context;
  /** How many cancel requests are open: calls of `cancel()` less calls of `uncancel()`. */
  cancelling(): number;
  /** Takes one cancel request back, and gives how many remain. */
  uncancel(): number;
}

/** What a loop calls: a function of the arguments that were given with it. Its result is not looked at. */
export type Callback<A extends unknown[] = never[]> = (...args: A) => unknown;

/** What an exception handler is told. The keys are asyncio's, in camelCase; a loop may add others. */
export interface ExceptionContext {
  /** What happened, in a line. */
  message?: string;
  /** What was thrown, if anything was. */
  exception?: unknown;
  /** The future or task concerned; its text when the object itself has been collected. */
  future?: FutureLike<unknown> | string;
  /** The task concerned; its text when the object itself has been collected. */
  task?: TaskLike<unknown> | string;
  /** The callback that failed. */
  handle?: Handle;
  /** Debug mode: the stack of where the object was made. */
  sourceTraceback?: string;
  /** Debug mode: the stack of where the callback was scheduled. */
  handleTraceback?: string;
  [key: string]: unknown;
}

/** What `setExceptionHandler` takes: called with the loop and with what is known of the failure. */
export type ExceptionHandler = (loop: AbstractEventLoop, context: ExceptionContext) => unknown;

/**
 * What `setTaskFactory` takes: makes the task for each `createTask` of the loop, with the options that it was given.
 */
export type TaskFactory = <T>(
  loop: AbstractEventLoop,
  coro: Coroutine<T>,
  options: TaskOptions,
) => TaskLike<T>;

/** What an instrument of a loop is told of. See core/instrument.ts. */
export type LoopInstrument = Instrument<TaskLike<unknown>, Handle, TimerHandle>;

/** The class of a loop or what makes one: `() => new BrowserEventLoop()`. */
export type LoopFactory<L extends AbstractEventLoop = AbstractEventLoop> = () => L;

const NO_ARGS: readonly unknown[] = [];
const dropped = (): undefined => undefined;

/** Debug mode: the stack of each `callSoon`, and how the handle was written when it was cancelled. */
const traces = /* @__PURE__ */ new WeakMap<Handle, { readonly stack: () => string; text: string | null }>();

/**
 * A callback that waits to be called. `cancel()` prevents the call. Made by `callSoon`, not by hand.
 *
 * @example
 * const handle = getRunningLoop().callSoon(console.log, 'hello');
 * handle.cancel();
 * handle.cancelled(); // true
 */
export class Handle {
  /** @internal */
  declare _callback: Callback;
  /** @internal */
  declare _args: readonly unknown[];
  /** @internal */
  declare _loop: AbstractEventLoop;
  /** The context, or only its values: they are enough until somebody asks for it. @internal */
  declare _context: Context | Values | null;
  constructor(
    callback: Callback,
    args: readonly unknown[],
    loop: AbstractEventLoop,
    context?: Context | null,
  ) {
    this._callback = callback;
    // Most callbacks have none: their empty arrays need not live as long as the handle.
    this._args = args.length === 0 ? NO_ARGS : args;
    this._loop = loop;
    this._context = context ?? realm.context._share();
    if (loop.getDebug()) traces.set(this, { stack: noteStack(), text: null });
  }

  /** The callback of a cancelled handle has been dropped. @internal */
  get _cancelled(): boolean {
    return this._callback === dropped;
  }

  /** @internal */
  get _sourceTraceback(): string | null {
    return traces.get(this)?.stack() ?? null;
  }

  /** The context that the callback is called in. */
  getContext(): Context {
    const known = this._context;
    const context = known instanceof Context ? known : contextOf(known);
    context._kept = true;
    this._context = context;
    return context;
  }

  /** Prevents the call and lets go of the callback and its arguments at once. Cancelling again does nothing. */
  cancel(): void {
    if (this._cancelled) return;
    const trace = this._loop.getDebug() ? traces.get(this) : undefined;
    if (trace !== undefined) trace.text = `<${[this._kind, 'cancelled', ...this._reprInfo()].join(' ')}>`;
    this._callback = dropped;
    this._args = NO_ARGS;
  }

  /** True after `cancel()`; having been called does not count. */
  cancelled(): boolean {
    return this._cancelled;
  }

  /** Calls the callback in its context. An error goes to the loop's exception handler. @internal */
  _run(): void {
    const known = this._context;
    const isKnown = known instanceof Context;
    const context = isKnown ? known : lendContext(known);
    this._context = context;
    const previous = realm.context;
    try {
      enterContext(context);
    } catch (exception) {
      this._report(exception);
      return;
    }
    try {
      const args = this._args as never[];
      if (args.length === 0) this._callback();
      else this._callback(...args);
    } catch (exception) {
      exitContext(context, previous);
      this._report(exception);
      return;
    }
    exitContext(context, previous);
    if (!isKnown && takeBackContext(context, known)) this._context = known;
  }

  /** Interrupt and exit leave the loop; everything else, cancellation included, ends with this callback. */
  private _report(exception: unknown): void {
    if (isExit(exception)) throw exception;
    const report: ExceptionContext = {
      message: `Exception in callback ${formatCallback(this._callback, this._args, this._loop.getDebug())}`,
      exception,
      handle: this,
    };
    if (this._sourceTraceback !== null) report.sourceTraceback = this._sourceTraceback;
    this._loop.callExceptionHandler(report);
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, Handle, 'Handle');
  }

  /** @internal */
  _reprInfo(): string[] {
    const info: string[] = [];
    if (this._cancelled) info.push('cancelled');
    if (this._callback !== dropped)
      info.push(formatCallback(this._callback, this._args, this._loop.getDebug()));
    return [...info, ...createdAt(this._sourceTraceback)];
  }

  /** @internal */
  _repr(): string {
    return traces.get(this)?.text ?? `<${[this._kind, ...this._reprInfo()].join(' ')}>`;
  }

  toString(): string {
    return this._repr();
  }
}

/**
 * A callback that waits for its time. Made by `callLater` and `callAt`, not by hand.
 *
 * @example
 * const loop = getRunningLoop();
 * const handle = loop.callLater(5, console.log, 'five seconds later');
 * handle.when() - loop.time(); // 5
 * handle.cancel();
 */
export class TimerHandle extends Handle {
  /** @internal */
  declare _when: number;
  /** True while it stands in the loop's heap. @internal */
  declare _scheduled: boolean;

  constructor(
    when: number,
    callback: Callback,
    args: readonly unknown[],
    loop: AbstractEventLoop,
    context?: Context | null,
  ) {
    super(callback, args, loop, context);
    this._when = when;
    this._scheduled = false;
  }

  /** The loop time, in seconds, at which the callback is due. */
  when(): number {
    return this._when;
  }

  override cancel(): void {
    if (!this._cancelled) this._loop._timerHandleCancelled(this);
    super.cancel();
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, TimerHandle, 'TimerHandle');
  }

  /** @internal */
  override _reprInfo(): string[] {
    const info = super._reprInfo();
    info.splice(this._cancelled ? 1 : 0, 0, `when=${this._when}`);
    return info;
  }
}

/** The server protocol: what `createServer` gives. `AbstractServer` implements it. */
export interface ServerLike {
  /** Accepts no more connections. Those that there are go on. Closing again does nothing. */
  close(): void;
  /** Closes every connection that was accepted, in good order. */
  closeClients(): void;
  /** Closes every connection that was accepted, at once: what is not sent yet is lost. */
  abortClients(): void;
  /** The loop that it belongs to. */
  getLoop(): AbstractEventLoop;
  /** True while it accepts connections. */
  isServing(): boolean;
  /** Begins to accept connections; does nothing if it does so already. It yields to the loop. */
  startServing(): Coroutine<void>;
  /**
   * Accepts connections until it is cancelled; then it closes, and waits for the connections to end.
   *
   * @throws {RuntimeError} When awaited, if it is closed, or served like this already.
   */
  serveForever(): Coroutine<never>;
  /** Waits until it is closed and every connection of it has ended. */
  waitClosed(): Coroutine<void>;
  /** Enters `asyncWith`, which gives the block the server. */
  aenter(): Coroutine<this>;
  /** Leaves `asyncWith`: closes it and waits until that has happened. */
  aexit(error: Error | null): Coroutine<void>;
}

function toImplement(name: string): never {
  throw new NotImplementedError(`${name}() is not implemented by this loop`);
}

const NO_DESCRIPTORS = 'a page has no file descriptors; wait on an EventTarget or a stream instead';
const NO_SOCKETS = 'a page has no sockets; use createConnection() or createServer() with a URL';
const NO_TLS = 'the browser does TLS itself; connect to an https: or wss: URL';
const NO_DNS = 'a page cannot look up names; fetch() and WebSocket resolve them';
const NOT_BUILT_WORKERS =
  'worker pools are not part of this version; use fromPromise() over a Worker of your own';

function notAvailable(name: string, reason: string): never {
  throw new NotImplementedError(`${name}() is not available: ${reason}`);
}

/**
 * The interface of an event loop.
 *
 * A loop of one's own implements, at least: `callSoon`, `callLater`, `callAt`, `time`, `createFuture`, `createTask`,
 * `getDebug`, `isRunning`, `isClosed`, `callExceptionHandler`, `_timerHandleCancelled`; and `runForever`,
 * `runUntilComplete`, `stop`, `close` to be run by `run`. Everything else throws NotImplementedError here. Most
 * authors want a host for `BaseEventLoop` instead: see `core/host.ts`.
 *
 * @example
 * function* uptime(loop: AbstractEventLoop): Coroutine<number> {
 *   const started = loop.time();
 *   yield* sleep(3);
 *   return loop.time() - started;
 * }
 * yield* uptime(getRunningLoop()); // 3
 */
export abstract class AbstractEventLoop {
  /** The task whose step is running. @internal */
  _currentTask: TaskLike<unknown> | null = null;
  /** The first of the intrusive list of pending tasks, which keeps them alive. @internal */
  _tasks: TaskLike<unknown> | null = null;
  /** Tasks of other classes that were registered; null until there is one. @internal */
  _foreignTasks: Set<TaskLike<unknown>> | null = null;
  /** How many tasks were named by the loop. @internal */
  _taskNames = 0;
  /** How many iterations were begun; NaN for a loop that does not count them. @internal */
  _iteration = NaN;
  /** @internal */
  _instrument: LoopInstrument | null = null;
  /** Debug mode: every wait notes the stack of its `yield*` chain. @internal */
  _tracesAwaits = false;
  /** The stack of the wait that has just begun; the task takes it over. @internal */
  _awaitStack: string | null = null;
  /** Asynchronous generators that were begun and not finished. @internal */
  _asyncgens: Set<{ close(): Coroutine<void>; owner: WeakRef<object> | null }> | null = null;
  /** @internal */
  _asyncgensShutdown = false;
  /** Who holds which semaphore, for reports of deadlocks; null where nobody asks. @internal */
  _holders: WeakMap<object, TaskLike<unknown>[]> | null = null;
  /** Reports of errors that nobody has retrieved yet; told at close if they are still there. @internal */
  _unretrieved: Set<{ report(): void }> | null = null;

  // Running and stopping the loop

  /**
   * Runs until `stop()` is called.
   *
   * @returns A Promise that settles then; rejected with the interrupt or exit that left a callback.
   * @throws {RuntimeError} At the call, if this loop is running already or closed.
   */
  runForever(): Promise<void> {
    return toImplement('runForever');
  }
  /**
   * Runs until `future` is done and gives its result.
   *
   * @param _future A future, another awaitable or a Promise; a coroutine becomes a task.
   * @returns A Promise of the result; rejected with RuntimeError if `stop()` came before it.
   * @throws {RuntimeError} At the call, if this loop is running already or closed.
   */
  runUntilComplete<T>(_future: AwaitableOrPromise<T>): Promise<T> {
    return toImplement('runUntilComplete');
  }
  /** Ends the run when the present batch of callbacks has been called. */
  stop(): void {
    toImplement('stop');
  }
  /** True from `runForever()` until it settles, also between two ticks of the host. */
  isRunning(): boolean {
    return toImplement('isRunning');
  }
  /** True after `close()`. */
  isClosed(): boolean {
    return toImplement('isClosed');
  }
  /**
   * Lets go of everything. Closing again does nothing.
   *
   * @throws {RuntimeError} If the loop is running: "Cannot close a running event loop".
   */
  close(): void {
    toImplement('close');
  }
  /** Closes every asynchronous generator that was begun in this loop, and reports those that fail at it. */
  shutdownAsyncgens(): Coroutine<void> {
    return toImplement('shutdownAsyncgens');
  }
  /** Waits for the default executor, at most `timeout` seconds. There is none in this version: it returns at once. */
  shutdownDefaultExecutor(_timeout?: number | null): Coroutine<void> {
    return toImplement('shutdownDefaultExecutor');
  }

  // Scheduling callbacks

  /**
   * Calls `callback(...args)` in the next iteration, after everything queued before it, in the current context.
   *
   * @returns A handle; `cancel()` before the call prevents it.
   * @throws {RuntimeError} If the loop is closed: "Event loop is closed".
   * @throws {TypeError} If `callback` is not callable, or, in debug mode, is a coroutine function.
   */
  callSoon<A extends unknown[]>(_callback: Callback<A>, ..._args: A): Handle {
    return toImplement('callSoon');
  }
  /**
   * Calls `callback(...args)` once, `delay` seconds from now or later; it may be early by the clock's resolution.
   *
   * @param _delay Seconds; zero or less means the next iteration.
   * @returns A handle; `cancel()` before the call prevents it.
   * @throws {RuntimeError} If the loop is closed: "Event loop is closed".
   * @throws {RangeError} If `delay` is NaN (Python's ValueError).
   * @throws {TypeError} If `delay` is not a number, or `callback` is wrong as for `callSoon`.
   */
  callLater<A extends unknown[]>(_delay: number, _callback: Callback<A>, ..._args: A): TimerHandle {
    return toImplement('callLater');
  }
  /**
   * Calls `callback(...args)` once, at loop time `when` or later; it may be early by the clock's resolution.
   *
   * @param _when Seconds of the loop's clock; a time in the past means the next iteration.
   * @returns A handle; `cancel()` before the call prevents it.
   * @throws {RuntimeError} If the loop is closed: "Event loop is closed".
   * @throws {RangeError} If `when` is NaN (Python's ValueError).
   * @throws {TypeError} If `when` is not a number, or `callback` is wrong as for `callSoon`.
   */
  callAt<A extends unknown[]>(_when: number, _callback: Callback<A>, ..._args: A): TimerHandle {
    return toImplement('callAt');
  }
  /** The loop's clock in seconds; only differences have a meaning. */
  time(): number {
    return toImplement('time');
  }
  /**
   * As `callSoon`, for code that does not run in the loop: an event listener, or a native function.
   *
   * @returns A handle; `cancel()` before the call prevents it.
   * @throws {RuntimeError} If the loop is closed: "Event loop is closed".
   * @throws {TypeError} If `callback` is not callable, or, in debug mode, is a coroutine function.
   */
  callSoonThreadsafe<A extends unknown[]>(_callback: Callback<A>, ..._args: A): Handle {
    return toImplement('callSoonThreadsafe');
  }
  /** Tells the loop that a timer was cancelled. @internal */
  _timerHandleCancelled(_handle: TimerHandle): void {
    toImplement('_timerHandleCancelled');
  }
  /**
   * As `callSoon`, in the context given. Futures use it for their done callbacks. This one needs only `callSoon`,
   * so the callback gets a copy of `context`; a loop with a queue of its own overrides it to use `context` itself.
   *
   * @internal
   */
  _callSoonIn<A extends unknown[]>(context: Context, callback: Callback<A>, ...args: A): Handle {
    const previous = realm.context;
    realm.context = context;
    try {
      return this.callSoon(callback, ...args);
    } finally {
      realm.context = previous;
    }
  }
  /**
   * Queues a task's step, which enters the task's context by itself. A loop with a queue of its own overrides it to
   * queue the step as it is, without a handle.
   *
   * @internal
   */
  _callSoonStep(step: Runnable): void {
    this.callSoon(runStep, step);
  }

  /**
   * The program begins (+1) or ends (-1) to wait for a Promise of the real world. A simulator counts them, so that
   * virtual time does not run ahead.
   *
   * @internal
   */
  _crossBoundary(_externals: number): void {}
  /**
   * Calls `callback` with the time of the next frame in seconds, and gives what takes it back; null for a loop without
   * frames of its own, which has those of the page.
   *
   * @internal
   */
  _requestFrame(_callback: (seconds: number) => void): (() => void) | null {
    return null;
  }
  /**
   * A channel to the outside was opened (+1) or closed (-1). Something may come from it at any time, so nothing is a
   * deadlock while there is one; unlike a Promise that is waited for it does not hold virtual time.
   *
   * @internal
   */
  _channelOpened(_count: number): void {}
  /**
   * Calls a listener of the platform's, outside the loop and with no code of the program on the stack. So the loop need
   * not wait for a microtask: a host that can do that lets it go on as soon as the listener has returned.
   *
   * @internal
   */
  _atEvent<T>(listener: (data: T) => void, data: T): void {
    listener(data);
  }
  /** Native code begins to wait for a future of the loop; what is returned is called at the end. @internal */
  _beginNativeWait(): (() => void) | null {
    return null;
  }

  // Futures and tasks

  /** A new future of this loop. */
  createFuture<T = unknown>(): FutureLike<T> {
    return toImplement('createFuture');
  }
  /**
   * Makes a task of `coro`; it starts in the next iteration, unless `eagerStart` is given. A task factory, if one is
   * set, makes it.
   *
   * @throws {RuntimeError} If the loop is closed; the coroutine is closed then.
   * @throws {TypeError} If `coro` is not a coroutine.
   */
  createTask<T>(_coro: Coroutine<T>, _options?: TaskOptions): TaskLike<T> {
    return toImplement('createTask');
  }
  /**
   * Sets what makes the tasks of `createTask`; null for the class Task.
   *
   * @throws {TypeError} If it is neither a function nor null.
   */
  setTaskFactory(_factory: TaskFactory | null): void {
    toImplement('setTaskFactory');
  }
  /** The task factory that was set, or null. */
  getTaskFactory(): TaskFactory | null {
    return toImplement('getTaskFactory');
  }

  // Errors and debug

  /** The exception handler that was set, or null. */
  getExceptionHandler(): ExceptionHandler | null {
    return toImplement('getExceptionHandler');
  }
  /**
   * Sets what is told of errors that nobody else can get; null for `defaultExceptionHandler`.
   *
   * @throws {TypeError} If it is neither a function nor null.
   */
  setExceptionHandler(_handler: ExceptionHandler | null): void {
    toImplement('setExceptionHandler');
  }
  /** Logs the context and, if there is an error in it, has the host show it as unhandled. */
  defaultExceptionHandler(_context: ExceptionContext): void {
    toImplement('defaultExceptionHandler');
  }
  /**
   * Tells the exception handler of an error that nobody else can get. It does not throw, except interrupt and exit.
   */
  callExceptionHandler(_context: ExceptionContext): void {
    toImplement('callExceptionHandler');
  }
  /** True in debug mode. */
  getDebug(): boolean {
    return toImplement('getDebug');
  }
  /**
   * Switches debug mode: stacks of where things were made and wait, checks of wrong use, reports of slow callbacks.
   */
  setDebug(_enabled: boolean): void {
    toImplement('setDebug');
  }

  // Workers

  /**
   * To call a function in a worker; not in this version.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  runInExecutor(_executor: unknown, _func: unknown, ..._args: unknown[]): FutureLike<unknown> {
    return notAvailable('runInExecutor', NOT_BUILT_WORKERS);
  }
  /**
   * To choose the executor of `runInExecutor`; not in this version.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  setDefaultExecutor(_executor: unknown): void {
    notAvailable('setDefaultExecutor', NOT_BUILT_WORKERS);
  }
  /**
   * To start a program; a page has no processes.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  subprocessExec(_protocolFactory: unknown, ..._args: unknown[]): Coroutine<unknown> {
    return notAvailable('subprocessExec', 'a page has no processes; run a Worker or a WASI program');
  }
  /**
   * To start a shell command; a page has no processes.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  subprocessShell(_protocolFactory: unknown, _command: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable(
      'subprocessShell',
      'a page has no processes and no shell; run a Worker or a WASI program',
    );
  }

  // Transports

  /**
   * Opens a connection to a URL, whose scheme says over which channel: `mem:` and those of the network.
   *
   * @param _protocolFactory Makes the protocol; it is told of the connection before this returns.
   * @param _url A string is taken relative to the page.
   * @returns When awaited, `[transport, protocol]`. It yields to the loop.
   * @throws {RangeError} When awaited, if `url` is none, or no channel has its scheme.
   * @throws {ConnectionRefusedError} When awaited, if nobody listens there.
   */
  createConnection<P extends ProtocolLike>(
    _protocolFactory: () => P,
    _url: string | URL,
    _options?: ConnectionOptions,
  ): Coroutine<[transport: TransportLike, protocol: P]> {
    return toImplement('createConnection');
  }
  /**
   * Accepts connections at a URL: `mem:` for this page, and those by which other pages and Workers connect.
   *
   * @param _protocolFactory Makes the protocol of each connection.
   * @returns When awaited, the server, which accepts connections unless `startServing` is false. It yields to the loop.
   * @throws {RangeError} When awaited, if `url` is none, or no channel with its scheme can be served.
   * @throws {OSError} When awaited, if the address is in use.
   */
  createServer(
    _protocolFactory: () => ProtocolLike,
    _url: string | URL,
    _options?: ServerOptions,
  ): Coroutine<ServerLike> {
    return toImplement('createServer');
  }
  /**
   * To connect to a Unix socket; a page has no sockets.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  createUnixConnection(_protocolFactory: unknown, _path?: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable('createUnixConnection', NO_SOCKETS);
  }
  /**
   * To serve a Unix socket; a page has no sockets.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  createUnixServer(_protocolFactory: unknown, _path?: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable('createUnixServer', NO_SOCKETS);
  }
  /**
   * To wrap an accepted socket; a page has no sockets.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  connectAcceptedSocket(_protocolFactory: unknown, _socket: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable('connectAcceptedSocket', NO_SOCKETS);
  }
  /**
   * Opens an endpoint of datagrams at a URL.
   *
   * @param _protocolFactory Makes the protocol; it is told of the endpoint before this returns.
   * @returns When awaited, `[transport, protocol]`. It yields to the loop.
   * @throws {RangeError} When awaited, if `url` is none, or no channel with its scheme has datagrams.
   */
  createDatagramEndpoint<P extends ProtocolLike>(
    _protocolFactory: () => P,
    _url: string | URL,
    _options?: DatagramOptions,
  ): Coroutine<[transport: DatagramTransportLike, protocol: P]> {
    return toImplement('createDatagramEndpoint');
  }
  /**
   * Gives what a stream of the platform yields to a protocol. While the protocol has paused reading, nothing is
   * pulled.
   *
   * @param _pipe A stream of bytes, not locked. It is locked from now on, and cancelled when the transport is closed.
   * @returns When awaited, `[transport, protocol]`. It yields to the loop.
   * @throws {TypeError} When awaited, if `pipe` is no ReadableStream, or is locked.
   */
  connectReadPipe<P extends ProtocolLike>(
    _protocolFactory: () => P,
    _pipe: ReadableStream<ArrayBufferView | ArrayBufferLike>,
  ): Coroutine<[transport: ReadTransportLike, protocol: P]> {
    return toImplement('connectReadPipe');
  }
  /**
   * A transport that writes into a stream of the platform. Its back-pressure reaches the protocol.
   *
   * @param _pipe A stream that takes Uint8Arrays, not locked. It is locked from now on, and closed with the transport.
   * @returns When awaited, `[transport, protocol]`. It yields to the loop.
   * @throws {TypeError} When awaited, if `pipe` is no WritableStream, or is locked.
   */
  connectWritePipe<P extends ProtocolLike>(
    _protocolFactory: () => P,
    _pipe: WritableStream<Bytes>,
  ): Coroutine<[transport: WriteTransportLike, protocol: P]> {
    return toImplement('connectWritePipe');
  }
  /**
   * To secure a connection; the browser does that by itself.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  startTls(
    _transport: unknown,
    _protocol: unknown,
    _sslcontext: unknown,
    _options?: unknown,
  ): Coroutine<unknown> {
    return notAvailable('startTls', NO_TLS);
  }
  /**
   * Writes a file or a Blob to a transport, piece by piece, no faster than it takes them. Meanwhile its protocol is
   * not called and nothing else may be written.
   *
   * @returns When awaited, how many bytes were written. It yields to the loop.
   * @throws {RuntimeError} When awaited, if the transport is closing: "Transport is closing".
   * @throws {SendfileNotAvailableError} When awaited, if `fallback` is false.
   * @throws {ConnectionError} When awaited, if the connection is lost.
   */
  sendfile(_transport: BaseTransportLike, _file: Blob, _options?: SendfileOptions): Coroutine<number> {
    return toImplement('sendfile');
  }

  // What a page cannot do

  /**
   * To look an address up; a page cannot.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  getaddrinfo(_host: unknown, _port: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable('getaddrinfo', NO_DNS);
  }
  /**
   * To look a name up; a page cannot.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  getnameinfo(_sockaddr: unknown, _flags?: unknown): Coroutine<unknown> {
    return notAvailable('getnameinfo', NO_DNS);
  }
  /**
   * To watch a file descriptor for input; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  addReader(_source: unknown, _callback: Callback, ..._args: unknown[]): void {
    notAvailable('addReader', NO_DESCRIPTORS);
  }
  /**
   * To end `addReader`.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  removeReader(_source: unknown): boolean {
    return notAvailable('removeReader', NO_DESCRIPTORS);
  }
  /**
   * To watch a file descriptor for output; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  addWriter(_sink: unknown, _callback: Callback, ..._args: unknown[]): void {
    notAvailable('addWriter', NO_DESCRIPTORS);
  }
  /**
   * To end `addWriter`.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  removeWriter(_sink: unknown): boolean {
    return notAvailable('removeWriter', NO_DESCRIPTORS);
  }
  /**
   * To read from a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockRecv(_sock: unknown, _n: number): Coroutine<unknown> {
    return notAvailable('sockRecv', NO_SOCKETS);
  }
  /**
   * To read from a socket into a buffer; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockRecvInto(_sock: unknown, _buffer: unknown): Coroutine<unknown> {
    return notAvailable('sockRecvInto', NO_SOCKETS);
  }
  /**
   * To read a datagram from a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockRecvfrom(_sock: unknown, _n: number): Coroutine<unknown> {
    return notAvailable('sockRecvfrom', NO_SOCKETS);
  }
  /**
   * To read a datagram from a socket into a buffer; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockRecvfromInto(_sock: unknown, _buffer: unknown, _n?: number): Coroutine<unknown> {
    return notAvailable('sockRecvfromInto', NO_SOCKETS);
  }
  /**
   * To write to a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockSendall(_sock: unknown, _data: unknown): Coroutine<unknown> {
    return notAvailable('sockSendall', NO_SOCKETS);
  }
  /**
   * To send a datagram through a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockSendto(_sock: unknown, _data: unknown, _address: unknown): Coroutine<unknown> {
    return notAvailable('sockSendto', NO_SOCKETS);
  }
  /**
   * To connect a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockConnect(_sock: unknown, _address: unknown): Coroutine<unknown> {
    return notAvailable('sockConnect', NO_SOCKETS);
  }
  /**
   * To accept a connection of a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockAccept(_sock: unknown): Coroutine<unknown> {
    return notAvailable('sockAccept', NO_SOCKETS);
  }
  /**
   * To send a file through a socket; a page has none.
   *
   * @throws {NotImplementedError} Always; the message says what to use instead.
   */
  sockSendfile(_sock: unknown, _file: unknown, _options?: unknown): Coroutine<unknown> {
    return notAvailable('sockSendfile', NO_SOCKETS);
  }
  /**
   * Calls `callback(...args)` in the loop, in the present context, whenever the browser tells the page of `signal`:
   * 'freeze', 'resume', 'visibilitychange', 'pagehide', 'pageshow', 'online' or 'offline'. It takes the place of the
   * handler that the signal had. `close()` removes all of them.
   *
   * @throws {RangeError} If it is no such signal (Python's ValueError).
   * @throws {RuntimeError} If the loop is closed, or if this engine never sends the signal here.
   * @throws {TypeError} If `signal` is no string, or `callback` is not callable or is a coroutine function.
   */
  addSignalHandler<A extends unknown[]>(_signal: string, _callback: Callback<A>, ..._args: A): void {
    toImplement('addSignalHandler');
  }
  /**
   * Ends `addSignalHandler`.
   *
   * @returns False if the signal had no handler.
   * @throws {RangeError} If it is no such signal (Python's ValueError).
   * @throws {TypeError} If `signal` is no string.
   */
  removeSignalHandler(_signal: string): boolean {
    return toImplement('removeSignalHandler');
  }
}

function runStep(step: Runnable): void {
  step._run();
}

/** The one piece of module-level state that the realm needs: which loop runs now, and which one is set. */
const registry: { running: AbstractEventLoop | null; set: AbstractEventLoop | null } = {
  running: null,
  set: null,
};

/**
 * The loop whose callback is being called, or null. For loop authors.
 *
 * @example
 * const loop = _getRunningLoop();
 * loop === null ? 'between two ticks' : 'inside one';
 */
export function _getRunningLoop(): AbstractEventLoop | null {
  return registry.running;
}

/**
 * Sets the loop that is running; a loop does so around every tick. For loop authors.
 *
 * @example
 * const outer = _getRunningLoop();
 * _setRunningLoop(null);
 * try {
 *   _getRunningLoop(); // null
 * } finally {
 *   _setRunningLoop(outer);
 * }
 */
export function _setRunningLoop(loop: AbstractEventLoop | null): void {
  registry.running = loop;
}

/**
 * The loop whose callback or coroutine is being run.
 *
 * @throws {RuntimeError} Between ticks and outside a loop: "no running event loop". In an event listener use the
 *   loop you kept, or `run`.
 * @example
 * const loop = getRunningLoop();
 * const started = loop.time();
 * yield* sleep(1);
 * console.log(loop.time() - started); // 1
 */
export function getRunningLoop(): AbstractEventLoop {
  const loop = registry.running;
  if (loop === null) throw new RuntimeError('no running event loop');
  return loop;
}

/**
 * The running loop, or else the one given to `setEventLoop`.
 *
 * @throws {RuntimeError} If there is neither.
 * @example
 * const future = getEventLoop().createFuture<string>();
 */
export function getEventLoop(): AbstractEventLoop {
  const loop = registry.running ?? registry.set;
  if (loop === null) throw new RuntimeError("There is no current event loop in thread 'MainThread'.");
  return loop;
}

/**
 * Sets the loop that `getEventLoop` gives when none is running; null for none.
 *
 * @throws {TypeError} If `loop` is neither a loop nor null.
 * @example
 * const loop = newEventLoop();
 * setEventLoop(loop);
 * const future = new Future<number>(); // belongs to it
 * future.getLoop() === loop; // true
 * setEventLoop(null);
 * await loop.runUntilComplete(sleep(0));
 * loop.close();
 */
export function setEventLoop(loop: AbstractEventLoop | null): void {
  if (loop !== null && !(loop instanceof AbstractEventLoop)) {
    throw new TypeError(`loop must be an instance of AbstractEventLoop or None, not ${repr(loop)}`);
  }
  registry.set = loop;
}
