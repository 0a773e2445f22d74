import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

describeEachLoop('shield', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });
  const newFuture = <T>(): asyncio.FutureLike<T> => asyncio.getRunningLoop().createFuture<T>();

  it('#52 an inner future that is done is returned as it is', () =>
    run(function* () {
      const results = [newFuture<number>(), newFuture<number>(), newFuture<number>()] as const;
      results[0].setResult(42);
      results[1].setException(new Error('spam'));
      results[2].cancel();
      for (const inner of results) expect(asyncio.shield(inner)).to.equal(inner);
      expect(yield* asyncio.shield(results[0])).to.equal(42);
      expect(results[1].exception()?.message).to.equal('spam');
    }));

  it('#52 passes the result on', () =>
    run(function* () {
      const inner = newFuture<number>();
      const outer = asyncio.shield(inner);
      expect(outer).to.not.equal(inner);
      inner.setResult(42);
      expect(yield* outer).to.equal(42);
    }));

  it('#52 passes the error on', () =>
    run(function* () {
      const inner = newFuture();
      const outer = asyncio.shield(inner);
      const failure = new RangeError('expected');
      inner.setException(failure);
      yield* passes(2);
      expect(outer.exception()).to.equal(failure);
    }));

  it('#52 when the inner is cancelled, so is the outer', () =>
    run(function* () {
      const inner = newFuture();
      const outer = asyncio.shield(inner);
      inner.cancel();
      yield* passes(2);
      expect(outer.cancelled()).to.equal(true);
    }));

  it('#52 when the outer is cancelled, the inner is not touched, and has no callback left', () =>
    run(function* () {
      const inner = newFuture<number>();
      const outer = asyncio.shield(inner);
      expect(String(inner)).to.include('cb=');
      expect(outer.cancel()).to.equal(true);
      yield* passes(2);
      expect(outer.cancelled()).to.equal(true);
      expect(inner.done()).to.equal(false);
      expect(String(inner)).to.not.include('cb=');
      inner.setResult(1);
      yield* passes(2);
      expect(inner.result()).to.equal(1);
      expect(outer.cancelled()).to.equal(true);
    }));

  it('#52 cancelling the task that waits does not stop the work', () =>
    run(function* () {
      let proof = 0;
      const waiter = newFuture<void>();
      function* inner(): asyncio.Coroutine<void> {
        yield* waiter;
        proof += 1;
      }
      const outer = asyncio.createTask(
        (function* () {
          yield* asyncio.shield(inner());
          proof += 100;
        })(),
      );
      yield* passes(2);
      outer.cancel();
      expect(yield* raised(outer)).to.be.instanceOf(asyncio.CancelledError);
      waiter.setResult();
      yield* passes(2);
      expect(proof).to.equal(1);
    }));

  it('#52 an error of the inner after the outer was cancelled is not reported at once, but at the end', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const failure = new Error('unseen');
    await loop.runUntilComplete(
      (function* () {
        const inner = loop.createFuture();
        const outer = asyncio.shield(inner);
        outer.cancel();
        yield* passes(2);
        inner.setException(failure);
        yield* passes(3);
        expect(reports).to.deep.equal([]);
      })(),
    );
    loop.close();
    expect(reports.map((report) => [report.message, report.exception])).to.deep.equal([
      ['Future exception was never retrieved', failure],
    ]);
  });

  it('#52 both end in the same pass: nothing breaks', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    await loop.runUntilComplete(
      (function* () {
        for (const order of ['outer first', 'inner first']) {
          const inner = loop.createFuture<string>();
          const outer = asyncio.shield(inner);
          if (order === 'outer first') outer.cancel();
          inner.setResult('result');
          if (order === 'inner first') outer.cancel();
          yield* passes(3);
          expect(outer.cancelled()).to.equal(true);
          expect(inner.result()).to.equal('result');
        }
      })(),
    );
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('takes a coroutine, which becomes a task of the running loop, and a Promise', () =>
    run(function* () {
      const outer = asyncio.shield(asyncio.sleep(0, 'coroutine'));
      expect(outer.getLoop()).to.equal(asyncio.getRunningLoop());
      expect(yield* outer).to.equal('coroutine');
      expect(yield* asyncio.shield(Promise.resolve('promise'))).to.equal('promise');
      expect(() => asyncio.shield(5 as never)).to.throw(TypeError, 'is required');
    }));

  it('#52 shield(gather()): the children go on', () =>
    run(function* () {
      const children = [newFuture<number>(), newFuture<number>()] as const;
      const parent = asyncio.gather(...children);
      const outer = asyncio.shield(parent);
      outer.cancel();
      yield* passes(2);
      expect(outer.cancelled()).to.equal(true);
      children[0].setResult(1);
      children[1].setResult(2);
      expect(yield* parent).to.deep.equal([1, 2]);
    }));

  it('#52 gather(shield(), shield()): cancelling the gather cancels the shields only', () =>
    run(function* () {
      const children = [newFuture<number>(), newFuture<number>()] as const;
      const shields = children.map((child) => asyncio.shield(child));
      const parent = asyncio.gather(shields);
      parent.cancel();
      expect(yield* raised(parent)).to.be.instanceOf(asyncio.CancelledError);
      yield* passes(1);
      expect(shields.map((future) => future.cancelled())).to.deep.equal([true, true]);
      expect(children.map((child) => child.done())).to.deep.equal([false, false]);
    }));
});

