/**
 * Inbox: a mailbox in shared memory, for a thread that is blocked and so gets no messages.
 *
 * A ring of bytes, with the number of bytes ever written and ever read in front of it; messages are JSON with their
 * length before them. Any number of threads may write, one at a time by a lock; one thread reads.
 */

/** Where the words of the head are: the writers' lock, the bytes written, the bytes read. They wrap around at 2³². */
const LOCK = 0;
const WRITTEN = 1;
const READ = 2;
const HEAD = 12;

/**
 * Writes values into shared memory and reads them out again. Both sides make one on the same memory.
 *
 * @example
 * if (globalThis.crossOriginIsolated) {
 *   const inbox = new Inbox(1024);
 *   new Inbox(inbox.memory).post('from another thread');
 *   inbox.take(); // ['from another thread']
 * }
 */
export class Inbox {
  /** The memory; post it to the other threads, where `new Inbox(memory)` opens the same box. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  /**
   * @param memory Memory of another Inbox, or the bytes that a new one is to hold: a power of two. Default 65,536.
   * @throws {RangeError} If the size is not a power of two.
   * @throws {ReferenceError} If the page has no shared memory, as it is not cross-origin isolated.
   */
  constructor(memory: SharedArrayBuffer | number = 65_536) {
    const size = typeof memory === 'number' ? memory : memory.byteLength - HEAD;
    if (!(size >= 8) || (size & (size - 1)) !== 0)
      throw new RangeError(`the size of an Inbox must be a power of two, got ${size}`);
    this.memory = typeof memory === 'number' ? new SharedArrayBuffer(HEAD + size) : memory;
    this.#words = new Int32Array(this.memory, 0, HEAD / 4);
    this.#bytes = new Uint8Array(this.memory, HEAD);
  }

  /**
   * Puts a value in and wakes the reader.
   *
   * @param value Anything that JSON can hold.
   * @returns False if there is no room for it; try again when the reader has read.
   */
  post(value: unknown): boolean {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const message = new Uint8Array(4 + bytes.length);
    new DataView(message.buffer).setUint32(0, bytes.length);
    message.set(bytes, 4);
    // Held for a copy of some bytes; no thread that may not block could wait for it otherwise.
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0);
    try {
      const at = Atomics.load(this.#words, WRITTEN);
      if (message.length > this.#bytes.length - this.#used(at)) return false;
      for (const [index, byte] of message.entries()) this.#bytes[this.#index(at + index)] = byte;
      Atomics.store(this.#words, WRITTEN, at + message.length);
    } finally {
      Atomics.store(this.#words, LOCK, 0);
    }
    Atomics.notify(this.#words, WRITTEN);
    return true;
  }

  /** Takes everything out that is in it, oldest first. For the reader alone. */
  take(): unknown[] {
    const values: unknown[] = [];
    for (let at = Atomics.load(this.#words, READ); this.#used() > 0; Atomics.store(this.#words, READ, at)) {
      const length = new DataView(this.#copy(at, 4).buffer).getUint32(0);
      values.push(JSON.parse(new TextDecoder().decode(this.#copy(at + 4, length))));
      at = (at + 4 + length) | 0;
    }
    return values;
  }

  /** True when there is nothing to take. */
  get isEmpty(): boolean {
    return this.#used() === 0;
  }

  /** Blocks the thread until something is in it, at most so many milliseconds. */
  wait(timeoutMs: number): void {
    Atomics.wait(this.#words, WRITTEN, Atomics.load(this.#words, READ), timeoutMs);
  }

  #used(written = Atomics.load(this.#words, WRITTEN)): number {
    return (written - Atomics.load(this.#words, READ)) >>> 0;
  }

  #copy(at: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, index) => this.#bytes[this.#index(at + index)] as number);
  }

  #index(at: number): number {
    return (at >>> 0) & (this.#bytes.length - 1);
  }
}
