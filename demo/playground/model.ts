/**
 * What the page knows of a run: its tasks, its steps, its lines, all in columns, all with an end.
 *
 * Tasks are numbered from 1 by the runner, so a task's number is its row. Steps are kept in chunks; when there are too
 * many the oldest chunk goes, and is counted.
 */

import type { Batch, Counters, Deadlock, Dropped, Line, Primitive, Queues } from './protocol.ts';
import { hasEnded, KIND, STEPS_PER_BATCH, TASK, TASK_FIELDS } from './protocol.ts';

/** About 60 MB of columns. */
const MOST_CHUNKS = 48;

const MOST_TASKS = 1_000_000;

const MOST_LINES = 20_000;

/** How many points of the counters are kept: some minutes of them. */
const MOST_SAMPLES = 4000;

export class StepChunk {
  length = 0;
  /** Number of its first step, counted from the start of the run. */
  readonly first: number;
  readonly task = new Int32Array(STEPS_PER_BATCH);
  /** Real milliseconds from the start of the run. */
  readonly start = new Float64Array(STEPS_PER_BATCH);
  readonly duration = new Float32Array(STEPS_PER_BATCH);
  /** Loop time in seconds from the start of the run. */
  readonly time = new Float64Array(STEPS_PER_BATCH);
  readonly kind = new Uint8Array(STEPS_PER_BATCH);
  readonly target = new Int32Array(STEPS_PER_BATCH);
  /** Number of the same task's step before, or -1. */
  readonly previous = new Int32Array(STEPS_PER_BATCH);

  constructor(first: number) {
    this.first = first;
  }
}

/** One step, looked up. */
export interface Step {
  readonly index: number;
  readonly task: number;
  readonly start: number;
  readonly duration: number;
  readonly time: number;
  readonly kind: number;
  readonly target: number;
}

export class Tasks {
  count = 0;
  parent = new Int32Array(1024);
  kind = new Uint8Array(1024);
  target = new Int32Array(1024);
  until = new Float64Array(1024);
  steps = new Int32Array(1024);
  line = new Int32Array(1024);
  firstChild = new Int32Array(1024);
  lastChild = new Int32Array(1024);
  nextSibling = new Int32Array(1024);
  /** Number of its newest step, plus one. */
  lastStep = new Int32Array(1024);
  isKnown = new Uint8Array(1024);
  /** Children that have not ended, or that have such below them. */
  liveBelow = new Int32Array(1024);
  /** Of those without a name of their own. */
  number = new Int32Array(1024);
  readonly names = new Map<number, string>();
  /** Changes when there is a row more to show. */
  shape = 0;
  /** Changes when one has ended. */
  ends = 0;
  /** Those that have not ended. */
  live = 0;

  reserve(id: number): void {
    if (id < this.parent.length) return;
    const length = Math.max(id + 1, this.parent.length * 2);
    this.parent = grown(this.parent, length);
    this.kind = grown(this.kind, length);
    this.target = grown(this.target, length);
    this.until = grown(this.until, length);
    this.steps = grown(this.steps, length);
    this.line = grown(this.line, length);
    this.firstChild = grown(this.firstChild, length);
    this.lastChild = grown(this.lastChild, length);
    this.nextSibling = grown(this.nextSibling, length);
    this.lastStep = grown(this.lastStep, length);
    this.isKnown = grown(this.isKnown, length);
    this.liveBelow = grown(this.liveBelow, length);
    this.number = grown(this.number, length);
  }

  nameOf(id: number): string {
    const name = this.names.get(id);
    if (name !== undefined) return name;
    const number = this.number[id] ?? 0;
    return number > 0 ? `Task-${number}` : '–';
  }

  /** Hangs a task under its parent; under nothing if that is unknown. */
  add(id: number, parent: number): void {
    const under = parent > 0 && parent < id && this.isKnown[parent] === 1 ? parent : 0;
    this.isKnown[id] = 1;
    this.parent[id] = under;
    const last = this.lastChild[under] as number;
    if (last === 0) this.firstChild[under] = id;
    else this.nextSibling[last] = id;
    this.lastChild[under] = id;
    if (id > this.count) this.count = id;
    this.shape += 1;
    this.live += 1;
    this.#appear(id);
  }

