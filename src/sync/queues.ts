/**
 * Queue, PriorityQueue and LifoQueue: hand-over between tasks, with a bound, and with a shutdown.
 *
 * Source: Lib/asyncio/queues.py, CPython 3.14. A waiter that is cancelled after it was woken passes the wake-up on, so
 * no item and no free slot is lost.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import { Ring } from '../core/ring.ts';
import { Event } from './locks.ts';
import { LoopBound } from './mixins.ts';
import type { Gate, Waiter } from './waiters.ts';
import { passOn, Turn, WAIT, WaitingLine, wakeAll, wakeNext } from './waiters.ts';

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
  readonly #getters = new WaitingLine<void>(this, 'get');
  readonly #putters = new WaitingLine<void>(this, 'put');
  readonly #getSide = new GetSide<T>(this, this.#getters);
  readonly #putSide = new PutSide<T>(this, this.#putters);
  #unfinished = 0;
  readonly #finished = new Event();
  #isShutDown = false;

  /**
   * @param maxsize The most items; zero or less for no bound. Default 0.
   * @throws {TypeError} If `maxsize` is no number.
   */
  constructor(maxsize = 0) {
    super();
    if (typeof maxsize !== 'number' || Number.isNaN(maxsize))
      throw new TypeError(`maxsize must be a number, got ${repr(maxsize)}`);
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
    return new Turn(this.#putSide, item);
  }

  /**
   * Puts an item in without waiting.
   *
   * @throws {QueueFull} If there is no free slot.
   * @throws {QueueShutDown} If it is shut down.
   */
  putNowait(item: T): void {
    this._checkShutDown();
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
    return new Turn(this.#getSide, undefined);
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

  /** @internal */
  _checkShutDown(): void {
    if (this.#isShutDown) throw new QueueShutDown();
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

/** One side of a queue, as what one waits for. */
abstract class Side<T, R> implements Gate<R> {
  readonly _line: WaitingLine<void>;
  protected readonly _queue: Queue<T>;

  constructor(queue: Queue<T>, line: WaitingLine<void>) {
    this._queue = queue;
    this._line = line;
  }

  abstract _isBlocked(): boolean;
  abstract _transfer(item: T): R;

  _enter(_woken: boolean, item: T): R | typeof WAIT {
    if (!this._isBlocked()) return this._transfer(item);
    this._queue._checkShutDown();
    return WAIT;
  }

  _abandon(waiter: Waiter<void>): void {
    passOn(waiter, this._line, !this._isBlocked());
  }

  _getLoop(): AbstractEventLoop {
    return this._queue._getLoop();
  }
}

class PutSide<T> extends Side<T, void> {
  _isBlocked(): boolean {
    return this._queue.full();
  }
  _transfer(item: T): void {
    this._queue.putNowait(item);
  }
}

class GetSide<T> extends Side<T, T> {
  _isBlocked(): boolean {
    return this._queue.empty();
  }
  _transfer(): T {
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
