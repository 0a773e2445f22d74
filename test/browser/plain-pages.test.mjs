// The pages without a bundler: one with a script tag, one with an import map.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

describe(`pages without a bundler in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveFiles();
    browser = await launch(engine);
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** What the page has printed, when it is over. */
  async function run(path) {
    const before = server.requests.length;
    const page = await browser.newPage(`${server.origin}${path}`);
    await page.waitFor(() => document.body.dataset.state !== 'running');
    const [state, output] = await page.evaluate(() => [
      document.body.dataset.state,
      document.getElementById('output').textContent.trimEnd().split('\n'),
    ]);
    const complaints = (page.consoleMessages ?? []).filter(({ type }) => /error|warn/.test(type));
    await page.close();
    const requests = server.requests.slice(before).filter((asked) => !/\.map$|favicon/.test(asked));
    return { state, output, complaints, requests };
  }

  it('a script tag gives the library to a page, and loads nothing else', async () => {
    const { state, output, complaints, requests } = await run('/demo/script-tag.html');
    assert.deepEqual(output, [
      'rice is on the stove',
      'fish is on the stove',
      'soup is on the stove',
      'rice is ready',
      'the pot of rice is washed',
      'fish is ready',
      'the pot of fish is washed',
      'the pot of soup is washed',
      'dinner is served without what is missing',
    ]);
    assert.equal(state, 'done');
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, ['/demo/script-tag.html', '/dist/asyncio.global.js']);
  });

  it('an import map gives the library and its simulator to a page, from dist/ alone', async () => {
    const { state, output, complaints, requests } = await run('/demo/import-map.html');
    assert.deepEqual(output, [
      'after 2 h: Ada makes round 1',
      'after 4 h: Grace makes round 1',
      'after 4 h: Ada makes round 2',
      'after 6 h: Ada makes round 3',
      'after 8 h: Grace makes round 2',
      'after 8 h: Ada makes round 4',
      'Ada and Grace go home',
    ]);
    assert.equal(state, 'done');
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      requests.filter((path) => !path.startsWith('/dist/')),
      ['/demo/import-map.html'],
    );
  });
});
