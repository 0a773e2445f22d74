import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';

/** The functions of a stack, innermost first. */
function functionsOf(graph: asyncio.FutureCallGraph | null): string[] {
  return (graph?.callStack ?? []).map(({ frame }) => frame.function);
}

/** Those who wait for a future directly: the names of tasks, 'Future' for others. */
function awaitersOf(future: asyncio.FutureLike<unknown>): string[] {
  return asyncio.captureCallGraph(future).awaitedBy.map(({ future: one }) => nameOf(one));
}

function nameOf(future: asyncio.FutureLike<unknown>): string {
  return future instanceof asyncio.Task ? future.getName() : 'Future';
}

/** The text with every place replaced, since each engine counts lines of its own. */
function withoutPlaces(text: string): string {
  return text.replace(/File '[^']*', line \d+/g, 'File …');
}

/** A task that goes on only when it is cancelled. */
function* forever(): asyncio.Coroutine<void> {
  yield* asyncio.getRunningLoop().createFuture<void>();
}

function spawn(name: string, body: () => asyncio.Coroutine<unknown>): asyncio.Task<unknown> {
  return asyncio.createTask(body(), { name });
}

/** Lets every task run until it waits. */
function settle(): asyncio.Coroutine<void> {
  return asyncio.sleep(0.001);
}

describe('captureCallGraph() of the running task', () => {
  it('gives the calls that are going on, innermost first, and none of the loop', () =>
    simulate(function* main() {
      let graph: asyncio.FutureCallGraph | null = null;
      function helper(): void {
        graph = asyncio.captureCallGraph();
      }
      function* step(): asyncio.Coroutine<void> {
        yield* asyncio.sleep(0);
        helper();
      }
      yield* step();
      expect(functionsOf(graph)).to.deep.equal(['helper', 'step', 'main']);
      expect(graph!).to.have.property('future', asyncio.currentTask());
    }));

  it('needs no debug mode, and gives files and lines', () =>
    simulate(function* main() {
      const { frame } = asyncio.captureCallGraph()!.callStack[0]!;
      expect(frame.function).to.equal('main');
      expect(frame.file).to.match(/^http:.*\/graph\.test\.js/);
      expect(frame.line).to.be.greaterThan(1);
    }));

  it('is the same for the task that is given as for none', () =>
    simulate(function* main() {
      const graph = asyncio.captureCallGraph(asyncio.currentTask());
      expect(functionsOf(graph)).to.deep.equal(['main']);
    }));

  it('depth skips the innermost calls', () =>
    simulate(function* main() {
      function inner(depth: number): asyncio.FutureCallGraph | null {
        const graph = asyncio.captureCallGraph(null, { depth });
        return graph;
      }
      function outer(depth: number): asyncio.FutureCallGraph | null {
        const graph = inner(depth);
        return graph;
      }
      expect(functionsOf(outer(1))).to.deep.equal(['inner', 'outer', 'main']);
      expect(functionsOf(outer(2))).to.deep.equal(['outer', 'main']);
      expect(functionsOf(outer(3))).to.deep.equal(['main']);
      expect(functionsOf(outer(99))).to.deep.equal([]);
    }));

  it('is not cut at the few frames that engines keep by default', () =>
    simulate(function* main() {
      let graph: asyncio.FutureCallGraph | null = null;
      function* down(levels: number): asyncio.Coroutine<void> {
        if (levels > 0) yield* down(levels - 1);
        else graph = asyncio.captureCallGraph();
      }
      yield* down(30);
      expect(functionsOf(graph)).to.deep.equal([...new Array(31).fill('down'), 'main']);
    }));

  it('has its stack also where it is an awaiter', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      asyncio.futureAddToAwaitedBy(future, asyncio.currentTask()!);
      const [awaiter] = asyncio.captureCallGraph(future).awaitedBy;
      expect(functionsOf(awaiter!)).to.deep.equal(['main']);
    }));

  it('of an eager task ends with that task', () =>
    simulate(function* main() {
      let graph: asyncio.FutureCallGraph | null = null;
      function* eager(): asyncio.Coroutine<void> {
        graph = asyncio.captureCallGraph();
      }
      yield* asyncio.createTask(eager(), { name: 'eager', eagerStart: true });
      expect(functionsOf(graph)).to.deep.equal(['eager']);
      expect(nameOf(graph!.future)).to.equal('eager');
    }));

  it('is null in a callback, which runs in no task', () =>
    simulate(function* main() {
      const seen: unknown[] = [];
      asyncio.getRunningLoop().callSoon(() => seen.push(asyncio.captureCallGraph()));
      yield* asyncio.sleep(0);
      expect(seen).to.deep.equal([null]);
    }));
});

