/**
 * fetch as a coroutine: cancelled with its task, with asyncio's errors, and with the body as a StreamReader.
 *
 * There is no CPython file to follow; the methods are those of the platform's Response, the errors Python's. The
 * platform's TypeError "Failed to fetch", which is the same for a server that is down, a name that does not exist and
 * an answer that CORS withholds, becomes ConnectionError with the URL in its message, and stays its `cause`; what
 * breaks off after the headers becomes ConnectionResetError. A mistake in the arguments stays TypeError.
 *
 * Cancelling aborts the request and waits for nothing. A response that is not read to its end holds its connection
 * until it is closed: by `close()`, by `asyncWith`, or by a cancellation that meets it reading.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { copyContext } from '../core/contextvars.ts';
import { getRunningLoop } from '../core/events.ts';
import { isCancelled, NotImplementedError, RuntimeError } from '../core/exceptions.ts';
import type { Bytes } from '../core/network.ts';
import { ConnectionError, ConnectionResetError, OSError } from '../core/os-errors.ts';
import type { AsyncContextManager } from '../tasks/async-with.ts';
import { fromPromise } from '../tasks/promises.ts';
import type { StreamReader } from './streams.ts';
import type { WebStreamTransport } from './web-stream-transport.ts';
import { readStream } from './web-stream-transport.ts';

/** Told of bytes that have gone over the wire so far, and of how many there will be; null if that is not known. */
export type ProgressCallback = (transferred: number, total: number | null) => unknown;

/** What `fetch` takes: what the platform's takes, and these. */
export interface FetchOptions extends RequestInit {
  /**
   * Called in the loop while the request's body is sent. Only XMLHttpRequest can tell: it is used then, the answer is
   * there as a whole before it can be read, and of the platform's options only `method`, `headers`, `body`,
   * `credentials` ('include' or not) and `signal` are possible.
   */
  readonly onUploadProgress?: ProgressCallback;
  /** Called in the loop for each piece of the answer's body, after decompression. */
  readonly onDownloadProgress?: ProgressCallback;
  /** The `limit` of the response's `reader`, in bytes. Default: 64 KiB. */
  readonly limit?: number;
}

/**
 * The server answered with a status that says no. Thrown by `raiseForStatus()`. The name is that of Python's urllib.
 *
 * @example
 * const response = yield* asyncio.fetch('data.json');
 * try {
 *   response.raiseForStatus();
 * } catch (error) {
 *   if (!(error instanceof HTTPError)) throw error;
 *   console.log(error.status); // 404
 * }
 */
export class HTTPError extends OSError {
  /** Always 'HTTPError'. A getter, since bundlers keep a class whose static block writes to an imported base. */
  override get name(): string {
    return 'HTTPError';
  }
  /** The response, whose body can still be read. */
  readonly response: FetchResponse;
  /** Such as 404. */
  readonly status: number;
  /**
   * @param response The response that says no.
   * @param message Default: the status, and the URL.
   */
  constructor(response: FetchResponse, message?: string) {
    super(
      message ?? `HTTP Error ${response.status}: ${response.statusText || 'no reason'}, for ${response.url}`,
    );
    this.response = response;
    this.status = response.status;
  }
}

/**
 * The answer to a `fetch`: its head is there, its body is to be read, once, in one of the ways below. With `asyncWith`
 * it is closed at the end of the block.
 *
 * @example
 * yield* asyncWith(yield* asyncio.fetch('data.json'), function* (response) {
 *   response.raiseForStatus();
 *   yield* asyncFor(response.reader, function* (line) {
 *     console.log(line.length);
 *   });
 * });
 */
export class FetchResponse implements AsyncContextManager<FetchResponse, void> {
  /** The platform's response. */
  readonly raw: Response;
  /** The URL that answered, after redirects. */
  readonly url: string;
  readonly #body: Response;
  readonly #controller: AbortController;
  readonly #limit: number | undefined;
  #streaming: [reader: StreamReader, transport: WebStreamTransport] | null = null;

  /** @internal */
  constructor(raw: Response, url: string, controller: AbortController, options: FetchOptions) {
    this.raw = raw;
    this.url = url;
    this.#controller = controller;
    this.#limit = options.limit;
    this.#body =
      options.onDownloadProgress && raw.body
        ? new Response(raw.body.pipeThrough(counter(raw.headers, options.onDownloadProgress)))
        : raw;
  }

  /** Such as 200. */
  get status(): number {
    return this.raw.status;
  }
  /** Such as 'Not Found'; empty over HTTP/2. */
  get statusText(): string {
    return this.raw.statusText;
  }
  /** True for a status from 200 to 299. */
  get ok(): boolean {
    return this.raw.ok;
  }
  /** The headers that the server lets the page see. */
  get headers(): Headers {
    return this.raw.headers;
  }

