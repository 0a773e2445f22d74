/**
 * One WebSocket, by whichever means the engine has, under one small interface: the byte-level transport and the
 * message-level connection both stand on it.
 *
 * Where the engine has WebSocketStream, messages are asked for one after the other, so that who reads slowly can slow
 * the server down; and writes say when they are done. Elsewhere it is a plain WebSocket: messages come as they come, and
 * what is not sent yet can only be asked for (`bufferedAmount`).
 *
 * Chromium's WebSocketStream (seen in 156) drops every message that was not asked for when the server's close comes: of
 * a thousand that a server sends before it closes, a reader that is paused gets one. So messages are asked for up to
 * `readLimit` ahead of the reader, and a close that comes while none is asked for is an error, whatever its code.
 *
 * A page may close with 1000 and with 3000 to 4999 only. Where a server would say 1009, too big, or 1003, of the wrong
 * kind, this side says 4009 and 4003.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { WebSocketOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { isCancelled } from '../core/exceptions.ts';
import type { Bytes } from '../core/network.ts';
import { ConnectionError, ConnectionResetError } from '../core/os-errors.ts';
import { fromPromise } from '../tasks/promises.ts';

/** The close codes of this side. */
export const TOO_BIG = 4009;
export const UNSUPPORTED = 4003;

/** How a connection ended. */
export interface WebSocketClosure {
  /** What the other side's close frame said; 1005 if it said nothing, 1006 if none came. */
  readonly code: number;
  /** What stood beside the code; empty if nothing did. */
  readonly reason: string;
}

/**
 * A WebSocket was closed, with a code that says that something went wrong, or without any.
 *
 * @example
 * const error = new WebSocketCloseError('wss://example.org/', { code: 1011, reason: 'out of order' });
 * error.message; // wss://example.org/ was closed with code 1011: out of order
 * error instanceof ConnectionResetError; // true
 */
export class WebSocketCloseError extends ConnectionResetError {
  /** Always 'WebSocketCloseError'. A getter, since bundlers keep a class whose static block writes to an imported base. */
  override get name(): string {
    return 'WebSocketCloseError';
  }
  /** The address. */
  readonly url: string;
  /** The code of the close frame; 1005 if there was none in it, 1006 if there was no close frame. */
  readonly code: number;
  /** The reason in the close frame; empty if there was none. */
  readonly reason: string;
  /**
   * @param url The address.
   * @param closure The code and the reason of the close frame.
   */
  constructor(url: string, { code, reason }: WebSocketClosure) {
    super(`${url} was closed with code ${code}${reason ? `: ${reason}` : code === 1006 ? ': it broke' : ''}`);
    this.url = url;
    this.code = code;
    this.reason = reason;
  }
}

/** True for a regular end: 1000, 1001 (the server or page goes away) and 1005 (no code was given). */
export function isRegular({ code }: WebSocketClosure): boolean {
  return code === 1000 || code === 1001 || code === 1005;
}

/** What a link tells of, outside the loop: once it is open, and until `closed`, which comes once. */
export interface WebSocketListener {
  message(data: string | ArrayBuffer): void;
  /** @param error null for a regular end. */
  closed(closure: WebSocketClosure, error: Error | null): void;
  /** Less is in flight. A plain WebSocket does not tell. */
  drained(): void;
  /** True while so much waits to be read that the server is to be held back, if that is possible. */
  full(): boolean;
}

/** What an end is for who reads. */
function errorOf(url: string, closure: WebSocketClosure): Error | null {
  return isRegular(closure) ? null : new WebSocketCloseError(url, closure);
}

/** What waits to be read, at most, if the options do not say. */
export const READ_LIMIT: number = 16 * 2 ** 20;

/** An open WebSocket. */
export interface WebSocketLink {
  readonly url: string;
  /** The subprotocol that the server chose; empty for none. */
  readonly protocol: string;
  readonly extensions: string;
  /** Begins to tell, also of what has come already. Called once. */
  listen(listener: WebSocketListener): void;
  /** How many bytes wait to be sent. */
  inFlight(): number;
  /** Whether `drained` will be called, so that `inFlight` need not be asked for again and again. */
  readonly tellsDrained: boolean;
  /** Sends a message; `data` may change afterwards. */
  send(data: string | Bytes): void;
  /** Messages are wanted, from now on or again. */
  resume(): void;
  /** No message is wanted. One or, with a plain WebSocket, any number may still come. */
  pause(): void;
  /** Closes it when everything is sent; messages that still come are dropped, and `closed` follows. */
  close(code?: number, reason?: string): void;
  /** Lets go of it: nothing is told any more. */
  abandon(): void;
}

