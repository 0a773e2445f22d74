/**
 * The channel `wt:`: WebTransport, where the engine has it. `wt://host/path` means the server at `https://host/path`.
 *
 * A connection is one bidirectional stream in a session of its own; datagrams are those of a session. `getExtraInfo`
 * knows 'url' and 'session', the platform's object. A datagram that is larger than the session takes is told to
 * `errorReceived`.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { WebTransportConnectionOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { isCancelled, NotImplementedError } from '../core/exceptions.ts';
import type { Bytes, ProtocolLike } from '../core/network.ts';
import { ConnectionError, ConnectionResetError, OSError } from '../core/os-errors.ts';
import { Future } from '../tasks/futures.ts';
import { fromPromise } from '../tasks/promises.ts';
import { opened } from './channel.ts';
import { DatagramEndpoint } from './datagram.ts';
import { WebStreamTransport } from './web-stream-transport.ts';

const addressOf = (url: URL): string => `https${url.href.slice('wt'.length)}`;

/** Opens a session; `use` gets what is wanted of it. */
function* openSession<T>(
  url: URL,
  options: WebTransportConnectionOptions,
  use: (session: WebTransport) => Promise<T>,
): Coroutine<[session: WebTransport, T]> {
  if (typeof WebTransport === 'undefined')
    throw new NotImplementedError(
      `Cannot connect to ${url}: this engine has no WebTransport; use wss: instead`,
    );
  const session = new WebTransport(addressOf(url), { ...options });
  // Both are told by `use`, or later by a stream of the session.
  session.ready.catch(() => {});
  session.closed.catch(() => {});
  try {
    const open = async (signal: AbortSignal): Promise<T> => {
      try {
        await session.ready;
        return await use(session);
      } catch (error) {
        signal.throwIfAborted(); // it failed because it was closed, below
        throw error;
      }
    };
    return [session, yield* fromPromise(open)];
  } catch (error) {
    session.close();
    if (isCancelled(error)) throw error;
    throw new ConnectionError(`Cannot connect to ${url}: ${(error as Error).message}`, { cause: error });
  }
}

const lost = (url: URL, cause: unknown): Error =>
  new ConnectionResetError(`Connection to ${url} lost: ${(cause as Error | undefined)?.message}`, { cause });

/** Opens a stream. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  url: URL,
  options: WebTransportConnectionOptions,
): Coroutine<[WebStreamTransport, P]> {
  const [session, stream] = yield* openSession(url, options, (open) => open.createBidirectionalStream());
  const waiter = new Future<void>({ loop });
  let protocol: P;
  try {
    protocol = protocolFactory();
  } catch (error) {
    session.close(); // the factory's error
    throw error;
  }
  const transport = new WebStreamTransport(loop, protocol, {
    waiter,
    extra: { url: url.href, peername: url.host, session },
    writable: stream.writable as WritableStream<Bytes>,
    lostError: (cause) => lost(url, cause),
    released: () => session.close(),
  });
  transport.read(stream.readable as ReadableStream<Bytes>);
  return yield* opened(transport, protocol, waiter);
}

class WebTransportEndpoint extends DatagramEndpoint {
  readonly #session: WebTransport;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;

  constructor(
    loop: AbstractEventLoop,
    protocol: ProtocolLike,
    url: URL,
    session: WebTransport,
    waiter: Future<void>,
  ) {
    super(loop, protocol, waiter, { url: url.href, peername: url.host, session });
    this.#session = session;
    this.#writer = session.datagrams.writable.getWriter();
    this.#writer.closed.catch(() => {}); // reading tells
    void this.#read(url);
  }

  async #read(url: URL): Promise<void> {
    const reader = (session: WebTransport): ReadableStreamDefaultReader<Bytes> =>
      session.datagrams.readable.getReader();
    try {
      const source = reader(this.#session);
      for (let step = await source.read(); !step.done; step = await source.read())
        this.received(step.value, url.host);
      this.lost(null);
    } catch (error) {
      // The session's error: nothing of ours runs here but `received`, which only queues.
      this.lost(lost(url, error));
    }
  }

  protected override send(data: Uint8Array): void {
    const { maxDatagramSize } = this.#session.datagrams;
    if (data.length > maxDatagramSize)
      this.failed(
        new OSError(`Message too long: ${data.length} bytes, where ${maxDatagramSize} are the most`),
      );
    else this.#writer.write(data.slice()).catch((error: Error) => this.failed(error));
  }

  protected override release(): void {
    this.#session.close();
  }
}

/** Opens a session for datagrams. */
export function* openDatagrams<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  url: URL,
  options: WebTransportConnectionOptions,
): Coroutine<[WebTransportEndpoint, P]> {
  const [session] = yield* openSession(url, options, async () => null);
  const waiter = new Future<void>({ loop });
  let transport: WebTransportEndpoint;
  let protocol: P;
  try {
    protocol = protocolFactory();
    transport = new WebTransportEndpoint(loop, protocol, url, session, waiter);
  } catch (error) {
    session.close(); // the factory's error
    throw error;
  }
  try {
    yield* waiter;
  } catch (error) {
    transport.abort();
    throw error;
  }
  return [transport, protocol];
}
