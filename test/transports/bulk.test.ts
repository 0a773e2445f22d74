// Much of it, in short: test/soak/streams.mjs is the long form, with ten thousand streams, and prints figures.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { manyStreams, throughPipe } from '../support/bulk.ts';

describe('streams in bulk', () => {
  it('two thousand of them talk at once over memory', async function () {
    this.timeout(60_000);
    expect(await asyncio.run(manyStreams(2000))).to.equal(2000);
  });

  it('64 MiB go through a pipe, of which little is in it at any time', async function () {
    this.timeout(60_000);
    const total = 64 << 20;
    const { bytes, most } = await asyncio.run(throughPipe(total));
    expect(bytes).to.equal(total);
    // Both buffers, their high-water marks and what the platform holds: nothing that grows with the total.
    expect(most).to.be.at.most(1 << 20);
  });
});
