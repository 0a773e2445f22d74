// Cancelled timers are thrown away a step at a time: counted by how many go in one tick of the host.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';

const nothing = (): void => undefined;

/** What a tick may throw away: one step of the cleaning, some heads, and some that are due. */
const MOST = 3 * 4096;

describe('the timers of a loop', () => {
  let host: FakeHost;
  let loop: asyncio.BaseEventLoop;
  let run: Promise<void>;
  beforeEach(() => {
    host = new FakeHost();
    loop = new asyncio.BaseEventLoop(host);
    run = loop.runForever();
  });
  afterEach(async () => {
    loop.stop();
    while (host.soon) host.pump();
    await run;
    loop.close();
  });

  /** Ticks until the loop asks for no further one at once; gives the most timers that went in one tick. */
  function tickUntilQuiet(): { most: number; ticks: number } {
    const seen = { most: 0, ticks: 0 };
    do {
      const before = loop.stats().timersPending;
      host.pump(64);
      seen.most = Math.max(seen.most, before - loop.stats().timersPending);
      seen.ticks += 1;
    } while ((host.soon || host.deadline <= host.time) && seen.ticks < 10_000);
    return seen;
  }

  const add = (count: number): asyncio.TimerHandle[] =>
    Array.from({ length: count }, (_, index) => loop.callAt(1000 + index, nothing));

  it('that are all cancelled go over many ticks, and then the loop is quiet', () => {
    for (const handle of add(200_000)) handle.cancel();
    loop.callSoon(nothing);
    const { most, ticks } = tickUntilQuiet();
    expect(most).to.be.at.most(MOST);
    expect(ticks).to.be.within(10, 400);
    expect([loop.stats().timersPending, host.idle]).to.deep.equal([0, true]);
  });

  it('of which the earliest are cancelled go over many ticks, and the deadline is that of the next', () => {
    const handles = add(100_000);
    for (const handle of handles.slice(0, 40_000)) handle.cancel();
    loop.callSoon(nothing);
    const { most } = tickUntilQuiet();
    expect(most).to.be.at.most(MOST);
    expect(loop.stats().timersPending).to.equal(60_000);
    expect(host.deadline).to.equal(41_000);
  });

  it('that were cancelled and have fallen due go over many ticks, and the one behind them runs', () => {
    for (const handle of add(50_000)) handle.cancel();
    let ran = 0;
    loop.callAt(60_000, () => {
      ran += 1;
    });
    host.time = 70_000;
    loop.callSoon(nothing);
    const { most } = tickUntilQuiet();
    expect(most).to.be.at.most(MOST);
    expect([ran, loop.stats().timersPending]).to.deep.equal([1, 0]);
  });

  it('are cleaned also while the loop is never idle, once for a tick and not for each iteration', () => {
    for (const handle of add(100_000)) handle.cancel();
    let on = true;
    const spin = (): void => {
      if (on) loop.callSoon(spin); // each in an iteration of its own
    };
    loop.callSoon(spin);
    let most = 0;
    for (let tick = 0; tick < 400 && loop.stats().timersPending > 0; tick += 1) {
      const before = loop.stats().timersPending;
      host.pump(64);
      most = Math.max(most, before - loop.stats().timersPending);
    }
    on = false;
    expect(loop.stats().timersPending).to.equal(0);
    expect(most).to.be.at.most(MOST);
  });

  it('that are some thousand are thrown away by the iterations of one tick, as by those of CPython', () => {
    for (const handle of add(2000)) handle.cancel();
    const live = loop.callAt(500, nothing);
    let left = -1;
    const look = (turns: number): void => {
      if (turns > 0) loop.callSoon(look, turns - 1);
      else left = loop.stats().timersPending;
    };
    loop.callSoon(look, 5);
    host.pump(64);
    expect(left).to.be.below(200);
    live.cancel();
  });

  it('a live timer that falls due while others are cleaned runs in its tick', () => {
    for (const handle of add(100_000)) handle.cancel();
    let at = 0;
    loop.callAt(5, () => {
      at = host.time;
    });
    loop.callSoon(nothing);
    host.pump(64);
    host.time = 5;
    host.pump(64);
    expect(at).to.equal(5);
    expect(loop.stats().timersPending).to.be.above(0);
  });
});
