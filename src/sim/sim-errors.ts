/**
 * How a simulation can fail: it can never go on, it goes on for too long, or it takes another course than before.
 */

import { RuntimeError } from '../core/exceptions.ts';
import type { SimWait } from './waits.ts';

/** What a {@link SimDeadlockError} knows beside the tasks. */
export interface SimDeadlockDetails {
  /** Each task that waits, what for, and who holds that. */
  readonly waits: readonly SimWait[];
  /** Names of tasks that wait for one another in a circle, from awaiter to awaited; the first is there again as the last. */
  readonly cycles: readonly (readonly string[])[];
  /** Repeats the run, with `replaySim`. */
  readonly token: string;
}

/**
 * The program can never go on: every task waits, and nothing is left that could wake one.
 *
 * @example
 * const program = run(() => new Future(), { loopFactory: () => new SimLoop() });
 * await program.catch((error) => console.log(error instanceof SimDeadlockError)); // true
 */
export class SimDeadlockError extends RuntimeError {
  static {
    this.prototype.name = 'SimDeadlockError';
  }
  /** The virtual time in seconds. */
  readonly time: number;
  /** The tasks that wait, as text. */
  readonly tasks: readonly string[];
  /** See {@link SimDeadlockDetails}. */
  readonly waits: readonly SimWait[];
  /** See {@link SimDeadlockDetails}. */
  readonly cycles: readonly (readonly string[])[];
  /** Repeats the run, with `replaySim`. */
  readonly token: string;
  /**
   * @param time The virtual time in seconds.
   * @param tasks The tasks that wait, as text.
   * @param details Default: nothing more is known.
   */
  constructor(time: number, tasks: readonly string[], details?: SimDeadlockDetails) {
    const { waits = [], cycles = [], token = '' } = details ?? {};
    const who =
      waits.length > 0 ? 'these tasks wait' : `these wait: ${tasks.join(', ') || 'the main future'}`;
    super(
      [
        `Deadlock at ${time} s: nothing is ready, no timer is left, and ${who}`,
        ...waits.map(({ text }) => `  ${text}`),
        ...cycles.map((cycle) => `  cycle: ${cycle.join(' → ')}`),
        // Perhaps it is none: the simulator cannot see what is waited for past the bridges.
        ...(cycles.length > 0
          ? []
          : ['  what comes from outside is waited for with fromPromise() or external()']),
        ...(token === '' ? [] : [`  replay: ${token}`]),
      ].join('\n'),
    );
    this.time = time;
    this.tasks = tasks;
    this.waits = waits;
    this.cycles = cycles;
    this.token = token;
  }
}

/**
 * The simulation went on for too long: to `endTime`, over `maxSteps`, or over `maxStepsPerInstant`, which means that
 * tasks wake each other without an end while no time passes.
 *
 * @example
 * const program = run(sleep(60), { loopFactory: () => new SimLoop({ endTime: 10 }) });
 * await program.catch((error: SimLimitError) => console.log(error.limit, error.time)); // endTime 10
 */
export class SimLimitError extends RuntimeError {
  static {
    this.prototype.name = 'SimLimitError';
  }
  /** Which option it was. */
  readonly limit: 'endTime' | 'maxSteps' | 'maxStepsPerInstant';
  /** The virtual time in seconds. */
  readonly time: number;
  /** The callbacks and task steps that were run. */
  readonly steps: number;
  /**
   * @param limit Which option it was.
   * @param time The virtual time in seconds.
   * @param steps The callbacks and task steps that were run.
   */
  constructor(limit: SimLimitError['limit'], time: number, steps: number) {
    const why = { endTime: '', maxSteps: '', maxStepsPerInstant: ', and no time passes' }[limit];
    super(`Simulation ended by ${limit} at ${time} s: ${steps} steps were run${why}`);
    this.limit = limit;
    this.time = time;
    this.steps = steps;
  }
}

/**
 * A run that was to be repeated took another course, or did what cannot be repeated.
 *
 * @example
 * try {
 *   runSim(() => sleep(Math.random()), { checkDeterminism: true });
 * } catch (error) {
 *   (error as SimDivergenceError).got; // Math.random()
 * }
 */
export class SimDivergenceError extends RuntimeError {
  static {
    this.prototype.name = 'SimDivergenceError';
  }
  /** The number of the choice or event, from 1. */
  readonly step: number;
  /** What the first run did. */
  readonly expected: string;
  /** What this run did instead. */
  readonly got: string;
  /**
   * @param step The number of the choice or event, from 1.
   * @param expected What the first run did.
   * @param got What this run did instead.
   */
  constructor(step: number, expected: string, got: string) {
    super(`Cannot repeat the run: at step ${step} it was ${expected}, and now it is ${got}`);
    this.step = step;
    this.expected = expected;
    this.got = got;
  }
}
