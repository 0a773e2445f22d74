/**
 * exceptStar: Python's `except*`, for failures that come in groups.
 *
 * Source: PEP 654. Each clause takes from the group what matches; what no clause takes, and what the handlers
 * themselves throw, comes out as one group.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { BaseExceptionGroup } from '../core/exception-group.ts';
import { asError } from '../core/exceptions.ts';

/** What a clause takes: a class of errors, or a test. */
export type ExceptCondition<E extends Error = Error> =
  | (abstract new (
      ...args: never[]
    ) => E)
  | ((error: Error) => boolean);

/** A condition, and what is done with the part of the group that meets it: a function or a coroutine function. */
export type ExceptClause = readonly [
  condition: ExceptCondition,
  handler: (group: BaseExceptionGroup) => Coroutine<unknown> | unknown,
];

/**
 * Runs `body`; if it throws, gives each clause in turn the part of the error that it takes. A single error is treated
 * as a group of one.
 *
 * @returns What `body` returns; undefined after an error that the clauses took in full.
 * @throws What no clause took (a single error as it was), and what handlers threw, as a group.
 * @example
 * yield* exceptStar(
 *   function* () {
 *     yield* withTaskGroup(function* (group) {
 *       group.createTask(waitFor(sleep(60), 1));
 *     });
 *   },
 *   [TypeError, (group) => console.warn(group.errors)],
 *   [
 *     TimeoutError,
 *     function* () {
 *       yield* sleep(1); // and try again
 *     },
 *   ],
 * );
 */
export function* exceptStar<T>(
  body: () => Coroutine<T>,
  ...clauses: readonly ExceptClause[]
): Coroutine<T | undefined> {
  try {
    return yield* body();
  } catch (thrown) {
    // Every error is looked at, cancellation too: it goes on unless a clause names it.
    const error = asError(thrown);
    const isGroup = error instanceof BaseExceptionGroup;
    let rest: BaseExceptionGroup | null = isGroup ? error : new BaseExceptionGroup('', [error]);
    const raised: Error[] = [];
    for (const [condition, handler] of clauses) {
      if (rest === null) break;
      const [match, other]: [BaseExceptionGroup | null, BaseExceptionGroup | null] = rest.split(condition);
      rest = other;
      if (match === null) continue;
      try {
        const outcome = handler(match);
        if (typeof outcome === 'object' && outcome !== null && Symbol.iterator in outcome)
          yield* outcome as Coroutine<unknown>;
      } catch (failure) {
        raised.push(asError(failure));
      }
    }
    if (raised.length === 0) {
      if (rest === null) return undefined;
      throw isGroup ? rest : thrown;
    }
    throw new BaseExceptionGroup('', rest === null ? raised : [...raised, rest]);
  }
}
