import * as asyncio from 'asyncio-web';
import { SimDeadlockError, SimLoop } from 'asyncio-web/testing';
import { assert, expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { realTurns, rejection } from '../support/outcomes.ts';
import { Random, seed } from '../support/random.ts';

const DAY = 86_400;

/** The virtual time, as code inside the loop sees it. */
const now = (): number => asyncio.getRunningLoop().time();

/** A Promise of the real world. */
function realDelay<T>(milliseconds: number, value?: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value as T), milliseconds));
}

describe('SimLoop: time', () => {
  it('begins at 0, or where it is told', async () => {
    expect(new SimLoop().time()).to.equal(0);
    expect(new SimLoop().ticks).to.equal(0);
    const loop = new SimLoop({ startTime: 1000 });
    expect(loop.time()).to.equal(1000);
    await loop.runUntilComplete(asyncio.sleep(5));
    expect(loop.time()).to.equal(1005);
    loop.close();
  });

  it('moves to the next timer when nothing else can run, and by that much exactly', async () => {
    await simulate(function* () {
      for (const delay of [60, 0.1, 0.000_001, 3600]) {
        const before = (asyncio.getRunningLoop() as SimLoop).ticks;
        yield* asyncio.sleep(delay);
        expect((asyncio.getRunningLoop() as SimLoop).ticks - before).to.equal(Math.round(delay * 1e6));
      }
    });
  });

  it('stands still while callbacks are ready', async () => {
    await simulate(function* () {
      asyncio.createTask(asyncio.sleep(1));
      for (let round = 0; round < 2000; round++) {
        yield* asyncio.sleep(0);
        expect(now()).to.equal(0);
      }
    });
  });

  it('passes 30 days in no time', async () => {
    const time = await simulate(function* () {
      for (let day = 0; day < 30; day++) yield* asyncio.sleep(DAY);
      return now();
    });
    expect(time).to.equal(30 * DAY);
  });

  it('a single sleep may be longer than a native timer can be, and is no deadlock', async () => {
    for (const delay of [30 * DAY, 1e7, 1e9]) {
      const time = await simulate(function* () {
        yield* asyncio.sleep(delay);
        return now();
      });
      expect(time).to.equal(delay);
    }
  });

  it('0.1 and 0.2 make 0.3', async () => {
    const time = await simulate(function* () {
      yield* asyncio.sleep(0.1);
      yield* asyncio.sleep(0.2);
      return now();
    });
    expect(time).to.equal(0.3);
  });

  it('100 000 sleeps of 0.1 make 10 000', async () => {
    const time = await simulate(function* () {
      for (let index = 0; index < 100_000; index++) yield* asyncio.sleep(0.1);
      return now();
    });
    expect(time).to.equal(10_000);
  });

  it(`sums of random delays are exact, in every order (seed ${seed})`, async () => {
    const random = new Random();
    for (let round = 0; round < 20; round++) {
      const ticks = Array.from({ length: 200 }, () => random.below(5_000_000));
      const loop = new SimLoop();
      await loop.runUntilComplete(
        (function* () {
          for (const count of random.shuffle(ticks)) yield* asyncio.sleep(count / 1e6);
        })(),
      );
      expect(loop.ticks).to.equal(ticks.reduce((sum, count) => sum + count, 0));
      loop.close();
    }
  });

  it(`is always a whole number of ticks (seed ${seed})`, async () => {
    const random = new Random();
    for (const tick of [1e-6, 1e-3, 0.25, 1, 1 / 60]) {
      const loop = new SimLoop({ tick });
      await loop.runUntilComplete(
        (function* () {
          for (let index = 0; index < 100; index++) {
            const before = loop.ticks;
            const delay = random.next() * 10 * tick;
            yield* asyncio.sleep(delay);
            expect(Number.isInteger(loop.ticks)).to.equal(true);
            expect(loop.ticks).to.be.at.least(before);
            expect(loop.ticks).to.be.at.most(before + Math.ceil(delay / tick));
          }
        })(),
      );
      loop.close();
    }
  });

  it('a deadline between two ticks is rounded up', async () => {
    const loop = new SimLoop({ tick: 1 });
    await loop.runUntilComplete(asyncio.sleep(1.4));
    expect(loop.ticks).to.equal(2);
    await loop.runUntilComplete(asyncio.sleep(0.3));
    expect(loop.ticks).to.equal(3);
    loop.close();
  });

  it('a deadline between two ticks is rounded up, also when something else happens at the first of them', async () => {
    const loop = new SimLoop({ tick: 1 });
    const times: Record<string, number> = {};
    function* sleeper(name: string, delay: number): asyncio.Coroutine<void> {
      yield* asyncio.sleep(delay);
      times[name] = loop.ticks;
    }
    await loop.runUntilComplete(
      asyncio.gather([
        loop.createTask(sleeper('1.4', 1.4)),
        loop.createTask(sleeper('1', 1)),
        loop.createTask(sleeper('2', 2)),
      ]),
    );
    expect(times).to.deep.equal({ '1': 1, '1.4': 2, '2': 2 });
    loop.close();
  });

  it('the tick must be a positive number', () => {
    for (const tick of [0, -1, Number.NaN])
      expect(() => new SimLoop({ tick })).to.throw(RangeError, 'positive');
  });

  it('goes on from run to run', async () => {
    const loop = new SimLoop();
    await loop.runUntilComplete(asyncio.sleep(2));
    expect(loop.time()).to.equal(2);
    await realTurns();
    expect(loop.time()).to.equal(2);
    await loop.runUntilComplete(asyncio.sleep(3));
    expect(loop.time()).to.equal(5);
    loop.close();
  });
});

