// The whole program: the fetcher and, beside it, the feed.

import * as asyncio from 'asyncio-web';
import { followFeed } from './feed.ts';
import { fetchAll } from './fetcher.ts';
import type { Job } from './jobs.ts';
import type { RunState } from './run-state.ts';

/**
 * Fetches the jobs, with the feed beside them for as long as that takes.
 *
 * @param feedUrl null for no feed.
 */
export function* program(
  jobs: readonly Job[],
  run: RunState,
  feedUrl: string | null,
): asyncio.Coroutine<void> {
  yield* asyncio.withTaskGroup(function* (group) {
    const feed = feedUrl === null ? null : group.createTask(followFeed(feedUrl, run), { name: 'feed' });
    yield* fetchAll(jobs, run);
    feed?.cancel();
  });
}
