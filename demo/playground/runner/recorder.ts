/**
 * The instrument that the views are fed by: it notes steps and tasks in columns, and hands over a batch when asked.
 *
 * It runs inside the loop that it watches, so it must be quick and must not grow: columns are filled up to their ends,
 * tasks that changed are marked and told once, and what finds no room is counted.
 */

import type { BaseEventLoop, Handle, Task, TimerHandle } from 'asyncio-web';
import type { Instrument } from 'asyncio-web/lowlevel';
import type { Dropped, Kind, Steps } from '../protocol.ts';
import { KIND, STEPS_PER_BATCH, TASK, TASK_FIELDS, TASKS_PER_BATCH } from '../protocol.ts';
import { programLine } from './lines.ts';
import {
  awaitersOf,
  hasFailed,
  inHandle,
  inLoop,
  inTask,
  isCancelledFuture,
  isOutside,
  isPending,
} from './peek.ts';
import type { Primitives } from './primitives.ts';

/** While fewer steps than this have been made, each wait notes its line in the program. It costs microseconds. */
const TRACED_STEPS = 4000;

/** What is known of a task. */
export class TaskRecord {
  readonly id: number;
  readonly parent: number;
  readonly task: Task;
  kind: Kind = KIND.ready;
  /** The task or primitive that it waits for, by id. */
  target = 0;
  until = 0;
  steps = 0;
  line = 0;
  /** A primitive whose method is going on, and what for: 'acquire'. */
  on: object | null = null;
  verb = '';
  isTold = false;
  isMarked = false;
  lastChild: Task | null = null;

  constructor(id: number, parent: number, task: Task) {
    this.id = id;
    this.parent = parent;
    this.task = task;
  }
}

export class Recorder implements Instrument {
  readonly #primitives: Primitives;
  readonly #records = new Map<object, TaskRecord>();
  readonly #byId = new Map<number, TaskRecord>();
  #nextId = 1;
  /** Changed since they were told of. */
  #marked: TaskRecord[] = [];
  #dropped = { steps: 0, tasks: 0, lines: 0 };

  // Columns
  #count = 0;
  #base = 0;
  #task = new Int32Array(STEPS_PER_BATCH);
  #start = new Float32Array(STEPS_PER_BATCH);
  #duration = new Float32Array(STEPS_PER_BATCH);
  #time = new Float64Array(STEPS_PER_BATCH);
  #kind = new Uint8Array(STEPS_PER_BATCH);
  #target = new Int32Array(STEPS_PER_BATCH);

  /** Real milliseconds when the first loop was run. */
  origin: number = performance.now();
  loop: BaseEventLoop | null = null;
  isVirtual = false;
  #timeOrigin = 0;

  steps = 0;
  callbacks = 0;
  iterations = 0;
  spawned = 0;
  live = 0;
  /** Callbacks and steps that the loop took from its queue. */
  ran = 0;
  /** Size of the iteration that goes on, and what was put behind it since it began. */
  batch = 0;
  #behind = 0;

  #depth = 0;
  #stepStart = 0;
  #lastTimer: TimerHandle | null = null;
  #tracing = true;
  #isFrozen = false;
  /** Called at the start of an iteration that has something to do. */
  onIteration: ((ready: number) => void) | null = null;
  /** Called after a step or callback, with the clock in milliseconds. */
  onProgress: ((now: number) => void) | null = null;

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  watch(loop: BaseEventLoop): void {
    if (this.loop === null) {
      this.#timeOrigin = loop.time();
      this.origin = performance.now();
    }
    this.loop = loop;
    loop.addInstrument(this);
    this.#trace(this.#tracing);
  }

  /** Seconds of loop time from the start of the run; -1 before any loop. */
  get time(): number {
    return this.loop === null ? -1 : this.loop.time() - this.#timeOrigin;
  }

  fromOrigin(when: number): number {
    return when - this.#timeOrigin;
  }

