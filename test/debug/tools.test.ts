import * as asyncio from 'asyncio-web';
import type { AwaitedInfo, AwaiterInfo, FrameInfo, TaskInfo } from 'asyncio-web/lowlevel';
import {
  buildAsyncTree,
  buildTaskTable,
  CycleFoundException,
  collectAwaitedBy,
  displayAwaitedByTasksTable,
  displayAwaitedByTasksTree,
  NodeType,
  ps,
  pstree,
} from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { ManualHost, simulate } from '../support/loops.ts';

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

/** Every task of the snapshot with its awaiters, by name. */
function awaitersIn([info]: readonly AwaitedInfo[]): Record<string, string[]> {
  const names = new Map(info!.awaitedBy.map(({ taskId, taskName }) => [taskId, String(taskName)]));
  return Object.fromEntries(
    info!.awaitedBy.map(({ taskName, awaitedBy }) => [
      taskName,
      awaitedBy.map((awaiter) => names.get(awaiter.taskName)),
    ]),
  );
}

function functionsOf(stack: readonly { readonly callStack: readonly FrameInfo[] }[]): string[] {
  return stack.flatMap(({ callStack }) => callStack.map((frame) => frame.function));
}

/** A snapshot by hand: the tasks by their ids, each with the ids of its awaiters. */
function snapshotOf(tasks: Record<number, readonly number[]>): AwaitedInfo[] {
  const infos = Object.entries(tasks).map(([id, awaiters]): TaskInfo => {
    const awaitedBy = awaiters.map((taskName): AwaiterInfo => ({ callStack: [], taskName }));
    return { taskId: Number(id), taskName: `T${id}`, coroutineStack: [], awaitedBy };
  });
  return [{ threadId: 1, awaitedBy: infos }];
}

/** The text with every place taken away, since each engine counts lines of its own. */
function withoutPlaces(text: string): string {
  return text.replace(/ http:\S*\.js\S*:\d+/g, '');
}

/** Records what is printed to the log. */
function recordInfo(body: () => void): string[] {
  const texts: string[] = [];
  const { info } = asyncio.logger;
  asyncio.logger.info = (text) => texts.push(text);
  try {
    body();
  } finally {
    asyncio.logger.info = info;
  }
  return texts;
}

/** Two tasks that wait for each other. One waits by `wait()`: a cancellation of the first would go round for ever. */
function* knot(): asyncio.Coroutine<void> {
  const a: asyncio.Task<unknown> = spawn('A', function* () {
    yield* b;
  });
  const b: asyncio.Task<unknown> = spawn('B', function* () {
    yield* asyncio.wait([a]);
  });
  yield* settle();
}

