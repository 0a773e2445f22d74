// The shape of src/: which folder may import which, no cycles, and one place that knows the platform's timers.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importsOf, stripped } from '../support/imports.mjs';

/** A folder may import itself and what stands to its left. Files at the top, such as index.ts, may import all. */
const LAYERS = ['core', 'tasks', 'sync', 'loop', 'transports', 'sim', 'workers', 'debug'];

/** Only these may name the platform's schedulers. */
const TIMER_NAMES = /\b(MessageChannel|setTimeout|requestAnimationFrame)\b/;
const MAY_NAME_TIMERS =
  /^(loop\/(browser-host|frames|background)\.ts|loop\/hosts\/.*|transports\/.*|workers\/.*)$/;

const root = fileURLToPath(new URL('../../src/', import.meta.url));

/** The sources by path, such as 'core/events.ts'. */
function readSources() {
  const paths = readdirSync(root, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  return new Map(
    paths.filter((path) => path.endsWith('.ts')).map((path) => [path, readFileSync(root + path, 'utf8')]),
  );
}

function graphOf(sources) {
  return new Map([...sources].map(([path, source]) => [path, importsOf(path, source)]));
}

const layerOf = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined);

/** Imports that point to the right, or out of the house. */
function layerViolations(graph) {
  const violations = [];
  for (const [path, imports] of graph) {
    const layer = layerOf(path);
    if (layer !== undefined && !LAYERS.includes(layer)) violations.push(`${path} is in no known layer`);
    for (const { to, lazy } of imports) {
      if (!graph.has(to)) violations.push(`${path} imports ${to}, which does not exist`);
      else if (layer === undefined || lazy) continue;
      else if (layerOf(to) === undefined) violations.push(`${path} imports the public surface ${to}`);
      else if (LAYERS.indexOf(layerOf(to)) > LAYERS.indexOf(layer)) violations.push(`${path} imports ${to}`);
    }
  }
  return violations;
}

/** Files that import themselves by way of others, each cycle once. Lazy imports close no cycle. */
function cycles(graph) {
  const found = [];
  const done = new Set();
  const visit = (path, trail) => {
    if (trail.includes(path)) return void found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path)) return;
    for (const { to, lazy } of graph.get(path) ?? []) if (!lazy) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

function timerViolations(sources) {
  return [...sources].flatMap(([path, source]) => {
    const name = MAY_NAME_TIMERS.test(path) ? null : TIMER_NAMES.exec(stripped(source));
    return name ? [`${path} names ${name[0]}`] : [];
  });
}

function fileViolations(sources) {
  return [...sources].flatMap(([path, source]) => [
    ...(/(^|\/)(utils|types|helpers|common)\.ts$/.test(path)
      ? [`${path} says nothing about what is in it`]
      : []),
    ...(layerOf(path) && /^\s*export\s*\*/m.test(stripped(source)) ? [`${path} is a barrel`] : []),
  ]);
}

describe('src/', () => {
  const sources = readSources();
  const graph = graphOf(sources);

  it('has sources', () => assert.notEqual(sources.size, 0));
  it('imports only to the left', () => assert.deepEqual(layerViolations(graph), []));
  it('has no import cycles, of values or of types', () => assert.deepEqual(cycles(graph), []));
  it('names native timers only in hosts', () => assert.deepEqual(timerViolations(sources), []));
  it('has no barrels and no drawers for odds and ends', () => assert.deepEqual(fileViolations(sources), []));

  it('loads layers lazily only where they lie to the right', (test) => {
    for (const [path, imports] of graph) {
      for (const { to, lazy } of imports) {
        if (!lazy) continue;
        test.diagnostic(`${path} loads ${to} when it is needed`);
        // The channels lie beside the list that chooses one by a URL's scheme.
        if (path === 'transports/connect.ts' && layerOf(to) === 'transports') continue;
        assert.ok(
          LAYERS.indexOf(layerOf(to)) > LAYERS.indexOf(layerOf(path)) || layerOf(path) === undefined,
          `${path} could simply import ${to}`,
        );
      }
    }
  });
});

