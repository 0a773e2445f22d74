/**
 * The locks, queues and other primitives of the program: which there are, how they stand, and who waits in their lines.
 *
 * A constructor that the program imports is a proxy that notes what it made and on which line. The methods that wait
 * say, while they wait, which primitive they wait at; so the task's record knows it when its step is over.
 */

import type { Task } from 'asyncio-web';
import * as asyncio from 'asyncio-web';
import type { Primitive } from '../protocol.ts';
import { classNameOf } from './format.ts';
import { callingLine } from './lines.ts';
import type { Recorder } from './recorder.ts';

/** More than these are not kept track of. */
const MOST = 2000;

/** How many waiters are told by name. */
const WAITERS = 20;

const CLASSES: Readonly<Record<string, new (...args: never[]) => object>> = {
  Lock: asyncio.Lock,
  Event: asyncio.Event,
  Condition: asyncio.Condition,
  Semaphore: asyncio.Semaphore,
  BoundedSemaphore: asyncio.BoundedSemaphore,
  Barrier: asyncio.Barrier,
  Queue: asyncio.Queue,
  LifoQueue: asyncio.LifoQueue,
  PriorityQueue: asyncio.PriorityQueue,
};

/** The methods that wait. */
const WAITS: readonly (readonly [prototype: object, method: string])[] = [
  [asyncio.Lock.prototype, 'acquire'],
  [asyncio.Event.prototype, 'wait'],
  [asyncio.Condition.prototype, 'acquire'],
  [asyncio.Condition.prototype, 'wait'],
  [asyncio.Semaphore.prototype, 'acquire'],
  [asyncio.Barrier.prototype, 'wait'],
  [asyncio.Queue.prototype, 'get'],
  [asyncio.Queue.prototype, 'put'],
  [asyncio.Queue.prototype, 'join'],
];

interface Known {
  readonly id: number;
  readonly primitive: object;
  readonly kind: string;
  /** The variable, and which of those that were put into it. */
  readonly variable: string;
  readonly number: number;
  readonly line: number;
}

export class Primitives {
  readonly #known = new Map<object, Known>();
  readonly #names = new Map<string, number>();
  #source: readonly string[] = [];
  #nextId = 1;
  recorder: Recorder | null = null;

  /** Has the waiting methods say that they wait. Once for each realm. */
  install(): void {
    for (const [prototype, method] of WAITS) {
      const methods = prototype as Record<string, (...args: never[]) => asyncio.Coroutine<unknown>>;
      const original = methods[method];
      if (original === undefined) continue;
      const primitives = this;
      methods[method] = function (this: object, ...args: never[]) {
        return primitives.#waiting(this, method, original.apply(this, args));
      };
    }
  }

  setSource(code: string): void {
    this.#source = code.split('\n');
  }

  /** The library's classes, for the program: with these, what it makes is noted. */
  classes(): Record<string, unknown> {
    const classes: Record<string, unknown> = {};
    for (const [name, made] of Object.entries(CLASSES)) classes[name] = this.#noting(made);
    classes['AsyncEvent'] = classes['Event'];
    return classes;
  }

