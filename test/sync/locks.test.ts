// What CPython's tests do not have: hold(), statistics(), and the promises of fairness under random cancellation.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { growth, PROPORTIONAL } from '../support/growth.ts';
import { simulate } from '../support/loops.ts';
import { countPasses } from '../support/passes.ts';
import { Random } from '../support/random.ts';

// A `using` that was compiled looks for this symbol; not every engine has it.
if (!Reflect.has(Symbol, 'dispose')) {
  Object.defineProperty(Symbol, 'dispose', { value: Symbol.for('Symbol.dispose') });
}

type Lockable = asyncio.Lock | asyncio.Condition | asyncio.Semaphore;

const KINDS: Readonly<Record<string, () => Lockable>> = {
  Lock: () => new asyncio.Lock(),
  Condition: () => new asyncio.Condition(),
  Semaphore: () => new asyncio.Semaphore(),
  BoundedSemaphore: () => new asyncio.BoundedSemaphore(),
};

for (const [kind, make] of Object.entries(KINDS)) {
  describe(`${kind}.hold()`, () => {
    it('holds it to the end of the block of a using', () =>
      simulate(function* () {
        const lock = make();
        {
          using held = yield* lock.hold();
          expect(held).to.respondTo('release');
          expect(lock.locked()).to.equal(true);
        }
        expect(lock.locked()).to.equal(false);
      }));

    it('releases it when the block throws', () =>
      simulate(function* () {
        const lock = make();
        const failure = new Error('from the block');
        function* failing(): asyncio.Coroutine<void> {
          using _held = yield* lock.hold();
          throw failure;
        }
        expect(yield* assertRaises(Error, failing())).to.equal(failure);
        expect(lock.locked()).to.equal(false);
      }));

    it('releases it when the block is cancelled, after its cleanup', () =>
      simulate(function* () {
        const lock = make();
        const log: string[] = [];
        const task = asyncio.createTask(
          (function* () {
            using _held = yield* lock.hold();
            try {
              yield* asyncio.sleep(10);
            } finally {
              yield* asyncio.sleep(1);
              log.push(`cleaned up, locked: ${lock.locked()}`);
            }
          })(),
        );
        yield* asyncio.sleep(0);
        task.cancel();
        yield* assertRaises(asyncio.CancelledError, task);
        expect(log).to.deep.equal(['cleaned up, locked: true']);
        expect(lock.locked()).to.equal(false);
      }));

    it('releases it in each round of a loop', () =>
      simulate(function* () {
        const lock = make();
        const passes = yield* countPasses(function* () {
          for (let round = 0; round < 3; round += 1) {
            using _held = yield* lock.hold();
            expect(lock.locked()).to.equal(true);
          }
        });
        expect(passes).to.equal(0);
      }));

    it('lets go once, early or at the end', () =>
      simulate(function* () {
        const lock = make();
        {
          using held = yield* lock.hold();
          held.release();
          expect(lock.locked()).to.equal(false);
          held.release();
          yield* lock.acquire(); // by somebody else
        }
        expect(lock.locked()).to.equal(true);
        lock.release();
        expect(lock.locked()).to.equal(false);
      }));

    it('waits its turn', () =>
      simulate(function* () {
        const lock = make();
        const order: number[] = [];
        function* take(number: number): asyncio.Coroutine<void> {
          using _held = yield* lock.hold();
          order.push(number);
          yield* asyncio.sleep(1);
        }
        yield* asyncio.gather(take(1), take(2), take(3));
        expect(order).to.deep.equal([1, 2, 3]);
        expect(asyncio.getRunningLoop().time()).to.equal(3);
      }));

    it('holds nothing when it is cancelled while it waits', () =>
      simulate(function* () {
        const lock = make();
        yield* lock.acquire();
        const task = asyncio.createTask(lock.hold());
        yield* asyncio.sleep(0);
        task.cancel();
        yield* assertRaises(asyncio.CancelledError, task);
        expect(lock.locked()).to.equal(true);
        lock.release();
        expect(lock.locked()).to.equal(false);
      }));
  });

  describe(`asyncWith(${kind})`, () => {
    it('holds it for the block, and gives the result of the block', () =>
      simulate(function* () {
        const lock = make();
        let given: unknown = 'nothing';
        const passes = yield* countPasses(function* () {
          const result = yield* asyncio.asyncWith(lock, function* (value) {
            given = value;
            expect(lock.locked()).to.equal(true);
            return 'result';
          });
          expect(result).to.equal('result');
        });
        expect(given).to.equal(undefined);
        expect(passes).to.equal(0);
        expect(lock.locked()).to.equal(false);
      }));

    it('releases it when the block throws, and passes the error on', () =>
      simulate(function* () {
        const lock = make();
        const failure = new Error('from the block');
        const block = asyncio.asyncWith(lock, function* () {
          throw failure;
        });
        expect(yield* assertRaises(Error, block)).to.equal(failure);
        expect(lock.locked()).to.equal(false);
      }));

    it('neither enters nor releases when it is cancelled while it waits', () =>
      simulate(function* () {
        const lock = make();
        yield* lock.acquire();
        let entered = false;
        const task = asyncio.createTask(
          asyncio.asyncWith(lock, function* () {
            entered = true;
          }),
        );
        yield* asyncio.sleep(0);
        task.cancel();
        yield* assertRaises(asyncio.CancelledError, task);
        expect(entered).to.equal(false);
        expect(lock.locked()).to.equal(true);
      }));

    it('is left by a timeout around it', () =>
      simulate(function* () {
        const lock = make();
        const block = asyncio.withTimeout(1, () => asyncio.asyncWith(lock, () => asyncio.sleep(10)));
        yield* assertRaises(asyncio.TimeoutError, block);
        expect(lock.locked()).to.equal(false);
        expect(asyncio.getRunningLoop().time()).to.equal(1);
      }));
  });

  describe(`${kind}, used in many tasks that are cancelled at random`, () => {
    it('lets in as many as it may, first come, first served, and forgets nobody', () =>
      simulate(function* () {
        const random = new Random();
        const lock = make();
        let tickets = 0;
        const order: number[] = [];
        let inside = 0;
        let mostInside = 0;
        let cancelled = 0;
        /** Runs `part`; false if it was cancelled. */
        function* cancellable(part: asyncio.Awaitable<unknown>): asyncio.Coroutine<boolean> {
          try {
            yield* part;
            return true;
          } catch (error) {
            if (!asyncio.isCancelled(error)) throw error;
            cancelled += 1;
            return false;
          }
        }
        function* work(): asyncio.Coroutine<void> {
          for (let round = 0; round < 30; round += 1) {
            yield* cancellable(asyncio.sleep(random.below(4)));
            const ticket = tickets++;
            if (!(yield* cancellable(lock.acquire()))) continue;
            order.push(ticket);
            inside += 1;
            mostInside = Math.max(mostInside, inside);
            yield* cancellable(asyncio.sleep(random.below(2)));
            inside -= 1;
            lock.release();
          }
        }
        const tasks = Array.from({ length: 20 }, () => asyncio.createTask(work()));
        const canceller = asyncio.createTask(
          (function* () {
            for (;;) {
              for (let i = random.below(4); i > 0; i -= 1) random.pick(tasks).cancel();
              yield* asyncio.sleep(random.below(2));
            }
          })(),
        );
        yield* asyncio.gather(tasks);
        canceller.cancel();
        expect(cancelled).to.be.greaterThan(0);
        expect(order.length).to.be.greaterThan(20);
        expect(order).to.deep.equal([...order].sort((a, b) => a - b));
        expect(mostInside).to.equal(1);
        expect(lock.locked()).to.equal(false);
        expect(lock.statistics().tasksWaiting).to.equal(0);
      }));
  });
}

