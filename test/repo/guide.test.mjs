// The guide: its pages show the code as the files have it, lead to pages that are there, and can be rendered.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { blocksOf, PAGES, readPage, renderPage, synchronised } from '../../demo/guide/pages.mjs';

const folder = fileURLToPath(new URL('../../demo/guide/', import.meta.url));

describe('the guide', () => {
  it('has every page in its list, and every page of the list', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
    assert.deepEqual(files.sort(), PAGES.map((name) => `${name}.md`).sort());
  });

  it('shows every file of code, and says of each with a main what it prints', () => {
    const shown = PAGES.flatMap((name) => blocksOf(readPage(name)));
    for (const file of readdirSync(`${folder}code`)) {
      const blocks = shown.filter((block) => block.file === `code/${file}`);
      assert.notEqual(blocks.length, 0, `${file} is on no page`);
      for (const { output, code } of blocks)
        assert.equal(
          output !== null && output !== '',
          /^export (async )?function\*? main\(/m.test(code),
          file,
        );
    }
  });

  it('shows no code that is not a file', () => {
    for (const name of PAGES)
      for (const [fence] of readPage(name).matchAll(/^```.+$/gm))
        assert.match(fence, /^```(ts|text output of) \S+\.ts$/, name);
  });

  for (const name of PAGES) {
    it(`${name}.md has its code as the files have it (node demo/guide/pages.mjs)`, () =>
      assert.equal(readPage(name), synchronised(readPage(name))));

    it(`${name}.md becomes a page without marks, with something to press, and with links that lead somewhere`, () => {
      const html = renderPage(name);
      const text = html.replace(/<pre[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, 'code');
      assert.doesNotMatch(text, /```|\*\*|@@|\]\(|`/);
      assert.match(html, /<button type="button" class="primary" data-do="run">/);
      assert.equal(html.match(/<h1/g).length, 1);
      for (const [, to] of html.matchAll(/<a [^>]*?href="([^"#:]+)"/g))
        if (to.startsWith('./')) assert.ok(PAGES.includes(to.slice(2, -5)), `${to} of ${name}`);
        else if (!to.includes(':')) {
          const path = to.replace(/\.html$/, '.md');
          assert.ok(
            PAGES.includes(path.slice(0, -3)) || existsSync(`${folder}${to}`),
            `${to} of ${name} leads nowhere`,
          );
        }
    });
  }
});
