/**
 * The loops that a program can be run on: the library's own, on the library's own hosts.
 *
 * What a host stands on may be missing in a Worker. The host has something in its place, and the page says so.
 */

import type { Main } from 'asyncio-web';
import { BaseEventLoop, BrowserEventLoop, CancelledError, KeyboardInterrupt } from 'asyncio-web';
import type { HostLoop } from 'asyncio-web/lowlevel';
import { AnimationFrameHost, IdleHost, startGuestRun } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import type { LoopName, StartOptions } from '../protocol.ts';

/** How long a loop on frames works in each, in milliseconds: the rest is for what the program draws. */
const FRAME_BUDGET_MS = 4;

const TURN_MS = 50;

// The program's own timers keep it alive; the ticker's does not.
const { setTimeout } = globalThis;

/** A run loop that belongs to somebody else, as a game's ticker does: twenty times a second it calls its listeners. */
class Ticker {
  #listeners = new Set<(timeMs: number) => void>();
  #isOn = false;

  /** @returns What takes the listener back. */
  addOnce(listener: (timeMs: number) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isOn) setTimeout(this.#turn, TURN_MS);
    this.#isOn = true;
    return () => void this.#listeners.delete(listener);
  }

  readonly #turn = (): void => {
    this.#isOn = false;
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const listener of listeners) listener(performance.now());
  };
}

/** A simulator that does not know an option leaves it aside. */
function simOptions({ seed, token }: StartOptions): ConstructorParameters<typeof SimLoop>[0] {
  const options = token === '' ? { seed } : { replay: token };
  return options as ConstructorParameters<typeof SimLoop>[0];
}

/** What the page shows of a loop. */
export interface LoopText {
  readonly name: string;
  /** What is not as its name says. */
  readonly note: string;
}

/** The kind that was picked. */
export class Loops {
  readonly #options: StartOptions;
  readonly #texts = new WeakMap<object, LoopText>();

  constructor(options: StartOptions) {
    this.#options = options;
  }

  /** What there is to say of a loop that was made here. */
  textOf(loop: object): LoopText | undefined {
    return this.#texts.get(loop);
  }

  /** Makes a loop. As a guest it is one on the ticker; only `runAsGuest` makes a guest of it. */
  readonly make = (): BaseEventLoop => {
    const make: Record<LoopName, () => BaseEventLoop> = {
      browser: () => new BrowserEventLoop(),
      sim: () => new SimLoop(simOptions(this.#options)),
      frame: () => this.#onFrames(),
      idle: () => {
        const note = IdleHost.isSupported
          ? ''
          : 'A Worker is not told of idle times: the host takes short turns with pauses instead.';
        return this.#named(new BaseEventLoop(new IdleHost()), 'BaseEventLoop on IdleHost', note);
      },
      guest: () => this.#named(new BaseEventLoop(tickerHost()), 'BaseEventLoop on a ticker'),
    };
    return make[this.#options.loop]();
  };

  /** Runs a program as the guest of a ticker that knows nothing of loops. */
  runAsGuest<T>(main: Main<T>, debug: boolean | null, signal: AbortSignal): Promise<T> {
    const guest = startGuestRun(main, {
      host: tickerHost(),
      debug,
      doneCallback: () => undefined,
      loopFactory: (host) => this.#named(new BaseEventLoop(host), 'BaseEventLoop, guest of a ticker'),
    });
    const cancel = (): void => void guest.cancel();
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    return guest.done.then((outcome) => {
      signal.removeEventListener('abort', cancel);
      if (outcome.status === 'fulfilled') return outcome.value;
      // As `run` has it: who stops the program is told that it was stopped.
      if (signal.aborted && outcome.reason instanceof CancelledError) throw new KeyboardInterrupt();
      throw outcome.reason;
    });
  }

  #onFrames(): BaseEventLoop {
    const host = new AnimationFrameHost({ budgetMs: FRAME_BUDGET_MS });
    const note =
      typeof requestAnimationFrame === 'function'
        ? ''
        : 'Workers of this browser have no animation frames: the host works every 100 ms instead.';
    return this.#named(new BaseEventLoop(host), 'BaseEventLoop on AnimationFrameHost', note);
  }

  #named(loop: BaseEventLoop, name: string, note = ''): BaseEventLoop {
    this.#texts.set(loop, { name, note });
    return loop;
  }
}

/** A ticker always comes, so it needs nothing in its place. */
function tickerHost(): HostLoop {
  const ticker = new Ticker();
  return new AnimationFrameHost({
    frames: (callback) => ticker.addOnce(callback),
    fallbackMs: 60_000,
  });
}