  /** Notes what a task does. */
  setKind(id: number, kind: number): void {
    const hadEnded = hasEnded(this.kind[id] as number);
    this.kind[id] = kind;
    if (hasEnded(kind) === hadEnded) return;
    this.live += hadEnded ? 1 : -1;
    if (!hadEnded) this.ends += 1;
    if (this.liveBelow[id] !== 0) return;
    if (hadEnded) this.#appear(id);
    else this.#vanish(id);
  }

  /** Its ancestors have one more to show below them. */
  #appear(id: number): void {
    for (let at = this.parent[id] as number; at !== 0; at = this.parent[at] as number) {
      this.liveBelow[at] = (this.liveBelow[at] as number) + 1;
      if (this.liveBelow[at] !== 1 || !hasEnded(this.kind[at] as number)) return;
    }
  }

  #vanish(id: number): void {
    for (let at = this.parent[id] as number; at !== 0; at = this.parent[at] as number) {
      this.liveBelow[at] = (this.liveBelow[at] as number) - 1;
      if (this.liveBelow[at] !== 0 || !hasEnded(this.kind[at] as number)) return;
    }
  }
}

function grown<T extends Int32Array | Uint8Array | Float64Array>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length);
  longer.set(column as never);
  return longer;
}

export class Model {
  readonly tasks: Tasks = new Tasks();
  readonly chunks: StepChunk[] = [];
  /** Steps that were seen, from the start of the run; and how many of them are no longer kept. */
  stepCount = 0;
  forgotten = 0;
  readonly lines: Line[] = [];
  /** Lines that were thrown away to make room. */
  forgottenLines = 0;
  dropped: Dropped = { steps: 0, tasks: 0, lines: 0 };
  counters: Counters | null = null;
  readonly samples: Counters[] = [];
  queues: Queues | null = null;
  primitives: readonly Primitive[] | null = null;
  deadlock: Deadlock | null = null;
  isHeld = false;
  isVirtual = false;
  /** Goes up with each batch. */
  version = 0;

  take(batch: Batch): void {
    this.version += 1;
    for (const [id, name] of batch.names) if (id <= MOST_TASKS) this.tasks.names.set(id, String(name));
    this.#takeTasks(batch.tasks);
    this.#takeSteps(batch);
    for (const line of batch.log) this.addLine(line);
    this.dropped = {
      steps: this.dropped.steps + batch.dropped.steps,
      tasks: this.dropped.tasks + batch.dropped.tasks,
      lines: this.dropped.lines + batch.dropped.lines,
    };
    this.counters = batch.counters;
    // After the end nothing is counted, but what is looked at may still be told.
    if (batch.counters.now !== this.samples.at(-1)?.now) this.samples.push(batch.counters);
    if (this.samples.length > MOST_SAMPLES) this.samples.splice(0, MOST_SAMPLES / 4);
    this.queues = batch.queues ?? this.queues;
    this.primitives = batch.primitives ?? this.primitives;
    this.deadlock = batch.deadlock ?? this.deadlock;
    this.isHeld = batch.held;
  }

  addLine(line: Line): void {
    this.lines.push(line);
    if (this.lines.length <= MOST_LINES) return;
    this.lines.splice(0, MOST_LINES / 4);
    this.forgottenLines += MOST_LINES / 4;
  }

