import * as asyncio from 'asyncio-web';

function* background(): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(3600);
  } finally {
    console.log('background: asked to end');
    yield* asyncio.sleep(1);
    console.log('background: ended');
  }
}

export function* main(): asyncio.Coroutine<string> {
  asyncio.createTask(background(), { name: 'background' });
  yield* asyncio.sleep(1);
  console.log('main returns');
  return 'the result';
}
