// The queue of bytes under a StreamReader: against a plain array, and by what it copies.

import { expect } from 'chai';
import { asBytes, ByteQueue, concat } from '../../src/transports/bytes.ts';
import { bytes, pattern, text } from '../support/bytes.ts';
import { Random } from '../support/random.ts';

/** How many bytes are copied from one piece of memory to another while `body` runs. */
function copiedIn(body: () => void): number {
  const { set, slice } = Uint8Array.prototype;
  let copied = 0;
  Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
    copied += source.length;
    set.call(this, source, offset);
  };
  Uint8Array.prototype.slice = function (this: Uint8Array, start?: number, end?: number) {
    const result = slice.call(this, start, end);
    copied += result.length;
    return result;
  } as typeof slice;
  try {
    body();
  } finally {
    Uint8Array.prototype.set = set;
    Uint8Array.prototype.slice = slice;
  }
  return copied;
}

/** How many bytes are searched while `body` runs. */
function searchedIn(body: () => void): number {
  const { indexOf } = Uint8Array.prototype;
  let searched = 0;
  Uint8Array.prototype.indexOf = function (this: Uint8Array, byte: number, from = 0) {
    const found = indexOf.call(this, byte, from);
    searched += (found < 0 ? this.length : found + 1) - from;
    return found;
  };
  try {
    body();
  } finally {
    Uint8Array.prototype.indexOf = indexOf;
  }
  return searched;
}

