// Makes hash-table.json, which hash-table.test.ts reads.
//
//   npm run build && npx tsc -p tsconfig.test.json && node test/sim/hash-table-record.mjs

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}build/record/`;
// The browsers' server gives the names of the library a meaning; here the imports are rewritten.
const code = readFileSync(`${root}build/test/sim/scenarios.js`, 'utf8')
  .replaceAll("'asyncio-web'", "'../../dist/index.js'")
  .replaceAll("'asyncio-web/testing'", "'../../dist/testing.js'");
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}scenarios.mjs`, code);
const { hashTable } = await import(`${folder}scenarios.mjs`);
writeFileSync(`${root}test/sim/hash-table.json`, `${JSON.stringify(hashTable(), null, 2)}\n`);
rmSync(folder, { recursive: true });
