import * as asyncio from 'asyncio-web';
import { EventSimulator } from '../../minimal-loop/event-simulator.ts';

function* customer(name: string, arrival: number, till: asyncio.Lock): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  yield* asyncio.sleep(arrival);
  yield* asyncio.asyncWith(till, function* () {
    console.log(`${name} waited ${loop.time() - arrival} min`);
    yield* asyncio.sleep(4);
  });
}

export function main(): void {
  const loop = new EventSimulator();
  // Not a Promise: the whole simulation runs inside this call.
  const minutes = loop.simulate(function* () {
    const till = new asyncio.Lock();
    yield* asyncio.gather(customer('Ada', 0, till), customer('Bob', 1, till), customer('Cy', 2, till));
    return loop.time();
  });
  console.log(`the shop was open for ${minutes} min`);
}
