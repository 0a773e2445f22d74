// The clock of SimLoop. S1 to S8 are the simulator's acceptance tests of time.

import * as asyncio from 'asyncio-web';
import { runSim, SimLimitError, SimLoop, waitAllTasksBlocked } from 'asyncio-web/testing';
import { assert, expect } from 'chai';
import { recordReports } from '../support/loops.ts';
import { realTurns, rejection } from '../support/outcomes.ts';

const { sleep, createTask } = asyncio;
const DAY = 86_400;

/** A Promise of the real world. */
function realDelay<T>(milliseconds: number, value?: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value as T), milliseconds));
}

/** A loop with callbacks that note when they are called. */
function loopWithTimers(...delays: number[]): { sim: SimLoop; calls: string[] } {
  const sim = new SimLoop();
  const calls: string[] = [];
  delays.forEach((delay, index) => {
    sim.callLater(delay, () => calls.push(`${index} at ${sim.time()}`));
  });
  return { sim, calls };
}

describe('SimLoop: the clock', () => {
  it('S1 sleep(60) takes 60 s of virtual time and no turn of the real event loop', () => {
    let turned = false;
    void Promise.resolve().then(() => (turned = true));
    const time = runSim(function* (sim) {
      yield* sleep(60);
      return sim.time();
    });
    expect(time).to.equal(60);
    expect(turned).to.equal(false);
  });

  it('S2 30 days, and sleep(1e9)', () => {
    const time = runSim(function* (sim) {
      for (let day = 0; day < 30; day += 1) yield* sleep(DAY);
      yield* sleep(1e9);
      return sim.time();
    });
    expect(time).to.equal(30 * DAY + 1e9);
  });

  it('S3 a cancelled timer does not move the clock: waitFor(sleep(10), 1) ends at 1', () => {
    const time = runSim(function* (sim) {
      try {
        yield* asyncio.waitFor(sleep(10), 1);
        return assert.fail('it did not time out');
      } catch (error) {
        if (!(error instanceof asyncio.TimeoutError)) throw error;
      }
      yield* sleep(0);
      expect(sim.pendingTimers()).to.equal(0);
      return sim.time();
    });
    expect(time).to.equal(1);
  });

  it('S4 100 000 sums of 0.1 and of 0.2 are exact', () => {
    const [time, ticks] = runSim(function* (sim) {
      for (let count = 0; count < 50_000; count += 1) {
        yield* sleep(0.1);
        yield* sleep(0.2);
      }
      return [sim.time(), sim.ticks] as const;
    });
    expect(time).to.equal(15_000);
    expect(ticks).to.equal(15_000_000_000);
  });

  it('S5 two timers of one tick fire in the order they were made, the next at a later tick', () => {
    const { sim, calls } = loopWithTimers(1, 2, 1);
    sim.advanceUntilIdle();
    expect(calls).to.deep.equal(['0 at 1', '2 at 1', '1 at 2']);
    sim.close();
  });

  it('S6 advanceTimeBy(d) runs what is due at exactly now + d, and nothing later', () => {
    const { sim, calls } = loopWithTimers(1, 2, 2.000_001);
    sim.advanceTimeBy(2);
    expect(calls).to.deep.equal(['0 at 1', '1 at 2']);
    expect(sim.time()).to.equal(2);
    sim.advanceTimeBy(0);
    expect(calls).to.have.length(2);
    sim.advanceTimeBy(0.000_001);
    expect(calls).to.have.length(3);
    sim.close();
  });

  for (const depth of [100, 1000]) {
    it(`S7 a timeout of 9 s around a sleep of 1 s behind ${depth} awaits does not expire (closed)`, () => {
      function* chain(links: number): asyncio.Coroutine<string> {
        if (links > 0) return yield* links % 2 === 0 ? createTask(chain(links - 1)) : chain(links - 1);
        yield* sleep(1);
        return 'inner';
      }
      const result = runSim(() => asyncio.withTimeout(9, () => chain(depth)), { mode: 'closed' });
      expect(result).to.equal('inner');
    });

    it(`S7 a timeout of 9 s around a sleep of 1 s behind ${depth} awaits does not expire (open)`, async () => {
      const result = await asyncio.run(
        function* () {
          const loop = asyncio.getRunningLoop();
          async function chain(links: number): Promise<string> {
            if (links > 0) return await chain(links - 1);
            for (let link = 0; link < depth; link += 1) await null;
            await loop.createTask(sleep(1));
            return `inner at ${loop.time()}`;
          }
          // Past all bridges: nothing says that a Promise is waited for.
          const future = loop.createFuture<string>();
          void chain(depth).then((text) => future.setResult(text));
          return yield* asyncio.waitFor(future, 9);
        },
        { loopFactory: () => new SimLoop({ mode: 'open' }) },
      );
      expect(result).to.equal('inner at 1');
    });
  }

  it('S8 200 digests one after another do not expire a timeout of 5 s on a slow machine, and take no time', async () => {
    const crypto = globalThis.crypto.subtle;
    const time = await asyncio.run(
      function* () {
        const digest = yield* asyncio.withTimeout(5, () =>
          asyncio.asyncTask(async () => {
            let bytes = new Uint8Array([1, 2, 3]);
            for (let count = 0; count < 200; count += 1) {
              bytes = new Uint8Array(await crypto.digest('SHA-256', bytes));
              // The slow machine: the digest comes late, by more or fewer turns.
              for (let turn = 0; turn < count % 4; turn += 1) await realTurns(1);
            }
            return bytes;
          }),
        );
        expect(digest).to.have.length(32);
        return asyncio.getRunningLoop().time();
      },
      { loopFactory: () => new SimLoop({ mode: 'open' }) },
    );
    expect(time).to.equal(0);
  });

  it('a deadline just beyond a tick, by what is rounded off or a little more, comes to an end', () => {
    for (const beyond of [0.0009, 0.001, 0.0011, 0.002, 0.0021]) {
      const sim = new SimLoop({ tick: 1, maxStepsPerInstant: 1000 });
      const times: number[] = [];
      for (const whole of [1, 2, 3, 1000]) sim.callAt(whole + beyond, () => times.push(sim.time()));
      sim.callAt(1001, () => sim.stop());
      sim.advanceUntilIdle();
      // At 0.001 itself it is a matter of the last bit.
      expect(times).to.have.length(4);
      if (beyond < 0.001) expect(times).to.deep.equal([1, 2, 3, 1000]);
      if (beyond > 0.001) expect(times).to.deep.equal([2, 3, 4, 1001]);
      sim.close();
    }
  });

  // A livelock of a long run: due by its tick, and not by the clock, whose last bit is worth more than what is rounded off.
  it('a deadline at the edge of what is rounded off comes to an end however far the clock has come', () => {
    for (let exponent = 0; exponent <= 30; exponent += 1) {
      const sim = new SimLoop({ startTime: 2 ** exponent, maxStepsPerInstant: 1000 });
      let calls = 0;
      const step = 2 ** -21 / 1e6;
      for (let at = -16; at <= 16; at += 1) sim.callAt(sim.time() + 1e-6 + 1e-9 + at * step, () => calls++);
      // By hand, and bounded: what goes wrong here goes on for ever.
      for (let turn = 0; turn < 200 && calls < 33; turn += 1) sim.step();
      expect(calls, `after 2 ** ${exponent} seconds`).to.equal(33);
      sim.close();
    }
  });

  it('a date begins anywhere, by the seed, and goes with the clock', () => {
    const dates = [1, 1, 2].map((seed) =>
      runSim(
        function* (sim) {
          const start = sim.date().getTime();
          yield* sleep(1.5);
          expect(sim.date().getTime() - start).to.equal(1500);
          return start;
        },
        { seed },
      ),
    );
    expect(dates[0]).to.equal(dates[1]).and.not.to.equal(dates[2]);
  });

  it('refuses options out of range', () => {
    for (const options of [
      { tick: 0 },
      { tick: Infinity },
      { startTime: Number.NaN },
      { startTime: 5, endTime: 4 },
      { maxSteps: 0 },
      { maxStepsPerInstant: Number.NaN },
      { speed: -1 },
      { seed: 0.5 },
      { mode: 'ajar' as 'open' },
      { explore: 'tasks' as 'none' },
      { trace: 'all' as 'none' },
      { onDeadlock: 'ignore' as 'throw' },
      { replay: 'sim1:%' },
    ]) {
      expect(() => new SimLoop(options), JSON.stringify(options)).to.throw(RangeError);
    }
  });
});

