// Pages that are left, hidden and frozen: by real navigation and real tabs, not by events that a script makes.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import puppeteer from 'puppeteer-core';
import { findBrowser, launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

/** How long the page is away, and how far its timer was, in milliseconds. */
const AWAY_MS = 1500;
const TIMER_MS = 1000;

/** How long a page that is hidden while it waits for a frame may be held, in milliseconds. */
const MOST_HELD_MS = 100;

const PAGE = `<!doctype html>
<title>lifecycle</title>
<script src="/dist/asyncio.global.js"></script>
<script>
  const log = [];
  const resumed = [];
  for (const type of ['pagehide', 'pageshow']) addEventListener(type, (event) => log.push(type + ' ' + event.persisted));
  for (const type of ['freeze', 'resume']) document.addEventListener(type, () => log.push(type));

  const loop = new asyncio.BrowserEventLoop({ onResume: (seconds) => resumed.push(seconds) });
  void loop.runForever();
  const results = [];
  const queue = new asyncio.Queue();
  const note = (what) => void results.push(what);
  loop.createTask((function* () {
    for (;;) note(yield* queue.get());
  })());

  /** Work of every kind, none of which can be done before the page is left. */
  function begin(timerMs) {
    globalThis.kept = true;
    globalThis.timer = loop.callLater(timerMs / 1000, note, 'timer');
    loop.createTask((function* () {
      yield* asyncio.sleep(timerMs / 1000);
      note('sleep');
      yield* asyncio.sleep(0.001);
      note('sleep after it');
    })());
    globalThis.future = loop.createFuture();
    loop.createTask((function* () {
      note(yield* globalThis.future);
    })());
  }

  /** What is left to do is done, and told. */
  async function finish() {
    // Armed at the return: a timer that is due must not come behind it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const dueAtReturn = [...results];
    globalThis.future.setResult('future');
    queue.putNowait('queue');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { log, resumed, dueAtReturn, results, kept: globalThis.kept === true };
  }

  const report = (what) => fetch('/report/' + encodeURIComponent(JSON.stringify(what)));
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) void finish().then((seen) => report({ ...seen, persisted }));
    else if (sessionStorage.left) void report({ persisted });
  });
  addEventListener('pagehide', () => { sessionStorage.left = 'yes'; });
</script>`;

const OTHER = `<!doctype html>
<title>elsewhere</title>
<script>setTimeout(() => history.back(), ${AWAY_MS});</script>`;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually(what, look) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`Timed out waiting for ${what}`);
    await wait(20);
  }
}

/** A browser as users have it: Playwright's pages count as visible whatever is done, and never come back from a cache. */
async function launchPlain() {
  const { executable } = await findBrowser(engine);
  return puppeteer.launch({
    browser: engine === 'firefox' ? 'firefox' : 'chrome',
    executablePath: executable,
    ...(engine === 'chromium' && {
      args: ['--no-sandbox', '--disable-background-networking', '--no-first-run'],
      ignoreDefaultArgs: [
        '--disable-back-forward-cache',
        '--disable-background-timer-throttling',
        '--disable-renderer-backgrounding',
        '--disable-backgrounding-occluded-windows',
      ],
    }),
    timeout: 60_000,
  });
}

