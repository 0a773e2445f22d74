/**
 * Context variables: values that belong to a task and to whatever it calls, without passing them on by hand.
 *
 * Source: PEP 567 and Lib/test/test_context.py, CPython 3.14 (tokens as context managers).
 *
 * Why this structure: CPython keeps a persistent hash trie so that a copy is O(1). Here a context holds a plain
 * Map that is never changed once it is shared; a copy shares it and the next `set` on either side clones it.
 * Copies happen for every task and callback, sets are rare, and maps are small.
 */

import { RuntimeError } from './exceptions.ts';
import { repr } from './format-helpers.ts';

/** What a context holds; never changed once it is shared. @internal */
export type Values = Map<ContextVar<unknown>, unknown>;

/**
 * A snapshot of context variables that code can run in. Iterating gives its variables. `new Context()` is empty.
 *
 * @example
 * const user = new ContextVar<string>('user');
 * const context = new Context();
 * context.run(() => user.set('ada'));
 * context.get(user); // 'ada', and nothing outside
 */
export class Context {
  /** @internal */
  declare _values: Values | null;
  /** True while another context may hold the same map. @internal */
  declare _shared: boolean;
  /** @internal */
  declare _entered: boolean;
  /** Somebody may have it who asked a handle for it while it was lent: it is lent to no other. @internal */
  declare _kept: boolean;

  constructor() {
    this._values = null;
    this._shared = false;
    this._entered = false;
    this._kept = false;
  }

  /**
   * Calls `fn(...args)` in this context: what it sets stays in this context.
   *
   * @throws {RuntimeError} If code is already running in this context: "cannot enter context: … is already entered".
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    const previous = enterContext(this);
    try {
      return fn(...args);
    } finally {
      exitContext(this, previous);
    }
  }

  /** The value of `variable` here, or `fallback` (default undefined) if it is not set here. */
  get<T, F = undefined>(variable: ContextVar<T>, fallback?: F): T | F {
    return (this.has(variable as never) ? this._values?.get(variable as never) : fallback) as T | F;
  }

  /** True if `variable` is set here; its default does not count. */
  has(variable: ContextVar<never>): boolean {
    if (!((variable as unknown) instanceof ContextVar))
      throw new TypeError(`a ContextVar key was expected, got ${repr(variable)}`);
    return this._values?.has(variable as never) ?? false;
  }

  /** How many variables are set here. */
  get size(): number {
    return this._values?.size ?? 0;
  }

  /** The variables that are set here. */
  keys(): MapIterator<ContextVar<unknown>> {
    return (this._values ?? new Map()).keys();
  }

  /** The values, in the order of `keys()`. */
  values(): MapIterator<unknown> {
    return (this._values ?? new Map()).values();
  }

  /** Variables with their values, in the order of `keys()`. */
  entries(): MapIterator<[ContextVar<unknown>, unknown]> {
    return (this._values ?? new Map()).entries();
  }

  [Symbol.iterator](): MapIterator<ContextVar<unknown>> {
    return this.keys();
  }

  /** A context with the same values; sets on one side do not show on the other. */
  copy(): Context {
    return contextOf(this._share());
  }

  /** The values, for a copy that may never be made: a callback takes them along. @internal */
  _share(): Values | null {
    if (this._values !== null) this._shared = true;
    return this._values;
  }

  /** The map to write to: cloned first if another context holds it. @internal */
  _writable(): Values {
    if (this._values === null) this._values = new Map();
    else if (this._shared) this._values = new Map(this._values);
    this._shared = false;
    return this._values;
  }

  /** @internal */
  _repr(): string {
    return `<Context of ${this.size}>`;
  }
}

/** A context of its own with shared values. @internal */
export function contextOf(values: Values | null): Context {
  const context = new Context();
  if (values !== null) {
    context._values = values;
    context._shared = true;
  }
  return context;
}

/** Where the realm's current context is held: one object, so that hot paths swap a field, not a module binding. @internal */
export const realm: { context: Context } = { context: /* @__PURE__ */ new Context() };

/** The context of the last callback that left it as it was: the next one can have it. */
let spare: Context | null = null;

/** A context with these values for one call. See `takeBackContext`. @internal */
export function lendContext(values: Values | null): Context {
  const context = spare;
  if (context === null) return contextOf(values);
  spare = null;
  context._values = values;
  context._shared = values !== null;
  return context;
}

/** After the call: true if nothing was set in it and nobody has it, so that it may serve the next. @internal */
export function takeBackContext(context: Context, values: Values | null): boolean {
  if (context._kept || context._values !== values) return false;
  spare = context;
  return true;
}

/** Makes `context` current and gives the previous one back. @internal */
export function enterContext(context: Context): Context {
  if (context._entered) throw new RuntimeError(`cannot enter context: ${context._repr()} is already entered`);
  context._entered = true;
  const previous = realm.context;
  realm.context = context;
  return previous;
}

