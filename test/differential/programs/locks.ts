// Lock, Event, Condition, Semaphore and Barrier, and their races.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { caught } from '../log.ts';

const { CancelledError } = asyncio;

function* settle(passes = 8) {
  for (let i = 0; i < passes; i += 1) yield* asyncio.sleep(0);
}

export const locks = {
  *a_lock_is_handed_over_in_order(log: Log) {
    const lock = new asyncio.Lock();
    function* worker(name: string) {
      yield* asyncio.asyncWith(lock, function* () {
        log(name, 'has it');
        yield* asyncio.sleep(0.01);
      });
      log(name, 'gave it back');
    }
    for (const task of [...'abc'].map((name) => asyncio.createTask(worker(name)))) yield* task;
    log('locked', lock.locked());
  },

  *nobody_overtakes_at_a_lock(log: Log) {
    const lock = new asyncio.Lock();
    function* waiter(name: string) {
      yield* lock.acquire();
      log(name, 'has it');
      lock.release();
    }
    yield* lock.acquire();
    const first = asyncio.createTask(waiter('first'));
    yield* asyncio.sleep(0);
    lock.release();
    log('locked', lock.locked());
    yield* waiter('main');
    yield* first;
  },

  *a_free_lock_costs_no_pass(log: Log) {
    const lock = new asyncio.Lock();
    asyncio.getRunningLoop().callSoon(log, 'a pass later');
    for (const word of ['one', 'two']) {
      yield* asyncio.asyncWith(lock, function* () {
        log(word);
      });
    }
    try {
      lock.release();
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },

  *a_waiter_at_a_lock_is_cancelled(log: Log) {
    const lock = new asyncio.Lock();
    function* worker(name: string) {
      try {
        yield* asyncio.asyncWith(lock, function* () {
          log(name, 'has it');
        });
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
        throw error;
      }
    }
    yield* lock.acquire();
    const tasks = [...'abc'].map((name) => asyncio.createTask(worker(name)));
    yield* asyncio.sleep(0);
    tasks[0]?.cancel();
    yield* asyncio.sleep(0);
    tasks[1]?.cancel();
    lock.release();
    log('locked', lock.locked());
    yield* asyncio.wait(tasks);
    log('locked', lock.locked());
  },

  *lock_release_and_cancel_of_the_chosen(log: Log) {
    for (const cancelFirst of [true, false]) {
      const lock = new asyncio.Lock();
      function* worker(name: string) {
        yield* asyncio.asyncWith(lock, function* () {
          log(name, 'has it');
        });
      }
      yield* lock.acquire();
      const chosen = asyncio.createTask(worker('chosen'));
      const following = asyncio.createTask(worker('following'));
      yield* asyncio.sleep(0);
      if (cancelFirst) {
        chosen.cancel();
        lock.release();
      } else {
        lock.release();
        chosen.cancel();
      }
      const late = asyncio.createTask(worker('late'));
      yield* asyncio.wait([chosen, following, late]);
      log('cancelled', [chosen.cancelled(), following.cancelled()]);
      log('locked', lock.locked());
    }
  },

  *an_event_wakes_everyone_without_reordering(log: Log) {
    const event = new asyncio.Event();
    function* waiter(number: number) {
      yield* event.wait();
      log('woken', number);
    }
    const tasks = [asyncio.createTask(waiter(1)), asyncio.createTask(waiter(2))];
    yield* asyncio.sleep(0);
    tasks.push(asyncio.createTask(waiter(3)));
    event.set();
    for (const task of tasks) yield* task;
    asyncio.getRunningLoop().callSoon(log, 'a pass later');
    log('set already', yield* event.wait());
  },

  *an_event_set_and_cleared_at_once(log: Log) {
    const event = new asyncio.Event();
    function* waiter(name: string) {
      try {
        log(name, yield* event.wait());
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
      }
    }
    const tasks = [...'abc'].map((name) => asyncio.createTask(waiter(name)));
    yield* asyncio.sleep(0);
    tasks[1]?.cancel();
    event.set();
    event.clear();
    const late = asyncio.createTask(waiter('late'));
    yield* asyncio.wait(tasks);
    log('set', event.isSet());
    tasks[0]?.cancel();
    late.cancel();
    yield* late;
  },

  *a_condition_notifies_some_and_all(log: Log) {
    const condition = new asyncio.Condition();
    function* waiter(name: string) {
      yield* asyncio.asyncWith(condition, function* () {
        log(name, 'waits');
        yield* condition.wait();
        log(name, 'notified');
        yield* asyncio.sleep(0);
      });
    }
    const tasks = [...'abcde'].map((name) => asyncio.createTask(waiter(name)));
    yield* settle();
    yield* asyncio.asyncWith(condition, function* () {
      condition.notify(2);
      log('notified two');
    });
    yield* settle();
    yield* asyncio.asyncWith(condition, function* () {
      condition.notify();
      condition.notifyAll();
    });
    for (const task of tasks) yield* task;
    for (const call of [() => condition.notify(), () => condition.notifyAll()]) {
      try {
        call();
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    }
    try {
      yield* condition.wait();
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },

  *a_condition_waits_for_a_predicate(log: Log) {
    const condition = new asyncio.Condition();
    let value = 0;
    function* waiter(name: string, least: number) {
      yield* asyncio.asyncWith(condition, function* () {
        log(name, yield* condition.waitFor(() => value >= least && `value ${value}`));
      });
    }
    const tasks = [2, 1, 0].map((least) => asyncio.createTask(waiter(`at least ${least}`, least)));
    for (let i = 0; i < 2; i += 1) {
      yield* settle();
      yield* asyncio.asyncWith(condition, function* () {
        value += 1;
        condition.notifyAll();
      });
    }
    for (const task of tasks) yield* task;
  },

  *a_cancelled_condition_wait_takes_the_lock_again(log: Log) {
    const condition = new asyncio.Condition();
    function* waiter() {
      yield* asyncio.asyncWith(condition, function* () {
        try {
          yield* condition.wait();
        } catch (error) {
          log('cancelled', caught(error, CancelledError));
          log('locked', condition.locked());
          throw error;
        }
      });
    }
    const task = asyncio.createTask(waiter());
    yield* asyncio.sleep(0);
    yield* condition.acquire();
    task.cancel('one');
    yield* asyncio.sleep(0.1);
    log('done', task.done());
    task.cancel('two');
    yield* asyncio.sleep(0.1);
    log('done', task.done());
    condition.release();
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
    log('locked', condition.locked());
  },

  *a_notification_of_a_cancelled_waiter_is_passed_on(log: Log) {
    const condition = new asyncio.Condition();
    function* waiter(name: string) {
      yield* asyncio.asyncWith(condition, function* () {
        try {
          yield* condition.wait();
          log(name, 'notified');
        } catch (error) {
          caught(error, CancelledError);
          log(name, 'cancelled');
          throw error;
        }
      });
    }
    const tasks = [...'ab'].map((name) => asyncio.createTask(waiter(name)));
    yield* settle();
    yield* asyncio.asyncWith(condition, function* () {
      condition.notify();
      tasks[0]?.cancel();
    });
    yield* asyncio.wait(tasks);
  },

  *a_semaphore_lets_so_many_in(log: Log) {
    const semaphore = new asyncio.Semaphore(2);
    function* worker(delay: number) {
      const name = `for ${delay}`;
      yield* asyncio.asyncWith(semaphore, function* () {
        log(name, 'in');
        yield* asyncio.sleep(delay / 1000);
      });
      log(name, 'out');
    }
    const tasks = [30, 10, 5, 17].map((delay) => asyncio.createTask(worker(delay)));
    yield* asyncio.sleep(0);
    log('locked', semaphore.locked());
    for (const task of tasks) yield* task;
    log('locked', semaphore.locked());
  },

  *a_semaphore_is_first_come_first_served(log: Log) {
    const semaphore = new asyncio.Semaphore(1);
    function* worker(name: string, times: number) {
      for (let i = 0; i < times; i += 1) {
        yield* asyncio.asyncWith(semaphore, function* () {
          log(name, 'in');
          yield* asyncio.sleep(0);
        });
      }
    }
    yield* asyncio.gather(worker('a', 3), worker('b', 2), worker('c', 1));
  },

  *a_semaphore_with_permits_and_waiters_is_locked(log: Log) {
    const semaphore = new asyncio.Semaphore(0);
    function* waiter(name: string) {
      yield* semaphore.acquire();
      log(name, 'in');
    }
    const tasks = [...'ab'].map((name) => asyncio.createTask(waiter(name)));
    yield* asyncio.sleep(0);
    semaphore.release();
    semaphore.release();
    semaphore.release();
    log('locked', semaphore.locked());
    yield* waiter('main');
    yield* asyncio.wait(tasks);
    log('locked', semaphore.locked());
  },

  *a_woken_and_cancelled_waiter_gives_its_permit_back(log: Log) {
    const semaphore = new asyncio.Semaphore(0);
    function* waiter(name: string) {
      try {
        yield* semaphore.acquire();
        log(name, 'in');
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
        throw error;
      }
    }
    const tasks = [...'abc'].map((name) => asyncio.createTask(waiter(name)));
    yield* asyncio.sleep(0);
    semaphore.release();
    tasks[0]?.cancel();
    yield* settle();
    tasks[2]?.cancel();
    semaphore.release();
    yield* asyncio.wait(tasks);
    log('locked', semaphore.locked());
  },

  *a_bounded_semaphore_refuses_a_release_too_many(log: Log) {
    const semaphore = new asyncio.BoundedSemaphore(1);
    yield* asyncio.asyncWith(semaphore, function* () {
      log('locked', semaphore.locked());
    });
    try {
      semaphore.release();
    } catch (error) {
      log('refused', caught(error, RangeError));
    }
  },

  *a_barrier_lets_them_go_together(log: Log) {
    const barrier = new asyncio.Barrier(3);
    function* worker(name: string) {
      log(name, yield* barrier.wait());
    }
    const start = (names: string): asyncio.Task<void>[] =>
      [...names].map((name) => asyncio.createTask(worker(name)));
    const tasks = start('ab');
    yield* settle();
    log('waiting', barrier.nWaiting);
    tasks.push(...start('cdefg'));
    yield* settle(20);
    log('waiting', barrier.nWaiting);
    tasks.push(...start('hi'));
    yield* asyncio.wait(tasks);
  },

  *a_barrier_with_a_cancelled_waiter(log: Log) {
    const barrier = new asyncio.Barrier(2);
    function* worker(name: string) {
      try {
        log(name, yield* barrier.wait());
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
      }
    }
    const first = asyncio.createTask(worker('first'));
    yield* settle();
    first.cancel();
    yield* first;
    log('state', [barrier.nWaiting, barrier.broken]);
    yield* asyncio.gather(worker('second'), worker('third'));
  },

  *a_barrier_reset(log: Log) {
    const barrier = new asyncio.Barrier(3);
    function* worker(name: string) {
      try {
        log(name, yield* barrier.wait());
      } catch (error) {
        log(name, caught(error, asyncio.BrokenBarrierError));
      }
    }
    const tasks = [...'ab'].map((name) => asyncio.createTask(worker(name)));
    yield* settle();
    yield* barrier.reset();
    const late = asyncio.createTask(worker('late'));
    yield* asyncio.wait(tasks);
    log('state', [barrier.nWaiting, barrier.broken]);
    yield* asyncio.gather(late, worker('c'), worker('d'));
  },

  *a_barrier_abort(log: Log) {
    const barrier = new asyncio.Barrier(2);
    function* worker(name: string) {
      try {
        log(name, yield* barrier.wait());
      } catch (error) {
        log(name, caught(error, asyncio.BrokenBarrierError));
      }
    }
    const first = asyncio.createTask(worker('first'));
    yield* settle();
    yield* barrier.abort();
    yield* first;
    log('state', [barrier.nWaiting, barrier.broken]);
    yield* worker('second');
    yield* barrier.reset();
    log('broken', barrier.broken);
    yield* asyncio.gather(worker('third'), worker('fourth'));
  },

  *a_barrier_that_drains_keeps_newcomers_out(log: Log) {
    const barrier = new asyncio.Barrier(2);
    function* worker(name: string): asyncio.Coroutine<void> {
      yield* asyncio.asyncWith(barrier, function* (position) {
        log(name, position);
        if (name !== 'late') late.push(asyncio.createTask(worker('late')));
      });
      log(name, 'leaves');
    }
    const late: asyncio.Task<void>[] = [];
    yield* asyncio.gather(worker('a'), worker('b'));
    log('waiting', barrier.nWaiting);
    yield* asyncio.wait(late);
  },
} satisfies Programs;
