// gather, wait, shield and asCompleted.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const { CancelledError } = asyncio;

/** Sleeps milliseconds, then gives its name or throws. */
function* after(log: Log, delay: number, name: string, error?: Error) {
  try {
    log(name, 'starts');
    yield* asyncio.sleep(delay / 1000);
  } catch (cancelled) {
    log(name, caught(cancelled, CancelledError));
    throw cancelled;
  }
  log(name, 'ends');
  if (error !== undefined) throw error;
  return name;
}

/** A task for each delay, which gives its name. */
function tasksAfter(log: Log, delays: readonly number[]): asyncio.Task<string>[] {
  return delays.map((delay) => asyncio.createTask(after(log, delay, `after ${delay}`)));
}

export const combinators = {
  *gather_gives_results_in_order_of_arguments(log: Log) {
    log('results', yield* asyncio.gather(after(log, 3, 'a'), after(log, 1, 'b'), after(log, 2, 'c')));
    log('one pass each', yield* asyncio.gather(after(log, 0, 'd'), after(log, 0, 'e')));
  },

  *gather_of_nothing_and_of_what_is_done(log: Log) {
    const future = new asyncio.Future<string>();
    future.setResult('future');
    asyncio.getRunningLoop().callSoon(log, 'a pass later');
    log('nothing', yield* asyncio.gather());
    const done = asyncio.gather(future, future);
    log('done at once', done.done());
    log('results', yield* done);
  },

  *gather_leaves_the_siblings_of_a_failure_running(log: Log) {
    const tasks = [
      asyncio.createTask(after(log, 2, 'a')),
      asyncio.createTask(after(log, 1, 'b', new Boom('b failed'))),
      asyncio.createTask(after(log, 3, 'c', new Boom('c failed'))),
    ];
    const done = (): boolean[] => tasks.map((task) => task.done());
    try {
      yield* asyncio.gather(...tasks);
    } catch (error) {
      log('caught', caught(error, Boom));
    }
    log('done', done());
    yield* asyncio.sleep(0.005);
    log('done', done());
  },

  *gather_with_return_exceptions(log: Log) {
    const cancelled = asyncio.createTask(after(log, 5, 'cancelled'));
    asyncio.getRunningLoop().callLater(0.0005, () => cancelled.cancel('message'));
    const results = yield* asyncio.gather(
      [after(log, 2, 'a'), after(log, 1, 'b', new Boom('b failed')), cancelled],
      { returnExceptions: true },
    );
    log('results', results);
  },

  *gather_of_a_cancelled_child(log: Log) {
    const child = asyncio.createTask(after(log, 5, 'child'));
    const gathered = asyncio.gather(child, after(log, 1, 'other'));
    yield* asyncio.sleep(0);
    child.cancel('child');
    yield* asyncio.wait([gathered]);
    log('cancelled', gathered.cancelled());
    log('exception', gathered.exception());
    yield* asyncio.sleep(0.002);
  },

  *gather_cancelled_by_its_waiter(log: Log) {
    function* waiter() {
      try {
        return yield* asyncio.gather(after(log, 2, 'a'), after(log, 1, 'b'));
      } catch (error) {
        log('waiter', caught(error, CancelledError));
        throw error;
      }
    }
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0.0005);
    task.cancel('all of you');
    try {
      yield* task;
    } catch (error) {
      log('main', caught(error, CancelledError));
    }
  },

  *gather_cancelled_with_return_exceptions(log: Log) {
    const children = tasksAfter(log, [2, 1]);
    const gathered = asyncio.gather(children, { returnExceptions: true });
    yield* asyncio.sleep(0);
    log('cancel gives', gathered.cancel('gathered'));
    log('done at once', gathered.done());
    try {
      yield* gathered;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
    log(
      'cancelled',
      children.map((child) => child.cancelled()),
    );
  },

  *gather_cancelled_too_late(log: Log) {
    const children = [...'ab'].map((name) => asyncio.createTask(after(log, 0, name)));
    const gathered = asyncio.gather(...children);
    for (let i = 0; i < 4; i += 1) {
      if (children.every((child) => child.done())) break;
      yield* asyncio.sleep(0);
    }
    log('gathered is done', gathered.done());
    log('cancel gives', gathered.cancel());
    log('results', yield* gathered);
    log('cancel gives', gathered.cancel());
  },

  *gather_of_a_child_that_refuses(log: Log) {
    function* refuse() {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        log('refuse', caught(error, CancelledError));
      }
      return 'refused';
    }
    const gathered = asyncio.gather(refuse(), after(log, 1, 'other'));
    yield* asyncio.sleep(0);
    gathered.cancel('please');
    try {
      log('results', yield* gathered);
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *gather_runs_a_duplicate_once(log: Log) {
    const coroutine = after(log, 1, 'twice');
    log('results', yield* asyncio.gather(coroutine, after(log, 0, 'once'), coroutine));
  },

  *gather_in_gather(log: Log) {
    function* waiter() {
      const inner = asyncio.gather(after(log, 3, 'a'), after(log, 1, 'b', new Boom('b failed')));
      return yield* asyncio.gather([inner, after(log, 2, 'c')], { returnExceptions: true });
    }
    log('results', yield* waiter());
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0.0005);
    task.cancel('deep');
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *wait_for_all(log: Log) {
    const tasks = tasksAfter(log, [2, 1, 3]);
    const [done, pending] = yield* asyncio.wait(tasks);
    log(
      'done',
      [...done].map((task) => task.result()),
    );
    log('pending', pending.size);
    asyncio.getRunningLoop().callSoon(log, 'a pass later');
    const [again] = yield* asyncio.wait(tasks);
    log('again', again.size);
  },

  *wait_for_the_first(log: Log) {
    let tasks = tasksAfter(log, [3, 0, 0, 1]);
    while (tasks.length > 0) {
      const [done, pending] = yield* asyncio.wait(tasks, { returnWhen: asyncio.FIRST_COMPLETED });
      log(
        'done',
        [...done].map((task) => task.result()),
      );
      tasks = tasks.filter((task) => pending.has(task));
    }
  },

  *wait_for_the_first_exception(log: Log) {
    const tasks = [
      asyncio.createTask(after(log, 1, 'cancelled')),
      asyncio.createTask(after(log, 2, 'ends')),
      asyncio.createTask(after(log, 3, 'fails', new Boom('failed'))),
      asyncio.createTask(after(log, 4, 'late')),
    ];
    yield* asyncio.sleep(0);
    tasks[0]?.cancel();
    const [done, pending] = yield* asyncio.wait(tasks, { returnWhen: asyncio.FIRST_EXCEPTION });
    log(
      'done',
      [...done].map((task) => tasks.indexOf(task)),
    );
    log(
      'pending',
      [...pending].map((task) => tasks.indexOf(task)),
    );
    log('exception', tasks[2]?.exception());
    yield* asyncio.wait(pending);
  },

  *wait_with_a_timeout(log: Log) {
    const tasks = tasksAfter(log, [1, 5]);
    const first = yield* asyncio.wait(tasks, { timeout: 0.003 });
    log(
      'lengths',
      first.map((set) => set.size),
    );
    log(
      'cancelled',
      [...first[1]].map((task) => task.cancelled()),
    );
    const second = yield* asyncio.wait(tasks, { timeout: 1 });
    log(
      'lengths',
      second.map((set) => set.size),
    );
    log('time', log.ms(asyncio.getRunningLoop().time()));
  },

  *wait_cancelled(log: Log) {
    const task = asyncio.createTask(after(log, 2, 'goes on'));
    const waiter = asyncio.createTask(asyncio.wait([task], { timeout: 1 }));
    yield* asyncio.sleep(0.001);
    waiter.cancel('waiter');
    try {
      yield* waiter;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
    log('result', yield* task);
  },

  *wait_refuses(log: Log) {
    const future = new asyncio.Future();
    const coroutine = after(log, 0, 'never');
    const wrong: readonly (readonly [unknown, object])[] = [
      [[], {}],
      [[future], { returnWhen: 'SOMETIME' }],
      [[coroutine], {}],
      [future, {}],
    ];
    for (const [awaitables, options] of wrong) {
      try {
        yield* asyncio.wait(awaitables as asyncio.Future[], options);
      } catch (error) {
        log('refused', error instanceof RangeError ? 'ValueError' : caught(error, TypeError).name);
      }
    }
  },

  *shield_passes_the_outcome_on(log: Log) {
    log('result', yield* asyncio.shield(after(log, 1, 'inner')));
    try {
      yield* asyncio.shield(after(log, 1, 'fails', new Boom('failed')));
    } catch (error) {
      log('caught', caught(error, Boom));
    }
    const inner = asyncio.createTask(after(log, 1, 'cancelled'));
    const outer = asyncio.shield(inner);
    yield* asyncio.sleep(0);
    inner.cancel('inner');
    yield* asyncio.wait([outer]);
    log('outer cancelled', outer.cancelled());
    const done = new asyncio.Future<number>();
    done.setResult(1);
    log('what is done comes back itself', asyncio.shield(done) === done);
  },

  *shield_keeps_the_cancel_away(log: Log) {
    const inner = asyncio.createTask(after(log, 3, 'inner'));
    function* waiter() {
      try {
        yield* asyncio.shield(inner);
      } catch (error) {
        log('waiter', caught(error, CancelledError));
        throw error;
      }
    }
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0.001);
    task.cancel('shielded');
    yield* asyncio.wait([task]);
    log('states', [task.cancelled(), inner.done()]);
    log('result', yield* inner);
  },

  *shield_cancelled_in_the_pass_in_which_inner_ends(log: Log) {
    const future = new asyncio.Future<string>();
    function* waiter() {
      try {
        log('waiter', yield* asyncio.shield(future));
      } catch (error) {
        log('waiter', caught(error, CancelledError));
      }
    }
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0);
    future.setResult('value');
    task.cancel('at the same time');
    yield* task;
    log('future', future.result());
  },

  *as_completed_in_order_of_completion(log: Log) {
    for (const next of asyncio.asCompleted([after(log, 3, 'a'), after(log, 1, 'b'), after(log, 2, 'c')]))
      log('next', yield* next);
  },

  *as_completed_of_what_is_done(log: Log) {
    function* quick(name: string) {
      return name;
    }
    const tasks = [...'abc'].map((name) => asyncio.createTask(quick(name)));
    yield* asyncio.sleep(0);
    for (const next of asyncio.asCompleted(tasks)) log('next', yield* next);
  },

  *as_completed_with_errors_and_a_timeout(log: Log) {
    const awaitables = [
      after(log, 1, 'a', new Boom('a failed')),
      after(log, 2, 'b'),
      after(log, 50, 'c'),
      after(log, 60, 'd'),
    ];
    for (const next of asyncio.asCompleted(awaitables, { timeout: 0.01 })) {
      try {
        log('next', yield* next);
      } catch (error) {
        log('error', caught(error, Error));
      }
    }
  },

  *as_completed_awaited_out_of_order(log: Log) {
    const coroutines = [3, 1, 2].map((delay) => after(log, delay, `after ${delay}`));
    const [first, second, third] = asyncio.asCompleted(coroutines) as Iterable<asyncio.Coroutine<string>> as [
      asyncio.Coroutine<string>,
      asyncio.Coroutine<string>,
      asyncio.Coroutine<string>,
    ];
    log('third', yield* third);
    log('first', yield* first);
    log('second', yield* second);
  },

  *as_completed_gives_the_futures(log: Log) {
    const delays = [3, 0, 0.5, 2];
    const tasks = tasksAfter(log, delays);
    yield* asyncio.asyncFor(asyncio.asCompleted(tasks), function* (task) {
      log('task', [delays[tasks.indexOf(task as asyncio.Task<string>)], task.done()]);
      log('result', yield* task);
    });
  },

  *as_completed_async_with_a_timeout(log: Log) {
    const tasks = tasksAfter(log, [3, 1, 20]);
    try {
      yield* asyncio.asyncFor(asyncio.asCompleted(tasks, { timeout: 0.005 }), function* (task) {
        log('task', tasks.indexOf(task as asyncio.Task<string>));
      });
    } catch (error) {
      log('caught', caught(error, asyncio.TimeoutError));
    }
    log(
      'done',
      tasks.map((task) => task.done()),
    );
  },
} satisfies Programs;
