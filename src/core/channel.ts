/**
 * Channel: what stands behind a URL's scheme.
 *
 * Source: the `_make_…_transport` hooks of Lib/asyncio/base_events.py, CPython 3.14, by which a loop brings its own
 * transports. Here a scheme names the channel, and `BaseEventLoop.channelFor` is the hook.
 */

import type { Coroutine } from './awaitable.ts';
import type { AbstractEventLoop, ServerLike } from './events.ts';
import type {
  ConnectionOptions,
  DatagramOptions,
  DatagramTransportLike,
  ProtocolLike,
  ServerOptions,
  TransportLike,
} from './network.ts';

/**
 * What opens and serves connections at the URLs of a scheme; what a channel cannot do, it does not have. A module
 * whose exports are these functions is one.
 */
export interface Channel {
  /**
   * Opens a connection. It calls `protocolFactory` once, and returns when the protocol's `connectionMade` has been
   * called. When it throws, or is cancelled, nothing is left open.
   *
   * @throws {ConnectionRefusedError} If nobody listens at `url`, which the message names.
   */
  connect?<P extends ProtocolLike>(
    loop: AbstractEventLoop,
    protocolFactory: () => P,
    url: URL,
    options: ConnectionOptions,
  ): Coroutine<[transport: TransportLike, protocol: P]>;
  /**
   * Makes a server. It accepts connections when it returns, unless `options.startServing` is false.
   *
   * @throws {OSError} If somebody serves `url` already.
   */
  listen?(
    loop: AbstractEventLoop,
    protocolFactory: () => ProtocolLike,
    url: URL,
    options: ServerOptions,
  ): Coroutine<ServerLike>;
  /** Opens an endpoint of datagrams; as `connect`. */
  openDatagrams?<P extends ProtocolLike>(
    loop: AbstractEventLoop,
    protocolFactory: () => P,
    url: URL,
    options: DatagramOptions,
  ): Coroutine<[transport: DatagramTransportLike, protocol: P]>;
}
