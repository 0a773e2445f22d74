// BrowserHost on the page's own clock, timers and messages.

import * as asyncio from 'asyncio-web';
import { BrowserHost } from 'asyncio-web/lowlevel';
import { assert, expect } from 'chai';
import { Random, seed } from '../support/random.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

const nothing = (): void => undefined;

// The page's own, whatever a test puts in front of them.
const {
  setTimeout: nativeSetTimeout,
  clearTimeout: nativeClearTimeout,
  MessageChannel: NativeChannel,
} = globalThis;
const { postMessage: nativePost, close: nativeClose } = MessagePort.prototype;
// Every engine has it there.
const nativeOnMessage = Object.getOwnPropertyDescriptor(
  MessagePort.prototype,
  'onmessage',
) as PropertyDescriptor;

/** A message of a channel of the test's own: a task of the page that no timer rule delays. */
function foreignMessage(callback: () => void): void {
  const { port1, port2 } = new NativeChannel();
  nativeOnMessage.set?.call(port1, () => {
    nativeClose.call(port1);
    callback();
  });
  nativePost.call(port2, null);
}

/** Lets the page run some tasks, of timers and of messages. */
async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => foreignMessage(resolve));
    await new Promise((resolve) => nativeSetTimeout(resolve, 0));
  }
}

/** Counts what a host asks of the page. */
class Traffic {
  channels = 0;
  closedPorts = 0;
  messages = 0;
  outstanding = 0;
  mostOutstanding = 0;
  delays: number[] = [];
  readonly armed = new Set<unknown>();
  mostArmed = 0;
  armedInTimer = 0;
  readonly listeners: string[] = [];
  readonly #undo: (() => void)[] = [];
  #inTimer = false;

  install(): this {
    const traffic = this;
    const prototype = MessagePort.prototype;

    this.#replace(
      globalThis,
      'MessageChannel',
      class extends NativeChannel {
        constructor() {
          super();
          traffic.channels += 1;
        }
      },
    );
    this.#replace(prototype, 'postMessage', function (this: MessagePort, message: unknown) {
      traffic.messages += 1;
      traffic.outstanding += 1;
      traffic.mostOutstanding = Math.max(traffic.mostOutstanding, traffic.outstanding);
      return nativePost.call(this, message);
    });
    this.#replace(prototype, 'close', function (this: MessagePort) {
      traffic.closedPorts += 1;
      traffic.outstanding = 0;
      return nativeClose.call(this);
    });
    Object.defineProperty(prototype, 'onmessage', {
      ...nativeOnMessage,
      set(this: MessagePort, handler: ((event: MessageEvent) => void) | null) {
        nativeOnMessage.set?.call(
          this,
          handler &&
            ((event: MessageEvent) => {
              traffic.outstanding -= 1;
              handler(event);
            }),
        );
      },
    });
    this.#undo.push(() => Object.defineProperty(prototype, 'onmessage', nativeOnMessage));

    this.#replace(globalThis, 'setTimeout', (callback: () => void, delay: number) => {
      traffic.delays.push(delay);
      if (traffic.#inTimer) traffic.armedInTimer += 1;
      const id = nativeSetTimeout(() => {
        traffic.armed.delete(id);
        traffic.#inTimer = true;
        try {
          callback();
        } finally {
          traffic.#inTimer = false;
        }
      }, delay);
      traffic.armed.add(id);
      traffic.mostArmed = Math.max(traffic.mostArmed, traffic.armed.size);
      return id;
    });
    this.#replace(globalThis, 'clearTimeout', (id: number | undefined) => {
      traffic.armed.delete(id);
      nativeClearTimeout(id);
    });

    const { addEventListener, removeEventListener } = globalThis;
    this.#replace(globalThis, 'addEventListener', (...args: Parameters<typeof addEventListener>) => {
      traffic.listeners.push(args[0]);
      return addEventListener.apply(globalThis, args);
    });
    this.#replace(globalThis, 'removeEventListener', (...args: Parameters<typeof removeEventListener>) => {
      const index = traffic.listeners.indexOf(args[0]);
      if (index >= 0) traffic.listeners.splice(index, 1);
      return removeEventListener.apply(globalThis, args);
    });
    return this;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  #replace(owner: object, name: string, value: unknown): void {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    this.#undo.push(() => {
      if (descriptor === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, descriptor);
    });
  }
}

