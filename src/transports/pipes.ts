/**
 * Pipes: the streams of the platform as transports.
 *
 * Source: _UnixReadPipeTransport and _UnixWritePipeTransport of Lib/asyncio/unix_events.py, CPython 3.14. The stream
 * stands for the pipe. Reading pulls one chunk at a time, and none while the protocol has paused reading; writing
 * hands over chunks while the stream has room for them.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { NotImplementedError } from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import type { Bytes, ProtocolLike, ReadTransportLike, WriteTransportLike } from '../core/network.ts';
import { Future } from '../tasks/futures.ts';
import { asBytes } from './bytes.ts';
import type { ChannelOptions } from './channel.ts';
import { ChannelTransport, opened } from './channel.ts';

/** What both pipes have in common. */
abstract class PipeTransport extends ChannelTransport {
  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, options: ChannelOptions) {
    super(loop, protocol, options);
    loop._channelOpened(1);
  }

  protected override get medium(): string {
    return 'pipe';
  }

  /** Something of the stream's has come to its end, of which nobody else would hear if it failed. */
  protected settle(promise: Promise<unknown>): void {
    promise.catch((exception: unknown) => {
      const message = 'Closing the stream of a pipe failed';
      this.loop.callExceptionHandler({ message, exception, transport: this });
    });
  }

  protected override release(exc: Error | null): void {
    this.loop._channelOpened(-1);
    this.letGo(exc);
  }

  /** Ends the stream if it has not ended, and unlocks it. */
  protected abstract letGo(exc: Error | null): void;
}

const notForReading = (name: string): never => {
  throw new NotImplementedError(`${name}() is not implemented by this transport`);
};

/** A transport that reads from a ReadableStream. */
class ReadPipeTransport extends PipeTransport {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  #wanted = false;
  #pulling = false;
  #ended = false;

  constructor(
    loop: AbstractEventLoop,
    protocol: ProtocolLike,
    reader: ReadableStreamDefaultReader<unknown>,
    options: ChannelOptions,
  ) {
    super(loop, protocol, options);
    this.#reader = reader;
  }

  protected override startReading(): void {
    this.#wanted = true;
    this.#pull();
  }

  protected override stopReading(): void {
    this.#wanted = false;
  }

  protected override consumed(): void {
    this.#pull();
  }

  /** Asks for a chunk, unless one is under way or waits for the protocol. */
  #pull(): void {
    if (this.#pulling || !this.#wanted || this.incomingSize > 0) return;
    this.#pulling = true;
    this.#reader.read().then(
      ({ done, value }) => {
        this.#pulling = false;
        this.loop._crossBoundary(0);
        if (done) {
          this.#ended = true;
          this.ended();
        } else {
          this.#take(value);
        }
      },
      (error: unknown) => {
        if (this.isClosing()) return; // unlocked meanwhile
        this.#ended = true;
        this.fail(error);
      },
    );
  }

  #take(value: unknown): void {
    let data: Uint8Array;
    try {
      data = asBytes(value, 'chunk');
    } catch (error) {
      // The TypeError of asBytes(): a stream of text, or of objects.
      this.fatalError(error as TypeError, 'Fatal read error on pipe transport');
      return;
    }
    this.feed(data as Bytes); // a stream's chunk belongs to who reads it
    this.#pull(); // if it was empty
  }

  protected override letGo(exc: Error | null): void {
    if (!this.#ended) this.settle(this.#reader.cancel(exc ?? undefined));
    this.#reader.releaseLock();
  }

  protected override transmit(): never {
    return notForReading('write');
  }
  override write(): never {
    return notForReading('write');
  }
  override writelines(): never {
    return notForReading('writelines');
  }
  override writeEof(): never {
    return notForReading('writeEof');
  }
  override canWriteEof(): boolean {
    return false;
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, ReadPipeTransport, 'ReadPipeTransport');
  }
}

/** A transport that writes into a WritableStream. */
class WritePipeTransport extends PipeTransport {
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  #inFlight = 0;
  #broken = false;

  constructor(
    loop: AbstractEventLoop,
    protocol: ProtocolLike,
    writer: WritableStreamDefaultWriter<Bytes>,
    options: ChannelOptions,
  ) {
    super(loop, protocol, options);
    this.#writer = writer;
    writer.closed.catch(this.#break);
  }

  /** The stream failed, perhaps while nothing was written. */
  readonly #break = (error: unknown): void => {
    if (this.getProtocol() === null) return; // unlocked after the end
    this.#broken = true;
    this.fail(error, 'Fatal write error on pipe transport');
  };

  protected override transmit(data: Uint8Array): number {
    if ((this.#writer.desiredSize ?? 0) <= 0) return 0;
    this.#inFlight += data.length;
    // The stream keeps what it is given, so it is given a copy.
    this.#writer.write(data.slice()).then(() => {
      this.#inFlight -= data.length;
      this.loop._crossBoundary(0);
      this.writable();
    }, this.#break);
    return data.length;
  }

  protected override inFlight(): number {
    return this.#inFlight;
  }

  /** A pipe has one direction: when nothing more is written there is nothing left to do. */
  protected override shutdownWrite(): void {
    this.close();
  }

  protected override finish(): void {
    this.#writer.close().then(() => this.lost(null), this.#break);
  }

  protected override letGo(exc: Error | null): void {
    if (this.aborted && !this.#broken) this.settle(this.#writer.abort(exc ?? undefined));
    this.#writer.releaseLock();
  }

  override isReading(): boolean {
    return false;
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, WritePipeTransport, 'WritePipeTransport');
  }
}

/** A stream of the kind that is named, and not locked. */
function checkPipe(pipe: unknown, method: 'getReader' | 'getWriter', expected: string): void {
  if (typeof (pipe as Record<string, unknown> | null)?.[method] !== 'function')
    throw new TypeError(`a ${expected} was expected as pipe, got ${repr(pipe)}`);
  if ((pipe as { readonly locked: boolean }).locked)
    throw new TypeError(`Cannot connect to a ${expected} that is locked: somebody else uses it`);
}

/** See `AbstractEventLoop.connectReadPipe`. */
export function* openReadPipe<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  pipe: ReadableStream<unknown>,
): Coroutine<[transport: ReadTransportLike, protocol: P]> {
  checkPipe(pipe, 'getReader', 'ReadableStream');
  const protocol = protocolFactory();
  const waiter = new Future<void>({ loop });
  const extra = { pipe };
  return yield* opened(
    new ReadPipeTransport(loop, protocol, pipe.getReader(), { waiter, extra }),
    protocol,
    waiter,
  );
}

/** See `AbstractEventLoop.connectWritePipe`. */
export function* openWritePipe<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  pipe: WritableStream<Bytes>,
): Coroutine<[transport: WriteTransportLike, protocol: P]> {
  checkPipe(pipe, 'getWriter', 'WritableStream');
  const protocol = protocolFactory();
  const waiter = new Future<void>({ loop });
  const extra = { pipe };
  return yield* opened(
    new WritePipeTransport(loop, protocol, pipe.getWriter(), { waiter, extra }),
    protocol,
    waiter,
  );
}
