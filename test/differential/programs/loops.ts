// Running, stopping and closing a loop by hand.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

export const loops = {
  async stop_before_run_forever_gives_one_pass(log: Log) {
    const loop = log.newLoop();
    loop.callSoon(log, 'first');
    loop.callSoon(() => loop.callSoon(log, 'second'));
    loop.stop();
    await loop.runForever();
    log('stopped');
    loop.stop();
    await loop.runForever();
    log('stopped again');
    loop.close();
  },

  async stop_lets_the_batch_finish(log: Log) {
    const loop = log.newLoop();
    loop.callSoon(log, 'before');
    loop.callSoon(() => {
      log('stop');
      loop.stop();
      loop.callSoon(log, 'after the stop, in the next run');
    });
    loop.callSoon(log, 'behind, in the same batch');
    loop.callLater(0.001, log, 'timer');
    await loop.runForever();
    log('stopped');
    loop.callLater(0.002, () => loop.stop());
    await loop.runForever();
    log('stopped again');
    loop.close();
  },

  async stop_in_the_middle_of_a_task(log: Log) {
    const loop = log.newLoop();
    function* work() {
      log('work: one');
      yield* asyncio.sleep(0);
      log('work: two');
      loop.stop();
      yield* asyncio.sleep(0);
      log('work: three');
      yield* asyncio.sleep(0.5);
      log('work: four');
      return 'result';
    }
    const task = loop.createTask(work());
    try {
      await loop.runUntilComplete(task);
    } catch (error) {
      log('caught', caught(error, asyncio.RuntimeError));
    }
    log('done', task.done());
    log('result', await loop.runUntilComplete(task));
    log('result of a done task', await loop.runUntilComplete(task));
    loop.close();
  },

  async run_until_complete_takes_futures_and_coroutines(log: Log) {
    const loop = log.newLoop();
    function* work() {
      log('work');
      return 7;
    }
    function* fail() {
      throw new Boom('failed');
    }
    log('result', await loop.runUntilComplete(work()));
    const future = loop.createFuture<string>();
    loop.callLater(0.002, () => future.setResult('later'));
    log('result', await loop.runUntilComplete(future));
    try {
      await loop.runUntilComplete(fail());
    } catch (error) {
      log('caught', caught(error, Boom));
    }
    const cancelled = loop.createFuture();
    cancelled.cancel('gone');
    try {
      await loop.runUntilComplete(cancelled);
    } catch (error) {
      log('caught', caught(error, asyncio.CancelledError));
    }
    loop.close();
  },

  async an_interrupt_leaves_the_loop_at_once(log: Log) {
    const loop = log.newLoop();
    loop.callSoon(log, 'before');
    loop.callSoon(() => {
      log('interrupt');
      throw new asyncio.KeyboardInterrupt('from a callback');
    });
    loop.callSoon(log, 'behind');
    try {
      await loop.runForever();
    } catch (error) {
      log('caught', caught(error, asyncio.KeyboardInterrupt));
    }
    log('running', loop.isRunning());
    loop.callSoon(log, 'new');
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    loop.close();
  },

  async an_exit_of_a_task_is_stored_too(log: Log) {
    const loop = log.newLoop();
    function* leave() {
      yield* asyncio.sleep(0.001);
      log('leave');
      throw new asyncio.SystemExit('out');
    }
    function* other() {
      try {
        yield* asyncio.sleep(0.002);
        log('other: slept');
      } finally {
        log('other: finally');
      }
    }
    const leaving = loop.createTask(leave());
    const staying = loop.createTask(other());
    try {
      await loop.runUntilComplete(staying);
    } catch (error) {
      log('caught', caught(error, asyncio.SystemExit));
    }
    log('states', [leaving.done(), staying.done()]);
    log('exception', leaving.exception());
    await loop.runUntilComplete(staying);
    loop.close();
  },

  async an_interrupt_of_the_main_task(log: Log) {
    const loop = log.newLoop();
    function* interrupt() {
      yield* asyncio.sleep(0);
      throw new asyncio.KeyboardInterrupt();
    }
    try {
      await loop.runUntilComplete(interrupt());
    } catch (error) {
      log('caught', caught(error, asyncio.KeyboardInterrupt));
    }
    // No stop is left over from it.
    loop.callSoon(log, 'still running');
    loop.callLater(0.001, () => loop.stop());
    await loop.runForever();
    log('stopped');
    loop.close();
  },

  async a_closed_loop_refuses(log: Log) {
    const loop = log.newLoop();
    loop.callSoon(log, 'never');
    loop.callLater(0.001, log, 'never');
    log('closed', loop.isClosed());
    loop.close();
    loop.close();
    log('closed', loop.isClosed());
    for (const call of [
      () => loop.callSoon(log, ''),
      () => loop.callLater(0, log, ''),
      () => loop.callAt(0, log, ''),
      () => loop.callSoonThreadsafe(log, ''),
      () => loop.runForever(),
    ]) {
      try {
        call();
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    }
  },

  *a_running_loop_refuses_to_run_or_close(log: Log) {
    const loop = asyncio.getRunningLoop();
    log('running', loop.isRunning());
    for (const call of [() => loop.close(), () => loop.runUntilComplete(loop.createFuture())]) {
      try {
        call();
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    }
  },

  async two_loops_take_turns(log: Log) {
    const first = log.newLoop();
    function* work(name: string) {
      for (let step = 0; step < 2; step += 1) {
        log(name, step);
        yield* asyncio.sleep(0.001);
      }
      return name;
    }
    log('result', await first.runUntilComplete(work('first')));
    const second = log.newLoop();
    log('result', await second.runUntilComplete(work('second')));
    first.close();
    second.close();
  },
} satisfies Programs;
