import * as asyncio from 'asyncio-web';
import { assert, expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { describeEachLoop, recordReports } from '../support/loops.ts';
import { realTurns, rejection } from '../support/outcomes.ts';

/** A loop on a host that is driven by hand. */
function hosted(options?: ConstructorParameters<typeof FakeHost>[0]): {
  host: FakeHost;
  loop: asyncio.BaseEventLoop;
} {
  const host = new FakeHost(options);
  return { host, loop: new asyncio.BaseEventLoop(host) };
}

/** Runs every queued job, so that the Promise of a run that has ended is settled. */
async function settled(promise: Promise<unknown>): Promise<'fulfilled' | 'rejected' | 'pending'> {
  const state = promise.then(
    () => 'fulfilled' as const,
    () => 'rejected' as const,
  );
  await realTurns(1);
  return Promise.race([state, Promise.resolve('pending' as const)]);
}

/** One iteration, as CPython's tests run it: what is queued now, and then stop. */
async function runOnce(loop: asyncio.BaseEventLoop): Promise<void> {
  loop.callSoon(() => loop.stop());
  await loop.runForever();
}

describeEachLoop('runForever and stop', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => loop.close());

  it('settles when stop() was called, and the loop can be run again', async () => {
    const calls: number[] = [];
    for (let run = 1; run <= 3; run++) {
      loop.callSoon(() => {
        calls.push(run);
        loop.stop();
      });
      expect(await loop.runForever()).to.equal(undefined);
      expect(loop.isRunning()).to.equal(false);
    }
    expect(calls).to.deep.equal([1, 2, 3]);
  });

  it('is running from the call until it settles, also between two ticks', async () => {
    expect(loop.isRunning()).to.equal(false);
    const run = loop.runForever();
    expect(loop.isRunning()).to.equal(true);
    await realTurns(1);
    expect(loop.isRunning()).to.equal(true);
    expect(asyncio._getRunningLoop()).to.equal(null);
    loop.stop();
    expect(loop.isRunning()).to.equal(true);
    await run;
    expect(loop.isRunning()).to.equal(false);
  });

  it('the running loop is known inside callbacks only', async () => {
    const seen: unknown[] = [];
    loop.callSoon(() => seen.push(asyncio.getRunningLoop()));
    const run = runOnce(loop);
    expect(() => asyncio.getRunningLoop()).to.throw(asyncio.RuntimeError, 'no running event loop');
    await run;
    expect(seen).to.deep.equal([loop]);
    expect(() => asyncio.getRunningLoop()).to.throw(asyncio.RuntimeError, 'no running event loop');
  });

  it('#2 stop() lets the rest of the batch run; what the batch queues stays for the next run', async () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a');
      loop.stop();
      loop.callSoon(() => calls.push('queued by a'));
    });
    loop.callSoon(() => {
      calls.push('b');
      loop.callSoon(() => calls.push('queued by b'));
    });
    await loop.runForever();
    expect(calls).to.deep.equal(['a', 'b']);
    await runOnce(loop);
    expect(calls).to.deep.equal(['a', 'b', 'queued by a', 'queued by b']);
  });

  it('#3 stop() before runForever() gives exactly one iteration', async () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('first');
      loop.callSoon(() => calls.push('second'));
    });
    loop.stop();
    await loop.runForever();
    expect(calls).to.deep.equal(['first']);
    await runOnce(loop);
    expect(calls).to.deep.equal(['first', 'second']);
  });

  it('#3 stop() before runForever() with nothing to run settles, and does not stop the run after', async () => {
    loop.stop();
    await loop.runForever();
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a');
      loop.callSoon(() => {
        calls.push('b');
        loop.stop();
      });
    });
    await loop.runForever();
    expect(calls).to.deep.equal(['a', 'b']);
  });

  it('stop() called twice in a batch counts once', async () => {
    loop.callSoon(() => loop.stop());
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    const calls: string[] = [];
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => calls.push('third iteration'))));
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.stop()))));
    await loop.runForever();
    expect(calls).to.deep.equal(['third iteration']);
  });

  it('stop() from outside ends an idle run', async () => {
    const run = loop.runForever();
    await realTurns(1);
    loop.stop();
    await run;
  });

  it('a second runForever() while one is running throws at the call, and the first goes on', async () => {
    const run = loop.runForever();
    expect(() => loop.runForever()).to.throw(asyncio.RuntimeError, 'This event loop is already running');
    expect(loop.isRunning()).to.equal(true);
    loop.stop();
    await run;
  });

  it('running it from inside a callback of its own is refused', async () => {
    const errors: unknown[] = [];
    loop.callSoon(() => {
      try {
        void loop.runForever();
      } catch (error) {
        errors.push(error);
      }
    });
    await runOnce(loop);
    expect(errors).to.have.length(1);
    expect(errors[0]).to.be.instanceOf(asyncio.RuntimeError);
    expect((errors[0] as Error).message).to.equal('This event loop is already running');
  });

  it('another loop cannot be run inside a callback', async () => {
    const other = newLoop();
    let error: unknown;
    loop.callSoon(() => {
      try {
        void other.runForever();
      } catch (thrown) {
        error = thrown;
      }
    });
    await runOnce(loop);
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Cannot run the event loop while another loop is running');
    expect(other.isRunning()).to.equal(false);
    other.close();
  });
});

