// CPython's test_tools.py (3.14). Its named tuples are objects here, None is null.

import type { AwaitedInfo, AwaiterInfo, TaskInfo } from 'asyncio-web/lowlevel';
import { buildAsyncTree, buildTaskTable, CycleFoundException } from 'asyncio-web/lowlevel';
import { expect } from 'chai';

const APP = '/path/to/app.py';

function thread(threadId: number, ...awaitedBy: TaskInfo[]): AwaitedInfo {
  return { threadId, awaitedBy };
}

function task(taskId: number, taskName: string | null, ...awaitedBy: AwaiterInfo[]): TaskInfo {
  return { taskId, taskName, coroutineStack: [], awaitedBy };
}

/** An awaiter and its calls, innermost first: 'name', or 'name:line' in the application. */
function by(taskName: number, ...calls: string[]): AwaiterInfo {
  const callStack = calls.map((call) => {
    const [name = '', line] = call.split(':');
    return { function: name, file: line === undefined ? '' : APP, line: Number(line ?? 0) };
  });
  return { callStack, taskName };
}

/** The calls through which a group waits for its tasks. */
const EXIT = ['_aexit', '__aexit__'];
const BLOCK = [...EXIT, 'blocho_caller', 'bloch'];

function groupOfGroups(a: readonly string[], b: readonly string[]): AwaitedInfo[] {
  return [
    thread(
      1,
      task(2, 'Task-1'),
      task(3, 'timer', by(4, ...a), by(5, ...b), by(6, ...b), by(7, ...a)),
      task(8, 'root1', by(2, ...EXIT, 'main')),
      task(9, 'root2', by(2, ...EXIT, 'main')),
      task(4, 'child1_1', by(8, ...BLOCK)),
      task(6, 'child2_1', by(8, ...BLOCK)),
      task(7, 'child1_2', by(9, ...BLOCK)),
      task(5, 'child2_2', by(9, ...BLOCK)),
    ),
    thread(0),
  ];
}

const TWO_ROOTS = [
  thread(
    9,
    task(5, 'Task-5'),
    task(6, 'Task-6', by(5, 'main2')),
    task(7, 'Task-7', by(5, 'main2')),
    task(8, 'Task-8', by(5, 'main2')),
  ),
  thread(
    10,
    task(1, 'Task-1'),
    task(2, 'Task-2', by(1, 'main')),
    task(3, 'Task-3', by(1, 'main')),
    task(4, 'Task-4', by(1, 'main')),
  ),
  thread(11),
  thread(0),
];

const ROOT_WITHOUT_SUBTASKS = [
  thread(1, task(2, 'Task-5')),
  thread(
    3,
    task(4, 'Task-1'),
    task(5, 'Task-2', by(4, 'main')),
    task(6, 'Task-3', by(4, 'main')),
    task(7, 'Task-4', by(4, 'main')),
  ),
  thread(8),
  thread(0),
];

const ONE_CYCLE = [
  thread(
    1,
    task(2, 'Task-1'),
    task(3, 'a', by(4, 'awaiter2'), by(2, 'main')),
    task(4, 'b', by(3, 'awaiter')),
  ),
  thread(0),
];

const TWO_CYCLES = [
  thread(
    1,
    task(2, 'Task-1'),
    task(3, 'A', by(4, 'nested', 'nested', 'task_b')),
    task(4, 'B', by(5, 'nested', 'nested', 'task_c'), by(3, 'nested', 'nested', 'task_a')),
    task(5, 'C', by(6, 'nested', 'nested')),
    task(6, 'Task-2', by(4, 'nested', 'nested', 'task_b')),
  ),
  thread(0),
];

/** What `buildAsyncTree` throws. */
function cyclesOf(input: AwaitedInfo[]): readonly (readonly number[])[] {
  try {
    buildAsyncTree(input);
  } catch (error) {
    if (!(error instanceof CycleFoundException)) throw error;
    return error.cycles;
  }
  return expect.fail('CycleFoundException was not thrown');
}

