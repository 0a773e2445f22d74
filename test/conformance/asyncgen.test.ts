// Lib/test/test_asyncgen.py of CPython 3.13.
//
// `yield value` in an asynchronous generator is `yield* emit(value)` here, and what StopAsyncIteration says is an
// iterator result that is done. A step of Python's `g.__anext__()` can be sent a value and have an error thrown into
// it before it has begun; here `asend` and `athrow` are given them.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { forceGc } from '../support/gc.ts';
import { newTestLoop, recordReports, simulate } from '../support/loops.ts';
import { assertRaises, assertRejects, raise, ZeroDivisionError } from './support.ts';

const { aiter, anext, asyncFor, asyncGenerator, sleep } = asyncio;

const DONE_STEP = { done: true, value: undefined } as const;
const given = <T>(value: T): IteratorResult<T, undefined> => ({ done: false, value });

class MyExc extends Error {}

/** Waits by handing `value` out, to whoever drives the coroutine by hand: `_async_yield` of the original. */
function suspend(value: unknown): asyncio.Awaitable<unknown> {
  return {
    *[Symbol.iterator]() {
      return yield value as asyncio.Suspension;
    },
  } as asyncio.Awaitable<unknown>;
}

/** The original's `awaitable`: what its `run_until_complete` resumes, or throws an error into. */
const awaitable = (how: 'result' | 'throw' = 'result'): asyncio.Awaitable<unknown> => suspend(how);

class AwaitException extends Error {}

/** `1 / 0`, for the compiler an ordinary call: what follows is reached as far as it knows. */
function divideByZero(): void {
  throw new ZeroDivisionError();
}

/** Drives a coroutine without a loop. */
function drive<T>(coro: asyncio.Coroutine<T>): T {
  let step = coro.next();
  while (!step.done) {
    step = (step.value as unknown) === 'throw' ? coro.throw(new AwaitException()) : coro.next();
  }
  return step.value;
}

function* toList<T>(gen: asyncio.AsyncIterableOf<T>): asyncio.Coroutine<T[]> {
  const res: T[] = [];
  yield* asyncFor(gen, function* (item) {
    res.push(item);
  });
  return res;
}

