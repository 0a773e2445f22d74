import * as asyncio from 'asyncio-web';

function* fetchPart(part: number): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(part);
    if (part === 2) throw new Error(`part ${part} is missing`);
    console.log(`part ${part} is there`);
    yield* asyncio.sleep(60);
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log(`part ${part} fails`);
    throw error;
  } finally {
    // A finally may wait. The group waits for it too.
    yield* asyncio.sleep(0.5);
    console.log(`part ${part} has cleaned up`);
  }
}

function* main() {
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      for (let part = 1; part <= 4; part += 1) group.createTask(fetchPart(part), { name: `part-${part}` });
    });
  } catch (error) {
    if (!(error instanceof asyncio.ExceptionGroup)) throw error;
    console.log('after every cleanup:', error.errors.map(String).join(', '));
  }
}

asyncio.run(main);
