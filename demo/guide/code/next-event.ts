import * as asyncio from 'asyncio-web';

/** Waits for one event of an EventTarget: a button, a socket, a media element. */
function* nextEvent(target: EventTarget, type: string): asyncio.Coroutine<Event> {
  const future = new asyncio.Future<Event>();
  const listener = (event: Event): void => {
    if (!future.done()) future.setResult(event);
  };
  target.addEventListener(type, listener);
  try {
    return yield* future;
  } finally {
    target.removeEventListener(type, listener);
  }
}

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  const bell = new EventTarget();

  function ring(): void {
    bell.dispatchEvent(new Event('ring'));
  }
  loop.callLater(2, ring);

  const event = yield* nextEvent(bell, 'ring');
  console.log(`${event.type} at ${loop.time()} s`);

  try {
    yield* asyncio.waitFor(nextEvent(bell, 'ring'), 5);
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log(`${(error as Error).name} at ${loop.time()} s; the listener is gone`);
  }
}