describe('AsyncGenTest', () => {
  function compareGenerators(
    syncGen: Generator<unknown>,
    asyncGen: asyncio.CoroutineIterator<unknown>,
    expected: unknown[],
  ): void {
    const outcomes = (next: () => IteratorResult<unknown>): unknown[] => {
      const res: unknown[] = [];
      for (;;) {
        try {
          const step = next();
          if (step.done) return [...res, 'STOP'];
          res.push(step.value);
        } catch (error) {
          res.push((error as Error).constructor);
        }
      }
    };
    const syncResult = outcomes(() => syncGen.next());
    const asyncResult = outcomes(() => drive(anext(asyncGen)));
    expect(asyncResult).to.deep.equal(syncResult);
    expect(asyncResult).to.deep.equal(expected);
  }

  it('test_async_gen_iteration_01', () => {
    const gen = asyncGenerator<number>(function* (emit) {
      yield* awaitable();
      const a = yield* emit(123);
      expect(a).to.equal(undefined);
      yield* awaitable();
      yield* emit(456);
      yield* awaitable();
      yield* emit(789);
    });

    expect(drive(toList(gen))).to.deep.equal([123, 456, 789]);
  });

  it('test_async_gen_iteration_02', () => {
    const g = asyncGenerator<number>(function* (emit) {
      yield* awaitable();
      yield* emit(123);
      yield* awaitable();
    });
    const ai = aiter(g);

    let an = anext(ai);
    expect(an.next()).to.deep.equal({ done: false, value: 'result' });
    expect(an.next()).to.deep.equal({ done: true, value: given(123) });

    an = anext(ai);
    expect(an.next()).to.deep.equal({ done: false, value: 'result' });
    expect(an.next()).to.deep.equal({ done: true, value: DONE_STEP });
  });

  it('test_async_gen_exception_03', () => {
    const gen = asyncGenerator<number>(function* (emit) {
      yield* awaitable();
      yield* emit(123);
      yield* awaitable('throw');
      yield* emit(456);
    });

    expect(() => drive(toList(gen))).to.throw(AwaitException);
  });

  it('test_async_gen_exception_04', () => {
    const g = asyncGenerator<number>(function* (emit) {
      yield* awaitable();
      yield* emit(123);
      throw new ZeroDivisionError();
    });
    const ai = aiter(g);
    const an = anext(ai);
    expect(an.next()).to.deep.equal({ done: false, value: 'result' });
    expect(an.next()).to.deep.equal({ done: true, value: given(123) });

    expect(() => anext(ai).next()).to.throw(ZeroDivisionError);
  });

  it('test_async_gen_exception_07', () => {
    function* syncGen() {
      try {
        yield 1;
        divideByZero();
      } finally {
        yield 2;
        yield 3;
      }
      yield 100;
    }

    const asyncGen = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        divideByZero();
      } finally {
        yield* emit(2);
        yield* emit(3);
      }
      yield* emit(100);
    });

    compareGenerators(syncGen(), asyncGen, [1, 2, 3, ZeroDivisionError, 'STOP']);
  });

  it('test_async_gen_exception_08', () => {
    function* syncGen() {
      try {
        yield 1;
      } finally {
        yield 2;
        divideByZero();
        yield 3;
      }
      yield 100;
    }

    const asyncGen = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        yield* awaitable();
      } finally {
        yield* awaitable();
        yield* emit(2);
        divideByZero();
        yield* emit(3);
      }
      yield* emit(100);
    });

    compareGenerators(syncGen(), asyncGen, [1, 2, ZeroDivisionError, 'STOP']);
  });

  it('test_async_gen_exception_09', () => {
    function* syncGen() {
      try {
        yield 1;
        divideByZero();
      } finally {
        yield 2;
        yield 3;
      }
      yield 100;
    }

    const asyncGen = asyncGenerator<number>(function* (emit) {
      try {
        yield* awaitable();
        yield* emit(1);
        divideByZero();
      } finally {
        yield* emit(2);
        yield* awaitable();
        yield* emit(3);
      }
      yield* emit(100);
    });

    compareGenerators(syncGen(), asyncGen, [1, 2, 3, ZeroDivisionError, 'STOP']);
  });

  it('test_async_gen_exception_10', () => {
    const gen = asyncGenerator<number>(function* (emit) {
      yield* emit(123);
    });

    expect(() => gen.asend(100).next()).to.throw(TypeError, /non-None value .* async generator/);
  });

  it('test_async_gen_exception_11', () => {
    function* syncGen() {
      yield 10;
      yield 20;
    }

    function* syncGenWrapper() {
      yield 1;
      const sg = syncGen();
      sg.next();
      try {
        sg.throw(new asyncio.GeneratorExit());
      } catch (error) {
        if (!(error instanceof asyncio.GeneratorExit)) throw error;
        yield 2;
      }
      yield 3;
    }

    const asyncGen = asyncGenerator<number>(function* (emit) {
      yield* emit(10);
      yield* emit(20);
    });

    const asyncGenWrapper = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* asyncGen.asend(undefined);
      try {
        yield* asyncGen.athrow(new asyncio.GeneratorExit());
      } catch (error) {
        if (!(error instanceof asyncio.GeneratorExit)) throw error;
        yield* emit(2);
      }
      yield* emit(3);
    });

    compareGenerators(syncGenWrapper(), asyncGenWrapper, [1, 2, 3, 'STOP']);
  });

  it('test_async_gen_exception_12', () => {
    const me: asyncio.AsyncGeneratorOf<number> = asyncGenerator<number>(function* (emit) {
      yield* anext(me);
      yield* emit(123);
    });
    const an = anext(aiter(me));

    expect(() => an.next()).to.throw(
      asyncio.RuntimeError,
      'anext(): asynchronous generator is already running',
    );
  });
});

