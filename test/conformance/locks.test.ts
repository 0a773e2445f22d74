// CPython's test_locks.py, in TypeScript. A waiter that the originals put into a private deque is a real task here,
// and what they read from it is read from `statistics()`. Texts have no address: there is none in JavaScript.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { assertRaises } from './support.ts';

const TEXT =
  /^<(\w+) \[((set|unset|locked|unlocked|filling|draining|resetting|broken)(, value:\d)?(, waiters:\d+)?(, waiters:\d+\/\d+)?)\]>$/;

/** The two parts of a primitive's text: its class and what stands in brackets. */
function parts(primitive: object): [className: string | undefined, extras: string | undefined] {
  const match = TEXT.exec(String(primitive));
  return [match?.[1], match?.[2]];
}

interface Acquirable {
  acquire(): asyncio.Coroutine<true>;
}

/** Acquires and notes a number. The lock stays acquired. */
function* acquireAndNote(lock: Acquirable, result: number[], number: number): asyncio.Coroutine<boolean> {
  if (yield* lock.acquire()) result.push(number);
  return true;
}

function expectAllTrue(tasks: readonly asyncio.Task<boolean>[]): void {
  for (const task of tasks) {
    expect(task.done()).to.equal(true);
    expect(task.result()).to.equal(true);
  }
}

function waiting(primitive: { statistics(): { readonly tasksWaiting: number } }): number {
  return primitive.statistics().tasksWaiting;
}

describe('LockTests', () => {
  it('test_repr', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      expect(parts(lock)).to.deep.equal(['Lock', 'unlocked']);
      yield* lock.acquire();
      expect(parts(lock)).to.deep.equal(['Lock', 'locked']);
    }));

  it('test_lock', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      // A type error too; what it says at run time is the engine's affair.
      yield* assertRaises(
        TypeError,
        (function* () {
          // @ts-expect-error A lock is not awaitable.
          yield* lock;
        })(),
      );
      expect(lock.locked()).to.equal(false);
    }));

  it('test_lock_doesnt_accept_loop_parameter', () =>
    simulate(function* () {
      // An argument too many is refused by the compiler and ignored at run time: the lock is bound to the loop that it
      // is used in.
      const loop = asyncio.newEventLoop();
      try {
        // @ts-expect-error There is no such parameter.
        const lock = new asyncio.Lock({ loop });
        yield* lock.acquire();
        const task = asyncio.createTask(lock.acquire());
        yield* asyncio.sleep(0);
        lock.release();
        expect(yield* task).to.equal(true);

        // @ts-expect-error There is no such parameter.
        const event = new asyncio.Event({ loop });
        const waiter = asyncio.createTask(event.wait());
        yield* asyncio.sleep(0);
        event.set();
        expect(yield* waiter).to.equal(true);

        // Where there is another parameter, the type of the argument is wrong.
        // @ts-expect-error The parameter is a lock.
        expect(() => new asyncio.Condition({ loop }).locked()).to.throw(TypeError);
        // @ts-expect-error The parameter is a number.
        expect(() => new asyncio.Semaphore({ loop })).to.throw(TypeError);
        // @ts-expect-error The parameter is a number.
        expect(() => new asyncio.BoundedSemaphore({ loop })).to.throw(TypeError);
      } finally {
        loop.close();
      }
    }));

  it('test_lock_by_with_statement', () =>
    simulate(function* () {
      const primitives = [
        new asyncio.Lock(),
        new asyncio.Condition(),
        new asyncio.Semaphore(),
        new asyncio.BoundedSemaphore(),
      ];
      for (const lock of primitives) {
        yield* asyncio.sleep(0.01);
        expect(lock.locked()).to.equal(false);
        // Python's `with await lock`: what can be held is what `hold()` gives, not the lock.
        yield* assertRaises(
          TypeError,
          (function* () {
            // @ts-expect-error It is not awaitable.
            using _held = yield* lock;
          })(),
        );
        expect(lock.locked()).to.equal(false);
      }
    }));

  it('test_acquire', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      const result: number[] = [];
      expect(yield* lock.acquire()).to.equal(true);

      const t1 = asyncio.createTask(acquireAndNote(lock, result, 1));
      const t2 = asyncio.createTask(acquireAndNote(lock, result, 2));
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      lock.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);

      const t3 = asyncio.createTask(acquireAndNote(lock, result, 3));
      lock.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2]);

      lock.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2, 3]);
      expectAllTrue([t1, t2, t3]);
    }));

  it('test_acquire_cancel', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      expect(yield* lock.acquire()).to.equal(true);
      const task = asyncio.createTask(lock.acquire());
      asyncio.getRunningLoop().callSoon(() => task.cancel());
      yield* assertRaises(asyncio.CancelledError, task);
      expect(waiting(lock)).to.equal(0);
    }));

  it('test_cancel_race', () =>
    simulate(function* () {
      // A holds the lock, B and C wait. A releases while B is cancelled but still in the queue: C must get it.
      const lock = new asyncio.Lock();
      function* lockIt(blocker: asyncio.FutureLike<void> | null): asyncio.Coroutine<void> {
        yield* lock.acquire();
        try {
          if (blocker !== null) yield* blocker;
        } finally {
          lock.release();
        }
      }

      const blocker = asyncio.getRunningLoop().createFuture<void>();
      const a = asyncio.createTask(lockIt(blocker));
      yield* asyncio.sleep(0);
      expect(lock.locked()).to.equal(true);
      const b = asyncio.createTask(lockIt(null));
      yield* asyncio.sleep(0);
      expect(waiting(lock)).to.equal(1);
      const c = asyncio.createTask(lockIt(null));
      yield* asyncio.sleep(0);
      expect(waiting(lock)).to.equal(2);

      blocker.setResult();
      b.cancel();
      expect(waiting(lock)).to.equal(2);
      yield* asyncio.sleep(0);
      expect(lock.locked()).to.equal(false);
      expect(a.done()).to.equal(true);
      expect(b.cancelled()).to.equal(true);
      yield* c;
    }));

  it('test_cancel_release_race', () =>
    simulate(function* () {
      // bpo-32734: the lock is released in the same step in which its first waiter is cancelled; one more takes it, not
      // two.
      const lock = new asyncio.Lock();
      let locked = 0;
      let called = 0;
      function* lockIt(): asyncio.Coroutine<void> {
        called += 1;
        yield* lock.acquire();
        locked += 1;
      }
      yield* lock.acquire();

      const t1 = asyncio.createTask(lockIt());
      const t2 = asyncio.createTask(lockIt());
      const t3 = asyncio.createTask(lockIt());
      yield* asyncio.sleep(0);

      asyncio.getRunningLoop().callSoon(() => {
        t1.cancel();
        lock.release();
      });
      yield* assertRaises(asyncio.CancelledError, t1);
      expect(locked).to.equal(1);
      expect(called).to.equal(3);
      expect(t1.cancelled()).to.equal(true);
      expect(t2.done()).to.equal(true);

      t3.cancel();
      yield* asyncio.sleep(0);
      expect(t3.cancelled()).to.equal(true);
    }));

  it('test_finished_waiter_cancelled', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      expect(lock.locked()).to.equal(true);

      const b = asyncio.createTask(lock.acquire());
      yield* asyncio.sleep(0);
      expect(waiting(lock)).to.equal(1);

      // A second one will wait; the first is cancelled and chosen in one step.
      const c = asyncio.createTask(lock.acquire());
      b.cancel();
      lock.release();
      yield* asyncio.sleep(0);
      expect(lock.locked()).to.equal(true);
      expect(b.cancelled()).to.equal(true);
      yield* c;
    }));

  it('test_release_not_acquired', () => {
    expect(() => new asyncio.Lock().release()).to.throw(asyncio.RuntimeError);
  });

  it('test_release_no_waiters', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      expect(lock.locked()).to.equal(true);
      lock.release();
      expect(lock.locked()).to.equal(false);
    }));

  it('test_context_manager', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      expect(lock.locked()).to.equal(false);
      yield* asyncio.asyncWith(lock, function* () {
        expect(lock.locked()).to.equal(true);
      });
      expect(lock.locked()).to.equal(false);
    }));
});

