// How something ended, as a value that a test can look at.

import * as asyncio from 'asyncio-web';
import { assert } from 'chai';

/** What a Promise is rejected with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('the Promise was fulfilled');
}

/** What an awaitable throws. */
export function* raised(awaitable: asyncio.Awaitable<unknown>): asyncio.Coroutine<unknown> {
  try {
    yield* awaitable;
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** Lets so many passes of the loop go by. */
export function* passes(count: number): asyncio.Coroutine<void> {
  for (let pass = 0; pass < count; pass++) yield* asyncio.sleep(0);
}

/** Lets the page run some tasks: of timers and of messages, which no engine has in one queue. */
export async function realTurns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(null);
    });
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
