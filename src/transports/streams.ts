/**
 * Streams: reading and writing a connection by coroutines.
 *
 * Source: Lib/asyncio/streams.py, CPython 3.14. What differs: a URL stands for host and port; the reader's buffer is a
 * queue of pieces, so that nothing is joined before it is read; a callback that throws, and one that is a native async
 * function, is reported like a coroutine that fails.
 *
 * Who holds whom: the transport holds the protocol, and that holds the reader weakly; reader and writer hold each
 * other. So a connection whose streams were both dropped without being closed is noticed, and closed with a warning,
 * while one of which only the reader is in use goes on. (CPython closes when the writer is dropped, which is safe where
 * a local variable lives to the end of its function. JavaScript's engines drop it after its last use.)
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { AbstractEventLoop, ServerLike } from '../core/events.ts';
import { getEventLoop, getRunningLoop } from '../core/events.ts';
import {
  IncompleteReadError,
  isCancelled,
  isExit,
  LimitOverrunError,
  NotImplementedError,
  RuntimeError,
} from '../core/exceptions.ts';
import { nameOf, repr } from '../core/format-helpers.ts';
import { logger } from '../core/log.ts';
import type {
  BaseTransportLike,
  Bytes,
  BytesLike,
  ConnectionOptions,
  ReadTransportLike,
  ServerOptions,
  WriteTransportLike,
} from '../core/network.ts';
import { ConnectionResetError } from '../core/os-errors.ts';
import type { CoroutineIterator } from '../tasks/async-iter.ts';
import { iscoroutine, isThenable } from '../tasks/coroutines.ts';
import { Future, release } from '../tasks/futures.ts';
import { sleep } from '../tasks/sleep.ts';
import { ensureFuture } from '../tasks/tasks.ts';
import { asBytes, ByteQueue, concat } from './bytes.ts';
import { Protocol } from './protocols.ts';

/** 64 KiB: how long a line may be, and half of what is kept before reading pauses. */
const DEFAULT_LIMIT = 2 ** 16;

/** What `limit` means for a stream. */
export interface StreamOptions {
  /**
   * How many bytes a line may have without its end. When more than twice as many are waiting to be read, the
   * transport is paused. Default: 65536.
   */
  readonly limit?: number;
}

/**
 * Opens a connection and gives its streams. It yields to the loop.
 *
 * @param url See `loop.createConnection`, which it calls with the other options.
 * @returns When awaited, `[reader, writer]`.
 * @throws {RangeError} When awaited, if `url` is none, no channel has its scheme, or the limit is not above 0.
 * @throws {ConnectionRefusedError} When awaited, if nobody listens there.
 * @example
 * const server = yield* startServer(function* (reader, writer) {
 *   writer.write(yield* reader.readline());
 *   yield* writer.drain();
 *   writer.close();
 * }, 'mem:echo');
 *
 * const [reader, writer] = yield* openConnection('mem:echo');
 * writer.write(new TextEncoder().encode('hello\n'));
 * console.log(new TextDecoder().decode(yield* reader.readline())); // hello
 * writer.close();
 * yield* writer.waitClosed();
 * server.close();
 */
export function* openConnection(
  url: string | URL,
  options?: StreamOptions & ConnectionOptions,
): Coroutine<[reader: StreamReader, writer: StreamWriter]> {
  const loop = getRunningLoop();
  const { limit, ...others } = options ?? {};
  const reader = new StreamReader({ limit, loop });
  const protocol = new StreamReaderProtocol(reader, null, { loop });
  const [transport] = yield* loop.createConnection(() => protocol, url, others);
  return [reader, new StreamWriter(transport, protocol, reader, loop)];
}

/**
 * What `startServer` calls for each connection. A coroutine becomes a task; the connection is closed when that fails
 * or is cancelled, and the error is reported. When it ends otherwise, the connection stays open.
 */
export type ClientConnected = (reader: StreamReader, writer: StreamWriter) => unknown;

/**
 * Accepts connections at a URL and calls back with the streams of each. It yields to the loop.
 *
 * @param clientConnected A coroutine function, a native async function, or a plain one.
 * @param url See `loop.createServer`, which it calls with the other options.
 * @returns When awaited, the server.
 * @throws {RangeError} When awaited, if `url` is none, or no channel with its scheme can be served.
 * @throws {OSError} When awaited, if the address is in use.
 * @example
 * const server = yield* startServer(function* (reader, writer) {
 *   yield* asyncFor(reader, function* (line) {
 *     writer.write(line);
 *     yield* writer.drain();
 *   });
 *   writer.close();
 * }, 'mem:lines');
 * server.close();
 * yield* server.waitClosed();
 */
