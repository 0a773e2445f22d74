/**
 * Bytes: what counts as such, how pieces become one, and a queue of them.
 *
 * Python's streams keep a bytearray, whose front is cut off in constant time. JavaScript has nothing like it, and
 * joining at every arrival is quadratic. So the queue keeps the pieces as they come and copies a byte at most twice:
 * into a block if its piece is small, and into what is given out.
 */

import { repr } from '../core/format-helpers.ts';
import type { Bytes } from '../core/network.ts';

/**
 * A view of the bytes; nothing is copied.
 *
 * @param what How the argument is called in the message.
 * @throws {TypeError} If they are none.
 * @internal
 */
export function asBytes(data: unknown, what = 'data'): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // By its tag, so that the buffers of a frame or of shared memory count too.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(data)))
    return new Uint8Array(data as ArrayBufferLike);
  const hint = typeof data === 'string' ? '; encode text with new TextEncoder().encode()' : '';
  const got = typeof data === 'string' ? "'str'" : repr(data);
  throw new TypeError(`${what} argument must be a bytes-like object, not ${got}${hint}`);
}

/** One piece of memory for several. @internal */
export function concat(pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Pieces below this many bytes are copied into a block, so that a byte does not cost an object. */
const SMALL = 2048;
/** The largest such block. */
const BLOCK = 16_384;
/** So many used up pieces are dropped from the front together. */
const SPENT = 64;

/** A queue of bytes: pieces in at the end, any number of bytes out at the front. @internal */
export class ByteQueue {
  /** How many bytes are in it. */
  length = 0;
  #pieces: Uint8Array[] = [];
  /** The first piece that is not used up, and how much of it is. */
  #first = 0;
  #offset = 0;
  /**
   * The memory of the last piece, if it is a block, and how much of it is filled. The piece itself is made when somebody
   * looks: in Firefox a view of memory that has been looked at before costs more than to copy hundreds of bytes.
   */
  #block: Uint8Array | null = null;
  #filled = 0;

  /** Takes `data` over, without a copy unless it is one of several small ones: it must not change afterwards. */
  push(data: Uint8Array): void {
    if (data.length === 0) return;
    const isSmall = data.length < SMALL;
    const block = this.#block;
    this.length += data.length;
    if (isSmall && block !== null && this.#filled + data.length <= block.length) {
      block.set(data, this.#filled);
      this.#filled += data.length;
      return;
    }
    this.#seal();
    const pieces = this.#pieces;
    const last = pieces.at(-1);
    const isAfterSmall = last !== undefined && (block !== null || last.length < SMALL);
    // Alone it needs no block, unless it would keep more memory than its own.
    if (!isSmall || (!isAfterSmall && data.length === data.buffer.byteLength)) {
      this.#block = null;
      pieces.push(data);
      return;
    }
    const before = isAfterSmall && block === null ? (last as Uint8Array) : NOTHING;
    const filled = before.length + data.length;
    // The first block is small, since most streams never need a second one; then they double.
    const size = Math.min(BLOCK, Math.max(256, 2 * filled, 2 * (block?.length ?? 0)));
    const next = new Uint8Array(size);
    next.set(before);
    next.set(data, before.length);
    this.#block = next;
    this.#filled = filled;
    if (before !== NOTHING) pieces.pop();
    pieces.push(next);
  }

  /** Makes the last piece as long as it is by now. Before every look at the pieces. */
  #seal(): void {
    const { length } = this.#pieces;
    if (this.#block !== null && this.#pieces[length - 1]?.length !== this.#filled)
      this.#pieces[length - 1] = this.#block.subarray(0, this.#filled);
  }

  /** Takes at most so many bytes out. They have memory of their own, or that of a piece which is given out whole. */
  take(count: number): Bytes {
    this.#seal();
    const wanted = Math.min(count, this.length);
    if (wanted === 0) return new Uint8Array();
    const piece = this.#pieces[this.#first] as Uint8Array; // there is one, since there are bytes
    const rest = piece.length - this.#offset;
    if (wanted <= rest) {
      // Otherwise a copy, for a view would keep the whole piece alive and share its memory.
      const { buffer } = piece;
      const whole = wanted === buffer.byteLength && buffer.constructor === ArrayBuffer;
      const taken = (whole ? piece : piece.slice(this.#offset, this.#offset + wanted)) as Bytes;
      this.drop(wanted);
      return taken;
    }
    const joined = new Uint8Array(wanted);
    let at = 0;
    while (at < wanted) {
      const source = this.#pieces[this.#first] as Uint8Array; // `wanted` bytes are there
      const part = source.subarray(this.#offset, this.#offset + wanted - at);
      joined.set(part, at);
      at += part.length;
      this.drop(part.length);
    }
    return joined;
  }

  /**
   * Takes at most so many bytes out, and some at least if there are any. A large piece is given out by itself, as it
   * came, since joining it with what follows would copy it.
   */
  takeSome(count: number): Bytes {
    this.#seal();
    const piece = this.#pieces[this.#first] ?? NOTHING;
    const isWhole = this.#offset === 0 && piece.length === piece.buffer.byteLength;
    return this.take(isWhole && piece.length >= SMALL ? Math.min(count, piece.length) : count);
  }

  /** Takes so many bytes out, of which there must be as many, and gives them to nobody. */
  drop(count: number): void {
    this.#seal();
    let left = count;
    this.length -= count;
    if (this.length === 0) {
      this.clear();
      return;
    }
    const pieces = this.#pieces;
    while (left > 0) {
      const piece = pieces[this.#first] as Uint8Array; // `count` bytes are there
      const rest = piece.length - this.#offset;
      if (left < rest) {
        this.#offset += left;
        break;
      }
      left -= rest;
      pieces[this.#first] = NOTHING; // lets go of its memory
      this.#first += 1;
      this.#offset = 0;
    }
    if (this.#first >= SPENT && this.#first * 2 >= pieces.length) {
      pieces.splice(0, this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.length = 0;
    this.#pieces = [];
    this.#first = 0;
    this.#offset = 0;
    this.#block = null;
    this.#filled = 0;
  }

  /**
   * Where `separator` is first found at `from` or later; -1 if it is not. What lies before `from` is not walked
   * through if what lies behind is shorter.
   */
  indexOf(separator: Uint8Array, from: number): number {
    const initial = separator[0] as number; // separators are not empty
    const last = this.length - separator.length;
    if (from > last) return -1;
    this.#seal();
    let [index, start] = this.#locate(from);
    let piece = this.#pieces[index] as Uint8Array; // `from` is within the queue
    let at = from;
    while (at <= last) {
      const found = piece.indexOf(initial, at - start);
      if (found < 0) {
        start += piece.length;
        at = start;
        index += 1;
        if (index === this.#pieces.length) return -1;
        piece = this.#pieces[index] as Uint8Array; // checked just now
        continue;
      }
      at = start + found;
      if (at > last) return -1;
      if (this.#matches(separator, index, found)) return at;
      at += 1;
      if (at - start === piece.length) {
        start = at;
        index += 1;
        if (index === this.#pieces.length) return -1;
        piece = this.#pieces[index] as Uint8Array; // checked just now
      }
    }
    return -1;
  }

  /** Whether the bytes from `position` on begin with `separator`. */
  startsWith(separator: Uint8Array, position: number): boolean {
    if (position + separator.length > this.length) return false;
    this.#seal();
    const [index, start] = this.#locate(position);
    return this.#matches(separator, index, position - start);
  }

  /** Whether the bytes from place `at` of a piece on are those of `separator`; there are enough of them. */
  #matches(separator: Uint8Array, index: number, at: number): boolean {
    let piece = this.#pieces[index] as Uint8Array; // the caller has found it there
    let next = index;
    let place = at;
    for (const byte of separator) {
      while (place === piece.length) {
        next += 1;
        piece = this.#pieces[next] as Uint8Array; // there are enough bytes
        place = 0;
      }
      if (piece[place] !== byte) return false;
      place += 1;
    }
    return true;
  }

  /** The piece in which a position lies, and the position of that piece's first byte, which may be negative. */
  #locate(position: number): [index: number, start: number] {
    const pieces = this.#pieces;
    if (position * 2 > this.length) {
      let index = pieces.length - 1;
      let start = this.length - (pieces[index] as Uint8Array).length; // not empty: `position` is within
      while (start > position) {
        index -= 1;
        start -= (pieces[index] as Uint8Array).length; // the first one reaches down to 0
      }
      return [index, start];
    }
    let index = this.#first;
    let start = -this.#offset;
    while (start + (pieces[index] as Uint8Array).length <= position) {
      start += (pieces[index] as Uint8Array).length; // the last one reaches up to the end
      index += 1;
    }
    return [index, start];
  }
}

const NOTHING = /* @__PURE__ */ new Uint8Array();