/** What the types of the DOM do not have yet. */
interface NativeStream {
  readonly opened: Promise<{
    readonly readable: ReadableStream<string | ArrayBuffer>;
    readonly writable: WritableStream<string | Bytes>;
    readonly protocol: string;
    readonly extensions: string;
  }>;
  readonly closed: Promise<{ readonly closeCode?: number; readonly reason?: string }>;
  close(info?: { readonly closeCode?: number; readonly reason?: string }): void;
}
type NativeStreamClass = new (
  url: string,
  options: { readonly protocols: string[]; readonly signal: AbortSignal },
) => NativeStream;

/** Counts an open connection as a wait for the outside, for virtual time, while messages are wanted. */
class Hold {
  readonly #loop: AbstractEventLoop;
  #held = 0;
  constructor(loop: AbstractEventLoop) {
    this.#loop = loop;
  }
  set(held: 0 | 1): void {
    if (held !== this.#held) this.#loop._crossBoundary(held - this.#held);
    this.#held = held;
  }
}

/**
 * From this size on, in bytes or characters, a message is read at once rather than with others: the memory of the one
 * before is still at hand, and fresh memory costs more than another turn of the loop. Small ones are better off together.
 */
const LARGE = 2048;

/** Keeps what comes before anybody listens: a server may speak at once. */
class Teller {
  protected listener: WebSocketListener | null = null;
  #early: ((listener: WebSocketListener) => void)[] = [];
  readonly #loop: AbstractEventLoop;

  constructor(loop: AbstractEventLoop) {
    this.#loop = loop;
  }

  /** A message has come. */
  protected came(data: string | ArrayBuffer): void {
    const size = typeof data === 'string' ? data.length : data.byteLength;
    if (size < LARGE) this.#message(data);
    else this.#loop._atEvent(this.#message, data);
  }

  readonly #message = (data: string | ArrayBuffer): void => {
    if (this.listener === null) this.#early.push((listener) => listener.message(data));
    else this.listener.message(data);
  };

  tell(call: (listener: WebSocketListener) => void): void {
    if (this.listener === null) this.#early.push(call);
    else call(this.listener);
  }

  listen(listener: WebSocketListener): void {
    this.listener = listener;
    for (const call of this.#early.splice(0)) call(listener);
  }

  /** Nothing is told any more. */
  silence(): void {
    this.listen({ message() {}, closed() {}, drained() {}, full: () => false });
  }
}

class PlainLink extends Teller implements WebSocketLink {
  readonly #socket: WebSocket;
  readonly #hold: Hold;
  readonly tellsDrained = false;

  constructor(socket: WebSocket, loop: AbstractEventLoop) {
    super(loop);
    this.#socket = socket;
    this.#hold = new Hold(loop);
    socket.onmessage = ({ data }) => this.came(data);
    socket.onclose = ({ code, reason }) => {
      const closure = { code, reason };
      this.tell((listener) => listener.closed(closure, errorOf(this.url, closure)));
      this.#forget();
    };
    this.#hold.set(1);
  }

  get url(): string {
    return this.#socket.url;
  }
  get protocol(): string {
    return this.#socket.protocol;
  }
  get extensions(): string {
    return this.#socket.extensions;
  }
  inFlight(): number {
    return this.#socket.bufferedAmount;
  }
  send(data: string | Bytes): void {
    this.#socket.send(data);
  }
  resume(): void {
    if (this.#socket.readyState !== WebSocket.CLOSED) this.#hold.set(1);
  }
  pause(): void {
    this.#hold.set(0);
  }
  close(code = 1000, reason?: string): void {
    this.#hold.set(1);
    this.#socket.onmessage = null;
    this.#socket.close(code, reason);
  }
  abandon(): void {
    this.#forget();
    this.silence();
    this.#socket.close();
  }
  #forget(): void {
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#hold.set(0);
  }
}

class StreamLink extends Teller implements WebSocketLink {
  readonly #stream: NativeStream;
  readonly #reader: ReadableStreamDefaultReader<string | ArrayBuffer>;
  readonly #writer: WritableStreamDefaultWriter<string | Bytes>;
  readonly #hold: Hold;
  readonly tellsDrained = true;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  #inFlight = 0;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #wanted = false;
  #pumping = false;
  /** This side has closed it: messages are read until the other side's close, and dropped. */
  #closing = false;
  #closure: WebSocketClosure | null = null;
  #error: Error | null = null;
  /** There is nothing more to be read. */
  #drained = false;
  #isTold = false;

  constructor(
    url: string,
    stream: NativeStream,
    { readable, writable, protocol, extensions }: Awaited<NativeStream['opened']>,
    loop: AbstractEventLoop,
  ) {
    super(loop);
    this.#stream = stream;
    this.url = url;
    this.protocol = protocol;
    this.extensions = extensions;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#hold = new Hold(loop);
    // It rejects with what `closed` below is rejected with.
    this.#writer.closed.catch(() => {});
    stream.closed.then(
      ({ closeCode = 1005, reason = '' }) => this.#closed({ code: closeCode, reason }),
      ({ closeCode = 1006, reason = '' }) => {
        this.#drained = true; // what was not read is lost
        this.#closed({ code: closeCode, reason });
      },
    );
  }

