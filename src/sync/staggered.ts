/**
 * staggeredRace: starts coroutines one after another until one succeeds.
 *
 * Source: Lib/asyncio/staggered.py, CPython 3.14; the "happy eyeballs" of RFC 8305 is its first use.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { asError, isExit, TimeoutError } from '../core/exceptions.ts';
import { asyncWith } from '../tasks/async-with.ts';
import { TaskGroup } from '../tasks/taskgroups.ts';
import { waitFor } from '../tasks/wait.ts';
import { Event } from './locks.ts';

/**
 * Starts the next coroutine when the one before fails, or `delay` seconds after it was started; takes the first that
 * succeeds and cancels the others.
 *
 * @param coroutines Coroutine functions, which are called when their turn comes.
 * @param delay Seconds; null to start one only when the one before has failed.
 * @returns The winner's result and its index (both undefined if all failed), and the errors of those that were
 *   started: null for the winner.
 * @example
 * const [socket] = yield* staggeredRace([() => connect(ipv6), () => connect(ipv4)], 0.25);
 */
export function* staggeredRace<T>(
  coroutines: Iterable<() => Coroutine<T>>,
  delay: number | null,
): Coroutine<[result: T | undefined, index: number | undefined, errors: (Error | null)[]]> {
  const errors: (Error | null)[] = [];
  let winner: { readonly result: T; readonly index: number } | null = null;

  yield* asyncWith(new TaskGroup(), function* (group) {
    function* runOne(index: number, make: () => Coroutine<T>, failed: Event): Coroutine<void> {
      try {
        const result = yield* make();
        winner ??= { result, index };
        group.cancel();
      } catch (error) {
        if (isExit(error)) throw error;
        // Kept, a cancellation too: it is what became of this one, and the caller is given it.
        errors[index] = asError(error);
        failed.set();
      }
    }

    for (const make of coroutines) {
      const failed = new Event();
      const index = errors.push(null) - 1;
      group.createTask(runOne(index, make, failed));
      try {
        yield* waitFor(failed.wait(), delay);
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    }
  });

  const won = winner as { readonly result: T; readonly index: number } | null; // set in the closure
  return [won?.result, won?.index, errors];
}
