/**
 * Guest mode: a program as the guest of a run loop that belongs to somebody else.
 *
 * The host calls the loop's pump when it has been asked to; the pump has four states (loop/base-events.ts), so no
 * wake-up is lost. Everything is set up when `startGuestRun` returns, and the outcome is delivered by a callback. The
 * program and its shutdown are one run for the host: cancel what is left, wait for it, close generators, close.
 *
 * A guest has to run to its end: cancel it, and keep the host alive until `doneCallback`. A host that cannot wait calls
 * `abandon`, which lets cleanup run that does not have to wait; one that just goes away is warned of when the collector
 * finds the guest.
 *
 * Source: trio.lowlevel.start_guest_run, whose rules these are, and python/cpython#145343, which brings it to asyncio.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { _getRunningLoop } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import type { HostLoop, Pump } from '../core/host.ts';
import { logger } from '../core/log.ts';
import type { Future } from '../tasks/futures.ts';
import { gather } from '../tasks/gather.ts';
import { fromPromise } from '../tasks/promises.ts';
import type { Task } from '../tasks/tasks.ts';
import { allTasks } from '../tasks/tasks.ts';
import { BaseEventLoop } from './base-events.ts';
import { TaskPoster } from './browser-host.ts';
import type { Main } from './runners.ts';
import { checkMain, mainCoroutine } from './runners.ts';

/** What a guest run came to. */
export type Outcome<T> = PromiseSettledResult<T>;

/** What `startGuestRun` takes. */
export interface GuestRunOptions<T> {
  /** Whose guest the program is; for this program alone. */
  readonly host: HostLoop;
  /** Called once with the outcome, when the loop has been closed. What it throws goes to `host.reportError`. */
  readonly doneCallback: (outcome: Outcome<T>) => unknown;
  /** Switches the loop's debug mode on or off. Default: as the loop has it. */
  readonly debug?: boolean | null;
  /** Makes the loop on the host that it is given. Default: a BaseEventLoop. */
  readonly loopFactory?: (host: HostLoop) => AbstractEventLoop;
}

/** How often `abandon` calls the pump, and for how many callbacks, until it takes the program for endless. */
const LAST_TICKS = 1000;
const LAST_SHARE = 100;

const occupied: WeakSet<HostLoop> = /* @__PURE__ */ new WeakSet();

const lost = /* @__PURE__ */ new FinalizationRegistry<string>((name) => {
  logger.warning(
    `The guest run of ${name} was never finished: its host is gone. Cancel a guest, and wait for it.`,
  );
});

/**
 * A program that runs as a guest. Made by `startGuestRun`.
 *
 * @example
 * const guest = startGuestRun(sleep(60), { host: new BrowserHost(), doneCallback: () => {} });
 * guest.cancel(); // as for a window that is being closed
 * console.log((await guest.done).status); // rejected
 */
export class GuestRun<T> {
  /** The loop; calls of it are allowed from now on, and wake the host. */
  readonly loop: AbstractEventLoop;
  /** The task of the program. */
  readonly task: Task<T>;
  /** The outcome, for `await`. It is never rejected. */
  readonly done: Promise<Outcome<T>>;
  readonly #host: HostLoop;
  readonly #doneCallback: (outcome: Outcome<T>) => unknown;
  #pump: Pump | null = null;
  #settle: (outcome: Outcome<T>) => void = () => undefined;
  /** The program and its shutdown have ended; the outcome has been delivered. */
  #isOver = false;
  #isDone = false;
  /** The guest itself has told that the host closes. */
  #isAbandoned = false;
  #exit: { readonly error: unknown } | null = null;

