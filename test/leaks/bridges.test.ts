// See test/support/leaks.ts.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { expectNoGrowth, WAITS } from '../support/leaks.ts';

describe('100,000 bridged waits leave nothing behind', function () {
  this.timeout(100_000);

  it('a Promise that never settles, waited for and cancelled', async () => {
    await expectNoGrowth(function* (watch) {
      const anchor = new Promise<void>(() => undefined);
      for (let i = 0; i < WAITS; i += 1) {
        watch.see(asyncio.fromPromise(anchor)).cancel();
      }
      yield* asyncio.sleep(0);
      return [anchor];
    });
  });

  it('futures that native code awaits', async () => {
    await expectNoGrowth(function* (watch, loop) {
      for (let i = 0; i < WAITS; i += 1) {
        const future = watch.see(loop.createFuture<number>());
        void future.then(() => undefined);
        if (i % 2 === 0) future.setResult(i);
        else future.cancel();
        if (i % 1000 === 0) yield* asyncio.sleep(0);
      }
      yield* asyncio.sleep(1);
      return loop;
    });
  });

  it('blocks under a signal that is never aborted', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    }) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    }) as typeof remove;
    await expectNoGrowth(function* (watch) {
      for (let i = 0; i < WAITS; i += 1) {
        yield* asyncio.withAbortSignal(signal, function* () {
          watch.see({ i });
          yield* asyncio.sleep(0);
        });
      }
      return signal;
    });
    expect(listeners).to.equal(0);
  });

  it('the signal of a future is one, however often it is asked for', async () => {
    await expectNoGrowth(function* (watch, loop) {
      const anchor = loop.createFuture<void>();
      const signal = asyncio.abortSignalOf(anchor);
      for (let i = 0; i < WAITS; i += 1) {
        expect(asyncio.abortSignalOf(anchor)).to.equal(signal);
        watch.see({ i });
      }
      yield* asyncio.sleep(0);
      return [anchor];
    });
  });
});
