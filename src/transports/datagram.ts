/**
 * The base of the endpoints of datagrams, whatever carries them.
 *
 * Source: _SelectorDatagramTransport of Lib/asyncio/selector_events.py, CPython 3.14. The calls are asyncio's:
 * `connectionMade`, then `datagramReceived` and `errorReceived`, at the end `connectionLost` once, all of them in
 * callbacks of the loop. What comes while so many datagrams wait for the protocol is dropped, as a kernel does it.
 */

import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { isExit } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import type { Bytes, BytesLike, DatagramProtocolLike, ProtocolLike } from '../core/network.ts';
import type { Future } from '../tasks/futures.ts';
import { release } from '../tasks/futures.ts';
import { asBytes } from './bytes.ts';
import type { ExtraInfo } from './transports.ts';
import { DatagramTransport } from './transports.ts';

/** How many datagrams may wait for the protocol. */
const MAX_WAITING = 1024;

/** The base of the endpoints of datagrams. */
export abstract class DatagramEndpoint extends DatagramTransport {
  protected readonly loop: AbstractEventLoop;
  #protocol: ProtocolLike | null;
  readonly #context = copyContext();
  #closing = false;
  #waiting = 0;
  /** How many datagrams were dropped because too many waited. */
  dropped = 0;

  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, waiter: Future<void>, extra: ExtraInfo) {
    super(extra);
    this.loop = loop;
    this.#protocol = protocol;
    loop._channelOpened(1);
    this.#later(() => {
      try {
        protocol.connectionMade(this);
      } finally {
        release(waiter);
      }
    });
  }

  /** Sends it to `addr`, or, for null, wherever the endpoint is bound to. */
  protected abstract send(data: Uint8Array, addr: unknown): void;
  /** Lets go of what carries the datagrams. */
  protected abstract release(): void;

  override isClosing(): boolean {
    return this.#closing;
  }
  override getProtocol(): ProtocolLike | null {
    return this.#protocol;
  }
  override setProtocol(protocol: ProtocolLike): void {
    this.#protocol = protocol;
  }

  override sendto(data: BytesLike, addr: unknown = null): void {
    const bytes = asBytes(data);
    if (!this.#closing) this.send(bytes, addr);
  }

  override close(): void {
    this.lost(null);
  }
  override abort(): void {
    this.lost(null);
  }

  /** A datagram has come. */
  protected received(data: Bytes, addr: unknown): void {
    if (this.#waiting >= MAX_WAITING) {
      this.dropped += 1;
      return;
    }
    this.#waiting += 1;
    this.#later(() => {
      this.#waiting -= 1;
      if (!this.#closing) (this.#protocol as DatagramProtocolLike).datagramReceived(data, addr);
    });
  }

  /** Something went wrong that the endpoint survives. */
  protected failed(exc: Error): void {
    this.#later(() => {
      if (!this.#closing) (this.#protocol as DatagramProtocolLike).errorReceived(exc);
    });
  }

  /** It has ended: the protocol is told so, once. */
  protected lost(exc: Error | null): void {
    if (this.#closing) return;
    this.#closing = true;
    this.release();
    this.loop._channelOpened(-1);
    this.#later(() => {
      const protocol = this.#protocol;
      this.#protocol = null;
      protocol?.connectionLost(exc);
    });
  }

  /** Calls back in the next iteration; an error of the protocol is reported and ends the endpoint, as in asyncio. */
  #later(callback: () => void): void {
    if (this.loop.isClosed()) {
      if (!this.#closing) this.release();
      this.#closing = true;
      return;
    }
    this.loop._callSoonIn(this.#context, () => {
      try {
        callback();
      } catch (exception) {
        // Nothing is awaited here, so no cancellation passes; interrupt and exit go on.
        if (isExit(exception)) throw exception;
        const message = 'Fatal error: protocol of datagrams';
        this.loop.callExceptionHandler({ message, exception, transport: this, protocol: this.#protocol });
        this.lost(exception instanceof Error ? exception : null);
      }
    });
  }

  /** @internal */
  _repr(): string {
    return `<DatagramTransport ${repr(this.getExtraInfo('url'))}${this.#closing ? ' closing' : ''}>`;
  }

  override toString(): string {
    return this._repr();
  }
}
