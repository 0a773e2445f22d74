import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop } from '../support/loops.ts';
import { countPasses } from '../support/passes.ts';

// Every number here was counted in the same way under CPython.

function* give<T>(value: T): asyncio.Coroutine<T> {
  return value;
}

function done<T>(value: T): asyncio.Future<T> {
  const future = new asyncio.Future<T>();
  future.setResult(value);
  return future;
}

function* ignoring(coro: asyncio.Awaitable<unknown>, Class: new () => Error): asyncio.Coroutine<void> {
  try {
    yield* coro;
  } catch (error) {
    if (!(error instanceof Class)) throw error;
  }
}

/** So many tasks, each awaiting the one before, the first of them a future. */
function* chain(length: number): asyncio.Coroutine<asyncio.Task<void>> {
  let last: asyncio.Awaitable<unknown> = new asyncio.Future<void>();
  for (let i = 0; i < length; i += 1) {
    const awaited = last;
    last = asyncio.createTask(
      (function* () {
        yield* awaited;
      })(),
    );
  }
  for (let i = 0; i < length; i += 1) yield* asyncio.sleep(0);
  return last as asyncio.Task<void>;
}

type Body = (prepared: never) => asyncio.Coroutine<unknown>;
type Case = readonly [passes: number, body: Body, prepare?: () => asyncio.Coroutine<unknown>];