  constructor(main: Main<T>, options: GuestRunOptions<T>) {
    const { host, doneCallback, debug, loopFactory = (given) => new BaseEventLoop(given) } = options;
    checkMain(main);
    if (_getRunningLoop() !== null)
      throw new RuntimeError('startGuestRun() cannot be called from a running event loop');
    if (occupied.has(host)) throw new RuntimeError('Cannot start a guest run: the host has a guest');
    this.#host = host;
    this.#doneCallback = doneCallback;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // The host as it is, but for a look at the pump, which `abandon` calls.
    this.loop = loopFactory({
      now: () => host.now(),
      get clockResolution() {
        return host.clockResolution;
      },
      start: (pump) => {
        this.#pump = pump;
        host.start(pump);
      },
      wakeSoon: () => host.wakeSoon(),
      wakeAt: (when) => host.wakeAt(when),
      reportError: (error) => host.reportError(error),
      stop: () => {
        this.#pump = null;
        host.stop();
      },
    });
    if (debug !== undefined && debug !== null) this.loop.setDebug(debug);
    this.task = this.loop.createTask(mainCoroutine(main, this.loop)) as Task<T>; // a factory's tasks are used as Tasks
    this.task.addDoneCallback(this.#shutdown);
    this.#run();
    occupied.add(host);
    lost.register(this, this.task.getName(), this);
  }

  /**
   * Asks the program to end; its cleanup runs, and may wait. To be called by the host at any time.
   *
   * @param msg Any value; it becomes the argument of the CancelledError.
   * @returns False if the program has ended already.
   */
  cancel(msg?: unknown): boolean {
    return this.task.cancel(msg);
  }

  /**
   * The host closes now and will not call again. Cancels the program and runs what can run without waiting, inside this
   * call; then the outcome is delivered. What is still waiting then is reported and given up. Called by the guest itself,
   * all of it happens right behind the present tick.
   */
  abandon(): void {
    if (this.#isDone) return;
    this.task.cancel('the host is closing');
    if (_getRunningLoop() !== this.loop) {
      this.#drain();
      return;
    }
    this.#isAbandoned = true;
    this.loop.stop();
  }

  /** Calls the pump in the place of the host, as long as that leads anywhere, and ends the run. */
  #drain(): void {
    for (let tick = 0; this.#pump !== null && tick < LAST_TICKS; tick += 1) this.#pump(LAST_SHARE);
    if (!this.#isOver) {
      this.#exit ??= {
        error: new RuntimeError('The host of a guest run closed before the program could end'),
      };
      this.#isOver = true;
      this.loop.stop();
      this.#pump?.(Infinity);
    }
    if (!this.loop.isRunning()) this.#finish();
  }

  /** One run of the loop. An exit ends it and the program, but not the shutdown. */
  #run(): void {
    const goOn = (error: unknown): void => {
      if (this.#isOver) {
        this.#finish();
        return;
      }
      if (this.#isAbandoned) {
        this.#run();
        this.#drain();
        return;
      }
      this.#exit ??= { error };
      this.task.cancel();
      this.#run();
    };
    this.loop
      .runForever()
      .then(() => goOn(new RuntimeError('Event loop stopped before Future completed.')), goOn);
  }

  /** The program has ended: ends what is left, as `run` does, and then the loop. */
  readonly #shutdown = (): void => {
    const { loop } = this;
    const tasks = [...allTasks(loop)];
    for (const task of tasks) task.cancel();
    const ended = loop.createTask(awaitAll(loop, tasks));
    ended.addDoneCallback(() => {
      this.#isOver = true;
      const error = ended.cancelled() ? null : ended.exception();
      if (error !== null) this.#exit ??= { error };
      loop.stop();
    });
  };

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    occupied.delete(this.#host);
    lost.unregister(this);
    const outcome = this.#outcome();
    this.loop.close();
    this.#settle(outcome);
    try {
      this.#doneCallback(outcome);
    } catch (error) {
      this.#host.reportError(error); // nobody else could be told
    }
  }

  #outcome(): Outcome<T> {
    try {
      if (this.#exit !== null) throw this.#exit.error;
      return { status: 'fulfilled', value: this.task.result() };
    } catch (reason) {
      return { status: 'rejected', reason }; // a cancellation as well: it is the outcome
    }
  }
}

function* awaitAll(loop: AbstractEventLoop, tasks: readonly Task[]): Coroutine<void> {
  yield* gather(tasks, { returnExceptions: true });
  for (const task of tasks) {
    const exception = task.cancelled() ? null : task.exception();
    const message = 'unhandled exception during asyncio.run() shutdown';
    if (exception !== null) loop.callExceptionHandler({ message, exception, task });
  }
  yield* loop.shutdownAsyncgens();
  yield* loop.shutdownDefaultExecutor();
}

/**
 * Starts a program as the guest of a run loop that belongs to somebody else.
 *
 * @param main A coroutine function, a coroutine, a future or a Promise.
 * @returns The run: its loop and task are there, and sync functions of them may be called, before the first tick.
 * @throws {RuntimeError} If the host has a guest already, or inside a running loop.
 * @throws {TypeError} If `main` is not awaitable.
 * @example
 * const guest = startGuestRun(sleep(0.01, 'a result'), {
 *   host: new BrowserHost(), // or one on a game engine's ticker
 *   doneCallback: (outcome) => console.log(outcome), // { status: 'fulfilled', value: 'a result' }
 * });
 * await guest.done;
 */
export function startGuestRun<T>(main: Main<T>, options: GuestRunOptions<T>): GuestRun<T> {
  return new GuestRun(main, options);
}

/**
 * Calls a function in a task of the page, outside of every step and tick. For what blocks or opens an event loop of its
 * own (`confirm`, a synchronous request, a host's dialog): inside a step it would hold the loop, or try to enter it again.
 *
 * @param fn Called in the current context, with no loop running; not called if the wait is cancelled before.
 * @returns A future of what it gives; of its error, if it throws. A Promise that it gives is waited for.
 * @example
 * const answer = yield* runOutsideTask(() => 6 * 7); // () => confirm('Sure?')
 * console.log(answer); // 42
 */
export function runOutsideTask<T>(fn: () => T): Future<Awaited<T>> {
  const context = copyContext();
  return fromPromise(
    (signal) =>
      new Promise<Awaited<T>>((resolve, reject) => {
        const poster = new TaskPoster(() => {
          poster.close();
          try {
            resolve(context.run(fn) as Awaited<T>); // a Promise is waited for here
          } catch (error) {
            reject(error); // any error is the future's
          }
        });
        signal.addEventListener('abort', () => poster.close(), { once: true });
        poster.post();
      }),
  );
}
