// Lib/test/test_asyncio/test_tasks.py of CPython 3.13: the tests of gather.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRejects, runBriefly, ZeroDivisionError } from './support.ts';
import type { Loops } from './tasks_support.ts';
import { withLoops } from './tasks_support.ts';

interface GatherLoops extends Loops {
  readonly oneLoop: asyncio.BaseEventLoop;
  readonly otherLoop: asyncio.BaseEventLoop;
}

const withTwoLoops = (test: (loops: GatherLoops) => Promise<void>): (() => Promise<void>) =>
  withLoops((loops) => test({ ...loops, oneLoop: loops.loop, otherLoop: loops.newLoop() }));

async function runLoop(loop: asyncio.BaseEventLoop): Promise<void> {
  while (loop._ready.length > 0) await runBriefly(loop);
}

/** Counts the calls of a done callback, and checks what it is called with. */
function watch(fut: asyncio.Future<unknown>): { readonly calls: number } {
  const seen = { calls: 0 };
  fut.addDoneCallback((done) => {
    expect(done).to.equal(fut);
    seen.calls += 1;
  });
  return seen;
}

type F = asyncio.Future<number>;

/** So many futures. */
function newFutures(loop: asyncio.AbstractEventLoop, count: number): [F, F, F, F, F, F] {
  const futures = Array.from({ length: count }, () => new asyncio.Future<number>({ loop }));
  return futures as [F, F, F, F, F, F]; // who asks for fewer takes fewer
}

interface Options {
  readonly returnExceptions?: boolean;
}
/** Gives the gather in an array: a Promise would wait for it. */
type Gather = (
  loop: asyncio.BaseEventLoop,
  awaitables: readonly asyncio.Awaitable<unknown>[],
  options?: Options,
) => Promise<[asyncio.Future<unknown[]>]>;

const gatherFutures: Gather = async (_loop, awaitables, options = {}) => [
  asyncio.gather(awaitables, options),
];

const gatherCoroutines: Gather = async (loop, awaitables, options = {}) => {
  let fut!: asyncio.Future<unknown[]>;
  await loop.runUntilComplete(
    (function* coro(): asyncio.Coroutine<void> {
      fut = asyncio.gather(awaitables, options);
    })(),
  );
  return [fut];
};

function* awaitIt<T>(fut: asyncio.Awaitable<T>): asyncio.Coroutine<T> {
  return yield* fut;
}

describe('GatherTestsBase', () => {
  function declareTests(
    gather: Gather,
    wrapFutures: (futures: readonly asyncio.Future<unknown>[]) => asyncio.Awaitable<unknown>[],
  ): void {
    async function checkSuccess({ oneLoop }: GatherLoops, options?: Options): Promise<void> {
      const [a, b, c] = newFutures(oneLoop, 3);
      const [fut] = await gather(oneLoop, wrapFutures([a, b, c]), options);
      const cb = watch(fut);
      b.setResult(1);
      a.setResult(2);
      await runLoop(oneLoop);
      expect(cb.calls).to.equal(0);
      expect(fut.done()).to.equal(false);
      c.setResult(3);
      await runLoop(oneLoop);
      expect(cb.calls).to.equal(1);
      expect(fut.result()).to.deep.equal([2, 1, 3]);
    }

    it(
      'test_success',
      withTwoLoops(async (loops) => {
        await checkSuccess(loops);
        await checkSuccess(loops, { returnExceptions: false });
      }),
    );

    it(
      'test_result_exception_success',
      withTwoLoops(async (loops) => {
        await checkSuccess(loops, { returnExceptions: true });
      }),
    );

    it(
      'test_one_exception',
      withTwoLoops(async ({ oneLoop }) => {
        const [a, b, c, d, e] = newFutures(oneLoop, 5);
        const [fut] = await gather(oneLoop, wrapFutures([a, b, c, d, e]));
        const cb = watch(fut);
        const exc = new ZeroDivisionError();
        a.setResult(1);
        b.setException(exc);
        await runLoop(oneLoop);
        expect(fut.done()).to.equal(true);
        expect(cb.calls).to.equal(1);
        expect(fut.exception()).to.equal(exc);
        // Does nothing
        c.setResult(3);
        d.cancel();
        e.setException(new asyncio.RuntimeError());
        e.exception();
        await runLoop(oneLoop);
        expect(cb.calls).to.equal(1);
        expect(fut.exception()).to.equal(exc);
      }),
    );

    it(
      'test_return_exceptions',
      withTwoLoops(async ({ oneLoop }) => {
        const [a, b, c, d] = newFutures(oneLoop, 4);
        const [fut] = await gather(oneLoop, wrapFutures([a, b, c, d]), { returnExceptions: true });
        const cb = watch(fut);
        const exc = new ZeroDivisionError();
        const exc2 = new asyncio.RuntimeError();
        b.setResult(1);
        c.setException(exc);
        a.setResult(3);
        await runLoop(oneLoop);
        expect(fut.done()).to.equal(false);
        d.setException(exc2);
        await runLoop(oneLoop);
        expect(fut.done()).to.equal(true);
        expect(cb.calls).to.equal(1);
        expect(fut.result()).to.have.ordered.members([3, 1, exc, exc2]);
      }),
    );

    it(
      'test_env_var_debug',
      withTwoLoops(async ({ newLoop }) => {
        // A page has no environment: the variable is a global one. Nor has it Python's options -E and -X dev.
        const globals = globalThis as { PYTHONASYNCIODEBUG?: string };
        expect(newLoop().getDebug()).to.equal(false);
        try {
          globals.PYTHONASYNCIODEBUG = '';
          expect(newLoop().getDebug()).to.equal(false);
          globals.PYTHONASYNCIODEBUG = '1';
          expect(newLoop().getDebug()).to.equal(true);
        } finally {
          delete globals.PYTHONASYNCIODEBUG;
        }
        expect(newLoop().getDebug()).to.equal(false);
      }),
    );
  }

  describe('FutureGatherTests', () => declareTests(gatherFutures, (futures) => [...futures]));
  describe('CoroutineGatherTests', () => declareTests(gatherCoroutines, (futures) => futures.map(awaitIt)));
});

