// The loop author's checklist for every loop and host that is shipped, and for the loops of demo/minimal-loop.

import { hostConformance, loopConformance } from 'asyncio-web/lowlevel';
import { HOSTS, LOOPS, SMALL_LOOPS } from '../support/hosts.ts';

for (const [name, factory] of Object.entries(LOOPS)) {
  describe(`the loop author's checklist: ${name}`, () => {
    loopConformance(factory, { describe, it });
  });
}

for (const [name, factory] of Object.entries(SMALL_LOOPS)) {
  describe(`the loop author's checklist, tiers 0 to 4: ${name}`, () => {
    loopConformance(factory, { tiers: [0, 1, 2, 3, 4], describe, it });
  });
}

for (const [name, { make, nest }] of Object.entries(HOSTS)) {
  describe(`the host author's twelve tests: ${name}`, () => {
    hostConformance(make, { describe, it, ...(nest && { nest }) });
  });
}