  /**
   * The body as a stream. In Chromium who reads slowly slows the server down; Firefox and WebKit keep all that comes.
   *
   * @throws {RuntimeError} At the first use, if the body has been read in another way.
   */
  get reader(): StreamReader {
    if (this.#streaming === null) {
      if (this.#body.bodyUsed) throw this.#used();
      this.#streaming = readStream(this.#body.body, (error) => this.#lost(error), this.#limit);
    }
    return this.#streaming[0];
  }

  /**
   * Reads the rest of the body as text, in UTF-8. It yields to the loop.
   *
   * @throws {ConnectionResetError} If the connection breaks.
   * @throws {RuntimeError} If the body has been read, or is being read by `reader`.
   */
  text(): Coroutine<string> {
    return this.#read((body) => body.text());
  }

  /**
   * Reads the body as JSON. It yields to the loop.
   *
   * @throws {SyntaxError} If it is none.
   * @throws {ConnectionResetError} If the connection breaks.
   * @throws {RuntimeError} If the body has been read, or is being read by `reader`.
   */
  *json<T = unknown>(): Coroutine<T> {
    return JSON.parse(yield* this.text()) as T; // the caller knows the server
  }

  /**
   * Reads the body as bytes. It yields to the loop.
   *
   * @throws {ConnectionResetError} If the connection breaks.
   * @throws {RuntimeError} If the body has been read, or is being read by `reader`.
   */
  *bytes(): Coroutine<Bytes> {
    return new Uint8Array(yield* this.#read((body) => body.arrayBuffer()));
  }

  /**
   * Gives the response itself if its status is below 400.
   *
   * @throws {HTTPError} Otherwise.
   */
  raiseForStatus(): this {
    if (this.status >= 400) throw new HTTPError(this);
    return this;
  }

  /** Lets go of the connection. Reading what has not come yet is an error then; closing again does nothing. */
  close(): void {
    this.#controller.abort();
    this.#streaming?.[1].breakOff(this.#controller.signal.reason);
  }

  /** For `asyncWith`: gives the response. It does not yield to the loop. */
  *aenter(): Coroutine<this> {
    return this;
  }

  /** For `asyncWith`: closes it. It does not yield to the loop. */
  *aexit(_error: Error | null): Coroutine<void> {
    this.close();
  }

  *#read<T>(how: (body: Response) => Promise<T>): Coroutine<T> {
    if (this.#streaming !== null || this.#body.bodyUsed) throw this.#used();
    try {
      return yield* abortable(this.#controller, () => how(this.#body));
    } catch (error) {
      if (isCancelled(error)) throw error;
      throw this.#lost(error);
    }
  }

  #used(): Error {
    return new RuntimeError(`Cannot read the body of ${this.url}: it has been read`);
  }

  #lost(cause: unknown): Error {
    return new ConnectionResetError(
      `Connection lost while reading ${this.url}: ${(cause as Error | undefined)?.message}`,
      { cause },
    );
  }
}

/** Waits for a Promise, and aborts `controller` if the wait is cancelled. */
function* abortable<T>(controller: AbortController, start: () => Promise<T>): Coroutine<T> {
  return yield* fromPromise((signal) => {
    signal.addEventListener('abort', () => controller.abort(signal.reason));
    return start();
  });
}

/** Calls `callback` in the loop and the context of now. */
function reporter(callback: ProgressCallback): ProgressCallback {
  const loop = getRunningLoop();
  const context = copyContext();
  return (transferred, total) => loop._callSoonIn(context, callback, transferred, total);
}

function counter(headers: Headers, callback: ProgressCallback): TransformStream<Bytes, Bytes> {
  const report = reporter(callback);
  const length = headers.has('content-encoding') ? null : headers.get('content-length');
  let transferred = 0;
  return new TransformStream({
    transform(chunk, output) {
      transferred += chunk.byteLength;
      report(transferred, length === null ? null : Number(length));
      output.enqueue(chunk);
    },
  });
}

/**
 * Sends a request, and gives the response when its head is there. A status that says no is no error: see
 * `raiseForStatus()`. It yields to the loop. In a module that needs the platform's as well: `globalThis.fetch`.
 *
 * Cancelling the task, also by a timeout, aborts the request. The body is still to be read then, and cancelling that
 * aborts it too.
 *
 * @param resource A URL, as text or object; relative to the page. Or a Request of the platform's.
 * @param options What the platform's `fetch` takes, and three more. A stream as `body` needs an engine that can send
 *   one (Chromium, over HTTP/2).
 * @throws {TypeError} If the arguments make no request.
 * @throws {ConnectionError} If there is no answer, or none that the page may see. The URL is in the message.
 * @throws {NotImplementedError} If this engine cannot send a stream, or tell of the progress of an upload.
 * @throws The reason of `options.signal`, if that is aborted.
 * @example
 * const response = yield* withTimeout(10, () => asyncio.fetch('data.json'));
 * const data = yield* response.raiseForStatus().json();
 */
export function* fetch(
  resource: string | URL | Request,
  options: FetchOptions = {},
): Coroutine<FetchResponse> {
  const controller = new AbortController();
  const { onUploadProgress, onDownloadProgress: _download, limit: _limit, ...init } = options;
  const isStream = init.body instanceof ReadableStream;
  if (isStream && !canStreamRequests())
    throw new NotImplementedError(
      'Cannot send a stream: this engine cannot; read it first and send its bytes',
    );
  const signal = init.signal ? AbortSignal.any([init.signal, controller.signal]) : controller.signal;
  // Made here, so that a mistake in the arguments can be told from a failure of the network.
  const request = new Request(resource, { ...init, ...(isStream && { duplex: 'half' }), signal });
  try {
    const answer = yield* abortable(controller, () =>
      onUploadProgress
        ? uploadWithProgress(
            request,
            (resource as Partial<Request>).headers,
            init,
            signal,
            reporter(onUploadProgress),
          )
        : globalThis.fetch(request),
    );
    return new FetchResponse(answer, responseUrls.get(answer) ?? answer.url, controller, options);
  } catch (error) {
    controller.abort(error); // the answer may have come in the moment of the cancellation
    if (isCancelled(error) || error instanceof NotImplementedError) throw error;
    init.signal?.throwIfAborted();
    throw cannotFetch(request, error);
  }
}

/** What the platform's failure to get an answer becomes. */
export function cannotFetch({ method, url }: Request, cause: unknown): ConnectionError {
  return new ConnectionError(`Cannot fetch ${method} ${url}: ${(cause as Error | undefined)?.message}`, {
    cause,
  });
}

/** Whether a stream can be a request's body; engines that cannot take its text, "[object ReadableStream]". */
export function canStreamRequests(): boolean {
  let asked = false;
  const { headers } = new Request('https://localhost/', {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return 'half';
    },
  } as RequestInit);
  return asked && !headers.has('content-type');
}

