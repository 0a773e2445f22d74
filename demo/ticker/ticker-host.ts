// asyncio on the ticker of PixiJS: a host, and a way to wait for the next frame.

import * as asyncio from 'asyncio-web';
import { AnimationFrameHost } from 'asyncio-web/lowlevel';
import type { Ticker } from 'pixi.js';
import { UPDATE_PRIORITY } from 'pixi.js';

/**
 * A host whose frames are the ticker's. Tasks work before PixiJS draws, since it draws at a lower priority. There is
 * no fallback: who stops the ticker wants everything to stand still.
 */
export function tickerHost(ticker: Ticker): AnimationFrameHost {
  return new AnimationFrameHost({
    frames: (callback) => {
      // `lastTime` is that of the frame before, until the listeners have been called.
      const listener = (): void => callback(ticker.lastTime + ticker.elapsedMS);
      ticker.addOnce(listener);
      return () => ticker.remove(listener);
    },
    fallbackMs: Infinity,
  });
}

/** Waits for the next frame, and gives the seconds of the game that it takes: scaled by `ticker.speed`, and capped. */
export function* nextTick(ticker: Ticker): asyncio.Coroutine<number> {
  const future = new asyncio.Future<number>();
  const listener = (): void => {
    if (!future.done()) future.setResult(ticker.deltaMS / 1000);
  };
  // Ahead of the loop's own turn, which is then in the same frame.
  ticker.addOnce(listener, undefined, UPDATE_PRIORITY.HIGH);
  try {
    return yield* future;
  } finally {
    ticker.remove(listener);
  }
}
