// Random choices that can be repeated. A test run has one seed: it is printed, and SEED=<number> brings it back.

declare global {
  var __testSeed: number | undefined;
}

/** The seed of this test run. */
export const seed: number = globalThis.__testSeed ?? 1;

/** A small seeded generator (mulberry32): good enough to shuffle with, for nothing else. */
export class Random {
  #state: number;

  constructor(state: number = seed) {
    this.#state = state >>> 0;
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** One of the items, of which there must be one. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Cannot pick from an empty array');
    return items[this.below(items.length)] as T; // In range by construction.
  }

  /** The items in another order; the array itself stays as it is (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      // Both indexes are in range.
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }
}
