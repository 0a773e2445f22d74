// The traces of test/differential: that they are complete, and that CPython still gives them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hashOf, makeProgram } from '../differential/random-programs.mjs';

const root = fileURLToPath(new URL('../differential/', import.meta.url));
const SEEDS = 2000;
/** Another Python gives the same traces; only this file names it. */
const RECORDED_BY = 'recorded-by.txt';

const read = (path) => readFileSync(join(root, path), 'utf8');
const stems = (folder, extension) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();

/** A CPython of at least 3.13: `PYTHON`, then what the path and pyenv have. */
function findPython() {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const installed = readdirOrNothing(pyenv).map((version) => join(pyenv, version, 'bin', 'python3'));
  const names = ['python3.15', 'python3.14', 'python3.13', 'python3', 'python'];
  const script =
    'import sys, platform; v = sys.version_info; print(v >= (3, 13) and sys.implementation.name, platform.python_version())';
  for (const command of [process.env.PYTHON, ...names, ...installed.reverse()]) {
    if (!command) continue;
    const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8' });
    const [kind, version] = (stdout ?? '').trim().split(' ');
    if (status === 0 && kind === 'cpython') return { command, version };
  }
  return null;
}

function readdirOrNothing(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There is no pyenv.
  }
}

describe('the traces of CPython', () => {
  it('every topic has programs in Python, the same in TypeScript, and their traces', () => {
    const topics = stems('programs', '.py');
    assert.deepEqual(stems('programs', '.ts'), topics);
    assert.deepEqual(stems('traces', '.txt'), [...topics, 'random', 'recorded-by'].sort());
    for (const topic of topics) {
      const python = read(`programs/${topic}.py`).matchAll(/^(?:async )?def ([a-z]\w*)\(log\)/gm);
      const script = read(`programs/${topic}.ts`).matchAll(/^ {2}(?:\*|async )([a-z]\w*)\(log: Log\)/gm);
      const names = [...python].map(([, name]) => name);
      const traces = read(`traces/${topic}.txt`).split('\n\n');
      assert.deepEqual(
        [...script].map(([, name]) => name),
        names,
        topic,
      );
      const recorded = traces.map((trace) => trace.slice(0, trace.indexOf('\n')));
      assert.deepEqual(recorded, names, topic);
      for (const trace of traces) assert.match(trace, /\n {2}\d+ \d+ (returned|raised) .*\n?$/);
    }
  });

  it(`every seed from 1 to ${SEEDS} has a trace, and it is of the program that the generator makes`, () => {
    const text = read('traces/random.txt');
    assert.ok(text.length < 1e6, `${text.length} characters`);
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, SEEDS);
    for (const [index, line] of lines.entries()) {
      const [seed, hash, trace] = line.split('\t');
      assert.equal(Number(seed), index + 1);
      assert.equal(hash, hashOf(makeProgram(index + 1)), `seed ${seed} is another program than was recorded`);
      assert.match(trace, / 0:\S/, `seed ${seed} has no end`);
    }
  });

  it('they name the Python that recorded them', () => {
    assert.match(read(`traces/${RECORDED_BY}`), /^CPython 3\.\d+\.\d+/);
  });

  const python = findPython();
  if (python === null) {
    it('no CPython of 3.13 or later is here, so that they could not be recorded again', () => {
      assert.ok(readdirSync(join(root, 'traces')).length > 2);
    });
  } else {
    it(`CPython ${python.version} gives the same, byte for byte`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'traces-'));
      try {
        // The recorder asks Node for the random programs.
        const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
        const { status, stderr } = spawnSync(python.command, [join(root, 'record.py'), '--out', folder], {
          encoding: 'utf8',
          env: { ...process.env, PATH },
        });
        assert.equal(status, 0, stderr);
        assert.deepEqual(readdirSync(folder).sort(), readdirSync(join(root, 'traces')).sort());
        for (const name of readdirSync(folder)) {
          if (name === RECORDED_BY) continue;
          const again = readFileSync(join(folder, name));
          const recorded = readFileSync(join(root, 'traces', name));
          assert.ok(again.equals(recorded), `traces/${name} differs; see test/differential/README.md`);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