describe('FutureGatherTests', () => {
  it(
    'test_constructor_empty_sequence_without_loop',
    withTwoLoops(async () => {
      expect(() => asyncio.gather()).to.throw(asyncio.RuntimeError, 'no current event loop');
    }),
  );

  it(
    'test_constructor_empty_sequence_use_running_loop',
    withTwoLoops(async ({ oneLoop }) => {
      const [fut] = await gatherCoroutines(oneLoop, []);
      expect(fut).to.be.instanceOf(asyncio.Future);
      expect(fut.getLoop()).to.equal(oneLoop);
      await runLoop(oneLoop);
      expect(fut.done()).to.equal(true);
      expect(fut.result()).to.deep.equal([]);
    }),
  );

  it(
    'test_constructor_empty_sequence_use_global_loop',
    withTwoLoops(async ({ oneLoop }) => {
      asyncio.setEventLoop(oneLoop);
      const fut = asyncio.gather();
      expect(fut).to.be.instanceOf(asyncio.Future);
      expect(fut.getLoop()).to.equal(oneLoop);
      await runLoop(oneLoop);
      expect(fut.done()).to.equal(true);
      expect(fut.result()).to.deep.equal([]);
    }),
  );

  it(
    'test_constructor_heterogenous_futures',
    withTwoLoops(async ({ oneLoop, otherLoop }) => {
      const fut1 = oneLoop.createFuture();
      const fut2 = otherLoop.createFuture();
      expect(() => asyncio.gather(fut1, fut2)).to.throw(RangeError);
    }),
  );

  it(
    'test_constructor_homogenous_futures',
    withTwoLoops(async ({ otherLoop }) => {
      const children = newFutures(otherLoop, 3);
      let fut = asyncio.gather(...children);
      expect(fut.getLoop()).to.equal(otherLoop);
      await runLoop(otherLoop);
      expect(fut.done()).to.equal(false);
      fut = asyncio.gather(...children);
      expect(fut.getLoop()).to.equal(otherLoop);
      await runLoop(otherLoop);
      expect(fut.done()).to.equal(false);
    }),
  );

  it(
    'test_one_cancellation',
    withTwoLoops(async ({ oneLoop }) => {
      const [a, b, c, d, e] = newFutures(oneLoop, 5);
      const fut = asyncio.gather(a, b, c, d, e);
      const cb = watch(fut);
      a.setResult(1);
      b.cancel();
      await runLoop(oneLoop);
      expect(fut.done()).to.equal(true);
      expect(cb.calls).to.equal(1);
      expect(fut.cancelled()).to.equal(false);
      expect(fut.exception()).to.be.instanceOf(asyncio.CancelledError);
      // Does nothing
      c.setResult(3);
      d.cancel();
      e.setException(new asyncio.RuntimeError());
      e.exception();
      await runLoop(oneLoop);
      expect(cb.calls).to.equal(1);
    }),
  );

  it(
    'test_result_exception_one_cancellation',
    withTwoLoops(async ({ oneLoop }) => {
      const [a, b, c, d, e, f] = newFutures(oneLoop, 6);
      const fut = asyncio.gather([a, b, c, d, e, f], { returnExceptions: true });
      const cb = watch(fut);
      a.setResult(1);
      const zde = new ZeroDivisionError();
      b.setException(zde);
      c.cancel();
      await runLoop(oneLoop);
      expect(fut.done()).to.equal(false);
      d.setResult(3);
      e.cancel();
      const rte = new asyncio.RuntimeError();
      f.setException(rte);
      const res = await oneLoop.runUntilComplete(fut);
      expect(res[2]).to.be.instanceOf(asyncio.CancelledError);
      expect(res[4]).to.be.instanceOf(asyncio.CancelledError);
      expect([res[0], res[1], res[3], res[5]]).to.have.ordered.members([1, zde, 3, rte]);
      expect(res).to.have.length(6);
      expect(cb.calls).to.equal(1);
    }),
  );
});

