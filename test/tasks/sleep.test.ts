import * as asyncio from 'asyncio-web';
import { assert, expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { describeEachLoop, simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';
import { countPasses } from '../support/passes.ts';

/** Remembers the handles that `callLater` gives. */
function spyOnTimers(loop: asyncio.AbstractEventLoop): asyncio.TimerHandle[] {
  const handles: asyncio.TimerHandle[] = [];
  const { callLater } = loop;
  loop.callLater = (delay, callback, ...args) => {
    const handle = callLater.call(loop, delay, callback as asyncio.Callback<unknown[]>, ...args);
    handles.push(handle);
    return handle;
  };
  return handles;
}

describeEachLoop('sleep', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  for (const delay of [0, -0, -1, -Infinity]) {
    it(`#10 sleep(${Object.is(delay, -0) ? '-0' : delay}) gives way exactly once, without a timer`, () =>
      run(function* () {
        const timers = spyOnTimers(asyncio.getRunningLoop());
        expect(yield* countPasses(() => asyncio.sleep(delay))).to.equal(1);
        expect(timers).to.deep.equal([]);
      }));
  }

  it('#10 sleep(0) lets what is ready run first', () =>
    run(function* () {
      let result = 0;
      asyncio.getRunningLoop().callSoon(() => {
        result += 1;
      });
      expect(result).to.equal(0);
      const ten = yield* asyncio.sleep(0, 10);
      expect(result).to.equal(1);
      expect(ten).to.equal(10);
    }));

  it('gives its result', () =>
    run(function* () {
      const object = {};
      expect(yield* asyncio.sleep(0, object)).to.equal(object);
      expect(yield* asyncio.sleep(0.001, object)).to.equal(object);
      expect(yield* asyncio.sleep(0)).to.equal(undefined);
      expect(yield* asyncio.sleep(0.001)).to.equal(undefined);
    }));

  it('#10 NaN is refused when it is awaited', () =>
    run(function* () {
      const timers = spyOnTimers(asyncio.getRunningLoop());
      const sleeping = asyncio.sleep(Number.NaN);
      const error = yield* raised(sleeping);
      expect(error).to.be.instanceOf(RangeError);
      expect((error as Error).message).to.equal('Invalid delay: NaN (not a number)');
      expect(timers).to.deep.equal([]);
    }));

  it('what is no number is refused when it is awaited', () =>
    run(function* () {
      for (const rubbish of ['1', null, undefined, {}, 1n, true]) {
        const sleeping = asyncio.sleep(rubbish as never);
        expect(yield* raised(sleeping)).to.be.instanceOf(TypeError);
      }
    }));

  it('#10 a sleep that is cancelled cancels its timer', () =>
    run(function* () {
      const timers = spyOnTimers(asyncio.getRunningLoop());
      const task = asyncio.createTask(asyncio.sleep(1000, 'never'));
      yield* asyncio.sleep(0);
      expect(timers).to.have.length(1);
      expect(timers[0]?.cancelled()).to.equal(false);
      task.cancel();
      yield* asyncio.sleep(0);
      expect(timers[0]?.cancelled()).to.equal(true);
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
    }));

  it('#10 a sleep that is over has cancelled its timer', () =>
    run(function* () {
      const timers = spyOnTimers(asyncio.getRunningLoop());
      yield* asyncio.sleep(0.001);
      expect(timers.map((timer) => timer.cancelled())).to.deep.equal([true]);
    }));

  it('one that is never awaited makes no timer', () =>
    run(function* () {
      const timers = spyOnTimers(asyncio.getRunningLoop());
      asyncio.sleep(1);
      yield* asyncio.sleep(0);
      expect(timers).to.deep.equal([]);
    }));

  it('can be run as a task', () =>
    run(function* () {
      expect(yield* asyncio.createTask(asyncio.sleep(0, 'zero'))).to.equal('zero');
      expect(yield* asyncio.createTask(asyncio.sleep(0.001, 'later'))).to.equal('later');
    }));

  it('sleep(0) can be cancelled', () =>
    run(function* () {
      const task = asyncio.createTask(asyncio.sleep(0));
      yield* asyncio.sleep(0);
      task.cancel('why');
      const error = yield* raised(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
    }));
});

describe('sleep', () => {
  it('takes its time, and wakes in the order of the delays', async () => {
    const log: string[] = [];
    function* sleeper(delay: number): asyncio.Coroutine<void> {
      const result = yield* asyncio.sleep(delay, `slept ${delay}`);
      log.push(`${result}, woke at ${asyncio.getRunningLoop().time()}`);
    }
    await simulate(() => asyncio.gather([3, 1, 2].map(sleeper)));
    expect(log).to.deep.equal(['slept 1, woke at 1', 'slept 2, woke at 2', 'slept 3, woke at 3']);
  });

  it('#10 sleep(0) asks the host for nothing but the next tick', () => {
    const host = new FakeHost();
    const loop = new asyncio.BaseEventLoop(host);
    loop.createTask(asyncio.sleep(0));
    void loop.runForever();
    host.takeRequests();
    host.pump(1);
    expect(host.takeRequests()).to.deep.equal(['wakeSoon']);
    host.pump();
    expect(host.takeRequests()).to.deep.equal([]);
  });

  it('Infinity sleeps until it is cancelled', async () => {
    await simulate(function* () {
      const task = asyncio.createTask(asyncio.sleep(Infinity));
      yield* asyncio.sleep(1e9);
      expect(task.done()).to.equal(false);
      task.cancel();
      yield* asyncio.wait([task]);
      expect(task.cancelled()).to.equal(true);
    });
  });

  it('is a coroutine for every delay', () => {
    for (const delay of [0, -1, 1]) expect(asyncio.iscoroutine(asyncio.sleep(delay))).to.equal(true);
  });

  it('needs a running loop', () => {
    expect(() => asyncio.sleep(1).next()).to.throw(asyncio.RuntimeError, 'no running event loop');
  });

  it('sleep(0) driven by hand ends after one step, and stays at its end', () => {
    const sleeping = asyncio.sleep(0, 'result');
    expect(sleeping.next().done).to.equal(false);
    const end = sleeping.next();
    expect([end.done, end.value]).to.deep.equal([true, 'result']);
    const after = sleeping.next();
    expect([after.done, after.value]).to.deep.equal([true, undefined]);
  });

  it('sleep(0) ends with an error that is thrown into it', () => {
    const sleeping = asyncio.sleep(0, 'result');
    sleeping.next();
    const failure = new Error('thrown in');
    assert.throws(() => sleeping.throw(failure), failure as never);
    expect(sleeping.next().done).to.equal(true);
  });
});
