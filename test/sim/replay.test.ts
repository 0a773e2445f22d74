// Simulations that can be repeated: seeds, choices, tokens, traces. S26, S28 and S29 are the acceptance tests of it.

import * as asyncio from 'asyncio-web';
import type { SimStrategy } from 'asyncio-web/testing';
import {
  fifo,
  replaySim,
  runSim,
  SimDeadlockError,
  SimDivergenceError,
  SimLoop,
  SimRandom,
} from 'asyncio-web/testing';
import { assert, expect } from 'chai';
import { rejection } from '../support/outcomes.ts';

const { sleep } = asyncio;

/** How a run ended: what can be compared between two runs. */
interface Outcome {
  readonly error: string;
  readonly trace: string;
  readonly hash: string;
  readonly token: string;
}

/** Two tasks that change a number in turns, if their timers fire in one order, and lose a change in another. */
function* lostUpdate(names = ['a', 'b', 'c']): asyncio.Coroutine<void> {
  let value = 0;
  function* add(): asyncio.Coroutine<void> {
    const seen = value;
    yield* sleep(1);
    value = seen + 1;
  }
  const loop = asyncio.getRunningLoop();
  const order: string[] = [];
  for (const name of names) loop.callLater(1, () => order.push(name));
  yield* sleep(2);
  yield* asyncio.gather(names.map(add));
  if (order[0] !== names[0]) throw new Error(`order ${order.join('')}`);
}

function outcomeOf(
  main: () => asyncio.Coroutine<void>,
  options: { seed?: number; replay?: string },
): Outcome {
  const sim = new SimLoop({ explore: 'environment', trace: 'full', ...options });
  let error = 'none';
  try {
    sim.runUntilCompleteSync(main());
  } catch (thrown) {
    error = String(thrown);
  }
  const outcome = { error, trace: String(sim.trace), hash: sim.trace.hash(), token: sim.replayToken() };
  sim.close();
  return outcome;
}

