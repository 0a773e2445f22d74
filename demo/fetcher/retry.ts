// What is worth another attempt, and when.

const BASE_SECONDS = 0.25;
const LONGEST_SECONDS = 30;

/** Whether another attempt may end otherwise: what failed may recover, what was refused stays refused. */
export function isRetryable(outcome: string, status: number | null): boolean {
  if (outcome === 'HTTP error') return status === 429 || (status !== null && status >= 500);
  return outcome === 'timeout' || outcome === 'network error';
}

/**
 * The seconds to wait after the attempt of this number: twice as long each time, and up to a half of it at random
 * less, so that those who failed together do not come back together.
 *
 * @param asked What the server asked for, in a Retry-After header.
 */
export function retryDelay(attempt: number, asked = 0): number {
  const backoff = BASE_SECONDS * 2 ** (attempt - 1) * (1 - Math.random() / 2);
  return Math.min(Math.max(backoff, asked), LONGEST_SECONDS);
}
