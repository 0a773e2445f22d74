import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

function* fail(error: Error, delay = 0): asyncio.Coroutine<never> {
  yield* asyncio.sleep(delay);
  throw error;
}

const now = (): number => asyncio.getRunningLoop().time();

describe('wait', () => {
  it('waits for all, gives the done ones in the order of the argument, and does it again at once', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(0.1));
      const b = asyncio.createTask(asyncio.sleep(0.15));
      for (let round = 0; round < 2; round++) {
        const [done, pending] = yield* asyncio.wait([b, a]);
        expect([...done]).to.deep.equal([b, a]);
        expect(pending).to.deep.equal(new Set());
        expect(now()).to.equal(0.15);
      }
    }));

  it('FIRST_COMPLETED gives what was first', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(10));
      const b = asyncio.createTask(asyncio.sleep(0.1));
      const [done, pending] = yield* asyncio.wait([b, a], { returnWhen: asyncio.FIRST_COMPLETED });
      expect([...done]).to.deep.equal([b]);
      expect([...pending]).to.deep.equal([a]);
      expect(now()).to.equal(0.1);
    }));

  it('FIRST_EXCEPTION ends with the first error', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(10));
      const b = asyncio.createTask(fail(new Error('err'), 0.01));
      const c = asyncio.createTask(asyncio.sleep(0.001));
      const [done, pending] = yield* asyncio.wait([b, a, c], { returnWhen: asyncio.FIRST_EXCEPTION });
      expect([...done]).to.deep.equal([b, c]);
      expect([...pending]).to.deep.equal([a]);
      expect(now()).to.equal(0.01);
    }));

  it('FIRST_EXCEPTION without an error waits for all', () =>
    simulate(function* () {
      const tasks = [1, 3, 2].map((delay) => asyncio.createTask(asyncio.sleep(delay)));
      const [done, pending] = yield* asyncio.wait(tasks, { returnWhen: asyncio.FIRST_EXCEPTION });
      expect(done.size).to.equal(3);
      expect(pending.size).to.equal(0);
      expect(now()).to.equal(3);
    }));

  it('#51 FIRST_EXCEPTION ignores cancellations', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(10));
      const b = asyncio.createTask(asyncio.sleep(20));
      asyncio.getRunningLoop().callLater(1, () => b.cancel());
      const [done] = yield* asyncio.wait([a, b], { returnWhen: asyncio.FIRST_EXCEPTION });
      expect([...done]).to.deep.equal([a, b]);
      expect(now()).to.equal(10);
    }));

  it('#51 throws nothing of what it waits for', () =>
    simulate(function* () {
      const failure = new Error('really');
      const a = asyncio.createTask(asyncio.sleep(0.1));
      const b = asyncio.createTask(fail(failure, 0.15));
      const c = asyncio.createTask(asyncio.sleep(1));
      asyncio.getRunningLoop().callLater(0.2, () => c.cancel());
      const [done, pending] = yield* asyncio.wait([a, b, c]);
      expect([...done]).to.deep.equal([a, b, c]);
      expect(pending.size).to.equal(0);
      expect(b.exception()).to.equal(failure);
      expect(c.cancelled()).to.equal(true);
    }));

  it('#51 after the timeout it throws nothing and cancels nothing', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(0.1));
      const b = asyncio.createTask(asyncio.sleep(0.15));
      const [done, pending] = yield* asyncio.wait([b, a], { timeout: 0.11 });
      expect([...done]).to.deep.equal([a]);
      expect([...pending]).to.deep.equal([b]);
      expect(now()).to.equal(0.11);
      yield* b;
      expect(now()).to.equal(0.15);
    }));

  it('what ends at the very time of the timeout', () =>
    simulate(function* () {
      const a = asyncio.createTask(asyncio.sleep(0.1));
      const b = asyncio.createTask(asyncio.sleep(0.15));
      // As a task of its own, so that its timer is armed after the others.
      const [done, pending] = yield* asyncio.createTask(asyncio.wait([b, a], { timeout: 0.1 }));
      expect([...done]).to.deep.equal([a]);
      expect([...pending]).to.deep.equal([b]);
      expect(now()).to.equal(0.1);
    }));

  it('a timeout that is not needed does not move the clock', () =>
    simulate(function* () {
      yield* asyncio.wait([asyncio.createTask(asyncio.sleep(1))], { timeout: 100 });
      yield* asyncio.sleep(1);
      expect(now()).to.equal(2);
    }));
});

