// The ledger: exact sizes that every change must own up to, and the budgets.

import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('ledger.json', import.meta.url);

/**
 * @returns {{enforceBudgets: boolean, budgets: Record<string, number>, sizes: Record<string, object>,
 *     site: {budget: number, first: number}}} `budgets` are bytes, minified and gzipped: see `budgeted`. `site` is what
 *     the playground loads before its first run is over; test/browser/playground-access.test.mjs measures it.
 */
export const readLedger = () => JSON.parse(readFileSync(path, 'utf8'));

/** One preset to a line, so that a change of one is a change of one line. */
export function writeLedger({ enforceBudgets, budgets, sizes, site }) {
  const line = ([name, value]) =>
    `    ${JSON.stringify(name)}: ${JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ')}`;
  const block = (object) => `{\n${Object.entries(object).map(line).join(',\n')}\n  }`;
  writeFileSync(
    path,
    `{\n  "enforceBudgets": ${enforceBudgets},\n  "budgets": ${block(budgets)},\n  "sizes": ${block(sizes)},\n  "site": ${JSON.stringify(site, null, 1).replace(/\n\s*/g, ' ')}\n}\n`,
  );
}

/** One line for each preset whose size is not what the ledger says. */
export function difference(ledger, sizes) {
  const names = new Set([...Object.keys(ledger), ...Object.keys(sizes)]);
  return [...names]
    .map((name) => [name, JSON.stringify(ledger[name] ?? null), JSON.stringify(sizes[name] ?? null)])
    .filter(([, old, now]) => old !== now)
    .map(([name, old, now]) => `${name}: the ledger says ${old}, the bundle is ${now}`);
}

/**
 * What a budget is about: what a page loads at once. Of everything also what `import()` brings later; another program
 * may never ask for that.
 */
export const budgeted = (name, { gz, later }) => gz + (name === 'everything' ? (later?.gz ?? 0) : 0);

/** One line for each budget that is exceeded. */
export function failedBudgets(sizes, budgets) {
  return Object.entries(budgets).flatMap(([name, budget]) => {
    const total = budgeted(name, sizes[name]);
    return total > budget ? [`${name}: ${total} bytes, ${total - budget} over its budget of ${budget}`] : [];
  });
}
