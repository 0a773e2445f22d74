/**
 * Recorded traces, and the first place where one differs from what was seen here.
 */

/** The text of a file beside this one, whatever is under test. */
export async function read(path: string): Promise<string> {
  const url = `/test/differential/${path}`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return await response.text();
}

/** The traces of a topic: its programs' names, each with its steps, which are indented. */
export async function readTraces(topic: string): Promise<Map<string, string[]>> {
  const traces = new Map<string, string[]>();
  for (const block of (await read(`traces/${topic}.txt`)).trimEnd().split('\n\n')) {
    const [name = '', ...steps] = block.split('\n');
    traces.set(
      name,
      steps.map((step) => step.slice(2)),
    );
  }
  return traces;
}

/** How many steps before the divergence are shown. */
const BEFORE = 12;
const AFTER = 6;

/**
 * Throws an error that shows where two traces part.
 *
 * @param what Names the program.
 * @param program What it consists of, shown after the steps.
 */
export function expectEqualTraces(
  what: string,
  actual: readonly string[],
  expected: readonly string[],
  program: readonly string[] = [],
): void {
  const first = expected.findIndex((step, index) => step !== actual[index]);
  if (first < 0 && actual.length === expected.length) return;
  const at = first < 0 ? expected.length : first;
  const lines = [
    `${what} parts from CPython at step ${at + 1}`,
    ...expected.slice(Math.max(0, at - BEFORE), at).map((step) => `    ${step}`),
    ...expected.slice(at, at + AFTER).map((step) => `  - ${step}`),
    ...(at >= expected.length ? ['  - (the end)'] : []),
    ...actual.slice(at, at + AFTER).map((step) => `  + ${step}`),
    ...(at >= actual.length ? ['  + (the end)'] : []),
    '  - CPython, + here',
    ...program,
  ];
  throw divergence(lines.join('\n'));
}

/** An error without a stack, which would only say all of it again. */
export function divergence(message: string): Error {
  return Object.assign(new Error(message), { stack: '' });
}
