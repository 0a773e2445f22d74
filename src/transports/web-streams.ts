/**
 * The way back: a StreamReader as a ReadableStream of the platform, and a StreamWriter as a WritableStream.
 *
 * There is no file of CPython to follow. The other direction, a stream of the platform as a transport, is
 * `loop.connectReadPipe` and `loop.connectWritePipe`.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { Bytes, BytesLike } from '../core/network.ts';
import { withAbortSignal } from '../tasks/abort-signal.ts';
import { runCoroutineThreadsafe } from '../tasks/tasks.ts';
import type { StreamReader, StreamWriter } from './streams.ts';

/** How many bytes a chunk has at most. */
const CHUNK = 64 * 1024;

/**
 * What a reader gives as a ReadableStream of bytes, for native code: `new Response(readableStreamOf(reader))`. It
 * reads only as fast as the stream is read. The loop must be running while it is.
 *
 * An error of the connection is an error of the stream. Cancelling the stream stops reading: the reader can be read on,
 * and the connection is closed by its writer.
 *
 * @param options.highWaterMark How many chunks of up to 64 KiB to read in advance. Default: 0.
 * @example
 * const reader = new StreamReader();
 * reader.feedData(new TextEncoder().encode('hello'));
 * reader.feedEof();
 * const response = new Response(readableStreamOf(reader));
 * console.log(yield* fromPromise(response.text())); // hello
 */
export function readableStreamOf(
  reader: StreamReader,
  options?: { readonly highWaterMark?: number },
): ReadableStream<Bytes> {
  const cancelled = new AbortController();
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const reading = withAbortSignal(cancelled.signal, () => reader.read(CHUNK));
        const chunk = await runCoroutineThreadsafe(reading, reader._loop);
        if (chunk.length > 0) controller.enqueue(chunk);
        else controller.close();
      },
      cancel(reason) {
        cancelled.abort(reason);
      },
    },
    { highWaterMark: options?.highWaterMark ?? 0 },
  );
}

function* writeAndDrain(writer: StreamWriter, chunk: BytesLike): Coroutine<void> {
  writer.write(chunk);
  yield* writer.drain();
}

function* closeAndWait(writer: StreamWriter): Coroutine<void> {
  writer.close();
  yield* writer.waitClosed();
}

/**
 * A writer as a WritableStream of bytes, for native code: `response.body.pipeTo(writableStreamOf(writer))`. Its
 * back-pressure is that of `drain()`. The loop must be running while it is written to.
 *
 * Closing the stream closes the connection; aborting it aborts the connection. An error of the connection is an error
 * of the stream.
 *
 * @example
 * const [[reader], [, writer]] = memoryPair();
 * const copied = fromPromise(new Blob(['hello']).stream().pipeTo(writableStreamOf(writer)));
 * console.log(new TextDecoder().decode(yield* reader.read())); // hello
 * yield* copied;
 */
export function writableStreamOf(writer: StreamWriter): WritableStream<BytesLike> {
  return new WritableStream<BytesLike>({
    write(chunk) {
      return runCoroutineThreadsafe(writeAndDrain(writer, chunk), writer._loop);
    },
    close: () => runCoroutineThreadsafe(closeAndWait(writer), writer._loop),
    abort() {
      writer.transport.abort();
    },
  });
}
