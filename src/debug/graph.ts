/**
 * The call graph: where a task is, which tasks wait for it, where these are, and so on to the root.
 *
 * Source: Lib/asyncio/graph.py, CPython 3.14, with the fixes of gh-156327 (`printCallGraph` does not show itself),
 * gh-156408 (a task that is done) and gh-157213 (who has given up waiting is not shown).
 *
 * What differs. Engines show frames only as text, and none of a suspended generator: the stack of a task that waits is
 * known in debug mode only, and who awaits whom always. Identities are numbers, counted in each text. CPython follows
 * an await cycle for ever (gh-156860 is its milder form: a graph with shared parts is written out path by path): here
 * a cycle ends with "(cycle)", and what has been written with all its awaiters is not written again.
 */

import type { FutureLike } from '../core/events.ts';
import { _getRunningLoop } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';
import { awaitersOf, isTask } from '../tasks/awaiters.ts';
import { isfuture } from '../tasks/futures.ts';
import type { FrameInfo } from './frames.ts';
import { currentFrames, waitingFrames } from './frames.ts';

/** An entry of a call stack. */
export interface FrameCallGraphEntry {
  /** The function, its file and its line. */
  readonly frame: FrameInfo;
}

/** A future or task of the graph. */
export interface FutureCallGraph {
  /** The future or task itself. */
  readonly future: FutureLike<unknown>;
  /** Innermost first. Empty for a future, and outside debug mode for every task but the one that runs. */
  readonly callStack: readonly FrameCallGraphEntry[];
  /**
   * Who waits for it. A future that several wait for has one node. In an await cycle the node that closes it has the
   * future, and neither stack nor awaiters.
   */
  readonly awaitedBy: readonly FutureCallGraph[];
}

/** What `captureCallGraph` and `formatCallGraph` take. */
export interface CallGraphOptions {
  /**
   * Where the stack of the running task begins: 1, the default, is the function that makes the call, 2 the one that
   * called it, and so on.
   */
  readonly depth?: number;
  /**
   * The most frames of each stack, all by default. A positive number keeps the outermost, a negative one the
   * innermost, and 0 captures no stack at all.
   */
  readonly limit?: number | null;
}

/** What `printCallGraph` takes. */
export interface PrintCallGraphOptions extends CallGraphOptions {
  /** Called with the whole text. Default: the library's logger. */
  readonly file?: ((text: string) => void) | null;
}

/**
 * Captures the call graph of a future or task, by default of the task that is running.
 *
 * The futures that `gather` and `shield` put between two tasks are left out: the task that waits for them is the
 * awaiter. It never yields to the loop.
 *
 * @returns Null if no future is given and no task is running.
 * @throws {RuntimeError} If no future is given and no loop is running.
 * @throws {TypeError} If `future` is something else: "… object does not appear to be compatible with asyncio.Future".
 * @example
 * const task = createTask(sleep(1));
 * const waiter = createTask(waitFor(task, 5), { name: 'waiter' });
 * yield* sleep(0);
 * const graph = captureCallGraph(task);
 * console.log(graph.awaitedBy.map((awaiter) => String(awaiter.future)));
 * yield* waiter;
 */
export function captureCallGraph(future: FutureLike<unknown>, options?: CallGraphOptions): FutureCallGraph;
export function captureCallGraph(
  future?: FutureLike<unknown> | null,
  options?: CallGraphOptions,
): FutureCallGraph | null;
export function captureCallGraph(
  future?: FutureLike<unknown> | null,
  options?: CallGraphOptions,
): FutureCallGraph | null {
  const loop = _getRunningLoop();
  const running = loop?._currentTask ?? null;
  const root = future ?? running;
  if (root === null) {
    if (loop !== null) return null;
    throw new RuntimeError(
      'capture_call_graph() is called outside of a running event loop and no *future* to introspect was provided',
    );
  }
  if (!isfuture(root)) {
    throw new TypeError(`${repr(root)} object does not appear to be compatible with asyncio.Future`);
  }

  const limit = options?.limit ?? Infinity;
  const runningFrames = running === null || limit === 0 ? [] : currentFrames(options?.depth ?? 1);
  const nodes = new Map<FutureLike<unknown>, FutureCallGraph | null>();

  const nodeOf = (one: FutureLike<unknown>): FutureCallGraph => {
    const known = nodes.get(one);
    if (known === null) return { future: one, callStack: [], awaitedBy: [] }; // we are inside it: a cycle
    if (known !== undefined) return known;
    nodes.set(one, null);
    const frames = one === running ? runningFrames : waitingFrames(one);
    const kept = limit > 0 ? frames.slice(-limit) : frames.slice(0, -limit);
    const node: FutureCallGraph = {
      future: one,
      callStack: kept.map((frame) => ({ frame })),
      awaitedBy: awaitersOf(one).map(nodeOf),
    };
    nodes.set(one, node);
    return node;
  };
  return nodeOf(root);
}

/**
 * Writes the call graph of a future or task as text.
 *
 * @returns An empty text if no future is given and no task is running.
 * @throws As {@link captureCallGraph}.
 * @example
 * const task = createTask(sleep(1));
 * console.log(formatCallGraph(task, { limit: -3 })); // with the innermost three calls of each stack
 */
export function formatCallGraph(future?: FutureLike<unknown> | null, options?: CallGraphOptions): string {
  const depth = (options?.depth ?? 1) + 1;
  const graph = captureCallGraph(future, { ...options, depth });
  if (graph === null) return '';

  const lines: string[] = [];
  const ids = new Map<FutureLike<unknown>, number>();
  const path = new Set<FutureLike<unknown>>();
  const written = new Set<FutureCallGraph>();

  const write = (node: FutureCallGraph, indent: string): void => {
    const { future: one, callStack, awaitedBy: awaiters } = node;
    const id = ids.get(one) ?? ids.size + 1;
    ids.set(one, id);
    const isCycle = path.has(one);
    const isRepeated = awaiters.length > 0 && written.has(node);
    const note = isCycle ? ' (cycle)' : isRepeated ? ' (see above)' : '';
    const name = isTask(one) ? `Task(name='${one.getName()}', ` : 'Future(';
    lines.push(`${indent}* ${name}id=0x${id.toString(16)})${note}`);
    if (note !== '') return;
    written.add(node);
    if (callStack.length > 0) lines.push(`${indent}  + Call stack:`);
    for (const { frame } of callStack) {
      const place = frame.file === '' ? '' : `File '${frame.file}', line ${frame.line}, `;
      lines.push(`${indent}  |   ${place}in ${frame.function}()`);
    }
    if (awaiters.length > 0) lines.push(`${indent}  + Awaited by:`);
    path.add(one);
    for (const awaiter of awaiters) write(awaiter, `${indent}    `);
    path.delete(one);
  };
  write(graph, '');
  return lines.join('\n');
}

/**
 * Prints the call graph of a future or task, by default of the task that is running.
 *
 * @throws As {@link captureCallGraph}.
 * @example
 * printCallGraph(); // to the log
 * const panel = document.createElement('pre');
 * printCallGraph(currentTask(), { file: (text) => void (panel.textContent = text) });
 */
export function printCallGraph(future?: FutureLike<unknown> | null, options?: PrintCallGraphOptions): void {
  const print = options?.file ?? ((text: string) => logger.info(text));
  const depth = (options?.depth ?? 1) + 1;
  print(formatCallGraph(future, { ...options, depth }));
}
