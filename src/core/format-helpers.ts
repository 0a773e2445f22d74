/**
 * How callbacks, arguments and creation stacks are written in messages.
 *
 * Source: Lib/asyncio/format_helpers.py, CPython 3.14. Python's `repr` becomes a short, side-effect-free text:
 * it never calls a user's `toString` or `toJSON`, which could throw while an error is being reported.
 */

import { DEBUG_STACK_DEPTH } from './constants.ts';

/** The longest text of one value. */
const MAX_REPR = 120;

/** A short text for any value. @internal */
export function repr(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value.length > MAX_REPR ? `${value.slice(0, MAX_REPR)}…` : value}'`;
    case 'function':
      return `<function ${functionName(value)}>`;
    case 'symbol':
    case 'bigint':
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    default:
      return value === null ? 'null' : reprObject(value as object);
  }
}

/** What is being written at the moment: a future may be its own result. Empty between calls. */
const active = /* @__PURE__ */ new Set<object>();

function reprObject(value: object): string {
  try {
    if (value instanceof Error) return `${value.name}(${value.message === '' ? '' : repr(value.message)})`;
    // Our own handles, futures and tasks write themselves.
    if ('_repr' in value && typeof value._repr === 'function') {
      if (active.has(value)) return '...';
      active.add(value);
      try {
        return String(value._repr());
      } finally {
        active.delete(value);
      }
    }
    const name = (value.constructor as { name?: unknown } | undefined)?.name;
    if (typeof name === 'string' && name !== '') return `<${name}>`;
    return Object.prototype.toString.call(value).replace('[object ', '<').replace(']', '>');
  } catch {
    // A proxy or getter that throws; no cancellation can pass here, nothing is awaited.
    return '<object>';
  }
}

function functionName(value: { readonly name: string }): string {
  try {
    return value.name || 'anonymous';
  } catch {
    return 'anonymous'; // a proxy that throws
  }
}

/** `name()` for a callback; in debug mode with its arguments, which may be confidential. @internal */
export function formatCallback(
  callback: (...args: never[]) => unknown,
  args: readonly unknown[],
  debug = false,
): string {
  return `${functionName(callback)}(${debug ? args.map(repr).join(', ') : ''})`;
}

/** The name of an object's class for messages: minifying changes that of ours, so it is given. @internal */
export function nameOf(object: object, known: unknown, name: string): string {
  return object.constructor === known ? name : object.constructor.name;
}

/** `created at …` for a stack that `extractStack` gave; nothing without one. @internal */
export function createdAt(stack: string | null): string[] {
  const place = stack?.split('\n', 1)[0]?.match(/\(?((?:\w+:\/\/|\/)[^()\s]*:\d+):\d+\)?$/)?.[1];
  return place === undefined ? [] : [`created at ${place}`];
}

/**
 * The stack of the caller, one call a line, innermost first, without this library's own frames above the caller's and
 * without the loop below the outermost coroutine. Debug mode only: it costs microseconds.
 *
 * @param leaveOut How many of our innermost frames to leave out, where the others tell something: `wait`, `aexit`.
 * @internal
 */
export function extractStack(leaveOut?: number): string {
  const error = capture();
  return textOf(error, leaveOut);
}

/**
 * The same, as a function that gives it: the text of a stack costs many times what the stack does, and of most nobody
 * asks. It keeps what is on the stack alive.
 *
 * @internal
 */
export function noteStack(): () => string {
  const error = capture();
  let text: string | null = null;
  return () => {
    text ??= textOf(error);
    return text;
  };
}

function capture(): Error {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  // V8 keeps ten frames by default, and some of them are ours.
  if (limit !== undefined) limited.stackTraceLimit = DEBUG_STACK_DEPTH * 3;
  const error = new Error();
  if (limit !== undefined) limited.stackTraceLimit = limit;
  return error;
}

/** What to tell of the stack that `capture` took for its caller. */
function textOf({ stack = '' }: Error, leaveOut?: number): string {
  const frames = stack.split('\n').filter((line) => FRAME.test(line) && !NATIVE.test(line));
  frames.shift();
  const bottom = frames.findIndex((line) => STEP.test(line));
  if (bottom >= 0) frames.length = bottom;
  // The first frame is this function's caller: what lies beside it is ours. Bundled into one file with the program
  // nothing can be told apart, and everything is kept.
  const own = frames[0]
    ?.match(/(?:\w+:\/\/|\/)[^()\s?]*/)?.[0]
    .replace(/core\/format-helpers\.[jt]s.*$|:\d+:\d+$/, '');
  const isOurs = (line: string): boolean => own !== undefined && line.includes(own);
  const first = leaveOut ?? frames.findIndex((line) => !isOurs(line));
  if (first < 0) return frames.slice(1, DEBUG_STACK_DEPTH + 1).join('\n');
  while (frames.length > first && isOurs(frames.at(-1) as string)) frames.pop();
  return frames.slice(first, first + DEBUG_STACK_DEPTH).join('\n');
}

/** A line of a stack that is a call, in the manner of V8 (`at …`) or of the others (`…@…`). */
const FRAME = /@\S|^\s*at /;

/** The engine's own part of a call of `generator.next()`. */
const NATIVE = /\(<anonymous>\)|\[native code\]|self-hosted/;

/** The method that drives a coroutine; below it there is only the loop. */
const STEP = /(?:^|[\s.])_(?:run|step|begin)(?: \(|@)/;
