// The ledger of CPython's test methods and the files that port them are in step.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const folder = new URL('../conformance/', import.meta.url);
const ledger = JSON.parse(readFileSync(new URL('ported.json', folder), 'utf8'));
const entries = Object.entries(ledger.files).flatMap(([file, methods]) =>
  Object.entries(methods).map(([name, entry]) => ({ file, name, method: name.split('.').at(-1), ...entry })),
);

/** The text of the test files that port a file of CPython: test_locks is locks.test.ts, tasks is split in several. */
function portOf(file) {
  const stem = file.replace(/^test_/, '');
  return readdirSync(folder)
    .filter(
      (name) => name.endsWith('.test.ts') && new RegExp(`^${stem}(_[a-z]+)?(\\.internal)?\\.test`).test(name),
    )
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
}

/** What stands as the title of a test: `it('test_…`, or a helper that makes several of one. */
const titles = (text) => new Set([...text.matchAll(/\b\w+\(\s*[`'"](test_\w+)/g)].map(([, title]) => title));

describe('the ledger of ported tests', () => {
  it('says of every method that it is ported, or why it is not applicable', () => {
    for (const { file, name, status, reason } of entries) {
      assert.ok(status === 'ported' || status === 'not applicable', `${file} ${name}: ${status}`);
      if (status === 'not applicable') assert.ok(reason?.length > 20, `${file} ${name} has no reason`);
    }
  });

  it('has 600 ported methods or more', () => {
    const ported = entries.filter(({ status }) => status === 'ported').length;
    console.log(`${ported} ported, ${entries.length - ported} not applicable`);
    assert.ok(ported >= 600, `${ported} are ported`);
  });

  for (const file of Object.keys(ledger.files)) {
    it(`${file}: what is ported has a test of its name, and every such test is in the ledger`, () => {
      const text = portOf(file);
      const found = titles(text);
      const ported = entries.filter((entry) => entry.file === file && entry.status === 'ported');
      const missing = ported.filter(({ method }) => !found.has(method)).map(({ name }) => name);
      assert.deepEqual(missing, [], 'ported, but no test has the name');
      const known = new Set(entries.map(({ method }) => method));
      const tests = [...text.matchAll(/\bit\(\s*[`'"](test_[A-Za-z0-9_]+)/g)].map(([, title]) => title);
      assert.deepEqual(
        tests.filter((title) => !known.has(title)),
        [],
        'a test has the name of a method that the ledger does not know',
      );
    });
  }
});
