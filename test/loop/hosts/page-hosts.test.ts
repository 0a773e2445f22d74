// IdleHost, PostTaskHost and ServiceWorkerHost: what is asked of the page, and what takes its place where it is missing.

import * as asyncio from 'asyncio-web';
import type { EventToWaitFor } from 'asyncio-web/lowlevel';
import { IdleHost, PostTaskHost, runForEvent, ServiceWorkerHost } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { uncaughtDuring } from '../../support/uncaught.ts';

/** Runs `body` while a global has another value; undefined for an engine that does not have it. */
async function withGlobals(values: Record<string, unknown>, body: () => Promise<void>): Promise<void> {
  const before = Object.keys(values).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    await body();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

const runOn = (host: ConstructorParameters<typeof asyncio.BaseEventLoop>[0]): Promise<string> =>
  asyncio.run(asyncio.sleep(0.001, 'slept'), { loopFactory: () => new asyncio.BaseEventLoop(host) });

describe('IdleHost', () => {
  it('always asks with a time limit, so that a busy page cannot starve it', async () => {
    const limits: (number | undefined)[] = [];
    const requestIdleCallback = (callback: IdleRequestCallback, options?: IdleRequestOptions): number => {
      limits.push(options?.timeout);
      return Number(setTimeout(() => callback({ didTimeout: true, timeRemaining: () => 0 }), 0));
    };
    await withGlobals({ requestIdleCallback, cancelIdleCallback: clearTimeout }, async () => {
      expect(IdleHost.isSupported).to.equal(true);
      expect(await runOn(new IdleHost({ timeoutMs: 321 }))).to.equal('slept');
    });
    expect(limits.length).to.be.above(0);
    expect(new Set(limits)).to.deep.equal(new Set([321]));
  });

  it('works for as long as the page says it is idle', async () => {
    let calls = 0;
    const requestIdleCallback = (callback: IdleRequestCallback): number => {
      calls += 1;
      return Number(setTimeout(() => callback({ didTimeout: false, timeRemaining: () => 0 }), 0));
    };
    await withGlobals({ requestIdleCallback, cancelIdleCallback: clearTimeout }, async () => {
      const loop = new asyncio.BaseEventLoop(new IdleHost());
      for (let index = 0; index < 100; index++) loop.callSoon(() => undefined);
      loop.callSoon(() => loop.stop());
      await loop.runForever();
      loop.close();
    });
    // No time at all: one chunk in each call.
    expect(calls).to.be.within(3, 8);
  });

  it('does without where the engine has no idle callbacks', async () => {
    await withGlobals({ requestIdleCallback: undefined }, async () => {
      expect(IdleHost.isSupported).to.equal(false);
      expect(await runOn(new IdleHost())).to.equal('slept');
    });
  });

  it('refuses a limit that is not above 0', () => {
    expect(() => new IdleHost({ timeoutMs: 0 })).to.throw(RangeError, 'timeoutMs');
  });
});

/** Posts tasks as a scheduler does, and writes down with which priority. */
function fakeScheduler(log: string[]): Record<string, unknown> {
  class TaskController extends AbortController {
    constructor({ priority }: { readonly priority: string }) {
      super();
      log.push(`new ${priority}`);
    }
    setPriority(priority: string): void {
      log.push(`set ${priority}`);
    }
  }
  const postTask = (callback: () => void, { signal }: { readonly signal: AbortSignal }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(callback()), 0);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        log.push('abort');
        reject(signal.reason);
      });
    });
  return { scheduler: { postTask }, TaskController };
}

