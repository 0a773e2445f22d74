// See test/support/leaks.ts.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { canForceGc } from '../support/gc.ts';
import { expectNoGrowth, WAITS } from '../support/leaks.ts';

describe('100,000 waits with a timeout leave nothing behind', function () {
  this.timeout(100_000);

  it('the engine collects on demand', () => {
    expect(canForceGc).to.equal(true);
  });

  it('waitFor() of a shielded future that is never done', async () => {
    await expectNoGrowth(function* (watch, loop) {
      const anchor = loop.createFuture<void>();
      for (let i = 0; i < WAITS; i += 1) {
        try {
          yield* asyncio.waitFor(watch.see(asyncio.shield(anchor)), 0.001);
        } catch (error) {
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
        }
      }
      expect(String(anchor)).to.equal('<Future pending>');
      return [anchor];
    });
  });

  it('wait() with a timeout', async () => {
    await expectNoGrowth(function* (watch, loop) {
      const anchor = loop.createFuture<void>();
      for (let i = 0; i < WAITS; i += 1) {
        const [, pending] = yield* asyncio.wait([anchor], { timeout: 0.001 });
        watch.see(pending);
      }
      expect(String(anchor)).to.equal('<Future pending>');
      return [anchor];
    });
  });

  it('timeouts that do not expire', async () => {
    await expectNoGrowth(function* (watch, loop) {
      for (let i = 0; i < WAITS; i += 1) {
        yield* asyncio.withTimeout(1000, function* (scope) {
          watch.see(scope);
          yield* asyncio.sleep(0);
        });
      }
      // Cancelled timers are dropped when they are more than half of more than a hundred.
      expect(loop._scheduled.length).to.be.at.most(101);
      return loop;
    });
  });
});