describe('TestAsyncioToolsTree', () => {
  it('test_asyncio_utils', () => {
    const groups = groupOfGroups(
      ['awaiter3:130', 'awaiter2:120', 'awaiter:110'],
      ['awaiterB3:190', 'awaiterB2:180', 'awaiterB:170'],
    );
    expect(buildAsyncTree(groups)).to.deep.equal([
      [
        '└── (T) Task-1',
        '    └──  main',
        '        └──  __aexit__',
        '            └──  _aexit',
        '                ├── (T) root1',
        '                │   └──  bloch',
        '                │       └──  blocho_caller',
        '                │           └──  __aexit__',
        '                │               └──  _aexit',
        '                │                   ├── (T) child1_1',
        `                │                   │   └──  awaiter ${APP}:110`,
        `                │                   │       └──  awaiter2 ${APP}:120`,
        `                │                   │           └──  awaiter3 ${APP}:130`,
        '                │                   │               └── (T) timer',
        '                │                   └── (T) child2_1',
        `                │                       └──  awaiterB ${APP}:170`,
        `                │                           └──  awaiterB2 ${APP}:180`,
        `                │                               └──  awaiterB3 ${APP}:190`,
        '                │                                   └── (T) timer',
        '                └── (T) root2',
        '                    └──  bloch',
        '                        └──  blocho_caller',
        '                            └──  __aexit__',
        '                                └──  _aexit',
        '                                    ├── (T) child1_2',
        `                                    │   └──  awaiter ${APP}:110`,
        `                                    │       └──  awaiter2 ${APP}:120`,
        `                                    │           └──  awaiter3 ${APP}:130`,
        '                                    │               └── (T) timer',
        '                                    └── (T) child2_2',
        `                                        └──  awaiterB ${APP}:170`,
        `                                            └──  awaiterB2 ${APP}:180`,
        `                                                └──  awaiterB3 ${APP}:190`,
        '                                                    └── (T) timer',
      ],
    ]);

    expect(buildAsyncTree(TWO_ROOTS)).to.deep.equal([
      [
        '└── (T) Task-5',
        '    └──  main2',
        '        ├── (T) Task-6',
        '        ├── (T) Task-7',
        '        └── (T) Task-8',
      ],
      [
        '└── (T) Task-1',
        '    └──  main',
        '        ├── (T) Task-2',
        '        ├── (T) Task-3',
        '        └── (T) Task-4',
      ],
    ]);

    expect(buildAsyncTree(ROOT_WITHOUT_SUBTASKS)).to.deep.equal([
      ['└── (T) Task-5'],
      [
        '└── (T) Task-1',
        '    └──  main',
        '        ├── (T) Task-2',
        '        ├── (T) Task-3',
        '        └── (T) Task-4',
      ],
    ]);
  });

  it('test_asyncio_utils_cycles', () => {
    expect(cyclesOf(ONE_CYCLE)).to.deep.equal([[4, 3, 4]]);
    expect(cyclesOf(TWO_CYCLES)).to.deep.equal([
      [4, 3, 4],
      [4, 6, 5, 4],
    ]);
  });
});