describe('Lock', () => {
  it('statistics() tells who holds it and how many wait', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      const main = asyncio.currentTask();
      expect(lock.statistics()).to.deep.equal({ locked: false, owner: null, tasksWaiting: 0 });
      yield* lock.acquire();
      expect(lock.statistics().owner).to.equal(main);

      const second = asyncio.createTask(lock.acquire());
      const third = asyncio.createTask(lock.acquire());
      yield* asyncio.sleep(0);
      expect(lock.statistics()).to.include({ locked: true, owner: main, tasksWaiting: 2 });

      // Between the release and the step of the next one nobody has it.
      lock.release();
      expect(lock.statistics()).to.deep.equal({ locked: false, owner: null, tasksWaiting: 2 });
      yield* asyncio.sleep(0);
      expect(lock.statistics()).to.include({ locked: true, owner: second, tasksWaiting: 1 });

      // Another task than the owner may release it.
      lock.release();
      yield* third;
      expect(lock.statistics()).to.include({ locked: true, owner: third, tasksWaiting: 0 });
      lock.release();
      expect(lock.statistics()).to.deep.equal({ locked: false, owner: null, tasksWaiting: 0 });
    }));

  it('release() says when it is not acquired', () => {
    expect(() => new asyncio.Lock().release()).to.throw(asyncio.RuntimeError, 'Lock is not acquired.');
  });

  it('#54 acquire() queues behind a live waiter although the lock is free for the moment', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      const order: string[] = [];
      yield* lock.acquire();
      const waiter = asyncio.createTask(
        asyncio.asyncWith(lock, function* () {
          order.push('waiter');
        }),
      );
      yield* asyncio.sleep(0);
      lock.release();
      expect(lock.locked()).to.equal(false);
      yield* lock.acquire();
      order.push('who came later');
      expect(order).to.deep.equal(['waiter', 'who came later']);
      expect(waiter.done()).to.equal(true);
    }));

  it('#54 acquire() goes first when all who wait are cancelled', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      const waiters = [asyncio.createTask(lock.acquire()), asyncio.createTask(lock.acquire())];
      yield* asyncio.sleep(0);
      for (const waiter of waiters) waiter.cancel();
      lock.release();
      expect(lock.statistics().tasksWaiting).to.equal(2);
      expect(yield* countPasses(() => lock.acquire())).to.equal(0);
      expect(lock.locked()).to.equal(true);
    }));

  it('#55 a waiter that is cancelled after it was chosen passes its turn on, to one other', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      const tasks = Array.from({ length: 3 }, () => asyncio.createTask(lock.acquire()));
      yield* asyncio.sleep(0);
      lock.release();
      tasks[0]?.cancel();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(tasks.map((task) => task.done())).to.deep.equal([true, true, false]);
      expect(tasks[0]?.cancelled()).to.equal(true);
      expect(lock.locked()).to.equal(true);
    }));

  it('a waiter that is cancelled while the lock is held wakes nobody', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      const first = asyncio.createTask(lock.acquire());
      const second = asyncio.createTask(lock.acquire());
      yield* asyncio.sleep(0);
      first.cancel();
      yield* asyncio.sleep(1);
      expect(first.cancelled()).to.equal(true);
      expect(second.done()).to.equal(false);
      expect(lock.statistics()).to.include({ locked: true, tasksWaiting: 1 });
    }));

  it('hands over in as many passes as in CPython', () =>
    simulate(function* () {
      // Measured with CPython 3.13: tasks, rounds of each, passes.
      for (const [count, rounds, expected] of [
        [1, 10, 13],
        [2, 10, 42],
        [10, 10, 202],
      ] as const) {
        const lock = new asyncio.Lock();
        function* work(): asyncio.Coroutine<void> {
          for (let round = 0; round < rounds; round += 1) {
            yield* asyncio.asyncWith(lock, () => asyncio.sleep(0));
          }
        }
        const passes = yield* countPasses(function* () {
          yield* asyncio.gather(Array.from({ length: count }, work));
        });
        expect(passes, `${count} tasks`).to.equal(expected);
      }
    }));

  it('is released from outside of the loop', async () => {
    const lock = new asyncio.Lock();
    await asyncio.run(function* () {
      yield* lock.acquire();
      setTimeout(() => lock.release());
      yield* lock.acquire();
    });
    expect(lock.locked()).to.equal(true);
  });
});

