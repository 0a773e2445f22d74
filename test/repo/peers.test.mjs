// What the page about peers says of them is what the real packages do.

import { execFile } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';

test('the peers do what demo/peers/outcomes.json says', async () => {
  await promisify(execFile)(process.execPath, ['--expose-gc', 'test/peers/record.mjs', '--check']);
});
