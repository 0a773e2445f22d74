// What the tests ported from CPython's test_tasks.py share.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { newTestLoop } from '../support/loops.ts';

export interface Loops {
  /** A loop in virtual time. */
  readonly loop: asyncio.BaseEventLoop;
  /** Makes another one. */
  readonly newLoop: () => asyncio.BaseEventLoop;
  /** What the loops have reported. A test takes out what it expects; anything else fails it. */
  readonly reports: asyncio.ExceptionContext[];
}

/** Gives a test its loops. When it has passed they are closed, and must have had nothing to report. */
export function withLoops(test: (loops: Loops) => Promise<void>): () => Promise<void> {
  return async () => {
    const reports: asyncio.ExceptionContext[] = [];
    const loops: asyncio.BaseEventLoop[] = [];
    const newLoop = (): asyncio.BaseEventLoop => {
      const loop = newTestLoop();
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      loops.push(loop);
      return loop;
    };
    try {
      await test({ loop: newLoop(), newLoop, reports });
    } finally {
      asyncio.setEventLoop(null);
    }
    for (const loop of loops) loop.close();
    expect(reports.map(({ message, exception }) => `${message}: ${String(exception)}`)).to.deep.equal([]);
  };
}

// CPython's `CommonFuture`: subclasses that note each callback they are given. They have the names of their bases there
// too, which is what texts and messages show.

class Future<T = unknown> extends asyncio.Future<T> {
  readonly calls: string[] = [];
  override addDoneCallback(
    callback: (future: this) => unknown,
    options?: { readonly context?: asyncio.Context | null },
  ): void {
    this.calls.push('addDoneCallback');
    super.addDoneCallback(callback, options);
  }
}

class Task<T = unknown> extends asyncio.Task<T> {
  readonly calls: string[] = [];
  override addDoneCallback(
    callback: (future: this) => unknown,
    options?: { readonly context?: asyncio.Context | null },
  ): void {
    this.calls.push('addDoneCallback');
    super.addDoneCallback(callback, options);
  }
}

export { Future as CountingFuture, Task as CountingTask };

export interface Tasks extends Loops {
  readonly Task: typeof asyncio.Task;
  /** Makes a task of the class under test, named 'TestTask', as the factory of `loop` does. */
  newTask<T>(
    loop: asyncio.AbstractEventLoop,
    coro: asyncio.Coroutine<T>,
    options?: asyncio.TaskOptions,
  ): asyncio.Task<T>;
  newFuture<T>(loop: asyncio.AbstractEventLoop): asyncio.Future<T>;
}

type WithTasks = (test: (tasks: Tasks) => Promise<void>) => () => Promise<void>;

function withTasks(TaskClass: typeof asyncio.Task, FutureClass: typeof asyncio.Future): WithTasks {
  const newTask: Tasks['newTask'] = (loop, coro, options) =>
    new TaskClass(coro, { name: 'TestTask', ...options, loop });
  const newFuture: Tasks['newFuture'] = (loop) => new FutureClass({ loop });
  return (test) =>
    withLoops(async (loops) => {
      loops.loop.setTaskFactory(newTask);
      await test({ ...loops, Task: TaskClass, newTask, newFuture });
    });
}

/**
 * Declares the tests that CPython's `BaseTaskTests` has for each pair of a task class and a future class. The pairs of
 * classes that are written in C have no equivalent; those of subclasses have.
 */
export function describeTaskClasses(declare: (withTasks: WithTasks) => void): void {
  describe('PyTask_PyFuture_Tests', () => declare(withTasks(asyncio.Task, asyncio.Future)));
  describe('PyTask_PyFuture_SubclassTests', () => declare(withTasks(Task, Future)));
}

/** The type, the arguments and the depth of the innermost error in a chain of causes. */
export function innermostCause(error: Error): [type: string, args: readonly unknown[], depth: number] {
  let innermost = error;
  let depth = 0;
  while (innermost.cause instanceof Error) {
    innermost = innermost.cause;
    depth += 1;
  }
  const args = innermost instanceof asyncio.CancelledError ? innermost.args : [innermost.message];
  return [innermost.name, args, depth];
}
