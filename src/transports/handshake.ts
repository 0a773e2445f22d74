/**
 * Waiting for the first answer on a port, without losing what comes behind it.
 */

import type { Coroutine } from '../core/awaitable.ts';
import type { HandshakeOptions, PortLike } from '../core/channel-options.ts';
import type { AbstractEventLoop } from '../core/events.ts';
import { ConnectionRefusedError } from '../core/os-errors.ts';
import { Future } from '../tasks/futures.ts';
import { listen } from './events.ts';

/** Collects what comes on a port, until somebody takes it. */
export class Inbox {
  readonly #messages: unknown[] = [];
  readonly #forget: () => void;

  /** @param arrived Called with each message; one for which it gives true is not kept. */
  constructor(port: PortLike, arrived: (message: unknown) => boolean) {
    this.#forget = listen<MessageEvent>(port, 'message', ({ data }) => {
      if (!arrived(data)) this.#messages.push(data);
    });
    port.start?.();
  }

  /** Gives what has come, and listens no more. */
  take(): unknown[] {
    this.#forget();
    return this.#messages;
  }
}

/**
 * Waits until `isAnswer` is true for a message.
 *
 * @returns The answer, and the messages that came beside it.
 * @throws {ConnectionRefusedError} After `connectTimeout` seconds.
 */
export function* firstAnswer<T>(
  loop: AbstractEventLoop,
  port: PortLike,
  url: string,
  isAnswer: (message: unknown) => T | null,
  { connectTimeout = 5 }: HandshakeOptions,
): Coroutine<[answer: T, others: unknown[]]> {
  const answer = new Future<T>({ loop });
  const inbox = new Inbox(port, (message) => {
    const found = answer.done() ? null : isAnswer(message);
    if (found !== null) answer.setResult(found);
    return found !== null;
  });
  const timer = loop.callLater(connectTimeout, () => {
    if (answer.done()) return;
    answer.setException(
      new ConnectionRefusedError(
        `Connect call failed: nobody accepted '${url}' within ${connectTimeout} seconds`,
      ),
    );
  });
  // Somebody outside may answer: virtual time waits.
  loop._channelOpened(1);
  try {
    const result = yield* answer;
    return [result, inbox.take()];
  } finally {
    inbox.take();
    timer.cancel();
    loop._channelOpened(-1);
  }
}
