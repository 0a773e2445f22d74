import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { forceGc } from '../support/gc.ts';
import { describeEachLoop, ManualHost, recordReports, simulate } from '../support/loops.ts';

describe('Handle', () => {
  it('callSoon() passes its arguments on', () =>
    simulate(function* () {
      const calls: unknown[][] = [];
      const loop = asyncio.getRunningLoop();
      loop.callSoon((...args: unknown[]) => calls.push(args));
      loop.callSoon((...args: unknown[]) => calls.push(args), 1);
      loop.callSoon((...args: unknown[]) => calls.push(args), 1, 'two', null, undefined);
      yield* asyncio.sleep(0);
      expect(calls).to.deep.equal([[], [1], [1, 'two', null, undefined]]);
    }));

  it('callSoon() gives a Handle that is not cancelled', () =>
    simulate(function* () {
      const handle = asyncio.getRunningLoop().callSoon(() => undefined);
      expect(handle).to.be.instanceOf(asyncio.Handle);
      expect(handle).not.to.be.instanceOf(asyncio.TimerHandle);
      expect(handle.cancelled()).to.equal(false);
    }));

  it('#7 a handle cancelled by an earlier callback of the same batch is skipped', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      loop.callSoon(() => {
        calls.push('first');
        second.cancel();
      });
      const second = loop.callSoon(() => calls.push('second'));
      loop.callSoon(() => calls.push('third'));
      yield* asyncio.sleep(0);
      yield* asyncio.sleep(0);
      expect(calls).to.deep.equal(['first', 'third']);
    }));

  it('#7 cancel() can be repeated and does no harm after the call', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      let calls = 0;
      const handle = loop.callSoon(() => {
        calls += 1;
      });
      yield* asyncio.sleep(0);
      expect(handle.cancelled()).to.equal(false);
      handle.cancel();
      handle.cancel();
      expect(handle.cancelled()).to.equal(true);
      yield* asyncio.sleep(0);
      expect(calls).to.equal(1);
    }));

  it('#7 cancel() lets go of the callback and its arguments at once', async () => {
    const loop = new SimLoop();
    const gone: string[] = [];
    const registry = new FinalizationRegistry<string>((what) => gone.push(what));
    const handles: asyncio.Handle[] = [];
    const schedule = (): void => {
      // Several, because an engine that scans its stack conservatively may take one for referenced.
      for (let i = 0; i < 20; i += 1) {
        const argument = { i };
        const callback = (given: object): unknown => [given, argument];
        registry.register(argument, 'argument');
        registry.register(callback, 'callback');
        handles.push(loop.callSoon(callback, argument), loop.callLater(1e6, callback, argument));
      }
      for (const handle of handles) handle.cancel();
    };
    schedule();
    await forceGc();
    expect(gone).to.include('argument');
    expect(gone).to.include('callback');
    expect(handles.every((handle) => handle.cancelled())).to.equal(true);
    registry.unregister(registry);
    loop.close();
  });

  it('runs in a copy of the context of the call, also when that changes afterwards', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
      const seen: string[] = [];
      variable.set('at the call');
      const handle = loop.callSoon(() => {
        seen.push(variable.get());
        variable.set('from the callback');
      });
      variable.set('after the call');
      yield* asyncio.sleep(0);
      expect(seen).to.deep.equal(['at the call']);
      expect(variable.get()).to.equal('after the call');
      expect(handle.getContext().get(variable)).to.equal('from the callback');
    }));

  it('context.run(() => loop.callSoon(callback)) chooses the context', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
      const context = new asyncio.Context();
      const seen: string[] = [];
      context.run(() => {
        variable.set('given');
        loop.callSoon(() => seen.push(variable.get()));
        loop.callLater(1, () => seen.push(variable.get()));
        loop.callAt(loop.time() + 1, () => seen.push(variable.get()));
        loop.callSoonThreadsafe(() => seen.push(variable.get()));
      });
      yield* asyncio.sleep(2);
      expect(seen).to.deep.equal(['given', 'given', 'given', 'given']);
      expect(variable.get()).to.equal('none');
    }));

  it('writes itself with the name of its callback, and with its arguments in debug mode only', () => {
    const loop = new SimLoop();
    function greet(_name: string, _count: number): void {}
    const handle = loop.callSoon(greet, 'ada', 3);
    expect(String(handle)).to.equal('<Handle greet()>');
    handle.cancel();
    expect(String(handle)).to.equal('<Handle cancelled>');
    const timer = loop.callAt(5, greet, 'bob', 1);
    expect(String(timer)).to.equal('<TimerHandle when=5 greet()>');
    loop.setDebug(true);
    expect(String(timer)).to.equal("<TimerHandle when=5 greet('bob', 1)>");
    loop.setDebug(false);
    timer.cancel();
    expect(String(timer)).to.equal('<TimerHandle cancelled when=5>');
    loop.close();
  });

  it('never calls user code to write itself', () => {
    const loop = new SimLoop();
    const hostile = {
      get name(): string {
        throw new Error('name was read');
      },
      toString(): string {
        throw new Error('toString was called');
      },
    };
    const nameless = new Proxy(() => undefined, {
      get(): never {
        throw new Error('the callback was read');
      },
    });
    expect(String(loop.callSoon((_value: unknown) => undefined, hostile))).to.include('<Handle ');
    expect(() => String(loop.callSoon(nameless))).not.to.throw();
    loop.close();
  });
});

