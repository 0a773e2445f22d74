// What CPython's tests do not have: the order of PriorityQueue, statistics(), many items, and random cancellation.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { growth, PROPORTIONAL } from '../support/growth.ts';
import { simulate } from '../support/loops.ts';
import { countPasses } from '../support/passes.ts';
import { Random } from '../support/random.ts';

type QueueClass = new <T>(maxsize?: number) => asyncio.Queue<T>;

const KINDS: Readonly<Record<string, QueueClass>> = {
  Queue: asyncio.Queue,
  LifoQueue: asyncio.LifoQueue,
  PriorityQueue: asyncio.PriorityQueue,
};

function fill<T>(queue: asyncio.Queue<T>, items: Iterable<NoInfer<T>>): asyncio.Queue<T> {
  for (const item of items) queue.putNowait(item);
  return queue;
}

/** Takes all that is in it. */
function drain<T>(queue: asyncio.Queue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

for (const [kind, QueueUnderTest] of Object.entries(KINDS)) {
  describe(`any queue (${kind})`, () => {
    it('has no bound unless one is given', () => {
      for (const queue of [new QueueUnderTest<number>(), new QueueUnderTest<number>(-1)]) {
        fill(queue, range(1000));
        expect(queue.full()).to.equal(false);
        expect(queue.qsize()).to.equal(1000);
      }
    });

    it('put() and get() do not give way when they need not wait', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<number>(1);
        const passes = yield* countPasses(function* () {
          for (const item of range(10)) {
            yield* queue.put(item);
            expect(yield* queue.get()).to.equal(item);
          }
        });
        expect(passes).to.equal(0);
      }));

    it('can hold undefined, null and false', () =>
      simulate(function* () {
        for (const item of [undefined, null, false]) {
          const queue = new QueueUnderTest<unknown>();
          const getter = asyncio.createTask(queue.get());
          yield* asyncio.sleep(0);
          queue.putNowait(item);
          expect(yield* getter).to.equal(item);
          queue.putNowait(item);
          expect(queue.empty()).to.equal(false);
          expect(queue.getNowait()).to.equal(item);
        }
      }));

    it('statistics() tells what is in it and who waits', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>(2);
        const none = { size: 0, maxsize: 2, unfinished: 0, tasksWaitingGet: 0, tasksWaitingPut: 0 };
        expect(queue.statistics()).to.deep.equal(none);

        const getters = [asyncio.createTask(queue.get()), asyncio.createTask(queue.get())];
        yield* asyncio.sleep(0);
        expect(queue.statistics()).to.deep.equal({ ...none, tasksWaitingGet: 2 });
        fill(queue, ['a', 'b']);
        // Both have been woken, and neither has taken its item.
        expect(queue.statistics()).to.deep.equal({ ...none, size: 2, unfinished: 2 });
        yield* asyncio.gather(getters);
        expect(queue.statistics()).to.deep.equal({ ...none, unfinished: 2 });

        queue.taskDone();
        fill(queue, ['c', 'd']);
        const putter = asyncio.createTask(queue.put('e'));
        yield* asyncio.sleep(0);
        expect(queue.statistics()).to.deep.equal({ ...none, size: 2, unfinished: 3, tasksWaitingPut: 1 });
        putter.cancel();
        yield* asyncio.sleep(0);
        expect(queue.statistics()).to.deep.equal({ ...none, size: 2, unfinished: 3 });
      }));

    it('join() waits for what is put in meanwhile, and again after that', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<number>();
        for (const _round of [1, 2]) {
          queue.putNowait(1);
          const joiners = [asyncio.createTask(queue.join()), asyncio.createTask(queue.join())];
          yield* asyncio.sleep(0);
          queue.putNowait(2);
          drain(queue);
          queue.taskDone();
          yield* asyncio.sleep(1);
          expect(joiners.map((joiner) => joiner.done())).to.deep.equal([false, false]);
          queue.taskDone();
          yield* asyncio.sleep(0);
          expect(joiners.map((joiner) => joiner.done())).to.deep.equal([true, true]);
        }
      }));

    it('taskDone() once too often is refused in the words of asyncio', () => {
      const queue = fill(new QueueUnderTest<number>(), [1]);
      queue.taskDone(); // also before it was taken
      expect(() => queue.taskDone()).to.throw(RangeError, 'task_done() called too many times');
    });

    it('loses and doubles nothing when gets and puts are cancelled at random', () =>
      simulate(function* () {
        const random = new Random();
        const queue = new QueueUnderTest<number>(3);
        const put: number[] = [];
        const got: number[] = [];
        let cancelled = 0;
        function* produce(): asyncio.Coroutine<void> {
          for (let round = 0; round < 50; round += 1) {
            const item = random.below(10);
            try {
              yield* queue.put(item);
              put.push(item);
              yield* asyncio.sleep(random.below(2));
            } catch (error) {
              if (!asyncio.isCancelled(error)) throw error;
              cancelled += 1;
            }
          }
        }
        function* consume(): asyncio.Coroutine<void> {
          for (;;) {
            try {
              got.push(yield* queue.get());
              yield* asyncio.sleep(random.below(2));
            } catch (error) {
              if (error instanceof asyncio.QueueShutDown) return;
              if (!asyncio.isCancelled(error)) throw error;
              cancelled += 1;
            }
          }
        }
        const producers = range(8).map(() => asyncio.createTask(produce()));
        const consumers = range(8).map(() => asyncio.createTask(consume()));
        const canceller = asyncio.createTask(
          (function* () {
            for (;;) {
              for (let i = random.below(4); i > 0; i -= 1) random.pick([...producers, ...consumers]).cancel();
              yield* asyncio.sleep(random.below(2));
            }
          })(),
        );
        yield* asyncio.gather(producers);
        queue.shutdown();
        yield* asyncio.gather(consumers);
        canceller.cancel();
        expect(cancelled).to.be.greaterThan(0);
        expect(put.length).to.be.greaterThan(50);
        if (kind === 'Queue') expect(got).to.deep.equal(put);
        else expect(got).to.have.members(put);
        expect(queue.statistics()).to.include({ size: 0, tasksWaitingGet: 0, tasksWaitingPut: 0 });
      }));

    it('#59 a getter that is cancelled after it was woken lets the next one have the item', () =>
      simulate(function* () {
        const queue = new QueueUnderTest<string>();
        const getters = range(3).map(() => asyncio.createTask(queue.get()));
        yield* asyncio.sleep(0);
        queue.putNowait('item');
        getters[0]?.cancel();
        yield* asyncio.sleep(1);
        expect(getters.map((getter) => getter.done())).to.deep.equal([true, true, false]);
        expect(getters[0]?.cancelled()).to.equal(true);
        expect(getters[1]?.result()).to.equal('item');
      }));

    it('#59 a putter that is cancelled after it was woken lets the next one have the slot', () =>
      simulate(function* () {
        const queue = fill(new QueueUnderTest<string>(1), ['first']);
        const putters = ['second', 'third', 'fourth'].map((item) => asyncio.createTask(queue.put(item)));
        yield* asyncio.sleep(0);
        expect(queue.getNowait()).to.equal('first');
        putters[0]?.cancel();
        yield* asyncio.sleep(1);
        expect(putters.map((putter) => putter.done())).to.deep.equal([true, true, false]);
        expect(putters[0]?.cancelled()).to.equal(true);
        expect(queue.getNowait()).to.equal('third');
      }));

    it('#59 shutdown() fails all who wait, and lets out what is in it', () =>
      simulate(function* () {
        const empty = new QueueUnderTest<number>();
        const getters = range(3).map(() => asyncio.createTask(empty.get()));
        const full = fill(new QueueUnderTest<number>(2), [1, 2]);
        const putters = range(3).map((item) => asyncio.createTask(full.put(item)));
        yield* asyncio.sleep(0);
        empty.shutdown();
        full.shutdown();
        for (const task of [...getters, ...putters]) yield* assertRaises(asyncio.QueueShutDown, task);
        expect(full.statistics()).to.include({ size: 2, unfinished: 2 });
        expect(drain(full)).to.have.members([1, 2]);
        yield* assertRaises(asyncio.QueueShutDown, full.get());
        expect(full.statistics().unfinished).to.equal(2);
      }));

    it('#59 shutdown(true) drops what is in it, and counts only that as done', () =>
      simulate(function* () {
        const queue = fill(new QueueUnderTest<number>(3), [1, 2, 3]);
        queue.getNowait();
        queue.putNowait(4);
        const putter = asyncio.createTask(queue.put(5));
        const joiner = asyncio.createTask(queue.join());
        yield* asyncio.sleep(0);
        queue.shutdown(true);
        queue.shutdown(true); // no more than once
        yield* assertRaises(asyncio.QueueShutDown, putter); // although there is room now
        expect(queue.statistics()).to.include({ size: 0, unfinished: 1 });
        expect(joiner.done()).to.equal(false);
        queue.taskDone();
        yield* joiner;
      }));

    it('is filled from outside of the loop', async () => {
      const queue = new QueueUnderTest<string>();
      const item = await asyncio.run(function* () {
        setTimeout(() => queue.putNowait('item'));
        return yield* queue.get();
      });
      expect(item).to.equal('item');
    });

    it('passes 100 000 items on, in no time of the loop', () =>
      simulate(function* () {
        const items = range(100_000);
        const queue = fill(new QueueUnderTest<number>(), items);
        expect(queue.qsize()).to.equal(items.length);
        const got = drain(queue);
        expect(got).to.deep.equal(kind === 'LifoQueue' ? items.reverse() : items);
        expect(asyncio.getRunningLoop().time()).to.equal(0);
      }));

    it('wakes a getter at a cost that does not grow with their number', () =>
      simulate(function* () {
        const times = growth((count) => {
          const queue = new QueueUnderTest<number>();
          // Stepped by hand: it is about the line of getters, not about tasks.
          const getters = range(count).map(() => queue.get());
          for (const getter of getters) getter.next();
          expect(queue.statistics().tasksWaitingGet).to.equal(count);
          let sum = 0;
          for (const [item, getter] of getters.entries()) {
            queue.putNowait(item);
            const step = getter.next();
            if (step.done) sum += step.value;
          }
          expect(sum).to.equal((count * (count - 1)) / 2);
          expect(queue.statistics()).to.include({ size: 0, tasksWaitingGet: 0 });
        });
        expect(times).to.be.lessThan(PROPORTIONAL);
      }));
  });
}

