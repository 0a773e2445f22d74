/**
 * Python's OSError and the errors of connections under it.
 *
 * Source: Python's built-in exceptions. In a file of their own, because only what speaks to the outside needs them.
 * The platform has one word for every failure of the network, if any; which of these it becomes is said where it is
 * caught, and the platform's own error is the `cause`.
 */

/**
 * The root of the errors that the system, here the browser or the other side of a connection, is the cause of.
 *
 * @example
 * new ConnectionResetError('Connection lost') instanceof OSError; // true
 */
export class OSError extends Error {
  static {
    this.prototype.name = 'OSError';
  }
}

/**
 * The root of the errors of a connection.
 *
 * @example
 * try {
 *   yield* openConnection('mem:nobody-is-there');
 * } catch (error) {
 *   if (!(error instanceof ConnectionError)) throw error;
 *   console.log(error.name); // ConnectionRefusedError
 * }
 */
export class ConnectionError extends OSError {
  static {
    this.prototype.name = 'ConnectionError';
  }
}

/**
 * The other side does not accept connections.
 *
 * @example
 * new ConnectionRefusedError("Connect call failed 'mem:nobody'") instanceof ConnectionError; // true
 */
export class ConnectionRefusedError extends ConnectionError {
  static {
    this.prototype.name = 'ConnectionRefusedError';
  }
}

/**
 * The connection was broken off by the other side, or is lost already.
 *
 * @example
 * new ConnectionResetError('Connection lost') instanceof ConnectionError; // true
 */
export class ConnectionResetError extends ConnectionError {
  static {
    this.prototype.name = 'ConnectionResetError';
  }
}

/**
 * An attempt to connect was given up by the other side.
 *
 * @example
 * new ConnectionAbortedError('handshake failed') instanceof ConnectionError; // true
 */
export class ConnectionAbortedError extends ConnectionError {
  static {
    this.prototype.name = 'ConnectionAbortedError';
  }
}

/**
 * Nobody reads any more what is written.
 *
 * @example
 * new BrokenPipeError('Broken pipe') instanceof ConnectionError; // true
 */
export class BrokenPipeError extends ConnectionError {
  static {
    this.prototype.name = 'BrokenPipeError';
  }
}
