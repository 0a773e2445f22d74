// Guest mode: a program as the guest of a run loop that belongs to somebody else.

import * as asyncio from 'asyncio-web';
import type { GuestRun, HostLoop, Outcome } from 'asyncio-web/lowlevel';
import { BrowserHost, NestedHost, runOutsideTask, startGuestRun } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { MinimalLoop } from '../../demo/minimal-loop/minimal-loop.ts';
import { FakeHost } from '../support/fake-host.ts';
import { forceGc } from '../support/gc.ts';
import { ManualHost } from '../support/loops.ts';
import { Random, seed } from '../support/random.ts';
import { KeepsItsDeadline, LosesWakeUps } from './broken-loops/loops.ts';

/** A guest on a host that the test drives, and what it came to. */
function guestOf<T>(
  main: asyncio.Main<T>,
  host: HostLoop = new FakeHost(),
): { guest: GuestRun<T>; outcomes: Outcome<T>[] } {
  const outcomes: Outcome<T>[] = [];
  const guest = startGuestRun(main, { host, doneCallback: (outcome) => outcomes.push(outcome) });
  return { guest, outcomes };
}

/** Lets the reactions of Promises run: a run of a loop is one. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}

/** Drives a host until it has nothing left that was asked for, with time for Promises between two runs. */
async function finish(host: FakeHost): Promise<void> {
  do {
    host.finish();
    await settled();
  } while (!host.idle);
}

