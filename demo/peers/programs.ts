/**
 * Cancellation programs on which other libraries for structured concurrency go wrong, written with this one.
 *
 * Each writes what it does into a log and gives it back. `outcomes.json` has what Effection 4 and Effect 4 do with
 * the same program, as recorded by `test/peers/record.mjs` from the real packages.
 */

import * as asyncio from 'asyncio-web';

type Log = string[];

/** Cancelled while a cleanup waits inside a delegated generator: nothing behind it may run. */
export function* cleanupInDelegate(): asyncio.Coroutine<Log> {
  const log: Log = [];
  function* inner(): asyncio.Coroutine<void> {
    try {
      yield* asyncio.sleep(1000);
    } finally {
      yield* asyncio.sleep(0);
      log.push('cleanup done');
    }
  }
  function* outer(): asyncio.Coroutine<void> {
    yield* inner();
    log.push('ran on after the cancellation');
  }
  const task = asyncio.createTask(outer());
  yield* asyncio.sleep(0.01);
  task.cancel();
  yield* asyncio.wait([task]);
  return log;
}

/** A native try/finally around a wait, cancelled: the finally runs. */
export function* nativeFinally(): asyncio.Coroutine<Log> {
  const log: Log = [];
  function* work(): asyncio.Coroutine<void> {
    try {
      yield* asyncio.sleep(1000);
    } finally {
      log.push('finally ran');
    }
  }
  const task = asyncio.createTask(work());
  yield* asyncio.sleep(0.01);
  task.cancel();
  yield* asyncio.wait([task]);
  return log;
}

/** A native try/catch around a failing operation: the catch runs. */
export function* nativeCatch(): asyncio.Coroutine<Log> {
  const log: Log = [];
  function* fails(): asyncio.Coroutine<never> {
    yield* asyncio.sleep(0);
    throw new Error('failed');
  }
  try {
    yield* fails();
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    log.push(`caught ${(error as Error).message}`);
  }
  return log;
}

/** Two children fail in their cleanup: both errors come out. */
export function* twoCleanupsFail(): asyncio.Coroutine<Log> {
  function* child(name: string): asyncio.Coroutine<void> {
    try {
      yield* asyncio.sleep(1000);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a cleanup that fails is the point
      throw new Error(name);
    }
  }
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(child('first cleanup'));
      group.createTask(child('second cleanup'));
      yield* asyncio.sleep(0.01);
      group.cancel();
    });
  } catch (error) {
    return messages(error);
  }
  return [];
}

/** One child fails, and the cleanup of its sibling fails too: the root cause is not lost. */
export function* rootCauseKept(): asyncio.Coroutine<Log> {
  function* fails(): asyncio.Coroutine<void> {
    yield* asyncio.sleep(0.01);
    throw new Error('root cause');
  }
  function* cleanupFails(): asyncio.Coroutine<void> {
    try {
      yield* asyncio.sleep(1000);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: a cleanup that fails is the point
      throw new Error('cleanup');
    }
  }
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(fails());
      group.createTask(cleanupFails());
      yield* asyncio.sleep(1000);
    });
  } catch (error) {
    return messages(error);
  }
  return [];
}

/** A child fails: the parent, which waits for something else, is told and stops. */
export function* childFailsParent(): asyncio.Coroutine<Log> {
  const log: Log = [];
  function* child(): asyncio.Coroutine<void> {
    yield* asyncio.sleep(0.01);
    throw new Error('child failed');
  }
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(child());
      yield* asyncio.sleep(0.1);
      log.push('parent went on');
    });
  } catch (error) {
    log.push(...messages(error));
  }
  return log;
}

/** A task that nobody waits for fails: somebody is told. */
export function* unawaitedFailure(): asyncio.Coroutine<Log> {
  const log: Log = [];
  asyncio.getRunningLoop().setExceptionHandler((_loop, context) => log.push(String(context.message)));
  function* background(): asyncio.Coroutine<void> {
    yield* asyncio.sleep(0);
    throw new Error('nobody waits for this');
  }
  asyncio.createTask(background());
  yield* asyncio.sleep(0.01);
  return log; // read again when the loop has closed: that is when it is told at the latest
}

function messages(error: unknown): Log {
  asyncio.rethrowIfCancelled(error);
  return (error as asyncio.ExceptionGroup).errors.map((member) => member.message);
}
