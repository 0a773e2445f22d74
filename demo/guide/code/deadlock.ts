import * as asyncio from 'asyncio-web';
import { SimDeadlockError, SimLoop } from 'asyncio-web/testing';

function* transfer(first: asyncio.Lock, second: asyncio.Lock): asyncio.Coroutine<void> {
  yield* asyncio.asyncWith(first, function* () {
    yield* asyncio.sleep(1);
    yield* asyncio.asyncWith(second, function* () {
      yield* asyncio.sleep(1);
    });
  });
}

function* bank(): asyncio.Coroutine<void> {
  const [a, b] = [new asyncio.Lock(), new asyncio.Lock()];
  yield* asyncio.gather(transfer(a, b), transfer(b, a));
}

export async function main(): Promise<void> {
  try {
    await asyncio.run(bank, { loopFactory: () => new SimLoop() });
  } catch (error) {
    if (!(error instanceof SimDeadlockError)) throw error;
    console.log(`${error.name} at ${error.time} s`);
    console.log(`${error.tasks.length} tasks can never go on`);
  }
}