describe('SimLoop: modes', () => {
  it('closed: waiting for a Promise throws at the call', () => {
    expect(() => runSim(() => asyncio.fromPromise(Promise.resolve()), { mode: 'closed' })).to.throw(
      asyncio.RuntimeError,
      'the simulation is closed to the real world',
    );
  });

  it('closed: also in an asynchronous run, which goes on', async () => {
    const result = await asyncio.run(
      function* () {
        try {
          yield* asyncio.asyncTask(async () => 1);
          return 'not closed';
        } catch (error) {
          if (!(error instanceof asyncio.RuntimeError)) throw error;
          yield* sleep(1);
          return error.message;
        }
      },
      { loopFactory: () => new SimLoop({ mode: 'closed' }) },
    );
    expect(result).to.include('Cannot wait for a Promise');
  });

  it('a synchronous run cannot be open, and cannot wait for a Promise that it was given before', () => {
    const open = new SimLoop({ mode: 'open' });
    const coro = sleep(1);
    expect(() => open.runUntilCompleteSync(coro)).to.throw(asyncio.RuntimeError, 'open');
    open.close();
    const sim = new SimLoop();
    const future = sim.external(Promise.resolve(), 'the weather');
    expect(() => sim.runUntilCompleteSync(future)).to.throw(
      asyncio.RuntimeError,
      'the program waits for the weather',
    );
    future.cancel();
    sim.close();
  });

  it('a synchronous run is refused inside a loop, while another run goes on, and after close()', async () => {
    const sim = new SimLoop();
    await asyncio.run(function* () {
      expect(() => sim.runUntilCompleteSync(sleep(0))).to.throw(asyncio.RuntimeError, 'another loop');
      expect(() => runSim(() => sleep(0))).to.throw(asyncio.RuntimeError, 'running event loop');
    });
    const run = sim.runForever();
    expect(() => sim.runUntilCompleteSync(sleep(0))).to.throw(asyncio.RuntimeError, 'already running');
    sim.stop();
    await run;
    sim.close();
    expect(() => sim.runUntilCompleteSync(sleep(0))).to.throw(asyncio.RuntimeError, 'closed');
  });

  it('a synchronous run throws what the program throws, an exit too, and can be followed by another run', async () => {
    const sim = new SimLoop();
    const reports = recordReports(sim);
    function* fail(error: Error): asyncio.Coroutine<void> {
      yield* sleep(1);
      throw error;
    }
    expect(() => sim.runUntilCompleteSync(fail(new RangeError('a')))).to.throw(RangeError, 'a');
    expect(() => sim.runUntilCompleteSync(fail(new asyncio.SystemExit('b')))).to.throw(asyncio.SystemExit);
    expect(await sim.runUntilComplete(sleep(1, 'c'))).to.equal('c');
    expect(sim.time()).to.equal(3);
    sim.close();
    expect(reports).to.deep.equal([]);
  });

  it('open: what a microtask chain past all bridges sets is seen before the clock moves', async () => {
    const time = await asyncio.run(
      function* () {
        const loop = asyncio.getRunningLoop();
        const future = loop.createFuture<void>();
        void (async () => {
          for (let link = 0; link < 500; link += 1) await null;
          future.setResult();
        })();
        yield* asyncio.waitFor(future, 1);
        return loop.time();
      },
      { loopFactory: () => new SimLoop({ mode: 'open' }) },
    );
    expect(time).to.equal(0);
  });
});

