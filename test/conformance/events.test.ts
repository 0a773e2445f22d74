// Lib/test/test_asyncio/test_events.py of CPython 3.13 and, where a comment says so, of 3.14: what is about the loop and
// its handles. What is about sockets, pipes, signals and processes has no counterpart in a page.
//
// CPython runs EventLoopTestsMixin with each of its loops; so it is here. There are no policies: `setEventLoop` and
// `getEventLoop` do what the default policy did in 3.14.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, newTestLoop } from '../support/loops.ts';
import { rejection } from '../support/outcomes.ts';

function noop(..._args: unknown[]): void {}

describeEachLoop('EventLoopTestsMixin', (newLoop) => {
  let loop: asyncio.BaseEventLoop;

  beforeEach(() => {
    loop = newLoop();
    asyncio.setEventLoop(loop);
  });

  afterEach(() => {
    loop.close();
    asyncio.setEventLoop(null);
  });

  it('test_run_until_complete_nesting', async () => {
    // That the inner coroutine is reported as never awaited is Python's; see `coroutine()`.
    function* coro1() {
      yield* asyncio.sleep(0);
    }

    function* coro2() {
      expect(loop.isRunning()).to.equal(true);
      loop.runUntilComplete(coro1());
    }

    const error = await rejection(loop.runUntilComplete(coro2()));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('This event loop is already running');
  });

  it('test_run_until_complete', async () => {
    const delay = 0.1;
    const t0 = loop.time();
    await loop.runUntilComplete(asyncio.sleep(delay));
    const dt = loop.time() - t0;
    // A timer may be early by the resolution of the clock, which is below a millisecond.
    expect(dt).to.be.at.least(delay - 0.001);
  });

  it('test_run_until_complete_stopped', async () => {
    function* cb() {
      loop.stop();
      yield* asyncio.sleep(0.1);
    }

    const error = await rejection(loop.runUntilComplete(cb()));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Event loop stopped before Future completed.');
  });

  it('test_call_later', async () => {
    const results: string[] = [];

    function callback(arg: string): void {
      results.push(arg);
      loop.stop();
    }

    loop.callLater(0.1, callback, 'hello world');
    await loop.runForever();
    expect(results).to.deep.equal(['hello world']);
  });

  it('test_call_soon', async () => {
    const results: string[][] = [];

    function callback(arg1: string, arg2: string): void {
      results.push([arg1, arg2]);
      loop.stop();
    }

    loop.callSoon(callback, 'hello', 'world');
    await loop.runForever();
    expect(results).to.deep.equal([['hello', 'world']]);
  });

  it('test_call_soon_threadsafe', async () => {
    // Another task of the page takes the place of another thread: it wakes the loop, which is idle.
    const results: string[] = [];

    function callback(arg: string): void {
      results.push(arg);
      if (results.length >= 2) loop.stop();
    }

    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      loop.callSoonThreadsafe(callback, 'hello');
      loop.callSoon(callback, 'world');
    };
    const run = loop.runForever();
    port2.postMessage(null);
    await run;
    port1.close();
    expect(results).to.deep.equal(['hello', 'world']);
  });

  it('test_call_soon_threadsafe_same_thread', async () => {
    const results: string[] = [];

    function callback(arg: string): void {
      results.push(arg);
      if (results.length >= 2) loop.stop();
    }

    loop.callSoonThreadsafe(callback, 'hello');
    loop.callSoon(callback, 'world');
    await loop.runForever();
    expect(results).to.deep.equal(['hello', 'world']);
  });

  it('test_call_soon_threadsafe_handle_cancel_same_thread', async () => {
    // From 3.14: a callback that cancels its own handle runs to its end.
    const results: string[] = [];

    function callback(arg: string): void {
      handle.cancel();
      results.push(arg);
      loop.stop();
    }

    const handle = loop.callSoonThreadsafe(callback, 'hello');
    await loop.runForever();
    expect(handle.cancelled()).to.equal(true);
    expect(results).to.deep.equal(['hello']);
  });

  it('test_prompt_cancellation', async () => {
    // What is cancelled is a Promise that never settles, in place of a receive on a socket.
    function* receive(): asyncio.Coroutine<unknown> {
      return yield* asyncio.fromPromise(() => new Promise(() => undefined));
    }

    const f = loop.createTask(receive());

    function* main() {
      let res: string | null = null;
      try {
        loop.callSoon(() => f.cancel());
        yield* f;
      } catch (error) {
        if (!asyncio.isCancelled(error)) throw error;
        res = 'cancelled';
      } finally {
        loop.stop();
      }
      return res;
    }

    const t = loop.createTask(main());
    await loop.runForever();

    expect(t.result()).to.equal('cancelled');
    expect(() => f.result()).to.throw(asyncio.CancelledError);
  });

  it('test_timeout_rounding', async () => {
    let iterations = 0;
    loop.addInstrument({
      beforeIteration: () => {
        iterations += 1;
      },
    });

    function* wait() {
      yield* asyncio.sleep(1e-2);
      yield* asyncio.sleep(1e-4);
      yield* asyncio.sleep(1e-6);
      yield* asyncio.sleep(1e-8);
      yield* asyncio.sleep(1e-10);
    }

    await loop.runUntilComplete(wait());
    // Twelve are needed; CPython allows for a native timer that comes early.
    expect(iterations).to.be.at.most(20);
  });

  it('test_close_running_event_loop', async () => {
    function* closeLoop() {
      loop.close();
    }

    const error = await rejection(loop.runUntilComplete(closeLoop()));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Cannot close a running event loop');
  });

  it('test_close', () => {
    loop.close();

    function* test(): asyncio.Coroutine<void> {}

    const func = (): boolean => false;

    // Signals and executors, which the original tries too, are not there in an open loop either.
    expect(() => loop.runForever()).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    const fut = loop.createFuture();
    expect(() => loop.runUntilComplete(fut)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.callSoon(func)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.callSoonThreadsafe(func)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.callLater(1, func)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.callAt(loop.time() + 0, func)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.createTask(test())).to.throw(asyncio.RuntimeError, 'Event loop is closed');
  });
});

