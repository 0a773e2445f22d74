// Runs in a dedicated Worker for worker.test.ts: a loop that is busy, that sleeps, and that waits for a frame.

import * as asyncio from 'asyncio-web';

function* main(): asyncio.Coroutine<object> {
  const loop = asyncio.getRunningLoop() as asyncio.BrowserEventLoop;
  let switches = 0;
  let messages = 0;
  const foreign = new MessageChannel();
  foreign.port1.onmessage = () => {
    messages += 1;
  };
  const stats = (): asyncio.BrowserHostStats => loop.stats().host as asyncio.BrowserHostStats;
  // Until it has been busy over some slices, however fast the machine is; a message that does not come is seen by
  // whoever waits for this Worker.
  while (switches <= 1000 || stats().fullSlices <= 1 || messages === 0) {
    switches += 1;
    if (switches % 100 === 0) foreign.port2.postMessage(0);
    yield* asyncio.sleep(0);
  }
  foreign.port1.close();
  const due = loop.time() + 0.01;
  yield* asyncio.sleep(0.01);
  const early = due - loop.time();
  const frame = yield* asyncio.nextFrame({ timeout: 0.05 });
  const { fullSlices, frameWaits } = stats();
  return { switches, messages, early, frame, fullSlices, frameWaits };
}

asyncio.run(main).then(postMessage, (error: unknown) => postMessage({ error: String(error) }));
