/**
 * PortTransport: a stream of bytes over a MessagePort or a BroadcastChannel, for `port:` and `channel:`.
 *
 * On a port each message is one of these:
 *
 *     ArrayBuffer                 data, at most 64 KiB; handed over, where the port can do that
 *     number                      credit: so many bytes have been given to the protocol, and as many may follow
 *     { hello: lock }             the first message of each side; the name of the lock that dies with it, or null
 *     'eof', 'close', 'abort'     no more data; closed, in order or not
 *
 * Flow control is by credit, since a port takes any number of messages: each side sends at most 256 KiB that the other
 * has not given to its protocol yet. While a protocol has paused reading it gives no credit, so the sender's own buffer
 * fills, and its protocol is paused.
 *
 * A side that goes without a word is noticed by its lock (liveness.ts) and, in engines that have it, by the port's
 * `close` event. Where there is neither, nobody can know.
 */

import type { PortLike } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { nameOf } from '../core/format-helpers.ts';
import type { ProtocolLike } from '../core/network.ts';
import { ConnectionResetError } from '../core/os-errors.ts';
import type { ChannelOptions } from './channel.ts';
import { ChannelTransport } from './channel.ts';
import { listen } from './events.ts';
import type { Vital } from './liveness.ts';
import { holdLock, watchLock } from './liveness.ts';

/** How many bytes may be under way, and how many in one message. */
const [WINDOW, PIECE] = [256 * 1024, 64 * 1024];

/** How a port's connection begins. */
export interface PortOptions extends ChannelOptions {
  /** How the connection is called in messages. */
  readonly url: string;
  /** Whether buffers can be handed over; a BroadcastChannel cannot do that. */
  readonly transfers: boolean;
  /** What has come already. */
  readonly early?: readonly unknown[];
}

/** How long, in seconds, a message of the other side may come after its lock has been freed. */
const LAST_WORDS = 1;

/** One side of a connection over a port that is used for nothing else. */
export class PortTransport extends ChannelTransport {
  readonly #port: PortLike;
  readonly #options: PortOptions;
  readonly #forget: (() => void)[];
  readonly #watching = new AbortController();
  #vital: Vital | null = null;
  /** How many bytes may be sent. */
  #credit = WINDOW;
  /** How many bytes came for which no credit was given yet. */
  #owed = 0;
  #peerEnded = false;

  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, port: PortLike, options: PortOptions) {
    super(loop, protocol, options);
    this.#port = port;
    this.#options = options;
    this.#forget = [
      listen<MessageEvent>(port, 'message', ({ data }) => this.#receive(data)),
      listen(port, 'messageerror', () => this.#gone('sent what cannot be read')),
      listen(port, 'close', () => this.#gone('is gone')),
    ];
    loop._channelOpened(1);
    for (const message of options.early ?? []) this.#receive(message);
    port.start?.();
    void this.#greet();
  }

  async #greet(): Promise<void> {
    const vital = await holdLock();
    if (this.#watching.signal.aborted) {
      vital?.release();
      return;
    }
    this.#vital = vital;
    this.#port.postMessage({ hello: vital?.name ?? null });
  }

  #receive(message: unknown): void {
    if (message instanceof ArrayBuffer) {
      this.#owed += message.byteLength;
      this.feed(new Uint8Array(message));
    } else if (typeof message === 'number') {
      this.#credit += message;
      this.writable();
    } else if (message === 'eof') {
      this.feedEof();
    } else if (message === 'close') {
      this.#peerEnded = true;
      this.ended();
    } else if (message === 'abort') {
      this.#gone('broke it off');
    } else if (typeof message === 'object' && message !== null && 'hello' in message) {
      if (typeof message.hello === 'string')
        void watchLock(message.hello, this.#watching.signal, () => this.#lockFreed());
    }
  }

  /** Locks and messages come by different ways: a goodbye may still be under way. */
  #lockFreed(): void {
    if (this.loop.isClosed()) return;
    const timer = this.loop.callLater(LAST_WORDS, () => this.#gone('is gone'));
    this.#forget.push(() => timer.cancel());
  }

  #gone(what: string): void {
    if (this.#peerEnded) return;
    this.#peerEnded = true;
    this.ended(new ConnectionResetError(`${this.#options.url}: the other side ${what}`));
  }

  protected override transmit(data: Uint8Array): number {
    let sent = 0;
    while (sent < data.length && this.#credit > 0) {
      const { buffer } = data.slice(sent, sent + Math.min(PIECE, this.#credit));
      sent += buffer.byteLength;
      this.#credit -= buffer.byteLength;
      this.#port.postMessage(buffer, this.#options.transfers ? [buffer as ArrayBuffer] : []);
    }
    return sent;
  }

  protected override consumed(): void {
    const credit = this.#owed - this.incomingSize;
    if (credit < WINDOW / 4) return;
    this.#owed -= credit;
    this.#port.postMessage(credit);
  }

  protected override shutdownWrite(): void {
    this.#port.postMessage('eof');
  }

  protected override release(): void {
    if (!this.#peerEnded) this.#port.postMessage(this.aborted ? 'abort' : 'close');
    for (const forget of this.#forget) forget();
    this.#watching.abort();
    this.#vital?.release();
    this.#port.close?.();
    this.loop._channelOpened(-1);
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, PortTransport, 'PortTransport');
  }
}
