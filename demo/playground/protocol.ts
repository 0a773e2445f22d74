/**
 * What the page and the runner say to each other.
 *
 * A program runs in a Worker inside a sandboxed frame, and only data crosses: the page never calls into it, and what
 * comes back is checked before it is believed. Detail travels in batches of typed arrays whose buffers are moved, not
 * copied. The runner sends a batch only when the page has taken the one before, so a busy program cannot flood it;
 * what did not fit is counted in `dropped`, and the page shows the number.
 */

/** How many steps one batch can hold. */
export const STEPS_PER_BATCH = 32_768;

/** How many tasks one batch can tell of; the others wait for the next one. */
export const TASKS_PER_BATCH = 8192;

/** How many lines of the log one batch can hold. */
export const LINES_PER_BATCH = 2000;

/** The batches that may be on their way. */
export const CREDIT = 2;

/** What a task does, or how it ended. The numbers travel; their order is that of the legend. */
export const KIND = {
  ready: 0,
  running: 1,
  sleep: 2,
  task: 3,
  sync: 4,
  group: 5,
  outside: 6,
  future: 7,
  done: 8,
  failed: 9,
  cancelled: 10,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

export const KIND_NAMES: readonly string[] = [
  'ready',
  'running',
  'sleeping',
  'waits for a task',
  'waits in line',
  'waits for several',
  'waits for a Promise',
  'waits for a future',
  'done',
  'failed',
  'cancelled',
];

export const hasEnded = (kind: number): boolean => kind >= KIND.done;

/** The numbers of one task in `Batch.tasks`. */
export const TASK = { id: 0, parent: 1, kind: 2, target: 3, until: 4, steps: 5, line: 6, number: 7 } as const;
export const TASK_FIELDS = 8;

/** The steps of a batch, as columns. */
export interface Steps {
  /** How many rows are filled. */
  readonly count: number;
  /** Real milliseconds of the row's columns count from here: from the start of the run. */
  readonly base: number;
  readonly task: Int32Array;
  readonly start: Float32Array;
  readonly duration: Float32Array;
  /** Loop time in seconds, counted from the start of the run; 0 where the loop's time is real. */
  readonly time: Float64Array;
  /** What the task did next: one of KIND. */
  readonly kind: Uint8Array;
  /** What it then waited for: a task, or a primitive. */
  readonly target: Int32Array;
}

export type Level = 'log' | 'info' | 'warn' | 'error' | 'debug' | 'note';

export interface Line {
  readonly level: Level;
  readonly text: string;
  /** The line of the program that wrote it, or 0. */
  readonly line: number;
  /** Loop time in seconds, counted from the start of the run; or -1 outside any loop. */
  readonly time: number;
}

export interface Counters {
  /** Real milliseconds from the start of the run. */
  readonly now: number;
  /** Loop time in seconds, from the start of the run. */
  readonly time: number;
  readonly ticks: number;
  readonly iterations: number;
  readonly steps: number;
  readonly callbacks: number;
  readonly ready: number;
  readonly timers: number;
  readonly tasks: number;
  readonly spawned: number;
  /** Milliseconds that the loop was at work. */
  readonly busy: number;
  /** The longest tick so far, in milliseconds. */
  readonly longestTick: number;
  /** Ticks of more than 50 ms. */
  readonly longTicks: number;
  /** Sum of milliseconds, and number of times, from a request for a tick to the tick. */
  readonly hopTime: number;
  readonly hops: number;
}

/** A callback that waits in the loop. */
export interface Waiting {
  readonly label: string;
  /** The task that it is about, or 0. */
  readonly task: number;
  /** Seconds of loop time from the start of the run; timers only. */
  readonly when: number;
  readonly cancelled: boolean;
}

export interface Queues {
  /** The first of them. */
  readonly ready: readonly Waiting[];
  readonly readyCount: number;
  /** How many of the ready ones belong to the iteration that goes on. */
  readonly batch: number;
  /** The earliest of them, in order. */
  readonly timers: readonly Waiting[];
  readonly timerCount: number;
}

/** A lock, a queue or another primitive. */
export interface Primitive {
  readonly id: number;
  readonly kind: string;
  /** The variable that it was put into, as far as the line tells. */
  readonly name: string;
  readonly line: number;
  /** In words: 'locked', '3 of 10'. */
  readonly state: string;
  /** How full it is, from 0 to 1; -1 where that means nothing. */
  readonly fill: number;
  readonly owners: readonly number[];
  /** Who waits, first come first, and for what. */
  readonly waiters: readonly (readonly [task: number, verb: string])[];
  readonly waiterCount: number;
}

/** One task of a circle, and how it waits for the next one. */
export interface CycleLink {
  readonly task: number;
  readonly name: string;
  /** 'fork 2', or empty where it awaits the task itself. */
  readonly through: string;
  readonly line: number;
}

export interface Deadlock {
  readonly message: string;
  readonly time: number;
  readonly cycles: readonly (readonly CycleLink[])[];
  /** Tasks that wait and are in no circle. */
  readonly others: readonly string[];
}

export interface Dropped {
  readonly steps: number;
  readonly tasks: number;
  readonly lines: number;
}

export interface Batch {
  readonly type: 'batch';
  readonly steps: Steps;
  readonly tasks: Float64Array;
  /** Of those that somebody named; the others are Task-1, Task-2 and so on, by their `number`. */
  readonly names: readonly (readonly [id: number, name: string])[];
  readonly log: readonly Line[];
  readonly dropped: Dropped;
  readonly counters: Counters;
  readonly held: boolean;
  readonly queues: Queues | null;
  readonly primitives: readonly Primitive[] | null;
  /** Tasks that wait in a circle, as soon as it is certain. */
  readonly deadlock: Deadlock | null;
}

/** A mistake that the compiler found. */
export interface Problem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** How a run ended. */
export interface Outcome {
  readonly type: 'end';
  readonly state: 'done' | 'failed' | 'interrupted' | 'deadlock';
  readonly message: string;
  /** Real milliseconds, and seconds of loop time. */
  readonly duration: number;
  readonly time: number;
  readonly problem: Problem | null;
  /** What replays the run on the simulator; empty elsewhere. */
  readonly token: string;
}

export type FromRunner =
  | Batch
  | Outcome
  | { readonly type: 'ready' }
  | { readonly type: 'begun'; readonly loop: string; readonly note: string; readonly virtual: boolean }
  | { readonly type: 'alive' }
  | { readonly type: 'stage' }
  | { readonly type: 'say'; readonly channel: string; readonly data: unknown };

export const LOOPS = ['browser', 'sim', 'frame', 'idle', 'guest'] as const;
export type LoopName = (typeof LOOPS)[number];

export interface StartOptions {
  readonly code: string;
  readonly loop: LoopName;
  readonly seed: number;
  readonly debug: boolean;
  readonly pace: number;
  /** Replays a run of the simulator. */
  readonly token: string;
  /** Where the page's server would have a room for WebSockets. */
  readonly room: string;
}

export type ToRunner =
  | ({ readonly type: 'start' } & StartOptions)
  /** 0 holds the loop; Infinity lets it run; a number is handles a second. */
  | { readonly type: 'pace'; readonly pace: number }
  | { readonly type: 'step'; readonly unit: 'handle' | 'iteration' }
  | { readonly type: 'cancel'; readonly task: number }
  | { readonly type: 'interrupt' }
  | { readonly type: 'look'; readonly queues: boolean; readonly primitives: boolean }
  | { readonly type: 'ack' }
  | { readonly type: 'hear'; readonly channel: string; readonly data: unknown }
  | { readonly type: 'pointer'; readonly x: number; readonly y: number; readonly down: boolean };
