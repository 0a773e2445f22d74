import * as asyncio from 'asyncio-web';

const request = new asyncio.ContextVar<string>('request', { defaultValue: 'none' });

/** Deep inside, without having been told. */
function log(text: string): void {
  console.log(`[${request.get()}] ${text}`);
}

function* query(): asyncio.Coroutine<void> {
  log('query');
  yield* asyncio.sleep(0.2);
  log('rows');
}

function* handle(id: string): asyncio.Coroutine<void> {
  request.set(id);
  log('begin');
  yield* query();
  log('end');
}

function* main() {
  yield* asyncio.gather(handle('A'), handle('B'));
  log('the handlers had contexts of their own');
}

asyncio.run(main);
