// CPython's test_graph.py (3.14).
//
// What differs: frames are functions, files and lines, as engines do not say which function is a generator, so CPython's
// marks 's', 'a' and 'ag' are left out. The stack of a task that waits is known in debug mode, which all of these run
// in. The library's own functions in a stack are not those of CPython (`_aexit`, `_wait`): they are looked for in the
// text, and the stacks that are compared are those of the test. A task that runs has its whole stack also where it is
// an awaiter; CPython shows its outermost frame there.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';

/** A future: 'F', or 'T<name>' of a task; the functions of its stack that stand here; its awaiters, sorted. */
type Walk = [name: string, functions: string[], awaitedBy: Walk[]];

function walk({ future, callStack, awaitedBy }: asyncio.FutureCallGraph): Walk {
  let name = 'F';
  if (future instanceof asyncio.Task)
    name = future.getName().includes('-') ? 'T<anon>' : `T<${future.getName()}>`;
  const awaiters = awaitedBy.map(walk).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const functions = callStack
    .filter(({ frame }) => frame.file.includes('/conformance/graph.test.js'))
    .map(({ frame }) => frame.function);
  return [name, functions, awaiters];
}

function captureTestStack({
  fut = null,
  depth = 1,
}: {
  readonly fut?: asyncio.FutureLike<unknown> | null;
  readonly depth?: number;
} = {}): [Walk, string] {
  const texts: string[] = [];
  asyncio.printCallGraph(fut, { file: (text) => texts.push(text), depth });
  const stack = asyncio.captureCallGraph(fut, { depth });
  return [walk(stack!), texts.join('\n')];
}

