// The same program on Effection 4, whose tasks are generators too. It ends them by return(); asyncio-web throws into
// them. A cleanup that waits makes the difference: after return() the waiting line counts as finished.
import * as asyncio from 'asyncio-web';
import * as effection from 'effection';

function* asyncioWorker(log: (text: string) => void): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(60);
  } finally {
    log('cleanup begins');
    yield* asyncio.sleep(0.1);
    log('cleanup ends');
  }
}

function* effectionWorker(log: (text: string) => void): effection.Operation<void> {
  try {
    yield* effection.sleep(60_000);
  } finally {
    log('cleanup begins');
    yield* effection.sleep(100);
    log('cleanup ends');
  }
}

async function onAsyncio(log: (text: string) => void) {
  await asyncio.run(function* () {
    const task = asyncio.createTask(
      (function* () {
        yield* asyncioWorker(log);
        log('goes on after it was cancelled!');
      })(),
    );
    yield* asyncio.sleep(0.05);
    task.cancel();
    yield* asyncio.wait([task]);
  });
}

async function onEffection(log: (text: string) => void) {
  const task = effection.run(function* () {
    yield* effectionWorker(log);
    log('goes on after it was cancelled!');
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  task.catch(() => undefined);
  await task.halt();
}

await onAsyncio((text) => console.log(`asyncio-web: ${text}`));
await onEffection((text) => console.log(`Effection:   ${text}`));