describe('startGuestRun()', () => {
  it('is set up when it returns: the loop takes callbacks and tasks before the first tick', async () => {
    const host = new FakeHost();
    const { guest, outcomes } = guestOf(asyncio.sleep(1, 'result'), host);
    const calls: string[] = [];
    expect(guest.loop.isRunning()).to.equal(true);
    expect(host.soon).to.equal(true);
    guest.loop.callSoon(() => calls.push('callback'));
    const task = guest.loop.createTask(asyncio.sleep(0, 'of the host'));
    expect(asyncio._getRunningLoop()).to.equal(null);
    await finish(host);
    expect(calls).to.deep.equal(['callback']);
    expect(task.result()).to.equal('of the host');
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'result' }]);
  });

  it('delivers the outcome once, when the loop is closed and the host is free', async () => {
    const host = new FakeHost();
    const seen: unknown[] = [];
    const guest: GuestRun<void> = startGuestRun(asyncio.sleep(1), {
      host,
      doneCallback: (outcome): unknown => seen.push(outcome.status, guest.loop.isClosed(), host.started),
    });
    await finish(host);
    expect(seen).to.deep.equal(['fulfilled', true, false]);
    expect(await guest.done).to.deep.equal({ status: 'fulfilled', value: undefined });
    expect(guest.cancel()).to.equal(false);
    guest.abandon();
    expect(seen).to.have.length(3);
  });

  it('delivers the error of the program, and reports it nowhere', async () => {
    const host = new FakeHost();
    const failure = new Error('own');
    const { outcomes } = guestOf(function* () {
      yield* asyncio.sleep(1);
      throw failure;
    }, host);
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'rejected', reason: failure }]);
    expect(host.shown).to.deep.equal([]);
  });

  it('cancels the program for the host, and waits for its cleanup', async () => {
    const host = new FakeHost();
    const calls: string[] = [];
    const { guest, outcomes } = guestOf(function* () {
      try {
        yield* asyncio.sleep(1000);
      } finally {
        yield* asyncio.sleep(5);
        calls.push('cleanup');
      }
    }, host);
    host.drain();
    expect(guest.cancel('enough')).to.equal(true);
    await finish(host);
    expect(calls).to.deep.equal(['cleanup']);
    expect(host.time).to.equal(5);
    expect(outcomes[0]?.status).to.equal('rejected');
    const { reason } = outcomes[0] as PromiseRejectedResult;
    expect(reason).to.be.instanceOf(asyncio.CancelledError);
    expect((reason as asyncio.CancelledError).args).to.deep.equal(['enough']);
  });

  it('is one run for the host, with the cleanup of what is left in it', async () => {
    const host = new FakeHost();
    const calls: string[] = [];
    const generator = asyncio.asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
      } finally {
        calls.push('generator closed');
      }
    });
    const { outcomes } = guestOf(function* () {
      asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } finally {
            yield* asyncio.sleep(1);
            calls.push('task cleaned up');
          }
        })(),
      );
      return (yield* generator.anext()).value;
    }, host);
    host.finish();
    await settled();
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 1 }]);
    expect(calls).to.deep.equal(['task cleaned up', 'generator closed']);
    expect(host.takeRequests().filter((request) => request === 'start' || request === 'stop')).to.deep.equal([
      'start',
      'stop',
    ]);
  });

  it('reports the errors of what is left to the exception handler', async () => {
    const host = new FakeHost();
    const reports: asyncio.ExceptionContext[] = [];
    const { guest } = guestOf(function* () {
      asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: the error of a cleanup is what this is about
            throw new Error('in the cleanup');
          }
        })(),
      );
      yield* asyncio.sleep(0);
    }, host);
    guest.loop.setExceptionHandler((_loop, context) => reports.push(context));
    await finish(host);
    expect(reports.map(({ message }) => message)).to.deep.equal([
      'unhandled exception during asyncio.run() shutdown',
    ]);
  });

  it('delivers an exit, from the program or from a callback, after the cleanup', async () => {
    for (const fromCallback of [false, true]) {
      const host = new FakeHost();
      const exit = new asyncio.SystemExit(3);
      const calls: string[] = [];
      const leave = (): never => {
        throw exit;
      };
      const { guest, outcomes } = guestOf(function* () {
        asyncio.createTask(
          (function* () {
            try {
              yield* asyncio.sleep(1000);
            } finally {
              yield* asyncio.sleep(1);
              calls.push('cleanup');
            }
          })(),
        );
        yield* asyncio.sleep(1);
        if (!fromCallback) leave();
        yield* asyncio.sleep(1000);
      }, host);
      if (fromCallback) guest.loop.callLater(1, leave);
      await finish(host);
      expect(outcomes).to.deep.equal([{ status: 'rejected', reason: exit }]);
      expect(calls).to.deep.equal(['cleanup']);
      expect(guest.loop.isClosed()).to.equal(true);
    }
  });

  it('a program that stops its loop is cancelled, and the outcome says so', async () => {
    const host = new FakeHost();
    const calls: string[] = [];
    const { guest, outcomes } = guestOf(function* () {
      try {
        asyncio.getRunningLoop().stop();
        yield* asyncio.sleep(1000);
      } finally {
        calls.push('cleanup');
      }
    }, host);
    await finish(host);
    expect(calls).to.deep.equal(['cleanup']);
    const { reason } = outcomes[0] as PromiseRejectedResult;
    expect(reason).to.be.instanceOf(asyncio.RuntimeError);
    expect((reason as Error).message).to.equal('Event loop stopped before Future completed.');
    expect(guest.loop.isClosed()).to.equal(true);
  });

  it('shows what doneCallback throws as the host shows errors', async () => {
    const host = new FakeHost();
    const failure = new Error('in doneCallback');
    startGuestRun(asyncio.sleep(0), {
      host,
      doneCallback: () => {
        throw failure;
      },
    });
    await finish(host);
    expect(host.shown).to.deep.equal([failure]);
  });

  it('takes any loop that can be made on a host, and switches its debug mode', async () => {
    const host = new FakeHost();
    const debugged = startGuestRun(asyncio.sleep(0), { host, debug: true, doneCallback: () => undefined });
    expect(debugged.loop.getDebug()).to.equal(true);
    await finish(host);
    const outcomes: unknown[] = [];
    startGuestRun(asyncio.sleep(1, 'on a loop of a hundred lines'), {
      host,
      loopFactory: (given) => new MinimalLoop(given),
      doneCallback: (outcome) => outcomes.push(outcome),
    });
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'on a loop of a hundred lines' }]);
  });

  it('has a loop that is run by nobody else, and that nobody else closes', async () => {
    const host = new FakeHost();
    const { guest, outcomes } = guestOf(asyncio.sleep(1, 'slept'), host);
    const { loop } = guest;
    expect(() => loop.runForever()).to.throw(asyncio.RuntimeError, 'This event loop is already running');
    const other = asyncio.sleep(0);
    expect(() => loop.runUntilComplete(other)).to.throw(
      asyncio.RuntimeError,
      'This event loop is already running',
    );
    expect(() => loop.close()).to.throw(asyncio.RuntimeError, 'Cannot close a running event loop');
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'slept' }]);
  });

  it('refuses a host that has a guest, until that one has ended', async () => {
    const host = new FakeHost();
    guestOf(asyncio.sleep(1), host);
    expect(() => guestOf(asyncio.sleep(1), host)).to.throw(asyncio.RuntimeError, 'the host has a guest');
    await finish(host);
    const { outcomes } = guestOf(asyncio.sleep(1, 'second'), host);
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'second' }]);
  });

  it('refuses what is no program, and a call inside a loop, at the call', async () => {
    const host = new FakeHost();
    expect(() => guestOf(5 as never, host)).to.throw(TypeError, 'awaitable is required');
    await asyncio.run(
      function* () {
        expect(() => guestOf(asyncio.sleep(0), host)).to.throw(asyncio.RuntimeError, 'running event loop');
      },
      { loopFactory: () => new SimLoop() },
    );
    expect(host.log).to.deep.equal([]);
  });
});

