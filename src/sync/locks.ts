/**
 * Lock, Event, Condition, Semaphore, BoundedSemaphore and Barrier.
 *
 * Source: Lib/asyncio/locks.py, CPython 3.14. Kept exactly: hand-over is fair (whoever waits longest is next, and
 * nobody overtakes a live waiter), and a waiter that is cancelled after it was chosen passes its turn on.
 *
 * Who waits stands in a line (sync/waiters.ts), which the first and the cancelled leave in constant time.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { dispose } from '../core/contextvars.ts';
import { _getRunningLoop } from '../core/events.ts';
import { BrokenBarrierError, isCancelled, RuntimeError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import type { AsyncContextManager } from '../tasks/async-with.ts';
import type { Task } from '../tasks/tasks.ts';
import { currentTask } from '../tasks/tasks.ts';
import { LoopBound } from './mixins.ts';
import type { Waiter } from './waiters.ts';
import { Turn, WAIT, WaitingLine } from './waiters.ts';

/**
 * What `hold()` gives: releases at the end of its block when held with `using`. Releasing twice does nothing.
 *
 * @example
 * const lock = new Lock();
 * const held = yield* lock.hold();
 * held.release();
 */
export class Held {
  #release: (() => void) | null;
  constructor(release: () => void) {
    this.#release = release;
  }
  /** Releases what is held; the second time it does nothing. */
  release(): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }
  [dispose](): void {
    this.release();
  }
}

/** The part that lets a lock be entered with `asyncWith(lock, …)` and held with `using held = yield* lock.hold()`. */
abstract class Lockable extends LoopBound implements AsyncContextManager<undefined, void> {
  /** Takes it, waiting if need be. Gives way to the loop only if it has to wait. */
  abstract acquire(): Coroutine<true>;
  /** Gives it back, and wakes who has waited longest. */
  abstract release(): void;
  /** True while it is held. */
  abstract locked(): boolean;

  *aenter(): Coroutine<undefined> {
    yield* this.acquire();
  }

  *aexit(): Coroutine<void> {
    this.release();
  }

  /**
   * Takes it for the rest of a block, waiting if need be.
   *
   * @returns What releases it: by `using`, or by `release()`.
   * @example
   * const lock = new Lock();
   * function* save(): Coroutine<void> {
   *   using held = yield* lock.hold();
   *   yield* sleep(1);
   *   console.log(held);
   * } // released here
   * yield* save();
   */
  *hold(): Coroutine<Held> {
    yield* this.acquire();
    return new Held(() => this.release());
  }

  /** @internal */
  abstract _repr(): string;

  override toString(): string {
    return this._repr();
  }
}

function describe(kind: string, state: string, waiters: { readonly size: number }): string {
  return `<${kind} [${state}${waiters.size > 0 ? `, waiters:${waiters.size}` : ''}]>`;
}

/**
 * Mutual exclusion between tasks, first come, first served.
 *
 * @example
 * const lock = new Lock();
 * yield* asyncWith(lock, function* () {
 *   yield* sleep(1); // nobody else is here
 * });
 */
export class Lock extends Lockable {
  /** @internal */
  readonly _line: WaitingLine<boolean> = new WaitingLine(this);
  #locked = false;
  #owner: Task<unknown> | null = null;

  locked(): boolean {
    return this.#locked;
  }

  acquire(): Coroutine<true> {
    return new Turn(this, undefined);
  }

