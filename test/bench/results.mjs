// What was measured, kept in results/: one file for each engine, committed when somebody means to.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { geometricMean } from './judgement.mjs';

const folder = new URL('results/', import.meta.url);
const fileOf = (engine) => new URL(`${engine}.json`, folder);

export function loadResults(engine) {
  const file = fileOf(engine);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { engine, browser: null, cases: {} };
}

/** Puts the cases that were measured in the place of the old ones, and gives all of them. */
export function saveResults(engine, measured) {
  const cases = { ...loadResults(engine).cases, ...rounded(measured.cases) };
  const mean = geometricMean(cases);
  if (mean) cases.mean = rounded({ figures: { 'ours ÷ native': mean } });
  const result = { engine, browser: measured.browser, cases };
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(engine), `${JSON.stringify(result, null, 1)}\n`);
  return result;
}

/** Four digits tell all that a measurement knows. */
function rounded(value) {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}