describe('hosts of guests', () => {
  it('one that calls only when it was asked to drives a program to its end', async () => {
    const host = new FakeHost();
    const { outcomes } = guestOf(function* () {
      const queue = new asyncio.Queue<number>();
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(
          (function* () {
            for (let item = 0; item < 5; item++) {
              yield* asyncio.sleep(1);
              yield* queue.put(item);
            }
          })(),
        );
        for (let item = 0; item < 5; item++) expect(yield* queue.get()).to.equal(item);
      });
      return 'ended';
    }, host);
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'ended' }]);
    expect(host.time).to.equal(5);
  });

  it('one that is a second late with every call keeps the order', async () => {
    const host = new FakeHost();
    const calls: string[] = [];
    function* worker(name: string, delay: number): asyncio.Coroutine<void> {
      for (let round = 0; round < 3; round++) {
        yield* asyncio.sleep(delay);
        calls.push(`${name}${round}`);
      }
    }
    const { outcomes } = guestOf(() => asyncio.gather(worker('a', 0.1), worker('b', 0.2)), host);
    for (let call = 0; call < 100 && outcomes.length === 0; call++) {
      if (host.idle) await settled();
      host.time += 1;
      if (host.soon || host.deadline <= host.time) host.pump(1);
    }
    await settled();
    expect(outcomes[0]?.status).to.equal('fulfilled');
    expect(calls.filter((call) => call.startsWith('a'))).to.deep.equal(['a0', 'a1', 'a2']);
    expect(calls.filter((call) => call.startsWith('b'))).to.deep.equal(['b0', 'b1', 'b2']);
    expect(calls[0]).to.equal('a0');
  });

  it('one that throws when it is asked loses nothing: the next request is made', async () => {
    const host = new FakeHost();
    let isBroken = false;
    const { wakeSoon, wakeAt } = host;
    host.wakeSoon = () => {
      if (isBroken) throw new Error('the host is broken');
      wakeSoon.call(host);
    };
    host.wakeAt = (when) => {
      if (isBroken) throw new Error('the host is broken');
      wakeAt.call(host, when);
    };
    const { guest, outcomes } = guestOf(asyncio.sleep(10, 'slept'), host);
    host.drain();
    const calls: string[] = [];
    isBroken = true;
    expect(() => guest.loop.callSoon(() => calls.push('asked for in vain'))).to.throw('the host is broken');
    expect(() => guest.loop.callLater(1, () => calls.push('timer'))).to.throw('the host is broken');
    isBroken = false;
    guest.loop.callSoon(() => calls.push('asked for again'));
    await finish(host);
    expect(calls).to.deep.equal(['asked for in vain', 'asked for again', 'timer']);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'slept' }]);
  });

  it('one that throws when a future is set loses none of those who wait for it', async () => {
    const host = new FakeHost();
    const { wakeSoon } = host;
    let isBroken = false;
    host.wakeSoon = () => {
      if (isBroken) throw new Error('the host is broken');
      wakeSoon.call(host);
    };
    for (const settle of ['setResult', 'setException', 'cancel'] as const) {
      const calls: string[] = [];
      const shared: { future?: asyncio.Future<void> } = {};
      const { guest, outcomes } = guestOf(function* () {
        const future = new asyncio.Future<void>();
        shared.future = future;
        function* wait(name: string): asyncio.Coroutine<void> {
          try {
            yield* asyncio.shield(future);
          } finally {
            calls.push(name);
          }
        }
        yield* asyncio.gather([wait('a'), wait('b'), wait('c')], { returnExceptions: true });
      }, host);
      host.drain();
      isBroken = true;
      const { future } = shared;
      expect(() =>
        settle === 'setException' ? future?.setException(new Error('own')) : future?.[settle](),
      ).to.throw('the host is broken');
      isBroken = false;
      guest.loop.callSoon(() => undefined);
      await finish(host);
      expect(calls, settle).to.deep.equal(['a', 'b', 'c']);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled']);
    }
  });

  it('one that throws at the end of a tick can be asked again', async () => {
    const host = new FakeHost();
    const { wakeAt } = host;
    let isBroken = true;
    host.wakeAt = (when) => {
      if (isBroken) throw new Error('the host is broken');
      wakeAt.call(host, when);
    };
    const { guest, outcomes } = guestOf(asyncio.sleep(10, 'slept'), host);
    expect(() => host.drain()).to.throw('the host is broken');
    expect(asyncio._getRunningLoop()).to.equal(null);
    isBroken = false;
    guest.loop.callSoon(() => undefined);
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'slept' }]);
  });

  it('two on one run loop have a guest each, and both are served', async () => {
    const [first, second] = [new FakeHost(), new FakeHost()];
    const calls: string[] = [];
    function* worker(name: string): asyncio.Coroutine<string> {
      for (let round = 0; round < 3; round++) {
        calls.push(`${name}${round}`);
        yield* asyncio.sleep(0);
      }
      return name;
    }
    const guests = [guestOf(worker('a'), first), guestOf(worker('b'), second)];
    for (let turn = 0; turn < 50; turn++) {
      for (const host of [first, second]) if (host.soon) host.pump(1);
      await settled();
    }
    expect(calls).to.deep.equal(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
    expect(guests.map(({ outcomes }) => outcomes[0])).to.deep.equal([
      { status: 'fulfilled', value: 'a' },
      { status: 'fulfilled', value: 'b' },
    ]);
  });

  it('one that calls from inside a callback of the guest is refused', async () => {
    const host = new FakeHost();
    const steps: string[] = [];
    function* worker(name: string): asyncio.Coroutine<void> {
      for (let round = 0; round < 3; round++) {
        steps.push(`${name} begins`);
        host.pump();
        steps.push(`${name} ends`);
        yield* asyncio.sleep(0);
      }
    }
    const { outcomes } = guestOf(() => asyncio.gather(worker('a'), worker('b')), host);
    await finish(host);
    expect(outcomes[0]?.status).to.equal('fulfilled');
    for (let at = 0; at < steps.length; at += 2)
      expect(steps[at + 1]).to.equal(steps[at]?.replace('begins', 'ends'));
  });

  it('one that sets futures while the guest is idle wakes it, and one that adds an earlier timer too', async () => {
    const host = new FakeHost();
    const { guest, outcomes } = guestOf(function* () {
      const future = asyncio.getRunningLoop().createFuture<string>();
      asyncio.getRunningLoop().callLater(1000, () => future.cancel());
      set = (value) => future.setResult(value);
      return yield* future;
    }, host);
    let set: (value: string) => void = () => undefined;
    host.drain();
    expect(host.deadline).to.equal(1000);
    guest.loop.callAt(7, () => set('at seven'));
    expect(host.deadline).to.equal(7);
    await finish(host);
    expect(outcomes).to.deep.equal([{ status: 'fulfilled', value: 'at seven' }]);
    expect(host.time).to.equal(7);
  });
});

