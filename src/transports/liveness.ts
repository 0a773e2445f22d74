/**
 * Whether the other side of a connection is still there, when it cannot say goodbye: a tab that crashed, a Worker that
 * was terminated, a page that was left.
 *
 * A Web Lock tells: the browser frees it with the page or Worker that holds it, whatever became of that. Each side
 * holds one for the connection, and waits for the other's. It needs a secure context (https:, or localhost) and one
 * origin for both; where a lock cannot be seen, nothing is watched. A page that holds one is not frozen meanwhile.
 */

/** A lock that is held until `release`. */
export interface Vital {
  readonly name: string;
  release(): void;
}

/** Holds a lock of a new name; null where there are none. It does not reject. */
export async function holdLock(): Promise<Vital | null> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks === undefined) return null;
  const name = `asyncio-web ${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const held = (): Promise<void> => new Promise((release) => resolve({ name, release }));
    // Refused, for one, in a document that is not active any more.
    locks.request(name, held).catch(() => resolve(null));
  });
}

/** Calls `gone` when the lock is free, until `signal` is aborted; never if it is not held now, as far as one can see. */
export async function watchLock(name: string, signal: AbortSignal, gone: () => void): Promise<void> {
  const { locks } = navigator;
  try {
    const { held } = await locks.query();
    if (held?.some((lock) => lock.name === name)) {
      await locks.request(name, { mode: 'shared', signal }, gone);
    }
  } catch {
    // Aborted, or refused: nobody is waited for any more. `gone` reports its own errors.
  }
}
