// The page on the ticker of PixiJS, as the site has it: tasks work in its frames, and stand still when it does.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';
import { serveSite } from '../support/site.mjs';

/** The checker of accessibility, if it is installed. */
const AXE = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url));

describe(`a loop on the ticker of PixiJS in ${engine}`, () => {
  let browser;
  let server;
  let page;

  before(async () => {
    server = await serveSite();
    browser = await launch(engine);
    // Without a graphics card WebGL takes some tenths of a second for a frame.
    page = await browser.newPage(`${server.origin}/demo/ticker/index.html?renderer=canvas`);
    await seen(() => document.body.dataset.state === 'running');
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** What the page shows. */
  const facts = () =>
    page.evaluate(() => {
      const text = (id) => document.getElementById(id).textContent;
      return {
        frames: Number(text('frames')),
        inside: Number(text('inside')),
        outside: Number(text('outside')),
        couriers: [...document.querySelectorAll('#couriers li')].map((item) => item.textContent),
        outcome: text('outcome'),
      };
    });
  const press = (id) => page.evaluate((button) => document.getElementById(button).click(), id);
  /** Waits for so many frames of the page itself, whatever the ticker does. */
  const pageFrames = (count) =>
    page.evaluate(
      (left) =>
        new Promise((resolve) => {
          const next = (more) => (more === 0 ? resolve() : requestAnimationFrame(() => next(more - 1)));
          next(left);
        }),
      count,
    );
  /** Waits inside the page for what must come; a machine that is busy may show few frames in a second. */
  const seen = (condition, ...args) =>
    page.evaluate(`new Promise((resolve) => {
      const look = () => ((${condition})(...${JSON.stringify(args)}) ? resolve(true) : setTimeout(look, 20));
      look();
    })`);

  it("tasks advance in the ticker's frames, and in these only", async () => {
    await seen(() => Number(document.getElementById('inside').textContent) > 0);
    const before = await facts();
    await seen(
      (frames) => Number(document.getElementById('frames').textContent) >= frames + 20,
      before.frames,
    );
    const after = await facts();
    assert.ok(after.inside >= before.inside + 20, `${before.inside} steps, then ${after.inside}`);
    assert.equal(after.outside, 0);
    // Five tasks walk or wait: not one of them takes more than a few steps in a frame.
    assert.ok(after.inside <= 5 * 4 * after.frames, `${after.inside} steps in ${after.frames} frames`);
  });

  it('a ticker that is stopped holds every task, also those whose time has come, and loses none', async () => {
    await press('stop');
    const before = await facts();
    await pageFrames(30);
    assert.deepEqual(await facts(), before);
    assert.ok(before.couriers.every((courier) => !courier.endsWith('is at home')));
    await page.evaluate(() => {
      const speed = document.getElementById('speed');
      speed.value = '3';
      speed.dispatchEvent(new Event('change'));
    });
    await press('start');
    // Each of them goes on: in the end each is somewhere else in its round.
    for (const [index, courier] of before.couriers.entries())
      await seen(
        (at, text) => document.querySelectorAll('#couriers li')[at].textContent !== text,
        index,
        courier,
      );
    assert.equal((await facts()).outside, 0);
  });

  it('cancelled, each walks home in the frames that follow; only then the run is over', async () => {
    await press('stop');
    await press('home');
    await pageFrames(5);
    assert.equal((await facts()).outcome, 'the run goes on');
    await press('start');
    await seen(() => document.getElementById('outcome').textContent.startsWith('the run is over'));
    const { couriers, outcome, outside } = await facts();
    assert.equal(outcome, 'the run is over: rejected');
    assert.deepEqual(
      [...new Set(couriers.map((courier) => courier.split(' ').slice(1).join(' ')))],
      ['is at home'],
    );
    assert.equal(outside, 0);
  });

  it('the same host takes another run', async () => {
    await press('start');
    await seen(() => document.getElementById('couriers').textContent.includes('trip 1'));
    assert.equal((await facts()).outcome, 'the run goes on');
  });

  it('asks no other host for anything, and complains of nothing', async () => {
    const loaded = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
    );
    assert.ok(loaded.length > 1);
    assert.deepEqual([...new Set(loaded)], [server.origin]);
    // A driver of the graphics card may have something to say; that is not the page.
    const complaints = (page.consoleMessages ?? []).filter(
      ({ type, text }) => /error|warn/.test(type) && !/WebGL|GPU|GL Driver/i.test(text),
    );
    assert.deepEqual(complaints, []);
  });

  it('fits a narrow window', async () => {
    await page.setViewport({ width: 400, height: 800 });
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${content} of ${window}`);
  });

  it('draws with what the engine has, and its ticker is the same', async (test) => {
    await page.goto(`${server.origin}/demo/ticker/index.html`);
    await seen(() => document.body.dataset.state === 'running');
    const renderer = await page.evaluate(() => document.getElementById('renderer').textContent);
    test.diagnostic(`${engine}: drawn by ${renderer}`);
    assert.ok(['webgl', 'webgpu', 'canvas'].includes(renderer), renderer);
    await seen(() => document.getElementById('couriers').textContent.includes('trip 1'));
  });

  if (engine === 'chromium' && existsSync(AXE)) {
    it('axe finds nothing', async () => {
      const { readFile } = await import('node:fs/promises');
      await page.evaluate(await readFile(AXE, 'utf8'));
      const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`);
      });
      assert.deepEqual(found, []);
    });
  }
});
