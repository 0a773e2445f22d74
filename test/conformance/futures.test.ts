// Lib/test/test_asyncio/test_futures.py of CPython 3.13 and, where a comment says so, of 3.14. What reaches into modules
// is in futures.internal.test.ts.
//
// What differs: a Promise takes the place of a future of concurrent.futures, and an AbortSignal that of its cancel().
// Callbacks are compared by identity, so nothing can interfere from inside a comparison. The text of a callback has no
// file and line, since a function does not know its own.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { forceGc } from '../support/gc.ts';
import { newTestLoop, recordReports } from '../support/loops.ts';
import { rejection } from '../support/outcomes.ts';
import { uncaughtDuring } from '../support/uncaught.ts';
import { runBriefly } from './support.ts';

function fakeFunc(future: unknown): unknown {
  return future;
}

function firstCb(): void {}

function lastCb(): void {}

/** A class that is no Future and plays one. */
class DuckFuture implements asyncio.Awaitable<unknown> {
  _asyncioFutureBlocking = false;
  #cancelled = false;
  #result: unknown = null;
  #exception: Error | null = null;

  cancel(): boolean {
    if (this.done()) return false;
    this.#cancelled = true;
    return true;
  }
  cancelled(): boolean {
    return this.#cancelled;
  }
  done(): boolean {
    return this.#cancelled || this.#result !== null || this.#exception !== null;
  }
  result(): unknown {
    if (this.#exception !== null) throw this.#exception;
    return this.#result;
  }
  exception(): Error | null {
    return this.#exception;
  }
  setResult(result: unknown): void {
    this.#result = result;
  }
  setException(exception: Error): void {
    this.#exception = exception;
  }
  *[Symbol.iterator](): asyncio.Coroutine<unknown> {
    if (!this.done()) {
      this._asyncioFutureBlocking = true;
      yield this as never; // a future by its looks
    }
    return this.result();
  }
}

describe('DuckTests', () => {
  it('test_wrap_future', () => {
    const f = new DuckFuture();
    const g: unknown = asyncio.wrapFuture(f as never);
    expect(g).to.equal(f);
  });

  it('test_ensure_future', () => {
    const f = new DuckFuture();
    const g: unknown = asyncio.ensureFuture(f);
    expect(g).to.equal(f);
  });
});

/** The loggers lines of `body` with their errors, in place of showing them. */
async function recordLog(body: () => unknown): Promise<{ message: string; exception: unknown }[]> {
  const lines: { message: string; exception: unknown }[] = [];
  const { error } = asyncio.logger;
  asyncio.logger.error = (message, exception) => lines.push({ message, exception });
  try {
    await uncaughtDuring(body);
  } finally {
    asyncio.logger.error = error;
  }
  return lines;
}

class SubFuture<T = unknown> extends asyncio.Future<T> {}

for (const cls of [asyncio.Future, SubFuture]) {
  describe(`BaseFutureTests (${cls.name})`, () => {
    let loop: asyncio.BaseEventLoop;

    function newFuture<T = unknown>(): asyncio.Future<T> {
      return new cls<T>({ loop });
    }

    beforeEach(() => {
      loop = newTestLoop();
    });

    afterEach(() => {
      const reports = recordReports(loop);
      loop.close();
      expect(reports.map(({ message }) => message)).to.deep.equal([]);
      asyncio.setEventLoop(null);
    });

    it('test_isfuture', () => {
      class MyFuture {
        _asyncioFutureBlocking = false;
      }

      expect(asyncio.isfuture(MyFuture)).to.equal(false);
      expect(asyncio.isfuture(new MyFuture())).to.equal(true);
      expect(asyncio.isfuture(1)).to.equal(false);

      // A mock has every attribute there is.
      const mock = new Proxy({}, { get: () => () => undefined });
      expect(asyncio.isfuture(mock)).to.equal(false);

      const f = newFuture();
      expect(asyncio.isfuture(f)).to.equal(true);
      expect(asyncio.isfuture(f.constructor)).to.equal(false);
      f.cancel();
    });

    it('test_initial_state', () => {
      const f = newFuture();
      expect(f.cancelled()).to.equal(false);
      expect(f.done()).to.equal(false);
      f.cancel();
      expect(f.cancelled()).to.equal(true);
    });

    it('test_constructor_without_loop', () => {
      expect(() => new cls()).to.throw(asyncio.RuntimeError, 'no current event loop');
    });

    it('test_constructor_use_running_loop', async () => {
      function* test() {
        return [new cls()];
      }

      // In an array, because a Promise would take over the outcome of a future.
      const [f] = await loop.runUntilComplete(test());
      expect(f?._loop).to.equal(loop);
      expect(f?.getLoop()).to.equal(loop);
    });

    it('test_constructor_use_global_loop', () => {
      asyncio.setEventLoop(loop);
      const f = new cls();
      expect(f._loop).to.equal(loop);
      expect(f.getLoop()).to.equal(loop);
    });

    it('test_future_cancel_message_getter', async () => {
      const f = newFuture();
      expect(f._cancelMessage).to.equal(undefined);

      f.cancel('my message');
      expect(await rejection(loop.runUntilComplete(f))).to.be.instanceOf(asyncio.CancelledError);
      expect(f._cancelMessage).to.equal('my message');
    });

    it('test_future_cancel_message_setter', async () => {
      const f = newFuture();
      f.cancel('my message');
      f._cancelMessage = 'my new message';
      expect(f._cancelMessage).to.equal('my new message');

      const error = await rejection(loop.runUntilComplete(f));
      expect(error).to.be.instanceOf(asyncio.CancelledError);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['my new message']);
      expect(f._cancelMessage).to.equal('my new message');
    });

    it('test_cancel', () => {
      const f = newFuture();
      expect(f.cancel()).to.equal(true);
      expect(f.cancelled()).to.equal(true);
      expect(f.done()).to.equal(true);
      expect(() => f.result()).to.throw(asyncio.CancelledError);
      expect(() => f.exception()).to.throw(asyncio.CancelledError);
      expect(() => f.setResult(null)).to.throw(asyncio.InvalidStateError);
      expect(() => f.setException(new Error())).to.throw(asyncio.InvalidStateError);
      expect(f.cancel()).to.equal(false);
    });

    it('test_result', () => {
      const f = newFuture();
      expect(() => f.result()).to.throw(asyncio.InvalidStateError);

      f.setResult(42);
      expect(f.cancelled()).to.equal(false);
      expect(f.done()).to.equal(true);
      expect(f.result()).to.equal(42);
      expect(f.exception()).to.equal(null);
      expect(() => f.setResult(null)).to.throw(asyncio.InvalidStateError);
      expect(() => f.setException(new Error())).to.throw(asyncio.InvalidStateError);
      expect(f.cancel()).to.equal(false);
    });

    it('test_exception', () => {
      const exc = new asyncio.RuntimeError();
      const f = newFuture();
      expect(() => f.exception()).to.throw(asyncio.InvalidStateError);

      f.setException(exc);
      expect(f.cancelled()).to.equal(false);
      expect(f.done()).to.equal(true);
      expect(() => f.result()).to.throw(asyncio.RuntimeError);
      expect(f.exception()).to.equal(exc);
      expect(() => f.setResult(null)).to.throw(asyncio.InvalidStateError);
      expect(() => f.setException(new Error())).to.throw(asyncio.InvalidStateError);
      expect(f.cancel()).to.equal(false);
    });

    it('test_exception_class', () => {
      const f = newFuture();
      f.setException(asyncio.RuntimeError);
      expect(f.exception()).to.be.instanceOf(asyncio.RuntimeError);
    });

    it('test_yield_from_twice', () => {
      const f = newFuture<number>();

      function* fixture(): Generator<unknown, void, unknown> {
        yield 'A';
        const x = yield* f;
        yield ['B', x];
        const y = yield* f;
        yield ['C', y];
      }

      const g = fixture();
      expect(g.next().value).to.equal('A');
      expect(g.next().value).to.equal(f); // the first `yield* f`
      f.setResult(42);
      expect(g.next().value).to.deep.equal(['B', 42]);
      // The second `yield* f` does not hand f out.
      expect(g.next().value).to.deep.equal(['C', 42]);
    });

    it('test_future_repr', () => {
      loop.setDebug(true);
      const pendingDebug = newFuture();
      expect(String(pendingDebug)).to.match(new RegExp(`^<${cls.name} pending created at \\S+:\\d+>$`));
      pendingDebug.cancel();

      loop.setDebug(false);
      const pending = newFuture();
      expect(String(pending)).to.equal(`<${cls.name} pending>`);
      pending.cancel();

      const cancelled = newFuture();
      cancelled.cancel();
      expect(String(cancelled)).to.equal(`<${cls.name} cancelled>`);

      const result = newFuture();
      result.setResult(4);
      expect(String(result)).to.equal(`<${cls.name} finished result=4>`);
      expect(result.result()).to.equal(4);

      const exc = new asyncio.RuntimeError();
      const exception = newFuture();
      exception.setException(exc);
      expect(String(exception)).to.equal(`<${cls.name} finished exception=RuntimeError()>`);
      expect(exception.exception()).to.equal(exc);

      const oneCallback = newFuture();
      oneCallback.addDoneCallback(fakeFunc);
      expect(String(oneCallback)).to.equal(`<${cls.name} pending cb=[fakeFunc()]>`);
      oneCallback.cancel();
      expect(String(oneCallback)).to.equal(`<${cls.name} cancelled>`);

      const twoCallbacks = newFuture();
      twoCallbacks.addDoneCallback(firstCb);
      twoCallbacks.addDoneCallback(lastCb);
      expect(String(twoCallbacks)).to.equal(`<${cls.name} pending cb=[firstCb(), lastCb()]>`);

      const manyCallbacks = newFuture();
      manyCallbacks.addDoneCallback(firstCb);
      for (let i = 0; i < 8; i += 1) manyCallbacks.addDoneCallback(fakeFunc);
      manyCallbacks.addDoneCallback(lastCb);
      expect(String(manyCallbacks)).to.equal(`<${cls.name} pending cb=[firstCb(), <8 more>, lastCb()]>`);
      manyCallbacks.cancel();
      expect(String(manyCallbacks)).to.equal(`<${cls.name} cancelled>`);
    });

    it('test_iter', () => {
      const fut = newFuture();

      function* coro(): asyncio.Coroutine<void> {
        yield* fut;
      }

      function test() {
        const [_arg1, _arg2] = coro();
      }

      expect(test).to.throw(asyncio.RuntimeError, "await wasn't used");
      fut.cancel();
    });

    // What nobody looked at is reported when it is collected, and at the latest when the loop closes.

    it('test_tb_logger_abandoned', async () => {
      const log = await recordLog(() => {
        newFuture();
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_tb_logger_not_called_after_cancel', async () => {
      const log = await recordLog(() => {
        const fut = newFuture();
        fut.setException(new Error());
        fut.cancel();
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_tb_logger_result_unretrieved', async () => {
      const log = await recordLog(() => {
        newFuture().setResult(42);
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_tb_logger_result_retrieved', async () => {
      const log = await recordLog(() => {
        const fut = newFuture();
        fut.setResult(42);
        fut.result();
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_tb_logger_exception_unretrieved', async () => {
      const count = 20; // an engine may overlook one
      const drop = (): void => {
        for (let i = 0; i < count; i += 1) newFuture().setException(new asyncio.RuntimeError('boom'));
      };
      const collected = await recordLog(async () => {
        drop();
        await runBriefly(loop);
        await forceGc();
      });
      expect(collected).not.to.have.length(0);
      const rest = await recordLog(() => loop.close());
      expect(collected.length + rest.length).to.equal(count);
    });

    it('test_tb_logger_exception_retrieved', async () => {
      const log = await recordLog(() => {
        const fut = newFuture();
        fut.setException(new asyncio.RuntimeError('boom'));
        fut.exception();
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_tb_logger_exception_result_retrieved', async () => {
      const log = await recordLog(() => {
        const fut = newFuture();
        fut.setException(new asyncio.RuntimeError('boom'));
        expect(() => fut.result()).to.throw(asyncio.RuntimeError);
        loop.close();
      });
      expect(log).to.deep.equal([]);
    });

    it('test_wrap_future', async () => {
      const f1 = Promise.resolve('oi');
      const f2 = asyncio.wrapFuture(f1, { loop });
      const res = await loop.runUntilComplete(f2);
      expect(asyncio.isfuture(f2)).to.equal(true);
      expect(res).to.equal('oi');
    });

    it('test_wrap_future_future', () => {
      const f1 = newFuture();
      const f2 = asyncio.wrapFuture(f1);
      expect(f2).to.equal(f1);
    });

    it('test_wrap_future_without_loop', () => {
      const f1 = Promise.resolve('oi');
      expect(() => asyncio.wrapFuture(f1)).to.throw(asyncio.RuntimeError, 'no current event loop');
    });

    it('test_wrap_future_use_running_loop', async () => {
      const f1 = Promise.resolve('oi');

      function* test() {
        return [asyncio.wrapFuture(f1)];
      }

      const [f2] = await loop.runUntilComplete(test());
      expect(f2?._loop).to.equal(loop);
    });

    it('test_wrap_future_use_global_loop', () => {
      asyncio.setEventLoop(loop);
      const f1 = Promise.resolve('oi');
      const f2 = asyncio.wrapFuture(f1);
      expect(f2._loop).to.equal(loop);
    });

    it('test_wrap_future_cancel', async () => {
      let signal!: AbortSignal;
      const f2 = asyncio.wrapFuture(
        (given) => {
          signal = given;
          return new Promise<never>(() => undefined);
        },
        { loop },
      );
      f2.cancel();
      await runBriefly(loop);
      expect(signal.aborted).to.equal(true);
      expect(f2.cancelled()).to.equal(true);
    });

    it('test_wrap_future_cancel2', async () => {
      const f1 = Promise.resolve(42);
      const f2 = asyncio.wrapFuture(f1, { loop });
      f2.cancel();
      await runBriefly(loop);
      expect(await f1).to.equal(42);
      expect(f2.cancelled()).to.equal(true);
    });

    it('test_future_source_traceback', function test_future_source_traceback() {
      loop.setDebug(true);

      const future = newFuture();
      expect(future._sourceTraceback).to.be.a('string');
      // Engines show the constructor that a class has by itself.
      const frames = future._sourceTraceback?.split('\n').filter((line) => !line.includes('SubFuture'));
      // The innermost is that of newFuture().
      expect(frames?.[1]).to.include('test_future_source_traceback');
    });

    async function checkFutureExceptionNeverRetrieved(debug: boolean): Promise<void> {
      loop.setDebug(debug);

      class MemoryError extends Error {}
      const exc = new MemoryError();

      const log = await recordLog(async () => {
        newFuture().setException(exc);
        await runBriefly(loop);
        loop.close(); // in place of the collector
      });

      expect(log).to.have.length(1);
      expect(log[0]?.exception).to.equal(exc);
      expect(log[0]?.message).to.match(new RegExp(`^${cls.name} exception was never retrieved\n`));
    }

    it('test_future_exception_never_retrieved', () => checkFutureExceptionNeverRetrieved(false));

    it('test_future_exception_never_retrieved_debug', () => checkFutureExceptionNeverRetrieved(true));

    it('test_future_stop_iteration_args', () => {
      const fut = newFuture();
      fut.setResult([1, 2]);
      const fi = fut[Symbol.iterator]();
      const { done, value } = fi.next();
      expect(done).to.equal(true);
      expect(value).to.deep.equal([1, 2]);
    });

    it('test_future_iter_throw', () => {
      // Python's forms with a class, a value and a traceback are one argument here, and anything can be thrown.
      const fi = newFuture()[Symbol.iterator]();
      expect(() => fi.throw?.(new Error('zebra'))).to.throw(Error, 'zebra');
      expect(() => fi.throw?.(new RangeError('elephant'))).to.throw(RangeError, 'elephant');
    });

    it('test_futureiter_send_after_throw_no_crash', () => {
      // From 3.14.
      const fut = newFuture();
      const it = fut[Symbol.iterator]();
      it.next();
      expect(() => it.throw?.(new asyncio.RuntimeError())).to.throw(asyncio.RuntimeError);
      const { done, value } = it.next();
      expect(done).to.equal(true);
      expect(value).to.equal(undefined);
    });
  });

  describe(`BaseFutureDoneCallbackTests (${cls.name})`, () => {
    let loop: asyncio.BaseEventLoop;

    function newFuture<T = unknown>(): asyncio.Future<T> {
      return new cls<T>({ loop });
    }

    /** A callback that puts `thing` into `bag`. */
    function makeCallback(bag: number[], thing: number): () => void {
      return () => bag.push(thing);
    }

    beforeEach(() => {
      loop = newTestLoop();
    });

    afterEach(() => loop.close());

    it('test_callbacks_remove_first_callback', async () => {
      const bag: number[] = [];
      const f = newFuture();

      const cb1 = makeCallback(bag, 42);
      const cb2 = makeCallback(bag, 17);
      const cb3 = makeCallback(bag, 100);

      f.addDoneCallback(cb1);
      f.addDoneCallback(cb2);
      f.addDoneCallback(cb3);

      f.removeDoneCallback(cb1);
      f.removeDoneCallback(cb1);

      expect(bag).to.deep.equal([]);
      f.setResult('foo');
      await runBriefly(loop);

      expect(bag).to.deep.equal([17, 100]);
      expect(f.result()).to.equal('foo');
    });

    it('test_callbacks_remove_first_and_second_callback', async () => {
      const bag: number[] = [];
      const f = newFuture();

      const cb1 = makeCallback(bag, 42);
      const cb2 = makeCallback(bag, 17);
      const cb3 = makeCallback(bag, 100);

      f.addDoneCallback(cb1);
      f.addDoneCallback(cb2);
      f.addDoneCallback(cb3);

      f.removeDoneCallback(cb1);
      f.removeDoneCallback(cb2);
      f.removeDoneCallback(cb1);

      expect(bag).to.deep.equal([]);
      f.setResult('foo');
      await runBriefly(loop);

      expect(bag).to.deep.equal([100]);
      expect(f.result()).to.equal('foo');
    });

    it('test_callbacks_remove_third_callback', async () => {
      const bag: number[] = [];
      const f = newFuture();

      const cb1 = makeCallback(bag, 42);
      const cb2 = makeCallback(bag, 17);
      const cb3 = makeCallback(bag, 100);

      f.addDoneCallback(cb1);
      f.addDoneCallback(cb2);
      f.addDoneCallback(cb3);

      f.removeDoneCallback(cb3);
      f.removeDoneCallback(cb3);

      expect(bag).to.deep.equal([]);
      f.setResult('foo');
      await runBriefly(loop);

      expect(bag).to.deep.equal([42, 17]);
      expect(f.result()).to.equal('foo');
    });

    it('test_callbacks_invoked_on_set_result', async () => {
      const bag: number[] = [];
      const f = newFuture();
      f.addDoneCallback(makeCallback(bag, 42));
      f.addDoneCallback(makeCallback(bag, 17));

      expect(bag).to.deep.equal([]);
      f.setResult('foo');
      await runBriefly(loop);

      expect(bag).to.deep.equal([42, 17]);
      expect(f.result()).to.equal('foo');
    });

    it('test_callbacks_invoked_on_set_exception', async () => {
      const bag: number[] = [];
      const f = newFuture();
      f.addDoneCallback(makeCallback(bag, 100));

      expect(bag).to.deep.equal([]);
      const exc = new asyncio.RuntimeError();
      f.setException(exc);
      await runBriefly(loop);

      expect(bag).to.deep.equal([100]);
      expect(f.exception()).to.equal(exc);
    });

    it('test_remove_done_callback', async () => {
      const bag: number[] = [];
      const f = newFuture();
      const cb1 = makeCallback(bag, 1);
      const cb2 = makeCallback(bag, 2);
      const cb3 = makeCallback(bag, 3);

      f.addDoneCallback(cb1);
      f.addDoneCallback(cb2);

      expect(f.removeDoneCallback(cb2)).to.equal(1);

      // This one was never in there.
      expect(f.removeDoneCallback(cb3)).to.equal(0);

      // Then six times cb1, with one cb2 among them.
      f.addDoneCallback(cb2);
      for (let i = 0; i < 5; i += 1) f.addDoneCallback(cb1);
      expect(f.removeDoneCallback(cb1)).to.equal(6);

      expect(bag).to.deep.equal([]);
      f.setResult('foo');
      await runBriefly(loop);

      expect(bag).to.deep.equal([2]);
      expect(f.result()).to.equal('foo');
    });

    it('test_schedule_callbacks_list_mutation_1', async () => {
      let calls = 0;
      let removed = -1;

      function count(): void {
        calls += 1;
      }

      function mut(f: asyncio.Future): void {
        removed = f.removeDoneCallback(count);
      }

      const fut = newFuture();
      fut.addDoneCallback(mut);
      fut.addDoneCallback(count);
      fut.addDoneCallback(count);
      fut.setResult(1);
      await runBriefly(loop);
      // They were queued already.
      expect(removed).to.equal(0);
      expect(calls).to.equal(2);
    });

    // The next two are from 3.14.

    it('test_evil_call_soon_list_mutation', () => {
      const pad = (): void => undefined;
      const scheduled: unknown[] = [];

      class EvilLoop extends asyncio.AbstractEventLoop {
        override getDebug() {
          return false;
        }
        override callSoon<A extends unknown[]>(callback: asyncio.Callback<A>, ...args: A): asyncio.Handle {
          scheduled.push(callback);
          fut.removeDoneCallback(lastCb);
          fut.removeDoneCallback(pad);
          return new asyncio.Handle(callback as asyncio.Callback, args, this);
        }
      }

      const evilLoop = new EvilLoop();
      const fut = new cls({ loop: evilLoop });
      expect(fut.getLoop()).to.equal(evilLoop);

      fut.addDoneCallback(firstCb);
      fut.addDoneCallback(lastCb);
      fut.addDoneCallback(pad);
      fut.addDoneCallback(pad);
      fut.setResult('boom');

      expect(scheduled).to.deep.equal([firstCb, lastCb, pad, pad]);
      expect(String(fut)).not.to.include('cb=');
    });

    it('test_use_after_free_on_fut_callback_0_with_evil__getattribute__', () => {
      class ReachableCode extends Error {}

      let removed = -1;

      class EvilLoop extends asyncio.AbstractEventLoop {
        override getDebug() {
          return false;
        }
      }
      Object.defineProperty(EvilLoop.prototype, 'callSoon', {
        get() {
          removed = fut.removeDoneCallback(callback);
          return () => {
            throw new ReachableCode();
          };
        },
      });

      const fut = new cls({ loop: new EvilLoop() });
      const callback = (): void => undefined;
      fut.addDoneCallback(callback);
      expect(() => fut.setResult('boom')).to.throw(ReachableCode);
      expect(removed).to.equal(0);
    });
  });
}
