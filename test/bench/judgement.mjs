// From figures to verdicts, and both on the terminal.

import { forEngine, judge } from './limits.mjs';
import { figure } from './statistics.mjs';

/** The cases whose ratios the geometric mean is of. */
const MEAN_OF = ['switch', 'spawn', 'queue', 'fib'];

/** The mean of the four ratios, round by round; undefined when one is missing. */
export function geometricMean(cases) {
  const ratios = MEAN_OF.map((name) => cases[name]?.figures['ours ÷ native']?.samples);
  if (ratios.some((samples) => !samples)) return undefined;
  const rounds = Math.min(...ratios.map((samples) => samples.length));
  const mean = (round) =>
    ratios.reduce((product, samples) => product * samples[round], 1) ** (1 / ratios.length);
  return figure(Array.from({ length: rounds }, (_, round) => mean(round)));
}

/**
 * @param {import('./limits.mjs').Limit[]} limits
 * @param {string} engine
 * @param {Record<string, import('./driven/index.mjs').Outcome>} cases
 * @param {object} options
 * @param {boolean} options.short
 * @param {string[]} options.names The cases that were to be measured.
 * @returns {{limit: object, figure: object | undefined, required: number | undefined, verdict: string}[]}
 */
export function verdicts(limits, engine, cases, { short, names }) {
  return limits
    .filter((limit) => names.includes(limit.case))
    .flatMap((limit) => {
      const figure = cases[limit.case]?.figures[limit.figure];
      const judged = short ? { ...limit, required: limit.short, excellent: undefined } : limit;
      const required = forEngine(judged.required, engine);
      if (figure === undefined || Number.isNaN(figure.value)) {
        // An engine that something does not apply to need not measure it.
        return required === undefined || limit.case === 'mean'
          ? []
          : [{ limit, required, verdict: 'not measured' }];
      }
      if (short && required === undefined) return [];
      return [{ limit, figure, required, verdict: judge(judged, engine, figure.value) }];
    });
}

export function format(value) {
  if (value === undefined || Number.isNaN(value)) return '';
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

export const spread = ({ min, max, samples }) =>
  samples?.length > 1 ? `${format(min)}..${format(max)}` : '';

export function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => [...String(row[i] ?? '')].length)));
  const pad = (cell, i) => {
    const text = String(cell ?? '');
    const space = ' '.repeat(widths[i] - [...text].length);
    return /^[-−\d.]/.test(text) ? space + text : text + space;
  };
  for (const row of rows) console.log(`  ${row.map(pad).join('  ').trimEnd()}`);
}

export function printCase(engine, name, { figures, rows = [] }, ms) {
  console.log(`\n${engine} · ${name} (${(ms / 1000).toFixed(1)} s)`);
  const lines = [
    ...rows.map((row) => [row.name, format(row.value), row.unit, spread(row)]),
    ...Object.entries(figures).map(([label, value]) => [label, format(value.value), '', spread(value)]),
  ];
  printTable([['', 'median', '', 'min..max'], ...lines]);
}

export function printJudgements(engine, judged) {
  console.log(`\n${engine}: required and reached`);
  printTable([
    ['', 'what', 'measured', '', 'required', 'excellent', ''],
    ...judged.map(({ limit, figure, required, verdict }) => [
      limit.id,
      limit.title,
      format(figure?.value),
      limit.unit,
      required === undefined ? '' : `${limit.is === 'most' ? '≤' : '≥'} ${required}`,
      format(forEngine(limit.excellent, engine)),
      verdict === 'missed' ? 'MISSED' : verdict,
    ]),
  ]);
}
