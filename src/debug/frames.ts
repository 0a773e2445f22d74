/**
 * Frames: the text of a stack, as engines write it, made into functions, files and lines.
 *
 * There is no Python file to follow: CPython has frame objects. Chromium writes `    at fn (url:line:column)`, Firefox
 * and WebKit `fn@url:line:column`, and neither says which function is a generator. A stack can be read only while its
 * functions are on it: now, for the task that runs; at the moment of the wait, for the others, which debug mode notes.
 *
 * Frames are counted from the function that asks, so nothing between it and here may be a tail call: WebKit leaves
 * those out of the stack.
 */

import type { FutureLike } from '../core/events.ts';
import type { Task } from '../tasks/tasks.ts';

/** One call on a stack. */
export interface FrameInfo {
  /** The name alone, without its class or object; '<anonymous>' if it has none. */
  readonly function: string;
  /** The URL; empty where the engine gives none. */
  readonly file: string;
  /** Counted from 1; 0 where the engine gives none. */
  readonly line: number;
}

/** What drives a coroutine: the step of a task, and what `run` puts around its main function. Below is the loop. */
const DRIVERS: readonly string[] = ['_run', '_step', '_begin'];

/**
 * The calls that are going on, innermost first, as far as the coroutine of the task.
 *
 * @param skip How many frames to leave out: 0 begins with the caller of this function.
 * @internal
 */
export function currentFrames(skip: number): FrameInfo[] {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  // V8 keeps ten frames by default, WebKit a hundred; Firefox never gives more than 128.
  if (limit !== undefined) limited.stackTraceLimit = Infinity;
  const { stack = '' } = new Error();
  if (limit !== undefined) limited.stackTraceLimit = limit;
  return parseStack(stack.split('\n')).slice(skip + 1);
}

/** Where a task waits, innermost first; empty if it does not wait, is no task, or debug mode is off. @internal */
export function waitingFrames(future: FutureLike<unknown>): FrameInfo[] {
  return parseStack((future as Partial<Task>).getStack?.() ?? []);
}

/** The calls among the lines of a stack, as far as the coroutine of the task. @internal */
export function parseStack(lines: readonly string[]): FrameInfo[] {
  const frames = lines.map(parseFrame).filter((frame) => frame !== null);
  const bottom = frames.findIndex((frame) => DRIVERS.includes(frame.function));
  return bottom < 0 ? frames : frames.slice(0, bottom);
}

/** `    at fn (place)` or `    at place`, where a place may hold parentheses of its own: code that was evaluated. */
const V8_CALL = /^\s*at (?:(.*?) \((.*)\)|(.*))$/;

/** `fn@place`, or in older WebKits only `place` for a function without a name. */
const OTHER_CALL = /^(?:([^@]*)@(.*)|([^@\s]+:\d+:\d+))$/;

const PLACE = /^(.*?):(\d+):\d+$/;

/** Evaluated code: `eval at outer (place), <anonymous>:line:column`. */
const V8_EVALUATED = /^eval at .*, ([^,]*)$/;

/** Functions of the engine itself. */
const NATIVE = /^(?:<anonymous>|native|native code|\[native code\]|self-hosted:.*)$/;

function parseFrame(text: string): FrameInfo | null {
  const v8 = V8_CALL.exec(text);
  const match = v8 ?? OTHER_CALL.exec(text);
  if (match === null) return null;
  const [, name = '', placeOfNamed, placeAlone = ''] = match;
  let place = placeOfNamed ?? placeAlone;
  if (v8 !== null) place = V8_EVALUATED.exec(place)?.[1] ?? place;
  if (NATIVE.test(place)) return null;
  const [, file = place, line = '0'] = PLACE.exec(place) ?? [];
  return { function: shortName(name), file, line: Number(line) };
}

/** `Lock.acquire`, `new Lock`, `async load`, `Object.run [as go]`, `outer/inner`, `outer/<` and `async*load`. */
function shortName(name: string): string {
  const plain = name.replace(/^(?:async |new )+| \[as [^\]]*\]$/g, '');
  return /(?:^|[./*])(\[[^\]]+\]|[^./*<>[\]]+)$/.exec(plain)?.[1] ?? '<anonymous>';
}
