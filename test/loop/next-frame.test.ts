import * as asyncio from 'asyncio-web';
import { NativeHost } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';

/** Counts the frames that are asked for and taken back. */
class FrameSpy {
  requested = 0;
  cancelled = 0;
  readonly #request = globalThis.requestAnimationFrame;
  readonly #cancel = globalThis.cancelAnimationFrame;

  install(): this {
    globalThis.requestAnimationFrame = (callback) => {
      this.requested += 1;
      return this.#request.call(globalThis, callback);
    };
    globalThis.cancelAnimationFrame = (id) => {
      this.cancelled += 1;
      this.#cancel.call(globalThis, id);
    };
    return this;
  }

  uninstall(): void {
    globalThis.requestAnimationFrame = this.#request;
    globalThis.cancelAnimationFrame = this.#cancel;
  }
}

/** Asks for no frames of its own, as a BrowserHost does while it is busy, which a busy machine decides. */
class MessageHost extends NativeHost {
  #channel: MessageChannel | null = null;

  protected override request(): void {
    this.#channel = new MessageChannel();
    this.#channel.port1.onmessage = () => {
      this.withdraw();
      this.work(8);
    };
    this.#channel.port2.postMessage(null);
  }

  protected override withdraw(): void {
    this.#channel?.port1.close();
    this.#channel = null;
  }
}

/** A page that shows no frames, as a hidden one. */
async function withoutFrames(body: () => Promise<void>): Promise<void> {
  const { requestAnimationFrame } = globalThis;
  globalThis.requestAnimationFrame = () => 1;
  try {
    await body();
  } finally {
    globalThis.requestAnimationFrame = requestAnimationFrame;
  }
}

