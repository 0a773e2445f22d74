// A million callbacks go through the loop while a drawing moves. The loop works in slices of two milliseconds, so
// frames come in between.
import * as asyncio from 'asyncio-web';
import { stage } from 'playground';

const canvas = stage(640, 360);
const frame = () => asyncio.fromPromise(new Promise<number>((resolve) => requestAnimationFrame(resolve)));

let worked = 0;
let isOver = false;

function* draw(): asyncio.Coroutine<void> {
  let frames = 0;
  let longest = 0;
  let last = performance.now();
  while (!isOver) {
    yield* frame();
    const now = performance.now();
    if (frames > 0) longest = Math.max(longest, now - last);
    last = now;
    frames += 1;
    canvas.clearRect(0, 0, 640, 360);
    for (let dot = 0; dot < 24; dot += 1) {
      const angle = now / 600 + dot * 0.26;
      canvas.fillStyle = `hsl(${dot * 15} 70% 55%)`;
      canvas.beginPath();
      canvas.arc(320 + 130 * Math.cos(angle), 180 + 130 * Math.sin(angle * 1.5), 4 + dot / 3, 0, 7);
      canvas.fill();
    }
    canvas.fillStyle = '#8888';
    canvas.fillRect(20, 340, (600 * worked) / 1_000_000, 8);
  }
  console.log(`${frames > 10 ? 'many' : 'few'} frames, the longest wait for one ${Math.round(longest)} ms`);
}

function count(): void {
  worked += 1;
}

function* work(): asyncio.Coroutine<void> {
  const loop = asyncio.getRunningLoop();
  for (let round = 0; round < 100; round += 1) {
    for (let i = 0; i < 10_000; i += 1) loop.callSoon(count);
    yield* asyncio.sleep(0);
  }
  while (worked < 1_000_000) yield* asyncio.sleep(0);
  console.log(`${worked} callbacks`);
  isOver = true;
}

function* main() {
  yield* asyncio.gather(draw(), work());
}

asyncio.run(main);
