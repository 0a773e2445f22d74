// The benchmarks' own arithmetic, and that their tables belong together. What they measure is in test/bench/.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { cases } from '../bench/driven/index.mjs';
import { geometricMean, verdicts } from '../bench/judgement.mjs';
import { judge, limits } from '../bench/limits.mjs';
import { withTable } from '../bench/report.mjs';
import { figure, quantile } from '../bench/statistics.mjs';
import { deflateCost } from '../size/deflate-cost.mjs';

describe('the limits', () => {
  it('have names of their own, and a case that measures each', () => {
    const ids = limits.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    for (const limit of limits) assert.ok(limit.case === 'mean' || cases[limit.case], limit.id);
  });

  it('ask no less of what is excellent than of what is required', () => {
    for (const { id, is, required, excellent } of limits) {
      if (required === undefined || excellent === undefined) continue;
      for (const engine of ['chromium', 'firefox', 'webkit']) {
        const [least, best] = [required, excellent].map((n) => (typeof n === 'object' ? n[engine] : n));
        if (least === undefined || best === undefined) continue;
        assert.ok(is === 'most' ? best <= least : best >= least, `${id} in ${engine}`);
      }
    }
  });

  it('are judged by the side on which they lie', () => {
    const most = { is: 'most', required: 4, excellent: { chromium: 2 } };
    assert.equal(judge(most, 'chromium', 2), 'excellent');
    assert.equal(judge(most, 'firefox', 2), 'required');
    assert.equal(judge(most, 'chromium', 4.1), 'missed');
    assert.equal(judge({ is: 'least', required: { webkit: 90 } }, 'webkit', 89), 'missed');
    assert.equal(judge({ is: 'least', required: { webkit: 90 } }, 'firefox', 1), 'told');
  });

  it('count what was required and not measured, but not where it does not apply', () => {
    const [everywhere, chromium] = [
      { id: 'X', case: 'x', figure: 'f', is: 'most', required: 1 },
      { id: 'Y', case: 'x', figure: 'g', is: 'most', required: { chromium: 1 } },
    ];
    const judged = verdicts([everywhere, chromium], 'firefox', { x: { figures: {} } }, { names: ['x'] });
    assert.deepEqual(
      judged.map(({ limit, verdict }) => [limit.id, verdict]),
      [['X', 'not measured']],
    );
  });

  it('and what was measured make the table of test/bench/README.md (npm run bench -- --report)', () => {
    const text = readFileSync(new URL('../bench/README.md', import.meta.url), 'utf8');
    assert.equal(text, withTable(text));
  });
});

describe('the figures', () => {
  it('are medians, and quantiles between two samples in proportion', () => {
    assert.deepEqual(figure([5, 1, 3]), { value: 3, min: 1, max: 5, samples: [5, 1, 3] });
    assert.equal(quantile([0, 10], 0.25), 2.5);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  it('of the four comparisons have a geometric mean, round by round', () => {
    const of = (...samples) => ({ figures: { 'ours ÷ native': figure(samples) } });
    const four = { switch: of(1, 16), spawn: of(2, 1), queue: of(4, 1), fib: of(2, 1) };
    assert.deepEqual(geometricMean(four).samples, [2, 2]);
    const { fib: _, ...three } = four;
    assert.equal(geometricMean(three), undefined);
  });
});

describe('the cost of a byte in a compressed text', () => {
  const text = Buffer.from(`${'yield* sleep(0); '.repeat(50)}${[...Array(500).keys()].join()}`);
  for (const [kind, options] of Object.entries({
    'codes of its own': { level: 9 },
    'fixed codes': { level: 9, strategy: zlib.Z_FIXED },
    'no compression': { level: 0 },
  })) {
    it(`adds up to the stream, with ${kind}`, () => {
      const stream = deflateRawSync(text, options);
      const bits = deflateCost(stream, text.length).reduce((sum, cost) => sum + cost, 0);
      assert.ok(bits / 8 <= stream.length, `${bits / 8} of ${stream.length}`);
      assert.ok(bits / 8 > stream.length - 120, `${bits / 8} of ${stream.length}`);
    });
  }

  it('is small where the text repeats itself', () => {
    const cost = deflateCost(deflateRawSync(text, { level: 9 }), text.length);
    assert.ok(cost[0] > 4);
    assert.ok(cost[17 * 20] < 0.2);
  });

  it('refuses a stream of another length', () => {
    assert.throws(() => deflateCost(deflateRawSync(text), text.length - 1), /The stream holds/);
  });
});
