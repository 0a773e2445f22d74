/** Who waits for whom in a circle: from a task to the owner of the lock it waits at, or to the task it awaits. */

import type { CycleLink, Deadlock } from '../protocol.ts';
import { hasEnded, KIND } from '../protocol.ts';
import { inTask } from './peek.ts';
import type { Primitives } from './primitives.ts';
import type { Recorder, TaskRecord } from './recorder.ts';

/** A program with more tasks than these is not searched: the search looks at each. */
const MOST = 20_000;

/** So many of those that only wait are named. */
const OTHERS = 50;

export function findDeadlock(recorder: Recorder, primitives: Primitives, message: string): Deadlock | null {
  const records = [...recorder.records()].filter(({ kind }) => !hasEnded(kind));
  if (records.length > MOST) return null;
  const cycles: CycleLink[][] = [];
  const done = new Set<TaskRecord>();
  for (const record of records) {
    // Each waits for one thing, so a walk from it ends, or comes back to where it was.
    const path: TaskRecord[] = [];
    let at: TaskRecord | undefined = record;
    while (at !== undefined && !done.has(at) && !path.includes(at)) {
      path.push(at);
      at = next(at, recorder, primitives);
    }
    if (at !== undefined && path.includes(at)) {
      cycles.push(path.slice(path.indexOf(at)).map((one) => link(one, primitives)));
    }
    for (const one of path) done.add(one);
  }
  const inside = new Set(cycles.flat().map(({ task }) => task));
  const others = records
    .filter(({ id }) => !inside.has(id))
    .slice(0, OTHERS)
    .map((record) => nameOf(record));
  return { message, time: recorder.time, cycles, others };
}

function next(record: TaskRecord, recorder: Recorder, primitives: Primitives): TaskRecord | undefined {
  if (record.kind === KIND.task) return recorder.find(record.target);
  if (record.on === null) return undefined;
  const [owner] = primitives.ownersOf(record.on);
  return owner === undefined ? undefined : recorder.find(owner);
}

function link(record: TaskRecord, primitives: Primitives): CycleLink {
  const through = record.on === null ? '' : primitives.nameOf(record.on).text;
  return { task: record.id, name: nameOf(record), through, line: record.line };
}

function nameOf(record: TaskRecord): string {
  const name = String(inTask(record.task)._name);
  return /^\d+$/.test(name) ? `Task-${name}` : name;
}
