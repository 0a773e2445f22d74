/**
 * The transports to derive from, and flow control.
 *
 * Source: Lib/asyncio/transports.py, CPython 3.14. JavaScript has no multiple inheritance: Transport extends
 * WriteTransport and has the methods of ReadTransport, of which it counts as an instance.
 */

import type { AbstractEventLoop } from '../core/events.ts';
import { isExit, NotImplementedError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import type {
  BaseTransportLike,
  BytesLike,
  DatagramTransportLike,
  ProtocolLike,
  ReadTransportLike,
  TransportLike,
  WriteBufferLimits,
  WriteTransportLike,
} from '../core/network.ts';
import { asBytes, concat } from './bytes.ts';

/** What `getExtraInfo` knows, by name. */
export type ExtraInfo = Readonly<Record<string, unknown>>;

function notImplemented(name: string): never {
  throw new NotImplementedError(`${name}() is not implemented by this transport`);
}

/**
 * The root of the transports. Its methods are there to be overridden: but for `getExtraInfo` they throw
 * NotImplementedError, as do those of the classes below.
 *
 * @example
 * class Nowhere extends BaseTransport {
 *   override isClosing(): boolean {
 *     return true;
 *   }
 * }
 * const transport = new Nowhere({ url: 'nowhere:' });
 * transport.getExtraInfo('url'); // 'nowhere:'
 * transport.getExtraInfo('peername'); // null
 */
export class BaseTransport implements BaseTransportLike {
  /** @internal */
  readonly _extra: Record<string, unknown>;

  /** @param extra What `getExtraInfo` gives. Default: nothing. */
  constructor(extra?: ExtraInfo | null) {
    this._extra = { ...extra };
  }

  getExtraInfo(name: string, defaultValue: unknown = null): unknown {
    return Object.hasOwn(this._extra, name) ? this._extra[name] : defaultValue;
  }
  isClosing(): boolean {
    return notImplemented('isClosing');
  }
  close(): void {
    notImplemented('close');
  }
  setProtocol(_protocol: ProtocolLike): void {
    notImplemented('setProtocol');
  }
  getProtocol(): ProtocolLike | null {
    return notImplemented('getProtocol');
  }
}

/**
 * A transport to read from.
 *
 * @example
 * const pipe = new Blob(['hello']).stream();
 * const [transport] = yield* getRunningLoop().connectReadPipe(() => new Protocol(), pipe);
 * transport instanceof ReadTransport; // true
 */
export class ReadTransport extends BaseTransport implements ReadTransportLike {
  /** A Transport is one too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const type = this === ReadTransport && value instanceof Transport ? Transport : this;
    return Function.prototype[Symbol.hasInstance].call(type, value);
  }
  isReading(): boolean {
    return notImplemented('isReading');
  }
  pauseReading(): void {
    notImplemented('pauseReading');
  }
  resumeReading(): void {
    notImplemented('resumeReading');
  }
}

/**
 * A transport to write to.
 *
 * @example
 * const [transport] = yield* getRunningLoop().connectWritePipe(() => new BaseProtocol(), new WritableStream());
 * transport instanceof WriteTransport; // true
 * transport.close();
 */
export class WriteTransport extends BaseTransport implements WriteTransportLike {
  setWriteBufferLimits(_limits?: WriteBufferLimits): void {
    notImplemented('setWriteBufferLimits');
  }
  getWriteBufferSize(): number {
    return notImplemented('getWriteBufferSize');
  }
  getWriteBufferLimits(): [low: number, high: number] {
    return notImplemented('getWriteBufferLimits');
  }
  write(_data: BytesLike): void {
    notImplemented('write');
  }
  /** Joins the pieces and writes them as one. */
  writelines(data: Iterable<BytesLike>): void {
    this.write(concat(Array.from(data, (piece) => asBytes(piece))));
  }
  writeEof(): void {
    notImplemented('writeEof');
  }
  canWriteEof(): boolean {
    return notImplemented('canWriteEof');
  }
  abort(): void {
    notImplemented('abort');
  }
}

/**
 * A transport for both directions.
 *
 * @example
 * const server = yield* getRunningLoop().createServer(() => new Protocol(), 'mem:both-ways');
 * const [transport] = yield* getRunningLoop().createConnection(() => new Protocol(), 'mem:both-ways');
 * transport instanceof Transport; // true
 * transport.close();
 * server.close();
 */
export class Transport extends WriteTransport implements TransportLike {
  isReading(): boolean {
    return notImplemented('isReading');
  }
  pauseReading(): void {
    notImplemented('pauseReading');
  }
  resumeReading(): void {
    notImplemented('resumeReading');
  }
}

/**
 * A transport of datagrams.
 *
 * @example
 * class Nowhere extends DatagramTransport {
 *   override sendto(data: Uint8Array): void {
 *     console.log(`${data.length} bytes go nowhere`);
 *   }
 * }
 * new Nowhere().sendto(new Uint8Array(3));
 */
export class DatagramTransport extends BaseTransport implements DatagramTransportLike {
  sendto(_data: BytesLike, _addr?: unknown): void {
    notImplemented('sendto');
  }
  abort(): void {
    notImplemented('abort');
  }
}

/** asyncio's default high-water mark of a write buffer, in bytes. */
const HIGH_WATER = 64 * 1024;

/**
 * A transport that tells its protocol when to pause writing and when to go on. For authors of transports.
 *
 * It is asyncio's `_FlowControlMixin`: a subclass has `getWriteBufferSize()`, and calls `maybePauseProtocol()` when
 * the buffer has grown and `maybeResumeProtocol()` when it has shrunk.
 *
 * @example
 * class Slow extends FlowControlTransport {
 *   #size = 0;
 *   override getWriteBufferSize(): number {
 *     return this.#size;
 *   }
 *   override write(data: Uint8Array): void {
 *     this.#size += data.length;
 *     this.maybePauseProtocol();
 *   }
 * }
 * new Slow(getRunningLoop()).getWriteBufferLimits(); // [16384, 65536]
 */
export class FlowControlTransport extends Transport {
  /** The loop whose callbacks call the protocol. */
  protected readonly loop: AbstractEventLoop;
  /** What is called; null when the connection is lost. */
  protected protocol: ProtocolLike | null = null;
  /** True between the protocol's `pauseWriting()` and `resumeWriting()`. @internal */
  _protocolPaused = false;
  #high = HIGH_WATER;
  #low = HIGH_WATER / 4;

  /** @param extra What `getExtraInfo` gives. Default: nothing. */
  constructor(loop: AbstractEventLoop, extra?: ExtraInfo | null) {
    super(extra);
    this.loop = loop;
  }

  override getWriteBufferLimits(): [low: number, high: number] {
    return [this.#low, this.#high];
  }

  override setWriteBufferLimits(limits?: WriteBufferLimits): void {
    const high = limits?.high ?? (typeof limits?.low === 'number' ? 4 * limits.low : HIGH_WATER);
    const low = limits?.low ?? Math.floor(high / 4);
    if (!(high >= low && low >= 0))
      throw new RangeError(`high (${repr(high)}) must be >= low (${repr(low)}) must be >= 0`);
    this.#high = high;
    this.#low = low;
    this.maybePauseProtocol();
  }

  /** To be called when the write buffer has grown: pauses the protocol if it is above the high-water mark. */
  protected maybePauseProtocol(): void {
    if (this._protocolPaused || this.getWriteBufferSize() <= this.#high) return;
    this._protocolPaused = true;
    this.#tell('pauseWriting', 'pause_writing');
  }

  /** To be called when the write buffer has shrunk: lets the protocol go on if it is at the low-water mark. */
  protected maybeResumeProtocol(): void {
    if (!this._protocolPaused || this.getWriteBufferSize() > this.#low) return;
    this._protocolPaused = false;
    this.#tell('resumeWriting', 'resume_writing');
  }

  #tell(method: 'pauseWriting' | 'resumeWriting', name: string): void {
    const { protocol } = this;
    try {
      protocol?.[method]();
    } catch (exception) {
      // The protocol's own error, of a method that is no coroutine: reported, and the connection lives on.
      if (isExit(exception)) throw exception;
      const message = `protocol.${name}() failed`;
      this.loop.callExceptionHandler({ message, exception, transport: this, protocol });
    }
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, FlowControlTransport, 'FlowControlTransport');
  }

  override toString(): string {
    return this._repr();
  }

  /** @internal */
  _repr(): string {
    return `<${this._kind}>`;
  }
}
