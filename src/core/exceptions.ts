/**
 * The exception classes of asyncio.
 *
 * Source: Lib/asyncio/exceptions.py, CPython 3.14; the built-in classes BaseException, KeyboardInterrupt,
 * SystemExit, RuntimeError, NotImplementedError and TimeoutError that Python has and JavaScript lacks.
 *
 * What differs: JavaScript's `catch` has no class filter, so nothing keeps `CancelledError` out of a plain
 * `catch`. The classes that Python keeps outside `Exception` derive from {@link BaseException} here, and
 * {@link rethrowIfCancelled} is the first line of a `catch` that handles ordinary failures. ValueError is
 * JavaScript's RangeError.
 *
 * Invariants: `name` sits on the prototype, so it survives minifying and adds no own key. BaseException is
 * recognised by a `Symbol.for` brand, so two copies of the library in one page agree.
 */

import { repr } from './format-helpers.ts';

/** The brand of BaseException. Not marked as internal, because the declaration of the class names it. */
export const BASE_EXCEPTION: unique symbol = /* @__PURE__ */ Symbol.for('asyncio-web.BaseException') as never;
const CANCELLED: unique symbol = /* @__PURE__ */ Symbol.for('asyncio-web.CancelledError') as never;

/**
 * The root of the errors that are not ordinary failures: cancellation, interrupt, exit.
 *
 * @example
 * new CancelledError() instanceof BaseException; // true
 * new TimeoutError() instanceof BaseException; // false
 */
export class BaseException extends Error {
  declare readonly [BASE_EXCEPTION]: true;
  static {
    this.prototype.name = 'BaseException';
    Object.defineProperty(this.prototype, BASE_EXCEPTION, { value: true });
  }
}

/**
 * The task or future was cancelled. Thrown into a coroutine at the line where it awaits.
 *
 * `args` holds the message given to `cancel(msg)`, of any type, or nothing.
 *
 * @example
 * const task = createTask(sleep(60));
 * task.cancel('not needed any more');
 * try {
 *   yield* task;
 * } catch (error) {
 *   if (!isCancelled(error)) throw error;
 *   console.log(error.args); // ['not needed any more']
 * }
 */
export class CancelledError extends BaseException {
  declare readonly [CANCELLED]: true;
  static {
    this.prototype.name = 'CancelledError';
    Object.defineProperty(this.prototype, CANCELLED, { value: true });
  }
  /** What was given to `cancel(msg)`: one element, or none. */
  readonly args: readonly unknown[];
  /** Debug mode: the stack of the `cancel()` that it comes from. */
  cancelledFrom?: string;
  /** @param args The message given to `cancel(msg)`, of any type, or nothing. */
  constructor(...args: readonly unknown[]) {
    super(args.length > 0 ? text(args[0]) : '');
    this.args = args;
  }
}

/**
 * The page or its user asked the program to stop: the `signal` given to `run` was aborted.
 *
 * @example
 * const controller = new AbortController();
 * const program = run(sleep(60), { signal: controller.signal });
 * controller.abort();
 * await program.catch((error) => console.log(error instanceof KeyboardInterrupt)); // true
 */
export class KeyboardInterrupt extends BaseException {
  static {
    this.prototype.name = 'KeyboardInterrupt';
  }
}

/**
 * The program asked to leave: stops the loop and comes out of `run`.
 *
 * @example
 * const program = run(function* () {
 *   createTask(sleep(60)); // is cancelled
 *   throw new SystemExit(3);
 * });
 * await program.catch((error) => console.log(error.code)); // 3
 */
export class SystemExit extends BaseException {
  static {
    this.prototype.name = 'SystemExit';
  }
  /** What the program leaves behind, of any type; undefined for nothing. */
  readonly code: unknown;
  /** @param code Of any type; it becomes the message too. Default: undefined. */
  constructor(code: unknown = undefined, options?: ErrorOptions) {
    super(code === undefined ? '' : String(code), options);
    this.code = code;
  }
}

/**
 * An asynchronous generator is being closed: thrown in where it last gave a value.
 *
 * @example
 * const numbers = asyncGenerator<number>(function* (emit) {
 *   try {
 *     yield* emit(1);
 *   } catch (error) {
 *     console.log(error instanceof GeneratorExit); // true
 *     throw error;
 *   }
 * });
 * yield* numbers.anext();
 * yield* numbers.aclose();
 */
export class GeneratorExit extends BaseException {
  static {
    this.prototype.name = 'GeneratorExit';
  }
}

/**
 * The operation is not possible in the present state of the loop, task or object.
 *
 * @example
 * const lock = new Lock();
 * try {
 *   lock.release();
 * } catch (error) {
 *   if (!(error instanceof RuntimeError)) throw error;
 *   console.log(error.message); // Lock is not acquired.
 * }
 */
export class RuntimeError extends Error {
  static {
    this.prototype.name = 'RuntimeError';
  }
}

/**
 * The method exists in asyncio and is not available here; the message says why and what to use instead.
 *
 * @example
 * try {
 *   getRunningLoop().addReader(0, () => {});
 * } catch (error) {
 *   if (!(error instanceof NotImplementedError)) throw error;
 *   console.log(error.message); // addReader() is not available: a page has no file descriptors; …
 * }
 */
