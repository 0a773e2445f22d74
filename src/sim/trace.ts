/**
 * SimTrace: what happened in a simulation, event by event, and a hash of it.
 *
 * Two runs took the same course if their hashes are equal, whatever the engine. So the hash is made of integers and
 * names of tasks alone: no addresses, no engine's texts, no names of functions, which minifying changes.
 */

import type { Handle, TaskLike, TimerHandle } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import type { Task } from '../tasks/tasks.ts';
import { SimDivergenceError } from './sim-errors.ts';

/** The kinds of events, in the order of their numbers in the hash: new ones come last. */
const KINDS = [
  'task.spawn',
  'task.ready',
  'task.step',
  'task.await',
  'task.done',
  'callback.ready',
  'callback.run',
  'timer.arm',
  'timer.fire',
  'timer.cancel',
  'jump',
  'choice',
  'draw',
] as const;

/**
 * What happens in a simulation. A task is made, gets ready, runs a step, waits, is done; a callback gets ready and is
 * run; a timer is armed, fires, is cancelled; the clock jumps; one of several orders is chosen; a random number is
 * drawn, which is in the hash and not in the list.
 */
export type SimEventKind = (typeof KINDS)[number];

/** One event. */
export interface SimEvent {
  /** Its number, from 1. */
  readonly seq: number;
  /** The virtual time in ticks. */
  readonly ticks: number;
  /** What kind it is. */
  readonly kind: SimEventKind;
  /** The name of the task that it is about, or that made the timer or callback; null for none. */
  readonly task: string | null;
  /** How a task ended, what it waits for, a deadline in ticks, what was chosen. */
  readonly detail: string;
  /** The number of the event that brought it about; null for none: it came from outside. */
  readonly cause: number | null;
  /** How many random numbers had been drawn. */
  readonly draws: number;
}

/** How much is kept: every event, the hash of all, or nothing. */
export type SimTraceLevel = 'full' | 'hash' | 'none';

/** The first event in which two traces differ; null for the end of one. */
interface Difference {
  readonly expected: SimEvent | null;
  readonly got: SimEvent | null;
}

interface TimerOrigin {
  readonly id: number;
  readonly label: string;
}

const OUTCOMES = ['result', 'error', 'cancelled'] as const;

/**
 * The trace of a `SimLoop`, at `loop.trace`. With `trace: 'full'` it can be iterated, with 'hash' it has a hash.
 *
 * @example
 * const sim = new SimLoop({ trace: 'full' });
 * sim.runUntilCompleteSync(sleep(2));
 * const jumps = [...sim.trace].filter(({ kind }) => kind === 'jump');
 * console.log(jumps[0]?.detail, sim.trace.hash());
 * sim.close();
 */
export class SimTrace {
  /** How much is kept. */
  readonly level: SimTraceLevel;
  /** Set by the loop. @internal */
  _now: () => number = () => 0;
  /** The first difference from a trace to be followed. @internal */
  _difference: Difference | null = null;
  /** A trace to be followed: the first difference is noted. @internal */
  _expected: readonly SimEvent[] | null = null;
  readonly #keeps: boolean;
  readonly #events: SimEvent[] = [];
  #length = 0;
  #draws = 0;
  #laneA = 0x2545f491;
  #laneB = 0x1b873593;
  #tasks = new Map<TaskLike<unknown>, number>();
  #taskCount = 0;
  #timers = new Map<TimerHandle, TimerOrigin>();
  #timerCount = 0;
  /** What is being run, and what made what is ready, by event number. Only a full trace knows. */
  #running: number | null = null;
  readonly #outer: (number | null)[] = [];
  readonly #causes = new WeakMap<object, number>();

  /** @param level How much is kept. */
  constructor(level: SimTraceLevel) {
    this.level = level;
    this.#keeps = level === 'full';
  }

  /** How many events there were. */
  get length(): number {
    return this.#length;
  }

  /** 16 digits that are the same for the same course, in every engine. */
  hash(): string {
    return [this.#laneA, this.#laneB].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  [Symbol.iterator](): IterableIterator<SimEvent> {
    return this.#events.values();
  }

  /** The events as lines of text. */
  toString(): string {
    return this.#events.map(formatEvent).join('\n');
  }

  // What happens beside the loop's own events.

  /** @internal */
  _jumped(ticks: number): void {
    if (this.level !== 'none') this.#add(10, null, ticks, this.#keeps ? `to ${ticks}` : '');
  }

  /** @internal */
  _chose(labels: readonly string[], index: number): void {
    this.#add(
      11,
      null,
      labels.length * 65_536 + index,
      this.#keeps ? `${labels[index]} of ${labels.length}` : '',
    );
  }

  /** @internal */
  _drew(): void {
    this.#draws += 1;
    this.#mix(12, 0);
  }

  /** @internal */
  _timerCancelled(handle: TimerHandle): void {
    const origin = this.#timers.get(handle);
    if (origin === undefined) return;
    this.#timers.delete(handle);
    if (this.level !== 'none') this.#add(9, null, origin.id, this.#keeps ? origin.label : '');
  }

  /** What a choice between timers shows of one. @internal */
  _labelOf(handle: TimerHandle): string {
    return this.#timers.get(handle)?.label ?? 'timer';
  }

  // LoopInstrument: the loop calls these.

  /** @internal */
  taskSpawned(task: TaskLike<unknown>): void {
    if (this.level === 'none') return;
    this.#taskCount += 1;
    this.#tasks.set(task, this.#taskCount);
    const name = task.getName();
    for (let index = 0; index < name.length; index += 1) this.#mix(0, name.charCodeAt(index));
    this.#add(0, task, this.#taskCount, '');
  }

