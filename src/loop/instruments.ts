/**
 * Several instruments as one, and the rule that a broken one is reported and removed.
 *
 * A loop has one field for its instrument, null for none, so that none costs one comparison.
 */

import type { AbstractEventLoop, LoopInstrument } from '../core/events.ts';
import { isExit } from '../core/exceptions.ts';

const HOOKS: readonly (keyof LoopInstrument)[] = [
  'taskSpawned',
  'taskScheduled',
  'beforeTaskStep',
  'afterTaskStep',
  'taskDone',
  'handleScheduled',
  'beforeHandle',
  'afterHandle',
  'timerScheduled',
  'beforeIteration',
  'loopIdle',
];

/** @internal */
export class InstrumentSet {
  readonly #loop: AbstractEventLoop;
  readonly #members: readonly LoopInstrument[];

  private constructor(loop: AbstractEventLoop, members: readonly LoopInstrument[]) {
    this.#loop = loop;
    this.#members = members;
    for (const hook of HOOKS) {
      const listeners = members.filter((member) => typeof member[hook] === 'function');
      if (listeners.length > 0)
        (this as unknown as Record<string, unknown>)[hook] = this.#caller(hook, listeners);
    }
  }

  /** The set with one more member. */
  static with(
    current: LoopInstrument | null,
    added: LoopInstrument,
    loop: AbstractEventLoop,
  ): LoopInstrument {
    const members = current instanceof InstrumentSet ? current.#members : [];
    return (
      members.includes(added) ? current : new InstrumentSet(loop, [...members, added])
    ) as LoopInstrument;
  }

  /** The set without a member; null when none is left. */
  static without(current: LoopInstrument | null, removed: LoopInstrument): LoopInstrument | null {
    if (!(current instanceof InstrumentSet)) return current;
    const members = current.#members.filter((member) => member !== removed);
    return members.length === 0 ? null : (new InstrumentSet(current.#loop, members) as LoopInstrument);
  }

  #caller(hook: keyof LoopInstrument, listeners: readonly LoopInstrument[]): (...args: never[]) => void {
    return (...args) => {
      for (const listener of listeners) {
        try {
          (listener[hook] as (...args: never[]) => void)(...args);
        } catch (exception) {
          if (isExit(exception)) throw exception;
          const loop = this.#loop;
          loop._instrument = InstrumentSet.without(loop._instrument, listener);
          loop.callExceptionHandler({
            message: `LoopInstrument failed in ${hook}() and was removed`,
            exception,
          });
        }
      }
    };
  }
}
