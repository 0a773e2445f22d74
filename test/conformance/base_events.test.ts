// Lib/test/test_asyncio/test_base_events.py of CPython 3.13: what is about the loop itself. What is about sockets, name
// lookup, processes and executors has no counterpart in a page.
//
// CPython tests BaseEventLoop with a mock selector; here it has a host that the test drives. `_ready` and `_scheduled` are
// the loop's ready queue and timer heap, as in CPython.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { forceGc } from '../support/gc.ts';
import { newTestLoop } from '../support/loops.ts';
import { rejection } from '../support/outcomes.ts';
import { raise, runBriefly, ZeroDivisionError } from './support.ts';

/** `_MIN_SCHEDULED_TIMER_HANDLES` and `_MIN_CANCELLED_TIMER_HANDLES_FRACTION`. */
const MIN_SCHEDULED_TIMER_HANDLES = 100;
const MIN_CANCELLED_TIMER_HANDLES_FRACTION = 0.5;

/** A BaseEventLoop whose steps can be called and watched. */
class Loop extends asyncio.BaseEventLoop {
  readonly fake: FakeHost;
  /** What the outside has to tell at each poll, and how often it was asked. */
  events: asyncio.Callback[] = [];
  polls = 0;

  constructor(fake = new FakeHost()) {
    super(fake);
    this.fake = fake;
  }

  override runOnce(): void {
    super.runOnce();
  }

  override nextTimeout(): number {
    return super.nextTimeout();
  }

  protected override pollEvents(): readonly asyncio.Callback[] {
    this.polls += 1;
    return this.events;
  }

  /** Lets a run go on to its end: the host's time passes at once. */
  drive<T>(run: Promise<T>): Promise<T> {
    this.fake.finish();
    return run;
  }

  /** `test_utils.run_briefly`, in this host. */
  runBriefly(): Promise<void> {
    function* once(): asyncio.Coroutine<void> {}
    return this.drive(this.runUntilComplete(once()));
  }
}

interface LogLine {
  readonly level: 'error' | 'warning';
  readonly message: string;
  readonly exception: unknown;
}

/** What is logged while `body` runs, in place of showing it. */
async function recordLog(body: () => unknown): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const { error, warning } = asyncio.logger;
  asyncio.logger.error = (message, exception) => lines.push({ level: 'error', message, exception });
  asyncio.logger.warning = (message, exception) => lines.push({ level: 'warning', message, exception });
  try {
    await body();
  } finally {
    Object.assign(asyncio.logger, { error, warning });
  }
  return lines;
}

