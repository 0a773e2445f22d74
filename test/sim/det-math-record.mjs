// Makes det-math-table.json, which det-math.test.ts reads: for each series of arguments the hash of what detMath gives,
// the hash of the nearest doubles to the exact values, and where the two differ by one unit in the last place.
//
//   npm run build && npx tsc -p tsconfig.test.json && node test/sim/det-math-record.mjs
//
// The exact values come from det-math-exact.py, which needs Python 3 and no package.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { detMath } from '../../build/lib/sim/det-math.js';
import { argumentsOf, BitHash, SERIES, step } from '../../build/test/sim/det-math-inputs.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const hex = (value) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
};
const number = (text) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${text}`));
  return view.getFloat64(0);
};

const table = SERIES.map((series, index) => {
  const args = [...argumentsOf(series, index)];
  const values = args.map(([x, y]) => detMath[series.name](x, y));
  const input = args.map(([x, y]) => `${series.name} ${hex(x)} ${hex(y)}`).join('\n');
  const python = spawnSync(process.env.PYTHON ?? 'python3', [`${here}det-math-exact.py`], {
    input,
    encoding: 'utf8',
  });
  if (python.status !== 0) throw new Error(python.stderr);
  const nearest = python.stdout.trimEnd().split('\n').map(number);
  const [made, best] = [new BitHash(), new BitHash()];
  const off = [];
  values.forEach((value, at) => {
    made.add(value);
    best.add(nearest[at]);
    if (Object.is(value, nearest[at])) return;
    const units = [-1, 1].find((one) => Object.is(step(nearest[at], one), value));
    if (units === undefined) {
      throw new Error(`${series.name}(${args[at]}) is ${value}, and should be ${nearest[at]}`);
    }
    off.push(units * (at + 1));
  });
  process.stderr.write(
    `${series.name} ${series.from}..${series.to}: ${off.length} of ${values.length} are not the nearest\n`,
  );
  return { name: series.name, made: made.toString(), nearest: best.toString(), off: off.join(' ') };
});
writeFileSync(`${here}det-math-table.json`, `${JSON.stringify(table, null, 2)}\n`);
