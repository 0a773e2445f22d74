import * as asyncio from 'asyncio-web';
import type { HostLoop, Pump } from 'asyncio-web/lowlevel';

/** A host on nothing but setTimeout. */
export class TimeoutHost implements HostLoop {
  readonly clockResolution = 0.001;
  #pump: Pump | null = null;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  now(): number {
    return performance.now() / 1000;
  }

  start(pump: Pump): void {
    this.#pump = pump;
  }

  wakeSoon(): void {
    // One request is enough, however often the loop asks. It is answered before the pump is called, not after.
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#pump?.(1000);
    }, 0);
  }

  wakeAt(when: number): void {
    clearTimeout(this.#timer);
    const delayMs = Math.max(0, Math.ceil((when - this.now()) * 1000));
    // setTimeout cannot wait longer than 2³¹ ms. Too early does no harm: the pump asks again.
    this.#timer = setTimeout(() => this.#pump?.(1000), Math.min(delayMs, 2 ** 31 - 1));
  }

  reportError(error: unknown): void {
    reportError(error);
  }

  stop(): void {
    this.#pump = null;
    clearTimeout(this.#soon);
    clearTimeout(this.#timer);
    this.#soon = undefined;
  }
}

export async function main(): Promise<void> {
  const loopFactory = (): asyncio.BaseEventLoop => new asyncio.BaseEventLoop(new TimeoutHost());
  function* program(): asyncio.Coroutine<string> {
    yield* asyncio.sleep(0.01);
    return 'driven by setTimeout';
  }
  console.log(await asyncio.run(program, { loopFactory }));
}
