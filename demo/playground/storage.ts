/** What is kept between visits. Where a browser forbids it nothing is kept, and nothing fails. */

const PREFIX = 'asyncio-web.playground.';

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // No storage, or no room in it.
  }
}

export function recall(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null;
  }
}