  #takeTasks(numbers: Float64Array): void {
    const { tasks } = this;
    for (let at = 0; at + TASK_FIELDS <= numbers.length; at += TASK_FIELDS) {
      const id = numbers[at + TASK.id] as number;
      if (!(id >= 1 && id <= MOST_TASKS)) {
        this.dropped = { ...this.dropped, tasks: this.dropped.tasks + 1 };
        continue;
      }
      tasks.reserve(id);
      if (tasks.isKnown[id] === 0) {
        tasks.add(id, numbers[at + TASK.parent] as number);
        tasks.number[id] = numbers[at + TASK.number] as number;
      }
      tasks.setKind(id, numbers[at + TASK.kind] as number);
      tasks.target[id] = numbers[at + TASK.target] as number;
      tasks.until[id] = numbers[at + TASK.until] as number;
      tasks.steps[id] = numbers[at + TASK.steps] as number;
      tasks.line[id] = numbers[at + TASK.line] as number;
    }
  }

  #takeSteps({ steps }: Batch): void {
    let from = 0;
    while (from < steps.count) {
      let chunk = this.chunks.at(-1);
      if (chunk === undefined || chunk.length === STEPS_PER_BATCH) {
        chunk = new StepChunk(this.stepCount);
        this.chunks.push(chunk);
        if (this.chunks.length > MOST_CHUNKS) this.forgotten += this.chunks.shift()?.length ?? 0;
      }
      const count = Math.min(steps.count - from, STEPS_PER_BATCH - chunk.length);
      this.#fill(chunk, steps, from, count);
      from += count;
    }
  }

  #fill(chunk: StepChunk, steps: Batch['steps'], from: number, count: number): void {
    const { tasks } = this;
    const at = chunk.length;
    const end = from + count;
    chunk.task.set(steps.task.subarray(from, end), at);
    chunk.duration.set(steps.duration.subarray(from, end), at);
    chunk.time.set(steps.time.subarray(from, end), at);
    chunk.kind.set(steps.kind.subarray(from, end), at);
    chunk.target.set(steps.target.subarray(from, end), at);
    for (let i = 0; i < count; i += 1) {
      chunk.start[at + i] = steps.base + (steps.start[from + i] as number);
      const task = steps.task[from + i] as number;
      if (!(task >= 1 && task <= MOST_TASKS)) {
        chunk.task[at + i] = 0;
        continue;
      }
      tasks.reserve(task);
      chunk.previous[at + i] = (tasks.lastStep[task] as number) - 1;
      tasks.lastStep[task] = this.stepCount + i + 1;
    }
    chunk.length += count;
    this.stepCount += count;
  }

  /** Whether the step with this number is still kept. */
  has(index: number): boolean {
    return index >= this.firstStep && index < this.stepCount;
  }

  get firstStep(): number {
    return this.chunks[0]?.first ?? 0;
  }

  chunkOf(index: number): StepChunk | undefined {
    // Only the last chunk is not full.
    return this.chunks[Math.floor((index - this.firstStep) / STEPS_PER_BATCH)];
  }

  step(index: number): Step | undefined {
    const chunk = this.has(index) ? this.chunkOf(index) : undefined;
    if (chunk === undefined) return undefined;
    const at = index - chunk.first;
    return {
      index,
      task: chunk.task[at] as number,
      start: chunk.start[at] as number,
      duration: chunk.duration[at] as number,
      time: chunk.time[at] as number,
      kind: chunk.kind[at] as number,
      target: chunk.target[at] as number,
    };
  }

  /** What a task waits for, in words. */
  waitText(id: number): string {
    const { tasks } = this;
    const kind = tasks.kind[id] as number;
    switch (kind) {
      case KIND.sleep:
        return `sleeps until ${formatTime(tasks.until[id] as number)}`;
      case KIND.task:
        return `waits for ${tasks.nameOf(tasks.target[id] as number)}`;
      case KIND.sync: {
        const primitive = this.primitives?.find((one) => one.id === tasks.target[id]);
        return primitive === undefined ? 'waits in line' : `waits at ${primitive.name}`;
      }
      case KIND.group:
        return 'waits for its children';
      case KIND.outside:
        return 'waits for a Promise';
      case KIND.future:
        return 'waits for a future';
      case KIND.ready:
        return tasks.steps[id] === 0 ? 'about to start' : 'ready';
      case KIND.done:
        return 'done';
      case KIND.failed:
        return 'failed';
      case KIND.cancelled:
        return 'cancelled';
      default:
        return '';
    }
  }
}

// Made once: to make one takes longer than to use it a hundred times.
const ONE_DIGIT = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Seconds, as short as they can be told apart. */
export function formatTime(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 1000) return `${ONE_DIGIT.format(seconds)} s`;
  if (size >= 1 || size === 0) return `${Number(seconds.toFixed(3))} s`;
  if (size >= 0.001) return `${Number((seconds * 1000).toFixed(2))} ms`;
  return `${Number((seconds * 1e6).toFixed(1))} µs`;
}

/** A number of things, with thin spaces. */
export function formatCount(count: number): string {
  const whole = Math.round(count);
  return Math.abs(whole) < 1000 ? String(whole) : WHOLE.format(whole).replaceAll(',', '\u202f');
}