describeEachLoop('wait', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });
  const newFuture = <T>(): asyncio.FutureLike<T> => asyncio.getRunningLoop().createFuture<T>();

  it('#51 looks at what is done after it woke: FIRST_COMPLETED may give several', () =>
    run(function* () {
      const a = asyncio.createTask(passes(1));
      const b = asyncio.createTask(passes(2));
      const [done, pending] = yield* asyncio.wait([b, a], { returnWhen: asyncio.FIRST_COMPLETED });
      expect([...done]).to.deep.equal([b, a]);
      expect(pending.size).to.equal(0);
    }));

  it('#51 a timeout of zero or less gives what is done', () =>
    run(function* () {
      const done = newFuture<number>();
      done.setResult(1);
      const open = newFuture<number>();
      for (const timeout of [0, -1]) {
        const [finished, pending] = yield* asyncio.wait([done, open], { timeout });
        expect([...finished]).to.deep.equal([done]);
        expect([...pending]).to.deep.equal([open]);
      }
      open.cancel();
    }));

  it('#51 duplicates count once', () =>
    run(function* () {
      const task = asyncio.createTask(asyncio.sleep(0, 'test'));
      const other = asyncio.createTask(asyncio.sleep(0, 'spam'));
      const [done, pending] = yield* asyncio.wait([task, task, other, task]);
      expect([...done].map((future) => future.result())).to.deep.equal(['test', 'spam']);
      expect(pending.size).to.equal(0);
    }));

  it('takes any iterable: a Set, an iterator, a generator', () =>
    run(function* () {
      const tasks = [0, 1, 2].map((index) => asyncio.createTask(asyncio.sleep(0, index)));
      for (const iterable of [new Set(tasks), tasks.values(), new Map(tasks.entries()).values()]) {
        const [done] = yield* asyncio.wait(iterable);
        expect([...done]).to.deep.equal(tasks);
      }
    }));

  it('#51 an empty set is refused', () =>
    run(function* () {
      for (const empty of [[], new Set<asyncio.Task<void>>()]) {
        const error = yield* raised(asyncio.wait(empty));
        expect(error).to.be.instanceOf(RangeError);
        expect((error as Error).message).to.equal('Set of Tasks/Futures is empty.');
      }
    }));

  it('#51 coroutines, single futures and rubbish are refused', () =>
    run(function* () {
      const future = newFuture();
      const coro = asyncio.sleep(0);
      expect(yield* raised(asyncio.wait(future as never))).to.be.instanceOf(TypeError);
      expect(yield* raised(asyncio.wait(coro as never))).to.be.instanceOf(TypeError);
      const error = yield* raised(asyncio.wait([future, coro as never]));
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.equal('Passing coroutines is forbidden, use tasks explicitly.');
      for (const rubbish of [5, 'text', {}, null, Promise.resolve()])
        expect(yield* raised(asyncio.wait([future, rubbish as never]))).to.be.instanceOf(TypeError);
      expect(String(future)).to.not.include('cb=');
    }));

  it('an unknown returnWhen is refused', () =>
    run(function* () {
      const future = newFuture();
      const error = yield* raised(asyncio.wait([future], { returnWhen: 'WHENEVER' as never }));
      expect(error).to.be.instanceOf(RangeError);
      expect((error as Error).message).to.include('WHENEVER');
    }));

  it('leaves no callback behind, whether it ended, timed out or was cancelled', () =>
    run(function* () {
      const first = newFuture<void>();
      const rest = newFuture<void>();
      const waiting = asyncio.createTask(
        asyncio.wait([first, rest], { returnWhen: asyncio.FIRST_COMPLETED }),
      );
      yield* passes(2);
      expect(String(rest)).to.include('cb=');
      first.setResult();
      yield* waiting;
      expect(String(rest)).to.not.include('cb=');

      yield* asyncio.wait([rest], { timeout: 0 });
      expect(String(rest)).to.not.include('cb=');

      const cancelled = asyncio.createTask(asyncio.wait([rest], { timeout: 1000 }));
      yield* passes(2);
      cancelled.cancel();
      expect(yield* raised(cancelled)).to.be.instanceOf(asyncio.CancelledError);
      expect(String(rest)).to.not.include('cb=');
      expect(rest.done()).to.equal(false);
    }));

  it('that is cancelled leaves what it waited for alone', () =>
    run(function* () {
      const task = asyncio.createTask(passes(10));
      const waiting = asyncio.createTask(asyncio.wait([task]));
      yield* passes(2);
      waiting.cancel();
      expect(yield* raised(waiting)).to.be.instanceOf(asyncio.CancelledError);
      expect(task.done()).to.equal(false);
      yield* task;
      expect(task.cancelled()).to.equal(false);
    }));

  it('many can wait for the same', () =>
    run(function* () {
      const future = newFuture<string>();
      const waiting = Array.from({ length: 10 }, () => asyncio.createTask(asyncio.wait([future])));
      yield* passes(2);
      future.setResult('shared');
      for (const task of waiting) {
        const [done] = yield* task;
        expect([...done]).to.deep.equal([future]);
      }
    }));
});
