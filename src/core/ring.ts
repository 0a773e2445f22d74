/**
 * A first-in, first-out queue in a power-of-two ring.
 *
 * Why a ring: `Array.shift()` is linear once an array is long (6 µs an item at 60,000 in V8); a ring costs a few
 * nanoseconds at any length. A slot is cleared when it is taken, so the ring never keeps alive what it has given.
 */

const INITIAL = 64;

/** @internal */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array(INITIAL).fill(undefined);
  #mask = INITIAL - 1;
  #head = 0;
  /** How many are queued. */
  length = 0;

  push(item: T): void {
    if (this.length > this.#mask) this.#resize((this.#mask + 1) * 2);
    this.#slots[(this.#head + this.length) & this.#mask] = item;
    this.length += 1;
  }

  /** Takes the oldest. Call only when `length > 0`. */
  shift(): T {
    const head = this.#head;
    const item = this.#slots[head] as T; // length > 0 is the caller's duty
    this.#slots[head] = undefined;
    this.#head = (head + 1) & this.#mask;
    this.length -= 1;
    return item;
  }

  clear(): void {
    this.#slots = new Array(INITIAL).fill(undefined);
    this.#mask = INITIAL - 1;
    this.#head = 0;
    this.length = 0;
  }

  /** Gives memory of a past burst back; the loop calls it when it becomes idle. */
  trim(): void {
    if (this.length === 0 && this.#mask > 1023) this.clear();
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.length; i += 1) yield this.#slots[(this.#head + i) & this.#mask] as T;
  }

  #resize(capacity: number): void {
    const slots: (T | undefined)[] = new Array(capacity).fill(undefined);
    for (let i = 0; i < this.length; i += 1) slots[i] = this.#slots[(this.#head + i) & this.#mask];
    this.#slots = slots;
    this.#mask = capacity - 1;
    this.#head = 0;
  }
}