describe('PostTaskHost', () => {
  it('posts tasks of its priority, which may be changed while one is on its way', async () => {
    const log: string[] = [];
    await withGlobals(fakeScheduler(log), async () => {
      const host = new PostTaskHost({ priority: 'background' });
      const loop = new asyncio.BaseEventLoop(host);
      const over = loop.runForever();
      host.setPriority('user-blocking');
      loop.callSoon(() => loop.stop());
      await over;
      loop.close();
    });
    expect(log).to.deep.equal(['new background', 'set user-blocking']);
  });

  it('aborts the task that is on its way when the run ends, and nothing is left unhandled', async () => {
    const log: string[] = [];
    const uncaught = await uncaughtDuring(() =>
      withGlobals(fakeScheduler(log), async () => {
        const host = new PostTaskHost();
        host.start(() => undefined);
        host.wakeSoon();
        host.stop();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }),
    );
    expect(log).to.deep.equal(['new user-visible', 'abort']);
    expect(uncaught).to.deep.equal([]);
  });

  it('shows what a pump throws', async () => {
    const failure = new Error('in the pump');
    const uncaught = await uncaughtDuring(() =>
      withGlobals(fakeScheduler([]), async () => {
        const host = new PostTaskHost();
        host.start(() => {
          throw failure;
        });
        host.wakeSoon();
        await new Promise((resolve) => setTimeout(resolve, 5));
        host.stop();
      }),
    );
    expect(uncaught).to.deep.equal([failure]);
  });

  it('posts messages where the engine has no scheduler', async () => {
    await withGlobals({ scheduler: undefined, TaskController: undefined }, async () => {
      expect(PostTaskHost.isSupported).to.equal(false);
      expect(await runOn(new PostTaskHost({ priority: 'background' }))).to.equal('slept');
    });
  });

  it('works with the scheduler of the engine, or without one', async () => {
    expect(PostTaskHost.isSupported).to.equal('scheduler' in globalThis && 'TaskController' in globalThis);
    for (const priority of ['user-blocking', 'user-visible', 'background'] as const)
      expect(await runOn(new PostTaskHost({ priority }))).to.equal('slept');
  });
});

describe('runForEvent()', () => {
  const eventOf = (): EventToWaitFor & { waited: Promise<unknown>[] } => {
    const waited: Promise<unknown>[] = [];
    return { waited, waitUntil: (promise) => void waited.push(promise) };
  };

  it('keeps the service worker alive until the program and its cleanup have ended', async () => {
    const event = eventOf();
    const calls: string[] = [];
    const result = runForEvent(event, function* () {
      asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } finally {
            yield* asyncio.sleep(0.001);
            calls.push('cleanup');
          }
        })(),
      );
      yield* asyncio.sleep(0.001);
      return 'answer';
    });
    expect(event.waited).to.have.length(1);
    await event.waited[0];
    expect(calls).to.deep.equal(['cleanup']);
    expect(await result).to.equal('answer');
  });

  it('rejects with the error of the program, for the event as for the caller', async () => {
    const event = eventOf();
    const failure = new Error('no answer');
    const result = runForEvent(event, function* () {
      yield* asyncio.sleep(0);
      throw failure;
    });
    for (const promise of [result, event.waited[0]])
      expect(await promise?.then(null, (error: unknown) => error)).to.equal(failure);
  });

  it('gives each event a loop of its own', async () => {
    const loops = await Promise.all([1, 2].map(() => runForEvent(eventOf(), loopOf)));
    expect(loops[0]).to.not.equal(loops[1]);
  });

  it('warns of a timer that the browser may not wait for', async () => {
    const warnings: string[] = [];
    const { warning } = asyncio.logger;
    asyncio.logger.warning = (message) => warnings.push(message);
    try {
      for (const delay of [20, 30]) {
        const loop = new asyncio.BaseEventLoop(new ServiceWorkerHost());
        loop.callLater(delay, () => undefined);
        await loop.runUntilComplete(asyncio.sleep(0));
        loop.callLater(delay, () => undefined);
        const over = loop.runForever();
        await new Promise((resolve) => setTimeout(resolve, 0));
        loop.stop();
        await over;
        loop.close();
        expect(warnings.length > 0, `${delay} s`).to.equal(delay > 25);
      }
    } finally {
      asyncio.logger.warning = warning;
    }
    expect(warnings[0]).to.match(/^A service worker waits 30 s for a timer/);
  });
});

function* loopOf(): asyncio.Coroutine<asyncio.AbstractEventLoop> {
  yield* asyncio.sleep(0);
  return asyncio.getRunningLoop();
}
