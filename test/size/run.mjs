// `npm run size`: prints the sizes beside those of the ledger.
//
//     --update            writes them to the ledger
//     --why[=preset]      what each module costs; default: everything
//     --why=preset:module what each declaration and member of a module costs, for example --why=core:tasks/tasks.js
//
// It measures `dist/`, so `npm run build` comes first.

import { parseArgs } from 'node:util';
import { budgeted, difference, failedBudgets, readLedger, writeLedger } from './ledger.mjs';
import { breakDown, measure } from './measure.mjs';

function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  for (const row of rows) {
    console.log(
      row.map((cell, i) => (i ? String(cell).padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '),
    );
  }
}

async function printWhy(argument) {
  const [preset, module] = (argument || 'everything').split(':');
  const parts = await breakDown(preset, module);
  const total = parts.reduce((sum, { min, gz }) => ({ min: sum.min + min, gz: sum.gz + gz }), {
    min: 0,
    gz: 0,
  });
  console.log(`${preset}${module ? `, ${module}` : ''}: bytes in the bundle\n`);
  printTable([
    [module ? 'declaration' : 'module', 'min', 'gz', '% gz'],
    ...parts.map(({ name, min, gz }) => [name, min, gz, ((100 * gz) / total.gz).toFixed(1)]),
    ['sum', total.min, total.gz, ''],
  ]);
}

const signed = (number) => (number > 0 ? `+${number}` : number ? String(number) : '');

async function main() {
  // `--why` may stand alone, which parseArgs has no word for.
  const args = process.argv.slice(2).map((arg) => (arg === '--why' ? '--why=' : arg));
  const { values } = parseArgs({ args, options: { why: { type: 'string' }, update: { type: 'boolean' } } });
  if (values.why !== undefined) return printWhy(values.why);

  const ledger = readLedger();
  const sizes = await measure();
  printTable([
    ['preset', 'min', '', 'min+gz', '', 'later', 'budget', ''],
    ...Object.entries(sizes).map(([name, { min, gz, later }]) => {
      const old = ledger.sizes[name];
      const budget = ledger.budgets[name];
      const total = budgeted(name, sizes[name]);
      return [
        name,
        min,
        signed(min - (old?.min ?? min)),
        gz,
        signed(gz - (old?.gz ?? gz)),
        later?.gz ?? '',
        budget ?? '',
        budget ? (total > budget ? `over by ${total - budget}` : 'met') : '',
      ];
    }),
  ]);

  const failed = failedBudgets(sizes, ledger.budgets);
  if (values.update) writeLedger({ ...ledger, sizes });
  else if (difference(ledger.sizes, sizes).length) {
    console.log('\nThe ledger is out of date: npm run size -- --update');
    process.exitCode = 1;
  }
  if (failed.length && ledger.enforceBudgets) process.exitCode = 1;
}

await main();
