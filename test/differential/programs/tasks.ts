// Steps, awaits, done callbacks and contexts of tasks and futures.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const variable = new asyncio.ContextVar('variable', { defaultValue: 'unset' });

export const tasks = {
  *nested_awaits_cost_no_pass(log: Log) {
    function* depth(left: number): asyncio.Coroutine<number> {
      log('down', left);
      if (left > 0) yield* depth(left - 1);
      else yield* asyncio.sleep(0);
      log('up', left);
      return left;
    }
    log('result', yield* depth(3));
  },

  *awaiting_what_is_done_does_not_yield(log: Log) {
    const loop = asyncio.getRunningLoop();
    const future = new asyncio.Future<string>();
    future.setResult('value');
    loop.callSoon(log, 'a pass later');
    log('future', yield* future);
    function* work() {
      return 'work';
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0);
    loop.callSoon(log, 'another pass later');
    log('task', yield* task);
    log('coroutine', yield* work());
  },

  *a_fresh_task_takes_two_passes(log: Log) {
    function* step() {
      log('step');
      return 1;
    }
    log('before');
    log('result', yield* asyncio.createTask(step()));
    log('result', yield* asyncio.createTask(step()));
  },

  *a_waiter_resumes_between_the_callbacks_around_it(log: Log) {
    const future = new asyncio.Future<number>();
    function* waiter() {
      future.addDoneCallback(() => log('callback before the await'));
      log('waiter: got', yield* future);
    }
    const task = asyncio.createTask(waiter());
    future.addDoneCallback(() => log('first callback'));
    yield* asyncio.sleep(0);
    future.addDoneCallback(() => log('callback after the await'));
    future.setResult(1);
    log('main goes on');
    future.addDoneCallback(() => log('callback of a done future'));
    yield* task;
  },

  *removed_done_callbacks_are_not_called(log: Log) {
    const future = new asyncio.Future<null>();
    const twice = (): void => log('twice');
    const last = (): void => log('last');
    const kept = (): void => {
      log('kept');
      log('too late to remove', future.removeDoneCallback(last));
    };
    future.addDoneCallback(twice);
    future.addDoneCallback(kept);
    future.addDoneCallback(twice);
    future.addDoneCallback(last);
    log('removed', future.removeDoneCallback(twice));
    log('removed', future.removeDoneCallback(twice));
    future.setResult(null);
    yield* asyncio.sleep(0);
  },

  *done_callbacks_that_add_callbacks(log: Log) {
    const future = new asyncio.Future<null>();
    future.addDoneCallback(() => {
      log('first');
      future.addDoneCallback(() => log('added by first'));
    });
    future.addDoneCallback(() => log('second'));
    future.setResult(null);
    yield* asyncio.sleep(0);
    log('main');
    yield* asyncio.sleep(0);
    log('main');
  },

  *sleep_zero_takes_turns(log: Log) {
    function* work(name: string, steps: number) {
      for (let step = 0; step < steps; step += 1) {
        log(name, step);
        yield* asyncio.sleep(0);
      }
      log(name, 'ends');
    }
    const all = [
      asyncio.createTask(work('a', 3)),
      asyncio.createTask(work('b', 1)),
      asyncio.createTask(work('c', 2)),
    ];
    yield* asyncio.sleep(0);
    all.push(asyncio.createTask(work('d', 1)));
    for (const task of all) {
      yield* task;
      log('awaited', task.done());
    }
  },

  *sleeps_end_in_order_of_their_time(log: Log) {
    function* work(delay: number) {
      log(`${delay} ms:`, yield* asyncio.sleep(delay / 1000, `result ${delay}`));
    }
    for (const task of [30, 10, 40, 20, 15, -1].map((delay) => asyncio.createTask(work(delay)))) yield* task;
    log('main');
  },

  *awaiting_itself_is_an_error(log: Log) {
    function* work() {
      try {
        yield* asyncio.currentTask() as asyncio.Task;
      } catch (error) {
        log('caught', caught(error, asyncio.RuntimeError));
      }
    }
    yield* asyncio.createTask(work());
  },

  *states_that_do_not_allow_it(log: Log) {
    const future = new asyncio.Future<number>();
    for (const ask of [() => future.result(), () => future.exception()]) {
      try {
        ask();
      } catch (error) {
        log('refused', caught(error, asyncio.InvalidStateError));
      }
    }
    future.setResult(1);
    for (const change of [() => future.setResult(2), () => future.setException(new Boom('late'))]) {
      try {
        change();
      } catch (error) {
        caught(error, asyncio.InvalidStateError);
        log('refused');
      }
    }
    log('cancel gives', future.cancel());
    log('result', future.result());
    log('exception', future.exception());
    function* work() {
      return 3;
    }
    const task = asyncio.createTask(work());
    for (const change of [() => task.setResult(2), () => task.setException(new Boom('late'))]) {
      try {
        change();
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    }
    log('result', yield* task);
  },

  *an_error_goes_to_everyone_who_awaits(log: Log) {
    function* fail() {
      yield* asyncio.sleep(0);
      throw new Boom('failed');
    }
    function* waiter(name: string) {
      try {
        yield* task;
      } catch (error) {
        log(name, caught(error, Boom));
      }
    }
    const task = asyncio.createTask(fail());
    for (const one of ['one', 'two'].map((name) => asyncio.createTask(waiter(name)))) yield* one;
    yield* waiter('late');
  },

  *an_error_climbs_a_chain_of_tasks(log: Log) {
    function* fail(): asyncio.Coroutine<void> {
      throw new Boom('deep');
    }
    function* climb(level: number): asyncio.Coroutine<void> {
      try {
        yield* asyncio.createTask(level === 0 ? fail() : climb(level - 1));
      } finally {
        log('leaves level', level);
      }
    }
    try {
      yield* climb(2);
    } catch (error) {
      log('caught', caught(error, Boom));
    }
  },

  *tasks_copy_the_context_of_their_creator(log: Log) {
    function* work(name: string) {
      log(name, variable.get());
      variable.set(`set by ${name}`);
      yield* asyncio.sleep(0);
      log(name, variable.get());
    }
    variable.set('one');
    const first = asyncio.createTask(work('first'));
    variable.set('two');
    const second = asyncio.createTask(work('second'));
    const shared = asyncio.copyContext();
    const third = asyncio.createTask(work('third'), { context: shared });
    const fourth = asyncio.createTask(work('fourth'), { context: shared });
    variable.set('three');
    for (const task of [first, second, third, fourth]) yield* task;
    log('main', variable.get());
    log(
      'shared',
      shared.run(() => variable.get()),
    );
  },

  *a_task_knows_itself_and_the_others(log: Log) {
    const names = (): string[] => [...asyncio.allTasks()].map((task) => task.getName());
    function* work() {
      log('current', asyncio.currentTask()?.getName());
      yield* asyncio.sleep(0);
      log('all', names());
    }
    asyncio.currentTask()?.setName('main');
    const first = asyncio.createTask(work(), { name: 'first' });
    const second = asyncio.createTask(work(), { name: 'second' });
    second.setName('renamed');
    log('all', names());
    yield* first;
    yield* second;
    log('all', names());
  },

  *a_bare_future_is_settled_by_anyone(log: Log) {
    const loop = asyncio.getRunningLoop();
    const [one, two, three] = [
      new asyncio.Future<string>(),
      new asyncio.Future<string>(),
      new asyncio.Future<string>(),
    ];
    function* waiter(future: asyncio.Future<string>) {
      try {
        log('got', yield* future);
      } catch (error) {
        log('caught', error);
      }
    }
    const waiters = [one, two, three].map((future) => asyncio.createTask(waiter(future)));
    loop.callLater(0.003, () => one.setResult('value'));
    loop.callLater(0.002, () => two.setException(new Boom('set')));
    loop.callLater(0.001, () => three.cancel('message'));
    for (const task of waiters) yield* task;
  },

  *a_future_wakes_its_waiters_in_order(log: Log) {
    const future = new asyncio.Future<string>();
    function* waiter(name: string) {
      log(name, yield* future);
    }
    const waiters = [...'abc'].map((name) => asyncio.createTask(waiter(name)));
    yield* asyncio.sleep(0);
    const late = asyncio.createTask(waiter('late'));
    future.setResult('value');
    for (const task of [...waiters, late]) yield* task;
  },

  *tasks_made_in_cleanup(log: Log) {
    function* cleanup() {
      log('cleanup');
      yield* asyncio.sleep(0.1);
      log('cleanup done');
    }
    function* work() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        yield* asyncio.createTask(cleanup());
        log('work: finally');
      }
    }
    const task = asyncio.createTask(work());
    yield* asyncio.sleep(0.2);
    task.cancel();
    try {
      yield* task;
    } catch (error) {
      caught(error, asyncio.CancelledError);
      log('cancelled');
    }
  },
} satisfies Programs;
