// Garbage collection on demand, for tests of what must not be kept alive.
//
// Chromium has gc() (started with --expose-gc), Firefox TestUtils.gc() (by a preference). WebKit has neither, so it
// is pressed: it collects when it believes that a lot of memory was allocated.

declare global {
  var gc: (() => void) | undefined;
  var TestUtils: { gc(): Promise<void> } | undefined;
}

/** Whether `forceGc()` works here. */
export const canForceGc: boolean = typeof FinalizationRegistry === 'function';

const SENTINELS = 20;
const MAX_ROUNDS = 100;

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * Collects garbage, old and young, and gives finalization callbacks their turn.
 *
 * Native: never call it under virtual time, and await it from an async test function, not from a coroutine.
 */
export async function forceGc(): Promise<void> {
  const old = sentinels();
  // Objects that outlive a collection are old, and the collections that follow may leave them out.
  await collectUntilGone(sentinels());
  await collectUntilGone(old);
}

const sentinels = (): object[] => Array.from({ length: SENTINELS }, (_, index) => ({ index }));

/** Empties the array, and collects until the objects that were in it have gone. */
async function collectUntilGone(objects: object[]): Promise<void> {
  let gone = 0;
  const registry = new FinalizationRegistry<undefined>(() => {
    gone++;
  });
  for (const object of objects.splice(0)) registry.register(object, undefined);
  const ballast: Uint8Array[] = [];
  // Where the stack is scanned conservatively, a few are taken for referenced.
  for (let round = 0; gone < SENTINELS / 2; round++) {
    if (round === MAX_ROUNDS) throw new Error('Cannot force garbage collection: the sentinels stay alive');
    // A WeakRef that was read is kept alive until the end of the current job.
    await macrotask();
    await collect(ballast);
    await macrotask();
  }
  // A registry that nothing refers to is garbage too, and calls nobody.
  registry.unregister(registry);
}

async function collect(ballast: Uint8Array[]): Promise<void> {
  if (globalThis.TestUtils) return globalThis.TestUtils.gc();
  if (globalThis.gc) return globalThis.gc();
  // Untouched memory costs nothing but counts, and small objects fill the young space. What is dropped presses for a
  // quick collection; what is kept for a while, for a full one.
  for (let index = 0; index < 4; index++) new Uint8Array(128 << 20).fill(0, 0, 1);
  let small: object[] = [];
  for (let index = 0; index < 50_000; index++) {
    small.push({ index });
    if (small.length > 1000) small = [];
  }
  if (ballast.push(new Uint8Array(32 << 20)) > 8) ballast.length = 0;
}