describe('TimerHandle', () => {
  it('when() is the loop time of the deadline', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      yield* asyncio.sleep(10);
      expect(loop.callAt(25, () => undefined).when()).to.equal(25);
      expect(loop.callLater(2.5, () => undefined).when()).to.equal(12.5);
      expect(loop.callLater(-3, () => undefined).when()).to.equal(7);
    }));

  it('is a Handle with the arguments of the call', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: unknown[][] = [];
      const handle = loop.callLater(1, (...args: unknown[]) => calls.push([loop.time(), ...args]), 'a', 2);
      expect(handle).to.be.instanceOf(asyncio.TimerHandle);
      expect(handle).to.be.instanceOf(asyncio.Handle);
      yield* asyncio.sleep(2);
      expect(calls).to.deep.equal([[1, 'a', 2]]);
    }));

  it('a cancelled timer never fires, and cancelling it again or late does no harm', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      const cancelled = loop.callLater(1, () => calls.push('cancelled'));
      const fired = loop.callLater(1, () => calls.push('fired'));
      cancelled.cancel();
      cancelled.cancel();
      yield* asyncio.sleep(2);
      fired.cancel();
      fired.cancel();
      expect(calls).to.deep.equal(['fired']);
      expect(cancelled.cancelled()).to.equal(true);
    }));

  it('#7 a timer that is due but cancelled by an earlier callback of its batch is skipped', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      loop.callAt(1, () => {
        calls.push('first');
        second.cancel();
      });
      const second = loop.callAt(1, () => calls.push('second'));
      yield* asyncio.sleep(2);
      expect(calls).to.deep.equal(['first']);
    }));

  it('a timer for Infinity never fires and keeps nothing awake', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const running = loop.runForever();
    loop.callLater(Infinity, () => undefined);
    loop.callAt(Infinity, () => undefined);
    host.drain();
    expect(host.idle).to.equal(true);
    loop.stop();
    host.drain();
    await running;
    loop.close();
  });
});

describeEachLoop('bad callbacks and delays', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => loop.close());

  for (const method of ['callSoon', 'callSoonThreadsafe'] as const) {
    it(`${method}() throws TypeError at the call for what is no function`, () => {
      for (const bad of [1, 'text', null, undefined, {}, []]) {
        expect(() => loop[method](bad as never)).to.throw(
          TypeError,
          `a callable object was expected by ${method}()`,
        );
      }
      expect(() => loop[method]((function* () {})() as never)).to.throw(
        TypeError,
        `coroutines cannot be used with ${method}()`,
      );
    });
  }

  for (const method of ['callLater', 'callAt'] as const) {
    it(`${method}() throws TypeError at the call for what is no function`, () => {
      for (const bad of [1, 'text', null, undefined, {}, []]) {
        expect(() => loop[method](0, bad as never)).to.throw(
          TypeError,
          `a callable object was expected by ${method}()`,
        );
      }
      expect(() => loop[method](0, (function* () {})() as never)).to.throw(
        TypeError,
        `coroutines cannot be used with ${method}()`,
      );
    });

    it(`${method}() throws TypeError for a time that is no number and RangeError for NaN`, () => {
      for (const bad of [null, undefined, '1', 1n, {}]) {
        expect(() => loop[method](bad as never, () => undefined)).to.throw(TypeError);
      }
      expect(() => loop[method](NaN, () => undefined)).to.throw(RangeError, 'NaN (not a number)');
    });
  }

  it('debug mode refuses a generator function as a callback', () => {
    loop.setDebug(true);
    const body = function* (): asyncio.Coroutine<void> {};
    expect(() => loop.callSoon(body)).to.throw(TypeError, 'coroutines cannot be used with callSoon()');
    expect(() => loop.callLater(1, body)).to.throw(TypeError, 'coroutines cannot be used with callLater()');
  });
});

