/**
 * asyncio-web/testing: time that tests control.
 */

export { SimDeadlockError, SimLoop, type SimLoopOptions } from './sim/sim-loop.ts';
