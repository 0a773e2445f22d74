/**
 * Queue, PriorityQueue and LifoQueue: hand-over between tasks, with a bound, and with a shutdown.
 *
 * Source: Lib/asyncio/queues.py, CPython 3.14. A waiter that is cancelled after it was woken passes the wake-up on, so
 * no item and no free slot is lost.
 */

import type { Coroutine, Suspension } from '../core/awaitable.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import { Ring } from '../core/ring.ts';
import { FINISHED, release } from '../tasks/futures.ts';
import { Event } from './locks.ts';
import { LoopBound } from './mixins.ts';
import type { Waiter } from './waiters.ts';
import { WaitingLine } from './waiters.ts';

/**
 * `getNowait()` was called on an empty queue.
 *
 * @example
 * try {
 *   new Queue().getNowait();
 * } catch (error) {
 *   if (!(error instanceof QueueEmpty)) throw error;
 * }
 */
export class QueueEmpty extends Error {
  static {
    this.prototype.name = 'QueueEmpty';
  }
}

/**
 * `putNowait()` was called on a full queue.
 *
 * @example
 * const queue = new Queue<string>(1);
 * queue.putNowait('a');
 * try {
 *   queue.putNowait('b');
 * } catch (error) {
 *   if (!(error instanceof QueueFull)) throw error;
 * }
 */
export class QueueFull extends Error {
  static {
    this.prototype.name = 'QueueFull';
  }
}

/**
 * `put` or `get` was called on a queue that is shut down.
 *
 * @example
 * const queue = new Queue<string>();
 * function* consume(): Coroutine<void> {
 *   try {
 *     for (;;) console.log(yield* queue.get());
 *   } catch (error) {
 *     if (!(error instanceof QueueShutDown)) throw error; // it was the last one
 *   }
 * }
 * queue.putNowait('a');
 * queue.shutdown();
 * yield* consume();
 */
export class QueueShutDown extends Error {
  static {
    this.prototype.name = 'QueueShutDown';
  }
}

/** Where a queue keeps its items. */
interface Store<T> {
  readonly length: number;
  push(item: T): void;
  take(): T;
  [Symbol.iterator](): Iterator<T>;
}

/**
 * A first-in, first-out queue between tasks.
 *
 * @example
 * const queue = new Queue<string>(10);
 * yield* queue.put('item'); // waits while it is full
 * const item = yield* queue.get(); // waits while it is empty
 * queue.taskDone();
 * yield* queue.join();
 */
export class Queue<T = unknown> extends LoopBound {
  readonly #maxsize: number;
  readonly #items: Store<T>;
  readonly #getters = new WaitingLine<void>();
  readonly #putters = new WaitingLine<void>();
  #unfinished = 0;
  readonly #finished = new Event();
  #isShutDown = false;

  /** @param maxsize The most items; zero or less for no bound. Default 0. */
  constructor(maxsize = 0) {
    super();
    this.#maxsize = maxsize;
    this.#items = this._makeStore();
    this.#finished.set();
  }

  /** The most items; zero or less for no bound. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /** How many items are in it. */
  qsize(): number {
    return this.#items.length;
  }

  /** True if there is no item in it. */
  empty(): boolean {
    return this.#items.length === 0;
  }

  /** True if `put()` would wait: never without a bound. */
  full(): boolean {
    return this.#maxsize > 0 && this.#items.length >= this.#maxsize;
  }

