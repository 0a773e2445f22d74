/**
 * waitEvent and events: what a page's EventTargets tell, waited for.
 *
 * Source: the place of `loop.add_reader` in asyncio, which a page has no descriptors for. Listeners are removed
 * however the wait ends: by the event, an error, a cancellation, or the loop that closes.
 *
 * In virtual time an event does not hold the clock: nobody can know whether it will come.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { dispose } from '../core/contextvars.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { asError } from '../core/exceptions.ts';
import { Queue, QueueFull, QueueShutDown } from '../sync/queues.ts';
import type { CoroutineIterator } from '../tasks/async-iter.ts';
import { nativeIterator } from '../tasks/async-iter.ts';

/** The class of the events of this type at this target, as far as its `on…` property tells. */
export type EventOf<T, K extends string> = T extends {
  [P in `on${K}`]: ((this: never, event: infer E) => unknown) | null;
}
  ? E extends Event
    ? E
    : Event
  : Event;

/** What `waitEvent` takes. */
export interface WaitEventOptions<E extends Event> {
  /** Ends the wait when it is aborted: its reason is thrown. */
  readonly signal?: AbortSignal | null;
  /** Chooses the event: called with each at once, so that it may also call `preventDefault()`. Default: the first. */
  readonly predicate?: ((event: E) => boolean) | null;
}

/**
 * Waits for an event.
 *
 * It listens from its first step, so an event that is dispatched before that is not seen. It always yields to the loop.
 *
 * @param target What dispatches it: an element, `window`, a socket, a Worker.
 * @param type Such as 'click'.
 * @returns The event. Whoever awaits it goes on when the dispatch is over: to call `preventDefault()` use a predicate.
 * @throws The reason of `signal`, when that is aborted; what the predicate throws.
 * @throws {TypeError} If `target` is no EventTarget.
 * @example
 * const button = document.createElement('button');
 * getRunningLoop().callLater(1, () => button.click());
 * const click = yield* waitEvent(button, 'click');
 * console.log(click.detail);
 */
export function* waitEvent<T extends EventTarget, K extends string>(
  target: T,
  type: K,
  { signal, predicate }: WaitEventOptions<EventOf<T, K>> = {},
): Coroutine<EventOf<T, K>> {
  signal?.throwIfAborted();
  const future = getRunningLoop().createFuture<EventOf<T, K>>();
  const forget = listen(target, type, (event: EventOf<T, K>) => {
    if (future.done()) return;
    try {
      if (predicate?.(event) ?? true) future.setResult(event);
    } catch (error) {
      future.setException(asError(error)); // the waiter's own function: the waiter gets its error
    }
  });
  const abort = (): void => {
    if (!future.done()) future.setException(asError(signal?.reason));
  };
  try {
    signal?.addEventListener('abort', abort);
    return yield* future;
  } finally {
    signal?.removeEventListener('abort', abort);
    forget();
  }
}

/** Listens, and gives what ends it. @internal */
export function listen<E extends Event>(
  target: EventTarget,
  type: string,
  listener: (event: E) => void,
): () => void {
  if (typeof (target as EventTarget | null)?.addEventListener !== 'function')
    throw new TypeError(`an EventTarget is required, got ${String(target)}`);
  target.addEventListener(type, listener as EventListener);
  return () => target.removeEventListener(type, listener as EventListener);
}

/** What `events` takes. */
export interface EventsOptions {
  /** The most events that wait to be taken; zero or less for no bound. Default 1000. */
  readonly maxsize?: number;
  /**
   * What happens to an event when so many wait. 'error', the default: the listener is removed, and QueueFull is thrown
   * after those that wait. 'dropOldest': it takes the place of the oldest. 'dropNewest': it is left out.
   */
  readonly overflow?: 'error' | 'dropOldest' | 'dropNewest';
  /** Ends the iteration when it is aborted: its reason is thrown after the events that wait. */
  readonly signal?: AbortSignal | null;
}

