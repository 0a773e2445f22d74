import { detMath } from 'asyncio-web/testing';
import { expect } from 'chai';
import type { Name } from './det-math-inputs.ts';
import { argumentsOf, BitHash, PER_SERIES, SERIES, step } from './det-math-inputs.ts';

interface Row {
  readonly name: Name;
  readonly made: string;
  readonly nearest: string;
  /** Where it is not the nearest double: numbers from 1, negative if it is below, separated by spaces. */
  readonly off: string;
}

describe('detMath', () => {
  let table: readonly Row[];
  before(async () => {
    table = await (await fetch('/test/sim/det-math-table.json')).json();
  });

  it('S31 the table has 100 000 entries, and every function', () => {
    expect(table.length * PER_SERIES).to.equal(100_000);
    expect(new Set(table.map(({ name }) => name))).to.deep.equal(new Set(Object.keys(detMath)));
  });

  SERIES.forEach((series, index) => {
    const range =
      series.kind === 'linear' ? `${series.from} to ${series.to}` : `2^${series.from} to 2^${series.to}`;
    it(`S31 ${series.name} of ${range} has the bits of the table, at most 1 ulp from the exact value`, () => {
      const row = table[index] as Row;
      const [made, nearest] = [new BitHash(), new BitHash()];
      const off = new Map(
        row.off
          .split(' ')
          .map(Number)
          .map((at) => [Math.abs(at) - 1, Math.sign(at)]),
      );
      let at = 0;
      for (const [x, y] of argumentsOf(series, index)) {
        const value = detMath[series.name](x, y);
        made.add(value);
        // The exact values were computed with 60 digits, elsewhere; a unit is taken back where the table says so.
        nearest.add(step(value, -(off.get(at) ?? 0)));
        at += 1;
      }
      expect(made.toString()).to.equal(row.made);
      expect(nearest.toString()).to.equal(row.nearest);
    });
  });

  it('gives whole numbers where the exact value is whole', () => {
    for (let n = -300; n <= 300; n += 1) {
      expect(detMath.pow(2, n)).to.equal(2 ** n);
      expect(detMath.log2(2 ** n)).to.equal(n);
      expect(detMath.log10(Number(`1e${n}`))).to.equal(n);
    }
    for (let n = 0; n <= 22; n += 1) expect(detMath.pow(10, n)).to.equal(Number(`1e${n}`));
    for (let base = 1; base <= 200; base += 1) {
      for (let n = 0, power = 1; power <= Number.MAX_SAFE_INTEGER && n < 60; n += 1, power *= base)
        expect(detMath.pow(base, n)).to.equal(power);
      expect(detMath.pow(base * base, 0.5)).to.equal(base);
    }
  });

  it("has ECMAScript's special cases", () => {
    const values = [
      0,
      -0,
      1,
      -1,
      2,
      -2,
      3,
      -3,
      0.5,
      -0.5,
      1e300,
      -1e300,
      5e-324,
      -5e-324,
      Infinity,
      -Infinity,
      NaN,
    ];
    for (const x of values) {
      for (const y of values) {
        const [ours, theirs] = [detMath.pow(x, y), x ** y];
        const isSpecial = [0, 1, Infinity].includes(Math.abs(theirs)) || Number.isNaN(theirs);
        if (isSpecial)
          expect(Object.is(ours, theirs), `pow(${x}, ${y}): ${ours}, not ${theirs}`).to.equal(true);
      }
      for (const name of ['log', 'log1p', 'log2', 'log10', 'exp', 'expm1', 'sin', 'cos', 'tan'] as const) {
        const [ours, theirs] = [detMath[name](x), Math[name](x)];
        if (!Number.isFinite(theirs) || Object.is(theirs, x) || theirs === 0 || theirs === -1) {
          expect(Object.is(ours, theirs), `${name}(${x}): ${ours}, not ${theirs}`).to.equal(true);
        }
      }
    }
  });

  it('goes over and under at the right places', () => {
    expect(detMath.exp(709.782712893384)).to.be.below(Infinity);
    expect(detMath.exp(709.782712893385)).to.equal(Infinity);
    expect(detMath.expm1(709.782712893384)).to.be.below(Infinity);
    expect(detMath.exp(-745.1332191019411)).to.equal(5e-324);
    expect(detMath.exp(-745.1332191019412)).to.equal(0);
    expect(detMath.pow(2, 1024)).to.equal(Infinity);
    expect(detMath.pow(2, -1075)).to.equal(0);
    expect(detMath.log(5e-324)).to.equal(-744.4400719213812);
  });

  it('is odd or even as the function is', () => {
    for (let n = 1; n < 200; n += 1) {
      const x = n * 1.37 ** (n / 4);
      expect(detMath.sin(-x)).to.equal(-detMath.sin(x));
      expect(detMath.tan(-x)).to.equal(-detMath.tan(x));
      expect(detMath.cos(-x)).to.equal(detMath.cos(x));
    }
  });
});
