/**
 * Datagrams over BroadcastChannel: a group of all the endpoints of an origin that have the same URL, `channel:name`.
 *
 * What is sent without an address reaches every other member; with the address of a member, as `datagramReceived` is
 * given it, that member alone. `getExtraInfo('sockname')` is one's own address.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { repr } from '../core/format-helpers.ts';
import type { Bytes, ProtocolLike } from '../core/network.ts';
import { Future } from '../tasks/futures.ts';
import { DatagramEndpoint } from './datagram.ts';

/** A name that nobody else has. */
export function makeId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');
}

/** What goes over the channel. */
interface Datagram {
  readonly from: string;
  readonly to: string | null;
  readonly data: Bytes;
}

class BroadcastEndpoint extends DatagramEndpoint {
  readonly #channel: BroadcastChannel;
  readonly #address: string;

  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, url: string, waiter: Future<void>) {
    const address = `${url}#${makeId()}`;
    super(loop, protocol, waiter, { url, sockname: address });
    this.#address = address;
    // Datagrams and connections of one URL do not meet.
    this.#channel = new BroadcastChannel(`${url} datagrams`);
    this.#channel.onmessage = ({ data: datagram }: MessageEvent<Datagram>) => {
      const { from, to, data } = datagram;
      if (to === null || to === address) this.received(data, from);
    };
  }

  protected override send(data: Uint8Array, addr: unknown): void {
    if (addr !== null && typeof addr !== 'string')
      throw new TypeError(`addr must be the address of a member or null, got ${repr(addr)}`);
    const datagram: Datagram = { from: this.#address, to: addr, data: data.slice() };
    this.#channel.postMessage(datagram);
  }

  protected override release(): void {
    this.#channel.onmessage = null;
    this.#channel.close();
  }
}

/** Joins the group of a URL. */
export function* openDatagrams<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  { href }: URL,
): Coroutine<[BroadcastEndpoint, P]> {
  const protocol = protocolFactory();
  const waiter = new Future<void>({ loop });
  const transport = new BroadcastEndpoint(loop, protocol, href, waiter);
  try {
    yield* waiter;
  } catch (error) {
    transport.abort();
    throw error;
  }
  return [transport, protocol];
}