/** As much of a loop as a handle uses. */
class MockLoop extends asyncio.AbstractEventLoop {
  debug: boolean;
  readonly reports: asyncio.ExceptionContext[] = [];

  constructor(debug: boolean) {
    super();
    this.debug = debug;
  }

  override getDebug(): boolean {
    return this.debug;
  }
  override callExceptionHandler(context: asyncio.ExceptionContext): void {
    this.reports.push(context);
  }
  override _timerHandleCancelled(): void {}
}

describe('HandleTests', () => {
  it('test_handle', () => {
    const callback = (...args: unknown[]): unknown[] => args;

    const args = ['a'];
    const h = new asyncio.Handle(callback, args, new MockLoop(true));
    expect(h._callback).to.equal(callback);
    expect(h._args).to.equal(args);
    expect(h.cancelled()).to.equal(false);

    h.cancel();
    expect(h.cancelled()).to.equal(true);
  });

  it('test_callback_with_exception', () => {
    function callback(): never {
      throw new RangeError();
    }

    const loop = new MockLoop(true);
    const h = new asyncio.Handle(callback, [], loop);
    h._run();

    expect(loop.reports).to.have.length(1);
    const report = loop.reports[0]!;
    expect(report).to.have.all.keys('message', 'exception', 'handle', 'sourceTraceback');
    expect(report.message).to.match(/Exception in callback.*/);
    expect(report.exception).to.be.instanceOf(RangeError);
    expect(report.handle).to.equal(h);
    expect(report.sourceTraceback).to.equal(h._sourceTraceback);
  });

  it('test_handle_repr', () => {
    // Outside of debug mode arguments are not shown, since they may be secret.
    const loop = new MockLoop(false);

    let h = new asyncio.Handle(noop, [1, 2], loop);
    expect(String(h)).to.equal('<Handle noop()>');

    h.cancel();
    expect(String(h)).to.equal('<Handle cancelled>');

    // Python's partial function.
    h = new asyncio.Handle(noop.bind(null, 1, 2), [3], loop);
    expect(String(h)).to.equal('<Handle bound noop()>');
  });

  it('test_handle_repr_debug', () => {
    const loop = new MockLoop(true);

    let h = new asyncio.Handle(noop, [1, 2], loop);
    expect(String(h)).to.match(/^<Handle noop\(1, 2\) created at \S+:\d+>$/);

    // The text stays that of when it was cancelled.
    h.cancel();
    expect(String(h)).to.match(/^<Handle cancelled noop\(1, 2\) created at \S+:\d+>$/);
    h.cancel();
    expect(String(h)).to.match(/^<Handle cancelled noop\(1, 2\) created at \S+:\d+>$/);

    // Python's partial function; what is bound cannot be seen.
    h = new asyncio.Handle(noop.bind(null, 1, 2), [3], loop);
    expect(String(h)).to.match(/^<Handle bound noop\(3\) created at \S+:\d+>$/);
  });

  it('test_handle_source_traceback', function test_handle_source_traceback() {
    const loop = newTestLoop();
    loop.setDebug(true);

    function checkSourceTraceback(h: asyncio.Handle): void {
      expect(h._sourceTraceback).to.be.a('string');
      // The innermost is the line of the call.
      expect(h._sourceTraceback?.split('\n')[0]).to.include('test_handle_source_traceback');
    }

    checkSourceTraceback(loop.callSoon(noop));
    checkSourceTraceback(loop.callSoonThreadsafe(noop));
    checkSourceTraceback(loop.callLater(0, noop));
    checkSourceTraceback(loop.callAt(loop.time(), noop));
    loop.close();
  });
});

