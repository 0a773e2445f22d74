// `npm start`, as it is typed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { engine } from '../support/pages.mjs';

function npmStart(...args) {
  const child = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: npm, its shell and the program end together.
    detached: true,
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.err += text;
  });
  return { child, output, stop: () => process.kill(-child.pid, 'SIGKILL') };
}

async function runToEnd(...args) {
  const { child, output } = npmStart(...args);
  const [code] = await once(child, 'close');
  const lines = output.out.trimEnd().split('\n');
  return { code, lines, last: lines.at(-1), err: output.err };
}

describe(`npm start in ${engine}`, () => {
  it('--headless prints the table and a line that says ok, and exits with 0', async () => {
    const { code, lines, last, err } = await runToEnd('--headless', `--browser=${engine}`);
    const text = lines.join('\n');
    assert.equal(code, 0, `${text}\n${err}`);
    assert.match(
      last,
      /^ok: (\d+) of \1 URLs as promised with \d+ retries, cleanups (\d+) of \2; then 8 done, 6 cancelled, 16 not begun, cleanups (\d+) of \3; [\d.]+ s$/,
    );
    const rows = lines.filter((line) => /^ *\d+ {2}/.test(line));
    assert.ok(rows.length >= 40 + 30, text);
    for (const outcome of [
      'ok',
      'HTTP error',
      'timeout',
      'network error',
      'invalid URL',
      'duplicate',
      'cancelled',
    ]) {
      assert.ok(
        rows.some((row) => row.includes(`  ${outcome}  `)),
        `${outcome}\n${text}`,
      );
    }
  });

  if (engine === 'chromium') {
    it('--headless exits with 1 when a promise is broken, and says which', async () => {
      // With one attempt nothing that fails at first can recover.
      const { code, lines, last } = await runToEnd('--headless', '--browser=chromium', '--attempts=1');
      assert.equal(code, 1);
      assert.match(last, /^FAILED \(\d+\): 4\d of \d+ URLs as promised/);
      const broken = lines.filter((line) => line.startsWith('✗ '));
      assert.equal(broken.length, 7, broken.join('\n'));
      assert.ok(
        broken.includes(
          '✗ row 15, /api/flaky?times=1&key=a: outcome is HTTP error, not ok, status is 503, not 200, attempts is 1, not 2',
        ),
        broken.join('\n'),
      );
    });

    it('--headless exits with 1 and the reason when it cannot begin', async () => {
      const unknown = await runToEnd('--headless', '--browser=lynx');
      assert.equal(unknown.code, 1);
      assert.equal(unknown.err.trim(), "Cannot use 'lynx': it is not one of chromium, firefox, webkit");
      const refused = await runToEnd('--headless', '--browser=chromium', '--attempts=0');
      assert.equal(refused.code, 1);
      assert.equal(refused.err.trim(), 'The page says: “Attempts” must be a whole number from 1 to 20.');
    });

    it('prints the addresses of pages that are there', async () => {
      const { child, output, stop } = npmStart();
      try {
        const lines = /^The playground is at (http:\S+)\nThe concurrent fetcher is at (http:\S+)\n$/;
        while (!lines.test(output.out)) await once(child.stdout, 'data');
        const [, playground, fetcher] = lines.exec(output.out);
        assert.match(
          await (await fetch(playground)).text(),
          /<h1>asyncio-web <span>playground<\/span><\/h1>/,
        );
        assert.match(await (await fetch(fetcher)).text(), /<h1>Concurrent fetcher<\/h1>/);
        const catalogue = await (await fetch(new URL('/api/catalogue', fetcher))).json();
        assert.ok(catalogue.length > 0);
      } finally {
        stop();
      }
    });
  }
});
