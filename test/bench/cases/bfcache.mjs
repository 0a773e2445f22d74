// A page that is left and comes back from the back/forward cache, with a loop that waits, that sleeps, or that works.

import { BrowserEventLoop, getRunningLoop, run, sleep } from 'asyncio-web';

const seen = { pageshow: [], done: [], resumes: [], errors: [] };

addEventListener('pageshow', (event) => seen.pageshow.push(event.persisted));
addEventListener('error', (event) => seen.errors.push(String(event.message)));

let future;

/** One task waits for a future, another sleeps for a second. */
export async function begin() {
  const onResume = (seconds) => void seen.resumes.push(seconds);
  const loopFactory = () => new BrowserEventLoop({ onResume });
  run(main, { loopFactory }).catch((error) => seen.errors.push(String(error)));
  await new Promise((resolve) => setTimeout(resolve, 200));
}

function* main() {
  const loop = getRunningLoop();
  future = loop.createFuture();
  const sleeper = loop.createTask(
    (function* () {
      const due = loop.time() + 1;
      yield* sleep(1);
      seen.done.push(['slept', loop.time() - due]);
    })(),
  );
  const result = yield* future;
  seen.done.push(['woken', result]);
  yield* sleeper;
  const start = loop.time();
  yield* sleep(0.02);
  seen.done.push(['slept again', loop.time() - start]);
  // What was scheduled runs, in order, none twice.
  const order = [];
  const all = loop.createFuture();
  for (let n = 0; n < 1000; n++) loop.callSoon(() => order.push(n));
  loop.callSoon(() => all.setResult());
  yield* all;
  seen.done.push(['in order', order.every((n, at) => n === at) && order.length === 1000]);
}

export async function wake() {
  future.setResult(42);
  const deadline = performance.now() + 5000;
  while (seen.done.length < 4 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return seen;
}

export const shown = () => seen.pageshow;
