// Support for the leak tests: waiting 100,000 times for something that outlives the wait leaves nothing behind.
//
// Each case has an anchor that stays alive: a future, a signal, a Promise, a lock. What the waits made is watched by
// WeakRefs; after a forced collection while the anchor, the loop and the run are still there, all of it has gone.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { forceGc } from './gc.ts';

export const WAITS = 100_000;
/** How many of them are watched: a WeakRef for each would be most of the work. */
const EVERY = 100;
/** Engines that scan the stack conservatively take a few for referenced. */
const MAY_SURVIVE = 5;

export class Watch {
  readonly #refs: WeakRef<object>[] = [];
  #count = 0;
  see<T extends object>(object: T): T {
    if (this.#count++ % EVERY === 0) this.#refs.push(new WeakRef(object));
    return object;
  }
  get watched(): number {
    return this.#refs.length;
  }
  survivors(): number {
    return this.#refs.filter((ref) => ref.deref() !== undefined).length;
  }
}

/** Runs `program` in a loop that is still open and idle when the garbage is collected. */
export async function expectNoGrowth(
  program: (watch: Watch, loop: SimLoop) => asyncio.Coroutine<unknown>,
): Promise<SimLoop> {
  const watch = new Watch();
  const loop = new SimLoop();
  const runner = new asyncio.Runner({ loopFactory: () => loop });
  // What the program gives back holds the anchor, and is kept. (A future itself would be awaited: it is a thenable.)
  const anchor = await runner.run(() => program(watch, loop));
  await forceGc();
  const survivors = watch.survivors();
  expect(watch.watched, 'watched').to.equal(WAITS / EVERY);
  expect(anchor, 'anchor').not.to.equal(undefined);
  expect(survivors, 'survivors').to.be.at.most(MAY_SURVIVE);
  await runner.close();
  return loop;
}

/** Cancels `task` when it has begun to wait, and waits for its end. */
export function* cancelled(task: asyncio.Task<unknown>): asyncio.Coroutine<void> {
  yield* asyncio.sleep(0);
  task.cancel();
  yield* asyncio.wait([task]);
}