describe('captureCallGraph() of a future', () => {
  it('outside a loop, without a future: RuntimeError', () => {
    expect(() => asyncio.captureCallGraph()).to.throw(
      asyncio.RuntimeError,
      /^capture_call_graph\(\) is called outside of a running event loop and no \*future\* to introspect was provided$/,
    );
  });

  it('outside a loop, with a future: its graph', async () => {
    const loop = new SimLoop();
    const future = loop.createFuture<void>();
    const graph = asyncio.captureCallGraph(future);
    expect(graph).to.deep.equal({ future, callStack: [], awaitedBy: [] });
    loop.close();
  });

  it('of something else: TypeError, inside a loop and outside', async () => {
    const message = /^<Map> object does not appear to be compatible with asyncio\.Future$/;
    const notAFuture = new Map() as never;
    expect(() => asyncio.captureCallGraph(notAFuture)).to.throw(TypeError, message);
    await simulate(function* () {
      expect(() => asyncio.captureCallGraph(notAFuture)).to.throw(TypeError, message);
    });
  });

  it('in debug mode shows where a task waits', () =>
    simulate(
      function* main() {
        function* inner(): asyncio.Coroutine<void> {
          yield* forever();
        }
        const task = asyncio.createTask(inner());
        expect(functionsOf(asyncio.captureCallGraph(task))).to.deep.equal([]); // not begun
        yield* settle();
        expect(functionsOf(asyncio.captureCallGraph(task))).to.deep.equal(['forever', 'inner']);
      },
      { debug: true },
    ));

  it('without debug mode shows who waits, but not where', () =>
    simulate(function* main() {
      const task = asyncio.createTask(forever());
      spawn('waiter', function* () {
        yield* task;
      });
      yield* settle();
      expect(awaitersOf(task)).to.deep.equal(['waiter']);
      const graph = asyncio.captureCallGraph(task);
      expect(functionsOf(graph)).to.deep.equal([]);
      expect(functionsOf(graph.awaitedBy[0]!)).to.deep.equal([]);
    }));

  it('of a task that is done: no stack (gh-156408)', () =>
    simulate(
      function* main() {
        const task = asyncio.createTask(settle());
        yield* task;
        expect(asyncio.captureCallGraph(task)).to.deep.equal({ future: task, callStack: [], awaitedBy: [] });
      },
      { debug: true },
    ));

  it('follows awaiters to the root', () =>
    simulate(
      function* main() {
        const future = asyncio.getRunningLoop().createFuture<void>();
        function* leaf(): asyncio.Coroutine<void> {
          yield* future;
        }
        function* middle(): asyncio.Coroutine<void> {
          yield* asyncio.createTask(leaf(), { name: 'leaf' });
        }
        function* root(): asyncio.Coroutine<void> {
          yield* asyncio.createTask(middle(), { name: 'middle' });
        }
        asyncio.createTask(root(), { name: 'root' });
        yield* settle();
        let graph: asyncio.FutureCallGraph | undefined = asyncio.captureCallGraph(future);
        const seen: [string, string[]][] = [];
        while (graph !== undefined) {
          seen.push([nameOf(graph.future), functionsOf(graph)]);
          expect(graph.awaitedBy.length).to.be.lessThan(2);
          graph = graph.awaitedBy[0];
        }
        expect(seen).to.deep.equal([
          ['Future', []],
          ['leaf', ['leaf']],
          ['middle', ['middle']],
          ['root', ['root']],
        ]);
      },
      { debug: true },
    ));

  it('accepts a future of another class', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      const foreign = { _asyncioFutureBlocking: false, done: () => false } as asyncio.FutureLike<void>;
      expect(asyncio.captureCallGraph(foreign)).to.deep.equal({
        future: foreign,
        callStack: [],
        awaitedBy: [],
      });
      asyncio.futureAddToAwaitedBy(future, foreign);
      expect(asyncio.captureCallGraph(future).awaitedBy.map((one) => one.future)).to.deep.equal([foreign]);
    }));
});