describe('SimLoop: order', () => {
  it('timers of one deadline fire in the order they were made, the next at a later time', async () => {
    const log = await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      loop.callLater(2, () => calls.push(`late at ${now()}`));
      for (let index = 0; index < 20; index++) loop.callAt(1, () => calls.push(`${index} at ${now()}`));
      loop.callLater(1, () => calls.push(`20 at ${now()}`));
      yield* asyncio.sleep(3);
      return calls;
    });
    expect(log).to.deep.equal([...Array.from({ length: 21 }, (_, index) => `${index} at 1`), 'late at 2']);
  });

  it('tasks that sleep equally long wake in the order they fell asleep', async () => {
    const log: string[] = [];
    function* sleeper(name: string): asyncio.Coroutine<void> {
      for (let round = 0; round < 3; round++) {
        yield* asyncio.sleep(1);
        log.push(`${name} at ${now()}`);
      }
    }
    await simulate(() => asyncio.gather(['a', 'b', 'c'].map(sleeper)));
    expect(log).to.deep.equal([1, 2, 3].flatMap((time) => [`a at ${time}`, `b at ${time}`, `c at ${time}`]));
  });

  it('events of several tasks come in the order of their times', async () => {
    const log: string[] = [];
    function* ticker(name: string, period: number): asyncio.Coroutine<void> {
      while (true) {
        yield* asyncio.sleep(period);
        log.push(`${now()} ${name}`);
      }
    }
    await simulate(function* () {
      asyncio.createTask(ticker('three', 3));
      asyncio.createTask(ticker('two', 2));
      yield* asyncio.sleep(6.5);
    });
    expect(log).to.deep.equal(['2 two', '3 three', '4 two', '6 three', '6 two']);
  });

  it('the same program takes the same course every time', async () => {
    const course = (): Promise<string[]> =>
      simulate(function* () {
        const random = new Random(7);
        const log: string[] = [];
        function* worker(name: number): asyncio.Coroutine<void> {
          for (let step = 0; step < 10; step++) {
            yield* asyncio.sleep(random.pick([0, 0.5, 0.5, 1]));
            log.push(`${now()} ${name}.${step}`);
          }
        }
        yield* asyncio.gather(Array.from({ length: 10 }, (_, name) => worker(name)));
        return log;
      });
    const first = await course();
    expect(first).to.have.length(100);
    expect(await course()).to.deep.equal(first);
  });
});

describe('SimLoop: cancelled timers do not move the clock', () => {
  it('a cancelled callLater()', async () => {
    const time = await simulate(function* () {
      const handle = asyncio.getRunningLoop().callLater(100, () => assert.fail('it ran'));
      yield* asyncio.sleep(1);
      handle.cancel();
      yield* asyncio.sleep(0);
      return now();
    });
    expect(time).to.equal(1);
  });

  it('a sleep that a timeout has cut short', async () => {
    const loop = new SimLoop();
    const error = await rejection(
      loop.runUntilComplete(
        (function* () {
          yield* asyncio.waitFor(asyncio.sleep(10), 1);
        })(),
      ),
    );
    expect(error).to.be.instanceOf(asyncio.TimeoutError);
    expect(loop.time()).to.equal(1);
    await loop.runUntilComplete(asyncio.sleep(0.5));
    expect(loop.time()).to.equal(1.5);
    loop.close();
  });

  it('a timeout that did not expire', async () => {
    const loop = new SimLoop();
    await loop.runUntilComplete(asyncio.withTimeout(100, () => asyncio.sleep(1)));
    await loop.runUntilComplete(asyncio.sleep(1));
    expect(loop.time()).to.equal(2);
    loop.close();
  });

  it('the last timer, cancelled by code outside the loop', async () => {
    const loop = new SimLoop();
    const run = loop.runForever();
    await realTurns();
    loop.callLater(100, () => assert.fail('it ran')).cancel();
    await realTurns();
    expect(loop.time()).to.equal(0);
    loop.stop();
    await run;
    loop.close();
  });
});