describe('Event', () => {
  it('is the same class by its other name, and not the event of the page', () => {
    expect(asyncio.AsyncEvent).to.equal(asyncio.Event);
    expect(asyncio.Event).not.to.equal(globalThis.Event);
  });

  it('statistics() tells how many wait', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      expect(event.statistics()).to.deep.equal({ tasksWaiting: 0 });
      const tasks = [asyncio.createTask(event.wait()), asyncio.createTask(event.wait())];
      yield* asyncio.sleep(0);
      expect(event.statistics()).to.deep.equal({ tasksWaiting: 2 });
      tasks[0]?.cancel();
      yield* asyncio.sleep(0);
      expect(event.statistics()).to.deep.equal({ tasksWaiting: 1 });
      event.set();
      yield* asyncio.sleep(0);
      expect(event.statistics()).to.deep.equal({ tasksWaiting: 0 });
    }));

  it('wait() does not give way when it is set', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      event.set();
      expect(yield* countPasses(() => event.wait())).to.equal(0);
    }));

  it('#13 set() wakes in the order of arrival, and behind the tasks that are ready', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      const order: string[] = [];
      function* note(name: string): asyncio.Coroutine<void> {
        yield* event.wait();
        order.push(name);
      }
      for (const name of ['first', 'second', 'third']) asyncio.createTask(note(name));
      yield* asyncio.sleep(0);
      asyncio.createTask(note('ready'));
      event.set();
      yield* asyncio.sleep(0);
      expect(order).to.deep.equal(['ready', 'first', 'second', 'third']);
    }));

  it('#13 set() and clear() wake who waited before, and nobody else', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      const before = asyncio.createTask(event.wait());
      yield* asyncio.sleep(0);
      event.set();
      event.clear();
      const after = asyncio.createTask(event.wait());
      yield* asyncio.sleep(1);
      expect(before.done()).to.equal(true);
      expect(before.result()).to.equal(true);
      expect(after.done()).to.equal(false);
      expect(event.isSet()).to.equal(false);
    }));

  it('is set from outside of the loop', async () => {
    const event = new asyncio.Event();
    const result = await asyncio.run(function* () {
      setTimeout(() => event.set());
      return yield* event.wait();
    });
    expect(result).to.equal(true);
  });
});

