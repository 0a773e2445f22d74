// The playground: programs are edited, run, held, stepped, cancelled, stopped, shared, and cannot do any harm.
// Chromium is driven by keys and mouse; the other engines show that the same things work there.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import playwright from 'playwright-core';
import { loadExamples } from '../../demo/playground/load-examples.mjs';
import { createDemoServer } from '../../demo/server/demo-server.mjs';
import { findBrowser, launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';
import { serveSite } from '../support/site.mjs';

/** Milliseconds until a page counts as stuck. Nothing waits for so long: pages are asked for states. */
const PATIENCE = 180_000;

/** High enough that the console shows all lines of these programs. */
const TALL = { width: 1280, height: 2400 };

/** So many pages are driven at a time: most of a test is waiting. */
const AT_ONCE = 4;

/** What the page shows, in one look. Runs in the page. */
function look() {
  const text = (selector) => document.querySelector(selector)?.textContent ?? '';
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
  return {
    state: document.body.dataset.state,
    held: document.body.dataset.held === 'true',
    status: text('#status'),
    facts: text('#facts'),
    console: texts('#console .line:not([hidden]) .text'),
    tasks: texts('#view-tasks .task:not([hidden]) .name'),
    waits: texts('#view-tasks .task:not([hidden]) .wait'),
  };
}

const program = (body) => `import * as asyncio from 'asyncio-web';\n${body}\n`;
/** The fragment of a link to a program. */
const fragmentOf = (code, { loop = 'browser', seed = 1 } = {}) =>
  `#v=1&loop=${loop}&seed=${seed}&code=${deflate(code)}`;

/** Opens what a fragment names, in a page that is there, with nothing left of what was there before. Runs in the page. */
function reopen(fragment) {
  const press = (id) => document.getElementById(id).click();
  if (!document.getElementById('stop').disabled) for (let times = 0; times < 2; times += 1) press('stop');
  if (document.getElementById('pause').ariaPressed === 'true') press('pause');
  const filter = document.getElementById('filter');
  filter.value = '';
  document.getElementById('level').value = 'all';
  filter.dispatchEvent(new Event('input'));
  document.getElementById('pace').value = 'Infinity';
  document.getElementById('debug').checked = false;
  press('tab-tasks');
  history.replaceState(null, '', fragment);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** A program as the page's own links have it. */
function deflate(code) {
  return deflateRawSync(Buffer.from(code)).toString('base64url');
}

/** LONG=1 also runs what takes minutes: programs that are large on purpose, and every example in each engine. */
const isLong = Boolean(process.env.LONG);

const examples = await loadExamples();

/** Examples that mostly sleep: on the simulator they come to the same, without the time. */
const TIMELESS = ['hello', 'cleanup', 'queue'];

/** Whether an example has come to its end, or does what it does for ever. Runs in the page. */
function hasComeTo([ends, last]) {
  const { state } = document.body.dataset;
  const text = document.querySelector('#console').textContent;
  return state === (ends === 'runs on' ? 'running' : ends) && text.includes(last);
}

function checkPrints({ prints }, { console }) {
  const text = console.join('\n');
  let at = 0;
  for (const part of prints) {
    const found = text.indexOf(part, at);
    assert.ok(found >= 0, `'${part}' in:\n${text}`);
    at = found + part.length;
  }
}

/**
 * The most time of the processor, in milliseconds, that one task of the page's main thread took: what it takes by the
 * clock depends on what else the machine does.
 */
function longestTaskOf({ traceEvents }) {
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ ph, pid, tid, tdur }) => ph === 'X' && tdur !== undefined && mains.has(`${pid} ${tid}`),
  );
  assert.ok(tasks.length > 100, 'the trace has the tasks of the page');
  return Math.max(...tasks.map(({ tdur }) => tdur)) / 1000;
}

