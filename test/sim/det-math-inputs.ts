// The arguments of the table of detMath: 20 series of 5000, made of exact operations from a seeded generator, so that
// they are the same everywhere. det-math-record.mjs makes the table of them.

import { Random } from '../support/random.ts';

export type Name = 'log' | 'log1p' | 'log2' | 'log10' | 'exp' | 'expm1' | 'pow' | 'sin' | 'cos' | 'tan';

export interface Series {
  readonly name: Name;
  /** Linear: from, to. Spread over exponents of 2: from, to. */
  readonly kind: 'linear' | 'spread';
  readonly from: number;
  readonly to: number;
  /** Of pow: the range of the second argument, linear. */
  readonly power?: readonly [from: number, to: number];
  /** Whether every second argument is negative. */
  readonly signed?: boolean;
}

export const PER_SERIES = 5000;

export const SERIES: readonly Series[] = [
  { name: 'log', kind: 'linear', from: 0, to: 1 },
  { name: 'log', kind: 'linear', from: 0.9, to: 1.1 },
  { name: 'log', kind: 'spread', from: -1074, to: 1023 },
  { name: 'log1p', kind: 'linear', from: -1, to: 1 },
  { name: 'log1p', kind: 'spread', from: -60, to: 60 },
  { name: 'log2', kind: 'linear', from: 0, to: 4 },
  { name: 'log2', kind: 'spread', from: -1074, to: 1023 },
  { name: 'log10', kind: 'linear', from: 0, to: 100 },
  { name: 'exp', kind: 'linear', from: -1, to: 1 },
  { name: 'exp', kind: 'linear', from: -745, to: 709 },
  { name: 'expm1', kind: 'spread', from: -60, to: 8, signed: true },
  { name: 'pow', kind: 'linear', from: 0, to: 4, power: [-8, 8] },
  { name: 'pow', kind: 'spread', from: -20, to: 20, power: [-35, 35] },
  { name: 'pow', kind: 'linear', from: 0.99, to: 1.01, power: [-60_000, 60_000] },
  { name: 'sin', kind: 'linear', from: -7, to: 7 },
  { name: 'sin', kind: 'spread', from: -40, to: 1023, signed: true },
  { name: 'cos', kind: 'linear', from: -7, to: 7 },
  { name: 'cos', kind: 'spread', from: -40, to: 1023, signed: true },
  { name: 'tan', kind: 'linear', from: -7, to: 7 },
  { name: 'tan', kind: 'spread', from: -40, to: 1023, signed: true },
];

/** The arguments of a series, in order. */
export function* argumentsOf(series: Series, index: number): Generator<readonly [number, number]> {
  const random = new Random(1000 + index);
  const unit = (): number => (random.below(2 ** 27) * 2 ** 26 + random.below(2 ** 26)) * 2 ** -53;
  for (let count = 0; count < PER_SERIES; count += 1) {
    let x: number;
    if (series.kind === 'linear') {
      x = series.from + (series.to - series.from) * unit();
    } else {
      const exponent = series.from + random.below(series.to - series.from + 1);
      // In two steps: 2 ** -1074 · 1.5 is not to be rounded before it is multiplied.
      x = (1 + unit()) * 2 ** (exponent >> 1) * 2 ** (exponent - (exponent >> 1));
    }
    if (series.signed && count % 2 === 1) x = -x;
    const [from, to] = series.power ?? [0, 0];
    yield [x, from + (to - from) * unit()];
  }
}

/** A hash of numbers, of all their bits: two lanes of 32. */
export class BitHash {
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;
  readonly #view = new DataView(new ArrayBuffer(8));

  add(value: number): void {
    this.#view.setFloat64(0, value);
    for (const half of [this.#view.getInt32(0), this.#view.getInt32(4)]) {
      this.#a = Math.imul(this.#a ^ half, 0x01000193) ^ (this.#a >>> 15);
      this.#b = Math.imul(this.#b ^ half, 0x5bd1e995) ^ (this.#b >>> 13);
    }
  }

  toString(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** The next double above or below, by so many units in the last place. */
export function step(value: number, units: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(units * (value < 0 ? -1 : 1)));
  return value < 0 ? -view.getFloat64(0) : view.getFloat64(0);
}