describe('limit of captureCallGraph()', () => {
  function* chain(): asyncio.Coroutine<void> {
    yield* second();
  }
  function* second(): asyncio.Coroutine<void> {
    yield* third();
  }
  function* third(): asyncio.Coroutine<void> {
    yield* forever();
  }

  function limited(task: asyncio.Task<unknown>, limit: number | null): string[] {
    return functionsOf(asyncio.captureCallGraph(task, { limit }));
  }

  it('keeps the outermost calls of a stack, a negative one the innermost, 0 none', () =>
    simulate(
      function* main() {
        const task = asyncio.createTask(chain());
        yield* settle();
        expect(limited(task, null)).to.deep.equal(['forever', 'third', 'second', 'chain']);
        expect(limited(task, 2)).to.deep.equal(['second', 'chain']);
        expect(limited(task, -2)).to.deep.equal(['forever', 'third']);
        expect(limited(task, 9)).to.deep.equal(['forever', 'third', 'second', 'chain']);
        expect(limited(task, -9)).to.deep.equal(['forever', 'third', 'second', 'chain']);
        expect(limited(task, 0)).to.deep.equal([]);
      },
      { debug: true },
    ));

  it('holds for the running task too', () =>
    simulate(function* main() {
      function inner(limit: number): string[] {
        const graph = asyncio.captureCallGraph(null, { limit });
        return functionsOf(graph);
      }
      function outer(limit: number): string[] {
        const functions = inner(limit);
        return functions;
      }
      expect(outer(1)).to.deep.equal(['main']);
      expect(outer(-1)).to.deep.equal(['inner']);
      expect(outer(-2)).to.deep.equal(['inner', 'outer']);
      expect(outer(0)).to.deep.equal([]);
    }));

  it('holds for awaiters, and leaves them all in', () =>
    simulate(
      function* main() {
        const task = asyncio.createTask(chain());
        function* waits(): asyncio.Coroutine<void> {
          yield* inside();
        }
        function* inside(): asyncio.Coroutine<void> {
          yield* task;
        }
        asyncio.createTask(waits(), { name: 'waiter' });
        yield* settle();
        expect(asyncio.captureCallGraph(task, { limit: 1 }).awaitedBy.map(functionsOf)).to.deep.equal([
          ['waits'],
        ]);
        expect(asyncio.captureCallGraph(task, { limit: 0 }).awaitedBy.map(functionsOf)).to.deep.equal([[]]);
      },
      { debug: true },
    ));
});

