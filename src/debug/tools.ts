/**
 * ps and pstree: all tasks of a loop, as a table and as trees of who awaits whom.
 *
 * Source: Lib/asyncio/tools.py, CPython 3.14. A snapshot of the tasks is taken, and everything else works on that, so
 * a snapshot can also come from another page or Worker: it is made of plain data.
 *
 * What differs. CPython reads another process from outside; here the loop lives in the same page, and what the tools
 * are given is the loop. Identities are numbers, counted in each snapshot, so that the same program gives the same
 * text. The stack of a task that waits is known in debug mode only. `pstree` draws a graph with await cycles too, and
 * names the cycles; a part that several tasks wait for is drawn once, since its copies can grow without bounds
 * (gh-156860). An awaiter that is not in the snapshot is drawn as 'Unknown'; CPython's tree leaves out what it awaits.
 */

import type { AbstractEventLoop, TaskLike } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { logger } from '../core/log.ts';
import { awaitersOf, findCycles, isTask } from '../tasks/awaiters.ts';
import { allTasks } from '../tasks/tasks.ts';
import type { FrameInfo } from './frames.ts';
import { currentFrames, waitingFrames } from './frames.ts';

/** A stack and the task that it belongs to. */
export interface CoroInfo {
  /** Innermost first. */
  readonly callStack: readonly FrameInfo[];
  /** The task's name; null if it has none. */
  readonly taskName: string | null;
}

/** The stack of an awaiter. */
export interface AwaiterInfo {
  /** Innermost first. */
  readonly callStack: readonly FrameInfo[];
  /** The awaiter's `taskId`: CPython's field has this name. */
  readonly taskName: number;
}

/** One task of a snapshot. */
export interface TaskInfo {
  /** Counted from 1 in each snapshot. */
  readonly taskId: number;
  /** The task's name; null if it has none. */
  readonly taskName: string | null;
  /** Where it is, if that is known. */
  readonly coroutineStack: readonly CoroInfo[];
  /** The tasks that await it, with their stacks. */
  readonly awaitedBy: readonly AwaiterInfo[];
}

/** The tasks of one loop; CPython has one for each thread. */
export interface AwaitedInfo {
  /** Always 1 here: a page has one thread, and a Worker takes its own snapshot. */
  readonly threadId: number;
  /** The tasks, oldest first: CPython's field has this name. */
  readonly awaitedBy: readonly TaskInfo[];
}

/** A row of the table: a task with one of its awaiters, or with '', '' and '0x0' if it has none. */
export type TaskTableRow = readonly [
  threadId: number,
  taskId: string,
  taskName: string | null,
  coroutineStack: string,
  awaiterChain: string,
  awaiterName: string | null,
  awaiterId: string,
];

/** What `buildAsyncTree` takes. */
export interface AsyncTreeOptions {
  /** Written before the name of a task. Default: '(T)'. */
  readonly taskEmoji?: string;
  /** Written before the name of a coroutine. Default: nothing. */
  readonly corEmoji?: string;
}

/** What `displayAwaitedByTasksTable` and `displayAwaitedByTasksTree` take. */
export interface DisplayOptions {
  /** Called with the whole text. Default: the library's logger. */
  readonly print?: ((text: string) => void) | null;
}

/** The kinds of nodes in a tree. */
export const NodeType = { COROUTINE: 1, TASK: 2 } as const;
export type NodeType = (typeof NodeType)[keyof typeof NodeType];

/**
 * The tasks await each other in a circle, so they make no tree; and none of them will ever go on.
 *
 * @example
 * const error = new CycleFoundException([[1, 2, 1]], new Map([[1, 'A'], [2, 'B']]));
 * error.message; // Cannot make a tree: cycle: A → B → A
 */
