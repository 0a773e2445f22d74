import * as asyncio from 'asyncio-web';

function* careless(): asyncio.Coroutine<string> {
  try {
    yield* asyncio.sleep(3600);
  } catch {
    return 'careless: swallowed it';
  }
  return 'slept';
}

function* careful(): asyncio.Coroutine<string> {
  try {
    yield* asyncio.sleep(3600);
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    return `failed: ${error}`;
  }
  return 'slept';
}

export function* main(): asyncio.Coroutine<void> {
  const sleepers = { careless, careful };
  for (const [name, sleeper] of Object.entries(sleepers)) {
    const task = asyncio.createTask(sleeper(), { name });
    yield* asyncio.sleep(1);
    task.cancel();
    yield* asyncio.wait([task]);
    console.log(task.cancelled() ? `${name}: cancelled` : task.result());
  }
}
