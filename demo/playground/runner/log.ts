/** The console of the program: its lines, kept until the next batch. */

import type { Level, Line } from '../protocol.ts';
import { LINES_PER_BATCH } from '../protocol.ts';
import { format, formatArguments, formatTable } from './format.ts';
import { callingLine, withoutAddress } from './lines.ts';
import type { Recorder } from './recorder.ts';

/** So many lines of a batch say where they come from: to know it costs microseconds. */
const PLACED_LINES = 200;

export class Log {
  readonly #recorder: Recorder;
  #lines: Line[] = [];
  #indent = '';
  readonly #counts = new Map<string, number>();
  readonly #timers = new Map<string, number>();
  readonly #shown = new WeakSet<object>();
  onLine: (() => void) | null = null;
  /** Lines that are not about the program. */
  isBeside: (text: string) => boolean = () => false;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  get hasNews(): boolean {
    return this.#lines.length > 0;
  }

  add(level: Level, text: string, line: number): void {
    if (this.#lines.length >= LINES_PER_BATCH) {
      this.#recorder.dropLine();
      return;
    }
    this.#lines.push({ level, text: this.#indent + withoutAddress(text), line, time: this.#recorder.time });
    this.onLine?.();
  }

  take(): Line[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #write(level: Level, text: string): void {
    if (!this.isBeside(text)) this.add(level, text, this.#lines.length < PLACED_LINES ? callingLine() : 0);
  }

  /** Whether the program, or the library for it, has written this error. */
  hasShown(error: unknown): boolean {
    return error instanceof Error && this.#shown.has(error);
  }

  /** What stands where the engine's console does. */
  console(): Partial<Console> {
    const writer =
      (level: Level) =>
      (...values: unknown[]): void => {
        for (const value of values) if (value instanceof Error) this.#shown.add(value);
        if (this.#lines.length >= LINES_PER_BATCH) this.#recorder.dropLine();
        else this.#write(level, formatArguments(values));
      };
    const log = writer('log');
    return {
      log,
      info: writer('info'),
      warn: writer('warn'),
      error: writer('error'),
      debug: writer('debug'),
      trace: writer('debug'),
      dir: (value?: unknown) => log(format(value)),
      table: (data?: unknown) => log(formatTable(data)),
      assert: (condition?: boolean, ...values: unknown[]) => {
        if (!condition) this.add('error', `Assertion failed: ${formatArguments(values)}`, callingLine());
      },
      group: (...values: unknown[]) => {
        if (values.length > 0) log(...values);
        this.#indent += '  ';
      },
      groupCollapsed: (...values: unknown[]) => {
        if (values.length > 0) log(...values);
        this.#indent += '  ';
      },
      groupEnd: () => {
        this.#indent = this.#indent.slice(2);
      },
      count: (label = 'default') => {
        const count = (this.#counts.get(label) ?? 0) + 1;
        this.#counts.set(label, count);
        log(`${label}: ${count}`);
      },
      time: (label = 'default') => void this.#timers.set(label, performance.now()),
      timeEnd: (label = 'default') => {
        const start = this.#timers.get(label);
        this.#timers.delete(label);
        if (start !== undefined) log(`${label}: ${(performance.now() - start).toFixed(1)} ms`);
      },
      clear: () => undefined,
    };
  }
}
