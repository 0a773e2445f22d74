/**
 * The page's lifecycle as signals: what `addSignalHandler` and `removeSignalHandler` do.
 *
 * Source: add_signal_handler of Lib/asyncio/unix_events.py, CPython 3.14. What differs: a signal is the name of an
 * event that the page or Worker is told by the browser, and one that this engine never sends cannot be caught.
 */

import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop, Callback } from '../core/events.ts';
import { RuntimeError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import { iscoroutine, iscoroutinefunction } from '../tasks/coroutines.ts';

/** Who sends which. */
const SENDERS: Readonly<Record<string, 'document' | 'self'>> = {
  freeze: 'document',
  resume: 'document',
  visibilitychange: 'document',
  pagehide: 'self',
  pageshow: 'self',
  online: 'self',
  offline: 'self',
};

/** The handlers of one loop: by signal, what removes each. */
export type SignalHandlers = Map<string, () => void>;

/** @throws {TypeError} @throws {RangeError} */
function checkSignal(signal: unknown): string {
  if (typeof signal !== 'string') throw new TypeError(`sig must be a string, not ${repr(signal)}`);
  if (!Object.hasOwn(SENDERS, signal)) throw new RangeError(`invalid signal ${repr(signal)}`);
  return signal;
}

/** See {@link AbstractEventLoop.addSignalHandler}. */
export function addSignalHandler(
  handlers: SignalHandlers,
  loop: AbstractEventLoop,
  signal: unknown,
  callback: Callback,
  args: readonly unknown[],
): void {
  if (iscoroutine(callback) || iscoroutinefunction(callback))
    throw new TypeError('coroutines cannot be used with addSignalHandler()');
  const name = checkSignal(signal);
  if (loop.isClosed()) throw new RuntimeError('Event loop is closed');
  if (typeof callback !== 'function')
    throw new TypeError(`a callable object was expected by addSignalHandler(), got ${repr(callback)}`);
  const sender = (globalThis as Partial<Record<'document' | 'self', EventTarget>>)[SENDERS[name]!]; // checked
  if (sender === undefined || !(`on${name}` in sender))
    throw new RuntimeError(`sig ${name} cannot be caught: this engine does not send it here`);
  removeSignalHandler(handlers, name);
  const context = copyContext();
  const listener = (): void => void loop._callSoonIn(context, callback, ...(args as never[]));
  sender.addEventListener(name, listener);
  handlers.set(name, () => sender.removeEventListener(name, listener));
}

/** See {@link AbstractEventLoop.removeSignalHandler}. */
export function removeSignalHandler(handlers: SignalHandlers, signal: unknown): boolean {
  const name = checkSignal(signal);
  handlers.get(name)?.();
  return handlers.delete(name);
}
