import * as asyncio from 'asyncio-web';

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();

  const late = loop.callLater(60, console.log, 'a minute later');
  console.log(`due in ${late.when() - loop.time()} s`);

  function cancelBoth(): void {
    soon.cancel();
    late.cancel();
    console.log('both cancelled');
  }
  loop.callSoon(cancelBoth);
  const soon = loop.callSoon(console.log, 'never printed');

  yield* asyncio.sleep(1);
  console.log(soon.cancelled(), late.cancelled());
}
