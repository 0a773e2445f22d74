// The playground: programs are edited, run, held, stepped, cancelled, stopped, shared, and cannot do any harm.
// Chromium is driven by keys and mouse; the other engines show that the same things work there.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import playwright from 'playwright-core';
import { loadExamples } from '../../demo/playground/load-examples.mjs';
import { findBrowser, launch } from '../support/browsers.mjs';
import { engine } from '../support/pages.mjs';
import { serveSite } from '../support/site.mjs';

/** Milliseconds until a page counts as stuck. */
const PATIENCE = 15_000;

/** High enough that the console shows all lines of these programs. */
const TALL = { width: 1280, height: 2400 };

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
const linkTo = (server, code, { loop = 'browser', seed = 1, query = '' } = {}) => {
  const bytes = deflate(code);
  return `${server.origin}/${query}#v=1&loop=${loop}&seed=${seed}&code=${bytes}`;
};

/** A program as the page's own links have it. */
function deflate(code) {
  return deflateRawSync(Buffer.from(code)).toString('base64url');
}

/** LONG=1 also runs what takes minutes: every example, and programs that are large on purpose. */
const itLong = process.env.LONG ? it : () => undefined;

describe(`the playground in ${engine}`, () => {
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

  const open = async (url) => {
    const tab = await browser.newPage(url);
    await tab.waitFor(() => document.body.dataset.ready === 'true');
    return tab;
  };
  const click = (tab, id) => tab.evaluate((id) => document.getElementById(id).click(), id);
  const until = async (tab, ...states) => {
    await tab.waitFor((states) => states.includes(document.body.dataset.state), states);
    return tab.evaluate(look);
  };

  it('runs a program, and shows what it prints, its tasks and its loop', async () => {
    const tab = await open(`${server.origin}/#example=hello`);
    await click(tab, 'run');
    const { console, facts, status } = await until(tab, 'done');
    assert.deepEqual(console, [
      'both are on their way',
      'hello, Grace',
      'hello, Ada',
      'finished: Ada and Grace',
    ]);
    assert.match(facts, /^BrowserEventLoop · 8 steps/);
    assert.match(status, /^Done in/);
    await click(tab, 'tab-tasks');
    const tasks = await tab.waitFor(() => {
      const names = [...document.querySelectorAll('.task:not([hidden]) .name')].map((one) => one.textContent);
      return names.length > 3 && names;
    });
    assert.deepEqual(tasks.slice(0, 3), ['Task-1', 'ada', 'grace']);
    await tab.close();
  });

  it('ends a program that never gives way, and runs the next one', async () => {
    const tab = await open(linkTo(server, 'console.log("begin");\nwhile (true);'));
    await click(tab, 'run');
    await until(tab, 'running');
    await click(tab, 'stop');
    const { console } = await until(tab, 'interrupted');
    assert.match(console.at(-1), /^Stopped: the program did not end within a second/);
    await tab.evaluate(() => {
      document.querySelector('#example').value = 'gather';
      document.querySelector('#example').dispatchEvent(new Event('change'));
    });
    await click(tab, 'run');
    assert.equal((await until(tab, 'done')).facts.includes('SimLoop'), true);
    await tab.close();
  });

  it('finds a deadlock on the simulator, and names its circle', async () => {
    const tab = await open(`${server.origin}/#example=philosophers`);
    await click(tab, 'run');
    await until(tab, 'deadlock');
    const name = await tab.waitFor(() => document.querySelector('.cycle-name')?.textContent);
    assert.equal(name, 'Plato → Hypatia → Kant → Arendt → Laozi → Plato');
    await tab.close();
  });

  it('holds a program, lets it make single steps, and goes on', async () => {
    const tab = await open(`${server.origin}/#example=gather`);
    await click(tab, 'pause');
    await click(tab, 'run');
    await tab.waitFor(() => document.body.dataset.held === 'true');
    assert.match((await tab.evaluate(look)).facts, / 0 steps/);
    for (const steps of [1, 2, 3]) {
      await click(tab, 'step-handle');
      await tab.waitFor(
        (steps) => document.querySelector('#facts').textContent.includes(` ${steps} step`),
        steps,
      );
    }
    await click(tab, 'pause');
    assert.match((await until(tab, 'done')).facts, /virtual time 1\.3 s/);
    await tab.close();
  });
});

