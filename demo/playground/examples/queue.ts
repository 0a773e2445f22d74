import * as asyncio from 'asyncio-web';

const belt = new asyncio.Queue<number>(3);

function* produce(): asyncio.Coroutine<void> {
  for (let item = 1; item <= 12; item += 1) {
    yield* belt.put(item); // waits while the belt is full
    yield* asyncio.sleep(0.05);
  }
  belt.shutdown();
  console.log('producer: that was all');
}

function* consume(name: string): asyncio.Coroutine<number> {
  let count = 0;
  try {
    for (;;) {
      const item = yield* belt.get();
      yield* asyncio.sleep(0.4);
      console.log(`${name}: packed ${item}`);
      count += 1;
    }
  } catch (error) {
    if (!(error instanceof asyncio.QueueShutDown)) throw error;
    return count;
  }
}

function* main() {
  asyncio.createTask(produce(), { name: 'producer' });
  const consumers = ['ann', 'ben'].map((name) => asyncio.createTask(consume(name), { name }));
  const counts = yield* asyncio.gather(...consumers);
  console.log(`packed in all: ${counts.reduce((a, b) => a + b)}`);
}

asyncio.run(main);
