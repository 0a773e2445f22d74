// Errors of callbacks, exception handlers, and what `run` does at the end.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const variable = new asyncio.ContextVar('variable', { defaultValue: 'unset' });

/** Neither an ordinary error nor one that leaves the loop. */
class Unusual extends asyncio.BaseException {
  override name = 'Unusual';
}

export const handlers = {
  *an_error_of_a_callback_stops_nothing(log: Log) {
    const loop = asyncio.getRunningLoop();
    const future = new asyncio.Future<null>();
    const fail = (): void => {
      log('fail');
      throw new Boom('in a callback');
    };
    loop.callSoon(fail);
    loop.callSoon(log, 'behind');
    loop.callLater(0.001, fail);
    future.addDoneCallback(fail);
    future.addDoneCallback(() => log('second done callback'));
    future.setResult(null);
    yield* asyncio.sleep(0.002);
    log('main');
  },

  *errors_outside_exception_are_contained_too(log: Log) {
    const loop = asyncio.getRunningLoop();
    loop.callSoon(() => {
      throw new Unusual('in a callback');
    });
    loop.callSoon(() => {
      throw new asyncio.CancelledError('in a callback');
    });
    function* work() {
      throw new Unusual('in a task');
    }
    const task = asyncio.createTask(work());
    yield* asyncio.wait([task]);
    log('exception', task.exception());
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, Unusual));
    }
  },

  *a_failing_handler_is_demoted(log: Log) {
    const loop = asyncio.getRunningLoop();
    loop.setExceptionHandler((_loop, context) => {
      log('handler', Object.keys(context).sort());
      throw new Boom('in the handler');
    });
    loop.defaultExceptionHandler = (context): void => {
      const original = context['context'] as asyncio.ExceptionContext;
      log('default', [context.message, Object.keys(context).sort(), Object.keys(original).sort()]);
      log('default', context.exception);
    };
    loop.callExceptionHandler({ message: 'by hand', exception: new Boom('original') });
    yield* asyncio.sleep(0);
    log('main');
  },

  *without_a_handler_the_default_is_called(log: Log) {
    const loop = asyncio.getRunningLoop();
    log('is set', loop.getExceptionHandler() !== null);
    loop.setExceptionHandler(null);
    loop.defaultExceptionHandler = (context): void => log('default', [context.message, context['other']]);
    loop.callExceptionHandler({ message: 'by hand', other: 7 });
    log('is set', loop.getExceptionHandler() !== null);
  },

  *a_handler_sees_the_context_of_what_failed(log: Log) {
    const loop = asyncio.getRunningLoop();
    loop.setExceptionHandler(() => log('handler', variable.get()));
    variable.set('when it was queued');
    loop.callSoon(() => {
      variable.set('set by the callback');
      throw new Boom();
    });
    variable.set('later');
    yield* asyncio.sleep(0);
    log('main', variable.get());
  },

  *left_over_tasks_are_cancelled_together(log: Log) {
    function* work(name: string, cleanup: number) {
      try {
        log(name, 'starts');
        yield* asyncio.sleep(10);
      } finally {
        log(name, 'cancelled');
        yield* asyncio.sleep(cleanup);
        log(name, 'cleaned up');
      }
    }
    asyncio.createTask(work('a', 0.3));
    asyncio.createTask(work('b', 0.1));
    asyncio.createTask(work('c', 0.2));
    yield* asyncio.sleep(0);
    asyncio.createTask(work('never starts', 1));
    return 'result';
  },

  *errors_of_left_over_tasks_are_reported(log: Log) {
    function* work(name: string) {
      try {
        yield* asyncio.sleep(10);
      } finally {
        log(name, 'cancelled');
        // biome-ignore lint/correctness/noUnsafeFinally: the error takes the place of the cancellation
        throw new Boom(name);
      }
    }
    function* refuse() {
      try {
        yield* asyncio.sleep(10);
      } catch (error) {
        caught(error, asyncio.CancelledError);
        log('refuses');
      }
      yield* asyncio.sleep(0.5);
      log('ends by itself');
    }
    for (const name of 'ab') asyncio.createTask(work(name));
    asyncio.createTask(refuse());
    yield* asyncio.sleep(0);
    throw new Boom('of main');
  },

  *left_over_tasks_may_make_tasks(log: Log) {
    function* late() {
      log('late: starts');
      yield* asyncio.sleep(0);
      log('late: ends');
    }
    function* work() {
      try {
        yield* asyncio.sleep(10);
      } finally {
        log('cancelled');
        yield* asyncio.createTask(late());
        log('waited for the late one');
      }
    }
    asyncio.createTask(work());
    yield* asyncio.sleep(0);
  },

  *main_cancelled_by_itself(log: Log) {
    function* work() {
      try {
        yield* asyncio.sleep(10);
      } finally {
        log('work: finally');
      }
    }
    asyncio.createTask(work());
    yield* asyncio.sleep(0);
    asyncio.currentTask()?.cancel('gone');
    yield* asyncio.sleep(1);
  },

  async a_runner_keeps_loop_and_context(log: Log) {
    function* first() {
      variable.set('set in the first run');
      asyncio.createTask(between());
      yield* asyncio.sleep(0);
      return 'first';
    }
    function* between() {
      log('between: starts');
      try {
        yield* asyncio.sleep(0);
        log('between: goes on in the second run');
        yield* asyncio.sleep(10);
      } finally {
        log('between: finally');
      }
    }
    function* second() {
      log('variable', variable.get());
      yield* asyncio.sleep(0.5);
      return 'second';
    }
    const runner = new asyncio.Runner({ loopFactory: log.newLoop });
    log('result', await runner.run(first()));
    log('outside', variable.get());
    log('result', await runner.run(second()));
    log('own context', await runner.run(second(), { context: new asyncio.Context() }));
    await runner.close();
    try {
      runner.getLoop();
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },

  *a_run_inside_a_run_is_refused(log: Log) {
    function* inner() {
      log('never');
    }
    try {
      asyncio.run(inner());
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },
} satisfies Programs;
