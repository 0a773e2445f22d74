/** What the runner looks at inside the library. Everything that is not public is named here, and nowhere else. */

import type { AbstractEventLoop, BaseEventLoop, Future, Handle, Task, TimerHandle } from 'asyncio-web';
import type { HostLoop } from 'asyncio-web/lowlevel';

/** Who is told when a future is done: a task itself, or something of a gather's, a group's or a callback's. */
interface EntryPeek {
  readonly _awaiter: object | null;
  _label(): string;
}

/** A future or task from inside. */
export interface FuturePeek {
  readonly _state: number;
  readonly _more: {
    cancelStack: string | null;
    readonly awaitStack: string | null;
    /** Those who wait for it by a done callback of their own, as a group's parent does. */
    readonly awaitedBy: ReadonlySet<object> | null;
  } | null;
  _entries(): readonly EntryPeek[];
}

export interface TaskPeek extends FuturePeek {
  readonly _futureWaiter: (FuturePeek & object) | null;
  readonly _name: string | number;
}

export interface HandlePeek {
  readonly _callback: { readonly name?: unknown };
  readonly _args: readonly unknown[];
  readonly _cancelled: boolean;
}

export interface LoopPeek {
  host: HostLoop;
  /** Handles, tasks that are due for a step, and what futures tell when they are done. */
  readonly _ready: Iterable<Handle | Task | EntryPeek> & { readonly length: number };
  readonly _scheduled: Iterable<TimerHandle> & { readonly length: number };
  _tracesAwaits: boolean;
  readonly _currentTask: Task | null;
  _crossBoundary(externals: number): void;
}

// The casts below are the point of this file: the members are marked internal, and declarations leave them out.
export const inLoop = (loop: AbstractEventLoop | BaseEventLoop): LoopPeek => loop as unknown as LoopPeek;
export const inTask = (task: object): TaskPeek => task as unknown as TaskPeek;
export const inFuture = (future: Future | object): FuturePeek => future as unknown as FuturePeek;
export const inHandle = (handle: Handle): HandlePeek => handle as unknown as HandlePeek;

const CANCELLED = 1;
const FAILED = 3;

export const isPending = (future: FuturePeek): boolean => future._state === 0;
export const isCancelledFuture = (future: FuturePeek): boolean => future._state === CANCELLED;

export const hasFailed = (future: FuturePeek): boolean => future._state === FAILED;

/** The tasks and futures that wait for this one. */
export function awaitersOf(future: FuturePeek): object[] {
  return [...future._entries().flatMap(({ _awaiter }) => _awaiter ?? []), ...(future._more?.awaitedBy ?? [])];
}

/** The future of a Promise. */
export const isOutside = (future: object): boolean => '_follow' in future;
