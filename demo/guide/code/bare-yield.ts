import * as asyncio from 'asyncio-web';

export function* main(): asyncio.Coroutine<void> {
  const nap = asyncio.createTask(asyncio.sleep(1));
  try {
    // @ts-expect-error: TypeScript refuses a bare yield. JavaScript does not.
    yield nap;
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log(String(error));
  }
  yield* nap;
  console.log('and so it is right');
}
