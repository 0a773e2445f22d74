import * as asyncio from 'asyncio-web';
import { stage } from 'playground';

const canvas = stage(640, 120);

function show(done: number, color: string): void {
  canvas.clearRect(0, 0, 640, 120);
  canvas.fillStyle = '#8884';
  canvas.fillRect(20, 50, 600, 20);
  canvas.fillStyle = color;
  canvas.fillRect(20, 50, 600 * done, 20);
}

function* download(url: string): asyncio.Coroutine<number> {
  let received = 0;
  let isComplete = false;
  try {
    const response = yield* asyncio.fromPromise((signal) => fetch(url, { signal }));
    const total = Number(response.headers.get('content-length'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { value, done } = yield* asyncio.fromPromise((signal) => {
        signal.addEventListener('abort', () => void reader.cancel());
        return reader.read();
      });
      if (done) break;
      received += value.length;
      show(received / total, '#2e9464');
    }
    isComplete = true;
    return received;
  } finally {
    if (!isComplete) {
      show(received / 1_000_000, '#cc3a31');
      console.log(`closed after ${received} bytes`);
    }
  }
}

function* main() {
  console.log(yield* download('https://pretend.test/bytes?count=1000000&ms=40'), 'bytes');
  try {
    yield* asyncio.withTimeout(0.5, () => download('https://pretend.test/bytes?count=1000000&ms=100'));
  } catch (error) {
    if (!(error instanceof asyncio.TimeoutError)) throw error;
    console.log('the second one was cancelled on its way');
  }
}

asyncio.run(main);
