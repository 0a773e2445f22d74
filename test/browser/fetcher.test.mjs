// The fetcher's page: what it shows, what it stops, and what it leaves behind.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { drive } from '../../demo/page-driver.mjs';
import { startServerForRun } from '../../demo/start.mjs';
import { launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';
import { serveSite } from '../support/site.mjs';

/** Seconds that no test waits for: what must not time out has this timeout. */
const LONG = '600';

const isOver = ({ state }) => ['done', 'cancelled', 'failed'].includes(state);

describe(`the fetcher in ${engine}`, () => {
  let browser;
  let server;
  let tab;
  let page;

  before(async () => {
    server = await startServerForRun();
    browser = await launch(engine);
    tab = await browser.newPage();
    page = drive(tab);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  beforeEach(async () => {
    await tab.goto(server.fetcher);
    await page.until('the page to be ready', ({ state }) => state === 'idle');
  });

  afterEach(async () => {
    // Firefox tells of every WebSocket that is given up while it connects; no page can prevent it.
    const errors = (await page.errors()).filter(
      (error) => !/console: .*(establish a connection|was interrupted while)/.test(error),
    );
    tab.consoleMessages?.splice(0);
    assert.deepEqual(errors, []);
  });

  async function start(lines, { timeout = LONG, attempts = '1', concurrency = '6' } = {}) {
    await page.fill({ urls: lines.join('\n'), timeout, attempts, concurrency });
    await page.click('run');
  }

  /** Waits for the end of a run, and that nothing is left of it. */
  async function end() {
    const view = await page.until('the run to end and the server to see it', (seen) => {
      return isOver(seen) && seen.openAtServer !== '–' && server.demo.listeners() === 0;
    });
    const attempts = view.rows.reduce((sum, row) => sum + row.attempts, 0);
    assert.equal(view.opened, attempts + view.connections, 'all that was opened is in the account');
    assert.equal(view.cleanedUp, view.opened, 'and all of it was cleaned up');
    assert.ok(view.rows.every((row) => row.cleanedUp === row.attempts));
    assert.equal(view.openAtServer, '0');
    assert.equal(server.demo.open(), 0);
    return view;
  }

  const outcomes = ({ rows }) => rows.map(({ outcome, attempts }) => `${outcome}, ${attempts}`);

  it('shows status, attempts, bytes and outcome of each URL', async () => {
    await start(['/api/bytes?count=123456', '/api/flaky?times=2&key=a', '/api/status?code=404'], {
      attempts: '3',
    });
    const { state, rows, summary } = await end();
    assert.equal(state, 'done');
    assert.deepEqual(
      rows.map(({ outcome, status, attempts, bytes }) => ({ outcome, status, attempts, bytes })),
      [
        { outcome: 'ok', status: 200, attempts: 1, bytes: 123_456 },
        { outcome: 'ok', status: 200, attempts: 3, bytes: 10 },
        { outcome: 'HTTP error', status: 404, attempts: 1, bytes: 21 },
      ],
    );
    assert.match(summary, /^Done: 3 URLs in .*; cleanups: opened (\d+), cleaned up \1\.$/);
  });

  it('cancels in the middle, cleans everything up, and runs again', async () => {
    const lines = [
      '/api/slow?ms=0',
      '/api/bytes?count=100000&seconds=100',
      '/api/flaky?times=1&retry=100&key=a',
      '/api/hang?n=1',
      '/api/hang?n=2',
      '/api/hang?n=3',
    ];
    await start(lines, { attempts: '3', concurrency: '4' });
    await page.until('all workers to be busy', ({ rows, ticks }) => {
      return (
        rows.map(({ phase }) => phase).join() === 'done,fetching,waiting,fetching,fetching,queued' &&
        rows[1].bytes > 0 &&
        ticks > 0
      );
    });
    await page.click('cancel');
    const cancelled = await end();
    assert.equal(cancelled.state, 'cancelled');
    assert.deepEqual(outcomes(cancelled), [
      'ok, 1',
      'cancelled, 1',
      'cancelled, 1',
      'cancelled, 1',
      'cancelled, 1',
      'cancelled, 0',
    ]);
    assert.match(cancelled.summary, /^Cancelled after .*; cleanups: opened 6, cleaned up 6\.$/);

    await start(['/api/slow?ms=0']);
    assert.deepEqual(outcomes(await end()), ['ok, 1']);
  });

  it('survives repeated and hasty clicks', async () => {
    await page.fill({ urls: '/api/hang?n=1\n/api/hang?n=2', timeout: LONG });
    for (let round = 1; round <= 10; round++) {
      await page.click('run');
      if (round % 2 === 0) await page.until('a request to be sent', ({ rows }) => rows[0].attempts === 1);
      await tab.evaluate(() => {
        for (const id of ['run', 'cancel', 'cancel', 'run']) document.getElementById(id).click();
      });
      assert.equal((await end()).state, 'cancelled');
    }
    await start(['/api/slow?ms=0']);
    assert.deepEqual(outcomes(await end()), ['ok, 1']);
  });

  it('shows what cannot be fetched, fetches a duplicate once, and hangs on nothing', async () => {
    const elsewhere = server.demo.catalogue
      .flatMap(({ urls }) => urls)
      .find(([url]) => url.endsWith('/refused'))[0];
    const before = server.demo.requestsElsewhere();
    const lines = [
      'not a URL',
      'http://',
      'ftp://127.0.0.1/file',
      'https://name:secret@127.0.0.1/',
      '<img src="x" onerror="document.body.dataset.errors = 1">',
      '/api/slow?ms=0',
      '/api/slow?ms=0#again',
      elsewhere,
      'http://127.0.0.1:2/',
      '/api/redirect-loop',
      '/api/drop?count=100000',
    ];
    await start(lines, { attempts: '2' });
    const view = await end();
    assert.deepEqual(
      view.rows.map(({ url }) => url),
      lines,
    );
    assert.deepEqual(outcomes(view), [
      ...Array(5).fill('invalid URL, 0'),
      'ok, 1',
      'duplicate, 0',
      ...Array(4).fill('network error, 2'),
    ]);
    assert.equal(view.rows[6].detail, 'same as row 6');
    assert.equal(server.demo.requestsElsewhere() - before, 2, 'what CORS refuses has been asked for');
  });

  it('gives up on an endpoint that hangs, at every attempt, and frees it', async () => {
    await start(['/api/hang', '/api/bytes?count=1000&seconds=100'], { timeout: '0.3', attempts: '2' });
    assert.deepEqual(outcomes(await end()), ['timeout, 2', 'timeout, 2']);
  });

  if (engine === 'chromium') {
    it('ends the default list as its endpoints promise', async () => {
      await page.fill({ timeout: '5' });
      await page.click('run');
      const view = await end();
      const promises = server.demo.catalogue.flatMap(({ urls }) => urls);
      assert.ok(promises.length >= 40);
      assert.deepEqual(
        view.rows.map(({ url, outcome, attempts }) => ({ url, outcome, attempts })),
        promises.map(([url, { outcome, attempts }]) => ({
          url,
          outcome,
          attempts: attempts === 'all' ? 3 : attempts,
        })),
      );
      assert.match(
        view.summary,
        new RegExp(`; ${promises.length} of ${promises.length} as their endpoints promise;`),
      );
    });

    it('knows nothing of an earlier run', async () => {
      for (let run = 1; run <= 2; run++) {
        await start(['/api/flaky?times=1&key=a'], { attempts: '2' });
        assert.deepEqual(outcomes(await end()), ['ok, 2']);
      }
    });

    it('fetches no more at the same time than it is told', async () => {
      await start(
        Array.from({ length: 9 }, (_, n) => `/api/hang?n=${n}`),
        { concurrency: '4' },
      );
      // What the server sees, not what the page says.
      await page.until('four requests', () => server.demo.open() === 4);
      const { rows } = await page.until('a tick of the feed', ({ ticks }) => ticks > 1);
      assert.equal(server.demo.open(), 4);
      assert.equal(rows.filter(({ phase }) => phase === 'fetching').length, 4);
      await page.click('cancel');
      await end();
    });

    for (const [what, text] of Object.entries({
      empty: '',
      blank: ' \n\n  ',
      'nothing but comments': '# a\n  # b',
    })) {
      it(`says so when the list is ${what}, and runs nothing`, async () => {
        await page.fill({ urls: text });
        await page.click('run');
        const { state, problem, rows } = await page.look();
        assert.equal(state, 'idle');
        assert.equal(problem, 'There is nothing to fetch: write at least one URL, one a line.');
        assert.equal(rows.length, 0);
        const focus = await tab.evaluate(() => [
          document.activeElement.id,
          document.activeElement.ariaInvalid,
        ]);
        assert.deepEqual(focus, ['urls', 'true']);
        await start(['/api/slow?ms=0']);
        assert.equal((await end()).problem, '');
      });
    }

    for (const [field, value, message] of [
      ['concurrency', '0', '“At the same time” must be a whole number from 1 to 100.'],
      ['concurrency', '1.5', '“At the same time” must be a whole number from 1 to 100.'],
      ['timeout', '', '“Timeout, seconds” must be a number from 0.01 to 600.'],
      ['attempts', '-1', '“Attempts” must be a whole number from 1 to 20.'],
    ]) {
      it(`refuses '${value}' as ${field}`, async () => {
        await page.fill({ [field]: value });
        await page.click('run');
        const { state, problem } = await page.look();
        assert.deepEqual([state, problem], ['idle', message]);
        assert.equal(await tab.evaluate(() => document.activeElement.id), field);
      });
    }

    it('opens the feed again when the server closes it', async () => {
      await start(['/api/hang']);
      // The server closes a connection after 25 ticks.
      await page.until(
        'ticks over another connection',
        ({ connections, ticks }) => connections > 1 && ticks > 25,
      );
      await page.click('cancel');
      await end();
    });

    it('shows a mistake in the program, and cleans up also then', async () => {
      await tab.evaluate(() => {
        const { parse } = JSON;
        JSON.parse = () => {
          JSON.parse = parse;
          throw new Error('broken on purpose'); // in the feed, at its first message
        };
      });
      await start(['/api/hang?n=1', '/api/hang?n=2']);
      const { state, summary, problem } = await end();
      assert.equal(state, 'failed');
      assert.match(summary, /^The program failed: ExceptionGroup: .*cleanups: opened 3, cleaned up 3\.$/);
      assert.match(problem, /ExceptionGroup/);
      const errors = await page.errors();
      assert.ok(errors.length > 0, 'it is an error of the page, too');
      // Told; the next run starts from nothing.
      await tab.evaluate(() => delete document.body.dataset.errors);
      tab.consoleMessages.splice(0);
      await start(['/api/slow?ms=0']);
      assert.deepEqual(outcomes(await end()), ['ok, 1']);
    });
  }
});

if (engine === 'chromium') {
  describe('the fetcher on a host of files only', () => {
    let server;
    let browser;

    before(async () => {
      server = await serveSite();
      browser = await launch(engine);
    });

    after(async () => {
      await browser?.close();
      server?.close();
    });

    it('is built by Vite, and fetches what it is given, without a feed', async () => {
      const tab = await browser.newPage(`${server.origin}/demo/fetcher/index.html`);
      const page = drive(tab);
      const { summary } = await page.until('the page to be ready', ({ state }) => state === 'idle');
      assert.equal(summary, 'Ready. This page has no server of its own.');
      await page.fill({ urls: '/demo/fetcher/index.html\n/nothing-here', timeout: LONG });
      await page.click('run');
      const view = await page.until('the run to end', isOver);
      assert.deepEqual(
        view.rows.map(({ outcome, status }) => [outcome, status]),
        [
          ['ok', 200],
          ['HTTP error', 404],
        ],
      );
      assert.deepEqual([view.opened, view.cleanedUp, view.connections], [2, 2, 0]);
      assert.deepEqual(await page.errors(), []);
    });
  });
}