describe('collectAwaitedBy()', () => {
  it('lists the tasks that are not done, oldest first, with ids counted from 1', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      const done = spawn('done', settle);
      spawn('first', forever);
      spawn('second', forever);
      yield* done;
      const snapshot = collectAwaitedBy();
      expect(snapshot.map(({ threadId }) => threadId)).to.deep.equal([1]);
      expect(snapshot[0]!.awaitedBy.map(({ taskId, taskName }) => [taskId, taskName])).to.deep.equal([
        [1, 'main'],
        [2, 'first'],
        [3, 'second'],
      ]);
    }));

  it('gives the same for the same program', async () => {
    const program = (): Promise<AwaitedInfo[]> =>
      simulate(
        function* main() {
          const task = spawn('task', forever);
          spawn('waiter', function* waits() {
            yield* asyncio.gather(task);
          });
          yield* settle();
          return collectAwaitedBy();
        },
        { debug: true },
      );
    expect(await program()).to.deep.equal(await program());
  });

  it('is plain data', () =>
    simulate(
      function* main() {
        const task = spawn('task', forever);
        spawn('waiter', function* () {
          yield* task;
        });
        yield* settle();
        const snapshot = collectAwaitedBy();
        expect(structuredClone(snapshot)).to.deep.equal(snapshot);
        expect(JSON.parse(JSON.stringify(snapshot))).to.deep.equal(snapshot);
      },
      { debug: true },
    ));

  it('passes through the futures of gather() and shield()', () =>
    simulate(function* main() {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => spawn(name, forever));
      spawn('waiter', function* () {
        yield* asyncio.gather(asyncio.shield(a!), asyncio.gather(b!), c!);
      });
      yield* settle();
      const { a: ofA, b: ofB, c: ofC } = awaitersIn(collectAwaitedBy());
      expect([ofA, ofB, ofC]).to.deep.equal([['waiter'], ['waiter'], ['waiter']]);
    }));

  it('leaves out a gather that no task waits for', () =>
    simulate(function* main() {
      const task = spawn('task', forever);
      const gathering = asyncio.gather(task);
      expect(awaitersIn(collectAwaitedBy())['task']).to.deep.equal([]);
      task.cancel();
      yield* asyncio.wait([gathering]);
      expect(() => gathering.result()).to.throw(asyncio.CancelledError);
    }));

  it('names several awaiters, and a group once', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      yield* asyncio.withTaskGroup(function* (group) {
        const task = group.createTask(settle(), { name: 'task' });
        group.createTask(
          asyncio.coroutine(function* () {
            yield* task;
          })(),
          { name: 'sibling' },
        );
        yield* asyncio.sleep(0);
        yield* asyncio.sleep(0);
        expect(awaitersIn(collectAwaitedBy())).to.deep.equal({
          main: [],
          task: ['sibling', 'main'],
          sibling: ['main'],
        });
        yield* task;
      });
    }));

  it('in debug mode has the stacks of tasks and awaiters, innermost first', () =>
    simulate(
      function* main() {
        const task = spawn('task', function* inner() {
          yield* forever();
        });
        spawn('waiter', function* outer() {
          yield* asyncio.gather(task);
        });
        yield* settle();
        const { coroutineStack, awaitedBy } = collectAwaitedBy()[0]!.awaitedBy[1]!;
        expect(functionsOf(coroutineStack)).to.deep.equal(['forever', 'inner']);
        expect(coroutineStack.map(({ taskName }) => taskName)).to.deep.equal(['task']);
        expect(functionsOf(awaitedBy)).to.deep.equal(['outer']);
        const [frame] = coroutineStack[0]!.callStack;
        expect(frame!.file).to.match(/^http:.*\/tools\.test\.js/);
        expect(frame!.line).to.be.greaterThan(1);
      },
      { debug: true },
    ));

  it('without debug mode has the stack of the running task only, as far as its caller', () =>
    simulate(function* main() {
      spawn('task', forever);
      yield* settle();
      function helper(): AwaitedInfo[] {
        const snapshot = collectAwaitedBy();
        return snapshot;
      }
      const stacks = helper()[0]!.awaitedBy.map(({ coroutineStack }) => functionsOf(coroutineStack));
      expect(stacks).to.deep.equal([['helper', 'main'], []]);
    }));

  it('adds an awaiter that nobody has registered', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      const task = spawn('task', forever);
      const foreign = Object.assign(asyncio.getRunningLoop().createFuture<void>(), {
        getName: () => 'foreign',
      });
      asyncio.futureAddToAwaitedBy(task, foreign);
      expect(awaitersIn(collectAwaitedBy())).to.deep.equal({ main: [], task: ['foreign'], foreign: [] });
    }));

  it('works outside the loop on a loop that is given', () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const run = loop.runForever();
    const task = loop.createTask(
      asyncio.coroutine(function* () {
        yield* asyncio.sleep(1);
      })(),
      { name: 'task' },
    );
    host.drain();
    expect(() => collectAwaitedBy()).to.throw(asyncio.RuntimeError, /^no running event loop$/);
    expect(awaitersIn(collectAwaitedBy(loop))).to.deep.equal({ task: [] });
    task.cancel();
    host.drain();
    expect(collectAwaitedBy(loop)).to.deep.equal([{ threadId: 1, awaitedBy: [] }]);
    loop.stop();
    host.drain();
    return run;
  });
});

