// Anything whose [Symbol.iterator]() yields futures can be awaited: Python's __await__.
import * as asyncio from 'asyncio-web';

class Countdown {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }

  *[Symbol.iterator](): asyncio.Coroutine<string> {
    for (let left = this.seconds; left > 0; left -= 1) {
      console.log(left);
      yield* asyncio.sleep(0.5);
    }
    return 'lift-off';
  }
}

/** A future can be completed by anybody, from anywhere. */
function nextMessage(loop: asyncio.AbstractEventLoop): asyncio.FutureLike<string> {
  const future = loop.createFuture() as asyncio.Future<string>;
  setTimeout(() => future.setResult('a message from a plain timer'), 300);
  return future;
}

function* main() {
  console.log(yield* new Countdown(3));
  console.log(yield* nextMessage(asyncio.getRunningLoop()));
  console.log(yield* asyncio.waitFor(new Countdown(1), 5));
}

asyncio.run(main);