describeEachLoop('runUntilComplete', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => {
    if (!loop.isClosed()) loop.close();
  });

  it('gives the result of a coroutine', async () => {
    async function go(): Promise<number> {
      return loop.runUntilComplete(
        (function* () {
          yield* asyncio.sleep(0);
          return 42;
        })(),
      );
    }
    expect(await go()).to.equal(42);
    expect(await go()).to.equal(42);
  });

  it('gives the result of a future that is done already', async () => {
    const future = loop.createFuture<string>();
    future.setResult('ready');
    expect(await loop.runUntilComplete(future)).to.equal('ready');
  });

  it('gives the value of a Promise', async () => {
    expect(await loop.runUntilComplete(Promise.resolve('native'))).to.equal('native');
  });

  it('gives the result of another awaitable', async () => {
    const awaitable = {
      *[Symbol.iterator](): Generator<asyncio.Suspension, number, unknown> {
        yield* asyncio.sleep(0);
        return 7;
      },
    };
    expect(await loop.runUntilComplete(awaitable)).to.equal(7);
  });

  it('rejects with the very error of the coroutine', async () => {
    const failure = new RangeError('spam');
    const promise = loop.runUntilComplete(
      (function* (): asyncio.Coroutine<void> {
        yield* asyncio.sleep(0);
        throw failure;
      })(),
    );
    expect(await rejection(promise)).to.equal(failure);
  });

  it('rejects with CancelledError when the future is cancelled', async () => {
    const future = loop.createFuture();
    loop.callSoon(() => future.cancel('enough'));
    const error = await rejection(loop.runUntilComplete(future));
    expect(error).to.be.instanceOf(asyncio.CancelledError);
    expect((error as asyncio.CancelledError).args).to.deep.equal(['enough']);
  });

  it('#4 stop() before the future is done gives "Event loop stopped before Future completed."', async () => {
    const task = loop.createTask(
      (function* () {
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        return 'later';
      })(),
    );
    loop.callSoon(() => loop.stop());
    const error = await rejection(loop.runUntilComplete(task));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Event loop stopped before Future completed.');
    expect(task.done()).to.equal(false);
    expect(await loop.runUntilComplete(task)).to.equal('later');
  });

  it('#4 leaves no done callback behind when it was stopped', async () => {
    const future = loop.createFuture<void>();
    loop.callSoon(() => loop.stop());
    await rejection(loop.runUntilComplete(future));
    // A callback that stayed would stop this run in its second iteration.
    future.setResult();
    const calls: number[] = [];
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => calls.push(3))));
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.stop()))));
    await loop.runForever();
    expect(calls).to.deep.equal([3]);
  });

  it('#4 leaves no done callback behind when an exit left the loop', async () => {
    const future = loop.createFuture<void>();
    const exit = new asyncio.SystemExit(3);
    loop.callSoon(() => {
      throw exit;
    });
    expect(await rejection(loop.runUntilComplete(future))).to.equal(exit);
    future.setResult();
    const calls: number[] = [];
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => calls.push(3))));
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.stop()))));
    await loop.runForever();
    expect(calls).to.deep.equal([3]);
  });

  it('#15 an exit that leaves the awaited task does not stop the next run', async () => {
    const exit = new asyncio.KeyboardInterrupt();
    const promise = loop.runUntilComplete(
      (function* (): asyncio.Coroutine<void> {
        throw exit;
      })(),
    );
    expect(await rejection(promise)).to.equal(exit);
    const calls: string[] = [];
    loop.callSoon(() =>
      loop.callSoon(() => {
        calls.push('second iteration');
        loop.stop();
      }),
    );
    await loop.runForever();
    expect(calls).to.deep.equal(['second iteration']);
  });

  it('#16 an exit of the task that it made itself is not reported a second time', async () => {
    const reports = recordReports(loop);
    const promise = loop.runUntilComplete(
      (function* (): asyncio.Coroutine<void> {
        throw new asyncio.SystemExit(1);
      })(),
    );
    expect(await rejection(promise)).to.be.instanceOf(asyncio.SystemExit);
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('a future of another loop is refused at the call', () => {
    const other = newLoop();
    const future = other.createFuture();
    expect(() => loop.runUntilComplete(future)).to.throw(RangeError, 'belongs to a different loop');
    expect(loop.isRunning()).to.equal(false);
    other.close();
  });

  it('what is not awaitable is refused at the call', () => {
    for (const rubbish of ['blah', 5, null, undefined, {}, []]) {
      expect(() => loop.runUntilComplete(rubbish as never)).to.throw(TypeError, 'is required');
    }
    expect(loop.isRunning()).to.equal(false);
  });

  it('a second call while it is running is refused at the call, and nothing of it runs', async () => {
    const ran: string[] = [];
    const first = loop.runUntilComplete(
      (function* () {
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        return 'first';
      })(),
    );
    expect(() =>
      loop.runUntilComplete(
        (function* (): asyncio.Coroutine<void> {
          ran.push('second');
        })(),
      ),
    ).to.throw(asyncio.RuntimeError, 'This event loop is already running');
    expect(await first).to.equal('first');
    expect(ran).to.deep.equal([]);
  });
});