describe('a host that cannot be started', () => {
  it('fails the run, and the loop can be run on when it can', async () => {
    for (const method of ['start', 'wakeSoon'] as const) {
      const host = new FakeHost();
      const loop = new asyncio.BaseEventLoop(host);
      const fail = (): never => {
        throw new Error('the host is broken');
      };
      Object.defineProperty(host, method, { value: fail, configurable: true });
      const error = await loop.runForever().catch((thrown: unknown) => thrown);
      expect((error as Error).message).to.equal('the host is broken');
      expect(loop.isRunning()).to.equal(false);
      Reflect.deleteProperty(host, method); // the class's own again
      const over = loop.runForever();
      loop.stop();
      host.drain();
      await over;
    }
  });
});

describe('a host that closes before its guest has ended', () => {
  it('abandon() lets cleanup run that need not wait, inside the call', () => {
    const host = new FakeHost();
    const calls: string[] = [];
    const { guest, outcomes } = guestOf(function* () {
      try {
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* () {
              try {
                yield* asyncio.sleep(1000);
              } finally {
                yield* asyncio.sleep(0);
                calls.push('child');
              }
            })(),
          );
        });
      } finally {
        calls.push('main');
      }
    }, host);
    host.drain();
    guest.abandon();
    expect(calls).to.deep.equal(['child', 'main']);
    expect(outcomes).to.have.length(1);
    expect((outcomes[0] as PromiseRejectedResult).reason).to.be.instanceOf(asyncio.CancelledError);
    expect(guest.loop.isClosed()).to.equal(true);
    expect(host.started).to.equal(false);
    expect(host.idle).to.equal(true);
  });

  it('abandon() gives up what waits, and reports it', () => {
    const host = new FakeHost();
    const reports: string[] = [];
    const { guest, outcomes } = guestOf(function* () {
      try {
        yield* asyncio.sleep(1000);
      } finally {
        yield* asyncio.sleep(1);
      }
    }, host);
    guest.loop.setExceptionHandler((_loop, { message }) => reports.push(message ?? ''));
    host.drain();
    guest.abandon();
    expect(reports).to.deep.equal(['Task was destroyed but it is pending!']);
    const { reason } = outcomes[0] as PromiseRejectedResult;
    expect(reason).to.be.instanceOf(asyncio.RuntimeError);
    expect((reason as Error).message).to.contain('closed before the program could end');
    expect(guest.loop.isClosed()).to.equal(true);
    expect(host.started).to.equal(false);
  });

  it('abandon() ends a program that never waits', () => {
    const host = new FakeHost();
    const { guest, outcomes } = guestOf(function* () {
      for (;;) {
        try {
          yield* asyncio.sleep(0);
        } catch (error) {
          if (!asyncio.isCancelled(error)) throw error; // it will not listen
        }
      }
    }, host);
    guest.loop.setExceptionHandler(() => undefined);
    host.pump(10);
    guest.abandon();
    expect(outcomes).to.have.length(1);
    expect(guest.loop.isClosed()).to.equal(true);
  });

  it('abandon() inside the guest ends it right behind the tick, with its cleanup', async () => {
    const host = new FakeHost();
    const calls: string[] = [];
    const { guest, outcomes } = guestOf(function* () {
      try {
        yield* asyncio.sleep(1000);
      } finally {
        yield* asyncio.sleep(0);
        calls.push('cleanup');
      }
    }, host);
    guest.loop.setExceptionHandler((_loop, { message }) => calls.push(message ?? ''));
    guest.loop.callLater(1, () => guest.abandon());
    host.advanceTo(1);
    await settled();
    expect(calls).to.deep.equal(['cleanup']);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected']);
    expect((outcomes[0] as PromiseRejectedResult).reason).to.be.instanceOf(asyncio.CancelledError);
    expect(host.started).to.equal(false);
    expect(guest.loop.isClosed()).to.equal(true);
  });

  it('a guest whose host is gone is warned of when it is collected', async () => {
    const warnings: string[] = [];
    const { warning } = asyncio.logger;
    asyncio.logger.warning = (message) => warnings.push(message);
    try {
      for (let index = 0; index < 5; index++) guestOf(asyncio.sleep(1000), new ManualHost());
      await forceGc();
      expect(warnings.length).to.be.within(3, 5);
      for (const line of warnings) expect(line).to.match(/^The guest run of Task-1 was never finished/);
    } finally {
      asyncio.logger.warning = warning;
    }
  });
});

