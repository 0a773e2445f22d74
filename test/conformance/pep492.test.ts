// Lib/test/test_asyncio/test_pep492.py of CPython 3.13.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { newTestLoop, simulate } from '../support/loops.ts';

/** A coroutine by its methods alone, without a generator function behind it. */
class FakeCoro implements asyncio.Coroutine<void> {
  next(): IteratorResult<asyncio.Suspension, void> {
    return { done: true, value: undefined };
  }
  throw(error: unknown): never {
    throw error;
  }
  return(): IteratorResult<asyncio.Suspension, void> {
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }
}

let loop: asyncio.BaseEventLoop;

beforeEach(() => {
  loop = newTestLoop();
});

afterEach(() => {
  loop.close();
});

describe('LockTests', () => {
  const makePrimitives = (): asyncio.Lock[] =>
    // They share what is used of them here.
    [
      new asyncio.Lock(),
      new asyncio.Condition(),
      new asyncio.Semaphore(),
      new asyncio.BoundedSemaphore(),
    ] as asyncio.Lock[];

  it('test_context_manager_async_with', async () => {
    function* test(lock: asyncio.Lock) {
      yield* asyncio.sleep(0.01);
      expect(lock.locked()).to.equal(false);
      yield* asyncio.asyncWith(lock, function* (value) {
        expect(value).to.equal(undefined);
        expect(lock.locked()).to.equal(true);
        yield* asyncio.sleep(0.01);
        expect(lock.locked()).to.equal(true);
      });
      expect(lock.locked()).to.equal(false);
    }

    for (const primitive of makePrimitives()) {
      await loop.runUntilComplete(test(primitive));
      expect(primitive.locked()).to.equal(false);
    }
  });

  it('test_context_manager_with_await', async () => {
    function* test(lock: asyncio.Lock) {
      yield* asyncio.sleep(0.01);
      expect(lock.locked()).to.equal(false);
      // In TypeScript a type error, hence the assertion; the engine's message is its own.
      const notAwaitable = lock as unknown as asyncio.Awaitable<void>;
      let error: unknown;
      try {
        yield* notAwaitable;
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(TypeError);
    }

    for (const primitive of makePrimitives()) {
      await loop.runUntilComplete(test(primitive));
      expect(primitive.locked()).to.equal(false);
    }
  });
});

describe('StreamReaderTests', () => {
  it('test_readline', () =>
    simulate(function* () {
      const stream = new asyncio.StreamReader();
      stream.feedData(bytes('line1\nline2\nline3'));
      stream.feedEof();
      const lines: string[] = [];
      yield* asyncio.asyncFor(stream, function* (line) {
        lines.push(text(line));
      });
      expect(lines).to.deep.equal(['line1\n', 'line2\n', 'line3']);
    }));
});

describe('CoroutineTests', () => {
  it('test_iscoroutine', () => {
    function* foo() {}

    expect(asyncio.iscoroutine(foo())).to.equal(true);
    expect(asyncio.iscoroutine(new FakeCoro())).to.equal(true);
  });

  it('test_iscoroutinefunction', () => {
    function* foo() {}

    expect(asyncio.iscoroutinefunction(foo)).to.equal(true);
  });

  it('test_async_def_coroutines', async () => {
    function* bar() {
      return 'spam';
    }

    function* foo() {
      return yield* bar();
    }

    expect(await loop.runUntilComplete(foo())).to.equal('spam');
    loop.setDebug(true);
    expect(await loop.runUntilComplete(foo())).to.equal('spam');
  });

  it('test_types_coroutine', async () => {
    function* gen() {
      return 'spam';
    }

    // Python needs a decorator to wait for what an ordinary function gives; here it is the coroutine itself.
    const func = () => gen();

    function* coro() {
      const wrapper = func();
      expect(asyncio.iscoroutine(wrapper)).to.equal(true);
      return yield* wrapper;
    }

    expect(await loop.runUntilComplete(coro())).to.equal('spam');
  });

  it('test_task_print_stack', async () => {
    // The stack is known in debug mode, and while the task waits: the original's task looks at itself.
    loop.setDebug(true);
    const lines: string[] = [];

    function* foo() {
      yield* asyncio.sleep(1);
    }

    function* runner() {
      const task = loop.createTask(foo());
      yield* asyncio.sleep(0);
      const stack = task.getStack({ limit: 1 });
      expect(stack).to.have.lengthOf(1);
      expect(task.getStack().join()).to.contain('foo');
      task.printStack({ file: (line) => lines.push(line) });
      expect(lines[0]).to.match(/^Stack for <Task /);
      expect(lines.slice(1)).to.deep.equal(task.getStack());
      yield* task;
      lines.length = 0;
      task.printStack({ file: (line) => lines.push(line) });
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.match(/^No stack for <Task /);
    }

    await loop.runUntilComplete(runner());
  });

  it('test_double_await', async () => {
    function* afunc() {
      yield* asyncio.sleep(0.1);
    }

    function* runner() {
      const coro = afunc();
      const t = loop.createTask(coro);
      try {
        yield* asyncio.sleep(0);
        yield* coro;
      } finally {
        t.cancel();
      }
    }

    loop.setDebug(true);
    let error: unknown;
    try {
      await loop.runUntilComplete(runner());
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
  });
});