describe('BaseEventLoopTests', () => {
  let loop: Loop;

  beforeEach(() => {
    loop = new Loop();
    asyncio.setEventLoop(loop);
  });

  afterEach(() => {
    loop.close();
    asyncio.setEventLoop(null);
  });

  it('test_close', () => {
    expect(loop.isClosed()).to.equal(false);
    loop.close();
    expect(loop.isClosed()).to.equal(true);

    // It can be repeated.
    loop.close();
    loop.close();

    const f = loop.createFuture();
    expect(() => loop.runForever()).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(() => loop.runUntilComplete(f)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
  });

  it('test_call_soon', () => {
    const cb = (): void => undefined;

    const h = loop.callSoon(cb);
    expect(h._callback).to.equal(cb);
    expect(h).to.be.instanceOf(asyncio.Handle);
    expect([...loop._ready].includes(h)).to.equal(true);
  });

  it('test_call_soon_non_callable', () => {
    loop.setDebug(true);
    expect(() => loop.callSoon(1 as never)).to.throw(TypeError, 'a callable object');
  });

  it('test_call_later', () => {
    const cb = (): void => undefined;

    const h = loop.callLater(10, cb);
    expect(h).to.be.instanceOf(asyncio.TimerHandle);
    expect([...loop._scheduled].includes(h)).to.equal(true);
    expect([...loop._ready].includes(h)).to.equal(false);
    expect(() => loop.callLater(null as never, cb)).to.throw(TypeError, 'delay must');
  });

  it('test_call_later_negative_delays', async () => {
    const calls: string[] = [];

    function cb(arg: string): void {
      calls.push(arg);
    }

    loop.callLater(-1, cb, 'a');
    loop.callLater(-2, cb, 'b');
    await loop.runBriefly();
    expect(calls).to.deep.equal(['b', 'a']);
  });

  it('test_time_and_call_at', async () => {
    const cb = (): void => loop.stop();

    const delay = 0.1;

    const when = loop.time() + delay;
    loop.callAt(when, cb);
    const t0 = loop.time();
    await loop.drive(loop.runForever());
    const dt = loop.time() - t0;

    expect(dt).to.equal(delay);
    expect(() => loop.callAt(null as never, cb)).to.throw(TypeError, 'when');
  });

  it('test_check_thread', async () => {
    // A callback of another loop takes the place of another thread. Native code, which has no loop, may call.
    const cb = (): void => undefined;
    const message = 'Non-thread-safe operation invoked on an event loop other than the current one';

    function checkThread(debug: boolean): void {
      loop.setDebug(debug);
      if (debug) {
        expect(() => loop.callSoon(cb)).to.throw(asyncio.RuntimeError, message);
        expect(() => loop.callLater(60, cb)).to.throw(asyncio.RuntimeError, message);
        expect(() => loop.callAt(loop.time() + 60, cb)).to.throw(asyncio.RuntimeError, message);
      } else {
        loop.callSoon(cb);
        loop.callLater(60, cb);
        loop.callAt(loop.time() + 60, cb);
      }
    }

    async function testThread(debug: boolean): Promise<void> {
      const fut = loop.createFuture<void>();
      const loop2 = new Loop();

      function* checkInThread() {
        checkThread(debug);
        loop.callSoonThreadsafe(() => fut.setResult());
      }

      await loop2.drive(loop2.runUntilComplete(checkInThread()));
      await loop.drive(loop.runUntilComplete(fut));
      loop2.close();
    }

    await testThread(true);
    await testThread(false);
  });

  it('test__run_once', () => {
    // A host does the waiting, so the loop tells it how long; `pollEvents` is where a selector would be asked.
    const h1 = loop.callAt(5, () => true);
    const h2 = loop.callAt(10, () => true);

    h1.cancel();
    const seen: unknown[] = [];
    loop.events = [() => seen.push('event')];
    loop.runOnce();

    expect(loop.nextTimeout()).to.equal(10);
    expect([...loop._scheduled]).to.have.length(1);
    expect([...loop._scheduled].includes(h2)).to.equal(true);
    expect(loop.polls).to.equal(1);
    expect(seen).to.deep.equal(['event']);
  });

  it('test_set_debug', () => {
    loop.setDebug(true);
    expect(loop.getDebug()).to.equal(true);
    loop.setDebug(false);
    expect(loop.getDebug()).to.equal(false);
  });

  it('test__run_once_schedule_handle', () => {
    let handle: asyncio.Handle | null = null;
    let processed = false;

    function cb(given: asyncio.AbstractEventLoop): void {
      processed = true;
      handle = given.callSoon(() => true);
    }

    loop.callAt(loop.time() - 1, cb, loop);
    loop.runOnce();

    expect(processed).to.equal(true);
    expect(loop._ready.length).to.equal(1);
    expect([...loop._ready][0] === handle).to.equal(true);
  });

  it('test__run_once_cancelled_event_cleanup', () => {
    const cb = (): void => undefined;

    // One that stays at the head of the heap, so that those cancelled behind it do not get there.
    let notCancelledCount = 1;
    loop.callLater(3000, cb);

    // Fewer than the threshold: they are not removed.
    let cancelledCount = 2;
    for (let i = 0; i < 2; i += 1) loop.callLater(3600, cb).cancel();

    // These get to the head, and are.
    cancelledCount += 2;
    for (let i = 0; i < 2; i += 1) loop.callLater(100, cb).cancel();

    expect(cancelledCount + notCancelledCount <= MIN_SCHEDULED_TIMER_HANDLES).to.equal(true);
    expect(loop._timerCancelledCount).to.equal(cancelledCount);

    loop.runOnce();

    cancelledCount -= 2;
    expect(loop._timerCancelledCount).to.equal(cancelledCount);
    expect(loop._scheduled.length).to.equal(cancelledCount + notCancelledCount);

    // Enough to pass the fraction, so that the next iteration removes them.
    const addCancelCount = Math.ceil(MIN_SCHEDULED_TIMER_HANDLES * MIN_CANCELLED_TIMER_HANDLES_FRACTION) + 1;
    const addNotCancelCount = Math.max(MIN_SCHEDULED_TIMER_HANDLES - addCancelCount, 0);

    notCancelledCount += addNotCancelCount;
    for (let i = 0; i < addNotCancelCount; i += 1) loop.callLater(3600, cb);

    cancelledCount += addCancelCount;
    for (let i = 0; i < addCancelCount; i += 1) loop.callLater(3600, cb).cancel();

    expect(loop._scheduled.length).to.equal(cancelledCount + notCancelledCount);

    loop.runOnce();

    expect(loop._scheduled.length).to.equal(notCancelledCount);
    expect([...loop._scheduled].some((handle) => handle.cancelled())).to.equal(false);
  });

  it('test_run_until_complete_type_error', () => {
    expect(() => loop.runUntilComplete('blah' as never)).to.throw(TypeError);
  });

  it('test_run_until_complete_loop', () => {
    const task = loop.createFuture();
    const otherLoop = new Loop();
    expect(() => otherLoop.runUntilComplete(task)).to.throw(RangeError); // Python's ValueError
    otherLoop.close();
  });

  it('test_run_until_complete_loop_orphan_future_close_loop', async () => {
    class ShowStopper extends asyncio.SystemExit {}

    function* foo(delay: number) {
      yield* asyncio.sleep(delay);
    }

    function stop(): never {
      throw new ShowStopper();
    }

    loop.callSoon(stop);
    expect(await rejection(loop.drive(loop.runUntilComplete(foo(0.1))))).to.be.instanceOf(ShowStopper);

    // The first run has left no callback behind that would end this one too early.
    await loop.drive(loop.runUntilComplete(foo(0.2)));
  });

  it('test_default_exc_handler_callback', async () => {
    function zeroError(fut: asyncio.Future<boolean>): void {
      fut.setResult(true);
      raise(new ZeroDivisionError());
    }

    // Handle
    let log = await recordLog(async () => {
      const fut = loop.createFuture<boolean>();
      loop.callSoon(zeroError, fut);
      fut.addDoneCallback(() => loop.stop());
      await loop.drive(loop.runForever());
    });
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/Exception in callback.*zero/);
    expect(log[0]?.exception).to.be.instanceOf(ZeroDivisionError);

    // TimerHandle
    log = await recordLog(async () => {
      const fut = loop.createFuture<boolean>();
      loop.callLater(0.01, zeroError, fut);
      fut.addDoneCallback(() => loop.stop());
      await loop.drive(loop.runForever());
    });
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/Exception in callback.*zero/);
    expect(log[0]?.exception).to.be.instanceOf(ZeroDivisionError);
  });

  it('test_default_exc_handler_coro', async () => {
    function* zeroErrorCoro() {
      yield* asyncio.sleep(0.01);
      raise(new ZeroDivisionError());
    }

    const log = await recordLog(async () => {
      const fut = asyncio.ensureFuture(zeroErrorCoro(), { loop });
      fut.addDoneCallback(() => loop.stop());
      await loop.drive(loop.runForever());
      loop.close(); // in place of the collector
    });
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/exception was never retrieved/);
    expect(log[0]?.exception).to.be.instanceOf(ZeroDivisionError);
  });

  it('test_set_exc_handler_invalid', () => {
    expect(() => loop.setExceptionHandler('spam' as never)).to.throw(TypeError, 'A callable object or None');
  });

  it('test_set_exc_handler_custom', async () => {
    function zeroError(): void {
      raise(new ZeroDivisionError());
    }

    function runLoop(): asyncio.Handle {
      const handle = loop.callSoon(zeroError);
      loop.runOnce();
      return handle;
    }

    loop.setDebug(true);

    expect(loop.getExceptionHandler()).to.equal(null);
    const calls: [asyncio.AbstractEventLoop, asyncio.ExceptionContext][] = [];
    const mockHandler: asyncio.ExceptionHandler = (...args) => calls.push(args);
    loop.setExceptionHandler(mockHandler);
    expect(loop.getExceptionHandler()).to.equal(mockHandler);
    const handle = runLoop();
    expect(calls).to.have.length(1);
    const [given, context] = calls[0]!;
    expect(given === loop).to.equal(true);
    expect(context).to.have.all.keys('exception', 'message', 'handle', 'sourceTraceback');
    expect(context.exception).to.be.instanceOf(ZeroDivisionError);
    expect(context.message).to.match(/Exception in callback.*zeroError/);
    expect(context.handle === handle).to.equal(true);
    expect(context.sourceTraceback).to.equal(handle._sourceTraceback);

    loop.setExceptionHandler(null);
    const log = await recordLog(runLoop);
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/Exception in callback.*zero/);
    expect(log[0]?.exception).to.be.instanceOf(ZeroDivisionError);

    expect(calls).to.have.length(1);
  });

  it('test_set_exc_handler_broken', async () => {
    class AttributeError extends Error {}

    function runLoop(): void {
      loop.callSoon(() => raise(new ZeroDivisionError()));
      loop.runOnce();
    }

    loop.setExceptionHandler(() => raise(new AttributeError('spam')));

    const log = await recordLog(runLoop);
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/Unhandled error in exception handler/);
    expect(log[0]?.exception).to.be.instanceOf(AttributeError);
  });

  it('test_default_exc_handler_broken', async () => {
    let seen: asyncio.ExceptionContext = {};

    class BrokenLoop extends Loop {
      override defaultExceptionHandler(context: asyncio.ExceptionContext): void {
        seen = context;
        throw new RangeError('spam');
      }
    }

    const broken = new BrokenLoop();
    asyncio.setEventLoop(broken);

    function runLoop(): void {
      broken.callSoon(() => raise(new ZeroDivisionError()));
      broken.runOnce();
    }

    let log = await recordLog(runLoop);
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.equal('Exception in default exception handler');
    expect((log[0]?.exception as Error).message).to.equal('spam');

    seen = {};
    broken.setExceptionHandler(() => raise(new RangeError('ham')));
    log = await recordLog(runLoop);
    expect(log).to.have.length(1);
    expect(log[0]?.message).to.match(/Exception in default exception.*while handling.*in custom/);

    // The default handler was told of what the custom one was to report.
    expect(seen).to.have.property('context');
    expect((seen['context'] as asyncio.ExceptionContext).exception).to.be.instanceOf(ZeroDivisionError);
    broken.close();
  });

  it('test_set_task_factory_invalid', () => {
    expect(() => loop.setTaskFactory(1 as never)).to.throw(
      TypeError,
      'task factory must be a callable or None',
    );
    expect(loop.getTaskFactory()).to.equal(null);
  });

  it('test_set_task_factory', async () => {
    class MyTask<T> extends asyncio.Task<T> {}

    function* coro(): asyncio.Coroutine<void> {}

    const factory: asyncio.TaskFactory = (given, made) => new MyTask(made, { loop: given });

    expect(loop.getTaskFactory()).to.equal(null);
    loop.setTaskFactory(factory);
    expect(loop.getTaskFactory()).to.equal(factory);

    let task = loop.createTask(coro());
    expect(task instanceof MyTask).to.equal(true);
    await loop.drive(loop.runUntilComplete(task));

    loop.setTaskFactory(null);
    expect(loop.getTaskFactory()).to.equal(null);

    task = loop.createTask(coro());
    expect(task instanceof asyncio.Task).to.equal(true);
    expect(task instanceof MyTask).to.equal(false);
    await loop.drive(loop.runUntilComplete(task));
  });

  it('test_env_var_debug', () => {
    // A page has no environment: a global variable of the same name stands for the variable.
    const scope = globalThis as { PYTHONASYNCIODEBUG?: unknown };
    const debugOfNewLoop = (): boolean => {
      const made = asyncio.newEventLoop();
      const debug = made.getDebug();
      made.close();
      return debug;
    };
    try {
      expect(debugOfNewLoop()).to.equal(false);
      scope.PYTHONASYNCIODEBUG = '';
      expect(debugOfNewLoop()).to.equal(false);
      scope.PYTHONASYNCIODEBUG = '1';
      expect(debugOfNewLoop()).to.equal(true);
    } finally {
      delete scope.PYTHONASYNCIODEBUG;
    }
  });

  it('test_create_task', () => {
    class MyTask<T> extends asyncio.Task<T> {}

    function* test(): asyncio.Coroutine<void> {}

    class EventLoop extends Loop {
      override createTask<T>(coro: asyncio.Coroutine<T>): asyncio.Task<T> {
        return new MyTask(coro, { loop: this });
      }
    }

    const own = new EventLoop();
    asyncio.setEventLoop(own);
    own.setExceptionHandler(() => undefined); // it will be pending at close

    const task = asyncio.ensureFuture(test(), { loop: own });
    expect(task instanceof MyTask).to.equal(true);
    own.close();
  });

  it('test_create_task_error_closes_coro', () => {
    function* test(): asyncio.Coroutine<void> {
      expect.fail('it was run');
    }

    loop.close();
    const coro = test();
    expect(() => asyncio.ensureFuture(coro, { loop })).to.throw(asyncio.RuntimeError);
    expect(coro.next().done).to.equal(true);
  });

  it('test_create_named_task_with_default_factory', async () => {
    function* test(): asyncio.Coroutine<void> {}

    const task = loop.createTask(test(), { name: 'test_task' });
    expect(task.getName()).to.equal('test_task');
    await loop.drive(loop.runUntilComplete(task));
  });

  it('test_create_named_task_with_custom_factory', async () => {
    // As in 3.14: the factory is given the options.
    function* test(): asyncio.Coroutine<void> {}

    loop.setTaskFactory((given, coro, options) => new asyncio.Task(coro, { loop: given, ...options }));
    const task = loop.createTask(test(), { name: 'test_task' });
    expect(task.getName()).to.equal('test_task');
    await loop.drive(loop.runUntilComplete(task));
  });

  it('test_run_forever_keyboard_interrupt', async () => {
    function* raiseKeyboardInterrupt() {
      throw new asyncio.KeyboardInterrupt();
    }

    let called = false;
    loop.callExceptionHandler = () => {
      called = true;
    };

    const error = await rejection(loop.drive(loop.runUntilComplete(raiseKeyboardInterrupt())));
    expect(error).to.be.instanceOf(asyncio.KeyboardInterrupt);
    loop.close();
    expect(called).to.equal(false);
  });

  it('test_run_until_complete_baseexception', async () => {
    function* raiseKeyboardInterrupt() {
      throw new asyncio.KeyboardInterrupt();
    }

    const error = await rejection(loop.drive(loop.runUntilComplete(raiseKeyboardInterrupt())));
    expect(error).to.be.instanceOf(asyncio.KeyboardInterrupt);

    let called = false;
    const func = (): void => {
      loop.stop();
      called = true;
    };
    loop.callSoon(() => loop.callSoon(func));
    // No stop is left over from the first run.
    await loop.drive(loop.runForever());
    expect(called).to.equal(true);
  });

  it('test_single_selecter_event_callback_after_stopping', async () => {
    const sentinel = (): void => undefined;
    let callCount = 0;
    let doer!: asyncio.Handle;

    class EventLoop extends Loop {
      protected override processEvents(events: readonly asyncio.Callback[]): void {
        if (events.includes(sentinel)) doer = this.callSoon(doEvent);
      }
    }

    const own = new EventLoop();

    function doEvent(): void {
      callCount += 1;
      own.callSoon(clearSelector);
    }

    function clearSelector(): void {
      doer.cancel();
      own.events = [];
    }

    own.events = [sentinel];

    for (let i = 0; i < 2; i += 1) {
      own.callSoon(() => own.stop());
      await own.drive(own.runForever());
      expect(callCount).to.equal(1);
    }
    own.close();
  });

  it('test_run_once', async () => {
    let count = 0;

    loop.callSoon(() => {
      count += 1;
    });
    // The idiom for one iteration.
    loop.callSoon(() => loop.stop());
    await loop.drive(loop.runForever());
    expect(count).to.equal(1);
  });

  it('test_run_forever_pre_stopped', async () => {
    loop.stop();
    await loop.drive(loop.runForever());
    expect(loop.polls).to.equal(1);
  });

  it('test_custom_run_forever_integration', async () => {
    // The primitives of a loop of one's own are the host's start, pump and stop.
    let count = 0;
    const seen: unknown[] = [];

    loop.callSoon(() => {
      count += 1;
      seen.push(asyncio.getRunningLoop() === loop);
    });

    const run = loop.runForever();
    expect(loop.fake.started).to.equal(true);
    expect(loop.isRunning()).to.equal(true);

    for (let i = 0; i < 10; i += 1) loop.fake.pump();
    expect(loop.polls).to.equal(10);

    loop.stop();
    loop.fake.pump();
    await run;
    expect(loop.fake.started).to.equal(false);
    expect(() => asyncio.getRunningLoop()).to.throw(asyncio.RuntimeError);
    expect(loop.isRunning()).to.equal(false);

    expect(count).to.equal(1);
    expect(seen).to.deep.equal([true]);
  });

  interface Status {
    started: boolean;
    stopped: boolean;
    finalized: boolean;
  }

  // In a function of its own: the functions of one scope keep alive what any of them uses.
  function agen(status: Status): asyncio.AsyncGeneratorOf<string> {
    return asyncio.asyncGenerator<string>(function* (emit) {
      status.started = true;
      try {
        for (const item of ['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR']) yield* emit(item);
      } finally {
        status.finalized = true;
      }
    });
  }

  /** Iterates an asynchronous generator in part, and leaves it to the collector. */
  function* leaveUnfinalizedAsyncgen(): asyncio.Coroutine<Status> {
    const status = { started: false, stopped: false, finalized: false };

    const ag = agen(status);

    function* iterOne(): asyncio.Coroutine<void> {
      const { done, value } = yield* ag.anext();
      if (done) return;
      if (value === 'THREE') {
        status.stopped = true;
        return;
      }
      asyncio.createTask(iterOne());
    }

    asyncio.createTask(iterOne());
    return status;
  }

  async function checkFinalizationByGc(debug: boolean): Promise<void> {
    const own = newTestLoop();
    own.setDebug(debug);
    const statuses: Status[] = [];
    // Several, as an engine may overlook one.
    for (let i = 0; i < 20; i += 1) {
      statuses.push(await own.runUntilComplete(leaveUnfinalizedAsyncgen()));
      while (!statuses[i]?.stopped) await runBriefly(own);
    }
    expect(statuses.every(({ started }) => started)).to.equal(true);
    // An engine may have collected some by now, where CPython's test can say that there is none.
    await forceGc();
    await runBriefly(own);
    expect(statuses.some(({ finalized }) => finalized)).to.equal(true);
    own.close();
  }

  it('test_asyncgen_finalization_by_gc', () => checkFinalizationByGc(false));

  // A collector calls back outside of the loop, as it does in another thread; debug mode must not mind.
  it('test_asyncgen_finalization_by_gc_in_other_thread', () => checkFinalizationByGc(true));
});