describe('the checks themselves', () => {
  const graph = (files) => graphOf(new Map(Object.entries(files)));

  it('see an import to the right, of a value or of a type', () => {
    const core = { 'core/a.ts': '', 'tasks/b.ts': '' };
    const importing = (code) => layerViolations(graph({ ...core, 'core/a.ts': code }));
    const expected = ['core/a.ts imports tasks/b.ts'];
    assert.deepEqual(importing("import { b } from '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("import type { B } from '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("import {\n  b,\n  type B,\n} from '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("import * as b from '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("import '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("export { b } from '../tasks/b.ts';"), expected);
    assert.deepEqual(importing("export type B = import('../tasks/b.ts').B;"), expected);
    assert.deepEqual(importing("let b: typeof import('../tasks/b.ts');"), expected);
    assert.deepEqual(importing("const b = await import('../tasks/b.ts');"), []);
    assert.deepEqual(importing("// import { b } from '../tasks/b.ts';"), []);
  });

  it('permit an import to the left, and every import to a public surface', () => {
    const files = {
      'core/a.ts': '',
      'tasks/b.ts': "import { a } from '../core/a.ts';",
      'index.ts': "export { b } from './tasks/b.ts';",
    };
    assert.deepEqual(layerViolations(graph(files)), []);
  });

  it('see an import of a public surface, of nothing, and of a package', () => {
    assert.deepEqual(layerViolations(graph({ 'index.ts': '', 'core/a.ts': "import '../index.ts';" })), [
      'core/a.ts imports the public surface index.ts',
    ]);
    assert.deepEqual(layerViolations(graph({ 'core/a.ts': "import './b.ts';" })), [
      'core/a.ts imports core/b.ts, which does not exist',
    ]);
    assert.throws(() => graph({ 'core/a.ts': "import fs from 'node:fs';" }), /depends on nothing/);
    assert.deepEqual(layerViolations(graph({ 'misc/a.ts': '' })), ['misc/a.ts is in no known layer']);
  });

  it('see a cycle', () => {
    const files = {
      'core/a.ts': "import { b } from './b.ts';",
      'core/b.ts': "import type { C } from './c.ts';",
      'core/c.ts': "import { a } from './a.ts';",
    };
    assert.deepEqual(cycles(graph(files)), ['core/a.ts → core/b.ts → core/c.ts → core/a.ts']);
    files['core/c.ts'] = "const a = () => import('./a.ts');";
    assert.deepEqual(cycles(graph(files)), []);
  });

  it('see a native timer in code, not in comments, strings and patterns', () => {
    const naming = (code, path = 'core/a.ts') => timerViolations(new Map([[path, code]]));
    assert.deepEqual(naming('setTimeout(f, 0);'), ['core/a.ts names setTimeout']);
    assert.deepEqual(naming('const text = `a ${`${setTimeout}`} b`;'), ['core/a.ts names setTimeout']);
    assert.deepEqual(naming("const a = b / c; // it's 1/2\nsetTimeout(f);"), ['core/a.ts names setTimeout']);
    assert.deepEqual(naming('const quote = /[\'"`/]/; setTimeout(f);'), ['core/a.ts names setTimeout']);
    assert.deepEqual(
      naming("// setTimeout\n/* setTimeout */ \"setTimeout\"; '\\'setTimeout'; `setTimeout`;"),
      [],
    );
    assert.deepEqual(naming('throw new Error(`no ${name}: setTimeout`);'), []);
    assert.deepEqual(naming('setTimeout(f, 0);', 'loop/browser-host.ts'), []);
    assert.deepEqual(naming('setTimeout(f, 0);', 'loop/base-events.ts'), [
      'loop/base-events.ts names setTimeout',
    ]);
  });

  it('see a barrel and a drawer', () => {
    const files = new Map([
      ['core/a.ts', "export * from './b.ts';"],
      ['core/utils.ts', ''],
      ['index.ts', "export * from './core/b.ts';"],
    ]);
    assert.deepEqual(fileViolations(files), [
      'core/a.ts is a barrel',
      'core/utils.ts says nothing about what is in it',
    ]);
  });
});
