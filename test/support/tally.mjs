// Counts across everything that `npm test` runs.

/**
 * Writes a line. Not by `console`: Web Test Runner takes that over while it runs, to redraw what nobody wants redrawn.
 *
 * @param {string} line
 */
export function print(line) {
  process.stdout.write(`${line}\n`);
}

export class Tally {
  #rows = [];
  #problems = [];

  /** Starts a subtotal. */
  row(label) {
    const row = { label, passed: 0, failed: 0, skipped: 0 };
    this.#rows.push(row);
    return row;
  }

  /** Counts a failed test and prints it. */
  failure(row, title, error) {
    row.failed++;
    print(`\n✗ [${row.label}] ${title}\n${indent(describe(error))}`);
  }

  /** Something that fails the run and is not a test. */
  problem(message) {
    this.#problems.push(message);
    print(`\n✗ ${message}`);
  }

  /** Prints the subtotals and, last, the total. Returns the exit code. */
  finish() {
    const total = { passed: 0, failed: this.#problems.length, skipped: 0 };
    print('');
    for (const row of this.#rows) {
      for (const key of Object.keys(total)) total[key] += row[key];
      print(`${row.label.padEnd(20)} ${sentence(row)}`);
    }
    if (total.passed + total.failed === 0) {
      print('No test ran');
      total.failed++;
    }
    print(sentence(total));
    return total.failed > 0 ? 1 : 0;
  }
}

function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function describe(error) {
  if (!error) return 'no error was given';
  const { name, message, stack, expected, actual } = error;
  const head = name && !message?.startsWith(name) ? `${name}: ${message}` : String(message ?? error);
  const values =
    expected !== undefined || actual !== undefined
      ? `expected: ${show(expected)}\nactual:   ${show(actual)}`
      : '';
  const trace = stack?.startsWith(head) ? stack.slice(head.length).trimStart() : stack;
  return [head, values, trace].filter(Boolean).join('\n');
}

const show = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

const indent = (text) => text.replace(/^/gm, '    ');
