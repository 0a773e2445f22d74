// The playground's model and tree without a page: how much work a hundred thousand tasks are, counted.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

async function load(...paths) {
  const contents = paths.map((path) => `export * from './demo/playground/${path}';`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}

const { hasEnded, KIND, Model, TASK, TASK_FIELDS, TASKS_PER_BATCH, TreeLayout } = await load(
  'model.ts',
  'protocol.ts',
  'views/tree-layout.ts',
);

const MANY = 100_000;
const SLICE = 20_000;

/** A batch that tells of tasks, as the runner sends it. */
function batchOf(tasks) {
  const numbers = new Float64Array(tasks.length * TASK_FIELDS);
  tasks.forEach(({ id, parent, kind = KIND.ready }, index) => {
    const at = index * TASK_FIELDS;
    numbers[at + TASK.id] = id;
    numbers[at + TASK.parent] = parent;
    numbers[at + TASK.kind] = kind;
    numbers[at + TASK.number] = id;
  });
  const none = new Int32Array(0);
  const steps = {
    count: 0,
    base: 0,
    task: none,
    start: none,
    duration: none,
    time: none,
    kind: none,
    target: none,
  };
  const nothing = { steps: 0, tasks: 0, lines: 0 };
  return { steps, tasks: numbers, names: [], log: [], dropped: nothing, counters: { now: 0 }, held: false };
}

function take(model, tasks) {
  for (let at = 0; at < tasks.length; at += TASKS_PER_BATCH)
    model.take(batchOf(tasks.slice(at, at + TASKS_PER_BATCH)));
}

/** Numbers that look random and are the same in each run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A tree whose parents come before their children. */
function treeOf(count, seed) {
  const random = numbers(seed);
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    parent: random(4) === 0 ? 0 : random(index + 1),
    kind: random(3) === 0 ? KIND.done : KIND.sleep,
  }));
}

/** The rows that a tree comes to, by the plain rule. */
function rowsOf(tasks, { showsEnded, collapsed }) {
  const children = new Map();
  for (const task of tasks) children.set(task.parent, [...(children.get(task.parent) ?? []), task]);
  const isAlive = ({ id, kind }) => !hasEnded(kind) || (children.get(id) ?? []).some(isAlive);
  const walk = (parent, depth) =>
    (children.get(parent) ?? [])
      .filter((task) => showsEnded || isAlive(task))
      .flatMap(({ id }) => [[id, depth], ...(collapsed.has(id) ? [] : walk(id, depth + 1))]);
  return walk(0, 0);
}

function layOut(layout, model, options) {
  layout.begin(model.tasks, options);
  while (layout.isOn) layout.goOn(model.tasks, 7);
  return Array.from({ length: layout.count }, (_, row) => [layout.taskAt(row), layout.depthAt(row)]);
}

describe('the tree of tasks', () => {
  it('has the rows of the plain rule, whatever has ended and is folded', () => {
    const layout = new TreeLayout();
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = numbers(seed);
      const tasks = treeOf(1 + random(60), seed);
      const model = new Model();
      take(model, tasks);
      for (let round = 0; round < 4; round += 1) {
        const collapsed = new Set(tasks.filter(() => random(6) === 0).map(({ id }) => id));
        for (const showsEnded of [true, false]) {
          const expected = rowsOf(tasks, { showsEnded, collapsed });
          assert.deepEqual(layOut(layout, model, { showsEnded, collapsed }), expected, `seed ${seed}`);
          for (const { id } of tasks)
            assert.equal(
              layout.rowOf(id),
              expected.findIndex(([task]) => task === id),
              `seed ${seed}`,
            );
        }
        assert.equal(model.tasks.live, tasks.filter(({ kind }) => !hasEnded(kind)).length);
        for (const task of tasks) if (random(4) === 0) task.kind = KIND.cancelled;
        take(model, tasks);
      }
    }
  });

  it('looks at no more tasks in a frame than a slice has, and shows the rows before meanwhile', () => {
    const model = new Model();
    const options = { showsEnded: true, collapsed: new Set() };
    const layout = new TreeLayout();
    take(model, [{ id: 1, parent: 0 }]);
    layout.begin(model.tasks, options);
    layout.goOn(model.tasks, SLICE);
    assert.equal(layout.count, 1);

    take(
      model,
      Array.from({ length: MANY }, (_, index) => ({ id: index + 1, parent: index === 0 ? 0 : 1 })),
    );
    layout.begin(model.tasks, options);
    const counts = [];
    let before = layout.looked;
    while (layout.isOn) {
      layout.goOn(model.tasks, SLICE);
      assert.ok(layout.looked - before <= SLICE);
      before = layout.looked;
      counts.push(layout.count);
    }
    assert.deepEqual(counts, [1, 1, 1, 1, MANY]);
  });

  it('looks only at what it shows where the ended are not shown', () => {
    const model = new Model();
    take(
      model,
      Array.from({ length: MANY }, (_, index) => ({
        id: index + 1,
        // Each of the ended has a hundred ended below it; one task lives.
        parent: index % 100 === 0 ? 0 : index - (index % 100) + 1,
        kind: index === 4321 ? KIND.sleep : KIND.done,
      })),
    );
    const layout = new TreeLayout();
    layout.begin(model.tasks, { showsEnded: false, collapsed: new Set() });
    while (layout.isOn) layout.goOn(model.tasks, SLICE);
    assert.equal(layout.count, 2);
    assert.equal(layout.looked, MANY / 100 + 99);
  });
});