describeEachLoop('close', (newLoop) => {
  it('may be called more than once', () => {
    const loop = newLoop();
    expect(loop.isClosed()).to.equal(false);
    loop.close();
    expect(loop.isClosed()).to.equal(true);
    loop.close();
    expect(loop.isClosed()).to.equal(true);
  });

  it('a closed loop refuses to run and to schedule, at the call', () => {
    const loop = newLoop();
    const future = loop.createFuture();
    loop.close();
    const nothing = (): void => undefined;
    const uses: Record<string, () => unknown> = {
      runForever: () => loop.runForever(),
      runUntilComplete: () => loop.runUntilComplete(future),
      callSoon: () => loop.callSoon(nothing),
      callSoonThreadsafe: () => loop.callSoonThreadsafe(nothing),
      callLater: () => loop.callLater(1, nothing),
      callAt: () => loop.callAt(1, nothing),
      createTask: () => loop.createTask(asyncio.sleep(0)),
    };
    for (const [name, use] of Object.entries(uses)) {
      expect(use, name).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    }
  });

  it('createTask() on a closed loop closes the coroutine', () => {
    const loop = newLoop();
    loop.close();
    const coro = (function* (): asyncio.Coroutine<string> {
      return 'never';
    })();
    expect(() => loop.createTask(coro)).to.throw(asyncio.RuntimeError);
    expect(coro.next()).to.deep.equal({ value: undefined, done: true });
  });

  it('a running loop cannot be closed, from outside nor from a callback', async () => {
    const loop = newLoop();
    const errors: string[] = [];
    const attempt = (): void => {
      try {
        loop.close();
      } catch (error) {
        errors.push(String(error));
      }
    };
    loop.callSoon(attempt);
    const run = runOnce(loop);
    attempt();
    await run;
    expect(errors).to.deep.equal([
      'RuntimeError: Cannot close a running event loop',
      'RuntimeError: Cannot close a running event loop',
    ]);
    loop.close();
    expect(loop.isClosed()).to.equal(true);
  });

  it('drops what was queued: it never runs', async () => {
    const loop = newLoop();
    const calls: string[] = [];
    loop.callSoon(() => calls.push('soon'));
    loop.callLater(0, () => calls.push('timer'));
    loop.close();
    await realTurns(2);
    expect(calls).to.deep.equal([]);
  });

  it('reports the tasks that are still pending', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const task = loop.createTask(
      (function* () {
        yield* loop.createFuture();
      })(),
      { name: 'left over' },
    );
    await runOnce(loop);
    loop.close();
    expect(reports.map((report) => report.message)).to.deep.equal(['Task was destroyed but it is pending!']);
    expect(reports[0]?.task).to.equal(task);
  });

  it('reports the errors that nobody has retrieved', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const failure = new Error('lost');
    loop.createFuture().setException(failure);
    loop.createTask(
      (function* (): asyncio.Coroutine<void> {
        throw failure;
      })(),
    );
    await runOnce(loop);
    loop.close();
    expect(reports.map((report) => [report.message, report.exception])).to.deep.equal([
      ['Future exception was never retrieved', failure],
      ['Task exception was never retrieved', failure],
    ]);
  });
});

describeEachLoop('callSoon', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => loop.close());

  it('calls in the order of the calls, with the arguments given', async () => {
    const calls: unknown[] = [];
    for (let index = 0; index < 1000; index++) {
      loop.callSoon((...args: unknown[]) => calls.push(args), index, 'x');
    }
    await runOnce(loop);
    expect(calls).to.deep.equal(Array.from({ length: 1000 }, (_, index) => [index, 'x']));
  });

  it('gives a Handle that prevents the call', async () => {
    const calls: string[] = [];
    const handle = loop.callSoon(() => calls.push('cancelled'));
    loop.callSoon(() => calls.push('kept'));
    expect(handle).to.be.instanceOf(asyncio.Handle);
    expect(handle.cancelled()).to.equal(false);
    handle.cancel();
    handle.cancel();
    expect(handle.cancelled()).to.equal(true);
    await runOnce(loop);
    expect(calls).to.deep.equal(['kept']);
  });

  it('#7 a handle cancelled by an earlier callback of its batch is skipped', async () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a');
      later.cancel();
    });
    const later = loop.callSoon(() => calls.push('b'));
    loop.callSoon(() => calls.push('c'));
    await runOnce(loop);
    expect(calls).to.deep.equal(['a', 'c']);
  });

  it('calls in the context of the call', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
    const seen: string[] = [];
    const context = asyncio.copyContext();
    context.run(() => {
      variable.set('inside');
      loop.callSoon(() => seen.push(variable.get()));
      loop.callLater(0, () => seen.push(variable.get()));
    });
    loop.callSoon(() => seen.push(variable.get()));
    await loop.runUntilComplete(asyncio.sleep(0.001));
    expect(seen.sort()).to.deep.equal(['default', 'inside', 'inside']);
    expect(variable.get()).to.equal('default');
  });

  it('what a callback sets in its context does not show in the next callback', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 0 });
    const seen: number[] = [];
    for (let value = 1; value <= 3; value++) {
      loop.callSoon(() => {
        seen.push(variable.get());
        variable.set(value);
      });
    }
    await runOnce(loop);
    expect(seen).to.deep.equal([0, 0, 0]);
  });

  it('refuses what is not callable', () => {
    for (const rubbish of [1, 'x', null, undefined, {}]) {
      expect(() => loop.callSoon(rubbish as never)).to.throw(TypeError, 'a callable object');
      expect(() => loop.callLater(1, rubbish as never)).to.throw(TypeError, 'a callable object');
      expect(() => loop.callAt(1, rubbish as never)).to.throw(TypeError, 'a callable object');
      expect(() => loop.callSoonThreadsafe(rubbish as never)).to.throw(TypeError, 'a callable object');
    }
  });

  it('refuses a coroutine, and in debug mode a coroutine function, in the name of the method', () => {
    function* coroutine(): asyncio.Coroutine<void> {}
    expect(() => loop.callSoon(coroutine() as never)).to.throw(
      TypeError,
      'coroutines cannot be used with callSoon()',
    );
    loop.setDebug(true);
    expect(() => loop.callSoon(coroutine)).to.throw(TypeError, 'coroutines cannot be used with callSoon()');
    expect(() => loop.callLater(1, coroutine)).to.throw(
      TypeError,
      'coroutines cannot be used with callLater()',
    );
    expect(() => loop.callAt(1, coroutine)).to.throw(TypeError, 'coroutines cannot be used with callAt()');
  });
});