/** @internal */
export function exitContext(context: Context, previous: Context): void {
  context._entered = false;
  realm.context = previous;
}

/**
 * A copy of the current context, in constant time.
 *
 * @example
 * const user = new ContextVar<string>('user', { defaultValue: 'nobody' });
 * const context = copyContext();
 * context.run(() => user.set('ada'));
 * user.get(); // 'nobody'
 * context.get(user); // 'ada'
 */
export function copyContext(): Context {
  return realm.context.copy();
}

const MISSING: unique symbol = /* @__PURE__ */ Symbol('Token.MISSING') as never;

/** Older engines have no `Symbol.dispose`; a `using` that was compiled for them looks for this one. */
export const dispose: typeof Symbol.dispose = (Symbol.dispose ??
  /* @__PURE__ */ Symbol.for('Symbol.dispose')) as never;

/**
 * Remembers the value a variable had before a `set`; give it to `reset`, or hold it with `using`.
 *
 * @example
 * const depth = new ContextVar<number>('depth', { defaultValue: 0 });
 * const token = depth.set(1);
 * token.oldValue === Token.MISSING; // true: it had only its default
 * depth.reset(token);
 */
export class Token<T> {
  /** Stands in `oldValue` when the variable had none. */
  static readonly MISSING: typeof MISSING = MISSING;
  /** The variable that was set. */
  readonly var: ContextVar<T>;
  /** Its value before the set, or `Token.MISSING`. */
  readonly oldValue: T | typeof MISSING;
  /** @internal */
  readonly _context: Context;
  /** @internal */
  _used = false;

  /** @internal */
  constructor(context: Context, variable: ContextVar<T>, oldValue: T | typeof MISSING) {
    this._context = context;
    this.var = variable;
    this.oldValue = oldValue;
  }

  /** @internal */
  _repr(): string {
    return `<Token${this._used ? ' used' : ''} var=${this.var._repr()}>`;
  }

  [dispose](): void {
    this.var.reset(this);
  }
}

/**
 * A context variable. Make it once, at module level.
 *
 * @example
 * const user = new ContextVar<string>('user', { defaultValue: 'nobody' });
 * const token = user.set('ada');
 * user.get(); // 'ada'
 * user.reset(token);
 */
export class ContextVar<in out T> {
  /** The name, for messages. */
  readonly name: string;
  readonly #default: T | typeof MISSING;

  /**
   * @param name For messages; two variables of one name are two variables.
   * @param options.defaultValue What `get()` gives where it is not set. Default: none, and `get()` throws.
   * @throws {TypeError} If `name` is no string.
   */
  constructor(name: string, options?: { readonly defaultValue?: T }) {
    if (typeof name !== 'string') throw new TypeError('context variable name must be a str');
    this.name = name;
    this.#default =
      options !== undefined && 'defaultValue' in options ? (options.defaultValue as T) : MISSING;
  }

  /**
   * The value in the current context; else `fallback` if given; else the default of the variable.
   *
   * @throws {RangeError} If there is none of the three (Python's LookupError).
   */
  get(...fallback: [] | [fallback: T]): T {
    const values = realm.context._values;
    if (values?.has(this as never)) return values.get(this as never) as T;
    if (fallback.length > 0) return fallback[0] as T;
    if (this.#default !== MISSING) return this.#default;
    throw new RangeError(`${this._repr()} has no value in the current context`);
  }

  /** Sets the value in the current context and returns the token that takes it back. */
  set(value: T): Token<T> {
    const context = realm.context;
    const old = context.has(this as never) ? (context._values?.get(this as never) as T) : MISSING;
    context._writable().set(this as never, value);
    return new Token(context, this, old);
  }

  /**
   * Gives the variable the value that it had before the `set` that made `token`.
   *
   * @throws {RuntimeError} If the token was used already.
   * @throws {RangeError} If it belongs to another variable or was made in another context (Python's ValueError).
   */
  reset(token: Token<T>): void {
    if (!(token instanceof Token)) throw new TypeError(`expected an instance of Token, got ${repr(token)}`);
    if (token._used) throw new RuntimeError(`${token._repr()} has already been used once`);
    if (token.var !== this) throw new RangeError(`${token._repr()} was created by a different ContextVar`);
    if (token._context !== realm.context)
      throw new RangeError(`${token._repr()} was created in a different Context`);
    token._used = true;
    const values = realm.context._writable();
    if (token.oldValue === MISSING) values.delete(this as never);
    else values.set(this as never, token.oldValue);
  }

  /** @internal */
  _repr(): string {
    const defaultText = this.#default === MISSING ? '' : ` default=${repr(this.#default)}`;
    return `<ContextVar name='${this.name}'${defaultText}>`;
  }
}
