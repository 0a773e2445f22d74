/**
 * runSim and replaySim: a whole program in a simulation, at once; and the check that it can be repeated.
 *
 * Source: the shutdown is that of Lib/asyncio/runners.py, CPython 3.14, as in loop/runners.ts. What differs: there is no
 * real world in it, so the result is there when the call returns.
 */

import type { Awaitable, Coroutine } from '../core/awaitable.ts';
import { _getRunningLoop } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import { showError } from '../core/log.ts';
import { isAwaitable } from '../tasks/coroutines.ts';
import { gather } from '../tasks/gather.ts';
import { allTasks } from '../tasks/tasks.ts';
import { withoutChance } from './chance.ts';
import { SimDivergenceError } from './sim-errors.ts';
import type { SimLoopOptions } from './sim-loop.ts';
import { SimLoop } from './sim-loop.ts';
import type { SimEvent } from './trace.ts';
import { divergenceOf } from './trace.ts';

/** A program for `runSim`: a coroutine function, which is given the loop. It may be called again, to repeat the run. */
export type SimProgram<T> = (sim: SimLoop) => Awaitable<T>;

/** What `runSim` takes. */
export interface RunSimOptions extends SimLoopOptions {
  /** Switches the loop's debug mode on. Default false. */
  readonly debug?: boolean;
  /**
   * Runs the program twice, and throws SimDivergenceError where the second run differs from the first, or where the
   * program uses what no seed decides: `Math.random`, the real time, native timers. Default false.
   */
  readonly checkDeterminism?: boolean;
}

/** How one run ended. */
interface Ending<T> {
  readonly sim: SimLoop;
  /** Gives the result, or throws the error. */
  readonly result: () => T;
}

/**
 * Runs a program in a new SimLoop: to its end, then cancels what is left and closes the loop. No real time passes, and
 * no turn of the real event loop: the result is there when it returns. The program cannot wait for Promises; with them
 * use `run(main, { loopFactory: () => new SimLoop() })`.
 *
 * @param main Called with the loop, inside it.
 * @returns The result of `main`.
 * @throws The error of `main`.
 * @throws {SimDeadlockError} If the program can never go on.
 * @throws {SimLimitError} If it goes on for longer than the options allow.
 * @throws {SimDivergenceError} If the run was to be repeated, and took another course.
 * @throws {TypeError} If `main` is not a function, or gives nothing to wait for.
 * @throws {RuntimeError} If a loop is running: "runSim() cannot be called from a running event loop".
 * @example
 * const waited = runSim(
 *   function* (sim) {
 *     for (let customer = 0; customer < 10; customer += 1) yield* sleep(sim.random.expovariate(2));
 *     return sim.time();
 *   },
 *   { seed: 3, checkDeterminism: true },
 * );
 * console.log(waited); // the same at every run, in every engine
 */
export function runSim<T>(main: SimProgram<T>, options: RunSimOptions = {}): T {
  if (typeof main !== 'function') throw new TypeError(`a coroutine function was expected, got ${repr(main)}`);
  if (_getRunningLoop() !== null)
    throw new RuntimeError('runSim() cannot be called from a running event loop');
  if (!options.checkDeterminism) return runOnce(main, options, null).result();
  const traced: RunSimOptions = { ...options, trace: 'full' };
  const events = [...runOnce(main, traced, []).sim.trace];
  const { sim, result } = runOnce(main, traced, events);
  const { length, _difference: difference } = sim.trace;
  if (difference !== null) throw divergenceOf(difference);
  if (length < events.length) throw divergenceOf({ expected: events[length] as SimEvent, got: null });
  return result();
}

/**
 * Runs a program again as a token says, which a {@link SimDeadlockError} has, or `sim.replayToken()` gives.
 *
 * @param main The same program, or one that was changed meanwhile.
 * @param token Its seed, tick, start time and choices take the place of the options.
 * @returns The result of `main`; throws as {@link runSim}.
 * @throws {RangeError} If `token` is no token.
 * @throws {SimDivergenceError} If the program comes to another choice than the one that was recorded.
 * @example
 * async function demo() {
 *   let token = '';
 *   function* race(sim: SimLoop): Coroutine<number[]> {
 *     const order: number[] = [];
 *     for (const n of [1, 2, 3]) sim.callLater(1, () => order.push(n));
 *     yield* sleep(2);
 *     token = sim.replayToken();
 *     return order;
 *   }
 *   const order = runSim(race, { seed: 5, explore: 'environment' });
 *   console.log(order, replaySim(race, token)); // twice the same
 * }
 * await demo();
 */
export function replaySim<T>(main: SimProgram<T>, token: string, options: RunSimOptions = {}): T {
  return runSim(main, { ...options, replay: token });
}

/** @param expected A trace to be followed; an empty one for the run that makes it; null without a check. */
function runOnce<T>(
  main: SimProgram<T>,
  options: RunSimOptions,
  expected: readonly SimEvent[] | null,
): Ending<T> {
  const sim = new SimLoop(options);
  if (expected !== null && expected.length > 0) sim.trace._expected = expected;
  if (options.debug !== undefined) sim.setDebug(options.debug);
  const run = (): T => sim.runUntilCompleteSync(callMain(main, sim));
  let result: () => T;
  try {
    const value = expected === null ? run() : withoutChance(() => sim.trace.length + 1, run);
    result = () => value;
  } catch (error) {
    // Whatever it is, it comes out of the call: after the shutdown, and of two runs from the second.
    endQuietly(sim);
    if (error instanceof SimDivergenceError) throw error;
    return {
      sim,
      result: () => {
        throw error;
      },
    };
  }
  shutDown(sim);
  return { sim, result };
}

/** The program's own error goes before one of the shutdown, which is shown. */
function endQuietly(sim: SimLoop): void {
  try {
    shutDown(sim);
  } catch (error) {
    showError(error);
  }
}

function shutDown(sim: SimLoop): void {
  try {
    const tasks = [...allTasks(sim)];
    for (const task of tasks) task.cancel();
    if (tasks.length > 0) sim.runUntilCompleteSync(gather(tasks, { returnExceptions: true }));
    for (const task of tasks) {
      const exception = task.cancelled() ? null : task.exception();
      if (exception !== null) {
        sim.callExceptionHandler({
          message: 'unhandled exception during asyncio.run() shutdown',
          exception,
          task,
        });
      }
    }
    sim.runUntilCompleteSync(sim.shutdownAsyncgens());
  } finally {
    sim.close();
  }
}

function* callMain<T>(main: SimProgram<T>, sim: SimLoop): Coroutine<T> {
  const awaitable: unknown = main(sim);
  if (!isAwaitable(awaitable)) {
    throw new TypeError(
      'An asyncio.Future, a coroutine or an awaitable is required; no Promise can settle here',
    );
  }
  return yield* awaitable as Awaitable<T>; // what main gives, by its type
}
