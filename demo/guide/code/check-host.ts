import { checkConformance, hostConformance } from 'asyncio-web/lowlevel';
import { TimeoutHost } from './timeout-host.ts';

/** A host with the most common mistake: it calls the pump before wakeSoon() has returned. */
class HastyHost extends TimeoutHost {
  #pump: ((maxCallbacks: number) => void) | null = null;

  override start(pump: (maxCallbacks: number) => void): void {
    super.start(pump);
    this.#pump = pump;
  }

  override wakeSoon(): void {
    this.#pump?.(100);
  }
}

export async function main(): Promise<void> {
  console.log(String(await checkConformance(hostConformance(() => new TimeoutHost()))));

  const [inside] = hostConformance(() => new HastyHost());
  try {
    await inside?.run();
  } catch (error) {
    console.log((error as Error).message);
  }
}
