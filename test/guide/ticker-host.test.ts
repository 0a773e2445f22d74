// A host that the guide does not mention, written by its rules, and what the kits and a game say about it.

import * as asyncio from 'asyncio-web';
import { hostConformance, loopConformance } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { driven, Ticker } from './ticker.ts';
import { TickerHost } from './ticker-host.ts';

const newHost = (): TickerHost => new TickerHost(driven(new Ticker()));

describe("the host author's twelve tests: a ticker with fixed steps", () => {
  const tickers = new WeakMap<object, Ticker>();
  const shared = driven(new Ticker());
  hostConformance(
    () => {
      // Of two on one ticker each has its turns.
      const host = new TickerHost(shared);
      tickers.set(host, shared);
      return host;
    },
    { describe, it, nest: (host) => tickers.get(host)?.step() },
  );
});

describe("the loop author's checklist: a ticker with fixed steps", () => {
  loopConformance(() => new asyncio.BaseEventLoop(newHost()), { describe, it });
});

describe('a game on a ticker with fixed steps', () => {
  let ticker: Ticker;
  let loop: asyncio.BaseEventLoop;
  let log: string[];

  beforeEach(() => {
    ticker = new Ticker(10);
    loop = new asyncio.BaseEventLoop(new TickerHost(ticker));
    log = [];
  });

  /** Runs a program while `frames` makes the frames. */
  async function play(program: () => asyncio.Coroutine<void>, frames: () => void): Promise<void> {
    const run = loop.runUntilComplete(program());
    frames();
    await run;
    loop.close();
    expect(ticker.listeners).to.equal(0);
  }

  function* walk(steps: number): asyncio.Coroutine<void> {
    for (let step = 0; step < steps; step += 1) {
      yield* asyncio.sleep(0.01);
      log.push(`step ${ticker.steps} at ${loop.time()}`);
    }
  }

  it('a task does its work once in each step, however the frames come', () =>
    play(
      () => walk(3),
      () => {
        for (const frameMs of [4, 5, 22, 3, 8, 30]) ticker.frame(frameMs);
        expect(log).to.deep.equal(['step 2 at 0.02', 'step 3 at 0.03', 'step 4 at 0.04']);
      },
    ));

  it('a pause holds tasks and timers, and nothing is made up for after it', () =>
    play(
      () => walk(2),
      () => {
        ticker.frame(20);
        ticker.isPaused = true;
        for (let frame = 0; frame < 100; frame += 1) ticker.frame(16);
        expect(log).to.deep.equal(['step 2 at 0.02']);
        ticker.isPaused = false;
        ticker.frame(10);
        expect(log).to.deep.equal(['step 2 at 0.02', 'step 3 at 0.03']);
        ticker.frame(10);
      },
    ));

  it('what the outside makes ready in a pause is done after it', async () => {
    const future = loop.createFuture<string>();
    await play(
      function* () {
        log.push(yield* future as asyncio.Future<string>);
      },
      () => {
        ticker.frame(10);
        ticker.isPaused = true;
        future.setResult('from outside');
        ticker.frame(10);
        expect(log).to.deep.equal([]);
        ticker.isPaused = false;
        ticker.frame(10);
        expect(log).to.deep.equal(['from outside']);
      },
    );
  });

  it('slow motion slows timeouts down with the world', () =>
    play(
      function* () {
        try {
          yield* asyncio.waitFor(asyncio.sleep(1), 0.02);
        } catch (error) {
          if (!(error instanceof asyncio.TimeoutError)) throw error;
          log.push(`timed out at ${loop.time()}`);
        }
      },
      () => {
        ticker.timeScale = 0.5;
        let frames = 0;
        for (; log.length === 0 && frames < 20; frames += 1) ticker.frame(10);
        expect([frames, ...log]).to.deep.equal([6, 'timed out at 0.03']);
        ticker.frame(100);
      },
    ));

  it('after a frame that took long the loop catches up by as many steps as the world', () =>
    play(
      () => walk(9),
      () => {
        ticker.frame(10_000);
        expect(ticker.steps).to.equal(10);
        expect(log.at(-1)).to.equal('step 10 at 0.1');
      },
    ));

  it('a callback that steps the world by hand does not enter the loop again', () =>
    play(
      function* () {
        asyncio.getRunningLoop().callSoon(() => log.push('another callback'));
        ticker.step();
        log.push('the step is over');
        yield* asyncio.sleep(0);
      },
      () => {
        ticker.frame(10);
        expect(log).to.deep.equal(['the step is over', 'another callback']);
      },
    ));
});