/** The error that a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('replaying a simulation', () => {
  const outcomes = Array.from({ length: 40 }, (_, seed) => outcomeOf(lostUpdate, { seed }));

  it('S26 a token reproduces the error, the trace and the hash', () => {
    const errors = new Set(outcomes.map(({ error }) => error));
    expect([...errors].sort()).to.deep.equal(
      ['Error: order bac', 'Error: order bca', 'Error: order cab', 'Error: order cba', 'none'].sort(),
    );
    for (const outcome of outcomes)
      expect(outcomeOf(lostUpdate, { replay: outcome.token })).to.deep.equal(outcome);
  });

  it('S26 the seed alone does so as well', () => {
    expect(outcomes.map((_, seed) => outcomeOf(lostUpdate, { seed }))).to.deep.equal(outcomes);
  });

  it('S26 the token in a SimDeadlockError leads to the same deadlock', () => {
    const main = function* (sim: SimLoop): asyncio.Coroutine<void> {
      const order: number[] = [];
      for (const n of [0, 1, 2, 3]) sim.callLater(1, () => order.push(n));
      yield* sleep(2);
      if (order[0] !== 0) yield* sim.createFuture();
    };
    const errors = Array.from({ length: 20 }, (_, seed) => {
      try {
        return runSim(main, { seed, explore: 'environment' });
      } catch (error) {
        return error as SimDeadlockError;
      }
    }).filter((error) => error instanceof SimDeadlockError);
    expect(errors).to.have.length.above(5);
    for (const error of errors) {
      const again = thrownBy(() => replaySim(main, error.token));
      expect((again as Error).message).to.equal(error.message);
    }
  });

  it('S28 a program that was changed is found out at the choice where it changes', () => {
    const token = (outcomes[3] as Outcome).token;
    const changed = (): asyncio.Coroutine<void> => lostUpdate(['a', 'b']);
    const error = thrownBy(() => replaySim(changed, token)) as SimDivergenceError;
    expect(error).to.be.instanceOf(SimDivergenceError);
    expect(error.step).to.equal(1);
    expect(error.expected).to.include('a choice of 3');
    expect(error.got).to.include('a choice of 2');
  });

  it('S28 at the right step, when the first choices are the same', () => {
    const program = (rounds: readonly number[]) =>
      function* (sim: SimLoop): asyncio.Coroutine<string> {
        for (const count of rounds) {
          for (let n = 0; n < count; n += 1) sim.callLater(1, () => undefined);
          yield* sleep(2);
        }
        return sim.replayToken();
      };
    const options = { explore: 'environment' } as const;
    const token = runSim(program([2, 2, 3, 2]), options);
    expect(replaySim(program([2, 2, 3, 2]), token)).to.equal(token);
    // A round of three is a choice of three, then of two.
    for (const [rounds, step] of [
      [[3], 1],
      [[2, 3], 2],
      [[2, 2, 4], 3],
      [[2, 2, 2], 3],
      [[2, 2, 3, 3], 5],
    ] as const) {
      const error = thrownBy(() => replaySim(program(rounds), token));
      expect((error as SimDivergenceError).step, rounds.join()).to.equal(step);
    }
  });

  it('beyond what was recorded it goes on in order', () => {
    const order = (sim: SimLoop, calls: number[]): void => {
      for (const n of [0, 1, 2, 3]) sim.callLater(1, () => calls.push(n));
    };
    let token = '';
    runSim(
      function* (sim) {
        order(sim, []);
        yield* sleep(2);
        token = sim.replayToken();
      },
      { seed: 9, explore: 'environment' },
    );
    const later: number[] = [];
    replaySim(function* (sim) {
      order(sim, []);
      yield* sleep(2);
      order(sim, later);
      yield* sleep(2);
    }, token);
    expect(later).to.deep.equal([0, 1, 2, 3]);
  });

  it('a token holds seed, tick and start time', () => {
    for (const options of [
      { seed: 0 },
      { seed: -5 },
      { seed: Number.MAX_SAFE_INTEGER, tick: 0.25, startTime: 1e6 },
      { seed: 128, startTime: -3.5, explore: 'environment' as const },
    ]) {
      const sim = new SimLoop(options);
      const token = sim.replayToken();
      expect(token).to.match(/^sim1:[\w-]+$/);
      const again = new SimLoop({ replay: token, seed: 77, tick: 1 });
      expect(again.replayToken()).to.equal(token);
      expect(again.time()).to.equal(sim.time());
      expect(again.random.random()).to.equal(sim.random.random());
      sim.close();
      again.close();
    }
  });

  it('what is no token is refused', () => {
    const token = (outcomes[0] as Outcome).token;
    for (const text of [
      '',
      'sim1:',
      'sim2:AAAA',
      'sim1:A',
      'sim1:!!!',
      token.slice(0, -1),
      token.slice(0, -3),
    ])
      expect(() => new SimLoop({ replay: text }), text).to.throw(RangeError, 'not a token');
  });
});

describe('choices', () => {
  const orderOf = (options: {
    seed?: number;
    strategy?: SimStrategy;
    explore?: 'none' | 'environment';
  }): string =>
    runSim(
      function* (sim) {
        const order: string[] = [];
        for (const name of 'abcd') sim.callLater(1, () => order.push(name));
        yield* sleep(1);
        yield* sleep(1);
        return order.join('');
      },
      { explore: 'environment', ...options },
    );

  it('the order of timers of one tick is chosen by the seed; without explore it is that of asyncio', () => {
    const orders = new Set(Array.from({ length: 200 }, (_, seed) => orderOf({ seed })));
    expect(orders.size).to.equal(24);
    expect(orderOf({ seed: 5, explore: 'none' })).to.equal('abcd');
    expect(orderOf({ seed: 5, strategy: fifo() })).to.equal('abcd');
  });

  it('a strategy sees what may come next, and is asked only where there is a choice', () => {
    const seen: string[][] = [];
    const strategy: SimStrategy = {
      name: 'last',
      next: (options) => {
        seen.push([...options]);
        return options.length - 1;
      },
    };
    expect(orderOf({ strategy })).to.equal('dcba');
    const timers = ['timer 1 of Task-1', 'timer 2 of Task-1', 'timer 3 of Task-1', 'timer 4 of Task-1'];
    timers.push('timer 5 of Task-1');
    expect(seen).to.deep.equal([5, 4, 3, 2].map((length) => timers.slice(0, length)));
  });

  it('a strategy that chooses what there is not is an error', () => {
    expect(() => orderOf({ strategy: { name: 'wild', next: () => 9 } })).to.throw(RangeError, 'wild chose 9');
  });

  it('timers of different ticks, and callbacks, keep their order', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const order = runSim(
        function* (sim) {
          const calls: number[] = [];
          for (const n of [0, 1, 2, 3]) sim.callLater(1 + n * 1e-6, () => calls.push(n));
          for (const n of [4, 5, 6]) sim.callSoon(() => calls.push(n));
          yield* sleep(2);
          return calls.join('');
        },
        { seed, explore: 'environment' },
      );
      expect(order).to.equal('4560123');
    }
  });

  it('a cancelled timer is no option', () => {
    const strategy: SimStrategy = { name: 'none', next: () => assert.fail('it was asked') };
    runSim(
      function* (sim) {
        for (let n = 0; n < 5; n += 1) sim.callLater(1, () => assert.fail('it ran')).cancel();
        yield* sleep(2);
      },
      { explore: 'environment', strategy },
    );
  });
});

describe('checkDeterminism', () => {
  const check = (main: (sim: SimLoop) => asyncio.Coroutine<unknown>): unknown =>
    runSim(main, { checkDeterminism: true });

  for (const [name, use] of [
    ['Math.random()', () => Math.random()],
    ['Date.now()', () => Date.now()],
    ['new Date()', () => new Date()],
    ['Date()', () => Date()],
    ['performance.now()', () => performance.now()],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1))],
    ['setTimeout()', () => setTimeout(() => undefined, 1)],
    ['queueMicrotask()', () => queueMicrotask(() => undefined)],
  ] as const) {
    it(`S29 ${name} is flagged, with the line that called it`, () => {
      const error = thrownBy(() =>
        check(function* culprit() {
          yield* sleep(1);
          use();
        }),
      ) as SimDivergenceError;
      expect(error).to.be.instanceOf(SimDivergenceError);
      expect(error.got).to.equal(name);
      expect(error.stack).to.include('use');
    });
  }

  it('S29 also when the program catches the error', () => {
    const error = thrownBy(() =>
      check(function* () {
        try {
          Math.random();
        } catch {
          // a program that goes on whatever happens
        }
        yield* sleep(1);
      }),
    );
    expect(error).to.be.instanceOf(SimDivergenceError);
  });

  it('S29 what a variable outside keeps from run to run is found at the first event that differs', () => {
    let runs = 0;
    const error = thrownBy(() =>
      check(function* () {
        runs += 1;
        yield* sleep(1);
        yield* sleep(runs);
      }),
    ) as SimDivergenceError;
    expect(error.expected).to.include('timer.arm').and.to.include('at 2 s');
    expect(error.got).to.include('timer.arm').and.to.include('at 3 s');
  });

  it('S29 so is a draw more, and an end that comes earlier or later', () => {
    for (const [first, second] of [
      [1, 2],
      [2, 1],
    ] as const) {
      let runs = 0;
      const draws = thrownBy(() =>
        check(function* (sim) {
          runs += 1;
          for (let n = 0; n < (runs === 1 ? first : second); n += 1) sim.random.random();
          yield* sleep(1);
        }),
      );
      expect(draws).to.be.instanceOf(SimDivergenceError);
      let turns = 0;
      const ends = thrownBy(() =>
        check(function* () {
          turns += 1;
          for (let n = 0; n < (turns === 1 ? first : second); n += 1) yield* sleep(0);
        }),
      );
      expect(ends).to.be.instanceOf(SimDivergenceError);
    }
  });

  it('a program that can be repeated gives its result, or its error, from one of two runs', () => {
    let runs = 0;
    const main = function* (sim: SimLoop): asyncio.Coroutine<number> {
      runs += 1;
      yield* sleep(sim.random.expovariate(1));
      new Date(5).getTime();
      return sim.random.randint(1, 6);
    };
    expect(check(main)).to.equal(runSim(main));
    expect(runs).to.equal(3);
    expect(() =>
      check(function* () {
        yield* sleep(1);
        throw new RangeError('its own');
      }),
    ).to.throw(RangeError, 'its own');
  });

  it('leaves everything as it was', () => {
    const before = [Math.random, Date, globalThis.setTimeout, Object.keys(performance), Object.keys(crypto)];
    check(() => sleep(1));
    thrownBy(() =>
      check(function* () {
        Math.random();
      }),
    );
    const after = [Math.random, Date, globalThis.setTimeout, Object.keys(performance), Object.keys(crypto)];
    expect(after).to.deep.equal(before);
    expect(Math.random()).to.be.below(1);
    expect(Date.now()).to.be.above(0);
  });
});

describe('runSim', () => {
  it('gives the result, and cleans up what is left', () => {
    const log: string[] = [];
    let loop: SimLoop | null = null;
    const result = runSim(function* (sim) {
      loop = sim;
      asyncio.createTask(
        (function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(1);
            log.push(`cleaned up at ${sim.time()}`);
          }
        })(),
      );
      yield* sleep(2);
      return 'result';
    });
    expect(result).to.equal('result');
    expect(log).to.deep.equal(['cleaned up at 3']);
    expect((loop as SimLoop | null)?.isClosed()).to.equal(true);
  });

  it('reports an error of the shutdown to the exception handler, and throws its own', () => {
    const messages: unknown[] = [];
    const error = thrownBy(() =>
      runSim(function* (sim) {
        sim.setExceptionHandler((_loop, { message }) => messages.push(message));
        asyncio.createTask(
          (function* () {
            try {
              yield* sleep(100);
            } finally {
              // biome-ignore lint/correctness/noUnsafeFinally: it is what the test is about
              throw new Error('in the clean-up');
            }
          })(),
        );
        yield* sleep(1);
        throw new RangeError('the main one');
      }),
    );
    expect(error).to.be.instanceOf(RangeError);
    expect(messages).to.deep.equal(['unhandled exception during asyncio.run() shutdown']);
  });

  it('needs a function that gives something to wait for', () => {
    expect(() => runSim(sleep(1) as never)).to.throw(TypeError, 'coroutine function');
    expect(() => runSim((() => 5) as never)).to.throw(TypeError, 'awaitable is required');
    expect(() => runSim((async () => 5) as never)).to.throw(TypeError, 'no Promise can settle here');
  });

  it('takes debug mode', () => {
    const debug = (given: boolean) =>
      runSim(
        function* (sim) {
          return sim.getDebug();
        },
        { debug: given },
      );
    expect([debug(true), debug(false)]).to.deep.equal([true, false]);
  });
});

describe('SimTrace', () => {
  function* program(): asyncio.Coroutine<string> {
    const lock = new asyncio.Lock();
    yield* lock.acquire();
    const waiter = asyncio.createTask(lock.acquire(), { name: 'waiter' });
    yield* sleep(2);
    lock.release();
    yield* waiter;
    return 'end';
  }

  it('is the same in every run, and hash and full traces have the same hash', async () => {
    const hashes: string[] = [];
    for (const trace of ['hash', 'full', 'hash', 'full'] as const) {
      const sim = new SimLoop({ trace });
      sim.runUntilCompleteSync(program());
      hashes.push(sim.trace.hash());
      sim.close();
    }
    const sim = new SimLoop({ trace: 'hash' });
    await sim.runUntilComplete(program());
    hashes.push(sim.trace.hash());
    sim.close();
    // The asynchronous run ends by the same callback.
    expect(new Set(hashes).size).to.equal(1);
  });

  it('tells what happened, when, and what brought it about', () => {
    const sim = new SimLoop({ trace: 'full' });
    sim.runUntilCompleteSync(program());
    const events = [...sim.trace];
    const find = (kind: string, task: string | null, detail = '') =>
      events.find((event) => event.kind === kind && event.task === task && event.detail.includes(detail));
    expect(find('task.await', 'waiter')?.detail).to.equal('<Lock [locked, waiters:1]>');
    expect(find('jump', null)).to.deep.include({ ticks: 2_000_000, detail: 'to 2000000', cause: null });
    const fire = find('timer.fire', null);
    expect(events[(fire?.cause ?? 0) - 1]).to.deep.include({
      kind: 'timer.arm',
      task: 'Task-1',
      detail: 'at 2 s',
    });
    const woken = events.filter((event) => event.kind === 'task.ready' && event.task === 'waiter').at(-1);
    const waker = events[(woken?.cause ?? 0) - 1];
    expect(waker).to.deep.include({ kind: 'task.step', task: 'Task-1', ticks: 2_000_000 });
    expect(find('task.done', 'waiter')?.detail).to.equal('result');
    expect(events.map(({ seq }) => seq)).to.deep.equal(events.map((_, index) => index + 1));
    expect(String(sim.trace).split('\n')).to.have.length(sim.trace.length);
    sim.close();
  });

  it('the first step of an eager task is part of the step that made it, which goes on', () => {
    const sim = new SimLoop({ trace: 'full' });
    sim.runUntilCompleteSync(
      (function* () {
        const outer = [...sim.trace].at(-1)?.seq;
        asyncio.createTask(sleep(1), { name: 'eager', eagerStart: true });
        const step = [...sim.trace].find((event) => event.kind === 'task.step' && event.task === 'eager');
        expect(step?.cause).to.equal(outer);
        asyncio.createTask(sleep(1), { name: 'next' });
        const spawn = [...sim.trace].find((event) => event.kind === 'task.spawn' && event.task === 'next');
        expect(spawn?.cause).to.equal(outer);
        yield* sleep(2);
      })(),
    );
    sim.close();
  });

  it('another course, another name, another draw make another hash', () => {
    const hashOf = (main: (sim: SimLoop) => asyncio.Coroutine<unknown>): string => {
      const sim = new SimLoop({ trace: 'hash' });
      sim.runUntilCompleteSync(main(sim));
      const hash = sim.trace.hash();
      sim.close();
      return hash;
    };
    function* draw(sim: SimLoop): asyncio.Coroutine<void> {
      sim.random.random();
      yield* sleep(1);
    }
    const hashes = [
      hashOf(() => sleep(1)),
      hashOf(() => sleep(2)),
      hashOf(() => sleep(0)),
      hashOf((sim) => draw(sim)),
      hashOf(program),
      hashOf(function* () {
        yield* asyncio.createTask(sleep(1), { name: 'a' });
      }),
      hashOf(function* () {
        yield* asyncio.createTask(sleep(1), { name: 'b' });
      }),
      hashOf(function* () {
        const task = asyncio.createTask(sleep(1), { name: 'b' });
        task.cancel();
        yield* asyncio.wait([task]);
      }),
    ];
    expect(new Set(hashes).size).to.equal(hashes.length);
  });

  it('shares the loop with other instruments, and keeps nothing without them', () => {
    const sim = new SimLoop({ trace: 'full' });
    const ended: string[] = [];
    const instrument = { taskDone: (task: asyncio.TaskLike<unknown>) => void ended.push(task.getName()) };
    sim.addInstrument(instrument);
    sim.runUntilCompleteSync(program());
    expect(ended).to.deep.equal(['waiter', 'Task-1']);
    const length = sim.trace.length;
    expect(length).to.be.above(10);
    sim.removeInstrument(instrument);
    sim.runUntilCompleteSync(program());
    expect(sim.trace.length).to.be.above(length);
    sim.close();
    const untraced = new SimLoop();
    untraced.runUntilCompleteSync(program());
    expect([untraced.trace.length, [...untraced.trace].length]).to.deep.equal([0, 0]);
    untraced.close();
  });
});

describe('SimRandom', () => {
  const numbers = (random: SimRandom): number[] => Array.from({ length: 5 }, () => random.random());

  it('gives the same for the same seed and stream, and another for any other', () => {
    expect(numbers(new SimRandom(1))).to.deep.equal(numbers(new SimRandom(1)));
    const firsts = [0, 1, 2, 2 ** 32, -1].flatMap((seed) => [
      new SimRandom(seed).random(),
      new SimRandom(seed).stream('a').random(),
      new SimRandom(seed).stream('b').random(),
      new SimRandom(seed).stream('a').stream('b').random(),
    ]);
    expect(new Set(firsts).size).to.equal(firsts.length);
  });

  it('has the numbers that were recorded', () => {
    const random = new SimRandom(42);
    expect([random.random(), random.randrange(1000), random.randint(-5, 5)]).to.deep.equal(RECORDED);
  });

  it('a draw from one stream does not shift another', () => {
    const [one, other] = [new SimRandom(3), new SimRandom(3)];
    one.random();
    one.stream('a').random();
    expect(numbers(one.stream('b'))).to.deep.equal(numbers(other.stream('b')));
    expect(one.stream('a')).to.equal(one.stream('a'));
  });

  it('is even: a chi-squared test of 100 000 draws of a die, of a large range and of bits', () => {
    const random = new SimRandom(5);
    for (const [sides, limit] of [
      [6, 20.5], // 5 degrees of freedom, p = 0.001
      [10, 27.9],
      [100, 148.2],
    ] as const) {
      const counts = new Array<number>(sides).fill(0);
      for (let n = 0; n < 100_000; n += 1) (counts[random.randrange(sides)] as number)++;
      const mean = 100_000 / sides;
      const chi = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
      expect(chi, `${sides} sides`).to.be.below(limit);
    }
    const large = Array.from({ length: 1000 }, () => random.randrange(2 ** 53 - 1));
    expect(large.every((value) => Number.isSafeInteger(value) && value >= 0)).to.equal(true);
    expect(large.filter((value) => value % 2 === 0).length).to.be.within(420, 580);
    expect(Math.max(...large)).to.be.above(2 ** 52.9);
  });

  it('its distributions have their means and deviations', () => {
    const random = new SimRandom(8);
    const statistics = (draw: () => number): [number, number] => {
      const values = Array.from({ length: 50_000 }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return [mean, Math.sqrt(variance)];
    };
    // The seed is fixed: these are no windows that chance could leave.
    for (const [draw, mean, deviation] of [
      [() => random.expovariate(0.5), 2, 2],
      [() => random.normalvariate(3, 2), 3, 2],
      [() => random.uniform(-1, 5), 2, 6 / Math.sqrt(12)],
      [() => random.random(), 0.5, 1 / Math.sqrt(12)],
    ] as const) {
      const [foundMean, foundDeviation] = statistics(draw);
      expect(foundMean).to.be.closeTo(mean, 0.03);
      expect(foundDeviation).to.be.closeTo(deviation, 0.03);
    }
  });

  it('choice() and shuffle() take and keep all items', () => {
    const random = new SimRandom(1);
    const items = ['a', 'b', 'c', 'd'];
    expect(new Set(Array.from({ length: 100 }, () => random.choice(items))).size).to.equal(4);
    const orders = new Set(
      Array.from({ length: 300 }, () => {
        const copy = [...items];
        random.shuffle(copy);
        expect([...copy].sort()).to.deep.equal(items);
        return copy.join('');
      }),
    );
    expect(orders.size).to.equal(24);
  });

  it('refuses what is out of range', () => {
    const random = new SimRandom();
    for (const call of [
      () => new SimRandom(0.5),
      () => random.randrange(0),
      () => random.randrange(1.5),
      () => random.randrange(2 ** 53),
      () => random.randint(2, 1),
      () => random.randint(0.5, 2),
      () => random.choice([]),
      () => random.expovariate(0),
    ])
      expect(call).to.throw(RangeError);
  });

  it('a simulation refuses nothing of the real world unless it is asked to check', async () => {
    expect(runSim(() => sleep(Math.random(), 'slept'))).to.equal('slept');
    expect(
      await rejection(
        asyncio.run(() => new asyncio.Future(), { loopFactory: () => new SimLoop({ seed: 2 }) }),
      ),
    ).to.be.instanceOf(SimDeadlockError);
  });
});

/** What seed 42 gives. */
const RECORDED = [0.18086761493614734, 958, -4];
