/**
 * Several errors that happened together, as one: Python's exception groups on JavaScript's AggregateError.
 *
 * Source: PEP 654 and Objects/exceptions.c, CPython 3.14. What differs: `errors` is AggregateError's name for
 * Python's `exceptions`, and both give the same array; `message` is without the count of members, `toString()` has it.
 */

import { BASE_EXCEPTION, isBaseException, isError } from './exceptions.ts';
import { repr } from './format-helpers.ts';

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What `split` and `subgroup` ask of an error: a class, one of several classes, or a test. */
export type Condition<E extends Error> =
  | ErrorClass<E>
  | readonly ErrorClass<E>[]
  | ((error: Error) => boolean);

/**
 * A group that may hold cancellations, interrupts or exits.
 *
 * @example
 * const group = new BaseExceptionGroup('both', [new TypeError('a'), new CancelledError()]);
 * const [typeErrors, rest] = group.split(TypeError);
 * console.log(typeErrors?.errors, rest?.errors);
 */
export class BaseExceptionGroup extends AggregateError {
  static {
    this.prototype.name = 'BaseExceptionGroup';
    Object.defineProperty(this.prototype, BASE_EXCEPTION, { value: true });
  }
  /** The members, as AggregateError calls them. */
  // AggregateError types its members as any.
  declare readonly errors: Error[];

  /**
   * @param message What the group is about, without the number of members.
   * @param exceptions At least one Error.
   * @throws {TypeError} If `message` is no string.
   * @throws {RangeError} If there is no member, or one is no Error (Python's ValueError).
   */
  constructor(message: string, exceptions: Iterable<Error>, options?: ErrorOptions) {
    const members = [...exceptions];
    if (typeof message !== 'string') throw new TypeError(`argument 1 must be str, not ${repr(message)}`);
    if (members.length === 0)
      throw new RangeError('second argument (exceptions) must be a non-empty sequence');
    const odd = members.findIndex((member) => !isError(member));
    if (odd >= 0) throw new RangeError(`Item ${odd} of second argument (exceptions) is not an exception`);
    super(members, message, options);
    // As Python: a group of ordinary errors is an ExceptionGroup, whichever of the two was asked for.
    if (new.target === BaseExceptionGroup && !members.some(isBaseException)) {
      // biome-ignore lint/correctness/noConstructorReturn: what Python's __new__ does
      return new ExceptionGroup(message, members, options);
    }
  }

  /** The members, as Python calls them. */
  get exceptions(): readonly Error[] {
    return this.errors;
  }

  /** A group of the same kind with other members; `split` and `subgroup` use it. Subclasses override it. */
  derive(exceptions: Iterable<Error>): BaseExceptionGroup {
    return new BaseExceptionGroup(this.message, exceptions);
  }

  /**
   * The part of the group that matches, with its nesting, or null.
   *
   * @param condition A class of errors, an array of classes, or a test.
   * @throws {TypeError} If `condition` is something else.
   */
  subgroup<E extends Error>(condition: Condition<E>): BaseExceptionGroup | null {
    return this.split(condition)[0];
  }

  /**
   * The part that matches and the part that does not; null for an empty part.
   *
   * @param condition A class of errors, an array of classes, or a test.
   * @throws {TypeError} If `condition` is something else.
   */
  split<E extends Error>(
    condition: Condition<E>,
  ): [match: BaseExceptionGroup | null, rest: BaseExceptionGroup | null] {
    const test = matcher(condition);
    if (test(this)) return [this, null];
    const matching: Error[] = [];
    const rest: Error[] = [];
    for (const error of this.errors) {
      if (error instanceof BaseExceptionGroup) {
        const [match, other] = error.split(test);
        if (match !== null) matching.push(match);
        if (other !== null) rest.push(other);
      } else {
        (test(error) ? matching : rest).push(error);
      }
    }
    return [this.#derived(matching), this.#derived(rest)];
  }

  #derived(exceptions: Error[]): BaseExceptionGroup | null {
    if (exceptions.length === 0) return null;
    const group = this.derive(exceptions);
    if (this.stack !== undefined) group.stack = this.stack;
    if (this.cause !== undefined) group.cause = this.cause;
    return group;
  }

  override toString(): string {
    const count = this.errors.length;
    return `${this.name}: ${this.message} (${count} sub-exception${count === 1 ? '' : 's'})`;
  }
}

/**
 * A group of ordinary errors.
 *
 * @example
 * function* fail(): Coroutine<void> {
 *   yield* sleep(1);
 *   throw new TypeError('a');
 * }
 * try {
 *   yield* withTaskGroup(function* (group) {
 *     group.createTask(fail());
 *   });
 * } catch (error) {
 *   if (!(error instanceof ExceptionGroup)) throw error;
 *   console.log(error.errors); // [TypeError: a]
 * }
 */
export class ExceptionGroup extends BaseExceptionGroup {
  static {
    this.prototype.name = 'ExceptionGroup';
    Object.defineProperty(this.prototype, BASE_EXCEPTION, { value: false });
  }
  /** @throws {TypeError} If a member is a cancellation, an interrupt, an exit, or a group that may hold one. */
  constructor(message: string, exceptions: Iterable<Error>, options?: ErrorOptions) {
    const members = [...exceptions];
    if (members.some(isBaseException)) throw new TypeError('Cannot nest BaseExceptions in an ExceptionGroup');
    super(message, members, options);
  }
}

function matcher<E extends Error>(condition: Condition<E>): (error: Error) => boolean {
  if (Array.isArray(condition) && condition.every(isErrorClass))
    return (error) => condition.some((one) => error instanceof one);
  if (isErrorClass(condition)) return (error) => error instanceof condition;
  if (typeof condition === 'function') return condition as (error: Error) => boolean;
  throw new TypeError('expected a function, exception type or tuple of exception types');
}

function isErrorClass(value: unknown): value is ErrorClass<Error> {
  return value === Error || (typeof value === 'function' && value.prototype instanceof Error);
}

/**
 * An error as readable text, groups as a tree.
 *
 * @example
 * const error = new ExceptionGroup('two failures', [new TypeError('a'), new RangeError('b')]);
 * console.log(formatException(error));
 * //   + ExceptionGroup: two failures (2 sub-exceptions)
 * //   +-+---------------- 1 ----------------
 * //     | TypeError: a
 * //     +---------------- 2 ----------------
 * //     | RangeError: b
 * //     +------------------------------------
 */
export function formatException(error: Error): string {
  return (
    error instanceof BaseExceptionGroup ? [`  + ${String(error)}`, ...tree(error, '  ')] : [String(error)]
  ).join('\n');
}

function tree(group: BaseExceptionGroup, indent: string): string[] {
  const lines: string[] = [];
  group.errors.forEach((error, index) => {
    const edge = index === 0 ? `${indent}+-+` : `${indent}  +`;
    lines.push(`${edge}---------------- ${index + 1} ----------------`);
    lines.push(
      ...String(error)
        .split('\n')
        .map((line) => `${indent}  | ${line}`),
    );
    if (error instanceof BaseExceptionGroup) lines.push(...tree(error, `${indent}  `));
  });
  lines.push(`${indent}  +------------------------------------`);
  return lines;
}