  inFlight(): number {
    return this.#inFlight;
  }

  send(data: string | Bytes): void {
    // A string counts as its characters: no more than a measure is needed.
    const size = data.length;
    this.#inFlight += size;
    const sent = (): void => {
      this.#inFlight -= size;
      this.tell((listener) => listener.drained());
    };
    // What a write fails with, `closed` is told as well.
    this.#lastWrite = this.#writer.write(typeof data === 'string' ? data : data.slice()).then(sent, sent);
  }

  resume(): void {
    this.#wanted = true;
    if (this.#drained) return;
    this.#hold.set(1);
    if (!this.#pumping) this.#pump();
  }

  pause(): void {
    if (this.#closing) return;
    this.#wanted = false; // but up to the limit
    this.#hold.set(0);
  }

  close(closeCode = 1000, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    // Behind what was written, which would be dropped otherwise.
    void this.#lastWrite.then(() => this.#stream.close({ closeCode, reason }));
    this.resume(); // the other side's close comes behind its messages
  }

  abandon(): void {
    this.silence();
    this.close();
    this.#hold.set(0);
  }

  /** Asks for the next message, if one is wanted. */
  #pump(): void {
    this.#pumping = !this.#drained && (this.#wanted || !this.listener?.full());
    if (this.#pumping) this.#reader.read().then(this.#step, this.#ended);
    else this.#tell();
  }

  readonly #step = ({ done, value }: ReadableStreamReadResult<string | ArrayBuffer>): void => {
    if (done) this.#drained = true;
    else if (!this.#closing) this.came(value);
    this.#pump();
  };

  /** What reading fails with, `closed` is told as well. */
  readonly #ended = (): void => {
    this.#drained = true;
    this.#pump();
  };

  #closed(closure: WebSocketClosure): void {
    this.#closure = closure;
    this.#error = errorOf(this.url, closure);
    if (!this.#pumping && !this.#drained) {
      // Chromium has dropped what was not asked for.
      const why = 'while too much waited to be read: what came behind that is lost';
      this.#error ??= new ConnectionResetError(`${this.url} was closed with code ${closure.code} ${why}`);
      this.#drained = true;
    }
    this.#tell();
  }

  /** The end is told of behind the last message. */
  #tell(): void {
    const closure = this.#closure;
    if (closure === null || !this.#drained || this.#isTold) return;
    this.#isTold = true;
    this.#hold.set(0);
    // Silent only then: perhaps nobody listens yet.
    this.tell((listener) => {
      listener.closed(closure, this.#error);
      this.silence();
    });
  }
}

/**
 * Opens a WebSocket. Cancelling closes what was begun, and waits for nothing.
 *
 * @throws {RangeError} If the URL or the subprotocols are none.
 * @throws {ConnectionError} If it cannot be opened; a page is not told why.
 */
export function* openWebSocket(
  loop: AbstractEventLoop,
  address: string | URL,
  options: WebSocketOptions,
): Coroutine<WebSocketLink> {
  const url = String(address);
  const protocols = [options.protocols ?? []].flat();
  const Native = (globalThis as { readonly WebSocketStream?: NativeStreamClass }).WebSocketStream;
  let link: WebSocketLink | null = null;
  // The link is set in the same moment as there is one, so that a cancellation then finds it.
  const open = async (signal: AbortSignal): Promise<void> => {
    if (Native !== undefined && options.stream !== false) {
      const stream = new Native(url, { protocols, signal });
      stream.closed.catch(() => {}); // told by `opened`, or later by the link
      const opened = await stream.opened;
      if (signal.aborted) stream.close();
      else link = new StreamLink(url, stream, opened, loop);
      return;
    }
    const socket = new WebSocket(url, protocols);
    socket.binaryType = 'arraybuffer';
    await new Promise<void>((resolve, reject) => {
      const forget = (): void => {
        socket.onopen = socket.onclose = socket.onerror = null;
      };
      socket.onopen = () => {
        forget();
        link = new PlainLink(socket, loop);
        resolve();
      };
      // An error comes first, and in WebKit alone when a page has 199 of them and opens one more.
      socket.onerror = () => reject(new Error());
      socket.onclose = ({ code }) => reject(new Error(`closed with code ${code} before it was open`));
      signal.addEventListener('abort', () => {
        forget();
        socket.close();
      });
    });
  };
  try {
    yield* fromPromise(open);
    return link as unknown as WebSocketLink; // set just now
  } catch (error) {
    // It was opened in the moment of the cancellation.
    (link as WebSocketLink | null)?.abandon();
    if (isCancelled(error)) throw error;
    const cause = error as Error;
    if (cause.name === 'SyntaxError')
      throw new RangeError(`Cannot connect to ${url}: ${cause.message}`, { cause });
    throw new ConnectionError(
      `Cannot connect to ${url}: ${cause.message || 'the browser does not say why'}`,
      { cause },
    );
  }
}
