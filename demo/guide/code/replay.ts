import * as asyncio from 'asyncio-web';
import type { SimLoop } from 'asyncio-web/testing';
import { replaySim, runSim } from 'asyncio-web/testing';

let token = '';

/** Three answers that come from outside at the same moment: nothing says in which order. */
function* race(sim: SimLoop): asyncio.Coroutine<string> {
  const order: string[] = [];
  for (const name of ['Ada', 'Bob', 'Cy']) sim.callLater(1, () => order.push(name));
  yield* asyncio.sleep(2);
  token = sim.replayToken();
  return order.join(', ');
}

export function main(): void {
  const orders = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) orders.add(runSim(race, { seed, explore: 'environment' }));
  console.log(`${orders.size} orders in 30 runs`);

  const last = runSim(race, { seed: 7, explore: 'environment' });
  console.log('the token gives the same order again:', replaySim(race, token) === last);
  console.log('without exploration:', runSim(race, { seed: 7 }));
}
