import * as asyncio from 'asyncio-web';

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();

  function first(): void {
    console.log('first');
    loop.callSoon(third);
  }
  function second(): void {
    console.log('second');
  }
  function third(): void {
    console.log('third: asked for by the first');
  }
  function due(): void {
    console.log('a timer that is due');
  }

  loop.callLater(0, due);
  loop.callSoon(first);
  loop.callSoon(second);
  yield* asyncio.sleep(1);
  console.log('the task goes on');
}
