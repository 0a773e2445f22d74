// Lib/test/test_asyncio/test_tasks.py of CPython 3.13: what loops and task classes tell of their tasks, and
// run_coroutine_threadsafe. CPython runs the first two classes twice, for its functions in Python and in C.

import * as asyncio from 'asyncio-web';
import { enterTask, leaveTask, registerTask, unregisterTask } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { newTestLoop } from '../support/loops.ts';
import { assertRejects } from './support.ts';
import { withLoops } from './tasks_support.ts';

/** A task that is nothing but known. */
function mockTask(loop: asyncio.AbstractEventLoop, done = false): asyncio.TaskLike<unknown> {
  return { getLoop: () => loop, done: () => done } as asyncio.TaskLike<unknown>;
}

describe('BaseTaskIntrospectionTests', () => {
  it('test__register_task_2', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    expect(asyncio.allTasks(loop).size).to.equal(0);
    registerTask(task);
    expect([...asyncio.allTasks(loop)]).to.have.ordered.members([task]);
    unregisterTask(task);
  });

  it('test__register_task_3', () => {
    const loop = newTestLoop();
    const task = mockTask(loop, true);

    expect(asyncio.allTasks(loop).size).to.equal(0);
    registerTask(task);
    expect(asyncio.allTasks(loop).size).to.equal(0);
    unregisterTask(task);
  });

  it('test__enter_task', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    expect(asyncio.currentTask(loop)).to.equal(null);
    enterTask(loop, task);
    expect(asyncio.currentTask(loop)).to.equal(task);
    leaveTask(loop, task);
  });

  it('test__enter_task_failure', () => {
    const loop = newTestLoop();
    const task1 = mockTask(loop);
    const task2 = mockTask(loop);

    enterTask(loop, task1);
    expect(() => enterTask(loop, task2)).to.throw(asyncio.RuntimeError);
    expect(asyncio.currentTask(loop)).to.equal(task1);
    leaveTask(loop, task1);
  });

  it('test__leave_task', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    enterTask(loop, task);
    leaveTask(loop, task);
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('test__leave_task_failure1', () => {
    const loop = newTestLoop();
    const task1 = mockTask(loop);
    const task2 = mockTask(loop);

    enterTask(loop, task1);
    expect(() => leaveTask(loop, task2)).to.throw(asyncio.RuntimeError);
    expect(asyncio.currentTask(loop)).to.equal(task1);
    leaveTask(loop, task1);
  });

  it('test__leave_task_failure2', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    expect(() => leaveTask(loop, task)).to.throw(asyncio.RuntimeError);
    expect(asyncio.currentTask(loop)).to.equal(null);
  });

  it('test__unregister_task', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    registerTask(task);
    unregisterTask(task);
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });

  it('test__unregister_task_not_registered', () => {
    const loop = newTestLoop();
    const task = mockTask(loop);

    unregisterTask(task);
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });
});

describe('BaseCurrentLoopTests', () => {
  it(
    'test_current_task_no_running_loop',
    withLoops(async ({ loop }) => {
      expect(asyncio.currentTask(loop)).to.equal(null);
    }),
  );

  it(
    'test_current_task_no_running_loop_implicit',
    withLoops(async () => {
      expect(() => asyncio.currentTask()).to.throw(asyncio.RuntimeError, 'no running event loop');
    }),
  );

  it(
    'test_current_task_with_implicit_loop',
    withLoops(async ({ loop }) => {
      let task!: asyncio.Task<void>;
      function* coro(): asyncio.Coroutine<void> {
        expect(asyncio.currentTask(loop)).to.equal(task);

        expect(asyncio.currentTask(null)).to.equal(task);
        expect(asyncio.currentTask()).to.equal(task);
      }

      task = new asyncio.Task(coro(), { loop });
      await loop.runUntilComplete(task);
      expect(asyncio.currentTask(loop)).to.equal(null);
    }),
  );
});

describe('GenericTaskTests', () => {
  it('test_future_subclass', () => {
    expect(asyncio.Task.prototype).to.be.instanceOf(asyncio.Future);
  });
});

describe('RunCoroutineThreadsafeTests', () => {
  // What a thread is in CPython is native code here: it cannot block, so it awaits.

  /** Waits 0.05 seconds and gives a + b. */
  function* add(
    loop: asyncio.AbstractEventLoop,
    a: number,
    b: number,
    { fail = false, cancel = false }: { readonly fail?: boolean; readonly cancel?: boolean },
  ): asyncio.Coroutine<number> {
    yield* asyncio.sleep(0.05);
    if (fail) throw new asyncio.RuntimeError('Fail!');
    if (cancel) {
      asyncio.currentTask(loop)?.cancel();
      yield* asyncio.sleep(0);
    }
    return a + b;
  }

  /** Native code that runs the coroutine in the loop, and the coroutine that waits for that code. */
  function target(loop: asyncio.AbstractEventLoop, how: Parameters<typeof add>[3] = {}) {
    return asyncio.asyncTask(async () => {
      await null; // out of the loop
      return await asyncio.runCoroutineThreadsafe(add(loop, 1, 2, how), loop);
    });
  }

  it(
    'test_run_coroutine_threadsafe',
    withLoops(async ({ loop }) => {
      expect(await loop.runUntilComplete(target(loop))).to.equal(3);
      expect(loop.time()).to.equal(0.05);
    }),
  );

  it(
    'test_run_coroutine_threadsafe_with_exception',
    withLoops(async ({ loop }) => {
      await assertRejects(
        asyncio.RuntimeError,
        loop.runUntilComplete(target(loop, { fail: true })),
        /^Fail!$/,
      );
    }),
  );

  it(
    'test_run_coroutine_threadsafe_task_cancelled',
    withLoops(async ({ loop }) => {
      await assertRejects(asyncio.CancelledError, loop.runUntilComplete(target(loop, { cancel: true })));
    }),
  );

  it(
    'test_run_coroutine_threadsafe_task_factory_exception',
    withLoops(async ({ loop, reports }) => {
      class NameError extends Error {}

      const run = loop.createTask(target(loop));

      // Set corrupted task factory
      loop.setTaskFactory(() => {
        throw new NameError();
      });

      // Run event loop
      const error = await assertRejects(NameError, loop.runUntilComplete(run));

      // Check exceptions
      expect(reports.splice(0).map(({ exception }) => exception)).to.have.ordered.members([error]);
    }),
  );
});