describe('AsyncGenAsyncioTest', () => {
  let loop: asyncio.BaseEventLoop;

  beforeEach(() => {
    loop = newTestLoop();
  });

  afterEach(() => {
    loop.close();
  });

  async function checkAsyncIteratorAnext(make: () => asyncio.CoroutineIterator<number>): Promise<void> {
    /** `anext(iterator, fallback)`: the result says whether there is a value, so no function for it is needed. */
    function* anextOr<T>(iterator: asyncio.CoroutineIterator<number>, fallback: T) {
      const step = yield* anext(iterator);
      return step.done ? fallback : step.value;
    }

    const g = make();
    function* consume() {
      const first = yield* anext(g);
      const second = yield* anext(g);
      return [first, second, yield* anextOr(g, 'buckle my shoe')];
    }
    expect(await loop.runUntilComplete(consume())).to.deep.equal([given(1), given(2), 'buckle my shoe']);
    expect(await loop.runUntilComplete(consume())).to.deep.equal([DONE_STEP, DONE_STEP, 'buckle my shoe']);

    function* test2() {
      const g1 = make();
      expect(yield* anext(g1)).to.deep.equal(given(1));
      expect(yield* anext(g1)).to.deep.equal(given(2));
      expect(yield* anext(g1)).to.deep.equal(DONE_STEP);
      expect(yield* anext(g1)).to.deep.equal(DONE_STEP);

      const g2 = make();
      expect(yield* anextOr(g2, 'default')).to.equal(1);
      expect(yield* anextOr(g2, 'default')).to.equal(2);
      expect(yield* anextOr(g2, 'default')).to.equal('default');
      expect(yield* anextOr(g2, 'default')).to.equal('default');

      return 'completed';
    }

    expect(await loop.runUntilComplete(test2())).to.equal('completed');

    // A step that has nothing to wait for ends at once.
    expect(anextOr(make(), 'completed').next()).to.deep.equal({ done: true, value: 1 });

    expect(() => anextOr(make(), 'completed').throw(new SyntaxError())).to.throw(SyntaxError);
  }

  it('test_async_generator_anext', async () => {
    await checkAsyncIteratorAnext(() =>
      asyncGenerator<number>(function* (emit) {
        yield* emit(1);
        yield* emit(2);
      }),
    );
  });

  it('test_python_async_iterator_anext', async () => {
    /** Gives 1, then 2. */
    class MyAsyncIter implements asyncio.CoroutineIterator<number> {
      #yielded = 0;
      *anext(): asyncio.Coroutine<IteratorResult<number, undefined>> {
        if (this.#yielded >= 2) return DONE_STEP;
        this.#yielded += 1;
        return given(this.#yielded);
      }
    }

    await checkAsyncIteratorAnext(() => new MyAsyncIter());
  });

  it('test_python_async_iterator_types_coroutine_anext', async () => {
    /** Gives 1, then 2, as what can be waited for without being a coroutine. */
    class MyAsyncIterWithAwaitable implements asyncio.CoroutineIterator<number> {
      #yielded = 0;
      anext(): asyncio.Awaitable<IteratorResult<number, undefined>> {
        const step = (): IteratorResult<number, undefined> => {
          if (this.#yielded >= 2) return DONE_STEP;
          this.#yielded += 1;
          return given(this.#yielded);
        };
        return { [Symbol.iterator]: () => ({ next: () => ({ done: true, value: step() }) }) };
      }
    }

    await checkAsyncIteratorAnext(() => new MyAsyncIterWithAwaitable());
  });

  it('test_async_gen_aiter', async () => {
    const g = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* emit(2);
    });

    expect(await loop.runUntilComplete(toList(aiter(g)))).to.deep.equal([1, 2]);
  });

  it('test_async_gen_aiter_class', async () => {
    const results: number[] = [];
    class Gen {
      async *[Symbol.asyncIterator]() {
        yield 1;
        yield 2;
      }
    }

    function* consume() {
      const ait = aiter(new Gen());
      for (;;) {
        const step = yield* anext(ait);
        if (step.done) break;
        results.push(step.value);
      }
    }

    await loop.runUntilComplete(consume());
    expect(results).to.deep.equal([1, 2]);
  });

  it('test_aiter_idempotent', () => {
    const appliedOnce = aiter(
      asyncGenerator<number>(function* (emit) {
        yield* emit(1);
      }),
    );
    const appliedTwice = aiter(appliedOnce);
    expect(appliedOnce).to.equal(appliedTwice);
  });

  it('test_anext_bad_args', async () => {
    // Further arguments are ignored in JavaScript, and there are no keyword arguments.
    const untyped = anext as (...args: unknown[]) => asyncio.Coroutine<unknown>;

    await assertRejects(TypeError, loop.runUntilComplete(untyped()));
    await assertRejects(TypeError, loop.runUntilComplete(untyped(1)));
  });

  it('test_anext_bad_await', async () => {
    const badAwaitables = [42, { [Symbol.iterator]: () => 42 }] as unknown as asyncio.Awaitable<never>[];

    await loop.runUntilComplete(
      (function* () {
        for (const bad of badAwaitables) yield* assertRaises(TypeError, anext({ anext: () => bad }));
      })(),
    );
  });

  async function checkAnextReturningIterator(
    iterator: { anext(): unknown },
    type: new () => Error,
  ): Promise<void> {
    const awaitable = anext(iterator as asyncio.CoroutineIterator<unknown>);
    await assertRejects(type, loop.runUntilComplete(awaitable));
  }

  it('test_anext_return_iterator', async () => {
    await checkAnextReturningIterator({ anext: () => 'abc'[Symbol.iterator]() }, TypeError);
  });

  it('test_anext_return_generator', async () => {
    // A generator is a coroutine here: what is wrong is what it hands out, "Task got bad yield".
    await checkAnextReturningIterator(
      {
        *anext() {
          yield;
        },
      },
      asyncio.RuntimeError,
    );
  });

  it('test_anext_await_raises', async () => {
    const iterator: asyncio.CoroutineIterator<never> = {
      anext: () => ({ [Symbol.iterator]: () => raise(new ZeroDivisionError()) }),
    };

    await loop.runUntilComplete(assertRaises(ZeroDivisionError, anext(iterator)));
  });

  it('test_anext_iter', () => {
    /** Waits for `first`; when MyExc comes, for `second`. */
    const agenfn = (first: () => asyncio.Awaitable<unknown>, second: () => asyncio.Awaitable<unknown>) =>
      asyncGenerator<never>(function* () {
        try {
          yield* first();
        } catch (error) {
          if (!(error instanceof MyExc)) throw error;
          yield* second();
        }
      });
    const once = () =>
      agenfn(
        () => suspend(1),
        () => suspend(2),
      );

    // 1
    let g = anext(once());
    expect(g.next().value).to.equal(1);
    expect(g.throw(new MyExc()).value).to.equal(2);
    expect(g.next()).to.deep.equal({ done: true, value: DONE_STEP });

    // 2
    g = anext(once());
    expect(g.next().value).to.equal(1);
    expect(g.throw(new MyExc()).value).to.equal(2);
    expect(() => g.throw(new MyExc())).to.throw(MyExc);

    // 3 closes the step, which throws nothing into a coroutine here.

    // 4
    function* twice(v: number): asyncio.Coroutine<unknown> {
      yield* suspend(v * 10);
      return yield* suspend(v * 10 + 1);
    }
    g = anext(
      agenfn(
        () => twice(1),
        () => twice(2),
      ),
    );
    expect(g.next().value).to.equal(10);
    expect(g.throw(new MyExc()).value).to.equal(20);
    expect(() => g.throw(new MyExc('val'))).to.throw(MyExc, 'val');

    // 5
    const agen5 = asyncGenerator<string>(function* (emit) {
      try {
        yield* twice(1);
      } catch (error) {
        if (!(error instanceof MyExc)) throw error;
        return;
      }
      yield* emit('aaa');
    });
    const g5 = anext(agen5);
    expect(g5.next().value).to.equal(10);
    expect(g5.throw(new MyExc())).to.deep.equal({ done: true, value: DONE_STEP });

    // 6
    const agen6 = asyncGenerator<string>(function* (emit) {
      yield* twice(1);
      yield* emit('aaa');
    });
    expect(() => anext(agen6).throw(new MyExc())).to.throw(MyExc);
  });

  it('test_aiter_bad_args', () => {
    // Further arguments are ignored in JavaScript.
    const untyped = aiter as (...args: unknown[]) => unknown;

    expect(() => untyped()).to.throw(TypeError);
    expect(() => untyped(1)).to.throw(TypeError);
  });

  it('test_async_gen_asyncio_01', async () => {
    const gen = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* sleep(0.01);
      yield* emit(2);
      yield* sleep(0.01);
    });

    expect(await loop.runUntilComplete(toList(gen))).to.deep.equal([1, 2]);
  });

  it('test_async_gen_asyncio_02', async () => {
    const gen = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* sleep(0.01);
      yield* emit(2);
      divideByZero();
      yield* emit(3);
    });

    await assertRejects(ZeroDivisionError, loop.runUntilComplete(toList(gen)));
  });

  it('test_async_gen_asyncio_03', async () => {
    class Gen {
      [Symbol.asyncIterator]() {
        return asyncGenerator<number>(function* (emit) {
          yield* emit(1);
          yield* sleep(0.01);
          yield* emit(2);
        })[Symbol.asyncIterator]();
      }
    }

    expect(await simulate(() => toList(new Gen()))).to.deep.equal([1, 2]);
  });

  it('test_async_gen_asyncio_anext_04', async () => {
    const foo = () =>
      asyncGenerator<number>(function* (emit) {
        yield* emit(1);
        yield* sleep(0.01);
        try {
          yield* emit(2);
          yield* emit(3);
        } catch (error) {
          if (!(error instanceof ZeroDivisionError)) throw error;
          yield* emit(1000);
        }
        yield* sleep(0.01);
        yield* emit(4);
      });

    function* run1() {
      const it = aiter(foo());

      expect(yield* it.anext()).to.deep.equal(given(1));
      expect(yield* it.anext()).to.deep.equal(given(2));
      expect(yield* it.anext()).to.deep.equal(given(3));
      expect(yield* it.anext()).to.deep.equal(given(4));
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
    }

    function* run2() {
      const it = foo();

      expect(yield* it.anext()).to.deep.equal(given(1));
      expect(yield* it.anext()).to.deep.equal(given(2));
      // It has nothing to wait for.
      expect(it.athrow(new ZeroDivisionError()).next()).to.deep.equal({ done: true, value: given(1000) });
      expect(yield* it.anext()).to.deep.equal(given(4));
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(run1());
    await loop.runUntilComplete(run2());
  });

  it('test_async_gen_asyncio_anext_05', async () => {
    const foo = asyncGenerator<number>(function* (emit) {
      let v = yield* emit(1);
      v = yield* emit(v as number);
      yield* emit((v as number) * 100);
    });

    function* main() {
      expect(foo.asend(undefined).next()).to.deep.equal({ done: true, value: given(1) });
      expect(foo.asend(10).next()).to.deep.equal({ done: true, value: given(10) });
      expect(foo.asend(12).next()).to.deep.equal({ done: true, value: given(1200) });
      expect(yield* foo.anext()).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_asyncio_anext_06', async () => {
    let done = 0;

    const g = asyncGenerator<void>(function* (emit) {
      try {
        yield* emit();
      } catch {
        done += 100;
      }
      done = 1;
    });

    function* main() {
      yield* g.asend(undefined);
      expect(yield* g.asend(undefined)).to.deep.equal(DONE_STEP);
      done += 10;
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(11);
  });

  it('test_async_gen_asyncio_anext_tuple', async () => {
    const it = asyncGenerator<[number]>(function* (emit) {
      try {
        yield* emit([1]);
      } catch (error) {
        if (!(error instanceof ZeroDivisionError)) throw error;
        yield* emit([2]);
      }
    });

    function* main() {
      expect(yield* it.anext()).to.deep.equal(given([1]));
      expect(it.athrow(new ZeroDivisionError()).next()).to.deep.equal({ done: true, value: given([2]) });
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_asyncio_anext_stopiteration', async () => {
    // What ends an iteration as an item of it: StopIteration in Python.
    const it = asyncGenerator<IteratorResult<never, number>>(function* (emit) {
      try {
        yield* emit({ done: true, value: 1 });
      } catch (error) {
        if (!(error instanceof ZeroDivisionError)) throw error;
        yield* emit({ done: true, value: 3 });
      }
    });

    function* main() {
      expect(yield* it.anext()).to.deep.equal(given({ done: true, value: 1 }));
      expect(it.athrow(new ZeroDivisionError()).next()).to.deep.equal({
        done: true,
        value: given({ done: true, value: 3 }),
      });
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_asyncio_aclose_06', async () => {
    const gen = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        divideByZero();
      } finally {
        yield* sleep(0.01);
        yield* emit(12);
      }
    });

    function* main() {
      yield* aiter(gen).anext();
      yield* gen.aclose();
    }

    await assertRejects(
      asyncio.RuntimeError,
      loop.runUntilComplete(main()),
      /async generator ignored GeneratorExit/,
    );
  });

  it('test_async_gen_asyncio_aclose_07', async () => {
    let done = 0;

    const gen = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        divideByZero();
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done += 1;
      }
      done += 1000;
    });

    function* main() {
      yield* aiter(gen).anext();
      yield* gen.aclose();
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_aclose_08', async () => {
    let done = 0;

    const fut = new asyncio.Future<void>({ loop });

    const gen = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        yield* fut;
        done += 1000;
        yield* emit(2);
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done += 1;
      }
      done += 1000;
    });

    function* main() {
      expect(yield* aiter(gen).anext()).to.deep.equal(given(1));
      yield* gen.aclose();
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(1);

    fut.cancel();
    await loop.runUntilComplete(sleep(0.01));
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_gc_aclose_09', async () => {
    // Engines may keep single objects alive, so there are some more of them.
    const COUNT = 20;
    let done = 0;

    const gen = () =>
      asyncGenerator<number>(function* (emit) {
        try {
          for (;;) yield* emit(1);
        } finally {
          yield* sleep(0);
          done += 1;
        }
      });

    function* main() {
      for (let i = 0; i < COUNT; i += 1) {
        const g = gen();
        yield* g.anext();
        yield* g.anext();
      }
    }

    await loop.runUntilComplete(main());
    await forceGc();
    expect(done).to.equal(0);

    function* passes() {
      yield* sleep(0); // what the collector asked for makes the tasks that close
      yield* sleep(0); // they start
      yield* sleep(0); // and go on after the sleep(0) of their `finally`
    }
    await loop.runUntilComplete(passes());
    expect(done).to.be.at.least(1);
  });

  it('test_async_gen_asyncio_aclose_10', async () => {
    let done = 0;

    const g = asyncGenerator<void>(function* (emit) {
      try {
        yield* emit();
      } catch {
        // all of them, GeneratorExit too
      }
      done = 1;
    });

    function* main() {
      yield* g.asend(undefined);
      yield* g.aclose();
      done += 10;
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(11);
  });

  it('test_async_gen_asyncio_aclose_11', async () => {
    let done = 0;

    const g = asyncGenerator<void>(function* (emit) {
      try {
        yield* emit();
      } catch {
        // all of them, GeneratorExit too
      }
      yield* emit();
      done += 1;
    });

    function* main() {
      yield* g.asend(undefined);
      yield* assertRaises(asyncio.RuntimeError, g.aclose(), /ignored GeneratorExit/);
      done += 10;
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(10);
  });

  it('test_async_gen_asyncio_aclose_12', async () => {
    let done = 0;

    function* target() {
      yield* sleep(0.01);
      throw new ZeroDivisionError();
    }

    const gen = asyncGenerator<number>(function* (emit) {
      const task = asyncio.createTask(target());
      try {
        yield* emit(1);
      } finally {
        yield* assertRaises(ZeroDivisionError, task);
        done = 1;
      }
    });

    function* main() {
      yield* aiter(gen).anext();
      yield* gen.aclose();
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_asend_01', async () => {
    let done = 0;

    const g = asyncGenerator<number>(function* (emit) {
      try {
        yield* sleep(0.01);
        const v = yield* emit(1);
        yield* sleep(0.01);
        yield* emit((v as number) * 2);
        yield* sleep(0.01);
        return;
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done = 1;
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      expect(yield* g.asend(100)).to.deep.equal(given(200));
      expect(yield* g.asend(undefined)).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_asend_02', async () => {
    let done = 0;

    function* sleepAndCrash(delay: number) {
      yield* sleep(delay);
      throw new ZeroDivisionError();
    }

    const g = asyncGenerator<number>(function* (emit) {
      try {
        yield* sleep(0.01);
        const v = yield* emit(1);
        yield* sleepAndCrash(0.01);
        done += 1000;
        yield* emit((v as number) * 2);
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done = 1;
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      yield* g.asend(100);
    }

    await assertRejects(ZeroDivisionError, loop.runUntilComplete(main()));
    expect(done).to.equal(1);
  });

  /** Waits for what is cancelled halfway. */
  function* sleepAndCancel(delay: number) {
    const fut = asyncio.ensureFuture(sleep(delay), { loop });
    loop.callLater(delay / 2, () => fut.cancel());
    return yield* fut;
  }

  it('test_async_gen_asyncio_asend_03', async () => {
    let done = 0;

    const g = asyncGenerator<number>(function* (emit) {
      try {
        yield* sleep(0.01);
        const v = yield* emit(1);
        yield* sleepAndCancel(0.01);
        done += 1000;
        yield* emit((v as number) * 2);
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done = 1;
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      yield* g.asend(100);
    }

    await assertRejects(asyncio.CancelledError, loop.runUntilComplete(main()));
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_athrow_01', async () => {
    let done = 0;

    const g = asyncGenerator<number>(function* (emit) {
      try {
        yield* sleep(0.01);
        let v: unknown;
        try {
          v = yield* emit(1);
        } catch (error) {
          if (!(error instanceof MyExc)) throw error;
          v = 1000;
          yield* sleep(0.01);
        }
        yield* emit((v as number) * 2);
        yield* sleep(0.01);
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done = 1;
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      expect(yield* g.athrow(new MyExc())).to.deep.equal(given(2000));
      expect(yield* g.asend(undefined)).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_athrow_02', async () => {
    let done = 0;

    const g = asyncGenerator<number>(function* (emit) {
      try {
        yield* sleep(0.01);
        let v: unknown;
        try {
          v = yield* emit(1);
        } catch (error) {
          if (!(error instanceof MyExc)) throw error;
          yield* sleepAndCancel(0.01);
        }
        yield* emit((v as number) * 2);
        yield* sleep(0.01);
      } finally {
        yield* sleep(0.01);
        yield* sleep(0.01);
        done = 1;
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));

      const error = yield* assertRaises(asyncio.CancelledError, g.athrow(new MyExc()));
      expect(done).to.equal(1);
      throw error;
    }

    await assertRejects(asyncio.CancelledError, loop.runUntilComplete(main()));
    expect(done).to.equal(1);
  });

  it('test_async_gen_asyncio_athrow_03', async () => {
    let done = 0;

    const g = asyncGenerator<void>(function* (emit) {
      try {
        yield* emit();
      } catch {
        // all of them
      }
      done = 1;
    });

    function* main() {
      yield* g.asend(undefined);
      expect(yield* g.athrow(new RangeError())).to.deep.equal(DONE_STEP);
      done += 10;
    }

    await loop.runUntilComplete(main());
    expect(done).to.equal(11);
  });

  it('test_async_gen_asyncio_athrow_tuple', async () => {
    const g = asyncGenerator<number | [number]>(function* (emit) {
      try {
        yield* emit(1);
      } catch (error) {
        if (!(error instanceof ZeroDivisionError)) throw error;
        yield* emit([2]);
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      expect(yield* g.athrow(new ZeroDivisionError())).to.deep.equal(given([2]));
      expect(yield* g.asend(undefined)).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_asyncio_athrow_stopiteration', async () => {
    const g = asyncGenerator<number | IteratorResult<never, number>>(function* (emit) {
      try {
        yield* emit(1);
      } catch (error) {
        if (!(error instanceof ZeroDivisionError)) throw error;
        yield* emit({ done: true, value: 2 });
      }
    });

    function* main() {
      expect(yield* g.asend(undefined)).to.deep.equal(given(1));
      expect(yield* g.athrow(new ZeroDivisionError())).to.deep.equal(given({ done: true, value: 2 }));
      expect(yield* g.asend(undefined)).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_asyncio_shutdown_01', async () => {
    let finalized = 0;

    const waiter = (timeout: number) =>
      asyncGenerator<number>(function* (emit) {
        try {
          yield* sleep(timeout);
          yield* emit(1);
        } finally {
          yield* sleep(0);
          finalized += 1;
        }
      });

    function* wait() {
      yield* asyncFor(waiter(1), function* () {});
    }

    const t1 = loop.createTask(wait());
    const t2 = loop.createTask(wait());

    await loop.runUntilComplete(sleep(0.1));

    t1.cancel();
    t2.cancel();

    await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t1));
    await assertRejects(asyncio.CancelledError, loop.runUntilComplete(t2));

    await loop.runUntilComplete(loop.shutdownAsyncgens());

    expect(finalized).to.equal(2);
  });

  it('test_async_gen_asyncio_shutdown_02', async () => {
    const messages = recordReports(loop);

    const it = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* emit(2);
    });

    function* main() {
      // asyncFor would close it when it ends early, where Python's `async for` leaves that to the loop.
      expect(yield* it.anext()).to.deep.equal(given(1));
    }

    await asyncio.run(main, { loopFactory: () => loop });

    expect(messages).to.deep.equal([]);
  });

  it('test_async_gen_asyncio_shutdown_exception_01', async () => {
    const messages = recordReports(loop);

    const it = asyncGenerator<number>(function* (emit) {
      try {
        yield* emit(1);
        yield* emit(2);
      } finally {
        divideByZero();
      }
    });

    function* main() {
      yield* it.anext();
    }

    await asyncio.run(main, { loopFactory: () => loop });

    expect(messages).to.have.lengthOf(1);
    expect(messages[0]?.exception).to.be.instanceOf(ZeroDivisionError);
    expect(messages[0]?.message).to.include('an error occurred during closing of asynchronous generator');
    expect(messages[0]).to.have.property('asyncgen', it);
  });

  it('test_async_gen_asyncio_shutdown_exception_02', async () => {
    const COUNT = 20; // engines may keep single objects alive
    const messages = recordReports(loop);
    let closed = 0;

    const asyncIterate = () =>
      asyncGenerator<number>(function* (emit) {
        try {
          yield* emit(1);
          yield* emit(2);
        } finally {
          closed += 1;
          divideByZero();
        }
      });

    function* main() {
      for (let i = 0; i < COUNT; i += 1) yield* asyncIterate().anext();
    }

    // The collector finds them when the program has ended and the shutdown has not begun: the tasks that close them
    // are cancelled by it before their first step.
    const runner = new asyncio.Runner({ loopFactory: () => loop });
    await runner.run(main);
    await forceGc();
    loop.stop(); // after one iteration
    await loop.runForever();
    await runner.close();

    // Whoever closes them, each is closed, and each error is reported.
    expect(closed).to.equal(COUNT);
    expect(messages).to.have.lengthOf(COUNT);
    for (const message of messages) expect(message.exception).to.be.instanceOf(ZeroDivisionError);
  });

  it('test_async_gen_expression_01', async () => {
    const arange = (n: number) =>
      asyncGenerator<number>(function* (emit) {
        for (let i = 0; i < n; i += 1) {
          yield* sleep(0.01);
          yield* emit(i);
        }
      });

    const makeArange = (n: number) =>
      asyncGenerator<number>(function* (emit) {
        yield* asyncFor(arange(n), function* (i) {
          yield* emit(i * 2);
        });
      });

    const res = await loop.runUntilComplete(toList(makeArange(10)));
    expect(res).to.deep.equal([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it('test_async_gen_expression_02', async () => {
    function* wrap(n: number) {
      yield* sleep(0.01);
      return n;
    }

    const makeArange = (n: number) =>
      asyncGenerator<number>(function* (emit) {
        for (let i = 0; i < n; i += 1) if ((yield* wrap(i)) !== 0) yield* emit(i * 2);
      });

    const res = await loop.runUntilComplete(toList(makeArange(10)));
    expect(res).to.deep.equal([2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it('test_asyncgen_nonstarted_hooks_are_cancellable', async () => {
    const messages = recordReports(loop);
    let items = 0;

    const asyncIterate = () =>
      asyncGenerator<number>(function* (emit) {
        yield* emit(1);
        yield* emit(2);
      });

    function* main() {
      yield* asyncFor(asyncIterate(), function* () {
        items += 1;
        return false;
      });
    }

    await asyncio.run(main, { loopFactory: () => loop });

    expect(items).to.equal(1);
    expect(messages).to.deep.equal([]);
  });

  it('test_async_gen_aclose_twice_with_different_coros', async () => {
    const it = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* emit(2);
    });

    function* main() {
      yield* it.aclose();
      yield* it.aclose();
      expect(yield* it.anext()).to.deep.equal(DONE_STEP);
    }

    await loop.runUntilComplete(main());
  });

  it('test_async_gen_aclose_after_exhaustion', async () => {
    const it = asyncGenerator<number>(function* (emit) {
      yield* emit(1);
      yield* emit(2);
    });
    let items = 0;

    function* main() {
      yield* asyncFor(it, function* () {
        items += 1;
      });
      yield* it.aclose();
    }

    await loop.runUntilComplete(main());
    expect(items).to.equal(2);
  });

  it('test_async_gen_aclose_compatible_with_get_stack', async () => {
    const ag = asyncGenerator<object>(function* (emit) {
      yield* emit({});
    });

    function* main() {
      asyncio.createTask(ag.aclose());
      const tasks = asyncio.allTasks();
      expect(tasks.size).to.equal(2);
      for (const task of tasks) expect((task as asyncio.Task<unknown>).getStack()).to.be.an('array');
    }

    await loop.runUntilComplete(main());
    await loop.runUntilComplete(sleep(0));
  });
});

describe('TestUnawaitedWarnings', () => {
  // The warnings themselves are Python's.

  const agenfn = () =>
    asyncGenerator<never>(function* () {
      for (;;) yield* suspend(1);
    });

  it('test_aclose_throw', () => {
    const g = asyncGenerator<never>(function* () {});

    expect(() => g.aclose().throw(new MyExc())).to.throw(MyExc);
  });

  it('test_asend_send_already_running', () => {
    const agen = agenfn();
    agen.asend(undefined).next();

    expect(() => agen.asend(undefined).next()).to.throw(
      asyncio.RuntimeError,
      'anext(): asynchronous generator is already running',
    );
  });

  it('test_athrow_send_already_running', () => {
    const agen = agenfn();
    agen.asend(undefined).next();

    expect(() => agen.athrow(new Error()).next()).to.throw(
      asyncio.RuntimeError,
      'athrow(): asynchronous generator is already running',
    );
  });
});