  /** @internal */
  _enter(woken: boolean): true | typeof WAIT {
    // Nobody overtakes: also when it is free for the moment, whoever waits goes first.
    if (!woken && (this.#locked || !allCancelled(this._line))) return WAIT;
    this.#locked = true;
    const loop = _getRunningLoop();
    this.#owner = loop === null ? null : currentTask(loop); // what need not wait needs no loop
    return true;
  }

  /** @internal */
  _abandon(): void {
    // We may have been chosen already: then the next one is.
    if (!this.#locked) this.#wakeFirst();
  }

  /** @throws {RuntimeError} If it is not locked: "Lock is not acquired." */
  release(): void {
    if (!this.#locked) throw new RuntimeError('Lock is not acquired.');
    this.#locked = false;
    this.#owner = null;
    this.#wakeFirst();
  }

  /** Who holds it and how many wait, for views and messages. A lock may be released by another task. */
  statistics(): {
    readonly locked: boolean;
    readonly owner: Task<unknown> | null;
    readonly tasksWaiting: number;
  } {
    return { locked: this.#locked, owner: this.#owner, tasksWaiting: this._line.size };
  }

  #wakeFirst(): void {
    const first = this._line.first;
    // One that is done has been chosen already.
    if (first !== null && !first.done()) first.setResult(true);
  }

  /** @internal */
  override _repr(): string {
    return describe(nameOf(this, Lock, 'Lock'), this.#locked ? 'locked' : 'unlocked', this._line);
  }
}

/**
 * A flag that tasks can wait for. It shadows the DOM's Event; `AsyncEvent` is the same class.
 *
 * @example
 * const ready = new AsyncEvent();
 * const waiter = createTask(ready.wait());
 * ready.set();
 * yield* waiter;
 */
export class Event extends LoopBound {
  /** @internal */
  readonly _line: WaitingLine<boolean> = new WaitingLine(this);
  #value = false;

  /** True if the flag is set. */
  isSet(): boolean {
    return this.#value;
  }

  /** Sets the flag; everybody who waits goes on, in the order of arrival. */
  set(): void {
    if (this.#value) return;
    this.#value = true;
    for (const waiter of this._line) if (!waiter.done()) waiter.setResult(true);
  }

  /** Clears the flag; who was waiting at the `set()` goes on all the same. */
  clear(): void {
    this.#value = false;
  }

  /** Waits until the flag is set; does not give way to the loop if it is. */
  wait(): Coroutine<true> {
    return new Turn(this, undefined);
  }

  /** @internal */
  _enter(woken: boolean): true | typeof WAIT {
    return woken || this.#value ? true : WAIT;
  }

  /** @internal */
  _abandon(): void {}

  /** How many tasks wait, for views and messages. */
  statistics(): { readonly tasksWaiting: number } {
    return { tasksWaiting: this._line.size };
  }

  /** @internal */
  _repr(): string {
    return describe(nameOf(this, Event, 'Event'), this.#value ? 'set' : 'unset', this._line);
  }

  override toString(): string {
    return this._repr();
  }
}

/**
 * Lets tasks wait, with a lock, until others tell them that something has changed.
 *
 * @example
 * const items: string[] = [];
 * const condition = new Condition();
 * function* consume(): Coroutine<string | undefined> {
 *   return yield* asyncWith(condition, function* () {
 *     yield* condition.waitFor(() => items.length > 0);
 *     return items.shift();
 *   });
 * }
 * const consumer = createTask(consume());
 * yield* sleep(1);
 * yield* asyncWith(condition, function* () {
 *   items.push('item');
 *   condition.notify();
 * });
 * yield* consumer;
 */
export class Condition extends Lockable {
  readonly #lock: Lock;
  readonly #waiters = new WaitingLine<boolean>(this, 'notify');

  /** @param lock Default: a new one. Several conditions may share one. */
  constructor(lock?: Lock | null) {
    super();
    this.#lock = lock ?? new Lock();
  }

  locked(): boolean {
    return this.#lock.locked();
  }

  acquire(): Coroutine<true> {
    return this.#lock.acquire();
  }

  /**
   * Gives the lock back, and wakes who has waited longest for it.
   *
   * @throws {RuntimeError} If it is not locked: "Lock is not acquired."
   */
  release(): void {
    this.#lock.release();
  }

  /**
   * Releases the lock, waits for a notification, takes the lock again. It may return without one: check again.
   *
   * The lock is taken again also after a cancellation, and the most recent CancelledError comes out.
   *
   * @throws {RuntimeError} If the lock is not held: "cannot wait on un-acquired lock".
   */
  *wait(): Coroutine<true> {
    if (!this.locked()) throw new RuntimeError('cannot wait on un-acquired lock');
    const loop = this._getLoop();
    this.release();
    try {
      try {
        const waiter = this.#waiters.join(loop);
        try {
          yield* waiter;
        } finally {
          this.#waiters.leave(waiter);
        }
      } finally {
        yield* this.#reacquire();
      }
    } catch (error) {
      // Perhaps we were notified and cannot act on it: somebody else should.
      this.#notify(1);
      throw error;
    }
    return true;
  }

  /**
   * Waits until `predicate()` is truthy and gives its value; does not yield to the loop if it is.
   *
   * @param predicate Called now and after each notification, with the lock held.
   * @throws {RuntimeError} If it has to wait and the lock is not held: "cannot wait on un-acquired lock".
   */
  *waitFor<T>(predicate: () => T): Coroutine<T> {
    let result = predicate();
    while (!result) {
      yield* this.wait();
      result = predicate();
    }
    return result;
  }

  /**
   * Wakes up to `n` waiting tasks; they go on when they get the lock.
   *
   * @param n Default 1.
   * @throws {RuntimeError} If the lock is not held: "cannot notify on un-acquired lock".
   */
  notify(n = 1): void {
    if (!this.locked()) throw new RuntimeError('cannot notify on un-acquired lock');
    this.#notify(n);
  }

  /** Wakes every waiting task. See {@link Condition.notify}. */
  notifyAll(): void {
    this.notify(this.#waiters.size);
  }

  /** As `Lock.statistics()` for its lock, and how many tasks wait to be notified. */
  statistics(): ReturnType<Lock['statistics']> & { readonly tasksWaitingNotify: number } {
    return { ...this.#lock.statistics(), tasksWaitingNotify: this.#waiters.size };
  }

  *#reacquire(): Coroutine<void> {
    let cancellation: unknown = null;
    for (;;) {
      try {
        yield* this.acquire();
        break;
      } catch (error) {
        if (!isCancelled(error)) throw error;
        cancellation = error; // not swallowed: the most recent one is thrown below
      }
    }
    if (cancellation !== null) throw cancellation;
  }

  #notify(n: number): void {
    let left = n;
    for (const waiter of this.#waiters) {
      if (left <= 0) break;
      if (waiter.done()) continue;
      left -= 1;
      waiter.setResult(false);
    }
  }

  /** @internal */
  override _repr(): string {
    return describe(
      nameOf(this, Condition, 'Condition'),
      this.locked() ? 'locked' : 'unlocked',
      this.#waiters,
    );
  }
}

/**
 * At most `value` tasks at a time, first come, first served.
 *
 * @example
 * const semaphore = new Semaphore(2);
 * function* load(url: string): Coroutine<string> {
 *   return yield* asyncWith(semaphore, () => sleep(1, url));
 * }
 * yield* gather(load('a'), load('b'), load('c')); // takes two seconds
 */
export class Semaphore extends Lockable {
  /** @internal */
  readonly _line: WaitingLine<boolean> = new WaitingLine(this);
  /** @internal */
  _value: number;

  /**
   * @param value How many may hold it at a time: a whole number, 0 or more, or Infinity. Default 1.
   * @throws {RangeError} If `value` is below 0: "Semaphore initial value must be >= 0" (Python's ValueError).
   * @throws {TypeError} If `value` is no whole number.
   */
  constructor(value = 1) {
    super();
    checkCount('value', value);
    if (value < 0) throw new RangeError('Semaphore initial value must be >= 0');
    this._value = value;
  }

  /** True if `acquire()` would wait: there is no permit, or somebody is before us. */
  locked(): boolean {
    return this._value === 0 || !allCancelled(this._line);
  }

  acquire(): Coroutine<true> {
    return new Turn(this, undefined);
  }

  /** @internal */
  _enter(woken: boolean): true | typeof WAIT {
    if (woken) this.#wakeOthers();
    else if (this.locked()) return WAIT;
    else this._value -= 1;
    this.#noteHolder();
    return true;
  }

  /** @internal */
  _abandon(waiter: Waiter<unknown>): void {
    // If we were given the permit we cannot use it.
    if (waiter.done() && !waiter.cancelled()) this._value += 1;
    this.#wakeOthers();
  }

  /** Adds a permit, or gives it to who has waited longest; also without an `acquire()` before it. */
  release(): void {
    const loop = _getRunningLoop();
    const holders = loop?._holders?.get(this);
    // Anybody may release: if it was none of the holders, it was for the first of them.
    if (holders !== undefined) holders.splice(Math.max(0, holders.indexOf(loop?._currentTask as never)), 1);
    this._value += 1;
    this.#wakeNext();
  }

  /** How many permits are left and how many tasks wait, for views and messages. */
  statistics(): { readonly value: number; readonly tasksWaiting: number } {
    return { value: this._value, tasksWaiting: this._line.size };
  }

  /** Those who came meanwhile had to queue, even if there are permits. */
  #wakeOthers(): void {
    while (this._value > 0 && this.#wakeNext()) {}
  }

  #noteHolder(): void {
    const loop = _getRunningLoop();
    if (loop?._holders && loop._currentTask !== null) {
      const holders = loop._holders.get(this);
      if (holders === undefined) loop._holders.set(this, [loop._currentTask]);
      else holders.push(loop._currentTask);
    }
  }

  /** Gives one permit to the next waiter; false if there is none. */
  #wakeNext(): boolean {
    for (const waiter of this._line) {
      if (waiter.done()) continue;
      this._value -= 1;
      waiter.setResult(true);
      return true;
    }
    return false;
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, Semaphore, 'Semaphore');
  }

  /** @internal */
  override _repr(): string {
    return describe(this._kind, this.locked() ? 'locked' : `unlocked, value:${this._value}`, this._line);
  }
}

/**
 * A Semaphore that refuses to be released more often than it was acquired.
 *
 * @example
 * const semaphore = new BoundedSemaphore(1);
 * yield* semaphore.acquire();
 * semaphore.release(); // a second one would throw RangeError
 */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  /**
   * @param value How many may hold it at a time, and the most permits: as for Semaphore. Default 1.
   * @throws {RangeError} If `value` is below 0: "Semaphore initial value must be >= 0" (Python's ValueError).
   * @throws {TypeError} If `value` is no whole number.
   */
  constructor(value = 1) {
    super(value);
    this.#bound = value;
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, BoundedSemaphore, 'BoundedSemaphore');
  }

  /** @throws {RangeError} At a release too many: "BoundedSemaphore released too many times" (Python's ValueError). */
  override release(): void {
    if (this._value >= this.#bound) throw new RangeError('BoundedSemaphore released too many times');
    super.release();
  }
}

type BarrierState = 'filling' | 'draining' | 'resetting' | 'broken';

/**
 * Lets a fixed number of tasks wait for one another.
 *
 * @example
 * const barrier = new Barrier(2);
 * function* work(seconds: number): Coroutine<number> {
 *   yield* sleep(seconds);
 *   return yield* barrier.wait(); // for the slowest
 * }
 * yield* gather(work(1), work(5));
 */
export class Barrier implements AsyncContextManager<number, void> {
  readonly #condition = new Condition();
  readonly #parties: number;
  #state: BarrierState = 'filling';
  #count = 0;

  /**
   * @param parties How many tasks it takes to pass: a whole number, 1 or more.
   * @throws {RangeError} If `parties` is below 1: "parties must be > 0" (Python's ValueError).
   * @throws {TypeError} If `parties` is no whole number: it would never be reached.
   */
  constructor(parties: number) {
    checkCount('parties', parties);
    if (parties < 1) throw new RangeError('parties must be > 0');
    this.#parties = parties;
  }

  /** How many tasks it takes to pass. */
  get parties(): number {
    return this.#parties;
  }

  /** How many wait while it fills; 0 otherwise. */
  get nWaiting(): number {
    return this.#state === 'filling' ? this.#count : 0;
  }

  /** True after `abort()`, until `reset()`. */
  get broken(): boolean {
    return this.#state === 'broken';
  }

  aenter(): Coroutine<number> {
    return this.wait();
  }

  *aexit(): Coroutine<void> {}

  /**
   * Waits until `parties` tasks wait; then all go on. The last to come does not yield to the
   * loop, unless those of the round before are still leaving.
   *
   * @returns A number of its own for each of them, from 0 to `parties - 1`.
   * @throws {BrokenBarrierError} If it is broken, or is reset or aborted meanwhile.
   */
  *wait(): Coroutine<number> {
    yield* this.#condition.acquire();
    try {
      yield* this.#block();
      const index = this.#count;
      this.#count += 1;
      try {
        if (index + 1 === this.#parties) {
          this.#state = 'draining';
          this.#condition.notifyAll();
        } else {
          yield* this.#fill();
        }
        return index;
      } finally {
        this.#count -= 1;
        this.#leave();
      }
    } finally {
      this.#condition.release();
    }
  }

  /** Back to empty; who waits gets BrokenBarrierError. */
  *reset(): Coroutine<void> {
    yield* this.#condition.acquire();
    this.#state = this.#count > 0 ? 'resetting' : 'filling';
    this.#condition.notifyAll();
    this.#condition.release();
  }

  /** Broken until the next `reset()`; who waits, or comes, gets BrokenBarrierError. */
  *abort(): Coroutine<void> {
    yield* this.#condition.acquire();
    this.#state = 'broken';
    this.#condition.notifyAll();
    this.#condition.release();
  }

  /** Until those of the round before have left. */
  *#block(): Coroutine<void> {
    yield* this.#condition.waitFor(() => this.#state !== 'draining' && this.#state !== 'resetting');
    if (this.#state === 'broken') throw new BrokenBarrierError('Barrier aborted');
  }

  *#fill(): Coroutine<void> {
    yield* this.#condition.waitFor(() => this.#state !== 'filling');
    if (this.#state === 'broken' || this.#state === 'resetting')
      throw new BrokenBarrierError('Abort or reset of barrier');
  }

  /** The last to leave opens the next round. */
  #leave(): void {
    if (this.#count > 0) return;
    if (this.#state === 'resetting' || this.#state === 'draining') this.#state = 'filling';
    this.#condition.notifyAll();
  }

  /** @internal */
  _repr(): string {
    const waiting = this.broken ? '' : `, waiters:${this.nWaiting}/${this.#parties}`;
    return `<${nameOf(this, Barrier, 'Barrier')} [${this.#state}${waiting}]>`;
  }

  toString(): string {
    return this._repr();
  }
}

/** At the call: a text would be joined to where it is counted up, and a fraction is stepped over. */
function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) || count === Infinity) return;
  throw new TypeError(`${name} must be a whole number, got ${repr(count)}`);
}

function allCancelled(waiters: WaitingLine<boolean>): boolean {
  if (waiters.first === null) return true;
  for (const waiter of waiters) if (!waiter.cancelled()) return false;
  return true;
}
