// What CPython's tests do not have: when each is started, what is cancelled, and what is waited for.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { recordReports, simulate } from '../support/loops.ts';

/** A racer that notes when it is started, and then takes `seconds`. */
function racer(
  starts: number[],
  seconds: number,
  outcome: 'succeed' | 'fail' = 'succeed',
): () => asyncio.Coroutine<string> {
  return function* () {
    starts.push(asyncio.getRunningLoop().time());
    yield* asyncio.sleep(seconds);
    if (outcome === 'fail') throw new Error('lost');
    return `after ${seconds}`;
  };
}

describe('staggeredRace()', () => {
  it('starts one after another, by the delay', () =>
    simulate(function* () {
      const starts: number[] = [];
      const race = asyncio.staggeredRace([racer(starts, 10), racer(starts, 10), racer(starts, 10)], 0.25);
      const [winner, index, errors] = yield* race;
      expect(starts).to.deep.equal([0, 0.25, 0.5]);
      expect(asyncio.getRunningLoop().time()).to.equal(10);
      expect([winner, index]).to.deep.equal(['after 10', 0]);
      expect(errors.map((error) => error?.name)).to.deep.equal([
        undefined,
        'CancelledError',
        'CancelledError',
      ]);
    }));

  it('starts the next as soon as the one before it fails', () =>
    simulate(function* () {
      const starts: number[] = [];
      const racers = [racer(starts, 0.1, 'fail'), racer(starts, 0.05, 'fail'), racer(starts, 1)];
      const [, index, errors] = yield* asyncio.staggeredRace(racers, 0.25);
      expect(starts.map((start) => start.toFixed(6))).to.deep.equal(['0.000000', '0.100000', '0.150000']);
      expect(index).to.equal(2);
      expect(errors.map((error) => error?.message)).to.deep.equal(['lost', 'lost', undefined]);
    }));

  it('does not start the next for a failure of an earlier one', () =>
    simulate(function* () {
      const starts: number[] = [];
      const racers = [racer(starts, 0.3, 'fail'), racer(starts, 2), racer(starts, 2)];
      yield* asyncio.staggeredRace(racers, 0.25);
      expect(starts).to.deep.equal([0, 0.25, 0.5]);
    }));

  it('starts the next only after a failure when there is no delay', () =>
    simulate(function* () {
      const starts: number[] = [];
      const racers = [racer(starts, 5, 'fail'), racer(starts, 5), racer(starts, 5)];
      const [winner, index, errors] = yield* asyncio.staggeredRace(racers, null);
      expect(starts).to.deep.equal([0, 5]);
      expect([winner, index]).to.deep.equal(['after 5', 1]);
      expect(errors).to.have.length(2); // the third was not started
    }));

  it('takes from the iterable only what it starts', () =>
    simulate(function* () {
      const starts: number[] = [];
      let taken = 0;
      function* racers(): Generator<() => asyncio.Coroutine<string>> {
        for (;;) {
          taken += 1;
          yield racer(starts, 1);
        }
      }
      yield* asyncio.staggeredRace(racers(), 0.4);
      expect(taken).to.equal(3);
      expect(starts).to.have.length(3);
    }));

  it('closes the iterable when it needs no more of it', () =>
    simulate(function* () {
      const closed: string[] = [];
      function* racers(name: string): Generator<() => asyncio.Coroutine<string>> {
        try {
          for (;;) yield racer([], 1);
        } finally {
          closed.push(name);
        }
      }
      yield* asyncio.staggeredRace(racers('won'), null);
      expect(closed).to.deep.equal(['won']);
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.waitFor(asyncio.staggeredRace(racers('cancelled'), null), 0.5),
      );
      expect(closed).to.deep.equal(['won', 'cancelled']);
    }));

  it('tells a winner without a result by its index', () =>
    simulate(function* () {
      const race = asyncio.staggeredRace([() => asyncio.sleep(1)], null);
      expect(yield* race).to.deep.equal([undefined, 0, [null]]);
    }));

  it('returns when the cleanup of the losers has ended', () =>
    simulate(function* () {
      const log: string[] = [];
      function* loser(): asyncio.Coroutine<string> {
        try {
          yield* asyncio.sleep(10);
          return 'never';
        } finally {
          yield* asyncio.sleep(3);
          log.push('cleaned up');
        }
      }
      const [winner] = yield* asyncio.staggeredRace([loser, racer([], 1)], 0.5);
      expect(winner).to.equal('after 1');
      expect(log).to.deep.equal(['cleaned up']);
      expect(asyncio.getRunningLoop().time()).to.equal(4.5);
    }));

  it('keeps the first winner when a loser swallows its cancellation and succeeds', () =>
    simulate(function* () {
      function* stubborn(): asyncio.Coroutine<string> {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (!asyncio.isCancelled(error)) throw error;
        }
        return 'too late';
      }
      const [winner, index] = yield* asyncio.staggeredRace([stubborn, racer([], 1)], 0.5);
      expect([winner, index]).to.deep.equal(['after 1', 1]);
    }));

  it('counts a function that throws before it gives a coroutine as a failure', () =>
    simulate(function* () {
      const failure = new Error('no coroutine');
      const race = asyncio.staggeredRace<string>(
        [
          () => {
            throw failure;
          },
          racer([], 1),
        ],
        10,
      );
      const [winner, index, errors] = yield* race;
      expect([winner, index]).to.deep.equal(['after 1', 1]);
      expect(errors[0]).to.equal(failure);
      expect(asyncio.getRunningLoop().time()).to.equal(1);
    }));

  it('keeps what is thrown and is no Error as the cause of a TypeError', () =>
    simulate(function* () {
      const race = asyncio.staggeredRace(
        [
          function* (): asyncio.Coroutine<void> {
            throw 'a text';
          },
        ],
        null,
      );
      const [, index, errors] = yield* race;
      expect(index).to.equal(undefined);
      expect(errors[0]).to.be.instanceOf(TypeError);
      expect(errors[0]?.cause).to.equal('a text');
    }));

  it('cancels all that run when it is cancelled, and waits for them', () =>
    simulate(function* () {
      const log: string[] = [];
      const cleaning = (name: string) =>
        function* (): asyncio.Coroutine<void> {
          try {
            yield* asyncio.sleep(10);
          } finally {
            yield* asyncio.sleep(1);
            log.push(name);
          }
        };
      const task = asyncio.createTask(
        asyncio.staggeredRace([cleaning('first'), cleaning('second'), cleaning('third')], 2),
      );
      yield* asyncio.sleep(3);
      task.cancel();
      yield* assertRaises(asyncio.CancelledError, task);
      expect(log).to.deep.equal(['first', 'second']);
      expect(asyncio.getRunningLoop().time()).to.equal(4);
      expect(asyncio.allTasks().size).to.equal(1);
    }));

  it('throws the cancellation although one succeeds in spite of it', () =>
    simulate(function* () {
      function* stubborn(): asyncio.Coroutine<string> {
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          if (!asyncio.isCancelled(error)) throw error;
        }
        return 'in spite of it';
      }
      const task = asyncio.createTask(asyncio.staggeredRace([stubborn], null));
      yield* asyncio.sleep(1);
      task.cancel('from outside');
      const error = yield* assertRaises(asyncio.CancelledError, task);
      expect(error.args).to.deep.equal(['from outside']);
    }));

  it('passes the message of a cancellation on', () =>
    simulate(function* () {
      let args: readonly unknown[] = [];
      const task = asyncio.createTask(
        asyncio.staggeredRace(
          [
            function* () {
              args = (yield* assertRaises(asyncio.CancelledError, asyncio.sleep(10))).args;
            },
          ],
          null,
        ),
      );
      yield* asyncio.sleep(1);
      task.cancel('from outside');
      yield* assertRaises(asyncio.CancelledError, task);
      expect(args).to.deep.equal(['from outside']);
    }));

  it('leaves no cancel request behind with its caller', () =>
    simulate(function* () {
      yield* asyncio.staggeredRace([racer([], 1), racer([], 1)], 0.5);
      expect(asyncio.currentTask()?.cancelling()).to.equal(0);
      yield* asyncio.sleep(1);
      expect(asyncio.getRunningLoop().time()).to.equal(2);
    }));

  it('can be raced under a timeout', () =>
    simulate(function* () {
      const race = asyncio.staggeredRace([racer([], 10), racer([], 10)], 0.5);
      yield* assertRaises(asyncio.TimeoutError, asyncio.waitFor(race, 1));
      expect(asyncio.getRunningLoop().time()).to.equal(1);
    }));

  it('lets an exit out', async () => {
    let error: unknown;
    try {
      await simulate(function* () {
        // The main task ends with it too, after the loop was left: that is reported, as in CPython.
        recordReports(asyncio.getRunningLoop());
        yield* asyncio.staggeredRace([leave], null);
      });
    } catch (thrown) {
      error = thrown;
    }
    function* leave(): asyncio.Coroutine<void> {
      throw new asyncio.SystemExit(3);
    }
    expect(error).to.be.instanceOf(asyncio.SystemExit);
    expect((error as asyncio.SystemExit).code).to.equal(3); // it is one
  });

  for (const delay of [null, 0, 1]) {
    it(`works with tasks that start eagerly, delay ${delay}`, () =>
      simulate(function* () {
        asyncio.getRunningLoop().setTaskFactory(asyncio.eagerTaskFactory);
        function* succeedAtOnce(): asyncio.Coroutine<string> {
          return 'at once';
        }
        function* failAtOnce(): asyncio.Coroutine<string> {
          throw new Error('at once');
        }
        const started: number[] = [];
        const race = asyncio.staggeredRace([failAtOnce, succeedAtOnce, racer(started, 1)], delay);
        const [winner, index, errors] = yield* race;
        expect([winner, index]).to.deep.equal(['at once', 1]);
        expect(errors.map((error) => error?.message)).to.deep.equal(['at once', undefined]);
        expect(started).to.deep.equal([]);
        expect(asyncio.currentTask()?.cancelling()).to.equal(0);
        expect(asyncio.getRunningLoop().time()).to.equal(0);
      }));
  }
});
