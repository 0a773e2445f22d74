// Lib/test/test_asyncio/test_futures2.py of CPython 3.13.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';
import { raise, ZeroDivisionError } from './support.ts';

describe('FutureTests', () => {
  it('test_future_traceback', () =>
    simulate(function* () {
      function* raiseExc() {
        throw new TypeError('42');
      }

      const future = new asyncio.Task(raiseExc());

      const first = (yield* raised(future)) as Error;
      expect(first).to.be.instanceOf(TypeError);
      const { stack } = first;
      // Python adds a line to the traceback for each await; a stack is that of where the error was made, and stays so.
      for (let i = 0; i < 5; i += 1) expect(yield* raised(future)).to.equal(first);
      expect(first.stack).to.equal(stack);
    }));

  it('test_task_exc_handler_correct_context', async () => {
    const name = new asyncio.ContextVar('name', { defaultValue: 'foo' });
    const seen: string[] = [];

    function excHandler(): void {
      seen.push(name.get());
    }

    function* task() {
      name.set('bar');
      raise(new ZeroDivisionError());
    }

    await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      loop.setExceptionHandler(excHandler);
      new asyncio.Task(task());
      yield* asyncio.sleep(0);
    });
    // The error is reported when the loop closes, if the collector has not been there before.
    expect(seen).to.deep.equal(['bar']);
  });

  it('test_handle_exc_handler_correct_context', () =>
    simulate(function* () {
      const name = new asyncio.ContextVar('name', { defaultValue: 'foo' });
      const seen: string[] = [];

      function excHandler(): void {
        seen.push(name.get());
      }

      function callback(): void {
        name.set('bar');
        raise(new ZeroDivisionError());
      }

      const loop = asyncio.getRunningLoop();
      loop.setExceptionHandler(excHandler);
      loop.callSoon(callback);
      yield* asyncio.sleep(0);
      expect(seen).to.deep.equal(['bar']);
    }));
});

describe('FutureReprTests', () => {
  it('test_recursive_repr_for_pending_tasks', () =>
    simulate(function* () {
      // Python's set writes its members out; here the task is its own result.
      function* func() {
        return asyncio.currentTask();
      }

      const task = new asyncio.Task(func());
      const waiter = yield* asyncio.waitFor(task, 10);
      expect(waiter).to.equal(task);
      expect(String(waiter)).to.include('...');
    }));
});