describe('EventTests', () => {
  it('test_repr', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      expect(parts(event)).to.deep.equal(['Event', 'unset']);
      const waiter = asyncio.createTask(event.wait());
      yield* asyncio.sleep(0);
      expect(parts(event)).to.deep.equal(['Event', 'unset, waiters:1']);
      event.set();
      expect(parts(event)).to.deep.equal(['Event', 'set, waiters:1']);
      yield* waiter;
      expect(parts(event)).to.deep.equal(['Event', 'set']);
    }));

  it('test_wait', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      expect(event.isSet()).to.equal(false);
      const result: number[] = [];
      function* note(number: number): asyncio.Coroutine<void> {
        if (yield* event.wait()) result.push(number);
      }

      const t1 = asyncio.createTask(note(1));
      const t2 = asyncio.createTask(note(2));
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      const t3 = asyncio.createTask(note(3));
      event.set();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([3, 1, 2]);
      for (const task of [t1, t2, t3]) {
        expect(task.done()).to.equal(true);
        expect(task.result()).to.equal(undefined);
      }
    }));

  it('test_wait_on_set', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      event.set();
      expect(yield* event.wait()).to.equal(true);
    }));

  it('test_wait_cancel', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      const wait = asyncio.createTask(event.wait());
      asyncio.getRunningLoop().callSoon(() => wait.cancel());
      yield* assertRaises(asyncio.CancelledError, wait);
      expect(waiting(event)).to.equal(0);
    }));

  it('test_clear', () => {
    const event = new asyncio.Event();
    expect(event.isSet()).to.equal(false);
    event.set();
    expect(event.isSet()).to.equal(true);
    event.clear();
    expect(event.isSet()).to.equal(false);
  });

  it('test_clear_with_waiters', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      const result: number[] = [];
      const task = asyncio.createTask(
        (function* () {
          if (yield* event.wait()) result.push(1);
          return true;
        })(),
      );
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      event.set();
      event.clear();
      expect(event.isSet()).to.equal(false);
      event.set();
      event.set();
      expect(waiting(event)).to.equal(1);

      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      expect(waiting(event)).to.equal(0);
      expectAllTrue([task]);
    }));
});