export class CycleFoundException extends Error {
  static {
    this.prototype.name = 'CycleFoundException';
  }
  /** Each from awaiter to awaited, by `taskId`; the first is there again as the last. */
  readonly cycles: readonly (readonly number[])[];
  /** The names of the tasks, by `taskId`. */
  readonly id2name: ReadonlyMap<number, string | null>;
  /**
   * @param cycles Each from awaiter to awaited, by `taskId`; the first is there again as the last.
   * @param id2name The names of the tasks, by `taskId`.
   */
  constructor(cycles: readonly (readonly number[])[], id2name: ReadonlyMap<number, string | null>) {
    super(`Cannot make a tree: ${cycles.map((cycle) => formatCycle(cycle, id2name)).join('; ')}`);
    this.cycles = cycles;
    this.id2name = id2name;
  }
}

/**
 * Takes a snapshot of the tasks that are not done, oldest first, and of who awaits them.
 *
 * @param loop Default: the running loop.
 * @returns One entry, of plain data.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * const snapshot = collectAwaitedBy(getRunningLoop());
 * const channel = new BroadcastChannel('tasks');
 * channel.postMessage(snapshot);
 * channel.close();
 */
export function collectAwaitedBy(loop?: AbstractEventLoop | null): AwaitedInfo[] {
  return [snapshotOf(loop ?? getRunningLoop())];
}

/** Called by a function that the user calls: the stack of the running task begins two frames further out. */
function snapshotOf(loop: AbstractEventLoop): AwaitedInfo {
  const running = loop._currentTask;
  const runningFrames = running === null ? [] : currentFrames(2);
  const known = new Map<TaskLike<unknown>, { readonly id: number; readonly frames: readonly FrameInfo[] }>();
  const lookUp = (task: TaskLike<unknown>) => {
    let found = known.get(task);
    if (found === undefined) {
      found = { id: known.size + 1, frames: task === running ? runningFrames : waitingFrames(task) };
      known.set(task, found);
    }
    return found;
  };

  const tasks = new Set<TaskLike<unknown>>(allTasks(loop));
  for (const task of tasks) lookUp(task);
  const infos: TaskInfo[] = [];
  for (const task of tasks) {
    const { id, frames } = lookUp(task);
    const awaiters = awaitersOf(task).filter(isTask);
    for (const awaiter of awaiters) tasks.add(awaiter); // one of another class, that nobody registered: comes last
    infos.push({
      taskId: id,
      taskName: task.getName(),
      coroutineStack: frames.length === 0 ? [] : [{ callStack: frames, taskName: task.getName() }],
      awaitedBy: awaiters.map(lookUp).map((awaiter) => ({ callStack: awaiter.frames, taskName: awaiter.id })),
    });
  }
  return { threadId: 1, awaitedBy: infos };
}

/**
 * The rows of the table of a snapshot: the task, where it is, and for each of its awaiters a row with where that is.
 *
 * @example
 * const waiting = buildTaskTable(collectAwaitedBy()).filter(([, , , , , awaiter]) => awaiter === 'main');
 */
export function buildTaskTable(snapshot: readonly AwaitedInfo[]): TaskTableRow[] {
  const names = namesIn(snapshot);
  const rows: TaskTableRow[] = [];
  for (const { threadId, awaitedBy } of snapshot) {
    for (const { taskId, taskName, coroutineStack, awaitedBy: awaiters } of awaitedBy) {
      const stack = formatChain(coroutineStack.flatMap(({ callStack }) => callStack));
      if (awaiters.length === 0) rows.push([threadId, hex(taskId), taskName, stack, '', '', '0x0']);
      for (const { callStack, taskName: id } of awaiters) {
        const awaiterName = nameOf(id, names);
        rows.push([threadId, hex(taskId), taskName, stack, formatChain(callStack), awaiterName, hex(id)]);
      }
    }
  }
  return rows;
}

/**
 * Draws a snapshot as trees: below each task the calls through which it awaits others, and below these the others.
 *
 * @returns The lines of each tree.
 * @throws {CycleFoundException} If tasks await each other in a circle.
 * @example
 * for (const tree of buildAsyncTree(collectAwaitedBy(), { taskEmoji: '🧵' })) console.log(tree.join('\n'));
 */