export function* startServer(
  clientConnected: ClientConnected,
  url: string | URL,
  options?: StreamOptions & ServerOptions,
): Coroutine<ServerLike> {
  const loop = getRunningLoop();
  const { limit, ...others } = options ?? {};
  if (typeof clientConnected !== 'function')
    throw new TypeError(`a callable object was expected as clientConnected, got ${repr(clientConnected)}`);
  checkLimit(limit);
  const factory = (): StreamReaderProtocol =>
    new StreamReaderProtocol(new StreamReader({ limit, loop }), clientConnected, { loop });
  return yield* loop.createServer(factory, url, others);
}

/**
 * A protocol that lets coroutines wait until they may write on: what `StreamWriter.drain` stands on. For authors of
 * protocols. A subclass that overrides these methods calls them too.
 *
 * @example
 * class Pacer extends FlowControlMixin {
 *   override resumeWriting(): void {
 *     super.resumeWriting();
 *     console.log('go on');
 *   }
 * }
 * const pacer = new Pacer();
 * pacer.pauseWriting();
 * getRunningLoop().callLater(1, () => pacer.resumeWriting());
 * yield* pacer._drainHelper(); // a second
 */
export class FlowControlMixin extends Protocol {
  /** @internal */
  readonly _loop: AbstractEventLoop;
  #paused = false;
  readonly #drainWaiters = new Set<Future<void>>();
  #connectionLost = false;

  /** @param options.loop Default: the current loop. */
  constructor(options?: { readonly loop?: AbstractEventLoop | null }) {
    super();
    this._loop = options?.loop ?? getEventLoop();
  }

  override pauseWriting(): void {
    this.#paused = true;
    if (this._loop.getDebug()) logger.debug(`${repr(this)} pauses writing`);
  }