describe('CallStackTestBase', () => {
  it('test_stack_tgroup', () =>
    simulate(
      function* test_stack_tgroup() {
        let stackForC5: [Walk, string] | null = null;

        function c5(): void {
          stackForC5 = captureTestStack({ depth: 2 });
        }
        function* c4(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          c5();
        }
        function* c3(): asyncio.Coroutine<void> {
          yield* c4();
        }
        function* c2(): asyncio.Coroutine<void> {
          yield* c3();
        }
        function* c1(task: asyncio.Task<void>): asyncio.Coroutine<void> {
          yield* task;
        }
        function* main(): asyncio.Coroutine<void> {
          yield* asyncio.withTaskGroup(function* (tg) {
            const task = tg.createTask(c2(), { name: 'c2_root' });
            tg.createTask(c1(task), { name: 'sub_main_1' });
            tg.createTask(c1(task), { name: 'sub_main_2' });
          });
        }

        yield* main();

        const group: Walk = ['T<anon>', ['main', 'test_stack_tgroup'], []];
        expect(stackForC5![0]).to.deep.equal([
          'T<c2_root>',
          ['c5', 'c4', 'c3', 'c2'],
          [group, ['T<sub_main_1>', ['c1'], [group]], ['T<sub_main_2>', ['c1'], [group]]],
        ]);
        expect(stackForC5![1]).to.contain(' in test_stack_tgroup()');
        expect(stackForC5![1]).to.contain(' in aexit()');
      },
      { debug: true },
    ));

  it('test_stack_async_gen', () =>
    simulate(
      function* test_stack_async_gen() {
        let stackForGenNestedCall: [Walk, string] | null = null;

        function* genNestedCall(): asyncio.Coroutine<void> {
          stackForGenNestedCall = captureTestStack();
        }
        const agen = (): asyncio.AsyncGeneratorOf<number> =>
          asyncio.asyncGenerator<number>(function* gen(emit) {
            for (const num of [0, 1]) {
              yield* emit(num);
              if (num === 1) yield* genNestedCall();
            }
          });
        function* main(): asyncio.Coroutine<void> {
          yield* asyncio.asyncFor(agen(), function* () {});
        }

        yield* main();

        expect(stackForGenNestedCall![0]).to.deep.equal([
          'T<anon>',
          ['captureTestStack', 'genNestedCall', 'gen', 'main', 'test_stack_async_gen'],
          [],
        ]);
        expect(stackForGenNestedCall![1]).to.contain(' in gen()');
      },
      { debug: true },
    ));

  it('test_stack_gather', () =>
    simulate(
      function* test_stack_gather() {
        let stackForDeep: [Walk, string] | null = null;

        function* deep(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          stackForDeep = captureTestStack();
        }
        function* c1(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          yield* deep();
        }
        function* c2(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
        }
        function* main(): asyncio.Coroutine<void> {
          yield* asyncio.gather(c1(), c2());
        }

        yield* main();

        expect(stackForDeep![0]).to.deep.equal([
          'T<anon>',
          ['captureTestStack', 'deep', 'c1'],
          [['T<anon>', ['main', 'test_stack_gather'], []]],
        ]);
      },
      { debug: true },
    ));

  it('test_stack_shield', () =>
    simulate(
      function* test_stack_shield() {
        let stackForShield: [Walk, string] | null = null;

        function* deep(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          stackForShield = captureTestStack();
        }
        function* c1(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          yield* deep();
        }
        function* main(): asyncio.Coroutine<void> {
          yield* asyncio.shield(c1());
        }

        yield* main();

        expect(stackForShield![0]).to.deep.equal([
          'T<anon>',
          ['captureTestStack', 'deep', 'c1'],
          [['T<anon>', ['main', 'test_stack_shield'], []]],
        ]);
      },
      { debug: true },
    ));

  it('test_stack_timeout', () =>
    simulate(
      function* test_stack_timeout() {
        let stackForInner: [Walk, string] | null = null;

        function* inner(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          stackForInner = captureTestStack();
        }
        function* c1(): asyncio.Coroutine<void> {
          yield* asyncio.withTimeout(1, function* body() {
            yield* asyncio.sleep(0);
            yield* inner();
          });
        }
        function* main(): asyncio.Coroutine<void> {
          yield* asyncio.shield(c1());
        }

        yield* main();

        expect(stackForInner![0]).to.deep.equal([
          'T<anon>',
          ['captureTestStack', 'inner', 'body', 'c1'],
          [['T<anon>', ['main', 'test_stack_timeout'], []]],
        ]);
      },
      { debug: true },
    ));

  it('test_stack_wait', () =>
    simulate(
      function* test_stack_wait() {
        let stackForInner: [Walk, string] | null = null;

        function* inner(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          stackForInner = captureTestStack();
        }
        function* c1(): asyncio.Coroutine<void> {
          yield* asyncio.withTimeout(1, function* body() {
            yield* asyncio.sleep(0);
            yield* inner();
          });
        }
        function* c2(): asyncio.Coroutine<void> {
          for (let i = 0; i < 3; i += 1) yield* asyncio.sleep(0);
        }
        function* main(one: asyncio.Task<void>, other: asyncio.Task<void>): asyncio.Coroutine<void> {
          for (;;) {
            const [, pending] = yield* asyncio.wait([one, other]);
            if (pending.size === 0) break;
          }
        }

        const t1 = asyncio.createTask(c1());
        const t2 = asyncio.createTask(c2());
        try {
          yield* main(t1, t2);
        } finally {
          yield* t1;
          yield* t2;
        }

        expect(stackForInner![0]).to.deep.equal([
          'T<anon>',
          ['captureTestStack', 'inner', 'body', 'c1'],
          [['T<anon>', ['main', 'test_stack_wait'], []]],
        ]);
        expect(stackForInner![1]).to.contain(' in wait()');
      },
      { debug: true },
    ));

  it('test_stack_task', () =>
    simulate(
      function* test_stack_task() {
        let stackForInner: [Walk, string] | null = null;

        function* inner(): asyncio.Coroutine<void> {
          yield* asyncio.sleep(0);
          stackForInner = captureTestStack();
        }
        function* c1(): asyncio.Coroutine<void> {
          yield* inner();
        }
        function* c2(): asyncio.Coroutine<void> {
          yield* asyncio.createTask(c1(), { name: 'there there' });
        }
        function* main(): asyncio.Coroutine<void> {
          yield* c2();
        }

        yield* main();

        expect(stackForInner![0]).to.deep.equal([
          'T<there there>',
          ['captureTestStack', 'inner', 'c1'],
          [['T<anon>', ['c2', 'main', 'test_stack_task'], []]],
        ]);
      },
      { debug: true },
    ));

  it('test_stack_future', () =>
    simulate(
      function* test_stack_future() {
        let stackForFut: [Walk, string] | null = null;

        function* a2(fut: asyncio.Future<null>): asyncio.Coroutine<void> {
          yield* fut;
        }
        function* a1(fut: asyncio.Future<null>): asyncio.Coroutine<void> {
          yield* a2(fut);
        }
        function* b1(fut: asyncio.Future<null>): asyncio.Coroutine<void> {
          yield* fut;
        }
        function* main(): asyncio.Coroutine<void> {
          const fut = new asyncio.Future<null>();
          yield* asyncio.withTaskGroup(function* body(g) {
            g.createTask(a1(fut), { name: 'task A' });
            g.createTask(b1(fut), { name: 'task B' });
            // A few iterations, so that both wait for the future.
            for (let i = 0; i < 5; i += 1) yield* asyncio.sleep(0);
            stackForFut = captureTestStack({ fut });
            fut.setResult(null);
          });
        }

        yield* main();

        const running = ['captureTestStack', 'body', 'main', 'test_stack_future'];
        const group: Walk = ['T<anon>', running, []];
        expect(stackForFut![0]).to.deep.equal([
          'F',
          [],
          [
            ['T<task A>', ['a2', 'a1'], [group]],
            ['T<task B>', ['b1'], [group]],
          ],
        ]);
        expect(stackForFut![1].startsWith('* Future(id=')).to.equal(true);
      },
      { debug: true },
    ));
});
