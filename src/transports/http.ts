/**
 * The channel `http:` and `https:`: a request and its answer as a half-duplex stream of bytes.
 *
 * What is written is the body of the request, its end is `writeEof()`, and what is read is the body of the answer.
 * GET and HEAD have no body: they are sent at once, and the connection is made when the head of the answer is there.
 * With another method the connection is made at once, and the request is sent when its body is complete; a failure
 * is told by `connectionLost` then. A status that says no is no failure: it is in the extra info.
 *
 * With `streaming` the body is sent while it is written, with back-pressure, where the engine can do that. It is not the
 * default, because Chromium refuses it over HTTP/1.1 and a page cannot know what a server speaks. Without it the body is
 * kept until it is complete, however large it is.
 *
 * `getExtraInfo` knows 'url' and 'method', and when the head of the answer is there 'status', 'statusText', 'headers'
 * (the platform's Headers) and 'url' after redirects.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { HttpOptions } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { nameOf } from '../core/format-helpers.ts';
import type { Bytes, ProtocolLike } from '../core/network.ts';
import { ConnectionResetError } from '../core/os-errors.ts';
import { Future } from '../tasks/futures.ts';
import { opened } from './channel.ts';
import { cannotFetch, canStreamRequests, fetch } from './fetch.ts';
import type { WebStreamOptions } from './web-stream-transport.ts';
import { WebStreamTransport } from './web-stream-transport.ts';

class HttpTransport extends WebStreamTransport {
  readonly #url: URL;
  readonly #init: RequestInit;
  readonly #controller: AbortController;
  /** The body as it is written; null once the request is on its way. */
  #body: BlobPart[] | null = [];

  constructor(
    loop: AbstractEventLoop,
    protocol: ProtocolLike,
    url: URL,
    init: RequestInit,
    controller: AbortController,
    options: WebStreamOptions,
  ) {
    super(loop, protocol, options);
    this.#url = url;
    this.#init = init;
    this.#controller = controller;
  }

  /** Sends the request. */
  request(body: BodyInit | null): void {
    this.#body = null;
    const { signal } = this.#controller;
    const init = { ...this.#init, body, signal, ...(body instanceof ReadableStream && { duplex: 'half' }) };
    const request = new Request(this.#url, init);
    globalThis.fetch(request).then(
      (response) => this.answered(response),
      (error: unknown) => {
        if (this.getProtocol() !== null) this.ended(cannotFetch(request, error));
      },
    );
  }

  /** The head of the answer is there. */
  answered({ status, statusText, headers, url, body }: Response): void {
    this.#body = null;
    Object.assign(this._extra, { status, statusText, headers, url });
    if (this.isClosing()) this.lost(null);
    else this.read(body as ReadableStream<Bytes> | null); // the types of the DOM leave its chunks open
  }

  /** The answer is complete: so is everything. */
  protected override sourceEnded(): void {
    this.ended();
  }

  protected override transmit(data: Uint8Array): number {
    if (this.#body === null) return super.transmit(data);
    this.#body.push(data.slice());
    return data.length;
  }

  protected override shutdownWrite(): void {
    if (this.#body === null)
      super.shutdownWrite(); // of a GET there is nothing to shut down
    else this.request(new Blob(this.#body));
  }

  /** What was written is sent, and nobody reads the answer. */
  protected override finish(): void {
    if (this.getExtraInfo('status') !== null) this.lost(null);
    else this.shutdownWrite();
  }

  protected override release(exc: Error | null): void {
    // Before its body is aborted: of the other order Chromium makes a rejection that nobody can handle.
    this.#controller.abort();
    super.release(exc);
  }

  /** @internal */
  override get _kind(): string {
    return nameOf(this, HttpTransport, 'HttpTransport');
  }
}

/** Sends a request, or begins one. */
export function* connect<P extends ProtocolLike>(
  loop: AbstractEventLoop,
  protocolFactory: () => P,
  url: URL,
  { streaming = false, ...init }: HttpOptions,
): Coroutine<[HttpTransport, P]> {
  const { method } = new Request(url, init); // throws if they make no request
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const response = hasBody ? null : yield* fetch(url, init);
  const controller = new AbortController();
  const pipe = hasBody && streaming && canStreamRequests() ? new TransformStream<Bytes, Bytes>() : null;
  const waiter = new Future<void>({ loop });
  let transport: HttpTransport;
  let protocol: P;
  try {
    protocol = protocolFactory();
    transport = new HttpTransport(loop, protocol, url, init, controller, {
      waiter,
      extra: { url: url.href, peername: url.host, method },
      writable: pipe?.writable ?? null,
      lostError: (cause) => {
        const why = (cause as Error | undefined)?.message;
        return new ConnectionResetError(`Connection lost while reading ${url}${why ? `: ${why}` : ''}`, {
          cause,
        });
      },
      released: () => response?.close(),
    });
  } catch (error) {
    response?.close(); // the factory's error
    throw error;
  }
  if (response !== null) {
    transport.answered(response.raw);
    transport.writeEof();
  } else if (pipe !== null) {
    transport.request(pipe.readable);
  }
  return yield* opened(transport, protocol, waiter);
}
