import * as asyncio from 'asyncio-web';

function* cook(what: string, seconds: number): asyncio.Coroutine<void> {
  console.log(`${what}: started`);
  yield* asyncio.sleep(seconds);
  console.log(`${what}: ready after ${seconds} s`);
}

export function* main(): asyncio.Coroutine<void> {
  yield* asyncio.gather(cook('egg', 5), cook('tea', 3), cook('toast', 2));
  console.log('breakfast');
}
