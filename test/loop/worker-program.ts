// Runs in a dedicated Worker for worker.test.ts: a loop that is busy, that sleeps, and that waits for a frame.

import * as asyncio from 'asyncio-web';

const BUSY_MS = 100;

function* main(): asyncio.Coroutine<object> {
  const loop = asyncio.getRunningLoop() as asyncio.BrowserEventLoop;
  let switches = 0;
  let messages = 0;
  const foreign = new MessageChannel();
  foreign.port1.onmessage = () => {
    messages += 1;
  };
  const end = performance.now() + BUSY_MS;
  while (performance.now() < end) {
    switches += 1;
    if (switches % 1000 === 0) foreign.port2.postMessage(0);
    yield* asyncio.sleep(0);
  }
  foreign.port1.close();
  const due = loop.time() + 0.01;
  yield* asyncio.sleep(0.01);
  const early = due - loop.time();
  const frame = yield* asyncio.nextFrame({ timeout: 0.05 });
  const host = loop.stats().host as asyncio.BrowserHostStats;
  return { switches, messages, early, frame, fullSlices: host.fullSlices, frameWaits: host.frameWaits };
}

asyncio.run(main).then(postMessage, (error: unknown) => postMessage({ error: String(error) }));
