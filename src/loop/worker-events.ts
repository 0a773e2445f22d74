/**
 * WorkerEventLoop: the loop of a Worker, which can also run a program to its end inside one call.
 *
 * It is also the example of a loop that extends BaseEventLoop: its own source of events is polled in every iteration
 * (`pollEvents`), and its host knows how to wait for that source.
 */

import type { Callback } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { nameOf } from '../core/format-helpers.ts';
import { BaseEventLoop } from './base-events.ts';
import { WorkerHost } from './hosts/worker-host.ts';
import type { Main } from './runners.ts';
import { checkMain, mainCoroutine } from './runners.ts';

/**
 * The loop of a Worker: as BrowserEventLoop, and `runUntilCompleteSync` blocks the thread until a program has ended.
 *
 * @example
 * const loop = new WorkerEventLoop();
 * await loop.runUntilComplete(sleep(0.01));
 * // In a Worker of a cross-origin isolated page: loop.runUntilCompleteSync(sleep(0.01));
 * loop.close();
 */
export class WorkerEventLoop extends BaseEventLoop {
  /** Called in the loop with each message that another thread puts into the host's inbox. */
  onInbox: ((message: unknown) => void) | null = null;
  readonly #host: WorkerHost;

  /** @param host Default: a new WorkerHost, whose inbox is `loop.inbox`. */
  constructor(host: WorkerHost = new WorkerHost()) {
    super(host);
    this.#host = host;
  }

  /** Where other threads put messages while this one blocks; null where there is no shared memory. */
  get inbox(): WorkerHost['inbox'] {
    return this.#host.inbox;
  }

  /**
   * Runs `main` to its end, and blocks the thread meanwhile.
   *
   * @returns The result of `main`; its error is thrown.
   * @throws {RuntimeError} If the thread cannot block, if a loop is running, or if the loop is closed or is stopped.
   * @throws {TypeError} If `main` is not awaitable.
   */
  runUntilCompleteSync<T>(main: Main<T>): T {
    checkMain(main);
    this.checkCanRun();
    if (!this.#host.canBlock)
      throw new RuntimeError('Cannot block: this is not a Worker of a cross-origin isolated page');
    const task = this.createTask(mainCoroutine(main, this));
    task._logDestroyPending = false;
    const stop = (): void => {
      if (!left) this.stop(); // an exit has ended the run; a stop would end the next one
    };
    task.addDoneCallback(stop);
    let left: { readonly error: unknown } | null = null;
    this.#host.block(() => {
      this.beginRun({
        resolve: () => undefined,
        reject: (error) => {
          left = { error };
        },
      });
    });
    task.removeDoneCallback(stop);
    if (left !== null) {
      if (task.done() && !task.cancelled()) task.exception(); // it is what comes out here, or it is lost behind that
      throw (left as { readonly error: unknown }).error;
    }
    if (task.done()) return task.result();
    throw new RuntimeError('Event loop stopped before Future completed.');
  }

  protected override pollEvents(): readonly Callback[] {
    return (this.inbox?.take() ?? []).map((message) => () => this.onInbox?.(message));
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, WorkerEventLoop, 'WorkerEventLoop');
  }
}
