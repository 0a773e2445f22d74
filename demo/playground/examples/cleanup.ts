import * as asyncio from 'asyncio-web';

function* transaction(): asyncio.Coroutine<void> {
  console.log('begin');
  try {
    yield* asyncio.sleep(60);
    console.log('commit: never reached');
  } finally {
    console.log('rolling back …');
    yield* asyncio.sleep(1);
    console.log('rolled back');
  }
}

function* worker(): asyncio.Coroutine<void> {
  yield* transaction();
  console.log('the line after: never reached');
}

function* main() {
  const task = asyncio.createTask(worker(), { name: 'worker' });
  yield* asyncio.sleep(0.5);
  task.cancel();
  try {
    yield* task;
  } catch (error) {
    if (!asyncio.isCancelled(error)) throw error;
  }
  console.log('cancelled, and its cleanup is over:', task.cancelled());
}

asyncio.run(main);
