import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { canForceGc, forceGc } from '../support/gc.ts';
import { describeEachLoop, ManualHost, recordReports, simulate } from '../support/loops.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

/** What `body` throws. */
function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}

async function runOneIteration(loop: asyncio.AbstractEventLoop): Promise<void> {
  loop.stop();
  await loop.runForever();
}

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('Future', () => {
  let loop: SimLoop;
  beforeEach(() => {
    loop = new SimLoop();
  });
  afterEach(() => {
    loop.setExceptionHandler(() => undefined);
    loop.close();
  });

  describe('its loop', () => {
    afterEach(() => asyncio.setEventLoop(null));

    it('is the one given', () => {
      expect(new asyncio.Future({ loop }).getLoop()).to.equal(loop);
      expect(loop.createFuture().getLoop()).to.equal(loop);
    });

    it('is else the running one', () =>
      simulate(function* () {
        expect(new asyncio.Future().getLoop()).to.equal(asyncio.getRunningLoop());
        expect(new asyncio.Future({ loop: null }).getLoop()).to.equal(asyncio.getRunningLoop());
      }));

    it('is else the one that was set', () => {
      asyncio.setEventLoop(loop);
      expect(new asyncio.Future().getLoop()).to.equal(loop);
    });

    it('must be there', () => {
      expect(() => new asyncio.Future()).to.throw(asyncio.RuntimeError, 'There is no current event loop');
    });
  });

  describe('its states', () => {
    it('is neither done nor cancelled at first, and has no result yet', () => {
      const future = loop.createFuture();
      expect([future.done(), future.cancelled()]).to.deep.equal([false, false]);
      expect(() => future.result()).to.throw(asyncio.InvalidStateError, 'Result is not set.');
      expect(() => future.exception()).to.throw(asyncio.InvalidStateError, 'Exception is not set.');
    });

    it('setResult() ends it for good', () => {
      const future = loop.createFuture<number>();
      future.setResult(42);
      expect([future.done(), future.cancelled(), future.result(), future.exception()]).to.deep.equal([
        true,
        false,
        42,
        null,
      ]);
      expect(() => future.setResult(1)).to.throw(
        asyncio.InvalidStateError,
        'FINISHED: <Future finished result=42>',
      );
      expect(() => future.setException(new Error('m'))).to.throw(asyncio.InvalidStateError);
      expect(future.cancel()).to.equal(false);
      expect(future.result()).to.equal(42);
    });

    it('setException() ends it for good, and result() throws the same object each time', () => {
      const future = loop.createFuture<number>();
      const error = new Error('boom');
      future.setException(error);
      expect([future.done(), future.cancelled()]).to.deep.equal([true, false]);
      expect(thrownBy(() => future.result())).to.equal(error);
      expect(thrownBy(() => future.result())).to.equal(error);
      expect(future.exception()).to.equal(error);
      expect(() => future.setResult(1)).to.throw(asyncio.InvalidStateError);
      expect(() => future.setException(new Error('m'))).to.throw(asyncio.InvalidStateError);
      expect(future.cancel()).to.equal(false);
    });

    it('cancel() ends it for good', () => {
      const future = loop.createFuture<number>();
      expect(future.cancel()).to.equal(true);
      expect([future.done(), future.cancelled()]).to.deep.equal([true, true]);
      expect(() => future.result()).to.throw(asyncio.CancelledError);
      expect(() => future.exception()).to.throw(asyncio.CancelledError);
      expect(() => future.setResult(1)).to.throw(asyncio.InvalidStateError, 'CANCELLED: <Future cancelled>');
      expect(() => future.setException(new Error('m'))).to.throw(asyncio.InvalidStateError);
      expect(future.cancel()).to.equal(false);
    });

    it('a result may be undefined, null, or anything', () => {
      for (const value of [undefined, null, 0, '', false, NaN, [], {}, () => 1, Symbol('s')]) {
        const future = loop.createFuture<unknown>();
        future.setResult(value);
        expect(Object.is(future.result(), value)).to.equal(true);
        expect(future.exception()).to.equal(null);
      }
    });

    it('setException() takes a class and makes an error of it', () => {
      const future = loop.createFuture();
      future.setException(asyncio.TimeoutError);
      expect(future.exception()).to.be.instanceOf(asyncio.TimeoutError);
    });

    it('setException() refuses what is no error, and the future stays pending', () => {
      const future = loop.createFuture();
      for (const bad of ['text', 5, null, undefined, {}, [], Promise.resolve(), class {}, Object]) {
        expect(() => future.setException(bad as never)).to.throw(TypeError, 'invalid exception object');
        expect(future.done()).to.equal(false);
      }
    });

    it('setException() takes errors of the platform and of another realm', () => {
      const frame = document.body.appendChild(document.createElement('iframe'));
      const foreign = new (frame.contentWindow as unknown as typeof globalThis).Error('from the frame');
      expect(foreign).not.to.be.instanceOf(Error);
      for (const error of [new DOMException('aborted', 'AbortError'), foreign, new AggregateError([], 'm')]) {
        const future = loop.createFuture();
        future.setException(error);
        expect(future.exception()).to.equal(error);
      }
      frame.remove();
    });

    it('#29 a message given to cancel() comes out of every CancelledError of a future', () => {
      for (const [message, args] of [
        [[], []],
        [[undefined], []],
        [[null], []],
        [['text'], ['text']],
        [[5], [5]],
        [[0], [0]],
        [[''], ['']],
        [[false], [false]],
      ] as const) {
        const future = loop.createFuture();
        future.cancel(...message);
        for (const look of [() => future.result(), () => future.exception(), () => future.result()]) {
          const error = thrownBy(look) as asyncio.CancelledError;
          expect(error).to.be.instanceOf(asyncio.CancelledError);
          expect(error.args).to.deep.equal(args);
        }
      }
    });

    it('#29 the CancelledErrors of a future are new objects', () => {
      const future = loop.createFuture();
      future.cancel('m');
      expect(thrownBy(() => future.result())).not.to.equal(thrownBy(() => future.result()));
    });
  });

  describe('done callbacks', () => {
    it('#11 are called with the future, in order, in the iteration after, for each way to end', async () => {
      for (const end of ['setResult', 'setException', 'cancel'] as const) {
        const future = loop.createFuture<void>();
        const calls: unknown[] = [];
        future.addDoneCallback((done) => calls.push('first', done === future));
        future.addDoneCallback((done) => calls.push('second', done === future));
        if (end === 'setResult') future.setResult();
        else if (end === 'setException') future.setException(new Error('m'));
        else future.cancel();
        expect(calls, end).to.deep.equal([]);
        await runOneIteration(loop);
        expect(calls, end).to.deep.equal(['first', true, 'second', true]);
        await runOneIteration(loop);
        expect(calls, end).to.have.length(4);
      }
    });

    it('one added to a future that is done is called in the next iteration', async () => {
      const future = loop.createFuture<void>();
      future.setResult();
      const calls: string[] = [];
      future.addDoneCallback(() => calls.push('added late'));
      expect(calls).to.deep.equal([]);
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['added late']);
    });

    it('one added by a done callback waits for the next iteration', async () => {
      const future = loop.createFuture<void>();
      const calls: string[] = [];
      future.addDoneCallback(() => {
        calls.push('outer');
        future.addDoneCallback(() => calls.push('inner'));
      });
      future.setResult();
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['outer']);
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['outer', 'inner']);
    });

    it('the same function registered twice is called twice', async () => {
      const future = loop.createFuture<void>();
      let calls = 0;
      const callback = (): void => {
        calls += 1;
      };
      future.addDoneCallback(callback);
      future.addDoneCallback(callback);
      future.setResult();
      await runOneIteration(loop);
      expect(calls).to.equal(2);
    });

    it('#11 run each in a copy of the context of their registration', async () => {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
      const future = loop.createFuture<void>();
      const seen: string[] = [];
      for (const value of ['first', 'second']) {
        new asyncio.Context().run(() => {
          variable.set(value);
          future.addDoneCallback(() => {
            seen.push(variable.get());
            variable.set('changed by the callback');
          });
          variable.set('changed after the registration');
        });
      }
      future.addDoneCallback(() => seen.push(variable.get()));
      new asyncio.Context().run(() => {
        variable.set('at completion');
        future.setResult();
      });
      await runOneIteration(loop);
      expect(seen).to.deep.equal(['first', 'second', 'none']);
    });

    it('#11 run in the very context that is given', async () => {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
      const context = new asyncio.Context();
      const future = loop.createFuture<void>();
      future.addDoneCallback(() => variable.set('first'), { context });
      future.addDoneCallback(() => variable.set(`${variable.get()}, second`), { context });
      future.setResult();
      future.addDoneCallback(() => variable.set(`${variable.get()}, third`), { context });
      await runOneIteration(loop);
      expect(context.get(variable)).to.equal('first, second, third');
      expect(variable.get()).to.equal('none');
    });

    for (const [removed, left] of [
      [[0], [17, 100]],
      [[0, 1], [100]],
      [[2], [42, 17]],
      [[1], [42, 100]],
      [[0, 1, 2], []],
    ] as const) {
      it(`removeDoneCallback() of ${removed.join(', ')} of three leaves the others in order`, async () => {
        const bag: number[] = [];
        const future = loop.createFuture<void>();
        const callbacks = [42, 17, 100].map((thing) => () => bag.push(thing));
        for (const callback of callbacks) future.addDoneCallback(callback);
        for (const index of removed) {
          expect(future.removeDoneCallback(callbacks[index] as () => void)).to.equal(1);
          expect(future.removeDoneCallback(callbacks[index] as () => void)).to.equal(0);
        }
        future.setResult();
        await runOneIteration(loop);
        expect(bag).to.deep.equal(left);
      });
    }

    it('removeDoneCallback() gives how many it removed', async () => {
      const bag: number[] = [];
      const future = loop.createFuture<void>();
      const pusher = (thing: number) => (): unknown => bag.push(thing);
      const [first, second, third] = [pusher(1), pusher(2), pusher(3)];
      future.addDoneCallback(first);
      future.addDoneCallback(second);
      expect(future.removeDoneCallback(second)).to.equal(1);
      expect(future.removeDoneCallback(third)).to.equal(0);
      future.addDoneCallback(second);
      for (let i = 0; i < 5; i += 1) future.addDoneCallback(first);
      expect(future.removeDoneCallback(first)).to.equal(6);
      future.setResult();
      await runOneIteration(loop);
      expect(bag).to.deep.equal([2]);
    });

    it('#11 removing one after completion is too late', async () => {
      const calls: string[] = [];
      const future = loop.createFuture<void>();
      const second = (): unknown => calls.push('second');
      future.addDoneCallback(() => {
        calls.push('first');
        expect(future.removeDoneCallback(second)).to.equal(0);
      });
      future.addDoneCallback(second);
      future.setResult();
      expect(future.removeDoneCallback(second)).to.equal(0);
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['first', 'second']);
    });

    it('removing callbacks leaves the tasks that wait, in their places', () =>
      simulate(function* () {
        const future = asyncio.getRunningLoop().createFuture() as asyncio.Future<void>;
        const log: string[] = [];
        const wait = function* (name: string): asyncio.Coroutine<void> {
          yield* future;
          log.push(name);
        };
        const dropped = (): unknown => log.push('dropped');
        const tasks: asyncio.Task<void>[] = [];
        for (const name of ['first task', 'second task']) {
          future.addDoneCallback(dropped);
          tasks.push(asyncio.createTask(wait(name)));
          yield* asyncio.sleep(0);
          future.addDoneCallback(() => log.push(`callback after ${name}`));
        }
        expect(future.removeDoneCallback(dropped)).to.equal(2);
        future.setResult();
        yield* asyncio.wait(tasks);
        expect(log).to.deep.equal([
          'first task',
          'callback after first task',
          'second task',
          'callback after second task',
        ]);
      }));

    it('tasks that wait are woken in the order they began to wait', () =>
      simulate(function* () {
        const future = asyncio.getRunningLoop().createFuture() as asyncio.Future<void>;
        const log: number[] = [];
        const tasks = Array.from({ length: 10 }, (_, i) =>
          asyncio.createTask(
            (function* () {
              yield* future;
              log.push(i);
            })(),
          ),
        );
        yield* asyncio.sleep(0);
        future.setResult();
        expect(log).to.deep.equal([]);
        yield* asyncio.sleep(0);
        expect(log).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        yield* asyncio.wait(tasks);
      }));

    it('one that is no function is reported when its turn comes, and the others run', async () => {
      const reports = recordReports(loop);
      const future = loop.createFuture<void>();
      const calls: string[] = [];
      future.addDoneCallback(5 as never);
      future.addDoneCallback(() => calls.push('next'));
      future.setResult();
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['next']);
      expect(reports).to.have.length(1);
      expect(reports[0]?.exception).to.be.instanceOf(TypeError);
    });
  });

  describe('its text', () => {
    it('tells its state and its result', () => {
      const future = loop.createFuture<unknown>();
      expect(String(future)).to.equal('<Future pending>');
      future.setResult(4);
      expect(String(future)).to.equal('<Future finished result=4>');
      const cancelled = loop.createFuture();
      cancelled.cancel();
      expect(String(cancelled)).to.equal('<Future cancelled>');
      const failed = loop.createFuture();
      failed.setException(new asyncio.RuntimeError());
      expect(String(failed)).to.equal('<Future finished exception=RuntimeError()>');
    });

    it('tells its callbacks while it is pending, of many the first, the last and the number between', () => {
      function first(): void {}
      function last(): void {}
      const future = loop.createFuture<void>();
      future.addDoneCallback(first);
      expect(String(future)).to.equal('<Future pending cb=[first()]>');
      future.addDoneCallback(last);
      expect(String(future)).to.equal('<Future pending cb=[first(), last()]>');
      for (let i = 0; i < 7; i += 1) future.addDoneCallback(first);
      future.addDoneCallback(last);
      expect(String(future)).to.equal('<Future pending cb=[first(), <8 more>, last()]>');
      future.cancel();
      expect(String(future)).to.equal('<Future cancelled>');
    });

    it('can be written where futures refer to each other', () =>
      simulate(function* () {
        const own = asyncio.getRunningLoop();
        const ring = own.createFuture() as asyncio.Future<unknown>;
        ring.setResult(ring);
        expect(String(ring)).to.be.a('string');
        const all = asyncio.createTask(
          (function* () {
            return asyncio.allTasks();
          })(),
        );
        yield* all;
        expect(String(all)).to.be.a('string');
        const first = own.createFuture() as asyncio.Future<unknown>;
        const second = own.createFuture() as asyncio.Future<unknown>;
        first.setResult(second);
        second.setResult(first);
        expect(String(first)).to.be.a('string');
      }));
  });

  describe('isfuture', () => {
    it('is true for futures, tasks and whatever has the mark, and false for classes and the rest', () => {
      const future = loop.createFuture();
      expect(asyncio.isfuture(future)).to.equal(true);
      expect(asyncio.isfuture({ _asyncioFutureBlocking: false })).to.equal(true);
      for (const other of [
        asyncio.Future,
        { _asyncioFutureBlocking: undefined },
        {},
        Promise.resolve(),
        (function* () {})(),
        null,
        undefined,
        1,
        'future',
      ]) {
        expect(asyncio.isfuture(other)).to.equal(false);
      }
    });
  });

  describe('yield*', () => {
    it('hands the future out once, and gives the result; a second one does not hand it out', () => {
      const future = loop.createFuture<number>();
      const generator = (function* (): Generator<unknown, unknown, unknown> {
        yield 'A';
        const first = yield* future;
        yield ['B', first];
        const second = yield* future;
        return ['C', second];
      })();
      expect(generator.next().value).to.equal('A');
      expect(generator.next().value).to.equal(future);
      future.setResult(42);
      expect(generator.next().value).to.deep.equal(['B', 42]);
      expect(generator.next()).to.deep.equal({ value: ['C', 42], done: true });
    });

    it('going on before the future is done is a RuntimeError', () => {
      const future = loop.createFuture<number>();
      const iterator = future[Symbol.iterator]();
      iterator.next();
      expect(() => iterator.next()).to.throw(asyncio.RuntimeError, "await wasn't used with future");
      expect(() => [...(loop.createFuture() as Iterable<unknown>)]).to.throw(asyncio.RuntimeError);
    });

    it('throw() of its iterator throws into whoever awaits, return() ends it', () => {
      const future = loop.createFuture<number>();
      const error = new Error('thrown in');
      const iterator = future[Symbol.iterator]();
      iterator.next();
      expect(thrownBy(() => iterator.throw?.(error))).to.equal(error);
      const other = future[Symbol.iterator]();
      other.next();
      expect({ ...other.return?.(5) }).to.include({ value: 5, done: true });
      expect(future.done()).to.equal(false);
    });

    it('two waits for one future do not disturb each other', () => {
      const future = loop.createFuture<number>();
      const [first, second] = [future[Symbol.iterator](), future[Symbol.iterator]()];
      expect(first.next().value).to.equal(future);
      expect(second.next().value).to.equal(future);
      future.setResult(7);
      expect({ ...second.next() }).to.include({ value: 7, done: true });
      expect({ ...first.next() }).to.include({ value: 7, done: true });
    });

    it('#18 a result that looks like an iterator result, a generator or a thenable comes out as it is', () =>
      simulate(function* () {
        const own = asyncio.getRunningLoop();
        const values: unknown[] = [
          { done: true, value: 1 },
          { done: false, value: own.createFuture() },
          { next: () => ({ done: false, value: 1 }) },
          own.createFuture(),
          { then: () => expect.fail('then was called') },
          undefined,
        ];
        for (const value of values) {
          const ready = own.createFuture() as asyncio.Future<unknown>;
          ready.setResult(value);
          expect(yield* ready).to.equal(value);
          const late = own.createFuture() as asyncio.Future<unknown>;
          own.callSoon(() => late.setResult(value));
          expect(yield* late).to.equal(value);
          const task = asyncio.createTask(
            (function* () {
              return value;
            })(),
          );
          expect(yield* task).to.equal(value);
        }
      }));

    it('an error comes out where the future is awaited, the same object for everyone', () =>
      simulate(function* () {
        const future = asyncio.getRunningLoop().createFuture() as asyncio.Future<never>;
        const error = new Error('boom');
        const seen: unknown[] = [];
        const wait = function* (): asyncio.Coroutine<void> {
          try {
            yield* future;
          } catch (thrown) {
            asyncio.rethrowIfCancelled(thrown);
            seen.push(thrown);
          }
        };
        const tasks = [asyncio.createTask(wait()), asyncio.createTask(wait())];
        yield* asyncio.sleep(0);
        future.setException(error);
        yield* asyncio.wait(tasks);
        yield* wait();
        expect(seen).to.have.ordered.members([error, error, error]);
      }));
  });

  describe('subclasses', () => {
    it('an addDoneCallback() of a subclass is what a task that awaits it calls', () =>
      simulate(function* () {
        class Counting<T> extends asyncio.Future<T> {
          added = 0;
          override addDoneCallback(
            callback: (future: this) => unknown,
            options?: { readonly context?: asyncio.Context | null },
          ): void {
            this.added += 1;
            super.addDoneCallback(callback, options);
          }
        }
        const future = new Counting<string>();
        asyncio.getRunningLoop().callSoon(() => future.setResult('spam'));
        expect(yield* future).to.equal('spam');
        expect(future.added).to.equal(1);
      }));

    it('a cancel() of a subclass is what a task that is cancelled calls, with the message', () =>
      simulate(function* () {
        const messages: unknown[] = [];
        class Watched extends asyncio.Future<void> {
          override cancel(msg?: unknown): boolean {
            messages.push(msg);
            return super.cancel(msg);
          }
        }
        const future = new Watched();
        const task = asyncio.createTask(
          (function* () {
            yield* future;
          })(),
        );
        yield* asyncio.sleep(0);
        task.cancel('why');
        yield* asyncio.wait([task]);
        expect(messages).to.deep.equal(['why']);
        expect(task.cancelled()).to.equal(true);
      }));
  });
});

