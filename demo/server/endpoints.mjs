// The HTTP endpoints of the demo: each misbehaves in one known way, which its URL spells out.
//
//   /api/slow?ms=300             answers after 300 ms
//   /api/status?code=404         answers with this status, always
//   /api/flaky?times=2&key=a     503 for the first two requests with this key, then 200; also status=429&retry=1
//   /api/bytes?count=1000        1000 bytes in a stream; seconds=5 spreads them
//   /api/redirect?hops=3         a chain of redirects to a page that is there
//   /api/redirect-loop           redirects to itself
//   /api/hang                    never answers
//   /api/drop?count=1000         promises 1000 bytes, and breaks the connection after half of them
//
// `run=…` on any of them names the run of the page that asks: runs share nothing, and `open(run)` tells how many of
// its requests are not over yet, or of all runs' without a name.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SECONDS = 120;
/** How many keys of flaky endpoints are remembered; the oldest is forgotten first. */
const MAX_KEYS = 10_000;
const CHUNK = new Uint8Array(16 * 1024).fill(0x2e);

/** @returns The endpoints of one server, with what they remember. */
export function createEndpoints() {
  /** Requests that are not over, by run. */
  const openByRun = new Map();
  /** How many more failures a flaky key has in store. */
  const failuresLeft = new Map();

  const endpoints = {
    async slow({ number, response, gone }) {
      const ms = number('ms', 0, MAX_SECONDS * 1000);
      await sleep(ms, undefined, { signal: gone });
      sendText(response, 200, `Answered after ${ms} ms\n`);
    },

    status({ number, response }) {
      const code = number('code', 200, 599);
      if (code < 200) throw new RangeError('code must be at least 200');
      if (code === 204) response.writeHead(204).end();
      else sendText(response, code, `Status ${code}, as asked\n`);
    },

    flaky({ number, text, response }) {
      const key = `${text('run')} ${text('key')}`;
      const left = failuresLeft.get(key) ?? number('times', 1, 100);
      failuresLeft.delete(key);
      if (left === 0) return sendText(response, 200, 'Recovered\n');
      failuresLeft.set(key, left - 1);
      if (failuresLeft.size > MAX_KEYS) failuresLeft.delete(failuresLeft.keys().next().value);
      const retry = number('retry', 0, MAX_SECONDS);
      if (retry > 0) response.setHeader('retry-after', retry);
      sendText(response, number('status', 503, 599), `${left} more of these\n`);
    },

    async bytes({ number, response, gone }) {
      const count = number('count', 0, MAX_BYTES);
      const seconds = number('seconds', 0, MAX_SECONDS);
      // At least ten pieces a second, where they are spread over a time.
      const pieces = Math.max(Math.ceil(count / CHUNK.length), seconds * 10);
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': count });
      response.flushHeaders();
      for (let sent = 0, piece = 1; piece <= pieces; piece++) {
        const size = Math.round((count * piece) / pieces) - sent;
        sent += size;
        if (!response.write(CHUNK.subarray(0, size))) await once(response, 'drain', { signal: gone });
        if (seconds > 0) await sleep((seconds * 1000) / pieces, undefined, { signal: gone });
      }
      response.end();
    },

    redirect({ number, url, response }) {
      const hops = number('hops', 1, 20);
      const next = new URL(url);
      next.pathname = hops > 1 ? '/api/redirect' : '/api/slow';
      next.searchParams.set('hops', hops - 1);
      redirect(response, next);
    },

    'redirect-loop': ({ url, response }) => redirect(response, url),

    // Nothing to do, and nothing to free but the connection, which closes when the other side gives up.
    hang: () => {},

    drop({ number, response }) {
      const count = number('count', 1000, MAX_BYTES);
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': count });
      response.write(new Uint8Array(Math.floor(count / 2)), () => response.destroy());
    },
  };

  /** Answers a request to one of the endpoints; false if it is none of theirs. */
  function handle(request, response) {
    const url = urlOf(request);
    const name = /^\/api\/([\w-]+)$/.exec(url.pathname)?.[1];
    if (name === undefined || !Object.hasOwn(endpoints, name)) return false;
    const run = url.searchParams.get('run') ?? '';
    count(openByRun, run, 1);
    const gone = new AbortController();
    response.on('close', () => {
      count(openByRun, run, -1);
      gone.abort();
    });
    response.setHeader('cache-control', 'no-store');
    answer(endpoints[name], url, response, gone.signal);
    return true;
  }

  function open(run) {
    if (run !== undefined) return openByRun.get(run) ?? 0;
    return [...openByRun.values()].reduce((sum, value) => sum + value, 0);
  }

  return { handle, open };
}

async function answer(endpoint, url, response, gone) {
  const text = (name) => url.searchParams.get(name) ?? '';
  const number = (name, fallback, most) => {
    const value = url.searchParams.has(name) ? Number(text(name)) : fallback;
    if (value >= 0 && value <= most) return value;
    throw new RangeError(`${name} must be a number from 0 to ${most}`);
  };
  try {
    await endpoint({ url, text, number, response, gone });
  } catch (error) {
    if (gone.aborted) return; // the other side went away, which is what it came for
    if (!(error instanceof RangeError)) throw error;
    sendText(response, 400, `${error.message}\n`);
  }
}

/** A request's URL; what a request calls so can be anything. */
export function urlOf({ url }) {
  const base = 'http://localhost';
  return new URL(URL.canParse(url, base) ? url : '/', base);
}

export function sendText(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

export function sendJson(response, value) {
  response.setHeader('cache-control', 'no-store');
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function redirect(response, { pathname, search }) {
  response.writeHead(302, { location: pathname + search }).end();
}

function count(counts, key, change) {
  const value = (counts.get(key) ?? 0) + change;
  if (value > 0) counts.set(key, value);
  else counts.delete(key);
}