  /** @internal */
  taskScheduled(task: TaskLike<unknown>): void {
    if (this.level === 'none') return;
    this.#add(1, task, this.#idOf(task), '');
    if (this.#keeps) this.#causes.set(task, this.#length);
  }

  /** @internal */
  beforeTaskStep(task: TaskLike<unknown>): void {
    if (this.level === 'none') return;
    if (this.#keeps) {
      // An eager task's first step is inside another's, which is its cause, and goes on after it.
      this.#outer.push(this.#running);
      this.#running ??= this.#causes.get(task) ?? null;
    }
    this.#add(2, task, this.#idOf(task), '');
    if (this.#keeps) this.#running = this.#length;
  }

  /** @internal */
  afterTaskStep(task: TaskLike<unknown>): void {
    if (this.level === 'none') return;
    const future = (task as Partial<Task>)._futureWaiter ?? null;
    if (future !== null && !task.done()) {
      this.#add(3, task, this.#idOf(task), this.#keeps ? whatOf(future) : '');
    }
    if (this.#keeps) this.#running = this.#outer.pop() ?? null;
  }

  /** @internal */
  taskDone(task: TaskLike<unknown>): void {
    if (this.level === 'none') return;
    const outcome = task.cancelled() ? 2 : (task as Partial<Task>)._failure?.() ? 1 : 0;
    this.#add(4, task, this.#idOf(task) * 4 + outcome, OUTCOMES[outcome]);
    this.#tasks.delete(task);
  }

  /** @internal */
  handleScheduled(handle: Handle): void {
    const origin = this.#timers.get(handle as TimerHandle);
    if (origin !== undefined) this.#timers.delete(handle as TimerHandle);
    if (this.level === 'none') return;
    if (origin === undefined) {
      this.#add(5, null, 0, '');
    } else {
      // What made it fire is what armed it.
      const outer = this.#running;
      if (this.#keeps) this.#running = this.#causes.get(handle) ?? null;
      this.#add(8, null, origin.id, this.#keeps ? origin.label : '');
      this.#running = outer;
    }
    if (this.#keeps) this.#causes.set(handle, this.#length);
  }

  /** @internal */
  beforeHandle(handle: Handle): void {
    if (this.level === 'none') return;
    if (this.#keeps) this.#running = this.#causes.get(handle) ?? null;
    this.#add(6, null, 0, '');
    if (this.#keeps) this.#running = this.#length;
  }

  /** @internal */
  afterHandle(): void {
    this.#running = null;
  }

  /** @internal */
  timerScheduled(handle: TimerHandle): void {
    this.#timerCount += 1;
    const owner = handle._loop._currentTask;
    const by = owner === null ? '' : ` of ${owner.getName()}`;
    this.#timers.set(handle, { id: this.#timerCount, label: `timer ${this.#timerCount}${by}` });
    if (this.level === 'none') return;
    const deadline = handle.when();
    // A deadline is not a whole number of ticks; its bits are the same everywhere all the same.
    this.#add(7, owner, Math.round(Math.min(deadline, 1e9) * 1e6), this.#keeps ? `at ${deadline} s` : '');
    if (this.#keeps) this.#causes.set(handle, this.#length);
  }

  #idOf(task: TaskLike<unknown>): number {
    return this.#tasks.get(task) ?? 0;
  }

  #add(kind: number, task: TaskLike<unknown> | null, value: number, detail: string): void {
    this.#length += 1;
    this.#mix(kind, value);
    if (!this.#keeps) return;
    const event: SimEvent = {
      seq: this.#length,
      ticks: this._now(),
      kind: KINDS[kind] as SimEventKind,
      task: task?.getName() ?? null,
      detail,
      cause: this.#running,
      draws: this.#draws,
    };
    this.#events.push(event);
    if (this._expected !== null && this._difference === null) this.#compare(event, this._expected);
  }

  #compare(got: SimEvent, followed: readonly SimEvent[]): void {
    const expected = followed[got.seq - 1] ?? null;
    if (expected === null || formatEvent(expected) !== formatEvent(got)) this._difference = { expected, got };
  }

  #mix(kind: number, value: number): void {
    // Integers up to 2 ** 53 in two halves.
    const low = value | 0;
    const high = value > 0x7fffffff ? Math.floor(value / 2 ** 32) : 0;
    this.#laneA = Math.imul(this.#laneA ^ low, 0x01000193) ^ (this.#laneB >>> 15);
    this.#laneB = Math.imul(this.#laneB ^ (kind + high * 16), 0x5bd1e995) ^ (this.#laneA >>> 13);
  }
}

/** @internal */
export function divergenceOf({ expected, got }: Difference): SimDivergenceError {
  const text = (event: SimEvent | null): string => (event === null ? 'the end' : formatEvent(event));
  return new SimDivergenceError((got ?? expected)?.seq ?? 0, text(expected), text(got));
}

/** One event as a line. */
function formatEvent({ seq, ticks, kind, task, detail, cause, draws }: SimEvent): string {
  const parts = [`${seq}`, `@${ticks}`, kind];
  if (task !== null) parts.push(task);
  if (detail !== '') parts.push(detail);
  if (cause !== null) parts.push(`(by ${cause})`);
  if (draws > 0) parts.push(`(${draws} drawn)`);
  return parts.join(' ');
}

/** What a task waits for, without the engine's or the minifier's part in it. */
function whatOf(future: object): string {
  const task = future as Partial<TaskLike<unknown>>;
  if (typeof task.getName === 'function') return task.getName();
  const subject = (future as { readonly _line?: { readonly subject: object | null } })._line?.subject;
  return subject ? repr(subject) : 'a future';
}