describe('Condition', () => {
  it('statistics() tells of the lock, and how many wait to be notified', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const unlocked = { locked: false, owner: null, tasksWaiting: 0 };
      expect(condition.statistics()).to.deep.equal({ ...unlocked, tasksWaitingNotify: 0 });
      const waiters = Array.from({ length: 3 }, () =>
        asyncio.createTask(asyncio.asyncWith(condition, () => condition.wait())),
      );
      yield* asyncio.sleep(0);
      expect(condition.statistics()).to.deep.equal({ ...unlocked, tasksWaitingNotify: 3 });
      yield* asyncio.asyncWith(condition, function* () {
        expect(condition.statistics().owner).to.equal(asyncio.currentTask());
        condition.notify(2);
        yield* asyncio.sleep(0);
        // They wait for the lock now.
        expect(condition.statistics()).to.include({ locked: true, tasksWaiting: 2, tasksWaitingNotify: 1 });
        condition.notifyAll();
      });
      yield* asyncio.gather(waiters);
      expect(condition.statistics()).to.deep.equal({ ...unlocked, tasksWaitingNotify: 0 });
    }));

  it('wait() and notify() say when the lock is not held', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      yield* assertRaises(asyncio.RuntimeError, condition.wait(), /^cannot wait on un-acquired lock$/);
      const message = 'cannot notify on un-acquired lock';
      expect(() => condition.notify()).to.throw(asyncio.RuntimeError, message);
      expect(() => condition.notifyAll()).to.throw(asyncio.RuntimeError, message);
    }));

  it('conditions that share a lock are notified each for itself', () =>
    simulate(function* () {
      const lock = new asyncio.Lock();
      const [full, empty] = [new asyncio.Condition(lock), new asyncio.Condition(lock)];
      const waitFor = (condition: asyncio.Condition): asyncio.Task<true> =>
        asyncio.createTask(asyncio.asyncWith(condition, () => condition.wait()));
      const [forFull, forEmpty] = [waitFor(full), waitFor(empty)];
      yield* asyncio.sleep(0);
      yield* asyncio.asyncWith(lock, function* () {
        empty.notifyAll();
      });
      yield* asyncio.sleep(1);
      expect(forFull.done()).to.equal(false);
      expect(forEmpty.done()).to.equal(true);
    }));

  it('waitFor() gives the value of the predicate, which is asked with the lock held', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const items: string[] = [];
      const task = asyncio.createTask(
        asyncio.asyncWith(condition, () =>
          condition.waitFor(() => {
            expect(condition.locked()).to.equal(true);
            return items.at(-1);
          }),
        ),
      );
      yield* asyncio.sleep(0);
      yield* asyncio.asyncWith(condition, function* () {
        items.push('item');
        condition.notify();
      });
      expect(yield* task).to.equal('item');
    }));

  it('#56 wait() takes the lock again however often it is cancelled, and throws the last error', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const task = asyncio.createTask(
        (function* () {
          yield* condition.acquire();
          const error = yield* assertRaises(asyncio.CancelledError, condition.wait());
          expect(condition.statistics().owner).to.equal(asyncio.currentTask());
          condition.release();
          return error;
        })(),
      );
      yield* asyncio.sleep(0);
      yield* condition.acquire();
      for (const message of ['first', 'second', 'third']) {
        task.cancel(message);
        yield* asyncio.sleep(0);
        expect(task.done()).to.equal(false);
      }
      condition.release();
      expect((yield* task).args).to.deep.equal(['third']);
      expect(condition.locked()).to.equal(false);
    }));

  it('#56 a waiter that was notified and is cancelled passes the notification on', () =>
    simulate(function* () {
      const condition = new asyncio.Condition();
      const waitOnce = (): asyncio.Task<true> =>
        asyncio.createTask(asyncio.asyncWith(condition, () => condition.wait()));
      const [first, second, third] = [waitOnce(), waitOnce(), waitOnce()];
      yield* asyncio.sleep(0);
      yield* asyncio.asyncWith(condition, function* () {
        condition.notify();
        first.cancel();
      });
      yield* asyncio.sleep(1);
      expect(first.cancelled()).to.equal(true);
      expect(second.done()).to.equal(true);
      expect(third.done()).to.equal(false);
    }));

  it('loses no notification when waiters are cancelled at random', () =>
    simulate(function* () {
      const random = new Random();
      const condition = new asyncio.Condition();
      let stock = 0;
      let cancelled = 0;
      const consume = (): asyncio.Coroutine<void> =>
        asyncio.asyncWith(condition, function* () {
          for (;;) {
            yield* condition.waitFor(() => stock > 0);
            stock -= 1;
          }
        });
      let consumers: asyncio.Task<void>[] = [];
      for (let round = 0; round < 200; round += 1) {
        while (consumers.length < 5) consumers.push(asyncio.createTask(consume()));
        yield* asyncio.sleep(0); // they wait
        yield* asyncio.asyncWith(condition, function* () {
          stock += 1;
          condition.notify();
          if (random.below(2) === 0) yield* asyncio.sleep(0);
          // The one that was notified is among the first.
          for (let i = random.below(4); i > 0; i -= 1) consumers[random.below(3)]?.cancel();
        });
        yield* asyncio.sleep(1);
        expect(stock, `round ${round}`).to.equal(0);
        cancelled += consumers.filter((consumer) => consumer.cancelled()).length;
        consumers = consumers.filter((consumer) => !consumer.done());
      }
      expect(cancelled).to.be.greaterThan(0);
    }));
});

