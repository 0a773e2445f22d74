// Open this example in a second tab and run it there too: the two talk to each other. The server of `npm start` has a
// room for all who reach it. A static host has none: there the tabs of this browser make a room among themselves.
import * as asyncio from 'asyncio-web';
import { room } from 'playground';

const ME = `guest-${Math.floor(performance.timeOrigin % 1000)}`;

interface Room {
  send(text: string): asyncio.Coroutine<void>;
  recv(): asyncio.Coroutine<string>;
}

function* enterRoomOfServer(): asyncio.Coroutine<Room> {
  const socket = yield* asyncio.withTimeout(10, () => asyncio.connectWebSocket(room));
  return {
    send: (text) => socket.send(text),
    *recv() {
      return String(yield* socket.recv());
    },
  };
}

function* enterRoomOfTabs(): asyncio.Coroutine<Room> {
  const inbox = new asyncio.Queue<string>();
  class Member extends asyncio.DatagramProtocol {
    override datagramReceived(data: Uint8Array): void {
      inbox.putNowait(new TextDecoder().decode(data));
    }
  }
  const loop = asyncio.getRunningLoop();
  const [group] = yield* loop.createDatagramEndpoint(() => new Member(), 'channel:chat');
  return {
    *send(text) {
      group.sendto(new TextEncoder().encode(text));
    },
    *recv() {
      return yield* inbox.get();
    },
  };
}

function* enter(): asyncio.Coroutine<Room> {
  try {
    const entered = yield* enterRoomOfServer();
    console.log(`in the room of the server, ${room}`);
    return entered;
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    console.log('no room at this server: in the room of the tabs, channel:chat');
    return yield* enterRoomOfTabs();
  }
}

function* listen(room: Room): asyncio.Coroutine<never> {
  for (;;) {
    const text = yield* room.recv();
    console.log(text);
    if (text.endsWith('is here')) yield* room.send(`${ME}: welcome!`);
  }
}

function* talk(room: Room): asyncio.Coroutine<never> {
  console.log(`You are ${ME}. Waiting for somebody in another tab …`);
  yield* room.send(`${ME} is here`);
  for (let count = 1; ; count += 1) {
    yield* asyncio.sleep(2);
    yield* room.send(`${ME}: message ${count}`);
  }
}

function* main() {
  const entered = yield* enter();
  yield* asyncio.withTaskGroup(function* (group) {
    group.createTask(listen(entered), { name: 'listen' });
    group.createTask(talk(entered), { name: 'talk' });
  });
}

asyncio.run(main);
