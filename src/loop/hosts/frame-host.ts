/**
 * AnimationFrameHost: a loop that works in animation frames: the page's, or those of a game engine's ticker.
 *
 * Everything that tasks do to the scene in a frame is done before it is drawn, and never in the middle of that: the loop
 * works within the call of the ticker, up to its budget. Only what goes on behind a Promise comes after the call, and is
 * drawn a frame later where the ticker itself draws. The price: what wakes the loop from outside waits for the next
 * frame, and timers fire at the first frame after their time. A page that is not seen shows no frames; then a timer takes
 * their place, so no task waits for the user to come back.
 */

import { NativeHost } from './native-host.ts';

/** Has `callback` called in the next frame, with its time in milliseconds; gives what takes that back. */
export type FrameSource = (callback: (timeMs: number) => void) => () => void;

/** What `AnimationFrameHost` takes. */
export interface FrameHostOptions {
  /**
   * Where frames come from. Default: `requestAnimationFrame`. PixiJS: `(frame) => { const tick = () =>
   * frame(ticker.lastTime + ticker.elapsedMS); ticker.addOnce(tick); return () => ticker.remove(tick); }`.
   */
  readonly frames?: FrameSource;
  /** How long the loop may work in a frame, in milliseconds. Default 8: half of a frame at 60 Hz is the page's. */
  readonly budgetMs?: number;
  /**
   * After so many milliseconds without a frame the loop works without one. Infinity: never, so that who stops the ticker
   * holds the program. Default 100.
   */
  readonly fallbackMs?: number;
}

/** The page's own frames. A Worker may have none: the fallback does it. */
const pageFrames: FrameSource = (callback) => {
  if (typeof requestAnimationFrame !== 'function') return () => undefined;
  const id = requestAnimationFrame(callback);
  return () => cancelAnimationFrame(id);
};

/**
 * A host that works in animation frames, for as long as the budget allows.
 *
 * @example
 * const host = new AnimationFrameHost({ budgetMs: 4 });
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(host) });
 * console.log(host.frameTime); // of the frame in which it ended, in seconds
 */
export class AnimationFrameHost extends NativeHost {
  /** The time of the present frame in seconds, as its source tells it. Not the loop's clock: a ticker may be scaled. */
  frameTime = 0;
  readonly #frames: FrameSource;
  readonly #budgetMs: number;
  readonly #fallbackMs: number;
  #cancelFrame: (() => void) | null = null;
  #fallback: ReturnType<typeof setTimeout> | undefined;

  /** @throws {RangeError} If `budgetMs` or `fallbackMs` is not above 0. */
  constructor({ frames = pageFrames, budgetMs = 8, fallbackMs = 100 }: FrameHostOptions = {}) {
    super();
    for (const [name, value] of Object.entries({ budgetMs, fallbackMs }))
      if (!(value > 0)) throw new RangeError(`${name} must be a positive number, got ${value}`);
    this.#frames = frames;
    this.#budgetMs = budgetMs;
    this.#fallbackMs = fallbackMs;
  }

  protected request(): void {
    // A native timer that is told to wait longer than it can count comes at once.
    if (this.#fallbackMs < 2 ** 31)
      this.#fallback = setTimeout(() => this.#frame(performance.now()), this.#fallbackMs);
    this.#cancelFrame = this.#frames((timeMs) => this.#frame(timeMs));
  }

  protected withdraw(): void {
    clearTimeout(this.#fallback);
    this.#cancelFrame?.();
  }

  #frame(timeMs: number): void {
    this.withdraw();
    this.frameTime = timeMs / 1000;
    this.work(this.#budgetMs, true);
  }
}
