// Loops whose frames and clock are the test's: a frame is a message, and the time goes on, to the next timer, when a whole
// task of the page has passed in which nothing was asked for and no Promise is waited for. One is in charge of its frames;
// the others are guests.

import * as asyncio from 'asyncio-web';
import type { HostLoop, Outcome, Pump } from 'asyncio-web/lowlevel';
import { AnimationFrameHost, LoopHost, startGuestRun } from 'asyncio-web/lowlevel';

/** Microseconds in a second, and how far a deadline may lie from the microsecond that it means. */
const RATE = 1e6;
const ROUNDING = 1e-3;

/** A time that is moved, and what keeps it from moving. Runs that follow each other share it. */
class VirtualTime {
  now = 0;
  /** Goes up when the program touches the page or is touched by it. */
  crossings = 0;
  /** Promises that the program waits for, less those that wait for the program. */
  externals = 0;
  /** The host of the present run. */
  host: VirtualFrameHost | null = null;
}

class VirtualFrameHost extends AnimationFrameHost {
  readonly #time: VirtualTime;
  #deadline = Infinity;
  #seen = -1;
  #frame: ((timeMs: number) => void) | null = null;
  #channel: MessageChannel | null = null;

  constructor(time: VirtualTime) {
    super({
      frames: (callback) => {
        this.#frame = callback;
        this.poke();
        return () => {
          this.#frame = null;
        };
      },
      budgetMs: 50,
      fallbackMs: Infinity, // frames always come
    });
    this.#time = time;
  }

  override now(): number {
    return this.#time.now;
  }
  override get clockResolution(): number {
    return ROUNDING / RATE;
  }
  override start(pump: Pump): void {
    this.#time.host = this;
    super.start(pump);
  }
  override wakeAt(when: number): void {
    this.#deadline = when;
    this.poke();
  }
  override stop(): void {
    this.#deadline = Infinity;
    this.#channel?.port1.close();
    this.#channel = null;
    super.stop();
  }

  /** Has a look in the next task of the page. */
  poke(): void {
    if (this.#channel !== null) return;
    const channel = new MessageChannel();
    this.#channel = channel;
    channel.port1.onmessage = () => {
      channel.port1.close();
      this.#channel = null;
      this.#look();
    };
    channel.port2.postMessage(0);
  }

  #look(): void {
    const frame = this.#frame;
    const time = this.#time;
    if (frame !== null) {
      this.#frame = null;
      frame(time.now * 1000);
      this.poke();
    } else if (time.crossings !== this.#seen) {
      this.#seen = time.crossings;
      this.poke();
    } else if (time.externals <= 0 && this.#deadline < Infinity) {
      time.now = Math.max(time.now, Math.ceil(this.#deadline * RATE - ROUNDING) / RATE);
      this.#deadline = Infinity;
      this.wakeSoon();
    }
  }
}

/** A loop that tells its time when the program touches the page. */
class VirtualLoop extends asyncio.BaseEventLoop {
  readonly #time: VirtualTime;

  constructor(host: HostLoop, time: VirtualTime) {
    super(host);
    this.#time = time;
  }

  override _crossBoundary(externals: number): void {
    this.#time.externals += externals;
    this.#time.crossings += 1;
    if (this.isRunning()) this.#time.host?.poke();
  }

  override _beginNativeWait(): () => void {
    const counts = this.#time.externals > 0 ? 1 : 0;
    this._crossBoundary(-counts);
    return () => this._crossBoundary(counts);
  }
}

/** BaseEventLoop on an AnimationFrameHost, in virtual time. */
export class VirtualFrameLoop extends VirtualLoop {
  constructor() {
    const time = new VirtualTime();
    super(new VirtualFrameHost(time), time);
  }
}

/**
 * Runs a program as a guest of virtual frames, and gives its outcome as `run` would.
 *
 * @param prepare Told the loop before the program is.
 */
export async function runAsGuest<T>(
  main: asyncio.Main<T>,
  {
    debug,
    prepare,
  }: { readonly debug?: boolean | null; readonly prepare?: (loop: asyncio.BaseEventLoop) => void } = {},
): Promise<T> {
  const time = new VirtualTime();
  const outcome = await new Promise<Outcome<T>>((resolve) => {
    startGuestRun(main, {
      host: new VirtualFrameHost(time),
      loopFactory: (given) => {
        const loop = new VirtualLoop(given, time);
        prepare?.(loop);
        return loop;
      },
      doneCallback: resolve,
      ...(debug !== undefined && { debug }),
    });
  });
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** A host inside a guest run, which begins and ends with each of its runs: for loops that a test runs by itself. */
class InsideGuestHost implements HostLoop {
  readonly #time: VirtualTime;
  #inner: LoopHost | null = null;
  #leave: () => void = () => undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  now(): number {
    return this.#inner?.now() ?? this.#time.now;
  }
  get clockResolution(): number {
    return ROUNDING / RATE;
  }
  start(pump: Pump): void {
    const { loop } = startGuestRun(this.#main(), {
      host: new VirtualFrameHost(this.#time),
      doneCallback: (outcome) => {
        if (outcome.status === 'rejected') reportError(outcome.reason);
      },
    });
    this.#inner = new LoopHost(loop);
    this.#inner.start(pump);
  }
  wakeSoon(): void {
    this.#inner?.wakeSoon();
  }
  wakeAt(when: number): void {
    this.#inner?.wakeAt(when);
  }
  reportError(error: unknown): void {
    reportError(error);
  }
  stop(): void {
    this.#inner?.stop();
    this.#inner = null;
    this.#leave();
  }

  *#main(): asyncio.Coroutine<void> {
    const over = new asyncio.Future<void>();
    this.#leave = () => over.done() || over.setResult();
    yield* over;
  }
}

/** A loop inside guest runs: whenever it runs, a guest of virtual frames drives it. */
export class InsideGuestLoop extends VirtualLoop {
  constructor() {
    const time = new VirtualTime();
    super(new InsideGuestHost(time), time);
  }
}
