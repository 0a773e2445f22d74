// The page's own server, if it has one: a page can also stand on a host that serves nothing but files.

import * as asyncio from 'asyncio-web';
import type { Outcome } from './jobs.ts';

/** How fetching a URL of the catalogue ends, given enough attempts and time. See demo/server/catalogue.mjs. */
export interface Promised {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly attempts: number | 'all';
  readonly bytes?: number;
}

export type Catalogue = readonly {
  readonly title: string;
  readonly urls: readonly (readonly [line: string, promised: Promised])[];
}[];

/** The URLs to begin with; null if the page has no server. */
export function* loadCatalogue(): asyncio.Coroutine<Catalogue | null> {
  return (yield* getJson('/api/catalogue')) as Catalogue | null;
}

/** How many requests of a run the server still has open, after it had some time to see them go. */
export function* countOpen(run: string): asyncio.Coroutine<number | null> {
  for (let looks = 1; ; looks++) {
    const open = (yield* getJson(`/api/open?run=${run}`)) as number | null;
    if (open === 0 || open === null || looks === 20) return open;
    yield* asyncio.sleep(0.1);
  }
}

/** The URL of the feed about a run. The server closes each connection after a while, to show how it is opened again. */
export function feedUrl(run: string): string {
  const url = new URL(`/feed?run=${run}&ticks=25`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

function* getJson(path: string): asyncio.Coroutine<unknown> {
  try {
    const response = yield* asyncio.fetch(path);
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return response.ok && isJson ? yield* response.json() : null;
  } catch (error) {
    if (!(error instanceof asyncio.ConnectionError)) throw error;
    console.info('This page has no server of its own:', error);
    return null;
  }
}