describeEachLoop('callSoonThreadsafe', (newLoop) => {
  it('wakes an idle loop', async () => {
    const loop = newLoop();
    const run = loop.runForever();
    await realTurns(1);
    const calls: unknown[] = [];
    const handle = loop.callSoonThreadsafe(
      (...args: unknown[]) => {
        calls.push(args);
        loop.stop();
      },
      1,
      2,
    );
    expect(handle).to.be.instanceOf(asyncio.Handle);
    await run;
    expect(calls).to.deep.equal([[1, 2]]);
    loop.close();
  });

  it('keeps the order with callSoon()', async () => {
    const loop = newLoop();
    const calls: number[] = [];
    loop.callSoon(() => calls.push(1));
    loop.callSoonThreadsafe(() => calls.push(2));
    loop.callSoon(() => calls.push(3));
    await runOnce(loop);
    expect(calls).to.deep.equal([1, 2, 3]);
    loop.close();
  });
});

describe('an iteration', () => {
  it('#1 runs what was ready when it began; what that queues waits for the next one', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a');
      loop.callSoon(() => calls.push('a2'));
    });
    loop.callSoon(() => {
      calls.push('b');
      loop.callSoon(() => calls.push('b2'));
    });
    void loop.runForever();
    host.pump(2);
    expect(calls).to.deep.equal(['a', 'b']);
    expect(host.soon).to.equal(true);
    host.pump(2);
    expect(calls).to.deep.equal(['a', 'b', 'a2', 'b2']);
  });

  it('#1 a timer that falls due meanwhile goes between the old callbacks and the new ones', () => {
    const { host, loop } = hosted({ time: 100 });
    const calls: string[] = [];
    loop.callLater(5, () => calls.push('timer'));
    loop.callSoon(() => {
      calls.push('a');
      host.time = 105;
      loop.callSoon(() => {
        calls.push('a2');
        loop.callSoon(() => calls.push('a3'));
      });
    });
    void loop.runForever();
    host.drain(1);
    expect(calls).to.deep.equal(['a', 'a2', 'timer', 'a3']);
  });

  it('a timer that falls due in the course of a chunk is seen at the start of the next one', () => {
    const { host, loop } = hosted({ time: 100 });
    const calls: string[] = [];
    let spins = 0;
    const spin = (): void => {
      spins += 1;
      host.time += 1;
      if (calls.length === 0) loop.callSoon(spin);
    };
    loop.callSoon(spin);
    loop.callLater(5, () => calls.push(`after ${spins}`));
    void loop.runForever();
    host.drain(8);
    expect(calls).to.deep.equal(['after 9']);
  });

  it('#5 what is ready runs before the timers that are due, and the earlier deadline first', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    loop.callLater(-1, () => calls.push('-1'));
    loop.callLater(0, () => calls.push('0'));
    loop.callLater(-2, () => calls.push('-2'));
    loop.callSoon(() => calls.push('soon'));
    void loop.runForever();
    host.drain();
    expect(calls).to.deep.equal(['soon', '-2', '-1', '0']);
  });

  it('#6 equal deadlines run first in, first out', () => {
    const { host, loop } = hosted();
    const calls: number[] = [];
    for (let index = 0; index < 100; index++) loop.callAt(7, () => calls.push(index));
    void loop.runForever();
    host.finish();
    expect(calls).to.deep.equal(Array.from({ length: 100 }, (_, index) => index));
  });

  it('a callback that queues itself for ever does not keep timers from running', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    let spins = 0;
    const spin = (): void => {
      spins += 1;
      host.time += 1;
      if (calls.length === 0) loop.callSoon(spin);
    };
    loop.callSoon(spin);
    loop.callLater(100, () => calls.push(`after ${spins}`));
    void loop.runForever();
    host.drain(1);
    expect(calls).to.deep.equal(['after 101']);
  });

  it('a timer that arms itself again with no delay does not keep the others from running', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    const again = (): void => {
      calls.push('again');
      if (calls.length < 10) loop.callLater(0, again);
    };
    loop.callLater(0, again);
    loop.callLater(0, () => calls.push('other'));
    loop.callSoon(() => calls.push('soon'));
    void loop.runForever();
    host.drain();
    expect(calls.slice(0, 3)).to.deep.equal(['soon', 'again', 'other']);
    expect(calls).to.have.length(10);
  });
});