describe('awaiters in captureCallGraph()', () => {
  /** Who waits for a task that a task named 'waiter' waits for by the means given. */
  function awaitersBy(means: (task: asyncio.Task<void>) => asyncio.Awaitable<unknown>): Promise<string[]> {
    return simulate(function* main() {
      const task = asyncio.createTask(forever(), { name: 'task' });
      spawn('waiter', function* () {
        yield* means(task);
      });
      yield* settle();
      return awaitersOf(task);
    });
  }

  it('yield*', async () => {
    expect(await awaitersBy((task) => task)).to.deep.equal(['waiter']);
  });

  it('gather()', async () => {
    expect(await awaitersBy((task) => asyncio.gather(task, asyncio.sleep(5)))).to.deep.equal(['waiter']);
  });

  it('shield()', async () => {
    expect(await awaitersBy((task) => asyncio.shield(task))).to.deep.equal(['waiter']);
  });

  it('shields and gathers within each other', async () => {
    const nested = (task: asyncio.Task<void>): asyncio.Awaitable<unknown> =>
      asyncio.gather(asyncio.shield(asyncio.shield(task)), asyncio.gather(task));
    expect(await awaitersBy(nested)).to.deep.equal(['waiter']);
  });

  it('wait()', async () => {
    expect(await awaitersBy((task) => asyncio.wait([task]))).to.deep.equal(['waiter']);
  });

  it('waitFor()', async () => {
    expect(await awaitersBy((task) => asyncio.waitFor(task, 5))).to.deep.equal(['waiter']);
  });

  it('withTimeout()', async () => {
    const means = (task: asyncio.Task<void>): asyncio.Awaitable<unknown> =>
      asyncio.withTimeout(5, function* () {
        yield* task;
      });
    expect(await awaitersBy(means)).to.deep.equal(['waiter']);
  });

  it('asCompleted()', async () => {
    const means = function* (task: asyncio.Task<void>): asyncio.Coroutine<void> {
      for (const next of asyncio.asCompleted([task])) yield* next;
    };
    expect(await awaitersBy(means)).to.deep.equal(['waiter']);
  });

  it('waitFor() with no time left, while it waits for the cleanup (gh-157058)', () =>
    simulate(function* main() {
      const task = spawn('task', function* () {
        try {
          yield* forever();
        } finally {
          yield* asyncio.sleep(1);
        }
      });
      yield* settle();
      spawn('waiter', function* () {
        try {
          yield* asyncio.waitFor(task, 0);
        } catch (error) {
          if (!(error instanceof asyncio.TimeoutError)) throw error;
        }
      });
      yield* settle();
      expect(task.done()).to.equal(false);
      expect(awaitersOf(task)).to.deep.equal(['waiter']);
      yield* asyncio.sleep(2);
    }));

  it('a TaskGroup, also of a task that its parent awaits by name: once', () =>
    simulate(function* main() {
      const own = asyncio.currentTask()!;
      own.setName('parent');
      yield* asyncio.withTaskGroup(function* (group) {
        function* child(): asyncio.Coroutine<string[]> {
          yield* settle();
          return awaitersOf(asyncio.currentTask()!);
        }
        const task = group.createTask(child());
        expect(awaitersOf(task)).to.deep.equal(['parent']);
        expect(yield* task).to.deep.equal(['parent']);
      });
    }));

  it('several, in the order in which they began to wait', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      for (const name of ['first', 'second', 'third']) {
        spawn(name, function* () {
          yield* future;
        });
      }
      yield* settle();
      expect(awaitersOf(future)).to.deep.equal(['first', 'second', 'third']);
    }));

  it('a gather that nobody waits for is there itself', () =>
    simulate(function* main() {
      const task = asyncio.createTask(forever());
      const gathering = asyncio.gather(task);
      const [awaiter] = asyncio.captureCallGraph(task).awaitedBy;
      expect(awaiter).to.deep.equal({ future: gathering, callStack: [], awaitedBy: [] });
      task.cancel();
      yield* asyncio.wait([gathering]);
      expect(() => gathering.result()).to.throw(asyncio.CancelledError);
    }));

  it('futureAddToAwaitedBy() adds one, futureDiscardFromAwaitedBy() takes it away', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      const own = asyncio.currentTask()!;
      own.setName('me');
      asyncio.futureAddToAwaitedBy(future, own);
      asyncio.futureAddToAwaitedBy(future, own);
      expect(awaitersOf(future)).to.deep.equal(['me']);
      asyncio.futureDiscardFromAwaitedBy(future, own);
      expect(awaitersOf(future)).to.deep.equal([]);
    }));
});

