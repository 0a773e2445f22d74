// What must not stand in the repository: paths of one machine, tests that are switched off or run alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What is tracked, or would be. */
function listFiles() {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).split('\0');
  } catch {
    // An archive of the sources, without git.
    const paths = readdirSync(root, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
    return paths.filter((path) => !/^(node_modules|build|dist)(\/|$)/.test(path));
  }
}

/** The text files among them. The lockfile is made of hashes that can spell anything. */
function textFiles() {
  return listFiles()
    .filter((path) => path && !/(^package-lock\.json|\.(png|ico|woff2|wasm|gif|jpg|webp|mp4))$/.test(path))
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(root + path, 'utf8') }];
      } catch {
        return []; // A folder, or deleted and not yet committed.
      }
    });
}

function linesWith(files, pattern) {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

// Put together, so that this file does not find itself.
const MACHINE_PATH = new RegExp(`(^|[^\\w.\\-/])/(${['work', 'root', 'tmp'].join('|')})/`);
const SWITCHED_TEST = new RegExp(`\\.(${['only', 'skip'].join('|')})\\s*\\(`);

describe('the repository', () => {
  const files = textFiles();
  const tests = files.filter(({ path }) => path.startsWith('test/'));

  it('names no path of one machine', () => assert.deepEqual(linesWith(files, MACHINE_PATH), []));
  it('has no test that is switched off or runs alone', () =>
    assert.deepEqual(linesWith(tests, SWITCHED_TEST), []));
});

describe('the patterns themselves', () => {
  it('tell a machine path from a relative one', () => {
    assert.match(`cd ${'/wo'}rk/x`, MACHINE_PATH);
    assert.doesNotMatch('import "../work/x"; https://example.org/work/x', MACHINE_PATH);
  });
  it('see a switched test', () => {
    assert.match(`it${'.on'}ly('x')`, SWITCHED_TEST);
    assert.doesNotMatch('iterator.skipWhile(x); it("runs")', SWITCHED_TEST);
  });
});
