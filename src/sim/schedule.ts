/**
 * Where a simulation may go one way or another: choice points, who decides, and a record of what was decided.
 *
 * A choice point lies where the order is the environment's: timers that are due at the same tick. A run is
 * described by the choices made at the points that had more than one option, so a record of them repeats it.
 */

import type { SimRandom } from './random.ts';
import { SimDivergenceError } from './sim-errors.ts';

/**
 * Decides at choice points. It is asked in the order in which the run comes to them.
 *
 * @example
 * const last: SimStrategy = { name: 'last', next: (options) => options.length - 1 };
 * const sim = new SimLoop({ explore: 'environment', strategy: last });
 * const order: number[] = [];
 * for (const n of [1, 2, 3]) sim.callLater(1, () => order.push(n));
 * sim.advanceUntilIdle();
 * console.log(order); // [3, 2, 1]
 * sim.close();
 */
export interface SimStrategy {
  /** A short name, which is part of replay tokens. */
  readonly name: string;
  /**
   * A run begins.
   *
   * @param random The stream that is meant for schedules.
   */
  begin?(random: SimRandom): void;
  /**
   * One of the options, of which there are two or more, by index.
   *
   * @param options What may come next, as labels.
   */
  next(options: readonly string[]): number;
}

/**
 * The first option always: asyncio's own order.
 *
 * @example
 * const sim = new SimLoop({ explore: 'environment', strategy: fifo() });
 * sim.close();
 */
export function fifo(): SimStrategy {
  return { name: 'fifo', next: () => 0 };
}

/**
 * Any option, each equally likely, by the seed. The default where there are choices.
 *
 * @example
 * const sim = new SimLoop({ seed: 4, explore: 'environment', strategy: randomWalk() });
 * sim.close();
 */
export function randomWalk(): SimStrategy {
  let random: SimRandom;
  return {
    name: 'random',
    begin: (given) => {
      random = given;
    },
    next: (options) => random.randrange(options.length),
  };
}

/** What was chosen at a point: an index, of how many, and a check of the options' labels. */
export interface Choice {
  readonly index: number;
  readonly count: number;
  readonly check: number;
}

/** Makes the choices of a run: recorded ones first, then the strategy's. @internal */
export class Schedule {
  readonly made: Choice[] = [];
  readonly #strategy: SimStrategy;
  readonly #recorded: readonly Choice[];

  constructor(strategy: SimStrategy, recorded: readonly Choice[], random: SimRandom) {
    this.#strategy = strategy;
    this.#recorded = recorded;
    strategy.begin?.(random);
  }

  /** @param labels Two or more. */
  choose(labels: readonly string[]): number {
    const count = labels.length;
    const check = checkOf(labels);
    const recorded = this.#recorded[this.made.length];
    if (recorded !== undefined && (recorded.count !== count || recorded.check !== check)) {
      throw new SimDivergenceError(
        this.made.length + 1,
        `a choice of ${recorded.count} (${recorded.check.toString(16)})`,
        `a choice of ${count} (${check.toString(16)}): ${labels.join(', ')}`,
      );
    }
    const index = recorded?.index ?? this.#strategy.next(labels);
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw new RangeError(`Strategy ${this.#strategy.name} chose ${index} of ${count} options`);
    }
    this.made.push({ index, count, check });
    return index;
  }
}

/** 16 bits that tell lists of labels apart. */
function checkOf(labels: readonly string[]): number {
  let check = 0;
  for (const label of labels) {
    for (let at = 0; at < label.length; at += 1) check = Math.imul(check ^ label.charCodeAt(at), 0x01000193);
    check = Math.imul(check ^ 0x2c, 0x01000193);
  }
  return (check ^ (check >>> 16)) & 0xffff;
}
