import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { ManualHost } from '../support/loops.ts';

describe('cancelled timers', () => {
  const nothing = (): void => undefined;

  it('#8 leave the heap from its head, and otherwise only when they are more than half of more than a hundred', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const running = loop.runForever();
    const iterate = (): void => {
      loop.callSoon(nothing);
      host.drain();
    };
    loop.callLater(3000, nothing);
    for (let i = 0; i < 2; i += 1) loop.callLater(3600, nothing).cancel();
    for (let i = 0; i < 2; i += 1) loop.callLater(100, nothing).cancel();
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([5, 4]);

    iterate(); // the two at the head go
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([3, 2]);

    for (let i = 0; i < 49; i += 1) loop.callLater(3600, nothing);
    for (let i = 0; i < 48; i += 1) loop.callLater(3600, nothing).cancel();
    iterate(); // exactly a hundred: too few to rebuild
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([100, 50]);

    loop.callLater(3600, nothing);
    iterate(); // 101, and 50 cancelled: not more than half
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([101, 50]);

    for (let i = 0; i < 2; i += 1) loop.callLater(3600, nothing).cancel();
    iterate(); // 103, and 52 cancelled
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([51, 0]);
    expect([...loop._scheduled].some((timer) => timer.cancelled())).to.equal(false);

    loop.stop();
    host.drain();
    await running;
    loop.close();
  });

  it('#8 the count of cancelled timers is right again after they fire or go', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const running = loop.runForever();
    host.drain();
    const timers = Array.from({ length: 50 }, (_, i) => loop.callAt(1 + i, nothing));
    for (const timer of timers.slice(0, 20)) timer.cancel();
    for (const timer of timers.slice(0, 20)) timer.cancel();
    expect(loop._timerCancelledCount).to.equal(20);
    host.time = 30;
    host.pump();
    host.drain();
    // Those that fired do not count when they are cancelled late.
    for (const timer of timers.slice(20, 30)) timer.cancel();
    expect(loop._timerCancelledCount).to.equal(0);
    host.time = 100;
    host.pump();
    host.drain();
    expect([loop._scheduled.length, loop._timerCancelledCount]).to.deep.equal([0, 0]);
    loop.stop();
    host.drain();
    await running;
    loop.close();
  });

  it('a timer due in the same batch that is cancelled there does not spoil the count', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    const running = loop.runForever();
    host.drain();
    loop.callAt(1, () => second.cancel());
    const second = loop.callAt(1, nothing);
    host.time = 1;
    host.pump();
    host.drain();
    expect(loop._timerCancelledCount).to.equal(0);
    loop.stop();
    host.drain();
    await running;
    loop.close();
  });
});