/** Where a response comes from that was not made by the platform's fetch. */
const responseUrls = /* @__PURE__ */ new WeakMap<Response, string>();

/** The options that XMLHttpRequest can do. */
const UPLOAD_OPTIONS = /^(method|headers|body|credentials|signal)$/;

/** What fetch() would give, by XMLHttpRequest. */
async function uploadWithProgress(
  source: Request,
  inherited: Headers | undefined,
  init: RequestInit,
  signal: AbortSignal,
  report: ProgressCallback,
): Promise<Response> {
  const refused = Object.keys(init).find((name) => !UPLOAD_OPTIONS.test(name));
  if (typeof XMLHttpRequest === 'undefined' || refused !== undefined || init.body instanceof ReadableStream)
    throw new NotImplementedError(
      `Cannot tell the progress of an upload ${refused ? `with option '${refused}'` : 'of a stream, or here'}`,
    );
  // The body of a Request comes with the headers that describe it; any other one XMLHttpRequest describes itself.
  const body = init.body ?? (await source.blob());
  const headers = init.body ? new Headers(init.headers ?? inherited) : source.headers;
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = (): void => request.abort();
  const answered = new Promise<Response>((resolve, reject) => {
    request.open(source.method, source.url);
    request.responseType = 'blob';
    request.withCredentials = init.credentials === 'include';
    headers.forEach((value, name) => {
      request.setRequestHeader(name, value);
    });
    request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      report(loaded, lengthComputable ? total : null);
    request.onerror = () => reject(new TypeError('the browser does not say why'));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      const { status, statusText, response, responseURL } = request;
      const answer = new Response([204, 205, 304].includes(status) ? null : (response as Blob), {
        status,
        statusText,
        headers: [...request.getAllResponseHeaders().matchAll(/^(.+?): ?(.*?)\r?$/gm)].map(
          ([, name, value]) => [name, value] as [string, string], // both are in every match
        ),
      });
      responseUrls.set(answer, responseURL);
      resolve(answer);
    };
    request.send(body as XMLHttpRequestBodyInit); // no stream: see above
  });
  signal.addEventListener('abort', abort);
  try {
    return await answered;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
