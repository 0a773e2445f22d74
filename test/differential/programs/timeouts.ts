// timeout and waitFor.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const { CancelledError, TimeoutError } = asyncio;

function* slow(log: Log, name = 'slow', delay = 1) {
  try {
    yield* asyncio.sleep(delay);
  } catch (error) {
    log(name, caught(error, CancelledError));
    throw error;
  }
  log(name, 'ends');
  return name;
}

function* fail(): asyncio.Coroutine<void> {
  throw new Boom('failed');
}

function self(): asyncio.Task {
  return asyncio.currentTask() as asyncio.Task;
}

export const timeouts = {
  *a_timeout_that_fires(log: Log) {
    const scope = asyncio.timeout(0.1);
    try {
      yield* asyncio.asyncWith(scope, function* () {
        log('when', log.ms(scope.when()));
        yield* slow(log);
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
      log('cause', caught(error, TimeoutError).cause);
    }
    log('expired', scope.expired());
    log('cancelling', self().cancelling());
    yield* asyncio.sleep(0.1);
    log('goes on');
  },

  *a_timeout_that_does_not_fire(log: Log) {
    const scope = asyncio.timeout(0.5);
    yield* asyncio.asyncWith(scope, () => slow(log, 'quick', 0.1));
    log('expired', scope.expired());
    yield* asyncio.sleep(1);
    log('goes on');
  },

  *a_timeout_of_zero_or_less(log: Log) {
    for (const delay of [0, -11]) {
      try {
        yield* asyncio.withTimeout(delay, function* () {
          yield* asyncio.sleep(0);
          log('one pass');
          yield* asyncio.sleep(0);
          log('never');
        });
      } catch (error) {
        log('caught', caught(error, TimeoutError));
      }
    }
    const scope = asyncio.timeout(0);
    yield* asyncio.asyncWith(scope, function* () {
      log('a body without an await');
    });
    log('expired', scope.expired());
    yield* asyncio.sleep(0);
    log('goes on');
  },

  *nested_timeouts_the_outer_first(log: Log) {
    const outer = asyncio.timeout(0.1);
    let inner: asyncio.Timeout | undefined;
    try {
      yield* asyncio.asyncWith(outer, function* () {
        inner = asyncio.timeout(0.2);
        try {
          yield* asyncio.asyncWith(inner, () => slow(log));
        } catch (error) {
          log('inner lets through', caught(error, CancelledError));
          throw error;
        }
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
    log('expired', [inner?.expired(), outer.expired()]);
  },

  *nested_timeouts_the_inner_first(log: Log) {
    const outer = asyncio.timeout(0.2);
    let inner: asyncio.Timeout | undefined;
    yield* asyncio.asyncWith(outer, function* () {
      inner = asyncio.timeout(0.1);
      try {
        yield* asyncio.asyncWith(inner, () => slow(log));
      } catch (error) {
        log('caught', caught(error, TimeoutError));
      }
      yield* slow(log, 'rest', 0.05);
    });
    log('expired', [inner?.expired(), outer.expired()]);
  },

  *nested_timeouts_in_the_past(log: Log) {
    const outer = asyncio.timeout(0);
    let inner: asyncio.Timeout | undefined;
    try {
      yield* asyncio.asyncWith(outer, function* () {
        inner = asyncio.timeout(-1);
        yield* asyncio.asyncWith(inner, () => slow(log));
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
    log('expired', [inner?.expired(), outer.expired()]);
    log('cancelling', self().cancelling());
  },

  *a_cancel_from_outside_wins(log: Log) {
    function* work(cleanup: number) {
      const scope = asyncio.timeout(0.1);
      try {
        yield* asyncio.asyncWith(scope, function* () {
          try {
            yield* asyncio.sleep(1);
          } finally {
            yield* asyncio.sleep(cleanup);
          }
        });
      } catch (error) {
        log('work', caught(error, TimeoutError));
      } finally {
        log('expired', scope.expired());
        log('cancelling', self().cancelling());
      }
    }
    for (const [at, cleanup] of [
      [0.05, 0],
      [0.05, 0.2],
      [0.15, 0.2],
    ] as const) {
      const task = asyncio.createTask(work(cleanup));
      yield* asyncio.sleep(at);
      task.cancel('outside');
      yield* asyncio.wait([task]);
      log('cancelled', task.cancelled());
    }
  },

  *timeout_and_cancel_in_one_pass(log: Log) {
    function* work() {
      const scope = asyncio.timeout(0.1);
      try {
        yield* asyncio.asyncWith(scope, function* () {
          yield* future;
        });
      } catch (error) {
        log('work', caught(error, TimeoutError));
      } finally {
        log('expired', scope.expired());
        log('cancelling', self().cancelling());
      }
    }
    const future = new asyncio.Future<null>();
    const task = asyncio.createTask(work());
    // It is told of the timeout's cancel first: in the same pass comes the other one.
    future.addDoneCallback(() => task.cancel('outside'));
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
  },

  *a_swallowed_timeout_raises_nothing(log: Log) {
    const scope = asyncio.timeout(0.1);
    yield* asyncio.asyncWith(scope, function* () {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        log('swallowed', caught(error, CancelledError));
      }
      log('cancelling', self().cancelling());
      yield* asyncio.sleep(0.5);
    });
    log('expired', scope.expired());
    log('cancelling', self().cancelling());
  },

  *an_error_in_the_block_stays(log: Log) {
    const scope = asyncio.timeout(0.1);
    try {
      yield* asyncio.asyncWith(scope, function* () {
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          caught(error, CancelledError);
          throw new Boom('in the cleanup');
        }
      });
    } catch (error) {
      log('caught', caught(error, Boom));
    }
    log('expired', scope.expired());
    log('cancelling', self().cancelling());
  },

  *reschedule_moves_the_deadline(log: Log) {
    const loop = asyncio.getRunningLoop();
    yield* asyncio.withTimeout(0.1, function* (scope) {
      scope.reschedule(loop.time() + 0.5);
      yield* asyncio.sleep(0.3);
      scope.reschedule(null);
      log('when', scope.when());
      yield* asyncio.sleep(0.7);
    });
    try {
      yield* asyncio.withTimeout(null, function* (scope) {
        yield* asyncio.sleep(0.1);
        scope.reschedule(loop.time() + 0.2);
        log('when', log.ms(scope.when()));
        yield* slow(log);
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
    try {
      yield* asyncio.withTimeoutAt(loop.time() + 5, function* (scope) {
        scope.reschedule(loop.time() - 1);
        yield* slow(log);
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
  },

  *reschedule_in_other_states(log: Log) {
    const attempt = (): void => {
      try {
        scope.reschedule(7);
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    };
    let scope = asyncio.timeout(0.1);
    attempt();
    try {
      yield* asyncio.asyncWith(scope, function* () {
        try {
          yield* asyncio.sleep(1);
        } finally {
          attempt();
        }
      });
    } catch (error) {
      caught(error, TimeoutError);
      attempt();
    }
    scope = asyncio.timeout(0.1);
    yield* asyncio.asyncWith(scope, function* () {});
    attempt();
    try {
      yield* asyncio.asyncWith(scope, function* () {
        log('never');
      });
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },

  *a_timeout_around_a_group(log: Log) {
    try {
      yield* asyncio.withTimeout(0.1, function* () {
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(slow(log, 'child'));
          yield* slow(log, 'body');
        });
      });
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
  },

  *wait_for_in_time(log: Log) {
    log('result', yield* asyncio.waitFor(slow(log, 'quick', 0.1), 0.5));
    log('no limit', yield* asyncio.waitFor(slow(log, 'slow', 2), null));
    const task = asyncio.createTask(slow(log, 'task', 0.1));
    log('task', yield* asyncio.waitFor(task, 0.5));
    try {
      yield* asyncio.waitFor(asyncio.createTask(fail()), 0.5);
    } catch (error) {
      log('caught', caught(error, Boom));
    }
  },

  *wait_for_too_late(log: Log) {
    const task = asyncio.createTask(slow(log));
    try {
      yield* asyncio.waitFor(task, 0.1);
    } catch (error) {
      log('caught', caught(error, TimeoutError));
      log('cause', caught(error, TimeoutError).cause);
    }
    log('cancelled', task.cancelled());
  },

  *wait_for_waits_for_the_cleanup(log: Log) {
    function* cleanup(how: string) {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        caught(error, CancelledError);
        log('cleanup begins');
        yield* asyncio.sleep(0.5);
        log('cleanup ends');
        if (how === 'fails') throw new Boom('in the cleanup');
        if (how === 'cancels') throw error;
      }
      return 'suppressed';
    }
    for (const how of ['fails', 'cancels', 'returns']) {
      for (const make of [cleanup, (how: string) => asyncio.createTask(cleanup(how))]) {
        try {
          log('result', yield* asyncio.waitFor(make(how), 0.1));
        } catch (error) {
          log('caught', caught(error, Error));
        }
      }
    }
  },

  *wait_for_at_once(log: Log) {
    function* never() {
      log('never');
    }
    const done = new asyncio.Future<string>();
    done.setResult('done');
    asyncio.getRunningLoop().callSoon(log, 'a pass later');
    log('result', yield* asyncio.waitFor(done, 0));
    const failed = new asyncio.Future<void>();
    failed.setException(new Boom('failed'));
    const pending = asyncio.createTask(slow(log));
    yield* asyncio.sleep(0);
    for (const awaitable of [failed, pending, never()]) {
      try {
        yield* asyncio.waitFor(awaitable as asyncio.Awaitable<unknown>, 0);
      } catch (error) {
        log('caught', caught(error, Error));
        log('cause', caught(error, Error).cause);
      }
    }
  },

  *wait_for_cancelled_from_outside(log: Log) {
    function* waiter() {
      try {
        yield* asyncio.waitFor(inner, 1);
      } catch (error) {
        log('waiter', caught(error, CancelledError));
        throw error;
      }
    }
    const inner = asyncio.createTask(slow(log));
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0.1);
    task.cancel('outside');
    yield* asyncio.wait([task]);
    log('cancelled', [task.cancelled(), inner.cancelled()]);
  },

  *wait_for_cancelled_as_the_inner_ends(log: Log) {
    const future = new asyncio.Future<string>();
    const task = asyncio.createTask(asyncio.waitFor(future, 1));
    yield* asyncio.sleep(0);
    future.setResult('kept');
    task.cancel('at the same time');
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    log('result', future.result());
  },

  *wait_for_a_shield(log: Log) {
    const task = asyncio.createTask(slow(log, 'task', 0.5));
    try {
      yield* asyncio.waitFor(asyncio.shield(task), 0.1);
    } catch (error) {
      log('caught', caught(error, TimeoutError));
    }
    log('result', yield* task);
  },

  *wait_for_in_wait_for(log: Log) {
    function* inner() {
      try {
        return yield* asyncio.waitFor(slow(log), 0.2);
      } catch (error) {
        log('inner', caught(error, Error));
        asyncio.rethrowIfCancelled(error);
        return 'late';
      }
    }
    for (const limit of [0.1, 0.3]) {
      try {
        log('result', yield* asyncio.waitFor(inner(), limit));
      } catch (error) {
        log('caught', caught(error, TimeoutError));
      }
    }
  },
} satisfies Programs;
