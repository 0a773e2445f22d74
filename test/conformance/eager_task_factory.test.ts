// Lib/test/test_asyncio/test_eager_task_factory.py of CPython 3.13, and what 3.14 adds.
//
// CPython runs most of it twice, for the task classes written in Python and in C; there is one class here.

import * as asyncio from 'asyncio-web';
import { swapCurrentTask } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { newTestLoop } from '../support/loops.ts';

type Program<T> = (loop: asyncio.BaseEventLoop) => asyncio.Coroutine<T>;

async function runOn<T>(loop: asyncio.BaseEventLoop, program: Program<T>): Promise<T> {
  try {
    return await loop.runUntilComplete(program(loop));
  } finally {
    loop.close();
  }
}

/** Runs a coroutine on a loop whose tasks start at once. */
function runCoro<T>(program: Program<T>): Promise<T> {
  const loop = newTestLoop();
  loop.setTaskFactory(asyncio.createEagerTaskFactory(asyncio.Task));
  return runOn(loop, program);
}

function currentName(): string | undefined {
  return asyncio.currentTask()?.getName();
}

describe('EagerTaskFactoryLoopTests', () => {
  it('test_eager_task_factory_set', async () => {
    const loop = newTestLoop();
    const eagerTaskFactory = asyncio.createEagerTaskFactory(asyncio.Task);
    loop.setTaskFactory(eagerTaskFactory);
    expect(eagerTaskFactory).not.to.equal(null);
    expect(loop.getTaskFactory()).to.equal(eagerTaskFactory);

    await runOn(loop, function* () {
      const t = loop.createTask((function* noop() {})());
      expect(t).to.be.instanceOf(asyncio.Task);
      yield* t;
    });
  });

  it('test_await_future_during_eager_step', async () => {
    function* setResult(fut: asyncio.Future<string>, value: string) {
      fut.setResult(value);
    }

    const result = await runCoro(function* (loop) {
      const fut = loop.createFuture<string>();
      const t = loop.createTask(setResult(fut, 'my message'));
      expect(t.done()).to.equal(true);
      return yield* fut;
    });
    expect(result).to.equal('my message');
  });

  it('test_eager_completion', async () => {
    function* coro() {
      return 'hello';
    }

    const result = await runCoro(function* (loop) {
      const t = loop.createTask(coro());
      expect(t.done()).to.equal(true);
      return yield* t;
    });
    expect(result).to.equal('hello');
  });

  function* block() {
    yield* asyncio.sleep(0.1);
    return 'finished after blocking';
  }

  it('test_block_after_eager_step', async () => {
    const result = await runCoro(function* (loop) {
      const t = loop.createTask(block());
      expect(t.done()).to.equal(false);
      const value = yield* t;
      expect(t.done()).to.equal(true);
      return value;
    });
    expect(result).to.equal('finished after blocking');
  });

  it('test_cancellation_after_eager_completion', async () => {
    function* coro() {
      return 'finished without blocking';
    }

    const result = await runCoro(function* (loop) {
      const t = loop.createTask(coro());
      t.cancel();
      const value = yield* t;
      // It was done: too late to cancel it.
      expect(t.cancelled()).to.equal(false);
      return value;
    });
    expect(result).to.equal('finished without blocking');
  });

  it('test_cancellation_after_eager_step_blocks', async () => {
    let error: unknown;
    try {
      await runCoro(function* (loop) {
        const t = loop.createTask(block());
        t.cancel('cancellation message');
        expect(t.cancelling()).to.be.greaterThan(0);
        yield* t;
      });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.be.instanceOf(asyncio.CancelledError);
    expect((error as asyncio.CancelledError).args[0]).to.equal('cancellation message');
  });

  it('test_current_task', () =>
    runCoro(function* (loop) {
      let captured: unknown = null;

      function* coro() {
        captured = asyncio.currentTask();
        // It is the same task before and after it has waited.
        yield* asyncio.sleep(0.1);
        expect(asyncio.currentTask()).to.equal(captured);
      }

      const t = loop.createTask(coro());
      expect(captured).to.equal(t);
      yield* t;
    }));

  it('test_all_tasks_with_eager_completion', () =>
    runCoro(function* (loop) {
      let captured = new Set<unknown>();

      function* coro() {
        captured = asyncio.allTasks();
      }

      const t = loop.createTask(coro());
      expect(captured.has(t)).to.equal(true);
      expect(asyncio.allTasks().has(t)).to.equal(false);
    }));

  it('test_all_tasks_with_blocking', () =>
    runCoro(function* (loop) {
      let captured = new Set<unknown>();

      function* coro(fut1: asyncio.Future<void>, fut2: asyncio.Future<void>) {
        captured = asyncio.allTasks();
        yield* fut1;
        fut2.setResult();
      }

      const fut1 = loop.createFuture<void>();
      const fut2 = loop.createFuture<void>();
      const t = loop.createTask(coro(fut1, fut2)) as asyncio.Task<unknown>;
      expect(captured.has(t)).to.equal(true);
      expect(asyncio.allTasks().has(t)).to.equal(true);
      fut1.setResult();
      yield* fut2;
      expect(asyncio.allTasks().has(t)).to.equal(false);
    }));

  it('test_context_vars', () =>
    runCoro(function* (loop) {
      const cv = new asyncio.ContextVar('cv', { defaultValue: 0 });
      let firstStepRan = false;
      let secondStepRan = false;

      function* coro() {
        expect(cv.get()).to.equal(1);
        cv.set(2);
        expect(cv.get()).to.equal(2);
        firstStepRan = true;
        yield* asyncio.sleep(0.1);
        expect(cv.get()).to.equal(2);
        cv.set(3);
        expect(cv.get()).to.equal(3);
        secondStepRan = true;
      }

      cv.set(1);
      const t = loop.createTask(coro());
      expect(firstStepRan).to.equal(true);
      expect(secondStepRan).to.equal(false);
      expect(cv.get()).to.equal(1);
      yield* t;
      expect(secondStepRan).to.equal(true);
      expect(cv.get()).to.equal(1);
    }));

  it('test_staggered_race_with_eager_tasks', () =>
    runCoro(function* (loop) {
      function* fail(): asyncio.Coroutine<string> {
        yield* asyncio.sleep(0);
        throw new RangeError('no good');
      }

      function* blocked() {
        return yield* loop.createFuture<string>();
      }

      const [winner, index, errors] = yield* asyncio.staggeredRace(
        [blocked, () => asyncio.sleep(1, 'sleep1'), fail],
        0.25,
      );
      expect(winner).to.equal('sleep1');
      expect(index).to.equal(1);
      expect(errors[1]).to.equal(null);
      expect(errors[0]).to.be.instanceOf(asyncio.CancelledError);
      expect(errors[2]).to.be.instanceOf(RangeError);
    }));

  it('test_staggered_race_with_eager_tasks_no_delay', () =>
    runCoro(function* () {
      function* fail(): asyncio.Coroutine<string> {
        throw new RangeError('no good');
      }

      const [winner, index, errors] = yield* asyncio.staggeredRace(
        [fail, () => asyncio.sleep(1, 'sleep1'), () => asyncio.sleep(0, 'sleep0')],
        null,
      );
      expect(winner).to.equal('sleep1');
      expect(index).to.equal(1);
      expect(errors[1]).to.equal(null);
      expect(errors[0]).to.be.instanceOf(RangeError);
      expect(errors).to.have.length(2);
    }));

  it('test_eager_start_false', () =>
    runCoro(function* () {
      let name: string | undefined;

      function* asyncfn() {
        name = currentName();
      }

      const t = asyncio.createTask(asyncfn(), { eagerStart: false, name: 'example' });
      expect(t.done()).to.equal(false);
      expect(name).to.equal(undefined);
      yield* t;
      expect(name).to.equal('example');
    }));
});

describe('CEagerTaskFactoryLoopTests', () => {
  it('test_issue105987', async () => {
    // The original crashed an interpreter, by an error in counting references.
    const loop = newTestLoop();
    const task = loop.createTask((function* dummy() {})()) as asyncio.Task<unknown>;
    expect(swapCurrentTask(loop, task)).to.equal(null);
    expect(swapCurrentTask(loop, null)).to.equal(task);
    expect(swapCurrentTask(loop, null)).to.equal(null);
    await loop.runUntilComplete(task);
    loop.close();
  });

  it('test_issue122332', () =>
    runCoro(function* (loop) {
      function* coro() {}

      const task = loop.createTask(coro());
      yield* task;
      expect(task.getCoro()).to.equal(null);
    }));

  it('test_name', () =>
    // The original defines this program, and then runs another one by mistake.
    runCoro(function* (loop) {
      let name: string | undefined;

      function* coro() {
        name = currentName();
      }

      const task = loop.createTask(coro(), { name: 'test name' });
      expect(name).to.equal('test name');
      yield* task;
    }));
});

/** A loop that counts the tasks that it does not start at once. */
function countingLoop(eager: boolean): {
  readonly loop: asyncio.BaseEventLoop;
  readonly count: () => number;
} {
  let tasks = 0;

  class CountingTask<T> extends asyncio.Task<T> {
    constructor(
      coro: asyncio.Coroutine<T>,
      options: asyncio.TaskOptions & { readonly loop: asyncio.AbstractEventLoop },
    ) {
      if (!options.eagerStart) tasks += 1;
      super(coro, options);
    }
  }

  const loop = newTestLoop();
  loop.setTaskFactory(
    eager
      ? asyncio.createEagerTaskFactory(CountingTask)
      : (owner, coro, options) => new CountingTask(coro, { ...options, loop: owner }),
  );
  return { loop, count: () => tasks };
}

function* awaitableChain(depth: number): asyncio.Coroutine<number> {
  if (depth === 0) return 0;
  return 1 + (yield* awaitableChain(depth - 1));
}

function* recursiveTaskgroups(width: number, depth: number): asyncio.Coroutine<void> {
  if (depth === 0) return;
  yield* asyncio.withTaskGroup(function* (tg) {
    for (let i = 0; i < width; i++) tg.createTask(recursiveTaskgroups(width, depth - 1));
  });
}

function* recursiveGather(width: number, depth: number): asyncio.Coroutine<void> {
  if (depth === 0) return;
  yield* asyncio.gather(Array.from({ length: width }, () => recursiveGather(width, depth - 1)));
}

function baseTaskCountingTests(eager: boolean, expectedTaskCount: number): void {
  it('test_awaitables_chain', async () => {
    const { loop, count } = countingLoop(eager);
    const observedDepth = await runOn(loop, () => awaitableChain(100));
    expect(observedDepth).to.equal(100);
    expect(count()).to.equal(eager ? 0 : 1);
  });

  it('test_recursive_taskgroups', async () => {
    const { loop, count } = countingLoop(eager);
    await runOn(loop, () => recursiveTaskgroups(5, 4));
    expect(count()).to.equal(expectedTaskCount);
  });

  it('test_recursive_gather', async () => {
    const { loop, count } = countingLoop(eager);
    await runOn(loop, () => recursiveGather(5, 4));
    expect(count()).to.equal(expectedTaskCount);
  });
}

describe('BaseTaskCountingTests', () => {
  describe('NonEagerTests', () => {
    baseTaskCountingTests(false, 1 + 5 + 5 ** 2 + 5 ** 3 + 5 ** 4);
  });

  describe('EagerTests', () => {
    baseTaskCountingTests(true, 0);
  });
});

describe('DefaultTaskFactoryEagerStart', () => {
  it('test_eager_start_true_with_default_factory', () =>
    runOn(newTestLoop(), function* () {
      let name: string | undefined;

      function* asyncfn() {
        name = currentName();
      }

      const t = asyncio.createTask(asyncfn(), { eagerStart: true, name: 'example' });
      expect(t.done()).to.equal(true);
      expect(name).to.equal('example');
      yield* t;
    }));
});
