// What a loop asks of its host, and what it makes of the host's calls.

import * as asyncio from 'asyncio-web';
import { assert, expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { Random, seed } from '../support/random.ts';

const nothing = (): void => undefined;

/** A loop that runs and has nothing to do. */
function idleLoop(options?: ConstructorParameters<typeof FakeHost>[0]): {
  host: FakeHost;
  loop: asyncio.BaseEventLoop;
  run: Promise<void>;
} {
  const host = new FakeHost(options);
  const loop = new asyncio.BaseEventLoop(host);
  const run = loop.runForever();
  host.drain();
  host.takeRequests();
  return { host, loop, run };
}

describe('what a loop asks of its host', () => {
  it('start and one wake-up, when a run begins', () => {
    const host = new FakeHost();
    const loop = new asyncio.BaseEventLoop(host);
    loop.callSoon(nothing);
    loop.callLater(1, nothing);
    expect(host.takeRequests()).to.deep.equal([]);
    void loop.runForever();
    expect(host.takeRequests()).to.deep.equal(['start', 'wakeSoon']);
  });

  it('nothing while it is idle, not even the time', () => {
    const { host } = idleLoop();
    expect(host.idle).to.equal(true);
    host.time = 1e6;
    expect(host.log).to.deep.equal([]);
    // A call that nobody asked for does no harm.
    host.pump();
    host.pump();
    expect(host.log).to.deep.equal([]);
  });

  it('one wake-up for any number of callbacks', () => {
    const { host, loop } = idleLoop();
    for (let index = 0; index < 10; index++) loop.callSoon(nothing);
    loop.createTask(asyncio.sleep(0));
    expect(host.takeRequests()).to.deep.equal(['wakeSoon']);
  });

  it('nothing in the middle of a tick, and one thing at its end', () => {
    const { host, loop } = idleLoop();
    loop.callSoon(() => {
      host.log.push('callback');
      loop.callSoon(nothing);
      loop.callSoon(nothing);
      loop.callLater(5, nothing);
      loop.callLater(3, nothing);
    });
    host.takeRequests();
    host.pump(1);
    expect(host.takeRequests()).to.deep.equal(['callback', 'wakeSoon']);
    host.pump();
    expect(host.takeRequests()).to.deep.equal(['wakeAt 3']);
  });

  it('the earliest deadline, when only timers are left', () => {
    const { host, loop } = idleLoop();
    loop.callSoon(() => {
      loop.callAt(9, nothing);
      loop.callAt(4, nothing);
      loop.callAt(6, nothing);
    });
    host.drain();
    expect(host.deadline).to.equal(4);
    host.advanceTo(4);
    expect(host.deadline).to.equal(6);
    host.advanceTo(6);
    expect(host.deadline).to.equal(9);
    host.advanceTo(9);
    expect(host.idle).to.equal(true);
  });

  it('the time not at all while there are no timers', () => {
    const { host, loop } = idleLoop();
    loop.createTask(
      (function* () {
        for (let index = 0; index < 100; index++) yield* asyncio.sleep(0);
      })(),
    );
    for (let index = 0; index < 100; index++) loop.callSoon(nothing);
    host.drain(7);
    expect(host.log).to.not.include('now');
  });

  it('stop, once, when the run ends, and nothing after that', async () => {
    const { host, loop, run } = idleLoop();
    loop.setExceptionHandler(nothing);
    loop.callSoon(() => {
      loop.stop();
      loop.callSoon(nothing);
    });
    host.takeRequests();
    host.pump();
    expect(host.takeRequests()).to.deep.equal(['stop']);
    await run;
    loop.callSoon(nothing);
    loop.callLater(1, nothing);
    loop.callAt(0, nothing);
    loop.createTask(asyncio.sleep(0));
    loop.stop();
    expect(host.takeRequests()).to.deep.equal([]);
    loop.close();
    expect(host.takeRequests()).to.deep.equal([]);
  });

  it('the same again in the next run', async () => {
    const { host, loop, run } = idleLoop();
    loop.stop();
    host.drain();
    await run;
    host.takeRequests();
    const again = loop.runForever();
    loop.callSoon(() => loop.stop());
    host.drain();
    await again;
    expect(host.takeRequests()).to.deep.equal(['start', 'wakeSoon', 'stop']);
  });

  it('stop, when an exit leaves a callback', async () => {
    const { host, loop, run } = idleLoop();
    loop.callSoon(() => {
      throw new asyncio.SystemExit(1);
    });
    loop.callSoon(nothing);
    const ended = run.catch((error: unknown) => error);
    host.takeRequests();
    host.pump();
    expect(host.takeRequests()).to.deep.equal(['stop']);
    expect(await ended).to.be.instanceOf(asyncio.SystemExit);
  });

  it('to show an error that reaches the default exception handler', () => {
    const { host, loop } = idleLoop();
    const { error: logError } = asyncio.logger;
    asyncio.logger.error = nothing;
    try {
      const failure = new Error('unhandled');
      loop.callSoon(() => {
        throw failure;
      });
      host.drain();
      expect(host.shown).to.deep.equal([failure]);
    } finally {
      asyncio.logger.error = logError;
    }
  });
});

describe('no wake-up is lost', () => {
  /** What code outside the loop may do while the loop is idle, and how one sees that it had its effect. */
  const mutations: Record<string, (loop: asyncio.BaseEventLoop, calls: string[]) => void> = {
    'callSoon()': (loop, calls) => loop.callSoon(() => calls.push('done')),
    'callSoonThreadsafe()': (loop, calls) => loop.callSoonThreadsafe(() => calls.push('done')),
    'a timer that is due': (loop, calls) => loop.callLater(0, () => calls.push('done')),
    'createTask()': (loop, calls) =>
      loop.createTask(
        (function* () {
          calls.push('done');
        })(),
      ),
    'the result of a future': (loop, calls) => {
      const future = loop.createFuture();
      future.addDoneCallback(() => calls.push('done'));
      future.setResult(1);
    },
    'the error of a future': (loop, calls) => {
      const future = loop.createFuture();
      future.addDoneCallback(() => calls.push(future.exception()?.message ?? ''));
      future.setException(new Error('done'));
    },
    'the cancellation of a future': (loop, calls) => {
      const future = loop.createFuture();
      future.addDoneCallback(() => calls.push('done'));
      future.cancel();
    },
    'a callback added to a future that is done': (loop, calls) => {
      const future = loop.createFuture();
      future.setResult(1);
      future.addDoneCallback(() => calls.push('done'));
    },
  };
  for (const [name, mutate] of Object.entries(mutations)) {
    it(`${name}, from outside an idle loop`, () => {
      const { host, loop } = idleLoop();
      const calls: string[] = [];
      mutate(loop, calls);
      expect(host.idle).to.equal(false);
      host.drain();
      expect(calls).to.deep.equal(['done']);
      expect(host.idle).to.equal(true);
    });

    it(`${name}, from outside a loop that waits for a far timer, which stays armed`, () => {
      const { host, loop } = idleLoop();
      const calls: string[] = [];
      loop.callLater(1000, () => calls.push('far'));
      host.drain();
      mutate(loop, calls);
      expect(host.soon || host.deadline <= host.time).to.equal(true);
      host.drain();
      expect(calls).to.deep.equal(['done']);
      expect(host.deadline).to.equal(1000);
      host.finish();
      expect(calls).to.deep.equal(['done', 'far']);
    });
  }

  it('a future that a task waits for, set by code outside the loop', () => {
    const { host, loop } = idleLoop();
    const future = loop.createFuture<string>();
    const task = loop.createTask(
      (function* () {
        return yield* future;
      })(),
    );
    host.drain();
    expect(host.idle).to.equal(true);
    future.setResult('from outside');
    host.drain();
    expect(task.result()).to.equal('from outside');
  });

  it('a task cancelled by code outside the loop while it sleeps', () => {
    const { host, loop } = idleLoop();
    const task = loop.createTask(asyncio.sleep(1000));
    host.drain();
    expect(host.deadline).to.equal(1000);
    task.cancel();
    host.drain();
    expect(task.cancelled()).to.equal(true);
    expect(host.idle).to.equal(true);
  });

  it('stop() from outside an idle loop', async () => {
    const { host, loop, run } = idleLoop();
    loop.stop();
    expect(host.takeRequests()).to.deep.equal(['wakeSoon']);
    host.drain();
    await run;
  });

  it('stop() from outside a loop that waits for a timer', async () => {
    const { host, loop, run } = idleLoop();
    loop.callLater(1000, nothing);
    host.drain();
    loop.stop();
    host.drain();
    await run;
    expect(host.time).to.equal(0);
  });

  it('an earlier timer added by code outside the loop is armed in place of the later one', () => {
    const { host, loop } = idleLoop();
    const calls: string[] = [];
    loop.callAt(10, () => calls.push('10'));
    host.drain();
    host.takeRequests();
    loop.callAt(4, () => calls.push('4'));
    expect(host.takeRequests()).to.deep.equal(['wakeAt 4']);
    loop.callAt(7, () => calls.push('7'));
    expect(host.takeRequests()).to.deep.equal([]);
    host.finish();
    expect(calls).to.deep.equal(['4', '7', '10']);
    expect(host.time).to.equal(10);
  });

  it('a timer added by code outside an idle loop is armed', () => {
    const { host, loop } = idleLoop();
    loop.callAt(4, nothing);
    expect(host.takeRequests()).to.deep.equal(['wakeAt 4']);
  });

  it('a timer added while a wake-up is on its way is armed after it', () => {
    const { host, loop } = idleLoop();
    loop.callSoon(nothing);
    host.takeRequests();
    loop.callAt(4, nothing);
    expect(host.takeRequests()).to.deep.equal([]);
    host.drain();
    expect(host.deadline).to.equal(4);
  });

  it('after the timer that was armed is cancelled from outside, the next one still fires', () => {
    const { host, loop } = idleLoop();
    const calls: string[] = [];
    const first = loop.callAt(1, () => calls.push('1'));
    loop.callAt(2, () => calls.push('2'));
    host.drain();
    first.cancel();
    host.finish();
    expect(calls).to.deep.equal(['2']);
  });
});

describe('what a loop makes of the calls of its host', () => {
  it('runs at most so many callbacks in a call', () => {
    const { host, loop } = idleLoop();
    const calls: number[] = [];
    for (let index = 0; index < 10; index++) loop.callSoon(() => calls.push(index));
    host.pump(3);
    expect(calls).to.deep.equal([0, 1, 2]);
    host.pump(1);
    expect(calls).to.deep.equal([0, 1, 2, 3]);
    host.pump(100);
    expect(calls).to.have.length(10);
  });

  it('a call that comes too early runs nothing, and asks for the same time again', () => {
    const { host, loop } = idleLoop();
    loop.callAt(10, () => assert.fail('it ran'));
    host.drain();
    host.time = 9;
    host.pump();
    expect(host.deadline).to.equal(10);
  });

  it('a call that comes late runs everything that is due, in the order of the deadlines', () => {
    const { host, loop } = idleLoop();
    const calls: number[] = [];
    for (const when of [3, 1, 2, 40]) loop.callAt(when, () => calls.push(when));
    host.drain();
    host.time = 30;
    host.pump();
    expect(calls).to.deep.equal([1, 2, 3]);
    expect(host.deadline).to.equal(40);
  });

  it('a call after stop does nothing', async () => {
    const { host, loop, run } = idleLoop();
    const stale = host.rawPump;
    loop.callSoon(() => loop.stop());
    host.drain();
    await run;
    const calls: string[] = [];
    loop.callSoon(() => calls.push('callback'));
    stale?.(100);
    expect(calls).to.deep.equal([]);
    expect(loop.isRunning()).to.equal(false);
  });

  it('a call from inside a callback (a dialog, a nested run loop) is refused, and the rest runs after it', () => {
    const { host, loop } = idleLoop();
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a begins');
      host.pump(100);
      host.pump(100);
      calls.push('a ends');
    });
    loop.callSoon(() => calls.push('b'));
    host.drain();
    expect(calls).to.deep.equal(['a begins', 'a ends', 'b']);
    expect(asyncio._getRunningLoop()).to.equal(null);
  });

  it('a call from inside a step of a task never enters another task', () => {
    const { host, loop } = idleLoop();
    const calls: string[] = [];
    function* work(name: string): asyncio.Coroutine<void> {
      for (let step = 0; step < 3; step++) {
        calls.push(`${name}${step}`);
        host.pump(100);
        expect(asyncio.currentTask()?.getName()).to.equal(name);
        yield* asyncio.sleep(0);
      }
    }
    const tasks = ['a', 'b'].map((name) => loop.createTask(work(name), { name }));
    host.drain();
    for (const task of tasks) expect(task.result()).to.equal(undefined);
    expect(calls).to.deep.equal(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  });

  it('a wake-up asked for during a refused call is not lost', () => {
    const { host, loop } = idleLoop();
    const calls: string[] = [];
    loop.callSoon(() => {
      loop.callSoon(() => calls.push('queued before'));
      host.pump(100);
      loop.callSoon(() => calls.push('queued after'));
    });
    host.drain(1);
    expect(calls).to.deep.equal(['queued before', 'queued after']);
  });

  it('stop() in the middle of a batch that is cut into chunks: the batch is finished first', async () => {
    const { host, loop, run } = idleLoop();
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('a');
      loop.stop();
      loop.callSoon(() => calls.push('next iteration'));
    });
    loop.callSoon(() => calls.push('b'));
    loop.callSoon(() => calls.push('c'));
    host.pump(1);
    expect(loop.isRunning()).to.equal(true);
    host.pump(1);
    expect(loop.isRunning()).to.equal(true);
    host.pump(1);
    expect(loop.isRunning()).to.equal(false);
    await run;
    expect(calls).to.deep.equal(['a', 'b', 'c']);
    expect(host.started).to.equal(false);
  });

  it('an exit in the middle of a batch leaves the rest for the next run', async () => {
    const { host, loop, run } = idleLoop();
    const calls: string[] = [];
    const exit = new asyncio.SystemExit();
    loop.callSoon(() => calls.push('a'));
    loop.callSoon(() => {
      throw exit;
    });
    loop.callSoon(() => calls.push('c'));
    loop.callSoon(() => calls.push('d'));
    const ended = run.catch((error: unknown) => error);
    host.pump(1);
    host.pump(1);
    expect(await ended).to.equal(exit);
    expect(calls).to.deep.equal(['a']);
    loop.stop();
    const again = loop.runForever();
    host.drain(1);
    await again;
    expect(calls).to.deep.equal(['a', 'c', 'd']);
  });

  it('the loop is the running one during the call only', () => {
    const { host, loop } = idleLoop();
    loop.callSoon(() => expect(asyncio.getRunningLoop()).to.equal(loop));
    expect(asyncio._getRunningLoop()).to.equal(null);
    host.drain();
    expect(asyncio._getRunningLoop()).to.equal(null);
  });

  it('two loops on two hosts run side by side, each with its own tasks', () => {
    const first = idleLoop();
    const second = idleLoop();
    const calls: string[] = [];
    function* work(name: string): asyncio.Coroutine<void> {
      for (let step = 0; step < 3; step++) {
        calls.push(`${name}${step}`);
        yield* asyncio.sleep(0);
      }
    }
    first.loop.createTask(work('first'));
    second.loop.createTask(work('second'));
    for (let turn = 0; turn < 4; turn++) {
      first.host.pump(1);
      second.host.pump(1);
    }
    expect(calls).to.deep.equal(['first0', 'second0', 'first1', 'second1', 'first2', 'second2']);
  });

  it('a tick of one loop inside a callback of another leaves the outer one running', () => {
    const outer = idleLoop();
    const inner = idleLoop();
    const seen: unknown[] = [];
    inner.loop.callSoon(() => seen.push(asyncio._getRunningLoop()));
    outer.loop.callSoon(() => {
      seen.push(asyncio._getRunningLoop());
      inner.host.drain();
      seen.push(asyncio._getRunningLoop());
    });
    outer.host.drain();
    expect(seen).to.deep.equal([outer.loop, inner.loop, outer.loop]);
  });
});

