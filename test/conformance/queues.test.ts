// CPython's test_queues.py, in TypeScript. A getter or putter that the originals put into a private deque is a real
// task here, and what they read from it is read from `statistics()`. Python's ValueError is RangeError.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { assertRaises } from './support.ts';

type QueueClass = new <T>(maxsize?: number) => asyncio.Queue<T>;

type HasStatistics = Pick<asyncio.Queue, 'statistics'>;

const waitingGetters = (queue: HasStatistics): number => queue.statistics().tasksWaitingGet;
const waitingPutters = (queue: HasStatistics): number => queue.statistics().tasksWaitingPut;

function* takeThree(queue: asyncio.Queue<number>): asyncio.Coroutine<number[]> {
  return [yield* queue.get(), yield* queue.get(), yield* queue.get()];
}

describe('QueueBasicTests', () => {
  /** `text` is one of the ways to a queue's text. They give the same; Python's repr has the address as well. */
  function* checkText(text: (queue: asyncio.Queue<number>) => string): asyncio.Coroutine<void> {
    expect(text(new asyncio.Queue())).to.equal('<Queue maxsize=0>');

    const withGetter = new asyncio.Queue<number>();
    const item = yield* asyncio.withTaskGroup(function* (group) {
      const getter = group.createTask(withGetter.get());
      yield* asyncio.sleep(0);
      expect(text(withGetter)).to.include('_getters[1]');
      withGetter.putNowait(0);
      return yield* getter;
    });
    expect(item).to.equal(0);

    const withPutter = new asyncio.Queue<number>(1);
    const putter = yield* asyncio.withTaskGroup(function* (group) {
      withPutter.putNowait(1);
      const task = group.createTask(withPutter.put(2));
      yield* asyncio.sleep(0);
      expect(text(withPutter)).to.include('_putters[1]');
      withPutter.getNowait();
      return task;
    });
    expect(putter.done()).to.equal(true);

    const withItem = new asyncio.Queue<number>();
    withItem.putNowait(1);
    expect(text(withItem)).to.include('_queue=[1]');
  }

  it('test_repr', () => simulate(() => checkText((queue) => `${queue}`)));

  it('test_str', () => simulate(() => checkText((queue) => queue.toString())));

  it('test_generic_alias', () => {
    // Type arguments are the compiler's: the two lines that are marked must be errors.
    const queue = new asyncio.Queue<number>();
    // @ts-expect-error The items are numbers.
    queue.putNowait('1');
    // @ts-expect-error The items are numbers.
    const item: string = queue.getNowait();
    expect(item).to.equal('1');
  });

  it('test_empty', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      expect(queue.empty()).to.equal(true);
      yield* queue.put(1);
      expect(queue.empty()).to.equal(false);
      expect(yield* queue.get()).to.equal(1);
      expect(queue.empty()).to.equal(true);
    }));

  it('test_full', () =>
    simulate(function* () {
      expect(new asyncio.Queue().full()).to.equal(false);
      const queue = new asyncio.Queue<number>(1);
      yield* queue.put(1);
      expect(queue.full()).to.equal(true);
    }));

  it('test_order', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      for (const item of [1, 3, 2]) yield* queue.put(item);
      expect(yield* takeThree(queue)).to.deep.equal([1, 3, 2]);
    }));

  it('test_maxsize', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(2);
      expect(queue.maxsize).to.equal(2);
      const put: number[] = [];
      const task = asyncio.createTask(
        (function* () {
          for (const item of [0, 1, 2]) {
            yield* queue.put(item);
            put.push(item);
          }
          return true;
        })(),
      );
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      // It waits with the third.
      expect(put).to.deep.equal([0, 1]);
      expect(yield* queue.get()).to.equal(0);

      yield* asyncio.sleep(0);
      expect(put).to.deep.equal([0, 1, 2]);
      expect(yield* queue.get()).to.equal(1);
      expect(yield* queue.get()).to.equal(2);
      expect(task.done()).to.equal(true);
      expect(task.result()).to.equal(true);
    }));
});