describe('timers', () => {
  it('callLater() and callAt() give TimerHandles with their time, also for delays that are over', () => {
    const { host, loop } = hosted({ time: 100 });
    const nothing = (): void => undefined;
    expect(loop.callLater(10, nothing)).to.be.instanceOf(asyncio.TimerHandle);
    expect(loop.callLater(10, nothing).when()).to.equal(110);
    expect(loop.callLater(0, nothing)).to.be.instanceOf(asyncio.TimerHandle);
    expect(loop.callLater(-5, nothing).when()).to.equal(95);
    expect(loop.callAt(7, nothing).when()).to.equal(7);
    expect(loop.time()).to.equal(host.time);
  });

  it('pass the arguments on', () => {
    const { host, loop } = hosted();
    const calls: unknown[] = [];
    loop.callLater(1, (...args: unknown[]) => calls.push(args), 'a', 1);
    loop.callAt(2, (...args: unknown[]) => calls.push(args));
    void loop.runForever();
    host.finish();
    expect(calls).to.deep.equal([['a', 1], []]);
  });

  it('run in the order of their deadlines, whatever the order of their making', () => {
    const { host, loop } = hosted();
    const calls: number[] = [];
    const deadlines = [5, 1, 4, 1.5, 3, 0.25, 2];
    for (const when of deadlines) loop.callAt(when, () => calls.push(when));
    void loop.runForever();
    host.finish();
    expect(calls).to.deep.equal([...deadlines].sort((a, b) => a - b));
  });

  it('never run before their time less the resolution of the clock', () => {
    const { host, loop } = hosted({ clockResolution: 0.01 });
    const calls: string[] = [];
    loop.callAt(1, () => calls.push('timer'));
    void loop.runForever();
    host.drain();
    host.time = 0.98;
    host.pump();
    expect(calls).to.deep.equal([]);
    expect(host.deadline).to.equal(1);
    host.time = 0.9999;
    host.pump();
    expect(calls).to.deep.equal(['timer']);
  });

  it('#9 count as due up to one clock resolution early', () => {
    const { host, loop } = hosted({ clockResolution: 0.5 });
    const calls: string[] = [];
    loop.callAt(1, () => calls.push('1'));
    loop.callAt(1.4, () => calls.push('1.4'));
    loop.callAt(1.5, () => calls.push('1.5'));
    void loop.runForever();
    host.time = 1;
    host.drain();
    expect(calls).to.deep.equal(['1', '1.4']);
  });

  it('fire on a clock whose steps have become larger than its resolution', () => {
    const { host, loop } = hosted({ time: 2 ** 53, clockResolution: 1e-9 });
    const calls: string[] = [];
    loop.callLater(0, () => calls.push('timer'));
    void loop.runForever();
    host.pump(10);
    expect(calls).to.deep.equal(['timer']);
  });

  it('with an infinite deadline never run and arm nothing', () => {
    const { host, loop } = hosted();
    loop.callLater(Infinity, () => assert.fail('it ran'));
    void loop.runForever();
    host.drain();
    expect(host.idle).to.equal(true);
    loop.callAt(Infinity, () => assert.fail('it ran'));
    expect(host.idle).to.equal(true);
    host.time = 1e300;
    host.pump();
    expect(host.idle).to.equal(true);
  });

  it('with a deadline of minus infinity run at once', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    loop.callLater(-Infinity, () => calls.push('timer'));
    void loop.runForever();
    host.drain();
    expect(calls).to.deep.equal(['timer']);
  });

  it('refuse NaN and what is no number', () => {
    const { loop } = hosted();
    const nothing = (): void => undefined;
    expect(() => loop.callLater(Number.NaN, nothing)).to.throw(RangeError, 'NaN');
    expect(() => loop.callAt(Number.NaN, nothing)).to.throw(RangeError, 'NaN');
    for (const rubbish of [null, undefined, '1', {}]) {
      expect(() => loop.callLater(rubbish as never, nothing)).to.throw(TypeError);
      expect(() => loop.callAt(rubbish as never, nothing)).to.throw(TypeError);
    }
  });

  it('that are cancelled do not run, and wake nobody', () => {
    const { host, loop } = hosted();
    const first = loop.callAt(1, () => assert.fail('it ran'));
    const second = loop.callAt(2, () => assert.fail('it ran'));
    first.cancel();
    void loop.runForever();
    host.drain();
    expect(host.deadline).to.equal(2);
    second.cancel();
    second.cancel();
    host.time = 2;
    host.pump();
    expect(host.idle).to.equal(true);
  });

  it('cancelled by a callback of the same batch do not run', () => {
    const { host, loop } = hosted();
    const calls: string[] = [];
    loop.callAt(1, () => {
      calls.push('first');
      second.cancel();
    });
    const second = loop.callAt(1, () => calls.push('second'));
    void loop.runForever();
    host.finish();
    expect(calls).to.deep.equal(['first']);
  });
});