describe('Semaphore', () => {
  it('statistics() tells its value and how many wait', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(2);
      expect(semaphore.statistics()).to.deep.equal({ value: 2, tasksWaiting: 0 });
      yield* semaphore.acquire();
      expect(semaphore.statistics()).to.deep.equal({ value: 1, tasksWaiting: 0 });
      yield* semaphore.acquire();
      const task = asyncio.createTask(semaphore.acquire());
      yield* asyncio.sleep(0);
      expect(semaphore.statistics()).to.deep.equal({ value: 0, tasksWaiting: 1 });
      semaphore.release();
      yield* task;
      expect(semaphore.statistics()).to.deep.equal({ value: 0, tasksWaiting: 0 });
    }));

  it('refuses a bad value in the words of asyncio', () => {
    const message = 'Semaphore initial value must be >= 0';
    for (const value of [-1, -100]) {
      expect(() => new asyncio.Semaphore(value), String(value)).to.throw(RangeError, message);
    }
  });

  it('lets in as many as its value, and no more', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(3);
      let inside = 0;
      let mostInside = 0;
      function* work(): asyncio.Coroutine<void> {
        using _held = yield* semaphore.hold();
        inside += 1;
        mostInside = Math.max(mostInside, inside);
        yield* asyncio.sleep(1);
        inside -= 1;
      }
      yield* asyncio.gather(Array.from({ length: 10 }, work));
      expect(mostInside).to.equal(3);
      expect(asyncio.getRunningLoop().time()).to.equal(4);
      expect(semaphore.statistics()).to.deep.equal({ value: 3, tasksWaiting: 0 });
    }));

  it('#57 release() gives the permit to the waiter that it wakes', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(0);
      const task = asyncio.createTask(semaphore.acquire());
      yield* asyncio.sleep(0);
      semaphore.release();
      expect(semaphore.statistics().value).to.equal(0);
      semaphore.release();
      // There is a permit, but somebody is before us.
      expect(semaphore.statistics()).to.deep.equal({ value: 1, tasksWaiting: 1 });
      expect(semaphore.locked()).to.equal(true);
      yield* task;
      expect(semaphore.locked()).to.equal(false);
    }));

  it('#57 a waiter that was woken and is cancelled gives its permit to the next', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(0);
      const first = asyncio.createTask(semaphore.acquire());
      const second = asyncio.createTask(semaphore.acquire());
      yield* asyncio.sleep(0);
      semaphore.release();
      first.cancel();
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(first.cancelled()).to.equal(true);
      expect(second.done()).to.equal(true);
      expect(semaphore.statistics()).to.deep.equal({ value: 0, tasksWaiting: 0 });
    }));

  it('can be released more often than it was acquired', () => {
    const semaphore = new asyncio.Semaphore(0);
    semaphore.release();
    expect(semaphore.statistics().value).to.equal(1);
  });
});

