/**
 * A first-in, first-out queue in blocks: a list of arrays, filled at the end of the last and emptied from the start of
 * the first.
 *
 * Why not an array: `Array.shift()` is linear once an array is long (6 µs an item at 60,000 in V8); this costs a few
 * nanoseconds at any length. Why not one ring that doubles: copying half a million items is a pause of milliseconds;
 * here nothing is ever copied. A slot is cleared when it is taken, so nothing is kept alive that has been given.
 */

const FIRST_BLOCK = 16;
const LARGEST_BLOCK = 2048;

interface Block<T> {
  readonly slots: (T | undefined)[];
  next: Block<T> | null;
}

/** @internal */
export class Ring<T> {
  #first: Block<T> = { slots: [], next: null };
  #last: Block<T> = this.#first;
  #start = 0;
  #end = 0;
  /** The slots of the first and of the last block. */
  #out: (T | undefined)[] = this.#first.slots;
  #in: (T | undefined)[] = this.#first.slots;
  /** A block that was emptied, for the next one that is needed. */
  #spare: Block<T> | null = null;
  /** How many are queued. */
  length = 0;

  push(item: T): void {
    if (this.#end === this.#in.length) this.#extend();
    this.#in[this.#end] = item;
    this.#end += 1;
    this.length += 1;
  }

  /** Takes the oldest. Call only when `length > 0`. */
  shift(): T {
    const slots = this.#out;
    const item = slots[this.#start] as T; // length > 0 is the caller's duty
    slots[this.#start] = undefined;
    this.#start += 1;
    this.length -= 1;
    if (this.#start === slots.length) this.#advance();
    return item;
  }

  clear(): void {
    this.#first = this.#last = { slots: [], next: null };
    this.#out = this.#in = this.#first.slots;
    this.#spare = null;
    this.#start = this.#end = this.length = 0;
  }

  /** Gives memory of a past burst back; the loop calls it when it becomes idle. */
  trim(): void {
    if (this.length === 0 && this.#in.length >= LARGEST_BLOCK) this.clear();
  }

  *[Symbol.iterator](): IterableIterator<T> {
    let block: Block<T> | null = this.#first;
    let index = this.#start;
    for (let left = this.length; left > 0 && block !== null; left -= 1) {
      if (index === block.slots.length) {
        block = block.next;
        index = 0;
      }
      yield block?.slots[index] as T; // within the length
      index += 1;
    }
  }

  /** The last block is full. */
  #extend(): void {
    const full = this.#last;
    const size = full.slots.length === 0 ? FIRST_BLOCK : Math.min(full.slots.length * 2, LARGEST_BLOCK);
    const block = this.#spare ?? { slots: new Array<T | undefined>(size).fill(undefined), next: null };
    this.#spare = null;
    full.next = block;
    this.#last = block;
    this.#in = block.slots;
    this.#end = 0;
    if (this.length === 0) {
      this.#first = block;
      this.#out = block.slots;
      this.#start = 0;
    }
  }

  /** The first block is empty. */
  #advance(): void {
    const empty = this.#first;
    this.#start = 0;
    if (empty.next === null) {
      this.#end = 0;
      return;
    }
    this.#first = empty.next;
    this.#out = this.#first.slots;
    empty.next = null;
    this.#spare = empty;
  }
}