describe('QueueGetTests', () => {
  it('test_blocking_get', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      queue.putNowait(1);
      expect(yield* queue.get()).to.equal(1);
    }));

  it('test_get_with_putters', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(1);
      yield* queue.put(1);
      const putter = asyncio.createTask(queue.put(2));
      yield* asyncio.sleep(0);
      expect(waitingPutters(queue)).to.equal(1);

      expect(yield* queue.get()).to.equal(1);
      expect(waitingPutters(queue)).to.equal(0);
      yield* asyncio.sleep(0);
      expect(putter.done()).to.equal(true);
      expect(putter.result()).to.equal(undefined);
    }));

  it('test_blocking_get_wait', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const queue = new asyncio.Queue<number>();
      const started = new asyncio.Event();
      let finished = false;
      const task = asyncio.createTask(
        (function* () {
          started.set();
          const item = yield* queue.get();
          finished = true;
          return item;
        })(),
      );
      yield* started.wait();
      expect(finished).to.equal(false);
      loop.callLater(0.01, () => queue.putNowait(1));
      const item = yield* task;
      expect(finished).to.equal(true);
      expect(item).to.equal(1);
      expect(loop.time()).to.equal(0.01);
    }));

  it('test_nonblocking_get', () => {
    const queue = new asyncio.Queue<number>();
    queue.putNowait(1);
    expect(queue.getNowait()).to.equal(1);
  });

  it('test_nonblocking_get_exception', () => {
    expect(() => new asyncio.Queue().getNowait()).to.throw(asyncio.QueueEmpty);
  });

  it('test_get_cancelled_race', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<string>();
      const t1 = asyncio.createTask(queue.get());
      const t2 = asyncio.createTask(queue.get());
      yield* asyncio.sleep(0);
      t1.cancel();
      yield* asyncio.sleep(0);
      expect(t1.done()).to.equal(true);
      yield* queue.put('a');
      yield* asyncio.sleep(0);
      expect(yield* t2).to.equal('a');
    }));

  it('test_get_with_waiting_putters', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<string>(1);
      asyncio.createTask(queue.put('a'));
      asyncio.createTask(queue.put('b'));
      expect(yield* queue.get()).to.equal('a');
      expect(yield* queue.get()).to.equal('b');
    }));

  it('test_why_are_getters_waiting', () =>
    simulate(function* () {
      // It ends: nobody waits for an item or a slot that is there.
      const queue = new asyncio.Queue<number>(1);
      const count = 5;
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(
          (function* () {
            for (let item = 0; item < count; item += 1) yield* queue.put(item);
          })(),
        );
        group.createTask(
          (function* () {
            for (let item = 0; item < count; item += 1) expect(yield* queue.get()).to.equal(item);
          })(),
        );
      });
      expect(queue.empty()).to.equal(true);
    }));

  it('test_cancelled_getters_not_being_held_in_self_getters', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(5);
      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(queue.get(), 0.1));
      expect(waitingGetters(queue)).to.equal(0);
    }));
});

