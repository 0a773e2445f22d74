import * as asyncio from 'asyncio-web';

export function* main(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  const answer = loop.createFuture<number>();

  function* ask(name: string): asyncio.Coroutine<void> {
    console.log(`${name} waits`);
    console.log(`${name} got ${yield* answer}`);
  }
  const tasks = [
    asyncio.createTask(ask('Ada'), { name: 'Ada' }),
    asyncio.createTask(ask('Bob'), { name: 'Bob' }),
  ];

  function setIt(): void {
    console.log('before setResult()');
    answer.setResult(42);
    console.log('after setResult()');
  }
  loop.callLater(1, setIt);

  yield* asyncio.gather(...tasks);
}
