/**
 * ChannelTransport: what the transports of all channels have in common.
 *
 * Source: _SelectorTransport and _SelectorSocketTransport of Lib/asyncio/selector_events.py, CPython 3.14. There the
 * kernel has a buffer on either side and says when it can be read or written; a channel of the web platform hands
 * messages to a listener, and has a buffer that may be asked for its size. So this class has both buffers, and a
 * channel is reduced to a few methods: take bytes off my hands, stop and start the source, close.
 *
 * The order of the calls is asyncio's: `connectionMade`; then data, at most 256 KiB an iteration, and at its end
 * `eofReceived`; `connectionLost` once, through callSoon, after everything else. All of them run in callbacks of the
 * loop and in the context in which the transport was made. A channel may call `feed` and its kin from anywhere, also
 * from a listener between two ticks.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { Context } from '../core/contextvars.ts';
import { copyContext } from '../core/contextvars.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { asError, isExit, RuntimeError } from '../core/exceptions.ts';
import { nameOf } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';
import type {
  BufferedProtocolLike,
  Bytes,
  BytesLike,
  ProtocolLike,
  StreamProtocolLike,
} from '../core/network.ts';
import { BrokenPipeError, OSError } from '../core/os-errors.ts';
import { Ring } from '../core/ring.ts';
import type { Future } from '../tasks/futures.ts';
import { setResultUnlessCancelled } from '../tasks/sleep.ts';
import { asBytes } from './bytes.ts';
import { isBuffered } from './protocols.ts';
import type { ExtraInfo } from './transports.ts';
import { FlowControlTransport } from './transports.ts';

/** How many bytes a protocol is given in one iteration, so that one connection does not starve the others. */
const MAX_READ = 256 * 1024;

/** After the connection is lost, writes are logged from this one on (constants.py). */
const LOG_THRESHOLD_FOR_CONNLOST_WRITES = 5;

/** What a transport tells the server that it belongs to. */
export interface Attachable {
  /** The connection has begun. */
  attach(transport: ChannelTransport): void;
  /** The connection is lost. */
  detach(transport: ChannelTransport): void;
}

/** How a transport begins. */
export interface ChannelOptions {
  /** Gets its result when `connectionMade` has been called. */
  readonly waiter?: Future<void> | null;
  /** What `getExtraInfo` gives. */
  readonly extra?: ExtraInfo | null;
  /** The server that accepted the connection. */
  readonly server?: Attachable | null;
}

/** A protocol of either kind, as what it may be asked for. */
type AnyProtocol = StreamProtocolLike & BufferedProtocolLike;

/** Tells of transports that are collected while they are open. */
const unclosed = /* @__PURE__ */ new FinalizationRegistry<string>((text) =>
  logger.warning(`unclosed transport ${text}`),
);

/**
 * The base of the transports of channels: both buffers, flow control in both directions, and the order of closing.
 * For authors of transports.
 *
 * A channel overrides `transmit`, and as it needs them `inFlight`, `startReading`, `stopReading`, `consumed`,
 * `shutdownWrite`, `finish` and `release`. It calls `feed` and `feedEof` with what comes, `writable` when there is
 * room again, `lost` when the connection has ended, and `fail` when it broke.
 *
 * @example
 * // A transport to the console, which says nothing.
 * class ConsoleTransport extends ChannelTransport {
 *   protected override transmit(data: Uint8Array): number {
 *     console.log(new TextDecoder().decode(data));
 *     return data.length; // all of it
 *   }
 * }
 * const transport = new ConsoleTransport(getRunningLoop(), new Protocol());
 * transport.write(new TextEncoder().encode('hello'));
 * transport.close();
 */