export function buildAsyncTree(snapshot: readonly AwaitedInfo[], options?: AsyncTreeOptions): string[][] {
  const edges = edgesIn(snapshot);
  const cycles = findCycles(edges);
  if (cycles.length > 0) throw new CycleFoundException(cycles, namesIn(snapshot));
  return drawTrees(snapshot, edges, options);
}

/**
 * The table of the tasks of a loop as text.
 *
 * @param loop Default: the running loop.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * console.log(ps());
 */
export function ps(loop?: AbstractEventLoop | null): string {
  return formatTable(buildTaskTable([snapshotOf(loop ?? getRunningLoop())]));
}

/**
 * The trees of the tasks of a loop as text. Await cycles come first, a line each: "cycle: A → B → A". They are drawn
 * too, cut where they close.
 *
 * @param loop Default: the running loop.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * console.log(pstree());
 */
export function pstree(loop?: AbstractEventLoop | null): string {
  return formatTrees([snapshotOf(loop ?? getRunningLoop())]);
}

/**
 * Prints what `ps` gives.
 *
 * @param loop Default: the running loop.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * const panel = document.createElement('pre');
 * displayAwaitedByTasksTable(null, { print: (text) => void (panel.textContent = text) });
 */
export function displayAwaitedByTasksTable(loop?: AbstractEventLoop | null, options?: DisplayOptions): void {
  const text = formatTable(buildTaskTable([snapshotOf(loop ?? getRunningLoop())]));
  printerOf(options)(text);
}

/**
 * Prints what `pstree` gives.
 *
 * @param loop Default: the running loop.
 * @throws {RuntimeError} If no loop is given and none is running: "no running event loop".
 * @example
 * const panel = document.createElement('pre');
 * displayAwaitedByTasksTree(null, { print: (text) => void (panel.textContent = text) });
 */
export function displayAwaitedByTasksTree(loop?: AbstractEventLoop | null, options?: DisplayOptions): void {
  const text = formatTrees([snapshotOf(loop ?? getRunningLoop())]);
  printerOf(options)(text);
}

function printerOf(options: DisplayOptions | undefined): (text: string) => void {
  return options?.print ?? ((text) => logger.info(text));
}

/** That one task awaits another, and through which calls. */
interface Edge {
  readonly awaiter: number;
  readonly awaited: number;
  readonly callStack: readonly FrameInfo[];
}

function tasksIn(snapshot: readonly AwaitedInfo[]): TaskInfo[] {
  return snapshot.flatMap(({ awaitedBy }) => awaitedBy);
}

function namesIn(snapshot: readonly AwaitedInfo[]): Map<number, string | null> {
  return new Map(tasksIn(snapshot).map(({ taskId, taskName }) => [taskId, taskName]));
}

function edgesIn(snapshot: readonly AwaitedInfo[]): Edge[] {
  return tasksIn(snapshot).flatMap(({ taskId, awaitedBy }) =>
    awaitedBy.map(({ callStack, taskName }) => ({ awaiter: taskName, awaited: taskId, callStack })),
  );
}

/** A node of a tree that is drawn. */
class TreeNode {
  readonly type: NodeType;
  readonly label: string;
  readonly children = new Set<TreeNode>();
  /** Those of the children that are coroutines, by label. */
  readonly #coroutines = new Map<string, TreeNode>();

  constructor(type: NodeType, label: string) {
    this.type = type;
    this.label = label;
  }

  /** The end of a chain of coroutines below this node, which is made as far as it is not there. */
  below(callStack: readonly FrameInfo[]): TreeNode {
    return callStack.reduceRight<TreeNode>((node, frame) => node.#coroutine(formatFrame(frame)), this);
  }

  #coroutine(label: string): TreeNode {
    let node = this.#coroutines.get(label);
    if (node === undefined) {
      node = new TreeNode(NodeType.COROUTINE, label);
      this.#coroutines.set(label, node);
      this.children.add(node);
    }
    return node;
  }
}

