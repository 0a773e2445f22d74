// Whether the URLs of the catalogue ended as their endpoints promise.

import type { Job } from './jobs.ts';
import type { Settings } from './run-state.ts';
import type { Catalogue, Promised } from './server.ts';

/** Below these the promises do not hold: see demo/server/catalogue.mjs. */
const LEAST = { attempts: 3, timeout: 1 };

/** What is promised about a list: by its lines, which duplicates share. */
export class Promises {
  readonly #byLine = new Map<string, Promised[]>();

  constructor(catalogue: Catalogue) {
    for (const [line, promised] of catalogue.flatMap(({ urls }) => urls)) {
      this.#byLine.set(line, [...(this.#byLine.get(line) ?? []), promised]);
    }
  }

  /** How many of the jobs that are over came with a promise, and how many of these ended otherwise. */
  check(jobs: readonly Job[], settings: Settings): { promised: number; broken: Job[] } {
    const result = { promised: 0, broken: [] as Job[] };
    if (settings.attempts < LEAST.attempts || settings.timeout < LEAST.timeout) return result;
    for (const job of jobs) {
      const promises = this.#byLine.get(job.line);
      if (promises === undefined || job.outcome === null || job.outcome === 'cancelled') continue;
      result.promised++;
      if (!promises.some((promised) => isKept(promised, job, settings))) result.broken.push(job);
    }
    return result;
  }
}

function isKept(promised: Promised, job: Job, settings: Settings): boolean {
  const attempts = promised.attempts === 'all' ? settings.attempts : promised.attempts;
  return (
    job.outcome === promised.outcome &&
    job.attempts.length === attempts &&
    (promised.status === undefined || job.status === promised.status) &&
    (promised.bytes === undefined || job.bytes === promised.bytes)
  );
}