describe('runOutsideTask()', () => {
  it('calls the function with no loop running and no task entered, and gives its result', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const seen: unknown[] = [];
    const result = await loop.runUntilComplete(
      (function* () {
        return yield* runOutsideTask(() => {
          seen.push(asyncio._getRunningLoop(), asyncio.currentTask(loop), loop.isRunning());
          return 'answer';
        });
      })(),
    );
    loop.close();
    expect(result).to.equal('answer');
    expect(seen).to.deep.equal([null, null, true]);
  });

  it('gives the error that it throws, and waits for a Promise that it gives', async () => {
    const failure = new Error('closed by the user');
    const results = await asyncio.run(() =>
      asyncio.gather(
        [
          runOutsideTask(() => {
            throw failure;
          }),
          runOutsideTask(() => Promise.resolve('later')),
        ],
        { returnExceptions: true },
      ),
    );
    expect(results).to.deep.equal([failure, 'later']);
  });

  it('does not call it when the wait is cancelled before', async () => {
    const calls: string[] = [];
    await asyncio.run(function* () {
      const dialog = runOutsideTask(() => calls.push('opened'));
      dialog.cancel();
      yield* asyncio.sleep(0.01);
    });
    expect(calls).to.deep.equal([]);
  });

  it('calls it in the context of the caller', async () => {
    const variable = new asyncio.ContextVar<string>('variable');
    const seen = await asyncio.run(function* () {
      variable.set('of the task');
      return yield* runOutsideTask(() => variable.get());
    });
    expect(seen).to.equal('of the task');
  });

  it('a modal dialog that opens a run loop leaves the other tasks going', async () => {
    const host = new NestedHost(new BrowserHost(), { modes: ['default', 'dialog'] });
    const steps: string[] = [];
    const { guest } = guestOf(function* () {
      const worker = asyncio.createTask(
        (function* () {
          for (let round = 0; round < 3; round++) {
            steps.push(`step ${round}`);
            yield* asyncio.sleep(0);
          }
        })(),
      );
      yield* runOutsideTask(() => {
        steps.push('dialog opens');
        host.runNested('dialog', () => worker.done());
        steps.push(worker.done() ? 'dialog closes' : 'dialog hangs');
      });
    }, host);
    expect((await guest.done).status).to.equal('fulfilled');
    expect(steps.indexOf('dialog closes')).to.equal(4);
    expect(steps).to.have.length(5);
  });
});

