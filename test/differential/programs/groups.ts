// TaskGroup.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { Boom, caught } from '../log.ts';

const { CancelledError, ExceptionGroup } = asyncio;

function* child(log: Log, name: string, delay = 1, error?: Error) {
  try {
    log(name, 'starts');
    yield* asyncio.sleep(delay);
  } catch (cancelled) {
    log(name, caught(cancelled, CancelledError));
    throw cancelled;
  }
  log(name, 'ends');
  if (error !== undefined) throw error;
  return name;
}

function self(): asyncio.Task {
  return asyncio.currentTask() as asyncio.Task;
}

export const groups = {
  *a_group_waits_for_its_tasks(log: Log) {
    const tasks = yield* asyncio.withTaskGroup(function* (group) {
      const made = [0.3, 0.1, 0.2].map((delay) => group.createTask(child(log, `after ${delay}`, delay)));
      log('body ends');
      return made;
    });
    log(
      'results',
      tasks.map((task) => task.result()),
    );
  },

  *passes_of_small_groups(log: Log) {
    yield* asyncio.withTaskGroup(function* () {});
    log('empty');
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(child(log, 'one', 0));
    });
    log('one child');
    yield* asyncio.withTaskGroup(function* (group) {
      yield* group.createTask(child(log, 'awaited', 0));
      log('in the body');
    });
    log('awaited child');
  },

  *a_failing_child_cancels_the_others(log: Log) {
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'a'));
        group.createTask(child(log, 'b', 0.1, new Boom('b failed')));
        group.createTask(child(log, 'c'));
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          log('body', caught(error, CancelledError));
          log('cancelling', self().cancelling());
          throw error;
        }
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
    log('cancelling', self().cancelling());
    yield* asyncio.sleep(0.1);
    log('goes on');
  },

  *a_failing_body_cancels_the_children(log: Log) {
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'a'));
        yield* asyncio.sleep(0.1);
        group.createTask(child(log, 'never starts'));
        throw new Boom('body failed');
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
  },

  *many_errors_in_one_group(log: Log) {
    function* stubborn(name: string, delay: number) {
      try {
        yield* asyncio.sleep(1);
      } finally {
        yield* asyncio.sleep(delay);
        // biome-ignore lint/correctness/noUnsafeFinally: the error takes the place of the cancellation
        throw new Boom(name);
      }
    }
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(stubborn('slow', 0.3));
        group.createTask(child(log, 'first', 0.1, new Boom('first')));
        group.createTask(stubborn('quick', 0.2));
        try {
          yield* asyncio.sleep(1);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: the error takes the place of the cancellation
          throw new Boom('body');
        }
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
  },

  *errors_while_the_group_waits(log: Log) {
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'a', 0.1, new Boom('a failed')));
        group.createTask(child(log, 'b'));
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
      log('cancelling', self().cancelling());
    }
  },

  *a_cancelled_child_is_no_error(log: Log) {
    function* giveUp() {
      throw new CancelledError('given up');
    }
    const states = yield* asyncio.withTaskGroup(function* (group) {
      const one = group.createTask(child(log, 'cancelled'));
      const quitter = group.createTask(giveUp());
      group.createTask(child(log, 'ends', 0.2));
      yield* asyncio.sleep(0.1);
      one.cancel('only you');
      return () => [one.cancelled(), quitter.cancelled()];
    });
    log('cancelled', states());
  },

  *cancelled_from_outside(log: Log) {
    function* parent(inBody: boolean) {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'a'));
        group.createTask(child(log, 'b'));
        if (inBody) yield* child(log, 'body');
      });
    }
    for (const inBody of [true, false]) {
      const task = asyncio.createTask(parent(inBody));
      yield* asyncio.sleep(0.1);
      task.cancel('outside');
      try {
        yield* task;
      } catch (error) {
        log('caught', caught(error, CancelledError));
      }
      log('cancelling', task.cancelling());
    }
  },

  *cancelled_from_outside_while_children_fail(log: Log) {
    function* failsInCleanup() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: the error takes the place of the cancellation
        throw new Boom('in the cleanup');
      }
    }
    function* parent() {
      try {
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(failsInCleanup());
        });
      } catch (error) {
        log('parent', caught(error, ExceptionGroup));
        log('cancelling', self().cancelling());
      }
      try {
        yield* asyncio.sleep(0.5);
        log('parent: not cancelled again');
      } catch (error) {
        log('parent', caught(error, CancelledError));
        throw error;
      }
    }
    const task = asyncio.createTask(parent());
    yield* asyncio.sleep(0.1);
    task.cancel('outside');
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
  },

  *cancelled_twice_while_it_waits(log: Log) {
    function* slowCleanup() {
      try {
        yield* asyncio.sleep(1);
      } finally {
        yield* asyncio.sleep(0.5);
        log('cleaned up');
      }
    }
    function* parent() {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(slowCleanup());
      });
    }
    const task = asyncio.createTask(parent());
    yield* asyncio.sleep(0.1);
    task.cancel('one');
    yield* asyncio.sleep(0.1);
    task.cancel('two');
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
    log('cancelling', task.cancelling());
  },

  *nested_groups(log: Log) {
    function* inner() {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'inner a', 0.1, new Boom('inner')));
        group.createTask(child(log, 'inner b'));
      });
    }
    try {
      yield* asyncio.withTaskGroup(function* (outer) {
        outer.createTask(child(log, 'outer a'));
        outer.createTask(inner());
        yield* asyncio.withTaskGroup(function* (middle) {
          middle.createTask(child(log, 'middle'));
        });
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
    log('cancelling', self().cancelling());
  },

  *nested_groups_cancelled_from_outside(log: Log) {
    function* parent() {
      yield* asyncio.withTaskGroup(function* (outer) {
        outer.createTask(child(log, 'outer'));
        yield* asyncio.withTaskGroup(function* (inner) {
          inner.createTask(child(log, 'inner'));
          yield* child(log, 'body');
        });
      });
    }
    const task = asyncio.createTask(parent());
    yield* asyncio.sleep(0.1);
    task.cancel('outside');
    try {
      yield* task;
    } catch (error) {
      log('caught', caught(error, CancelledError));
    }
  },

  *tasks_made_while_the_group_waits(log: Log) {
    function* chain(group: asyncio.TaskGroup, left: number): asyncio.Coroutine<void> {
      log('chain', left);
      yield* asyncio.sleep(0.1);
      if (left > 0) group.createTask(chain(group, left - 1));
    }
    yield* asyncio.withTaskGroup(function* (group) {
      group.createTask(chain(group, 2));
      log('body ends');
    });
    log('group ends');
  },

  *tasks_refused_by_a_group(log: Log) {
    function* never() {
      log('never');
    }
    const attempt = (): void => {
      try {
        group.createTask(never());
      } catch (error) {
        log('refused', caught(error, asyncio.RuntimeError));
      }
    };
    const group = new asyncio.TaskGroup();
    attempt();
    try {
      yield* asyncio.asyncWith(group, function* () {
        group.createTask(child(log, 'fails', 0.1, new Boom('failed')));
        try {
          yield* asyncio.sleep(1);
        } finally {
          attempt();
        }
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
    attempt();
    try {
      yield* asyncio.asyncWith(group, function* () {
        log('never');
      });
    } catch (error) {
      log('refused', caught(error, asyncio.RuntimeError));
    }
  },

  *the_count_of_cancels_is_kept(log: Log) {
    function* parent() {
      self().cancel();
      try {
        yield* asyncio.sleep(0);
      } catch (error) {
        caught(error, CancelledError);
        log('cancelling', self().cancelling());
      }
      try {
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(child(log, 'fails', 0.1, new Boom('failed')));
          yield* asyncio.sleep(1);
        });
      } catch (error) {
        log('caught', caught(error, ExceptionGroup));
      }
      log('cancelling', self().cancelling());
    }
    const task = asyncio.createTask(parent());
    yield* asyncio.wait([task]);
    log('cancelled', task.cancelled());
  },

  *a_body_that_swallows_the_cancel(log: Log) {
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'fails', 0.1, new Boom('failed')));
        try {
          yield* asyncio.sleep(1);
        } catch (error) {
          caught(error, CancelledError);
          log('swallowed');
        }
        yield* asyncio.sleep(0.1);
        log('body ends');
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
    log('cancelling', self().cancelling());
  },

  *a_group_within_a_timeout_and_around_one(log: Log) {
    try {
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(child(log, 'sibling'));
        yield* asyncio.withTimeout(0.1, () => child(log, 'too slow'));
      });
    } catch (error) {
      log('caught', caught(error, ExceptionGroup));
    }
  },

  async an_interrupt_of_a_child_leaves_bare(log: Log) {
    function* interrupt() {
      yield* asyncio.sleep(0.1);
      throw new asyncio.KeyboardInterrupt('in a child');
    }
    function* main() {
      try {
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(child(log, 'sibling'));
          group.createTask(interrupt());
        });
      } catch (error) {
        log('main', caught(error, asyncio.KeyboardInterrupt));
      }
    }
    try {
      await asyncio.run(main(), { loopFactory: log.newLoop });
    } catch (error) {
      log('caught', caught(error, asyncio.KeyboardInterrupt));
    }
  },
} satisfies Programs;
