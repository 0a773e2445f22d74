// How a page and the suite write what an example prints.

/** The line that `console.log(...values)` shows. */
export function format(...values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
}

function inspect(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return String(value);
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${inspect(each)}`)
    .join(', ')} }`;
}

/** Calls `body` with `console.log` writing to `print` instead; what it gives is waited for. */
export async function captured(print: (line: string) => void, body: () => unknown): Promise<void> {
  const { log } = console;
  console.log = (...values: unknown[]) => print(format(...values));
  try {
    await body();
  } finally {
    console.log = log;
  }
}
