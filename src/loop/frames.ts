/**
 * Animation frames: the gate that keeps them coming while a loop is busy, and one frame for who asks.
 *
 * Why a gate: Firefox serves a loop's messages before frames, and kept a third of them however short the slices were.
 * A loop that is busy for more than a frame and a quarter without one waits for the next and goes on behind it; then
 * all of them come, at no loss of work. Where frames come by themselves the gate never closes.
 *
 * With browser-host.ts it is the only file that names the page's timers and frames. There is no CPython file to follow.
 */

/** How long a closed gate waits for a frame that does not come, in milliseconds. */
const PATIENCE_MS = 25;

/** The period of 60 frames a second in milliseconds: taken for granted until frames have been seen. */
const DEFAULT_PERIOD_MS = 1000 / 60;

/** One wait in so many lasts for two frames, between which nothing of the loop runs: that measures the period. */
const WAITS_PER_MEASURE = 32;

/** What a native timer can hold; longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A worker may have frames too, but nothing to be seen that its loop could hold up. */
function canShowFrames(): boolean {
  return typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState === 'visible';
}

/** Tells a busy loop when to wait for a frame. @internal */
export class FrameGate {
  readonly #open: () => void;
  /** The first of two frames that measure the period; 0 if none is to. */
  #measuredFrom = 0;
  #waits = 0;
  #request = 0;
  /** When the frame was asked for that has not come: what was shown before that, nobody knows. */
  #requestedAt = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** Frames did not come when they were waited for: no waiting until one is seen. */
  #isFrozen = false;
  /** The time between two frames in milliseconds, as measured. */
  periodMs: number = DEFAULT_PERIOD_MS;
  /** True while the next tick is to come behind a frame. */
  isClosed = false;

  /** @param open Called when a closed gate opens. */
  constructor(open: () => void) {
    this.#open = open;
  }

  /** Asked at the end of a slice with more to do; true if the next tick has to wait, and `open` will be called. */
  closes(nowMs: number): boolean {
    if (!canShowFrames()) return false;
    if (this.#request === 0) {
      this.#request = requestAnimationFrame(this.#onFrame);
      this.#requestedAt = nowMs;
    }
    if (this.#isFrozen || nowMs - this.#requestedAt <= 1.25 * this.periodMs) return false;
    this.isClosed = true;
    this.#waits += 1;
    this.#patience = setTimeout(this.#onPatience, PATIENCE_MS);
    return true;
  }

  /** Opens a closed gate: nothing is to be seen any more. */
  release(): void {
    if (!this.isClosed) return;
    this.isClosed = false;
    this.#measuredFrom = 0;
    clearTimeout(this.#patience);
    this.#open();
  }

  /** Takes everything back that is armed. */
  stop(): void {
    this.isClosed = false;
    this.#measuredFrom = 0;
    clearTimeout(this.#patience);
    if (this.#request !== 0) cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  /** The frame's own time is exact, however late the callback is. */
  readonly #onFrame = (timeMs: number): void => {
    this.#request = 0;
    this.#isFrozen = false;
    if (this.isClosed && this.#measuredFrom > 0) {
      this.periodMs = Math.min(Math.max(timeMs - this.#measuredFrom, 4), 40);
    } else if (this.isClosed && this.#waits % WAITS_PER_MEASURE === 1) {
      this.#measuredFrom = timeMs;
      this.#request = requestAnimationFrame(this.#onFrame);
      clearTimeout(this.#patience);
      this.#patience = setTimeout(this.#onPatience, 2 * PATIENCE_MS); // some pages show 30 frames a second
      return;
    }
    this.release();
  };

  readonly #onPatience = (): void => {
    this.#isFrozen = this.#measuredFrom === 0;
    this.release();
  };
}

/**
 * Calls `callback` with the time of the next frame in milliseconds; if none comes within `patienceMs` (the page is
 * hidden, or a frame in it is not shown) or the page is hidden meanwhile, with the time of then. Returns what takes it
 * back.
 *
 * @internal
 */
export function requestFrame(callback: (timeMs: number) => void, patienceMs: number): () => void {
  const hasFrames = typeof requestAnimationFrame === 'function';
  const settle = (timeMs: number): void => {
    cancel();
    callback(timeMs);
  };
  // Not after the patience: a hidden page's timers are late by a second.
  const onVisibility = (): void => {
    if (!canShowFrames()) settle(performance.now());
  };
  const request = hasFrames ? requestAnimationFrame(settle) : 0;
  globalThis.document?.addEventListener('visibilitychange', onVisibility);
  const timer = setTimeout(() => settle(performance.now()), Math.min(patienceMs, MAX_TIMER_MS));
  const cancel = (): void => {
    if (hasFrames) cancelAnimationFrame(request);
    clearTimeout(timer);
    globalThis.document?.removeEventListener('visibilitychange', onVisibility);
  };
  return cancel;
}
