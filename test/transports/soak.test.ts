// Random faulty connections, in short: test/soak/connections.mjs is the long form, with thousands of them.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { forceGc } from '../support/gc.ts';
import { seed } from '../support/random.ts';
import { soak } from '../support/soak.ts';

describe('random faulty connections', () => {
  it('end as their faults demand, lose nothing and leave nothing', async function () {
    this.timeout(60_000);
    const { problems, reports, made } = await asyncio.run(() => soak(60, seed));
    expect({ problems, reports }).to.deep.equal({ problems: [], reports: [] });
    await forceGc();
    const left = made.filter((reference) => reference.deref() !== undefined).length;
    expect(left).to.be.at.most(5); // engines that scan the stack conservatively take a few for referenced
  });
});