describe('ByteQueue', () => {
  it('gives what was put in, in any pieces, as an array would', () => {
    const random = new Random();
    for (let round = 0; round < 50; round++) {
      const queue = new ByteQueue();
      let model = new Uint8Array();
      let fed = 0;
      for (let step = 0; step < 100; step++) {
        const size = random.pick([0, 1, 3, 100, 2047, 2048, 5000]);
        switch (random.below(6)) {
          case 0:
          case 1: {
            const piece = pattern(size, fed);
            fed += size;
            model = concat([model, piece]);
            queue.push(piece);
            break;
          }
          case 2: {
            const taken = queue.take(size);
            expect(taken).to.deep.equal(model.slice(0, size));
            model = model.slice(size);
            break;
          }
          case 4: {
            const taken = queue.takeSome(size);
            expect(taken.length).to.be.within(Math.min(1, size, model.length), size);
            expect(taken).to.deep.equal(model.slice(0, taken.length));
            model = model.slice(taken.length);
            break;
          }
          case 3: {
            const count = Math.min(size, queue.length);
            if (count > 0) queue.drop(count);
            model = model.slice(count);
            break;
          }
          default: {
            const from = random.below(model.length + 1);
            const at = random.below(model.length + 1);
            const separator = random.below(2) === 0 ? pattern(2, random.below(300)) : model.slice(at, at + 3);
            if (separator.length === 0) break;
            let expected = -1;
            for (let place = from; place + separator.length <= model.length && expected < 0; place++)
              if (separator.every((byte, index) => model[place + index] === byte)) expected = place;
            expect(queue.indexOf(separator, from)).to.equal(expected);
            if (expected >= 0) expect(queue.startsWith(separator, expected)).to.equal(true);
          }
        }
        expect(queue.length).to.equal(model.length);
      }
    }
  });

  it('finds what lies across pieces', () => {
    const queue = new ByteQueue();
    for (const part of ['x'.repeat(3000), 'ab'.repeat(2000), 'y'.repeat(3000)]) queue.push(bytes(part));
    expect(queue.indexOf(bytes('xa'), 0)).to.equal(2999);
    expect(queue.indexOf(bytes('by'), 0)).to.equal(6999);
    expect(queue.indexOf(bytes('bay'), 0)).to.equal(-1);
    expect(queue.startsWith(bytes('xab'), 2999)).to.equal(true);
    expect(queue.startsWith(bytes('y'), 10_000)).to.equal(false);
  });

  it('copies a byte at most twice, however small the pieces are', () => {
    const total = 200_000;
    const piece = bytes('x');
    const copied = copiedIn(() => {
      const queue = new ByteQueue();
      for (let count = 0; count < total; count++) queue.push(piece);
      expect(queue.take(total)).to.have.length(total);
    });
    expect(copied).to.be.at.most(2 * total);
  });

  it('copies a large piece once, and not at all if it is given out whole', () => {
    const large = pattern(100_000);
    const queue = new ByteQueue();
    expect(
      copiedIn(() => {
        queue.push(large);
        expect(queue.take(100_000)).to.equal(large);
      }),
    ).to.equal(0);
    queue.push(pattern(100_000));
    expect(
      copiedIn(() => {
        while (queue.length > 0) queue.take(999);
      }),
    ).to.equal(100_000);
  });

  it('gives some by the piece, without a copy, if the pieces are large, and joins small ones', () => {
    const queue = new ByteQueue();
    const [one, two] = [pattern(3000), pattern(3000, 3000)];
    const copied = copiedIn(() => {
      queue.push(one);
      queue.push(two);
      expect(queue.takeSome(10_000)).to.equal(one);
      expect(queue.takeSome(10_000)).to.equal(two);
    });
    expect(copied).to.equal(0);
    for (const part of ['some', ' of', ' it']) queue.push(bytes(part));
    queue.push(one);
    expect(text(queue.takeSome(10))).to.equal('some of it');
    expect(queue.takeSome(2000)).to.deep.equal(one.subarray(0, 2000));
    expect(queue.takeSome(2000)).to.deep.equal(one.subarray(2000));
  });

  it('needs no block for a small piece that is taken before the next one comes', () => {
    const queue = new ByteQueue();
    const piece = bytes('a message');
    const copied = copiedIn(() => {
      queue.push(piece);
      expect(queue.takeSome(100)).to.equal(piece);
    });
    expect(copied).to.equal(0);
    // Of a view on larger memory only its own part is kept.
    queue.push(pattern(1000).subarray(0, 10));
    expect(queue.take(10).buffer.byteLength).to.equal(10);
  });

  it('searches a byte once, however often it is asked while pieces come in', () => {
    const queue = new ByteQueue();
    const newline = bytes('\n');
    let asked = 0;
    const searched = searchedIn(() => {
      for (let count = 0; count < 20_000; count++) {
        queue.push(bytes('some more of the line '));
        expect(queue.indexOf(newline, asked)).to.equal(-1);
        asked = queue.length;
      }
    });
    expect(searched).to.equal(asked);
  });

  it('gives out memory that nothing else shares', () => {
    const queue = new ByteQueue();
    const whole = pattern(5000);
    queue.push(whole.subarray(0, 2500));
    queue.push(bytes('small'));
    const first = queue.take(2500);
    expect(first.buffer.byteLength).to.equal(2500);
    const second = queue.take(2);
    second.fill(0);
    expect(text(queue.take(3))).to.equal('all');
    expect(whole).to.deep.equal(pattern(5000));
  });
});

describe('asBytes', () => {
  it('takes every holder of bytes, without a copy', () => {
    const data = pattern(10);
    expect(asBytes(data)).to.equal(data);
    expect(asBytes(data.buffer)).to.deep.equal(data);
    expect(asBytes(data.buffer).buffer).to.equal(data.buffer);
    expect(asBytes(new DataView(data.buffer, 2, 3))).to.deep.equal(data.subarray(2, 5));
    expect(asBytes(new Uint16Array(data.buffer, 2, 2))).to.deep.equal(data.subarray(2, 6));
  });

  it('refuses everything else, and says how to write text', () => {
    expect(() => asBytes('text')).to.throw(
      TypeError,
      "data argument must be a bytes-like object, not 'str'; encode text with new TextEncoder().encode()",
    );
    for (const wrong of [null, undefined, 7, [1, 2], {}, new Blob(['x'])])
      expect(() => asBytes(wrong, 'chunk')).to.throw(TypeError, 'chunk argument must be a bytes-like object');
  });
});