describe('SimLoop: moved by hand', () => {
  it('runCurrent() runs what is ready and what that makes ready, and leaves the clock', () => {
    const sim = new SimLoop();
    const steps: number[] = [];
    const task = sim.createTask(
      (function* () {
        for (let step = 0; step < 3; step += 1) {
          steps.push(step);
          yield* sleep(0);
        }
        yield* sleep(1);
      })(),
    );
    sim.runCurrent();
    expect(steps).to.deep.equal([0, 1, 2]);
    expect(sim.time()).to.equal(0);
    expect(sim.isRunning()).to.equal(false);
    sim.advanceTimeBy(1);
    expect(task.done()).to.equal(true);
    sim.close();
  });

  it('advanceTimeTo() ends at the time given, and refuses the past', () => {
    const { sim, calls } = loopWithTimers(1, 3);
    sim.advanceTimeTo(2.5);
    expect(sim.time()).to.equal(2.5);
    expect(calls).to.deep.equal(['0 at 1']);
    expect(() => sim.advanceTimeTo(2)).to.throw(RangeError, 'Cannot go back in time');
    for (const delay of [-1, Number.NaN, Infinity])
      expect(() => sim.advanceTimeBy(delay)).to.throw(RangeError);
    sim.close();
  });

  it('nextEventTime() and pendingTimers() tell what is to come, without what was cancelled', () => {
    const sim = new SimLoop();
    expect(sim.nextEventTime()).to.equal(null);
    const first = sim.callLater(1, () => undefined);
    sim.callLater(2, () => undefined);
    expect([sim.nextEventTime(), sim.pendingTimers()]).to.deep.equal([1, 2]);
    first.cancel();
    expect([sim.nextEventTime(), sim.pendingTimers()]).to.deep.equal([2, 1]);
    sim.close();
  });

  it('step() runs one callback, keeps the batch, and jumps when nothing is ready', () => {
    const sim = new SimLoop();
    const log: string[] = [];
    sim.callSoon(() => {
      log.push('a');
      sim.callSoon(() => log.push('c'));
    });
    sim.callSoon(() => log.push('b'));
    sim.callLater(5, () => log.push('d'));
    const seen: string[] = [];
    while (sim.step()) seen.push(`${log.join('')} at ${sim.time()}`);
    expect(seen).to.deep.equal(['a at 0', 'ab at 0', 'abc at 0', 'abcd at 5']);
    expect(sim.step()).to.equal(false);
    sim.close();
  });

  it('cannot be moved from inside', () => {
    runSim(function* (sim) {
      for (const move of [() => sim.advanceTimeBy(1), () => sim.step(), () => sim.runCurrent()])
        expect(move).to.throw(asyncio.RuntimeError, 'sleep()');
    });
  });

  it('what is thrown out of the loop comes out of the call', () => {
    const sim = new SimLoop();
    sim.callLater(1, () => {
      throw new asyncio.SystemExit('out');
    });
    expect(() => sim.advanceUntilIdle()).to.throw(asyncio.SystemExit);
    expect(sim.time()).to.equal(1);
    sim.close();
  });

  it('without autojump an asynchronous run stands still until it is moved', async () => {
    const sim = new SimLoop({ autojump: false });
    const run = sim.runUntilComplete(sleep(10, 'slept'));
    await realTurns();
    expect(sim.time()).to.equal(0);
    sim.advanceTimeBy(9);
    await realTurns();
    expect(sim.time()).to.equal(9);
    sim.advanceTimeBy(1);
    expect(await run).to.equal('slept');
    sim.close();
  });

  it('a Promise may be waited for meanwhile', async () => {
    const sim = new SimLoop({ autojump: false });
    const run = sim.runUntilComplete(
      (function* () {
        yield* sleep(1);
        const value = yield* asyncio.fromPromise(Promise.resolve('real'));
        yield* sleep(1);
        return value;
      })(),
    );
    sim.advanceTimeBy(1);
    await realTurns();
    sim.advanceTimeBy(1);
    expect(await run).to.equal('real');
    sim.close();
  });
});

