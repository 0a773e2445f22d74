// The philosophers again. Everybody takes the fork with the smaller number first, and a circle cannot close.
import * as asyncio from 'asyncio-web';

const NAMES = ['Plato', 'Hypatia', 'Kant', 'Arendt', 'Laozi'];
const forks = NAMES.map(() => new asyncio.Lock());

function* dine(seat: number): asyncio.Coroutine<void> {
  const [first, second] = [seat, (seat + 1) % forks.length].sort((a, b) => a - b) as [number, number];
  for (let meal = 1; meal <= 2; meal += 1) {
    yield* asyncio.sleep(Math.random());
    yield* asyncio.asyncWith(forks[first] as asyncio.Lock, function* () {
      yield* asyncio.asyncWith(forks[second] as asyncio.Lock, function* () {
        console.log(`${NAMES[seat]} eats meal ${meal}`);
        yield* asyncio.sleep(1);
      });
    });
  }
}

function* main() {
  yield* asyncio.withTaskGroup(function* (group) {
    NAMES.forEach((name, seat) => void group.createTask(dine(seat), { name }));
  });
  console.log(`everybody has eaten by ${asyncio.getRunningLoop().time().toFixed(1)} s`);
}

asyncio.run(main);
