// Loops that work in animation frames, of the page or of a ticker.

import * as asyncio from 'asyncio-web';
import type { FrameSource } from 'asyncio-web/lowlevel';
import { AnimationFrameHost } from 'asyncio-web/lowlevel';
import { expect } from 'chai';

/** A ticker that the test turns; it shows what was asked of it. */
class Ticker {
  readonly pending = new Set<(timeMs: number) => void>();
  requests = 0;
  readonly frames: FrameSource = (callback) => {
    this.requests += 1;
    this.pending.add(callback);
    return () => this.pending.delete(callback);
  };

  /** One frame, with the microtasks behind it. */
  async tick(timeMs = 0): Promise<void> {
    for (const callback of [...this.pending]) callback(timeMs);
    for (let turn = 0; turn < 30; turn++) await undefined;
  }
}

/** Longer than any test takes: no fallback. */
const NEVER_MS = 1e6;

function loopOn(ticker: Ticker, options = {}): { host: AnimationFrameHost; loop: asyncio.BaseEventLoop } {
  const host = new AnimationFrameHost({ frames: ticker.frames, fallbackMs: NEVER_MS, ...options });
  return { host, loop: new asyncio.BaseEventLoop(host) };
}

describe('AnimationFrameHost', () => {
  it('asks for a frame when there is work, one at a time, and for none while it is idle', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker);
    const over = loop.runForever();
    expect(ticker.requests).to.equal(1);
    await ticker.tick();
    expect(ticker.pending.size).to.equal(0);
    for (let index = 0; index < 5; index++) loop.callSoon(() => undefined);
    expect(ticker.pending.size).to.equal(1);
    expect(ticker.requests).to.equal(2);
    loop.stop();
    await ticker.tick();
    await over;
    loop.close();
  });

  it('works in frames only', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker);
    const calls: string[] = [];
    const over = loop.runForever();
    loop.callSoon(() => calls.push('callback'));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(calls).to.deep.equal([]);
    loop.callSoon(() => loop.stop());
    await ticker.tick();
    await over;
    expect(calls).to.deep.equal(['callback']);
    loop.close();
  });

  it('a Promise that is settled, and the next run, need no further frame', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker, { budgetMs: NEVER_MS });
    const over = asyncio.run(
      function* () {
        let sum = 0;
        for (let index = 0; index < 5; index++) sum += yield* asyncio.fromPromise(Promise.resolve(index));
        return sum;
      },
      { loopFactory: () => loop },
    );
    await ticker.tick();
    expect(await over).to.equal(10);
    expect(ticker.requests).to.equal(1);
  });

  it('leaves what does not fit into the budget to the next frame', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker, { budgetMs: 2 });
    let spins = 0;
    const spin = (): void => {
      spins += 1;
      if (spins < 5_000_000) loop.callSoon(spin);
    };
    loop.callSoon(spin);
    const over = loop.runForever();
    await ticker.tick();
    // The budget may be over, or not yet: microtasks go on until it is.
    while (ticker.pending.size === 0) await undefined;
    const first = spins;
    expect(first).to.be.within(1, 4_999_999);
    loop.stop();
    await ticker.tick();
    await over;
    expect(spins).to.be.above(first);
    loop.close();
  });

  it('what a frame has done is there when the ticker draws it, however much it is', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker, { budgetMs: 1000 });
    const drawn: number[] = [];
    let moved = 0;
    function* walk(): asyncio.Coroutine<void> {
      for (let frame = 0; frame < 2; frame++) {
        moved += 1;
        yield* asyncio.sleep(1000);
      }
    }
    for (let index = 0; index < 500; index++) loop.createTask(walk());
    const over = loop.runForever();
    for (const callback of [...ticker.pending]) callback(0);
    drawn.push(moved); // the ticker draws at the end of its own call
    expect(drawn).to.deep.equal([500]);
    loop.setExceptionHandler(() => undefined);
    loop.stop();
    await ticker.tick();
    await ticker.tick();
    await over;
    loop.close();
  });

  it('asks for no frame inside a frame: tickers call at once who asks then', async () => {
    // PixiJS goes through a list of listeners that grows at its end meanwhile.
    const listeners: ((timeMs: number) => void)[] = [];
    const frames: FrameSource = (callback) => {
      listeners.push(callback);
      return () => {
        const index = listeners.indexOf(callback);
        if (index >= 0) listeners.splice(index, 1);
      };
    };
    const budgetMs = 1e-9; // used up by one chunk
    const loop = new asyncio.BaseEventLoop(
      new AnimationFrameHost({ frames, budgetMs, fallbackMs: Infinity }),
    );
    let rounds = 0;
    const over = loop.runUntilComplete(
      (function* () {
        for (; rounds < 100; rounds += 1) {
          const now = performance.now();
          while (performance.now() === now); // until the clock shows it
          yield* asyncio.sleep(0);
        }
      })(),
    );
    let frame = 0;
    for (; rounds < 100; frame += 1) {
      const before = rounds;
      let calls = 0;
      for (let next = listeners.shift(); next !== undefined; next = listeners.shift()) {
        next(0);
        calls += 1;
      }
      expect(calls, `frame ${frame}`).to.equal(1);
      expect(rounds).to.be.above(before);
      for (let turn = 0; turn < 30; turn++) await undefined;
    }
    expect(frame).to.be.above(2);
    while (listeners.length > 0) {
      listeners.shift()?.(0);
      for (let turn = 0; turn < 30; turn++) await undefined;
    }
    await over;
    loop.close();
  });

  it('without a fallback a ticker that stands still holds the program, and loses nothing of it', async () => {
    for (const fallbackMs of [Infinity, 1e12]) {
      const ticker = new Ticker();
      const { loop } = loopOn(ticker, { fallbackMs });
      const future = loop.createFuture<string>();
      const steps: string[] = [];
      const over = loop.runUntilComplete(
        (function* () {
          steps.push('begins');
          steps.push(yield* future as asyncio.Future<string>);
        })(),
      );
      // A native timer that is told to wait for ever comes at once.
      const turns = async (): Promise<void> => {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
      };
      await turns();
      expect(steps).to.deep.equal([]);
      await ticker.tick();
      expect(steps).to.deep.equal(['begins']);
      await turns(); // also over the microtasks behind the frame
      future.setResult('goes on');
      await turns();
      expect(steps).to.deep.equal(['begins']);
      await ticker.tick();
      await over;
      expect(steps).to.deep.equal(['begins', 'goes on']);
      loop.close();
    }
  });

  it('tells the time of the frame as its source tells it, and keeps its own clock', async () => {
    const ticker = new Ticker();
    const { host, loop } = loopOn(ticker);
    loop.stop();
    const over = loop.runForever();
    await ticker.tick(12_345);
    await over;
    expect(host.frameTime).to.equal(12.345);
    expect(Math.abs(loop.time() - performance.now() / 1000)).to.be.below(5);
    loop.close();
  });

  it('works without frames where none are shown', async () => {
    const hidden: FrameSource = () => () => undefined;
    const loop = new asyncio.BaseEventLoop(new AnimationFrameHost({ frames: hidden, fallbackMs: 1 }));
    const result = await loop.runUntilComplete(
      (function* () {
        yield* asyncio.sleep(0.002);
        return yield* asyncio.fromPromise(new Promise((resolve) => setTimeout(resolve, 0, 'done')));
      })(),
    );
    expect(result).to.equal('done');
    loop.close();
  });

  it('a frame that comes after the fallback has worked does no harm', async () => {
    const late: ((timeMs: number) => void)[] = [];
    const frames: FrameSource = (callback) => {
      late.push(callback);
      return () => undefined; // a source that cannot take back
    };
    const loop = new asyncio.BaseEventLoop(new AnimationFrameHost({ frames, fallbackMs: 1 }));
    expect(await loop.runUntilComplete(asyncio.sleep(0.002, 'slept'))).to.equal('slept');
    loop.close();
    for (const callback of late) callback(0);
  });

  it('takes its request back when the run ends', async () => {
    const ticker = new Ticker();
    const { loop } = loopOn(ticker);
    loop.callSoon(() => {
      loop.callSoon(() => undefined);
      loop.stop();
    });
    const over = loop.runForever();
    await ticker.tick();
    await over;
    expect(ticker.pending.size).to.equal(0);
    loop.close();
  });

  it('refuses a budget and a fallback that are not above 0', () => {
    for (const value of [0, -1, Number.NaN]) {
      expect(() => new AnimationFrameHost({ budgetMs: value })).to.throw(RangeError, 'budgetMs');
      expect(() => new AnimationFrameHost({ fallbackMs: value })).to.throw(RangeError, 'fallbackMs');
    }
  });

  it("works in the page's own frames by default", async () => {
    const host = new AnimationFrameHost();
    expect(
      await asyncio.run(asyncio.sleep(0.001, 'slept'), {
        loopFactory: () => new asyncio.BaseEventLoop(host),
      }),
    ).to.equal('slept');
    expect(host.frameTime).to.be.above(0);
  });
});
