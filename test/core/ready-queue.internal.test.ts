import { expect } from 'chai';
import type { Runnable } from '../../src/core/ready-queue.ts';
import { ReadyQueue } from '../../src/core/ready-queue.ts';
import { forceGc } from '../support/gc.ts';
import { Random, seed } from '../support/random.ts';

interface Item extends Runnable {
  readonly id: number;
}

const item = (id: number): Item => ({ id, _cancelled: false, _run: () => undefined });
const ids = (queue: ReadyQueue): number[] => [...queue].map((each) => (each as Item).id);

describe('ReadyQueue', () => {
  it('is first in, first out', () => {
    const queue = new ReadyQueue();
    for (let i = 0; i < 10; i += 1) queue.push(item(i));
    expect(queue.length).to.equal(10);
    const out = Array.from({ length: 10 }, () => (queue.shift() as Item).id);
    expect(out).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(queue.length).to.equal(0);
  });

  for (const size of [63, 64, 65, 127, 128, 129, 1024, 5000]) {
    it(`keeps the order over a growth to ${size} from every position of the ring`, () => {
      for (const offset of [0, 1, 32, 63]) {
        const queue = new ReadyQueue();
        for (let i = 0; i < offset; i += 1) queue.push(item(-1));
        for (let i = 0; i < offset; i += 1) queue.shift();
        for (let i = 0; i < size; i += 1) queue.push(item(i));
        expect(queue.length).to.equal(size);
        for (let i = 0; i < size; i += 1) expect((queue.shift() as Item).id).to.equal(i);
      }
    });
  }

  it('iterates from the oldest to the newest and takes nothing away', () => {
    const queue = new ReadyQueue();
    for (let i = 0; i < 70; i += 1) queue.push(item(i));
    for (let i = 0; i < 40; i += 1) queue.shift();
    for (let i = 70; i < 120; i += 1) queue.push(item(i));
    const expected = Array.from({ length: 80 }, (_, i) => i + 40);
    expect(ids(queue)).to.deep.equal(expected);
    expect(ids(queue)).to.deep.equal(expected);
  });

  it('clear() empties it, and it can be used again', () => {
    const queue = new ReadyQueue();
    for (let i = 0; i < 200; i += 1) queue.push(item(i));
    queue.clear();
    expect([queue.length, ids(queue)]).to.deep.equal([0, []]);
    queue.push(item(7));
    expect((queue.shift() as Item).id).to.equal(7);
  });

  it('trim() after a burst leaves it usable, and does nothing while something is queued', () => {
    const queue = new ReadyQueue();
    for (let i = 0; i < 5000; i += 1) queue.push(item(i));
    queue.trim();
    expect(queue.length).to.equal(5000);
    for (let i = 0; i < 5000; i += 1) expect((queue.shift() as Item).id).to.equal(i);
    queue.trim();
    for (let i = 0; i < 100; i += 1) queue.push(item(i));
    expect(ids(queue)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
  });

  it('does not keep what was taken alive', async () => {
    let gone = 0;
    const registry = new FinalizationRegistry<undefined>(() => {
      gone += 1;
    });
    const queue = new ReadyQueue();
    const fill = (): void => {
      for (let i = 0; i < 50; i += 1) {
        const each = item(i);
        registry.register(each, undefined);
        queue.push(each);
      }
      for (let i = 0; i < 50; i += 1) queue.shift();
    };
    fill();
    await forceGc();
    expect(gone).to.be.greaterThan(25);
    registry.unregister(registry);
    expect(queue.length).to.equal(0);
  });

  it(`does what an array does, through 100,000 random operations (seed ${seed})`, () => {
    const random = new Random();
    const queue = new ReadyQueue();
    const model: number[] = [];
    let next = 0;
    let bias = 0.5;
    for (let step = 0; step < 100_000; step += 1) {
      if (step % 1000 === 0) bias = random.next();
      if (random.below(20_000) === 0) {
        queue.clear();
        model.length = 0;
      } else if (model.length === 0 || random.next() < bias) {
        queue.push(item(next));
        model.push(next);
        next += 1;
      } else {
        const taken = (queue.shift() as Item).id;
        if (taken !== model.shift()) expect.fail(`step ${step}: took ${taken}`);
        if (model.length === 0) queue.trim();
      }
      if (queue.length !== model.length)
        expect.fail(`step ${step}: length ${queue.length}, not ${model.length}`);
      if (step % 5000 === 0) expect(ids(queue)).to.deep.equal(model);
    }
  });
});
