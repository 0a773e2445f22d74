// A loop on AnimationFrameHost whose frames and clock are the test's: a frame is a message, and the time goes on, to the
// next timer, when a whole task of the page has passed in which nothing was asked for and no Promise is waited for.

import * as asyncio from 'asyncio-web';
import { AnimationFrameHost } from 'asyncio-web/lowlevel';

/** Microseconds in a second, and how far a deadline may lie from the microsecond that it means. */
const RATE = 1e6;
const ROUNDING = 1e-3;

class VirtualFrameHost extends AnimationFrameHost {
  /** Goes up when the program touches the page or is touched by it. */
  crossings = 0;
  /** Promises that the program waits for, less those that wait for the program. */
  externals = 0;
  #time = 0;
  #deadline = Infinity;
  #seen = -1;
  #frame: ((timeMs: number) => void) | null = null;
  #channel: MessageChannel | null = null;

  constructor() {
    super({
      frames: (callback) => {
        this.#frame = callback;
        this.poke();
        return () => {
          this.#frame = null;
        };
      },
      budgetMs: 50,
      fallbackMs: 1e6, // frames always come
    });
  }

  override now(): number {
    return this.#time;
  }
  override get clockResolution(): number {
    return ROUNDING / RATE;
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
    if (frame !== null) {
      this.#frame = null;
      frame(this.#time * 1000);
      this.poke();
    } else if (this.crossings !== this.#seen) {
      this.#seen = this.crossings;
      this.poke();
    } else if (this.externals <= 0 && this.#deadline < Infinity) {
      this.#time = Math.max(this.#time, Math.ceil(this.#deadline * RATE - ROUNDING) / RATE);
      this.#deadline = Infinity;
      this.wakeSoon();
    }
  }
}

/** BaseEventLoop on an AnimationFrameHost, in virtual time. */
export class VirtualFrameLoop extends asyncio.BaseEventLoop {
  readonly #host: VirtualFrameHost;

  constructor() {
    const host = new VirtualFrameHost();
    super(host);
    this.#host = host;
  }

  override _crossBoundary(externals: number): void {
    this.#host.externals += externals;
    this.#cross();
  }

  override _beginNativeWait(): () => void {
    const counts = this.#host.externals > 0 ? 1 : 0;
    this._crossBoundary(-counts);
    return () => this._crossBoundary(counts);
  }

  #cross(): void {
    this.#host.crossings += 1;
    if (this.isRunning()) this.#host.poke();
  }
}
