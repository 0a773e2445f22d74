// CPython's test_staggered.py, in TypeScript: the tests of 3.13 and the two that 3.14 adds. `None` is undefined where it
// stands for the missing winner. Python's ValueError is RangeError.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { assertRaises } from './support.ts';

function* succeed(index: number): asyncio.Coroutine<string> {
  return `Res: ${index}`;
}

function* fail(index: number): asyncio.Coroutine<never> {
  throw new RangeError(String(index));
}

describe('StaggeredTests', () => {
  it('test_empty', () =>
    simulate(function* () {
      expect(yield* asyncio.staggeredRace([], null)).to.deep.equal([undefined, undefined, []]);
    }));

  it('test_one_successful', () =>
    simulate(function* () {
      const race = asyncio.staggeredRace([() => succeed(0), () => succeed(1)], null);
      expect(yield* race).to.deep.equal(['Res: 0', 0, [null]]);
    }));

  it('test_first_error_second_successful', () =>
    simulate(function* () {
      const race = asyncio.staggeredRace([() => fail(0), () => succeed(1)], null);
      const [winner, index, errors] = yield* race;
      expect(winner).to.equal('Res: 1');
      expect(index).to.equal(1);
      expect(errors).to.have.length(2);
      expect(errors[0]).to.be.instanceOf(RangeError);
      expect(errors[1]).to.equal(null);
    }));

  it('test_first_timeout_second_successful', () =>
    simulate(function* () {
      function* succeedLate(): asyncio.Coroutine<string> {
        yield* asyncio.sleep(10); // much more than the delay
        return 'Res: 0';
      }
      const [winner, index, errors] = yield* asyncio.staggeredRace([succeedLate, () => succeed(1)], 0.1);
      expect(winner).to.equal('Res: 1');
      expect(index).to.equal(1);
      expect(errors).to.have.length(2);
      expect(errors[0]).to.be.instanceOf(asyncio.CancelledError);
      expect(errors[1]).to.equal(null);
      expect(asyncio.getRunningLoop().time()).to.equal(0.1);
    }));

  it('test_none_successful', () =>
    simulate(function* () {
      const [winner, index, errors] = yield* asyncio.staggeredRace([() => fail(0), () => fail(1)], null);
      expect(winner).to.equal(undefined);
      expect(index).to.equal(undefined);
      expect(errors).to.have.length(2);
      for (const error of errors) expect(error).to.be.instanceOf(RangeError);
    }));

  // Since 3.14.
  it('test_multiple_winners', () =>
    simulate(function* () {
      const event = new asyncio.Event();
      function* waitFor(index: number): asyncio.Coroutine<number> {
        yield* event.wait();
        return index;
      }
      function* set(): asyncio.Coroutine<never> {
        event.set();
        yield* new asyncio.Event().wait();
        return expect.fail('nobody sets that event');
      }
      const race = asyncio.staggeredRace<number>([() => waitFor(0), () => waitFor(1), set], 0.1);
      const [winner, index, errors] = yield* race;
      expect(winner).to.equal(0);
      expect(index).to.equal(0);
      expect(errors).to.have.length(3);
      expect(errors[0]).to.equal(null);
      expect(errors[1]).to.be.instanceOf(asyncio.CancelledError);
      expect(errors[2]).to.be.instanceOf(asyncio.CancelledError);
    }));

  // Since 3.14.
  it('test_cancelled', () =>
    simulate(function* () {
      const log: string[] = [];
      function* nested(outer: asyncio.Timeout, inner: asyncio.Timeout): asyncio.Coroutine<void> {
        function* swallow(): asyncio.Coroutine<void> {
          for (const [scope, line] of [
            [inner, 'cancelled 1'],
            [outer, 'cancelled 2'],
          ] as const) {
            scope.reschedule(-1);
            yield* asyncio.sleep(0);
            try {
              yield* asyncio.sleep(0);
            } catch (error) {
              if (!asyncio.isCancelled(error)) throw error;
              log.push(line);
            }
          }
        }
        try {
          yield* asyncio.staggeredRace([swallow], null);
        } catch (error) {
          if (asyncio.isCancelled(error)) log.push('cancelled 3');
          throw error;
        }
      }
      yield* assertRaises(
        asyncio.TimeoutError,
        asyncio.withTimeout(null, (outer) => asyncio.withTimeout(null, (inner) => nested(outer, inner))),
      );
      expect(log).to.deep.equal(['cancelled 1', 'cancelled 2', 'cancelled 3']);
    }));
});
