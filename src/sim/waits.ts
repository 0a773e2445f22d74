/**
 * Who waits for what, and who holds that: the wait-for graph of a loop with the owners of locks in it.
 *
 * A lock knows its owner. Who holds a semaphore is noted only in a loop that asks, as a simulator does, and is a guess
 * where tasks release what others acquired.
 */

import type { AbstractEventLoop, FutureLike, TaskLike } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import { Lock } from '../sync/locks.ts';
import { Waiter } from '../sync/waiters.ts';
import { awaitersOf, findCycles, isTask } from '../tasks/awaiters.ts';
import type { Task } from '../tasks/tasks.ts';
import { allTasks } from '../tasks/tasks.ts';

/** A task that waits. */
export interface SimWait {
  /** The task's name. */
  readonly task: string;
  /** What it waits for, as text: a lock, a task, a future. */
  readonly waitsFor: string;
  /** The names of the tasks that hold it, as far as that is known. */
  readonly heldBy: readonly string[];
  /** All of it, as a line of a report. */
  readonly text: string;
}

/** The waits of a loop, oldest task first, and the circles among them. */
export interface WaitGraph {
  readonly waits: readonly SimWait[];
  readonly cycles: readonly (readonly string[])[];
}

/** @internal */
export function waitGraphOf(loop: AbstractEventLoop): WaitGraph {
  const tasks = allTasks(loop);
  const waits: SimWait[] = [];
  const edges: { awaiter: TaskLike<unknown>; awaited: TaskLike<unknown> }[] = [];
  for (const task of tasks) {
    for (const awaiter of awaitersOf(task)) if (isTask(awaiter)) edges.push({ awaiter, awaited: task });
    const future = (task as Partial<Task>)._futureWaiter ?? null; // a task of another class has none
    if (future === null) continue;
    const holders = holdersOf(loop, future);
    for (const awaited of holders) edges.push({ awaiter: task, awaited });
    waits.push(describe(task, future, holders));
  }
  const cycles = findCycles(edges).map((cycle) => cycle.map((task) => task.getName()));
  return { waits, cycles };
}

function describe(
  task: TaskLike<unknown>,
  future: FutureLike<unknown>,
  holders: readonly TaskLike<unknown>[],
): SimWait {
  const line = future instanceof Waiter ? future._line : null;
  const purpose = line !== null && line.purpose !== '' ? `${line.purpose}() of ` : '';
  const waitsFor = isTask(future) ? `Task ${future.getName()}` : `${purpose}${repr(line?.subject ?? future)}`;
  const names = holders.map((holder) => `${holder.getName()}${holder.done() ? ', which is done' : ''}`);
  const held = names.length === 0 ? '' : `, held by ${names.join(' and ')}`;
  return {
    task: task.getName(),
    waitsFor,
    heldBy: holders.map((holder) => holder.getName()),
    text: `${task.getName()} waits for ${waitsFor}${held}`,
  };
}

function holdersOf(loop: AbstractEventLoop, future: FutureLike<unknown>): readonly TaskLike<unknown>[] {
  const subject = future instanceof Waiter ? (future._line?.subject ?? null) : null;
  if (subject === null) return [];
  if (!(subject instanceof Lock)) return loop._holders?.get(subject) ?? [];
  const { owner } = subject.statistics();
  return owner === null ? [] : [owner];
}
