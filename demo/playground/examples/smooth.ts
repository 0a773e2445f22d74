// The same work twice. First in one piece: the ring stands still. Then with a sleep(0) now and then: it turns.
import * as asyncio from 'asyncio-web';
import { stage } from 'playground';

const canvas = stage(640, 360);
const frame = () => asyncio.fromPromise(new Promise<number>((resolve) => requestAnimationFrame(resolve)));
let label = '';
let longest = 0;

function* turn(): asyncio.Coroutine<never> {
  let last = performance.now();
  for (;;) {
    yield* frame();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    canvas.clearRect(0, 0, 640, 360);
    canvas.lineWidth = 14;
    canvas.strokeStyle = longest > 200 ? '#cc3a31' : '#2e9464';
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
  longest = 0;
  spin(1000);
  yield* asyncio.sleep(0.1);
  const frozen = longest;
  console.log(`in one piece: the ring stands still for ${Math.round(frozen)} ms`);

  label = 'many small pieces';
  longest = 0;
  for (let piece = 0; piece < 250; piece += 1) {
    spin(4);
    yield* asyncio.sleep(0);
  }
  console.log(`in pieces: for ${Math.round(longest)} ms at most`);
  if (longest < frozen / 2) console.log('smooth');
  ring.cancel();
}

asyncio.run(main);
