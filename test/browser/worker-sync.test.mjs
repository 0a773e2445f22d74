// A loop that blocks its Worker: needs shared memory, so a page that is cross-origin isolated, and a real other thread.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

// Calls one of the programs for each message that names it, and posts what came out.
const WORKER = `
import * as asyncio from '/dist/index.js';
import { Inbox, WorkerEventLoop, WorkerHost } from '/dist/lowlevel.js';

/** What a call throws, in a few words. */
function errorOf(call) {
  try {
    return 'gave ' + call();
  } catch (error) {
    return error.name + ': ' + error.message;
  }
}

const programs = {
  capabilities: () => ({
    isolated: crossOriginIsolated,
    memory: typeof SharedArrayBuffer === 'function',
    canBlock: new WorkerHost().canBlock,
  }),

  refusal: () => {
    const loop = new WorkerEventLoop();
    const main = asyncio.sleep(0);
    const error = errorOf(() => loop.runUntilCompleteSync(main));
    loop.close();
    return error;
  },

  sleep: () => {
    const loop = new WorkerEventLoop();
    const order = [];
    Promise.resolve().then(() => order.push('a microtask'));
    const channel = new MessageChannel();
    channel.port1.onmessage = () => order.push('a message');
    channel.port2.postMessage(0);
    const begin = performance.now();
    const value = loop.runUntilCompleteSync(function* () {
      order.push('begins');
      yield* asyncio.gather(asyncio.sleep(0.03), asyncio.sleep(0.06));
      order.push('ends');
      return 'slept';
    });
    order.push('returned');
    loop.close();
    const tookMs = performance.now() - begin;
    return new Promise((resolve) => {
      channel.port1.onmessage = () => {
        order.push('a message');
        channel.port1.close();
        resolve({ value, tookMs, order });
      };
    });
  },

  order: () => {
    const loop = new WorkerEventLoop();
    const steps = [];
    function* worker(name, delay) {
      for (let round = 0; round < 3; round += 1) {
        steps.push(name + round);
        yield* asyncio.sleep(delay);
      }
    }
    loop.runUntilCompleteSync(() => asyncio.gather(worker('a', 0), worker('b', 0)));
    loop.close();
    return steps;
  },

  many: () => {
    const loop = new WorkerEventLoop();
    const count = loop.runUntilCompleteSync(function* () {
      let count = 0;
      for (; count < 100000; count += 1) yield* asyncio.sleep(0);
      return count;
    });
    loop.close();
    return count;
  },

  ends: async () => {
    const loop = new WorkerEventLoop();
    const seen = {};
    seen.error = errorOf(() => loop.runUntilCompleteSync(function* () {
      yield* asyncio.sleep(0.001);
      throw new RangeError('of the program');
    }));
    seen.cancelled = errorOf(() => loop.runUntilCompleteSync(function* () {
      asyncio.currentTask().cancel('enough');
      yield* asyncio.sleep(10);
    }));
    const task = loop.createTask(asyncio.sleep(10));
    loop.callLater(0.001, () => loop.stop());
    seen.stopped = errorOf(() => loop.runUntilCompleteSync(task));
    task.cancel();
    seen.exit = errorOf(() => loop.runUntilCompleteSync(function* () {
      loop.callSoon(() => {
        throw new asyncio.SystemExit(3);
      });
      yield* asyncio.sleep(10);
    }));
    seen.nested = loop.runUntilCompleteSync(function* () {
      const main = asyncio.sleep(0);
      yield* main;
      return errorOf(() => loop.runUntilCompleteSync(asyncio.sleep(0)));
    });
    seen.again = loop.runUntilCompleteSync(asyncio.sleep(0.001, 'runs again'));
    seen.later = await loop.runUntilComplete(asyncio.sleep(0.001, 'and without blocking'));
    seen.running = loop.isRunning();
    loop.setExceptionHandler(() => undefined);
    loop.close();
    seen.closed = errorOf(() => loop.runUntilCompleteSync(asyncio.sleep(0)));
    return seen;
  },

  // Says that it blocks, and blocks until the page has answered through shared memory.
  inbox: () => {
    const loop = new WorkerEventLoop();
    const messages = new asyncio.Queue();
    loop.onInbox = (message) => messages.putNowait(message);
    postMessage({ memory: loop.inbox.memory });
    const got = loop.runUntilCompleteSync(function* () {
      const got = [];
      while (got.at(-1) !== 'end') got.push(yield* messages.get());
      return got;
    });
    loop.close();
    return got;
  },
};

onmessage = async ({ data: name }) => {
  try {
    postMessage({ result: await programs[name]() });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
postMessage('ready');
`;

