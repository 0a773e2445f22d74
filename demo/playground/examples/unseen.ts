import * as asyncio from 'asyncio-web';

function* fails(): asyncio.Coroutine<void> {
  yield* asyncio.sleep(0.1);
  throw new Error('nobody waits for me');
}

function* main() {
  const loop = asyncio.getRunningLoop();
  asyncio.createTask(fails(), { name: 'forgotten' });
  loop.callSoon(() => {
    throw new Error('a callback fails');
  });
  yield* asyncio.sleep(0.3);
  console.log('the loop goes on');

  loop.setExceptionHandler((_loop, { message }) => console.warn(`handler: ${message}`));
  loop.callSoon(() => {
    throw new Error('another one');
  });
  yield* asyncio.sleep(0.1);
}

asyncio.run(main);
