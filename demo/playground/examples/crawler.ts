// https://pretend.test/ is a web of a dozen pages inside the playground: it needs no network.
import * as asyncio from 'asyncio-web';

const todo = new asyncio.Queue<string>();
const seen = new Set<string>();
const titles: string[] = [];

function add(url: string): void {
  if (seen.has(url)) return;
  seen.add(url);
  todo.putNowait(url);
}

function* visit(url: string): asyncio.Coroutine<void> {
  const response = yield* asyncio.fromPromise((signal) => fetch(url, { signal }));
  if (!response.ok) {
    console.warn(`${url}: ${response.status}`);
    return;
  }
  const text = yield* asyncio.fromPromise(response.text());
  titles.push(/<title>(.*)<\/title>/.exec(text)?.[1] ?? url);
  for (const [, path = ''] of text.matchAll(/href="([^"]*)"/g)) add(new URL(path, url).href);
}

function* worker(): asyncio.Coroutine<never> {
  for (;;) {
    const url = yield* todo.get();
    try {
      yield* asyncio.waitFor(visit(url), 5);
    } finally {
      todo.taskDone();
    }
  }
}

function* main() {
  add('https://pretend.test/page/0');
  const workers = Array.from({ length: 4 }, (_, n) =>
    asyncio.createTask(worker(), { name: `worker-${n + 1}` }),
  );
  yield* todo.join();
  for (const task of workers) task.cancel();
  yield* asyncio.wait(workers);
  console.log(`${titles.length} pages, ${seen.size - titles.length} missing`);
}

asyncio.run(main);