describe('SimLoop: limits', () => {
  it('endTime rejects a run that waits for more, exactly there', () => {
    const sim = new SimLoop({ endTime: 5 });
    try {
      sim.runUntilCompleteSync(sleep(6));
      assert.fail('it went on');
    } catch (error) {
      expect(error).to.be.instanceOf(SimLimitError);
      expect((error as SimLimitError).limit).to.equal('endTime');
      expect((error as SimLimitError).time).to.equal(5);
    }
    expect(sim.time()).to.equal(5);
    sim.runUntilCompleteSync(sleep(6)); // a run that begins there is not limited
    sim.close();
  });

  it('what is due at endTime still runs', () => {
    expect(runSim(() => sleep(5, 'slept'), { endTime: 5 })).to.equal('slept');
  });

  it('endTime ends runForever() well', async () => {
    const sim = new SimLoop({ endTime: 5 });
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      sim.callLater(1, tick);
    };
    sim.callLater(1, tick);
    await sim.runForever();
    expect([ticks, sim.time()]).to.deep.equal([5, 5]);
    sim.close();
  });

  it('endTime lets run() clean up', async () => {
    const log: string[] = [];
    const error = await rejection(
      asyncio.run(
        function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(1);
            log.push(`cleaned up at ${asyncio.getRunningLoop().time()}`);
          }
        },
        { loopFactory: () => new SimLoop({ endTime: 5 }) },
      ),
    );
    expect(error).to.be.instanceOf(SimLimitError);
    expect(log).to.deep.equal(['cleaned up at 6']);
  });

  it('maxSteps ends a run after so many steps', () => {
    const sim = new SimLoop({ maxSteps: 100 });
    const forever = function* (): asyncio.Coroutine<void> {
      for (;;) yield* sleep(1);
    };
    try {
      sim.runUntilCompleteSync(forever());
      assert.fail('it went on');
    } catch (error) {
      expect((error as SimLimitError).limit).to.equal('maxSteps');
      expect((error as SimLimitError).steps).to.equal(100);
    }
    sim.close();
  });
});

