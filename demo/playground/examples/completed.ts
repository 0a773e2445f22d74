import * as asyncio from 'asyncio-web';

function* mirror(name: string, seconds: number): asyncio.Coroutine<string> {
  yield* asyncio.sleep(seconds);
  return name;
}

function* main() {
  const mirrors = [mirror('Oslo', 0.8), mirror('Rome', 0.3), mirror('Kyoto', 1.4)];
  const order: string[] = [];
  for (const next of asyncio.asCompleted(mirrors)) {
    const name = yield* next;
    order.push(name);
    console.log(`${order.length}. ${name}`);
  }

  const tasks = ['Lima', 'Bern', 'Cork'].map((name, index) =>
    asyncio.createTask(mirror(name, 1 - index / 5), { name }),
  );
  const [done, pending] = yield* asyncio.wait(tasks, { returnWhen: asyncio.FIRST_COMPLETED });
  console.log('first:', [...done].map((task) => task.result()).join(), 'and', pending.size, 'are not needed');
  for (const task of pending) task.cancel();
}

asyncio.run(main);
