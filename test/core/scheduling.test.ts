import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, ManualHost, recordReports, simulate } from '../support/loops.ts';

/** Runs a loop until the queue has been worked off once: a stop is asked for beforehand. */
async function runOneIteration(loop: asyncio.AbstractEventLoop): Promise<void> {
  loop.stop();
  await loop.runForever();
}

describeEachLoop('an iteration', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => loop.close());

  it('#1 runs exactly the callbacks that were ready at its start', async () => {
    const batches: string[][] = [];
    loop.addInstrument({ beforeIteration: () => batches.push([]) });
    const call = (name: string, next: readonly string[]): void => {
      batches.at(-1)?.push(name);
      for (const child of next) loop.callSoon(call, child, []);
    };
    loop.callSoon(call, 'a', ['a1', 'a2']);
    loop.callSoon(call, 'b', ['b1']);
    loop.callSoon(() => {
      batches.at(-1)?.push('c');
      loop.callSoon(() => loop.callSoon(() => loop.stop()));
    });
    await loop.runForever();
    expect(batches.slice(0, 3)).to.deep.equal([['a', 'b', 'c'], ['a1', 'a2', 'b1'], []]);
  });

  it('#1 looks at the timers before each batch, however much is ready', async () => {
    const calls: string[] = [];
    let rounds = 0;
    loop.callSoon(function again() {
      rounds += 1;
      if (rounds === 2) loop.callLater(0, () => calls.push(`timer before round ${rounds + 1}`));
      if (rounds < 5) loop.callSoon(again);
      else loop.stop();
    });
    await loop.runForever();
    expect(calls).to.deep.equal(['timer before round 4']);
  });

  it('callbacks run first in, first out, from wherever they were queued', async () => {
    const calls: number[] = [];
    for (let i = 0; i < 1000; i += 1) {
      (i % 2 === 0 ? loop.callSoon(push, i) : loop.callSoonThreadsafe(push, i)).cancelled();
    }
    function push(i: number): void {
      calls.push(i);
    }
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    expect(calls).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('#2 stop() lets the batch end; what was added in it waits for the next run', async () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('first');
      loop.stop();
      loop.callSoon(() => calls.push('added after the stop'));
    });
    loop.callSoon(() => {
      calls.push('second');
      loop.callSoon(() => calls.push('added by the second'));
    });
    await loop.runForever();
    expect(calls).to.deep.equal(['first', 'second']);
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['first', 'second', 'added after the stop', 'added by the second']);
  });

  it('#2 stop() twice in one batch ends one run only', async () => {
    loop.callSoon(() => loop.stop());
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    const calls: string[] = [];
    const last = (): void => {
      calls.push('the second run came to its own stop');
      loop.stop();
    };
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(last)));
    await loop.runForever();
    expect(calls).to.deep.equal(['the second run came to its own stop']);
  });

  it('#3 stop() before runForever() gives exactly one iteration', async () => {
    let iterations = 0;
    loop.addInstrument({ beforeIteration: () => (iterations += 1) });
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('queued before');
      loop.callSoon(() => calls.push('queued by it'));
    });
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['queued before']);
    expect(iterations).to.equal(1);
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['queued before', 'queued by it']);
    expect(iterations).to.equal(2);
  });

  it('#3 stop() before runForever() does not wait for a timer', async () => {
    const calls: string[] = [];
    loop.callLater(1e6, () => calls.push('timer'));
    const before = loop.time();
    await runOneIteration(loop);
    expect(calls).to.deep.equal([]);
    expect(loop.time() - before).to.be.lessThan(1e5);
  });

  it('#4 runUntilComplete() that is stopped rejects, and the task can be driven again', async () => {
    let rounds = 0;
    const task = loop.createTask(
      (function* () {
        while (rounds < 10) {
          yield* asyncio.sleep(0);
          rounds += 1;
          if (rounds === 2) loop.stop();
        }
        return 'complete';
      })(),
    );
    let error: unknown;
    await loop.runUntilComplete(task).catch((reason: unknown) => {
      error = reason;
    });
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.equal('Event loop stopped before Future completed.');
    expect(task.done()).to.equal(false);
    expect(rounds).to.equal(2);
    expect(await loop.runUntilComplete(task)).to.equal('complete');
    expect(rounds).to.equal(10);
  });

  it('#4 runUntilComplete() takes its done callback away, so that a later end stops nothing', async () => {
    const future = loop.createFuture<string>();
    loop.callSoon(() => loop.stop());
    await loop.runUntilComplete(future).catch(() => undefined);
    const calls: string[] = [];
    const last = (): void => {
      calls.push('the second run came to its own stop');
      loop.stop();
    };
    loop.callSoon(() => future.setResult('late'));
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.callSoon(last))));
    await loop.runForever();
    expect(calls).to.deep.equal(['the second run came to its own stop']);
    expect(future.result()).to.equal('late');
  });

  it('#4 runUntilComplete() of a future that is done gives its result', async () => {
    const future = loop.createFuture<number>();
    future.setResult(7);
    expect(await loop.runUntilComplete(future)).to.equal(7);
    expect(await loop.runUntilComplete(future)).to.equal(7);
  });

  it('#5 callSoon() comes before timers that are due, and earlier deadlines come first', async () => {
    const calls: string[] = [];
    const push = (name: string): unknown => calls.push(name);
    loop.callSoon(() => {
      loop.callLater(-1, push, 'minus one');
      loop.callLater(0, push, 'zero');
      loop.callLater(-2, push, 'minus two');
      loop.callSoon(push, 'soon');
      loop.callSoon(() => loop.callSoon(() => loop.stop()));
    });
    await loop.runForever();
    expect(calls).to.deep.equal(['soon', 'minus two', 'minus one', 'zero']);
  });

  it('#6 timers with equal deadlines fire in the order they were made', async () => {
    const calls: number[] = [];
    const when = loop.time() + 0.001;
    for (let i = 0; i < 100; i += 1) loop.callAt(when, (index: number) => calls.push(index), i);
    loop.callAt(when + 0.001, () => loop.stop());
    await loop.runForever();
    expect(calls).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
  });

  it('timers fire in the order of their deadlines, whatever the order they were made in', async () => {
    const calls: number[] = [];
    const start = loop.time();
    const delays = [5, 1, 4, 2, 8, 3, 7, 6];
    for (const delay of delays) loop.callAt(start + delay / 1000, (ms: number) => calls.push(ms), delay);
    loop.callAt(start + 0.009, () => loop.stop());
    await loop.runForever();
    expect(calls).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('#11 done callbacks are queued when the future is done, in order, behind what is ready', async () => {
    const calls: string[] = [];
    const future = loop.createFuture<void>();
    future.addDoneCallback(() => calls.push('first'));
    future.addDoneCallback(() => calls.push('second'));
    loop.callSoon(() => calls.push('ready before'));
    future.setResult();
    loop.callSoon(() => calls.push('ready after'));
    expect(calls).to.deep.equal([]);
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['ready before', 'first', 'second', 'ready after']);
  });

  it('#12 a waiter resumes in the slot of its wake-up, between the callbacks around it', async () => {
    const calls: string[] = [];
    const future = loop.createFuture<void>();
    future.addDoneCallback(() => calls.push('before'));
    loop.createTask(
      (function* () {
        yield* future;
        calls.push('waiter');
      })(),
    );
    await runOneIteration(loop);
    future.addDoneCallback(() => calls.push('after'));
    future.setResult();
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['before', 'waiter', 'after']);
  });

  it('#14 awaiting a future that is done goes on without giving way', async () => {
    const calls: string[] = [];
    const future = loop.createFuture<number>();
    future.setResult(5);
    loop.createTask(
      (function* () {
        loop.callSoon(() => calls.push('callback'));
        for (let i = 0; i < 100; i += 1) expect(yield* future).to.equal(5);
        calls.push('awaited a hundred times');
      })(),
    );
    await runOneIteration(loop);
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['awaited a hundred times', 'callback']);
  });

  it('#15 interrupt and exit leave the loop from a callback at once', async () => {
    for (const Exit of [asyncio.KeyboardInterrupt, asyncio.SystemExit]) {
      const calls: string[] = [];
      const reports = recordReports(loop);
      const exit = new Exit('now');
      loop.callSoon(() => {
        throw exit;
      });
      loop.callSoon(() => calls.push('next'));
      let error: unknown;
      await loop.runForever().catch((reason: unknown) => {
        error = reason;
      });
      expect(error).to.equal(exit);
      expect(calls).to.deep.equal([]);
      await runOneIteration(loop);
      expect(calls).to.deep.equal(['next']);
      expect(reports).to.deep.equal([]);
    }
  });

  it('#15 interrupt and exit leave the loop from a task, and the task keeps them', async () => {
    for (const Exit of [asyncio.KeyboardInterrupt, asyncio.SystemExit]) {
      const exit = new Exit('now');
      const task = loop.createTask(
        (function* () {
          yield* asyncio.sleep(0);
          throw exit;
        })(),
      );
      let error: unknown;
      await loop.runForever().catch((reason: unknown) => {
        error = reason;
      });
      expect(error).to.equal(exit);
      expect(task.done()).to.equal(true);
      expect(task.cancelled()).to.equal(false);
      expect(task.exception()).to.equal(exit);
      expect(asyncio.currentTask(loop)).to.equal(null);
    }
  });

  it('#15 an exit thrown while a task is being cancelled leaves the loop, and the task is not cancelled', async () => {
    const exit = new asyncio.SystemExit(3);
    const task = loop.createTask(
      (function* () {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (asyncio.isCancelled(error)) throw exit;
          throw error;
        }
      })(),
    );
    await runOneIteration(loop);
    task.cancel();
    expect(task.done()).to.equal(false);
    let error: unknown;
    await loop.runForever().catch((reason: unknown) => {
      error = reason;
    });
    expect(error).to.equal(exit);
    expect(task.cancelled()).to.equal(false);
    expect(task.exception()).to.equal(exit);
  });

  it('#15 every other error is contained: other BaseExceptions, cancellation, and things that are no errors', async () => {
    class Weird extends asyncio.BaseException {}
    const reports = recordReports(loop);
    const thrown = [
      new Error('plain'),
      new Weird('base'),
      new asyncio.CancelledError('cancelled'),
      'text',
      undefined,
    ];
    for (const error of thrown) {
      loop.callSoon(() => {
        throw error;
      });
    }
    await runOneIteration(loop);
    expect(reports.map((report) => report.exception)).to.have.ordered.members(thrown);
    const task = loop.createTask(
      (function* () {
        throw new Weird('in a task');
      })(),
    );
    await runOneIteration(loop);
    expect(task.exception()).to.be.instanceOf(Weird);
    expect(reports).to.have.length(thrown.length);
  });

  it('#16 an exit out of a coroutine given to runUntilComplete() is not reported a second time', async () => {
    const reports = recordReports(loop);
    const interrupt = new asyncio.KeyboardInterrupt();
    let error: unknown;
    await loop
      .runUntilComplete(
        (function* () {
          throw interrupt;
        })(),
      )
      .catch((reason: unknown) => {
        error = reason;
      });
    expect(error).to.equal(interrupt);
    loop.close();
    expect(reports).to.deep.equal([]);
  });

  it('#16 after an exit out of runUntilComplete() no stop is left over for the next run', async () => {
    await loop
      .runUntilComplete(
        (function* () {
          throw new asyncio.KeyboardInterrupt();
        })(),
      )
      .catch(() => undefined);
    let called = false;
    loop.callSoon(() =>
      loop.callSoon(() =>
        loop.callSoon(() => {
          called = true;
          loop.stop();
        }),
      ),
    );
    await loop.runForever();
    expect(called).to.equal(true);
  });

  it('work queued by native code wakes a loop that waits', async () => {
    const running = loop.runForever();
    const calls: string[] = [];
    await new Promise((resolve) => setTimeout(resolve, 0));
    loop.callSoon(() => calls.push('from a task'));
    await new Promise<void>((resolve) => {
      loop.callSoon(() => resolve());
    });
    await Promise.resolve();
    loop.callSoonThreadsafe(() => calls.push('from a microtask'));
    loop.callLater(0, () => {
      calls.push('timer');
      loop.stop();
    });
    await running;
    expect(calls).to.deep.equal(['from a task', 'from a microtask', 'timer']);
  });

  it('stop() from native code ends a loop that waits', async () => {
    const running = loop.runForever();
    await new Promise((resolve) => setTimeout(resolve, 0));
    loop.stop();
    await running;
    expect(loop.isRunning()).to.equal(false);
  });

  it('a callback that throws does not keep the others from running', async () => {
    const reports = recordReports(loop);
    const calls: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      loop.callSoon(() => {
        calls.push(i);
        throw new Error(`number ${i}`);
      });
    }
    await runOneIteration(loop);
    expect(calls).to.have.length(100);
    expect(reports).to.have.length(100);
  });
});

