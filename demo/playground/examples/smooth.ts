// The same work twice. First in one piece: the ring stands still. Then with a sleep(0) now and then: it turns.
import * as asyncio from 'asyncio-web';
import { stage } from 'playground';

const canvas = stage(640, 360);
const frame = () => asyncio.fromPromise(new Promise<number>((resolve) => requestAnimationFrame(resolve)));
let label = '';
let frames = 0;

function* turn(): asyncio.Coroutine<never> {
  for (;;) {
    yield* frame();
    frames += 1;
    const now = performance.now();
    canvas.clearRect(0, 0, 640, 360);
    canvas.lineWidth = 14;
    canvas.strokeStyle = '#2e9464';
    canvas.beginPath();
    canvas.arc(320, 160, 80, now / 300, now / 300 + 4.5);
    canvas.stroke();
    canvas.fillStyle = '#888';
    canvas.font = '20px sans-serif';
    canvas.textAlign = 'center';
    canvas.fillText(label, 320, 320);
  }
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function* main() {
  const ring = asyncio.createTask(turn(), { name: 'ring' });
  label = 'one piece of work';
  yield* asyncio.sleep(0.5);
  let before = frames;
  let start = performance.now();
  spin(1000);
  console.log(`in one piece: ${frames - before} frames in ${Math.round(performance.now() - start)} ms`);

  label = 'many small pieces';
  yield* asyncio.sleep(0.5);
  before = frames;
  start = performance.now();
  for (let piece = 0; piece < 250; piece += 1) {
    spin(4);
    yield* asyncio.sleep(0);
  }
  console.log(`in pieces: ${frames - before} frames in ${Math.round(performance.now() - start)} ms`);
  if (frames > before) console.log('the ring turned');
  ring.cancel();
}

asyncio.run(main);
