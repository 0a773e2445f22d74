/**
 * The page's own time and turns, for the conformance kit: what code outside a loop would wait for.
 */

/** Lets the page run some tasks: native timers, messages, and the microtasks between them. @internal */
export async function nativeTurns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
  }
}

/** Rejects with what `error` makes if `promise` does not settle within so many milliseconds. @internal */
export async function within<T>(limitMs: number, promise: Promise<T>, error: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(error()), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