describe('Queue', () => {
  it('passes 100 000 items from a producer to a consumer, in as many passes as in CPython', () =>
    simulate(function* () {
      // Measured with CPython 3.13: a queue of one changes hands twice for an item, and so on.
      for (const [maxsize, expected] of [
        [0, 3],
        [1, 200_001],
        [2, 100_001],
        [10, 20_001],
      ] as const) {
        const items = 100_000;
        const queue = new asyncio.Queue<number>(maxsize);
        let inOrder = 0;
        function* produce(): asyncio.Coroutine<void> {
          for (let item = 0; item < items; item += 1) yield* queue.put(item);
        }
        function* consume(): asyncio.Coroutine<void> {
          for (let item = 0; item < items; item += 1) if ((yield* queue.get()) === item) inOrder += 1;
        }
        const passes = yield* countPasses(function* () {
          yield* asyncio.gather(produce(), consume());
        });
        expect(passes, `maxsize ${maxsize}`).to.equal(expected);
        expect(inOrder).to.equal(items);
      }
      expect(asyncio.getRunningLoop().time()).to.equal(0);
    }));

  it('serves getters in the order of arrival', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>();
      const getters = range(5).map(() => asyncio.createTask(queue.get()));
      yield* asyncio.sleep(0);
      fill(queue, range(5));
      expect(yield* asyncio.gather(getters)).to.deep.equal(range(5));
    }));

  it('lets putters in in the order of arrival', () =>
    simulate(function* () {
      const queue = new asyncio.Queue<number>(1);
      for (const item of range(5)) asyncio.createTask(queue.put(item));
      const got: number[] = [];
      for (const _item of range(5)) got.push(yield* queue.get());
      expect(got).to.deep.equal(range(5));
    }));

  it('keeps its order around the end of its ring', () => {
    const queue = new asyncio.Queue<number>();
    const random = new Random();
    const expected: number[] = [];
    for (let item = 0; item < 5_000; item += 1) {
      queue.putNowait(item);
      expected.push(item);
      for (let i = random.below(3); i > 0 && !queue.empty(); i -= 1) {
        expect(queue.getNowait()).to.equal(expected.shift());
      }
    }
    expect(drain(queue)).to.deep.equal(expected);
  });

  it('writes all that is known of it in its text', () =>
    simulate(function* () {
      const queue = fill(new asyncio.Queue<unknown>(2), ['a', 1]);
      const putter = asyncio.createTask(queue.put(null));
      yield* asyncio.sleep(0);
      expect(String(queue)).to.equal("<Queue maxsize=2 _queue=['a', 1] _putters[1] tasks=2>");
      queue.shutdown(true);
      yield* assertRaises(asyncio.QueueShutDown, putter);
      expect(String(queue)).to.equal('<Queue maxsize=2 shutdown>');
      const waitedFor = new asyncio.Queue();
      asyncio.createTask(waitedFor.get());
      yield* asyncio.sleep(0);
      expect(String(waitedFor)).to.equal('<Queue maxsize=0 _getters[1]>');
    }));

  it('names its errors as asyncio does', () => {
    const queue = new asyncio.Queue<number>(1);
    const nameOf = (body: () => unknown): string => {
      try {
        body();
        return 'nothing was thrown';
      } catch (error) {
        return (error as Error).name; // they are Errors
      }
    };
    expect(nameOf(() => queue.getNowait())).to.equal('QueueEmpty');
    queue.putNowait(1);
    expect(nameOf(() => queue.putNowait(2))).to.equal('QueueFull');
    queue.shutdown();
    expect(nameOf(() => queue.putNowait(2))).to.equal('QueueShutDown');
  });
});

