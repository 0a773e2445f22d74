// A short form of test/soak/connections.mjs: random faulty connections from the run's seed.

import { expect } from 'chai';
import { runReal } from '../support/faults.ts';
import { canForceGc, forceGc } from '../support/gc.ts';
import { seed } from '../support/random.ts';
import { soak } from '../support/soak.ts';

describe('a hundred random faulty connections', () => {
  it('end as their faults demand, and leave nothing', async function () {
    this.timeout(90_000);
    const { problems, reports, made } = await runReal(() => soak(100, seed));
    expect([problems, reports]).to.deep.equal([[], []]);
    expect(made.length).to.be.greaterThan(20);
    if (!canForceGc) return;
    await forceGc();
    const left = made.filter((reference) => reference.deref() !== undefined).length;
    // Engines that scan the stack conservatively take a few for referenced.
    expect(left).to.be.at.most(5);
  });
});