/**
 * The events of a target, as an asynchronous iterator. Made by `events`.
 *
 * @example
 * const clicks: EventStream<PointerEvent> = events(document.body, 'click');
 * document.body.click();
 * const { value } = yield* clicks.anext();
 * clicks.close();
 */
export class EventStream<E extends Event> implements CoroutineIterator<E>, AsyncIterable<E> {
  readonly #queue: Queue<E>;
  readonly #loop: AbstractEventLoop;
  readonly #forget: (() => void)[];
  #error: unknown;
  /** How many events were left out, by the rule for overflow. */
  dropped = 0;

  /** @internal */
  constructor(target: EventTarget, type: string, options: EventsOptions) {
    const { maxsize = 1000, overflow = 'error', signal } = options;
    if (!['error', 'dropOldest', 'dropNewest'].includes(overflow))
      throw new RangeError(`overflow must be 'error', 'dropOldest' or 'dropNewest', got '${overflow}'`);
    signal?.throwIfAborted();
    this.#loop = getRunningLoop();
    this.#queue = new Queue<E>(maxsize);
    const take = (event: E): void => {
      if (this.#queue.full()) {
        if (overflow === 'error') {
          this.#end(new QueueFull(`Cannot keep more than ${maxsize} '${type}' events: nobody takes them`));
          return;
        }
        this.dropped += 1;
        if (overflow === 'dropNewest') return;
        this.#queue.getNowait();
      }
      this.#queue.putNowait(event);
    };
    this.#forget = [listen(target, type, take)];
    if (signal) this.#forget.push(listen(signal, 'abort', () => this.#end(signal.reason)));
  }

  /** The next event, as an iterator result; waits for it. A cancelled wait loses no event. */
  *anext(): Coroutine<IteratorResult<E, undefined>> {
    try {
      return { done: false, value: yield* this.#queue.get() };
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
      const reason = this.#error;
      this.#error = undefined;
      if (reason !== undefined) throw reason;
      return { done: true, value: undefined };
    }
  }

  /** Stops listening and drops the events that wait; whoever waits is told of the end. Closing again does nothing. */
  close(): void {
    this.#error = undefined;
    this.#stop(true);
  }

  /** As `close`, for `asyncFor`. It does not yield to the loop. */
  *aclose(): Coroutine<void> {
    this.close();
  }

  /** For `using`: closes it. */
  [dispose](): void {
    this.close();
  }

  /** For `for await` in native code. */
  [Symbol.asyncIterator](): AsyncIterator<E> & CoroutineIterator<E> {
    return nativeIterator(this, this.#loop);
  }

  #end(error: unknown): void {
    this.#error = error;
    this.#stop(false);
  }

  #stop(immediate: boolean): void {
    for (const forget of this.#forget.splice(0)) forget();
    this.#queue.shutdown(immediate);
  }
}

/**
 * The events of a target, to be iterated with `asyncFor` or, in native code, with `for await`.
 *
 * It listens from this call until the iteration ends, `close()`, or the end of a `using` block: what is made must be
 * iterated or closed.
 *
 * @param target What dispatches them.
 * @param type Such as 'message'.
 * @throws {RuntimeError} Outside a loop: "no running event loop".
 * @throws {TypeError} If `target` is no EventTarget.
 * @throws {RangeError} If `overflow` is none of the three.
 * @example
 * const target = new EventTarget();
 * for (const delay of [1, 2, 3]) getRunningLoop().callLater(delay, () => target.dispatchEvent(new CustomEvent('tick')));
 * let ticks = 0;
 * yield* asyncFor(events(target, 'tick', { maxsize: 10, overflow: 'dropOldest' }), function* () {
 *   ticks += 1;
 *   return ticks < 3;
 * });
 */
export function events<T extends EventTarget, K extends string>(
  target: T,
  type: K,
  options: EventsOptions = {},
): EventStream<EventOf<T, K>> {
  return new EventStream<EventOf<T, K>>(target, type, options);
}