describe('LifoQueue', () => {
  it('gives what was put in last', () => {
    const queue = fill(new asyncio.LifoQueue<string>(), ['a', 'b']);
    expect(queue.getNowait()).to.equal('b');
    fill(queue, ['c', 'd']);
    expect(drain(queue)).to.deep.equal(['d', 'c', 'a']);
  });
});

describe('PriorityQueue', () => {
  it('gives the smallest, also when more is put in between', () => {
    const queue = fill(new asyncio.PriorityQueue<number>(), [5, 3, 8]);
    expect(queue.getNowait()).to.equal(3);
    fill(queue, [1, 9, 4]);
    expect(drain(queue)).to.deep.equal([1, 4, 5, 8, 9]);
  });

  it('compares arrays element by element, as Python does tuples', () => {
    const queue = new asyncio.PriorityQueue<[number, string]>();
    fill(queue, [
      [2, 'b'],
      [10, 'a'],
      [2, 'a'],
      [-1, 'z'],
    ]);
    // As texts [10, 'a'] would come before [2, 'a'].
    expect(drain(queue)).to.deep.equal([
      [-1, 'z'],
      [2, 'a'],
      [2, 'b'],
      [10, 'a'],
    ]);
  });

  it('puts a shorter array before a longer one that begins with it', () => {
    const queue = new asyncio.PriorityQueue<readonly number[]>();
    fill(queue, [[1, 0, 0], [1], [0, 5], [], [1, 0]]);
    expect(drain(queue)).to.deep.equal([[], [0, 5], [1], [1, 0], [1, 0, 0]]);
  });

  it('compares arrays within arrays', () => {
    const queue = new asyncio.PriorityQueue<readonly [readonly [number, number], string]>();
    fill(queue, [
      [[1, 10], 'a'],
      [[1, 9], 'b'],
      [[0, 99], 'c'],
    ]);
    expect(drain(queue).map(([, name]) => name)).to.deep.equal(['c', 'b', 'a']);
  });

  it('gives equal items in the order in which they were put in', () => {
    const queue = new asyncio.PriorityQueue<readonly [number, { readonly id: number }]>();
    // Objects that have no order between them: in Python a TypeError.
    const jobs = range(50).map((id) => [id % 3, { id }] as const);
    fill(queue, jobs);
    expect(drain(queue)).to.deep.equal(
      [0, 1, 2].flatMap((priority) => jobs.filter((job) => job[0] === priority)),
    );
  });

  it('keeps the order of equal items when some are taken in between', () => {
    const queue = new asyncio.PriorityQueue<readonly [number, string]>();
    fill(queue, [
      [1, 'a'],
      [0, 'b'],
    ]);
    expect(queue.getNowait()[1]).to.equal('b');
    class Job {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      valueOf(): number {
        return 7;
      }
    }
    const jobs = new asyncio.PriorityQueue<Job>();
    const names: string[] = [];
    for (const name of 'abcdefgh') {
      jobs.putNowait(new Job(name));
      if (name === 'c' || name === 'f') names.push(jobs.getNowait().name);
    }
    expect([...names, ...drain(jobs).map((job) => job.name)].join('')).to.equal('abcdefgh');
  });

  it('orders texts, dates, big integers and what converts to numbers', () => {
    expect(drain(fill(new asyncio.PriorityQueue<string>(), ['b', 'B', 'a', '']))).to.deep.equal([
      '',
      'B',
      'a',
      'b',
    ]);
    const dates = [2, 1, 3].map((year) => new Date(2000 + year, 0));
    expect(drain(fill(new asyncio.PriorityQueue<Date>(), dates))).to.deep.equal([
      dates[1],
      dates[0],
      dates[2],
    ]);
    const numbers = [2n, 1.5, -(10n ** 30n), 10];
    expect(drain(fill(new asyncio.PriorityQueue<number | bigint>(), numbers))).to.deep.equal([
      -(10n ** 30n),
      1.5,
      2n,
      10,
    ]);
  });

  it('agrees with a stable sort, whatever is put in and taken', () => {
    const random = new Random();
    const queue = new asyncio.PriorityQueue<readonly [number, { readonly seq: number }]>();
    const model: (readonly [number, { readonly seq: number }])[] = [];
    for (let seq = 0; seq < 3_000; seq += 1) {
      const item = [random.below(20), { seq }] as const;
      queue.putNowait(item);
      model.push(item);
      for (let i = random.below(3); i > 0 && model.length > 0; i -= 1) {
        model.sort((a, b) => a[0] - b[0]);
        expect(queue.getNowait()).to.equal(model.shift());
      }
    }
    model.sort((a, b) => a[0] - b[0]);
    expect(drain(queue)).to.deep.equal(model);
  });

  it('lets who waits have the smallest of what is there when it goes on', () =>
    simulate(function* () {
      const queue = new asyncio.PriorityQueue<number>();
      const getter = asyncio.createTask(queue.get());
      yield* asyncio.sleep(0);
      fill(queue, [3, 1, 2]);
      expect(yield* getter).to.equal(1);
    }));
});
