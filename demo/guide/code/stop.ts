import { SimLoop } from 'asyncio-web/testing';

export async function main(): Promise<void> {
  const loop = new SimLoop();

  function one(): void {
    console.log('one stops the loop');
    loop.stop();
    loop.callSoon(three);
  }
  function two(): void {
    console.log('two was in the same batch');
  }
  function three(): void {
    console.log('three was asked for after stop()');
    loop.stop();
  }

  loop.callSoon(one);
  loop.callSoon(two);

  console.log('first run');
  await loop.runForever();
  console.log('second run');
  await loop.runForever();
  loop.close();
  console.log('closed');
}
