import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';

function* backup(log: string[]): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      log.push(`${loop.time()} s: attempt ${attempt}`);
      yield* asyncio.waitFor(asyncio.sleep(3600), 60);
    } catch (error) {
      if (!(error instanceof asyncio.TimeoutError)) throw error;
      yield* asyncio.sleep(10 * 2 ** attempt);
    }
  }
  log.push(`${loop.time()} s: gave up`);
}

export async function main(): Promise<void> {
  const log: string[] = [];
  const began = performance.now();
  await asyncio.run(backup(log), { loopFactory: () => new SimLoop() });
  for (const line of log) console.log(line);
  console.log('in less than a real second:', performance.now() - began < 1000);
}
