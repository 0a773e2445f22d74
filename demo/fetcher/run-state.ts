// What the parts of one run share.

import type { Job } from './jobs.ts';

export interface Settings {
  /** How many URLs are fetched at the same time. */
  readonly concurrency: number;
  /** Seconds for one attempt. */
  readonly timeout: number;
  /** How often a URL is tried at most. */
  readonly attempts: number;
}

/** Things that must not be left behind: when all is over, as many were cleaned up as were opened. */
export interface Account {
  opened: number;
  cleanedUp: number;
}

export interface FeedState {
  phase: 'off' | 'connecting' | 'open' | 'waiting';
  /** How many connections have been opened. */
  connections: number;
  /** How many ticks have come. */
  ticks: number;
  /** How many requests the server said it has open: the last ones. */
  readonly history: number[];
  /** Why it is not connected. */
  detail: string;
}

/** One run: its settings, its accounts, and how to tell whoever watches. */
export interface RunState {
  readonly settings: Settings;
  readonly requests: Account;
  readonly sockets: Account;
  readonly feed: FeedState;
  /** Something about a job, or about its requests, has changed. */
  readonly jobChanged: (job: Job) => void;
  /** Something about the feed, or about its sockets, has changed. */
  readonly feedChanged: () => void;
}
