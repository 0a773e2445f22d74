import * as asyncio from 'asyncio-web';

function* load(name: string, seconds: number): asyncio.Coroutine<string> {
  console.log(`${name}: asked for`);
  yield* asyncio.sleep(seconds);
  console.log(`${name}: there`);
  return name.toUpperCase();
}

function* main() {
  const results = yield* asyncio.gather(load('user', 0.6), load('posts', 0.9), load('likes', 0.3));
  console.log('in the order of the arguments:', results);

  const outcomes = yield* asyncio.gather([load('one', 0.2), asyncio.waitFor(asyncio.sleep(60), 0.4)], {
    returnExceptions: true,
  });
  console.log('errors in place of results:', outcomes);
}

asyncio.run(main);
