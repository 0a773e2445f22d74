/** The loops that a program can be run on. */

import { BaseEventLoop, BrowserEventLoop } from 'asyncio-web';
import type { HostLoop, Pump } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import type { LoopName, StartOptions } from '../protocol.ts';

type Wake = (callback: () => void) => void;

/** Runs a chunk whenever `wake` calls back: at frames, when the page is idle, or when another loop has a turn. */
class TurnHost implements HostLoop {
  readonly clockResolution = 0.001;
  readonly #wake: Wake;
  readonly #budgetMs: number;
  readonly #callbacks: number;
  #pump: Pump | null = null;
  #soon = false;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wake: Wake, options: { readonly budgetMs: number; readonly callbacks: number }) {
    this.#wake = wake;
    this.#budgetMs = options.budgetMs;
    this.#callbacks = options.callbacks;
  }

  now(): number {
    return performance.now() / 1000;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    this.#soon = true;
    this.#ask();
  }

  wakeAt(when: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wakeSoon(), Math.max(0, Math.ceil((when - this.now()) * 1000)));
  }

  reportError(error: unknown): void {
    reportError(error);
  }

  stop(): void {
    this.#pump = null;
    this.#soon = false;
    clearTimeout(this.#timer);
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#wake(() => {
      this.#asked = false;
      const end = performance.now() + this.#budgetMs;
      while (this.#soon && this.#pump !== null) {
        this.#soon = false;
        this.#pump(this.#callbacks);
        if (performance.now() >= end) break;
      }
      if (this.#soon) this.#ask();
    });
  }
}

const frames: Wake = (callback) => void requestAnimationFrame(() => callback());

/** Workers are not told when the page is idle: this waits until everything else here has had its turn. */
const idleTurns: Wake = (callback) => void setTimeout(() => setTimeout(callback));

/** A guest of a loop that belongs to somebody else and gives it a turn every 50 ms. */
const turnsOfAnother: Wake = (callback) => void setTimeout(callback, 50);

/** A simulator that does not know an option leaves it aside. */
function simOptions({ seed, token }: StartOptions): ConstructorParameters<typeof SimLoop>[0] {
  const options = token === '' ? { seed } : { replay: token };
  return options as ConstructorParameters<typeof SimLoop>[0];
}

/** Makes a loop of the kind that was picked. */
export function loopFactory(options: StartOptions): () => BaseEventLoop {
  const make: Record<LoopName, () => BaseEventLoop> = {
    browser: () => new BrowserEventLoop(),
    sim: () => new SimLoop(simOptions(options)),
    frame: () => new BaseEventLoop(new TurnHost(frames, { budgetMs: 4, callbacks: 16 })),
    idle: () => new BaseEventLoop(new TurnHost(idleTurns, { budgetMs: 8, callbacks: 16 })),
    guest: () => new BaseEventLoop(new TurnHost(turnsOfAnother, { budgetMs: 0, callbacks: 1000 })),
  };
  return make[options.loop];
}