if (engine === 'chromium') {
  describe('the playground, used', () => {
    let server;
    let browser;
    let context;
    let page;
    let errors;

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
      errors = [];
      context = await browser.newContext({ viewport: TALL });
      page = await newPage(context);
    });

    afterEach(async () => {
      await context.close();
      assert.deepEqual(errors, []);
    });

    /** A page that shares storage with the others of its context. */
    async function newPage(context) {
      const made = await context.newPage();
      made.setDefaultTimeout(PATIENCE);
      made.on('pageerror', (error) => errors.push(String(error)));
      return made;
    }

    async function open(url, tab = page) {
      await tab.goto(url);
      await tab.waitForFunction(() => document.body.dataset.ready === 'true');
    }
    const example = (id, tab = page) => open(`${server.origin}/#example=${id}`, tab);
    const until = async (...states) => {
      await page.waitForFunction((states) => states.includes(document.body.dataset.state), states);
      return page.evaluate(look);
    };
    const run = async (code, options) => {
      await open(linkTo(server, code, options));
      await page.click('#run');
    };
    const seen = (condition, argument) => page.waitForFunction(condition, argument);

    it('runs what was typed, from the editor, by Control and Enter', async () => {
      await open(`${server.origin}/`);
      await page.click('.cm-content');
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(
        program('asyncio.run(asyncio.sleep(0.01, 1)).then((n) => console.log(n + 1));'),
      );
      await page.keyboard.press('Control+Enter');
      assert.deepEqual((await until('done')).console, ['2']);
      assert.equal(await page.inputValue('#example'), 'mine');
    });

    it('keeps the last program', async () => {
      await run(program('console.log("kept");'), { loop: 'sim', seed: 42 });
      await until('done');
      const other = await newPage(context);
      await open(`${server.origin}/`, other);
      assert.match(await other.textContent('.cm-content'), /console\.log\("kept"\)/);
      assert.deepEqual([await other.inputValue('#loop'), await other.inputValue('#seed')], ['sim', '42']);
      await other.close();
    });

    it('shares a program, its loop and its seed in a link that opens them again', async () => {
      const code = program('console.log("shared ✓");');
      await run(code, { loop: 'sim', seed: 7 });
      await until('done');
      await page.click('#share');
      await page.waitForSelector('dialog[open]');
      const link = await page.inputValue('#share-link');
      const embedded = await page.inputValue('#share-embed');
      const other = await newPage(await browser.newContext({ viewport: TALL }));
      await open(link, other);
      assert.deepEqual(
        [
          await other.inputValue('#loop'),
          await other.inputValue('#seed'),
          await other.evaluate(() => document.body.dataset.state),
        ],
        ['sim', '7', 'idle'],
        'it is opened, and not run',
      );
      await other.click('#run');
      await other.waitForFunction(() => document.body.dataset.state === 'done');
      assert.deepEqual((await other.evaluate(look)).console, ['shared ✓']);

      const [, address] = /src="([^"]*)"/.exec(embedded);
      await other.setContent(`<p>A document</p><iframe src="${address}" width="900" height="600"></iframe>`);
      const frame = await (await other.waitForSelector('iframe')).contentFrame();
      await frame.waitForFunction(() => document.body.dataset.ready === 'true');
      await frame.click('#run');
      await frame.waitForFunction(() => document.body.dataset.state === 'done');
      assert.deepEqual((await frame.evaluate(look)).console, ['shared ✓']);
      assert.equal(await frame.isVisible('#example'), false);
      assert.equal(await frame.isVisible('#open-full'), true);
      await other.close();
    });

    it('opens an example for a fragment that is none of its links', async () => {
      for (const fragment of ['#v=1&code=%%%', '#v=1&code=AAAA', '#example=nothing', '#code=x']) {
        await page.goto('about:blank');
        await open(`${server.origin}/${fragment}`);
        assert.match(await page.textContent('.cm-content'), /import \* as asyncio/, fragment);
      }
    });

    it('cancels a task from the tree, by the keyboard', async () => {
      await run(
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
      await seen(() => document.querySelectorAll('.task:not([hidden])').length === 3);
      await page.focus('[role=tree]');
      for (const key of ['Home', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
      await seen(() => {
        const active = document.querySelector('[role=tree]').getAttribute('aria-activedescendant');
        return document.querySelector(`#${active} .name`).textContent === 'b';
      });
      await page.keyboard.press('Delete');
      const { console } = await until('done');
      assert.deepEqual(console, ['Cancelled b from the tree', 'b cleans up', 'false,true', 'a cleans up']);
    });

    it('shows in the tree who waits for what, and where', async () => {
      await run(
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
      await seen(() => document.querySelectorAll('.arcs path').length === 2);
      const { tasks, waits } = await page.evaluate(look);
      assert.deepEqual(tasks, ['Task-1', 'holder', 'comer']);
      assert.equal(waits[0], 'waits for holder');
      assert.match(waits[1], /^sleeps until 1,000 s$|^sleeps until 1,000\.\d s$/);
      assert.equal(waits[2], 'waits at gate');
      const lines = await page.$$eval('.task:not([hidden]) .place', (places) =>
        places.map((one) => one.textContent),
      );
      assert.deepEqual(lines, ['line 13', 'line 5', 'line 8']);
      await page.click('#tab-primitives');
      const [row] = await page.$$eval('.primitive', (rows) => rows.map((one) => one.innerText.split('\n')));
      assert.deepEqual(row, ['gate', 'Lock', 'line 2', 'locked', 'held by holder', 'comer · acquire']);
    });

    it('steps by callbacks and by iterations, while the clock of the loop stands still', async () => {
      await open(
        linkTo(
          server,
          program(`function* count(): asyncio.Coroutine<void> {
  for (let n = 0; n < 3; n += 1) yield* asyncio.sleep(0);
}
function* main() {
  const loop = asyncio.getRunningLoop();
  const before = loop.time();
  yield* asyncio.gather(count(), count());
  console.log(loop.time() - before < 0.2 ? 'no time has passed' : 'time went on');
}
await asyncio.run(main);`),
        ),
      );
      await page.click('#pause');
      await page.click('#run');
      await seen(() => document.body.dataset.held === 'true');
      const steps = async (count) =>
        seen((text) => document.querySelector('#facts').textContent.includes(text), ` ${count} step`);
      await page.keyboard.press('F10');
      await steps(1);
      await page.click('#tab-queues');
      await seen(() => document.querySelectorAll('.ready .waiting:not([hidden])').length === 2);
      await page.keyboard.press('Shift+F10');
      await steps(3);
      await page.keyboard.press('Shift+F10');
      await steps(5);
      await page.keyboard.press('F10');
      await steps(6);
      await page.keyboard.press('Shift+F10');
      await steps(7);
      // Nothing of this machine's time is the loop's: held, it does not pass.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
      await page.keyboard.press('F8');
      assert.deepEqual((await until('done')).console, ['no time has passed']);
    });

    it('goes slowly when it is asked to, and at full speed again', async () => {
      await example('gather');
      await page.selectOption('#pace', '20');
      await page.click('#run');
      await until('running');
      await page.selectOption('#pace', 'Infinity');
      assert.match((await until('done')).facts, /virtual time 1\.3 s/);
    });

    it('runs the same program on every loop', async () => {
      await example('hello');
      const loops = await page.$$eval('#loop option', (options) => options.map(({ value }) => value));
      assert.deepEqual(loops, ['browser', 'sim', 'frame', 'idle', 'guest']);
      for (const loop of loops) {
        await page.selectOption('#loop', loop);
        await page.click('#run');
        await until('starting', 'running');
        const { console } = await until('done');
        assert.equal(console.at(-1), 'finished: Ada and Grace', loop);
      }
    });

    it('replays a deadlock step by step', async () => {
      await example('philosophers');
      await page.click('#run');
      await until('deadlock');
      const first = await page.textContent('.cycle-list');
      await page.click('#replay');
      await seen(() => document.body.dataset.held === 'true');
      for (let press = 0; press < 3; press += 1) await page.keyboard.press('Shift+F10');
      await seen(() => document.querySelectorAll('.primitive').length === 5);
      await page.keyboard.press('F8');
      await until('deadlock');
      assert.equal(await page.textContent('.cycle-list'), first);
    });

    it('tells a deadlock of the browser’s loop, too', async () => {
      await run(
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

    it('goes from step to step of the timeline by the arrow keys, and says what it is', async () => {
      await example('gather');
      await page.click('#run');
      await until('done');
      await page.focus('.timeline');
      await page.keyboard.press('ArrowRight');
      assert.match(await page.textContent('.detail'), /^Step 1: Task-1 ran for .* then: waits for several$/);
      await page.keyboard.press('ArrowRight');
      assert.match(await page.textContent('.detail'), /^Step 2: Task-2 .* then: sleeping$/);
      await page.keyboard.press('End');
      assert.match(await page.textContent('.detail'), /^Step 15: .* then: done$/);
    });

    it('completes names of the library, and marks mistakes in their places', async () => {
      await open(linkTo(server, program('const nap: string = asyncio.sleep(1);\nasyncio.')));
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

    it('shows where a syntax error is', async () => {
      await run('const a = 1;\nconst b = = 2;\n');
      const { console, state } = await until('failed');
      assert.equal(state, 'failed');
      assert.deepEqual(console, ['SyntaxError: Unexpected token (line 2)']);
      assert.equal(await page.textContent('.cm-activeLine'), 'const b = = 2;');
    });

    it('shows errors with the lines of the program', async () => {
      await run(
        program(
          'function* main() {\n  yield* inner();\n}\nfunction* inner(): asyncio.Coroutine<void> {\n  throw new RangeError("oh");\n}\nawait asyncio.run(main);',
        ),
      );
      const { console } = await until('failed');
      assert.deepEqual(console, [
        'RangeError: oh',
        '    at inner (program.ts:6)',
        '    at main (program.ts:3)',
      ]);
    });

    it('filters the console', async () => {
      await run('console.log("one");\nconsole.warn("two");\nconsole.error("three");\n');
      await until('done');
      await page.fill('#filter', 'T');
      await seen(() => document.querySelectorAll('#console .line:not([hidden])').length === 2);
      await page.selectOption('#level', 'error');
      await seen(() => document.querySelectorAll('#console .line:not([hidden])').length === 1);
    });

    it('lets two tabs talk to each other', async () => {
      await example('chat');
      const other = await newPage(context);
      await example('chat', other);
      await page.click('#run');
      await page.waitForFunction(() => document.querySelector('#console').textContent.includes('You are'));
      await other.click('#run');
      await page.waitForFunction(() => /is here/.test(document.querySelector('#console').textContent));
      await other.waitForFunction(() => /welcome!/.test(document.querySelector('#console').textContent));
      await other.close();
    });

    itLong('has every example come to what it promises', async (test) => {
      const examples = await loadExamples();
      assert.ok(examples.length >= 20);
      const left = [...examples];
      const work = async () => {
        const tab = await newPage(context);
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const { id, look: sentence, ends, prints } = next;
          await tab.goto('about:blank');
          await example(id, tab);
          assert.match(sentence, /^.{40,240}\.$/, id);
          await tab.selectOption('#pace', 'Infinity');
          await tab.click('#run');
          const expected = ends === 'runs on' ? 'running' : ends;
          await tab
            .waitForFunction(
              ([expected, last]) =>
                document.body.dataset.state === expected &&
                document.querySelector('#console').textContent.includes(last),
              [expected, prints.at(-1)],
            )
            .catch(async (error) => {
              throw new Error(`${id}: ${JSON.stringify(await tab.evaluate(look))}`, { cause: error });
            });
          const text = (await tab.evaluate(look)).console.join('\n');
          let at = 0;
          for (const part of prints) {
            const found = text.indexOf(part, at);
            assert.ok(found >= 0, `${id} prints '${part}':\n${text}`);
            at = found + part.length;
          }
          if (ends === 'runs on') await tab.click('#stop');
        }
        await tab.close();
      };
      await Promise.all([work(), work(), work(), work()]);
      test.diagnostic(`${examples.length} examples`);
    });

    describe('with programs that mean harm', () => {
      /** The page answers, and the next program runs. */
      async function stillWorks() {
        await page.click('#share');
        await page.click('#close-share');
        await page.selectOption('#example', 'context');
        await page.click('#run');
        const { console } = await until('done');
        assert.equal(console[0], '[A] begin');
      }

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
        it(`stops ${what}`, async () => {
          await run(code);
          await until('running');
          await page.click('#stop');
          await until('interrupted');
          await stillWorks();
        });
      }

      itLong('outlives a program that takes all the memory it can get', async () => {
        await run(
          'const kept: unknown[] = [];\ntry {\n  for (;;) kept.push(new Uint8Array(256 << 20));\n} catch (error) {\n  kept.length = 0;\n  console.log((error as Error).name);\n}',
        );
        assert.deepEqual((await until('done')).console, ['RangeError']);
        await stillWorks();
      });

      it('takes 100,000 lines, shows the last, and counts what it does not keep', async () => {
        await run(
          'for (let n = 1; n <= 100_000; n += 1) console.log("line", n);\nsetTimeout(() => console.log("end"), 100);\nawait new Promise((resolve) => setTimeout(resolve, 200));',
        );
        const { console } = await until('done');
        assert.equal(console.at(-1), 'end');
        assert.match(await page.textContent('#console-note'), /^\d+\u202f\d+ lines not kept$/);
        assert.ok((await page.$$('#console .line')).length < 200);
      });

      it('lets nothing of the page be reached', async () => {
        await run(
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
        const { console } = await until('done');
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

      it('keeps its views when a program throws wherever it is called', async () => {
        await run(
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
        const { state, console } = await until('failed', 'done');
        assert.ok(console.length > 0);
        assert.equal(state, 'failed');
        await stillWorks();
      });

      it('ends a program that speaks in the place of the runner', async () => {
        await run(
          `const send = MessagePort.prototype.postMessage;
let port: MessagePort | undefined;
MessagePort.prototype.postMessage = function (...args: any[]) {
  port = this;
  return send.apply(this, args as never);
};
console.log('waiting for the port');
await new Promise((resolve) => setTimeout(resolve, 700));
for (let n = 0; n < 100_000; n += 1) send.call(port!, { type: 'batch', steps: null });`,
        );
        const { console } = await until('failed');
        assert.match(console.at(-1), /^Ended: the program sent what the page does not understand/);
        await stillWorks();
      });

      it('sees that a program has closed its Worker, and stops it', async () => {
        await run('setTimeout(() => close(), 50);\nawait new Promise(() => undefined);');
        await seen(() =>
          document.querySelector('#status').textContent.startsWith('The program does not respond'),
        );
        await page.click('#stop');
        await until('interrupted');
        await stillWorks();
      });
    });

    itLong(
      'shows a hundred thousand tasks and a million steps with a handful of elements, and stays at work',
      async (test) => {
        await example('many');
        await page.setViewportSize({ width: 1280, height: 800 });
        const views = ['tasks', 'timeline'];
        for (const view of views) {
          await page.click(`#tab-${view}`);
          await page.evaluate(() => {
            globalThis.gaps = [];
            let last = performance.now();
            const next = () => {
              const now = performance.now();
              globalThis.gaps.push(now - last);
              last = now;
              globalThis.frame = requestAnimationFrame(next);
            };
            globalThis.frame = requestAnimationFrame(next);
          });
          await page.click('#run');
          await until('running', 'starting');
          const { facts } = await until('done');
          const { frames, seconds, longest, rows } = await page.evaluate(() => {
            cancelAnimationFrame(globalThis.frame);
            return {
              frames: globalThis.gaps.length,
              seconds: globalThis.gaps.reduce((sum, gap) => sum + gap, 0) / 1000,
              longest: Math.max(...globalThis.gaps),
              rows: document.querySelectorAll('.views .rows > *').length,
            };
          });
          assert.match(facts, /1\u202f000\u202f00\d steps/);
          assert.ok(rows < 200, `${rows} elements`);
          test.diagnostic(
            `${view}: ${Math.round(frames / seconds)} frames a second, the longest gap ${Math.round(longest)} ms`,
          );
        }
      },
    );
  });
}