describe(`no wake-up of a guest is lost (seed ${seed})`, () => {
  const SCHEDULES = 10_000;
  const SHARE = 1000;

  /** A program and a host that do things at random; afterwards everything that was set off must have happened. */
  function runSchedule(random: Random, makeLoop: (host: HostLoop) => asyncio.AbstractEventLoop): void {
    const host = new ManualHost();
    const futures: asyncio.FutureLike<number>[] = [];
    let [posted, called, began, ended] = [0, 0, 0, 0];
    const note = (): void => {
      called += 1;
      if (random.below(4) === 0) host.pump(1 + random.below(3)); // a nested run loop of the host
    };
    function* worker(): asyncio.Coroutine<void> {
      began += 1;
      try {
        for (let step = random.below(5); step > 0; step--) {
          const kind = random.below(4);
          if (kind === 0) yield* asyncio.sleep(random.below(3));
          else if (kind === 1) yield* asyncio.sleep(0);
          else if (kind === 2) yield* futures[random.below(futures.length)] as asyncio.FutureLike<number>;
          else yield* asyncio.waitFor(asyncio.sleep(random.below(4)), 1);
        }
      } catch (error) {
        if (!asyncio.isCancelled(error) && !(error instanceof asyncio.TimeoutError)) throw error;
      } finally {
        ended += 1;
      }
    }
    const loop = makeLoop(host);
    for (let index = 0; index < 3; index++) futures.push(loop.createFuture<number>());
    const tasks = Array.from({ length: 1 + random.below(4) }, () => loop.createTask(worker()));
    void loop.runForever();

    /** What code of the host does between two calls. */
    const act = (): void => {
      const kind = random.below(8);
      const future = futures[random.below(futures.length)] as asyncio.FutureLike<number>;
      if (kind === 0 && !future.done()) future.setResult(1);
      else if (kind === 1) {
        posted += 1;
        loop.callSoon(note);
      } else if (kind === 2) {
        posted += 1;
        loop.callLater(random.below(3) - 1, note);
      } else if (kind === 3) random.pick(tasks).cancel();
      else if (kind === 4)
        host.pump(random.below(3)); // unasked
      else if (kind === 5) host.time += random.below(2);
      else if (kind === 6) loop.callLater(random.below(100), note).cancel();
    };
    /** Calls the pump as it was asked to, and only then. */
    const turn = (): boolean => {
      if (host.idle) return false;
      if (!host.wantsSoon) host.time = Math.max(host.time, host.deadline);
      host.pump(1 + random.below(4));
      return true;
    };
    for (let round = 10 + random.below(20); round > 0; round--) {
      if (random.below(2) === 0) act();
      else turn();
    }
    for (const future of futures) if (!future.done()) future.setResult(2);
    while (turn());
    expect(called, 'callbacks').to.equal(posted);
    expect(ended, 'tasks').to.equal(began);
    for (const task of tasks) expect(task.done(), String(task)).to.equal(true);
    loop.stop();
    while (turn());
    expect(loop.isRunning()).to.equal(false);
  }

  const makers: Record<string, (host: HostLoop) => asyncio.AbstractEventLoop> = {
    BaseEventLoop: (host) => new asyncio.BaseEventLoop(host),
    MinimalLoop: (host) => new MinimalLoop(host),
  };
  for (const [name, makeLoop] of Object.entries(makers)) {
    for (let first = 0; first < (name === 'BaseEventLoop' ? SCHEDULES : SHARE); first += SHARE) {
      it(`${name}, schedules ${first + 1} to ${first + SHARE}`, () => {
        for (let schedule = first; schedule < first + SHARE; schedule++) {
          try {
            runSchedule(new Random(seed + schedule), makeLoop);
          } catch (error) {
            throw new Error(`schedule ${schedule}: ${error}`, { cause: error });
          }
        }
      });
    }
  }

  for (const Loop of [LosesWakeUps, KeepsItsDeadline]) {
    it(`the schedules find it in a loop that has the bug: ${Loop.name}`, () => {
      expect(() => {
        for (let schedule = 0; schedule < 200; schedule++)
          runSchedule(new Random(seed + schedule), (host) => new Loop(host));
      }).to.throw(/callbacks|tasks/);
    });
  }
});