describe('CoroutineGatherTests', () => {
  function* coro<T>(s: T): asyncio.Coroutine<T> {
    return s;
  }

  it(
    'test_constructor_without_loop',
    withTwoLoops(async () => {
      expect(() => asyncio.gather(coro('abc'), coro('abc'))).to.throw(
        asyncio.RuntimeError,
        'no current event loop',
      );
    }),
  );

  it(
    'test_constructor_use_running_loop',
    withTwoLoops(async ({ oneLoop }) => {
      const [fut] = await gatherCoroutines(oneLoop, [coro('abc'), coro('abc')]);
      expect(fut.getLoop()).to.equal(oneLoop);
      expect(await oneLoop.runUntilComplete(fut)).to.deep.equal(['abc', 'abc']);
    }),
  );

  it(
    'test_constructor_use_global_loop',
    withTwoLoops(async ({ otherLoop }) => {
      asyncio.setEventLoop(otherLoop);
      const fut = asyncio.gather(coro('abc'), coro('abc'));
      expect(fut.getLoop()).to.equal(otherLoop);
      expect(await otherLoop.runUntilComplete(fut)).to.deep.equal(['abc', 'abc']);
    }),
  );

  it(
    'test_duplicate_coroutines',
    withTwoLoops(async ({ oneLoop }) => {
      const c = coro('abc');
      const [fut] = await gatherCoroutines(oneLoop, [c, c, coro('def'), c]);
      await runLoop(oneLoop);
      expect(fut.result()).to.deep.equal(['abc', 'abc', 'def', 'abc']);
    }),
  );

  it(
    'test_cancellation_broadcast',
    withTwoLoops(async ({ oneLoop }) => {
      // Cancelling outer() cancels all children.
      let proof = 0;
      const waiter = oneLoop.createFuture<void>();

      function* inner(): asyncio.Coroutine<void> {
        yield* waiter;
        proof += 1;
      }

      const child1 = asyncio.ensureFuture(inner(), { loop: oneLoop });
      const child2 = asyncio.ensureFuture(inner(), { loop: oneLoop });
      let gatherer!: asyncio.Future<unknown[]>;

      function* outer(): asyncio.Coroutine<void> {
        gatherer = asyncio.gather(child1, child2);
        yield* gatherer;
        proof += 100;
      }

      const f = asyncio.ensureFuture(outer(), { loop: oneLoop });
      await runBriefly(oneLoop);
      expect(f.cancel()).to.equal(true);
      await assertRejects(asyncio.CancelledError, oneLoop.runUntilComplete(f));
      expect(gatherer.cancel()).to.equal(false);
      expect(waiter.cancelled()).to.equal(true);
      expect(child1.cancelled()).to.equal(true);
      expect(child2.cancelled()).to.equal(true);
      await runBriefly(oneLoop);
      expect(proof).to.equal(0);
    }),
  );

  it(
    'test_exception_marking',
    withTwoLoops(async ({ oneLoop }) => {
      // The error of the second child comes too late to matter, and counts as seen.
      function* inner(f: asyncio.Awaitable<void>): asyncio.Coroutine<void> {
        yield* f;
        throw new asyncio.RuntimeError('should not be ignored');
      }

      const a = oneLoop.createFuture<void>();
      const b = oneLoop.createFuture<void>();

      function* outer(): asyncio.Coroutine<void> {
        yield* asyncio.gather(inner(a), inner(b));
      }

      const f = asyncio.ensureFuture(outer(), { loop: oneLoop });
      await runBriefly(oneLoop);
      a.setResult();
      await runBriefly(oneLoop);
      b.setResult();
      await runBriefly(oneLoop);
      expect(f.exception()).to.be.instanceOf(asyncio.RuntimeError);
    }),
  );

  it(
    'test_issue46672',
    withTwoLoops(async ({ oneLoop, reports }) => {
      await assertRejects(TypeError, gatherCoroutines(oneLoop, [coro('abc'), {} as never]));
      await runLoop(oneLoop);
      // The child that was made does no harm when it is done.
      expect(reports).to.deep.equal([]);
    }),
  );
});
