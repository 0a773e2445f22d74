// A loop needs two things of the world: a clock and one wake-up. This host gives it both in a few lines, and shows
// when it is called.
import * as asyncio from 'asyncio-web';
import type { HostLoop, Pump } from 'asyncio-web/lowlevel';

class MinimalHost implements HostLoop {
  readonly clockResolution = 0.001;
  #pump: Pump | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  now(): number {
    return performance.now() / 1000;
  }
  start(pump: Pump): void {
    this.#pump = pump;
  }
  wakeSoon(): void {
    setTimeout(() => this.#pump?.(100));
  }
  wakeAt(when: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump?.(100), (when - this.now()) * 1000);
    console.log('the loop sleeps until its next timer');
  }
  reportError(error: unknown): void {
    reportError(error);
  }
  stop(): void {
    this.#pump = null;
    clearTimeout(this.#timer);
    console.log('the loop is done with its host');
  }
}

function* main() {
  yield* asyncio.gather(asyncio.sleep(0.2), asyncio.sleep(0.4));
  console.log('slept twice');
}

asyncio.run(main, { loopFactory: () => new asyncio.BaseEventLoop(new MinimalHost()) });
