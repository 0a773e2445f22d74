/**
 * serveFetchEvents: a ServiceWorker that answers from coroutines.
 *
 * There is no CPython file to follow; the shape is that of `asyncio.start_server`, one coroutine for each request. All of
 * them run in one loop, so that they can share locks and queues. The loop is made with the first request, and while
 * there is none it leaves nothing armed, so that the browser may stop the worker at any time, as it does.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { LoopFactory } from '../core/events.ts';
import { isCancelled } from '../core/exceptions.ts';
import type { BaseEventLoop } from '../loop/base-events.ts';
import { newEventLoop } from '../loop/browser-events.ts';
import { withAbortSignal } from '../tasks/abort-signal.ts';
import { fromPromise } from '../tasks/promises.ts';
import { allTasks, runCoroutineThreadsafe } from '../tasks/tasks.ts';
import { wait } from '../tasks/wait.ts';

/** The part of a ServiceWorker's FetchEvent that is used here. */
export interface FetchEventLike extends Event {
  /** What the page asks for. */
  readonly request: Request;
  /** Answers it. */
  respondWith(response: Promise<Response>): void;
  /** Keeps the worker alive until the Promise has settled. */
  waitUntil(promise: PromiseLike<unknown>): void;
}

/** What `serveFetchEvents` takes. */
export interface ServeFetchOptions {
  /** Whether a request is answered here; others go to the network untouched. Default: those of the own origin. */
  readonly filter?: (request: Request) => boolean;
  /** Makes the loop. Default: the loop of the page or Worker. */
  readonly loopFactory?: LoopFactory<BaseEventLoop>;
  /** What dispatches the events. Default: the ServiceWorker itself. */
  readonly target?: EventTarget;
}

/** What `serveFetchEvents` gives. */
export interface FetchService {
  /** The loop of the handlers; null before the first request. */
  readonly loop: BaseEventLoop | null;
  /** Takes no more requests, cancels those that run, and closes the loop when they have ended. */
  close(): Promise<void>;
}

/**
 * Answers the `fetch` events of a ServiceWorker from coroutines. Call it while the worker's script is evaluated, as any
 * listener of such events must be added.
 *
 * A request whose page goes away, or gives it up, cancels its coroutine. An error becomes the status 500, without
 * details, and is told to the loop's exception handler. Work that goes on after the answer is kept alive with
 * `event.waitUntil(task)`.
 *
 * @param handler Gives the response; nothing to let the network answer.
 * @returns What ends it.
 * @throws {TypeError} If `handler` is no function.
 * @example
 * const service = serveFetchEvents(function* (event) {
 *   if (new URL(event.request.url).pathname !== '/time') return undefined;
 *   yield* sleep(0.1);
 *   return new Response(new Date().toISOString());
 * });
 * await service.close();
 */
export function serveFetchEvents(
  handler: (event: FetchEventLike) => Coroutine<Response | undefined>,
  options: ServeFetchOptions = {},
): FetchService {
  if (typeof handler !== 'function') throw new TypeError('a coroutine function is expected');
  const { target = globalThis, loopFactory = newEventLoop } = options;
  const isOwn = ({ url }: Request): boolean => new URL(url).origin === globalThis.location?.origin;
  const filter = options.filter ?? isOwn;
  let loop: BaseEventLoop | null = null;
  let running: Promise<void> = Promise.resolve();

  const listener = (event: Event): void => {
    const fetchEvent = event as FetchEventLike;
    if (!filter(fetchEvent.request)) return;
    if (loop === null) {
      loop = loopFactory();
      running = loop.runForever();
    }
    fetchEvent.respondWith(runCoroutineThreadsafe(answer(fetchEvent, handler, loop), loop));
  };
  target.addEventListener('fetch', listener);

  return {
    get loop() {
      return loop;
    },
    async close() {
      target.removeEventListener('fetch', listener);
      const closing = loop;
      if (closing === null || closing.isClosed()) return;
      loop = null;
      const tasks = [...allTasks(closing)];
      for (const task of tasks) task.cancel();
      if (tasks.length > 0) await runCoroutineThreadsafe(wait(tasks), closing);
      closing.stop();
      await running;
      closing.close();
    },
  };
}

function* answer(
  event: FetchEventLike,
  handler: (event: FetchEventLike) => Coroutine<Response | undefined>,
  loop: BaseEventLoop,
): Coroutine<Response> {
  const { request } = event;
  try {
    const response = yield* withAbortSignal(request.signal, () => handler(event));
    return response ?? (yield* fromPromise((signal) => globalThis.fetch(request, { signal })));
  } catch (exception) {
    // By `close()`, or by the page, which does not wait for an answer any more.
    if (isCancelled(exception) || request.signal.aborted) throw exception;
    loop.callExceptionHandler({
      message: `Unhandled error while answering ${request.method} ${request.url}`,
      exception,
      request,
    });
    return new Response('Internal Server Error', { status: 500, statusText: 'Internal Server Error' });
  }
}