describe('BaseEventLoopWithSelectorTests', () => {
  it('test_call_coroutine', () => {
    function* simpleCoroutine(): asyncio.Coroutine<void> {}

    const loop = newTestLoop();
    loop.setDebug(true);
    for (const func of [simpleCoroutine, simpleCoroutine()] as never[]) {
      expect(() => loop.callSoon(func)).to.throw(TypeError, 'coroutines cannot be used with callSoon()');
      expect(() => loop.callSoonThreadsafe(func)).to.throw(TypeError);
      expect(() => loop.callLater(60, func)).to.throw(TypeError);
      expect(() => loop.callAt(loop.time() + 60, func)).to.throw(TypeError);
    }
    loop.close();
  });

  it('test_log_slow_callbacks', async () => {
    function stopLoopCb(given: asyncio.AbstractEventLoop): void {
      given.stop();
    }

    // A generator does not know its function; `coroutine()` gives the name along.
    const stopLoopCoro = asyncio.coroutine(function* stopLoopCoro(given: asyncio.AbstractEventLoop) {
      given.stop();
    });

    const loop = new Loop();
    asyncio.setEventLoop(loop);
    try {
      loop.setDebug(true);
      loop.slowCallbackDuration = 0;

      // A slow callback.
      loop.callSoon(stopLoopCb, loop);
      let log = await recordLog(() => loop.drive(loop.runForever()));
      expect(log.at(-1)?.level).to.equal('warning');
      expect(log.at(-1)?.message).to.match(/^Executing <Handle.*stopLoopCb.*> took .* seconds$/);

      // A slow task.
      asyncio.ensureFuture(stopLoopCoro(loop), { loop });
      log = await recordLog(() => loop.drive(loop.runForever()));
      expect(log.at(-1)?.level).to.equal('warning');
      expect(log.at(-1)?.message).to.match(/^Executing <Task.*stopLoopCoro.*> took .* seconds$/);
    } finally {
      asyncio.setEventLoop(null);
      loop.close();
    }
  });
});

describe('RunningLoopTests', () => {
  it('test_running_loop_within_a_loop', async () => {
    function* runner(inner: asyncio.AbstractEventLoop) {
      inner.runForever();
    }

    const loop = newTestLoop();
    const outerLoop = newTestLoop();
    try {
      const error = await rejection(outerLoop.runUntilComplete(runner(loop)));
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.match(/while another loop is running/);
    } finally {
      loop.close();
      outerLoop.close();
    }
  });
});