describe('SimLoop: a deadlock', () => {
  it('rejects the run, with the time and the names of the tasks that wait', async () => {
    const error = await rejection(
      simulate(function* () {
        yield* asyncio.sleep(5);
        const future = asyncio.getRunningLoop().createFuture();
        asyncio.createTask(
          (function* () {
            yield* future;
          })(),
          { name: 'the philosopher' },
        );
        yield* future;
      }),
    );
    expect(error).to.be.instanceOf(SimDeadlockError);
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    const deadlock = error as SimDeadlockError;
    expect(deadlock.name).to.equal('SimDeadlockError');
    expect(deadlock.time).to.equal(5);
    expect(deadlock.tasks).to.have.length(2);
    expect(deadlock.tasks[1]).to.include('the philosopher');
    expect(deadlock.message).to.include('the philosopher').and.to.include('5 s');
  });

  it('of two tasks that wait for each other names both, also as it comes out of run', async () => {
    function* main(): asyncio.Coroutine<void> {
      const tasks: asyncio.Task<void>[] = [];
      function* waitForTask(index: number): asyncio.Coroutine<void> {
        yield* tasks[index] as asyncio.Task<void>;
      }
      tasks.push(asyncio.createTask(waitForTask(1), { name: 'a' }));
      tasks.push(asyncio.createTask(waitForTask(0), { name: 'b' }));
      yield* asyncio.wait(tasks);
    }
    const names = (error: unknown): unknown =>
      (error as SimDeadlockError).tasks.map((task) => /name='(.*?)'/.exec(task)?.[1]).slice(1);
    const loop = new SimLoop();
    loop.setExceptionHandler(() => undefined);
    const error = await rejection(loop.runUntilComplete(main()));
    expect(error).to.be.instanceOf(SimDeadlockError);
    expect(names(error)).to.deep.equal(['a', 'b']);
    loop.close();
    const outOfRun = await rejection(
      asyncio.run(main, {
        loopFactory: () => {
          const fresh = new SimLoop();
          fresh.setExceptionHandler(() => undefined);
          return fresh;
        },
      }),
    );
    expect(outOfRun).to.be.instanceOf(SimDeadlockError);
    expect(names(outOfRun)).to.deep.equal(['a', 'b']);
  });

  it('is also found when only a future is waited for', async () => {
    const loop = new SimLoop();
    const error = await rejection(loop.runUntilComplete(loop.createFuture()));
    expect(error).to.be.instanceOf(SimDeadlockError);
    expect((error as SimDeadlockError).tasks).to.deep.equal([]);
    loop.close();
  });

  it('is also found when the only timer left is infinite', async () => {
    expect(await rejection(simulate(() => asyncio.sleep(Infinity)))).to.be.instanceOf(SimDeadlockError);
  });

  it('lets the tasks clean up, in virtual time', async () => {
    const log: string[] = [];
    const error = await rejection(
      simulate(function* () {
        try {
          yield* asyncio.getRunningLoop().createFuture();
        } finally {
          yield* asyncio.sleep(3);
          log.push(`cleaned up at ${now()}`);
        }
      }),
    );
    expect(error).to.be.instanceOf(SimDeadlockError);
    expect(log).to.deep.equal(['cleaned up at 3']);
  });

  it('leaves a loop that can be run again', async () => {
    const loop = new SimLoop();
    const future = loop.createFuture<string>();
    expect(await rejection(loop.runUntilComplete(future))).to.be.instanceOf(SimDeadlockError);
    expect(loop.isRunning()).to.equal(false);
    loop.callLater(1, () => future.setResult('late'));
    expect(await loop.runUntilComplete(future)).to.equal('late');
    loop.close();
  });

  it('is none while a timer is left', async () => {
    await simulate(function* () {
      const future = asyncio.getRunningLoop().createFuture<void>();
      asyncio.getRunningLoop().callLater(1e6, () => future.setResult());
      yield* future;
    });
  });

  it('is none while a Promise is waited for', async () => {
    const value = await simulate(function* () {
      return yield* asyncio.fromPromise(realDelay(5, 'from outside'));
    });
    expect(value).to.equal('from outside');
  });

  it('is none for a loop that runs for ever without tasks: it waits for callers', async () => {
    const loop = new SimLoop();
    const run = loop.runForever();
    await realTurns();
    expect(loop.isRunning()).to.equal(true);
    const calls: string[] = [];
    loop.callLater(7, () => {
      calls.push(`called at ${loop.time()}`);
      loop.stop();
    });
    await run;
    expect(calls).to.deep.equal(['called at 7']);
    loop.close();
  });
});