const cases: Readonly<Record<string, Case>> = {
  'await of a done future': [0, () => ignoring(done(1), Error)],
  'await of a coroutine': [0, () => give(1)],
  'await of a coroutine fifty levels deep': [
    0,
    () => {
      const descend = function* (depth: number): asyncio.Coroutine<number> {
        return depth === 0 ? 0 : 1 + (yield* descend(depth - 1));
      };
      return descend(50);
    },
  ],
  'sleep(0)': [1, () => asyncio.sleep(0)],
  'three times sleep(0)': [
    3,
    function* () {
      for (let i = 0; i < 3; i += 1) yield* asyncio.sleep(0);
    },
  ],
  'await of a future that a callback sets': [
    2,
    function* () {
      const future = new asyncio.Future<void>();
      asyncio.getRunningLoop().callSoon(() => future.setResult());
      yield* future;
    },
  ],
  'await of a fresh one-step task': [
    2,
    function* () {
      yield* asyncio.createTask(give(1));
    },
  ],
  'await of a task of sleep(0)': [
    3,
    function* () {
      yield* asyncio.createTask(asyncio.sleep(0));
    },
  ],
  'await of a task that is done': [
    0,
    function* (task: asyncio.Task<number>) {
      yield* task;
    },
    function* () {
      const task = asyncio.createTask(give(1));
      yield* task;
      return task;
    },
  ],
  'await of an eager one-step task': [
    0,
    function* () {
      yield* asyncio.createTask(give(1), { eagerStart: true });
    },
  ],
  'wait([task])': [
    3,
    function* () {
      yield* asyncio.wait([asyncio.createTask(give(1))]);
    },
  ],
  'wait([done])': [
    2,
    function* () {
      yield* asyncio.wait([done(1)]);
    },
  ],
  'gather(c(), c())': [
    3,
    function* () {
      yield* asyncio.gather(give(1), give(2));
    },
  ],
  'gather(done, done)': [
    0,
    function* () {
      yield* asyncio.gather(done(1), done(2));
    },
  ],
  'gather()': [
    0,
    function* () {
      yield* asyncio.gather();
    },
  ],
  'shield(c())': [
    3,
    function* () {
      yield* asyncio.shield(give(1));
    },
  ],
  'shield(done)': [
    0,
    function* () {
      yield* asyncio.shield(done(1));
    },
  ],
  'TaskGroup with one child': [
    3,
    () =>
      asyncio.withTaskGroup(function* (group) {
        group.createTask(give(1));
      }),
  ],
  'empty TaskGroup': [0, () => asyncio.withTaskGroup(function* () {})],
  'TaskGroup with a child that fails': [
    3,
    () =>
      ignoring(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* () {
              throw new Error('boom');
            })(),
          );
        }),
        asyncio.ExceptionGroup as never,
      ),
  ],
  'waitFor(coro, t)': [0, () => asyncio.waitFor(give(1), 1)],
  'waitFor(coro, null)': [0, () => asyncio.waitFor(give(1), null)],
  'waitFor(task, t)': [
    2,
    function* () {
      yield* asyncio.waitFor(asyncio.createTask(give(1)), 1);
    },
  ],
  'waitFor(coro, 0)': [3, () => ignoring(asyncio.waitFor(give(1), 0), asyncio.TimeoutError)],
  'waitFor(done, 0)': [
    0,
    function* () {
      yield* asyncio.waitFor(done(1), 0);
    },
  ],
  'timeout()': [0, () => asyncio.asyncWith(asyncio.timeout(1), function* () {})],
  'withTimeout()': [0, () => asyncio.withTimeout(1, function* () {})],
  'asyncFor over asCompleted() of two': [
    3,
    () => asyncio.asyncFor(asyncio.asCompleted([give(1), give(2)]), function* () {}),
  ],
  'acquire() of a free Lock': [0, () => new asyncio.Lock().acquire()],
  'get() of a Queue with an item': [
    0,
    function* () {
      const queue = new asyncio.Queue<number>();
      queue.putNowait(1);
      yield* queue.get();
    },
  ],
  'cancelling a task that was not started': [
    2,
    function* () {
      const task = asyncio.createTask(give(1));
      task.cancel();
      yield* ignoring(task, asyncio.CancelledError);
    },
  ],
  'cancelling a task that sleeps': [
    2,
    function* (task: asyncio.Task<void>) {
      task.cancel();
      yield* ignoring(task, asyncio.CancelledError);
    },
    function* () {
      const task = asyncio.createTask(asyncio.sleep(100));
      yield* asyncio.sleep(0);
      return task;
    },
  ],
  'cancelling a task that awaits a future': [
    2,
    function* (task: asyncio.Task<void>) {
      task.cancel();
      yield* ignoring(task, asyncio.CancelledError);
    },
    () => chain(1),
  ],
  'cancelling a task that awaits a task that awaits a future': [
    3,
    function* (task: asyncio.Task<void>) {
      task.cancel();
      yield* ignoring(task, asyncio.CancelledError);
    },
    () => chain(2),
  ],
  'cancelling through five tasks': [
    6,
    function* (task: asyncio.Task<void>) {
      task.cancel();
      yield* ignoring(task, asyncio.CancelledError);
    },
    () => chain(5),
  ],
  'a bad yield': [
    1,
    () =>
      ignoring(
        (function* () {
          yield 1 as never;
        })() as asyncio.Coroutine<void>,
        asyncio.RuntimeError,
      ),
  ],
};

describeEachLoop('passes of the loop', (newLoop) => {
  for (const [what, [passes, body, prepare]] of Object.entries(cases)) {
    it(`${what}: ${passes}`, async () => {
      const counted = await asyncio.run(
        () => countPasses(body as () => asyncio.Coroutine<unknown>, prepare),
        {
          loopFactory: newLoop,
        },
      );
      expect(counted).to.equal(passes);
    });
  }

  it('a thousand tasks that give way a hundred times each take a hundred passes, not more', async () => {
    const counted = await asyncio.run(
      () =>
        countPasses(function* () {
          const task = function* (): asyncio.Coroutine<void> {
            for (let i = 0; i < 100; i += 1) yield* asyncio.sleep(0);
          };
          yield* asyncio.gather(Array.from({ length: 1000 }, task));
        }),
      { loopFactory: newLoop },
    );
    expect(counted).to.equal(103);
  });
});
