// Callbacks and timers of the loop.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';

const variable = new asyncio.ContextVar('variable', { defaultValue: 'unset' });

export const callbacks = {
  *call_soon_is_fifo_and_waits_for_the_next_pass(log: Log) {
    const loop = asyncio.getRunningLoop();
    const again = (name: string, left: number): void => {
      log(name);
      if (left > 0) loop.callSoon(again, `${name}'`, left - 1);
    };
    for (const name of 'abc') loop.callSoon(again, name, 2);
    for (let i = 0; i < 5; i += 1) {
      log('main');
      yield* asyncio.sleep(0);
    }
  },

  *timers_fire_behind_what_is_ready(log: Log) {
    const loop = asyncio.getRunningLoop();
    loop.callLater(-1, log, 'timer of -1');
    loop.callLater(-2, log, 'timer of -2');
    loop.callLater(0.003, log, 'timer of 3 ms');
    loop.callSoon(log, 'soon');
    yield* asyncio.sleep(0);
    log('main after sleep(0)');
    yield* asyncio.sleep(0.002);
    log('main after 2 ms');
    yield* asyncio.sleep(0.002);
    log('main after 4 ms');
  },

  *a_timer_of_a_timer_waits_for_the_next_pass(log: Log) {
    const loop = asyncio.getRunningLoop();
    const first = (): void => {
      log('first');
      loop.callAt(loop.time() - 1, log, 'in the past');
      loop.callSoon(log, 'soon of first');
    };
    loop.callLater(0.001, first);
    loop.callLater(0.001001, log, 'a microsecond later');
    yield* asyncio.sleep(0.002);
    log('main');
  },

  *a_handle_cancelled_in_its_own_batch_is_skipped(log: Log) {
    const loop = asyncio.getRunningLoop();
    const handles: asyncio.Handle[] = [];
    loop.callSoon(() => {
      log('first');
      handles[0]?.cancel();
      handles[0]?.cancel();
      handles[1]?.cancel();
    });
    handles.push(loop.callSoon(log, 'second'));
    handles.push(loop.callLater(0.001, log, 'timer'));
    loop.callSoon(log, 'third');
    yield* asyncio.sleep(0);
    log(
      'cancelled',
      handles.map((handle) => handle.cancelled()),
    );
    yield* asyncio.sleep(0.002);
    log('main');
  },

  *many_cancelled_timers_leave_the_others_in_order(log: Log) {
    const loop = asyncio.getRunningLoop();
    const numbers = Array.from({ length: 300 }, (_, i) => (i * 37) % 300);
    const handles = numbers.map((number) => loop.callLater((number + 1) / 1000, log, 'timer', number));
    handles.forEach((handle, i) => {
      if (i % 25 !== 0) handle.cancel();
    });
    yield* asyncio.sleep(0.5);
    log('main');
  },

  *callbacks_run_in_the_context_of_their_call(log: Log) {
    const loop = asyncio.getRunningLoop();
    const future = loop.createFuture();
    const show = (name: string): void => {
      log(name, variable.get());
      variable.set(`set by ${name}`);
    };
    const done = (): void => show('done callback');

    variable.set('one');
    loop.callSoon(show, 'soon');
    future.addDoneCallback(done);
    variable.set('two');
    loop.callLater(0.001, show, 'later');
    const other = asyncio.copyContext();
    other.run(() => variable.set('three'));
    future.addDoneCallback(done, { context: other });
    variable.set('four');
    future.setResult(null);
    yield* asyncio.sleep(0.002);
    log('main', variable.get());
    log(
      'other',
      other.run(() => variable.get()),
    );
  },

  *call_at_takes_the_time_of_the_loop(log: Log) {
    const loop = asyncio.getRunningLoop();
    yield* asyncio.sleep(0.25);
    log('time', log.ms(loop.time()));
    const handle = loop.callAt(1, () => log('at one second', log.ms(loop.time())));
    log('when', log.ms(handle.when()));
    yield* asyncio.sleep(1);
    log('time', log.ms(loop.time()));
  },

  *callbacks_that_wake_tasks_interleave_with_others(log: Log) {
    const loop = asyncio.getRunningLoop();
    const futures = [0, 1, 2].map(() => loop.createFuture() as asyncio.Future<null>);
    const [first, second, third] = futures as [asyncio.Future, asyncio.Future, asyncio.Future];
    function* waiter(future: asyncio.Future, number: number) {
      log('waits', number);
      yield* future;
      log('woken', number);
      yield* asyncio.sleep(0);
      log('again', number);
    }
    const tasks = futures.map((future, number) => asyncio.createTask(waiter(future, number)));
    yield* asyncio.sleep(0);
    loop.callSoon(log, 'before');
    third.setResult(null);
    loop.callSoon(log, 'between');
    first.setResult(null);
    loop.callSoon(() => second.setResult(null));
    loop.callSoon(log, 'after');
    for (const task of tasks) {
      yield* task;
      log('awaited');
    }
  },
} satisfies Programs;
