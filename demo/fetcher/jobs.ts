// What is to be fetched, and how it went.

export const OUTCOMES = [
  'ok',
  'HTTP error',
  'timeout',
  'network error',
  'cancelled',
  'invalid URL',
  'duplicate',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One line of the list. The program fills it in while it runs. */
export interface Job {
  /** What was typed. */
  readonly line: string;
  /** What is fetched; null if there is nothing to fetch. */
  readonly url: string | null;
  phase: 'queued' | 'fetching' | 'waiting' | 'done';
  outcome: Outcome | null;
  /** What the outcome does not say: an error's message, the row of the original. */
  detail: string;
  status: number | null;
  bytes: number;
  /** When each attempt began and ended, in loop time. */
  readonly attempts: { readonly from: number; to: number | null }[];
  /** How many attempts have been cleaned up after. */
  cleanedUp: number;
}

/**
 * Reads a list of URLs, one a line. Empty lines and lines with a # in front are left out. A URL that cannot be
 * fetched, or comes again, gives a job that is done.
 *
 * @param base The page's address, which a path is understood by.
 * @param run The name of the run, which the page's own server is told: what it remembers is for this run only.
 */
export function readJobs(text: string, base: string, run: string): Job[] {
  const jobs: Job[] = [];
  const rowOf = new Map<string, number>();
  for (const line of text.split('\n').map((part) => part.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const row = jobs.length + 1;
    const url = readUrl(line, base, run);
    const original = rowOf.get(url ?? '');
    if (url === null) {
      jobs.push(createJob(line, null, 'invalid URL', 'needs http:, https: or a path'));
    } else if (original !== undefined) {
      jobs.push(createJob(line, null, 'duplicate', `same as row ${original}`));
    } else {
      rowOf.set(url, row);
      jobs.push(createJob(line, url, null, ''));
    }
  }
  return jobs;
}

function createJob(line: string, url: string | null, outcome: Outcome | null, detail: string): Job {
  const phase = outcome === null ? 'queued' : 'done';
  return { line, url, phase, outcome, detail, status: null, bytes: 0, attempts: [], cleanedUp: 0 };
}

function readUrl(text: string, base: string, run: string): string | null {
  let url: URL;
  try {
    url = text.startsWith('/') ? new URL(text, base) : new URL(text);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  url.hash = '';
  if (url.origin === new URL(base).origin && url.pathname.startsWith('/api/'))
    url.searchParams.set('run', run);
  return url.href;
}
