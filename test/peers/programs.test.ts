// The programs on which Effection 4 and Effect 4 go wrong (demo/peers/outcomes.json), with the right outcome here.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import * as programs from '../../demo/peers/programs.ts';

const EXPECTED: Record<keyof typeof programs, readonly string[]> = {
  cleanupInDelegate: ['cleanup done'],
  nativeFinally: ['finally ran'],
  nativeCatch: ['caught failed'],
  twoCleanupsFail: ['first cleanup', 'second cleanup'],
  rootCauseKept: ['root cause', 'cleanup'],
  childFailsParent: ['child failed'],
  unawaitedFailure: ['Task exception was never retrieved'],
};

const LOOPS = { SimLoop: () => new SimLoop(), BrowserEventLoop: () => new asyncio.BrowserEventLoop() };

describe('programs on which peers fail', () => {
  for (const [loopName, loopFactory] of Object.entries(LOOPS)) {
    for (const [name, program] of Object.entries(programs)) {
      it(`${name} on ${loopName}`, async () => {
        const log = await asyncio.run(program, { loopFactory });
        expect(log).to.deep.equal(EXPECTED[name as keyof typeof programs]);
      });
    }
  }
});
