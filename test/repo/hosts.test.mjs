// Promises about size: a host is a small thing, and so is a loop.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Lines that are neither empty nor only a comment. */
function linesOfCode(path) {
  const lines = readFileSync(root + path, 'utf8').split('\n');
  return lines.filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line)).length;
}

describe('small things stay small', () => {
  for (const name of readdirSync(`${root}src/loop/hosts`)) {
    it(`src/loop/hosts/${name} has at most 80 lines of code`, () => {
      assert.ok(linesOfCode(`src/loop/hosts/${name}`) <= 80, `${linesOfCode(`src/loop/hosts/${name}`)}`);
    });
  }

  it('the minimal loop has at most 100 lines of code', () => {
    assert.ok(linesOfCode('demo/minimal-loop/minimal-loop.ts') <= 100);
  });

  it('the event-driven simulator has fewer than 150 lines, comments and all', () => {
    assert.ok(readFileSync(`${root}demo/minimal-loop/event-simulator.ts`, 'utf8').split('\n').length < 150);
  });
});
