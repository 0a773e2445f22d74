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

const GAPS = 8;

function canShowFrames(): boolean {
  return typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState !== 'hidden';
}

/** Tells a busy loop when to wait for a frame. @internal */
export class FrameGate {
  readonly #open: () => void;
  /** When the last frame was shown, or the busy time began. */
  #lastFrame = 0;
  /** When a slice last ended: after a pause the time of the last frame says nothing. */
  #lastSlice = -Infinity;
  #request = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** Frames did not come when they were waited for: no waiting until one is seen. */
  #isFrozen = false;
  readonly #gaps: number[] = [];
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
    if (nowMs - this.#lastSlice > PATIENCE_MS * 2) this.#lastFrame = nowMs;
    this.#lastSlice = nowMs;
    if (this.#request === 0) this.#request = requestAnimationFrame(this.#onFrame);
    if (this.#isFrozen || nowMs - this.#lastFrame <= 1.25 * this.periodMs) return false;
    this.isClosed = true;
    this.#patience = setTimeout(this.#onPatience, PATIENCE_MS);
    return true;
  }

  /** Opens a closed gate: nothing is to be seen any more. */
  release(): void {
    if (!this.isClosed) return;
    this.isClosed = false;
    clearTimeout(this.#patience);
    this.#open();
  }

  /** Takes everything back that is armed. */
  stop(): void {
    this.isClosed = false;
    clearTimeout(this.#patience);
    if (this.#request !== 0) cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  readonly #onFrame = (): void => {
    const now = performance.now();
    this.#request = 0;
    this.#isFrozen = false;
    this.#measure(now - this.#lastFrame);
    this.#lastFrame = now;
    this.release();
  };

  readonly #onPatience = (): void => {
    this.#isFrozen = true;
    this.release();
  };

  /** Takes the lower quartile: frames that were missed must not make the gate wider. */
  #measure(gapMs: number): void {
    this.#gaps.push(gapMs);
    if (this.#gaps.length < GAPS) return;
    const sorted = this.#gaps.splice(0).sort((a, b) => a - b);
    this.periodMs = Math.min(Math.max(sorted[GAPS / 4] as number, 4), 40);
  }
}

/**
 * Calls `callback` with the time of the next frame in milliseconds; in a page that shows none, after `hiddenMs` with the
 * time of then. Returns what takes it back.
 *
 * @internal
 */
export function requestFrame(callback: (timeMs: number) => void, hiddenMs: number): () => void {
  const hasFrames = typeof requestAnimationFrame === 'function';
  const settle = (timeMs: number): void => {
    cancel();
    callback(timeMs);
  };
  const onVisibility = (): void => {
    clearTimeout(timer);
    if (!canShowFrames()) timer = setTimeout(() => settle(performance.now()), hiddenMs);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const request = hasFrames ? requestAnimationFrame(settle) : 0;
  globalThis.document?.addEventListener('visibilitychange', onVisibility);
  const cancel = (): void => {
    if (hasFrames) cancelAnimationFrame(request);
    clearTimeout(timer);
    globalThis.document?.removeEventListener('visibilitychange', onVisibility);
  };
  onVisibility();
  return cancel;
}
