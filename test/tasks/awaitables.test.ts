import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';

/** Waits, and gives what came of it. */
function* outcomeOf(awaitable: asyncio.Awaitable<unknown>): asyncio.Coroutine<unknown> {
  try {
    return yield* awaitable;
  } catch (error) {
    return error; // also a cancellation: it is what these tests are about
  }
}

/** Hands `value` to the loop, as a bare `yield` does. */
function* yieldBare(value: unknown): asyncio.Coroutine<unknown> {
  return yield value as never;
}

describe('custom awaitables', () => {
  class Reply implements asyncio.Awaitable<string> {
    readonly #future = new asyncio.Future<string>();
    answer(text: string): void {
      this.#future.setResult(text);
    }
    get future(): asyncio.Future<string> {
      return this.#future;
    }
    *[Symbol.iterator](): asyncio.Coroutine<string> {
      return `<${yield* this.#future}>`;
    }
  }

  it('an object whose iterator awaits can be awaited, once or several times', () =>
    simulate(function* () {
      const reply = new Reply();
      asyncio.getRunningLoop().callSoon(() => reply.answer('hello'));
      expect(yield* reply).to.equal('<hello>');
      expect(yield* reply).to.equal('<hello>');
    }));

  it('one that hands on the iterator of a future does too', () =>
    simulate(function* () {
      const future = new asyncio.Future<number>();
      const awaitable: asyncio.Awaitable<number> = { [Symbol.iterator]: () => future[Symbol.iterator]() };
      asyncio.getRunningLoop().callSoon(() => future.setResult(5));
      expect(yield* awaitable).to.equal(5);
    }));

  it('one that is done gives its value without giving way', () =>
    simulate(function* () {
      const awaitable: asyncio.Awaitable<number> = {
        [Symbol.iterator]: () => ({ next: () => ({ done: true as const, value: 7 }) }),
      };
      expect(yield* awaitable).to.equal(7);
    }));

  it('an error of it comes out where it is awaited', () =>
    simulate(function* () {
      const boom = new Error('boom');
      const awaitable: asyncio.Awaitable<number> = {
        [Symbol.iterator](): never {
          throw boom;
        },
      };
      expect(yield* outcomeOf(awaitable)).to.equal(boom);
    }));

  it('a cancellation goes through it to the future inside', () =>
    simulate(function* () {
      const reply = new Reply();
      const task = asyncio.createTask(outcomeOf(reply));
      yield* asyncio.sleep(0);
      task.cancel('why');
      const error = yield* task;
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
      expect(reply.future.cancelled()).to.equal(true);
    }));

  it('gather, waitFor, shield and ensureFuture take it', () =>
    simulate(function* () {
      const replies = [new Reply(), new Reply(), new Reply(), new Reply()] as const;
      asyncio.getRunningLoop().callLater(1, () => {
        for (const reply of replies) reply.answer('hi');
      });
      const [first, second, third, fourth] = replies;
      expect(
        yield* asyncio.gather(
          first,
          asyncio.waitFor(second, 5),
          asyncio.shield(third),
          asyncio.ensureFuture(fourth),
        ),
      ).to.deep.equal(['<hi>', '<hi>', '<hi>', '<hi>']);
    }));

  it('run() takes it as the program', async () => {
    const awaitable: asyncio.Awaitable<string> = {
      *[Symbol.iterator]() {
        yield* asyncio.sleep(1);
        return `at ${asyncio.getRunningLoop().time()}`;
      },
    };
    expect(await simulate(awaitable)).to.equal('at 1');
  });
});