describe('QueuePutTests', () => {
  it('test_blocking_put', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      yield* queue.put(1);
      expect(yield* queue.get()).to.equal(1);
    }));

  it('test_blocking_put_wait', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const queue = new asyncio.Queue<number>(1);
      const started = new asyncio.Event();
      let finished = false;
      loop.callLater(0.01, () => queue.getNowait());
      const task = asyncio.createTask(
        (function* () {
          started.set();
          yield* queue.put(1);
          yield* queue.put(2);
          finished = true;
        })(),
      );
      yield* started.wait();
      expect(finished).to.equal(false);
      yield* task;
      expect(finished).to.equal(true);
      expect(loop.time()).to.equal(0.01);
    }));

  it('test_nonblocking_put', () => {
    const queue = new asyncio.Queue<number>();
    queue.putNowait(1);
    expect(queue.getNowait()).to.equal(1);
  });

  it('test_get_cancel_drop_one_pending_reader', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      let reader = asyncio.createTask(queue.get());
      yield* asyncio.sleep(0);
      queue.putNowait(1);
      queue.putNowait(2);
      reader.cancel();
      try {
        yield* reader;
      } catch (error) {
        if (!asyncio.isCancelled(error)) throw error;
        reader = asyncio.createTask(queue.get());
        yield* reader;
      }
      // 2 would mean that 1 was lost.
      expect(reader.result()).to.equal(1);
    }));

  it('test_get_cancel_drop_many_pending_readers', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      const items = yield* asyncio.withTaskGroup(function* (group) {
        const reader1 = group.createTask(queue.get());
        const reader2 = group.createTask(queue.get());
        const reader3 = group.createTask(queue.get());
        yield* asyncio.sleep(0);
        queue.putNowait(1);
        queue.putNowait(2);
        reader1.cancel();
        yield* assertRaises(asyncio.CancelledError, reader1);
        return [yield* reader3, yield* reader2];
      });
      // Who gets which is not defined.
      expect(items).to.have.members([1, 2]);
    }));

  it('test_put_cancel_drop', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(1);
      queue.putNowait(1);
      let writer = asyncio.createTask(queue.put(2));
      yield* asyncio.sleep(0);
      expect(queue.getNowait()).to.equal(1);

      writer.cancel();
      try {
        yield* writer;
      } catch (error) {
        if (!asyncio.isCancelled(error)) throw error;
        writer = asyncio.createTask(queue.put(2));
        yield* writer;
      }
      expect(queue.getNowait()).to.equal(2);
      expect(queue.qsize()).to.equal(0);
    }));

  it('test_nonblocking_put_exception', () => {
    const queue = new asyncio.Queue<number>(1);
    queue.putNowait(1);
    expect(() => queue.putNowait(2)).to.throw(asyncio.QueueFull);
  });

  it('test_float_maxsize', () =>
    simulate(function* () {
      let queue = new asyncio.Queue<number>(1.3);
      queue.putNowait(1);
      queue.putNowait(2);
      expect(queue.full()).to.equal(true);
      expect(() => queue.putNowait(3)).to.throw(asyncio.QueueFull);

      queue = new asyncio.Queue<number>(1.3);
      yield* queue.put(1);
      yield* queue.put(2);
      expect(queue.full()).to.equal(true);
    }));

  it('test_put_cancelled', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      const task = asyncio.createTask(
        (function* () {
          yield* queue.put(1);
          return true;
        })(),
      );
      expect(yield* queue.get()).to.equal(1);
      expect(task.done()).to.equal(true);
      expect(task.result()).to.equal(true);
    }));

  it('test_put_cancelled_race', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<string>(1);
      const putA = asyncio.createTask(queue.put('a'));
      const putB = asyncio.createTask(queue.put('b'));
      const putC = asyncio.createTask(queue.put('X'));
      yield* asyncio.sleep(0);
      expect(putA.done()).to.equal(true);
      expect(putB.done()).to.equal(false);

      putC.cancel();
      yield* asyncio.sleep(0);
      expect(putC.done()).to.equal(true);
      expect(queue.getNowait()).to.equal('a');
      yield* asyncio.sleep(0);
      expect(queue.getNowait()).to.equal('b');
      yield* putB;
    }));

  it('test_put_with_waiting_getters', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<string>();
      const getter = asyncio.createTask(queue.get());
      yield* asyncio.sleep(0);
      yield* queue.put('a');
      expect(yield* getter).to.equal('a');
    }));

  it('test_why_are_putters_waiting', () =>
    simulate(function* () {
      // It ends: two slots that become free in one step let two putters go on.
      const queue = new asyncio.Queue<number>(2);
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(
          (function* () {
            yield* asyncio.sleep(0);
            for (let left = queue.qsize(); left > 0; left -= 1) queue.getNowait();
          })(),
        );
        for (const item of [0, 1, 2, 3]) group.createTask(queue.put(item));
      });
      expect(queue.qsize()).to.equal(2);
    }));

  it('test_cancelled_puts_not_being_held_in_self_putters', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(1);
      queue.putNowait(1);
      const task = asyncio.createTask(queue.put(1));
      yield* asyncio.sleep(0);
      expect(waitingPutters(queue)).to.equal(1);
      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
      expect(waitingPutters(queue)).to.equal(0);
    }));

  it('test_cancelled_put_silence_value_error_exception', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(1);
      queue.putNowait(1);
      const task = asyncio.createTask(queue.put(1));
      yield* asyncio.sleep(0);
      // This takes the putter out of the queue of putters, from where its cancellation would take it again.
      queue.getNowait();
      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
    }));
});

describe('LifoQueueTests', () => {
  it('test_order', () =>
    simulate(function* () {
      const queue = new asyncio.LifoQueue<number>();
      for (const item of [1, 3, 2]) yield* queue.put(item);
      expect(yield* takeThree(queue)).to.deep.equal([2, 3, 1]);
    }));
});

describe('PriorityQueueTests', () => {
  it('test_order', () =>
    simulate(function* () {
      const queue = new asyncio.PriorityQueue<number>();
      for (const item of [1, 3, 2]) yield* queue.put(item);
      expect(yield* takeThree(queue)).to.deep.equal([1, 2, 3]);
    }));
});