describe('ConditionTests', () => {
  /** How many wait for a notification. */
  const notifiable = (condition: asyncio.Condition): number => condition.statistics().tasksWaitingNotify;

  /** Waits for a notification, notes a number and, if `release`, lets go of the lock. */
  function* waitAndNote(
    condition: asyncio.Condition,
    result: number[],
    number: number,
    release: boolean,
  ): asyncio.Coroutine<boolean> {
    yield* condition.acquire();
    if (yield* condition.wait()) {
      result.push(number);
      if (release) condition.release();
    }
    return true;
  }

  it('test_wait', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const result: number[] = [];
      const tasks = [1, 2, 3].map((n) => asyncio.createTask(waitAndNote(condition, result, n, false)));
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);
      expect(condition.locked()).to.equal(false);

      expect(yield* condition.acquire()).to.equal(true);
      condition.notify();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);
      expect(condition.locked()).to.equal(true);

      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      expect(condition.locked()).to.equal(true);

      condition.notify(2);
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      expect(condition.locked()).to.equal(true);

      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2]);
      expect(condition.locked()).to.equal(true);

      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2, 3]);
      expect(condition.locked()).to.equal(true);
      expectAllTrue(tasks);
    }));

  it('test_wait_cancel', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      yield* condition.acquire();
      const wait = asyncio.createTask(condition.wait());
      asyncio.getRunningLoop().callSoon(() => wait.cancel());
      yield* assertRaises(asyncio.CancelledError, wait);
      expect(notifiable(condition)).to.equal(0);
      expect(condition.locked()).to.equal(true);
    }));

  it('test_wait_cancel_contested', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      yield* condition.acquire();
      expect(condition.locked()).to.equal(true);

      const wait = asyncio.createTask(condition.wait());
      yield* asyncio.sleep(0);
      expect(condition.locked()).to.equal(false);

      // Notify it, and keep the lock from it when it is cancelled.
      yield* condition.acquire();
      expect(condition.locked()).to.equal(true);
      condition.notify();
      const loop = asyncio.getRunningLoop();
      loop.callSoon(() => wait.cancel());
      loop.callSoon(() => condition.release());

      try {
        yield* wait;
      } catch (error) {
        if (!asyncio.isCancelled(error)) throw error; // either is allowed, as in the original
      }
      expect(condition.locked()).to.equal(true);
    }));

  it('test_wait_cancel_after_notify', () =>
    simulate(function* () {
      // bpo-32841
      let waited = false;
      const condition = new asyncio.Condition();
      const waiter = asyncio.createTask(
        asyncio.asyncWith(condition, function* () {
          waited = true;
          yield* condition.wait();
        }),
      );
      yield* asyncio.sleep(0); // it waits

      yield* condition.acquire();
      condition.notify();
      yield* asyncio.sleep(0); // it wants the lock again
      waiter.cancel();
      yield* asyncio.sleep(0); // the cancellation arrives, and the lock is still wanted
      condition.release();
      yield* asyncio.sleep(0); // the cancellation comes out

      expect(waiter.cancelled()).to.equal(true);
      expect(waited).to.equal(true);
    }));

  it('test_wait_unacquired', () =>
    simulate(() => assertRaises(asyncio.RuntimeError, new asyncio.Condition().wait())));

  it('test_wait_for', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      let predicate = false;
      const result: number[] = [];
      const task = asyncio.createTask(
        (function* () {
          yield* condition.acquire();
          if (yield* condition.waitFor(() => predicate)) {
            result.push(1);
            condition.release();
          }
          return true;
        })(),
      );
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      yield* condition.acquire();
      condition.notify();
      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      predicate = true;
      yield* condition.acquire();
      condition.notify();
      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      expectAllTrue([task]);
    }));

  it('test_wait_for_unacquired', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      // A predicate that holds needs neither the lock nor a wait.
      expect(yield* condition.waitFor(() => [1, 2, 3])).to.deep.equal([1, 2, 3]);
      yield* assertRaises(
        asyncio.RuntimeError,
        condition.waitFor(() => false),
      );
    }));

  it('test_notify', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const result: number[] = [];
      const tasks = [1, 2, 3].map((n) => asyncio.createTask(waitAndNote(condition, result, n, true)));
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      yield* condition.acquire();
      condition.notify(1);
      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);

      yield* condition.acquire();
      condition.notify(1);
      condition.notify(2048);
      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2, 3]);
      expectAllTrue(tasks);
    }));

  it('test_notify_all', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const result: number[] = [];
      const tasks = [1, 2].map((n) => asyncio.createTask(waitAndNote(condition, result, n, true)));
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([]);

      yield* condition.acquire();
      condition.notifyAll();
      condition.release();
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1, 2]);
      expectAllTrue(tasks);
    }));

  it('test_notify_unacquired', () => {
    expect(() => new asyncio.Condition().notify()).to.throw(asyncio.RuntimeError);
  });

  it('test_notify_all_unacquired', () => {
    expect(() => new asyncio.Condition().notifyAll()).to.throw(asyncio.RuntimeError);
  });

  it('test_repr', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      expect(parts(condition)).to.deep.equal(['Condition', 'unlocked']);
      for (const waiters of [1, 2]) {
        yield* condition.acquire();
        const extras = waiters === 1 ? 'locked' : 'locked, waiters:1';
        expect(parts(condition)).to.deep.equal(['Condition', extras]);
        condition.release();
        asyncio.createTask(asyncio.asyncWith(condition, () => condition.wait()));
        yield* asyncio.sleep(0);
        expect(parts(condition)).to.deep.equal(['Condition', `unlocked, waiters:${waiters}`]);
      }
    }));

  it('test_context_manager', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      expect(condition.locked()).to.equal(false);
      yield* asyncio.asyncWith(condition, function* () {
        expect(condition.locked()).to.equal(true);
      });
      expect(condition.locked()).to.equal(false);
    }));

  it('test_explicit_lock', () =>
    simulate(function* () {
      // That it is the same lock shows in that each locks the other; the lock itself is private.
      function* check(lock: asyncio.Lock, condition: asyncio.Condition): asyncio.Coroutine<void> {
        const locked = (): [boolean, boolean] => [lock.locked(), condition.locked()];
        expect(locked()).to.deep.equal([false, false]);
        yield* asyncio.asyncWith(condition, function* () {
          expect(locked()).to.deep.equal([true, true]);
        });
        expect(locked()).to.deep.equal([false, false]);
        yield* asyncio.asyncWith(lock, function* () {
          expect(locked()).to.deep.equal([true, true]);
        });
        expect(locked()).to.deep.equal([false, false]);
      }
      const lock = new asyncio.Lock();
      yield* check(lock, new asyncio.Condition(lock));
      yield* check(lock, new asyncio.Condition(lock));
    }));

  it('test_ambiguous_loops', async () => {
    // The originals set a private attribute; here each object is first made to wait in another loop.
    const lockOfAnotherLoop = new asyncio.Lock();
    const conditionsLock = new asyncio.Lock();
    const conditionOfAnotherLoop = new asyncio.Condition(conditionsLock);
    await simulate(function* () {
      yield* lockOfAnotherLoop.acquire();
      const second = asyncio.createTask(lockOfAnotherLoop.acquire());
      const third = asyncio.createTask(
        asyncio.asyncWith(conditionOfAnotherLoop, () => conditionOfAnotherLoop.wait()),
      );
      yield* asyncio.sleep(0);
      lockOfAnotherLoop.release();
      yield* second;
      lockOfAnotherLoop.release();
      yield* asyncio.asyncWith(conditionOfAnotherLoop, function* () {
        conditionOfAnotherLoop.notify();
      });
      yield* third;
    });

    await simulate(function* () {
      const condition = new asyncio.Condition(lockOfAnotherLoop);
      // Acquired without waiting, and so without a look at the loop.
      yield* asyncio.asyncWith(lockOfAnotherLoop, function* () {
        yield* assertRaises(asyncio.RuntimeError, condition.acquire(), /is bound to a different event loop/);
      });
    });

    await simulate(function* () {
      yield* asyncio.asyncWith(conditionsLock, function* () {
        yield* assertRaises(
          asyncio.RuntimeError,
          conditionOfAnotherLoop.wait(),
          /is bound to a different event loop/,
        );
      });
      expect(conditionsLock.locked()).to.equal(false);
    });
  });

  it('test_timeout_in_block', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      yield* asyncio.asyncWith(condition, function* () {
        yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(condition.wait(), 0.5));
      });
      expect(asyncio.getRunningLoop().time()).to.equal(0.5);
    }));

  /** A task that waits for `predicate` with the lock, and what was thrown at it there. */
  function startWaiter(
    condition: asyncio.Condition,
    predicate: () => boolean,
  ): { readonly task: asyncio.Task<void>; readonly raised: () => unknown } {
    let raised: unknown;
    const task = asyncio.createTask(
      asyncio.asyncWith(condition, function* () {
        raised = yield* assertRaises(asyncio.CancelledError, condition.waitFor(predicate));
        throw raised;
      }),
    );
    return { task, raised: () => raised };
  }

  it('test_cancelled_error_wakeup', () =>
    simulate(function* () {
      const { task, raised } = startWaiter(new asyncio.Condition(), () => false);
      yield* asyncio.sleep(0);
      task.cancel('foo');
      const error = yield* assertRaises(asyncio.CancelledError, task);
      expect(error.args).to.deep.equal(['foo']);
      expect(error).to.equal(raised());
    }));

  it('test_cancelled_error_re_aquire', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      let wake = false;
      const { task, raised } = startWaiter(condition, () => wake);
      yield* asyncio.sleep(0);
      yield* condition.acquire();
      wake = true;
      condition.notify();
      yield* asyncio.sleep(0);
      // It wants the lock again.
      task.cancel('foo');
      condition.release();
      const error = yield* assertRaises(asyncio.CancelledError, task);
      expect(error.args).to.deep.equal(['foo']);
      expect(error).to.equal(raised());
    }));

  /**
   * Two consumers wait; one is notified and cancelled before it can act on that. The other must take over.
   *
   * @param relock Whether the cancelled one has come as far as to want the lock again.
   */
  function* checkTakeover(relock: boolean): asyncio.Coroutine<void> {
    const condition = new asyncio.Condition();
    let state = 0;
    const consume = (): asyncio.Coroutine<void> =>
      asyncio.asyncWith(condition, function* () {
        for (;;) {
          yield* condition.waitFor(() => state !== 0);
          if (state < 0) return;
          state -= 1;
        }
      });
    const first = asyncio.createTask(consume());
    const second = asyncio.createTask(consume());
    yield* asyncio.sleep(0);
    yield* asyncio.asyncWith(condition, function* () {
      state += 1;
      condition.notify(1);
      if (relock) yield* asyncio.sleep(0);
      first.cancel();
      try {
        yield* asyncio.withTimeout(0.01, () => condition.waitFor(() => state === 0));
      } catch (error) {
        if (!(error instanceof asyncio.TimeoutError)) throw error;
      }
      expect(state).to.equal(0);
      state = -1;
      condition.notifyAll();
    });
    yield* second;
  }

  it('test_cancelled_wakeup', () => simulate(() => checkTakeover(false)));

  it('test_cancelled_wakeup_relock', () => simulate(() => checkTakeover(true)));
});

