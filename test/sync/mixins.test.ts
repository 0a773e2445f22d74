// That a primitive belongs to the first loop in which somebody has to wait for it.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { simulate } from '../support/loops.ts';

interface Case {
  /** Uses it without waiting. */
  readonly use: () => asyncio.Coroutine<unknown>;
  /** Waits; somebody must call `wake`. */
  readonly wait: () => asyncio.Coroutine<unknown>;
  readonly wake: () => asyncio.Coroutine<unknown>;
  readonly text: RegExp;
}

function ofLock(lock: asyncio.Lock | asyncio.Semaphore, text: RegExp): Case {
  return {
    *use() {
      yield* lock.acquire();
      lock.release();
    },
    *wait() {
      yield* lock.acquire();
      try {
        yield* lock.acquire();
      } finally {
        lock.release();
      }
    },
    *wake() {
      lock.release();
    },
    text,
  };
}

const CASES: Readonly<Record<string, () => Case>> = {
  'Lock.acquire()': () => ofLock(new asyncio.Lock(), /^<Lock \[locked\]>/),
  'Semaphore.acquire()': () => ofLock(new asyncio.Semaphore(), /^<Semaphore \[locked\]>/),
  'BoundedSemaphore.acquire()': () =>
    ofLock(new asyncio.BoundedSemaphore(), /^<BoundedSemaphore \[locked\]>/),
  'Event.wait()': () => {
    const event = new asyncio.Event();
    return {
      *use() {
        event.set();
        yield* event.wait();
        event.clear();
      },
      wait: () => event.wait(),
      *wake() {
        event.set();
        event.clear();
      },
      text: /^<Event \[unset\]>/,
    };
  },
  'Condition.wait()': () => {
    const condition = new asyncio.Condition();
    return {
      use: () => asyncio.asyncWith(condition, () => condition.waitFor(() => true)),
      wait: () => asyncio.asyncWith(condition, () => condition.wait()),
      wake: () =>
        asyncio.asyncWith(condition, function* () {
          condition.notify();
        }),
      text: /^<Condition \[locked\]>/,
    };
  },
  'Barrier.wait()': () => {
    // The condition of the barrier is what knows the loop.
    const barrier = new asyncio.Barrier(2);
    return {
      use: () => barrier.reset(),
      wait: () => barrier.wait(),
      wake: () => barrier.wait(),
      text: /^<Condition/,
    };
  },
  'Queue.get()': () => {
    const queue = new asyncio.Queue<number>(1);
    return {
      *use() {
        yield* queue.put(1);
        yield* queue.get();
      },
      wait: () => queue.get(),
      wake: () => queue.put(1),
      text: /^<Queue maxsize=1/,
    };
  },
  'Queue.put()': () => {
    const queue = new asyncio.Queue<number>(1);
    return {
      *use() {
        yield* queue.put(1);
        yield* queue.get();
      },
      *wait() {
        yield* queue.put(1);
        try {
          yield* queue.put(2);
        } finally {
          queue.getNowait();
        }
      },
      wake: () => queue.get(),
      text: /^<Queue maxsize=1 _queue=\[1\]/,
    };
  },
  'Queue.join()': () => {
    // The event of the queue is what knows the loop.
    const queue = new asyncio.Queue<number>();
    return {
      use: () => queue.join(),
      *wait() {
        queue.putNowait(queue.qsize());
        yield* queue.join();
      },
      *wake() {
        queue.taskDone();
      },
      text: /^<Event \[unset\]>/,
    };
  },
};

for (const [name, make] of Object.entries(CASES)) {
  describe(name, () => {
    it('#60 works in one loop after another as long as nobody has to wait', async () => {
      const { use } = make();
      for (let run = 0; run < 3; run += 1) await simulate(use);
    });

    it('#60 belongs to the loop in which somebody had to wait', async () => {
      const { use, wait, wake, text } = make();
      let waited = 0;
      await simulate(function* () {
        yield* use();
        for (let round = 0; round < 2; round += 1) {
          const task = asyncio.createTask(wait());
          yield* asyncio.sleep(0);
          expect(task.done()).to.equal(false);
          yield* wake();
          yield* task;
          waited += 1;
        }
      });
      expect(waited).to.equal(2);
      await simulate(function* () {
        const { message } = yield* assertRaises(asyncio.RuntimeError, wait());
        expect(message).to.match(text);
        expect(message).to.match(/ is bound to a different event loop$/);
      });
    });
  });
}
