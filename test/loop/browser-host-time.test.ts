// BrowserHost where messages, native timers and both clocks are turned by hand: slices, sleep, and what it counts.

import * as asyncio from 'asyncio-web';
import { BrowserHost } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { uncaughtDuring } from '../support/uncaught.ts';

const nothing = (): void => undefined;

/** The page's tasks and clocks. Microtasks are the real ones. There are no frames, so that nothing waits for them. */
class FakeTasks {
  /** performance.now() */
  nowMs = 5000;
  /** Date.now() less performance.now() */
  aheadMs = 1_700_000_000_000;
  readonly timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  readonly delays: number[] = [];
  channels = 0;
  closed = 0;
  messages: { readonly channel: object; readonly deliver: () => void }[] = [];
  #ids = 0;
  readonly #undo: (() => void)[] = [];

  install(): this {
    const tasks = this;
    class FakeChannel {
      readonly port1 = {
        onmessage: null as (() => void) | null,
        close: () => {
          tasks.closed += 1;
          tasks.messages = tasks.messages.filter(({ channel }) => channel !== this);
        },
      };
      readonly port2 = {
        postMessage: () => tasks.messages.push({ channel: this, deliver: () => this.port1.onmessage?.() }),
      };
      constructor() {
        tasks.channels += 1;
      }
    }
    this.#replace(globalThis, 'MessageChannel', FakeChannel);
    this.#replace(globalThis, 'requestAnimationFrame', undefined);
    this.#replace(globalThis, 'setTimeout', (callback: () => void, delayMs: number) => {
      this.delays.push(delayMs);
      this.timers.set(++this.#ids, { at: this.nowMs + delayMs, callback });
      return this.#ids;
    });
    this.#replace(globalThis, 'clearTimeout', (id: number) => void this.timers.delete(id));
    this.#replace(performance, 'now', () => this.nowMs);
    this.#replace(Date, 'now', () => Math.floor(this.nowMs + this.aheadMs));
    return this;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  /** Delivers the message that is on its way, `afterMs` later, and all that its microtasks do. */
  async deliver(afterMs = 0): Promise<void> {
    await this.#microtasks(); // those of the task before come first
    this.nowMs += afterMs;
    this.messages.shift()?.deliver();
    await this.#microtasks();
  }