describe('sleep', () => {
  it('#10 sleep(0) and negative delays give way exactly once, without a timer', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop() as asyncio.BaseEventLoop;
      let timers = 0;
      const instrument = { timerScheduled: () => (timers += 1) };
      loop.addInstrument(instrument);
      for (const delay of [0, -0, -1, -Infinity]) {
        let passes = 0;
        let handle = loop.callSoon(again);
        function again(): void {
          passes += 1;
          handle = loop.callSoon(again);
        }
        yield* asyncio.sleep(delay);
        handle.cancel();
        expect(passes).to.equal(1);
      }
      loop.removeInstrument(instrument);
      expect(timers).to.equal(0);
      expect(loop.time()).to.equal(0);
    }));

  it('#10 gives its result, whatever the delay', () =>
    simulate(function* () {
      const token = {};
      expect(yield* asyncio.sleep(0, token)).to.equal(token);
      expect(yield* asyncio.sleep(-1, token)).to.equal(token);
      expect(yield* asyncio.sleep(5, token)).to.equal(token);
      expect(yield* asyncio.sleep(0)).to.equal(undefined);
      expect(yield* asyncio.sleep(1)).to.equal(undefined);
      expect(asyncio.getRunningLoop().time()).to.equal(6);
    }));

  it('#10 NaN raises RangeError and what is no number TypeError, when awaited and not before', () =>
    simulate(function* () {
      for (const [delay, error] of [
        [NaN, RangeError],
        ['1', TypeError],
        [undefined, TypeError],
        [null, TypeError],
      ] as const) {
        const coro = asyncio.sleep(delay as number);
        let thrown: unknown;
        try {
          yield* coro;
        } catch (raised) {
          thrown = raised;
        }
        expect(thrown).to.be.instanceOf(error);
      }
    }));

  it('#10 a sleep that is cancelled, and one that is over, cancels its timer', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop() as asyncio.BaseEventLoop;
      const timers: asyncio.TimerHandle[] = [];
      loop.addInstrument({ timerScheduled: (timer) => timers.push(timer) });
      const task = asyncio.createTask(asyncio.sleep(100));
      yield* asyncio.sleep(0);
      expect(timers).to.have.length(1);
      task.cancel();
      yield* asyncio.wait([task]);
      expect(timers[0]?.cancelled()).to.equal(true);
      yield* asyncio.sleep(1);
      expect(timers[1]?.cancelled()).to.equal(true);
      expect(loop.time()).to.equal(1);
    }));

  it('sleep(0) is a coroutine that a task can run and cancel', () =>
    simulate(function* () {
      expect(asyncio.iscoroutine(asyncio.sleep(0))).to.equal(true);
      expect(yield* asyncio.createTask(asyncio.sleep(0, 'result'))).to.equal('result');
      const unstarted = asyncio.createTask(asyncio.sleep(0));
      unstarted.cancel('before the start');
      const started = asyncio.createTask(asyncio.sleep(0));
      yield* asyncio.sleep(0);
      started.cancel('in the middle');
      yield* asyncio.wait([unstarted, started]);
      expect([unstarted.cancelled(), started.cancelled()]).to.deep.equal([true, true]);
    }));

  it('sleep(Infinity) waits until it is cancelled', () =>
    simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(Infinity));
      yield* asyncio.sleep(1e9);
      expect(task.done()).to.equal(false);
      task.cancel();
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
    }));

  it('sleepers wake in the order of their deadlines, and equal ones in the order they slept', () =>
    simulate(function* () {
      const log: string[] = [];
      const sleeper = function* (name: string, delay: number): asyncio.Coroutine<void> {
        yield* asyncio.sleep(delay);
        log.push(name);
      };
      yield* asyncio.gather(
        sleeper('c', 3),
        sleeper('a', 1),
        sleeper('b', 2),
        sleeper('a2', 1),
        sleeper('b2', 2),
      );
      expect(log).to.deep.equal(['a', 'a2', 'b', 'b2', 'c']);
    }));
});

