import * as asyncio from 'asyncio-web';

/** The lines of a response, as they come: chunks do not end where lines do. */
const linesOf = (response: Response) =>
  asyncio.asyncGenerator<string>(function* (emit) {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { value, done } = yield* asyncio.fromPromise(reader.read());
      if (done) break;
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) yield* emit(line);
    }
    if (rest !== '') yield* emit(rest);
  });

function* main() {
  const url = 'https://pretend.test/lines?count=8&ms=120';
  const response = yield* asyncio.fromPromise((signal) => fetch(url, { signal }));
  let sum = 0;
  yield* asyncio.asyncFor(linesOf(response), function* (line) {
    const { n, square } = JSON.parse(line) as { n: number; square: number };
    console.log(`${n} squared is ${square}`);
    sum += square;
  });
  console.log(`sum: ${sum}`);
}

asyncio.run(main);
