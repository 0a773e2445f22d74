// The fetcher: a list of URLs, a few workers, a timeout and retries for each.

import * as asyncio from 'asyncio-web';
import type { Job, Outcome } from './jobs.ts';
import { isRetryable, retryDelay } from './retry.ts';
import type { RunState } from './run-state.ts';

/** How an attempt ended. */
interface Ending {
  readonly outcome: Outcome;
  readonly detail?: string;
  /** Seconds that the server asked to wait before the next one. */
  readonly retryAfter?: number;
}

/** The network's own failures; a mistake in this program is not one of them. */
class NetworkError extends Error {}

/** Fetches every job, at most `concurrency` at a time. Cancelling it cancels all workers and waits for their cleanup. */
export function* fetchAll(jobs: readonly Job[], run: RunState): asyncio.Coroutine<void> {
  const wanted = jobs.filter((job) => job.url !== null);
  // One iterator for all workers: each job is taken once.
  const queue = wanted.values();
  try {
    yield* asyncio.withTaskGroup(function* (group) {
      const workers = Math.min(run.settings.concurrency, wanted.length);
      for (let n = 1; n <= workers; n++) group.createTask(work(queue, run), { name: `worker-${n}` });
    });
  } finally {
    // Cancelled before anybody took them.
    for (const job of queue) finish(job, { outcome: 'cancelled', detail: 'not started' }, run);
  }
}

function* work(queue: Iterable<Job>, run: RunState): asyncio.Coroutine<void> {
  for (const job of queue) yield* fetchJob(job, run);
}

/** Tries a job until it succeeds, fails for good, or has used up its attempts. */
function* fetchJob(job: Job, run: RunState): asyncio.Coroutine<void> {
  try {
    for (;;) {
      const ending = yield* attempt(job, run);
      const isLast = job.attempts.length >= run.settings.attempts;
      if (isLast || !isRetryable(ending.outcome, job.status)) {
        finish(job, ending, run);
        return;
      }
      job.phase = 'waiting';
      run.jobChanged(job);
      yield* asyncio.sleep(retryDelay(job.attempts.length, ending.retryAfter));
    }
  } catch (error) {
    // Nothing else is expected here, and nothing is kept from going on.
    if (asyncio.isCancelled(error)) finish(job, { outcome: 'cancelled' }, run);
    throw error;
  }
}

/** One request, with its timeout. Whatever happens, its connection is let go and the account is kept. */
function* attempt(job: Job, run: RunState): asyncio.Coroutine<Ending> {
  const loop = asyncio.getRunningLoop();
  const times: Job['attempts'][number] = { from: loop.time(), to: null };
  const controller = new AbortController();
  job.attempts.push(times);
  job.phase = 'fetching';
  job.status = null;
  job.bytes = 0;
  run.requests.opened++;
  run.jobChanged(job);
  try {
    return yield* asyncio.withTimeout(run.settings.timeout, () => download(job, controller.signal, run));
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    if (error instanceof asyncio.TimeoutError) return { outcome: 'timeout' };
    if (error instanceof NetworkError) return { outcome: 'network error', detail: error.message };
    throw error;
  } finally {
    // Frees the connection of a request that was given up; one that is over does not notice.
    controller.abort();
    times.to = loop.time();
    job.cleanedUp++;
    run.requests.cleanedUp++;
    run.jobChanged(job);
  }
}

/** Sends the request and counts the bytes of the answer. */
function* download(job: Job, signal: AbortSignal, run: RunState): asyncio.Coroutine<Ending> {
  const url = job.url as string; // only jobs with a URL are queued
  const response = yield* network(() => fetch(url, { signal, cache: 'no-store' }));
  job.status = response.status;
  run.jobChanged(job);
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = yield* network(() => reader.read());
    if (done) break;
    job.bytes += value.byteLength;
    run.jobChanged(job);
  }
  if (response.ok) return { outcome: 'ok', detail: response.redirected ? 'redirected' : '' };
  return { outcome: 'HTTP error', retryAfter: Number(response.headers.get('retry-after')) || 0 };
}

/**
 * Waits for something of the platform's, and marks its failures as the network's. It is a function, not a Promise, so
 * that an AbortError after a cancel counts as the answer to it.
 */
function* network<T>(start: () => Promise<T>): asyncio.Coroutine<T> {
  try {
    return yield* asyncio.fromPromise(start);
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    throw new NetworkError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function finish(job: Job, { outcome, detail = '' }: Ending, run: RunState): void {
  job.phase = 'done';
  job.outcome = outcome;
  job.detail = detail;
  run.jobChanged(job);
}
