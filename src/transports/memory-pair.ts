/**
 * memoryPair: the two ends of a connection, without a server.
 *
 * Source: socket.socketpair of Python, which asyncio's users give to open_connection.
 */

import type { AbstractEventLoop } from '../core/events.ts';
import { getEventLoop } from '../core/events.ts';
import { joinedTransports } from './memory.ts';
import type { StreamOptions } from './streams.ts';
import { StreamReader, StreamReaderProtocol, StreamWriter } from './streams.ts';

/** The streams of one end of a connection. */
export type StreamPair = [reader: StreamReader, writer: StreamWriter];

/**
 * A connection over memory, as the streams of its two ends. What one writes the other reads, with flow control.
 *
 * @param options.limit The limit of both readers. Default: 65536.
 * @param options.loop Default: the current loop.
 * @throws {RangeError} If the limit is not above 0.
 * @example
 * const [[reader], [, writer]] = memoryPair();
 * writer.write(new TextEncoder().encode('hello\n'));
 * console.log(new TextDecoder().decode(yield* reader.readline())); // hello
 * writer.close();
 */
export function memoryPair(
  options?: StreamOptions & { readonly loop?: AbstractEventLoop | null },
): [one: StreamPair, other: StreamPair] {
  const loop = options?.loop ?? getEventLoop();
  const limit = options?.limit;
  const readers = [new StreamReader({ limit, loop }), new StreamReader({ limit, loop })] as const;
  const protocols = [
    new StreamReaderProtocol(readers[0], null, { loop }),
    new StreamReaderProtocol(readers[1], null, { loop }),
  ] as const;
  const transports = joinedTransports(loop, ...protocols);
  return [
    [readers[0], new StreamWriter(transports[0], protocols[0], readers[0], loop)],
    [readers[1], new StreamWriter(transports[1], protocols[1], readers[1], loop)],
  ];
}
