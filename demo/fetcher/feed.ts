// The live feed: a WebSocket that is opened again when it closes, until the task is cancelled.

import * as asyncio from 'asyncio-web';
import { retryDelay } from './retry.ts';
import type { RunState } from './run-state.ts';

/** How long the other side has to answer, and how long to say goodbye, in seconds. */
const OPENING_SECONDS = 10;
const CLOSING_SECONDS = 2;

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
  const socket = new WebSocket(url);
  // From events to a coroutine: what the listeners put in, this task takes out.
  const inbox = new asyncio.Queue<Event>();
  for (const type of ['open', 'message', 'close']) {
    socket.addEventListener(type, (event) => inbox.putNowait(event));
  }
  sockets.opened++;
  feed.connections++;
  feed.phase = 'connecting';
  run.feedChanged();
  try {
    let event = yield* asyncio.withTimeout(OPENING_SECONDS, () => inbox.get());
    while (!(event instanceof CloseEvent)) {
      feed.phase = 'open';
      if (event instanceof MessageEvent) takeTick(event.data, run);
      run.feedChanged();
      event = yield* inbox.get();
    }
    feed.detail = `closed with code ${event.code}`;
  } catch (error) {
    if (!(error instanceof asyncio.TimeoutError)) throw error;
    feed.detail = 'no answer';
  } finally {
    // A finally may wait, also when it runs because the task was cancelled.
    yield* close(socket, inbox);
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

/** Closes the socket and waits until it is closed. One that is connecting may connect first: browsers complain else. */
function* close(socket: WebSocket, inbox: asyncio.Queue<Event>): asyncio.Coroutine<void> {
  try {
    yield* asyncio.withTimeout(CLOSING_SECONDS, function* () {
      while (socket.readyState !== WebSocket.CLOSED) {
        if (socket.readyState === WebSocket.OPEN) socket.close();
        yield* inbox.get();
      }
    });
  } catch (error) {
    if (!(error instanceof asyncio.TimeoutError)) throw error;
    // Nobody there to answer: the browser gives up on it by itself.
    socket.close();
  }
}