describe(`the playground in ${engine}`, () => {
  let server;
  let browser;
  let tab;

  before(async () => {
    server = await serveSite();
    browser = await launch(engine);
    tab = await browser.newPage(`${server.origin}/`);
    await tab.waitFor(() => document.body.dataset.ready === 'true');
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  const open = async (fragment) => {
    await tab.evaluate(reopen, fragment);
    await tab.waitFor(() => document.body.dataset.ready === 'true');
  };
  const click = (id) => tab.evaluate((id) => document.getElementById(id).click(), id);
  const until = async (...states) => {
    await tab.waitFor((states) => states.includes(document.body.dataset.state), states);
    return tab.evaluate(look);
  };

  it('runs a program, and shows what it prints, its tasks and its loop', async () => {
    await open('#example=hello');
    await click('run');
    const { console, facts, status } = await until('done');
    assert.deepEqual(console, [
      'both are on their way',
      'hello, Grace',
      'hello, Ada',
      'finished: Ada and Grace',
    ]);
    assert.match(facts, /^BrowserEventLoop · 8 steps/);
    assert.match(status, /^Done in/);
    await click('tab-tasks');
    const tasks = await tab.waitFor(() => {
      const names = [...document.querySelectorAll('.task:not([hidden]) .name')].map((one) => one.textContent);
      return names.length > 3 && names;
    });
    assert.deepEqual(tasks.slice(0, 3), ['Task-1', 'ada', 'grace']);
  });

  it('ends a program that never gives way, and runs the next one', async () => {
    await open(fragmentOf('console.log("begin");\nwhile (true);'));
    await click('run');
    await until('running');
    await click('stop');
    const { console } = await until('interrupted');
    assert.match(console.at(-1), /^Stopped: the program did not end within a second/);
    await tab.evaluate(() => {
      document.querySelector('#example').value = 'gather';
      document.querySelector('#example').dispatchEvent(new Event('change'));
    });
    await click('run');
    assert.equal((await until('done')).facts.includes('SimLoop'), true);
  });

  it('finds a deadlock on the simulator, and names its circle', async () => {
    await open('#example=philosophers');
    await click('run');
    await until('deadlock');
    const name = await tab.waitFor(() => document.querySelector('.cycle-name')?.textContent);
    assert.equal(name, 'Plato → Hypatia → Kant → Arendt → Laozi → Plato');
  });

  it('holds a program, lets it make single steps, and goes on', async () => {
    await open('#example=gather');
    await click('pause');
    await click('run');
    await tab.waitFor(() => document.body.dataset.held === 'true');
    assert.match((await tab.evaluate(look)).facts, / 0 steps/);
    for (const steps of [1, 2, 3]) {
      await click('step-handle');
      await tab.waitFor(
        (steps) => document.querySelector('#facts').textContent.includes(` ${steps} step`),
        steps,
      );
    }
    await click('pause');
    assert.match((await until('done')).facts, /virtual time 1\.3 s/);
  });

  for (const example of isLong && engine !== 'chromium' ? examples : []) {
    it(`has the example '${example.id}' come to what it promises`, async () => {
      const { id, ends, prints } = example;
      await open(`#example=${id}`);
      await tab.evaluate(() => {
        document.getElementById('pace').value = 'Infinity';
      });
      await click('run');
      await tab.waitFor(hasComeTo, [ends, prints.at(-1)]);
      checkPrints(example, await tab.evaluate(look));
    });
  }
});

if (engine === 'chromium') {
  describe('the playground, used', { concurrency: AT_ONCE }, () => {
    let server;
    let rooms;
    let serverWithRooms;
    let browser;
    /** Its pages share their storage. */
    let shared;
    /** Pages that nobody uses at the moment. */
    const idle = [];

    before(async () => {
      server = await serveSite();
      // The site alone is what a static host gives; `npm start` has the demo's server in it.
      rooms = await createDemoServer();
      serverWithRooms = await serveSite({ upgrade: rooms.upgrade });
      browser = await playwright.chromium.launch({
        executablePath: (await findBrowser(engine)).executable,
        args: ['--no-sandbox'],
      });
      shared = await browser.newContext({ viewport: TALL });
    });

    after(async () => {
      await browser?.close();
      rooms?.close();
      serverWithRooms?.close();
      server?.close();
    });

    /** A page and what a user does with it. */
    class User {
      errors = [];

      static async in(context) {
        const user = new User();
        user.context = context;
        user.page = await context.newPage();
        user.page.setDefaultTimeout(PATIENCE);
        user.page.on('pageerror', (error) => user.errors.push(String(error)));
        return user;
      }

      /** A load of the page. */
      async load(address = '/') {
        await this.page.goto(new URL(address, server.origin).href);
        await this.isReady();
      }

      /** Opens what a fragment names, as a link in the page would. */
      async open(fragment) {
        if (this.page.url() === 'about:blank') return this.load(`/${fragment}`);
        await this.page.evaluate(reopen, fragment);
        return this.isReady();
      }

      isReady() {
        return this.seen(() => document.body.dataset.ready === 'true');
      }

      example(id) {
        return this.open(`#example=${id}`);
      }

      async run(code, options) {
        await this.open(fragmentOf(code, options));
        await this.page.click('#run');
      }

      seen(condition, argument) {
        return this.page.waitForFunction(condition, argument);
      }

      async until(...states) {
        await this.seen(
          (states) =>
            [...states, 'done', 'failed', 'interrupted', 'deadlock'].includes(document.body.dataset.state),
          states,
        );
        const shown = await this.page.evaluate(look);
        assert.ok(states.includes(shown.state), `${shown.status}\n${shown.console.join('\n')}`);
        return shown;
      }

      /** The page answers, and the next program runs. */
      async stillWorks() {
        await this.page.click('#share');
        await this.page.click('#close-share');
        await this.page.selectOption('#example', 'context');
        await this.page.click('#run');
        const { console } = await this.until('done');
        assert.equal(console[0], '[A] begin');
      }
    }

    /** A test with a page that is as good as new. */
    const itUses = (name, body) =>
      it(name, async (test) => {
        const user = idle.pop() ?? (await User.in(shared));
        user.errors = [];
        await body(user, test);
        assert.deepEqual(user.errors, []);
        idle.push(user); // not after a failure: the page may be anything then
      });

    const itLong = isLong ? itUses : () => undefined;

    /** A test with a browser's storage of its own. */
    const itVisits = (name, body) =>
      it(name, async (test) => {
        const context = await browser.newContext({ viewport: TALL });
        const user = await User.in(context);
        await body(user, test);
        assert.deepEqual(user.errors, []);
        await context.close();
      });

    itVisits('runs what was typed, from the editor, by Control and Enter', async (user) => {
      const { page } = user;
      await user.load();
      await page.click('.cm-content');
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(
        program('asyncio.run(asyncio.sleep(0.01, 1)).then((n) => console.log(n + 1));'),
      );
      await page.keyboard.press('Control+Enter');
      assert.deepEqual((await user.until('done')).console, ['2']);
      assert.equal(await page.inputValue('#example'), 'mine');
    });

    itVisits('keeps the last program', async (user) => {
      await user.run(program('console.log("kept");'), { loop: 'sim', seed: 42 });
      await user.until('done');
      const other = await User.in(user.context);
      await other.load();
      assert.match(await other.page.textContent('.cm-content'), /console\.log\("kept"\)/);
      assert.deepEqual(
        [await other.page.inputValue('#loop'), await other.page.inputValue('#seed')],
        ['sim', '42'],
      );
    });

    itVisits('shares a program, its loop and its seed in a link that opens them again', async (user) => {
      const { page } = user;
      const code = program('console.log("shared ✓");');
      await user.run(code, { loop: 'sim', seed: 7 });
      await user.until('done');
      await page.click('#share');
      await page.waitForSelector('dialog[open]');
      const link = await page.inputValue('#share-link');
      const embedded = await page.inputValue('#share-embed');

      const elsewhere = await browser.newContext({ viewport: TALL });
      const other = await User.in(elsewhere);
      await other.load(link);
      assert.deepEqual(
        [
          await other.page.inputValue('#loop'),
          await other.page.inputValue('#seed'),
          await other.page.evaluate(() => document.body.dataset.state),
        ],
        ['sim', '7', 'idle'],
        'it is opened, and not run',
      );
      await other.page.click('#run');
      assert.deepEqual((await other.until('done')).console, ['shared ✓']);

      const [, address] = /src="([^"]*)"/.exec(embedded);
      // A document of another site, from a server: a browser keeps what has none away from servers of the machine.
      const site = await serveFiles({
        '/document.html': `<p>A document</p><iframe src="${address}" width="900" height="600"></iframe>`,
      });
      await other.page.goto(`${site.origin}/document.html`);
      const frame = await (await other.page.waitForSelector('iframe')).contentFrame();
      await frame.waitForFunction(() => document.body.dataset.ready === 'true');
      await frame.click('#run');
      await frame.waitForFunction(() => document.body.dataset.state === 'done');
      assert.deepEqual((await frame.evaluate(look)).console, ['shared ✓']);
      assert.equal(await frame.isVisible('#example'), false);
      assert.equal(await frame.isVisible('#open-full'), true);
      assert.deepEqual(other.errors, []);
      await elsewhere.close();
      site.close();
    });

    itVisits('opens an example for a fragment that is none of its links', async (user) => {
      for (const fragment of ['#v=1&code=%%%', '#v=1&code=AAAA', '#example=nothing', '#code=x']) {
        await user.open(fragment);
        assert.match(await user.page.textContent('.cm-content'), /import \* as asyncio/, fragment);
      }
    });

    itUses('cancels a task from the tree, by the keyboard', async (user) => {
      const { page } = user;
      await user.run(
        program(`function* nap(name: string): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(1000);
  } finally {
    console.log(name, 'cleans up');
  }
}
function* main() {
  const naps = ['a', 'b'].map((name) => asyncio.createTask(nap(name), { name }));
  yield* asyncio.wait(naps, { returnWhen: asyncio.FIRST_COMPLETED });
  console.log(naps.map((nap) => nap.cancelled()).join());
}
await asyncio.run(main);`),
      );
      await user.seen(() => document.querySelectorAll('.task:not([hidden])').length === 3);
      await page.focus('[role=tree]');
      for (const key of ['Home', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
      await user.seen(() => {
        const active = document.querySelector('[role=tree]').getAttribute('aria-activedescendant');
        return document.querySelector(`#${active} .name`)?.textContent === 'b';
      });
      await page.keyboard.press('Delete');
      const { console } = await user.until('done');
      assert.deepEqual(console, ['Cancelled b from the tree', 'b cleans up', 'false,true', 'a cleans up']);
    });

    itUses('shows in the tree who waits for what, and where', async (user) => {
      const { page } = user;
      await user.run(
        program(`const gate = new asyncio.Lock();
function* holder(): asyncio.Coroutine<void> {
  yield* gate.acquire();
  yield* asyncio.sleep(1000);
}
function* comer(): asyncio.Coroutine<void> {
  yield* gate.acquire();
}
function* main() {
  const first = asyncio.createTask(holder(), { name: 'holder' });
  const second = asyncio.createTask(comer(), { name: 'comer' });
  yield* first;
}
await asyncio.run(main);`),
      );
      await user.seen(() => document.querySelectorAll('.arcs path').length === 2);
      const { tasks, waits } = await page.evaluate(look);
      assert.deepEqual(tasks, ['Task-1', 'holder', 'comer']);
      assert.equal(waits[0], 'waits for holder');
      assert.match(waits[1], /^sleeps until 1,000 s$|^sleeps until 1,000\.\d s$/);
      assert.equal(waits[2], 'waits at gate');
      const lines = await page.$$eval('.task:not([hidden]) .place', (places) =>
        places.map((one) => one.textContent),
      );
      assert.deepEqual(lines, ['line 13', 'line 5', 'line 8']);
      // No frame in between: a view shows what there is as soon as it is picked.
      const [row] = await page.evaluate(() => {
        document.querySelector('#tab-primitives').click();
        return [...document.querySelectorAll('.primitive')].map((one) => one.innerText.split('\n'));
      });
      assert.deepEqual(row, ['gate', 'Lock', 'line 2', 'locked', 'held by holder', 'comer · acquire']);
    });

    itUses('steps by callbacks and by iterations, while the clock of the loop stands still', async (user) => {
      const { page } = user;
      await user.open(
        fragmentOf(
          program(`function* count(): asyncio.Coroutine<void> {
  for (let n = 0; n < 3; n += 1) yield* asyncio.sleep(0);
}
function* main() {
  const loop = asyncio.getRunningLoop();
  const [before, really] = [loop.time(), performance.now()];
  yield* asyncio.gather(count(), count());
  const stood = (performance.now() - really) / 1000 - (loop.time() - before);
  console.log(stood > 0.35 ? 'the clock stood still' : 'time went on');
}
await asyncio.run(main);`),
        ),
      );
      await page.click('#pause');
      await page.click('#run');
      await user.seen(() => document.body.dataset.held === 'true');
      const steps = async (count) =>
        user.seen((text) => document.querySelector('#facts').textContent.includes(text), ` ${count} step`);
      await page.keyboard.press('F10');
      await steps(1);
      await page.click('#tab-queues');
      await user.seen(() => document.querySelectorAll('.ready .waiting:not([hidden])').length === 2);
      await page.keyboard.press('Shift+F10');
      await steps(3);
      await page.keyboard.press('Shift+F10');
      await steps(5);
      await page.keyboard.press('F10');
      await steps(6);
      await page.keyboard.press('Shift+F10');
      await steps(7);
      // While the loop is held its time does not pass, whatever the real one does.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
      await page.keyboard.press('F8');
      assert.deepEqual((await user.until('done')).console, ['the clock stood still']);
    });

    // Of a drawing that began with much else to do Chromium showed nothing, every second time, and for ever.
    for (const time of [1, 2, 3]) {
      itVisits(`shows what a program draws, ${time}`, async (user) => {
        const { page } = user;
        await user.load('/#example=frames');
        await page.click('#tab-stage');
        const shot = () => page.locator('#frames').screenshot();
        const nothing = await shot();
        assert.ok(nothing.equals(await shot()), 'an empty stage is always the same');
        await page.click('#run');
        await user.until('done');
        const deadline = Date.now() + PATIENCE;
        while (nothing.equals(await shot())) assert.ok(Date.now() < deadline, 'the stage stays empty');
      });
    }

    itUses('goes slowly when it is asked to, and at full speed again', async (user) => {
      const { page } = user;
      await user.example('gather');
      await page.selectOption('#pace', '20');
      await page.click('#run');
      await user.seen(() => / [1-9]\d* steps? /.test(document.querySelector('#facts').textContent));
      await page.selectOption('#pace', 'Infinity');
      assert.match((await user.until('done')).facts, /virtual time 1\.3 s/);
    });

    itUses('runs the same program on every loop, and says what the loop stands on', async (user) => {
      const { page } = user;
      const code = program(`function* nap(seconds: number): asyncio.Coroutine<number> {
  yield* asyncio.sleep(seconds);
  return seconds;
}
function* main() {
  console.log(yield* asyncio.gather(nap(0.02), nap(0.01)));
}
await asyncio.run(main);`);
      const expected = {
        browser: /^BrowserEventLoop · /,
        sim: /^SimLoop · .* virtual time 20 ms$/,
        frame: /^BaseEventLoop on AnimationFrameHost · /,
        idle: /^BaseEventLoop on IdleHost · /,
        guest: /^BaseEventLoop, guest of a ticker · /,
      };
      await user.open(fragmentOf(code));
      const loops = await page.$$eval('#loop option', (options) => options.map(({ value }) => value));
      assert.deepEqual(loops, Object.keys(expected));
      for (const loop of loops) {
        await page.selectOption('#loop', loop);
        await page.click('#run');
        const { console, facts } = await user.until('done');
        assert.equal(console.at(-1), '[0.02, 0.01]', loop);
        assert.match(facts, expected[loop]);
        // No engine tells a Worker when it is idle.
        assert.equal(/A Worker is not told of idle times/.test(console.join()), loop === 'idle', loop);
      }
    });

    itUses('stops a guest, which then cleans up', async (user) => {
      await user.run(
        program(`function* main() {
  try {
    console.log('begin');
    yield* asyncio.sleep(1000);
  } finally {
    yield* asyncio.sleep(0.01);
    console.log('cleaned up');
  }
}
await asyncio.run(main);`),
        { loop: 'guest' },
      );
      await user.seen(() => document.querySelector('#console').textContent.includes('begin'));
      await user.page.click('#stop');
      const { console } = await user.until('interrupted');
      assert.deepEqual(console.slice(0, 2), ['begin', 'cleaned up']);
    });

    itUses('asks a host for its wake-up by the host’s clock, also after the loop was held', async (user) => {
      const { page } = user;
      await user.open(
        fragmentOf(
          program(`import type { HostLoop, Pump } from 'asyncio-web/lowlevel';
class Host implements HostLoop {
  readonly clockResolution = 0.001;
  #pump: Pump | null = null;
  now() { return performance.now() / 1000; }
  start(pump: Pump) { this.#pump = pump; }
  wakeSoon() { setTimeout(() => this.#pump?.(100)); }
  wakeAt(when: number) { console.log(when - this.now() <= 100 ? 'in time' : 'too late'); }
  reportError() {}
  stop() { this.#pump = null; }
}
await asyncio.run(asyncio.sleep(100), { loopFactory: () => new asyncio.BaseEventLoop(new Host()) });`),
        ),
      );
      await page.click('#pause');
      await page.click('#run');
      await user.seen(() => document.body.dataset.held === 'true');
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
      await page.keyboard.press('F8');
      await user.seen(() => document.querySelectorAll('#console .line:not([hidden])').length > 0);
      assert.deepEqual((await page.evaluate(look)).console, ['in time']);
    });

    itUses('replays a deadlock step by step', async (user) => {
      const { page } = user;
      await user.example('philosophers');
      await page.click('#run');
      await user.until('deadlock');
      const first = await page.textContent('.cycle-list');
      // The views stay as they were in the deadlock, though the run has been shut down.
      await page.click('#tab-tasks');
      const { waits } = await page.evaluate(look);
      assert.deepEqual(waits, [
        'waits for its children',
        ...[2, 3, 4, 5, 1].map((fork) => `waits at forks #${fork}`),
      ]);
      assert.equal((await page.$$('.arcs .hold')).length, 5);
      await page.click('#tab-deadlock');
      await page.click('#replay');
      await user.seen(() => document.body.dataset.held === 'true');
      for (let press = 0; press < 3; press += 1) await page.keyboard.press('Shift+F10');
      await user.seen(() => document.querySelectorAll('.primitive').length === 5);
      await page.keyboard.press('F8');
      await user.until('deadlock');
      assert.equal(await page.textContent('.cycle-list'), first);
    });

    itUses('tells a deadlock of the browser’s loop, too', async (user) => {
      const { page } = user;
      await user.run(
        program(`const tasks: asyncio.Task<void>[] = [];
function* wait(other: number): asyncio.Coroutine<void> {
  yield* asyncio.sleep(0);
  yield* tasks[other] as asyncio.Task<void>;
}
function* main() {
  tasks.push(asyncio.createTask(wait(1), { name: 'hen' }), asyncio.createTask(wait(0), { name: 'egg' }));
  yield* asyncio.gather(tasks);
}
await asyncio.run(main);`),
      );
      await page.click('#tab-deadlock');
      assert.equal(await page.textContent('.cycle-name'), 'hen → egg → hen');
      await page.click('#stop');
    });

    itUses('goes from step to step of the timeline by the arrow keys, and says what it is', async (user) => {
      const { page } = user;
      await user.example('gather');
      await page.click('#run');
      await user.until('done');
      await page.focus('.timeline');
      await page.keyboard.press('ArrowRight');
      assert.match(await page.textContent('.detail'), /^Step 1: Task-1 ran for .* then: waits for several$/);
      await page.keyboard.press('ArrowRight');
      assert.match(await page.textContent('.detail'), /^Step 2: Task-2 .* then: sleeping$/);
      await page.keyboard.press('End');
      assert.match(await page.textContent('.detail'), /^Step 15: .* then: done$/);
    });

    itUses('completes names of the library, and marks mistakes in their places', async (user) => {
      const { page } = user;
      await user.open(fragmentOf(program('const nap: string = asyncio.sleep(1);\nasyncio.')));
      await page.click('.cm-content');
      await page.waitForFunction(() => document.body.dataset.language === 'ready');
      await page.waitForSelector('.cm-lintRange-error');
      await page.keyboard.press('Control+End');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.type('withTimeo');
      await page.waitForSelector('.cm-tooltip-autocomplete');
      const options = await page.$$eval('.cm-completionLabel', (labels) =>
        labels.map((one) => one.textContent),
      );
      assert.deepEqual(options.slice(0, 2), ['withTimeout', 'withTimeoutAt']);
      await page.waitForFunction(() =>
        /Coroutine/.test(document.querySelector('.explanation')?.textContent ?? ''),
      );
    });

    itUses('shows where a syntax error is', async (user) => {
      const { page } = user;
      await user.run('const a = 1;\nconst b = = 2;\n');
      const { console, state } = await user.until('failed');
      assert.equal(state, 'failed');
      assert.deepEqual(console, ['SyntaxError: Unexpected token (line 2)']);
      assert.equal(await page.textContent('.cm-activeLine'), 'const b = = 2;');
    });

    itUses('shows errors with the lines of the program', async (user) => {
      await user.run(
        program(
          'function* main() {\n  yield* inner();\n}\nfunction* inner(): asyncio.Coroutine<void> {\n  throw new RangeError("oh");\n}\nawait asyncio.run(main);',
        ),
      );
      const { console } = await user.until('failed');
      assert.deepEqual(console, [
        'RangeError: oh',
        '    at inner (program.ts:6)',
        '    at main (program.ts:3)',
      ]);
    });

    itUses('filters the console', async (user) => {
      const { page } = user;
      await user.run('console.log("one");\nconsole.warn("two");\nconsole.error("three");\n');
      await user.until('done');
      await page.fill('#filter', 'T');
      await user.seen(() => document.querySelectorAll('#console .line:not([hidden])').length === 2);
      await page.selectOption('#level', 'error');
      await user.seen(() => document.querySelectorAll('#console .line:not([hidden])').length === 1);
    });

    for (const [host, says] of [
      ['a static host', /^no room at this server: in the room of the tabs, channel:chat$/],
      ['a server with rooms', /^in the room of the server, ws:.*\/room$/],
    ]) {
      itVisits(`lets two tabs talk to each other on ${host}`, async (user) => {
        const { origin } = host === 'a static host' ? server : serverWithRooms;
        const other = await User.in(user.context);
        for (const one of [user, other]) await one.load(`${origin}/#example=chat`);
        const shows = (one, text) =>
          one.seen((text) => document.querySelector('#console').textContent.includes(text), text);
        await user.page.click('#run');
        await shows(user, 'You are');
        assert.match((await user.page.evaluate(look)).console[0], says);
        await other.page.click('#run');
        await shows(user, 'is here');
        await shows(other, 'welcome!');
        assert.deepEqual(other.errors, []);
      });
    }

    for (const example of examples) {
      itUses(`has the example '${example.id}' come to what it promises`, async (user) => {
        const { page } = user;
        const { id, ends, prints } = example;
        assert.match(example.look, /^.{40,240}\.$/);
        await user.example(id);
        await page.selectOption('#pace', 'Infinity');
        if (TIMELESS.includes(id)) await page.selectOption('#loop', 'sim');
        await page.click('#run');
        await user.seen(hasComeTo, [ends, prints.at(-1)]);
        checkPrints(example, await page.evaluate(look));
        if (ends !== 'runs on') return;
        await page.evaluate(() => {
          for (let times = 0; times < 2; times += 1) document.getElementById('stop').click();
        });
        await user.until('interrupted');
      });
    }

    // Programs that mean harm

    const PROGRAMS = {
      'endless microtasks': 'const again = () => Promise.resolve().then(again);\nagain();',
      'endless microtasks in a coroutine': program(
        'function* main() {\n  const again = () => void Promise.resolve().then(again);\n  again();\n  yield* asyncio.sleep(0);\n}\nawait asyncio.run(main);',
      ),
      'endless recursion of timers':
        'const again = () => { setTimeout(again); setTimeout(again); };\nagain();',
      'a loop that never ends in a step': program(
        'function* main() {\n  for (;;);\n}\nawait asyncio.run(main);',
      ),
      'a task that refuses to be cancelled': program(
        'function* main() {\n  for (;;) try {\n    yield* asyncio.sleep(0.01);\n  } catch {}\n}\nawait asyncio.run(main);',
      ),
    };
    for (const [what, code] of Object.entries(PROGRAMS)) {
      itUses(`stops ${what}`, async (user) => {
        const { page } = user;
        await user.run(code);
        await user.until('running');
        await page.click('#stop');
        await user.until('interrupted');
        await user.stillWorks();
      });
    }

    itLong('outlives a program that takes all the memory it can get', async (user) => {
      await user.run(
        'const kept: unknown[] = [];\ntry {\n  for (;;) kept.push(new Uint8Array(256 << 20));\n} catch (error) {\n  kept.length = 0;\n  console.log((error as Error).name);\n}',
      );
      assert.deepEqual((await user.until('done')).console, ['RangeError']);
      await user.stillWorks();
    });

    itUses('takes 100,000 lines, shows the last, and counts what it does not keep', async (user) => {
      const { page } = user;
      await user.run(
        'for (let n = 1; n <= 100_000; n += 1) console.log("line", n);\nsetTimeout(() => console.log("end"), 100);\nawait new Promise((resolve) => setTimeout(resolve, 200));',
      );
      const { console } = await user.until('done');
      assert.equal(console.at(-1), 'end');
      assert.match(await page.textContent('#console-note'), /^\d+\u202f\d+ lines not kept$/);
      assert.ok((await page.$$('#console .line')).length < 200);
    });

    itUses('lets nothing of the page be reached', async (user) => {
      await user.run(
        program(`const attempts: Record<string, () => unknown> = {
  document: () => (globalThis as any).document.title,
  parent: () => (globalThis as any).parent.document,
  storage: () => localStorage.length,
  cookies: () => (globalThis as any).document.cookie,
  opener: () => (globalThis as any).window.open('/'),
  import: () => (globalThis as any).importScripts('${server.origin}/service-worker.js'),
};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    console.log(name, 'reached:', attempt());
  } catch {
    console.log(name, 'refused');
  }
}
console.log(location.origin, self.origin);
try {
  await fetch('${server.origin}/index.html');
  console.log('page read');
} catch {
  console.log('page refused');
}
try {
  const request = indexedDB.open('x');
  await new Promise((resolve, reject) => Object.assign(request, { onsuccess: resolve, onerror: reject }));
  console.log('database reached');
} catch {
  console.log('database refused');
}`),
      );
      const { console } = await user.until('done');
      assert.deepEqual(console, [
        'document refused',
        'parent refused',
        'storage refused',
        'cookies refused',
        'opener refused',
        'import refused',
        'null null',
        'page refused',
        'database refused',
      ]);
    });

    itUses('keeps its views when a program throws wherever it is called', async (user) => {
      await user.run(
        program(`const bad = () => { throw new Error('bad'); };
class Nasty extends Error {
  override get message(): string { throw new Error('no message'); }
}
const trap = new Proxy({}, { get: bad, has: bad, ownKeys: bad, getPrototypeOf: bad });
function* main() {
  const loop = asyncio.getRunningLoop() as asyncio.BaseEventLoop;
  loop.addInstrument({ beforeTaskStep: bad, afterTaskStep: bad, taskDone: bad, beforeHandle: bad, beforeIteration: bad });
  loop.setExceptionHandler(bad);
  loop.callSoon(new Proxy(() => undefined, { get: bad, apply: bad }) as () => void);
  console.log(trap, { get x() { return bad(); } }, Symbol('s'), 10n, [[[[1]]]]);
  console.error(new Nasty());
  const task = asyncio.createTask(asyncio.sleep(0.01), { name: { toString: bad } as never });
  yield* task;
}
await asyncio.run(main);`),
      );
      const { state, console } = await user.until('failed', 'done');
      assert.ok(console.length > 0);
      assert.equal(state, 'failed');
      await user.stillWorks();
    });

    itUses('ends a program that speaks in the place of the runner', async (user) => {
      await user.run(
        `const send = MessagePort.prototype.postMessage;
let port: MessagePort | undefined;
MessagePort.prototype.postMessage = function (...args: any[]) {
  port = this;
  return send.apply(this, args as never);
};
console.log('waiting for the port');
while (port === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
for (let n = 0; n < 100_000; n += 1) send.call(port, { type: 'batch', steps: null });`,
      );
      const { console } = await user.until('failed');
      assert.match(console.at(-1), /^Ended: the program sent what the page does not understand/);
      await user.stillWorks();
    });

    itUses('sees that a program has closed its Worker, and stops it', async (user) => {
      const { page } = user;
      await user.run('setTimeout(() => close(), 50);\nawait new Promise(() => undefined);');
      await user.seen(() =>
        document.querySelector('#status').textContent.startsWith('The program does not respond'),
      );
      await page.click('#stop');
      await user.until('interrupted');
      await user.stillWorks();
    });

    itLong('shows a hundred thousand tasks and a million steps, and stays at work', async (user, test) => {
      const { page } = user;
      await user.example('many');
      for (const view of ['tasks', 'timeline', 'counters']) {
        await page.click(`#tab-${view}`);
        await page.evaluate(() => {
          const state = { frames: 0, last: performance.now(), longest: 0, start: performance.now() };
          globalThis.seen = state;
          const next = () => {
            const now = performance.now();
            state.longest = Math.max(state.longest, now - state.last);
            state.last = now;
            state.frames += 1;
            state.frame = requestAnimationFrame(next);
          };
          state.frame = requestAnimationFrame(next);
        });
        await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
        await page.click('#run');
        const { facts } = await user.until('done');
        const longestTask = longestTaskOf(JSON.parse(await browser.stopTracing()));
        const { rate, longest, rows } = await page.evaluate(() => {
          const { frame, frames, start, longest } = globalThis.seen;
          cancelAnimationFrame(frame);
          return {
            rate: (1000 * frames) / (performance.now() - start),
            longest,
            rows: document.querySelectorAll('.views .rows > *').length,
          };
        });
        assert.match(facts, /1\u202f000\u202f00\d steps/);
        assert.ok(rows < 200, `${rows} elements`);
        test.diagnostic(
          `${view}: ${Math.round(rate)} frames a second, the longest gap ${Math.round(longest)} ms, the most that one task of the page took of the processor ${longestTask.toFixed(1)} ms`,
        );
        assert.ok(longestTask < 100, `${view}: ${longestTask} ms`);
        assert.ok(rate >= 30, `${view}: ${rate} frames a second`);
      }
    });
  });
}