describe(`the life of a page in ${engine}`, () => {
  let browser;
  let server;

  before(async () => {
    server = await serveFiles({ '/page.html': PAGE, '/elsewhere.html': OTHER });
    browser = engine === 'webkit' ? await launch(engine) : await launchPlain();
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/page.html`);
    return page;
  };

  it('a page that comes back from the back/forward cache goes on where it was, and is told once', async (context) => {
    const page = await open();
    await page.evaluate(`begin(${TIMER_MS})`);
    await page.goto(`${server.origin}/elsewhere.html`);
    // From here the pages do it all: a driver may lose a page that comes back.
    const path = await eventually('the page to come back', () =>
      server.requests.find((request) => request.startsWith('/report/')),
    );
    const seen = JSON.parse(decodeURIComponent(path.slice('/report/'.length)));
    context.diagnostic(JSON.stringify(seen));
    assert.equal(seen.persisted, true);
    assert.equal(seen.kept, true);
    assert.equal(seen.resumed.length, 1);
    // It was away for as long as the other page waited, at least; and that is what it was told, in seconds.
    assert.ok(seen.resumed[0] >= (AWAY_MS - 5) / 1000, String(seen.resumed));
    // What fell due meanwhile came at the return, not as much later as the page was away.
    assert.deepEqual([...seen.dueAtReturn].sort(), ['sleep', 'sleep after it', 'timer']);
    assert.deepEqual([...seen.results].sort(), ['future', 'queue', 'sleep', 'sleep after it', 'timer']);
    await page.close();
  });

  if (engine === 'chromium') {
    it('a page that is frozen and resumed goes on where it was, and is told once', async (context) => {
      const page = await open();
      const front = await browser.newPage();
      await front.bringToFront(); // only a hidden page can be frozen
      const session = await page.createCDPSession();
      await page.evaluate(`begin(${TIMER_MS})`);
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      await wait(AWAY_MS);
      await session.send('Page.setWebLifecycleState', { state: 'active' });
      await eventually('resume', () => page.evaluate("log.includes('resume')"));
      const seen = await page.evaluate('finish()');
      context.diagnostic(JSON.stringify(seen));
      assert.deepEqual(seen.log.slice(-2), ['freeze', 'resume']);
      assert.equal(seen.resumed.length, 1);
      assert.ok(seen.resumed[0] >= (AWAY_MS - 100) / 1000, String(seen.resumed));
      assert.ok(seen.dueAtReturn.includes('timer'), JSON.stringify(seen));
      assert.ok(seen.dueAtReturn.includes('sleep'), JSON.stringify(seen));
      await front.close();
      await page.close();
    });
  } else {
    it(`${engine} does not freeze pages: it has no such events`, async () => {
      const page = await open();
      assert.deepEqual(
        await page.evaluate("['onfreeze', 'onresume'].filter((name) => name in document)"),
        [],
      );
      await page.close();
    });
  }

  if (engine === 'webkit') {
    it('webkit is driven with a window for each page: there is no tab to be put in front', async () => {
      const page = await open();
      const other = await open();
      assert.equal(await page.evaluate('document.visibilityState'), 'visible');
      await other.close();
      await page.close();
    });
    return;
  }

  for (const [name, spin] of [
    ['a busy loop', 'const spin = () => { globalThis.ran += 1; loop.callSoon(spin); }; loop.callSoon(spin);'],
    [
      'a program that waits for frames',
      'loop.createTask((function* () { for (;;) { yield* asyncio.nextFrame(); globalThis.ran += 1; } })());',
    ],
  ]) {
    it(`${name} goes on when the page is hidden, with the frames gone`, async (context) => {
      const page = await open();
      await page.bringToFront();
      await page.evaluate(`globalThis.ran = 0;
        globalThis.hidden = [];
        document.addEventListener('visibilitychange', () => {
          if (document.visibilityState !== 'hidden') return;
          const [start, before] = [performance.now(), globalThis.ran];
          // Looked at in messages, which no hidden page slows down.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            if (globalThis.ran > before) hidden.push(performance.now() - start);
            else port2.postMessage(0);
          };
          port2.postMessage(0);
        });
        ${spin}
        undefined;`); // a task as the result would be awaited
      await eventually('work', () => page.evaluate('globalThis.ran > 3'));
      const front = await browser.newPage();
      await front.bringToFront();
      const [progressMs] = await eventually('progress', () =>
        page.evaluate('globalThis.hidden.length > 0 && globalThis.hidden'),
      );
      assert.equal(await page.evaluate('document.visibilityState'), 'hidden');
      context.diagnostic(`progress after ${progressMs} ms`);
      assert.ok(progressMs <= MOST_HELD_MS, `progress after ${progressMs} ms`);
      const before = await page.evaluate('globalThis.ran');
      await eventually('more', () => page.evaluate(`globalThis.ran > ${before}`));
      await front.close();
      await page.bringToFront();
      await eventually('the page to be seen', () => page.evaluate("document.visibilityState === 'visible'"));
      const shown = await page.evaluate('globalThis.ran');
      await eventually('more', () => page.evaluate(`globalThis.ran > ${shown + 10}`));
      assert.deepEqual(await page.evaluate('resumed'), []);
      await page.close();
    });
  }
});
