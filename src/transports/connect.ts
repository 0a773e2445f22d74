/**
 * The network methods of a loop: finds the channel of a URL, loads it, and has it do the work.
 *
 * Source: create_connection, create_server, create_datagram_endpoint, connect_read_pipe, connect_write_pipe and
 * sendfile of Lib/asyncio/base_events.py, CPython 3.14, where host and port stand for the URL.
 *
 * A loop loads this file when one of these methods is first awaited, and this file loads a channel's when its scheme
 * is first met: a program that does not touch the network carries none of it. To add a channel, write a module whose
 * exports are a {@link Channel}'s functions and name it below.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { Channel } from '../core/channel.ts';
import type { AbstractEventLoop, ServerLike } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import type {
  BaseTransportLike,
  Bytes,
  ConnectionOptions,
  DatagramOptions,
  DatagramTransportLike,
  ProtocolLike,
  ReadTransportLike,
  SendfileOptions,
  ServerOptions,
  TransportLike,
  WriteTransportLike,
} from '../core/network.ts';
import { fromPromise } from '../tasks/promises.ts';

/** The channels, by the scheme of their URLs, as `URL.protocol` has it. */
const CHANNELS: Readonly<Record<string, () => Promise<Channel>>> = {
  'mem:': () => import('./memory.ts'),
  'ws:': () => import('./websocket.ts'),
  'wss:': () => import('./websocket.ts'),
  'http:': () => import('./http.ts'),
  'https:': () => import('./http.ts'),
  'wt:': () => import('./webtransport.ts'),
  'port:': () => import('./message-port.ts'),
  'channel:': () => import('./broadcast.ts'),
};

/** A loop that says what stands behind a scheme: a BaseEventLoop. */
interface ChannelLoop extends AbstractEventLoop {
  channelFor(scheme: string): Coroutine<Channel>;
}

/** The library's own channel of a scheme. See `BaseEventLoop.channelFor`. */
export function* loadChannel(_loop: AbstractEventLoop, scheme: string): Coroutine<Channel> {
  const load = Object.hasOwn(CHANNELS, scheme) ? CHANNELS[scheme] : undefined;
  if (load === undefined) {
    const known = Object.keys(CHANNELS).join(' ');
    throw new RangeError(`Cannot use a URL that begins with ${repr(scheme)}: the channels are ${known}`);
  }
  return yield* fromPromise(load());
}

/** What of a channel a URL is used for, and how that is said. */
const PURPOSES = { connect: 'connected to', listen: 'served', openDatagrams: 'used for datagrams' } as const;

/** The function of a channel that is to do the work, and the URL it is to do it with. */
function* find<K extends keyof Channel>(
  loop: ChannelLoop,
  name: K,
  protocolFactory: unknown,
  given: string | URL,
): Coroutine<[NonNullable<Channel[K]>, URL]> {
  if (typeof protocolFactory !== 'function')
    throw new TypeError(`a callable object was expected as protocolFactory, got ${repr(protocolFactory)}`);
  const url = parse(given);
  const found = (yield* loop.channelFor(url.protocol))[name];
  if (found === undefined)
    throw new RangeError(`Cannot use '${url}': a '${url.protocol}' URL cannot be ${PURPOSES[name]}`);
  return [found, url];
}

function parse(given: string | URL): URL {
  try {
    // Relative to the page; a Worker that was made from a Blob has no address to be relative to.
    return new URL(given, globalThis.location?.href);
  } catch (cause) {
    // URL's own error, which names neither the URL nor, in every engine, the matter. Nothing is awaited here.
    throw new RangeError(`Cannot use ${repr(given)}: it is not a URL`, { cause });
  }
}

export function* createConnection<P extends ProtocolLike>(
  loop: ChannelLoop,
  protocolFactory: () => P,
  url: string | URL,
  options?: ConnectionOptions,
): Coroutine<[transport: TransportLike, protocol: P]> {
  const [connect, parsed] = yield* find(loop, 'connect', protocolFactory, url);
  return yield* connect(loop, protocolFactory, parsed, options ?? {});
}

export function* createServer(
  loop: ChannelLoop,
  protocolFactory: () => ProtocolLike,
  url: string | URL,
  options?: ServerOptions,
): Coroutine<ServerLike> {
  const [listen, parsed] = yield* find(loop, 'listen', protocolFactory, url);
  return yield* listen(loop, protocolFactory, parsed, options ?? {});
}

export function* createDatagramEndpoint<P extends ProtocolLike>(
  loop: ChannelLoop,
  protocolFactory: () => P,
  url: string | URL,
  options?: DatagramOptions,
): Coroutine<[transport: DatagramTransportLike, protocol: P]> {
  const [open, parsed] = yield* find(loop, 'openDatagrams', protocolFactory, url);
  return yield* open(loop, protocolFactory, parsed, options ?? {});
}

export function* connectReadPipe<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  pipe: ReadableStream<ArrayBufferView | ArrayBufferLike>,
): Coroutine<[transport: ReadTransportLike, protocol: P]> {
  const { openReadPipe } = yield* fromPromise(import('./pipes.ts'));
  return yield* openReadPipe(loop, protocolFactory, pipe);
}

export function* connectWritePipe<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  pipe: WritableStream<Bytes>,
): Coroutine<[transport: WriteTransportLike, protocol: P]> {
  const { openWritePipe } = yield* fromPromise(import('./pipes.ts'));
  return yield* openWritePipe(loop, protocolFactory, pipe);
}

export function* sendfile(
  loop: AbstractEventLoop,
  transport: BaseTransportLike,
  file: Blob,
  options?: SendfileOptions,
): Coroutine<number> {
  const { sendBlob } = yield* fromPromise(import('./sendfile.ts'));
  return yield* sendBlob(loop, transport, file, options ?? {});
}