  /** How many callbacks of this iteration are still to be called. */
  get batchLeft(): number {
    if (this.loop === null) return 0;
    return Math.max(0, inLoop(this.loop)._ready.length - this.#behind);
  }

  /** Notes nothing any more. */
  freeze(): void {
    this.#isFrozen = true;
  }

  // The instrument

  taskSpawned(task: object): void {
    if (this.#isFrozen) return;
    this.record(task as Task);
  }

  taskScheduled(task: object): void {
    if (this.#isFrozen) return;
    this.#behind += 1;
    const record = this.record(task as Task);
    if (record.kind === KIND.ready || record.kind === KIND.running) return;
    record.kind = KIND.ready;
    record.target = 0;
    this.#mark(record);
  }

  handleScheduled(_handle: Handle): void {
    this.#behind += 1;
  }

  timerScheduled(handle: TimerHandle): void {
    this.#lastTimer = handle;
  }

  beforeIteration(ready: number): void {
    if (this.#isFrozen) return;
    this.#behind = 0;
    if (ready === 0) return;
    this.iterations += 1;
    this.batch = ready;
    this.onIteration?.(ready);
  }

  beforeHandle(_handle: Handle): void {
    if (this.#isFrozen) return;
    this.#depth += 1;
    this.#ran();
    this.callbacks += 1;
  }

  afterHandle(_handle: Handle): void {
    if (this.#isFrozen) return;
    this.#depth -= 1;
    if (this.#depth === 0) this.onProgress?.(performance.now());
  }

  beforeTaskStep(task: object): void {
    if (this.#isFrozen) return;
    this.#depth += 1;
    this.#ran();
    this.#lastTimer = null;
    // The library would report a cancellation that was swallowed, as it does in debug mode.
    const more = this.#tracing && this.loop?.getDebug() === false ? inTask(task)._more : null;
    if (more !== null) more.cancelStack = null;
    this.#stepStart = performance.now();
  }

  afterTaskStep(task: object): void {
    if (this.#isFrozen) return;
    const end = performance.now();
    const record = this.record(task as Task);
    record.steps += 1;
    this.steps += 1;
    if (this.#tracing && this.steps > TRACED_STEPS) this.#trace(false);
    this.#see(record);
    this.#mark(record);
    this.#note(record, end);
    this.#depth -= 1;
    if (this.#depth === 0) this.onProgress?.(end);
  }

  taskDone(task: object): void {
    if (this.#isFrozen) return;
    const record = this.record(task as Task);
    this.live -= 1;
    this.#end(record);
    this.#mark(record);
  }

  // Records

  /** The record of a task, made if it is not known. */
  record(task: Task): TaskRecord {
    let record = this.#records.get(task);
    if (record === undefined) {
      const spawner = this.loop === null ? null : inLoop(this.loop)._currentTask;
      const parent = spawner === null || spawner === task ? undefined : this.#records.get(spawner);
      record = new TaskRecord(this.#nextId++, parent?.id ?? 0, task);
      if (parent !== undefined) parent.lastChild = task;
      this.#records.set(task, record);
      this.#byId.set(record.id, record);
      this.spawned += 1;
      this.live += 1;
      this.#mark(record);
    }
    return record;
  }

  find(id: number): TaskRecord | undefined {
    return this.#byId.get(id);
  }

  get(task: object): TaskRecord | undefined {
    return this.#records.get(task);
  }

  records(): IterableIterator<TaskRecord> {
    return this.#byId.values();
  }

  #mark(record: TaskRecord): void {
    if (record.isMarked) return;
    record.isMarked = true;
    this.#marked.push(record);
  }

  #ran(): void {
    if (this.#depth === 1) this.ran += 1;
  }

  /** Sees what the task waits for. */
  #see(record: TaskRecord): void {
    const task = inTask(record.task);
    record.target = 0;
    record.line = 0;
    if (!isPending(task)) {
      this.#end(record);
      return;
    }
    const waiter = task._futureWaiter;
    if (waiter === null) {
      record.kind = KIND.ready;
      return;
    }
    if (this.#tracing) record.line = programLine(task._more?.awaitStack);
    const awaited = this.#records.get(waiter);
    const timer = this.#lastTimer;
    if (awaited !== undefined) {
      record.kind = KIND.task;
      record.target = awaited.id;
    } else if (record.on !== null) {
      record.kind = KIND.sync;
      record.target = this.#primitives.idOf(record.on);
    } else if (timer !== null && inHandle(timer)._args[0] === waiter) {
      record.kind = KIND.sleep;
      record.until = this.fromOrigin(timer.when());
    } else if (isOutside(waiter)) {
      record.kind = KIND.outside;
    } else if ('_cancelRequested' in waiter || this.#waitsForChildren(record)) {
      record.kind = KIND.group;
    } else {
      record.kind = KIND.future;
    }
  }

  /** Whether the task is told when its children end, as a group's is. */
  #waitsForChildren(record: TaskRecord): boolean {
    const child = record.lastChild;
    return child !== null && isPending(inTask(child)) && awaitersOf(inTask(child)).includes(record.task);
  }

  #end(record: TaskRecord): void {
    const task = inTask(record.task);
    record.kind = isCancelledFuture(task) ? KIND.cancelled : hasFailed(task) ? KIND.failed : KIND.done;
    record.target = 0;
    record.line = 0;
    record.on = null;
    record.lastChild = null;
  }

  #trace(on: boolean): void {
    this.#tracing = on;
    if (this.loop !== null && !this.loop.getDebug()) inLoop(this.loop)._tracesAwaits = on;
  }

  #note(record: TaskRecord, end: number): void {
    const index = this.#count;
    if (index === STEPS_PER_BATCH) {
      this.#dropped.steps += 1;
      return;
    }
    if (index === 0) this.#base = this.#stepStart;
    this.#count += 1;
    this.#task[index] = record.id;
    this.#start[index] = this.#stepStart - this.#base;
    this.#duration[index] = end - this.#stepStart;
    if (this.isVirtual) this.#time[index] = this.time;
    this.#kind[index] = record.kind;
    this.#target[index] = record.target;
  }

  // Handing over

  get isFull(): boolean {
    return this.#count === STEPS_PER_BATCH;
  }

  get hasNews(): boolean {
    return this.#count > 0 || this.#marked.length > 0;
  }

  dropLine(): void {
    this.#dropped.lines += 1;
  }

  takeDropped(): Dropped {
    const dropped = this.#dropped;
    this.#dropped = { steps: 0, tasks: 0, lines: 0 };
    return dropped;
  }

  /** The steps since the last time. The columns go with them. */
  takeSteps(): Steps {
    const count = this.#count;
    const steps: Steps = {
      count,
      base: this.#base - this.origin,
      task: this.#task.slice(0, count),
      start: this.#start.slice(0, count),
      duration: this.#duration.slice(0, count),
      time: this.#time.slice(0, count),
      kind: this.#kind.slice(0, count),
      target: this.#target.slice(0, count),
    };
    this.#count = 0;
    return steps;
  }

  /** The tasks that changed, oldest change first, as many as fit. */
  takeTasks(names: [number, string][]): Float64Array {
    const taken =
      this.#marked.length <= TASKS_PER_BATCH ? this.#marked : this.#marked.slice(0, TASKS_PER_BATCH);
    this.#marked = this.#marked.length <= TASKS_PER_BATCH ? [] : this.#marked.slice(TASKS_PER_BATCH);
    const numbers = new Float64Array(taken.length * TASK_FIELDS);
    let at = 0;
    for (const record of taken) {
      record.isMarked = false;
      numbers[at + TASK.id] = record.id;
      numbers[at + TASK.parent] = record.parent;
      numbers[at + TASK.kind] = record.kind;
      numbers[at + TASK.target] = record.target;
      numbers[at + TASK.until] = record.until;
      numbers[at + TASK.steps] = record.steps;
      numbers[at + TASK.line] = record.line;
      if (!record.isTold) {
        record.isTold = true;
        const name = inTask(record.task)._name;
        if (typeof name === 'number') numbers[at + TASK.number] = name;
        else names.push([record.id, name.slice(0, 200)]);
      }
      if (record.kind >= KIND.done) {
        // Told for the last time: nothing of the program is kept alive.
        this.#records.delete(record.task);
        this.#byId.delete(record.id);
      }
      at += TASK_FIELDS;
    }
    return numbers;
  }
}
