// The body of a Worker: runs the conformance kit on the loop or host that the page names, and posts the report.

import { checkConformance, hostConformance, loopConformance } from 'asyncio-web/lowlevel';
import { HOSTS, LOOPS, SMALL_LOOPS } from '../support/hosts.ts';

/** The two names of a Worker's scope that are used; TypeScript has them in another library. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: string }) => void;
  postMessage(message: string): void;
};

scope.onmessage = async ({ data: name }) => {
  const host = HOSTS[name];
  const loop = LOOPS[name];
  const small = SMALL_LOOPS[name];
  const tests = [
    ...(host === undefined ? [] : hostConformance(host.make, host.nest && { nest: host.nest })),
    ...(loop === undefined ? [] : loopConformance(loop)),
    ...(small === undefined ? [] : loopConformance(small, { tiers: [0, 1, 2, 3, 4] })),
  ];
  scope.postMessage(String(await checkConformance(tests)));
};