describe('who has given up waiting is not in captureCallGraph()', () => {
  it('a gather that has failed (gh-157213)', () =>
    simulate(function* main() {
      const survivor = asyncio.createTask(forever());
      function* fails(): asyncio.Coroutine<void> {
        throw new RangeError('boom');
      }
      try {
        yield* asyncio.gather(survivor, fails());
        expect.fail('it must fail');
      } catch (error) {
        expect(error).to.be.instanceOf(RangeError);
      }
      expect(awaitersOf(survivor)).to.deep.equal([]);
    }));

  it('a shield that was cancelled', () =>
    simulate(function* main() {
      const inner = asyncio.createTask(forever());
      const outer = asyncio.shield(inner);
      expect(awaitersOf(inner)).to.deep.equal(['Future']);
      outer.cancel();
      expect(awaitersOf(inner)).to.deep.equal([]);
      yield* settle();
      expect(awaitersOf(inner)).to.deep.equal([]);
    }));

  it('a wait() whose time is over', () =>
    simulate(function* main() {
      const task = asyncio.createTask(forever());
      yield* asyncio.wait([task], { timeout: 1 });
      expect(awaitersOf(task)).to.deep.equal([]);
    }));

  it('a task that ended without taking all of asCompleted()', () =>
    simulate(function* main() {
      const task = asyncio.createTask(forever());
      const consumer = spawn('consumer', function* () {
        for (const next of asyncio.asCompleted([task, asyncio.sleep(0)])) {
          yield* next;
          return;
        }
      });
      yield* consumer;
      expect(awaitersOf(task)).to.deep.equal([]);
    }));

  it('a task that was cancelled', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      const waiter = spawn('waiter', function* () {
        yield* asyncio.shield(future);
      });
      yield* settle();
      expect(awaitersOf(future)).to.deep.equal(['waiter']);
      waiter.cancel();
      yield* settle();
      expect(awaitersOf(future)).to.deep.equal([]);
    }));
});

/** Two tasks that wait for each other. One waits by `wait()`: a cancellation of the first would go round for ever. */
function* knot(): asyncio.Coroutine<[asyncio.Task<unknown>, asyncio.Task<unknown>]> {
  const a: asyncio.Task<unknown> = spawn('A', function* () {
    yield* b;
  });
  const b: asyncio.Task<unknown> = spawn('B', function* () {
    yield* asyncio.wait([a]);
  });
  yield* settle();
  return [a, b];
}

describe('await cycles in captureCallGraph()', () => {
  it('end where they close', () =>
    simulate(function* main() {
      const [a, b] = yield* knot();
      expect(asyncio.captureCallGraph(a)).to.deep.equal({
        future: a,
        callStack: [],
        awaitedBy: [{ future: b, callStack: [], awaitedBy: [{ future: a, callStack: [], awaitedBy: [] }] }],
      });
    }));

  it('are seen from outside too', () =>
    simulate(function* main() {
      const [a, b] = yield* knot();
      const future = asyncio.getRunningLoop().createFuture<void>();
      asyncio.futureAddToAwaitedBy(future, a);
      const graph = asyncio.captureCallGraph(future);
      const path = [graph.awaitedBy[0]!, graph.awaitedBy[0]!.awaitedBy[0]!];
      expect(path.map(({ future: one }) => one)).to.deep.equal([a, b]);
      expect(path[1]!.awaitedBy).to.deep.equal([{ future: a, callStack: [], awaitedBy: [] }]);
    }));

  it('of one task, by way of a future', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      const task = asyncio.createTask(asyncio.wait([future]));
      asyncio.futureAddToAwaitedBy(task, future);
      yield* settle();
      expect(asyncio.captureCallGraph(task)).to.deep.equal({
        future: task,
        callStack: [],
        awaitedBy: [{ future: task, callStack: [], awaitedBy: [] }],
      });
    }));

  it('of futures that wait for each other', () =>
    simulate(function* main() {
      const loop = asyncio.getRunningLoop();
      const [one, other] = [loop.createFuture<void>(), loop.createFuture<void>()];
      asyncio.futureAddToAwaitedBy(one, other);
      asyncio.futureAddToAwaitedBy(other, one);
      expect(
        asyncio
          .formatCallGraph(one)
          .split('\n')
          .map((line) => line.trim()),
      ).to.deep.equal([
        '* Future(id=0x1)',
        '+ Awaited by:',
        '* Future(id=0x2)',
        '+ Awaited by:',
        '* Future(id=0x1) (cycle)',
      ]);
    }));
});

