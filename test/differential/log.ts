/**
 * What a program writes its steps to, and the loop that counts its passes. log.py is the same for Python.
 */

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { newTestLoop, testLoop, testLoops } from '../support/loops.ts';

/** A loop that counts the iterations in which at least one callback was run, and has its time in microseconds. */
export interface CountingLoop extends asyncio.BaseEventLoop {
  readonly passes: number;
  readonly ticks: number;
}

/** A loop of the kind under test that counts. The usual one does so without an instrument, as programs run it. */
export function newCountingLoop(): CountingLoop {
  return testLoop === testLoops[0] ? new CountingSimLoop() : counting(newTestLoop());
}

/** Has a loop count. */
export function counting(loop: asyncio.BaseEventLoop): CountingLoop {
  let passes = 0;
  loop.addInstrument({
    beforeIteration: (ready) => {
      if (ready > 0) passes += 1;
    },
  });
  return Object.defineProperties(loop, {
    passes: { get: () => passes },
    ticks: { get: () => Math.round(loop.time() * 1e6) },
  }) as CountingLoop;
}

class CountingSimLoop extends SimLoop implements CountingLoop {
  passes = 0;
  #fresh = false;

  protected override pollEvents(timeout: number): ReturnType<SimLoop['pollEvents']> {
    this.#fresh = true;
    return super.pollEvents(timeout);
  }

  protected override processReady(maxCallbacks: number): number {
    if (this.#fresh) {
      this.#fresh = false;
      this.passes += 1;
    }
    return super.processReady(maxCallbacks);
  }
}

/** A step is 'pass microseconds what'; without a loop both numbers are 0. */
export interface Log {
  (what: string, ...values: unknown[]): void;
  readonly steps: readonly string[];
  /** The loop whose passes and clock are logged from now on, and whose exception handler logs. */
  readonly newLoop: () => CountingLoop;
  /** Has a loop that is there already take that place. */
  readonly watch: (loop: asyncio.BaseEventLoop) => void;
  /** A duration or a loop time as an integer of milliseconds. */
  readonly ms: (seconds: number | null) => number | null;
}

export function createLog(): Log {
  const steps: string[] = [];
  let loop: CountingLoop | null = null;
  const write = (what: string, ...values: unknown[]): void => {
    steps.push(`${loop?.passes ?? 0} ${loop?.ticks ?? 0} ${[what, ...values.map(show)].join(' ')}`);
  };
  const use = (given: CountingLoop): CountingLoop => {
    loop = given;
    given.setExceptionHandler((_loop, { message, ...rest }) =>
      write(
        `handler: ${withoutObjects(message ?? '')} [${Object.keys(rest).sort().join(',')}]`,
        rest.exception,
      ),
    );
    return given;
  };
  const newLoop = (): CountingLoop => use(newCountingLoop());
  const watch = (given: asyncio.BaseEventLoop): void => void use(counting(given));
  const ms = (seconds: number | null): number | null =>
    seconds === null ? null : Math.round(seconds * 1000);
  return Object.assign(write, { steps, newLoop, watch, ms });
}

/** Python's names of the classes that are JavaScript's own here. */
const PYTHON_NAMES: Readonly<Record<string, string>> = { RangeError: 'ValueError', Error: 'Exception' };

/** A value as both languages write it. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof Error) {
    const name = PYTHON_NAMES[value.name] ?? value.name;
    const message = withoutObjects(value.message);
    // CPython's C extension and its Python code have different texts.
    if (value instanceof asyncio.InvalidStateError && !message.endsWith('is not set.')) return name;
    return value instanceof asyncio.BaseExceptionGroup
      ? `${name}(${message}, ${show(value.exceptions)})`
      : `${name}(${message})`;
  }
  return String(value);
}

/** The texts of objects in a message, such as `<Task …>`, become `<>`; a callback's text goes altogether. */
function withoutObjects(text: string): string {
  if (text.startsWith('Exception in callback')) return 'Exception in callback';
  let kept = '';
  let depth = 0;
  for (const char of text) {
    if (char === '<') {
      if (depth === 0) kept += '<>';
      depth += 1;
    } else if (char === '>' && depth > 0) {
      depth -= 1;
    } else if (depth === 0) {
      kept += char;
    }
  }
  return kept;
}

/** A program: a coroutine function, or an async function that runs its loops itself. */
export type Program = (log: Log) => asyncio.Coroutine<unknown> | Promise<unknown>;

/** What programs throw. */
export class Boom extends Error {
  override name = 'Boom';
}

/** Python's `except Class as error`: gives the error, or throws it on if it is of another class. */
export function caught<E extends Error>(error: unknown, type: abstract new (...args: never[]) => E): E {
  if (error instanceof type) return error;
  throw error;
}

/** The programs of a topic, by name. */
export type Programs = Readonly<Record<string, Program>>;
