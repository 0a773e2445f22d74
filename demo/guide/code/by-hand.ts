import * as asyncio from 'asyncio-web';

function* inner(future: asyncio.Future<number>): asyncio.Coroutine<number> {
  console.log('inner begins');
  const value = yield* future;
  console.log('inner goes on');
  return value + 1;
}

function* outer(future: asyncio.Future<number>): asyncio.Coroutine<string> {
  const value = yield* inner(future);
  return `outer has ${value}`;
}

export function* main(): asyncio.Coroutine<void> {
  const future = new asyncio.Future<number>();
  const coroutine = outer(future);
  console.log('nothing has begun');

  // What a task does in its first step:
  const step = coroutine.next();
  console.log(step.done, (step.value as unknown) === future);

  // What happens meanwhile, somewhere else:
  future.setResult(41);

  // What the task does in its second step:
  console.log(coroutine.next());
}
