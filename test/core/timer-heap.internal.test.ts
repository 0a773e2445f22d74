import { expect } from 'chai';
import { TimerHeap } from '../../src/core/timer-heap.ts';
import { Random, seed } from '../support/random.ts';

interface Item {
  readonly when: number;
  readonly id: number;
  _cancelled: boolean;
  _scheduled: boolean;
}

let lastId = 0;
const item = (when: number): Item => ({ when, id: ++lastId, _cancelled: false, _scheduled: false });

function heapOf(whens: readonly number[]): TimerHeap<Item> {
  const heap = new TimerHeap<Item>();
  for (const when of whens) heap.push(when, item(when));
  return heap;
}

function drain(heap: TimerHeap<Item>): Item[] {
  const items: Item[] = [];
  while (heap.length > 0) items.push(heap.pop());
  return items;
}

describe('TimerHeap', () => {
  it('an empty one has no head and the deadline Infinity', () => {
    const heap = new TimerHeap<Item>();
    expect([heap.length, heap.head, heap.headWhen]).to.deep.equal([0, undefined, Infinity]);
  });

  it('gives the earliest deadline first', () => {
    const heap = heapOf([5, 1, 4, 1.5, -2, Infinity, 0, -Infinity]);
    expect(heap.headWhen).to.equal(-Infinity);
    expect(drain(heap).map((each) => each.when)).to.deep.equal([-Infinity, -2, 0, 1, 1.5, 4, 5, Infinity]);
  });

  it('#6 gives equal deadlines in the order they came, among others and after an emptying', () => {
    const heap = new TimerHeap<Item>();
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 1000; i += 1) heap.push(i % 3, item(i % 3));
      const out = drain(heap);
      for (let i = 1; i < out.length; i += 1) {
        const [before, after] = [out[i - 1], out[i]] as [Item, Item];
        expect(before.when < after.when || (before.when === after.when && before.id < after.id)).to.equal(
          true,
        );
      }
    }
  });

  it('marks what it holds as scheduled', () => {
    const heap = new TimerHeap<Item>();
    const [first, second] = [item(1), item(2)];
    heap.push(1, first);
    heap.push(2, second);
    expect([first._scheduled, second._scheduled]).to.deep.equal([true, true]);
    heap.pop();
    expect([first._scheduled, second._scheduled]).to.deep.equal([false, true]);
    second._cancelled = true;
    heap.removeCancelled();
    expect([heap.length, second._scheduled]).to.deep.equal([0, false]);
  });

  it('removeCancelled() keeps the order of the others, for every size', () => {
    for (let size = 0; size < 40; size += 1) {
      const heap = heapOf(Array.from({ length: size }, (_, i) => (i * 7) % 11));
      const kept = [...heap].filter((each) => {
        each._cancelled = each.id % 3 !== 0;
        return !each._cancelled;
      });
      kept.sort((a, b) => a.when - b.when || a.id - b.id);
      heap.removeCancelled();
      expect(heap.length).to.equal(kept.length);
      expect(heap.headWhen).to.equal(kept[0]?.when ?? Infinity);
      expect(drain(heap)).to.have.ordered.members(kept);
    }
  });

  it('clear() empties it, and it can be used again', () => {
    const heap = heapOf(Array.from({ length: 300 }, (_, i) => i));
    heap.clear();
    expect([heap.length, heap.headWhen, [...heap]]).to.deep.equal([0, Infinity, []]);
    heap.push(2, item(2));
    heap.push(1, item(1));
    expect(drain(heap).map((each) => each.when)).to.deep.equal([1, 2]);
  });

  it(`does what a sorted list does, through 100,000 random operations (seed ${seed})`, () => {
    const random = new Random();
    const heap = new TimerHeap<Item>();
    /** Sorted by (when, id), so that the next one to come out is the last. */
    const model: Item[] = [];
    const comesAfter = (a: Item, b: Item): boolean => a.when > b.when || (a.when === b.when && a.id > b.id);
    const insert = (added: Item): void => {
      let low = 0;
      let high = model.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (comesAfter(model[middle] as Item, added)) low = middle + 1;
        else high = middle;
      }
      model.splice(low, 0, added);
    };
    // Few distinct deadlines make many equal ones; many make few.
    let distinct = 10;
    let growing = 0.5;
    let pops = 0;
    for (let step = 0; step < 100_000; step += 1) {
      if (step % 2000 === 0) {
        distinct = random.pick([3, 50, 1e9]);
        growing = random.pick([0.3, 0.5, 0.55]);
      }
      const dice = random.next();
      if (model.length === 0 || dice < growing) {
        const added = item(random.below(distinct) / 8);
        heap.push(added.when, added);
        insert(added);
      } else if (dice < 0.95) {
        const expected = model.pop() as Item;
        const actual = heap.pop();
        pops += 1;
        if (actual !== expected)
          expect.fail(`step ${step}: took ${actual.id} (${actual.when}), not ${expected.id}`);
      } else if (dice < 0.998) {
        (model[random.below(model.length)] as Item)._cancelled = true;
      } else {
        heap.removeCancelled();
        for (let i = model.length - 1; i >= 0; i -= 1) if (model[i]?._cancelled) model.splice(i, 1);
      }
      const head = model.at(-1);
      if (heap.length !== model.length || heap.head !== head || heap.headWhen !== (head?.when ?? Infinity)) {
        expect.fail(`step ${step}: the head or the length is wrong`);
      }
    }
    expect(pops).to.be.greaterThan(10_000);
    expect(drain(heap)).to.have.ordered.members(model.reverse());
  });

  describe('maintenance in steps', () => {
    const MILLION = 1_000_000;

    /** Timers that count how often they are asked whether they are cancelled. */
    let asked = 0;
    class Counted {
      _scheduled = false;
      readonly when: number;
      cancelled = false;
      constructor(when: number) {
        this.when = when;
      }
      get _cancelled(): boolean {
        asked += 1;
        return this.cancelled;
      }
    }

    function million(): { heap: TimerHeap<Counted>; timers: Counted[] } {
      const heap = new TimerHeap<Counted>();
      const timers = Array.from({ length: MILLION }, (_, index) => new Counted((index * 7919) % 1_000_003));
      for (const timer of timers) heap.push(timer.when, timer);
      return { heap, timers };
    }

    /** Cleans to the end; gives the most that one step did: timers looked at, and timers dropped. */
    function clean(heap: TimerHeap<Counted>): { looks: number; drops: number; steps: number } {
      const most = { looks: 0, drops: 0, steps: 0 };
      do {
        asked = 0;
        const drops = heap.removeCancelled();
        most.looks = Math.max(most.looks, asked);
        most.drops = Math.max(most.drops, drops);
        most.steps += 1;
      } while (heap.isCleaning);
      return most;
    }

    for (const [name, isCancelled] of [
      ['all', () => true],
      ['every second', (index: number) => index % 2 === 0],
      ['the earliest tenths', (_index: number, when: number) => when < 600_000],
      ['the latest tenths', (_index: number, when: number) => when > 400_000],
    ] as const) {
      it(`of a million timers of which ${name} are cancelled, a step looks at some thousand`, () => {
        const { heap, timers } = million();
        timers.forEach((timer, index) => {
          timer.cancelled = isCancelled(index, timer.when);
        });
        const kept = timers.filter((timer) => !timer.cancelled);
        const { looks, drops, steps } = clean(heap);
        expect(looks).to.be.at.most(2.5 * 8192);
        expect(drops).to.be.at.most(1.5 * 8192);
        expect(steps).to.be.within(2, 2000);
        expect(heap.length).to.equal(kept.length);
        expect(timers.filter((timer) => timer._scheduled)).to.have.length(kept.length);
        // The order of the first of them; all would take seconds.
        kept.sort((a, b) => a.when - b.when);
        for (let index = 0; index < Math.min(1000, kept.length); index += 1) {
          if (heap.pop() !== kept[index]) expect.fail(`timer ${index} did not come in its turn`);
        }
      });
    }

    it('dropHeads() takes cancelled heads and no others, some hundred at a time', () => {
      const { heap, timers } = million();
      timers.forEach((timer) => {
        timer.cancelled = timer.when < 5000;
      });
      const cancelled = timers.filter((timer) => timer.cancelled).length;
      let dropped = 0;
      for (;;) {
        const now = heap.dropHeads();
        expect(now).to.be.at.most(512);
        if (now === 0) break;
        dropped += now;
      }
      expect([dropped, heap.length]).to.deep.equal([cancelled, MILLION - cancelled]);
      expect(heap.head?.cancelled).to.equal(false);
    });

    it(`does what a sorted list does while it is cleaned in steps (seed ${seed})`, () => {
      const random = new Random();
      const heap = new TimerHeap<Item>();
      const live = new Set<Item>();
      let steps = 0;
      const add = (count: number): void => {
        for (let index = 0; index < count; index += 1) {
          const added = item(random.below(5000));
          heap.push(added.when, added);
          live.add(added);
        }
      };
      add(60_000);
      for (let round = 0; round < 60; round += 1) {
        // Cancels, adds and pops between two steps of the cleaning.
        for (const each of live) {
          if (random.below(20) !== 0) continue;
          each._cancelled = true;
          live.delete(each);
        }
        add(random.below(500));
        heap.removeCancelled();
        steps += heap.isCleaning ? 1 : 0;
        for (let pops = random.below(300); pops > 0; pops -= 1) {
          while (heap.head?._cancelled) heap.pop();
          if (heap.length === 0) break;
          const popped = heap.pop();
          if (!live.delete(popped)) expect.fail(`round ${round}: it came twice, or was cancelled`);
        }
      }
      expect(steps).to.be.above(20);
      const rest = [...live].sort((a, b) => a.when - b.when || a.id - b.id);
      const out = drain(heap).filter((each) => !each._cancelled);
      expect(out.length).to.equal(rest.length);
      for (let index = 0; index < rest.length; index += 1) {
        if (out[index] !== rest[index]) expect.fail(`timer ${index} did not come in its turn`);
      }
    });

    it('clear() in the middle of a cleaning ends it', () => {
      const heap = heapOf(Array.from({ length: 20_000 }, (_, index) => index));
      for (const each of heap) each._cancelled = true;
      heap.removeCancelled();
      expect(heap.isCleaning).to.equal(true);
      heap.clear();
      expect([heap.isCleaning, heap.length]).to.deep.equal([false, 0]);
    });

    it('a cleaning that pops overtake does not look behind the end', () => {
      const heap = heapOf(Array.from({ length: 20_000 }, (_, index) => index));
      heap.removeCancelled();
      while (heap.length > 10) heap.pop();
      for (let step = 0; step < 3 && heap.isCleaning; step += 1) heap.removeCancelled();
      expect(drain(heap).map((each) => each.when)).to.deep.equal(
        Array.from({ length: 10 }, (_, index) => 19_990 + index),
      );
    });
  });
});
