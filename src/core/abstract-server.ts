/**
 * AbstractServer: the interface of a server, as a class to derive from.
 *
 * Source: AbstractServer of Lib/asyncio/events.py, CPython 3.14. In a file of its own, so that a program without the
 * network does not carry it.
 */

import type { Coroutine } from './awaitable.ts';
import type { AbstractEventLoop, ServerLike } from './events.ts';
import { NotImplementedError } from './exceptions.ts';

function toImplement(name: string): never {
  throw new NotImplementedError(`${name}() is not implemented by this server`);
}

/**
 * The interface of a server. Its methods are there to be overridden: but for `aenter` and `aexit` they throw
 * NotImplementedError.
 *
 * @example
 * const server = yield* getRunningLoop().createServer(() => new Protocol(), 'mem:door');
 * server instanceof AbstractServer; // true
 * yield* asyncWith(server, function* () {
 *   console.log(server.isServing()); // true
 * }); // closed, and every connection of it has ended
 */
export abstract class AbstractServer implements ServerLike {
  close(): void {
    toImplement('close');
  }
  closeClients(): void {
    toImplement('closeClients');
  }
  abortClients(): void {
    toImplement('abortClients');
  }
  getLoop(): AbstractEventLoop {
    return toImplement('getLoop');
  }
  isServing(): boolean {
    return toImplement('isServing');
  }
  startServing(): Coroutine<void> {
    return toImplement('startServing');
  }
  serveForever(): Coroutine<never> {
    return toImplement('serveForever');
  }
  waitClosed(): Coroutine<void> {
    return toImplement('waitClosed');
  }
  *aenter(): Coroutine<this> {
    return this;
  }
  *aexit(_error: Error | null): Coroutine<void> {
    this.close();
    yield* this.waitClosed();
  }
}
