/**
 * WebSocket as a stream of bytes: the transport of `ws:` and `wss:`.
 *
 * Where a message ends means nothing in a stream: each `write` is sent as a binary message, and messages are given to
 * the protocol as they come. See websocket-connection.ts for whole messages.
 *
 * What a page can and cannot do:
 *  - Write back-pressure. With WebSocketStream the engine says when a write is done; elsewhere `bufferedAmount` is looked
 *    at, by a timer that is armed only while the protocol is paused: after 1 ms, then twice as long each time, at
 *    most 32 ms. WebKit takes everything off the page at once, so it never pauses for long there.
 *  - Read back-pressure. While reading is paused messages keep coming and are kept, up to `readLimit` bytes. Then, with
 *    WebSocketStream, the server is held back; elsewhere, if reading is still paused some turns of the loop later, the
 *    connection is closed, with an error that says so.
 *  - There is no half-close: `canWriteEof()` is false. The other side's close is the end of the data: with 1000, 1001
 *    or no code it is a regular end, otherwise `connectionLost` is called with a WebSocketCloseError.
 *  - `close()` lets the browser send what is written, then close; `connectionLost` comes when the other side has
 *    answered, or after `closeTimeout` seconds. `abort()` does not wait. The browser may still send what it has.
 *
 * `getExtraInfo` knows 'url', 'subprotocol', 'extensions', and, at the end, 'closeCode' and 'closeReason'.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { WebSocketStreamOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop, TimerHandle } from '../core/events.ts';
import { NotImplementedError } from '../core/exceptions.ts';
import { nameOf } from '../core/format-helpers.ts';
import type { ProtocolLike } from '../core/network.ts';
import { ConnectionAbortedError } from '../core/os-errors.ts';
import { Future } from '../tasks/futures.ts';
import type { ChannelOptions } from './channel.ts';
import { ChannelTransport, opened } from './channel.ts';
import type { WebSocketClosure, WebSocketLink, WebSocketListener } from './websocket-link.ts';
import { openWebSocket, READ_LIMIT, TOO_BIG, UNSUPPORTED } from './websocket-link.ts';

/** The first and the longest time between two looks at what is in flight, in seconds. */
const [SHORTEST_POLL, LONGEST_POLL] = [0.001, 0.032];

/** Looks at a number that must fall, while somebody waits for that. */
export class Poll {
  #timer: TimerHandle | null = null;
  #delay = SHORTEST_POLL;
  readonly #loop: AbstractEventLoop;
  readonly #look: () => boolean;

  /** @param look Called after a while; true if it is to be called again. */
  constructor(loop: AbstractEventLoop, look: () => boolean) {
    this.#loop = loop;
    this.#look = look;
  }

  start(): void {
    this.#timer ??= this.#loop.callLater(this.#delay, () => {
      this.#timer = null;
      this.#delay = Math.min(this.#delay * 2, LONGEST_POLL);
      if (this.#look()) this.start();
      else this.#delay = SHORTEST_POLL;
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#delay = SHORTEST_POLL;
  }
}

/** How many turns of the loop who reads has, when too much waits, before the connection is given up. */
const TURNS = 16;

/**
 * Calls `refuse` when too much waits, and still does after some turns of the loop. Messages may come by the thousand
 * between two of them, and then who reads is not slow: it has not had its turn.
 */
export class Overflow {
  #turns = 0;
  readonly #loop: AbstractEventLoop;
  readonly #isTooMuch: () => boolean;
  readonly #refuse: () => void;

  constructor(loop: AbstractEventLoop, isTooMuch: () => boolean, refuse: () => void) {
    this.#loop = loop;
    this.#isTooMuch = isTooMuch;
    this.#refuse = refuse;
  }

