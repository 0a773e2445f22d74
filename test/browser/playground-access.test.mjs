// The playground for everybody: without a mouse, with a screen reader, in light and dark, on a narrow screen, without
// a network, and within its weight.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gzip } from 'pako';
import playwright from 'playwright-core';
import { readLedger } from '../size/ledger.mjs';
import { findBrowser, launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';
import { serveSite } from '../support/site.mjs';

/** What the ledger says is loaded until the first program has run, without the language service, and what may be. */
const { budget, first: expected } = readLedger().site;

/** A change that moves it by more than this part owns up to it in the ledger. */
const UNNOTICED = 0.02;

/** Milliseconds until a page counts as stuck. */
const PATIENCE = 180_000;

const VIEWS = ['tasks', 'timeline', 'queues', 'primitives', 'counters', 'stage', 'deadlock'];

describe(`the playground on a narrow screen in ${engine}`, () => {
  it('has no horizontal scroll bar', async () => {
    const server = await serveSite();
    const browser = await launch(engine);
    try {
      const tab = await browser.newPage();
      await tab.setViewport({ width: 360, height: 700 });
      await tab.goto(`${server.origin}/#example=philosophers`);
      await tab.waitFor(() => document.body.dataset.ready === 'true');
      await tab.evaluate(() => document.getElementById('run').click());
      await tab.waitFor(() => document.body.dataset.state === 'deadlock');
      for (const view of VIEWS) {
        await tab.evaluate((view) => document.getElementById(`tab-${view}`).click(), view);
        const [width, content] = await tab.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
        assert.ok(content <= width, `${view}: ${content} of ${width} pixels`);
      }
    } finally {
      await browser.close();
      server.close();
    }
  });
});

if (engine === 'chromium') {
  describe('access to the playground', () => {
    let server;
    let browser;
    let context;
    let page;

    before(async () => {
      server = await serveSite();
      browser = await playwright.chromium.launch({
        executablePath: (await findBrowser(engine)).executable,
        args: ['--no-sandbox'],
      });
    });

    after(async () => {
      await browser?.close();
      server?.close();
    });

    beforeEach(async () => {
      context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
    });

    afterEach(() => context.close());

    async function open(fragment = '', path = '/') {
      await page.goto(`${server.origin}${path}${fragment}`);
      await page.waitForFunction(() => document.body.dataset.ready === 'true');
    }
    const state = (name) => page.waitForFunction((name) => document.body.dataset.state === name, name);

    for (const colorScheme of ['light', 'dark']) {
      it(`axe finds nothing in any view, in ${colorScheme} colours`, async () => {
        const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await open('#example=philosophers');
        await page.evaluate(axe);
        const found = [];
        /** Looks at the whole page, or at a part that has changed since. */
        const check = async (what, part) => {
          const { violations } = await page.evaluate(
            ([part, isDark]) =>
              // What the program draws in is a document of its own, without a word in it.
              axe.run(part === undefined ? { exclude: ['iframe'] } : { include: [part] }, {
                resultTypes: ['violations'],
                // The two schemes differ in their colours only.
                ...(isDark ? { runOnly: ['color-contrast'] } : {}),
              }),
            [part, colorScheme === 'dark'],
          );
          for (const { id, impact, nodes } of violations)
            found.push(`${what}: ${id} (${impact}): ${nodes[0].html.slice(0, 120)}`);
        };
        await check('before a run');
        for (const view of VIEWS) {
          if (view === 'deadlock') continue;
          await page.click(`#tab-${view}`);
          await check(`${view}, empty`, `#view-${view}`);
        }
        await page.click('#run');
        await state('deadlock');
        await check('deadlock');
        for (const view of VIEWS) {
          await page.click(`#tab-${view}`);
          await check(view, '#views');
        }
        await page.click('#share');
        await page.waitForSelector('dialog[open]');
        await check('sharing', '#share-dialog');
        await page.click('#close-share');
        await page.click('#pause');
        await page.click('#run');
        await page.waitForFunction(() => document.body.dataset.held === 'true');
        for (let press = 0; press < 3; press += 1) await page.keyboard.press('Shift+F10');
        for (const view of ['tasks', 'queues', 'primitives']) {
          await page.click(`#tab-${view}`);
          await check(`${view}, held`, `#view-${view}`);
        }
        assert.deepEqual(found, []);
      });
    }

    it('reaches everything by Tab, and shows where the focus is', async () => {
      await open('#example=gather');
      await page.keyboard.press('Control+Enter');
      await state('done');
      const stops = [];
      for (let press = 0; press < 40; press += 1) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(() => {
          const { activeElement: active } = document;
          const { outlineStyle, outlineWidth } = getComputedStyle(active.closest('.cm-editor') ?? active);
          return {
            name: active.id || active.className.split(' ')[0] || active.tagName,
            visible: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1,
          };
        });
        if (stop.name === 'BODY' || stops.includes(stop.name)) break;
        assert.ok(stop.visible, `${stop.name} shows its focus`);
        stops.push(stop.name);
      }
      assert.deepEqual(stops, [
        'example',
        'quiet',
        'share',
        'theme',
        'run',
        'pause',
        'step-handle',
        'step-iteration',
        'pace',
        'loop',
        'seed',
        'debug',
        'cm-content',
        'split-output',
        'filter',
        'level',
        'console',
        'split-views',
        'tab-timeline',
        'timeline-mode',
      ]);
    });

    it('moves the lines between the panes by the keyboard and by the pointer, and keeps where they are', async () => {
      await open();
      const width = () => page.$eval('.program', (pane) => pane.getBoundingClientRect().width);
      const height = () => page.$eval('.program', (pane) => pane.getBoundingClientRect().height);
      const now = (id) => page.getAttribute(id, 'aria-valuenow');
      const [wide, high] = [await width(), await height()];
      await page.focus('#split-views');
      for (let press = 0; press < 3; press += 1) await page.keyboard.press('ArrowRight');
      assert.equal(await now('#split-views'), '56');
      assert.ok((await width()) > wide);
      await page.focus('#split-output');
      await page.keyboard.press('Home');
      assert.equal(await now('#split-output'), '15');
      assert.ok((await height()) < high);
      await page.reload();
      await page.waitForFunction(() => document.body.dataset.ready === 'true');
      assert.deepEqual([await now('#split-views'), await now('#split-output')], ['56', '15']);

      await page.focus('#split-output');
      await page.keyboard.press('Enter');
      assert.equal(await height(), high);
      const { x, y, width: across } = await (await page.$('#split-views')).boundingBox();
      await page.mouse.move(x + across / 2, y + 50);
      await page.mouse.down();
      await page.mouse.move(x - 200, y + 50, { steps: 4 });
      await page.mouse.up();
      assert.ok((await width()) < wide);
      await page.mouse.move(x + 300, y + 50);
      assert.ok((await width()) < wide, 'let go');

      // A narrow page has its panes below one another; the lines give those above them their heights.
      await page.setViewportSize({ width: 390, height: 800 });
      assert.equal(await page.getAttribute('#split-views', 'aria-orientation'), 'horizontal');
      const low = await height();
      await page.focus('#split-output');
      await page.keyboard.press('ArrowDown');
      assert.ok((await height()) > low);
      await page.setViewportSize({ width: 1280, height: 800 });
      assert.equal(await height(), high, 'a wide page has its own');
    });

    it('shows the names of what it has to a screen reader', async () => {
      await open('#example=gather');
      const tree = await page.locator('body').ariaSnapshot();
      for (const part of [
        'toolbar "Run"',
        'button "Run"',
        'button "Pause"',
        'combobox "Example"',
        'combobox "Loop"',
        'spinbutton "Seed"',
        'textbox "Program"',
        'separator "Between program and console"',
        'separator "Between program and views"',
        'region "What the program has written"',
        'tab "Tasks"',
        'tabpanel "Timeline"',
        'status',
      ])
        assert.ok(tree.includes(part), `${part} in\n${tree}`);
    });

    it('goes from view to view by the arrow keys', async () => {
      await open('#example=gather');
      await page.focus('#tab-timeline');
      const shown = () =>
        page.evaluate(() => [document.activeElement.id, document.querySelector('.view:not([hidden])').id]);
      for (const [key, name] of [
        ['ArrowRight', 'queues'],
        ['ArrowLeft', 'timeline'],
        ['Home', 'tasks'],
        ['ArrowLeft', 'stage'],
        ['ArrowRight', 'tasks'],
      ]) {
        await page.keyboard.press(key);
        assert.deepEqual(await shown(), [`tab-${name}`, `view-${name}`], key);
      }
    });

    it('opens and closes the tree by the arrow keys', async () => {
      await open('#example=gather');
      await page.click('#run');
      await state('done');
      await page.click('#tab-tasks');
      await page.focus('[role=tree]');
      const rows = () => page.$$eval('.task:not([hidden]) .name', (names) => names.length);
      const all = await rows();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction((all) => document.querySelectorAll('.task:not([hidden])').length < all, all);
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(
        (all) => document.querySelectorAll('.task:not([hidden])').length === all,
        all,
      );
      const [first] = await page.$$eval('[role=treeitem]:not([hidden])', (items) =>
        items.map((item) => [item.ariaLevel, item.ariaExpanded, item.ariaSelected]),
      );
      assert.deepEqual(first, ['1', 'true', 'true']);
    });

    it('keeps the colours that were chosen', async () => {
      await open();
      const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await dark();
      await page.click('#theme');
      await page.click('#theme');
      assert.notEqual(await dark(), light);
      await page.reload();
      await page.waitForFunction(() => document.body.dataset.ready === 'true');
      assert.equal(await page.textContent('#theme'), 'Dark');
    });

    it('works without a network after the first load', async () => {
      await open('#example=gather');
      await page.evaluate(async () => {
        const { active } = await navigator.serviceWorker.ready;
        if (active.state !== 'activated')
          await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
      });
      await context.setOffline(true);
      await page.goto('about:blank');
      await open('#example=hello');
      await page.click('#run');
      await state('done');
      await page.click('#tab-counters');
      await page.waitForSelector('.uplot');
      await page.goto(`${server.origin}/demo/fetcher/index.html`);
      assert.equal(await page.textContent('h1'), 'Concurrent fetcher');
    });

    it('loads nothing from other hosts, and before the first run no more than its budget', async (test) => {
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      await open('#example=hello');
      await page.click('#run');
      await state('done');
      const foreign = asked.filter(
        (url) => !url.startsWith(server.origin) && !/^(blob|data|about):/.test(url),
      );
      assert.deepEqual(foreign, []);
      const paths = new Set(
        asked.filter((url) => url.startsWith(server.origin)).map((url) => new URL(url).pathname),
      );
      // What the service worker keeps for later is asked for after the page is there.
      const first = [...paths].filter((path) => !/fetcher|uPlot|service-worker/.test(path));
      let bytes = 0;
      for (const path of first)
        bytes += gzip(server.files[path === '/' ? '/index.html' : path], { level: 9 }).length;
      test.diagnostic(`${first.length} files, ${bytes} bytes gzipped, with the runner`);
      assert.ok(bytes < budget, `${bytes} bytes: ${first.join(', ')}`);
      const change = Math.abs(bytes - expected) / expected;
      assert.ok(change < UNNOTICED, `"first" of "site" in test/size/ledger.json: ${expected}, now ${bytes}`);
    });
  });
}
