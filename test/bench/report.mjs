// The table of README.md and the pictures of report.html, from what results/ holds.

import { readFileSync, writeFileSync } from 'node:fs';
import { ENGINES } from '../support/browsers.mjs';
import { format, spread } from './judgement.mjs';
import { judge, limits } from './limits.mjs';
import { loadResults } from './results.mjs';

const readme = new URL('README.md', import.meta.url);
const page = new URL('report.html', import.meta.url);

export function writeReport() {
  const results = ENGINES.map(loadResults);
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), results));
  writeFileSync(page, html(results));
}

/** README.md with the table that belongs to the results. */
export function withTable(text, results = ENGINES.map(loadResults)) {
  const [head, rest] = text.split(/(?<=<!-- begin[^\n]*-->\n)/);
  return `${head}${markdown(results)}${rest.slice(rest.indexOf('<!-- end -->'))}`;
}

const figureOf = (result, limit) => result.cases[limit.case]?.figures[limit.figure];

const bound = (limit, number) => (number === undefined ? '' : `${limit.is === 'most' ? '≤' : '≥'} ${number}`);

/** One number, or one for each engine. */
function bounds(limit, numbers) {
  if (typeof numbers !== 'object') return bound(limit, numbers);
  const each = ENGINES.map((engine) => bound(limit, numbers[engine]) || '–');
  return each.join(' / ');
}

const WORDS = { excellent: 'excellent', required: 'met', missed: '**missed**', told: '' };

function markdown(results) {
  const lines = [
    '',
    `| | what | unit | required | excellent | ${ENGINES.join(' | ')} | command | of what is missed |`,
    `|---|---|---|---|---|${ENGINES.map(() => '---').join('|')}|---|---|`,
  ];
  for (const limit of limits) {
    const cells = results.map((result) => {
      const figure = figureOf(result, limit);
      if (!figure || Number.isNaN(figure.value) || figure.value === null) return '–';
      const range = spread(figure);
      const word = WORDS[judge(limit, result.engine, figure.value)];
      return [format(figure.value), range && `(${range})`, word].filter(Boolean).join(' ');
    });
    const why = ENGINES.filter((engine) => limit.why?.[engine]).map(
      (engine) => `${engine}: ${limit.why[engine]}`,
    );
    lines.push(
      `| ${[
        limit.id,
        limit.title,
        limit.unit,
        bounds(limit, limit.required),
        bounds(limit, limit.excellent),
        ...cells,
        limit.case === 'mean' ? '`--case=switch,spawn,queue,fib`' : `\`--case=${limit.case}\``,
        why.join('; '),
      ].join(' | ')} |`,
    );
  }
  const browsers = results
    .filter(({ browser }) => browser)
    .map(({ engine, browser }) => `${engine}: \`${browser}\``);
  return `${[...lines, '', ...(browsers.length > 0 ? [`Measured with ${browsers.join('; ')}.`, ''] : [])].join('\n')}\n`;
}

const escape = (text) => String(text).replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Bars on a logarithmic scale, with a whisker from the least to the most; ours is filled. */
function bars(rows) {
  const height = 22;
  const [left, width] = [180, 420];
  const positive = rows.filter(({ value }) => value > 0);
  if (positive.length === 0) return '';
  const low = Math.min(...positive.map(({ min, value }) => (min > 0 ? min : value)));
  const high = Math.max(...positive.map(({ max, value }) => Math.max(max, value)));
  const [from, to] = [
    Math.floor(Math.log10(low)),
    Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1),
  ];
  const x = (value) => left + (width * (Math.log10(Math.max(value, 10 ** from)) - from)) / (to - from);
  const grid = Array.from({ length: to - from + 1 }, (_, n) => from + n).map(
    (power) =>
      `<line class="grid" x1="${x(10 ** power)}" x2="${x(10 ** power)}" y1="0" y2="${rows.length * height}"/>` +
      `<text class="tick" x="${x(10 ** power)}" y="${rows.length * height + 14}">${10 ** power}</text>`,
  );
  const lines = rows.map((row, n) => {
    const y = n * height + 4;
    if (!(row.value > 0))
      return `<text x="${left - 8}" y="${y + 11}" class="name">${escape(row.name)}</text>`;
    const ours = row.name === 'asyncio' ? ' class="ours"' : '';
    return (
      `<text class="name" x="${left - 8}" y="${y + 11}">${escape(row.name)}</text>` +
      `<rect${ours} x="${left}" y="${y}" width="${Math.max(1, x(row.value) - left)}" height="14"/>` +
      `<line class="spread" x1="${x(row.min)}" x2="${x(row.max)}" y1="${y + 7}" y2="${y + 7}"/>` +
      `<text class="value" x="${x(Math.max(row.value, row.max)) + 6}" y="${y + 11}">${format(row.value)}</text>`
    );
  });
  const size = [left + width + 90, rows.length * height + 20];
  return `<svg viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" role="img">${grid.join('')}${lines.join('')}</svg>`;
}

function html(results) {
  const sections = [];
  const names = [...new Set(results.flatMap(({ cases }) => Object.keys(cases)))];
  for (const name of names) {
    const plots = results.flatMap(({ engine, cases }) => {
      const rows = cases[name]?.rows ?? [];
      const units = [...new Set(rows.map(({ unit }) => unit))];
      return units.map(
        (unit) =>
          `<figure><figcaption>${engine}: ${escape(unit)}</figcaption>${bars(rows.filter((row) => row.unit === unit))}</figure>`,
      );
    });
    if (plots.length > 0) sections.push(`<h2>${escape(name)}</h2>\n<div>${plots.join('\n')}</div>`);
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>asyncio-web: benchmarks</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
  div { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
  figure { margin: 0; overflow-x: auto; }
  figcaption { font-weight: 600; }
  svg text { font-size: 12px; fill: currentColor; }
  .name { text-anchor: end; }
  .tick { text-anchor: middle; opacity: 0.6; }
  .grid { stroke: currentColor; opacity: 0.15; }
  .spread { stroke: currentColor; stroke-width: 2; }
  rect { fill: #8aa; }
  rect.ours { fill: #c60; }
</style>
<h1>asyncio-web: benchmarks</h1>
<p>Medians on a logarithmic scale; the line across the end of a bar reaches from the least to the most. How it is measured, and
what is required, is in README.md.</p>
${sections.join('\n')}
</html>
`;
}
