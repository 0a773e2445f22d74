// Runs contestants on the same work in one page, by turns, so that whatever slows the machine slows them alike.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @typedef {object} Contestant
 * @property {(repeat: number) => unknown} run Does the case's work `repeat` times, times `share`; a promise is awaited.
 * @property {number} [share] The part of the work that one repetition does, for those that are very slow. Default 1.
 * @property {() => boolean} [works] False where the engine lacks what it needs.
 */

/**
 * @param {Record<string, Contestant>} contestants
 * @param {object} [options]
 * @param {number} [options.runs] Rounds that count. Default 5; one more before them does not.
 * @param {number} [options.minMs] How long a sample takes at least: many steps of the coarsest clock. Default 100.
 * @param {string[]} [options.only] Names of those that take part.
 * @returns {Promise<Record<string, number[]>>} By name the milliseconds for the whole work, one for each round.
 */
export async function compare(contestants, { runs = 5, minMs = 100, only } = {}) {
  const names = Object.keys(contestants).filter(
    (name) => (!only || only.includes(name)) && (contestants[name].works?.() ?? true),
  );
  const repeats = new Map();
  for (const name of names) repeats.set(name, await calibrate(contestants[name], minMs));
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < runs; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + Math.max(0, round)) % names.length];
      const { run, share = 1 } = contestants[name];
      await pause(20);
      const ms = await timeOf(run, repeats.get(name));
      if (round >= 0) samples[name].push(ms / (repeats.get(name) * share));
    }
  }
  return samples;
}

/** How often a contestant must repeat the work to fill a sample; it is warm afterwards. */
async function calibrate({ run }, minMs) {
  let repeat = 1;
  for (;;) {
    const ms = await timeOf(run, repeat);
    if (ms >= minMs) return repeat;
    repeat = Math.ceil(repeat * Math.min(20, Math.max(1.3, (1.2 * minMs) / Math.max(ms, 1))));
  }
}

async function timeOf(run, repeat) {
  const start = performance.now();
  await run(repeat);
  return performance.now() - start;
}
