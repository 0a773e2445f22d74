// Counts the passes of a loop.

import * as asyncio from 'asyncio-web';

/**
 * How many passes of the loop go by before `body` continues: counted by a callback that queues itself again and that
 * is queued before `body` begins.
 *
 * @param prepare Runs before the count; its result is given to `body`.
 */
export function* countPasses<P>(
  body: (prepared: P) => asyncio.Coroutine<unknown>,
  prepare?: () => asyncio.Coroutine<P>,
): asyncio.Coroutine<number> {
  const loop = asyncio.getRunningLoop();
  const prepared = prepare === undefined ? (undefined as P) : yield* prepare();
  let passes = 0;
  let handle = loop.callSoon(again);
  function again(): void {
    passes += 1;
    handle = loop.callSoon(again);
  }
  try {
    yield* body(prepared);
    return passes;
  } finally {
    handle.cancel();
  }
}