describe('futures of third parties', () => {
  /** The future protocol by hand: nothing of it comes from the library's Future. */
  class ForeignFuture<T> {
    _asyncioFutureBlocking = false;
    readonly #loop = asyncio.getRunningLoop();
    #state: 'pending' | 'cancelled' | 'finished' = 'pending';
    #result: T | undefined;
    #exception: Error | null = null;
    #message: unknown;
    readonly callbacks: ((future: ForeignFuture<T>) => unknown)[] = [];
    readonly cancels: unknown[] = [];

    getLoop(): asyncio.AbstractEventLoop {
      return this.#loop;
    }
    done(): boolean {
      return this.#state !== 'pending';
    }
    cancelled(): boolean {
      return this.#state === 'cancelled';
    }
    cancel(msg?: unknown): boolean {
      this.cancels.push(msg);
      if (this.done()) return false;
      this.#message = msg;
      this.#end('cancelled');
      return true;
    }
    result(): T {
      if (this.#state === 'cancelled') throw new asyncio.CancelledError(this.#message);
      if (this.#exception !== null) throw this.#exception;
      return this.#result as T;
    }
    exception(): Error | null {
      if (this.#state === 'cancelled') throw new asyncio.CancelledError(this.#message);
      return this.#exception;
    }
    setResult(result: T): void {
      this.#result = result;
      this.#end('finished');
    }
    setException(error: Error): void {
      this.#exception = error;
      this.#end('finished');
    }
    addDoneCallback(callback: (future: ForeignFuture<T>) => unknown): void {
      if (this.done()) this.#loop.callSoon(callback, this);
      else this.callbacks.push(callback);
    }
    removeDoneCallback(callback: (future: ForeignFuture<T>) => unknown): number {
      const before = this.callbacks.length;
      for (let i = before - 1; i >= 0; i -= 1)
        if (this.callbacks[i] === callback) this.callbacks.splice(i, 1);
      return before - this.callbacks.length;
    }
    *[Symbol.iterator](): asyncio.Coroutine<T> {
      if (!this.done()) {
        this._asyncioFutureBlocking = true;
        yield this as never;
      }
      return this.result();
    }
    #end(state: 'cancelled' | 'finished'): void {
      this.#state = state;
      for (const callback of this.callbacks.splice(0)) this.#loop.callSoon(callback, this);
    }
  }

  it('is recognised, and can be awaited', () =>
    simulate(function* () {
      const future = new ForeignFuture<number>();
      expect(asyncio.isfuture(future)).to.equal(true);
      asyncio.getRunningLoop().callLater(1, () => future.setResult(3));
      expect(yield* future).to.equal(3);
      expect(future._asyncioFutureBlocking).to.equal(false);
      expect(yield* future).to.equal(3);
    }));

  it('keeps the context of the task that waits for it', () =>
    simulate(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
      const future = new ForeignFuture<void>();
      variable.set('mine');
      new asyncio.Context().run(() => asyncio.getRunningLoop().callLater(1, () => future.setResult()));
      yield* future;
      expect(variable.get()).to.equal('mine');
    }));

  it('its error and its cancellation come out where it is awaited', () =>
    simulate(function* () {
      const boom = new Error('boom');
      const failing = new ForeignFuture<void>();
      const cancelled = new ForeignFuture<void>();
      asyncio.getRunningLoop().callSoon(() => {
        failing.setException(boom);
        cancelled.cancel('why');
      });
      expect(yield* outcomeOf(failing)).to.equal(boom);
      expect(((yield* outcomeOf(cancelled)) as asyncio.CancelledError).args).to.deep.equal(['why']);
    }));

  it('a task that waits for it cancels it, with the message', () =>
    simulate(function* () {
      const future = new ForeignFuture<void>();
      const task = asyncio.createTask(outcomeOf(future));
      yield* asyncio.sleep(0);
      task.cancel('stop');
      expect(future.cancels).to.deep.equal(['stop']);
      expect(((yield* task) as asyncio.CancelledError).args).to.deep.equal(['stop']);
    }));

  it('gather, wait and shield take it', () =>
    simulate(function* () {
      const futures = [new ForeignFuture<string>(), new ForeignFuture<string>()] as const;
      asyncio.getRunningLoop().callLater(1, () => {
        futures[0].setResult('a');
        futures[1].setResult('b');
      });
      const [first, second] = futures as never as readonly asyncio.FutureLike<string>[] as [
        asyncio.FutureLike<string>,
        asyncio.FutureLike<string>,
      ];
      const [done, pending] = yield* asyncio.wait([first, second]);
      expect([done.size, pending.size]).to.deep.equal([2, 0]);
      expect(yield* asyncio.gather(first, asyncio.shield(second))).to.deep.equal(['a', 'b']);
    }));
});

describeEachLoop('bad yields', (newLoop) => {
  const rubbish: Readonly<Record<string, () => unknown>> = {
    'a number': () => 1,
    'a string': () => 'text',
    'a boolean': () => true,
    'a symbol': () => Symbol('symbol'),
    undefined: () => undefined,
    null: () => null,
    'a Promise': () => Promise.resolve(1),
    'an array': () => [1],
    'an object': () => ({}),
    'a function': () => () => 1,
    'a class': () => asyncio.Future,
    'an object that looks half like a future': () => ({
      _asyncioFutureBlocking: undefined,
      done: () => true,
    }),
  };
  for (const [what, make] of Object.entries(rubbish)) {
    it(`#67 yielding ${what} throws RuntimeError into the coroutine, which can go on`, async () => {
      const loop = newLoop();
      const reports = recordReports(loop);
      const result = await asyncio.run(
        function* () {
          const error = yield* outcomeOf(yieldBare(make()));
          expect(error).to.be.instanceOf(asyncio.RuntimeError);
          expect((error as Error).message).to.match(/^Task got bad yield: .*yield\*/);
          yield* asyncio.sleep(0);
          return 'went on';
        },
        { loopFactory: () => loop },
      );
      expect(result).to.equal('went on');
      expect(reports).to.deep.equal([]);
    });
  }

  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('#67 yielding a future of this loop says that yield* was meant', () =>
    run(function* () {
      const future = new asyncio.Future<void>();
      for (const pending of [true, false]) {
        if (!pending) future.setResult();
        const error = yield* outcomeOf(yieldBare(future));
        expect(error).to.be.instanceOf(asyncio.RuntimeError);
        expect((error as Error).message).to.match(/^yield was used instead of yield\* in task <Task /);
      }
      const task = asyncio.createTask(asyncio.sleep(0));
      expect(yield* outcomeOf(yieldBare(task))).to.be.instanceOf(asyncio.RuntimeError);
      yield* task;
    }));

  it('#67 yielding a generator says that yield* was meant', () =>
    run(function* () {
      const error = yield* outcomeOf(yieldBare(asyncio.sleep(1)));
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.match(
        /^yield was used instead of yield\* for generator in task <Task /,
      );
    }));

  it('#67 a future of another loop is refused, and can still be used on its own', async () => {
    const other = newLoop();
    const future = other.createFuture<string>();
    await run(function* () {
      const error = yield* outcomeOf(future);
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.match(
        /^Task <Task .*> got Future <Future .*> attached to a different loop$/,
      );
      yield* asyncio.sleep(0);
    });
    other.callSoon(() => future.setResult('its own'));
    const own = function* (): asyncio.Coroutine<string> {
      return yield* future;
    };
    expect(await other.runUntilComplete(own())).to.equal('its own');
    other.close();
  });

  it('#67 a task that awaits itself is refused, and can go on', () =>
    run(function* () {
      const task = asyncio.createTask(
        (function* (): asyncio.Coroutine<unknown> {
          const error = yield* outcomeOf(asyncio.currentTask() as asyncio.Task<unknown>);
          yield* asyncio.sleep(0);
          return error;
        })(),
      );
      const error = yield* task;
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.match(/^Task cannot await on itself: <Task /);
    }));

  it('#67 an error that is not caught ends the task, and only it', () =>
    run(function* () {
      const bad = asyncio.createTask(yieldBare(1));
      const good = asyncio.createTask(asyncio.sleep(0, 'good'));
      yield* asyncio.wait([bad, good]);
      expect(bad.exception()).to.be.instanceOf(asyncio.RuntimeError);
      expect(good.result()).to.equal('good');
    }));

  it('#67 a coroutine that yields rubbish again and again gets an error each time', () =>
    run(function* () {
      let errors = 0;
      for (let i = 0; i < 100; i += 1) {
        if ((yield* outcomeOf(yieldBare(i))) instanceof asyncio.RuntimeError) errors += 1;
      }
      expect(errors).to.equal(100);
    }));

  it('#67 a cancel that comes before the error takes its place', () =>
    run(function* () {
      const task = asyncio.createTask(outcomeOf(yieldBare(1)));
      yield* asyncio.sleep(0);
      task.cancel('instead');
      const error = yield* task;
      expect((error as asyncio.CancelledError).args).to.deep.equal(['instead']);
    }));

  it('a value with code that throws when it is looked at does not stop the loop', async () => {
    const hostile = {
      get _asyncioFutureBlocking(): boolean {
        throw new Error('do not look');
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const value of [hostile, revoked.proxy]) {
      const loop = newLoop();
      recordReports(loop);
      const stuck = loop.createTask(yieldBare(value));
      const result = await loop.runUntilComplete(asyncio.sleep(0.001, 'alive'));
      expect(result).to.equal('alive');
      stuck.cancel();
      loop.close();
    }
  });

  it('an error with code that throws when it is looked at does not stop the loop', async () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const loop = newLoop();
    const reports = recordReports(loop);
    const calls: string[] = [];
    loop.callSoon(() => {
      throw revoked.proxy;
    });
    loop.createTask(
      (function* (): asyncio.Coroutine<never> {
        throw revoked.proxy;
      })(),
    );
    loop.callSoon(() => calls.push('next'));
    expect(await loop.runUntilComplete(asyncio.sleep(0.001, 'alive'))).to.equal('alive');
    expect(calls).to.deep.equal(['next']);
    loop.close();
    expect(reports).to.have.length(2);
  });
});

describe('iterators that lack a method', () => {
  it('a cancellation goes through one without throw(), as the error of its future', () =>
    simulate(function* () {
      const future = new asyncio.Future<number>();
      const awaitable: asyncio.Awaitable<number> = {
        [Symbol.iterator]() {
          const inner = future[Symbol.iterator]();
          return { next: () => inner.next() };
        },
      };
      const task = asyncio.createTask(outcomeOf(awaitable));
      yield* asyncio.sleep(0);
      task.cancel();
      expect(future.cancelled()).to.equal(true);
      const error = yield* task;
      expect(asyncio.isCancelled(error)).to.equal(true);
    }));

  it('a coroutine without return() that is refused by a closed loop gives the error of the loop', () => {
    const loop = new SimLoop();
    loop.close();
    const coro = {
      next: () => ({ done: true, value: 1 }),
      throw(error: unknown): never {
        throw error;
      },
      [Symbol.iterator]() {
        return this;
      },
    };
    expect(asyncio.iscoroutine(coro)).to.equal(true);
    expect(() => loop.createTask(coro as never)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
  });
});
