/**
 * WebSocket messages: `connectWebSocket` and its connection.
 *
 * There is no CPython file to follow; the shape is that of the `websockets` package, which Python programs use.
 *
 * Back-pressure: messages wait for `recv()`, up to `readLimit` bytes of them. Then, where the engine has WebSocketStream,
 * the server is held back; elsewhere, if as much still waits some turns of the loop later, the connection is closed with
 * 4009, and `recv()` throws ConnectionAbortedError behind the messages that wait. `send()` waits while more than 64 KiB are under way.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { WebSocketOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop, TimerHandle } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import type { Bytes, BytesLike } from '../core/network.ts';
import { ConnectionAbortedError } from '../core/os-errors.ts';
import { Ring } from '../core/ring.ts';
import type { Gate, Waiter } from '../sync/waiters.ts';
import { passOn, Turn, WAIT, WaitingLine, wakeAll, wakeNext } from '../sync/waiters.ts';
import type { CoroutineIterator } from '../tasks/async-iter.ts';
import { nativeIterator } from '../tasks/async-iter.ts';
import type { AsyncContextManager } from '../tasks/async-with.ts';
import { Future, release } from '../tasks/futures.ts';
import { asBytes } from './bytes.ts';
import { Overflow, Poll } from './websocket.ts';
import type { WebSocketClosure, WebSocketLink } from './websocket-link.ts';
import { isRegular, openWebSocket, READ_LIMIT, TOO_BIG, WebSocketCloseError } from './websocket-link.ts';

/** A message: text, or bytes. */
export type WebSocketMessage = string | Bytes;

/** What `connectWebSocket` takes. */
export interface WebSocketConnectionOptions extends WebSocketOptions {
  /** The most messages that wait for `recv()`, as `readLimit` is for their bytes. Default 100,000. */
  readonly maxQueue?: number;
  /** The largest message that is taken, in bytes, or characters of text. Default: any. */
  readonly maxSize?: number;
}

/** `send()` waits above the first, in bytes, and until the second. */
const [HIGH_WATER, LOW_WATER] = [64 * 1024, 16 * 1024];

const sizeOf = (data: string | ArrayBuffer | Bytes): number =>
  typeof data === 'string' ? data.length : data.byteLength;

/**
 * An open WebSocket, message by message. Made by `connectWebSocket`. Iterating it gives the messages until a regular
 * end; ending the iteration early leaves it open. With `asyncWith` it is closed at the end of the block.
 *
 * @example
 * function* chat(connection: WebSocketConnection): Coroutine<void> {
 *   yield* connection.send('hello');
 *   const answer = yield* connection.recv();
 *   console.log(answer);
 *   yield* connection.close();
 * }
 */