describe('TimerTests', () => {
  it('test_when', () => {
    const when = performance.now() / 1000;
    const h = new asyncio.TimerHandle(when, () => false, [], new MockLoop(false));
    expect(h.when()).to.equal(when);
  });

  it('test_timer', () => {
    const callback = (...args: unknown[]): unknown[] => args;

    const args = [1, 2, 3];
    const when = performance.now() / 1000;
    const h = new asyncio.TimerHandle(when, callback, args, new MockLoop(false));
    expect(h._callback).to.equal(callback);
    expect(h._args).to.equal(args);
    expect(h.cancelled()).to.equal(false);

    h.cancel();
    expect(h.cancelled()).to.equal(true);
    // Python's are None.
    expect(h._callback).not.to.equal(callback);
    expect(h._args).to.deep.equal([]);
  });

  it('test_timer_repr', () => {
    const h = new asyncio.TimerHandle(123, noop, [], new MockLoop(false));
    expect(String(h)).to.equal('<TimerHandle when=123 noop()>');

    h.cancel();
    expect(String(h)).to.equal('<TimerHandle cancelled when=123>');
  });

  it('test_timer_repr_debug', () => {
    const h = new asyncio.TimerHandle(123, noop, [], new MockLoop(true));
    expect(String(h)).to.match(/^<TimerHandle when=123 noop\(\) created at \S+:\d+>$/);

    h.cancel();
    expect(String(h)).to.match(/^<TimerHandle cancelled when=123 noop\(\) created at \S+:\d+>$/);
  });
});

describe('AbstractEventLoopTests', () => {
  class BareLoop extends asyncio.AbstractEventLoop {}

  const f = (): void => undefined;

  it('test_not_implemented', () => {
    const loop = new BareLoop();
    const none = null as never;
    const calls: (() => unknown)[] = [
      () => loop.runForever(),
      () => loop.runUntilComplete(none),
      () => loop.stop(),
      () => loop.isRunning(),
      () => loop.isClosed(),
      () => loop.close(),
      () => loop.createTask(none),
      () => loop.callLater(none, none),
      () => loop.callAt(none, f),
      () => loop.callSoon(none),
      () => loop.time(),
      () => loop.callSoonThreadsafe(none),
      () => loop.setDefaultExecutor(f),
      () => loop.addReader(1, f),
      () => loop.removeReader(1),
      () => loop.addWriter(1, f),
      () => loop.removeWriter(1),
      () => loop.addSignalHandler('freeze', f),
      () => loop.removeSignalHandler('freeze'),
      () => loop.setExceptionHandler(f),
      () => loop.defaultExceptionHandler({}),
      () => loop.callExceptionHandler({}),
      () => loop.getDebug(),
      () => loop.setDebug(true),
    ];
    for (const call of calls) expect(call, String(call)).to.throw(asyncio.NotImplementedError);
  });

  it('test_not_implemented_async', () => {
    // They throw at the call; where Python has coroutines, it raises when they are awaited.
    const loop = new BareLoop();
    const calls: (() => unknown)[] = [
      () => loop.runInExecutor(f, f),
      () => loop.getaddrinfo('localhost', 8080),
      () => loop.getnameinfo(['localhost', 8080]),
      () => loop.createConnection(f as never, 'localhost'),
      () => loop.createServer(f as never, 'localhost'),
      () => loop.createDatagramEndpoint(f as never, 'localhost'),
      () => loop.sockRecv(f, 10),
      () => loop.sockRecvInto(f, 10),
      () => loop.sockSendall(f, 10),
      () => loop.sockConnect(f, f),
      () => loop.sockAccept(f),
      () => loop.sockSendfile(f, f),
      () => loop.sendfile(f as never, f as never),
      () => loop.connectReadPipe(f as never, 'pipe' as never),
      () => loop.connectWritePipe(f as never, 'pipe' as never),
      () => loop.subprocessShell(f, 'command'),
      () => loop.subprocessExec(f),
    ];
    for (const call of calls) expect(call, String(call)).to.throw(asyncio.NotImplementedError);
  });
});