export class NotImplementedError extends RuntimeError {
  static {
    this.prototype.name = 'NotImplementedError';
  }
}

/**
 * The operation is not allowed in the present state of a future or task.
 *
 * @example
 * const future = new Future<number>();
 * try {
 *   future.result();
 * } catch (error) {
 *   if (!(error instanceof InvalidStateError)) throw error;
 *   console.log(error.message); // Result is not set.
 * }
 */
export class InvalidStateError extends Error {
  static {
    this.prototype.name = 'InvalidStateError';
  }
}

/**
 * The operation exceeded its deadline.
 *
 * @example
 * try {
 *   yield* waitFor(sleep(60), 1);
 * } catch (error) {
 *   if (!(error instanceof TimeoutError)) throw error;
 *   console.log('too late');
 * }
 */
export class TimeoutError extends Error {
  static {
    this.prototype.name = 'TimeoutError';
  }
}

/**
 * A read ended before all requested bytes arrived.
 *
 * @example
 * const error = new IncompleteReadError(new Uint8Array(3), 8);
 * error.message; // 3 bytes read on a total of 8 expected bytes
 */
export class IncompleteReadError extends Error {
  static {
    this.prototype.name = 'IncompleteReadError';
  }
  /** The bytes read before the end of the stream. */
  readonly partial: Uint8Array;
  /** How many bytes were asked for; undefined when not known. */
  readonly expected: number | undefined;
  /**
   * @param partial The bytes that arrived.
   * @param expected How many bytes were asked for, if that is known.
   */
  constructor(partial: Uint8Array, expected?: number) {
    super(`${partial.length} bytes read on a total of ${expected ?? 'undefined'} expected bytes`);
    this.partial = partial;
    this.expected = expected;
  }
}

/**
 * The buffer limit was reached while looking for a separator.
 *
 * @example
 * const error = new LimitOverrunError('Separator is not found', 65536);
 * error.consumed; // 65536
 */
export class LimitOverrunError extends Error {
  static {
    this.prototype.name = 'LimitOverrunError';
  }
  /** How many bytes can be read without finding the separator. */
  readonly consumed: number;
  /**
   * @param message What was looked for.
   * @param consumed How many bytes can be read without finding it.
   */
  constructor(message: string, consumed: number) {
    super(message);
    this.consumed = consumed;
  }
}

/**
 * Sending a file in one call is not available for this transport.
 *
 * @example
 * const error = new SendfileNotAvailableError('a page has no files of its own');
 * error instanceof RuntimeError; // true
 */
export class SendfileNotAvailableError extends RuntimeError {
  static {
    this.prototype.name = 'SendfileNotAvailableError';
  }
}

/**
 * The barrier was broken by `abort()` or `reset()` while tasks waited on it.
 *
 * @example
 * const barrier = new Barrier(2);
 * yield* barrier.abort();
 * try {
 *   yield* barrier.wait();
 * } catch (error) {
 *   if (!(error instanceof BrokenBarrierError)) throw error;
 *   console.log('nobody will come');
 * }
 */
export class BrokenBarrierError extends RuntimeError {
  static {
    this.prototype.name = 'BrokenBarrierError';
  }
}

/**
 * True for cancellation, interrupt and exit: what Python keeps outside `except Exception`.
 *
 * @example
 * isBaseException(new CancelledError()); // true
 * isBaseException(new TypeError()); // false
 */
export function isBaseException(error: unknown): error is BaseException {
  return isBranded(error, BASE_EXCEPTION);
}

function isBranded(error: unknown, brand: symbol): boolean {
  try {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false; // a revoked proxy
  }
}

/** The text of a cancel message, whatever it is. */
function text(message: unknown): string {
  try {
    return String(message);
  } catch {
    return repr(message); // it cannot be converted; it is in `args` as it is
  }
}

/**
 * True for a `CancelledError`, also one of another copy of this library.
 *
 * @example
 * const task = createTask(sleep(60));
 * task.cancel();
 * try {
 *   yield* task;
 * } catch (error) {
 *   if (!isCancelled(error)) throw error;
 *   console.log('cancelled');
 * }
 */
export function isCancelled(error: unknown): error is CancelledError {
  return isBranded(error, CANCELLED);
}

/**
 * Throws `error` again when it is a cancellation, an interrupt or an exit. Put it first in every `catch` that
 * means ordinary failures: it is Python's `except Exception`.
 *
 * @example
 * try {
 *   yield* fromPromise(fetch('data.json'));
 * } catch (error) {
 *   rethrowIfCancelled(error);
 *   console.warn('offline', error);
 * }
 */
export function rethrowIfCancelled(error: unknown): void {
  if (isBaseException(error)) throw error;
}

/** True for the two errors that leave the loop at once, even out of a callback. @internal */
export function isExit(error: unknown): boolean {
  return isBaseException(error) && (error instanceof KeyboardInterrupt || error instanceof SystemExit);
}

/**
 * JavaScript can throw anything; Python only exceptions. Gives an Error for whatever was thrown: the value
 * itself if it is one, else a TypeError in Python's words that keeps the value as its `cause`.
 *
 * @internal
 */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  return new TypeError('exceptions must derive from BaseException', { cause: thrown });
}

/** True for an Error, also one of another realm (an iframe), which is no instance of ours. @internal */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    return false; // a revoked proxy
  }
}
