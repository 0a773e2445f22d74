// The loop that the ported tests run on.

import { expect } from 'chai';
import { newTestLoop, testLoop, testLoops } from '../support/loops.ts';

describe('the loop under test', () => {
  it(`is '${testLoop}'`, () => {
    const loop = newTestLoop();
    expect(loop.isRunning()).to.equal(false);
    loop.close();
  });

  it('`npm test` knows the names of all of them', async () => {
    const response = await fetch('/test/support/loop-kinds.json');
    expect(await response.json()).to.deep.equal(testLoops);
  });
});