describeEachLoop('use after close', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
    loop.close();
  });

  it('isClosed() is true, and close() can be repeated', () => {
    expect(loop.isClosed()).to.equal(true);
    loop.close();
    loop.close();
    expect(loop.isClosed()).to.equal(true);
    expect(loop.isRunning()).to.equal(false);
  });

  it('scheduling throws RuntimeError at the call', () => {
    const closed = [asyncio.RuntimeError, 'Event loop is closed'] as const;
    expect(() => loop.callSoon(() => undefined)).to.throw(...closed);
    expect(() => loop.callSoonThreadsafe(() => undefined)).to.throw(...closed);
    expect(() => loop.callLater(1, () => undefined)).to.throw(...closed);
    expect(() => loop.callAt(1, () => undefined)).to.throw(...closed);
  });

  it('running throws RuntimeError at the call', () => {
    const closed = [asyncio.RuntimeError, 'Event loop is closed'] as const;
    expect(() => loop.runForever()).to.throw(...closed);
    expect(() => loop.runUntilComplete(loop.createFuture())).to.throw(...closed);
  });

  it('createTask() throws, and the coroutine is closed', () => {
    const coro = (function* (): asyncio.Coroutine<string> {
      yield* asyncio.sleep(0);
      return 'never';
    })();
    expect(() => loop.createTask(coro)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(coro.next()).to.deep.equal({ value: undefined, done: true });
  });

  it('ensureFuture() of a coroutine throws, and the coroutine is closed', () => {
    const coro = (function* (): asyncio.Coroutine<string> {
      yield* asyncio.sleep(0);
      return 'never';
    })();
    expect(() => asyncio.ensureFuture(coro, { loop })).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(coro.next()).to.deep.equal({ value: undefined, done: true });
  });

  it('a future can still be made and finished, unless somebody waits for it', () => {
    const quiet = loop.createFuture<number>();
    quiet.setResult(1);
    expect(quiet.result()).to.equal(1);

    const early = newLoop();
    const awaited = early.createFuture<number>();
    awaited.addDoneCallback(() => undefined);
    early.close();
    expect(() => awaited.setResult(2)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(awaited.done()).to.equal(true);
    expect(awaited.result()).to.equal(2);
    expect(() => awaited.addDoneCallback(() => undefined)).to.throw(
      asyncio.RuntimeError,
      'Event loop is closed',
    );
  });
});

describeEachLoop('close', (newLoop) => {
  it('refuses while the loop runs, and the loop goes on', async () => {
    const loop = newLoop();
    const result = await asyncio.run(
      function* () {
        expect(() => loop.close()).to.throw(asyncio.RuntimeError, 'Cannot close a running event loop');
        yield* asyncio.sleep(0);
        return 'went on';
      },
      { loopFactory: () => loop },
    );
    expect(result).to.equal('went on');
    expect(loop.isClosed()).to.equal(true);
  });

  it('drops what was queued: nothing of it is called', async () => {
    const loop = newLoop();
    const calls: string[] = [];
    loop.callSoon(() => calls.push('soon'));
    loop.callLater(0, () => calls.push('later'));
    loop.close();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(calls).to.deep.equal([]);
  });
});

