/** Lines of the user's program in stacks. The program is one script, whose address is known. */

/** How the program is called in what the user sees. */
export const PROGRAM = 'program.ts';

let address = PROGRAM;

/** @param url Where the program's script is: engines write it into stacks. */
export function setProgramAddress(url: string): void {
  address = url;
}

/** A text in which the program has its name. */
export function withoutAddress(text: string): string {
  if (address === PROGRAM) return text;
  return text.replaceAll(address, PROGRAM).replaceAll(address.slice(address.lastIndexOf('/')), PROGRAM);
}

function places(stack: string): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = [];
  for (const text of stack.split('\n')) {
    const at = text.indexOf(address);
    if (at < 0) continue;
    const line = Number.parseInt(text.slice(at + address.length + 1), 10);
    if (line > 0) found.push({ line, text });
  }
  return found;
}

/** The innermost line of the program in a stack, or 0. */
export function programLine(stack: string | null | undefined): number {
  return stack === undefined || stack === null ? 0 : (places(stack)[0]?.line ?? 0);
}

/** The line of the program that calls the function that calls this, or 0. */
export function callingLine(): number {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  if (limit !== undefined) limited.stackTraceLimit = 12;
  const { stack } = new Error();
  if (limit !== undefined) limited.stackTraceLimit = limit;
  return programLine(stack);
}

/** The frames of the program, as all engines' users know them: `at main (program.ts:3)`. */
export function programStack(stack: string | undefined): string {
  if (stack === undefined) return '';
  return places(stack)
    .filter(({ text }) => !text.includes('__program'))
    .slice(0, 12)
    .map(({ line, text }) => `    at ${functionName(text)} (${PROGRAM}:${line})`)
    .join('\n');
}

function functionName(frame: string): string {
  const v8 = /^\s*at (?:async )?(?:new )?([^\s(]+) \(/.exec(frame)?.[1];
  const other = /^([^@]*)@/.exec(frame)?.[1];
  const name = (v8 ?? other ?? '').split('.').at(-1);
  return name === undefined || name === '' || name.includes('/') ? '<top level>' : name;
}
