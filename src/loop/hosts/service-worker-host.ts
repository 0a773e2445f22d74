/**
 * ServiceWorkerHost: one run of a loop for each event of a service worker.
 *
 * The browser ends an idle service worker after about 30 seconds, whatever timers it has; only an event that was told
 * to wait (`waitUntil`) keeps it. So no loop lives longer than its event, each event has a loop of its own, and what
 * is to last belongs in a storage.
 */

import { logger } from '../../core/log.ts';
import { BrowserHost } from '../browser-host.ts';
import { startGuestRun } from '../guest.ts';
import type { Main } from '../runners.ts';

/** Longer timers are likely to be lost: browsers end a service worker when it has done nothing for 30 seconds. */
const LONGEST_TIMER = 25;

/** What is used of an ExtendableEvent. TypeScript has the interface in its library for service workers only. */
export interface EventToWaitFor {
  /** Keeps the service worker alive until the Promise has settled. */
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * The host of one event's loop. Use `runForEvent`.
 *
 * @example
 * await run(sleep(0.01), { loopFactory: () => new BaseEventLoop(new ServiceWorkerHost()) });
 */
export class ServiceWorkerHost extends BrowserHost {
  override wakeAt(when: number): void {
    const delay = when - this.now();
    if (delay > LONGEST_TIMER && when < Infinity) {
      logger.warning(
        `A service worker waits ${Math.round(delay)} s for a timer; the browser may end it after ${LONGEST_TIMER} s. ` +
          'Keep what is to last in a storage, and go on at a later event.',
      );
    }
    super.wakeAt(when);
  }
}

/**
 * Runs a program for one event of a service worker, which stays alive until the program has ended.
 *
 * @param event The event; its `waitUntil` is called at once.
 * @param main A coroutine function, a coroutine, a future or a Promise.
 * @returns A Promise of the result; give it to `event.respondWith` for a fetch event.
 * @example
 * const event = { waitUntil: (promise: Promise<unknown>) => void promise.catch(console.error) };
 * // addEventListener('push', (event) => …
 * await runForEvent(event, function* () {
 *   yield* sleep(0.01);
 * });
 */
export function runForEvent<T>(event: EventToWaitFor, main: Main<T>): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    startGuestRun(main, {
      host: new ServiceWorkerHost(),
      doneCallback: (outcome) =>
        outcome.status === 'fulfilled' ? resolve(outcome.value) : reject(outcome.reason),
    });
  });
  event.waitUntil(result);
  return result;
}
