import * as asyncio from 'asyncio-web';

function* save(): asyncio.Coroutine<string> {
  console.log('saving …');
  yield* asyncio.sleep(2);
  console.log('saved');
  return 'version 2';
}

function* main() {
  const saving = asyncio.createTask(save(), { name: 'saving' });
  try {
    yield* asyncio.waitFor(asyncio.shield(saving), 0.5);
  } catch (error) {
    if (!(error instanceof asyncio.TimeoutError)) throw error;
    console.log('nobody waits any more, and it goes on');
  }
  console.log(yield* saving);
}

asyncio.run(main);
