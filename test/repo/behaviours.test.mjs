// The list of behaviours and the tests that name them are in step.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const folder = new URL('../', import.meta.url);
const list = readFileSync(new URL('behaviours.md', folder), 'utf8');
const behaviours = [...list.matchAll(/^(\d+)\. (.*)$/gm)].map(([, number, text]) => ({
  number: Number(number),
  names: [...text.matchAll(/`(test_\w+)`/g)].map(([, name]) => name),
}));
const tests = readdirSync(folder, { recursive: true })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => readFileSync(new URL(path.replaceAll('\\', '/'), folder), 'utf8'))
  .join('\n');

describe('the behaviours that ports get wrong', () => {
  it('are numbered without a gap', () => {
    assert.deepEqual(
      behaviours.map(({ number }) => number),
      Array.from({ length: 68 }, (_, index) => index + 1),
    );
  });

  it('have a test each that names them, by number or by the name of CPython’s test', () => {
    const named = new Set([...tests.matchAll(/[`'"]#(\d+) /g)].map(([, number]) => Number(number)));
    const missing = behaviours.filter(({ number, names }) =>
      names.length > 0 ? !names.every((name) => tests.includes(`'${name}'`)) : !named.has(number),
    );
    assert.deepEqual(missing, []);
    assert.deepEqual(
      [...named].filter((number) => !behaviours.some((one) => one.number === number)),
      [],
      'a test names a number that the list does not have',
    );
  });
});