// \`ask(name)\` gives what the Worker's program gives.
const PAGE = `<!doctype html>
<title>a Worker that blocks</title>
<script type="module">
  import { Inbox, WorkerEventLoop } from '/dist/lowlevel.js';
  import { sleep } from '/dist/index.js';
  const worker = new Worker('./worker.js', { type: 'module' });
  const next = () =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  globalThis.ready = next();
  globalThis.ask = async (name) => {
    worker.postMessage(name);
    let answer = await next();
    if (answer.memory !== undefined) {
      // It is blocked now, or will be: only shared memory reaches it.
      const inbox = new Inbox(answer.memory);
      for (const message of [{ n: 1 }, ['ü', null], 'end']) inbox.post(message);
      answer = await next();
    }
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  };
  globalThis.inThePage = () => {
    const loop = new WorkerEventLoop();
    try {
      loop.runUntilCompleteSync(sleep(0));
      return 'ran';
    } catch (error) {
      return error.name + ': ' + error.message;
    } finally {
      loop.close();
    }
  };
</script>`;

const REFUSAL = 'RuntimeError: Cannot block: this is not a Worker of a cross-origin isolated page';

// WebKitGTK has shared memory behind a switch of its engine; without it the Worker cannot block there.
const SWITCH = 'JSC_useSharedArrayBuffer';

describe(`runUntilCompleteSync() in a Worker of ${engine}`, () => {
  let browser;
  let isolated;
  let open;
  let page;

  before(async () => {
    const files = { '/page.html': PAGE, '/worker.js': WORKER };
    isolated = await serveFiles(files, { headers: ISOLATED });
    open = await serveFiles(files);
    process.env[SWITCH] = '1';
    browser = await launch(engine);
    page = await browser.newPage();
    await visit(page, isolated);
  });

  after(async () => {
    await browser?.close();
    isolated?.close();
    open?.close();
  });

  async function visit(tab, { origin }) {
    await tab.goto(`${origin}/page.html`);
    assert.equal(await tab.waitFor(() => globalThis.ready), 'ready');
  }
  const ask = (name, tab = page) => tab.evaluate((program) => globalThis.ask(program), name);

  it('the engine isolates the page, and its Worker can block', async () => {
    assert.deepEqual(await ask('capabilities'), { isolated: true, memory: true, canBlock: true });
  });

  it('returns the result when the time has passed; the thread does nothing else meanwhile', async () => {
    const { value, tookMs, order } = await ask('sleep');
    assert.equal(value, 'slept');
    assert.ok(tookMs >= 58, `${tookMs} ms`); // the clock's resolution may be off
    assert.deepEqual(order, ['begins', 'ends', 'returned', 'a microtask', 'a message']);
  });

  it('keeps the order of tasks', async () => {
    assert.deepEqual(await ask('order'), ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  });

  it('runs 100,000 steps in one call', async () => {
    assert.equal(await ask('many'), 100_000);
  });

  it('ends as the program ends, and the loop can be run again, in either way', async () => {
    assert.deepEqual(await ask('ends'), {
      error: 'RangeError: of the program',
      cancelled: 'CancelledError: enough',
      stopped: 'RuntimeError: Event loop stopped before Future completed.',
      exit: 'SystemExit: 3',
      nested: 'RuntimeError: This event loop is already running',
      again: 'runs again',
      later: 'and without blocking',
      running: false,
      closed: 'RuntimeError: Event loop is closed',
    });
  });

  it('takes what another thread puts into its inbox while it is blocked', async () => {
    assert.deepEqual(await ask('inbox'), [{ n: 1 }, ['ü', null], 'end']);
  });

  it('a page cannot block', async () => {
    assert.equal(await page.evaluate(() => globalThis.inThePage()), REFUSAL);
  });

  it('nor can a Worker without shared memory, of a page that is not isolated for one', async () => {
    delete process.env[SWITCH];
    const plain = engine === 'webkit' ? await launch(engine) : browser;
    try {
      const tab = await plain.newPage();
      await visit(tab, open);
      assert.deepEqual(await ask('capabilities', tab), { isolated: false, memory: false, canBlock: false });
      assert.equal(await ask('refusal', tab), REFUSAL);
    } finally {
      if (plain !== browser) await plain.close();
    }
  });
});
