// One clerk, customers at random: the M/M/1 queue. A day at the counter takes no time on the simulator.
import * as asyncio from 'asyncio-web';

const ARRIVALS = 0.6; // customers a minute
const SERVICE = 1; // customers a minute
const CUSTOMERS = 40_000;

const exponential = (rate: number) => -Math.log(1 - Math.random()) / rate;

const clerk = new asyncio.Lock();
let present = 0;
let area = 0;
let lastChange = 0;
let waited = 0;

function change(by: number): void {
  const now = asyncio.getRunningLoop().time();
  area += present * (now - lastChange);
  lastChange = now;
  present += by;
}

function* customer(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  const arrived = loop.time();
  change(1);
  yield* asyncio.asyncWith(clerk, function* () {
    waited += loop.time() - arrived;
    yield* asyncio.sleep(exponential(SERVICE));
  });
  change(-1);
}

function* main() {
  const loop = asyncio.getRunningLoop();
  yield* asyncio.withTaskGroup(function* (group) {
    for (let n = 0; n < CUSTOMERS; n += 1) {
      yield* asyncio.sleep(exponential(ARRIVALS));
      group.createTask(customer());
    }
  });
  const load = ARRIVALS / SERVICE;
  const row = (measured: number, formula: number) => ({
    measured: measured.toFixed(3),
    formula: formula.toFixed(3),
    'off by': `${((100 * Math.abs(measured - formula)) / formula).toFixed(1)}%`,
  });
  console.table({
    'customers at the counter, L': row(area / loop.time(), load / (1 - load)),
    'minutes in the queue, Wq': row(waited / CUSTOMERS, load / (SERVICE - ARRIVALS)),
  });
  console.log(`${CUSTOMERS} customers in ${Math.round(loop.time() / 60)} hours of virtual time`);
}

asyncio.run(main);