describe('buildAsyncTree()', () => {
  it('throws CycleFoundException for a cycle, from awaiter to awaited', () => {
    const snapshot = snapshotOf({ 1: [], 2: [1, 4], 3: [2], 4: [3] });
    let error: unknown;
    try {
      buildAsyncTree(snapshot);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof CycleFoundException)) throw error;
    expect(error).to.be.instanceOf(Error);
    expect(error.name).to.equal('CycleFoundException');
    expect(error.cycles).to.deep.equal([[2, 3, 4, 2]]);
    expect([...error.id2name]).to.deep.equal([
      [1, 'T1'],
      [2, 'T2'],
      [3, 'T3'],
      [4, 'T4'],
    ]);
    expect(error.message).to.equal('Cannot make a tree: cycle: T2 → T3 → T4 → T2');
  });

  it('draws what several await below each of them, with all its own only once', () => {
    const snapshot = snapshotOf({ 1: [], 2: [], 3: [1, 2], 4: [3], 5: [1, 2] });
    expect(buildAsyncTree(snapshot)).to.deep.equal([
      ['└── (T) T1', '    ├── (T) T3', '    │   └── (T) T4', '    └── (T) T5'],
      ['└── (T) T2', '    ├── (T) T3 (see above)', '    └── (T) T5'],
    ]);
  });

  it('draws an awaiter that is not in the snapshot', () => {
    expect(buildAsyncTree(snapshotOf({ 1: [7], 2: [7] }))).to.deep.equal([
      ['└── (T) Unknown', '    ├── (T) T1', '    └── (T) T2'],
    ]);
  });

  it('draws the stack of a task that awaits no other below it, with its places', () => {
    const callStack = [
      { function: 'get', file: 'https://example.org/queues.js', line: 7 },
      { function: 'main', file: '', line: 0 },
    ];
    const coroutineStack = [{ callStack, taskName: 'T1' }];
    const snapshot = [
      { threadId: 1, awaitedBy: [{ taskId: 1, taskName: 'T1', coroutineStack, awaitedBy: [] }] },
    ];
    expect(buildAsyncTree(snapshot, { taskEmoji: 'T:', corEmoji: 'c:' })).to.deep.equal([
      ['└── T: T1', '    └── c: main', '        └── c: get https://example.org/queues.js:7'],
    ]);
  });
});

describe('NodeType', () => {
  it('has the two kinds of nodes', () => {
    expect(NodeType).to.deep.equal({ COROUTINE: 1, TASK: 2 });
  });
});

describe('buildTaskTable()', () => {
  it('has a row for each awaiter of a task, and one for a task without', () => {
    const snapshot = snapshotOf({ 1: [], 26: [1, 7] });
    expect(buildTaskTable(snapshot)).to.deep.equal([
      [1, '0x1', 'T1', '', '', '', '0x0'],
      [1, '0x1a', 'T26', '', '', 'T1', '0x1'],
      [1, '0x1a', 'T26', '', '', 'Unknown', '0x7'],
    ]);
  });
});

describe('ps()', () => {
  it('is a table with columns as wide as they must be', () =>
    simulate(
      function* main() {
        asyncio.currentTask()!.setName('main');
        const task = spawn('a task with a name', function* works() {
          yield* forever();
        });
        spawn('waiter', function* waits() {
          yield* task;
        });
        yield* settle();
        expect(ps().split('\n')).to.deep.equal([
          'tid  task id  task name           coroutine stack   awaiter chain  awaiter name  awaiter id',
          '-------------------------------------------------------------------------------------------',
          '1    0x1      main                main                                           0x0',
          '1    0x2      a task with a name  forever -> works  waits          waiter        0x3',
          '1    0x3      waiter              waits                                          0x0',
        ]);
      },
      { debug: true },
    ));

  it('without tasks is the head of the table', () => {
    const loop = new asyncio.BaseEventLoop(new ManualHost());
    expect(ps(loop).split('\n')).to.deep.equal([
      'tid  task id  task name  coroutine stack  awaiter chain  awaiter name  awaiter id',
      '---------------------------------------------------------------------------------',
    ]);
  });

  it('outside a loop: RuntimeError', () => {
    expect(() => ps()).to.throw(asyncio.RuntimeError, /^no running event loop$/);
  });
});