describe('BoundedSemaphore', () => {
  it('refuses a release too many, in the words of asyncio', () =>
    simulate(function* () {
      const semaphore = new asyncio.BoundedSemaphore(2);
      yield* semaphore.acquire();
      semaphore.release();
      expect(() => semaphore.release()).to.throw(RangeError, 'BoundedSemaphore released too many times');
      expect(semaphore.statistics().value).to.equal(2);
    }));
});

describe('Barrier', () => {
  it('says how many it takes, and refuses less than one in the words of asyncio', () => {
    expect(new asyncio.Barrier(3).parties).to.equal(3);
    expect(() => new asyncio.Barrier(0)).to.throw(RangeError, 'parties must be > 0');
  });

  it('asyncWith() gives the block a number of its own', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(3);
      const numbers = yield* asyncio.gather(
        Array.from({ length: 3 }, () =>
          asyncio.asyncWith(barrier, function* (number) {
            return number;
          }),
        ),
      );
      expect(numbers).to.have.members([0, 1, 2]);
    }));

  it('#58 holds back who comes while it drains', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(2);
      const round = [asyncio.createTask(barrier.wait()), asyncio.createTask(barrier.wait())];
      const early = asyncio.createTask(barrier.wait());
      yield* asyncio.gather(round);
      yield* asyncio.sleep(1);
      expect(early.done()).to.equal(false);
      expect(barrier.nWaiting).to.equal(1);
      yield* barrier.wait();
      yield* early;
      expect(barrier.nWaiting).to.equal(0);
    }));

  it('#58 is not broken by the cancellation of a waiter', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(2);
      const task = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
      expect(barrier.nWaiting).to.equal(0);
      expect(barrier.broken).to.equal(false);
    }));

  it('#58 goes on to the next round although one is cancelled on its way out', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(2);
      const first = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      const second = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      first.cancel(); // the barrier drains, and this one has not left it
      yield* assertRaises(asyncio.CancelledError, first);
      yield* second;
      yield* asyncio.gather(barrier.wait(), barrier.wait());
      expect(barrier.broken).to.equal(false);
    }));

  it('#58 abort() lasts until reset()', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(2);
      const waiter = asyncio.createTask(barrier.wait());
      yield* asyncio.sleep(0);
      yield* barrier.abort();
      yield* assertRaises(asyncio.BrokenBarrierError, waiter, /^Abort or reset of barrier$/);
      yield* assertRaises(asyncio.BrokenBarrierError, barrier.wait(), /^Barrier aborted$/);
      yield* assertRaises(asyncio.BrokenBarrierError, barrier.wait(), /^Barrier aborted$/);
      expect(barrier.broken).to.equal(true);
      yield* barrier.reset();
      expect(barrier.broken).to.equal(false);
      yield* asyncio.gather(barrier.wait(), barrier.wait());
    }));

  it('#58 reset() breaks the round for those who wait, and for nobody else', () =>
    simulate(function* () {
      const barrier = new asyncio.Barrier(3);
      const waiters = [asyncio.createTask(barrier.wait()), asyncio.createTask(barrier.wait())];
      yield* asyncio.sleep(0);
      yield* barrier.reset();
      for (const waiter of waiters) yield* assertRaises(asyncio.BrokenBarrierError, waiter);
      expect(String(barrier)).to.equal('<Barrier [filling, waiters:0/3]>');
      yield* asyncio.gather(barrier.wait(), barrier.wait(), barrier.wait());
    }));
});

