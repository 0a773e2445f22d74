// The queue in blocks beside a plain array. What the ready queue adds is tested with it.

import { assert, expect } from 'chai';
import { Ring } from '../../src/core/ring.ts';
import { Random, seed } from '../support/random.ts';

/** Where blocks end: 16, and then twice as many up to 2048. */
const EDGES = [15, 16, 17, 47, 48, 49, 111, 112, 113, 4079, 4080, 4081, 6128, 6129];

describe('Ring', () => {
  for (const size of EDGES) {
    it(`gives ${size} back in the order they came, and again`, () => {
      const ring = new Ring<number>();
      for (let round = 0; round < 3; round += 1) {
        for (let index = 0; index < size; index += 1) ring.push(index);
        expect([...ring]).to.have.length(size);
        for (let index = 0; index < size; index += 1) {
          if (ring.shift() !== index) assert.fail(`${index} did not come in its turn`);
        }
        expect([ring.length, [...ring]]).to.deep.equal([0, []]);
      }
    });
  }

  for (const depth of [1, 16, 17, 100, 5000]) {
    it(`goes round and round at a depth of ${depth}`, () => {
      const ring = new Ring<number>();
      for (let index = 0; index < depth; index += 1) ring.push(index);
      for (let index = depth; index < 30_000; index += 1) {
        ring.push(index);
        if (ring.shift() !== index - depth) assert.fail(`${index - depth} did not come in its turn`);
      }
      expect([...ring]).to.deep.equal(Array.from({ length: depth }, (_, index) => 30_000 - depth + index));
    });
  }

  it('holds undefined and null as it holds anything', () => {
    const ring = new Ring<unknown>();
    for (const item of [undefined, null, 0, undefined]) ring.push(item);
    expect([...ring]).to.deep.equal([undefined, null, 0, undefined]);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift(), ring.length]).to.deep.equal([
      undefined,
      null,
      0,
      undefined,
      0,
    ]);
  });

  it('can be cleared and trimmed at any place', () => {
    for (const size of EDGES) {
      for (const taken of [0, 1, size - 1, size]) {
        const ring = new Ring<number>();
        for (let index = 0; index < size; index += 1) ring.push(index);
        for (let index = 0; index < taken; index += 1) ring.shift();
        ring.trim();
        expect(ring.length).to.equal(size - taken);
        expect([...ring][0]).to.equal(taken < size ? taken : undefined);
        ring.clear();
        expect([ring.length, [...ring]]).to.deep.equal([0, []]);
        ring.push(7);
        expect([ring.length, ring.shift()]).to.deep.equal([1, 7]);
      }
    }
  });

  it('takes a million at once, and gives them back', () => {
    const ring = new Ring<number>();
    for (let index = 0; index < 1_000_000; index += 1) ring.push(index);
    expect(ring.length).to.equal(1_000_000);
    let sum = 0;
    while (ring.length > 0) sum += ring.shift();
    expect(sum).to.equal((1_000_000 * 999_999) / 2);
  });

  it(`does what an array does, through 200,000 random operations in bursts (seed ${seed})`, () => {
    const random = new Random();
    const ring = new Ring<number>();
    let model: number[] = [];
    let taken = 0;
    let next = 0;
    for (let step = 0; step < 200_000; ) {
      // A burst in, a burst out: so that every place of a block is once its end.
      const pushes = random.below(random.pick([2, 20, 200, 5000]));
      for (let push = 0; push < pushes; push += 1) {
        ring.push(next);
        model.push(next);
        next += 1;
      }
      const shifts = Math.min(random.below(random.pick([2, 20, 200, 5000])), model.length - taken);
      for (let shift = 0; shift < shifts; shift += 1) {
        const item = ring.shift();
        if (item !== model[taken]) assert.fail(`step ${step}: ${item}, not ${model[taken]}`);
        taken += 1;
      }
      step += pushes + shifts + 1;
      if (random.below(500) === 0) {
        ring.clear();
        taken = model.length;
      }
      if (ring.length === 0) ring.trim();
      if (ring.length !== model.length - taken)
        assert.fail(`step ${step}: a length of ${ring.length}, not ${model.length - taken}`);
      if (random.below(50) === 0) {
        model = model.slice(taken);
        taken = 0;
        expect([...ring]).to.deep.equal(model);
      }
    }
  });
});
