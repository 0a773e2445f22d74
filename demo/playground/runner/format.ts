/** Values as text, for the console. It never throws, whatever the value does. */

import { programStack } from './lines.ts';

const MOST_CHARACTERS = 8000;
const MOST_ENTRIES = 60;
const DEPTH = 3;

/** The arguments of a console method as one text. */
export function formatArguments(values: readonly unknown[]): string {
  const text = values.map((value) => (typeof value === 'string' ? value : format(value))).join(' ');
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text;
}

export function format(value: unknown, depth: number = DEPTH, seen: readonly object[] = []): string {
  try {
    return formatUnsafely(value, depth, seen);
  } catch {
    return '[cannot be shown]';
  }
}

function formatUnsafely(value: unknown, depth: number, seen: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 1000 ? `${value.slice(0, 1000)}…` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `[${/^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'} ${value.name || 'anonymous'}]`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : formatObject(value, depth, seen);
    default:
      return String(value);
  }
}

function formatObject(value: object, depth: number, seen: readonly object[]): string {
  if (seen.includes(value)) return '[circular]';
  if (value instanceof Error) return formatError(value);
  if ('_repr' in value && typeof value._repr === 'function') return String(value._repr());
  const inside = [...seen, value];
  const name = Object.getPrototypeOf(value)?.constructor?.name as string | undefined;
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (value instanceof Promise) return 'Promise';
  const list = (items: Iterable<unknown>, write: (item: never) => string): string[] => {
    const texts: string[] = [];
    for (const item of items) {
      if (texts.length === MOST_ENTRIES) {
        texts.push('…');
        break;
      }
      texts.push(write(item as never));
    }
    return texts;
  };
  const inner = (item: unknown): string => format(item, depth - 1, inside);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = value as unknown as ArrayLike<unknown> & Iterable<unknown>;
    const prefix = Array.isArray(value) ? '' : `${name}(${items.length}) `;
    if (depth <= 0) return `${prefix}[… ${items.length}]`;
    return `${prefix}[${list(items, inner).join(', ')}]`;
  }
  if (value instanceof Map) {
    if (depth <= 0) return `Map(${value.size})`;
    const entries = list(value, ([key, item]: [unknown, unknown]) => `${inner(key)} => ${inner(item)}`);
    return `Map(${value.size}) {${entries.join(', ')}}`;
  }
  if (value instanceof Set) {
    if (depth <= 0) return `Set(${value.size})`;
    return `Set(${value.size}) {${list(value, inner).join(', ')}}`;
  }
  const prefix = name === undefined || name === 'Object' ? '' : `${name} `;
  if (depth <= 0) return `${prefix}{…}`;
  const entries = list(
    Object.keys(value),
    (key: string) => `${key}: ${inner((value as Record<string, unknown>)[key])}`,
  );
  return entries.length === 0 ? `${prefix}{}` : `${prefix}{ ${entries.join(', ')} }`;
}

/** An error with the lines of the program, and with what is inside a group or behind it. */
export function formatError(error: Error, indent = ''): string {
  const parts = [`${error.name}${error.message === '' ? '' : `: ${error.message}`}`];
  const stack = programStack(error.stack);
  if (stack !== '') parts.push(stack);
  if (error instanceof AggregateError) {
    error.errors.forEach((inner: unknown, index) => {
      const text = inner instanceof Error ? formatError(inner) : format(inner);
      parts.push(`  ${index + 1}. ${text.replaceAll('\n', '\n     ')}`);
    });
  }
  if (error.cause instanceof Error) parts.push(`caused by ${formatError(error.cause)}`);
  return parts.join('\n').replaceAll('\n', `\n${indent}`);
}

/** Rows and columns, as console.table shows them. */
export function formatTable(data: unknown): string {
  if (typeof data !== 'object' || data === null) return format(data);
  const rows = Object.entries(data).slice(0, 200);
  const columns: string[] = [];
  for (const [, row] of rows) {
    if (typeof row !== 'object' || row === null) continue;
    for (const key of Object.keys(row)) if (!columns.includes(key) && columns.length < 12) columns.push(key);
  }
  const isPlain = columns.length === 0;
  const show = (value: unknown): string => (typeof value === 'string' ? value : format(value, 1));
  const table = [
    ['', ...(isPlain ? ['value'] : columns)],
    ...rows.map(([key, row]) => [
      key,
      ...(isPlain
        ? [show(row)]
        : columns.map((column) => {
            const cell = (row as Record<string, unknown> | null)?.[column];
            return cell === undefined ? '' : show(cell);
          })),
    ]),
  ];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => (cells[column] ?? '').length)),
  );
  const write = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        /^-?[\d.]+%?$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = table;
  return [write(head), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(write)].join('\n');
}

/** The name of an object's class. Bundlers put an underscore in front of some. */
export function classNameOf(value: object): string {
  return value.constructor.name.replace(/^_/, '');
}
