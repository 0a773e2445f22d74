/**
 * asyncGenerator: Python's `async def` with `yield`.
 *
 * Source: PEP 525 and base_events.shutdown_asyncgens, CPython 3.14. In coroutine land `yield` belongs to the loop, so a
 * value is given with `yield* emit(value)`. As in Python the body runs in whichever task asks for the next value, and
 * closing throws GeneratorExit in where it last gave one.
 *
 * A generator that was begun and not finished is closed by the loop: when it is collected, or by `run` at the end.
 */

import type { Awaitable, Coroutine, Suspension } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { _getRunningLoop } from '../core/events.ts';
import { GeneratorExit, RuntimeError } from '../core/exceptions.ts';
import { logger } from '../core/log.ts';
import type { CoroutineIterator } from './async-iter.ts';
import { nativeIterator } from './async-iter.ts';

/** Gives a value to whoever iterates: `yield* emit(value)`. Its result is what `asend` sends, else undefined. */
export type Emit<T> = (value: T) => Awaitable<unknown>;

/** A value on its way out, and the iterator of its `yield*`. */
class Emission<T> implements Iterator<Suspension, unknown, unknown> {
  readonly owner: State<T>;
  readonly emitted: T;
  #given = false;

  constructor(owner: State<T>, emitted: T) {
    this.owner = owner;
    this.emitted = emitted;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(sent?: unknown): IteratorResult<Suspension, unknown> {
    if (this.#given) return { done: true, value: sent };
    this.#given = true;
    return { done: false, value: this as unknown as Suspension }; // taken out again in State.drive
  }

  throw(error: unknown): never {
    throw error;
  }
}

type Resume = { readonly send: unknown } | { readonly raise: unknown };

/** What an asynchronous generator is made of, without the object that its user holds: the loop keeps this. */
class State<T> {
  readonly body: Coroutine<void>;
  #running = false;
  #begun = false;
  finished = false;
  /** The user's object, for reports. */
  owner: WeakRef<AsyncGeneratorOf<T>> | null = null;
  #loop: AbstractEventLoop | null = null;

  constructor(func: (emit: Emit<T>) => Coroutine<void>) {
    this.body = func((value) => new Emission(this, value));
  }

  /** Goes on until the next value or the end. */
  *drive(resume: Resume, method = 'anext'): Coroutine<IteratorResult<T, undefined>> {
    if (this.#running) throw new RuntimeError(`${method}(): asynchronous generator is already running`);
    if (this.finished) {
      if ('raise' in resume) throw resume.raise;
      return { done: true, value: undefined };
    }
    if (!this.#begun && 'send' in resume && resume.send !== undefined && resume.send !== null)
      throw new TypeError("can't send non-None value to a just-started async generator");
    this.#begin();
    this.#running = true;
    try {
      let step = 'raise' in resume ? this.body.throw(resume.raise) : this.body.next(resume.send);
      while (!step.done) {
        const yielded = step.value as unknown;
        if (yielded instanceof Emission && yielded.owner === this)
          return { done: false, value: yielded.emitted as T };
        try {
          step = this.body.next(yield step.value);
        } catch (error) {
          // Thrown in by the task, a cancellation for one: it belongs to the body. If the body itself threw, it is
          // finished, and throwing in gives the error back.
          step = this.body.throw(error);
        }
      }
      this.#end();
      return { done: true, value: undefined };
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** Throws GeneratorExit in and waits for the cleanup. */
  *close(): Coroutine<void> {
    // Not sooner: a task that is cancelled before its first step leaves the closing to shutdownAsyncgens. And not while
    // it is running: then this fails below, and the generator is still to be closed.
    if (!this.#running) this.#loop?._asyncgens?.delete(this as State<unknown>);
    if (this.finished) return;
    if (!this.#begun) {
      this.finished = true;
      this.body.return(undefined);
      return;
    }
    try {
      const step = yield* this.drive({ raise: new GeneratorExit() }, 'aclose');
      if (!step.done) {
        this.#loop?._asyncgens?.add(this as State<unknown>); // it has more to clean up
        throw new RuntimeError('async generator ignored GeneratorExit');
      }
    } catch (error) {
      if (!(error instanceof GeneratorExit)) throw error; // ours, come back
    }
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#loop = _getRunningLoop();
    const loop = this.#loop;
    if (loop === null) return;
    if (loop._asyncgensShutdown) {
      logger.warning('asynchronous generator was scheduled after loop.shutdownAsyncgens() call');
    }
    loop._asyncgens ??= new Set();
    loop._asyncgens.add(this as State<unknown>);
  }

  #end(): void {
    this.finished = true;
    this.#loop?._asyncgens?.delete(this as State<unknown>);
  }

  /** @internal */
  _repr(): string {
    return `<async_generator${this.finished ? ' finished' : ''}>`;
  }

  /** The user's object is gone: the loop runs the cleanup. */
  abandoned(): void {
    const loop = this.#loop;
    if (this.finished || loop === null || loop.isClosed()) return;
    loop.callSoonThreadsafe(() => loop.createTask(this.close()));
  }
}

const abandoned = /* @__PURE__ */ new FinalizationRegistry<State<unknown>>((state) => state.abandoned());

/**
 * An asynchronous generator of coroutine land; iterate it with `asyncFor` or, in native code, with `for await`.
 *
 * @example
 * const letters = asyncGenerator<string>(function* (emit) {
 *   const answer = yield* emit('a');
 *   yield* emit(String(answer));
 * });
 * yield* letters.anext(); // { done: false, value: 'a' }
 * yield* letters.asend('b'); // { done: false, value: 'b' }
 * yield* letters.aclose();
 */
export class AsyncGeneratorOf<T> implements CoroutineIterator<T>, AsyncIterable<T> {
  readonly #state: State<T>;

  /** @internal */
  constructor(func: (emit: Emit<T>) => Coroutine<void>) {
    this.#state = new State(func);
    this.#state.owner = new WeakRef(this);
    abandoned.register(this, this.#state as State<unknown>);
  }

  /** The next value, as an iterator result. */
  anext(): Coroutine<IteratorResult<T, undefined>> {
    return this.#state.drive({ send: undefined });
  }

  /** As `anext`, and `value` is what the `yield* emit()` that waits gives. */
  asend(value: unknown): Coroutine<IteratorResult<T, undefined>> {
    return this.#state.drive({ send: value });
  }

  /** Throws `error` in where it last gave a value; gives the next value. */
  athrow(error: unknown): Coroutine<IteratorResult<T, undefined>> {
    return this.#state.drive({ raise: error }, 'athrow');
  }

  /**
   * Ends it: its cleanup runs and is waited for.
   *
   * @throws {RuntimeError} If it gives another value instead: "async generator ignored GeneratorExit".
   */
  aclose(): Coroutine<void> {
    return this.#state.close();
  }

  /** For `for await` in native code: the steps run as tasks of the current loop. */
  [Symbol.asyncIterator](): AsyncIterator<T> & CoroutineIterator<T> {
    return nativeIterator(this);
  }
}

/**
 * Makes an asynchronous generator.
 *
 * @param func Its body, which gives values with `yield* emit(value)` and may wait in between.
 * @example
 * const ticks = asyncGenerator<number>(function* (emit) {
 *   for (let i = 0; i < 3; i += 1) {
 *     yield* sleep(1);
 *     yield* emit(i);
 *   }
 * });
 * yield* asyncFor(ticks, function* (tick) {
 *   console.log(tick);
 * });
 */
export function asyncGenerator<T>(func: (emit: Emit<T>) => Coroutine<void>): AsyncGeneratorOf<T> {
  return new AsyncGeneratorOf<T>(func);
}
