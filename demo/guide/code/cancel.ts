import * as asyncio from 'asyncio-web';

function* guard(): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(3600);
  } finally {
    console.log('putting the keys away');
    yield* asyncio.sleep(2);
    console.log('keys are away');
  }
}

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  const task = asyncio.createTask(guard(), { name: 'guard' });
  yield* asyncio.sleep(1);

  console.log('cancel() gives', task.cancel());
  console.log('cancelled already?', task.cancelled());
  yield* asyncio.wait([task]);
  console.log(`cancelled at ${loop.time()} s?`, task.cancelled());
}
