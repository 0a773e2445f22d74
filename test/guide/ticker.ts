// A game engine's ticker in miniature, as a fixture: frames come from outside, the world advances in fixed steps. What
// a frame has left over is kept for the next one, time can be scaled and paused, and a frame that took long is cut, so
// that catching up does not take longer than what is to be caught up with.

type Listener = (stepMs: number) => void;

export class Ticker {
  readonly stepMs: number;
  /** How much of a frame counts, in milliseconds. */
  maxFrameMs = 100;
  timeScale = 1;
  isPaused = false;
  /** How many steps there have been. */
  steps = 0;
  #leftMs = 0;
  readonly #listeners = new Set<Listener>();

  constructor(stepMs = 1000 / 60) {
    this.stepMs = stepMs;
  }

  /** Seconds of the game's time. */
  get time(): number {
    return (this.steps * this.stepMs) / 1000;
  }

  /** How many listeners there are. */
  get listeners(): number {
    return this.#listeners.size;
  }

  onStep(listener: Listener): void {
    this.#listeners.add(listener);
  }

  offStep(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /** One frame, `frameMs` milliseconds after the one before. */
  frame(frameMs: number): void {
    if (this.isPaused) return;
    this.#leftMs += Math.min(frameMs, this.maxFrameMs) * this.timeScale;
    // A hair less counts as a step: fractions of milliseconds do not add up exactly.
    while (this.#leftMs >= this.stepMs - 1e-6 && !this.isPaused) {
      this.#leftMs -= this.stepMs;
      this.step();
    }
  }

  /** One step of the world. A debugger calls it by hand. */
  step(): void {
    this.steps += 1;
    for (const listener of [...this.#listeners]) listener(this.stepMs);
  }
}

/** Frames for as long as somebody listens, each of one step's time and as fast as the browser can: for tests. */
export function driven(ticker: Ticker): Ticker {
  const { onStep } = ticker;
  ticker.onStep = (listener) => {
    const isDriven = ticker.listeners > 0;
    onStep.call(ticker, listener);
    if (!isDriven) drive(ticker);
  };
  return ticker;
}

function drive(ticker: Ticker): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    ticker.frame(ticker.stepMs);
    if (ticker.listeners > 0) port2.postMessage(null);
    else port1.close();
  };
  port2.postMessage(null);
}
