// Which cases there are, and what drives each.

import { drive as bfcache } from './bfcache.mjs';
import { drive as clicks } from './clicks.mjs';
import { drive as compare } from './compare.mjs';
import { drive as counts } from './counts.mjs';
import { drive as fairness } from './fairness.mjs';
import { drive as hidden, driveLong as hiddenLong } from './hidden.mjs';
import { drive as lateness } from './lateness.mjs';
import { drive as memory } from './memory.mjs';
import { drive as saturation } from './saturation.mjs';
import { drive as timers } from './timers.mjs';

/**
 * @typedef {object} Context
 * @property {string} name The case.
 * @property {'chromium' | 'firefox' | 'webkit'} engine
 * @property {(name: string) => Promise<import('../../support/browsers.mjs').Page>} openPage A case's page.
 * @property {(page: object, name: string, options?: object) => Promise<any>} call Calls an export of its module.
 * @property {{runs: number, short: boolean}} options
 * @property {string} origin Where the pages are.
 */

/**
 * @typedef {object} Outcome
 * @property {Record<string, {value: number, min?: number, max?: number, samples?: number[]}>} figures What
 *     limits.mjs speaks of.
 * @property {object[]} [rows] All contestants, for the table and the plots.
 */

/** @type {Record<string, {drive: (context: Context) => Promise<Outcome>, short?: boolean, long?: boolean}>} */
export const cases = {
  switch: { drive: compare, short: true },
  spawn: { drive: compare, short: true },
  queue: { drive: compare, short: true },
  fib: { drive: compare, short: true },
  lock: { drive: compare },
  future: { drive: compare },
  depth: { drive: compare },
  callsoon: { drive: compare },
  gather: { drive: compare },
  observability: { drive: compare },
  counts: { drive: counts, short: true },
  fairness: { drive: fairness, short: true },
  timers: { drive: timers, short: true },
  saturation: { drive: saturation, short: true },
  lateness: { drive: lateness },
  clicks: { drive: clicks },
  hidden: { drive: hidden },
  'hidden-long': { drive: hiddenLong, long: true },
  bfcache: { drive: bfcache },
  memory: { drive: memory },
};
