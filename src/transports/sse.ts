/**
 * Server-sent events over fetch: a stream of events that is opened again when it ends.
 *
 * Source: the HTML Standard, "Server-sent events". What the platform's EventSource lacks and this has: any method and
 * headers, cancellation that reaches the connection, errors that say what happened, a bound on the size of an event,
 * and waits that grow while the server is down. As there, the Last-Event-ID header says where to go on, `retry:` sets
 * the time to wait, and 204 means that there will be nothing more.
 */

import type { Coroutine } from '../core/awaitable.ts';
import { rethrowIfCancelled } from '../core/exceptions.ts';
import { OSError } from '../core/os-errors.ts';
import type { AsyncGeneratorOf, Emit } from '../tasks/async-generators.ts';
import { asyncGenerator } from '../tasks/async-generators.ts';
import { sleep } from '../tasks/sleep.ts';
import type { FetchOptions } from './fetch.ts';
import { fetch, HTTPError } from './fetch.ts';

/** An event as the server sent it. */
export interface ServerSentEvent {
  /** The field `event`; 'message' if there was none. */
  readonly type: string;
  /** The fields `data`, one a line. */
  readonly data: string;
  /** The last `id` that was sent, with this event or before. */
  readonly lastEventId: string;
}

/** What `serverSentEvents` takes, beside what `fetch` takes. */
export interface ServerSentEventsOptions extends FetchOptions {
  /** Where to go on, from an earlier run. Default: at the beginning. */
  readonly lastEventId?: string;
  /** Seconds until the connection is opened again, unless the server says otherwise. Default 3. */
  readonly retry?: number;
  /** The longest wait in seconds, as far as failures make it grow. Default 30. */
  readonly maxRetry?: number;
  /** After so many failures in a row, with no event in between, the last error is thrown. Default Infinity. */
  readonly maxFailures?: number;
  /** The most characters of one event. Default 1 Mi. */
  readonly maxEventSize?: number;
}

/** Takes a stream's text apart, wherever it was cut. */
export class ServerSentEventParser {
  readonly #maxSize: number;
  /** The line that is not complete, in pieces. */
  #pieces: string[] = [];
  #size = 0;
  #afterCarriageReturn = false;
  #type = '';
  #data: string[] = [];
  /** The id that the next event will confirm. */
  #id: string;
  /** The last id of an event that was complete. */
  lastEventId: string;
  /** What the server asked for with `retry:`, in seconds. */
  retry: number | null = null;

  constructor(lastEventId = '', maxSize = Infinity) {
    this.lastEventId = this.#id = lastEventId;
    this.#maxSize = maxSize;
  }

  /**
   * Gives the events that `text` completes.
   *
   * @throws {RangeError} If one is longer than it may be.
   */
  feed(text: string): ServerSentEvent[] {
    const found: ServerSentEvent[] = [];
    let start = this.#afterCarriageReturn && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.#afterCarriageReturn = text.endsWith('\r');
    for (const { index, 0: end } of text.matchAll(/\r\n?|\n/g)) {
      if (index < start) continue; // the second half of a line's end
      this.#count(index - start);
      this.#pieces.push(text.slice(start, index));
      start = index + end.length;
      const line = this.#pieces.join('');
      this.#pieces = [];
      if (line === '') this.#dispatch(found);
      else this.#field(line);
    }
    this.#count(text.length - start);
    if (start < text.length) this.#pieces.push(text.slice(start));
    return found;
  }

  #count(length: number): void {
    this.#size += length;
    if (this.#size > this.#maxSize)
      throw new RangeError(`Cannot read event: it is longer than ${this.#maxSize} characters`);
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.#size -= line.length; // a comment
      return;
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retry = Number(value) / 1000;
  }

  #dispatch(found: ServerSentEvent[]): void {
    this.lastEventId = this.#id;
    if (this.#data.length > 0)
      found.push({
        type: this.#type || 'message',
        data: this.#data.join('\n'),
        lastEventId: this.lastEventId,
      });
    this.#type = '';
    this.#data = [];
    this.#size = 0;
  }
}

/**
 * The events that a server sends, from one connection after the other, to be iterated with `asyncFor` or, in native
 * code, with `for await`. Ending the iteration, or cancelling it, closes the connection.
 *
 * A connection that ends, or breaks, is opened again: after `retry` seconds, or what the server asked for, and after
 * each failure in a row twice as long, up to a half of it at random less. A status of 429 or from 500 on counts as such
 * a failure. The iteration ends when the server answers 204.
 *
 * @param url The URL; relative to the page.
 * @throws {HTTPError} While iterating, if the server refuses, or the answer is no stream of events.
 * @throws {ConnectionError} While iterating, after `maxFailures` failures.
 * @throws {RangeError} While iterating, if an event is longer than `maxEventSize`.
 * @example
 * function* follow(): Coroutine<void> {
 *   yield* asyncFor(serverSentEvents('/prices', { maxFailures: 10 }), function* (event) {
 *     console.log(event.type, JSON.parse(event.data));
 *   });
 * }
 */
export function serverSentEvents(
  url: string | URL,
  options: ServerSentEventsOptions = {},
): AsyncGeneratorOf<ServerSentEvent> {
  const {
    lastEventId = '',
    retry = 3,
    maxRetry = 30,
    maxFailures = Infinity,
    maxEventSize = 2 ** 20,
  } = options;
  return asyncGenerator<ServerSentEvent>(function* (emit) {
    let wait = retry;
    let last = lastEventId;
    for (let failures = 0; ; ) {
      const parser = new ServerSentEventParser(last, maxEventSize);
      try {
        if (!(yield* follow(url, options, parser, emit, () => (failures = 0)))) return;
      } catch (error) {
        rethrowIfCancelled(error);
        const status = error instanceof HTTPError ? error.status : 503;
        if (!(error instanceof OSError) || (status !== 429 && status < 500)) throw error;
        failures += 1;
        if (failures >= maxFailures) throw error;
      }
      last = parser.lastEventId;
      wait = parser.retry ?? wait;
      const longer = Math.min(wait * 2 ** (failures - 1), Math.max(maxRetry, wait)) * (1 - Math.random() / 2);
      yield* sleep(failures === 0 ? wait : longer);
    }
  });
}

/** One connection, until it ends: true if another may follow. */
function* follow(
  url: string | URL,
  options: ServerSentEventsOptions,
  parser: ServerSentEventParser,
  emit: Emit<ServerSentEvent>,
  succeeded: () => void,
): Coroutine<boolean> {
  const headers = new Headers(options.headers);
  headers.set('accept', 'text/event-stream');
  if (parser.lastEventId !== '') headers.set('last-event-id', parser.lastEventId);
  const response = yield* fetch(url, { cache: 'no-store', ...options, headers });
  try {
    if (response.status === 204) return false;
    if (response.status !== 200) throw new HTTPError(response);
    const type = response.headers.get('content-type');
    if (!/^text\/event-stream\b/i.test(type ?? ''))
      throw new HTTPError(response, `Cannot read events from ${response.url}: content-type is ${type}`);
    const decoder = new TextDecoder();
    const { reader } = response;
    for (;;) {
      const chunk = yield* reader.read(65536);
      for (const event of parser.feed(decoder.decode(chunk, { stream: true }))) {
        succeeded();
        yield* emit(event);
      }
      if (chunk.length === 0) return true;
    }
  } finally {
    response.close();
  }
}
