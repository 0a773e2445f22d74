/**
 * Who waits for whom: the edges of the wait-for graph, and its cycles. For call graphs, `pstree` and deadlock reports.
 *
 * There is no CPython file of its own to follow; Lib/asyncio/graph.py and tools.py each have a part of it.
 */

import type { FutureLike, TaskLike } from '../core/events.ts';
import { awaitedBy, Future } from './futures.ts';

/** Whether it is a task, ours or of another class. @internal */
export function isTask(future: FutureLike<unknown>): future is TaskLike<unknown> {
  return typeof (future as Partial<TaskLike<unknown>>).getName === 'function';
}

/**
 * Who waits for `future` now. A future that waits, such as that of a `gather`, stands for those who wait for it in
 * their turn; it is there itself only if there are none.
 *
 * @internal
 */
export function awaitersOf(
  future: FutureLike<unknown>,
  passing: Set<FutureLike<unknown>> = new Set([future]),
): FutureLike<unknown>[] {
  if (!(future instanceof Future)) return [];
  const found = new Set<FutureLike<unknown>>();
  for (const awaiter of awaitedBy(future)) {
    if (awaiter.done()) continue;
    if (isTask(awaiter)) {
      found.add(awaiter);
      continue;
    }
    if (passing.has(awaiter)) continue;
    passing.add(awaiter);
    const beyond = awaitersOf(awaiter, passing);
    passing.delete(awaiter);
    for (const one of beyond.length > 0 ? beyond : [awaiter]) found.add(one);
  }
  return [...found];
}

/**
 * The cycles that a depth-first search closes, each from awaiter to awaited with the first again as the last; without
 * the edges that close them there is none left.
 *
 * @internal
 */
export function findCycles<N>(edges: readonly { readonly awaiter: N; readonly awaited: N }[]): N[][] {
  const awaitedOf = new Map<N, Set<N>>();
  for (const { awaiter, awaited } of edges) {
    const known = awaitedOf.get(awaiter);
    if (known === undefined) awaitedOf.set(awaiter, new Set([awaited]));
    else known.add(awaited);
  }
  const cycles: N[][] = [];
  const visited = new Set<N>();
  const path: N[] = [];
  const visit = (node: N): void => {
    visited.add(node);
    path.push(node);
    for (const awaited of awaitedOf.get(node) ?? []) {
      const start = path.indexOf(awaited);
      if (start >= 0) cycles.push([...path.slice(start), awaited]);
      else if (!visited.has(awaited)) visit(awaited);
    }
    path.pop();
  };
  for (const node of awaitedOf.keys()) if (!visited.has(node)) visit(node);
  return cycles;
}