describe('TestAsyncioToolsTable', () => {
  it('test_asyncio_utils', () => {
    const groups = groupOfGroups(
      ['awaiter3', 'awaiter2', 'awaiter'],
      ['awaiter1_3', 'awaiter1_2', 'awaiter1'],
    );
    const a = 'awaiter3 -> awaiter2 -> awaiter';
    const b = 'awaiter1_3 -> awaiter1_2 -> awaiter1';
    const main = '_aexit -> __aexit__ -> main';
    const block = '_aexit -> __aexit__ -> blocho_caller -> bloch';
    expect(buildTaskTable(groups)).to.deep.equal([
      [1, '0x2', 'Task-1', '', '', '', '0x0'],
      [1, '0x3', 'timer', '', a, 'child1_1', '0x4'],
      [1, '0x3', 'timer', '', b, 'child2_2', '0x5'],
      [1, '0x3', 'timer', '', b, 'child2_1', '0x6'],
      [1, '0x3', 'timer', '', a, 'child1_2', '0x7'],
      [1, '0x8', 'root1', '', main, 'Task-1', '0x2'],
      [1, '0x9', 'root2', '', main, 'Task-1', '0x2'],
      [1, '0x4', 'child1_1', '', block, 'root1', '0x8'],
      [1, '0x6', 'child2_1', '', block, 'root1', '0x8'],
      [1, '0x7', 'child1_2', '', block, 'root2', '0x9'],
      [1, '0x5', 'child2_2', '', block, 'root2', '0x9'],
    ]);

    expect(buildTaskTable(TWO_ROOTS)).to.deep.equal([
      [9, '0x5', 'Task-5', '', '', '', '0x0'],
      [9, '0x6', 'Task-6', '', 'main2', 'Task-5', '0x5'],
      [9, '0x7', 'Task-7', '', 'main2', 'Task-5', '0x5'],
      [9, '0x8', 'Task-8', '', 'main2', 'Task-5', '0x5'],
      [10, '0x1', 'Task-1', '', '', '', '0x0'],
      [10, '0x2', 'Task-2', '', 'main', 'Task-1', '0x1'],
      [10, '0x3', 'Task-3', '', 'main', 'Task-1', '0x1'],
      [10, '0x4', 'Task-4', '', 'main', 'Task-1', '0x1'],
    ]);

    expect(buildTaskTable(ROOT_WITHOUT_SUBTASKS)).to.deep.equal([
      [1, '0x2', 'Task-5', '', '', '', '0x0'],
      [3, '0x4', 'Task-1', '', '', '', '0x0'],
      [3, '0x5', 'Task-2', '', 'main', 'Task-1', '0x4'],
      [3, '0x6', 'Task-3', '', 'main', 'Task-1', '0x4'],
      [3, '0x7', 'Task-4', '', 'main', 'Task-1', '0x4'],
    ]);

    expect(buildTaskTable(ONE_CYCLE)).to.deep.equal([
      [1, '0x2', 'Task-1', '', '', '', '0x0'],
      [1, '0x3', 'a', '', 'awaiter2', 'b', '0x4'],
      [1, '0x3', 'a', '', 'main', 'Task-1', '0x2'],
      [1, '0x4', 'b', '', 'awaiter', 'a', '0x3'],
    ]);

    expect(buildTaskTable(TWO_CYCLES)).to.deep.equal([
      [1, '0x2', 'Task-1', '', '', '', '0x0'],
      [1, '0x3', 'A', '', 'nested -> nested -> task_b', 'B', '0x4'],
      [1, '0x4', 'B', '', 'nested -> nested -> task_c', 'C', '0x5'],
      [1, '0x4', 'B', '', 'nested -> nested -> task_a', 'A', '0x3'],
      [1, '0x5', 'C', '', 'nested -> nested', 'Task-2', '0x6'],
      [1, '0x6', 'Task-2', '', 'nested -> nested -> task_b', 'B', '0x4'],
    ]);
  });
});

