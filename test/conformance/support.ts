// What the tests ported from CPython share. Virtual time is in ../support/loops.ts: `simulate`.

import type * as asyncio from 'asyncio-web';
import { getRunningLoop, sleep } from 'asyncio-web';
import { expect } from 'chai';

/**
 * unittest's `assertRaises` around an `await`: waits for what must fail, and gives its error.
 *
 * @param message What the text of the error must match (`assertRaisesRegex`).
 */
export function* assertRaises<E extends Error>(
  type: abstract new (...args: never[]) => E,
  awaitable: asyncio.Awaitable<unknown>,
  message: RegExp = /(?:)/,
): asyncio.Coroutine<E> {
  try {
    yield* awaitable;
  } catch (error) {
    if (!(error instanceof type)) throw error;
    expect(error.message).to.match(message);
    return error;
  }
  return expect.fail(`${type.name} was not thrown`);
}

/** What `1 / 0` raises in Python: an ordinary error that nothing else throws. */
export class ZeroDivisionError extends Error {}

/** `raise error` where a statement cannot stand, and where it would hide that a `finally` throws. */
export function raise(error: Error): never {
  throw error;
}

/** Drives a coroutine in a callback of the loop, where no task is running, and throws what it throws. */
export function* awaitWithoutTask(coro: asyncio.Coroutine<unknown>): asyncio.Coroutine<void> {
  let thrown: unknown = null;
  getRunningLoop().callSoon(() => {
    try {
      while (!coro.next().done);
    } catch (error) {
      thrown = error;
    }
  });
  yield* sleep(0);
  if (thrown !== null) throw thrown;
}

/** unittest's `assertRaises` around a `run_until_complete`. */
export async function assertRejects<E extends Error>(
  type: abstract new (...args: never[]) => E,
  promise: PromiseLike<unknown>,
  message: RegExp = /(?:)/,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof type)) throw error;
    expect(error.message).to.match(message);
    return error;
  }
  return expect.fail(`${type.name} was not thrown`);
}

/** CPython's `run_briefly`: runs a coroutine that does nothing, and with it whatever is ready. */
export async function runBriefly(loop: asyncio.AbstractEventLoop): Promise<void> {
  await loop.runUntilComplete((function* once() {})());
}