/** The edges must not make a cycle. */
function drawTrees(
  snapshot: readonly AwaitedInfo[],
  edges: readonly Edge[],
  options?: AsyncTreeOptions,
): string[][] {
  const nodes = new Map<number, TreeNode>();
  for (const [id, name] of namesIn(snapshot)) nodes.set(id, new TreeNode(NodeType.TASK, String(name)));
  const nodeOf = (id: number): TreeNode => {
    const node = nodes.get(id) ?? new TreeNode(NodeType.TASK, UNKNOWN);
    nodes.set(id, node);
    return node;
  };
  const awaited = new Set<TreeNode>();
  const awaiting = new Set<TreeNode>();
  for (const edge of edges) {
    const child = nodeOf(edge.awaited);
    const parent = nodeOf(edge.awaiter);
    parent.below(edge.callStack).children.add(child);
    awaited.add(child);
    awaiting.add(parent);
  }
  for (const { taskId, coroutineStack } of tasksIn(snapshot)) {
    const node = nodeOf(taskId);
    if (!awaiting.has(node)) node.below(coroutineStack.at(-1)?.callStack ?? []);
  }

  const { taskEmoji = '(T)', corEmoji = '' } = options ?? {};
  const drawn = new Set<TreeNode>();
  const draw = (node: TreeNode, lines: string[], before: string, isLast: boolean): string[] => {
    const isRepeated = node.type === NodeType.TASK && node.children.size > 0 && drawn.has(node);
    const emoji = node.type === NodeType.TASK ? taskEmoji : corEmoji;
    const note = isRepeated ? ' (see above)' : '';
    lines.push(`${before}${isLast ? '└── ' : '├── '}${emoji} ${node.label}${note}`);
    if (isRepeated) return lines;
    drawn.add(node);
    let left = node.children.size;
    for (const child of node.children) draw(child, lines, before + (isLast ? '    ' : '│   '), --left === 0);
    return lines;
  };
  return [...nodes.values()].filter((node) => !awaited.has(node)).map((root) => draw(root, [], '', true));
}

function formatTrees(snapshot: readonly AwaitedInfo[]): string {
  const edges = edgesIn(snapshot);
  const cycles = findCycles(edges);
  const names = namesIn(snapshot);
  const open = edges.filter(
    ({ awaiter, awaited }) => !cycles.some((cycle) => cycle.at(-2) === awaiter && cycle.at(-1) === awaited),
  );
  const lines = cycles.map((cycle) => formatCycle(cycle, names));
  if (cycles.length > 0) lines.push('');
  return [...lines, ...drawTrees(snapshot, open).flat()].join('\n');
}

const COLUMNS = [
  'tid',
  'task id',
  'task name',
  'coroutine stack',
  'awaiter chain',
  'awaiter name',
  'awaiter id',
] as const;

function formatTable(table: readonly TaskTableRow[]): string {
  const rows = [COLUMNS, ...table].map((row) => row.map(String));
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(Math.max(...lines.map((line) => line.length)));
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

const UNKNOWN = 'Unknown';

function nameOf(id: number, names: ReadonlyMap<number, string | null>): string | null {
  const name = names.get(id);
  return name === undefined ? UNKNOWN : name;
}

function formatCycle(cycle: readonly number[], names: ReadonlyMap<number, string | null>): string {
  return `cycle: ${cycle.map((id) => names.get(id) ?? hex(id)).join(' → ')}`;
}

function formatFrame({ function: name, file, line }: FrameInfo): string {
  return file === '' && line === 0 ? name : `${name} ${file}:${line}`;
}

function formatChain(callStack: readonly FrameInfo[]): string {
  return callStack.map((frame) => frame.function).join(' -> ');
}

function hex(id: number): string {
  return `0x${id.toString(16)}`;
}
