/**
 * What a loop's interface says of the I/O half: bytes, protocols and transports, as interfaces.
 *
 * Source: Lib/asyncio/protocols.py and Lib/asyncio/transports.py, CPython 3.14. asyncio needs no such page, since
 * Python looks for methods and not for types. The classes to derive from are in `transports/`; whatever has the
 * methods will do as well.
 */

import type {
  HttpOptions,
  PortConnectionOptions,
  PortServerOptions,
  WebSocketStreamOptions,
  WebTransportConnectionOptions,
} from './channel-options.ts';

/** What can be written: bytes, whichever way JavaScript holds them. Text is encoded first. */
export type BytesLike = ArrayBufferLike | ArrayBufferView;

/** Bytes as they are given out: a Uint8Array over memory of its own kind, never shared memory. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** What every transport calls on its protocol, in this order: made, any number of pauses and resumes, lost. */
export interface ProtocolLike {
  /** The connection is there: called once, before anything else. */
  connectionMade(transport: BaseTransportLike): unknown;
  /**
   * The connection has ended: called once, after everything else.
   *
   * @param exc What ended it; null after a regular end, or after `abort()` or `close()` of this side.
   */
  connectionLost(exc: Error | null): unknown;
  /** The transport's write buffer went above its high-water mark: write no more for now. */
  pauseWriting(): unknown;
  /** The write buffer is at or below its low-water mark again. */
  resumeWriting(): unknown;
}

/** What a transport calls on the protocol of a stream of bytes. */
export interface StreamProtocolLike extends ProtocolLike {
  /** Some bytes have come, at least one. They belong to the protocol. */
  dataReceived(data: Bytes): unknown;
  /**
   * The other side will send no more.
   *
   * @returns True to keep the transport open for writing; anything false closes it.
   */
  eofReceived(): unknown;
}

/** What a transport calls on the protocol that has a buffer of its own to be filled. */
export interface BufferedProtocolLike extends ProtocolLike {
  /**
   * Where to put what has come.
   *
   * @param sizehint How many bytes there are, or -1 if that is not known; the buffer may be smaller or larger.
   * @returns A buffer of at least one byte.
   */
  getBuffer(sizehint: number): Uint8Array;
  /** So many bytes, from the start of the buffer, have been filled. */
  bufferUpdated(nbytes: number): unknown;
  /** See {@link StreamProtocolLike}. */
  eofReceived(): unknown;
}

/** What a transport calls on the protocol of datagrams. */
export interface DatagramProtocolLike extends ProtocolLike {
  /** A datagram has come. What an address is depends on the channel. */
  datagramReceived(data: Bytes, addr: unknown): unknown;
  /** A datagram could not be sent or received; the endpoint lives on. */
  errorReceived(exc: Error): unknown;
}

/** What a protocol knows of every transport. */
export interface BaseTransportLike {
  /**
   * What is known of the connection: 'url', 'peername', 'socket' and others, as the channel has them.
   *
   * @param defaultValue Given if there is nothing of that name. Default: null.
   */
  getExtraInfo(name: string, defaultValue?: unknown): unknown;
  /** True when it is closing or closed. */
  isClosing(): boolean;
  /** Closes it: what was written is still sent, nothing more is received, then comes `connectionLost(null)`. */
  close(): void;
  /** From now on `protocol` is the one that is called. */
  setProtocol(protocol: ProtocolLike): void;
  /** The protocol that is called. */
  getProtocol(): ProtocolLike | null;
}

/** A transport to read from. */
export interface ReadTransportLike extends BaseTransportLike {
  /** True while what comes is given to the protocol. */
  isReading(): boolean;
  /** Gives the protocol nothing more until `resumeReading()`; pausing again does nothing. */
  pauseReading(): void;
  /** Goes on reading; does nothing if it was not paused. */
  resumeReading(): void;
}

/** A transport to write to. */
export interface WriteTransportLike extends BaseTransportLike {
  /**
   * Sets when the protocol's `pauseWriting()` and `resumeWriting()` are called, in bytes.
   *
   * @param limits.high Above it writing pauses. Default: four times `low`, or 64 KiB.
   * @param limits.low At or below it writing goes on. Default: a quarter of `high`. 0 means an empty buffer.
   * @throws {RangeError} If not `high >= low >= 0`.
   */
  setWriteBufferLimits(limits?: WriteBufferLimits): void;
  /** How many bytes wait to be sent. */
  getWriteBufferSize(): number;
  /** `[low, high]`, in bytes. */
  getWriteBufferLimits(): [low: number, high: number];
  /**
   * Sends bytes, or keeps them to be sent; it never waits. The caller may change `data` afterwards.
   *
   * @throws {TypeError} If `data` is no bytes: text must be encoded first.
   * @throws {RuntimeError} After `writeEof()`.
   */
  write(data: BytesLike): void;
  /** Sends several pieces, as `write` of all of them. */
  writelines(data: Iterable<BytesLike>): void;
  /** Says that nothing more will be written; what comes is still received. */
  writeEof(): void;
  /** Whether `writeEof()` is possible. */
  canWriteEof(): boolean;
  /** Closes it at once: what is not sent yet is lost. `connectionLost(null)` follows. */
  abort(): void;
}

/** A transport for both directions. */
export interface TransportLike extends ReadTransportLike, WriteTransportLike {}

/** A transport of datagrams. */
export interface DatagramTransportLike extends BaseTransportLike {
  /**
   * Sends a datagram; it never waits.
   *
   * @param addr Where to, for an endpoint that is not bound to one peer.
   * @throws {TypeError} If `data` is no bytes.
   */
  sendto(data: BytesLike, addr?: unknown): void;
  /** Closes it at once: what is not sent yet is lost. `connectionLost(null)` follows. */
  abort(): void;
}

/** Bytes of a write buffer. */
export interface WriteBufferLimits {
  /** Above it the protocol is told to pause. */
  readonly high?: number | null;
  /** At or below it the protocol is told to go on. */
  readonly low?: number | null;
}

/** The options of `createConnection` and `openConnection`; which of them mean something depends on the channel. */
export interface ConnectionOptions
  extends WebSocketStreamOptions,
    HttpOptions,
    PortConnectionOptions,
    WebTransportConnectionOptions {}

/** The options of `createServer` and `startServer`; some more depend on the channel. */
export interface ServerOptions extends PortServerOptions {
  /** Whether it accepts connections at once, or only after `startServing()` or `serveForever()`. Default: true. */
  readonly startServing?: boolean;
}

/** The options of `createDatagramEndpoint`; which of them mean something depends on the channel. */
export interface DatagramOptions extends WebTransportConnectionOptions {}

/** The options of `sendfile`. */
export interface SendfileOptions {
  /** Where to begin, in bytes. Default: 0. */
  readonly offset?: number;
  /** How many bytes to send at most. Default: up to the end. */
  readonly count?: number | null;
  /** False refuses to read the file piece by piece, which is the only way in a page. Default: true. */
  readonly fallback?: boolean;
  /** Told after each piece how many bytes have been written since the start, and how many there will be. */
  readonly progress?: (sent: number, total: number) => unknown;
}
