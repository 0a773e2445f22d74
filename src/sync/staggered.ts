/**
 * staggeredRace: starts coroutines one after another until one succeeds.
 *
 * Source: Lib/asyncio/staggered.py, CPython 3.14; the "happy eyeballs" of RFC 8305 is its first use. It is not built on
 * TaskGroup, because every cancellation that it gets goes on to every coroutine, not the first one only.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { BaseExceptionGroup } from '../core/exception-group.ts';
import { asError, isCancelled, isExit, TimeoutError } from '../core/exceptions.ts';
import { Future, futureAddToAwaitedBy, futureDiscardFromAwaitedBy, release } from '../tasks/futures.ts';
import type { Task } from '../tasks/tasks.ts';
import { createTask, currentTask } from '../tasks/tasks.ts';
import { waitFor } from '../tasks/wait.ts';
import { Event } from './locks.ts';

/**
 * Starts the next coroutine when the one before fails, or `delay` seconds after it was started; takes the first that
 * succeeds and cancels the others. It yields to the loop at least once.
 *
 * @param coroutines Coroutine functions, which are called when their turn comes.
 * @param delay Seconds; null to start one only when the one before has failed.
 * @returns The winner's result and its index (both undefined if all failed), and the errors of those that were
 *   started: null for the winner.
 * @example
 * function* connect(address: string): Coroutine<string> {
 *   return yield* sleep(address === 'ipv6' ? 60 : 1, address);
 * }
 * const [winner] = yield* staggeredRace([() => connect('ipv6'), () => connect('ipv4')], 0.25);
 * console.log(winner); // ipv4
 */
export function* staggeredRace<T>(
  coroutines: Iterable<() => Coroutine<T>>,
  delay: number | null,
): Coroutine<[result: T | undefined, index: number | undefined, errors: (Error | null)[]]> {
  const remaining = coroutines[Symbol.iterator]();
  const errors: (Error | null)[] = [];
  const unhandled: Error[] = [];
  const running = new Set<Task<void>>();
  const parent = currentTask() as Task<unknown>; // a coroutine runs in a task
  let winner: { readonly result: T; readonly index: number } | null = null;
  let completed: Future<void> | null = null;

  const taskDone = (task: Task<void>): void => {
    running.delete(task);
    futureDiscardFromAwaitedBy(task, parent);
    if (running.size === 0 && completed !== null) release(completed);
    const error = task.cancelled() ? null : task.exception();
    // An interrupt or exit has left the loop already.
    if (error !== null && !isExit(error)) unhandled.push(error);
  };

  /** Makes a task that takes the next turn; it may go on once it is in `running`, also when it starts eagerly. */
  const start = (previousFailed: Event | null): void => {
    const mayStart = new Event();
    const task = createTask(takeTurn(mayStart, previousFailed));
    futureAddToAwaitedBy(task, parent);
    running.add(task);
    task.addDoneCallback(taskDone);
    mayStart.set();
  };

  function* takeTurn(mayStart: Event, previousFailed: Event | null): Coroutine<void> {
    yield* mayStart.wait();
    if (previousFailed !== null) {
      try {
        yield* waitFor(previousFailed.wait(), delay);
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    }
    const next = remaining.next();
    if (next.done) return;
    const failed = new Event();
    start(failed);
    const index = errors.push(null) - 1;
    try {
      const result = yield* next.value();
      winner ??= { result, index };
      const self = currentTask();
      for (const task of running) if (task !== self) task.cancel();
    } catch (error) {
      if (isExit(error)) throw error;
      // Kept, a cancellation too: it is what became of this one, and the caller is given it.
      errors[index] = asError(error);
      failed.set();
    }
  }

  start(null);
  let cancellation: Error | null = null;
  while (running.size > 0) {
    completed = new Future<void>();
    try {
      yield* completed;
    } catch (error) {
      if (!isCancelled(error)) throw error;
      cancellation = error; // not swallowed: thrown when all have ended
      for (const task of running) task.cancel(...error.args);
    }
  }
  remaining.return?.();
  if (unhandled.length > 0) throw new BaseExceptionGroup('staggered race failed', unhandled);
  if (cancellation !== null) throw cancellation;
  const won = winner as { readonly result: T; readonly index: number } | null; // set in the closure
  return [won?.result, won?.index, errors];
}
