// See test/support/leaks.ts.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { cancelled, expectNoGrowth, WAITS } from '../support/leaks.ts';

describe('100,000 gathers, tasks and groups leave nothing behind', function () {
  this.timeout(100_000);

  it('gathers that are cancelled', async () => {
    await expectNoGrowth(function* (watch, loop) {
      const anchor = loop.createFuture<void>();
      for (let i = 0; i < WAITS; i += 1) {
        const gathered = watch.see(asyncio.gather(asyncio.shield(anchor), asyncio.shield(anchor)));
        gathered.cancel();
        yield* asyncio.wait([gathered]);
        // The error is looked at; otherwise it would rightly be kept for the report.
        gathered.exception();
      }
      expect(String(anchor)).to.equal('<Future pending>');
      return [anchor];
    });
  });

  it('tasks that are cancelled while they wait for a lock, a queue, an event', async () => {
    await expectNoGrowth(function* (watch) {
      const lock = new asyncio.Lock();
      const queue = new asyncio.Queue<number>();
      const event = new asyncio.Event();
      yield* lock.acquire();
      const waits = [() => lock.acquire(), () => queue.get(), () => event.wait()] as const;
      for (let i = 0; i < WAITS; i += 1) {
        const wait = waits[i % 3] as () => asyncio.Coroutine<unknown>;
        yield* cancelled(watch.see(asyncio.createTask(wait())));
      }
      expect(lock.statistics().tasksWaiting).to.equal(0);
      expect(queue.statistics().tasksWaitingGet).to.equal(0);
      expect(event.statistics().tasksWaiting).to.equal(0);
      return [lock, queue, event];
    });
  });

  it('tasks that fail and are looked at', async () => {
    await expectNoGrowth(function* (watch, loop) {
      function* fails(): asyncio.Coroutine<never> {
        yield* asyncio.sleep(0);
        throw new Error('as it should');
      }
      for (let i = 0; i < WAITS; i += 1) {
        const task = watch.see(asyncio.createTask(fails()));
        yield* asyncio.wait([task]);
        task.exception();
      }
      expect(loop._unretrieved?.size).to.equal(0);
      return loop;
    });
  });

  it('task groups', async () => {
    await expectNoGrowth(function* (watch, loop) {
      for (let i = 0; i < WAITS; i += 1) {
        yield* asyncio.withTaskGroup(function* (group) {
          watch.see(group.createTask(asyncio.sleep(0)));
        });
      }
      expect(asyncio.allTasks(loop).size).to.equal(1);
      return loop;
    });
  });
});
