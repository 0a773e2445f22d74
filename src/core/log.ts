// biome-ignore-all lint/suspicious/noConsole: this is the place where the library writes to the console

/**
 * The library's logger: asyncio's `asyncio.log.logger`, writing to the console.
 *
 * The methods may be replaced (`logger.error = …`) to send the lines elsewhere; tests do so too.
 * Source: Lib/asyncio/log.py, CPython 3.14.
 */

/** The methods of the library's logger, by severity. `details` are written after the message as the console does. */
export interface Logger {
  /** What went wrong and nobody handled. */
  error(message: string, ...details: unknown[]): void;
  /** What works and is probably a mistake. */
  warning(message: string, ...details: unknown[]): void;
  /** What was asked for: call graphs, tables of tasks. */
  info(message: string, ...details: unknown[]): void;
  /** Details of how the library works. */
  debug(message: string, ...details: unknown[]): void;
}

/**
 * The library's logger. Its methods may be replaced to send the lines elsewhere; by default they write to the console.
 *
 * @example
 * const lines: string[] = [];
 * const { warning } = logger;
 * logger.warning = (message) => lines.push(message);
 * logger.warning('kept');
 * logger.warning = warning;
 */
export const logger: Logger = {
  error: (message, ...details) => console.error(message, ...details),
  warning: (message, ...details) => console.warn(message, ...details),
  info: (message, ...details) => console.info(message, ...details),
  debug: (message, ...details) => console.debug(message, ...details),
};

/** Shows an error that nobody handled, as the platform does: its `error` event, or else the log. @internal */
export function showError(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else logger.error('Unhandled error', error);
}