  /** Something has come. */
  check(): void {
    if (this.#turns > 0 || !this.#isTooMuch()) return;
    this.#turns = TURNS;
    this.#loop.callSoon(this.#look);
  }

  readonly #look = (): void => {
    this.#turns = this.#isTooMuch() ? this.#turns - 1 : 0;
    if (this.#turns > 0) this.#loop.callSoon(this.#look);
    else if (this.#isTooMuch()) this.#refuse();
  };
}

class WebSocketTransport extends ChannelTransport implements WebSocketListener {
  readonly #link: WebSocketLink;
  readonly #options: WebSocketStreamOptions;
  readonly #encoder = new TextEncoder();
  readonly #poll: Poll;
  readonly #overflow: Overflow;
  #closeTimer: TimerHandle | null = null;
  /** The other side has closed it: no more will come. */
  #isComplete = false;

  constructor(
    loop: AbstractEventLoop,
    protocol: ProtocolLike,
    link: WebSocketLink,
    options: WebSocketStreamOptions & ChannelOptions,
  ) {
    super(loop, protocol, options);
    this.#link = link;
    this.#options = options;
    this.#poll = new Poll(loop, () => {
      this.maybeResumeProtocol();
      return this._protocolPaused;
    });
    this.#overflow = new Overflow(
      loop,
      () => this.full() && !this.isReading() && !this.isClosing() && !this.#isComplete,
      () => this.#refuse(TOO_BIG, `${this.incomingSize} bytes came while reading was paused`),
    );
    link.listen(this);
  }

  // What the link tells

  message(data: string | ArrayBuffer): void {
    if (typeof data === 'string' && this.#options.text === 'refuse') {
      this.#refuse(UNSUPPORTED, 'a text message came, where only bytes are taken');
      return;
    }
    this.feed(typeof data === 'string' ? this.#encoder.encode(data) : new Uint8Array(data));
    if (!this.#link.tellsDrained) this.#overflow.check();
  }

  closed(closure: WebSocketClosure, error: Error | null): void {
    this._extra['closeCode'] = closure.code;
    this._extra['closeReason'] = closure.reason;
    this.#isComplete = true;
    this.ended(error);
  }

  drained(): void {
    this.writable();
  }

  full(): boolean {
    return this.incomingSize > (this.#options.readLimit ?? READ_LIMIT);
  }

  // What the base asks for

  protected override transmit(data: Uint8Array): number {
    this.#link.send(data as Uint8Array<ArrayBuffer>);
    return data.length;
  }

  protected override inFlight(): number {
    return this.#link.inFlight();
  }

  protected override maybePauseProtocol(): void {
    super.maybePauseProtocol();
    if (this._protocolPaused && !this.#link.tellsDrained) this.#poll.start();
  }

  protected override startReading(): void {
    this.#link.resume();
  }

  protected override stopReading(): void {
    this.#link.pause();
  }

  protected override finish(): void {
    this.#link.close();
    this.#closeTimer = this.loop.callLater(this.#options.closeTimeout ?? 10, () => this.lost(null));
  }

  protected override release(): void {
    this.#poll.stop();
    this.#closeTimer?.cancel();
    this.#link.abandon();
  }

  override canWriteEof(): boolean {
    return false;
  }

  /** @throws {NotImplementedError} Always: a WebSocket has no half-close. */
  override writeEof(): void {
    throw new NotImplementedError('writeEof() is not available: a WebSocket has no half-close; use close()');
  }

  #refuse(code: number, why: string): void {
    this.#link.close(code, why);
    this.fail(new ConnectionAbortedError(`${this.#link.url} was closed with ${code}: ${why}`));
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, WebSocketTransport, 'WebSocketTransport');
  }
}

/** Opens `ws:` and `wss:` URLs for `createConnection`. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  url: URL,
  options: WebSocketStreamOptions,
): Coroutine<[WebSocketTransport, P]> {
  const link = yield* openWebSocket(loop, url, options);
  const waiter = new Future<void>({ loop });
  const { protocol: subprotocol, extensions } = link;
  const extra = { url: link.url, peername: link.url, subprotocol, extensions };
  let transport: WebSocketTransport;
  let protocol: P;
  try {
    protocol = protocolFactory();
    transport = new WebSocketTransport(loop, protocol, link, { ...options, waiter, extra });
  } catch (error) {
    link.abandon();
    throw error;
  }
  return yield* opened(transport, protocol, waiter);
}