export abstract class ChannelTransport extends FlowControlTransport {
  /** The bytes that are not sent yet. Most transports never have any, hence no ring at the start. */
  #outgoing: Ring<Uint8Array> | null = null;
  #outgoingSize = 0;
  /** What is left of the first piece, which was sent in part. */
  #outgoingRest: Uint8Array | null = null;
  /** The bytes that have come and are not given to the protocol yet. */
  #incoming: Ring<Bytes> | null = null;
  #incomingSize = 0;
  /** What is left of the first piece, which the protocol's buffer had no room for. */
  #incomingRest: Bytes | null = null;
  #endOfInput = false;
  /** What the other side has closed the connection with, which is more than the end of its data. */
  #end: Error | null | undefined;
  #eofDelivered = false;
  #deliverySoon = false;
  #flushSoon = false;
  #started = false;
  #paused = false;
  #closing = false;
  #aborted = false;
  #eofWritten = false;
  #shutDown = false;
  #lossScheduled = false;
  /** Above 0 once nothing can be written any more; then it counts the writes. */
  #connLost = 0;
  #server: Attachable | null;
  readonly #context: Context = copyContext();

  /**
   * @param loop Whose callbacks call the protocol.
   * @param protocol What is told of the connection, from the next iteration on.
   */
  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, options?: ChannelOptions) {
    super(loop, options?.extra);
    this.setProtocol(protocol);
    this.#server = options?.server ?? null;
    this.#server?.attach(this);
    this.later(() => protocol.connectionMade(this));
    // Data comes only when connectionMade() has been called, ...
    this.later(() => this.#start());
    // ... and so does the caller.
    const waiter = options?.waiter ?? null;
    if (waiter !== null) this.later(() => setResultUnlessCancelled(waiter, undefined));
    unclosed.register(this, String(this._kind), this);
  }

  // What a channel overrides

  /** What it is called in messages of errors. */
  protected get medium(): string {
    return 'socket';
  }

  /**
   * Sends as many of the bytes as there is room for, from the first on, and gives their number. It must not keep
   * `data`, which is the writer's; a copy is its own. What it throws ends the connection.
   */
  protected abstract transmit(data: Uint8Array): number;

  /** How many bytes `transmit` has taken that are still under way on this side. Default: 0. */
  protected inFlight(): number {
    return 0;
  }
  /** The protocol wants data, from now on or again. */
  protected startReading(): void {}
  /** The protocol wants no data for now, or no more. */
  protected stopReading(): void {}
  /** Bytes that were fed have been given to the protocol: there is room for more. */
  protected consumed(): void {}
  /** Everything is sent and nothing more will be written: tells the other side. */
  protected shutdownWrite(): void {}
  /** Everything is sent and the transport is closing: ends the connection, and calls `lost` when that has happened. */
  protected finish(): void {
    this.lost(null);
  }
  /** The protocol has been told that the connection is lost: lets go of the channel. Called once. */
  protected release(_exc: Error | null): void {}

  // What a channel calls

  /** How many bytes wait to be given to the protocol. */
  protected get incomingSize(): number {
    return this.#incomingSize;
  }

  /** True after `abort()`, and after an error: what was not sent is lost. */
  protected get aborted(): boolean {
    return this.#aborted;
  }

  /** Bytes have come, which now belong to the protocol. */
  protected feed(data: Bytes): void {
    if (this.#closing || this.#endOfInput || data.length === 0) return;
    this.#incoming ??= new Ring();
    this.#incoming.push(data);
    this.#incomingSize += data.length;
    this.#deliverLater();
  }

  /** The other side sends no more. */
  protected feedEof(): void {
    if (this.#closing || this.#endOfInput) return;
    this.#endOfInput = true;
    this.#deliverLater();
  }

  /**
   * The other side has closed the connection. The protocol is given what has come; then `eofReceived`, after a regular
   * end, and `connectionLost`. What is still to be sent is dropped, and writing more is an error.
   *
   * @param exc What to give to `connectionLost`. Default: null, a regular end.
   */
  protected ended(exc: Error | null = null): void {
    if (this.#end !== undefined) return;
    this.#end = exc;
    if (this.#closing) this.lost(exc);
    else this.feedEof();
    this.#deliverLater(); // also if the end of the data has been delivered before
    this.writable(); // what waits finds the error
  }

  /** There is room again for `transmit`, or less in flight. */
  protected writable(): void {
    if (this.#flushSoon || this.#lossScheduled) return;
    this.#flushSoon = true;
    this.later(() => {
      this.#flushSoon = false;
      this.#flush();
    });
  }

  /** The connection has ended: the protocol is told so, once. */
  protected lost(exc: Error | null): void {
    if (this.#lossScheduled) return;
    this.#lossScheduled = true;
    this.#connLost ||= 1;
    if (!this.#closing) {
      this.#closing = true;
      this.stopReading();
    }
    this.#dropOutgoing();
    this.#dropIncoming();
    this.later(() => this.#callConnectionLost(exc));
  }

  /**
   * The channel broke. An error of the channel is for the protocol alone; debug mode logs it too.
   *
   * @param error Of any type; what is no Error becomes the `cause` of one.
   */
  protected fail(error: unknown, message = `Fatal read error on ${this.medium} transport`): void {
    const exc = asError(error);
    if (this.loop.getDebug()) logger.debug(`${this._repr()}: ${message}`, exc);
    this.#forceClose(exc);
  }

  /**
   * Something went wrong that nobody else will hear of, such as an error of the protocol's own methods: it is
   * reported and the connection ends. An OSError is left to the protocol, as by `fail`.
   */
  protected fatalError(exc: Error, message = 'Fatal error on transport'): void {
    if (exc instanceof OSError) {
      this.fail(exc, message);
      return;
    }
    this.loop.callExceptionHandler({ message, exception: exc, transport: this, protocol: this.protocol });
    this.#forceClose(exc);
  }

  /**
   * Calls `callback` in the next iteration, in the context of the transport. If the loop is closed it lets go of the
   * channel instead, since nobody is left to be told.
   */
  protected later(callback: () => void): void {
    if (this.loop.isClosed()) this.#abandon();
    else this.loop._callSoonIn(this.#context, callback);
  }

  // The transport

  override setProtocol(protocol: ProtocolLike): void {
    this.protocol = protocol;
  }

  override getProtocol(): ProtocolLike | null {
    return this.protocol;
  }

  override isClosing(): boolean {
    return this.#closing;
  }

  override isReading(): boolean {
    return !this.#closing && !this.#paused;
  }

  override pauseReading(): void {
    if (!this.isReading()) return;
    this.#paused = true;
    if (this.#started) this.stopReading();
    this.#debug('pauses reading');
  }

  override resumeReading(): void {
    if (this.#closing || !this.#paused) return;
    this.#paused = false;
    if (this.#started) this.startReading();
    this.#debug('resumes reading');
    this.#deliverLater();
  }

  override close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#dropIncoming();
    this.stopReading();
    if (this.#outgoingSize === 0) this.#finishOnce();
  }

  override abort(): void {
    this.#forceClose(null);
  }

  override getWriteBufferSize(): number {
    // When the other side has closed nothing is under way any more, whatever the channel says.
    return this.#outgoingSize + (this.#end === undefined ? this.inFlight() : 0);
  }

  override write(data: BytesLike): void {
    const bytes = asBytes(data);
    this.#checkWrite('write');
    if (bytes.length === 0 || this.#isLostForWriting()) return;
    let sent = 0;
    if (this.#outgoingSize === 0) {
      sent = this.#transmit(bytes);
      if (sent < 0) return;
    }
    // A copy: the writer may use its memory again.
    if (sent < bytes.length) this.#enqueue(bytes.slice(sent));
    this.maybePauseProtocol();
  }

  override writelines(data: Iterable<BytesLike>): void {
    const pieces = Array.from(data, (piece) => asBytes(piece));
    this.#checkWrite('writelines');
    if (pieces.length === 0 || this.#isLostForWriting()) return;
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      const sent = this.#outgoingSize === 0 ? this.#transmit(piece) : 0;
      if (sent < 0) return;
      if (sent < piece.length) this.#enqueue(piece.slice(sent));
    }
    this.maybePauseProtocol();
  }

  override canWriteEof(): boolean {
    return true;
  }

  override writeEof(): void {
    if (this.#closing || this.#eofWritten) return;
    this.#eofWritten = true;
    if (this.#outgoingSize === 0) this.#shutdownOnce();
  }

  // Parts

  #start(): void {
    this.#started = true;
    if (!this.isReading()) return;
    this.startReading();
    this.#deliverLater();
  }

  #checkWrite(method: string): void {
    if (this.#eofWritten) throw new RuntimeError(`Cannot call ${method}() after write_eof()`);
  }

  #isLostForWriting(): boolean {
    if (this.#connLost === 0) return false;
    if (this.#connLost >= LOG_THRESHOLD_FOR_CONNLOST_WRITES)
      logger.warning('socket.send() raised exception.');
    this.#connLost += 1;
    return true;
  }

  #enqueue(copy: Uint8Array): void {
    this.#outgoing ??= new Ring();
    this.#outgoing.push(copy);
    this.#outgoingSize += copy.length;
  }

  /** Gives how many bytes were sent; -1 after an error, which has ended the connection. */
  #transmit(data: Uint8Array): number {
    try {
      if (this.#end !== undefined) throw this.#end ?? new BrokenPipeError('Broken pipe');
      return this.transmit(data);
    } catch (error) {
      // The channel's own error; nothing is awaited here, so no cancellation can pass.
      if (isExit(error)) throw error;
      this.fatalError(asError(error), `Fatal write error on ${this.medium} transport`);
      return -1;
    }
  }

  /** Sends what waits, as far as there is room. */
  #flush(): void {
    if (this.#connLost > 0) return;
    while (this.#outgoingSize > 0) {
      const piece = this.#outgoingRest ?? (this.#outgoing as Ring<Uint8Array>).shift(); // the size says so
      const sent = this.#transmit(piece);
      if (sent < 0) return;
      this.#outgoingSize -= sent;
      this.#outgoingRest = sent < piece.length ? piece.subarray(sent) : null;
      if (sent < piece.length) break;
    }
    this.maybeResumeProtocol(); // may write
    if (this.#outgoingSize > 0 || this.#connLost > 0) return;
    if (this.#closing) this.#finishOnce();
    else if (this.#eofWritten) this.#shutdownOnce();
  }

  #finishOnce(): void {
    this.#connLost = 1;
    if (this.#end === undefined) this.finish();
    else this.lost(null); // there is nothing left to be ended
  }

  #shutdownOnce(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    try {
      this.shutdownWrite();
    } catch (error) {
      // As for transmit().
      if (isExit(error)) throw error;
      this.fatalError(asError(error), `Fatal write error on ${this.medium} transport`);
    }
  }

  #deliverLater(): void {
    if (this.#deliverySoon || !this.#started || !this.isReading()) return;
    const atEof = this.#endOfInput && (!this.#eofDelivered || this.#end !== undefined);
    if (this.#incomingSize === 0 && !atEof) return;
    this.#deliverySoon = true;
    this.later(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#deliverySoon = false;
    let budget = MAX_READ;
    while (this.#incomingSize > 0 && budget > 0 && this.isReading()) {
      const data = this.#incomingRest ?? (this.#incoming as Ring<Bytes>).shift(); // the size says so
      // Taken off first: the protocol may close, which drops everything.
      this.#incomingSize -= data.length;
      const taken = this.received(data);
      budget -= taken;
      const rest = taken < data.length && !this.#closing ? (data.subarray(taken) as Bytes) : null;
      this.#incomingRest = rest;
      this.#incomingSize += rest?.length ?? 0;
    }
    if (budget < MAX_READ && !this.#closing) this.consumed();
    if (this.#incomingSize === 0 && this.#endOfInput && this.isReading()) this.#deliverEof();
    this.#deliverLater();
  };

  #deliverEof(): void {
    if (!this.#eofDelivered && !this.#end) {
      this.#eofDelivered = true;
      this.#debug('received EOF');
      this.guard('eof_received', (protocol) => {
        // What is true keeps it open for writing.
        if (!protocol.eofReceived() && this.#end === undefined) this.close();
      });
    }
    if (this.#end !== undefined) this.lost(this.#end);
  }

  /**
   * Gives the protocol what has come, and returns how many bytes it took; it is asked again for the others. A channel
   * whose protocols want something else than bytes overrides it.
   */
  protected received(data: Bytes): number {
    const { protocol } = this;
    if (!isBuffered(protocol as ProtocolLike)) {
      // As guard() does, without a function for each piece.
      try {
        (protocol as AnyProtocol).dataReceived(data); // not null, as for guard()
      } catch (error) {
        this.#protocolFailed('data_received', error);
      }
      return data.length;
    }
    let buffer = data as Uint8Array;
    this.guard('get_buffer', (protocol) => {
      buffer = asBytes(protocol.getBuffer(data.length), 'buffer');
      if (buffer.length === 0) throw new RuntimeError('get_buffer() returned an empty buffer');
    });
    if (this.#closing) return data.length;
    const length = Math.min(buffer.length, data.length);
    buffer.set(data.subarray(0, length));
    this.guard('buffer_updated', (protocol) => protocol.bufferUpdated(length));
    return length;
  }

  /** Calls the protocol; an error of it is reported and ends the connection. For use in `received`. */
  protected guard(name: string, call: (protocol: AnyProtocol) => void): void {
    try {
      call(this.protocol as AnyProtocol); // null only when the connection is lost, and then nobody calls
    } catch (error) {
      this.#protocolFailed(name, error);
    }
  }

  /** As in asyncio: everything but interrupt and exit ends here. No cancellation passes, nothing is awaited. */
  #protocolFailed(name: string, error: unknown): void {
    if (isExit(error)) throw error;
    this.fatalError(asError(error), `Fatal error: protocol.${name}() call failed.`);
  }

  #dropOutgoing(): void {
    this.#outgoing = this.#outgoingRest = null;
    this.#outgoingSize = 0;
  }

  #dropIncoming(): void {
    this.#incoming = this.#incomingRest = null;
    this.#incomingSize = 0;
  }

  #forceClose(exc: Error | null): void {
    if (this.#lossScheduled) return;
    this.#aborted = true;
    this.lost(exc);
  }

  #callConnectionLost(exc: Error | null): void {
    try {
      this.protocol?.connectionLost(exc);
    } finally {
      this.protocol = null;
      this.#letGo(exc);
    }
  }

  #letGo(exc: Error | null): void {
    unclosed.unregister(this);
    const server = this.#server;
    this.#server = null;
    try {
      this.release(exc);
    } finally {
      server?.detach(this);
    }
  }

  /** The loop is closed: there is nobody to be told. */
  #abandon(): void {
    if (this.protocol === null) return;
    this.protocol = null;
    this.#lossScheduled = true;
    this.#aborted = this.#closing = true;
    this.#dropOutgoing();
    this.#dropIncoming();
    this.stopReading();
    this.#letGo(null);
  }

  #debug(what: string): void {
    if (this.loop.getDebug()) logger.debug(`${this._repr()} ${what}`);
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, ChannelTransport, 'ChannelTransport');
  }

  /** @internal */
  override _repr(): string {
    const info = [this._kind];
    if (this.protocol === null) info.push('closed');
    else if (this.#closing) info.push('closing');
    info.push(`read=${this.isReading() ? 'polling' : 'idle'}`);
    const size = this.getWriteBufferSize();
    info.push(`write=<${size > 0 ? 'polling' : 'idle'}, bufsize=${size}>`);
    return `<${info.join(' ')}>`;
  }
}

/**
 * Waits until a transport has called `connectionMade`, and gives the pair that `createConnection` returns. If it is
 * cancelled meanwhile, the transport is aborted.
 *
 * @internal
 */
export function* opened<T extends ChannelTransport, P extends ProtocolLike>(
  transport: T,
  protocol: P,
  waiter: Future<void>,
): Coroutine<[transport: T, protocol: P]> {
  try {
    yield* waiter;
  } catch (error) {
    transport.abort();
    throw error;
  }
  return [transport, protocol];
}
