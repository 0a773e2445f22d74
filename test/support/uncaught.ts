// For tests of what ends up as an uncaught error or an unhandled rejection of the page, and of what must not.

declare global {
  var __uncaught: unknown[] | undefined;
}

/**
 * Runs `body`, and gives what the page reported meanwhile and shortly after: uncaught errors, `reportError()`,
 * unhandled rejections. None of it fails the test.
 *
 * Engines tell of unhandled rejections in a task of their own after the microtasks, so that a few tasks are awaited.
 */
export async function uncaughtDuring(body: () => unknown): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  globalThis.__uncaught = uncaught;
  try {
    await body();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.__uncaught = undefined;
  }
  return uncaught;
}