  override resumeWriting(): void {
    this.#paused = false;
    if (this._loop.getDebug()) logger.debug(`${repr(this)} resumes writing`);
    for (const waiter of this.#drainWaiters) release(waiter);
  }

  override connectionLost(exc: Error | null): void {
    this.#connectionLost = true;
    if (!this.#paused) return;
    for (const waiter of this.#drainWaiters) {
      if (exc === null) release(waiter);
      else if (!waiter.done()) waiter.setException(exc);
    }
  }

  /**
   * Waits until writing is not paused.
   *
   * @throws {ConnectionResetError} If the connection is lost already: "Connection lost".
   */
  *_drainHelper(): Coroutine<void> {
    if (this.#connectionLost) throw new ConnectionResetError('Connection lost');
    if (!this.#paused) return;
    const waiter = new Future<void>({ loop: this._loop });
    this.#drainWaiters.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.#drainWaiters.delete(waiter);
    }
  }
}

/**
 * The protocol between a transport and a StreamReader.
 *
 * @example
 * const reader = new StreamReader();
 * const pipe = new Blob(['hello']).stream();
 * yield* getRunningLoop().connectReadPipe(() => new StreamReaderProtocol(reader), pipe);
 * console.log(new TextDecoder().decode(yield* reader.read())); // hello
 */
export class StreamReaderProtocol extends FlowControlMixin {
  readonly #reader: WeakRef<StreamReader> | null;
  /** Holds the reader of a server's connection until the callback has it. */
  #strongReader: StreamReader | null;
  #clientConnected: ClientConnected | null;
  readonly #closed: Future<void>;

  /**
   * @param reader What gets the data; null for a connection that is only written to.
   * @param clientConnected Called with the reader and a writer when the connection is made.
   * @param options.loop Default: the current loop.
   */
  constructor(
    reader: StreamReader | null,
    clientConnected?: ClientConnected | null,
    options?: { readonly loop?: AbstractEventLoop | null },
  ) {
    super(options);
    this.#reader = reader === null ? null : new WeakRef(reader);
    this.#clientConnected = clientConnected ?? null;
    this.#strongReader = this.#clientConnected === null ? null : reader;
    this.#closed = new Future({ loop: this._loop });
  }

  override connectionMade(transport: WriteTransportLike): void {
    const reader = this.#strongReader ?? this.#reader?.deref() ?? null;
    reader?.setTransport(transport);
    const clientConnected = this.#clientConnected;
    this.#strongReader = this.#clientConnected = null;
    if (clientConnected === null) return;
    const writer = new StreamWriter(transport, this, reader, this._loop);
    const fail = (exception: unknown): void => {
      const message = 'Unhandled exception in client_connected_cb';
      this._loop.callExceptionHandler({ message, exception, transport });
      transport.close();
    };
    let result: unknown;
    try {
      result = clientConnected(reader as StreamReader, writer); // a server's protocol has a reader
    } catch (error) {
      // A plain function's error, reported as that of a coroutine is. Nothing was awaited.
      if (isExit(error)) throw error;
      fail(error);
      return;
    }
    if (!iscoroutine(result) && !isThenable(result)) return;
    const task = ensureFuture(result, { loop: this._loop });
    task.addDoneCallback(() => {
      if (task.cancelled()) transport.close();
      else if (task.exception() !== null) fail(task.exception());
    });
  }

  override connectionLost(exc: Error | null): void {
    const reader = this.#reader?.deref();
    if (exc === null) reader?.feedEof();
    else reader?.setException(exc);
    if (exc === null) release(this.#closed);
    else if (!this.#closed.done()) {
      this.#closed.setException(exc);
      this.#closed._retrieve(); // whoever reads or writes learns of it; nobody has to wait for the end
    }
    super.connectionLost(exc);
  }

  override dataReceived(data: Bytes): void {
    this.#reader?.deref()?.feedData(data);
  }

  /** Keeps the connection open for writing. */
  override eofReceived(): boolean {
    this.#reader?.deref()?.feedEof();
    return true;
  }

  /** @internal */
  _getCloseWaiter(): Future<void> {
    return this.#closed;
  }
}

/** What is left of a writer when it is collected: enough to close its connection. */
interface Remains {
  readonly transport: WriteTransportLike;
  readonly loop: AbstractEventLoop;
}

const unclosed = /* @__PURE__ */ new FinalizationRegistry<Remains>(({ transport, loop }) => {
  if (transport.isClosing()) return;
  if (loop.isClosed()) {
    logger.warning('loop is closed');
  } else {
    const text = repr(transport);
    transport.close();
    logger.warning(`unclosed <StreamWriter transport=${text}>`);
  }
});

/**
 * The writing side of a connection. Made by `openConnection` and `startServer`.
 *
 * It can be left by `asyncWith`, which closes it and waits for the end of the connection. One that is dropped, with its
 * reader, without being closed is closed some time later, with a warning.
 *
 * @example
 * const server = yield* startServer(function* (reader) {
 *   console.log(new TextDecoder().decode(yield* reader.read())); // hello
 * }, 'mem:listener');
 * const [, writer] = yield* openConnection('mem:listener');
 * yield* asyncWith(writer, function* () {
 *   writer.write(new TextEncoder().encode('hello'));
 *   yield* writer.drain();
 * });
 * server.close();
 */
export class StreamWriter {
  readonly #transport: WriteTransportLike;
  readonly #protocol: FlowControlMixin;
  readonly #reader: StreamReader | null;

  /**
   * @param protocol The protocol of the transport; `waitClosed` needs a StreamReaderProtocol.
   * @param reader The other side of the connection, whose errors `drain` throws; null if there is none.
   */
  constructor(
    transport: WriteTransportLike,
    protocol: FlowControlMixin,
    reader: StreamReader | null,
    loop: AbstractEventLoop,
  ) {
    this.#transport = transport;
    this.#protocol = protocol;
    this.#reader = reader;
    if (reader !== null) reader._writer = this;
    unclosed.register(this, { transport, loop });
  }

  /** @internal */
  get _loop(): AbstractEventLoop {
    return this.#protocol._loop;
  }

  /** The transport that it writes to. */
  get transport(): WriteTransportLike {
    return this.#transport;
  }

  /** Writes bytes, without waiting. See {@link WriteTransportLike.write}; `drain` is how to wait. */
  write(data: BytesLike): void {
    this.#transport.write(data);
  }

  /** Writes several pieces, without waiting. */
  writelines(data: Iterable<BytesLike>): void {
    this.#transport.writelines(data);
  }

  /** Says that nothing more will be written; the reader goes on. */
  writeEof(): void {
    this.#transport.writeEof();
  }

  /** Whether the connection can be closed for one direction only. */
  canWriteEof(): boolean {
    return this.#transport.canWriteEof();
  }

  /** Closes the connection, in both directions; what was written is still sent. */
  close(): void {
    this.#transport.close();
  }

  /** True when it is closing or closed. */
  isClosing(): boolean {
    return this.#transport.isClosing();
  }

  /**
   * Waits until the connection has ended, after `close()`.
   *
   * @throws What ended it, if that was an error.
   */
  *waitClosed(): Coroutine<void> {
    const protocol = this.#protocol as FlowControlMixin & Partial<StreamReaderProtocol>;
    if (protocol._getCloseWaiter === undefined)
      throw new NotImplementedError('waitClosed() is not implemented by this protocol');
    // Cancelling one who waits must not cancel what others wait for.
    const closed = protocol._getCloseWaiter();
    if (closed.done()) return closed.result();
    const waiter = new Future<void>({ loop: protocol._loop });
    const pass = (): void => release(waiter);
    closed.addDoneCallback(pass);
    try {
      yield* waiter;
    } finally {
      closed.removeDoneCallback(pass);
    }
    return closed.result();
  }

  /** What is known of the connection. See {@link BaseTransportLike.getExtraInfo}. */
  getExtraInfo(name: string, defaultValue: unknown = null): unknown {
    return this.#transport.getExtraInfo(name, defaultValue);
  }

  /**
   * Waits, while there is too much to be sent, until there is little. Call it after writing. It yields to the loop only
   * if it has to wait, or if the connection is closing.
   *
   * @throws What ended the connection, ConnectionResetError "Connection lost" if that was a regular end.
   */
  *drain(): Coroutine<void> {
    const exception = this.#reader?.exception() ?? null;
    if (exception !== null) throw exception;
    // A loop of writes and drains must find out that the connection is lost.
    if (this.#transport.isClosing()) yield* sleep(0);
    yield* this.#protocol._drainHelper();
  }

  /** Enters `asyncWith`, which gives the block the writer. */
  *aenter(): Coroutine<this> {
    return this;
  }

  /** Leaves `asyncWith`: closes the connection and waits for its end. An error of the block goes before one of that. */
  *aexit(error: Error | null): Coroutine<void> {
    this.close();
    try {
      yield* this.waitClosed();
    } catch (lost) {
      if (error === null || isCancelled(lost)) throw lost;
    }
  }

  toString(): string {
    return this._repr();
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, StreamWriter, 'StreamWriter');
  }

  /** @internal */
  _repr(): string {
    const reader = this.#reader === null ? '' : ` reader=${repr(this.#reader)}`;
    return `<${this._kind} transport=${repr(this.#transport)}${reader}>`;
  }
}

function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && !(limit > 0)) throw new RangeError('Limit cannot be <= 0');
}

const NEWLINE = /* @__PURE__ */ Uint8Array.of(10);

/**
 * The reading side of a connection. Made by `openConnection` and `startServer`; one that is made by hand is fed by
 * hand.
 *
 * What is read belongs to the reader's user: it shares no memory with anything else. Every method that waits resumes
 * the transport if it was paused. One task at a time may wait.
 *
 * It can be gone through by lines, with `asyncFor` or, in native code, `for await`: each with its newline, the last one
 * perhaps without.
 *
 * @example
 * const reader = new StreamReader();
 * reader.feedData(new TextEncoder().encode('one\ntwo\nthree'));
 * reader.feedEof();
 * const text = new TextDecoder();
 * console.log(text.decode(yield* reader.readline())); // one
 * yield* asyncFor(reader, function* (line) {
 *   console.log(text.decode(line)); // two, three
 * });
 */
export class StreamReader implements CoroutineIterator<Bytes>, AsyncIterable<Bytes> {
  readonly #limit: number;
  readonly #loop: AbstractEventLoop;
  /** @internal */
  readonly _buffer = new ByteQueue();
  #eof = false;
  /** @internal */
  _waiter: Future<void> | null = null;
  #exception: Error | null = null;
  /** @internal */
  _transport: BaseTransportLike | null = null;
  #paused = false;
  /** Held, so that a connection of which only the reader is in use stays open. @internal */
  _writer: StreamWriter | null = null;

  /**
   * @param options.loop Default: the current loop.
   * @throws {RangeError} If the limit is not above 0: "Limit cannot be <= 0".
   */
  constructor(options?: {
    readonly limit?: number | undefined;
    readonly loop?: AbstractEventLoop | null;
  }) {
    checkLimit(options?.limit);
    this.#limit = options?.limit ?? DEFAULT_LIMIT;
    this.#loop = options?.loop ?? getEventLoop();
  }

  /** @internal */
  get _loop(): AbstractEventLoop {
    return this.#loop;
  }

  /** The error that the connection ended with, or null. */
  exception(): Error | null {
    return this.#exception;
  }

  /** Sets the error that this and all later reads throw. For protocols. */
  setException(exc: Error): void {
    this.#exception = exc;
    const waiter = this._waiter;
    this._waiter = null;
    if (waiter !== null && !waiter.cancelled()) waiter.setException(exc);
  }

  /**
   * Sets the transport that is paused when too much waits to be read. For protocols.
   *
   * @throws {RuntimeError} If there is one already: "Transport already set".
   */
  setTransport(transport: BaseTransportLike): void {
    if (this._transport !== null) throw new RuntimeError('Transport already set');
    this._transport = transport;
  }

  /** Says that no more data will come. For protocols. */
  feedEof(): void {
    this.#eof = true;
    this.#wakeUp();
  }

  /** True when no more data will come and everything has been read. */
  atEof(): boolean {
    return this.#eof && this._buffer.length === 0;
  }

  /**
   * Adds data to be read. For protocols. It is taken over, not copied: it must not change afterwards.
   *
   * @throws {RuntimeError} After `feedEof()`: "feed_data after feed_eof".
   */
  feedData(data: BytesLike): void {
    if (this.#eof) throw new RuntimeError('feed_data after feed_eof');
    const bytes = asBytes(data);
    if (bytes.length === 0) return;
    this._buffer.push(bytes);
    this.#wakeUp();
    if (this._transport === null || this.#paused || this._buffer.length <= 2 * this.#limit) return;
    try {
      (this._transport as ReadTransportLike).pauseReading();
      this.#paused = true;
    } catch (error) {
      // It cannot be paused: everything is kept then, and it is not asked again. Nothing is awaited.
      if (!(error instanceof NotImplementedError)) throw error;
      this._transport = null;
    }
  }

  /**
   * Reads up to `n` bytes: what there is, at least one, or nothing at the end. Where large pieces wait, each is given by
   * itself, without a copy. It yields to the loop only if there is nothing.
   *
   * @param n Default: -1, for everything up to the end.
   * @throws What the connection ended with, if that was an error.
   */
  *read(n = -1): Coroutine<Bytes> {
    checkInteger('n', n);
    if (this.#exception !== null) throw this.#exception;
    if (n === 0) return new Uint8Array();
    if (n < 0) {
      const blocks: Bytes[] = [];
      for (;;) {
        const block = yield* this.read(this.#limit);
        if (block.length === 0) return concat(blocks);
        blocks.push(block);
      }
    }
    if (this._buffer.length === 0 && !this.#eof) yield* this.#waitForData('read');
    const data = this._buffer.takeSome(n);
    this.#maybeResume();
    return data;
  }

  /**
   * Reads a line: up to and with the next newline, what is left at the end, nothing after that.
   *
   * @throws {RangeError} If the line is longer than the limit; it is dropped, as far as it has come.
   * @throws What the connection ended with, if that was an error.
   */
  *readline(): Coroutine<Bytes> {
    try {
      return yield* this.readuntil(NEWLINE);
    } catch (error) {
      if (error instanceof IncompleteReadError) return error.partial as Bytes;
      if (!(error instanceof LimitOverrunError)) throw error;
      const buffer = this._buffer;
      if (buffer.startsWith(NEWLINE, error.consumed)) buffer.drop(error.consumed + NEWLINE.length);
      else buffer.clear();
      this.#maybeResume();
      throw new RangeError(error.message, { cause: error });
    }
  }

  /**
   * Reads up to and with the next separator.
   *
   * @param separator One, or several, of which the match that ends first counts. Default: a newline.
   * @throws {IncompleteReadError} If the data ends before; its `partial` has what was left.
   * @throws {LimitOverrunError} If there are more bytes than the limit before the separator; they stay to be read.
   * @throws {RangeError} If there is no separator, or an empty one.
   * @throws What the connection ended with, if that was an error.
   */
  *readuntil(separator: BytesLike | readonly BytesLike[] = NEWLINE): Coroutine<Bytes> {
    const given = Array.isArray(separator) ? separator : [separator];
    const separators = given.map((one: unknown) => asBytes(one, 'separator'));
    if (separators.length === 0) throw new RangeError('Separator should contain at least one element');
    const lengths = separators.map(({ length }) => length);
    const shortest = Math.min(...lengths);
    const longest = Math.max(...lengths);
    if (shortest === 0) throw new RangeError('Separator should be at least one-byte string');
    if (this.#exception !== null) throw this.#exception;
    const buffer = this._buffer;
    /** Before it no separator begins. */
    let offset = 0;
    for (;;) {
      if (buffer.length - offset >= shortest) {
        let start = -1;
        let end = Infinity;
        for (const one of separators) {
          const at = buffer.indexOf(one, offset);
          // Of those that end together, the shortest counts for the limit.
          if (at < 0 || at + one.length > end || (at + one.length === end && at < start)) continue;
          start = at;
          end = at + one.length;
        }
        if (start > this.#limit)
          throw new LimitOverrunError('Separator is found, but chunk is longer than limit', start);
        if (start >= 0) return this.#take(end);
        // The last bytes may be the beginning of a separator.
        offset = Math.max(0, buffer.length + 1 - longest);
        if (offset > this.#limit)
          throw new LimitOverrunError('Separator is not found, and chunk exceed the limit', offset);
      }
      // Only now: the last data may have brought the separator.
      if (this.#eof) throw new IncompleteReadError(buffer.take(buffer.length));
      yield* this.#waitForData('readuntil');
    }
  }

  /**
   * Reads exactly `n` bytes.
   *
   * @throws {IncompleteReadError} If the data ends before; its `partial` has what was left.
   * @throws {RangeError} If `n` is negative.
   * @throws What the connection ended with, if that was an error.
   */
  *readexactly(n: number): Coroutine<Bytes> {
    checkInteger('n', n);
    if (n < 0) throw new RangeError('readexactly size can not be less than zero');
    if (this.#exception !== null) throw this.#exception;
    const buffer = this._buffer;
    while (buffer.length < n) {
      if (this.#eof) throw new IncompleteReadError(buffer.take(buffer.length), n);
      yield* this.#waitForData('readexactly');
    }
    return n === 0 ? new Uint8Array() : this.#take(n);
  }

  /** The next line, for `asyncFor`. */
  *anext(): Coroutine<IteratorResult<Bytes, undefined>> {
    const value = yield* this.readline();
    return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
  }

  /** The lines, for `for await` in native code. */
  [Symbol.asyncIterator](): AsyncIterator<Bytes, undefined> {
    return { next: () => this.#loop.createTask(this.anext()).then((step) => step) };
  }

  #take(n: number): Bytes {
    const data = this._buffer.take(n);
    this.#maybeResume();
    return data;
  }

  #maybeResume(): void {
    if (this.#paused && this._buffer.length <= this.#limit) this.#resume();
  }

  #resume(): void {
    this.#paused = false;
    (this._transport as ReadTransportLike).resumeReading(); // it was paused
  }

  #wakeUp(): void {
    const waiter = this._waiter;
    this._waiter = null;
    if (waiter !== null) release(waiter);
  }

  /** Waits for data or its end. */
  *#waitForData(method: string): Coroutine<void> {
    // Two readers would not know who gets what.
    if (this._waiter !== null)
      throw new RuntimeError(
        `${method}() called while another coroutine is already waiting for incoming data`,
      );
    // Who waits for more than the limit would wait for ever.
    if (this.#paused) this.#resume();
    const waiter = new Future<void>({ loop: this.#loop });
    this._waiter = waiter;
    try {
      yield* waiter;
    } finally {
      // By now it may be another reader's.
      if (this._waiter === waiter) this._waiter = null;
    }
  }

  toString(): string {
    return this._repr();
  }

  /** @internal */
  get _kind(): string {
    return nameOf(this, StreamReader, 'StreamReader');
  }

  /** @internal */
  _repr(): string {
    const info = [this._kind];
    if (this._buffer.length > 0) info.push(`${this._buffer.length} bytes`);
    if (this.#eof) info.push('eof');
    if (this.#limit !== DEFAULT_LIMIT) info.push(`limit=${this.#limit}`);
    if (this._waiter !== null) info.push(`waiter=${repr(this._waiter)}`);
    if (this.#exception !== null) info.push(`exception=${repr(this.#exception)}`);
    if (this._transport !== null) info.push(`transport=${repr(this._transport)}`);
    if (this.#paused) info.push('paused');
    return `<${info.join(' ')}>`;
  }
}

function checkInteger(name: string, value: number): void {
  if (!Number.isInteger(value)) throw new TypeError(`${name} must be an integer, got ${repr(value)}`);
}
