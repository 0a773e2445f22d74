// The fetcher's page for those who use a small screen, a keyboard, a screen reader, or dark colours. The same elements
// and styles serve every engine; Chromium lets a test press keys and choose a colour scheme.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import playwright from 'playwright-core';
import { drive } from '../../demo/page-driver.mjs';
import { startServerForRun } from '../../demo/start.mjs';
import { findBrowser, launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';

/** What text needs: WCAG 2.2, success criterion 1.4.3. */
const TEXT_CONTRAST = 4.5;

describe(`the fetcher on a narrow screen in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await startServerForRun();
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('has no horizontal scroll bar, whatever it shows', async () => {
    const tab = await browser.newPage();
    const page = drive(tab);
    // A window of WebKitGTK's does not become quite so narrow.
    await tab.setViewport({ width: 320, height: 640 });
    await tab.goto(server.fetcher);
    const check = async (when) => {
      const [width, content] = await tab.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(width <= (engine === 'webkit' ? 460 : 320), `the screen has ${width} pixels`);
      assert.ok(content <= width, `${when}: ${content} of ${width} pixels`);
    };
    await page.until('the page to be ready', ({ state }) => state === 'idle');
    await check('idle');
    const lines = [
      `/api/slow?ms=0&${'x'.repeat(400)}`,
      '/api/hang',
      '/api/bytes?count=5000000',
      'y'.repeat(400),
    ];
    await page.fill({ urls: lines.join('\n'), timeout: '600' });
    await page.click('run');
    await page.until(
      'all but one to end',
      ({ rows }) => rows.filter(({ phase }) => phase === 'done').length === 3,
    );
    await check('running');
    await page.click('cancel');
    await page.until('the end', ({ state }) => state === 'cancelled');
    await check('cancelled');
    await tab.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await check('with the sources opened');
    await page.fill({ urls: '' });
    await page.click('run');
    assert.notEqual((await page.look()).problem, '');
    await check('with a problem');
  });
});

if (engine === 'chromium') {
  describe('access to the fetcher', () => {
    let browser;
    let server;
    let page;

    before(async () => {
      server = await startServerForRun();
      browser = await playwright.chromium.launch({ executablePath: (await findBrowser(engine)).executable });
    });

    after(async () => {
      await browser?.close();
      await server?.close();
    });

    beforeEach(async () => {
      page = await browser.newPage();
      await open();
    });

    afterEach(() => page.close());

    async function open() {
      await page.goto(server.fetcher);
      await state('idle');
    }

    const state = (...names) =>
      page.waitForFunction((names) => names.includes(document.body.dataset.state), names, {
        timeout: 60_000,
      });
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
    const status = () => page.getByRole('status').textContent();

    it('runs and cancels by the keyboard alone, and the focus is always to be seen', async () => {
      const stops = [];
      const tab = async () => {
        await page.keyboard.press('Tab');
        const outline = await page.evaluate(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
        });
        stops.push(await focused());
        assert.ok(outline >= 2, `${stops.at(-1)} shows its focus`);
      };
      await tab();
      await tab();
      await page.keyboard.press('Control+A');
      await page.keyboard.type('/api/hang?n=1\n/api/hang?n=2');
      for (let n = 0; n < 4; n++) await tab();
      assert.deepEqual(stops, ['restore', 'urls', 'concurrency', 'timeout', 'attempts', 'run']);

      await page.keyboard.press('Enter');
      assert.equal(await focused(), 'cancel', 'the focus goes to the button that can be pressed');
      assert.equal(await status(), 'Fetching 2 URLs …');
      await page.keyboard.press('Space');
      await state('cancelled');
      assert.equal(await focused(), 'run', 'and back');
      assert.match(await status(), /^Cancelled after .*; cleanups: opened (\d+), cleaned up \1\.$/);

      await page.keyboard.press('Space');
      await state('running');
      await page.keyboard.press('Enter');
      await state('cancelled');
    });

    it('runs from the list by Control and Enter, and from a number by Enter', async () => {
      await page.fill('#urls', '/api/hang');
      for (const [field, key] of [
        ['#urls', 'Control+Enter'],
        ['#attempts', 'Enter'],
      ]) {
        await page.press(field, key);
        await state('running');
        await page.click('#cancel');
        await state('cancelled');
      }
    });

    it('names everything that can be used or read', async () => {
      for (const [role, name] of [
        ['textbox', 'URLs, one a line'],
        ['spinbutton', 'At the same time'],
        ['spinbutton', 'Timeout, seconds'],
        ['spinbutton', 'Attempts'],
        ['button', 'Run'],
        ['button', 'Cancel'],
        ['button', 'Default list'],
        ['progressbar', 'URLs that are done'],
        ['img', 'Requests open at the server, the last 12 seconds'],
        ['region', 'Live feed'],
        ['region', 'Cleanups'],
        ['heading', 'Concurrent fetcher'],
      ]) {
        assert.equal(await page.getByRole(role, { name, exact: true }).count(), 1, `${role} '${name}'`);
      }
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll('button, input, textarea, summary')]
          .filter((element) => (element.labels?.[0] ?? element).textContent.trim() === '')
          .map((element) => element.outerHTML),
      );
      assert.deepEqual(unnamed, []);
    });

    it('is a table to a screen reader on a narrow screen, too', async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.fill('#urls', '/api/status?code=404\nnot a URL');
      await page.click('#run');
      await state('done');
      assert.equal(await page.getByRole('row').count(), 2, 'the row of headings is not shown there');
      const row = page.getByRole('row').first();
      assert.equal(await row.getByRole('rowheader').textContent(), '/api/status?code=404');
      assert.equal(await row.getByRole('cell').count(), 6);
    });

    for (const colorScheme of ['light', 'dark']) {
      it(`can be read in ${colorScheme} colours`, async () => {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await open();
        await page.fill(
          '#urls',
          [
            '/api/slow?ms=0',
            '/api/status?code=404',
            '/api/hang',
            '/api/flaky?times=1&key=a&retry=30',
            'not a URL',
            '/api/slow?ms=0',
          ].join('\n'),
        );
        await page.click('#run');
        await page.waitForFunction(() => document.querySelector('[data-phase=waiting] .badge'));
        const running = await faint(page);
        await page.click('#cancel');
        await state('cancelled');
        await page.fill('#attempts', '');
        await page.click('#run');
        assert.deepEqual({ running, cancelled: await faint(page) }, { running: [], cancelled: [] });
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const [red] = background.match(/\d+/).map(Number);
        assert.equal(red < 128, colorScheme === 'dark', background);
      });
    }

    /** Texts with too little contrast. Disabled buttons are exempt. */
    function faint(page) {
      return page.evaluate((least) => {
        const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        /** The colour that is seen: `color` on top of what is behind it. */
        const paint = (...colors) => {
          context.clearRect(0, 0, 1, 1);
          for (const color of colors) {
            context.fillStyle = color;
            context.fillRect(0, 0, 1, 1);
          }
          return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        };
        const luminance = (rgb) => {
          const [red, green, blue] = rgb.map((part) => {
            const value = part / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        };
        const found = [];
        for (const element of document.querySelectorAll('body *')) {
          const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
          if (!own || !element.checkVisibility() || element.matches(':disabled, .hidden, template *'))
            continue;
          const behind = [];
          for (let parent = element; parent !== null; parent = parent.parentElement) {
            behind.unshift(getComputedStyle(parent).backgroundColor);
          }
          const back = luminance(paint('white', ...behind));
          const front = luminance(paint('white', ...behind, getComputedStyle(element).color));
          const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
          if (contrast < least) found.push(`${contrast.toFixed(2)}: ${element.outerHTML.slice(0, 80)}`);
        }
        return found;
      }, TEXT_CONTRAST);
    }
  });
}
