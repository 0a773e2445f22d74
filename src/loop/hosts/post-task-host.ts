/**
 * PostTaskHost: a loop whose ticks are prioritised tasks of the page (`scheduler.postTask`).
 *
 * Opt-in: the default host is faster, and its ticks have a priority that suits most programs. Where an engine has no
 * scheduler, a message takes the task's place and the priority has no effect.
 */

import { TaskPoster } from '../browser-host.ts';
import { NativeHost } from './native-host.ts';

/** How long one tick may run, in milliseconds. */
const SLICE_MS = 2;

/** The priorities of the Prioritized Task Scheduling API. */
export type PostTaskPriority = 'user-blocking' | 'user-visible' | 'background';

interface Controller extends AbortController {
  setPriority(priority: PostTaskPriority): void;
}

/** The API, which TypeScript's DOM library does not have yet. */
interface Platform {
  readonly scheduler?: { postTask(callback: () => void, options: { signal: AbortSignal }): Promise<unknown> };
  readonly TaskController?: new (options: { priority: PostTaskPriority }) => Controller;
}

const platform: Platform = globalThis;

/**
 * A host whose ticks are tasks of the page with a priority, which may be changed at any time.
 *
 * @example
 * const host = new PostTaskHost({ priority: 'background' });
 * const program = run(sleep(0.01), { loopFactory: () => new BaseEventLoop(host) });
 * host.setPriority('user-blocking'); // somebody waits for it now
 * await program;
 */
export class PostTaskHost extends NativeHost {
  readonly #poster = new TaskPoster(() => this.work(SLICE_MS));
  #priority: PostTaskPriority;
  #controller: Controller | null = null;

  /** @param options.priority Default: 'user-visible'. */
  constructor({ priority = 'user-visible' }: { readonly priority?: PostTaskPriority } = {}) {
    super();
    this.#priority = priority;
  }

  /** True where the engine has a scheduler. */
  static get isSupported(): boolean {
    return platform.scheduler !== undefined && platform.TaskController !== undefined;
  }

  /** Changes the priority, also of the tick that is on its way. */
  setPriority(priority: PostTaskPriority): void {
    this.#priority = priority;
    this.#controller?.setPriority(priority);
  }

  protected request(): void {
    if (platform.scheduler === undefined || platform.TaskController === undefined) {
      this.#poster.post();
      return;
    }
    const controller = new platform.TaskController({ priority: this.#priority });
    this.#controller = controller;
    const task = platform.scheduler.postTask(() => this.work(SLICE_MS), { signal: controller.signal });
    // A tick that was taken back rejects, which is what was asked for. A pump that throws shows what it threw.
    task.catch((error: unknown) => controller.signal.aborted || this.reportError(error));
  }

  protected withdraw(): void {
    this.#controller?.abort();
    this.#poster.close();
  }
}