  /** Lets the page go on, each thing at its time, until `run` has ended. */
  async follow(run: Promise<unknown>): Promise<void> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    run.then(end, end);
    await this.#microtasks();
    while (!isOver) {
      if (this.messages.length > 0) {
        await this.deliver();
      } else {
        const times = [...this.timers.values()].map(({ at }) => at);
        if (times.length === 0) throw new Error('nothing is armed, and the run is not over');
        await this.pass(Math.min(...times) - this.nowMs);
      }
    }
    await run;
  }

  async #microtasks(): Promise<void> {
    for (let turn = 0; turn < 500; turn += 1) await null;
  }

  /** Lets time pass; native timers fire. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const [id, { at, callback }] of [...this.timers]) {
      if (at <= this.nowMs && this.timers.delete(id)) callback();
    }
    await this.deliver();
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

describe('BrowserHost and time', () => {
  let tasks: FakeTasks;
  let host: BrowserHost;
  let resumed: number[];
  /** How often the pump was called, and what it was given. */
  let pumped: number[];

  beforeEach(() => {
    tasks = new FakeTasks().install();
    resumed = [];
    pumped = [];
  });
  afterEach(() => {
    host.stop();
    tasks.uninstall();
  });

  const make = (options: asyncio.BrowserHostOptions = {}): BrowserHost => {
    host = new BrowserHost({ onResume: (seconds) => void resumed.push(seconds), ...options });
    return host;
  };

  /** A pump that always has more to do; a callback of it takes a tenth of a millisecond. */
  const busy = (maxCallbacks: number): void => {
    pumped.push(maxCallbacks);
    tasks.nowMs += maxCallbacks / 10;
    host.wakeSoon();
  };

  /** Saturates the host; every message takes so long. */
  async function saturate(hopsMs: readonly number[]): Promise<void> {
    host.start(busy);
    host.wakeSoon();
    await tasks.deliver();
    for (const hopMs of hopsMs) await tasks.deliver(hopMs);
  }

  const hops = (ms: number): number[] => new Array<number>(8).fill(ms);

  describe('the slice', () => {
    it('is 2 ms, and the hop 0, until eight hops have been seen', async () => {
      make();
      await saturate(hops(0.4).slice(1));
      expect([host.stats().sliceMs, host.stats().hopMs]).to.deep.equal([2, 0]);
      await tasks.deliver(0.4);
      expect(host.stats().hopMs).to.be.closeTo(0.4, 1e-6);
      expect(host.stats().sliceMs).to.be.closeTo(8, 1e-6);
    });

    for (const [hopMs, sliceMs] of [
      [0, 2],
      [0.008, 2],
      [0.131, 2.62],
      [0.3, 6],
      [0.6, 12],
      [4, 12],
      [16, 12],
    ] as const) {
      it(`is ${sliceMs} ms where a message takes ${hopMs} ms`, async () => {
        make();
        await saturate(hops(hopMs));
        expect(host.stats().hopMs).to.be.closeTo(hopMs, 1e-6);
        expect(host.stats().sliceMs).to.be.closeTo(sliceMs, 1e-4);
      });
    }

    it('is not made longer by what else the page does between some of the hops', async () => {
      make();
      await saturate([0.01, 30, 9, 0.01, 50, 4, 0.01, 12]);
      expect(host.stats().sliceMs).to.equal(2);
    });

    it('is not made longer by a page that becomes busy later', async () => {
      make();
      await saturate([...hops(0.2), ...hops(3), ...hops(3)]);
      expect(host.stats().sliceMs).to.be.closeTo(4, 1e-4);
    });

    it('becomes shorter when a page has become quiet', async () => {
      make();
      await saturate([...hops(3), ...hops(0.2)]);
      expect(host.stats().sliceMs).to.be.closeTo(4, 1e-4);
    });

    it('is what was asked for, whatever messages take', async () => {
      make({ sliceMs: 5 });
      await saturate(hops(4));
      expect([host.stats().sliceMs, host.stats().hopMs]).to.deep.equal([5, 4]);
    });

    it('ends at the first look at the clock behind it', async () => {
      make({ sliceMs: 3 });
      await saturate(hops(0.01));
      const { longestSliceMs } = host.stats();
      // Callbacks of 0.1 ms: chunks of two or so, of which the last may begin just before the end.
      expect(longestSliceMs).to.be.within(3, 3.5);
    });

    it('ends after sixteen callbacks at most when quick ones turn slow, and then after each', async () => {
      const loop = new asyncio.BaseEventLoop(make());
      const perTick = new Map<number, number>();
      // Enough for the host to get used to quick callbacks.
      for (let index = 0; index < 5000; index++) loop.callSoon(nothing);
      for (let index = 0; index < 40; index++) {
        loop.callSoon(() => {
          tasks.nowMs += 10;
          const { ticks } = host.stats();
          perTick.set(ticks, (perTick.get(ticks) ?? 0) + 1);
        });
      }
      loop.callSoon(() => loop.stop());
      await tasks.follow(loop.runForever());
      loop.close();
      const [first, ...others] = [...perTick.values()];
      expect(first).to.be.within(1, 16);
      expect(others).to.deep.equal(new Array(40 - (first as number)).fill(1));
    });

    it('the time of a page that was put away is no hop', async () => {
      make();
      await saturate(hops(0.2).slice(1));
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
      tasks.nowMs += 60_000;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      await tasks.deliver();
      for (const hopMs of hops(0.2)) await tasks.deliver(hopMs);
      expect(host.stats().hopMs).to.be.closeTo(0.2, 1e-6);
    });
  });

  describe('wake-ups from idle', () => {
    /** Wakes the host again and again, each time when it has done what it can in a microtask. */
    const wakeInOneTask = async (times: number): Promise<void> => {
      for (let wake = 0; wake < times; wake += 1) {
        host.wakeSoon();
        await null;
        await null;
      }
    };

    it('begin in a microtask, also behind a deadline that was set in the same task', async () => {
      make().start(() => void pumped.push(tasks.messages.length));
      host.wakeAt(host.now() + 10);
      host.wakeSoon();
      await null;
      // The message is still on its way.
      expect(pumped).to.deep.equal([1]);
    });

    it('share a millisecond of one task, and then wait for the message', async () => {
      let runs = 0;
      make().start(() => {
        runs += 1;
        tasks.nowMs += 0.3;
      });
      await wakeInOneTask(10);
      expect([runs, tasks.messages.length]).to.deep.equal([4, 1]);
      await tasks.deliver();
      expect([runs, tasks.messages.length]).to.deep.equal([5, 0]);
    });

    it('cost no message within a millisecond of the last one', async () => {
      make().start(() => void pumped.push(tasks.messages.length));
      host.wakeSoon();
      await tasks.deliver();
      for (let wake = 0; wake < 9; wake += 1) {
        tasks.nowMs += 0.1;
        host.wakeSoon();
        await null;
      }
      tasks.nowMs += 0.1;
      host.wakeSoon();
      await null;
      expect(pumped).to.deep.equal([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    });

    it('of one task share two milliseconds if it comes right behind a message', async () => {
      let runs = 0;
      make().start(() => {
        runs += 1;
        tasks.nowMs += 0.3;
      });
      host.wakeSoon();
      await tasks.deliver();
      runs = 0;
      await wakeInOneTask(20);
      expect([runs, tasks.messages.length]).to.deep.equal([8, 1]);
      await tasks.deliver();
      expect([runs, tasks.messages.length]).to.deep.equal([9, 0]);
    });

    it('ask for no message for a deadline that the armed timer comes before', async () => {
      make().start(() => host.wakeAt(tasks.nowMs / 1000 + 0.1));
      host.wakeSoon();
      await tasks.deliver();
      for (let wake = 0; wake < 9; wake += 1) {
        tasks.nowMs += 0.1;
        host.wakeSoon();
        await null;
      }
      expect([tasks.messages.length, tasks.delays]).to.deep.equal([0, [100]]);
    });

    describe('of an event', () => {
      const wake = (): void => host.wakeSoon();

      it('begin when its listener has returned, and before anything else', async () => {
        const calls: string[] = [];
        make().start(() => void calls.push('pump'));
        queueMicrotask(() => calls.push('microtask'));
        host.event((data) => {
          wake();
          wake();
          calls.push(data);
        }, 'event');
        calls.push('behind it');
        await null;
        await null;
        expect(calls).to.deep.equal(['event', 'pump', 'behind it', 'microtask']);
      });

      it('and go on in microtasks', async () => {
        let runs = 0;
        make().start(() => {
          runs += 1;
          if (runs < 3) wake();
        });
        host.event(wake, null);
        const atOnce = runs;
        for (let turn = 0; turn < 10; turn += 1) await null;
        expect([atOnce, runs]).to.deep.equal([1, 3]);
      });

      it('are none if it makes nothing ready', () => {
        make().start(() => void pumped.push(0));
        host.event(nothing, null);
        expect([pumped, tasks.messages.length]).to.deep.equal([[], 0]);
      });

      it('of which the listener throws are not lost', () => {
        make().start(() => void pumped.push(0));
        const fail = (): never => {
          wake();
          throw new Error('of the listener');
        };
        expect(() => host.event(fail, null)).to.throw('of the listener');
        expect(pumped).to.deep.equal([0]);
      });

      it('have a chunk each, since each event is a task of the page', () => {
        make().start(() => {
          pumped.push(0);
          tasks.nowMs += 0.3;
        });
        for (let count = 0; count < 10; count += 1) host.event(wake, null);
        expect([pumped.length, tasks.messages.length]).to.deep.equal([10, 0]);
      });

      it('that need more than a chunk share a millisecond with the others, and then wait for the message', async () => {
        make().start(() => {
          pumped.push(0);
          tasks.nowMs += 0.3;
          wake(); // there is always more
        });
        host.event(wake, null);
        for (let turn = 0; turn < 10; turn += 1) await null;
        expect([pumped.length, tasks.messages.length]).to.deep.equal([5, 1]);
        host.event(wake, null);
        expect(pumped.length).to.equal(5);
      });

      it('wait for the microtask if one is to come', async () => {
        make().start(() => void pumped.push(0));
        wake();
        host.event(wake, null);
        expect(pumped).to.deep.equal([]);
        await null;
        expect(pumped).to.deep.equal([0]);
      });

      it('never call the pump inside a call of it', async () => {
        let depth = 0;
        make().start(() => {
          depth += 1;
          pumped.push(depth);
          // As a dialog does in which events are told.
          if (pumped.length < 3) host.event(wake, null);
          depth -= 1;
        });
        host.event(() => host.event(wake, null), null);
        await tasks.deliver();
        expect(pumped).to.deep.equal([1, 1, 1]);
      });

      it('after the end are none', () => {
        make().start(() => void pumped.push(0));
        host.stop();
        host.event(wake, null);
        host.event(() => {
          host.start(() => void pumped.push(1));
          wake();
          host.stop();
        }, null);
        expect(pumped).to.deep.equal([]);
      });
    });

    it('ask for one message, however many there are', async () => {
      make().start(nothing);
      for (let wake = 0; wake < 10; wake += 1) {
        host.wakeSoon();
        host.wakeAt(host.now() + 1);
      }
      await null;
      expect([tasks.messages.length, tasks.channels]).to.deep.equal([1, 1]);
    });
  });

  describe('the native timer', () => {
    it('is armed in a message, rounded up, and posts a message when it fires', async () => {
      make().start(() => void pumped.push(tasks.nowMs));
      host.wakeAt(host.now() + 0.0104);
      expect(tasks.delays).to.deep.equal([]);
      await tasks.deliver();
      expect(tasks.delays).to.deep.equal([11]);
      await tasks.pass(11);
      expect(pumped).to.deep.equal([5011]);
    });

    it('is not armed for less than a millisecond, which messages wait for', async () => {
      make().start(() => void pumped.push(tasks.nowMs));
      host.wakeAt(host.now() + 0.00075);
      for (let message = 0; message < 3; message += 1) {
        await tasks.deliver(0.25);
        expect([tasks.delays.length, tasks.messages.length]).to.deep.equal([0, message < 2 ? 1 : 0]);
      }
      expect(pumped).to.deep.equal([5000.75]);
    });

    it('is armed again when it came too early', async () => {
      make().start(() => void pumped.push(tasks.nowMs));
      host.wakeAt(host.now() + 0.1);
      await tasks.deliver();
      const [early] = [...tasks.timers.values()];
      tasks.timers.clear();
      tasks.nowMs += 50;
      early?.callback();
      await tasks.deliver();
      expect(pumped).to.deep.equal([]);
      expect(tasks.delays).to.deep.equal([100, 50]);
      await tasks.pass(50);
      expect(pumped).to.deep.equal([5100]);
    });

    it('is left alone when the deadline moves further away, and replaced when it comes nearer', async () => {
      make().start(nothing);
      for (const delay of [0.1, 0.2, 0.05]) {
        host.wakeAt(host.now() + delay);
        await tasks.deliver();
      }
      expect(tasks.delays).to.deep.equal([100, 50]);
      expect(tasks.timers.size).to.equal(1);
    });
  });

  describe('a loop asks', () => {
    /** Runs a coroutine; gives the delays of the native timers and the number of messages it took. */
    async function count(main: () => asyncio.Coroutine<void>): Promise<[delays: number[], messages: number]> {
      const loop = new asyncio.BaseEventLoop(make());
      await tasks.follow(loop.runUntilComplete(main()));
      loop.close();
      return [tasks.delays, host.stats().ticks];
    }

    it('for one native timer and one message for each wait', async () => {
      const [delays, messages] = await count(function* () {
        for (let index = 0; index < 20; index++) yield* asyncio.sleep(0.0025);
      });
      expect(delays).to.deep.equal(new Array(20).fill(3));
      // The first came behind the wake-up from idle.
      expect(messages).to.equal(21);
    });

    it('for no native timer for what is due', async () => {
      const [delays] = await count(function* () {
        const loop = asyncio.getRunningLoop();
        for (let index = 0; index < 20; index++) {
          loop.callLater(0, nothing);
          loop.callLater(-1, nothing);
          loop.callAt(0, nothing);
          yield* asyncio.sleep(0);
        }
      });
      expect(delays).to.deep.equal([]);
    });
  });

  describe('a machine that sleeps', () => {
    /** The wall clock goes on, the page's stands still. */
    async function sleepMachine(ms: number): Promise<void> {
      tasks.aheadMs += ms;
      tasks.nowMs += 2; // later than a millisecond after a message, when a wake-up posts the next
      host.wakeSoon();
      await tasks.deliver();
    }

    it('is noticed at the next message, and told once with the seconds that were lost', async () => {
      make().start(nothing);
      await sleepMachine(60_000);
      expect(resumed).to.deep.equal([60]);
      await sleepMachine(0);
      expect(resumed).to.deep.equal([60]);
    });

    it('is told again when it sleeps again', async () => {
      make().start(nothing);
      await sleepMachine(60_000);
      await sleepMachine(2000);
      expect(resumed).to.deep.equal([60, 2]);
    });

    it('is not what a clock does that is put right by less than a second, or that goes back', async () => {
      make({ clock: 'boottime' }).start(nothing);
      const before = host.now();
      await sleepMachine(900);
      await sleepMachine(-3_600_000);
      await sleepMachine(900);
      expect(resumed).to.deep.equal([]);
      expect(host.now()).to.be.closeTo(before + 0.006, 1e-9);
    });

    it('is not what happened between two runs', async () => {
      make().start(nothing);
      host.stop();
      tasks.aheadMs += 60_000;
      host.start(nothing);
      await sleepMachine(0);
      expect(resumed).to.deep.equal([]);
    });

    it('does not count for the monotonic clock: a deadline is as far away as before', async () => {
      make().start(() => void pumped.push(host.now()));
      host.wakeAt(host.now() + 100);
      await tasks.deliver();
      tasks.aheadMs += 60_000;
      dispatchEvent(new Event('focus'));
      await tasks.pass(99_999);
      expect(pumped).to.deep.equal([]);
      await tasks.pass(1);
      expect(pumped).to.deep.equal([105]);
    });

    it("counts for the 'boottime' clock: what fell due meanwhile is due at the wake-up", async () => {
      make({ clock: 'boottime' }).start(() => {
        pumped.push(host.now());
        if (host.now() < 105) host.wakeAt(105);
      });
      host.wakeAt(105);
      await tasks.deliver();
      tasks.aheadMs += 60_000;
      await tasks.pass(40_000);
      // The page's timer has 60 s to go; the message of any wake-up sees that the time has come.
      host.wakeSoon();
      await tasks.deliver();
      expect(pumped).to.deep.equal([45, 105]);
    });

    it('the clock never goes back', async () => {
      make({ clock: 'boottime' }).start(nothing);
      let last = host.now();
      for (const ms of [5000, -5000, 2000, -60_000, 60_000]) {
        await sleepMachine(ms);
        expect(host.now()).to.be.at.least(last);
        last = host.now();
      }
    });
  });

  describe('a page that comes back', () => {
    const fire = (target: EventTarget, type: string): boolean =>
      target.dispatchEvent(
        type.startsWith('page') ? new PageTransitionEvent(type, { persisted: true }) : new Event(type),
      );
    const orders: Record<string, readonly [readonly string[], readonly string[]]> = {
      'Chromium, from the back/forward cache': [
        ['pagehide', 'visibilitychange', 'freeze'],
        ['resume', 'visibilitychange', 'pageshow'],
      ],
      'Chromium, frozen in the background': [
        ['visibilitychange', 'freeze'],
        ['resume', 'visibilitychange'],
      ],
      'Firefox and WebKit': [
        ['pagehide', 'visibilitychange'],
        ['visibilitychange', 'pageshow'],
      ],
    };
    const all = (types: readonly string[]): void => {
      // It is hidden between leaving and coming back.
      const isBack = types.includes('resume') || types.includes('pageshow');
      for (const type of types) {
        if (type === 'visibilitychange') {
          if (isBack) Reflect.deleteProperty(document, 'visibilityState');
          else Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        }
        fire(type.startsWith('page') ? window : document, type);
      }
    };
    afterEach(() => void Reflect.deleteProperty(document, 'visibilityState'));

    for (const [name, [away, back]] of Object.entries(orders)) {
      it(`is told once, with the seconds that it was away: ${name}`, () => {
        make().start(nothing);
        all(away);
        tasks.nowMs += 30_000;
        all(back);
        expect(resumed).to.deep.equal([30]);
        tasks.nowMs += 1000;
        all(away);
        tasks.nowMs += 500;
        all(back);
        expect(resumed).to.deep.equal([30, 0.5]);
      });

      it(`has its timer re-based: ${name}`, async () => {
        make().start(() => void pumped.push(tasks.nowMs));
        host.wakeAt(host.now() + 100);
        await tasks.deliver();
        all(away);
        expect(tasks.timers.size).to.equal(0);
        expect(tasks.closed).to.equal(tasks.channels);
        tasks.messages = [];
        tasks.nowMs += 30_000;
        all(back);
        await tasks.deliver();
        expect(tasks.delays).to.deep.equal([100_000, 70_000]);
        expect(tasks.timers.size).to.equal(1);
        expect(pumped).to.deep.equal([]);
      });
    }

    it('what was asked for while it was away is not lost, even if its message was', async () => {
      make().start(() => void pumped.push(tasks.nowMs));
      fire(window, 'pagehide');
      host.wakeAt(host.now() + 1);
      tasks.messages = [];
      tasks.nowMs += 30_000;
      fire(window, 'pageshow');
      await tasks.deliver();
      expect(pumped).to.deep.equal([35_000]);
    });

    it('and whose machine slept meanwhile is told the sum, once', async () => {
      make().start(nothing);
      fire(window, 'pagehide');
      tasks.nowMs += 30_000;
      tasks.aheadMs += 3_600_000;
      fire(window, 'pageshow');
      await tasks.deliver();
      expect(resumed).to.deep.equal([3630]);
    });

    it('is told nothing after the run has ended', () => {
      make().start(nothing);
      fire(window, 'pagehide');
      host.stop();
      fire(window, 'pageshow');
      expect(resumed).to.deep.equal([]);
    });

    it('an onResume that throws is shown as the page shows its errors, and disturbs nothing', async () => {
      const failure = new Error('from onResume');
      make({
        onResume: () => {
          throw failure;
        },
      }).start(() => void pumped.push(tasks.nowMs));
      fire(window, 'pagehide');
      host.wakeSoon();
      tasks.messages = [];
      const { uninstall } = tasks;
      const shown = await uncaughtDuring(async () => {
        fire(window, 'pageshow');
        await tasks.deliver();
        uninstall.call(tasks); // the helper waits by real timers
      });
      expect(shown).to.deep.equal([failure]);
      expect(pumped.length).to.be.above(0);
    });
  });

  describe('stats()', () => {
    it('counts from nothing', () => {
      expect(make().stats()).to.deep.equal({
        ticks: 0,
        microtasks: 0,
        chunks: 0,
        fullSlices: 0,
        frameWaits: 0,
        timersArmed: 0,
        timersFired: 0,
        longestSliceMs: 0,
        sliceMs: 2,
        hopMs: 0,
        framePeriodMs: 1000 / 60,
      });
    });

    it('counts what happened: one wake-up from idle', async () => {
      make().start(() => void pumped.push(1));
      host.wakeSoon();
      await tasks.deliver();
      const { ticks, microtasks, chunks, fullSlices } = host.stats();
      expect({ ticks, microtasks, chunks, fullSlices }).to.deep.equal({
        ticks: 1,
        microtasks: 1,
        chunks: 1,
        fullSlices: 0,
      });
    });

    it('counts what happened: full slices', async () => {
      make({ sliceMs: 5 });
      await saturate(hops(0.1));
      const { ticks, chunks, microtasks, fullSlices } = host.stats();
      // Those of the messages, and that of the wake-up before the first.
      expect({ ticks, fullSlices }).to.deep.equal({ ticks: 9, fullSlices: 10 });
      // A message begins with a chunk of its own; all others, also the first of all, begin in a microtask.
      expect(chunks).to.equal(microtasks + ticks);
      expect(pumped.length).to.be.at.least(chunks);
    });

    it('counts timers', async () => {
      make().start(nothing);
      for (let timer = 0; timer < 3; timer += 1) {
        host.wakeAt(host.now() + 0.01);
        await tasks.deliver();
        await tasks.pass(10);
      }
      host.wakeAt(host.now() + 10);
      await tasks.deliver();
      const { timersArmed, timersFired } = host.stats();
      expect({ timersArmed, timersFired }).to.deep.equal({ timersArmed: 4, timersFired: 3 });
    });

    it('a wake-up that ends before its microtask comes is no chunk', async () => {
      make().start(() => void pumped.push(1));
      host.wakeSoon();
      host.stop();
      await tasks.deliver();
      const { ticks, microtasks, chunks } = host.stats();
      expect({ ticks, microtasks, chunks, pumped }).to.deep.equal({
        ticks: 0,
        microtasks: 0,
        chunks: 0,
        pumped: [],
      });
    });

    it('goes on counting in the next run', async () => {
      make();
      for (let run = 1; run <= 3; run += 1) {
        host.start(nothing);
        host.wakeSoon();
        await tasks.deliver();
        host.stop();
        tasks.messages = [];
        tasks.nowMs += 2;
        expect(host.stats().ticks).to.equal(run);
      }
    });
  });
});
