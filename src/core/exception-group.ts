/**
 * Several errors that happened together, as one: Python's exception groups on JavaScript's AggregateError.
 *
 * Source: PEP 654 and Objects/exceptions.c, CPython 3.14. What differs: `errors` is AggregateError's name for
 * Python's `exceptions`, and both give the same array; `message` is without the count of members, `toString()` has it.
 */

import { isBaseException } from './exceptions.ts';
import { repr } from './format-helpers.ts';

type Condition<E extends Error> = ((error: Error) => boolean) | (abstract new (...args: never[]) => E);

/** A group that may hold cancellations, interrupts or exits. */
export class BaseExceptionGroup extends AggregateError {
  static {
    this.prototype.name = 'BaseExceptionGroup';
  }
  // AggregateError types its members as any.
  declare readonly errors: Error[];

  /**
   * @throws {TypeError} If `message` is no string or a member is no Error.
   * @throws {RangeError} If there is no member (Python's ValueError).
   */
  constructor(message: string, exceptions: Iterable<Error>, options?: ErrorOptions) {
    const members = [...exceptions];
    if (typeof message !== 'string') throw new TypeError(`argument 1 must be str, not ${repr(message)}`);
    if (members.length === 0)
      throw new RangeError('second argument (exceptions) must be a non-empty sequence');
    const odd = members.findIndex((member) => !(member instanceof Error));
    if (odd >= 0) throw new RangeError(`Item ${odd} of second argument (exceptions) is not an exception`);
    super(members, message, options);
  }

  get exceptions(): readonly Error[] {
    return this.errors;
  }

  /** A group of the same kind with other members; `split` and `subgroup` use it. Subclasses override it. */
  derive(exceptions: Iterable<Error>): BaseExceptionGroup {
    return exceptionGroup(this.message, exceptions);
  }

  /** The part of the group that matches, with its nesting, or null. */
  subgroup<E extends Error>(condition: Condition<E>): BaseExceptionGroup | null {
    return this.split(condition)[0];
  }

  /** The part that matches and the part that does not; null for an empty part. */
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

/** A group of ordinary errors. */
export class ExceptionGroup extends BaseExceptionGroup {
  static {
    this.prototype.name = 'ExceptionGroup';
  }
  /** @throws {TypeError} If a member is a cancellation, an interrupt or an exit. */
  constructor(message: string, exceptions: Iterable<Error>, options?: ErrorOptions) {
    const members = [...exceptions];
    if (members.some(isBaseException)) throw new TypeError('Cannot nest BaseExceptions in an ExceptionGroup');
    super(message, members, options);
  }
}

/** An ExceptionGroup where all members are ordinary errors, else a BaseExceptionGroup, as Python's constructor does. */
export function exceptionGroup(message: string, exceptions: Iterable<Error>): BaseExceptionGroup {
  const members = [...exceptions];
  return members.some(
    (member) =>
      isBaseException(member) ||
      (member instanceof BaseExceptionGroup && !(member instanceof ExceptionGroup)),
  )
    ? new BaseExceptionGroup(message, members)
    : new ExceptionGroup(message, members);
}

function matcher<E extends Error>(condition: Condition<E>): (error: Error) => boolean {
  if (typeof condition !== 'function')
    throw new TypeError('expected a function, exception type or tuple of exception types');
  const isClass = (condition as unknown) === Error || condition.prototype instanceof Error;
  return isClass ? (error) => error instanceof condition : (condition as (error: Error) => boolean);
}

/**
 * An error as readable text, groups as a tree.
 *
 * @example
 * console.log(formatException(error));
 * //   + ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
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