describe('SimLoop: the real world holds the clock', () => {
  it('a Promise that is waited for with a timeout never times out', async () => {
    const time = await simulate(function* () {
      const value = yield* asyncio.waitFor(
        asyncio.fromPromise(() => realDelay(5, 'real')),
        1,
      );
      expect(value).to.equal('real');
      return now();
    });
    expect(time).to.equal(0);
  });

  it('nor one that takes many turns of the real world', async () => {
    const time = await simulate(() =>
      asyncio.withTimeout(5, function* () {
        let bytes = 0;
        for (let link = 0; link < 100; link++) {
          const buffer = yield* asyncio.fromPromise(new Blob(['x'.repeat(link)]).arrayBuffer());
          bytes += buffer.byteLength;
        }
        expect(bytes).to.equal(4950);
        return now();
      }),
    );
    expect(time).to.equal(0);
  });

  it('other tasks do not get ahead of a Promise', async () => {
    const log: string[] = [];
    await simulate(function* () {
      asyncio.createTask(
        (function* () {
          yield* asyncio.sleep(0.001);
          log.push('slept');
        })(),
      );
      yield* asyncio.fromPromise(realDelay(5));
      log.push('real');
      yield* asyncio.sleep(1);
    });
    expect(log).to.deep.equal(['real', 'slept']);
  });

  for (const depth of [100, 1000]) {
    it(`a chain of ${depth} coroutines in front of a sleep does not expire a longer timeout`, async () => {
      function* chain(links: number): asyncio.Coroutine<string> {
        if (links > 0) return yield* chain(links - 1);
        yield* asyncio.sleep(1);
        return 'inner';
      }
      const result = await simulate(() => asyncio.withTimeout(9, () => chain(depth)));
      expect(result).to.equal('inner');
    });

    it(`a chain of ${depth} tasks in front of a sleep does not expire a longer timeout`, async () => {
      function* chain(links: number): asyncio.Coroutine<string> {
        if (links > 0) return yield* asyncio.createTask(chain(links - 1));
        yield* asyncio.sleep(1);
        return `inner at ${now()}`;
      }
      const result = await simulate(() => asyncio.withTimeout(9, () => chain(depth)));
      expect(result).to.equal('inner at 1');
    });

    it(`a chain of ${depth} native awaits in front of a sleep does not expire a longer timeout`, async () => {
      const result = await simulate(function* () {
        const loop = asyncio.getRunningLoop();
        return yield* asyncio.withTimeout(9, () =>
          asyncio.asyncTask(async () => {
            for (let link = 0; link < depth; link++) await null;
            await loop.createTask(asyncio.sleep(1));
            for (let link = 0; link < depth; link++) await null;
            return `inner at ${loop.time()}`;
          }),
        );
      });
      expect(result).to.equal('inner at 1');
    });

    it(`a chain of ${depth} native async functions around a sleep does not expire a longer timeout`, async () => {
      const result = await simulate(function* () {
        const loop = asyncio.getRunningLoop();
        async function chain(links: number): Promise<string> {
          if (links > 0) return await chain(links - 1);
          await loop.createTask(asyncio.sleep(1));
          return `inner at ${loop.time()}`;
        }
        return yield* asyncio.withTimeout(9, () => asyncio.asyncTask(() => chain(depth)));
      });
      expect(result).to.equal('inner at 1');
    });
  }

  it('a native async function that waits for the loop does not hold the clock', async () => {
    const time = await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      yield* asyncio.asyncTask(async () => {
        for (let hour = 0; hour < 3; hour++) await loop.createTask(asyncio.sleep(3600));
      });
      return now();
    });
    expect(time).to.equal(3 * 3600);
  });

  it('a native async function that waits for both holds it only for the real part', async () => {
    const log = await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      return yield* asyncio.asyncTask(async () => {
        const times: number[] = [];
        for (let round = 0; round < 3; round++) {
          await realDelay(2);
          times.push(loop.time());
          await loop.createTask(asyncio.sleep(10));
          times.push(loop.time());
        }
        return times;
      });
    });
    expect(log).to.deep.equal([0, 10, 10, 20, 20, 30]);
  });

  it('a Promise holds it although another native function waits for the loop', async () => {
    const log: string[] = [];
    await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      yield* asyncio.gather(
        asyncio.asyncTask(async () => {
          await loop.createTask(asyncio.sleep(1));
          log.push(`virtual at ${loop.time()}`);
        }),
        asyncio.asyncTask(async () => {
          await realDelay(5);
          log.push(`real at ${loop.time()}`);
        }),
      );
    });
    expect(log).to.deep.equal(['real at 0', 'virtual at 1']);
  });

  it('a Promise holds it although the page itself waits for a task', async () => {
    const result = await simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(10, 'of the task'));
      // Code of the page that shows the result when it comes: the program does not wait for it.
      let shown = '';
      void task.then((text) => (shown = text));
      const value = yield* asyncio.waitFor(
        asyncio.fromPromise(() => realDelay(5, 'real')),
        1,
      );
      yield* task;
      yield* asyncio.sleep(1);
      return `${value}, ${shown}`;
    });
    expect(result).to.equal('real, of the task');
  });

  it('a Promise of a task of the loop itself does not hold it', async () => {
    const result = await simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(10, 'of the task'));
      const direct = yield* asyncio.fromPromise(task.toPromise());
      const derived = yield* asyncio.fromPromise(
        asyncio.createTask(asyncio.sleep(10, 'and of another')).then((text) => text.toUpperCase()),
      );
      return `${direct}, ${derived}, ${asyncio.getRunningLoop().time()}`;
    });
    expect(result).to.equal('of the task, AND OF ANOTHER, 20');
  });

  it('a Promise whose future was cancelled holds it no more', async () => {
    const end = simulate(function* () {
      const future = asyncio.fromPromise(new Promise(() => undefined));
      yield* asyncio.sleep(0);
      future.cancel();
      yield* asyncio.sleep(1);
      return 'went on';
    });
    expect(await Promise.race([end, realTurns(50).then(() => 'the clock is held for ever')])).to.equal(
      'went on',
    );
  });

  it('a thenable that settles twice counts once', async () => {
    const result = await simulate(function* () {
      const thenable: PromiseLike<string> = {
        then(resolve: ((value: string) => unknown) | null | undefined): never {
          resolve?.('once');
          resolve?.('twice');
          return undefined as never;
        },
      };
      expect(yield* asyncio.fromPromise(thenable)).to.equal('once');
      return yield* asyncio.waitFor(
        asyncio.fromPromise(() => realDelay(5, 'real')),
        1,
      );
    });
    expect(result).to.equal('real');
  });

  it('a thenable that throws gives its error, and does not hold the clock', async () => {
    const failure = new Error('hostile');
    const end = simulate(function* () {
      const thenable: PromiseLike<string> = {
        then(): never {
          throw failure;
        },
      };
      try {
        yield* asyncio.fromPromise(thenable);
      } catch (error) {
        expect(error).to.equal(failure);
      }
      yield* asyncio.sleep(1);
      return 'went on';
    });
    expect(await Promise.race([end, realTurns(50).then(() => 'the clock is held for ever')])).to.equal(
      'went on',
    );
  });

  it('a future that a native reaction sets through the loop is seen before the clock moves', async () => {
    const time = await simulate(function* () {
      const future = asyncio.getRunningLoop().createFuture<string>();
      yield* asyncio.fromPromise(Promise.resolve());
      // The reaction to a bridged Promise that goes a few steps further on its own.
      asyncio
        .fromPromise(Promise.resolve())
        .then(() => null)
        .then(() => future.setResult('set'));
      expect(yield* asyncio.waitFor(future, 1)).to.equal('set');
      return now();
    });
    expect(time).to.equal(0);
  });

  it('an endless simulation gives the page its turn', async () => {
    let fired = false;
    const time = await simulate(function* () {
      setTimeout(() => {
        fired = true;
      }, 0);
      while (!fired) yield* asyncio.sleep(1);
      return now();
    });
    expect(time).to.be.above(0);
  });

  it('so does a program in which no time passes', async () => {
    let fired = false;
    const time = await simulate(function* () {
      setTimeout(() => {
        fired = true;
      }, 0);
      while (!fired) yield* asyncio.sleep(0);
      return now();
    });
    expect(time).to.equal(0);
  });
});