describeEachLoop('the exception handler', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  let logged: unknown[][];
  const { error: logError, warning: logWarning } = asyncio.logger;
  beforeEach(() => {
    loop = newLoop();
    logged = [];
    asyncio.logger.error = (...line) => logged.push(line);
  });
  afterEach(() => {
    asyncio.logger.error = logError;
    asyncio.logger.warning = logWarning;
    loop.close();
  });
  const failure = new Error('spam');
  function fail(): void {
    throw failure;
  }

  it('is none at first, and only a function or null is taken', () => {
    expect(loop.getExceptionHandler()).to.equal(null);
    const handler = (): void => undefined;
    loop.setExceptionHandler(handler);
    expect(loop.getExceptionHandler()).to.equal(handler);
    expect(() => loop.setExceptionHandler('spam' as never)).to.throw(
      TypeError,
      'A callable object or None is expected',
    );
    expect(loop.getExceptionHandler()).to.equal(handler);
    loop.setExceptionHandler(null);
    expect(loop.getExceptionHandler()).to.equal(null);
  });

  it('is told of an error in a callback, once, with the keys of asyncio; the next callback runs', async () => {
    const reports: [unknown, asyncio.ExceptionContext][] = [];
    loop.setExceptionHandler((...report) => reports.push(report));
    const calls: string[] = [];
    const handle = loop.callSoon(fail);
    loop.callSoon(() => calls.push('next'));
    await runOnce(loop);
    expect(reports).to.have.length(1);
    expect(reports[0]?.[0]).to.equal(loop);
    const context = reports[0]?.[1];
    expect(Object.keys(context ?? {}).sort()).to.deep.equal(['exception', 'handle', 'message']);
    expect(context?.message).to.match(/^Exception in callback .*fail/);
    expect(context?.exception).to.equal(failure);
    expect(context?.handle).to.equal(handle);
    expect(calls).to.deep.equal(['next']);
    expect(logged).to.deep.equal([]);
  });

  it('is told of the error of a timer', async () => {
    const reports = recordReports(loop);
    loop.callLater(0, fail);
    await loop.runUntilComplete(asyncio.sleep(0.001));
    expect(reports.map((report) => report.exception)).to.deep.equal([failure]);
    expect(reports[0]?.handle).to.be.instanceOf(asyncio.TimerHandle);
  });

  it('gets where the callback was scheduled, in debug mode', async () => {
    const reports = recordReports(loop);
    loop.setDebug(true);
    loop.callSoon(fail);
    await runOnce(loop);
    expect(Object.keys(reports[0] ?? {}).sort()).to.deep.equal([
      'exception',
      'handle',
      'message',
      'sourceTraceback',
    ]);
    expect(reports[0]?.sourceTraceback).to.be.a('string').that.includes('base-events.test');
  });

  it('is told of what is no Error as it was thrown', async () => {
    const reports = recordReports(loop);
    loop.callSoon(() => {
      throw 'a string';
    });
    loop.callSoon(() => {
      throw undefined;
    });
    await runOnce(loop);
    expect(reports.map((report) => report.exception)).to.deep.equal(['a string', undefined]);
  });

  it('#15 is told of a cancellation that leaves a callback; the loop goes on', async () => {
    const reports = recordReports(loop);
    loop.callSoon(() => {
      throw new asyncio.CancelledError();
    });
    loop.callSoon(() => {
      throw new asyncio.BaseException('contained');
    });
    await runOnce(loop);
    expect(reports.map((report) => (report.exception as Error).name)).to.deep.equal([
      'CancelledError',
      'BaseException',
    ]);
  });

  for (const exit of [new asyncio.SystemExit(5), new asyncio.KeyboardInterrupt()]) {
    it(`#15 ${exit.name} leaves the loop at once; the rest of the batch waits for the next run`, async () => {
      const reports = recordReports(loop);
      const calls: string[] = [];
      loop.callSoon(() => {
        throw exit;
      });
      loop.callSoon(() => calls.push('rest'));
      expect(await rejection(loop.runForever())).to.equal(exit);
      expect(loop.isRunning()).to.equal(false);
      expect(asyncio._getRunningLoop()).to.equal(null);
      expect(calls).to.deep.equal([]);
      await runOnce(loop);
      expect(calls).to.deep.equal(['rest']);
      expect(reports).to.deep.equal([]);
    });
  }

  it('that fails is demoted to the default one, which gets its error and the first report', async () => {
    const second = new Error('ham');
    const contexts: asyncio.ExceptionContext[] = [];
    loop.defaultExceptionHandler = (context) => contexts.push(context);
    loop.setExceptionHandler(() => {
      throw second;
    });
    loop.callSoon(fail);
    await runOnce(loop);
    expect(contexts).to.have.length(1);
    expect(contexts[0]?.message).to.equal('Unhandled error in exception handler');
    expect(contexts[0]?.exception).to.equal(second);
    expect((contexts[0]?.['context'] as asyncio.ExceptionContext).exception).to.equal(failure);
  });

  it('#17 a default one that fails is only logged, and the loop goes on', async () => {
    const calls: string[] = [];
    loop.defaultExceptionHandler = () => {
      throw new Error('eggs');
    };
    loop.callSoon(fail);
    loop.callSoon(() => calls.push('next'));
    await runOnce(loop);
    expect(logged.map((line) => line[0])).to.deep.equal(['Exception in default exception handler']);
    expect(calls).to.deep.equal(['next']);
  });

  it('#17 when both fail, the log says so', async () => {
    loop.defaultExceptionHandler = () => {
      throw new Error('eggs');
    };
    loop.setExceptionHandler(() => {
      throw new Error('ham');
    });
    loop.callSoon(fail);
    await runOnce(loop);
    expect(logged.map((line) => line[0])).to.deep.equal([
      'Exception in default exception handler while handling an unexpected error in custom exception handler',
    ]);
  });

  it('may raise an exit, which leaves the loop', async () => {
    const exit = new asyncio.SystemExit(1);
    loop.setExceptionHandler(() => {
      throw exit;
    });
    loop.callSoon(fail);
    expect(await rejection(loop.runForever())).to.equal(exit);
  });

  it('runs in the context of the task, else the handle, that the report is about', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    loop.setExceptionHandler(() => seen.push(variable.get()));
    const context = asyncio.copyContext();
    context.run(() => variable.set('of the handle'));
    context.run(() => loop.callSoon(fail));
    await runOnce(loop);
    const taskContext = asyncio.copyContext();
    taskContext.run(() => variable.set('of the task'));
    const task = loop.createTask(asyncio.sleep(0), { context: taskContext });
    loop.callExceptionHandler({ message: 'about a task', task });
    await loop.runUntilComplete(task);
    expect(seen).to.deep.equal(['of the handle', 'of the task']);
  });
});

