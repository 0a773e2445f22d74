// It never gives way. The page does not mind: Stop ends it.
import * as asyncio from 'asyncio-web';

function* main() {
  console.log('here I go');
  yield* asyncio.sleep(0.1);
  while (true);
}

asyncio.run(main);
