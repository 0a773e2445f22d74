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

/**
 * Waits until a loop that has nothing to do sleeps. The turns that it takes until then may be timers or messages, and
 * an engine under load may keep either back; so this goes round with both. @internal
 */
export async function untilIdle(): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await nativeTurns(1);
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
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
