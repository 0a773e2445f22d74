// The body of a Worker: runs the conformance kit on the loop or host that the page names, and posts the report.

import { checkConformance, hostConformance, loopConformance } from 'asyncio-web/lowlevel';
import { HOSTS, LOOPS, SMALL_LOOPS } from '../support/hosts.ts';

/** What a line of the checklist may take at most: all Workers are at work at the same time. */
const LIMIT_MS = 100_000;

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
    ...(host === undefined
      ? []
      : hostConformance(host.make, { ...(host.nest && { nest: host.nest }), limitMs: LIMIT_MS })),
    ...(loop === undefined ? [] : loopConformance(loop, { limitMs: LIMIT_MS })),
    ...(small === undefined ? [] : loopConformance(small, { tiers: [0, 1, 2, 3, 4], limitMs: LIMIT_MS })),
  ];
  scope.postMessage(String(await checkConformance(tests)));
};