describe('BrowserHost', () => {
  let host: BrowserHost;
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    host = new BrowserHost();
    loop = new asyncio.BaseEventLoop(host);
    loop.setExceptionHandler(nothing);
  });
  afterEach(async () => {
    if (loop.isRunning()) {
      loop.stop();
      await turns(3);
    }
    loop.close();
  });

  describe('wake-ups', () => {
    it('a future set by an event listener of the page wakes an idle loop', async () => {
      const button = document.createElement('button');
      const future = loop.createFuture<string>();
      button.addEventListener('click', () => future.setResult('clicked'));
      const result = loop.runUntilComplete(future);
      await turns();
      button.click();
      expect(await result).to.equal('clicked');
    });

    it('a future set by an event listener wakes a loop that waits for a far timer', async () => {
      const target = new EventTarget();
      const future = loop.createFuture<string>();
      target.addEventListener('poke', () => future.setResult('poked'));
      const main = loop.createTask(
        (function* () {
          return yield* asyncio.waitFor(future, 1e6);
        })(),
      );
      const result = loop.runUntilComplete(main);
      await turns();
      target.dispatchEvent(new Event('poke'));
      expect(await result).to.equal('poked');
    });

    it('an earlier timer added by an event listener fires before the later one that was armed', async () => {
      const calls: string[] = [];
      const late = loop.callLater(1e6, () => calls.push('late'));
      const run = loop.runForever();
      await turns();
      loop.callLater(0.002, () => {
        calls.push('early');
        loop.stop();
      });
      await run;
      expect(calls).to.deep.equal(['early']);
      late.cancel();
    });

    it('a wake-up from idle runs in a microtask, before any other task of the page', async () => {
      const patient = new asyncio.BrowserEventLoop({ sliceMs: 10_000 });
      const run = patient.runForever();
      await turns();
      const calls: string[] = [];
      // The clock stands still, so that no busy machine uses up the millisecond of a wake-up.
      const now = performance.now();
      performance.now = () => now;
      const delivered = new Promise<void>((resolve) =>
        foreignMessage(() => {
          calls.push('message');
          resolve();
        }),
      );
      patient.callSoon(() => calls.push('callback'));
      patient.callSoon(() => calls.push('callback'));
      expect(calls).to.deep.equal([]);
      await delivered;
      Reflect.deleteProperty(performance, 'now');
      expect(calls).to.deep.equal(['callback', 'callback', 'message']);
      patient.stop();
      await run;
      patient.close();
    });

    it('never calls back inside the call that asks for it', async () => {
      const calls: string[] = [];
      const run = loop.runForever();
      loop.callSoon(() => calls.push('callback'));
      loop.callLater(0, () => calls.push('timer'));
      loop.callAt(-1, () => calls.push('timer'));
      loop.stop();
      expect(calls).to.deep.equal([]);
      await run;
      expect(calls).to.deep.equal(['callback', 'timer', 'timer']);
    });

    it('a run can be stopped and started again at once', async () => {
      for (let run = 0; run < 50; run++) {
        const calls: number[] = [];
        loop.callSoon(() => {
          calls.push(run);
          loop.callSoon(() => loop.stop());
        });
        const ended = loop.runForever();
        if (run % 3 === 0) loop.stop();
        await ended;
        // The callback has run; its stop() is for the next run.
        if (run % 3 === 0) await loop.runForever();
        expect(calls).to.deep.equal([run]);
      }
    });
  });

  describe('the clock', () => {
    it('is performance.now() in seconds', () => {
      const before = performance.now() / 1000;
      const time = loop.time();
      const after = performance.now() / 1000;
      expect(time).to.be.within(before, after);
    });

    it('never goes back', () => {
      let last = loop.time();
      for (let reading = 0; reading < 100_000; reading++) {
        const time = loop.time();
        if (time < last) assert.fail(`${time} after ${last}`);
        last = time;
      }
    });

    it('has a resolution that is measured: at most what is seen between two of its steps', () => {
      const resolution = host.clockResolution;
      expect(resolution).to.be.above(0);
      expect(host.clockResolution).to.equal(resolution);
      // No engine's clock is coarser than this; a larger value would let timers fire too early.
      expect(resolution).to.be.at.most(0.02);
    });
  });

  describe('timers', () => {
    it(`200 random short ones: in order, and none early by more than the resolution (seed ${seed})`, async () => {
      const random = new Random();
      const fired: { when: number; time: number }[] = [];
      const start = loop.time();
      for (let index = 0; index < 200; index++) {
        const timer = loop.callAt(start + random.next() * 0.05, () => {
          fired.push({ when: timer.when(), time: loop.time() });
          if (fired.length === 200) loop.stop();
        });
      }
      await loop.runForever();
      const resolution = host.clockResolution;
      for (const { when, time } of fired) {
        if (time < when - resolution)
          assert.fail(`fired at ${time}, due at ${when}, resolution ${resolution}`);
      }
      const whens = fired.map(({ when }) => when);
      expect(whens).to.deep.equal([...whens].sort((a, b) => a - b));
    });

    it(`chains of short sleeps are never early by more than the resolution (seed ${seed})`, async () => {
      const random = new Random();
      const early: string[] = [];
      function* sleeper(delays: readonly number[]): asyncio.Coroutine<void> {
        for (const delay of delays) {
          const due = loop.time() + delay;
          yield* asyncio.sleep(delay);
          const time = loop.time();
          if (time < due - host.clockResolution) early.push(`at ${time}, due at ${due}`);
        }
      }
      const plans = Array.from({ length: 20 }, () =>
        Array.from({ length: 10 }, () => random.pick([0, 0.0001, 0.0005, 0.001, 0.0015, 0.004])),
      );
      await loop.runUntilComplete(asyncio.gather(plans.map((delays) => loop.createTask(sleeper(delays)))));
      expect(early).to.deep.equal([]);
    });

    it('with negative delays run in the next iteration, the earlier first', async () => {
      const calls: string[] = [];
      loop.callLater(-1, () => calls.push('-1'));
      loop.callLater(-Infinity, () => calls.push('-∞'));
      loop.callLater(-(2 ** 40), () => calls.push('-2⁴⁰'));
      loop.callLater(-0, () => {
        calls.push('-0');
        loop.stop();
      });
      await loop.runForever();
      expect(calls).to.deep.equal(['-∞', '-2⁴⁰', '-1', '-0']);
    });

    it('refuse NaN', () => {
      expect(() => loop.callLater(Number.NaN, nothing)).to.throw(RangeError);
      expect(() => loop.callAt(Number.NaN, nothing)).to.throw(RangeError);
    });

    it('that are cancelled never fire', async () => {
      const cancelled = Array.from({ length: 50 }, (_, index) =>
        loop.callLater(index / 10_000, () => assert.fail('it fired')),
      );
      const reports: asyncio.ExceptionContext[] = [];
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      const run = loop.runForever();
      for (const handle of cancelled) handle.cancel();
      loop.callLater(0.01, () => loop.stop());
      await run;
      expect(reports).to.deep.equal([]);
    });
  });

  describe('fairness', () => {
    it('a native promise reaction that a callback queues runs before more than 64 further callbacks', async () => {
      const TOTAL = 20_000;
      const distances: number[] = [];
      let ran = 0;
      const callback = (): void => {
        ran += 1;
        if (ran % 37 === 0) {
          const queuedAt = ran;
          void Promise.resolve().then(() => distances.push(ran - queuedAt));
        }
        if (ran === TOTAL) loop.stop();
      };
      for (let index = 0; index < TOTAL; index++) loop.callSoon(callback);
      await loop.runForever();
      await turns(1);
      expect(distances).to.have.length(Math.floor(TOTAL / 37));
      expect(Math.max(...distances)).to.be.at.most(64);
    });

    it('a chain of native reactions advances while callbacks queue themselves for ever', async () => {
      let links = 0;
      let ran = 0;
      const spin = (): void => {
        ran += 1;
        if (links < 50) loop.callSoon(spin);
        else loop.stop();
      };
      loop.callSoon(spin);
      const chain = (async () => {
        while (links < 50) {
          await null;
          links += 1;
        }
      })();
      await loop.runForever();
      await chain;
      expect(ran).to.be.above(0);
    });

    it('a loop and native promises that wake each other for ever do not hold the page', async () => {
      let fired = false;
      let rounds = 0;
      const ping = (): void => {
        rounds += 1;
        if (fired) loop.stop();
        else void Promise.resolve().then(() => loop.callSoon(ping));
      };
      nativeSetTimeout(() => {
        fired = true;
      }, 0);
      loop.callSoon(ping);
      await loop.runForever();
      expect(rounds).to.be.above(1);
    });

    it('tasks and native async functions that wait for each other for ever do not hold the page', async () => {
      let fired = false;
      nativeSetTimeout(() => {
        fired = true;
      }, 0);
      await loop.runUntilComplete(
        (function* () {
          while (!fired) {
            yield* asyncio.fromPromise(
              (async () => {
                await loop.createTask(asyncio.sleep(0));
              })(),
            );
          }
        })(),
      );
      expect(fired).to.equal(true);
    });

    const sources: Record<string, (callback: () => void) => void> = {
      'setTimeout(0)': (callback) => void nativeSetTimeout(callback, 0),
      'setTimeout(5)': (callback) => void nativeSetTimeout(callback, 5),
      'a message of another channel': foreignMessage,
      'window.postMessage': (callback) => {
        addEventListener('message', callback, { once: true });
        postMessage('foreign', '*');
      },
      'an animation frame': (callback) => void requestAnimationFrame(callback),
      'a queued event (the load of an image)': (callback) => {
        const image = new Image();
        image.addEventListener('error', callback);
        image.src = 'data:image/png;base64,';
      },
    };
    for (const [name, arm] of Object.entries(sources)) {
      it(`a callback that queues itself for ever does not starve ${name}`, async () => {
        let fired = false;
        const spin = (): void => {
          if (fired) loop.stop();
          else loop.callSoon(spin);
        };
        arm(() => {
          fired = true;
        });
        loop.callSoon(spin);
        await loop.runForever();
        expect(fired).to.equal(true);
      });
    }

    it('two loops in one page are both served', async () => {
      const other = new asyncio.BrowserEventLoop();
      const counts = { loop: 0, other: 0 };
      const spin = (name: 'loop' | 'other', own: asyncio.BaseEventLoop): void => {
        counts[name] += 1;
        if (counts.loop > 1000 && counts.other > 1000) own.stop();
        else own.callSoon(spin, name, own);
      };
      loop.callSoon(spin, 'loop', loop);
      other.callSoon(spin, 'other', other);
      await Promise.all([loop.runForever(), other.runForever()]);
      expect(counts.loop).to.be.above(1000);
      expect(counts.other).to.be.above(1000);
      other.close();
    });

    it('the timers of a loop are served while another loop is never idle', async () => {
      const other = new asyncio.BrowserEventLoop();
      let done = false;
      const spin = (): void => {
        if (done) other.stop();
        else other.callSoon(spin);
      };
      other.callSoon(spin);
      const spinning = other.runForever();
      await loop.runUntilComplete(
        (function* () {
          for (let index = 0; index < 5; index++) yield* asyncio.sleep(0.001);
        })(),
      );
      done = true;
      await spinning;
      other.close();
    });
  });

  describe('what it asks of the page', () => {
    let traffic: Traffic;
    beforeEach(() => {
      traffic = new Traffic().install();
    });
    afterEach(() => traffic.uninstall());

    it('nothing before the first run', () => {
      const fresh = new asyncio.BrowserEventLoop();
      fresh.callSoon(nothing);
      fresh.callLater(1, nothing);
      fresh.close();
      expect(traffic.channels).to.equal(0);
      expect(traffic.delays).to.deep.equal([]);
      expect(traffic.listeners).to.deep.equal([]);
    });

    it('nothing while it is idle', async () => {
      const run = loop.runForever();
      loop.createTask(
        (function* () {
          yield* loop.createFuture();
        })(),
      );
      await turns(10);
      const { messages, delays } = traffic;
      await turns(20);
      expect(traffic.messages).to.equal(messages);
      expect(traffic.delays).to.deep.equal(delays);
      expect(traffic.armed.size).to.equal(0);
      expect(traffic.outstanding).to.equal(0);
      loop.stop();
      await run;
    });

    it('one message at a time and one native timer, whatever goes on', async () => {
      const random = new Random();
      function* sleeper(): asyncio.Coroutine<void> {
        for (let index = 0; index < 10; index++) {
          yield* asyncio.sleep(random.pick([0, 0, 0.001, 0.002, 0.005]));
          if (random.below(4) === 0) yield* asyncio.fromPromise(Promise.resolve());
        }
      }
      await loop.runUntilComplete(
        asyncio.gather(Array.from({ length: 50 }, () => loop.createTask(sleeper()))),
      );
      for (let ms = 2; traffic.delays.length === 0; ms += 1)
        await loop.runUntilComplete(asyncio.sleep(ms / 1000));
      expect(traffic.mostOutstanding).to.equal(1);
      // One for the deadlines; and while it waits for a frame, which Firefox needs, one that ends that wait.
      const { frameWaits } = host.stats();
      expect(traffic.mostArmed).to.be.at.most(frameWaits > 0 ? 2 : 1);
      expect(traffic.messages).to.be.above(1);
    });

    it('one message and one timer also for wake-ups from outside', async () => {
      const run = loop.runForever();
      await turns();
      for (let index = 0; index < 20; index++) {
        loop.callSoon(nothing);
        loop.callLater(10 - index / 10, nothing);
        loop.callSoonThreadsafe(nothing);
        if (index % 5 === 0) await turns(2);
      }
      await turns();
      expect(traffic.mostOutstanding).to.equal(1);
      expect(traffic.mostArmed).to.equal(1);
      loop.stop();
      await run;
    });

    it('a timer made in a native timer of the page is armed in a message, where it is not clamped', async () => {
      const run = loop.runForever();
      await turns();
      setTimeout(() => loop.callLater(1000, nothing), 0);
      await turns();
      expect(traffic.armedInTimer).to.equal(0);
      expect(traffic.armed.size).to.equal(1);
      loop.stop();
      await run;
    });

    it('never arms its native timer inside a native timer, where it would be clamped', async () => {
      await loop.runUntilComplete(
        (function* () {
          // A sleep that is nearly over when its turn comes needs no timer: longer ones, until ten have needed one.
          for (let ms = 2; traffic.delays.length < 10; ms += 1) yield* asyncio.sleep(ms / 1000);
        })(),
      );
      expect(traffic.armedInTimer).to.equal(0);
    });

    const longDelays: Record<string, number> = {
      '2³¹ milliseconds': 2 ** 31 / 1000,
      '2³² milliseconds': 2 ** 32 / 1000,
      '30 days': 30 * 86_400,
      '10⁹ seconds': 1e9,
      '10³⁰⁰ seconds': 1e300,
    };
    for (const [name, delay] of Object.entries(longDelays)) {
      it(`waits for ${name} in parts that a native timer can hold`, async () => {
        const calls: string[] = [];
        loop.callLater(delay, () => calls.push('timer'));
        const run = loop.runForever();
        await turns();
        expect(traffic.delays).to.have.length(1);
        expect(traffic.delays[0]).to.equal(86_400_000);
        expect(calls).to.deep.equal([]);
        loop.stop();
        await run;
      });
    }

    it('arms nothing for an infinite delay', async () => {
      loop.callLater(Infinity, () => assert.fail('it fired'));
      loop.callAt(Infinity, () => assert.fail('it fired'));
      const sleeping = loop.createTask(asyncio.sleep(Infinity));
      const run = loop.runForever();
      await turns();
      expect(traffic.delays).to.deep.equal([]);
      expect(traffic.outstanding).to.equal(0);
      sleeping.cancel();
      loop.callSoon(() => loop.callSoon(() => loop.stop()));
      await run;
      expect(sleeping.cancelled()).to.equal(true);
    });

    it('leaves nothing behind when a run ends: no timer, no channel, no listener', async () => {
      for (let run = 0; run < 10; run++) {
        loop.callLater(1e6, nothing);
        await loop.runUntilComplete(asyncio.sleep(0.001));
      }
      expect(traffic.armed.size).to.equal(0);
      expect(traffic.channels).to.be.above(0);
      expect(traffic.closedPorts).to.be.at.least(traffic.channels);
      expect(traffic.listeners).to.deep.equal([]);
    });

    it('does not call back after a run was stopped, though messages and timers were on their way', async () => {
      loop.callLater(0.002, () => assert.fail('it fired'));
      loop.stop();
      await loop.runForever();
      loop.callSoon(() => assert.fail('it ran'));
      const reports: asyncio.ExceptionContext[] = [];
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      await turns(10);
      expect(reports).to.deep.equal([]);
      expect(traffic.outstanding).to.equal(0);
      expect(traffic.armed.size).to.equal(0);
    });
  });

  describe('a page that is left and comes back', () => {
    const leave = (): boolean => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    const comeBack = (): boolean => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    let traffic: Traffic;
    beforeEach(() => {
      traffic = new Traffic().install();
    });
    afterEach(() => traffic.uninstall());

    it('keeps no open channel and no timer meanwhile', async () => {
      loop.callLater(1000, nothing);
      const run = loop.runForever();
      await turns();
      expect(traffic.armed.size).to.equal(1);
      leave();
      expect(traffic.armed.size).to.equal(0);
      expect(traffic.closedPorts).to.be.at.least(traffic.channels);
      comeBack();
      await turns();
      expect(traffic.armed.size).to.equal(1);
      loop.stop();
      await run;
    });

    it('goes on where it was: callbacks, timers, and what was queued meanwhile', async () => {
      const calls: string[] = [];
      const run = loop.runForever();
      const note = (what: string): void => {
        calls.push(what);
        if (calls.length === 2) loop.stop();
      };
      await turns();
      loop.callLater(0.05, note, 'timer');
      await turns(2);
      leave();
      loop.callSoon(note, 'queued meanwhile');
      comeBack();
      await run;
      expect(calls).to.have.members(['queued meanwhile', 'timer']);
    });

    it('loses no callback whose message was on its way', async () => {
      const calls: string[] = [];
      let spins = 0;
      const spin = (): void => {
        spins += 1;
        if (spins < 20_000) loop.callSoon(spin);
        else {
          calls.push('end');
          loop.stop();
        }
      };
      loop.callSoon(spin);
      const run = loop.runForever();
      for (let round = 0; round < 5; round++) {
        await turns(1);
        leave();
        comeBack();
      }
      await run;
      expect(calls).to.deep.equal(['end']);
      expect(spins).to.equal(20_000);
    });

    it('a page that is shown for the first time disturbs nothing', async () => {
      const run = loop.runForever();
      await turns();
      const { messages } = traffic;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
      await turns();
      expect(traffic.messages).to.equal(messages);
      loop.stop();
      await run;
    });
  });

  describe('errors and options', () => {
    it('an error that nobody handles is shown as the page shows its errors', async () => {
      const { error: logError } = asyncio.logger;
      asyncio.logger.error = nothing;
      const failure = new Error('unhandled');
      try {
        loop.setExceptionHandler(null);
        const shown = await uncaughtDuring(async () => {
          loop.callSoon(() => {
            throw failure;
          });
          await loop.runUntilComplete(asyncio.sleep(0));
        });
        expect(shown).to.deep.equal([failure]);
      } finally {
        asyncio.logger.error = logError;
      }
    });

    it('an exit rejects the run and is not shown by the page', async () => {
      const exit = new asyncio.SystemExit(1);
      const shown = await uncaughtDuring(async () => {
        loop.callSoon(() => {
          throw exit;
        });
        const error = await loop.runForever().catch((thrown: unknown) => thrown);
        expect(error).to.equal(exit);
      });
      expect(shown).to.deep.equal([]);
    });

    it('the slice must be a positive number of milliseconds', () => {
      for (const sliceMs of [0, -1, Number.NaN]) {
        expect(() => new BrowserHost({ sliceMs })).to.throw(RangeError, 'sliceMs');
        expect(() => new asyncio.BrowserEventLoop({ sliceMs })).to.throw(RangeError, 'sliceMs');
      }
      expect(new asyncio.BrowserEventLoop({ sliceMs: 5 })).to.be.instanceOf(asyncio.BaseEventLoop);
    });

    it('a loop with a long slice still lets native reactions in', async () => {
      const patient = new asyncio.BrowserEventLoop({ sliceMs: 1000 });
      let reacted = false;
      const spin = (): void => {
        if (reacted) patient.stop();
        else patient.callSoon(spin);
      };
      patient.callSoon(() => void Promise.resolve().then(() => (reacted = true)));
      patient.callSoon(spin);
      await patient.runForever();
      expect(reacted).to.equal(true);
      patient.close();
    });
  });

  it('newEventLoop() gives a BrowserEventLoop', () => {
    const fresh = asyncio.newEventLoop();
    expect(fresh).to.be.instanceOf(asyncio.BrowserEventLoop);
    fresh.close();
  });
});