describe('the clock and the wake-ups of a host', () => {
  let host: ManualHost;
  let loop: asyncio.BaseEventLoop;
  let running: Promise<void>;
  beforeEach(() => {
    host = new ManualHost();
    loop = new asyncio.BaseEventLoop(host);
    running = loop.runForever();
    host.drain();
  });
  afterEach(async () => {
    loop.stop();
    host.drain();
    await running;
    expect(host.running).to.equal(false);
    loop.close();
  });

  it('#9 a timer counts as due up to one step of the clock early, and not earlier', () => {
    host.clockResolution = 0.01;
    const calls: string[] = [];
    loop.callAt(1.0099, () => calls.push('within the step'));
    loop.callAt(1.0101, () => calls.push('beyond the step'));
    host.time = 1;
    host.pump();
    host.drain();
    expect(calls).to.deep.equal(['within the step']);
    expect(host.deadline).to.equal(1.0101);
    host.time = 1.001;
    host.pump();
    host.drain();
    expect(calls).to.deep.equal(['within the step', 'beyond the step']);
  });

  it('#9 a deadline that equals the time is due, also where one step is lost in a large clock', () => {
    for (const now of [0, 1, 2 ** 40, 1e15]) {
      host.time = now;
      let called = false;
      loop.callLater(0, () => (called = true));
      host.pump();
      host.drain();
      expect(called, `at ${now}`).to.equal(true);
    }
  });

  it('asks for nothing while it has nothing to do', () => {
    expect(host.idle).to.equal(true);
    host.pump();
    expect(host.idle).to.equal(true);
  });

  it('asks for a wake-up at the earliest deadline, and again when an earlier one comes', () => {
    loop.callAt(5, () => undefined);
    expect(host.deadline).to.equal(5);
    loop.callAt(9, () => undefined);
    expect(host.deadline).to.equal(5);
    loop.callAt(2, () => undefined);
    expect(host.deadline).to.equal(2);
    expect(host.wantsSoon).to.equal(false);
  });

  it('asks for a wake-up at once when a callback is queued, once for many', () => {
    let wakes = 0;
    host.wakeSoon = () => {
      wakes += 1;
      host.wantsSoon = true;
    };
    for (let i = 0; i < 10; i += 1) loop.callSoon(() => undefined);
    expect(wakes).to.equal(1);
    host.drain();
    expect(host.idle).to.equal(true);
  });

  it('a pump that comes too early asks again for the same deadline', () => {
    let called = false;
    loop.callAt(5, () => (called = true));
    host.time = 4;
    host.pump();
    expect(called).to.equal(false);
    expect(host.deadline).to.equal(5);
    host.time = 5;
    host.pump();
    host.drain();
    expect(called).to.equal(true);
    expect(host.idle).to.equal(true);
  });

  it('a pump inside a pump does nothing', () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('outer begins');
      host.pump(1000);
      calls.push('outer ends');
    });
    loop.callSoon(() => calls.push('next'));
    host.pump(1000);
    host.drain();
    expect(calls).to.deep.equal(['outer begins', 'outer ends', 'next']);
  });

  it('a cut into chunks does not change what an iteration is', () => {
    const log = (chunk: number): string[] => {
      const calls: string[] = [];
      loop.callSoon(() => {
        calls.push('a');
        loop.callSoon(() => calls.push('a2'));
        loop.callLater(0, () => calls.push('timer'));
      });
      loop.callSoon(() => {
        calls.push('b');
        loop.callSoon(() => calls.push('b2'));
      });
      while (host.wantsSoon) host.pump(chunk);
      return calls;
    };
    const whole = log(1000);
    expect(whole).to.deep.equal(['a', 'b', 'a2', 'b2', 'timer']);
    for (const chunk of [1, 2, 3]) expect(log(chunk), `chunks of ${chunk}`).to.deep.equal(whole);
  });

  it('a stop in the middle of a batch that is cut into chunks lets the batch end', async () => {
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('first');
      loop.stop();
      loop.callSoon(() => calls.push('added'));
    });
    loop.callSoon(() => calls.push('second'));
    loop.callSoon(() => calls.push('third'));
    host.drain();
    await running;
    expect(calls).to.deep.equal(['first', 'second', 'third']);
    running = loop.runForever();
    host.drain();
    expect(calls).to.deep.equal(['first', 'second', 'third', 'added']);
  });

  it('a timer that is cancelled is not waited for any longer than to the next tick', () => {
    const timer = loop.callAt(5, () => undefined);
    loop.callAt(8, () => undefined);
    timer.cancel();
    host.time = 1;
    host.pump();
    expect(host.deadline).to.equal(8);
  });
});