  /**
   * Puts an item in, waiting while the queue is full. Yields to the loop only if it has to wait.
   *
   * @throws {QueueShutDown} If it is shut down, also while waiting.
   */
  put(item: T): Coroutine<void> {
    return new Put<T>(this, this.#putters, item);
  }

  /**
   * Puts an item in without waiting.
   *
   * @throws {QueueFull} If there is no free slot.
   * @throws {QueueShutDown} If it is shut down.
   */
  putNowait(item: T): void {
    if (this.#isShutDown) throw new QueueShutDown();
    if (this.full()) throw new QueueFull();
    this.#items.push(item);
    this.#unfinished += 1;
    this.#finished.clear();
    wakeNext(this.#getters);
  }

  /**
   * Takes an item out, waiting while there is none. Yields to the loop only if it has to wait.
   *
   * @throws {QueueShutDown} If it is shut down and empty, also while waiting.
   */
  get(): Coroutine<T> {
    return new Get<T>(this, this.#getters);
  }

  /**
   * Takes an item out without waiting.
   *
   * @throws {QueueEmpty} If there is none.
   * @throws {QueueShutDown} If there is none and it is shut down.
   */
  getNowait(): T {
    if (this.empty()) throw this.#isShutDown ? new QueueShutDown() : new QueueEmpty();
    const item = this.#items.take();
    wakeNext(this.#putters);
    return item;
  }

  /**
   * Says that the work on an item that was taken out is done.
   *
   * @throws {RangeError} If it is called more often than items were put in: "task_done() called too many times"
   *   (Python's ValueError).
   */
  taskDone(): void {
    if (this.#unfinished <= 0) throw new RangeError('task_done() called too many times');
    this.#unfinished -= 1;
    if (this.#unfinished === 0) this.#finished.set();
  }

  /**
   * Waits until `taskDone()` was called for every item that was put in. Yields to the loop only if it has to wait.
   */
  *join(): Coroutine<void> {
    if (this.#unfinished > 0) yield* this.#finished.wait();
  }

  /**
   * Ends the queue: puts fail, gets fail once it is empty, and who waits is woken to see that.
   *
   * @param immediate Drop the items as well; each counts as done for `join()`. Default false.
   */
  shutdown(immediate = false): void {
    this.#isShutDown = true;
    if (immediate) {
      while (!this.empty()) {
        this.#items.take();
        if (this.#unfinished > 0) this.#unfinished -= 1;
      }
      if (this.#unfinished === 0) this.#finished.set();
    }
    wakeAll(this.#getters);
    wakeAll(this.#putters);
  }

  /** How full it is, what is unfinished, and how many tasks wait on each side, for views and messages. */
  statistics(): {
    readonly size: number;
    readonly maxsize: number;
    readonly unfinished: number;
    readonly tasksWaitingGet: number;
    readonly tasksWaitingPut: number;
  } {
    return {
      size: this.qsize(),
      maxsize: this.#maxsize,
      unfinished: this.#unfinished,
      tasksWaitingGet: this.#getters.size,
      tasksWaitingPut: this.#putters.size,
    };
  }

  /** The items' order: subclasses choose another. @internal */
  protected _makeStore(): Store<T> {
    return new FifoStore<T>();
  }

  /** A new place in the line, for one who has to wait. @internal */
  _join(waiters: WaitingLine<void>): Waiter<void> {
    if (this.#isShutDown) throw new QueueShutDown();
    return waiters.join(this._getLoop());
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, Queue, 'Queue');
  }

  /** @internal */
  _repr(): string {
    const parts = [`maxsize=${this.#maxsize}`];
    if (!this.empty()) parts.push(`_queue=[${[...this.#items].map(repr).join(', ')}]`);
    if (this.#getters.size > 0) parts.push(`_getters[${this.#getters.size}]`);
    if (this.#putters.size > 0) parts.push(`_putters[${this.#putters.size}]`);
    if (this.#unfinished > 0) parts.push(`tasks=${this.#unfinished}`);
    if (this.#isShutDown) parts.push('shutdown');
    return `<${this._kind} ${parts.join(' ')}>`;
  }

  override toString(): string {
    return this._repr();
  }
}

/**
 * The coroutine of one `put()` or `get()`: waits in line until there is room, or an item. It is an object and not a
 * generator, because most of them never wait, and a generator costs more than the rest of the hand-over.
 */
abstract class Transfer<T, R> implements Coroutine<R> {
  declare value: unknown;
  declare done: boolean;
  declare protected readonly _queue: Queue<T>;
  declare private readonly _line: WaitingLine<void>;
  declare private _waiter: Waiter<void> | null;

  constructor(queue: Queue<T>, line: WaitingLine<void>) {
    this.value = undefined;
    this.done = false;
    this._queue = queue;
    this._line = line;
    this._waiter = null;
  }

  /** True while it has to wait. */
  protected abstract _isBlocked(): boolean;
  protected abstract _transfer(): R;

  next(): IteratorResult<Suspension, R> {
    const waiter = this._waiter;
    if (this.done) {
      this.value = undefined;
    } else if (waiter !== null && waiter._state !== FINISHED) {
      this.throw(
        waiter.cancelled() ? waiter._makeCancelledError() : new RuntimeError("await wasn't used with future"),
      );
    } else if (this._isBlocked()) {
      this.done = true; // for the case that the queue is shut down, or there is no loop
      const place = this._queue._join(this._line);
      this.done = false;
      this._waiter = place;
      this.value = place._suspend();
    } else {
      this.done = true;
      this.value = this._transfer();
    }
    return this as unknown as IteratorResult<Suspension, R>; // value and done are its fields
  }

  throw(error: unknown): never {
    this._leave();
    throw error;
  }

  return(value: R): IteratorResult<Suspension, R> {
    this._leave();
    this.value = value;
    return this as unknown as IteratorResult<Suspension, R>; // as above
  }

  private _leave(): void {
    const waiter = this._waiter;
    const isWaiting = waiter !== null && !this.done;
    this.done = true;
    if (!isWaiting) return;
    waiter.cancel();
    this._line.leave(waiter);
    // We were woken and cannot act on it: the next one should.
    if (!waiter.cancelled() && !this._isBlocked()) wakeNext(this._line);
  }

  [Symbol.iterator](): this {
    return this;
  }
}

class Put<T> extends Transfer<T, void> {
  declare private readonly _item: T;

  constructor(queue: Queue<T>, line: WaitingLine<void>, item: T) {
    super(queue, line);
    this._item = item;
  }

  protected _isBlocked(): boolean {
    return this._queue.full();
  }

  protected _transfer(): void {
    this._queue.putNowait(this._item);
  }
}

class Get<T> extends Transfer<T, T> {
  protected _isBlocked(): boolean {
    return this._queue.empty();
  }

  protected _transfer(): T {
    return this._queue.getNowait();
  }
}

/**
 * Takes the item out that was put in last.
 *
 * @example
 * const stack = new LifoQueue<number>();
 * stack.putNowait(1);
 * stack.putNowait(2);
 * stack.getNowait(); // 2
 */
export class LifoQueue<T = unknown> extends Queue<T> {
  /** @internal */
  override get _kind(): string {
    return nameOf(this, LifoQueue, 'LifoQueue');
  }

  protected override _makeStore(): Store<T> {
    return new LifoStore<T>();
  }
}

/**
 * Takes the smallest item out. Numbers, strings and what converts to them compare as with `<`, arrays element by
 * element as Python's tuples do; equal items come out in the order they were put in.
 *
 * @example
 * const jobs = new PriorityQueue<[priority: number, name: string]>();
 * jobs.putNowait([2, 'later']);
 * jobs.putNowait([1, 'first']);
 * jobs.getNowait(); // [1, 'first']
 */
export class PriorityQueue<T = unknown> extends Queue<T> {
  /** @internal */
  override get _kind(): string {
    return nameOf(this, PriorityQueue, 'PriorityQueue');
  }

  protected override _makeStore(): Store<T> {
    return new PriorityStore<T>();
  }
}

class FifoStore<T> extends Ring<T> implements Store<T> {
  take(): T {
    return this.shift();
  }
}

class LifoStore<T> implements Store<T> {
  readonly #items: T[] = [];
  get length(): number {
    return this.#items.length;
  }
  push(item: T): void {
    this.#items.push(item);
  }
  take(): T {
    return this.#items.pop() as T; // the queue asks only when there is one
  }
  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }
}

/** A binary heap, ordered by (item, order of arrival). */
class PriorityStore<T> implements Store<T> {
  readonly #items: { readonly item: T; readonly seq: number }[] = [];
  #counter = 0;

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    const entry = { item, seq: this.#counter++ };
    let index = items.length;
    items.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  take(): T {
    const items = this.#items;
    this.#swap(0, items.length - 1);
    const { item } = items.pop() as { item: T }; // the queue asks only when there is one
    let index = 0;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < items.length && this.#before(child, smallest)) smallest = child;
      }
      if (smallest === index) return item;
      this.#swap(index, smallest);
      index = smallest;
    }
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const { item } of this.#items) yield item;
  }

  #before(a: number, b: number): boolean {
    const [left, right] = [this.#items[a], this.#items[b]] as { item: T; seq: number }[];
    if (left === undefined || right === undefined) return false;
    const order = compare(left.item, right.item);
    return order < 0 || (order === 0 && left.seq < right.seq);
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    [items[a], items[b]] = [items[b], items[a]] as [(typeof items)[0], (typeof items)[0]];
  }
}

function compare(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i += 1) {
      const order = compare(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if ((a as number) < (b as number)) return -1;
  return (b as number) < (a as number) ? 1 : 0;
}

function wakeNext(waiters: WaitingLine<void>): void {
  for (let waiter = waiters.first; waiter !== null; waiter = waiters.first) {
    waiters.leave(waiter);
    if (waiter.done()) continue;
    waiter.setResult();
    return;
  }
}

function wakeAll(waiters: WaitingLine<void>): void {
  for (const waiter of waiters) {
    waiters.leave(waiter);
    release(waiter);
  }
}