describe('PolicyTests', () => {
  beforeEach(() => asyncio.setEventLoop(null));
  afterEach(() => asyncio.setEventLoop(null));

  it('test_get_event_loop', () => {
    // As in 3.14: none is made by itself.
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'There is no current event loop');
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'There is no current event loop');
  });

  it('test_get_event_loop_after_set_none', () => {
    const loop = asyncio.newEventLoop();
    asyncio.setEventLoop(loop);
    asyncio.setEventLoop(null);
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'There is no current event loop');
    loop.close();
  });

  it('test_new_event_loop', () => {
    const loop = asyncio.newEventLoop();
    expect(loop instanceof asyncio.AbstractEventLoop).to.equal(true);
    loop.close();
  });

  it('test_set_event_loop', () => {
    const oldLoop = asyncio.newEventLoop();
    asyncio.setEventLoop(oldLoop);

    expect(() => asyncio.setEventLoop({} as never)).to.throw(TypeError);

    const loop = asyncio.newEventLoop();
    asyncio.setEventLoop(loop);
    expect(asyncio.getEventLoop() === loop).to.equal(true);
    expect(asyncio.getEventLoop() === oldLoop).to.equal(false);
    loop.close();
    oldLoop.close();
  });
});

describe('GetEventLoopTestsMixin', () => {
  beforeEach(() => asyncio.setEventLoop(null));
  afterEach(() => asyncio.setEventLoop(null));

  it('test_get_running_loop_already_running', async () => {
    // From 3.14.
    const outer = asyncio.newEventLoop();

    function* main() {
      const runningLoop = asyncio.getRunningLoop();
      const loop = asyncio.newEventLoop();
      try {
        expect(() => loop.runForever()).to.throw(asyncio.RuntimeError);
      } finally {
        loop.close();
      }
      expect(asyncio.getRunningLoop() === runningLoop).to.equal(true);
    }

    await outer.runUntilComplete(main());
    outer.close();
  });

  function* expectRunning(loop: asyncio.AbstractEventLoop): asyncio.Coroutine<void> {
    expect(asyncio.getEventLoop() === loop).to.equal(true);
    expect(asyncio.getRunningLoop() === loop).to.equal(true);
    expect(asyncio._getRunningLoop() === loop).to.equal(true);
  }

  function expectNoneRunning(): void {
    expect(() => asyncio.getRunningLoop()).to.throw(asyncio.RuntimeError, 'no running');
    expect(asyncio._getRunningLoop()).to.equal(null);
  }

  it('test_get_event_loop_returns_running_loop', async () => {
    // The original has a policy that raises; here another loop is set, which must not be given.
    const other = asyncio.newEventLoop();
    const loop = asyncio.newEventLoop();
    asyncio.setEventLoop(other);
    expect(asyncio.getEventLoop() === other).to.equal(true);
    expectNoneRunning();

    await loop.runUntilComplete(expectRunning(loop));

    expect(asyncio.getEventLoop() === other).to.equal(true);
    other.close();
    loop.close();
    expectNoneRunning();
  });

  it('test_get_event_loop_returns_running_loop2', async () => {
    const loop = asyncio.newEventLoop();
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'no current');
    asyncio.setEventLoop(null);
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'no current');
    expectNoneRunning();

    await loop.runUntilComplete(expectRunning(loop));

    asyncio.setEventLoop(loop);
    expect(asyncio.getEventLoop() === loop).to.equal(true);

    asyncio.setEventLoop(null);
    expect(() => asyncio.getEventLoop()).to.throw(asyncio.RuntimeError, 'no current');
    loop.close();
    expectNoneRunning();
  });
});
