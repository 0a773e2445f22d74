/**
 * asyncio-web/testing: time that tests control, and simulations that can be repeated.
 */

export {
  type SimBackgroundScope,
  SimLoop,
  type SimLoopOptions,
  type SimState,
  waitAllTasksBlocked,
} from './sim/sim-loop.ts';
export { type RunSimOptions, replaySim, runSim, type SimProgram } from './sim/run-sim.ts';
export {
  SimDeadlockError,
  type SimDeadlockDetails,
  SimDivergenceError,
  SimLimitError,
} from './sim/sim-errors.ts';
export type { SimWait } from './sim/waits.ts';
export { fifo, randomWalk, type SimStrategy } from './sim/schedule.ts';
export { type SimEvent, type SimEventKind, SimTrace, type SimTraceLevel } from './sim/trace.ts';
export { SimRandom } from './sim/random.ts';
export { detMath } from './sim/det-math.ts';
