/**
 * The channel `mem:`: connections within a page, over memory.
 *
 * There is no file of CPython to follow; what a kernel does for two sockets of one machine is the model. Each side has
 * room for 64 KiB that have come and are not read; when it is full the writer's own buffer grows, and its protocol is
 * paused. Names belong to the page, as ports to a machine: two loops of a page can talk.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop, ServerLike } from '../core/events.ts';
import { nameOf } from '../core/format-helpers.ts';
import type {
  Bytes,
  ConnectionOptions,
  ProtocolLike,
  ServerOptions,
  TransportLike,
} from '../core/network.ts';
import { BrokenPipeError, ConnectionRefusedError, ConnectionResetError, OSError } from '../core/os-errors.ts';
import { Future } from '../tasks/futures.ts';
import { ChannelTransport, opened } from './channel.ts';
import type { Listener } from './server.ts';
import { Server, serve } from './server.ts';

/** How many bytes a side takes that its protocol has not been given yet. */
const CAPACITY = 64 * 1024;

/** One side of a connection over memory. */
export class MemoryTransport extends ChannelTransport {
  #peer: MemoryTransport | null = null;
  /** False while the other side is still to be made, and nothing can be sent. */
  #connected = false;
  /** What the other side has done; null while it is there. */
  #peerGone: Error | null = null;

  /** Joins two sides. From now on they can send. */
  static join(one: MemoryTransport, other: MemoryTransport): void {
    one.#join(other);
    other.#join(one);
  }

  /** The other side could not be made. */
  reset(): void {
    this.#leave(true);
  }

  #join(peer: MemoryTransport): void {
    this.#peer = peer;
    this.#connected = true;
    this.writable();
  }

  protected override transmit(data: Uint8Array): number {
    if (this.#peerGone !== null) throw this.#peerGone;
    const peer = this.#peer;
    if (!this.#connected || peer === null) return 0;
    const length = Math.min(data.length, CAPACITY - peer.incomingSize);
    if (length <= 0) return 0;
    peer.feed(data.slice(0, length) as Bytes);
    return length;
  }

  protected override consumed(): void {
    this.#peer?.writable();
  }

  protected override shutdownWrite(): void {
    this.#peer?.feedEof();
  }

  protected override release(): void {
    const peer = this.#peer;
    this.#peer = null;
    if (peer !== null) peer.#leave(this.aborted);
  }

  #leave(aborted: boolean): void {
    this.#peer = null;
    this.#peerGone = new BrokenPipeError('Broken pipe');
    // After an abort something may be missing, which must not look like a regular end.
    if (aborted) this.ended(new ConnectionResetError('Connection reset by peer'));
    else this.feedEof();
    this.writable(); // what waits finds the error
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, MemoryTransport, 'MemoryTransport');
  }
}

/** The names that are served in this page, as the ports of a machine: the one state that this module has. */
const names = /* @__PURE__ */ new Map<string, MemoryListener>();

/** The place of a server among the names. */
class MemoryListener implements Listener {
  readonly url: string;
  readonly loop: AbstractEventLoop;
  #server: Server | null = null;
  /** Connections that came before the server was started. */
  #backlog: MemoryTransport[] = [];

  constructor(url: string, loop: AbstractEventLoop) {
    this.url = url;
    this.loop = loop;
  }

  start(server: Server): void {
    this.#server = server;
    for (const client of this.#backlog.splice(0)) this.connect(client);
  }

  stop(): void {
    this.#server = null;
    if (names.get(this.url) === this) names.delete(this.url);
    for (const client of this.#backlog.splice(0)) client.reset();
  }

  /** A client waits for the other side, which is made in the loop of the server. */
  connect(client: MemoryTransport): void {
    if (this.#server === null) {
      this.#backlog.push(client);
      return;
    }
    this.loop.callSoonThreadsafe(() => {
      if (client.isClosing()) return;
      const extra = { url: this.url, peername: null };
      const made = this.#server?.accept(
        (protocol, server) => new MemoryTransport(this.loop, protocol, { extra, server }),
      );
      if (made) MemoryTransport.join(client, made);
      else client.reset();
    });
  }

  toString(): string {
    return this.url;
  }
}

/** Two transports of a loop that are joined, with their protocols. */
export function joinedTransports(
  loop: AbstractEventLoop,
  one: ProtocolLike,
  other: ProtocolLike,
): [MemoryTransport, MemoryTransport] {
  const pair: [MemoryTransport, MemoryTransport] = [
    new MemoryTransport(loop, one),
    new MemoryTransport(loop, other),
  ];
  MemoryTransport.join(...pair);
  return pair;
}

/** Connects to a name of this page: `mem:name`. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  url: URL,
  _options: ConnectionOptions,
): Coroutine<[transport: TransportLike, protocol: P]> {
  const listener = names.get(url.href);
  if (listener === undefined || listener.loop.isClosed())
    throw new ConnectionRefusedError(`Connect call failed: nobody listens at '${url}'`);
  const protocol = protocolFactory();
  const waiter = new Future<void>({ loop });
  const extra = { url: url.href, peername: url.href };
  const transport = new MemoryTransport(loop, protocol, { waiter, extra });
  listener.connect(transport);
  return yield* opened(transport, protocol, waiter);
}

/** Serves a name of this page: `mem:name`. */
export function* listen(
  loop: AbstractEventLoop,
  protocolFactory: () => ProtocolLike,
  url: URL,
  options: ServerOptions,
): Coroutine<ServerLike> {
  // A server whose loop has been closed cannot be told to give its name free.
  if (names.has(url.href) && !names.get(url.href)?.loop.isClosed())
    throw new OSError(`Cannot listen at '${url}': address already in use`);
  const listener = new MemoryListener(url.href, loop);
  names.set(url.href, listener);
  return yield* serve(new Server(loop, [listener], protocolFactory), options);
}
