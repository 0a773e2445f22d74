/**
 * The line of those who wait for a lock, a queue or an event.
 *
 * Why a linked list: the first leaves, and a cancelled one leaves from the middle, in constant time. A Set looks the
 * same, but engines keep the slots of what was deleted until they rehash, so taking the first of n costs n.
 */

import type { AbstractEventLoop } from '../core/events.ts';
import { Future } from '../tasks/futures.ts';

/** The future of one who waits, and its place in the line. @internal */
export class Waiter<T> extends Future<T> {
  /** @internal */
  declare _before: Waiter<T> | null;
  /** @internal */
  declare _behind: Waiter<T> | null;
  /** @internal */
  declare _inLine: boolean;

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

  get first(): Waiter<T> | null {
    return this.#first;
  }

  /** Puts a new waiter at the end. */
  join(loop: AbstractEventLoop): Waiter<T> {
    const waiter = new Waiter<T>(null, loop);
    waiter._before = this.#last;
    waiter._behind = null;
    waiter._inLine = true;
    if (this.#last === null) this.#first = waiter;
    else this.#last._behind = waiter;
    this.#last = waiter;
    this.size += 1;
    return waiter;
  }

  /** Takes a waiter out, wherever it stands; one that has left already stays out. */
  leave(waiter: Waiter<T>): void {
    if (!waiter._inLine) return;
    const { _before: before, _behind: behind } = waiter;
    if (before === null) this.#first = behind;
    else before._behind = behind;
    if (behind === null) this.#last = before;
    else behind._before = before;
    waiter._before = waiter._behind = null;
    waiter._inLine = false;
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
