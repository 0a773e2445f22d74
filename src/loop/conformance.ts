/**
 * What the conformance kits are made of: lines of a checklist, each with its tests, and a report by tier.
 *
 * A test is a function that rejects with what is wrong. It runs under any test runner, or under none: hand it to
 * `describe` and `it`, or to `checkConformance`.
 */

import { nativeTurns, within } from './hosts/native-turns.ts';

/** One test of a conformance kit. */
export interface ConformanceTest {
  /** The tier of the checklist: 0 is the ground, each tier needs those below. */
  readonly tier: number;
  /** The line of the checklist, such as '4' or 'H5'. */
  readonly line: string;
  /** What has to be so. */
  readonly name: string;
  /** @returns A Promise; rejected with an Error whose message begins with the tier, the line and the name. */
  run(): Promise<void>;
}

/** What the kits take. */
export interface ConformanceOptions {
  /** The tiers to test. Default: all of them. */
  readonly tiers?: Iterable<number>;
  /** How long one test may take, in milliseconds; a loop that loses a wake-up never ends. Default 5000. */
  readonly limitMs?: number;
  /** A runner's function for a group of tests. With `it` given, the tests are registered, one group for each tier. */
  readonly describe?: (title: string, body: () => void) => unknown;
  /** A runner's function for a test. */
  readonly it?: (title: string, body: () => Promise<void>) => unknown;
}

/** A test that failed. */
export interface ConformanceFailure {
  /** The test. */
  readonly test: ConformanceTest;
  /** What is wrong; its message names the line. */
  readonly error: Error;
}

/** What is wrong, as it was found: its message is completed with where that was. */
class Mismatch extends Error {}

/** What a test of a kit is given to check with. */
export interface Check {
  /** Fails with `message` unless `condition` holds. */
  ok(condition: boolean, message: string): void;
  /** Fails unless both are written the same in JSON. */
  equal(actual: unknown, expected: unknown, what: string): void;
  /** Fails unless `body` throws, or gives a Promise that is rejected, with an error of the class named. */
  fails(name: string, body: () => unknown, what: string): Promise<Error>;
}

const check: Check = {
  ok(condition, message) {
    if (!condition) throw new Mismatch(message);
  },
  equal(actual, expected, what) {
    const [is, should] = [write(actual), write(expected)];
    if (is !== should) throw new Mismatch(`${what}: expected ${should}, got ${is}`);
  },
  fails(name, body, what) {
    const result = expectFailure(name, body, what);
    result.catch(() => undefined); // it may be looked at late, or not at all where something else has failed
    return result;
  },
};

async function expectFailure(name: string, body: () => unknown, what: string): Promise<Error> {
  try {
    await body();
  } catch (error) {
    if (error instanceof Error && error.name === name) return error;
    throw new Mismatch(`${what}: expected ${name}, got ${error}`);
  }
  throw new Mismatch(`${what}: expected ${name}, and nothing was thrown`);
}

function write(value: unknown): string {
  return typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? '') : String(value);
}

/** The tests of one line of a checklist: what has to be so, and how to find out. @internal */
export interface Line<S> {
  readonly tier: number;
  readonly line: string;
  readonly tests: Readonly<Record<string, (subject: S, check: Check) => Promise<void>>>;
}

/**
 * Makes the tests of a kit, and registers them where there is something to register with.
 *
 * @param make Makes what a test is about, looks at what has become of it, and takes it away again.
 * @internal
 */
export function makeTests<S>(
  lines: readonly Line<S>[],
  make: () => { readonly subject: S; verify(check: Check): void; dispose(): void },
  options: ConformanceOptions,
): ConformanceTest[] {
  const tiers = options.tiers === undefined ? null : new Set(options.tiers);
  const tests = lines
    .filter(({ tier }) => tiers === null || tiers.has(tier))
    .flatMap(({ tier, line, tests }) =>
      Object.entries(tests).map(([name, body]): ConformanceTest => {
        const where = `tier ${tier}, line ${line}, ${name}`;
        const run = async (): Promise<void> => {
          const { subject, verify, dispose } = make();
          const limitMs = options.limitMs ?? 5000;
          try {
            const late = (): Error => new Mismatch(`it did not end within ${limitMs} ms: a wake-up is lost`);
            await within(limitMs, body(subject, check), late);
            verify(check);
          } catch (cause) {
            const problem = cause instanceof Mismatch ? cause.message : `it threw ${cause}`;
            throw new Error(`${where}: ${problem}`, { cause });
          } finally {
            dispose();
          }
        };
        return { tier, line, name, run };
      }),
    );
  if (options.it !== undefined) register(tests, options.it, options.describe);
  return tests;
}

function register(
  tests: readonly ConformanceTest[],
  it: NonNullable<ConformanceOptions['it']>,
  describe: ConformanceOptions['describe'] = (_title, body) => body(),
): void {
  for (const tier of new Set(tests.map((test) => test.tier))) {
    describe(`tier ${tier}`, () => {
      for (const test of tests)
        if (test.tier === tier) it(`line ${test.line}: ${test.name}`, () => test.run());
    });
  }
}

/**
 * What `checkConformance` found.
 *
 * @example
 * const report = await checkConformance(loopConformance(() => new BrowserEventLoop(), { tiers: [0] }));
 * console.log(report.failures.length); // 0
 */
export class ConformanceReport {
  /** The tests that were run. */
  readonly tests: readonly ConformanceTest[];
  /** Those that failed, in order. */
  readonly failures: readonly ConformanceFailure[];

  /** Made by `checkConformance`. */
  constructor(tests: readonly ConformanceTest[], failures: readonly ConformanceFailure[]) {
    this.tests = tests;
    this.failures = failures;
  }

  /** The lines that failed, each once. */
  get lines(): string[] {
    return [...new Set(this.failures.map(({ test }) => test.line))];
  }

  /** A line for each tier, and one for each failure. */
  toString(): string {
    const tiers = [...new Set(this.tests.map(({ tier }) => tier))];
    const count = (items: readonly { readonly tier: number }[], tier: number): number =>
      items.filter((item) => item.tier === tier).length;
    const failed = this.failures.map(({ test }) => test);
    return [
      ...tiers.map((tier) => {
        const total = count(this.tests, tier);
        return `tier ${tier}: ${total - count(failed, tier)} of ${total} passed`;
      }),
      ...this.failures.map(({ error }) => error.message),
    ].join('\n');
  }
}

/**
 * Runs the tests of a kit one after the other, without a test runner.
 *
 * @returns A Promise of the report; failures do not reject it.
 * @example
 * const report = await checkConformance(loopConformance(() => new BrowserEventLoop(), { tiers: [0, 1] }));
 * console.log(String(report)); // tier 0: 9 of 9 passed …
 */
export async function checkConformance(tests: readonly ConformanceTest[]): Promise<ConformanceReport> {
  const failures: ConformanceFailure[] = [];
  for (const test of tests) {
    try {
      await test.run();
    } catch (error) {
      failures.push({ test, error: error as Error }); // makeTests throws Errors
    }
    await nativeTurns(1);
  }
  return new ConformanceReport(tests, failures);
}
