/**
 * WebStreamTransport: a connection whose two directions are streams of the platform, such as the body of an answer or
 * a stream of WebTransport; and `readStream`, a StreamReader for one of them.
 *
 * It differs from a pipe (pipes.ts) in that it has both directions in one transport, may get the one to read from
 * later, and says in its own words what an error of the stream means for the connection.
 */

import type { AbstractEventLoop } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { nameOf } from '../core/format-helpers.ts';
import type { Bytes, ProtocolLike } from '../core/network.ts';
import type { ChannelOptions } from './channel.ts';
import { ChannelTransport } from './channel.ts';
import { StreamReader, StreamReaderProtocol } from './streams.ts';

/** How such a transport begins. */
export interface WebStreamOptions extends ChannelOptions {
  /** What to write into. Default: nothing can be written. */
  readonly writable?: WritableStream<Bytes> | null;
  /** What a failure of a stream is for the protocol. */
  readonly lostError: (cause: unknown) => Error;
  /** Called when the connection is lost, to let go of what is behind the streams. */
  readonly released?: () => void;
}

/** A transport over a stream to read from, or one to write into, or both. */
export class WebStreamTransport extends ChannelTransport {
  readonly #options: WebStreamOptions;
  readonly #writer: WritableStreamDefaultWriter<Bytes> | null;
  #reader: ReadableStreamDefaultReader<Bytes> | null = null;
  #wanted = false;
  #pulling = false;
  #inFlight = 0;
  /** Nothing more is written; set when that has been said. */
  #closed: Promise<void> | null = null;

  constructor(loop: AbstractEventLoop, protocol: ProtocolLike, options: WebStreamOptions) {
    super(loop, protocol, options);
    this.#options = options;
    this.#writer = options.writable?.getWriter() ?? null;
    this.#writer?.closed.catch(this.broke);
    loop._channelOpened(1);
  }

  /** There is something to read from; null for what is empty. */
  read(readable: ReadableStream<Bytes> | null): void {
    if (readable === null) {
      this.sourceEnded();
      return;
    }
    this.#reader = readable.getReader();
    this.#pull();
  }

  /** The stream to read from has ended. */
  protected sourceEnded(): void {
    this.feedEof();
  }

  /** A stream failed, or what is behind them. */
  protected readonly broke = (cause: unknown): void => {
    if (this.getProtocol() !== null) this.ended(this.#options.lostError(cause));
  };

  /** Whoever has the streams gives them up: what has not come yet never will. */
  breakOff(cause: unknown): void {
    this.fail(this.#options.lostError(cause));
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
    if (this.#reader === null || this.#pulling || !this.#wanted || this.incomingSize > 0) return;
    this.#pulling = true;
    this.#reader.read().then(({ done, value }) => {
      this.#pulling = false;
      if (done) {
        this.#reader = null;
        this.sourceEnded();
      } else {
        this.feed(value);
        this.#pull(); // if it was empty
      }
    }, this.broke);
  }

  protected override transmit(data: Uint8Array): number {
    const writer = this.#writer;
    if (writer === null || (writer.desiredSize ?? 0) <= 0) return 0;
    this.#inFlight += data.length;
    writer.write(data.slice()).then(() => {
      this.#inFlight -= data.length;
      this.writable();
    }, this.broke);
    return data.length;
  }

  protected override inFlight(): number {
    return this.#inFlight;
  }

  protected override shutdownWrite(): void {
    this.#closed ??= this.#writer?.close() ?? Promise.resolve();
    this.#closed.catch(this.broke);
  }

  protected override finish(): void {
    this.shutdownWrite();
    this.#closed?.then(() => this.lost(null), this.broke);
  }

  protected override release(exc: Error | null): void {
    this.loop._channelOpened(-1);
    // What these are rejected with is what the connection was lost by, or nothing that matters any more.
    this.#reader?.cancel(exc ?? undefined).catch(() => {});
    if (this.aborted || exc !== null) this.#writer?.abort(exc ?? undefined).catch(() => {});
    this.#options.released?.();
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, WebStreamTransport, 'WebStreamTransport');
  }
}

/**
 * A StreamReader for a stream of the platform's; pulls no faster than it is read.
 *
 * @param body null for one that is empty.
 * @param lostError What a failure of the stream becomes.
 */
export function readStream(
  body: ReadableStream<Bytes> | null,
  lostError: (cause: unknown) => Error,
  limit?: number,
): [reader: StreamReader, transport: WebStreamTransport] {
  const loop = getRunningLoop();
  const reader = new StreamReader({ loop, ...(limit !== undefined && { limit }) });
  const protocol = new StreamReaderProtocol(reader, null, { loop });
  // Its end is the end of the connection: there is nothing to be written.
  protocol.eofReceived = () => {
    reader.feedEof();
    return false;
  };
  const transport = new WebStreamTransport(loop, protocol, { lostError });
  transport.read(body);
  return [reader, transport];
}