describe('_QueueJoinTestMixin', () => {
  describe('QueueJoinTests', () => joinTests(asyncio.Queue));
  describe('LifoQueueJoinTests', () => joinTests(asyncio.LifoQueue));
  describe('PriorityQueueJoinTests', () => joinTests(asyncio.PriorityQueue));

  function joinTests(QueueUnderTest: QueueClass): void {
    it('test_task_done_underflow', () => {
      expect(() => new QueueUnderTest().taskDone()).to.throw(RangeError);
    });

    it('test_task_done', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<number>();
        for (let item = 0; item < 100; item += 1) queue.putNowait(item);
        let sum = 0;
        let running = true;
        function* work(): asyncio.Coroutine<void> {
          while (running) {
            sum += yield* queue.get();
            queue.taskDone();
          }
        }
        yield* asyncio.withTaskGroup(function* (group) {
          const workers = [group.createTask(work()), group.createTask(work())];
          yield* queue.join();
          expect(sum).to.equal(4950);
          running = false;
          for (const _worker of workers) queue.putNowait(0);
        });
      }));

    it('test_join_empty_queue', () =>
      simulate(function* () {
        const queue = new QueueUnderTest();
        yield* queue.join();
        yield* queue.join();
      }));

    it('test_format', () => {
      // The format is private: it is what stands in the text behind the class.
      const queue = new QueueUnderTest<number>();
      const { name } = QueueUnderTest;
      expect(String(queue)).to.equal(`<${name} maxsize=0>`);
      for (const item of [1, 2]) queue.putNowait(item);
      for (const item of [1, 2]) expect(queue.getNowait()).not.to.equal(item + 2);
      expect(String(queue)).to.equal(`<${name} maxsize=0 tasks=2>`);
    });
  }
});

describe('_QueueShutdownTestMixin', () => {
  describe('QueueShutdownTests', () => shutdownTests(asyncio.Queue));
  describe('LifoQueueShutdownTests', () => shutdownTests(asyncio.LifoQueue));
  describe('PriorityQueueShutdownTests', () => shutdownTests(asyncio.PriorityQueue));

  /** That nothing goes in, and nothing comes out any more. */
  function* expectShutDown(queue: asyncio.Queue<string>): asyncio.Coroutine<void> {
    yield* assertRaises(asyncio.QueueShutDown, queue.put('data'));
    expect(() => queue.putNowait('data')).to.throw(asyncio.QueueShutDown);
    yield* assertRaises(asyncio.QueueShutDown, queue.get());
    expect(() => queue.getNowait()).to.throw(asyncio.QueueShutDown);
  }

  function shutdownTests(QueueUnderTest: QueueClass): void {
    it('test_format', () => {
      const queue = new QueueUnderTest();
      queue.shutdown();
      expect(String(queue)).to.equal(`<${QueueUnderTest.name} maxsize=0 shutdown>`);
    });

    it('test_shutdown_empty', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>();
        const getter = asyncio.createTask(queue.get());
        yield* asyncio.sleep(0);

        queue.shutdown(false);
        expect(queue.qsize()).to.equal(0);
        yield* queue.join();
        yield* asyncio.sleep(0);
        expect(getter.done()).to.equal(true);
        yield* assertRaises(asyncio.QueueShutDown, getter);
        yield* expectShutDown(queue);
      }));

    it('test_shutdown_nonempty', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>(1);
        queue.putNowait('data');
        const joiner = asyncio.createTask(queue.join());
        const putter = asyncio.createTask(queue.put('data2'));
        yield* asyncio.sleep(0);
        expect(putter.done()).to.equal(false);

        queue.shutdown(false);
        expect(queue.qsize()).to.equal(1);
        yield* asyncio.sleep(0);
        expect(putter.done()).to.equal(true);
        yield* assertRaises(asyncio.QueueShutDown, putter);

        // What was in it can be taken.
        expect(yield* queue.get()).to.equal('data');
        yield* asyncio.sleep(0);
        expect(joiner.done()).to.equal(false);
        yield* expectShutDown(queue);

        // That item is still to be done.
        queue.taskDone();
        yield* asyncio.sleep(0);
        expect(joiner.done()).to.equal(true);
        yield* joiner;
        expect(() => queue.taskDone()).to.throw(RangeError);
      }));

    it('test_shutdown_immediate', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>();
        queue.putNowait('data');
        const joiner = asyncio.createTask(queue.join());

        queue.shutdown(true);
        expect(queue.qsize()).to.equal(0);
        yield* asyncio.sleep(0);
        expect(joiner.done()).to.equal(true);
        yield* joiner;
        yield* expectShutDown(queue);
        expect(() => queue.taskDone()).to.throw(RangeError);
      }));

    it('test_shutdown_immediate_with_unfinished', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>();
        queue.putNowait('data');
        queue.putNowait('data');
        const joiner = asyncio.createTask(queue.join());
        expect(yield* queue.get()).to.equal('data');

        queue.shutdown(true);
        expect(queue.qsize()).to.equal(0);
        yield* asyncio.sleep(0);
        expect(joiner.done()).to.equal(false);
        yield* expectShutDown(queue);

        // The item that was taken before is still to be done.
        queue.taskDone();
        expect(() => queue.taskDone()).to.throw(RangeError);
        yield* asyncio.sleep(0);
        expect(joiner.done()).to.equal(true);
        yield* joiner;
      }));
  }
});