describe('shield', () => {
  it('outside a loop needs one: without it nothing is started', () => {
    expect(() => asyncio.shield(asyncio.sleep(0))).to.throw(asyncio.RuntimeError, 'no current event loop');
  });

  it('takes the loop that is set, when none is running', async () => {
    const loop = new asyncio.BrowserEventLoop();
    asyncio.setEventLoop(loop);
    try {
      const outer = asyncio.shield(asyncio.sleep(0, 42));
      expect(outer.getLoop()).to.equal(loop);
      expect(await loop.runUntilComplete(outer)).to.equal(42);
    } finally {
      asyncio.setEventLoop(null);
      loop.close();
    }
  });
});

describeEachLoop('withShield', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('gives the result of the block', () =>
    run(function* () {
      expect(
        yield* asyncio.withShield(function* () {
          yield* asyncio.sleep(0);
          return 'result';
        }),
      ).to.equal('result');
    }));

  it('throws the error of the block', () =>
    run(function* () {
      const failure = new Error('spam');
      expect(
        yield* raised(
          asyncio.withShield(function* () {
            yield* asyncio.sleep(0);
            throw failure;
          }),
        ),
      ).to.equal(failure);
    }));

  it('runs the block to its end, however often it is cancelled, and throws the cancellation then', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        (function* () {
          yield* asyncio.withShield(function* () {
            for (let step = 0; step < 5; step++) {
              yield* asyncio.sleep(0);
              log.push(`step ${step}`);
            }
          });
          log.push('after the block');
        })(),
      );
      yield* passes(2);
      task.cancel('first');
      yield* passes(1);
      task.cancel('second');
      const error = yield* raised(task);
      expect(error).to.be.instanceOf(asyncio.CancelledError);
      expect(task.cancelled()).to.equal(true);
      expect(log).to.deep.equal(['step 0', 'step 1', 'step 2', 'step 3', 'step 4']);
    }));

  it('an error of the block goes before a cancellation', () =>
    run(function* () {
      const failure = new Error('of the block');
      const task = asyncio.createTask(
        asyncio.withShield(function* () {
          yield* passes(4);
          throw failure;
        }),
      );
      yield* passes(2);
      task.cancel();
      expect(yield* raised(task)).to.equal(failure);
    }));

  it('the block shares the context variables of its task', () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
      variable.set('outside');
      yield* asyncio.withShield(function* () {
        expect(variable.get()).to.equal('outside');
        yield* asyncio.sleep(0);
        variable.set('inside');
      });
      expect(variable.get()).to.equal('inside');
    }));

  it('#39 a cancel in the pass in which the block ended is not lost', () =>
    run(function* () {
      const gate = asyncio.getRunningLoop().createFuture<void>();
      let reachedEnd = false;
      const task: asyncio.Task<void> = asyncio.createTask(
        (function* () {
          yield* asyncio.withShield(function* () {
            yield* gate;
          });
          yield* asyncio.sleep(0);
          reachedEnd = true;
        })(),
      );
      yield* passes(3);
      gate.setResult();
      // The block ends in the next pass; its waiter has not been told yet.
      yield* passes(1);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(reachedEnd).to.equal(false);
    }));

  it('#39 likewise one pass later, when the waiter is about to go on', () =>
    run(function* () {
      const gate = asyncio.getRunningLoop().createFuture<void>();
      let reachedEnd = false;
      const task: asyncio.Task<void> = asyncio.createTask(
        (function* () {
          yield* asyncio.withShield(function* () {
            yield* gate;
          });
          yield* asyncio.sleep(0);
          reachedEnd = true;
        })(),
      );
      yield* passes(3);
      gate.setResult();
      yield* passes(2);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(reachedEnd).to.equal(false);
    }));
});

describe('withShield in a timeout', () => {
  it('takes its time; the timeout is thrown afterwards', async () => {
    await simulate(function* () {
      const error = yield* raised(asyncio.withTimeout(1, () => asyncio.withShield(() => asyncio.sleep(5))));
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(asyncio.getRunningLoop().time()).to.equal(5);
    });
  });
});
