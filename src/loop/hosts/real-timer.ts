/**
 * One native timer, for hosts that have a clock of their own and sometimes have to wait for the real one.
 */

/** A native timer that can be armed again; never more than one is pending. @internal */
export class RealTimer {
  #id: ReturnType<typeof setTimeout> | undefined;

  /** Calls `callback` once, after so many milliseconds; what was armed before is forgotten. */
  arm(delayMs: number, callback: () => void): void {
    this.disarm();
    // A longer delay than the platform can count would end at once: it ends early instead, and may be armed again.
    this.#id = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1));
  }

  disarm(): void {
    if (this.#id !== undefined) clearTimeout(this.#id);
    this.#id = undefined;
  }
}