describe(`guests of every kind of host come to their end (seed ${seed})`, () => {
  const KINDS = ['asked only', 'a second late', 'throws', 'closes', 'two guests', 'nested'] as const;
  type Kind = (typeof KINDS)[number];
  /** Of each kind; more than 10,000 altogether. */
  const SCHEDULES = 1700;

  class BrokenError extends Error {}

  /** A host that refuses what it is asked for while it is broken. */
  class BreakingHost extends ManualHost {
    isBroken = false;
    override wakeSoon(): void {
      if (this.isBroken) throw new BrokenError();
      super.wakeSoon();
    }
    override wakeAt(when: number): void {
      if (this.isBroken) throw new BrokenError();
      super.wakeAt(when);
    }
  }

  /** One guest, and what the code of its host does to it. */
  class Guest {
    readonly host = new BreakingHost();
    readonly #nested: NestedHost | null;
    readonly #random: Random;
    readonly guest: GuestRun<string>;
    readonly futures: asyncio.FutureLike<number>[] = [];
    readonly tasks: asyncio.Task<void>[] = [];
    readonly errors: string[] = [];
    outcome: Outcome<string> | null = null;
    posted = 0;
    called = 0;
    began = 0;
    ended = 0;
    #isInside = false;
    readonly #quit: asyncio.FutureLike<void>;

    constructor(random: Random, kind: Kind) {
      this.#random = random;
      const modes = random.below(2) === 0 ? ['default'] : ['default', 'inner'];
      this.#nested = kind === 'nested' ? new NestedHost(this.host, { modes }) : null;
      this.guest = startGuestRun(() => this.#main(), {
        host: this.#nested ?? this.host,
        doneCallback: (outcome) => {
          if (this.outcome !== null) this.errors.push('a second outcome');
          this.outcome = outcome;
        },
      });
      this.guest.loop.setExceptionHandler((_loop, { message, exception }) =>
        this.errors.push(`${message}: ${exception}`),
      );
      this.#quit = this.guest.loop.createFuture<void>();
      for (let index = 0; index < 3; index++) this.futures.push(this.guest.loop.createFuture<number>());
    }

    *#main(): asyncio.Coroutine<string> {
      const count = 1 + this.#random.below(4);
      for (let index = 0; index < count; index++) this.tasks.push(asyncio.createTask(this.#worker()));
      yield* asyncio.gather(this.tasks, { returnExceptions: true });
      yield* this.#quit;
      return 'ended';
    }

    *#worker(): asyncio.Coroutine<void> {
      this.began += 1;
      try {
        for (let step = this.#random.below(5); step > 0; step--) {
          this.#alone();
          const kind = this.#random.below(4);
          if (kind === 0) yield* asyncio.sleep(this.#random.below(3));
          else if (kind === 1) yield* asyncio.sleep(0);
          else if (kind === 2) yield* this.#random.pick(this.futures);
          else yield* asyncio.waitFor(asyncio.sleep(this.#random.below(4)), 1);
        }
      } catch (error) {
        if (!asyncio.isCancelled(error) && !(error instanceof asyncio.TimeoutError)) throw error;
      } finally {
        this.ended += 1;
      }
    }

    /** Runs in the guest; now and then it leads back into the run loop, which must not enter the guest again. */
    #alone(): void {
      if (this.#isInside) this.errors.push('entered twice');
      this.#isInside = true;
      if (this.#random.below(4) === 0) this.host.pump(1 + this.#random.below(3));
      if (this.#nested !== null && this.#random.below(3) === 0) this.#nested.runNested('inner');
      this.#isInside = false;
    }

    readonly #note = (): void => {
      this.called += 1;
      this.#alone();
    };

    /** What code of the host does between two calls. */
    act(): void {
      const random = this.#random;
      const { loop } = this.guest;
      const future = random.pick(this.futures);
      const kind = random.below(9);
      if (kind === 0 && !future.done()) future.setResult(1);
      else if (kind === 1) {
        this.posted += 1;
        loop.callSoon(this.#note);
      } else if (kind === 2) {
        this.posted += 1;
        loop.callLater(random.below(3) - 1, this.#note);
      } else if (kind === 3 && this.tasks.length > 0) random.pick(this.tasks).cancel();
      else if (kind === 4) this.host.pump(random.below(3));
      else if (kind === 5) {
        this.posted += 1; // a broken host throws before the timer can be cancelled
        loop.callLater(random.below(100), this.#note).cancel();
        this.posted -= 1;
      } else if (kind === 6 && this.#nested !== null) {
        const nested = this.#nested;
        for (let count = random.below(3); count > 0; count--)
          nested.post('inner', () => {
            if (random.below(3) === 0) nested.quit({ all: random.below(2) === 0 });
          });
        nested.runNested('inner');
      }
    }

    quit(): void {
      if (!this.#quit.done()) (this.#quit as asyncio.Future<void>).setResult();
    }
  }

  async function runSchedule(random: Random, kind: Kind): Promise<void> {
    const guests = Array.from({ length: kind === 'two guests' ? 2 : 1 }, () => new Guest(random, kind));
    /** Code of the host; what a broken host has refused it asks for again. */
    const asking = (guest: Guest, body: () => void): void => {
      guest.host.isBroken = kind === 'throws' && random.below(3) === 0;
      try {
        body();
      } catch (error) {
        if (!(error instanceof BrokenError)) throw error;
        guest.host.isBroken = false;
        if (guest.guest.loop.isRunning()) guest.guest.loop.callSoon(() => undefined);
      }
      guest.host.isBroken = false;
    };
    const passTo = (time: number): void => {
      for (const { host } of guests) host.time = Math.max(host.time, time);
    };
    /** Calls pumps as they were asked for, and only then. */
    const turn = (): boolean => {
      const waiting = guests.filter(({ host }) => !host.idle);
      if (waiting.length === 0) return false;
      const guest = random.pick(waiting);
      if (!guest.host.wantsSoon) passTo(Math.min(...waiting.map(({ host }) => host.deadline)));
      if (kind === 'a second late') passTo(guest.host.time + 1);
      if (guest.host.wantsSoon || guest.host.deadline <= guest.host.time)
        asking(guest, () => guest.host.pump(1 + random.below(4)));
      return true;
    };
    /** Until nothing is asked for; the end of a run is told by a Promise. */
    const drive = async (): Promise<void> => {
      do {
        while (turn());
        await settled();
      } while (guests.some(({ host }) => !host.idle));
    };
    for (let round = 10 + random.below(20); round > 0; round--) {
      const guest = random.pick(guests);
      if (random.below(2) === 0) asking(guest, () => guest.act());
      else turn();
    }
    if (kind === 'closes') {
      const [{ guest, host }] = guests as [Guest];
      const way = random.below(3);
      if (way === 0) guest.cancel();
      else if (way === 1) guest.abandon();
      else guest.loop.callSoon(() => guest.abandon());
      if (way === 1) expect(host.running, 'the host is left').to.equal(false);
      await drive();
    } else {
      for (const guest of guests)
        for (const future of guest.futures)
          asking(guest, () => {
            if (!future.done()) future.setResult(2);
          });
      await drive();
      for (const guest of guests) {
        expect(guest.called, 'callbacks').to.equal(guest.posted);
        expect(guest.tasks.length, 'tasks').to.be.above(0);
        for (const task of guest.tasks) expect(task.done(), String(task)).to.equal(true);
        asking(guest, () => guest.quit());
      }
      await drive();
    }
    for (const { outcome, errors, began, ended, host, guest } of guests) {
      expect(outcome?.status, 'outcome').to.equal(kind === 'closes' ? 'rejected' : 'fulfilled');
      expect(ended, 'cleanups').to.equal(began);
      expect(errors).to.deep.equal([]);
      expect([host.running, host.idle, guest.loop.isClosed()]).to.deep.equal([false, true, true]);
    }
  }

  for (const [index, kind] of KINDS.entries()) {
    it(`a host that is '${kind}', ${SCHEDULES} schedules`, async () => {
      for (let schedule = 0; schedule < SCHEDULES; schedule++) {
        try {
          await runSchedule(new Random(seed + index * SCHEDULES + schedule), kind);
        } catch (error) {
          throw new Error(`schedule ${schedule}: ${error}`, { cause: error });
        }
      }
    });
  }
});