describeEachLoop('an error that nobody retrieves', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  let reports: asyncio.ExceptionContext[];
  beforeEach(() => {
    loop = newLoop();
    reports = recordReports(loop);
  });
  afterEach(() => loop.close());

  const keys = (report: asyncio.ExceptionContext | undefined): string[] => Object.keys(report ?? {}).sort();

  it('of a future is reported at close, once, with message, exception and future', () => {
    const error = new Error('boom');
    loop.createFuture().setException(error);
    expect(reports).to.deep.equal([]);
    loop.close();
    loop.close();
    expect(reports).to.have.length(1);
    expect(keys(reports[0])).to.deep.equal(['exception', 'future', 'message']);
    expect(reports[0]?.message).to.equal('Future exception was never retrieved');
    expect(reports[0]?.exception).to.equal(error);
    expect(String(reports[0]?.future)).to.equal("<Future finished exception=Error('boom')>");
  });

  it('of a task is reported at close: the key is future, as in asyncio', async () => {
    const error = new Error('boom');
    loop.createTask(
      (function* () {
        throw error;
      })(),
      { name: 'failing' },
    );
    await runOneIteration(loop);
    loop.close();
    expect(reports).to.have.length(1);
    expect(keys(reports[0])).to.deep.equal(['exception', 'future', 'message']);
    expect(reports[0]?.message).to.equal('Task exception was never retrieved');
    expect(reports[0]?.exception).to.equal(error);
    expect(String(reports[0]?.future)).to.match(/^<Task finished name='failing'/);
  });

  it('of a task is reported in the context of the task', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    loop.setExceptionHandler(() => seen.push(variable.get()));
    loop.createTask(
      (function* () {
        variable.set('of the task');
        throw new Error('boom');
      })(),
    );
    await runOneIteration(loop);
    loop.close();
    expect(seen).to.deep.equal(['of the task']);
  });

  it('has in debug mode the stack of where the future was made as sourceTraceback', () => {
    loop.setDebug(true);
    function makeIt(): void {
      loop.createFuture().setException(new Error('boom'));
    }
    makeIt();
    loop.close();
    expect(keys(reports[0])).to.deep.equal(['exception', 'future', 'message', 'sourceTraceback']);
    expect(reports[0]?.sourceTraceback).to.include('makeIt');
  });

  it('is reported when the collector takes the future, and not again at close', async () => {
    // Every engine of the suite can be made to collect; one that cannot would have to say so here.
    expect(canForceGc).to.equal(true);
    const makeThem = (): void => {
      for (let i = 0; i < 20; i += 1) {
        loop.createFuture().setException(new Error('boom'));
        loop.createTask(
          (function* () {
            throw new Error('boom');
          })(),
        );
      }
    };
    makeThem();
    await runOneIteration(loop);
    await forceGc();
    const messages = new Set(reports.map((report) => report.message));
    expect([...messages].sort()).to.deep.equal([
      'Future exception was never retrieved',
      'Task exception was never retrieved',
    ]);
    for (const report of reports) {
      expect(keys(report)).to.deep.equal(['exception', 'future', 'message']);
      expect(report.future).to.be.a('string');
    }
    loop.close();
    expect(reports).to.have.length(40);
  });

  const quiet: Record<string, (future: asyncio.Future<number>) => unknown> = {
    'result()': (future) => {
      try {
        return future.result();
      } catch {
        return null; // what it throws is the point of the test
      }
    },
    'exception()': (future) => future.exception(),
    'then()': (future) => future.then(undefined, () => undefined),
    'toPromise()': (future) => future.toPromise().catch(() => undefined),
    'cancel(), which comes too late': (future) => future.cancel(),
  };
  for (const [how, retrieve] of Object.entries(quiet)) {
    it(`is not reported after ${how}`, async () => {
      const future = loop.createFuture<number>();
      future.setException(new Error('boom'));
      retrieve(future);
      await macrotask();
      loop.close();
      expect(reports).to.deep.equal([]);
    });
  }

  it('is not reported after an await', async () => {
    const future = loop.createFuture<number>();
    await loop.runUntilComplete(
      (function* () {
        loop.callSoon(() => future.setException(new Error('boom')));
        try {
          yield* future;
        } catch (error) {
          asyncio.rethrowIfCancelled(error);
        }
      })(),
    );
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('is not reported where there is a result, a cancellation or nothing', () => {
    loop.createFuture();
    loop.createFuture<number>().setResult(1);
    loop.createFuture().cancel();
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('does not keep the future alive', async () => {
    let gone = 0;
    const registry = new FinalizationRegistry<undefined>(() => {
      gone += 1;
    });
    const makeThem = (): void => {
      for (let i = 0; i < 20; i += 1) {
        const future = loop.createFuture();
        future.setException(new Error('boom'));
        registry.register(future, undefined);
      }
    };
    makeThem();
    await forceGc();
    expect(gone).to.be.greaterThan(0);
    expect(reports.length).to.be.greaterThan(0);
    registry.unregister(registry);
  });
});

describeEachLoop('a future as a thenable', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  let running: Promise<void>;
  beforeEach(() => {
    loop = newLoop();
    running = loop.runForever();
  });
  afterEach(async () => {
    loop.stop();
    await running;
    loop.close();
  });

  it('await gives its result', async () => {
    const ready = loop.createFuture<number>();
    ready.setResult(1);
    expect(await ready).to.equal(1);
    const late = loop.createFuture<number>();
    loop.callSoon(() => late.setResult(2));
    expect(await late).to.equal(2);
    expect(await Promise.all([ready, late, ready])).to.deep.equal([1, 2, 1]);
  });

  it('await throws its error', async () => {
    const future = loop.createFuture<number>();
    const error = new Error('boom');
    loop.callSoon(() => future.setException(error));
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      try {
        await future;
      } catch (thrown) {
        seen.push(thrown);
      }
    }
    expect(seen).to.have.ordered.members([error, error]);
  });

  it('await throws CancelledError with the message when it is cancelled', async () => {
    const future = loop.createFuture<number>();
    loop.callSoon(() => future.cancel('why'));
    let thrown: unknown;
    try {
      await future;
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.be.instanceOf(asyncio.CancelledError);
    expect((thrown as asyncio.CancelledError).args).to.deep.equal(['why']);
  });

  it('then() gives a native Promise of what the handlers give', async () => {
    const future = loop.createFuture<number>();
    const promise = future.then((value) => value + 1);
    expect(promise).to.be.instanceOf(Promise);
    loop.callSoon(() => future.setResult(1));
    expect(await promise).to.equal(2);
    const failed = loop.createFuture<number>();
    loop.callSoon(() => failed.setException(new Error('boom')));
    expect(await failed.then(undefined, (error) => (error as Error).message)).to.equal('boom');
    expect(await future.then()).to.equal(1);
  });

  it('a task can be awaited in the same ways', async () => {
    const task = loop.createTask(
      (function* () {
        yield* asyncio.sleep(0);
        return 'result';
      })(),
    );
    expect(await task).to.equal('result');
    expect(await task.toPromise()).to.equal('result');
  });

  it('toPromise() gives a Promise of its own each time', async () => {
    const future = loop.createFuture<number>();
    const [first, second] = [future.toPromise(), future.toPromise()];
    expect(first).not.to.equal(second);
    loop.callSoon(() => future.setResult(3));
    expect(await Promise.all([first, second, future.toPromise()])).to.deep.equal([3, 3, 3]);
  });

  it('a cancellation that nobody handles raises no unhandledrejection', async () => {
    const uncaught = await uncaughtDuring(async () => {
      const ready = loop.createFuture<number>();
      ready.cancel();
      const late = loop.createFuture<number>();
      for (const future of [ready, late]) {
        future.then(() => undefined);
        future.then();
        future.toPromise();
      }
      const task = loop.createTask(asyncio.sleep(100));
      task.then(() => undefined);
      task.toPromise();
      loop.callSoon(() => {
        late.cancel();
        task.cancel();
      });
      await new Promise<void>((resolve) => {
        task.addDoneCallback(() => resolve());
      });
      await macrotask();
    });
    expect(uncaught).to.deep.equal([]);
  });

  it('an error that nobody handles raises an unhandledrejection, and no second report', async () => {
    const reports = recordReports(loop);
    const errors = ['then', 'toPromise'].map((how) => new Error(how));
    const uncaught = await uncaughtDuring(async () => {
      const [first, second] = [loop.createFuture<number>(), loop.createFuture<number>()];
      first.then(() => undefined);
      second.toPromise();
      loop.callSoon(() => first.setException(errors[0] as Error));
      loop.callSoon(() => second.setException(errors[1] as Error));
      await new Promise<void>((resolve) => {
        second.addDoneCallback(() => resolve());
      });
    });
    expect(uncaught).to.have.members(errors);
    expect(uncaught).to.have.length(2);
    loop.stop();
    await running;
    loop.close();
    expect(reports).to.deep.equal([]);
    loop = newLoop();
    running = loop.runForever();
  });

  it('an error that is handled raises none', async () => {
    const uncaught = await uncaughtDuring(async () => {
      const future = loop.createFuture<number>();
      const handled = [future.then(undefined, () => 1), future.toPromise().catch(() => 2)];
      loop.callSoon(() => future.setException(new Error('boom')));
      expect(await Promise.all(handled)).to.deep.equal([1, 2]);
    });
    expect(uncaught).to.deep.equal([]);
  });

  it('a native async function inside a coroutine can await a task of the same loop', async () => {
    const result = await loop.createTask(
      (function* () {
        const task = asyncio.createTask(asyncio.sleep(0, 'from the task'));
        return yield* asyncio.fromPromise((async () => `${await task}, by way of await`)());
      })(),
    );
    expect(result).to.equal('from the task, by way of await');
  });
});

describe('a future as a thenable on a host that gives each callback a task of its own', () => {
  it('a cancellation that nobody handles raises no unhandledrejection', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const running = loop.runForever();
    const uncaught = await uncaughtDuring(async () => {
      const future = loop.createFuture<number>();
      future.toPromise();
      future.then(() => undefined);
      future.cancel();
      while (host.wantsSoon) {
        host.pump(1);
        await macrotask();
        await macrotask();
      }
    });
    expect(uncaught).to.deep.equal([]);
    loop.stop();
    host.drain();
    await running;
    loop.close();
  });
});
