// The loop author's checklist finds every bug of the catalogue, and names its line.

import { checkConformance, loopConformance } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { MinimalLoop } from '../../demo/minimal-loop/minimal-loop.ts';
import { BROKEN_LOOPS, JumpingHost } from './broken-loops/loops.ts';

describe("loops that are broken in one way fail the loop author's checklist", function () {
  // A watchdog: a checklist is long, and a line that its loop breaks may last until its limit.
  this.timeout(110_000);

  it('and there are enough of them', () => {
    expect(BROKEN_LOOPS.length).to.be.at.least(25);
  });

  it('which the loop that they are made of passes, also in a page whose clock jumps', async () => {
    const tests = loopConformance(() => new MinimalLoop(new JumpingHost()), { tiers: [0, 1, 2, 3, 4] });
    expect(String(await checkConformance(tests))).to.match(/^(tier \d: (\d+) of \2 passed\n?)+$/);
  });

  for (const { bug, lines, tiers, make } of BROKEN_LOOPS) {
    it(`${bug}: line ${lines.join(', ')}`, async () => {
      // What a loop on AbstractEventLoop need not have is left out.
      const tests = loopConformance(make, { tiers, limitMs: 1000 }).filter(
        ({ line }) => line !== '17' && line !== '19',
      );
      const report = await checkConformance(tests);
      expect(report.lines, String(report)).to.have.members(lines);
      for (const { error, test } of report.failures)
        expect(error.message).to.contain(`line ${test.line}, ${test.name}`);
    });
  }
});