describe(`chunks do not show (seed ${seed})`, () => {
  type Step =
    | { readonly do: 'yield' | 'raise' }
    | { readonly do: 'sleep'; readonly time: number }
    | { readonly do: 'await' | 'set' | 'fail' | 'drop' | 'shield'; readonly future: number }
    | { readonly do: 'cancel'; readonly task: number }
    | { readonly do: 'soon'; readonly id: number }
    | { readonly do: 'later'; readonly id: number; readonly time: number }
    | { readonly do: 'spawn'; readonly body: Script }
    | { readonly do: 'group' | 'gather'; readonly bodies: readonly Script[] }
    | { readonly do: 'timeout'; readonly time: number; readonly body: Script };
  type Script = readonly Step[];

  const FUTURES = 6;
  const DELAYS = [0.001, 0.002, 0.002, 0.005, 0.01, 1];

  /** A random program: what its tasks do, one after the other. All its choices are made here. */
  function randomScript(random: Random, depth: number): Script {
    return Array.from({ length: 1 + random.below(5) }, () => {
      const kind = random.pick(KINDS);
      switch (kind) {
        case 'yield':
        case 'raise':
          return { do: kind };
        case 'sleep':
          return { do: kind, time: random.pick(DELAYS) };
        case 'await':
        case 'set':
        case 'fail':
        case 'drop':
        case 'shield':
          return { do: kind, future: random.below(FUTURES) };
        case 'cancel':
          return { do: kind, task: random.below(8) };
        case 'soon':
          return { do: kind, id: random.below(100) };
        case 'later':
          return { do: kind, id: random.below(100), time: random.pick(DELAYS) };
        default: {
          if (depth === 0) return { do: 'yield' };
          const body = randomScript(random, depth - 1);
          if (kind === 'spawn') return { do: kind, body };
          if (kind === 'timeout') return { do: kind, time: random.pick(DELAYS), body };
          return { do: kind, bodies: [body, randomScript(random, depth - 1)] };
        }
      }
    });
  }

  const KINDS: readonly Step['do'][] = [
    'yield',
    'yield',
    'sleep',
    'await',
    'set',
    'fail',
    'drop',
    'shield',
    'cancel',
    'soon',
    'later',
    'spawn',
    'group',
    'gather',
    'timeout',
    'raise',
  ];

  /** Runs a program with so many callbacks in each call of the pump, and gives everything that happened. */
  function trace(scripts: readonly Script[], cut: () => number): string[] {
    const host = new FakeHost({ time: 100 });
    const loop = new asyncio.BaseEventLoop(host);
    const log: string[] = [];
    const note = (what: string): void => void log.push(`${host.time.toFixed(3)} ${what}`);
    loop.setExceptionHandler((_loop, context) => note(`report: ${context.message?.replace(/<.*>/, '<…>')}`));
    const futures = Array.from({ length: FUTURES }, () => loop.createFuture<string>());
    const tasks: asyncio.Task<void>[] = [];

    function* perform(name: string, script: Script): asyncio.Coroutine<void> {
      for (const [index, step] of script.entries()) {
        const here = `${name}.${index} ${step.do}`;
        note(here);
        switch (step.do) {
          case 'yield':
            yield* asyncio.sleep(0);
            break;
          case 'raise':
            if (index % 2 === 1) throw new Error(here);
            break;
          case 'sleep':
            yield* asyncio.sleep(step.time);
            break;
          case 'await':
            note(yield* futures[step.future] as asyncio.FutureLike<string>);
            break;
          case 'shield':
            note(yield* asyncio.shield(futures[step.future] as asyncio.FutureLike<string>));
            break;
          case 'set':
            if (futures[step.future]?.done() === false) futures[step.future]?.setResult(here);
            break;
          case 'fail':
            if (futures[step.future]?.done() === false) futures[step.future]?.setException(new Error(here));
            break;
          case 'drop':
            futures[step.future]?.cancel();
            break;
          case 'cancel':
            note(`${here} ${tasks[step.task % tasks.length]?.cancel()}`);
            break;
          case 'soon':
            loop.callSoon(() => note(`called ${step.id}`));
            break;
          case 'later':
            loop.callLater(step.time, () => note(`timer ${step.id}`));
            break;
          case 'spawn':
            start(here, step.body);
            break;
          case 'group':
            yield* asyncio.withTaskGroup(function* (group) {
              for (const [child, body] of step.bodies.entries())
                group.createTask(attempt(`${here}.${child}`, body));
              yield* asyncio.sleep(0);
            });
            break;
          case 'gather':
            yield* asyncio.gather(
              step.bodies.map((body, child) => attempt(`${here}.${child}`, body)),
              { returnExceptions: index % 2 === 0 },
            );
            break;
          case 'timeout':
            yield* asyncio.withTimeout(step.time, () => perform(here, step.body));
            break;
        }
      }
    }

    function* attempt(name: string, script: Script): asyncio.Coroutine<void> {
      try {
        yield* perform(name, script);
        note(`${name} ends`);
      } catch (error) {
        note(`${name} fails with ${(error as Error).name}`);
        throw error;
      } finally {
        yield* asyncio.sleep(0);
        note(`${name} has cleaned up`);
      }
    }

    function start(name: string, script: Script): void {
      tasks.push(loop.createTask(attempt(name, script), { name }));
    }

    for (const [index, script] of scripts.entries()) start(`t${index}`, script);
    void loop.runForever();
    while (!host.idle) {
      if (!host.soon) host.time = Math.max(host.time, host.deadline);
      host.pump(cut());
      if (log.length > 5000) throw new Error('The program does not end');
    }
    for (const task of tasks) note(String(task).replace(/ \w+=<.*/, ''));
    loop.stop();
    host.drain();
    loop.close();
    return log;
  }

  function compareCuts(programs: number): void {
    const random = new Random();
    let longest = 0;
    for (let program = 0; program < programs; program++) {
      const scripts = Array.from({ length: 2 + random.below(3) }, () => randomScript(random, 2));
      const reference = trace(scripts, () => 1);
      longest = Math.max(longest, reference.length);
      const cuts = new Random(program);
      const ways: Record<string, () => number> = {
        '2 at once': () => 2,
        '3 at once': () => 3,
        '7 at once': () => 7,
        'all at once': () => Infinity,
        'cut at random': () => 1 + cuts.below(9),
      };
      for (const [way, cut] of Object.entries(ways)) {
        const actual = trace(scripts, cut);
        const at = reference.findIndex((entry, index) => entry !== actual[index]);
        const where = `program ${program} of seed ${seed}, callbacks ${way}`;
        assert.equal(actual[at], reference[at], `${where}, entry ${at} of ${JSON.stringify(scripts)}`);
        assert.equal(actual.length, reference.length, where);
      }
    }
    // The programs must have done something worth comparing.
    expect(longest).to.be.above(50);
  }

  it('random programs give the same trace however their batches are cut', () => compareCuts(200));
});
