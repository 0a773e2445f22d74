// Runs the cancellation programs of demo/peers/programs.ts on Effection 4 and Effect 4, each written as the library's
// own documentation advises, and writes what they do to demo/peers/outcomes.json.
//
//     node test/peers/record.mjs            writes the file
//     node test/peers/record.mjs --check    fails if the packages now do something else

import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Effect, Fiber } from 'effect';
import { call, run, scoped, sleep, spawn, suspend } from 'effection';

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version;

/** What reaches the process when nobody handles an error. */
const seen = [];
process.on('unhandledRejection', (error) => seen.push(String(error?.message ?? error)));
process.on('uncaughtException', (error) => seen.push(String(error?.message ?? error)));

const messages = (error) => (error?.errors ?? [error]).map((member) => member?.message ?? String(member));

const effection = {
  async cleanupInDelegate() {
    const log = [];
    function* inner() {
      try {
        yield* suspend();
      } finally {
        yield* sleep(0);
        log.push('cleanup done');
      }
    }
    const task = run(function* () {
      yield* inner();
      log.push('ran on after the cancellation');
    });
    await pause(10);
    await task.halt();
    return log;
  },
  async nativeFinally() {
    const log = [];
    const task = run(function* () {
      try {
        yield* suspend();
      } finally {
        log.push('finally ran');
      }
    });
    await pause(10);
    await task.halt();
    return log;
  },
  async nativeCatch() {
    const log = [];
    await run(function* () {
      try {
        yield* call(async () => {
          throw new Error('failed');
        });
      } catch (error) {
        log.push(`caught ${error.message}`);
      }
    });
    return log;
  },
  async twoCleanupsFail() {
    function* child(name) {
      try {
        yield* suspend();
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: a cleanup that fails is the point
        throw new Error(name);
      }
    }
    try {
      await run(() =>
        scoped(function* () {
          yield* spawn(() => child('first cleanup'));
          yield* spawn(() => child('second cleanup'));
          yield* sleep(10);
        }),
      );
    } catch (error) {
      return messages(error);
    }
    return [];
  },
  async rootCauseKept() {
    try {
      await run(() =>
        scoped(function* () {
          yield* spawn(function* () {
            yield* sleep(10);
            throw new Error('root cause');
          });
          yield* spawn(function* () {
            try {
              yield* suspend();
            } finally {
              // biome-ignore lint/correctness/noUnsafeFinally: a cleanup that fails is the point
              throw new Error('cleanup');
            }
          });
          yield* suspend();
        }),
      );
    } catch (error) {
      return messages(error);
    }
    return [];
  },
  async childFailsParent() {
    const log = [];
    try {
      await run(function* () {
        yield* spawn(function* () {
          yield* sleep(10);
          throw new Error('child failed');
        });
        yield* sleep(100);
        log.push('parent went on');
      });
    } catch (error) {
      log.push(...messages(error));
    }
    return log;
  },
  async unawaitedFailure() {
    run(function* () {
      yield* sleep(0);
      throw new Error('nobody waits for this');
    });
    return takeSeen();
  },
};

const effect = {
  async cleanupInDelegate() {
    const log = [];
    const inner = Effect.gen(function* () {
      try {
        yield* Effect.never;
      } finally {
        yield* Effect.sleep(0);
        log.push('cleanup done');
      }
    });
    const fiber = Effect.runFork(
      Effect.gen(function* () {
        yield* inner;
        log.push('ran on after the cancellation');
      }),
    );
    await pause(10);
    await Effect.runPromise(Fiber.interrupt(fiber));
    return log;
  },
  async nativeFinally() {
    const log = [];
    const fiber = Effect.runFork(
      Effect.gen(function* () {
        try {
          yield* Effect.never;
        } finally {
          log.push('finally ran');
        }
      }),
    );
    await pause(10);
    await Effect.runPromise(Fiber.interrupt(fiber));
    return log;
  },
  async nativeCatch() {
    const log = [];
    await Effect.runPromise(
      Effect.gen(function* () {
        try {
          yield* Effect.fail(new Error('failed'));
        } catch (error) {
          log.push(`caught ${error.message}`);
        }
      }),
    ).catch((error) => log.push(`not caught inside: ${error.message}`));
    return log;
  },
  async twoCleanupsFail() {
    const child = (name) => Effect.never.pipe(Effect.onExit(() => Effect.die(new Error(name)))); // the library's own way to clean up
    try {
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            yield* Effect.forkScoped(child('first cleanup'));
            yield* Effect.forkScoped(child('second cleanup'));
            yield* Effect.sleep(10);
          }),
        ),
      );
    } catch (error) {
      return messages(error);
    }
    return [];
  },
  async rootCauseKept() {
    try {
      await Effect.runPromise(
        Effect.all(
          [
            Effect.sleep(10).pipe(Effect.andThen(Effect.fail(new Error('root cause')))),
            Effect.never.pipe(Effect.onExit(() => Effect.die(new Error('cleanup')))),
          ],
          { concurrency: 'unbounded' },
        ),
      );
    } catch (error) {
      return messages(error);
    }
    return [];
  },
  async childFailsParent() {
    const log = [];
    try {
      await Effect.runPromise(
        Effect.gen(function* () {
          yield* Effect.forkChild(
            Effect.sleep(10).pipe(Effect.andThen(Effect.fail(new Error('child failed')))),
          );
          yield* Effect.sleep(100);
          log.push('parent went on');
        }),
      );
    } catch (error) {
      log.push(...messages(error));
    }
    return log;
  },
  async unawaitedFailure() {
    Effect.runFork(Effect.sleep(0).pipe(Effect.andThen(Effect.fail(new Error('nobody waits for this')))));
    return takeSeen();
  },
};

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What nobody handled, after time enough for it to show. */
async function takeSeen() {
  await pause(100);
  globalThis.gc?.();
  await pause(50);
  return seen.splice(0);
}

const outcomes = {};
for (const [name, programs] of Object.entries({ effection, effect })) {
  outcomes[name] = { version: versionOf(name), programs: {} };
  for (const [program, body] of Object.entries(programs)) {
    outcomes[name].programs[program] = await body();
    if (program !== 'unawaitedFailure') seen.splice(0);
  }
}

const file = new URL('../../demo/peers/outcomes.json', import.meta.url);
const text = `${JSON.stringify(outcomes, null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), outcomes)) {
    console.error(`The packages do something else than demo/peers/outcomes.json says:\n${text}`);
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
process.exit(0);
