import * as asyncio from 'asyncio-web';

function* fail(message: string): asyncio.Coroutine<void> {
  yield* asyncio.sleep(1);
  throw new Error(message);
}

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  loop.setExceptionHandler((_loop, { message, exception }) => {
    console.log(`handler: ${message} | ${exception}`);
  });

  // 1. To whoever waits for the task.
  try {
    yield* asyncio.createTask(fail('burnt toast'));
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log(`caught: ${error}`);
  }

  // 2. From a plain callback: nobody waits for it, so to the handler.
  function spill(): void {
    throw new Error('spilt milk');
  }
  loop.callSoon(spill);
  yield* asyncio.sleep(1);

  // 3. From a task that nobody looks at: to the handler, at the latest when the loop closes.
  const pan = asyncio.createTask(fail('forgotten pan'), { name: 'pan' });
  yield* asyncio.sleep(2);
  console.log('main ends; the task has ended:', pan.done());
}
