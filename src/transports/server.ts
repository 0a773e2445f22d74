/**
 * Server: accepts connections at one or several places.
 *
 * Source: Server of Lib/asyncio/base_events.py, CPython 3.14. A listener of a channel stands for the socket.
 */

import { AbstractServer } from '../core/abstract-server.ts';
import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { isCancelled, isExit, RuntimeError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import type { ProtocolLike, ServerOptions } from '../core/network.ts';
import { Future, release } from '../tasks/futures.ts';
import { sleep } from '../tasks/sleep.ts';
import type { Attachable, ChannelTransport } from './channel.ts';

/** A place where a server accepts connections: what a channel makes of a URL. asyncio has a socket here. */
export interface Listener {
  /** Where it listens. */
  readonly url: string;
  /** Begins to accept connections. For each it calls `server.accept`. */
  start(server: Server): void;
  /** Accepts no more, and gives the place free. Called once, also if it was never started. */
  stop(): void;
}

/**
 * A server, as `createServer` and `startServer` give one.
 *
 * @example
 * const server = yield* startServer(function* (reader, writer) {
 *   writer.write(yield* reader.readline());
 *   writer.close();
 * }, 'mem:echo');
 * yield* asyncWith(server, function* () {
 *   const [reader, writer] = yield* openConnection('mem:echo');
 *   writer.write(new TextEncoder().encode('hello\n'));
 *   console.log(new TextDecoder().decode(yield* reader.readline())); // hello
 *   writer.close();
 * });
 */
export class Server extends AbstractServer implements Attachable {
  readonly #loop: AbstractEventLoop;
  readonly #protocolFactory: () => ProtocolLike;
  /** Null when it is closed. */
  #listeners: readonly Listener[] | null;
  readonly #clients = new Set<ChannelTransport>();
  /** Who waits for it to be closed; null when it is, with no connection left. */
  #waiters: Future<void>[] | null = [];
  #serving = false;
  #servingForever: Future<never> | null = null;

  /** Use `createServer`; this is for authors of channels. */
  constructor(loop: AbstractEventLoop, listeners: readonly Listener[], protocolFactory: () => ProtocolLike) {
    super();
    this.#loop = loop;
    this.#listeners = listeners;
    this.#protocolFactory = protocolFactory;
  }

  /** Where it listens; nothing when it is closed. asyncio has the sockets here. */
  get sockets(): readonly Listener[] {
    return [...(this.#listeners ?? [])];
  }

  /**
   * Makes the protocol and the transport of a connection; for channels. An error is reported to the loop.
   *
   * @param make Makes the transport; it hands on the server given.
   * @returns The transport, or null after an error.
   */
  accept<T>(make: (protocol: ProtocolLike, server: Attachable) => T): T | null {
    try {
      return make(this.#protocolFactory(), this);
    } catch (exception) {
      // The factory's error, and it is no coroutine. asyncio reports it in debug mode only.
      if (isExit(exception)) throw exception;
      const message = 'Error on transport creation for incoming connection';
      this.#loop.callExceptionHandler({ message, exception });
      return null;
    }
  }

  /** A connection has begun; its transport calls this. */
  attach(transport: ChannelTransport): void {
    this.#clients.add(transport);
  }

  /** A connection is lost; its transport calls this. */
  detach(transport: ChannelTransport): void {
    this.#clients.delete(transport);
    this.#wakeUp();
  }

  override getLoop(): AbstractEventLoop {
    return this.#loop;
  }

  override isServing(): boolean {
    return this.#serving;
  }

  override close(): void {
    const listeners = this.#listeners;
    if (listeners === null) return;
    this.#listeners = null;
    this.#serving = false;
    for (const listener of listeners) listener.stop();
    this.#servingForever?.cancel();
    this.#servingForever = null;
    this.#wakeUp();
  }

  override closeClients(): void {
    for (const transport of [...this.#clients]) transport.close();
  }

  override abortClients(): void {
    for (const transport of [...this.#clients]) transport.abort();
  }

  /** Begins to accept connections. @internal */
  _startServing(): void {
    if (this.#serving) return;
    this.#serving = true;
    for (const listener of this.#listeners ?? []) listener.start(this);
  }

  override *startServing(): Coroutine<void> {
    this.#checkOpen();
    this._startServing();
    yield* sleep(0);
  }

  override *serveForever(): Coroutine<never> {
    if (this.#servingForever !== null)
      throw new RuntimeError(`server ${repr(this)} is already being awaited on serve_forever()`);
    this.#checkOpen();
    this._startServing();
    const forever = new Future<never>({ loop: this.#loop });
    this.#servingForever = forever;
    try {
      return yield* forever;
    } catch (error) {
      if (!isCancelled(error)) throw error;
      // asyncio closes the clients too since 3.14: nobody serves them any more.
      this.close();
      this.closeClients();
      yield* this.waitClosed();
      throw error;
    } finally {
      this.#servingForever = null;
    }
  }

  override *waitClosed(): Coroutine<void> {
    if (this.#waiters === null) return;
    const waiter = new Future<void>({ loop: this.#loop });
    this.#waiters.push(waiter);
    yield* waiter;
  }

  #checkOpen(): void {
    if (this.#listeners === null) throw new RuntimeError(`server ${repr(this)} is closed`);
  }

  /** Lets go those who wait, if it is closed and the last connection has ended. */
  #wakeUp(): void {
    if (this.#listeners !== null || this.#clients.size > 0) return;
    const waiters = this.#waiters ?? [];
    this.#waiters = null;
    for (const waiter of waiters) release(waiter);
  }

  override toString(): string {
    return this._repr();
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, Server, 'Server');
  }

  /** @internal */
  _repr(): string {
    return `<${this._kind} sockets=[${this.sockets.map(({ url }) => url).join(', ')}]>`;
  }
}

/** What every channel's `listen` ends with: begins to accept connections, unless the options say otherwise. */
export function* serve(server: Server, options: ServerOptions): Coroutine<Server> {
  if (options.startServing ?? true) yield* server.startServing();
  return server;
}
