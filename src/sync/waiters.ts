/**
 * The line of those who wait for a lock, a queue or an event, and the coroutine of one who may have to stand in it.
 *
 * Why a linked list: the first leaves, and a cancelled one leaves from the middle, in constant time. A Set looks the
 * same, but engines keep the slots of what was deleted until they rehash, so taking the first of n costs n.
 */

import type { Coroutine, Suspension } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { FINISHED, Future, release } from '../tasks/futures.ts';

/** The future of one who waits, and its place in the line. @internal */
export class Waiter<T> extends Future<T> {
  /** @internal */
  declare _before: Waiter<T> | null;
  /** @internal */
  declare _behind: Waiter<T> | null;
  /** The line that it stands in. @internal */
  declare _line: WaitingLine<T> | null;

  /** @internal */
  override get _kind(): string {
    return 'Future';
  }
}

/** @internal */
export class WaitingLine<T> {
  #first: Waiter<T> | null = null;
  #last: Waiter<T> | null = null;
  size = 0;
  /** What they wait for, for reports; and how, where a primitive has more than one line. */
  readonly subject: object | null;
  readonly purpose: string;

  constructor(subject: object | null = null, purpose = '') {
    this.subject = subject;
    this.purpose = purpose;
  }

  get first(): Waiter<T> | null {
    return this.#first;
  }

  /** Puts a new waiter at the end. */
  join(loop: AbstractEventLoop): Waiter<T> {
    const waiter = new Waiter<T>(null, loop);
    waiter._before = this.#last;
    waiter._behind = null;
    waiter._line = this;
    if (this.#last === null) this.#first = waiter;
    else this.#last._behind = waiter;
    this.#last = waiter;
    this.size += 1;
    return waiter;
  }

  /** Takes a waiter out, wherever it stands; one that has left already stays out. */
  leave(waiter: Waiter<T>): void {
    if (waiter._line === null) return;
    const { _before: before, _behind: behind } = waiter;
    if (before === null) this.#first = behind;
    else before._behind = behind;
    if (behind === null) this.#last = before;
    else behind._before = before;
    waiter._before = waiter._behind = null;
    waiter._line = null;
    this.size -= 1;
  }

  /** From the first to the last; a waiter that was given may leave meanwhile. */
  *[Symbol.iterator](): IterableIterator<Waiter<T>> {
    let waiter = this.#first;
    while (waiter !== null) {
      const behind: Waiter<T> | null = waiter._behind;
      yield waiter;
      waiter = behind;
    }
  }
}

/** Lets the first of a line go on. @internal */
export function wakeNext(waiters: WaitingLine<void>): void {
  for (let waiter = waiters.first; waiter !== null; waiter = waiters.first) {
    waiters.leave(waiter);
    if (waiter.done()) continue;
    waiter.setResult();
    return;
  }
}

/** For `Gate._abandon`: if `waiter` was woken and cannot act on it, the next one should. @internal */
export function passOn(waiter: Waiter<void>, waiters: WaitingLine<void>, isOpen: boolean): void {
  if (!waiter.cancel() && !waiter.cancelled() && isOpen) wakeNext(waiters);
}

/** Lets all of a line go on. @internal */
export function wakeAll(waiters: WaitingLine<void>): void {
  for (const waiter of waiters) {
    waiters.leave(waiter);
    release(waiter);
  }
}

/** What `Gate._enter` gives to one who has to wait. @internal */
export const WAIT: unique symbol = /* @__PURE__ */ Symbol('wait') as never;

/** What a turn is for: a lock, an event, one side of a queue. @internal */
export interface Gate<R> {
  readonly _line: WaitingLine<unknown>;
  /**
   * Goes through and gives the result, or gives WAIT to one who has to stand in line.
   *
   * @param woken True after a wait; whoever asks has left the line.
   * @param item What is brought along.
   */
  _enter(woken: boolean, item: unknown): R | typeof WAIT;
  /** The wait ended with an error; `waiter` has left the line. */
  _abandon(waiter: Waiter<unknown>): void;
  _getLoop(): AbstractEventLoop;
}

/**
 * The coroutine of one `acquire()`, `wait()`, `put()` or `get()`. It is an object and not a generator, because most of
 * them never wait, and a generator costs more than all the rest. It is its own iterator result.
 *
 * @internal
 */
export class Turn<R> implements Coroutine<R> {
  declare value: unknown;
  declare done: boolean;
  declare private readonly _gate: Gate<R>;
  declare private readonly _item: unknown;
  declare private _waiter: Waiter<unknown> | null;

  constructor(gate: Gate<R>, item: unknown) {
    this.value = undefined;
    this.done = false;
    this._gate = gate;
    this._item = item;
    this._waiter = null;
  }

  next(): IteratorResult<Suspension, R> {
    if (this.done) {
      this.value = undefined;
      return this as unknown as IteratorResult<Suspension, R>; // value and done are its fields, here and below
    }
    const gate = this._gate;
    const waiter = this._waiter;
    if (waiter !== null) {
      if (waiter._state !== FINISHED) this.throw(notWoken(waiter));
      gate._line.leave(waiter);
    }
    this.done = true; // also if what follows throws
    const result = gate._enter(waiter !== null, this._item);
    if (result !== WAIT) {
      this.value = result;
      return this as unknown as IteratorResult<Suspension, R>;
    }
    const place = gate._line.join(gate._getLoop());
    this.done = false;
    this._waiter = place;
    this.value = place._suspend();
    return this as unknown as IteratorResult<Suspension, R>;
  }

  throw(error: unknown): never {
    this._leave();
    throw error;
  }

  return(value: R): IteratorResult<Suspension, R> {
    this._leave();
    this.value = value;
    return this as unknown as IteratorResult<Suspension, R>;
  }

  private _leave(): void {
    const waiter = this._waiter;
    if (waiter !== null && !this.done) {
      this._gate._line.leave(waiter);
      this._gate._abandon(waiter);
    }
    this.done = true;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Why a turn cannot go on: its waiter was cancelled, or somebody resumed it by hand. */
function notWoken(waiter: Waiter<unknown>): Error {
  return waiter.cancelled()
    ? waiter._makeCancelledError()
    : new RuntimeError("await wasn't used with future");
}
