// The conformance kit in Workers: one for each loop and host, all at the same time.

import { expect } from 'chai';
import { HOSTS, LOOPS, SMALL_LOOPS } from '../support/hosts.ts';

describe('the checklists in a Worker', function () {
  // Ten Workers share the machine with the other engines: a watchdog, not a measure.
  this.timeout(110_000);
  const reports = new Map<string, Promise<string>>();
  const workers: Worker[] = [];

  before(() => {
    for (const name of Object.keys({ ...HOSTS, ...LOOPS, ...SMALL_LOOPS })) {
      const worker = new Worker(new URL('./conformance-worker.js', import.meta.url), { type: 'module' });
      workers.push(worker);
      const report = new Promise<string>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      reports.set(name, report);
      worker.postMessage(name);
    }
  });

  after(() => {
    for (const worker of workers) worker.terminate();
  });

  for (const [kind, names] of Object.entries({
    loop: Object.keys(LOOPS),
    'loop on AbstractEventLoop': Object.keys(SMALL_LOOPS),
    host: Object.keys(HOSTS),
  })) {
    for (const name of names) {
      it(`${kind} ${name}`, async () => {
        const report = await reports.get(name);
        // Firefox runs the tasks of postTask() in a Worker before everything else: its other work may wait for them.
        const starves = name.endsWith('PostTaskHost') && navigator.userAgent.includes('Firefox');
        if (starves && report?.includes('line 16')) {
          expect(report).to.match(/tier 5: 8 of 9 passed/);
          expect(report.match(/, line /g)).to.have.length(1);
        } else {
          expect(report).to.match(/^(tier \d: (\d+) of \2 passed\n?)+$/);
        }
      });
    }
  }
});
