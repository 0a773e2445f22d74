// Eagerly started tasks.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const variable = new asyncio.ContextVar('variable', { defaultValue: 'unset' });

function goEager(): void {
  asyncio.getRunningLoop().setTaskFactory(asyncio.eagerTaskFactory);
}

function self(): asyncio.Task {
  return asyncio.currentTask() as asyncio.Task;
}

export const eager = {
  *eager_tasks_run_to_their_first_wait(log: Log) {
    function* work(name: string, waits: number) {
      log(name, 'starts');
      for (let i = 0; i < waits; i += 1) yield* asyncio.sleep(0);
      log(name, 'ends');
      return name;
    }
    goEager();
    const tasks = [0, 2, 1].map((waits) => asyncio.createTask(work(`waits ${waits}`, waits)));
    log(
      'done',
      tasks.map((task) => task.done()),
    );
    for (const task of tasks) log('result', yield* task);
  },

  *eager_tasks_are_current_while_they_start(log: Log) {
    function* work(left: number): asyncio.Coroutine<void> {
      const me = self();
      log(`level ${left}: another task`, !current.includes(me));
      current.push(me);
      if (left > 0) yield* asyncio.createTask(work(left - 1));
      log(`level ${left}: the same`, self() === me);
    }
    const current = [self()];
    goEager();
    yield* asyncio.createTask(work(2));
    log('main: the same', self() === current[0]);
  },

  *eager_tasks_have_a_context_of_their_own(log: Log) {
    function* work(name: string) {
      log(name, variable.get());
      variable.set(name);
      yield* asyncio.sleep(0);
      log(name, variable.get());
    }
    goEager();
    variable.set('main');
    const tasks = [asyncio.createTask(work('first')), asyncio.createTask(work('second'))];
    log('main', variable.get());
    for (const task of tasks) yield* task;
  },

  *eager_errors_are_stored(log: Log) {
    function* fail(waits: boolean) {
      if (waits) yield* asyncio.sleep(0);
      throw new Boom(`waits ${waits ? 'True' : 'False'}`);
    }
    goEager();
    for (const waits of [false, true]) {
      const task = asyncio.createTask(fail(waits));
      log('done', task.done());
      try {
        yield* task;
      } catch (error) {
        log('caught', caught(error, Boom));
      }
    }
  },

  *eager_tasks_and_cancel(log: Log) {
    function* quick() {
      return 'quick';
    }
    function* slow() {
      try {
        yield* asyncio.sleep(1);
      } catch (error) {
        log('slow', caught(error, asyncio.CancelledError));
        throw error;
      }
    }
    function* cancelsItself(waits: boolean) {
      self().cancel('self');
      if (waits) yield* asyncio.sleep(0);
      return 'lost';
    }
    goEager();
    const done = asyncio.createTask(quick());
    log('cancel gives', done.cancel());
    log('result', yield* done);
    const cancelled = asyncio.createTask(slow());
    log('cancel gives', cancelled.cancel('at once'));
    yield* asyncio.wait([cancelled]);
    for (const waits of [false, true]) {
      const task = asyncio.createTask(cancelsItself(waits));
      log('done', task.done());
      yield* asyncio.wait([task]);
      log('cancelled', task.cancelled());
    }
  },

  *eager_gather(log: Log) {
    function* quick(name: string) {
      return name;
    }
    function* slow(name: string) {
      yield* asyncio.sleep(0.1);
      return name;
    }
    function* fail(): asyncio.Coroutine<void> {
      throw new Boom('failed');
    }
    goEager();
    const first = asyncio.gather(quick('a'), quick('b'));
    log('done', first.done());
    log('results', yield* first);
    const second = asyncio.gather(quick('a'), slow('b'));
    log('done', second.done());
    log('results', yield* second);
    const third = asyncio.gather([fail(), quick('b')], { returnExceptions: true });
    log('done', third.done());
    log('results', yield* third);
    try {
      yield* asyncio.gather(fail(), quick('b'));
    } catch (error) {
      log('caught', caught(error, Boom));
    }
  },

  *eager_groups(log: Log) {
    function* work(name: string, waits: number) {
      log(name, 'starts');
      for (let i = 0; i < waits; i += 1) yield* asyncio.sleep(0);
      log(name, 'ends');
      return name;
    }
    goEager();
    const tasks = yield* asyncio.withTaskGroup(function* (group) {
      const made = [2, 1].map((waits) => group.createTask(work(`waits ${waits}`, waits)));
      log('body ends');
      return made;
    });
    log(
      'results',
      tasks.map((task) => task.result()),
    );
  },

  *eager_tasks_without_the_factory(log: Log) {
    function* work() {
      log('starts');
      yield* asyncio.sleep(0);
      log('ends');
    }
    log('before');
    const task = asyncio.createTask(work(), { eagerStart: true });
    log('between');
    const other = asyncio.createTask(work());
    yield* task;
    yield* other;
  },

  *eager_locks_and_queues(log: Log) {
    const lock = new asyncio.Lock();
    const queue = new asyncio.Queue<number>();
    function* worker(name: string) {
      yield* asyncio.asyncWith(lock, function* () {
        log(name, 'has the lock');
        const item = yield* queue.get();
        log(name, item);
      });
    }
    goEager();
    const tasks = [...'ab'].map((name) => asyncio.createTask(worker(name)));
    log('locked', lock.locked());
    queue.putNowait(1);
    queue.putNowait(2);
    for (const task of tasks) yield* task;
  },
} satisfies Programs;
