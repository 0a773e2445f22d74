// The guide's pages as the site has them, built and minified: every block runs and prints what it says, steps show the
// loop, and nothing needs a script to be read.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { blocksOf, PAGES, readPage } from '../../demo/guide/pages.mjs';
import { guide } from '../../demo/guide/vite-plugin.mjs';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NARROW = { width: 400, height: 800 };
const source = (name) => join(root, 'src', name);

/** The checker of accessibility, if it is installed. */
const AXE = 'node_modules/axe-core/axe.min.js';

describe(`the guide in ${engine}`, () => {
  let browser;
  let server;
  let page;
  let outDir;

  const open = async (name) => {
    page.consoleMessages?.splice(0);
    await page.goto(`${server.origin}/${relative(root, outDir)}/demo/guide/${name}.html`);
    await page.waitFor(() => document.documentElement.dataset.ready === 'true');
  };
  const complaints = () => (page.consoleMessages ?? []).filter(({ type }) => /error|warn/.test(type));
  /** Presses a button of a block, and waits until the block is at rest again. */
  const press = async (index, action) => {
    await page.evaluate(
      (at, name) => document.querySelectorAll('.block')[at].querySelector(`[data-do="${name}"]`).click(),
      index,
      action,
    );
    await page.waitFor((at) => !/running/.test(document.querySelectorAll('.block')[at].dataset.state), index);
  };
  const block = (index) =>
    page.evaluate((at) => {
      const figure = document.querySelectorAll('.block')[at];
      return {
        state: figure.dataset.state,
        output: figure.querySelector('.output').textContent,
        picture: [...figure.querySelectorAll('.picture .row')].map((row) =>
          [...row.querySelectorAll('li')].map((item) => item.textContent),
        ),
      };
    }, index);

  before(async () => {
    outDir = mkdtempSync(join(root, 'build-guide-'));
    await build({
      configFile: false,
      root,
      base: './',
      logLevel: 'error',
      plugins: [guide()],
      resolve: {
        alias: [
          { find: /^asyncio-web$/, replacement: source('index.ts') },
          { find: /^asyncio-web\/lowlevel$/, replacement: source('lowlevel.ts') },
          { find: /^asyncio-web\/testing$/, replacement: source('testing.ts') },
        ],
      },
      build: { outDir, target: 'es2022', rollupOptions: { input: {} } },
    });
    server = await serveFiles();
    browser = await launch(engine);
    page = await browser.newPage();
    await page.setViewport(NARROW);
  });

  after(async () => {
    await browser?.close();
    server?.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  for (const name of PAGES) {
    it(`${name}: every block prints what the page says, nothing is too wide, and nothing complains`, async () => {
      await open(name);
      const blocks = blocksOf(readPage(name)).filter(({ output }) => output !== null);
      for (const [index, { file, output }] of blocks.entries()) {
        await press(index, 'run');
        const seen = await block(index);
        assert.deepEqual([seen.state, seen.output], ['done', output], file);
      }
      const [wide, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= width, `${wide} of ${width}`);
      assert.deepEqual(complaints(), []);
    });
  }

  it('a step is one callback, an iteration is a batch, and the picture shows what is left', async () => {
    await open('02-iteration');
    await press(0, 'step');
    assert.deepEqual((await block(0)).picture, [
      ['first', 'second'],
      ['0 sdue', '1 send of sleep: Task-1'],
    ]);
    await press(0, 'step');
    assert.deepEqual((await block(0)).picture, [['second', 'due', 'third'], ['1 send of sleep: Task-1']]);
    await press(0, 'iteration');
    const { picture, output } = await block(0);
    assert.deepEqual(picture, [['third'], ['1 send of sleep: Task-1']]);
    assert.equal(output, 'first\nsecond\na timer that is due\n');
    await press(0, 'run');
    assert.equal((await block(0)).state, 'done');
    await press(0, 'reset');
    assert.equal((await block(0)).state, 'new');
  });

  it('can be read without a script: code, output and links are in the document', () => {
    for (const name of PAGES) {
      const html = readFileSync(join(outDir, 'demo/guide', `${name}.html`), 'utf8');
      const text = html
        .replace(/<[^>]+>/g, '')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&');
      for (const { code, output } of blocksOf(readPage(name)))
        assert.ok(text.includes(code) && text.includes(output ?? ''), name);
      assert.match(html, /<nav class="contents"/);
    }
  });

  if (existsSync(join(root, AXE))) {
    // What the others have is on these: tables, notes, code in a line, a closed file, the picture of a loop.
    for (const name of ['02-iteration', '08-plugging-in']) {
      it(`${name}: axe finds nothing serious, in light and in dark`, async () => {
        await open(name);
        if (name === '02-iteration') for (let step = 0; step < 2; step += 1) await press(0, 'step');
        await page.evaluate(
          (address) =>
            new Promise((resolve, reject) => {
              const script = document.createElement('script');
              Object.assign(script, { src: address, onload: resolve, onerror: reject });
              document.head.append(script);
            }),
          `${server.origin}/${AXE}`,
        );
        for (const theme of ['light', 'dark']) {
          const found = await page.evaluate(async (scheme) => {
            document.documentElement.dataset.theme = scheme;
            const { violations } = await globalThis.axe.run();
            return violations
              .filter(({ impact }) => /serious|critical/.test(impact))
              .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`);
          }, theme);
          assert.deepEqual(found, [], theme);
        }
      });
    }
  }
});
