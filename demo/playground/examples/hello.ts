import * as asyncio from 'asyncio-web';

function* greet(name: string, seconds: number): asyncio.Coroutine<string> {
  yield* asyncio.sleep(seconds);
  console.log(`hello, ${name}`);
  return name;
}

function* main() {
  const ada = asyncio.createTask(greet('Ada', 1), { name: 'ada' });
  const grace = asyncio.createTask(greet('Grace', 0.5), { name: 'grace' });
  console.log('both are on their way');
  console.log(`finished: ${yield* ada} and ${yield* grace}`);
}

asyncio.run(main);
