/**
 * timeout: cancels a block that takes too long and turns that cancellation into TimeoutError.
 *
 * Source: Lib/asyncio/timeouts.py, CPython 3.14. The rule of conversion is CPython's: only if our own timer fired,
 * `uncancel()` exactly once, only a CancelledError, and only if no other cancel request came since the entry.
 * What differs: JavaScript has no implicit exception context, so the rewriting of a context chain has no equivalent.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { Handle, TaskLike } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { isCancelled, RuntimeError, TimeoutError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import type { AsyncContextManager } from './async-with.ts';
import { asyncWith } from './async-with.ts';
import { currentTask } from './tasks.ts';

type State = 'created' | 'active' | 'expiring' | 'expired' | 'finished';

/**
 * A deadline for a block: made by `timeout` or `timeoutAt`, entered by `asyncWith` or `withTimeout`.
 *
 * @example
 * yield* asyncWith(timeout(5), function* (scope) {
 *   yield* sleep(3);
 *   scope.reschedule(getRunningLoop().time() + 60); // it goes well: take your time
 *   yield* sleep(10);
 * });
 */
export class Timeout implements AsyncContextManager<Timeout, void> {
  #state: State = 'created';
  #when: number | null;
  #handle: Handle | null = null;
  #task: TaskLike<unknown> | null = null;
  #cancelling = 0;

  /**
   * Use `timeout` or `timeoutAt`.
   *
   * @param when Loop time in seconds; null for none.
   */
  constructor(when: number | null) {
    this.#when = when;
  }

  /** The deadline in loop time, or null for none. */
  when(): number | null {
    return this.#when;
  }

  /**
   * Moves the deadline to loop time `when`; null for none. One in the past expires in the next iteration.
   *
   * @throws {RuntimeError} If the block is not running: "Timeout has not been entered" or
   *   "Cannot change state of … Timeout".
   * @throws {TypeError} If `when` is neither a number nor null; then the deadline stays as it was.
   * @throws {RangeError} If `when` is NaN; then too.
   */
  reschedule(when: number | null): void {
    if (this.#state !== 'active') {
      if (this.#state === 'created') throw new RuntimeError('Timeout has not been entered');
      throw new RuntimeError(`Cannot change state of ${this.#state} Timeout`);
    }
    checkTime('when', when);
    this.#when = when;
    this.#handle?.cancel();
    this.#handle = null;
    if (when === null) return;
    // The task's loop, not the running one: an event listener may call this between two ticks.
    const loop = (this.#task as TaskLike<unknown>).getLoop(); // set by _enter
    const expire = (): void => this.#expire();
    this.#handle = when <= loop.time() ? loop.callSoon(expire) : loop.callAt(when, expire);
  }

  /** True when the deadline passed while the block ran, whatever the block made of it. */
  expired(): boolean {
    return this.#state === 'expiring' || this.#state === 'expired';
  }

  *aenter(): Coroutine<this> {
    this._enter();
    return this;
  }

  *aexit(error: Error | null): Coroutine<void> {
    this._exit(error);
  }

  /** @internal */
  _enter(): void {
    if (this.#state !== 'created') throw new RuntimeError('Timeout has already been entered');
    const task = currentTask();
    if (task === null) throw new RuntimeError('Timeout should be used inside a task');
    this.#state = 'active';
    this.#task = task;
    this.#cancelling = task.cancelling();
    this.reschedule(this.#when);
  }

  /** @internal */
  _exit(error: unknown): void {
    this.#handle?.cancel();
    this.#handle = null;
    if (this.#state === 'expiring') {
      this.#state = 'expired';
      const open = (this.#task as TaskLike<unknown>).uncancel(); // set by _enter
      // With no new cancel request since the entry the cancellation is ours to convert.
      if (open <= this.#cancelling && isCancelled(error)) throw new TimeoutError('', { cause: error });
    } else if (this.#state === 'active') {
      this.#state = 'finished';
    }
  }

  #expire(): void {
    this.#task?.cancel();
    this.#state = 'expiring';
    this.#handle = null;
  }

  toString(): string {
    const when =
      this.#state === 'active' ? ` when=${this.#when === null ? 'None' : Number(this.#when.toFixed(3))}` : '';
    return `<Timeout [${this.#state}]${when}>`;
  }
}

/**
 * A deadline `delay` seconds from now, to be entered with `asyncWith`. See {@link withTimeout} for the short form.
 *
 * @param delay Seconds; null for none. Zero or less expires at the first wait of the block.
 * @throws {RuntimeError} If no loop is running.
 * @throws {TypeError} If `delay` is neither a number nor null.
 * @throws {RangeError} If `delay` is NaN.
 * @example
 * const scope = timeout(2);
 * const answer = yield* asyncWith(scope, () => sleep(1, 'in time'));
 * scope.expired(); // false
 */
export function timeout(delay: number | null): Timeout {
  const loop = getRunningLoop();
  checkTime('delay', delay);
  return new Timeout(delay === null ? null : loop.time() + delay);
}

/**
 * A deadline at loop time `when`, to be entered with `asyncWith`.
 *
 * @param when Seconds of the loop's clock; null for none. One in the past expires at the first wait of the block.
 * @throws {TypeError} If `when` is neither a number nor null.
 * @throws {RangeError} If `when` is NaN.
 * @example
 * const deadline = getRunningLoop().time() + 10;
 * yield* asyncWith(timeoutAt(deadline), () => sleep(1));
 * yield* asyncWith(timeoutAt(deadline), () => sleep(2)); // the same ten seconds
 */
export function timeoutAt(when: number | null): Timeout {
  checkTime('when', when);
  return new Timeout(when);
}

/** At the call: a text would be joined to the loop's time, and what is undefined would end as NaN. */
function checkTime(name: string, time: number | null): void {
  if (time !== null && typeof time !== 'number')
    throw new TypeError(`${name} must be a number or null, got ${repr(time)}`);
  if (Number.isNaN(time)) throw new RangeError('Invalid delay: NaN (not a number)');
}

/**
 * Runs `body` with a deadline `delay` seconds from now.
 *
 * @param delay Seconds; null for none. Zero or less expires at the first wait of the block.
 * @returns What `body` returns.
 * @throws {TimeoutError} If the deadline passes: the block is cancelled, its cleanup runs, then this is thrown.
 * @throws {RangeError} If `delay` is NaN.
 * @throws {RuntimeError} Outside a task.
 * @example
 * yield* withTimeout(5, function* (scope) {
 *   yield* sleep(1); // connect
 *   scope.reschedule(null); // no deadline for the rest
 *   yield* sleep(60); // converse
 * });
 */
export function* withTimeout<T>(delay: number | null, body: (scope: Timeout) => Coroutine<T>): Coroutine<T> {
  return yield* asyncWith<Timeout, T>(timeout(delay), body);
}

/**
 * Runs `body` with a deadline at loop time `when`. See {@link withTimeout}.
 *
 * @example
 * const deadline = getRunningLoop().time() + 5;
 * const answer = yield* withTimeoutAt(deadline, () => sleep(1, 'in time'));
 */
export function* withTimeoutAt<T>(when: number | null, body: (scope: Timeout) => Coroutine<T>): Coroutine<T> {
  return yield* asyncWith<Timeout, T>(timeoutAt(when), body);
}