  idOf(primitive: object): number {
    return (this.#known.get(primitive) ?? this.#add(primitive, 0))?.id ?? 0;
  }

  nameOf(primitive: object): { readonly text: string; readonly line: number } {
    const known = this.#known.get(primitive) ?? this.#add(primitive, 0);
    return { text: known === undefined ? 'a primitive' : this.#nameOf(known), line: known?.line ?? 0 };
  }

  #nameOf({ variable, number }: Known): string {
    return (this.#names.get(variable) ?? 1) > 1 ? `${variable} #${number}` : variable;
  }

  get size(): number {
    return this.#known.size;
  }

  /** How all of them stand. */
  snapshot(): Primitive[] {
    const waiting = new Map<object, [number, string][]>();
    for (const record of this.recorder?.records() ?? []) {
      if (record.on === null || record.target === 0) continue;
      const line = waiting.get(record.on);
      if (line === undefined) waiting.set(record.on, [[record.id, record.verb]]);
      else line.push([record.id, record.verb]);
    }
    return [...this.#known.values()].map((known) => {
      const waiters = waiting.get(known.primitive) ?? [];
      return {
        id: known.id,
        kind: known.kind,
        name: this.#nameOf(known),
        line: known.line,
        ...describe(known.primitive),
        owners: this.ownersOf(known.primitive),
        waiters: waiters.slice(0, WAITERS),
        waiterCount: waiters.length,
      };
    });
  }

  /** The tasks that hold a lock, by id. */
  ownersOf(primitive: object): number[] {
    const owner = ownerOf(primitive);
    const id = owner === null ? undefined : this.recorder?.get(owner)?.id;
    return id === undefined ? [] : [id];
  }

  #noting<C extends new (...args: never[]) => object>(constructor: C): C {
    const proxy: C = new Proxy(constructor, {
      construct: (target, args, newTarget) => {
        const made = Reflect.construct(target, args, newTarget === proxy ? target : newTarget) as object;
        this.#add(made, callingLine());
        return made;
      },
    });
    return proxy;
  }

  #add(primitive: object, line: number): Known | undefined {
    if (this.#known.size >= MOST) return undefined;
    const kind = classNameOf(primitive);
    const variable = variableIn(this.#source[line - 1] ?? '') ?? kind.toLowerCase();
    const count = (this.#names.get(variable) ?? 0) + 1;
    this.#names.set(variable, count);
    const known = { id: this.#nextId++, primitive, kind, variable, number: count, line };
    this.#known.set(primitive, known);
    return known;
  }

  *#waiting<T>(primitive: object, verb: string, coroutine: asyncio.Coroutine<T>): asyncio.Coroutine<T> {
    const task = asyncio.currentTask();
    const record = task === null ? undefined : this.recorder?.record(task as Task);
    // A condition waits for its lock again: what the program called is what it waits at.
    if (record === undefined || record.on !== null) return yield* coroutine;
    record.on = primitive;
    record.verb = verb;
    try {
      return yield* coroutine;
    } finally {
      record.on = null;
    }
  }
}

/** The variable, field or property that the line puts it into. */
function variableIn(line: string): string | undefined {
  const declared = /\b(?:const|let|var)\s+([\w$]+)/.exec(line)?.[1];
  return declared ?? /([\w$]+)\s*(?::[^=]*)?[=:]\s*(?:\(.*\)\s*=>\s*)?new\b/.exec(line)?.[1];
}

function ownerOf(primitive: object): Task | null {
  if (primitive instanceof asyncio.Lock || primitive instanceof asyncio.Condition) {
    return primitive.statistics().owner as Task | null;
  }
  return null;
}

function describe(primitive: object): { state: string; fill: number } {
  if (primitive instanceof asyncio.Lock || primitive instanceof asyncio.Condition) {
    const { locked } = primitive.statistics();
    return { state: locked ? 'locked' : 'free', fill: locked ? 1 : 0 };
  }
  if (primitive instanceof asyncio.Event) return { state: primitive.isSet() ? 'set' : 'not set', fill: -1 };
  if (primitive instanceof asyncio.Semaphore) {
    const { value } = primitive.statistics();
    return { state: value === 1 ? '1 permit left' : `${value} permits left`, fill: -1 };
  }
  if (primitive instanceof asyncio.Barrier) {
    const { nWaiting, parties } = primitive;
    return { state: primitive.broken ? 'broken' : `${nWaiting} of ${parties}`, fill: nWaiting / parties };
  }
  if (primitive instanceof asyncio.Queue) {
    const { size, maxsize, unfinished } = primitive.statistics();
    const bound = maxsize > 0 ? ` of ${maxsize}` : '';
    const open = unfinished > size ? `, ${unfinished} unfinished` : '';
    return { state: `${size}${bound}${open}`, fill: maxsize > 0 ? size / maxsize : -1 };
  }
  return { state: '', fill: -1 };
}