describe('the running loop', () => {
  afterEach(() => asyncio.setEventLoop(null));

  it('getRunningLoop() throws outside a loop', () => {
    expect(() => asyncio.getRunningLoop()).to.throw(asyncio.RuntimeError, 'no running event loop');
    expect(asyncio._getRunningLoop()).to.equal(null);
  });

  it('is the loop inside callbacks, timers and coroutines, and nothing between ticks', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const seen: unknown[] = [];
    await asyncio.run(
      function* () {
        seen.push(asyncio.getRunningLoop());
        loop.callSoon(() => seen.push(asyncio.getRunningLoop()));
        loop.callLater(0, () => seen.push(asyncio.getRunningLoop()));
        yield* asyncio.sleep(0.001);
        yield* asyncio.fromPromise(
          (async () => {
            seen.push(asyncio._getRunningLoop());
            await null;
            seen.push(asyncio._getRunningLoop());
          })(),
        );
      },
      { loopFactory: () => loop },
    );
    expect(seen).to.deep.equal([loop, loop, loop, loop, null]);
    expect(asyncio._getRunningLoop()).to.equal(null);
  });

  it('getEventLoop() is the running loop, or else the one that was set', async () => {
    const set = new SimLoop();
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'There is no current event loop');
    asyncio.setEventLoop(set);
    expect(asyncio.getEventLoop()).to.equal(set);
    await simulate(function* () {
      expect(asyncio.getEventLoop()).to.equal(asyncio.getRunningLoop());
      expect(asyncio.getEventLoop()).not.to.equal(set);
    });
    expect(asyncio.getEventLoop()).to.equal(set);
    asyncio.setEventLoop(null);
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError);
    set.close();
  });

  it('setEventLoop() throws TypeError for what is no loop', () => {
    for (const bad of [{}, 'loop', 1, undefined]) {
      expect(() => asyncio.setEventLoop(bad as never)).to.throw(
        TypeError,
        'loop must be an instance of AbstractEventLoop',
      );
    }
  });

  it('_setRunningLoop() is what _getRunningLoop() gives', () => {
    const loop = new SimLoop();
    asyncio._setRunningLoop(loop);
    try {
      expect(asyncio._getRunningLoop()).to.equal(loop);
      expect(asyncio.getRunningLoop()).to.equal(loop);
    } finally {
      asyncio._setRunningLoop(null);
    }
    loop.close();
  });

  it('newEventLoop() gives a new BrowserEventLoop that is neither running nor closed', () => {
    const first = asyncio.newEventLoop();
    const second = asyncio.newEventLoop();
    expect(first).to.be.instanceOf(asyncio.BrowserEventLoop);
    expect(first).not.to.equal(second);
    expect([first.isRunning(), first.isClosed(), first.getDebug()]).to.deep.equal([false, false, false]);
    first.close();
    second.close();
  });
});

describeEachLoop('running a loop', (newLoop) => {
  it('isRunning() is true from the call until the promise has settled', async () => {
    const loop = newLoop();
    const running = loop.runForever();
    expect(loop.isRunning()).to.equal(true);
    loop.callSoon(() => loop.stop());
    await running;
    expect(loop.isRunning()).to.equal(false);
    loop.close();
  });

  it('cannot be started twice', async () => {
    const loop = newLoop();
    const running = loop.runForever();
    const already = [asyncio.RuntimeError, 'This event loop is already running'] as const;
    expect(() => loop.runForever()).to.throw(...already);
    expect(() => loop.runUntilComplete(loop.createFuture())).to.throw(...already);
    loop.stop();
    await running;
    loop.close();
  });

  it('another loop cannot be started from inside a callback', async () => {
    const loop = newLoop();
    const other = newLoop();
    const nested = [asyncio.RuntimeError, 'Cannot run the event loop while another loop is running'] as const;
    await asyncio.run(
      function* () {
        expect(() => other.runForever()).to.throw(...nested);
        expect(() => other.runUntilComplete(other.createFuture())).to.throw(...nested);
      },
      { loopFactory: () => loop },
    );
    other.close();
  });

  it('runUntilComplete() throws TypeError at the call for what is not awaitable', () => {
    const loop = newLoop();
    for (const bad of ['text', 1, null, undefined, [], () => undefined]) {
      expect(() => loop.runUntilComplete(bad as never)).to.throw(TypeError);
    }
    loop.close();
  });

  it('runUntilComplete() throws RangeError at the call for a future of another loop', () => {
    const loop = newLoop();
    const other = newLoop();
    expect(() => loop.runUntilComplete(other.createFuture())).to.throw(RangeError);
    loop.close();
    other.close();
  });

  it('two loops take turns in one page', async () => {
    const run = (count: number): Promise<number> =>
      asyncio.run(
        function* () {
          const loop = asyncio.getRunningLoop();
          for (let i = 0; i < count; i += 1) {
            yield* asyncio.sleep(0);
            expect(asyncio.getRunningLoop()).to.equal(loop);
          }
          return count;
        },
        { loopFactory: newLoop },
      );
    expect(await Promise.all([run(300), run(200)])).to.deep.equal([300, 200]);
  });

  it('an interrupted run can be taken up again with everything that was queued', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const calls: string[] = [];
    loop.callSoon(() => calls.push('before'));
    loop.callSoon(() => {
      throw new asyncio.KeyboardInterrupt('stop it');
    });
    loop.callSoon(() => calls.push('after'));
    let error: unknown;
    await loop.runForever().catch((reason: unknown) => {
      error = reason;
    });
    expect(error).to.be.instanceOf(asyncio.KeyboardInterrupt);
    expect(calls).to.deep.equal(['before']);
    expect(loop.isRunning()).to.equal(false);
    loop.stop();
    await loop.runForever();
    expect(calls).to.deep.equal(['before', 'after']);
    expect(reports).to.deep.equal([]);
    loop.close();
  });
});
