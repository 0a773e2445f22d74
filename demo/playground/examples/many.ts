// A hundred thousand tasks, a million steps. Lists show the rows that can be seen, and no more.
import * as asyncio from 'asyncio-web';

const TASKS = 100_000;
const STEPS = 9;

function* worker(): asyncio.Coroutine<number> {
  for (let step = 0; step < STEPS; step += 1) yield* asyncio.sleep(0);
  return STEPS + 1;
}

function* main() {
  const tasks = Array.from({ length: TASKS }, () => asyncio.createTask(worker()));
  const steps = yield* asyncio.gather(tasks);
  console.log(`${steps.reduce((a, b) => a + b)} steps of ${TASKS} tasks`);
}

asyncio.run(main);
