/**
 * The channel `port:`: connections to a Worker, a frame, or whoever has the other end of a MessagePort.
 *
 * `port:` alone means the port itself: it becomes the connection, and both sides call `createConnection`. With a name,
 * `port:name`, any number of connections go by way of a port that is also used for other messages, such as a Worker or,
 * in a Worker, `self`: one side serves the name, the other connects to it, and each connection gets a port of its own.
 * The server must be there before: what is posted to nobody is lost.
 */

import type { AbstractServer } from '../core/abstract-server.ts';
import type { Coroutine } from '../core/awaitable.ts';
import type { PortConnectionOptions, PortLike } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import type { ProtocolLike, ServerOptions } from '../core/network.ts';
import { Future } from '../tasks/futures.ts';
import { opened } from './channel.ts';
import { listen as listenTo } from './events.ts';
import { firstAnswer } from './handshake.ts';
import type { PortOptions } from './port-transport.ts';
import { PortTransport } from './port-transport.ts';
import type { Listener } from './server.ts';
import { Server, serve } from './server.ts';

/** The key of a message that asks for a connection; its value is the name. */
const CONNECT = 'asyncio-web:connect';

function checkPort(port: unknown): PortLike {
  const given = port as Partial<PortLike> | null | undefined;
  if (typeof given?.postMessage !== 'function' || typeof given.addEventListener !== 'function')
    throw new TypeError(`option 'port' must be a MessagePort, a Worker or self, got ${repr(port)}`);
  return given as PortLike;
}

/** Makes the transport, and waits until its protocol has been told. */
export function* openPort<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  port: PortLike,
  options: PortOptions,
): Coroutine<[PortTransport, P]> {
  const waiter = new Future<void>({ loop });
  const protocol = protocolFactory();
  const extra = { url: options.url, peername: options.url };
  const transport = new PortTransport(loop, protocol, port, { extra, waiter, ...options });
  return yield* opened(transport, protocol, waiter);
}

/** Connects by way of a port. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  { href: url, pathname: name }: URL,
  options: PortConnectionOptions,
): Coroutine<[PortTransport, P]> {
  const target = checkPort(options.port);
  if (name === '') return yield* openPort(loop, protocolFactory, target, { url, transfers: true });
  const { port1: port, port2 } = new MessageChannel();
  target.postMessage({ [CONNECT]: name }, [port2]);
  try {
    const isOpen = (message: unknown): true | null => (message === 'open' ? true : null);
    const [, early] = yield* firstAnswer(loop, port, url, isOpen, options);
    return yield* openPort(loop, protocolFactory, port, { url, transfers: true, early });
  } catch (error) {
    // The other side may have accepted it meanwhile.
    port.postMessage('abort');
    port.close();
    throw error;
  }
}

class PortListener implements Listener {
  readonly url: string;
  readonly #name: string;
  readonly #loop: AbstractEventLoop;
  readonly #port: PortLike;
  #forget: (() => void) | null = null;

  constructor({ href, pathname }: URL, loop: AbstractEventLoop, port: PortLike) {
    this.url = href;
    this.#name = pathname;
    this.#loop = loop;
    this.#port = port;
  }

  start(server: Server): void {
    this.#forget = listenTo<MessageEvent>(this.#port, 'message', ({ data, ports: [port] }) => {
      if (port === undefined || (data as Record<string, unknown> | null)?.[CONNECT] !== this.#name) return;
      if (this.#loop.isClosed()) this.stop();
      else this.#loop.callSoonThreadsafe(() => this.#accept(server, port));
    });
    this.#port.start?.();
    this.#loop._channelOpened(1);
  }

  #accept(server: Server, port: MessagePort): void {
    if (this.#forget === null) {
      port.close(); // stopped meanwhile
      return;
    }
    const { url } = this;
    const extra = { url, peername: null };
    const made = server.accept((protocol, owner) => {
      port.postMessage('open');
      return new PortTransport(this.#loop, protocol, port, { url, extra, server: owner, transfers: true });
    });
    if (made === null) port.close();
  }

  stop(): void {
    if (this.#forget === null) return;
    this.#forget();
    this.#forget = null;
    this.#loop._channelOpened(-1);
  }
}

/** Serves a name by way of a port. */
export function* listen(
  loop: AbstractEventLoop,
  protocolFactory: () => ProtocolLike,
  url: URL,
  options: ServerOptions,
): Coroutine<AbstractServer> {
  const port = checkPort(options.port);
  if (url.pathname === '') throw new RangeError("Cannot serve 'port:': it needs a name, such as 'port:name'");
  return yield* serve(new Server(loop, [new PortListener(url, loop, port)], protocolFactory), options);
}
