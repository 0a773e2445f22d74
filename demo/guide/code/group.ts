import * as asyncio from 'asyncio-web';

function* work(name: string, seconds: number, fails: boolean): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(seconds);
    if (fails) throw new Error(`${name} failed`);
    console.log(`${name}: done`);
  } finally {
    console.log(`${name}: cleaned up`);
  }
}

export function* main(): asyncio.Coroutine<void> {
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(work('one', 1, false), { name: 'one' });
      group.createTask(work('two', 2, true), { name: 'two' });
      group.createTask(work('three', 3, false), { name: 'three' });
    });
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log(`${error}`);
    for (const each of (error as asyncio.ExceptionGroup).errors) console.log(`- ${each}`);
  }
}
