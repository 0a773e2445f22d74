/**
 * The world that programs meet: numbers by the seed, a small web that needs no network, a channel to other tabs, and
 * a stage to draw on.
 */

import { seeded } from './random.ts';

const PAGES = 12;

/** Puts them where a program looks. */
export function furnish(seed: number, say: (channel: string, data: unknown) => void): Hear {
  const random = seeded(seed);
  Math.random = random;
  const native = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    return request.url.startsWith('https://pretend.test/') ? answer(request, random) : native(request);
  };
  return installChannels(say);
}

/** `https://pretend.test/`: pages that link to each other, a stream of lines, and what goes wrong. */
async function answer(request: Request, random: () => number): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const delayMs = Number(searchParams.get('ms') ?? 20 + Math.floor(random() * 120));
  await delay(delayMs, request.signal);
  const page = /^\/page\/(\d+)$/.exec(pathname)?.[1];
  if (page !== undefined && Number(page) < PAGES) {
    const number = Number(page);
    const links = [2 * number + 1, 2 * number + 2, (number * 5 + 3) % PAGES].filter(
      (link) => link < PAGES + 1,
    );
    const list = links.map((link) => `<a href="/page/${link}">${link}</a>`).join(' ');
    return new Response(`<title>Page ${number}</title> ${list}`, {
      headers: { 'content-type': 'text/html' },
    });
  }
  if (pathname === '/lines') return lines(Number(searchParams.get('count') ?? 10), delayMs, request.signal);
  if (pathname === '/bytes')
    return bytes(Number(searchParams.get('count') ?? 1_000_000), delayMs, request.signal);
  if (pathname === '/broken') throw new TypeError('Failed to fetch');
  return new Response('not found', { status: 404 });
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const fail = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** One JSON object a line, cut into chunks that do not end where the lines do. */
function lines(count: number, everyMs: number, signal: AbortSignal): Response {
  const text = Array.from({ length: count }, (_, n) => `${JSON.stringify({ n, square: n * n })}\n`).join('');
  return stream(
    new TextEncoder().encode(text),
    Math.ceil(text.length / count) + 3,
    everyMs,
    signal,
    'application/x-ndjson',
  );
}

function bytes(count: number, everyMs: number, signal: AbortSignal): Response {
  return stream(new Uint8Array(count), Math.ceil(count / 20), everyMs, signal, 'application/octet-stream');
}

function stream(
  data: Uint8Array<ArrayBuffer>,
  size: number,
  everyMs: number,
  signal: AbortSignal,
  type: string,
): Response {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await delay(everyMs, signal);
      controller.enqueue(data.slice(at, at + size));
      at += size;
      if (at >= data.length) controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': type, 'content-length': String(data.length) } });
}

/** Takes what another tab says. */
export type Hear = (channel: string, data: unknown) => void;

/** BroadcastChannel by way of the page: the runner has an origin of its own, where nobody else is. */
function installChannels(say: (channel: string, data: unknown) => void): Hear {
  const open = new Map<string, Set<RelayedChannel>>();

  class RelayedChannel extends EventTarget {
    readonly name: string;
    onmessage: ((event: MessageEvent) => unknown) | null = null;
    constructor(name: string) {
      super();
      this.name = String(name);
      let others = open.get(this.name);
      if (others === undefined) {
        others = new Set();
        open.set(this.name, others);
      }
      others.add(this);
      this.addEventListener('message', (event) => this.onmessage?.(event as MessageEvent));
    }
    postMessage(data: unknown): void {
      const others = open.get(this.name);
      if (!others?.has(this)) throw new DOMException('Channel is closed', 'InvalidStateError');
      say(this.name, data);
      for (const other of others) if (other !== this) deliver(other, structuredClone(data));
    }
    close(): void {
      open.get(this.name)?.delete(this);
    }
  }

  const deliver = (channel: RelayedChannel, data: unknown): void => {
    setTimeout(() => channel.dispatchEvent(new MessageEvent('message', { data })));
  };
  globalThis.BroadcastChannel = RelayedChannel as unknown as typeof BroadcastChannel;
  return (channel, data) => {
    for (const one of open.get(channel) ?? []) deliver(one, data);
  };
}