describe('formatCallGraph()', () => {
  it('writes stacks and awaiters, indented', () =>
    simulate(
      function* main() {
        function* inner(): asyncio.Coroutine<void> {
          yield* forever();
        }
        function* outer(): asyncio.Coroutine<void> {
          yield* asyncio.createTask(inner(), { name: "it's" });
        }
        const root = asyncio.createTask(outer(), { name: 'root' });
        yield* settle();
        const [task] = [...asyncio.allTasks()].filter((one) => one.getName() === "it's");
        expect(withoutPlaces(asyncio.formatCallGraph(task)).split('\n')).to.deep.equal([
          "* Task(name='it's', id=0x1)",
          '  + Call stack:',
          '  |   File …, in forever()',
          '  |   File …, in inner()',
          '  + Awaited by:',
          "    * Task(name='root', id=0x2)",
          '      + Call stack:',
          '      |   File …, in outer()',
        ]);
        root.cancel();
      },
      { debug: true },
    ));

  it('of the running task begins with its caller', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      function helper(depth: number): string {
        const text = asyncio.formatCallGraph(null, { depth });
        return withoutPlaces(text);
      }
      const head = "* Task(name='main', id=0x1)\n  + Call stack:\n";
      expect(helper(1)).to.equal(`${head}  |   File …, in helper()\n  |   File …, in main()`);
      expect(helper(2)).to.equal(`${head}  |   File …, in main()`);
    }));

  it('without stacks writes who waits for whom', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      spawn('waiter', function* () {
        yield* asyncio.gather(future);
      });
      yield* settle();
      expect(asyncio.formatCallGraph(future, { limit: 0 })).to.equal(
        "* Future(id=0x1)\n  + Awaited by:\n    * Task(name='waiter', id=0x2)",
      );
    }));

  it('shows a cycle once', () =>
    simulate(function* main() {
      const [a] = yield* knot();
      expect(asyncio.formatCallGraph(a)).to.equal(
        [
          "* Task(name='A', id=0x1)",
          '  + Awaited by:',
          "    * Task(name='B', id=0x2)",
          '      + Awaited by:',
          "        * Task(name='A', id=0x1) (cycle)",
        ].join('\n'),
      );
    }));

  it('writes what has awaiters once, what has none wherever it is', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      function* waits(...what: asyncio.Awaitable<unknown>[]): asyncio.Coroutine<void> {
        yield* asyncio.gather(...what);
      }
      const left = asyncio.createTask(waits(future), { name: 'left' });
      const right = asyncio.createTask(waits(future), { name: 'right' });
      const both = asyncio.createTask(waits(left, right), { name: 'both' });
      asyncio.createTask(waits(both), { name: 'root' });
      yield* settle();
      expect(asyncio.formatCallGraph(future)).to.equal(
        [
          '* Future(id=0x1)',
          '  + Awaited by:',
          "    * Task(name='left', id=0x2)",
          '      + Awaited by:',
          "        * Task(name='both', id=0x3)",
          '          + Awaited by:',
          "            * Task(name='root', id=0x4)",
          "    * Task(name='right', id=0x5)",
          '      + Awaited by:',
          "        * Task(name='both', id=0x3) (see above)",
        ].join('\n'),
      );
      expect(asyncio.formatCallGraph(both)).to.equal(
        "* Task(name='both', id=0x1)\n  + Awaited by:\n    * Task(name='root', id=0x2)",
      );
    }));

  it('does not grow with the number of paths (gh-156860)', () =>
    simulate(function* main() {
      const future = asyncio.getRunningLoop().createFuture<void>();
      let layer: asyncio.FutureLike<unknown>[] = [future];
      for (let level = 0; level < 40; level += 1) {
        const below = layer;
        // Not by gather(), which passes a cancellation on along every path.
        layer = [asyncio.createTask(asyncio.wait(below)), asyncio.createTask(asyncio.wait(below))];
      }
      yield* settle();
      const tasks = asyncio
        .formatCallGraph(future)
        .split('\n')
        .filter((line) => line.includes('* Task('));
      expect(tasks).to.have.lengthOf(40 * 4 - 2); // each pair below each of the pair before; the first has one
    }));

  it('is empty in a callback, which runs in no task', () =>
    simulate(function* main() {
      const seen: string[] = [];
      asyncio.getRunningLoop().callSoon(() => seen.push(asyncio.formatCallGraph()));
      yield* asyncio.sleep(0);
      expect(seen).to.deep.equal(['']);
    }));

  it('leaves the place out where the engine gives none', () => {
    const loop = new SimLoop();
    const task = Object.assign(loop.createFuture<void>(), {
      getName: () => 'odd',
      getStack: () => ['typed@'],
    });
    expect(asyncio.formatCallGraph(task)).to.equal(
      "* Task(name='odd', id=0x1)\n  + Call stack:\n  |   in typed()",
    );
    loop.close();
  });

  it('throws what captureCallGraph() throws', () => {
    expect(() => asyncio.formatCallGraph()).to.throw(asyncio.RuntimeError, /outside of a running event loop/);
    expect(() => asyncio.formatCallGraph(1 as never)).to.throw(TypeError, /^1 object does not appear/);
  });
});

