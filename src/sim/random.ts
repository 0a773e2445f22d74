/**
 * SimRandom: seeded random numbers, the same in every engine, in streams that do not disturb one another.
 *
 * The generator is sfc32 (Chris Doty-Humphrey), seeded through splitmix32 and the stream's name; distributions go
 * through `detMath`. Each purpose has a stream of its own, so one more draw for one of them does not shift the others.
 *
 * Source: the names follow Lib/random.py, CPython 3.14, where it has them.
 */

import { repr } from '../core/format-helpers.ts';
import { detMath } from './det-math.ts';

/**
 * A stream of seeded random numbers.
 *
 * @example
 * const random = new SimRandom(7);
 * random.randint(1, 6); // the same at every run, in every engine
 * random.expovariate(0.5); // 2 on average
 */
export class SimRandom {
  readonly #seed: number;
  readonly #name: string;
  readonly #state: Int32Array;
  readonly #streams = new Map<string, SimRandom>();
  readonly #drawn: (() => void) | null;

  /**
   * @param seed An integer; its lower 53 bits count. Default 0.
   * @param name The name of the stream. Default: ''.
   * @param drawn Called at each draw, for traces.
   * @throws {RangeError} If `seed` is not an integer.
   */
  constructor(seed = 0, name = '', drawn: (() => void) | null = null) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, got ${repr(seed)}`);
    this.#seed = seed;
    this.#name = name;
    this.#drawn = drawn;
    let state = mix(mix(seed | 0) + Math.floor(seed / 2 ** 32));
    for (let index = 0; index < name.length; index += 1) state = mix(state ^ name.charCodeAt(index)) + 1;
    this.#state = Int32Array.of(mix(state), mix(state + 0x9e3779b9), mix(state + 0x3c6ef372), 1);
    for (let round = 0; round < 12; round += 1) this.#next();
  }

  /** A stream of its own, of the same seed. The same name gives the same object. */
  stream(name: string): SimRandom {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new SimRandom(this.#seed, `${this.#name}/${name}`, this.#drawn);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** A number from 0 up to, not including, 1, with 53 random bits. */
  random(): number {
    this.#drawn?.();
    return ((this.#next() >>> 5) * 2 ** 26 + (this.#next() >>> 6)) * 2 ** -53;
  }

  /**
   * An integer from 0 up to, not including, `bound`; each is equally likely.
   *
   * @throws {RangeError} If `bound` is not an integer from 1 to 2 ** 53 - 1.
   */
  randrange(bound: number): number {
    if (!(Number.isSafeInteger(bound) && bound > 0))
      throw new RangeError(`empty range for randrange(${bound})`);
    this.#drawn?.();
    // What lies beyond the last whole multiple of the bound is drawn again: it would favour the small numbers.
    const range = bound <= 2 ** 32 ? 2 ** 32 : 2 ** 53;
    const end = range - (range % bound);
    for (;;) {
      let value = this.#next() >>> 0;
      if (range > 2 ** 32) value += (this.#next() >>> 11) * 2 ** 32;
      if (value < end) return value % bound;
    }
  }

  /**
   * An integer from `low` to `high`, both included.
   *
   * @throws {RangeError} If there is none, or they are not integers.
   */
  randint(low: number, high: number): number {
    if (!Number.isSafeInteger(low)) throw new RangeError(`empty range for randint(${low}, ${high})`);
    return low + this.randrange(high - low + 1);
  }

  /**
   * One of the items.
   *
   * @throws {RangeError} If there is none: "Cannot choose from an empty sequence" (Python's IndexError).
   */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Cannot choose from an empty sequence');
    return items[this.randrange(items.length)] as T; // in range
  }

  /** Puts the items in another order, in place. */
  shuffle(items: unknown[]): void {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = this.randrange(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
  }

  /** A number between `low` and `high`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /**
   * Exponentially distributed, with the mean `1 / rate`: times between arrivals.
   *
   * @throws {RangeError} If `rate` is not above 0.
   */
  expovariate(rate: number): number {
    if (!(rate > 0)) throw new RangeError(`rate must be a positive number, got ${rate}`);
    return -detMath.log(1 - this.random()) / rate;
  }

  /** Normally distributed, with mean `mean` and standard deviation `deviation`. Default 0 and 1. */
  normalvariate(mean = 0, deviation = 1): number {
    // Box and Muller; the second value of the pair is not kept, so that a draw leaves nothing behind.
    const radius = Math.sqrt(-2 * detMath.log(1 - this.random()));
    return mean + deviation * radius * detMath.cos(2 * Math.PI * this.random());
  }

  /** 32 random bits. */
  #next(): number {
    const state = this.#state as unknown as [number, number, number, number];
    const [a, b, c, counter] = state;
    const result = (((a + b) | 0) + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + result) | 0;
    state[3] = counter + 1;
    return result;
  }
}

/** One number of splitmix32. */
function mix(state: number): number {
  let value = (state + 0x9e3779b9) | 0;
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return value ^ (value >>> 15);
}
