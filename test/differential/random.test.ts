import { expect } from 'chai';
import { runsGuests } from '../support/loops.ts';
import { divergence, expectEqualTraces, read } from './compare.ts';
import type { Spec } from './random-interpreter.ts';
import { runSpec, runSpecAsGuest } from './random-interpreter.ts';

const FIRST = 1;
const RECORDED = 2000;
/** So many are also run as guests; on the loop whose programs are guests, these are all. */
const GUESTS = 500;
const LAST = runsGuests ? GUESTS : RECORDED;
/** Seeds in one test. */
const SHARE = 100;

interface Generator {
  makeProgram(seed: number): Spec;
  hashOf(spec: Spec): string;
}

/** Takes the words of a trace apart: a line for each event, with the pass and the time in front. */
function stepsOf(trace: string): string[] {
  let passes = 0;
  let ticks = 0;
  const steps: string[] = [];
  for (const word of trace.split(' ')) {
    if (word.startsWith('+')) passes += Number(word);
    else if (word.startsWith('~')) ticks += Number(word.slice(1));
    else steps.push(`pass ${passes}, ${ticks} µs: ${word}`);
  }
  return steps;
}

describe(`random programs, seeds ${FIRST} to ${LAST}, step by step as on CPython`, () => {
  let generator: Generator;
  const recorded = new Map<number, { readonly hash: string; readonly trace: string }>();

  before(async () => {
    const path = '/test/differential/random-programs.mjs';
    generator = await import(path);
    for (const line of (await read('traces/random.txt')).trimEnd().split('\n')) {
      const [seed, hash, trace] = line.split('\t') as [string, string, string];
      recorded.set(Number(seed), { hash, trace });
    }
  });

  it('every seed has a trace', () => {
    const seeds = Array.from({ length: RECORDED - FIRST + 1 }, (_, index) => FIRST + index);
    expect([...recorded.keys()]).to.deep.equal(seeds);
  });

  for (let first = FIRST; first <= LAST; first += SHARE) {
    const last = Math.min(first + SHARE - 1, LAST);
    it(`seeds ${first} to ${last}`, () => compare(first, last, runSpec));
  }

  it(`seeds 1 to ${GUESTS}, in guest runs`, () => compare(1, GUESTS, runSpecAsGuest));

  async function compare(first: number, last: number, runIt: typeof runSpec): Promise<void> {
    const failures: string[] = [];
    for (let seed = first; seed <= last; seed += 1) {
      const spec = generator.makeProgram(seed);
      const { hash, trace } = recorded.get(seed) ?? { hash: 'none', trace: '' };
      expect(hash, `seed ${seed} is another program than was recorded`).to.equal(generator.hashOf(spec));
      try {
        const tasks = spec.tasks.map((ops, index) => `task ${index}: ${JSON.stringify(ops)}`);
        expectEqualTraces(`seed ${seed}`, stepsOf(await runIt(spec)), stepsOf(trace), tasks);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (failures.length > 0) throw divergence(`${failures.length} seeds; the first:\n${failures[0]}`);
  }
});
