// asCompleted in its forms. CPython's own tests are in conformance/tasks_wait.test.ts.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { simulate } from '../support/loops.ts';

/** Three tasks that end in the order c, a, b. */
function three(): asyncio.Task<string>[] {
  return [
    asyncio.createTask(asyncio.sleep(2, 'a')),
    asyncio.createTask(asyncio.sleep(3, 'b')),
    asyncio.createTask(asyncio.sleep(1, 'c')),
  ];
}

describe('asCompleted()', () => {
  it('#53 the plain iterator gives coroutines for whatever is next, in whichever order they are awaited', () =>
    simulate(function* () {
      const [first, second, third] = [...asyncio.asCompleted(three())] as [
        asyncio.Coroutine<string>,
        asyncio.Coroutine<string>,
        asyncio.Coroutine<string>,
      ];
      expect([yield* third, yield* first, yield* second]).to.deep.equal(['c', 'a', 'b']);
    }));

  it('#53 asyncFor() gives the futures themselves, for await too', () =>
    simulate(function* () {
      const tasks = three();
      const [a, b, c] = tasks;
      const seen: asyncio.FutureLike<string>[] = [];
      yield* asyncio.asyncFor(asyncio.asCompleted(tasks), function* (task) {
        seen.push(task);
      });
      expect(seen).to.deep.equal([c, a, b]);
      const native: unknown[] = [];
      yield* asyncio.asyncTask(async () => {
        for await (const task of asyncio.asCompleted(tasks)) native.push(task);
      });
      expect(native).to.have.members(tasks);
    }));

  it('#53 after the timeout each coroutine that is left throws TimeoutError, and asyncFor() throws it once', () =>
    simulate(function* () {
      const plain: string[] = [];
      for (const next of asyncio.asCompleted(three(), { timeout: 1.5 })) {
        try {
          plain.push(yield* next);
        } catch (error) {
          if (!(error instanceof asyncio.TimeoutError)) throw error;
          plain.push('late');
        }
      }
      expect(plain).to.deep.equal(['c', 'late', 'late']);

      const seen: string[] = [];
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.asyncFor(asyncio.asCompleted(three(), { timeout: 1.5 }), function* (task) {
          seen.push(yield* task);
        }),
      );
      expect(seen).to.deep.equal(['c']);
    }));

  it('#53 the iteration can be left and gone on with, in either form', () =>
    simulate(function* () {
      const iteration = asyncio.asCompleted(three());
      const seen: string[] = [];
      for (const next of iteration) {
        seen.push(yield* next);
        break;
      }
      yield* asyncio.asyncFor(iteration, function* (task) {
        seen.push(yield* task);
        return false;
      });
      for (const next of iteration) seen.push(yield* next);
      expect(seen).to.deep.equal(['c', 'a', 'b']);
      expect([...iteration]).to.deep.equal([]);
    }));

  it('#53 a wait that is cancelled gives its turn back', () =>
    simulate(function* () {
      const iteration = asyncio.asCompleted(three());
      const waiting = asyncio.createTask(
        iteration[Symbol.iterator]().next().value as asyncio.Coroutine<string>,
      );
      yield* asyncio.sleep(0.5);
      waiting.cancel();
      yield* asyncio.wait([waiting]);
      const seen: string[] = [];
      yield* asyncio.asyncFor(iteration, function* (task) {
        seen.push(yield* task);
      });
      expect(seen).to.deep.equal(['c', 'a', 'b']);
    }));

  it('an awaitable given twice comes once', () =>
    simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(1, 'once'));
      const seen: string[] = [];
      for (const next of asyncio.asCompleted([task, task])) seen.push(yield* next);
      expect(seen).to.deep.equal(['once']);
    }));

  it('an awaitable in the place of a list is refused at the call, in asyncio’s words', () =>
    simulate(function* () {
      const coro = asyncio.sleep(1);
      for (const wrong of [coro, new asyncio.Future()]) {
        expect(() => asyncio.asCompleted(wrong as never)).to.throw(
          TypeError,
          'expects an iterable of awaitables, not',
        );
      }
    }));

  it('without awaitables it is over at once, whatever the timeout', () =>
    simulate(function* () {
      expect([...asyncio.asCompleted([], { timeout: 1 })]).to.deep.equal([]);
      expect([...asyncio.asCompleted([])]).to.deep.equal([]);
    }));
});
