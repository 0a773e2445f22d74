// The frame gate and requestFrame() on frames, timers and visibility that the test turns by hand.

import { expect } from 'chai';
import { FrameGate, requestFrame } from '../../src/loop/frames.ts';

/** The page's frames, its timers and what is seen of it, without the page. */
class FakePage {
  timeMs = 1000;
  visibility: DocumentVisibilityState = 'visible';
  readonly frames = new Map<number, FrameRequestCallback>();
  readonly timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  /** How many frames were asked for. */
  requests = 0;
  #ids = 0;
  readonly #undo: (() => void)[] = [];

  install(): this {
    this.#replace(globalThis, 'requestAnimationFrame', (callback: FrameRequestCallback) => {
      this.requests += 1;
      this.frames.set(++this.#ids, callback);
      return this.#ids;
    });
    this.#replace(globalThis, 'cancelAnimationFrame', (id: number) => void this.frames.delete(id));
    this.#replace(globalThis, 'setTimeout', (callback: () => void, delayMs: number) => {
      this.timers.set(++this.#ids, { at: this.timeMs + delayMs, callback });
      return this.#ids;
    });
    this.#replace(globalThis, 'clearTimeout', (id: number) => void this.timers.delete(id));
    this.#replace(performance, 'now', () => this.timeMs);
    Object.defineProperty(document, 'visibilityState', { get: () => this.visibility, configurable: true });
    this.#undo.push(() => Reflect.deleteProperty(document, 'visibilityState'));
    return this;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  /** Shows a frame now. */
  frame(): void {
    const callbacks = [...this.frames.values()];
    this.frames.clear();
    for (const callback of callbacks) callback(this.timeMs);
  }

  /** Lets time pass, without a frame. */
  pass(ms: number): void {
    this.timeMs += ms;
    for (const [id, { at, callback }] of [...this.timers]) {
      if (at > this.timeMs || !this.timers.delete(id)) continue;
      callback();
    }
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

const PERIOD_MS = 1000 / 60;

describe('frames', () => {
  let page: FakePage;
  beforeEach(() => {
    page = new FakePage().install();
  });
  afterEach(() => page.uninstall());

  describe('FrameGate', () => {
    let opened: number;
    let gate: FrameGate;
    beforeEach(() => {
      opened = 0;
      gate = new FrameGate(() => {
        opened += 1;
      });
    });

    /** Slices of 2 ms, one after the other, until the gate closes; gives how long that took. */
    function sliceUntilClosed(mostMs = 1000): number {
      const start = page.timeMs;
      while (!gate.closes(page.timeMs) && page.timeMs - start < mostMs) page.pass(2);
      return page.timeMs - start;
    }

    it('asks for nothing before it is asked', () => {
      expect([page.requests, page.timers.size, gate.isClosed]).to.deep.equal([0, 0, false]);
    });

    it('asks for one frame at a time, and for no further one when it is asked no more', () => {
      for (let slice = 0; slice < 5; slice += 1) {
        gate.closes(page.timeMs);
        page.pass(2);
      }
      expect([page.requests, page.frames.size]).to.deep.equal([1, 1]);
      page.frame();
      expect([page.requests, page.frames.size, page.timers.size]).to.deep.equal([1, 0, 0]);
    });

    it('never closes while frames come by themselves', () => {
      for (let slice = 1; slice <= 1000; slice += 1) {
        expect(gate.closes(page.timeMs)).to.equal(false);
        page.pass(2);
        if (slice % 8 === 0) page.frame();
      }
      expect(opened).to.equal(0);
    });

    it('closes when no frame has come for a period and a quarter', () => {
      // The first look at or behind 20.8 ms, in steps of two.
      expect(sliceUntilClosed()).to.equal(22);
      expect([gate.isClosed, opened]).to.deep.equal([true, 0]);
    });

    it('a pause does not count: only what has passed since the frame was asked for', () => {
      gate.closes(page.timeMs);
      page.pass(16);
      page.frame();
      page.pass(10_000);
      expect(gate.closes(page.timeMs)).to.equal(false);
      expect(sliceUntilClosed()).to.equal(22);
    });

    it('is opened by the frame', () => {
      sliceUntilClosed();
      page.pass(4);
      page.frame(); // the first wait lasts for two, to measure
      page.pass(PERIOD_MS);
      page.frame();
      expect([gate.isClosed, opened, page.timers.size, page.frames.size]).to.deep.equal([false, 1, 0, 0]);
      sliceUntilClosed();
      page.frame();
      expect([gate.isClosed, opened]).to.deep.equal([false, 2]);
    });

    it('is opened after 25 ms without a frame', () => {
      sliceUntilClosed();
      page.pass(24);
      expect(opened).to.equal(0);
      page.pass(1);
      expect([gate.isClosed, opened, page.timers.size]).to.deep.equal([false, 1, 0]);
    });

    it('is opened when the page is hidden, once', () => {
      sliceUntilClosed();
      page.visibility = 'hidden';
      gate.release();
      gate.release();
      expect([gate.isClosed, opened, page.timers.size]).to.deep.equal([false, 1, 0]);
      page.pass(100);
      expect(opened).to.equal(1);
    });

    it('a page that shows no frames is slowed once, not again and again', () => {
      sliceUntilClosed();
      page.pass(25);
      expect(sliceUntilClosed(10_000)).to.equal(10_000);
      expect([opened, page.requests]).to.deep.equal([1, 1]);
    });

    it('closes again once frames are back', () => {
      sliceUntilClosed();
      page.pass(25);
      expect(sliceUntilClosed(100)).to.equal(100);
      page.frame();
      expect(sliceUntilClosed()).to.equal(22);
    });

    it('never closes in a hidden page, and asks it for no frame', () => {
      page.visibility = 'hidden';
      expect(sliceUntilClosed(1000)).to.equal(1000);
      expect(page.requests).to.equal(0);
    });

    it('never closes where there are no frames', () => {
      Object.defineProperty(globalThis, 'requestAnimationFrame', { value: undefined, configurable: true });
      expect(sliceUntilClosed(1000)).to.equal(1000);
    });

    it('stop() takes back the frame and the patience, and opens nothing', () => {
      sliceUntilClosed();
      gate.stop();
      expect([gate.isClosed, opened, page.frames.size, page.timers.size]).to.deep.equal([false, 0, 0, 0]);
      gate.stop();
      expect(sliceUntilClosed()).to.equal(22);
    });

    for (const [hertz, expected] of [
      [30, 1000 / 30],
      [60, 1000 / 60],
      [120, 1000 / 120],
      [1000, 4],
    ] as const) {
      it(`at ${hertz} frames a second takes ${expected.toFixed(1)} ms for the period`, () => {
        sliceUntilClosed();
        page.frame();
        page.pass(1000 / hertz);
        page.frame();
        expect(gate.periodMs).to.be.closeTo(expected, 1e-9);
        expect(gate.isClosed).to.equal(false);
      });
    }

    it('frames that are too rare to wait for leave the period as it is', () => {
      sliceUntilClosed();
      page.frame();
      page.pass(49);
      expect(gate.isClosed).to.equal(true);
      page.pass(1);
      page.frame();
      expect([gate.isClosed, opened, gate.periodMs]).to.deep.equal([false, 1, PERIOD_MS]);
    });

    it('its own waits do not make the period longer', () => {
      // Frames come at multiples of a period, and only while the gate is closed, as in Firefox.
      const nextFrame = (): void => {
        page.pass((Math.floor(page.timeMs / PERIOD_MS + 1e-6) + 1) * PERIOD_MS - page.timeMs);
        page.frame();
      };
      for (let wait = 0; wait < 500; wait += 1) {
        expect(sliceUntilClosed()).to.be.at.most(23);
        nextFrame();
        if (gate.isClosed) nextFrame();
        expect(gate.isClosed).to.equal(false);
      }
      expect(gate.periodMs).to.be.closeTo(PERIOD_MS, 1e-6);
    });

    it('bursts of work do not make the period shorter', () => {
      for (let burst = 0; burst < 200; burst += 1) {
        gate.closes(page.timeMs);
        page.pass(burst % 16);
        page.frame();
        page.pass(70);
      }
      expect(gate.periodMs).to.equal(PERIOD_MS);
    });

    it('measures at the first wait, and then at one of 32', () => {
      let doubled = 0;
      for (let wait = 0; wait < 64; wait += 1) {
        sliceUntilClosed();
        page.frame();
        if (!gate.isClosed) continue;
        doubled += 1;
        page.pass(PERIOD_MS);
        page.frame();
      }
      expect([opened, doubled]).to.deep.equal([64, 2]);
    });
  });

  describe('requestFrame()', () => {
    let times: number[];
    beforeEach(() => {
      times = [];
    });
    const note = (timeMs: number): void => void times.push(timeMs);

    it('gives the time of the frame, once, and leaves nothing armed', () => {
      requestFrame(note, 100);
      page.pass(7);
      page.frame();
      page.pass(1000);
      page.frame();
      expect(times).to.deep.equal([1007]);
      expect([page.frames.size, page.timers.size]).to.deep.equal([0, 0]);
    });

    it('gives the time of the end of patience where no frame comes', () => {
      requestFrame(note, 100);
      page.pass(99);
      expect(times).to.deep.equal([]);
      page.pass(1);
      page.frame();
      expect(times).to.deep.equal([1100]);
      expect([page.frames.size, page.timers.size]).to.deep.equal([0, 0]);
    });

    it('is settled at once when the page is hidden meanwhile, and only then', () => {
      requestFrame(note, 100);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(times).to.deep.equal([]);
      page.visibility = 'hidden';
      page.pass(3);
      document.dispatchEvent(new Event('visibilitychange'));
      document.dispatchEvent(new Event('visibilitychange'));
      expect(times).to.deep.equal([1003]);
      expect([page.frames.size, page.timers.size]).to.deep.equal([0, 0]);
    });

    it('can be taken back', () => {
      const cancel = requestFrame(note, 100);
      cancel();
      expect([page.frames.size, page.timers.size]).to.deep.equal([0, 0]);
      page.pass(1000);
      page.frame();
      expect(times).to.deep.equal([]);
    });

    it('waits for its patience where there are no frames', () => {
      Object.defineProperty(globalThis, 'requestAnimationFrame', { value: undefined, configurable: true });
      requestFrame(note, 40);
      page.pass(40);
      expect(times).to.deep.equal([1040]);
    });

    it('a patience without end is what a native timer can hold', () => {
      requestFrame(note, Infinity);
      expect([...page.timers.values()].map(({ at }) => at - page.timeMs)).to.deep.equal([2 ** 31 - 1]);
    });
  });
});
