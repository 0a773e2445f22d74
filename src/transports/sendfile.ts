/**
 * sendfile: writes a Blob to a transport, piece by piece.
 *
 * Source: BaseEventLoop.sendfile, its fallback and _SendfileFallbackProtocol of Lib/asyncio/base_events.py, CPython
 * 3.14. A page has no system call to do it in one go, so the fallback is all there is. A Blob has no file position;
 * `progress` says how far it came.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { RuntimeError, SendfileNotAvailableError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import type { BaseTransportLike, ProtocolLike, SendfileOptions } from '../core/network.ts';
import { ConnectionError } from '../core/os-errors.ts';
import { Future, release } from '../tasks/futures.ts';
import { fromPromise } from '../tasks/promises.ts';
import { Protocol } from './protocols.ts';
import { FlowControlTransport } from './transports.ts';

/** How many bytes are read and written at a time (constants.py). */
const SENDFILE_FALLBACK_READBUFFER_SIZE = 256 * 1024;

/** Stands in for the protocol of the transport while a file is sent. */
class SendfileProtocol extends Protocol {
  readonly #loop: AbstractEventLoop;
  readonly #transport: FlowControlTransport;
  readonly #protocol: ProtocolLike;
  readonly #wasReading: boolean;
  /** Whether the protocol that it stands in for believes that writing is paused. */
  readonly #wasPaused: boolean;
  #writable: Future<void> | null = null;
  #lost: Error | null = null;

  constructor(loop: AbstractEventLoop, transport: FlowControlTransport) {
    super();
    this.#loop = loop;
    this.#transport = transport;
    this.#protocol = transport.getProtocol() as ProtocolLike; // it is not closing
    this.#wasReading = transport.isReading();
    this.#wasPaused = transport._protocolPaused;
    if (this.#wasPaused) this.pauseWriting();
    transport.pauseReading();
    transport.setProtocol(this);
  }

  /** Waits until the transport takes more. */
  *drain(): Coroutine<void> {
    if (this.#writable !== null) yield* this.#writable;
    if (this.#lost !== null) throw this.#lost;
    if (this.#transport.isClosing()) throw new ConnectionError('Connection closed by peer');
  }

  override connectionMade(): void {
    throw new RuntimeError('Invalid state: connection should have been established already.');
  }

  override connectionLost(exc: Error | null): void {
    this.#lost = exc ?? new ConnectionError('Connection is closed by peer');
    this.resumeWriting();
    this.#protocol.connectionLost(exc);
  }

  override pauseWriting(): void {
    this.#writable ??= new Future({ loop: this.#loop });
  }

  override resumeWriting(): void {
    if (this.#writable !== null) release(this.#writable);
    this.#writable = null;
  }

  override dataReceived(): void {
    throw new RuntimeError('Invalid state: reading should be paused');
  }

  override eofReceived(): void {
    throw new RuntimeError('Invalid state: reading should be paused');
  }

  /** Gives the transport back to its protocol, and tells that if writing is paused or not by now. */
  restore(): void {
    if (this.#lost !== null) return;
    this.#transport.setProtocol(this.#protocol);
    if (this.#wasReading) this.#transport.resumeReading();
    const isPaused = this.#writable !== null;
    if (isPaused !== this.#wasPaused) this.#protocol[isPaused ? 'pauseWriting' : 'resumeWriting']();
  }
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0)
    throw new RangeError(`${name} must be a non-negative integer (got ${repr(value)})`);
}

/** See `AbstractEventLoop.sendfile`. */
export function* sendBlob(
  loop: AbstractEventLoop,
  transport: BaseTransportLike,
  file: Blob,
  { offset = 0, count = null, fallback = true, progress }: SendfileOptions,
): Coroutine<number> {
  if (transport.isClosing()) throw new RuntimeError('Transport is closing');
  if (!(transport instanceof FlowControlTransport))
    throw new RuntimeError(`sendfile is not supported for transport ${repr(transport)}`);
  if (!fallback) {
    throw new SendfileNotAvailableError(
      `fallback is disabled and native sendfile is not supported for transport ${repr(transport)}`,
    );
  }
  if (!(file instanceof Blob)) throw new TypeError(`file must be a Blob or a File, got ${repr(file)}`);
  checkCount('offset', offset);
  if (count !== null) checkCount('count', count);
  const end = Math.min(file.size, count === null ? Infinity : offset + count);
  const total = Math.max(0, end - offset);
  const protocol = new SendfileProtocol(loop, transport);
  try {
    for (let at = offset; at < end; ) {
      const next = Math.min(end, at + SENDFILE_FALLBACK_READBUFFER_SIZE);
      const piece = yield* fromPromise(file.slice(at, next).arrayBuffer());
      yield* protocol.drain();
      transport.write(piece);
      at = next;
      progress?.(at - offset, total);
    }
    return total;
  } finally {
    protocol.restore();
  }
}
