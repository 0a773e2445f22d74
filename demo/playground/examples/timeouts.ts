import * as asyncio from 'asyncio-web';

function* step(name: string, seconds: number): asyncio.Coroutine<void> {
  yield* asyncio.sleep(seconds);
  console.log(`${name}: done`);
}

function* main() {
  try {
    yield* asyncio.withTimeout(3, function* (whole) {
      yield* step('connect', 1);
      try {
        yield* asyncio.withTimeout(0.5, () => step('greet', 10));
      } catch (error) {
        if (!(error instanceof asyncio.TimeoutError)) throw error;
        console.log('greet: too slow, never mind');
      }
      whole.reschedule(asyncio.getRunningLoop().time() + 2);
      yield* step('read', 1.5);
      yield* step('write', 10);
    });
  } catch (error) {
    if (!(error instanceof asyncio.TimeoutError)) throw error;
    console.log(`out of time at ${asyncio.getRunningLoop().time()} s`);
  }
}

asyncio.run(main);
