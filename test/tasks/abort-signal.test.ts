import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

/** A signal that counts the listeners it has and has had. */
function countedSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  counts: { added: number; removed: number };
} {
  const controller = new AbortController();
  const { signal } = controller;
  const counts = { added: 0, removed: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    counts.added += 1;
    return addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    counts.removed += 1;
    return removeEventListener.apply(signal, args);
  };
  return { controller, signal, counts };
}

describeEachLoop('withAbortSignal', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('gives what the block gives, which gets the signal', () =>
    run(function* () {
      const { signal, counts } = countedSignal();
      const result: string = yield* asyncio.withAbortSignal(signal, function* (given) {
        expect(given).to.equal(signal);
        yield* asyncio.sleep(0);
        return 'result';
      });
      expect(result).to.equal('result');
      expect(counts).to.deep.equal({ added: 1, removed: 1 });
    }));

  it('an abort cancels the block where it waits; its cleanup runs, then the reason is thrown', () =>
    run(function* () {
      const { controller, signal, counts } = countedSignal();
      const log: string[] = [];
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      const error = yield* raised(
        asyncio.withAbortSignal(signal, function* () {
          try {
            yield* asyncio.sleep(1000);
          } catch (thrown) {
            log.push((thrown as Error).name);
            throw thrown;
          } finally {
            yield* passes(3);
            log.push('cleaned up');
          }
        }),
      );
      expect(error).to.equal(signal.reason);
      expect((error as Error).name).to.equal('AbortError');
      expect(log).to.deep.equal(['CancelledError', 'cleaned up']);
      expect(counts.added).to.equal(counts.removed);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('an abort by an event listener of the page wakes the loop', async () => {
    const controller = new AbortController();
    const button = document.createElement('button');
    button.addEventListener('click', () => controller.abort());
    const end = run(function* () {
      return yield* raised(
        asyncio.withAbortSignal(controller.signal, function* () {
          yield* asyncio.fromPromise(new Promise(() => undefined));
        }),
      );
    });
    setTimeout(() => button.click(), 0);
    expect(await end).to.equal(controller.signal.reason);
  });

  it('the task goes on after it', () =>
    run(function* () {
      const controller = new AbortController();
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      yield* raised(asyncio.withAbortSignal(controller.signal, () => asyncio.sleep(1000)));
      yield* passes(3);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  for (const reason of [new RangeError('too late'), 'a string', 0, null]) {
    it(`the reason may be anything: ${String(reason)}`, () =>
      run(function* () {
        const controller = new AbortController();
        asyncio.getRunningLoop().callSoon(() => controller.abort(reason));
        let seen: unknown = 'nothing';
        try {
          yield* asyncio.withAbortSignal(controller.signal, () => asyncio.sleep(1000));
        } catch (error) {
          seen = error;
        }
        expect(seen).to.equal(reason);
      }));
  }

  it('a signal that is aborted at the start: the reason is thrown, and the block is not called', () =>
    run(function* () {
      let called = false;
      const reason = new Error('before');
      const error = yield* raised(
        asyncio.withAbortSignal(AbortSignal.abort(reason), function* () {
          called = true;
        }),
      );
      expect(error).to.equal(reason);
      expect(called).to.equal(false);
      yield* passes(2);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('an abort in the last step of a block that does not wait again has no effect', () =>
    run(function* () {
      const { controller, signal, counts } = countedSignal();
      const result = yield* asyncio.withAbortSignal(signal, function* () {
        yield* asyncio.sleep(0);
        controller.abort();
        return 'result';
      });
      expect(result).to.equal('result');
      expect(counts).to.deep.equal({ added: 1, removed: 1 });
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
      yield* passes(2);
    }));

  it('an abort after the end has no effect', () =>
    run(function* () {
      const controller = new AbortController();
      yield* asyncio.withAbortSignal(controller.signal, () => asyncio.sleep(0));
      controller.abort();
      yield* passes(2);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('an abort that the block swallows throws nothing, and the count is 0', () =>
    run(function* () {
      const controller = new AbortController();
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      const result = yield* asyncio.withAbortSignal(controller.signal, function* () {
        yield* raised(asyncio.sleep(1000));
        return 'swallowed';
      });
      expect(result).to.equal('swallowed');
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
      yield* passes(2);
    }));

  it('an error of the block comes out as it is, before and after an abort', () =>
    run(function* () {
      const { controller, signal, counts } = countedSignal();
      const failure = new Error('spam');
      const before = yield* raised(
        asyncio.withAbortSignal(signal, function* () {
          throw failure;
        }),
      );
      expect(before).to.equal(failure);
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      const after = yield* raised(
        asyncio.withAbortSignal(signal, function* () {
          try {
            yield* asyncio.sleep(1000);
          } catch {
            throw failure;
          }
        }),
      );
      expect(after).to.equal(failure);
      expect(counts).to.deep.equal({ added: 2, removed: 2 });
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('a cancel without an abort is a cancel', () =>
    run(function* () {
      const { signal, counts } = countedSignal();
      const task = asyncio.createTask(asyncio.withAbortSignal(signal, () => asyncio.sleep(1000)));
      yield* passes(2);
      task.cancel('why');
      const error = yield* raised(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
      expect(counts).to.deep.equal({ added: 1, removed: 1 });
    }));

  for (const order of ['the cancel first', 'the abort first']) {
    it(`#32 a cancel as well, ${order}: CancelledError comes out`, () =>
      run(function* () {
        const controller = new AbortController();
        const task: asyncio.Task<void> = asyncio.createTask(
          asyncio.withAbortSignal(controller.signal, () => asyncio.sleep(1000)),
        );
        yield* passes(2);
        if (order === 'the cancel first') task.cancel();
        controller.abort();
        if (order === 'the abort first') task.cancel();
        expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
        expect(task.cancelling()).to.equal(1);
      }));
  }

  it('#34 nested with the same signal: the outer throws the reason, the inner lets CancelledError through', () =>
    run(function* () {
      const { controller, signal, counts } = countedSignal();
      let inner: unknown;
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      const outer = yield* raised(
        asyncio.withAbortSignal(signal, function* () {
          inner = yield* raised(asyncio.withAbortSignal(signal, () => asyncio.sleep(1000)));
          throw inner;
        }),
      );
      expect(inner).to.be.instanceOf(asyncio.CancelledError);
      expect(outer).to.equal(signal.reason);
      expect(counts).to.deep.equal({ added: 2, removed: 2 });
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
    }));

  it('in a timeout: whichever comes first is what comes out', () =>
    run(function* () {
      const never = new AbortController();
      const timeout = yield* raised(
        asyncio.withTimeout(0, () => asyncio.withAbortSignal(never.signal, () => asyncio.sleep(1000))),
      );
      expect(timeout).to.be.instanceOf(asyncio.TimeoutError);
      const soon = new AbortController();
      asyncio.getRunningLoop().callSoon(() => soon.abort());
      const abort = yield* raised(
        asyncio.withTimeout(1000, () => asyncio.withAbortSignal(soon.signal, () => asyncio.sleep(1000))),
      );
      expect(abort).to.equal(soon.signal.reason);
    }));

  it('works with AbortSignal.timeout() and AbortSignal.any()', () =>
    run(function* () {
      const controller = new AbortController();
      const any = AbortSignal.any([controller.signal, new AbortController().signal]);
      asyncio.getRunningLoop().callSoon(() => controller.abort());
      expect(yield* raised(asyncio.withAbortSignal(any, () => asyncio.sleep(1000)))).to.equal(any.reason);
      const timeout = AbortSignal.timeout(1);
      const error = yield* raised(
        asyncio.withAbortSignal(timeout, function* () {
          yield* asyncio.fromPromise(new Promise(() => undefined));
        }),
      );
      expect((error as Error).name).to.equal('TimeoutError');
      expect(error).to.equal(timeout.reason);
    }));

  it('a signal of long life collects no listeners', () =>
    run(function* () {
      const { signal, counts } = countedSignal();
      for (let round = 0; round < 100; round++) {
        yield* asyncio.withAbortSignal(signal, () => asyncio.sleep(0));
        const task = asyncio.createTask(asyncio.withAbortSignal(signal, () => asyncio.sleep(1000)));
        yield* passes(1);
        task.cancel();
        yield* asyncio.wait([task]);
      }
      expect(counts).to.deep.equal({ added: 200, removed: 200 });
    }));
});

describe('withAbortSignal', () => {
  it('needs a task', () => {
    const loop = new asyncio.BrowserEventLoop();
    const { signal, counts } = countedSignal();
    let error: unknown;
    loop.callSoon(() => {
      try {
        asyncio.withAbortSignal(signal, () => asyncio.sleep(0)).next();
      } catch (thrown) {
        error = thrown;
      }
      loop.stop();
    });
    return loop.runForever().then(() => {
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.include('inside a task');
      expect(counts.added).to.equal(counts.removed);
      loop.close();
    });
  });
});

describeEachLoop('abortSignalOf', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('is aborted when the future is cancelled, with a CancelledError', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture();
      const signal = asyncio.abortSignalOf(future);
      expect(signal).to.be.instanceOf(AbortSignal);
      expect(signal.aborted).to.equal(false);
      future.cancel();
      yield* passes(2);
      expect(signal.aborted).to.equal(true);
      expect(signal.reason).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('its reason has the message of the cancel', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture();
      const signal = asyncio.abortSignalOf(future);
      future.cancel('why');
      yield* passes(2);
      expect((signal.reason as asyncio.CancelledError).args).to.deep.equal(['why']);
    }));

  it('is aborted when the task has ended as cancelled, after its cleanup', () =>
    run(function* () {
      const log: string[] = [];
      let signal: AbortSignal | undefined;
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } finally {
            yield* passes(3);
            log.push(`in the cleanup: ${signal?.aborted}`);
          }
        })(),
      );
      signal = asyncio.abortSignalOf(task);
      signal.addEventListener('abort', () => log.push('abort'));
      yield* passes(1);
      task.cancel();
      yield* asyncio.wait([task]);
      yield* passes(2);
      expect(log).to.deep.equal(['in the cleanup: false', 'abort']);
    }));

  it('is left alone when the future ends in any other way', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const done = loop.createFuture<number>();
      const failed = loop.createFuture<number>();
      const refused = asyncio.createTask(raised(asyncio.sleep(1000)));
      const signals = [done, failed, refused].map((future) =>
        asyncio.abortSignalOf(future as asyncio.FutureLike<unknown>),
      );
      yield* passes(1);
      done.setResult(1);
      failed.setException(new Error('spam'));
      failed.exception();
      refused.cancel();
      yield* passes(4);
      expect(refused.done()).to.equal(true);
      expect(signals.map((signal) => signal.aborted)).to.deep.equal([false, false, false]);
    }));

  it('of a future that is cancelled already is aborted in the next pass', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture();
      future.cancel();
      const signal = asyncio.abortSignalOf(future);
      yield* passes(2);
      expect(signal.aborted).to.equal(true);
    }));

  it('does not count as reading the error of the future', async () => {
    const loop = newLoop();
    const reports: asyncio.ExceptionContext[] = [];
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    const failure = new Error('unseen');
    await loop.runUntilComplete(
      (function* () {
        const future = loop.createFuture();
        asyncio.abortSignalOf(future);
        future.setException(failure);
        yield* passes(2);
      })(),
    );
    loop.close();
    expect(reports.map((report) => report.exception)).to.deep.equal([failure]);
  });

  it('stops native work when the task that it belongs to is cancelled', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(asyncio.sleep(1000));
      const signal = asyncio.abortSignalOf(task);
      const native = (async () => {
        try {
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        } catch (error) {
          log.push((error as Error).name);
        }
      })();
      yield* passes(1);
      task.cancel();
      yield* asyncio.fromPromise(native);
      expect(log).to.deep.equal(['CancelledError']);
    }));
});
