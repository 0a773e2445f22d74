// What a simulation does when it cannot go on. S9 to S15 are the simulator's acceptance tests of it.

import * as asyncio from 'asyncio-web';
import { runSim, SimDeadlockError, SimLimitError, SimLoop } from 'asyncio-web/testing';
import { assert, expect } from 'chai';
import { recordReports } from '../support/loops.ts';
import { realTurns } from '../support/outcomes.ts';

const { sleep, createTask } = asyncio;

/** The deadlock that a program runs into. */
function deadlockOf(main: (sim: SimLoop) => asyncio.Coroutine<unknown>): SimDeadlockError {
  try {
    runSim(main);
  } catch (error) {
    if (error instanceof SimDeadlockError) return error;
    throw error;
  }
  return assert.fail('it ended');
}

type Fork = asyncio.Lock | asyncio.Semaphore;

function* dine(forks: readonly Fork[]): asyncio.Coroutine<void> {
  function* philosopher(index: number): asyncio.Coroutine<void> {
    yield* (forks[index] as Fork).acquire();
    yield* sleep(1);
    yield* (forks[(index + 1) % forks.length] as Fork).acquire();
  }
  yield* asyncio.gather(forks.map((_, index) => createTask(philosopher(index), { name: `p${index}` })));
}

describe('SimLoop: deadlocks', () => {
  for (const [kind, newFork] of [
    ['locks', () => new asyncio.Lock()],
    ['semaphores', () => new asyncio.Semaphore(1)],
    ['bounded semaphores', () => new asyncio.BoundedSemaphore(1)],
  ] as const) {
    it(`S9 five philosophers with ${kind}: the circle is named, in order`, () => {
      const error = deadlockOf(() => dine([0, 1, 2, 3, 4].map((): Fork => newFork())));
      expect(error.cycles).to.deep.equal([['p0', 'p1', 'p2', 'p3', 'p4', 'p0']]);
      expect(error.time).to.equal(1);
      expect(error.message).to.include('cycle: p0 → p1 → p2 → p3 → p4 → p0');
      expect(error.message).to.match(/p3 waits for <\w+ \[locked, waiters:1\]>, held by p4/);
    });
  }

  it('S9 in an asynchronous run too', async () => {
    try {
      await asyncio.run(() => dine([new asyncio.Lock(), new asyncio.Lock()]), {
        loopFactory: () => new SimLoop(),
      });
      assert.fail('it ended');
    } catch (error) {
      expect((error as SimDeadlockError).cycles).to.deep.equal([['p0', 'p1', 'p0']]);
    }
  });

  it('S10 one task that waits for a lone future', () => {
    const error = deadlockOf(function* (sim) {
      yield* sleep(2);
      yield* sim.createFuture();
    });
    expect(error.time).to.equal(2);
    expect(error.tasks).to.have.length(1);
    expect(error.cycles).to.deep.equal([]);
    expect(error.waits.map(({ task, heldBy }) => [task, heldBy])).to.deep.equal([['Task-1', []]]);
    expect(error.message).to.include('fromPromise() or external()');
  });

  it('S11 a lock that a finished task holds names it as owner', () => {
    const error = deadlockOf(function* () {
      const lock = new asyncio.Lock();
      yield* createTask(lock.acquire(), { name: 'careless' });
      yield* lock.acquire();
    });
    expect(error.waits).to.have.length(1);
    expect(error.waits[0]?.heldBy).to.deep.equal(['careless']);
    expect(error.message).to.include('held by careless, which is done');
  });

  it('a lock that a task takes twice is a circle of one', () => {
    const error = deadlockOf(function* () {
      const lock = new asyncio.Lock();
      yield* lock.acquire();
      yield* lock.acquire();
    });
    expect(error.cycles).to.deep.equal([['Task-1', 'Task-1']]);
  });

  it('circles go through tasks, gather, groups, waitFor and shield', () => {
    const error = deadlockOf(function* () {
      const lock = new asyncio.Lock();
      function* holder(): asyncio.Coroutine<void> {
        yield* lock.acquire();
        yield* asyncio.gather(createTask(needs(), { name: 'inner' }), sleep(1));
      }
      function* needs(): asyncio.Coroutine<void> {
        yield* asyncio.waitFor(asyncio.shield(createTask(lock.acquire(), { name: 'taker' })), null);
      }
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(holder(), { name: 'holder' });
      });
    });
    expect(error.cycles).to.deep.equal([['holder', 'inner', 'taker', 'holder']]);
  });

  it('each wait is described: queue, event, condition, task', () => {
    const error = deadlockOf(function* () {
      const condition = new asyncio.Condition();
      const full = new asyncio.Queue<number>(1);
      full.putNowait(1);
      const waits = {
        getter: () => new asyncio.Queue().get(),
        putter: () => full.put(2),
        event: () => new asyncio.AsyncEvent().wait(),
        condition: () => asyncio.asyncWith(condition, () => condition.wait()),
      };
      for (const [name, wait] of Object.entries(waits)) createTask<unknown>(wait(), { name });
      yield* createTask(new asyncio.Barrier(2).wait(), { name: 'barrier' });
    });
    const texts = Object.fromEntries(error.waits.map(({ task, waitsFor }) => [task, waitsFor]));
    expect(texts['getter']).to.match(/^get\(\) of <Queue/);
    expect(texts['putter']).to.match(/^put\(\) of <Queue/);
    expect(texts['event']).to.match(/^<Event \[unset/);
    expect(texts['condition']).to.match(/^notify\(\) of <Condition/);
    expect(texts['Task-1']).to.equal('Task barrier');
  });

  it('who holds a semaphore is known also when others release it', () => {
    const error = deadlockOf(function* () {
      const semaphore = new asyncio.Semaphore(2);
      for (const name of ['a', 'b', 'c']) {
        const task = createTask(semaphore.acquire(), { name });
        yield* sleep(1);
        if (name === 'a') semaphore.release();
        else yield* task;
      }
      yield* semaphore.acquire();
    });
    expect(error.waits[0]?.heldBy).to.deep.equal(['b', 'c']);
  });

  it('S12 sleep(1e7) is none', () => {
    runSim(() => sleep(1e7));
  });

  it('S13 when only tasks of the background are left it is done, and they are cancelled', async () => {
    const sim = new SimLoop();
    const log: string[] = [];
    sim.backgroundScope.createTask(
      (function* () {
        try {
          for (;;) {
            yield* sleep(1);
            log.push(`tick at ${sim.time()}`);
          }
        } finally {
          yield* sleep(0.25);
          log.push(`ended at ${sim.time()}`);
        }
      })(),
    );
    sim.backgroundScope.createTask(new asyncio.AsyncEvent().wait());
    sim.createTask(sleep(2.5));
    await sim.runForever();
    expect(log).to.deep.equal(['tick at 1', 'tick at 2', 'ended at 2.75']);
    expect(sim.stateReport().state).to.equal('done');
    sim.close();
  });

  it('S13 advanceUntilIdle() ends there too', () => {
    const sim = new SimLoop();
    const clock = sim.backgroundScope.createTask(
      (function* () {
        for (;;) yield* sleep(1);
      })(),
    );
    sim.createTask(sleep(2.5));
    sim.advanceUntilIdle();
    expect(sim.time()).to.equal(2.5);
    expect(clock.done()).to.equal(false);
    sim.backgroundScope.cancel();
    sim.runCurrent();
    expect(clock.cancelled()).to.equal(true);
    sim.close();
  });

  it('S14 tasks that wake each other without an end while no time passes are stopped', () => {
    const sim = new SimLoop({ maxStepsPerInstant: 1000 });
    let rounds = 0;
    function* spin(): asyncio.Coroutine<void> {
      yield* sleep(1);
      for (;;) {
        rounds += 1;
        yield* sleep(0);
      }
    }
    try {
      sim.runUntilCompleteSync(spin());
      assert.fail('it went on');
    } catch (error) {
      expect(error).to.be.instanceOf(SimLimitError);
      expect((error as SimLimitError).limit).to.equal('maxStepsPerInstant');
      expect((error as SimLimitError).time).to.equal(1);
    }
    expect(rounds).to.be.above(900).and.to.be.at.most(1000);
    sim.close();
  });

  it('S14 the limit is of one instant: many steps at many are not stopped', () => {
    runSim(
      function* () {
        for (let second = 0; second < 10; second += 1) {
          for (let step = 0; step < 500; step += 1) yield* sleep(0);
          yield* sleep(1);
        }
      },
      { maxStepsPerInstant: 1000 },
    );
  });

  it('S15 with something outstanding outside it is waiting, and no deadlock', async () => {
    const sim = new SimLoop();
    const { promise, resolve } = withResolvers<string>();
    const run = sim.runUntilComplete(sim.external(promise, 'the weather'));
    await realTurns();
    expect(sim.stateReport()).to.deep.include({ state: 'waiting', externals: ['the weather'] });
    resolve('fine');
    expect(await run).to.equal('fine');
    expect(sim.stateReport().externals).to.deep.equal([]);
    sim.close();
  });

  it('a Promise without a label is counted', async () => {
    const sim = new SimLoop();
    const [one, two] = [withResolvers<void>(), withResolvers<void>()];
    const both = asyncio.gather([
      asyncio.fromPromise(one.promise, { loop: sim }),
      asyncio.fromPromise(two.promise, { loop: sim }),
    ]);
    const run = sim.runUntilComplete(both);
    await realTurns();
    expect(sim.stateReport().externals).to.deep.equal(['2 Promises']);
    one.resolve();
    two.resolve();
    await run;
    sim.close();
  });

  it("onDeadlock: 'report' tells the exception handler once, and waits for somebody outside", async () => {
    const sim = new SimLoop({ onDeadlock: 'report' });
    const reports = recordReports(sim);
    const future = sim.createFuture<string>();
    const run = sim.runUntilComplete(future);
    await realTurns();
    expect(reports.map(({ exception }) => exception instanceof SimDeadlockError)).to.deep.equal([true]);
    sim.callSoonThreadsafe(() => future.setResult('helped'));
    expect(await run).to.equal('helped');
    expect(reports).to.have.length(1);
    sim.close();
  });

  it('stateReport() tells the state', () => {
    const sim = new SimLoop();
    expect(sim.stateReport().state).to.equal('done');
    sim.createTask(
      (function* () {
        yield* sleep(1);
        yield* sim.createFuture();
      })(),
    );
    expect(sim.stateReport().state).to.equal('running');
    sim.runCurrent();
    expect(sim.stateReport()).to.deep.include({ state: 'running', timers: 1, time: 0, steps: 1 });
    sim.advanceUntilIdle();
    expect(sim.stateReport()).to.deep.include({ state: 'deadlock', timers: 0, time: 1, ticks: 1_000_000 });
    expect(sim.stateReport().waits.map(({ task }) => task)).to.deep.equal(['Task-1']);
    for (const task of asyncio.allTasks(sim)) task.cancel();
    sim.runCurrent();
    sim.close();
  });
});

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