describe('TestAsyncioToolsBasic', () => {
  it('test_empty_input_tree', () => {
    expect(buildAsyncTree([])).to.deep.equal([]);
  });

  it('test_empty_input_table', () => {
    expect(buildTaskTable([])).to.deep.equal([]);
  });

  it('test_only_independent_tasks_tree', () => {
    const input = [thread(1, task(10, 'taskA'), task(11, 'taskB'))];
    expect(buildAsyncTree(input)).to.have.deep.members([['└── (T) taskA'], ['└── (T) taskB']]);
  });

  it('test_only_independent_tasks_table', () => {
    const input = [thread(1, task(10, 'taskA'), task(11, 'taskB'))];
    expect(buildTaskTable(input)).to.deep.equal([
      [1, '0xa', 'taskA', '', '', '', '0x0'],
      [1, '0xb', 'taskB', '', '', '', '0x0'],
    ]);
  });

  it('test_single_task_tree', () => {
    expect(buildAsyncTree([thread(1, task(2, 'Task-1'))])).to.deep.equal([['└── (T) Task-1']]);
  });

  it('test_single_task_table', () => {
    expect(buildTaskTable([thread(1, task(2, 'Task-1'))])).to.deep.equal([
      [1, '0x2', 'Task-1', '', '', '', '0x0'],
    ]);
  });

  it('test_cycle_detection', () => {
    const input = [thread(1, task(2, 'Task-1', by(3, 'main')), task(3, 'Task-2', by(2, 'main')))];
    expect(cyclesOf(input)).to.deep.equal([[3, 2, 3]]);
  });

  it('test_complex_tree', () => {
    const input = [
      thread(1, task(2, 'Task-1'), task(3, 'Task-2', by(2, 'main')), task(4, 'Task-3', by(3, 'main'))),
    ];
    expect(buildAsyncTree(input)).to.deep.equal([
      [
        '└── (T) Task-1',
        '    └──  main',
        '        └── (T) Task-2',
        '            └──  main',
        '                └── (T) Task-3',
      ],
    ]);
  });

  it('test_complex_table', () => {
    const input = [
      thread(1, task(2, 'Task-1'), task(3, 'Task-2', by(2, 'main')), task(4, 'Task-3', by(3, 'main'))),
    ];
    expect(buildTaskTable(input)).to.deep.equal([
      [1, '0x2', 'Task-1', '', '', '', '0x0'],
      [1, '0x3', 'Task-2', '', 'main', 'Task-1', '0x2'],
      [1, '0x4', 'Task-3', '', 'main', 'Task-2', '0x3'],
    ]);
  });

  it('test_deep_coroutine_chain', () => {
    const input = [thread(1, task(10, 'leaf', by(11, 'c1', 'c2', 'c3', 'c4', 'c5')), task(11, 'root'))];
    expect(buildAsyncTree(input)).to.deep.equal([
      [
        '└── (T) root',
        '    └──  c5',
        '        └──  c4',
        '            └──  c3',
        '                └──  c2',
        '                    └──  c1',
        '                        └── (T) leaf',
      ],
    ]);
  });

  it('test_multiple_cycles_same_node', () => {
    const input = [
      thread(
        1,
        task(1, 'Task-A', by(2, 'call1')),
        task(2, 'Task-B', by(3, 'call2')),
        task(3, 'Task-C', by(1, 'call3'), by(2, 'call4')),
      ),
    ];
    const sets = cyclesOf(input).map((cycle) => [...new Set(cycle)].sort());
    expect(sets).to.deep.include([1, 2, 3]);
  });

  it('test_table_output_format', () => {
    const input = [thread(1, task(1, 'Task-A', by(2, 'foo')), task(2, 'Task-B'))];
    const table = buildTaskTable(input);
    expect(table).to.have.lengthOf(2);
    for (const row of table) {
      expect(row).to.have.lengthOf(7);
      const [threadId, taskId, taskName, coroutineStack, awaiterChain, awaiterName, awaiterId] = row;
      expect(threadId).to.be.a('number');
      expect(taskId).to.match(/^0x/);
      expect(taskName).to.be.a('string');
      expect(coroutineStack).to.be.a('string');
      expect(awaiterChain).to.be.a('string');
      expect(awaiterName).to.be.a('string');
      expect(awaiterId).to.match(/^0x/);
    }
  });
});

describe('TestAsyncioToolsEdgeCases', () => {
  it('test_task_awaits_self', () => {
    const input = [thread(1, task(1, 'Self-Awaiter', by(1, 'loopback')))];
    expect(cyclesOf(input)).to.deep.include([1, 1]);
  });

  it('test_task_with_missing_awaiter_id', () => {
    const table = buildTaskTable([thread(1, task(1, 'Task-A', by(999, 'coro')))]);
    expect(table).to.have.lengthOf(1);
    expect(table[0]![5]).to.equal('Unknown');
  });

  it('test_duplicate_coroutine_frames', () => {
    const input = [
      thread(1, task(1, 'Task-1', by(2, 'frameA'), by(3, 'frameA')), task(2, 'Task-2'), task(3, 'Task-3')),
    ];
    const [first, second] = buildAsyncTree(input).map((tree) => tree.join('\n'));
    for (const part of ['frameA', 'Task-2', 'Task-1']) expect(first).to.contain(part);
    for (const part of ['frameA', 'Task-3', 'Task-1']) expect(second).to.contain(part);
  });

  it('test_task_with_no_name', () => {
    const tree = buildAsyncTree([thread(1, task(1, 'root', by(2, 'f1')), task(2, null))]);
    expect(tree[0]!.join('\n')).to.contain('(T) null');
  });

  it('test_tree_rendering_with_custom_emojis', () => {
    const input = [thread(1, task(1, 'MainTask', by(2, 'f1', 'f2')), task(2, 'SubTask'))];
    const flat = buildAsyncTree(input, { taskEmoji: '🧵', corEmoji: '🔁' })[0]!.join('\n');
    for (const part of ['🧵 MainTask', '🔁 f1', '🔁 f2', '🧵 SubTask']) expect(flat).to.contain(part);
  });
});
