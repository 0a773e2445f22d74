// The live feed: a WebSocket that is opened again when it closes, until the task is cancelled.

import * as asyncio from 'asyncio-web';
import { retryDelay } from './retry.ts';
import type { RunState } from './run-state.ts';

/** How long the other side has to answer, in seconds. */
const OPENING_SECONDS = 10;

/** How many ticks are kept to be drawn. */
const HISTORY = 60;

/** Follows the feed. It never returns; cancelling it closes the connection and waits for that. */
export function* followFeed(url: string, run: RunState): asyncio.Coroutine<never> {
  const { feed } = run;
  try {
    for (let failures = 1; ; failures++) {
      const ticksBefore = feed.ticks;
      yield* listen(url, run);
      // A connection that worked is no failure: begin with the shortest wait again.
      if (feed.ticks > ticksBefore) failures = 1;
      feed.phase = 'waiting';
      run.feedChanged();
      yield* asyncio.sleep(retryDelay(failures));
    }
  } finally {
    feed.phase = 'off';
    run.feedChanged();
  }
}

/** One connection, until the other side closes it. */
function* listen(url: string, run: RunState): asyncio.Coroutine<void> {
  const { feed, sockets } = run;
  sockets.opened++;
  feed.connections++;
  feed.phase = 'connecting';
  run.feedChanged();
  try {
    const connection = yield* asyncio.withTimeout(OPENING_SECONDS, () => asyncio.connectWebSocket(url));
    feed.phase = 'open';
    yield* asyncio.asyncWith(connection, () =>
      asyncio.asyncFor(connection, function* (message) {
        takeTick(message as string, run);
        run.feedChanged();
      }),
    );
    feed.detail = `closed with code ${connection.closure?.code}`;
  } catch (error) {
    if (error instanceof asyncio.TimeoutError) feed.detail = 'no answer';
    else if (error instanceof asyncio.ConnectionError) feed.detail = error.message;
    else throw error;
  } finally {
    sockets.cleanedUp++;
    run.feedChanged();
  }
}

function takeTick(data: string, { feed }: RunState): void {
  const { open } = JSON.parse(data) as { open: number };
  feed.ticks++;
  feed.history.push(open);
  if (feed.history.length > HISTORY) feed.history.shift();
}
