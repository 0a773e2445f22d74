/**
 * What no seed decides, closed off for the time of a check: chance, the real time, native timers.
 *
 * Only around a synchronous run: nothing else of the page can be running then.
 */

import { SimDivergenceError } from './sim-errors.ts';

/** Where they are, and their names. */
const SOURCES: readonly (readonly [path: string, names: readonly string[]])[] = [
  ['Math', ['random']],
  ['performance', ['now']],
  ['crypto', ['getRandomValues', 'randomUUID']],
  [
    '',
    [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'requestAnimationFrame',
      'requestIdleCallback',
      'queueMicrotask',
      'fetch',
    ],
  ],
];

/**
 * Runs `body`; what it uses that no seed decides throws SimDivergenceError in it, and out of this call too if it is
 * caught there.
 *
 * @param step What step it is, for the error.
 * @internal
 */
export function withoutChance<T>(step: () => number, body: () => T): T {
  let first: SimDivergenceError | null = null;
  const refuse = (name: string): never => {
    const error = new SimDivergenceError(step(), 'decided by the seed', `${name}()`);
    first ??= error;
    throw error;
  };
  const restores: (() => void)[] = [];
  const replace = (owner: object, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    restores.push(() => {
      if (before === undefined) delete (owner as Record<string, unknown>)[name];
      else Object.defineProperty(owner, name, before);
    });
  };
  for (const [path, names] of SOURCES) {
    const owner = (path === '' ? globalThis : Reflect.get(globalThis, path)) as object | undefined;
    if (owner === undefined) continue; // not everywhere
    for (const name of names) {
      if (!(name in owner)) continue;
      const fullName = path === '' ? name : `${path}.${name}`;
      replace(owner, name, () => refuse(fullName));
    }
  }
  replace(globalThis, 'Date', clocklessDate(refuse));
  let result: T;
  try {
    result = body();
  } catch (error) {
    throw first ?? error;
  } finally {
    for (const restore of restores.reverse()) restore();
  }
  if (first !== null) throw first;
  return result;
}

/** The class Date, without the present. */
function clocklessDate(refuse: (name: string) => never): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      args.length === 0 ? refuse('new Date') : (Reflect.construct(target, args, newTarget) as object),
    apply: () => refuse('Date'),
    get: (target, key) => (key === 'now' ? () => refuse('Date.now') : Reflect.get(target, key)),
  });
}
