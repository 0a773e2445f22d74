// Open this example in a second tab and run it there too: the two talk to each other.
import * as asyncio from 'asyncio-web';

const ME = `guest-${Math.floor(performance.timeOrigin % 1000)}`;
const room = new BroadcastChannel('chat');
const inbox = new asyncio.Queue<string>(100);
room.onmessage = ({ data }) => {
  if (!inbox.full()) inbox.putNowait(String(data));
};

function* listen(): asyncio.Coroutine<never> {
  for (;;) {
    const text = yield* inbox.get();
    console.log(text);
    if (text.endsWith('is here')) room.postMessage(`${ME}: welcome!`);
  }
}

function* talk(): asyncio.Coroutine<never> {
  console.log(`You are ${ME}. Waiting for somebody in another tab …`);
  room.postMessage(`${ME} is here`);
  for (let count = 1; ; count += 1) {
    yield* asyncio.sleep(2);
    room.postMessage(`${ME}: message ${count}`);
  }
}

function* main() {
  yield* asyncio.gather(listen(), talk());
}

asyncio.run(main).finally(() => room.close());
