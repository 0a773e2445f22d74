// How many passes of the loop each kind of wait takes.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { caught } from '../log.ts';

function* nothing() {
  return 'nothing';
}

function* step() {
  yield* asyncio.sleep(0);
  return 'step';
}

/** The waiter has let go of the lock; take it for a moment. */
function notify(condition: asyncio.Condition): void {
  condition.acquire().next();
  condition.notify();
  condition.release();
}

export const passes = {
  *passes_of_tasks(log: Log) {
    log('begin');
    yield* asyncio.sleep(0);
    log('sleep(0)');
    yield* nothing();
    log('a coroutine');
    yield* asyncio.createTask(nothing());
    log('a task of one step');
    yield* asyncio.createTask(step());
    log('a task of two steps');
    yield* asyncio.ensureFuture(asyncio.sleep(0, 'slept'));
    log('a task of sleep(0)');
  },

  *passes_of_combinators(log: Log) {
    log('begin');
    yield* asyncio.wait([asyncio.createTask(nothing())]);
    log('wait');
    yield* asyncio.gather(nothing(), nothing());
    log('gather');
    yield* asyncio.gather(nothing(), step());
    log('gather of different lengths');
    yield* asyncio.shield(nothing());
    log('shield');
    for (const next of asyncio.asCompleted([nothing(), step()])) log('as_completed gives', yield* next);
    yield* asyncio.asyncFor(asyncio.asCompleted([nothing(), step()]), function* (task) {
      log('async as_completed gives', yield* task);
    });
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(nothing());
    });
    log('a group of one');
  },

  *passes_of_limits(log: Log) {
    log('begin');
    log('wait_for', yield* asyncio.waitFor(nothing(), 1));
    log('wait_for', yield* asyncio.waitFor(step(), 1));
    log('wait_for a task', yield* asyncio.waitFor(asyncio.createTask(nothing()), 1));
    yield* asyncio.withTimeout(1, function* () {
      log('timeout');
    });
    for (const limit of [0.1, 0]) {
      try {
        yield* asyncio.withTimeout(limit, () => asyncio.sleep(1));
      } catch (error) {
        caught(error, asyncio.TimeoutError);
        log('timeout, over');
      }
      try {
        yield* asyncio.waitFor(asyncio.sleep(1), limit);
      } catch (error) {
        caught(error, asyncio.TimeoutError);
        log('wait_for, over');
      }
    }
  },

  *passes_of_locks(log: Log) {
    const lock = new asyncio.Lock();
    const event = new asyncio.Event();
    const semaphore = new asyncio.Semaphore();
    const condition = new asyncio.Condition();
    const queue = new asyncio.Queue<number>(1);
    const loop = asyncio.getRunningLoop();
    log('begin');
    for (const one of [lock, semaphore, condition]) {
      yield* one.acquire();
      log('acquire');
      if (one !== condition) {
        loop.callSoon(() => one.release());
        yield* one.acquire();
        log('acquire after a release');
      }
    }
    loop.callSoon(() => event.set());
    yield* event.wait();
    log('event');
    loop.callSoon(notify, condition);
    yield* condition.wait();
    log('condition');
    loop.callSoon(() => queue.putNowait(1));
    log('get', yield* queue.get());
    yield* queue.put(2);
    log('put');
    loop.callSoon(() => queue.getNowait());
    yield* queue.put(3);
    log('put after a get');
  },
} satisfies Programs;
