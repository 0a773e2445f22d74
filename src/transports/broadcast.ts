/**
 * The channel `channel:`: connections between the tabs, frames and Workers of an origin, and groups of datagrams, over
 * BroadcastChannel.
 *
 * All that is said in a BroadcastChannel reaches everybody of its name, so a connection moves to a name of its own.
 * On the lobby, whose name is the URL, the client posts `{ connect: id }`; on the line, `url#id`, whoever serves the URL
 * answers `{ open: server }`; the client takes the first with `{ take: server }`, and from then on the line belongs to
 * the two of them. A server that begins posts 'listening', and clients that wait ask again.
 */

import type { AbstractServer } from '../core/abstract-server.ts';
import type { Coroutine } from '../core/awaitable.ts';
import type { HandshakeOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import type { ProtocolLike, ServerOptions } from '../core/network.ts';
import { makeId } from './broadcast-datagrams.ts';
import { listen as listenTo } from './events.ts';
import { firstAnswer, Inbox } from './handshake.ts';
import { openPort } from './message-port.ts';
import { PortTransport } from './port-transport.ts';
import type { Listener } from './server.ts';
import { Server, serve } from './server.ts';

export { openDatagrams } from './broadcast-datagrams.ts';

/** How long, in seconds, a client that was answered has to take the answer. */
const TAKE_TIMEOUT = 5;

/** The property of a message, if it is an object that has it as a string. */
function field(message: unknown, name: string): string | null {
  const value = (message as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : null;
}

/** Connects to whoever serves the URL in this origin. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  { href: url }: URL,
  options: HandshakeOptions,
): Coroutine<[PortTransport, P]> {
  const id = makeId();
  const lobby = new BroadcastChannel(url);
  const line = new BroadcastChannel(`${url}#${id}`);
  const ask = (): void => lobby.postMessage({ connect: id });
  lobby.onmessage = ({ data }) => {
    if (data === 'listening') ask();
  };
  try {
    ask();
    const isOpen = (message: unknown): string | null => field(message, 'open');
    const [take, others] = yield* firstAnswer(loop, line, url, isOpen, options);
    line.postMessage({ take });
    // The offers of other servers are none of the connection's business.
    const early = others.filter((message) => isOpen(message) === null);
    return yield* openPort(loop, protocolFactory, line, { url, transfers: false, early });
  } catch (error) {
    line.postMessage('abort');
    line.close();
    throw error;
  } finally {
    lobby.close();
  }
}

class BroadcastListener implements Listener {
  readonly url: string;
  readonly #loop: AbstractEventLoop;
  readonly #id = makeId();
  #lobby: BroadcastChannel | null = null;
  /** What ends each offer that was not taken yet, by the client's id: its line is kept or closed. */
  readonly #offers = new Map<string, (how: 'keep' | 'leave' | 'abort') => void>();

  constructor(url: string, loop: AbstractEventLoop) {
    this.url = url;
    this.#loop = loop;
  }

  start(server: Server): void {
    const lobby = new BroadcastChannel(this.url);
    this.#lobby = lobby;
    listenTo<MessageEvent>(lobby, 'message', ({ data }) => {
      const id = field(data, 'connect');
      if (id === null || this.#offers.has(id)) return;
      if (this.#loop.isClosed()) this.stop();
      else this.#offer(server, id);
    });
    lobby.postMessage('listening');
    this.#loop._channelOpened(1);
  }

  #offer(server: Server, id: string): void {
    const line = new BroadcastChannel(`${this.url}#${id}`);
    const inbox = new Inbox(line, (message) => {
      const taken = field(message, 'take');
      if (taken === null && message !== 'abort') return false;
      if (this.#loop.isClosed()) this.stop();
      else if (taken === this.#id) this.#loop.callSoonThreadsafe(() => this.#accept(server, id, line, inbox));
      else forget('leave');
      return true;
    });
    const forget = (how: 'keep' | 'leave' | 'abort'): void => {
      this.#offers.delete(id);
      timer.cancel();
      if (how === 'keep') return;
      inbox.take();
      // The client may believe that it is connected.
      if (how === 'abort') line.postMessage('abort');
      line.close();
    };
    const timer = this.#loop.callLater(TAKE_TIMEOUT, () => forget('abort'));
    this.#offers.set(id, forget);
    line.postMessage({ open: this.#id });
  }

  #accept(server: Server, id: string, line: BroadcastChannel, inbox: Inbox): void {
    const forget = this.#offers.get(id);
    if (forget === undefined) return; // stopped, or given up by the client
    const { url } = this;
    const extra = { url, peername: `${url}#${id}` };
    const made = server.accept((protocol, owner) => {
      const early = inbox.take();
      return new PortTransport(this.#loop, protocol, line, {
        url,
        extra,
        server: owner,
        transfers: false,
        early,
      });
    });
    forget(made === null ? 'abort' : 'keep');
  }

  stop(): void {
    if (this.#lobby === null) return;
    this.#lobby.close();
    this.#lobby = null;
    for (const forget of this.#offers.values()) forget('abort');
    this.#loop._channelOpened(-1);
  }
}

/** Serves the URL for the whole origin. Several may serve the same one: a client gets the first that answers. */
export function* listen(
  loop: AbstractEventLoop,
  protocolFactory: () => ProtocolLike,
  { href: url }: URL,
  options: ServerOptions,
): Coroutine<AbstractServer> {
  return yield* serve(new Server(loop, [new BroadcastListener(url, loop)], protocolFactory), options);
}