describe('pollEvents and processEvents', () => {
  class PollingLoop extends asyncio.BaseEventLoop {
    readonly timeouts: number[] = [];
    events: asyncio.Callback[] = [];
    protected override pollEvents(timeout: number): readonly asyncio.Callback[] {
      this.timeouts.push(timeout);
      return this.events.splice(0);
    }
    wait(): number {
      return this.nextTimeout();
    }
  }

  it('#3 a loop that was stopped beforehand polls once, without waiting', async () => {
    const host = new ManualHost();
    const loop = new PollingLoop(host);
    loop.stop();
    const running = loop.runForever();
    host.drain();
    await running;
    expect(loop.timeouts).to.deep.equal([0]);
    loop.close();
  });

  it('events come behind what is ready and before timers that are due', async () => {
    const host = new ManualHost();
    const loop = new PollingLoop(host);
    const calls: string[] = [];
    loop.callLater(0, () => calls.push('timer'));
    loop.callSoon(() => calls.push('ready'));
    loop.events.push(() => calls.push('event'));
    loop.stop();
    const running = loop.runForever();
    host.drain();
    await running;
    expect(calls).to.deep.equal(['ready', 'event', 'timer']);
    loop.close();
  });

  it('nextTimeout() is 0 with work, the time to the first live timer, or Infinity, and at most a day', () => {
    const host = new ManualHost();
    const loop = new PollingLoop(host);
    expect(loop.wait()).to.equal(Infinity);
    const first = loop.callAt(10, () => undefined);
    loop.callAt(30, () => undefined);
    expect(loop.wait()).to.equal(10);
    host.time = 4;
    expect(loop.wait()).to.equal(6);
    first.cancel();
    expect(loop.wait()).to.equal(26);
    host.time = 40;
    expect(loop.wait()).to.equal(0);
    host.time = 0;
    loop.callSoon(() => undefined).cancel();
    expect(loop.wait()).to.equal(0);
    loop.close();
    const patient = new PollingLoop(host);
    patient.callAt(1e9, () => undefined);
    expect(patient.wait()).to.equal(24 * 3600);
    patient.stop();
    expect(patient.wait()).to.equal(0);
    patient.close();
  });
});
