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

/** One request, with its timeout. Whatever happens, the account is kept. */
function* attempt(job: Job, run: RunState): asyncio.Coroutine<Ending> {
  const loop = asyncio.getRunningLoop();
  const times: Job['attempts'][number] = { from: loop.time(), to: null };
  job.attempts.push(times);
  job.phase = 'fetching';
  job.status = null;
  job.bytes = 0;
  run.requests.opened++;
  run.jobChanged(job);
  try {
    return yield* asyncio.withTimeout(run.settings.timeout, () => download(job, run));
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    if (error instanceof asyncio.TimeoutError) return { outcome: 'timeout' };
    // The network's own failures; a mistake in this program is not one of them.
    if (error instanceof asyncio.ConnectionError)
      return { outcome: 'network error', detail: (error.cause as Error).message };
    throw error;
  } finally {
    times.to = loop.time();
    job.cleanedUp++;
    run.requests.cleanedUp++;
    run.jobChanged(job);
  }
}

/** Sends the request and counts the bytes of the answer. Leaving the block lets go of the connection. */
function* download(job: Job, run: RunState): asyncio.Coroutine<Ending> {
  const url = job.url as string; // only jobs with a URL are queued
  const response = yield* asyncio.fetch(url, { cache: 'no-store' });
  return yield* asyncio.asyncWith(response, function* (): asyncio.Coroutine<Ending> {
    job.status = response.status;
    run.jobChanged(job);
    for (;;) {
      const { length } = yield* response.reader.read(65_536);
      if (length === 0) break;
      job.bytes += length;
      run.jobChanged(job);
    }
    if (response.ok) return { outcome: 'ok', detail: response.raw.redirected ? 'redirected' : '' };
    return { outcome: 'HTTP error', retryAfter: Number(response.headers.get('retry-after')) || 0 };
  });
}

function finish(job: Job, { outcome, detail = '' }: Ending, run: RunState): void {
  job.phase = 'done';
  job.outcome = outcome;
  job.detail = detail;
  run.jobChanged(job);
}
