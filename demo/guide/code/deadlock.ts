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
  const ann = asyncio.createTask(transfer(a, b), { name: 'Ann' });
  const ben = asyncio.createTask(transfer(b, a), { name: 'Ben' });
  yield* asyncio.gather(ann, ben);
}

export async function main(): Promise<void> {
  try {
    await asyncio.run(bank, { loopFactory: () => new SimLoop() });
  } catch (error) {
    if (!(error instanceof SimDeadlockError)) throw error;
    console.log(`${error.name} at ${error.time} s`);
    for (const cycle of error.cycles) console.log(cycle.join(' waits for '));
  }
}
