// Cancellation of a task in each of its states.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { caught } from '../log.ts';

const { CancelledError } = asyncio;

function* waitForever() {
  yield* asyncio.getRunningLoop().createFuture();
}

export const cancel = {
  *cancel_before_the_first_step(log: Log) {
    function* never() {
      log('never: runs');
      try {
        yield* asyncio.sleep(1);
      } finally {
        log('never: finally');
      }
    }
    const task = asyncio.createTask(never());
    log('cancel gives', task.cancel('early'));
    log('cancelling', task.cancelling());
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
    log('cancelled', task.cancelled());
    log('cancel of a done task gives', task.cancel());
  },

  *cancel_while_waiting(log: Log) {
    function* waiter() {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        log('waiter: caught', caught(error, CancelledError));
        yield* asyncio.sleep(0.25);
        log('waiter: cleaned up');
        throw error;
      }
    }
    const task = asyncio.createTask(waiter());
    task.addDoneCallback((done) => log('done callback', done.cancelled()));
    yield* asyncio.sleep(0.5);
    task.cancel('late');
    log('done at once', task.done());
    try {
      yield* task;
    } catch (error) {
      log('main: caught', caught(error, CancelledError));
    }
  },

  *cancel_through_a_chain_of_tasks(log: Log) {
    function* inner() {
      try {
        yield* waitForever();
      } finally {
        log('inner: finally');
      }
    }
    function* middle() {
      try {
        yield* asyncio.createTask(inner());
      } finally {
        log('middle: finally');
      }
    }
    function* outer() {
      try {
        yield* asyncio.createTask(middle());
      } finally {
        log('outer: finally');
      }
    }
    const task = asyncio.createTask(outer());
    for (let i = 0; i < 3; i += 1) yield* asyncio.sleep(0);
    task.cancel('chain');
    for (let i = 0; i < 4; i += 1) {
      log('done', task.done());
      yield* asyncio.sleep(0);
    }
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *cancel_while_ready(log: Log) {
    const future = new asyncio.Future<string>();
    function* waiter() {
      try {
        log('waiter: got', yield* future);
      } catch (error) {
        log('waiter: caught', caught(error, CancelledError));
        throw error;
      }
    }
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0);
    future.setResult('value');
    log('cancel gives', task.cancel('too late for the future'));
    log('future', future.result());
    try {
      yield* task;
    } catch (error) {
      log('main: caught', caught(error, CancelledError));
    }
  },

  *cancel_of_a_yielding_task(log: Log) {
    function* spin() {
      try {
        for (let step = 0; step < 5; step += 1) {
          log('spin', step);
          yield* asyncio.sleep(0);
        }
      } finally {
        log('spin: finally');
      }
    }
    const task = asyncio.createTask(spin());
    yield* asyncio.sleep(0);
    yield* asyncio.sleep(0);
    task.cancel();
    log('cancelled at once', task.cancelled());
    yield* asyncio.sleep(0);
    log('cancelled a pass later', task.cancelled());
  },

  *self_cancel_meets_the_next_await(log: Log) {
    function* work() {
      asyncio.currentTask()?.cancel('self');
      log('goes on');
      try {
        yield* asyncio.sleep(0);
      } catch (error) {
        log('caught', caught(error, CancelledError));
        throw error;
      }
    }
    const task = asyncio.createTask(work());
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
  },

  *self_cancel_before_the_end_discards_the_result(log: Log) {
    function* work() {
      asyncio.currentTask()?.cancel('at the end');
      return 'lost';
    }
    const task = asyncio.createTask(work());
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    try {
      task.result();
    } catch (error) {
      log('result', caught(error, CancelledError));
    }
  },

  *self_cancel_before_an_error_keeps_the_error(log: Log) {
    function* work() {
      asyncio.currentTask()?.cancel();
      throw new RangeError('kept');
    }
    const task = asyncio.createTask(work());
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    log('exception', task.exception());
  },

  *self_cancel_cancels_what_is_awaited_next(log: Log) {
    function* inner() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        log('inner: finally');
      }
    }
    function* work(awaited: asyncio.Task<void>) {
      asyncio.currentTask()?.cancel('passed on');
      yield* awaited;
    }
    const innerTask = asyncio.createTask(inner());
    yield* asyncio.sleep(0);
    const task = asyncio.createTask(work(innerTask));
    yield* asyncio.wait([task]);
    log('cancelled', [task.cancelled(), innerTask.cancelled()]);
    try {
      yield* innerTask;
    } catch (error) {
      log('inner', caught(error, CancelledError));
    }
  },

  *two_cancels_in_one_pass(log: Log) {
    function* work() {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        log('first', caught(error, CancelledError));
      }
      try {
        yield* asyncio.sleep(0.5);
        log('slept');
      } catch (error) {
        log('second', caught(error, CancelledError));
      }
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0);
    log('cancel gives', [task.cancel('one'), task.cancel('two')]);
    log('cancelling', task.cancelling());
    yield* task;
    log('done', task.cancelled());
  },

  *a_second_cancel_reaches_the_cleanup(log: Log) {
    function* work() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        log('cleanup begins');
        try {
          yield* asyncio.sleep(0.5);
        } catch (error) {
          log('cleanup: caught', caught(error, CancelledError));
          // biome-ignore lint/correctness/noUnsafeFinally: what is thrown here takes the place of the first
          throw error;
        } finally {
          log('cleanup ends');
        }
      }
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0.1);
    task.cancel('one');
    yield* asyncio.sleep(0.2);
    task.cancel('two');
    log('cancelling', task.cancelling());
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *messages_of_any_type(log: Log) {
    for (const message of [null, 'text', 7, ['a', 'pair']]) {
      const task = asyncio.createTask(waitForever());
      yield* asyncio.sleep(0);
      task.cancel(message);
      try {
        yield* task;
      } catch (error) {
        log('args', caught(error, CancelledError).args);
      }
    }
  },

  *the_error_is_handed_out_once(log: Log) {
    const task = asyncio.createTask(waitForever());
    const future = new asyncio.Future<void>();
    yield* asyncio.sleep(0);
    task.cancel('message');
    future.cancel('message');
    yield* asyncio.sleep(0);
    for (const [name, one] of [
      ['task', task],
      ['future', future],
    ] as const) {
      for (let i = 0; i < 2; i += 1) {
        try {
          one.result();
        } catch (error) {
          log(name, caught(error, CancelledError));
        }
        try {
          one.exception();
        } catch (error) {
          log(name, caught(error, CancelledError));
        }
        try {
          yield* one;
        } catch (error) {
          log(name, caught(error, CancelledError));
        }
      }
    }
  },

  *a_swallowed_cancel_stays_counted(log: Log) {
    function* stubborn() {
      const self = asyncio.currentTask() as asyncio.Task;
      for (let i = 0; i < 2; i += 1) {
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          log('swallowed', caught(error, CancelledError));
          log('cancelling', self.cancelling());
        }
      }
      log('uncancel', self.uncancel());
      log('uncancel', self.uncancel());
      log('uncancel', self.uncancel());
      yield* asyncio.sleep(0.5);
      return 'survived';
    }
    const task = asyncio.createTask(stubborn());
    yield* asyncio.sleep(0.1);
    task.cancel('one');
    yield* asyncio.sleep(0.2);
    task.cancel('two');
    log('result', yield* task);
    log('cancelling', task.cancelling());
  },

  *uncancel_to_zero_disarms(log: Log) {
    const future = new asyncio.Future<string>();
    function* work() {
      log('got', yield* future);
      return 'undisturbed';
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0);
    future.setResult('value');
    task.cancel();
    task.cancel();
    log('uncancel', task.uncancel());
    log('uncancel', task.uncancel());
    log('result', yield* task);
  },

  *cancel_of_the_awaited_future(log: Log) {
    const future = new asyncio.Future<void>();
    function* work() {
      yield* future;
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0);
    future.cancel('inner');
    log('cancelling', task.cancelling());
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
    log('cancelled', task.cancelled());
  },

  *cancel_turned_into_an_error(log: Log) {
    function* work() {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        caught(error, CancelledError);
        throw new RangeError('instead');
      }
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0);
    task.cancel();
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    log('exception', task.exception());
    log('cancelling', task.cancelling());
  },

  *a_raised_cancelled_error_cancels(log: Log) {
    function* work() {
      throw new CancelledError('raised', 'twice');
    }
    const task = asyncio.createTask(work());
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    log('cancelling', task.cancelling());
    try {
      yield* task;
    } catch (error) {
      log('args', caught(error, CancelledError).args);
    }
  },

  *cancel_from_a_done_callback(log: Log) {
    function* first() {
      yield* asyncio.sleep(0.1);
    }
    function* second() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        log('second: finally');
      }
    }
    const one = asyncio.createTask(first());
    const two = asyncio.createTask(second());
    one.addDoneCallback(() => log('cancel gives', two.cancel('from a callback')));
    try {
      yield* two;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *cancel_of_a_task_that_awaits_a_done_task(log: Log) {
    function* quick() {
      return 'quick';
    }
    function* waiter(task: asyncio.Task<string>) {
      try {
        log('waiter: got', yield* task);
      } catch (error) {
        log('waiter: caught', caught(error, CancelledError));
        throw error;
      }
    }
    const inner = asyncio.createTask(quick());
    const outer = asyncio.createTask(waiter(inner));
    yield* asyncio.sleep(0);
    log('inner done', inner.done());
    log('cancel gives', outer.cancel('between'));
    yield* asyncio.wait([outer]);
    log('cancelled', outer.cancelled());
  },

  *canceller_and_cancelled_in_one_batch(log: Log) {
    function* victim(name: string) {
      try {
        log(name, 'starts');
        yield* asyncio.sleep(0);
        log(name, 'goes on');
        yield* asyncio.sleep(0);
        log(name, 'ends');
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
        throw error;
      }
    }
    function* canceller() {
      log('canceller: starts');
      yield* asyncio.sleep(0);
      log(
        'cancels',
        victims.map((one) => one.cancel()),
      );
    }
    const victims = [asyncio.createTask(victim('early'))];
    const middle = asyncio.createTask(canceller());
    victims.push(asyncio.createTask(victim('late')));
    yield* asyncio.wait([...victims, middle]);
    log(
      'cancelled',
      victims.map((one) => one.cancelled()),
    );
  },
} satisfies Programs;
