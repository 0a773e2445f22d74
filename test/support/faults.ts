// The server that misbehaves on request (fault-server.mjs), from inside a page; and a protocol that writes down what it
// is told.

import * as asyncio from 'asyncio-web';

declare global {
  var __faultServer: string;
}

/** An account of the server's: what is open, and what was sent and received, under a key. */
export interface Account {
  readonly opened: number;
  readonly open: number;
  readonly sent: number;
  readonly received: number;
}

/** The URL of a fault, such as `http/cut?after=3` or `ws/echo`. */
export function faultUrl(path: string): string {
  const origin = path.startsWith('ws')
    ? globalThis.__faultServer.replace('http', 'ws')
    : globalThis.__faultServer;
  return `${origin}/${path}`;
}

/**
 * The URL of a body that breaks off, which it does when `go` is awaited: by then the page has what came before.
 *
 * @param path Such as `http/cut?after=3`.
 */
export function breakingUrl(path: string): { readonly url: string; go(): asyncio.Coroutine<void> } {
  const until = newKey();
  return {
    url: faultUrl(`${path}${path.includes('?') ? '&' : '?'}until=${until}`),
    *go() {
      yield* asyncio.fromPromise(fetch(faultUrl(`http/go?until=${until}`)));
    },
  };
}

/** A URL at which nothing listens. */
export function refusedUrl(protocol: 'http' | 'ws'): string {
  return `${protocol}://127.0.0.1:2/`;
}

let keys = 0;

/** A key that no other test has. */
export function newKey(): string {
  keys += 1;
  return `${performance.timeOrigin}-${Math.random()}-${keys}`;
}

/** What the server knows under a key. */
export async function accountOf(key: string): Promise<Account> {
  const response = await fetch(`${globalThis.__faultServer}/stats?key=${key}`);
  return response.json();
}

/** Asks the server until its account is as it should be. */
export async function untilAccount(key: string, isSo: (account: Account) => boolean): Promise<Account> {
  for (;;) {
    const account = await accountOf(key);
    if (isSo(account)) return account;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Asks the server until it has not sent a byte more for a while. */
export async function untilStandstill(key: string): Promise<Account> {
  for (let before = -1; ; ) {
    const account = await accountOf(key);
    if (account.sent === before) return account;
    before = account.sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Runs a program in the page's own loop: the network is real, and so is time. */
export function runReal<T>(main: asyncio.Main<T>): Promise<T> {
  return asyncio.run(main);
}

export const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Writes down, in order, what its transport calls. */
export class Recorder extends asyncio.Protocol {
  readonly calls: string[] = [];
  /** The data, as text. */
  text = '';
  bytes = 0;
  transport: asyncio.Transport | null = null;
  readonly lost: asyncio.Future<Error | null>;
  keepOpen = false;

  constructor() {
    super();
    this.lost = new asyncio.Future();
  }
  override connectionMade(transport: asyncio.Transport): void {
    this.transport = transport;
    this.calls.push('made');
  }
  override dataReceived(data: Uint8Array): void {
    if (this.calls.at(-1) !== 'data') this.calls.push('data');
    this.bytes += data.length;
    if (this.bytes < 10_000) this.text += decode(data);
  }
  override eofReceived(): boolean {
    this.calls.push('eof');
    return this.keepOpen;
  }
  override pauseWriting(): void {
    this.calls.push('pause');
  }
  override resumeWriting(): void {
    this.calls.push('resume');
  }
  override connectionLost(exc: Error | null): void {
    this.calls.push('lost');
    this.lost.setResult(exc);
  }
}
