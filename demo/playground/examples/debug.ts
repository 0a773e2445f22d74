// Debug mode finds what works by chance. The box above the editor turns it on.
import * as asyncio from 'asyncio-web';

function* careless(): asyncio.Coroutine<string> {
  try {
    yield* asyncio.sleep(10);
  } catch {
    // Catches everything, the cancellation too.
  }
  return 'went on';
}

function* main() {
  const end = performance.now() + 150;
  while (performance.now() < end); // blocks the loop
  yield* asyncio.sleep(0);

  const task = asyncio.createTask(careless(), { name: 'careless' });
  yield* asyncio.sleep(0.1);
  task.cancel();
  console.log(`careless ${yield* task}`);
  console.log(asyncio.formatCallGraph(asyncio.currentTask()));
}

asyncio.run(main);