describe('pstree()', () => {
  it('in debug mode draws tasks and calls', () =>
    simulate(
      function* main() {
        asyncio.currentTask()!.setName('main');
        const download = spawn('download', function* load() {
          yield* forever();
        });
        function* handle(): asyncio.Coroutine<void> {
          const log = spawn('log', forever);
          yield* asyncio.gather(download, asyncio.shield(log));
        }
        spawn('server', function* serve() {
          yield* handle();
        });
        yield* settle();
        expect(withoutPlaces(pstree()).split('\n')).to.deep.equal([
          '└── (T) main',
          '    └──  main',
          '└── (T) server',
          '    └──  serve',
          '        └──  handle',
          '            ├── (T) download',
          '            │   └──  load',
          '            │       └──  forever',
          '            └── (T) log',
          '                └──  forever',
        ]);
      },
      { debug: true },
    ));

  it('without debug mode draws tasks', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(settle(), { name: 'a' });
        group.createTask(settle(), { name: 'b' });
        yield* asyncio.sleep(0);
        const lines = withoutPlaces(pstree()).split('\n');
        expect(lines.filter((line) => line.includes('(T)')).map((line) => line.trim())).to.deep.equal([
          '└── (T) main',
          '├── (T) a',
          '└── (T) b',
        ]);
      });
    }));

  it('names an await cycle, and draws it as far as it closes', () =>
    simulate(function* main() {
      asyncio.currentTask()!.setName('main');
      yield* knot();
      expect(withoutPlaces(pstree()).split('\n')).to.deep.equal([
        'cycle: B → A → B',
        '',
        '└── (T) main',
        '    └──  main',
        '└── (T) B',
        '    └── (T) A',
      ]);
    }));

  it('draws what is around a cycle too', () =>
    simulate(function* main() {
      const [a, b, c]: asyncio.Task<unknown>[] = ['A', 'B', 'C'].map((name) => spawn(name, forever));
      asyncio.futureAddToAwaitedBy(b!, a!);
      asyncio.futureAddToAwaitedBy(a!, b!);
      asyncio.futureAddToAwaitedBy(c!, b!);
      asyncio.futureAddToAwaitedBy(c!, c!);
      const lines = withoutPlaces(pstree()).split('\n');
      expect(lines.filter((line) => !/main|Task-1/.test(line))).to.deep.equal([
        'cycle: B → A → B',
        'cycle: C → C',
        '',
        '└── (T) B',
        '    ├── (T) A',
        '    └── (T) C',
      ]);
    }));

  it('does not grow with the number of paths', () =>
    simulate(function* main() {
      let layer = [spawn('leaf', forever)];
      for (let level = 0; level < 40; level += 1) {
        const below = layer;
        // Not by gather(), which passes a cancellation on along every path.
        layer = [asyncio.createTask(asyncio.wait(below)), asyncio.createTask(asyncio.wait(below))];
      }
      yield* settle();
      const tasks = pstree()
        .split('\n')
        .filter((line) => line.includes('(T)'));
      expect(tasks).to.have.lengthOf(1 + 2 + 39 * 4 + 2); // main, two roots, each pair below each of a pair, the leaf
    }));

  it('without tasks is empty', () => {
    expect(pstree(new asyncio.BaseEventLoop(new ManualHost()))).to.equal('');
  });

  it('outside a loop: RuntimeError', () => {
    expect(() => pstree()).to.throw(asyncio.RuntimeError, /^no running event loop$/);
  });
});

describe('displayAwaitedByTasksTable() and displayAwaitedByTasksTree()', () => {
  it('print what ps() and pstree() give', () =>
    simulate(
      function* main() {
        const task = spawn('task', forever);
        spawn('waiter', function* () {
          yield* task;
        });
        yield* settle();
        const texts: string[] = [];
        const print = (text: string): void => void texts.push(withoutPlaces(text));
        const loop = asyncio.getRunningLoop();
        displayAwaitedByTasksTable(loop, { print });
        displayAwaitedByTasksTree(null, { print });
        expect(texts).to.deep.equal([ps(), withoutPlaces(pstree())]);
      },
      { debug: true },
    ));

  it('show a cycle', () =>
    simulate(function* main() {
      yield* knot();
      const texts: string[] = [];
      displayAwaitedByTasksTree(undefined, { print: (text) => texts.push(text) });
      expect(texts).to.have.lengthOf(1);
      expect(texts[0]).to.match(/^cycle: B → A → B\n/);
    }));

  it('write to the log by default', () =>
    simulate(function* main() {
      const texts = recordInfo(() => {
        displayAwaitedByTasksTable();
        displayAwaitedByTasksTree();
      });
      expect(texts).to.have.lengthOf(2);
      expect(texts[0]).to.match(/^tid {2}task id {2}task name/);
      expect(texts[1]).to.match(/^└── \(T\) Task-1\n/);
    }));
});