describe('a count', () => {
  const makers: Readonly<Record<string, (count: number) => unknown>> = {
    'value of a Semaphore': (count) => new asyncio.Semaphore(count),
    'value of a BoundedSemaphore': (count) => new asyncio.BoundedSemaphore(count),
    'parties of a Barrier': (count) => new asyncio.Barrier(count),
  };
  for (const [what, make] of Object.entries(makers)) {
    it(`that is no whole number is refused: the ${what}`, () => {
      const [name] = what.split(' ');
      for (const [count, text] of [
        [1.5, '1.5'],
        [Number.NaN, 'NaN'],
        ['3', "'3'"], // as an input of a form gives it
      ] as const) {
        expect(() => make(count as number)).to.throw(
          TypeError,
          `${name} must be a whole number, got ${text}`,
        );
      }
      make(3);
    });
  }

  it('that is no number is refused: the maxsize of a Queue', () => {
    for (const wrong of ['3', Number.NaN])
      expect(() => new asyncio.Queue(wrong as number)).to.throw(TypeError, 'maxsize must be a number, got');
  });

  it('may be Infinity for a Semaphore and a Queue', () =>
    simulate(function* () {
      const semaphore = new asyncio.Semaphore(Infinity);
      for (let index = 0; index < 100; index += 1) yield* semaphore.acquire();
      expect(semaphore.locked()).to.equal(false);
      expect(new asyncio.Queue(Infinity).full()).to.equal(false);
    }));
});

describe('a lock with very many waiters', () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    it(`${kind} hands over at a cost that does not grow with their number`, () =>
      simulate(function* () {
        const times = growth((count) => {
          const lock = make();
          // Stepped by hand: it is about the line of the lock, not about tasks.
          expect(lock.acquire().next().done).to.equal(true);
          const waiters = Array.from({ length: count }, () => lock.acquire());
          for (const waiter of waiters) waiter.next();
          expect(lock.statistics().tasksWaiting).to.equal(count);
          let acquired = 0;
          for (const waiter of waiters) {
            lock.release();
            if (waiter.next().done) acquired += 1;
          }
          expect(acquired).to.equal(count);
          expect(lock.statistics().tasksWaiting).to.equal(0);
        });
        expect(times).to.be.lessThan(PROPORTIONAL);
      }));
  }
});

describe('the primitives outside of a loop', () => {
  it('#60 need no loop unless they have to wait', () => {
    for (const [kind, make] of Object.entries(KINDS)) {
      const lock = make();
      const { done, value } = lock.acquire().next();
      expect([done, value], kind).to.deep.equal([true, true]);
      expect(lock.locked(), kind).to.equal(true);
      expect(() => lock.acquire().next(), kind).to.throw(asyncio.RuntimeError, 'no running event loop');
      lock.release();
      expect(lock.locked(), kind).to.equal(false);
    }
    const event = new asyncio.Event();
    event.set();
    const { done, value } = event.wait().next();
    expect([done, value]).to.deep.equal([true, true]);
  });
});