describe('the default exception handler', () => {
  const { error: logError } = asyncio.logger;
  let logged: unknown[][];
  beforeEach(() => {
    logged = [];
    asyncio.logger.error = (...line) => logged.push(line);
  });
  afterEach(() => {
    asyncio.logger.error = logError;
  });

  it('logs the message and the other keys in order, and has the host show the error', () => {
    const { host, loop } = hosted();
    const failure = new Error('spam');
    loop.defaultExceptionHandler({ message: 'what happened', exception: failure, zebra: 1, apple: 'two' });
    expect(logged).to.deep.equal([["what happened\napple: 'two'\nzebra: 1", failure]]);
    expect(host.shown).to.deep.equal([failure]);
  });

  it('without a message says "Unhandled exception in event loop"', () => {
    const { host, loop } = hosted();
    loop.callExceptionHandler({});
    expect(logged).to.deep.equal([['Unhandled exception in event loop']]);
    expect(host.shown).to.deep.equal([]);
  });

  it('shows an error of a callback', () => {
    const { host, loop } = hosted();
    const failure = new Error('spam');
    loop.callSoon(function spam() {
      throw failure;
    });
    void loop.runForever();
    host.drain();
    expect(logged).to.have.length(1);
    expect(logged[0]?.[0]).to.match(/^Exception in callback spam/);
    expect(host.shown).to.deep.equal([failure]);
  });

  it('can be called by a handler that has done its own part', () => {
    const { host, loop } = hosted();
    loop.setExceptionHandler((handled, context) => handled.defaultExceptionHandler(context));
    loop.callExceptionHandler({ message: 'passed on' });
    expect(logged).to.deep.equal([['passed on']]);
    expect(host.shown).to.deep.equal([]);
  });
});

describe('debug mode', () => {
  const { warning: logWarning } = asyncio.logger;
  let warnings: string[];
  beforeEach(() => {
    warnings = [];
    asyncio.logger.warning = (line) => warnings.push(line);
  });
  afterEach(() => {
    asyncio.logger.warning = logWarning;
  });

  it('is off at first', () => {
    const { loop } = hosted();
    expect(loop.getDebug()).to.equal(false);
    loop.setDebug(true);
    expect(loop.getDebug()).to.equal(true);
    loop.setDebug(false);
    expect(loop.getDebug()).to.equal(false);
  });

  it('reports a callback that takes slowCallbackDuration or longer, with its name and time', () => {
    const { host, loop } = hosted();
    loop.setDebug(true);
    expect(loop.slowCallbackDuration).to.equal(0.1);
    const slow = (): void => {
      host.time += 0.25;
    };
    const quick = (): void => {
      host.time += 0.05;
    };
    loop.callSoon(quick);
    loop.callSoon(slow);
    void loop.runForever();
    host.drain();
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^Executing <Handle .*slow.*> took 0\.250 seconds$/);
  });

  it('reports a slow step of a task', () => {
    const { host, loop } = hosted();
    loop.setDebug(true);
    loop.createTask(
      (function* () {
        yield* asyncio.sleep(0);
        host.time += 1;
        yield* asyncio.sleep(0);
      })(),
      { name: 'the slow one' },
    );
    void loop.runForever();
    host.drain();
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^Executing <Task .*'the slow one'.*> took 1\.000 seconds$/);
  });

  it('takes another limit', () => {
    const { host, loop } = hosted();
    loop.setDebug(true);
    loop.slowCallbackDuration = 2;
    loop.callSoon(() => {
      host.time += 1;
    });
    loop.callSoon(() => {
      host.time += 3;
    });
    void loop.runForever();
    host.drain();
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('took 3.000 seconds');
  });

  it('says nothing of slow callbacks when it is off', () => {
    const { host, loop } = hosted();
    loop.callSoon(() => {
      host.time += 100;
    });
    void loop.runForever();
    host.drain();
    expect(warnings).to.deep.equal([]);
  });
});