describe('printCallGraph()', () => {
  it('gives the text to file, and is not in it itself (gh-156327)', () =>
    simulate(function* main() {
      const texts: string[] = [];
      asyncio.currentTask()!.setName('main');
      asyncio.printCallGraph(null, { file: (text) => texts.push(withoutPlaces(text)) });
      expect(texts).to.deep.equal(["* Task(name='main', id=0x1)\n  + Call stack:\n  |   File …, in main()"]);
    }));

  it('passes depth and limit on', () =>
    simulate(function* main() {
      const texts: string[] = [];
      const file = (text: string): void => {
        texts.push(...text.split('\n').slice(2));
      };
      function inner(): void {
        asyncio.printCallGraph(null, { file, depth: 2 });
        asyncio.printCallGraph(null, { file, limit: -1 });
        asyncio.printCallGraph(null, { file, limit: 1 });
      }
      function outer(): void {
        inner();
        texts.push('end');
      }
      outer();
      expect(texts.map((line) => /in (\w+)\(\)$/.exec(line)?.[1] ?? line)).to.deep.equal([
        'outer',
        'main',
        'inner',
        'main',
        'end',
      ]);
    }));

  it('writes to the log by default', () =>
    simulate(function* main() {
      const texts: string[] = [];
      const { info } = asyncio.logger;
      asyncio.logger.info = (text) => texts.push(text);
      try {
        asyncio.printCallGraph(asyncio.getRunningLoop().createFuture());
      } finally {
        asyncio.logger.info = info;
      }
      expect(texts).to.deep.equal(['* Future(id=0x1)']);
    }));
});