describe('SimLoop: speed', () => {
  it('paces the clock by the real one', async () => {
    const start = performance.now();
    const sim = new SimLoop({ speed: 100 });
    await sim.runUntilComplete(sleep(2));
    expect(performance.now() - start).to.be.at.least(20 - 1e-6); // less the last bits of a sum
    expect(sim.time()).to.equal(2);
    sim.close();
  });

  it('0 is as fast as possible, also set in the middle of a wait', async () => {
    const sim = new SimLoop({ speed: 1e-6 });
    const run = sim.runUntilComplete(sleep(3600, 'slept'));
    await realTurns();
    expect(sim.time()).to.equal(0);
    sim.speed = 0;
    expect(await run).to.equal('slept');
    sim.close();
  });

  it('what the page does meanwhile happens at the time that the real clock stands for', async () => {
    const start = performance.now();
    const sim = new SimLoop({ speed: 2 });
    const run = sim.runUntilComplete(sleep(3600, 'slept'));
    let time = 0;
    while (time === 0) {
      await realDelay(1);
      time = await new Promise<number>((resolve) => {
        sim.callSoonThreadsafe(() => resolve(sim.time()));
      });
    }
    expect(time).to.be.at.most((2 * (performance.now() - start)) / 1000);
    sim.speed = 0;
    expect(await run).to.equal('slept');
    expect(sim.time()).to.equal(3600);
    sim.close();
  });
});

describe('waitAllTasksBlocked', () => {
  it('returns when every other task waits, at the same time', () => {
    runSim(function* (sim) {
      const log: string[] = [];
      createTask(
        (function* () {
          for (let step = 0; step < 10; step += 1) yield* sleep(0);
          log.push('blocked');
          yield* sleep(5);
          log.push('slept');
        })(),
      );
      yield* waitAllTasksBlocked();
      expect(log).to.deep.equal(['blocked']);
      expect(sim.time()).to.equal(0);
    });
  });

  it('what is due at that time has run', () => {
    runSim(function* (sim) {
      yield* sleep(1);
      const log: string[] = [];
      sim.callAt(1, () => log.push('due'));
      yield* waitAllTasksBlocked();
      expect(log).to.deep.equal(['due']);
    });
  });

  it('with a cushion returns when nothing has happened for so long', () => {
    runSim(function* (sim) {
      createTask(
        (function* () {
          for (const delay of [1, 1, 2, 10]) yield* sleep(delay);
        })(),
      );
      yield* waitAllTasksBlocked(3);
      expect(sim.time()).to.equal(7);
    });
  });

  it('all who wait are woken together, and a cancelled one is forgotten', () => {
    runSim(function* (sim) {
      const waiting = [0, 0, 5].map((cushion) => createTask(waitAllTasksBlocked(cushion)));
      yield* sleep(0);
      (waiting[1] as asyncio.Task<void>).cancel();
      const ended = yield* asyncio.gather(waiting, { returnExceptions: true });
      expect(ended.map((error) => error instanceof asyncio.CancelledError)).to.deep.equal([
        false,
        true,
        false,
      ]);
      expect(sim.time()).to.equal(5);
    });
  });

  it('returns although a Promise is waited for', async () => {
    let settle: () => void = () => assert.fail('it was called too early');
    const promise = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const time = await asyncio.run(
      function* () {
        const real = createTask(
          (function* () {
            yield* asyncio.fromPromise(promise);
          })(),
        );
        yield* waitAllTasksBlocked();
        expect(real.done()).to.equal(false);
        settle();
        yield* real;
        return asyncio.getRunningLoop().time();
      },
      { loopFactory: () => new SimLoop() },
    );
    expect(time).to.equal(0);
  });

  it('needs a SimLoop, and a cushion from 0', async () => {
    const error = await rejection(asyncio.run(() => waitAllTasksBlocked()));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect(() => runSim(() => waitAllTasksBlocked(-1))).to.throw(RangeError, 'cushion');
  });
});