describe('SemaphoreTests', () => {
  const value = (semaphore: asyncio.Semaphore): number => semaphore.statistics().value;

  it('test_initial_value_zero', () => {
    expect(new asyncio.Semaphore(0).locked()).to.equal(true);
  });

  it('test_repr', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore();
      expect(parts(semaphore)).to.deep.equal(['Semaphore', 'unlocked, value:1']);
      yield* semaphore.acquire();
      expect(parts(semaphore)).to.deep.equal(['Semaphore', 'locked']);
      for (const waiters of [1, 2]) {
        asyncio.createTask(semaphore.acquire());
        yield* asyncio.sleep(0);
        expect(parts(semaphore)).to.deep.equal(['Semaphore', `locked, waiters:${waiters}`]);
      }
    }));

  it('test_semaphore', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore();
      expect(value(semaphore)).to.equal(1);
      yield* assertRaises(
        TypeError,
        (function* () {
          // @ts-expect-error A semaphore is not awaitable.
          yield* semaphore;
        })(),
      );
      expect(semaphore.locked()).to.equal(false);
      expect(value(semaphore)).to.equal(1);
    }));

  it('test_semaphore_value', () => {
    // Python's ValueError is RangeError.
    expect(() => new asyncio.Semaphore(-1)).to.throw(RangeError);
  });

  it('test_acquire', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(3);
      const result: number[] = [];
      expect(yield* semaphore.acquire()).to.equal(true);
      expect(yield* semaphore.acquire()).to.equal(true);
      expect(semaphore.locked()).to.equal(false);

      const start = (n: number): asyncio.Task<boolean> =>
        asyncio.createTask(acquireAndNote(semaphore, result, n));
      const [t1, ...race] = [start(1), start(2), start(3)] as const;
      yield* asyncio.sleep(0);
      expect(result).to.deep.equal([1]);
      expect(semaphore.locked()).to.equal(true);
      expect(waiting(semaphore)).to.equal(2);
      expect(value(semaphore)).to.equal(0);

      const t4 = start(4);
      semaphore.release();
      semaphore.release();
      expect(value(semaphore)).to.equal(0);

      yield* asyncio.sleep(0);
      expect(value(semaphore)).to.equal(0);
      expect(result).to.have.length(3);
      expect(semaphore.locked()).to.equal(true);
      expect(waiting(semaphore)).to.equal(1);
      expect(value(semaphore)).to.equal(0);

      expectAllTrue([t1]);
      expect([...race, t4].filter((task) => task.done() && task.result())).to.have.length(2);

      semaphore.release();
      yield* asyncio.gather([...race, t4]);
    }));

  it('test_acquire_cancel', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore();
      yield* semaphore.acquire();
      const acquire = asyncio.createTask(semaphore.acquire());
      asyncio.getRunningLoop().callSoon(() => acquire.cancel());
      yield* assertRaises(asyncio.CancelledError, acquire);
      expect(waiting(semaphore)).to.equal(0);
    }));

  it('test_acquire_cancel_before_awoken', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(0);
      const start = (): asyncio.Task<true> => asyncio.createTask(semaphore.acquire());
      const [t1, t2, t3, t4] = [start(), start(), start(), start()] as const;
      yield* asyncio.sleep(0);

      t1.cancel();
      t2.cancel();
      semaphore.release();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(t3.done()).to.equal(true);
      expect(t4.done()).to.equal(false);

      t3.cancel();
      t4.cancel();
      yield* asyncio.sleep(0);
    }));

  it('test_acquire_hang', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(0);
      const t1 = asyncio.createTask(semaphore.acquire());
      const t2 = asyncio.createTask(semaphore.acquire());
      yield* asyncio.sleep(0);

      t1.cancel();
      semaphore.release();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(semaphore.locked()).to.equal(true);
      expect(t2.done()).to.equal(true);
    }));

  it('test_acquire_no_hang', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(1);
      function* cancelSecond(): asyncio.Coroutine<void> {
        yield* asyncio.asyncWith(semaphore, () => asyncio.sleep(0));
        t2.cancel();
      }
      const t1 = asyncio.createTask(cancelSecond());
      const t2 = asyncio.createTask(
        asyncio.asyncWith(semaphore, function* () {
          return expect.fail('it was cancelled while it waited');
        }),
      );
      const [r1, r2] = yield* asyncio.gather([t1, t2], { returnExceptions: true });
      expect(r1).to.equal(undefined);
      expect(r2).to.be.instanceOf(asyncio.CancelledError);

      yield* asyncio.waitFor(semaphore.acquire(), 1.0);
    }));

  it('test_release_not_acquired', () => {
    // Python's ValueError is RangeError.
    expect(() => new asyncio.BoundedSemaphore().release()).to.throw(RangeError);
  });

  it('test_release_no_waiters', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore();
      yield* semaphore.acquire();
      expect(semaphore.locked()).to.equal(true);
      semaphore.release();
      expect(semaphore.locked()).to.equal(false);
    }));

  it('test_acquire_fifo_order', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(1);
      const result: string[] = [];
      function* work(tag: string): asyncio.Coroutine<void> {
        for (const round of [1, 2]) {
          yield* semaphore.acquire();
          result.push(`${tag}_${round}`);
          yield* asyncio.sleep(0.01);
          semaphore.release();
        }
      }
      yield* asyncio.withTaskGroup(function* (group) {
        for (const tag of ['c1', 'c2', 'c3']) group.createTask(work(tag));
      });
      expect(result).to.deep.equal(['c1_1', 'c2_1', 'c3_1', 'c1_2', 'c2_2', 'c3_2']);
    }));

  it('test_acquire_fifo_order_2', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(1);
      const result: number[] = [];
      const t1 = asyncio.createTask(acquireAndNote(semaphore, result, 1));
      const t2 = asyncio.createTask(
        (function* () {
          yield* acquireAndNote(semaphore, result, 2);
          semaphore.release();
          return yield* acquireAndNote(semaphore, result, 4);
        })(),
      );
      const t3 = asyncio.createTask(acquireAndNote(semaphore, result, 3));
      yield* asyncio.sleep(0);
      semaphore.release();
      semaphore.release();
      yield* asyncio.gather(t1, t2, t3);
      expect(result).to.deep.equal([1, 2, 3, 4]);
    }));

  it('test_acquire_fifo_order_3', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(0);
      const result: number[] = [];
      const tasks = [1, 2, 3].map((n) => asyncio.createTask(acquireAndNote(semaphore, result, n)));
      yield* asyncio.sleep(0);
      tasks[0]?.cancel();
      yield* asyncio.sleep(0);
      semaphore.release();
      semaphore.release();
      yield* asyncio.gather(tasks, { returnExceptions: true });
      expect(result).to.deep.equal([2, 3]);
    }));

  it('test_acquire_fifo_order_4', () =>
    simulate(function* () {
      // One acquire() that succeeds wakes several tasks that had to queue only because they were not the first.
      const semaphore = new asyncio.Semaphore(0);
      const result: number[] = [];
      let t4: asyncio.Task<void> | undefined;
      const t1 = asyncio.createTask(
        (function* () {
          expect(value(semaphore)).to.equal(0);
          yield* semaphore.acquire();
          // All who waited have been woken now.
          expect(value(semaphore)).to.equal(0);
          // This one shall run after the third, not after the second.
          t4 = asyncio.createTask(
            (function* () {
              result.push(4);
            })(),
          );
          result.push(1);
        })(),
      );
      const t2 = asyncio.createTask(
        (function* () {
          // One for each of the three.
          for (let i = 0; i < 3; i += 1) semaphore.release();
          expect(value(semaphore)).to.equal(2);
          // Locked, because the first has not woken up yet.
          expect(semaphore.locked()).to.equal(true);
          yield* semaphore.acquire();
          result.push(2);
        })(),
      );
      const t3 = asyncio.createTask(
        (function* () {
          yield* semaphore.acquire();
          expect(semaphore.locked()).to.equal(true);
          result.push(3);
        })(),
      );

      yield* asyncio.sleep(0);
      expect(value(semaphore)).to.equal(2);
      expect(waiting(semaphore)).to.equal(3);
      yield* asyncio.sleep(0);
      yield* asyncio.gather([t1, t2, t3, t4 as asyncio.Task<void>]); // t1 has run
      expect(result).to.deep.equal([1, 2, 3, 4]);
    }));
});

