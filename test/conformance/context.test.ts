// Lib/test/test_asyncio/test_context.py of CPython 3.13.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';

describe('DecimalContextTest', () => {
  it('test_asyncio_task_decimal_context', async () => {
    // The original sets the precision of Python's decimal arithmetic, which is a context variable, for each task.
    const precision = new asyncio.ContextVar<number>('precision', { defaultValue: 28 });
    const divide = (x: number, y: number): string => (x / y).toPrecision(precision.get());

    function* fractions(delay: number, digits: number, x: number, y: number) {
      const token = precision.set(digits);
      try {
        const a = divide(x, y);
        yield* asyncio.sleep(delay);
        const b = divide(x, y ** 2);
        return [a, b];
      } finally {
        precision.reset(token);
      }
    }

    const [r1, r2] = await simulate(() => asyncio.gather(fractions(0.1, 3, 1, 3), fractions(0.2, 6, 1, 3)));

    expect(r1).to.deep.equal(['0.333', '0.111']);
    expect(r2).to.deep.equal(['0.333333', '0.111111']);
  });
});
