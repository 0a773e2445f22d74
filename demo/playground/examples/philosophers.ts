// Each takes the fork on the left, thinks for a moment, and wants the one on the right. Then nobody can go on.
import * as asyncio from 'asyncio-web';

const NAMES = ['Plato', 'Hypatia', 'Kant', 'Arendt', 'Laozi'];
const forks = NAMES.map(() => new asyncio.Lock());

function* dine(seat: number): asyncio.Coroutine<void> {
  const left = forks[seat] as asyncio.Lock;
  const right = forks[(seat + 1) % forks.length] as asyncio.Lock;
  yield* asyncio.asyncWith(left, function* () {
    console.log(`${NAMES[seat]} has the left fork`);
    yield* asyncio.sleep(1);
    yield* asyncio.asyncWith(right, function* () {
      console.log(`${NAMES[seat]} eats`);
      yield* asyncio.sleep(1);
    });
  });
}

function* main() {
  yield* asyncio.withTaskGroup(function* (group) {
    NAMES.forEach((name, seat) => void group.createTask(dine(seat), { name }));
  });
}

asyncio.run(main);