describe('BarrierTests', () => {
  const N = 5;

  function makeTasks<T>(count: number, make: () => asyncio.Coroutine<T>): asyncio.Task<T>[] {
    return Array.from({ length: count }, () => asyncio.createTask(make()));
  }

  function gatherTasks<T>(count: number, make: () => asyncio.Coroutine<T>): asyncio.Awaitable<T[]> {
    return asyncio.gather(makeTasks(count, make));
  }

  const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
  const trues = (count: number): boolean[] => new Array(count).fill(true);

  function expectIntact(barrier: asyncio.Barrier): void {
    expect(barrier.nWaiting).to.equal(0);
    expect(barrier.broken).to.equal(false);
  }

  it('test_barrier', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      expect(String(barrier)).to.include('filling');
      yield* assertRaises(
        TypeError,
        (function* () {
          // @ts-expect-error A barrier is not awaitable.
          yield* barrier;
        })(),
      );
      expect(String(barrier)).to.include('filling');
    }));

  it('test_repr', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      expect(parts(barrier)).to.deep.equal(['Barrier', `filling, waiters:0/${N}`]);

      const waiters: asyncio.Task<number>[] = [];
      function* add(count: number): asyncio.Coroutine<void> {
        waiters.push(...makeTasks(count, () => barrier.wait()));
        yield* asyncio.sleep(0);
      }
      yield* add(2);
      expect(parts(barrier)).to.deep.equal(['Barrier', `filling, waiters:2/${N}`]);
      yield* add(barrier.parties - barrier.nWaiting);
      expect(parts(barrier)).to.deep.equal(['Barrier', `draining, waiters:0/${N}`]);
      yield* add(2);
      yield* barrier.reset();
      expect(parts(barrier)).to.deep.equal(['Barrier', `resetting, waiters:0/${N}`]);
      yield* add(2);
      yield* barrier.abort();
      expect(parts(barrier)).to.deep.equal(['Barrier', 'broken']);
      expect(barrier.broken).to.equal(true);
      yield* asyncio.gather(waiters, { returnExceptions: true });
    }));

  it('test_barrier_parties', () => {
    // Python's ValueError is RangeError.
    expect(() => new asyncio.Barrier(0)).to.throw(RangeError);
    expect(() => new asyncio.Barrier(-4)).to.throw(RangeError);
    expect(new asyncio.Barrier(N)).to.be.instanceOf(asyncio.Barrier);
  });

  it('test_context_manager', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(3);
      const results: number[] = [];
      yield* gatherTasks(3, () =>
        asyncio.asyncWith(barrier, function* (index) {
          results.push(index);
        }),
      );
      expect(sorted(results)).to.deep.equal(numbersTo(3));
      expectIntact(barrier);
    }));

  it('test_filling_one_task', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(1);
      const result = yield* asyncio.asyncWith(barrier, function* () {
        return true;
      });
      expect(result).to.equal(true);
      expectIntact(barrier);
    }));

  it('test_filling_one_task_twice', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(1);
      const t1 = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      expect(barrier.nWaiting).to.equal(0);
      const t2 = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      expect(t1.result()).to.equal(t2.result());
      expect(t1.done()).to.equal(t2.done());
      expectIntact(barrier);
    }));

  it('test_filling_task_by_task', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(3);
      const tasks: asyncio.Task<number>[] = [];
      for (const waiters of [1, 2]) {
        tasks.push(asyncio.createTask(barrier.wait()));
        yield* asyncio.sleep(0);
        expect(barrier.nWaiting).to.equal(waiters);
        expect(String(barrier)).to.include('filling');
      }
      tasks.push(asyncio.createTask(barrier.wait()));
      yield* asyncio.sleep(0);
      yield* asyncio.wait(tasks);
      expectIntact(barrier);
    }));

  it('test_filling_tasks_wait_twice', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results: boolean[] = [];
      yield* gatherTasks(N, () =>
        asyncio.asyncWith(barrier, function* () {
          results.push(true);
          yield* asyncio.asyncWith(barrier, function* () {
            results.push(false);
          });
        }),
      );
      expect(results).to.have.length(2 * N);
      expect(results.filter((result) => result)).to.have.length(N);
      expect(results.filter((result) => !result)).to.have.length(N);
      expectIntact(barrier);
    }));

  it('test_filling_tasks_check_return_value', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      const indexes = yield* gatherTasks(N, () =>
        asyncio.asyncWith(barrier, function* () {
          results1.push(true);
          return yield* asyncio.asyncWith(barrier, function* (index) {
            results2.push(true);
            return index;
          });
        }),
      );
      expect(results1).to.deep.equal(trues(N));
      expect(results2).to.deep.equal(trues(N));
      expect(sorted(indexes)).to.deep.equal(numbersTo(N));
      expectIntact(barrier);
    }));

  it('test_draining_state', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results: boolean[] = [];
      yield* gatherTasks(N, () =>
        asyncio.asyncWith(barrier, function* () {
          results.push(String(barrier).includes('draining'));
        }),
      );
      // The last one out opens the next round.
      expect(results).to.deep.equal([...trues(N - 1), false]);
      expectIntact(barrier);
    }));

  it('test_blocking_tasks_while_draining', () =>
    simulate(function* () {
      const again = 2;
      const barrier = new asyncio.Barrier(N);
      const others = new asyncio.Barrier(N - again);
      let left = again;
      // It ends only if exactly N - again tasks meet at the second barrier.
      yield* gatherTasks(N, function* () {
        yield* barrier.wait();
        if (left > 0) {
          left -= 1;
        } else {
          yield* others.wait(); // until the first barrier has drained
        }
        yield* barrier.wait();
      });
      expect(left).to.equal(0);
      expectIntact(barrier);
      expectIntact(others);
    }));

  it('test_filling_tasks_cancel_one', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(3);
      const results: boolean[] = [];
      function* start(): asyncio.Coroutine<asyncio.Task<void>> {
        const task = asyncio.createTask(
          (function* () {
            yield* barrier.wait();
            results.push(true);
          })(),
        );
        yield* asyncio.sleep(0);
        return task;
      }
      const t1 = yield* start();
      expect(barrier.nWaiting).to.equal(1);
      const t2 = yield* start();
      expect(barrier.nWaiting).to.equal(2);

      t1.cancel();
      yield* asyncio.sleep(0);
      expect(barrier.nWaiting).to.equal(1);
      yield* assertRaises(asyncio.CancelledError, t1);
      expect(t1.cancelled()).to.equal(true);

      const t3 = yield* start();
      expect(barrier.nWaiting).to.equal(2);
      const t4 = yield* start();
      yield* asyncio.gather(t2, t3, t4);
      expect(results).to.deep.equal(trues(3));
      expectIntact(barrier);
    }));

  it('test_reset_barrier', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(1);
      asyncio.createTask(barrier.reset());
      yield* asyncio.sleep(0);
      expectIntact(barrier);
    }));

  it('test_reset_barrier_while_tasks_waiting', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results: boolean[] = [];
      const tasks = makeTasks(N - 1, function* () {
        yield* assertRaises(asyncio.BrokenBarrierError, barrier.wait());
        results.push(true);
      });
      yield* asyncio.sleep(0);
      asyncio.createTask(barrier.reset());
      yield* asyncio.gather(tasks);
      expect(results).to.deep.equal(trues(N - 1));
      expect(String(barrier)).not.to.include('resetting');
      expectIntact(barrier);
    }));

  it('test_reset_barrier_when_tasks_half_draining', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results: boolean[] = [];
      const rest = Math.floor(N / 2);
      let inside = N; // the original reads a private count
      yield* gatherTasks(N, function* () {
        try {
          yield* barrier.wait();
        } catch (error) {
          if (!(error instanceof asyncio.BrokenBarrierError)) throw error;
          results.push(true);
          return;
        }
        inside -= 1;
        if (inside === rest) yield* barrier.reset();
      });
      expect(results).to.deep.equal(trues(rest));
      expect(String(barrier)).not.to.include('resetting');
      expectIntact(barrier);
    }));

  /** True if the barrier let the task pass, false if it was broken. */
  function* passes(barrier: asyncio.Barrier): asyncio.Coroutine<boolean> {
    try {
      yield* barrier.wait();
      return true;
    } catch (error) {
      if (!(error instanceof asyncio.BrokenBarrierError)) throw error;
      return false;
    }
  }

  it('test_reset_barrier_when_tasks_half_draining_half_blocking', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      const blocking = Math.floor(N / 2);
      let count = 0;
      yield* gatherTasks(N, function* () {
        if (!(yield* passes(barrier))) {
          results1.push(true); // had not left yet
          yield* barrier.wait();
          return;
        }
        count += 1;
        if (count > blocking) {
          yield* barrier.reset(); // breaks those who have not left yet
          yield* barrier.wait();
        } else if (!(yield* passes(barrier))) {
          results2.push(true); // never: those who wait to enter are left alone
        }
      });
      expect(results1).to.deep.equal(trues(blocking));
      expect(results2).to.deep.equal([]);
      expect(String(barrier)).not.to.include('resetting');
      expectIntact(barrier);
    }));

  it('test_reset_barrier_while_tasks_waiting_and_waiting_again', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      const tasks = makeTasks(N - 1, function* () {
        try {
          yield* assertRaises(asyncio.BrokenBarrierError, barrier.wait());
          results1.push(true);
        } finally {
          yield* barrier.wait();
          results2.push(true);
        }
      });
      asyncio.createTask(barrier.reset());
      yield* asyncio.sleep(0);
      // The last one that those in the `finally` need.
      asyncio.createTask(
        asyncio.asyncWith(barrier, function* () {
          results2.push(true);
        }),
      );
      yield* asyncio.gather(tasks);
      expect(results1).to.deep.equal(trues(N - 1));
      expect(results2).to.deep.equal(trues(N));
      expectIntact(barrier);
    }));

  it('test_reset_barrier_while_tasks_draining', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: unknown[] = [];
      const results3: boolean[] = [];
      let count = 0;
      yield* gatherTasks(N, function* () {
        yield* barrier.wait();
        count += 1;
        if (count === N) {
          yield* barrier.reset(); // the last has left: there is nobody to break
          yield* barrier.wait();
        } else {
          try {
            yield* barrier.wait();
            results1.push(true);
          } catch (error) {
            asyncio.rethrowIfCancelled(error);
            results2.push(error); // never
          }
        }
        yield* barrier.wait();
        results3.push(true);
      });
      expect(results1).to.deep.equal(trues(N - 1));
      expect(results2).to.deep.equal([]);
      expect(results3).to.deep.equal(trues(N));
      expectIntact(barrier);
    }));

  it('test_abort_barrier', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(1);
      asyncio.createTask(barrier.abort());
      yield* asyncio.sleep(0);
      expect(barrier.nWaiting).to.equal(0);
      expect(barrier.broken).to.equal(true);
    }));

  it('test_abort_barrier_when_tasks_half_draining_half_blocking', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      const blocking = Math.floor(N / 2);
      let count = 0;
      yield* gatherTasks(N, function* () {
        if (!(yield* passes(barrier))) {
          results1.push(true); // had not left yet
          return;
        }
        count += 1;
        if (count > blocking) yield* barrier.abort();
        else if (!(yield* passes(barrier))) results2.push(true); // had left, and waited to enter
      });
      expect(barrier.broken).to.equal(true);
      expect(results1).to.deep.equal(trues(blocking));
      expect(results2).to.deep.equal(trues(N - blocking - 1));
      expect(barrier.nWaiting).to.equal(0);
      expect(String(barrier)).not.to.include('resetting');
    }));

  it('test_abort_barrier_when_exception', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      yield* gatherTasks(N, function* () {
        try {
          yield* asyncio.asyncWith(barrier, function* (index) {
            if (index === Math.floor(N / 2)) throw new asyncio.RuntimeError();
          });
          yield* asyncio.asyncWith(barrier, function* () {
            results1.push(true);
          });
        } catch (error) {
          // BrokenBarrierError is a RuntimeError.
          if (error instanceof asyncio.BrokenBarrierError) results2.push(true);
          else if (error instanceof asyncio.RuntimeError) yield* barrier.abort();
          else throw error;
        }
      });
      expect(barrier.broken).to.equal(true);
      expect(results1).to.deep.equal([]);
      expect(results2).to.deep.equal(trues(N - 1));
      expect(barrier.nWaiting).to.equal(0);
    }));

  it('test_abort_barrier_when_exception_then_resetting', () =>
    simulate(function* () {
      const barrier1 = new asyncio.Barrier(N);
      const barrier2 = new asyncio.Barrier(N);
      const results1: boolean[] = [];
      const results2: boolean[] = [];
      const results3: boolean[] = [];
      yield* gatherTasks(N, function* () {
        try {
          const index = yield* barrier1.wait();
          if (index === Math.floor(N / 2)) throw new asyncio.RuntimeError();
          yield* barrier1.wait();
          results1.push(true);
        } catch (error) {
          if (error instanceof asyncio.BrokenBarrierError) results2.push(true);
          else if (error instanceof asyncio.RuntimeError) yield* barrier1.abort();
          else throw error;
        }
        // Everybody has left the barrier before it is reset, and nobody enters it before that.
        const index = yield* barrier2.wait();
        if (index === Math.floor(N / 2)) yield* barrier1.reset();
        yield* barrier2.wait();
        yield* barrier1.wait();
        results3.push(true);
      });
      expect(results1).to.deep.equal([]);
      expect(results2).to.deep.equal(trues(N - 1));
      expect(results3).to.deep.equal(trues(N));
      expectIntact(barrier1);
    }));
});