export class WebSocketConnection
  implements
    AsyncContextManager<WebSocketConnection, void>,
    CoroutineIterator<WebSocketMessage>,
    AsyncIterable<WebSocketMessage>
{
  readonly #loop: AbstractEventLoop;
  readonly #link: WebSocketLink;
  readonly #options: WebSocketConnectionOptions;
  readonly #messages = new Ring<WebSocketMessage>();
  /** Those who wait for a message. */
  readonly #line = new WaitingLine<void>(this, 'recv');
  readonly #recv: Gate<WebSocketMessage>;
  readonly #anext: Gate<IteratorResult<WebSocketMessage, undefined>>;
  /** The bytes of the messages that wait. */
  #waiting = 0;
  #paused = false;
  #closing = false;
  #closure: WebSocketClosure | null = null;
  /** Why this side gave it up. */
  #error: Error | null = null;
  /** What `send()` and `close()` wait for; made when needed. */
  #sendable: Future<void> | null = null;
  readonly #closed: Future<void>;
  readonly #poll: Poll;
  readonly #overflow: Overflow;
  #closeTimer: TimerHandle | null = null;

  /** @internal */
  constructor(loop: AbstractEventLoop, link: WebSocketLink, options: WebSocketConnectionOptions) {
    this.#loop = loop;
    this.#link = link;
    this.#options = options;
    this.#closed = new Future<void>({ loop });
    const take = (): WebSocketMessage | typeof WAIT => this.#take();
    const isAny = (): boolean => this.#messages.length > 0;
    this.#recv = new Receiving(loop, this.#line, isAny, take);
    this.#anext = new Receiving(loop, this.#line, isAny, () => this.#takeNext());
    this.#poll = new Poll(loop, () => !this.#letSend());
    this.#overflow = new Overflow(
      loop,
      () => this.#full() && this.#closure === null,
      () => this.#refuse(`${this.#messages.length} messages of ${this.#waiting} bytes wait to be received`),
    );
    link.listen({
      message: (data) => this.#isListening() && this.#message(data),
      closed: (closure, error) => this.#isListening() && this.#end(closure, error),
      drained: () => this.#isListening() && this.#letSend(),
      full: () => this.#full(),
    });
    link.resume();
  }

  /** The address. */
  get url(): string {
    return this.#link.url;
  }

  /** The subprotocol that the server chose; empty for none. */
  get subprotocol(): string {
    return this.#link.protocol;
  }

  /** The code and the reason that it was closed with; null while it is open. */
  get closure(): WebSocketClosure | null {
    return this.#closure;
  }

  /**
   * The next message; waits for it. A cancelled wait loses none. Yields to the loop only if it has to wait.
   *
   * @throws {WebSocketCloseError} If it is closed, in whatever way, and no message is left.
   * @throws {ConnectionAbortedError} If it was given up because of a message too many, or too large.
   */
  recv(): Coroutine<WebSocketMessage> {
    return new Turn(this.#recv, undefined);
  }

  /**
   * Sends a message: a string as text, bytes as bytes. Yields to the loop only if it has to wait because more than
   * 64 KiB are under way; the message is on its way also if that wait is cancelled.
   *
   * @throws {WebSocketCloseError} If it is closed, or is closed while it waits.
   * @throws {TypeError} If `data` is neither.
   */
  *send(data: string | BytesLike): Coroutine<void> {
    const message = typeof data === 'string' ? data : (asBytes(data) as Bytes); // never shared memory, see below
    if (this.#closing || this.#closure !== null) throw this.#closeError();
    this.#link.send(message);
    while (this.#link.inFlight() > (this.#sendable === null ? HIGH_WATER : LOW_WATER)) {
      this.#sendable ??= new Future<void>({ loop: this.#loop });
      if (!this.#link.tellsDrained) this.#poll.start();
      yield* waitFor(this.#sendable);
      if (this.#closure !== null) throw this.#closeError();
    }
  }

  /**
   * Closes it, when everything is sent, and waits for the other side's answer, for at most `closeTimeout` seconds.
   * Messages that still come are dropped. Closing again waits only.
   *
   * @param code 1000, or 3000 to 4999. Default 1000.
   * @param reason At most 123 bytes in UTF-8. Default: none.
   * @throws {RangeError} If code or reason cannot be sent.
   */
  *close(code = 1000, reason = ''): Coroutine<void> {
    if (code !== 1000 && !(code >= 3000 && code <= 4999))
      throw new RangeError(`code must be 1000, or 3000 to 4999, got ${code}`);
    if (new TextEncoder().encode(reason).length > 123)
      throw new RangeError(`reason must have at most 123 bytes in UTF-8, got '${reason}'`);
    if (this.#closure === null && !this.#closing) {
      this.#closing = true;
      this.#link.close(code, reason);
      this.#closeTimer = this.#loop.callLater(this.#options.closeTimeout ?? 10, () => this.abort());
    }
    if (!this.#closed.done()) yield* waitFor(this.#closed);
  }

  /** Closes it and does not wait. */
  abort(): void {
    this.#end({ code: 1006, reason: '' }, null);
  }

  /** The next message as an iterator result; the end is a regular close. */
  anext(): Coroutine<IteratorResult<WebSocketMessage, undefined>> {
    return new Turn(this.#anext, undefined);
  }

  /** For `for await` in native code. */
  [Symbol.asyncIterator](): AsyncIterator<WebSocketMessage> & CoroutineIterator<WebSocketMessage> {
    return nativeIterator(this, this.#loop);
  }

  /** For `asyncWith`: gives the connection. It does not yield to the loop. */
  *aenter(): Coroutine<this> {
    return this;
  }

  /** For `asyncWith`: closes it; after an error or a cancellation it does not wait for the other side. */
  *aexit(error: Error | null): Coroutine<void> {
    if (error === null) yield* this.close();
    else this.abort();
  }

  /** A loop that has been closed cannot be told: the connection ends with it. */
  #isListening(): boolean {
    const isClosed = this.#loop.isClosed();
    if (isClosed) this.#link.abandon();
    return !isClosed;
  }

  /** The next message, or WAIT. */
  #take(): WebSocketMessage | typeof WAIT {
    if (this.#messages.length === 0) {
      if (this.#closure === null) return WAIT;
      throw this.#closeError();
    }
    const data = this.#messages.shift();
    this.#waiting -= sizeOf(data);
    if (this.#paused && !this.#full()) {
      this.#paused = false;
      this.#link.resume();
    }
    return data;
  }

  /** The same as an iterator result. */
  #takeNext(): IteratorResult<WebSocketMessage, undefined> | typeof WAIT {
    const isOver = this.#messages.length === 0 && this.#closure !== null && this.#error === null;
    if (isOver && isRegular(this.#closure as WebSocketClosure)) return { done: true, value: undefined };
    const value = this.#take();
    return value === WAIT ? WAIT : { done: false, value };
  }

  #full(): boolean {
    const { readLimit = READ_LIMIT, maxQueue = 100_000 } = this.#options;
    return this.#waiting > readLimit || this.#messages.length > maxQueue;
  }

  #message(data: string | ArrayBuffer): void {
    const { maxSize = Infinity } = this.#options;
    const size = sizeOf(data);
    if (this.#closing) return;
    if (size > maxSize) {
      this.#refuse(`a message of ${size} came, where ${maxSize} is the most`);
      return;
    }
    this.#waiting += size;
    this.#messages.push(typeof data === 'string' ? data : new Uint8Array(data));
    wakeNext(this.#line);
    if (!this.#link.tellsDrained) {
      this.#overflow.check();
    } else if (!this.#paused && this.#full()) {
      this.#paused = true;
      this.#link.pause();
    }
  }

  #refuse(why: string): void {
    this.#link.close(TOO_BIG, why);
    const error = new ConnectionAbortedError(`${this.url} was closed with ${TOO_BIG}: ${why}`);
    this.#end({ code: TOO_BIG, reason: why }, error);
  }

  #end(closure: WebSocketClosure, error: Error | null): void {
    if (this.#closure !== null) return;
    this.#closure = closure;
    this.#error = error;
    this.#link.abandon();
    if (this.#closing) this.#messages.clear();
    wakeAll(this.#line);
    this.#poll.stop();
    this.#closeTimer?.cancel();
    this.#sendable?.setResult();
    this.#sendable = null;
    this.#closed.setResult();
  }

  /** Lets the senders go on if there is room; true if none waits any more. */
  #letSend(): boolean {
    if (this.#sendable === null) return true;
    if (this.#link.inFlight() > LOW_WATER) return false;
    this.#sendable.setResult();
    this.#sendable = null;
    return true;
  }

  #closeError(): Error {
    return this.#error ?? new WebSocketCloseError(this.url, this.#closure ?? { code: 1000, reason: '' });
  }
}

/** What who waits for a message stands in line for. */
class Receiving<R> implements Gate<R> {
  readonly _line: WaitingLine<void>;
  readonly #loop: AbstractEventLoop;
  readonly #isAny: () => boolean;
  readonly #take: () => R | typeof WAIT;

  constructor(
    loop: AbstractEventLoop,
    line: WaitingLine<void>,
    isAny: () => boolean,
    take: () => R | typeof WAIT,
  ) {
    this.#loop = loop;
    this._line = line;
    this.#isAny = isAny;
    this.#take = take;
  }

  _enter(): R | typeof WAIT {
    return this.#take();
  }

  _abandon(waiter: Waiter<void>): void {
    passOn(waiter, this._line, this.#isAny());
  }

  _getLoop(): AbstractEventLoop {
    return this.#loop;
  }
}

/** Waits for a future that others wait for too. */
function* waitFor(shared: Future<void>): Coroutine<void> {
  const own = new Future<void>({ loop: shared.getLoop() });
  const tell = (): void => release(own);
  shared.addDoneCallback(tell);
  try {
    yield* own;
  } finally {
    shared.removeDoneCallback(tell);
  }
}

/**
 * Opens a WebSocket, for whole messages. It yields to the loop. Cancelling closes what was begun and waits for nothing.
 *
 * @param url A URL with ws: or wss:.
 * @throws {ConnectionError} If it cannot be opened; a page is not told why. The URL is in the message.
 * @throws {RangeError} If the URL, or a subprotocol, is none.
 * @example
 * function* listen(url: string): Coroutine<void> {
 *   const connection = yield* withTimeout(10, () => connectWebSocket(url, { protocols: 'chat' }));
 *   yield* asyncWith(connection, function* () {
 *     yield* connection.send('hello');
 *     yield* asyncFor(connection, function* (message) {
 *       console.log(message);
 *     });
 *   });
 * }
 */
export function* connectWebSocket(
  url: string | URL,
  options: WebSocketConnectionOptions = {},
): Coroutine<WebSocketConnection> {
  const loop = getRunningLoop();
  return new WebSocketConnection(loop, yield* openWebSocket(loop, url, options), options);
}