describe('instruments', () => {
  const HOOKS = [
    'taskSpawned',
    'taskScheduled',
    'beforeTaskStep',
    'afterTaskStep',
    'taskDone',
    'handleScheduled',
    'beforeHandle',
    'afterHandle',
    'timerScheduled',
    'beforeIteration',
    'loopIdle',
  ] as const;

  /** An instrument that writes down which of its hooks is called. */
  function recorder(log: string[], hooks: readonly string[] = HOOKS): object {
    return Object.fromEntries(hooks.map((hook) => [hook, () => log.push(hook)]));
  }

  it('see a callback scheduled, begun and ended, and the loop become idle', () => {
    const { host, loop } = hosted();
    const log: string[] = [];
    loop.addInstrument(recorder(log));
    loop.callSoon(() => log.push('callback'));
    void loop.runForever();
    host.drain();
    expect(log).to.deep.equal([
      'handleScheduled',
      'beforeIteration',
      'beforeHandle',
      'callback',
      'afterHandle',
      'loopIdle',
    ]);
  });

  it('see a task spawned, scheduled, stepped and done', () => {
    const { host, loop } = hosted();
    const log: string[] = [];
    loop.addInstrument(
      recorder(log, ['taskSpawned', 'taskScheduled', 'beforeTaskStep', 'afterTaskStep', 'taskDone']),
    );
    loop.createTask(
      (function* () {
        log.push('first');
        yield* asyncio.sleep(0);
        log.push('second');
      })(),
    );
    void loop.runForever();
    host.drain();
    expect(log).to.deep.equal([
      'taskSpawned',
      'taskScheduled',
      'beforeTaskStep',
      'first',
      'taskScheduled',
      'afterTaskStep',
      'beforeTaskStep',
      'second',
      'taskDone',
      'afterTaskStep',
    ]);
  });

  it('get the handle, the size of the batch, the time, and the deadline', () => {
    const { host, loop } = hosted({ time: 3 });
    const seen: unknown[][] = [];
    loop.addInstrument({
      beforeHandle: (handle) => seen.push(['beforeHandle', handle]),
      timerScheduled: (handle) => seen.push(['timerScheduled', handle]),
      beforeIteration: (ready, time) => seen.push(['beforeIteration', ready, time]),
      loopIdle: (deadline) => seen.push(['loopIdle', deadline]),
    });
    const timer = loop.callAt(5, () => undefined);
    const handle = loop.callSoon(() => undefined);
    void loop.runForever();
    host.pump(1);
    expect(seen).to.deep.equal([
      ['timerScheduled', timer],
      ['beforeIteration', 1, 3],
      ['beforeHandle', handle],
      ['loopIdle', 5],
    ]);
  });

  it('are called in the order in which they were added, each once', () => {
    const { host, loop } = hosted();
    const log: string[] = [];
    const first = { beforeHandle: () => log.push('first') };
    const second = { beforeHandle: () => log.push('second') };
    loop.addInstrument(first);
    loop.addInstrument(second);
    loop.addInstrument(first);
    loop.callSoon(() => undefined);
    void loop.runForever();
    host.drain();
    expect(log).to.deep.equal(['first', 'second']);
  });

  it('keep their `this`', () => {
    const { host, loop } = hosted();
    class Counter {
      count = 0;
      beforeHandle(): void {
        this.count += 1;
      }
    }
    const counter = new Counter();
    loop.addInstrument(counter);
    loop.callSoon(() => undefined);
    void loop.runForever();
    host.drain();
    expect(counter.count).to.equal(1);
  });

  it('that were removed are called no more; the others are', () => {
    const { host, loop } = hosted();
    const log: string[] = [];
    const removed = { beforeHandle: () => log.push('removed') };
    loop.addInstrument(removed);
    loop.addInstrument({ beforeHandle: () => log.push('kept') });
    loop.removeInstrument(removed);
    loop.removeInstrument({ beforeHandle: () => log.push('never added') });
    loop.callSoon(() => undefined);
    void loop.runForever();
    host.drain();
    expect(log).to.deep.equal(['kept']);
  });

  for (const hook of HOOKS) {
    it(`one that fails in ${hook}() is reported, removed, and harms nobody`, () => {
      const { host, loop } = hosted();
      const reports = recordReports(loop);
      const failure = new Error('broken view');
      const log: string[] = [];
      const others: string[] = [];
      loop.addInstrument({
        ...recorder(log),
        [hook]: () => {
          log.push(`${hook} failed`);
          throw failure;
        },
      });
      loop.addInstrument(recorder(others));
      const calls: string[] = [];
      loop.callLater(1, () => calls.push('timer'));
      loop.callSoon(() => calls.push('callback'));
      const task = loop.createTask(
        (function* () {
          yield* asyncio.sleep(0);
          calls.push('task');
          return 'result';
        })(),
      );
      void loop.runForever();
      host.finish();
      expect(calls).to.deep.equal(['callback', 'task', 'timer']);
      expect(task.result()).to.equal('result');
      expect(reports.map((report) => report.exception)).to.deep.equal([failure]);
      expect(reports[0]?.message).to.include(hook);
      expect(log.indexOf(`${hook} failed`)).to.equal(log.length - 1);
      expect(new Set(others)).to.deep.equal(new Set(HOOKS));
      expect(asyncio._getRunningLoop()).to.equal(null);
    });
  }

  it('may raise an exit, which leaves the loop', async () => {
    const { host, loop } = hosted();
    const exit = new asyncio.SystemExit(1);
    loop.addInstrument({
      beforeHandle: () => {
        throw exit;
      },
    });
    loop.callSoon(() => undefined);
    const run = rejection(loop.runForever());
    host.drain();
    expect(await run).to.equal(exit);
  });

  it('added or removed during a run take part from then on', () => {
    const { host, loop } = hosted();
    const log: string[] = [];
    const instrument = { beforeHandle: () => log.push('instrument') };
    loop.callSoon(() => {
      log.push('a');
      loop.addInstrument(instrument);
      loop.callSoon(() => {
        log.push('b');
        loop.removeInstrument(instrument);
        loop.callSoon(() => log.push('c'));
      });
    });
    void loop.runForever();
    host.drain();
    expect(log).to.deep.equal(['a', 'instrument', 'b', 'c']);
  });
});

describe('a loop of one’s own', () => {
  it('collects events from outside in pollEvents(); they take part in the same iteration', () => {
    const calls: string[] = [];
    class PollingLoop extends asyncio.BaseEventLoop {
      readonly inbox: (() => void)[] = [];
      protected override pollEvents(): readonly asyncio.Callback[] {
        return this.inbox.splice(0);
      }
    }
    const host = new FakeHost();
    const loop = new PollingLoop(host);
    loop.inbox.push(() => calls.push('event'));
    loop.callSoon(() => calls.push('ready'));
    loop.callLater(0, () => calls.push('timer'));
    void loop.runForever();
    host.pump(3);
    expect(calls).to.deep.equal(['ready', 'event', 'timer']);
  });

  it('a defect of a subclass ends the run with its error', async () => {
    const defect = new Error('defect');
    class BrokenLoop extends asyncio.BaseEventLoop {
      protected override pollEvents(): never {
        throw defect;
      }
    }
    const host = new FakeHost();
    const loop = new BrokenLoop(host);
    const run = loop.runForever();
    host.drain();
    expect(await rejection(run)).to.equal(defect);
    expect(loop.isRunning()).to.equal(false);
    expect(host.started).to.equal(false);
  });

  it('a run that has not ended stays pending', async () => {
    const { host, loop } = hosted();
    const run = loop.runForever();
    host.drain();
    expect(await settled(run)).to.equal('pending');
    loop.stop();
    host.drain();
    expect(await settled(run)).to.equal('fulfilled');
  });
});
