import * as asyncio from 'asyncio-web';

const seats = new asyncio.Semaphore(2);
const start = new asyncio.Barrier(4);

function* runner(name: string, seconds: number): asyncio.Coroutine<void> {
  yield* asyncio.asyncWith(seats, function* () {
    console.log(`${name} changes shoes`);
    yield* asyncio.sleep(seconds);
  });
  console.log(`${name} is at the line`);
  yield* start.wait();
  console.log(`${name} runs`);
}

function* main() {
  yield* asyncio.withTaskGroup(function* (group) {
    for (const [name, seconds] of [
      ['Ada', 1],
      ['Bo', 2],
      ['Cy', 1.5],
      ['Di', 0.5],
    ] as const)
      group.createTask(runner(name, seconds), { name });
  });
}

asyncio.run(main);