describe('nextFrame()', () => {
  describe('in a page', () => {
    it('gives the times of frames, in seconds on the clock of the page, each later than the one before', async () => {
      const times = await asyncio.run(function* () {
        const seen: number[] = [];
        for (let frame = 0; frame < 5; frame += 1) seen.push(yield* asyncio.nextFrame({ timeout: 20 }));
        return seen;
      });
      expect(times).to.have.length(5);
      expect(times).to.deep.equal([...new Set(times)].sort((a, b) => a - b));
      // A frame's time may lie before its callback, never far behind it.
      expect(times.at(-1)).to.be.at.most(performance.now() / 1000 + 1);
    });

    it('gives all who wait the same frame, and they go on in the order in which they came', async () => {
      const order: string[] = [];
      const times = await asyncio.run(function* () {
        function* waiter(name: string): asyncio.Coroutine<number> {
          const time = yield* asyncio.nextFrame({ timeout: 20 });
          order.push(name);
          return time;
        }
        return yield* asyncio.gather(waiter('a'), waiter('b'), waiter('c'));
      });
      expect(order).to.deep.equal(['a', 'b', 'c']);
      expect(new Set(times).size).to.equal(1);
    });

    it('what follows runs before the frame is painted: in a microtask of its callback', async () => {
      const calls: string[] = [];
      await asyncio.run(function* () {
        yield* asyncio.sleep(0.01); // the wake-up is one from idle
        const frame = asyncio.createTask(
          (function* () {
            yield* asyncio.nextFrame({ timeout: 20 });
            calls.push('coroutine');
          })(),
        );
        yield* asyncio.sleep(0);
        // Frame callbacks of one frame run one after the other, each with its microtasks.
        const later = asyncio.fromPromise(
          new Promise<void>((resolve) => {
            requestAnimationFrame(() => {
              calls.push('the next frame callback');
              resolve();
            });
          }),
        );
        yield* frame;
        yield* later;
      });
      expect(calls).to.deep.equal(['coroutine', 'the next frame callback']);
    });

    const loopFactory = (): asyncio.BaseEventLoop => new asyncio.BaseEventLoop(new MessageHost());

    it('asks for one frame for each wait, and for none before or after', async () => {
      const spy = new FrameSpy();
      try {
        const requested = await asyncio.run(
          function* () {
            spy.install();
            yield* asyncio.nextFrame({ timeout: 20 });
            yield* asyncio.nextFrame({ timeout: 20 });
            yield* asyncio.sleep(0.001);
            return spy.requested;
          },
          { loopFactory },
        );
        expect(requested).to.equal(2);
      } finally {
        spy.uninstall();
      }
    });

    it('a cancelled wait takes its frame back and throws the cancellation', async () => {
      const spy = new FrameSpy();
      try {
        const seen = await asyncio.run(
          function* () {
            spy.install();
            const task = asyncio.createTask(asyncio.nextFrame({ timeout: 20 }));
            yield* asyncio.sleep(0);
            task.cancel();
            yield* asyncio.wait([task]);
            return [task.cancelled(), spy.requested, spy.cancelled];
          },
          { loopFactory },
        );
        expect(seen).to.deep.equal([true, 1, 1]);
      } finally {
        spy.uninstall();
      }
    });

    it('goes on after its timeout where no frame comes', async () => {
      await withoutFrames(async () => {
        const [started, time] = await asyncio.run(function* () {
          const before = performance.now() / 1000;
          return [before, yield* asyncio.nextFrame({ timeout: 0.03 })];
        });
        expect(time).to.be.at.least((started as number) + 0.028);
      });
    });

    it('goes on without frames by itself', async () => {
      await withoutFrames(async () => {
        expect(await asyncio.run(() => asyncio.nextFrame())).to.be.a('number');
      });
    });

    it('with a timeout of Infinity it waits for the frame, however long it takes', async () => {
      await withoutFrames(async () => {
        const outcome = await asyncio.run(function* () {
          try {
            return yield* asyncio.waitFor(asyncio.nextFrame({ timeout: Infinity }), 0.2);
          } catch (error) {
            if (error instanceof asyncio.TimeoutError) return 'still waiting';
            throw error;
          }
        });
        expect(outcome).to.equal('still waiting');
      });
    });

    it('an iframe that is not displayed is not held', async () => {
      const iframe = document.createElement('iframe');
      iframe.style.display = 'none';
      document.body.append(iframe);
      const { requestAnimationFrame, cancelAnimationFrame } = globalThis;
      // Its own frames, which some engines never show.
      const inner = iframe.contentWindow as Window;
      globalThis.requestAnimationFrame = (callback) => inner.requestAnimationFrame(callback);
      globalThis.cancelAnimationFrame = (id) => inner.cancelAnimationFrame(id);
      try {
        expect(await asyncio.run(() => asyncio.nextFrame())).to.be.a('number');
      } finally {
        Object.assign(globalThis, { requestAnimationFrame, cancelAnimationFrame });
        iframe.remove();
      }
    });
  });

  describe('on a SimLoop', () => {
    const simulate = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
      asyncio.run(main, { loopFactory: () => new SimLoop() });

    it('there are sixty frames in a second of virtual time', async () => {
      const frames = await simulate(function* () {
        let count = 0;
        while ((yield* asyncio.nextFrame()) < 1 - 1e-4) count += 1;
        return count + 1;
      });
      expect(frames).to.equal(60);
    });

    it('frames come at their places, whenever one is asked for', async () => {
      const times = await simulate(function* () {
        const seen: number[] = [];
        for (const delay of [0, 0.001, 0.02, 1, 0.1]) {
          yield* asyncio.sleep(delay);
          seen.push(yield* asyncio.nextFrame());
        }
        return seen;
      });
      for (const time of times) expect(time * 60).to.be.closeTo(Math.round(time * 60), 1e-6);
      expect(times.map((time) => Math.round(time * 60))).to.deep.equal([1, 2, 4, 65, 72]);
    });

    it('the time it gives is the time of the loop', async () => {
      const [time, now] = await simulate(function* () {
        const frame = yield* asyncio.nextFrame();
        return [frame, asyncio.getRunningLoop().time()];
      });
      expect(now).to.be.closeTo(time as number, 1e-6);
    });

    it('asks the page for no frame and no timer', async () => {
      const spy = new FrameSpy().install();
      try {
        await simulate(function* () {
          for (let frame = 0; frame < 100; frame += 1) yield* asyncio.nextFrame();
        });
      } finally {
        spy.uninstall();
      }
      expect(spy.requested).to.equal(0);
    });

    it('a cancelled wait holds nobody: the clock does not go on to its frame', async () => {
      const loop = new SimLoop();
      const main = function* (): asyncio.Coroutine<boolean> {
        const task = asyncio.createTask(asyncio.nextFrame());
        yield* asyncio.sleep(0);
        task.cancel();
        yield* asyncio.wait([task]);
        return task.cancelled();
      };
      expect(await loop.runUntilComplete(main())).to.equal(true);
      expect(loop.time()).to.equal(0);
      loop.close();
    });
  });

  describe('misuse', () => {
    for (const timeout of [-1, Number.NaN, -Infinity]) {
      it(`a timeout of ${timeout} is refused`, async () => {
        const error = await asyncio
          .run(() => asyncio.nextFrame({ timeout }))
          .catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(RangeError);
        expect(String(error)).to.contain(`timeout must be 0 or more, got ${timeout}`);
      });
    }

    it('outside a running loop it is refused', () => {
      expect(() => asyncio.nextFrame().next()).to.throw(asyncio.RuntimeError, 'no running event loop');
    });
  });
});
