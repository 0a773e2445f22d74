// Why there is a detMath: the same simulation, once with it and once with Math.log, in the page and in Node.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../support/browsers.mjs';
import { engine, serveFiles } from '../support/pages.mjs';

const DRAWS = 20_000;

/**
 * Times between arrivals, as doubles, and a hash of their bits: sums of them would round most differences off. Runs in
 * Node and in the page.
 */
function courses({ SimRandom, detMath }, draws) {
  const hashWith = (log) => {
    const random = new SimRandom(1);
    const view = new DataView(new ArrayBuffer(8));
    let hash = 0;
    for (let draw = 0; draw < draws; draw += 1) {
      view.setFloat64(0, -log(1 - random.random()));
      hash = Math.imul(hash ^ view.getInt32(0), 0x01000193);
      hash = Math.imul(hash ^ view.getInt32(4), 0x01000193) ^ (hash >>> 15);
    }
    return hash >>> 0;
  };
  const random = new SimRandom(2);
  let different = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const x = random.random();
    if (Math.log(x) !== detMath.log(x)) different += 1;
  }
  return { own: hashWith(detMath.log), engines: hashWith(Math.log), different };
}

const PAGE = `<!doctype html>
<title>detMath</title>
<script type="module">
  import * as testing from '/dist/testing.js';
  globalThis.outcome = (${courses})(testing, ${DRAWS});
</script>`;

describe(`detMath in ${engine}`, () => {
  let browser;
  let server;
  let here;
  let there;

  before(async () => {
    here = courses(await import('../../dist/testing.js'), DRAWS);
    server = await serveFiles({ '/math.html': PAGE });
    browser = await launch(engine);
    const page = await browser.newPage(`${server.origin}/math.html`);
    there = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const look = () =>
            globalThis.outcome === undefined ? setTimeout(look, 20) : resolve(globalThis.outcome);
          look();
        }),
    );
    await page.close();
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  it('S32 takes the same course as in Node, in float time', () => {
    assert.equal(there.own, here.own);
  });

  // Node 20 and Firefox have the same logarithm, WebKit has the system's; Chromium's changes with its version.
  if (engine === 'webkit') {
    it('S32 Math.log takes another course here than in Node: without detMath the engines differ', (test) => {
      test.diagnostic(
        `${there.different} of ${DRAWS} logarithms are not the nearest double here, ${here.different} in Node`,
      );
      assert.notEqual(there.engines, here.engines);
    });
  } else {
    it('S32 Math.log gives other bits than the nearest double, for some values', (test) => {
      test.diagnostic(
        `${there.different} of ${DRAWS}; the course is ${there.engines === here.engines ? 'that of Node' : 'another than in Node'}`,
      );
      assert.ok(there.different > 0);
    });
  }
});
