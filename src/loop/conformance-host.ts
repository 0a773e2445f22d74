/**
 * hostConformance: what a loop relies on in its host (core/host.ts), in twelve tests.
 *
 * A host that passes them drives every loop of the library. They use the interface alone, with a pump of their own; where
 * a loop belongs to it, BaseEventLoop on the host.
 */

import type { HostLoop } from '../core/host.ts';
import { sleep } from '../tasks/sleep.ts';
import { BaseEventLoop } from './base-events.ts';
import type { ConformanceOptions, ConformanceTest, Line } from './conformance.ts';
import { makeTests } from './conformance.ts';
import { nativeTurns } from './hosts/native-turns.ts';

/** What `hostConformance` takes. */
export interface HostConformanceOptions extends ConformanceOptions {
  /** Opens a run loop inside the present call, for a host that can; it has to have closed when the call returns. */
  readonly nest?: (host: HostLoop) => void;
}

interface Subject {
  readonly host: HostLoop;
  newHost(): HostLoop;
  nest(host: HostLoop): void;
}

/** Starts the host with a pump that calls `onPump`, and gives a Promise of the call in which that says true. */
function pumped(host: HostLoop, onPump: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    host.start(() => {
      if (onPump()) resolve();
    });
  });
}

const HOST: Line<Subject>[] = [
  {
    tier: 8,
    line: 'H1',
    tests: {
      'wakeSoon() and wakeAt() have the pump called, and never call it themselves': async (
        { host },
        check,
      ) => {
        let [isAsking, calls, isInside] = [true, 0, false];
        const called = pumped(host, () => {
          calls += 1;
          isInside ||= isAsking;
          return true;
        });
        host.wakeSoon();
        host.wakeAt(host.now() - 1);
        host.wakeSoon();
        isAsking = false;
        check.equal(calls, 0, 'calls inside wakeSoon()');
        await called;
        check.equal(isInside, false, 'called inside');
      },
    },
  },
  {
    tier: 8,
    line: 'H2',
    tests: {
      'the pump is called at the time asked for or later, by a clock that never goes back': async (
        { host },
        check,
      ) => {
        let [last, wentBack] = [host.now(), false];
        check.ok(
          host.clockResolution >= 0 && host.clockResolution < 1,
          `clockResolution is ${host.clockResolution}`,
        );
        for (const delay of [0.001, 0.0105, 0.02, 0]) {
          const when = host.now() + delay;
          const called = pumped(host, () => {
            const now = host.now();
            if (now < last) wentBack = true; // told below: a pump does not throw
            last = now;
            if (now >= when - host.clockResolution) return true;
            host.wakeAt(when); // too early does no harm
            return false;
          });
          host.wakeAt(when + 100);
          host.wakeAt(when);
          await called;
          host.stop();
          check.equal(wentBack, false, 'the clock went back');
        }
      },
    },
  },
  {
    tier: 8,
    line: 'H3',
    tests: {
      'stop() takes back what was asked for': async ({ host }, check) => {
        let calls = 0;
        for (const ask of [() => host.wakeSoon(), () => host.wakeAt(host.now() + 0.001)]) {
          host.start(() => {
            calls += 1;
          });
          ask();
          host.stop();
          await nativeTurns(8);
        }
        check.equal(calls, 0, 'calls');
      },
    },
  },
  {
    tier: 8,
    line: 'H4',
    tests: {
      'a pump that stops the host is not called again': async ({ host }, check) => {
        let calls = 0;
        const called = pumped(host, () => {
          calls += 1;
          host.wakeSoon();
          host.wakeAt(host.now());
          host.stop();
          return true;
        });
        host.wakeSoon();
        await called;
        await nativeTurns(8);
        check.equal(calls, 1, 'calls');
      },
    },
  },
  {
    tier: 8,
    line: 'H5',
    tests: {
      'no wake-up is lost: in the pump, between two calls, and after a pause': async ({ host }, check) => {
        let calls = 0;
        let then: () => void = () => undefined;
        host.start(() => {
          calls += 1;
          if (calls % 3 === 1) host.wakeSoon();
          else if (calls % 3 === 2) host.wakeAt(host.now());
          else then();
        });
        for (let round = 1; round <= 20; round += 1) {
          const called = new Promise<void>((resolve) => {
            then = resolve;
          });
          host.wakeSoon();
          await called;
          if (round % 5 === 0) await nativeTurns(2);
        }
        check.ok(calls >= 60, `${calls} calls`);
      },
    },
  },
  {
    tier: 8,
    line: 'H6',
    tests: {
      'the pump is not called while a call of it is on the stack': async ({ host, nest }, check) => {
        let [depth, deepest, calls] = [0, 0, 0];
        const called = pumped(host, () => {
          depth += 1;
          calls += 1;
          deepest = Math.max(deepest, depth);
          host.wakeSoon();
          host.wakeAt(host.now() - 1);
          if (depth === 1) nest(host);
          depth -= 1;
          return calls > 3;
        });
        host.wakeSoon();
        await called;
        check.equal(deepest, 1, 'depth');
      },
    },
  },
  {
    tier: 8,
    line: 'H7',
    tests: {
      'what became due while the page was blocked is made up for': async ({ host }) => {
        let calls = 0;
        const called = pumped(host, () => {
          calls += 1;
          if (calls > 1) return true;
          host.wakeAt(host.now() + 0.005);
          const end = performance.now() + 20;
          while (performance.now() < end);
          return false;
        });
        host.wakeSoon();
        await called;
      },
    },
  },
  {
    tier: 8,
    line: 'H8',
    tests: {
      'a page that is put away and comes back goes on': async ({ host }) => {
        if (typeof PageTransitionEvent !== 'function') return; // a Worker is not put away
        for (const ask of [() => host.wakeSoon(), () => host.wakeAt(host.now() + 0.002)]) {
          const called = pumped(host, () => true);
          ask();
          for (const type of ['pagehide', 'pageshow'])
            globalThis.dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
          await called;
          host.stop();
        }
      },
    },
  },
  {
    tier: 8,
    line: 'H9',
    tests: {
      'a run after stop() gets its own calls': async ({ host }, check) => {
        let stale = 0;
        let isOver = false;
        for (let run = 0; run < 3; run += 1) {
          isOver = false;
          const called = pumped(host, () => {
            if (isOver) stale += 1;
            return true;
          });
          host.wakeAt(host.now() + 0.001);
          host.wakeSoon();
          await called;
          host.stop();
          isOver = true;
          await nativeTurns(2);
        }
        check.equal(stale, 0, 'calls of a pump that was stopped');
      },
    },
  },
  {
    tier: 8,
    line: 'H10',
    tests: {
      'a hundred thousand callbacks do not grow the stack': async ({ host }, check) => {
        const loop = new BaseEventLoop(host);
        let left = 100_000;
        const count = (): void => {
          left -= 1;
          if (left === 0) loop.stop();
          else loop.callSoon(count);
        };
        loop.callSoon(count);
        await loop.runForever();
        loop.close();
        check.equal(left, 0, 'callbacks left');
      },
    },
  },
  {
    tier: 8,
    line: 'H11',
    tests: {
      'a callback that throws leaves the host going': async ({ host }, check) => {
        const loop = new BaseEventLoop(host);
        const errors: unknown[] = [];
        loop.setExceptionHandler((_loop, { exception }) => void errors.push(exception));
        const failure = new Error('in a callback');
        for (let index = 0; index < 3; index += 1) {
          loop.callLater(index / 1000, () => {
            throw failure;
          });
        }
        await loop.runUntilComplete(sleep(0.01));
        loop.close();
        check.ok(errors.length === 3 && errors.every((error) => error === failure), `errors: ${errors}`);
      },
    },
  },
  {
    tier: 8,
    line: 'H12',
    tests: {
      'of two that are always busy, each has its turns': async ({ host, newHost }) => {
        const hosts = [host, newHost()];
        const turns = [0, 0];
        let last = -1;
        await new Promise<void>((resolve) => {
          hosts.forEach((each, index) => {
            each.start(() => {
              if (last !== index) turns[index] = (turns[index] ?? 0) + 1;
              last = index;
              if (turns.every((number) => number >= 3)) resolve();
              else each.wakeSoon();
            });
            each.wakeSoon();
          });
        });
        for (const each of hosts) each.stop();
      },
    },
  },
];

/**
 * The tests of a host: whether it keeps the rules of HostLoop.
 *
 * @param factory Makes a new host for each test.
 * @param options.nest Opens a run loop of the host inside a call, if it has such a thing.
 * @returns The twelve tests, H1 to H12, of tier 8; with `it` given, they are registered as well.
 * @example
 * const report = await checkConformance(hostConformance(() => new BrowserHost()));
 * console.log(String(report)); // tier 8: 12 of 12 passed
 */
export function hostConformance(
  factory: () => HostLoop,
  options: HostConformanceOptions = {},
): ConformanceTest[] {
  return makeTests(
    HOST,
    () => {
      const host = factory();
      return {
        subject: { host, newHost: factory, nest: options.nest ?? (() => undefined) },
        verify: () => undefined,
        dispose: () => host.stop(),
      };
    },
    options,
  );
}
