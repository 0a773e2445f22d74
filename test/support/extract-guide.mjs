// Makes tests of what the guide shows: every code block of demo/guide/*.md that says what it prints becomes one test.
//
//   node test/support/extract-guide.mjs    writes test/generated/guide.test.ts, which git ignores

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf, PAGES, readPage } from '../../demo/guide/pages.mjs';

const OUTPUT = fileURLToPath(new URL('../generated/guide.test.ts', import.meta.url));

const blocks = PAGES.flatMap((page) =>
  blocksOf(readPage(page))
    .filter(({ output }) => output !== null)
    .map(({ file, output }) => ({ page, file, output })),
);
const files = [...new Set(blocks.map(({ file }) => file))];
const nameOf = (file) => `example${files.indexOf(file)}`;

const text = [
  '// Made by test/support/extract-guide.mjs from demo/guide/*.md; `npm test` makes it anew.\n',
  "import { expect } from 'chai';\n",
  ...files.map((file) => `import { main as ${nameOf(file)} } from '../../demo/guide/${file}';\n`),
  "import { runExample } from '../guide/run-example.ts';\n\n",
  "describe('the guide', () => {\n",
  ...blocks.map(
    ({ page, file, output }) =>
      `  it('${file} prints what ${page}.md shows', async () => {\n    expect(await runExample(${nameOf(file)})).to.equal(${JSON.stringify(output)});\n  });\n`,
  ),
  '});\n',
].join('');

mkdirSync(dirname(OUTPUT), { recursive: true });
writeFileSync(OUTPUT, text);
