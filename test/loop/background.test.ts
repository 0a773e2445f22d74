import * as asyncio from 'asyncio-web';
import { expect } from 'chai';

const NativeWorker = globalThis.Worker;

/** Counts workers, and lets a test break them. */
class WorkerSpy {
  made = 0;
  ended = 0;
  posted: unknown[] = [];
  readonly #make: (url: string | URL) => Worker;

  constructor(make: (url: string | URL) => Worker = (url) => new NativeWorker(url)) {
    this.#make = make;
  }

  install(): this {
    const spy = this;
    globalThis.Worker = function (url: string | URL) {
      const worker = spy.#make(url);
      spy.made += 1;
      const { terminate, postMessage } = worker;
      worker.terminate = () => {
        spy.ended += 1;
        terminate.call(worker);
      };
      worker.postMessage = (message: unknown) => {
        spy.posted.push(message);
        postMessage.call(worker, message);
      };
      return worker;
    } as unknown as typeof Worker;
    return this;
  }

  uninstall(): void {
    globalThis.Worker = NativeWorker;
  }
}

/** A promise and how to fulfil it. */
function fired(): { promise: Promise<void>; callback: () => void } {
  let callback = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    callback = resolve;
  });
  return { promise, callback };
}

describe('workerTimers()', () => {
  let spy: WorkerSpy;
  afterEach(() => spy.uninstall());

  it('a loop with them sleeps as long as it should', async () => {
    spy = new WorkerSpy().install();
    const loopFactory = (): asyncio.BrowserEventLoop =>
      new asyncio.BrowserEventLoop({ timers: asyncio.workerTimers() });
    const early = await asyncio.run(
      function* () {
        const loop = asyncio.getRunningLoop();
        let least = Infinity;
        for (const delay of [0.002, 0.01, 0.03]) {
          const due = loop.time() + delay;
          yield* asyncio.sleep(delay);
          least = Math.min(least, loop.time() - due);
        }
        // One that is over when its turn comes needs no timer.
        for (let delay = 0.06; spy.made === 0; delay *= 2) yield* asyncio.sleep(delay);
        return least;
      },
      { loopFactory },
    );
    // Early by the resolution of the clock at most, which is a millisecond and its jitter.
    expect(early).to.be.at.least(-0.0025);
    expect(spy.made).to.equal(1);
  });

  it('make no worker before a timer is needed, and end it with the run', async () => {
    spy = new WorkerSpy().install();
    const timers = asyncio.workerTimers();
    const loop = new asyncio.BrowserEventLoop({ timers });
    await loop.runUntilComplete(asyncio.sleep(0));
    expect([spy.made, spy.ended]).to.deep.equal([0, 0]);
    for (let run = 1; run <= 3; run += 1) {
      // A sleep that is over when its turn comes needs no timer: a longer one, until one has.
      for (let ms = 5; spy.made < run; ms += 5) {
        await loop.runUntilComplete(asyncio.sleep(ms / 1000));
        expect(spy.ended).to.equal(spy.made);
      }
      expect(spy.made).to.equal(run);
    }
    loop.close();
  });

  it('a page that is put away ends the worker, and one that comes back starts another', async () => {
    spy = new WorkerSpy().install();
    const loop = new asyncio.BrowserEventLoop({ timers: asyncio.workerTimers() });
    loop.callLater(1000, () => undefined);
    const run = loop.runForever();
    while (spy.made === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    expect([spy.made, spy.ended]).to.deep.equal([1, 1]);
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    while (spy.made === 1) await new Promise((resolve) => setTimeout(resolve, 0));
    loop.stop();
    await run;
    expect([spy.made, spy.ended]).to.deep.equal([2, 2]);
    loop.close();
  });

  it('call back once for what was armed last', async () => {
    spy = new WorkerSpy().install();
    const timers = asyncio.workerTimers();
    const calls: string[] = [];
    const last = fired();
    timers.arm(5, () => calls.push('first'));
    timers.arm(6, () => calls.push('second'));
    timers.arm(7, () => {
      calls.push('third');
      last.callback();
    });
    await last.promise;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(calls).to.deep.equal(['third']);
    timers.disarm();
  });

  it('a message of the timer before, which is on its way, does not call the new one', async () => {
    // A worker that is turned by hand.
    const worker = {
      onmessage: null as ((event: { data: unknown }) => void) | null,
      postMessage() {},
      terminate() {},
    };
    spy = new WorkerSpy(() => worker as unknown as Worker).install();
    const timers = asyncio.workerTimers();
    const calls: string[] = [];
    timers.arm(1, () => calls.push('first'));
    timers.arm(1000, () => calls.push('second'));
    const [[, first], [, second]] = spy.posted as [[number, number], [number, number]];
    worker.onmessage?.({ data: first });
    expect(calls).to.deep.equal([]);
    worker.onmessage?.({ data: second });
    worker.onmessage?.({ data: second });
    expect(calls).to.deep.equal(['second']);
    timers.disarm();
  });

  it('disarm() takes back what is armed, also before there is a worker', async () => {
    spy = new WorkerSpy().install();
    const timers = asyncio.workerTimers();
    timers.disarm();
    timers.arm(1, () => expect.fail('it fired'));
    timers.disarm();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([spy.made, spy.ended]).to.deep.equal([1, 1]);
  });

  it('where making a worker throws, the timers of the page serve, and it is not tried again', async () => {
    let tries = 0;
    spy = new WorkerSpy(() => {
      tries += 1;
      throw new DOMException('refused', 'SecurityError');
    }).install();
    const timers = asyncio.workerTimers();
    for (let run = 0; run < 3; run += 1) {
      const { promise, callback } = fired();
      timers.arm(5, callback);
      await promise;
      timers.disarm();
    }
    expect(tries).to.equal(1);
  });

  it('where a worker fails after the fact, what it was to do is done by the page, no earlier', async () => {
    // A script that is not there: the failure is told later, as that of a forbidden one.
    spy = new WorkerSpy(() => {
      const url = URL.createObjectURL(new Blob([], { type: 'text/javascript' }));
      URL.revokeObjectURL(url);
      return new NativeWorker(url);
    }).install();
    const timers = asyncio.workerTimers();
    const later = fired();
    const due = performance.now() + 100;
    timers.arm(100, later.callback);
    await later.promise;
    expect(performance.now()).to.be.at.least(due - 2);
    expect([spy.made, spy.ended]).to.deep.equal([1, 1]);
    const again = fired();
    timers.arm(1, again.callback);
    await again.promise;
    expect(spy.made).to.equal(1);
    timers.disarm();
  });
});

describe('webLock()', () => {
  let names = 0;
  /** A name of this document's own: other test pages share the locks of the origin. */
  const freshName = (): string => {
    names += 1;
    return `test ${performance.timeOrigin} ${names}`;
  };

  async function held(name: string): Promise<number> {
    const { held: locks } = await navigator.locks.query();
    return (locks ?? []).filter((lock) => lock.name === name).length;
  }

  /** Until the browser's lock manager, which is another process, has heard of it. */
  async function until(name: string, count: number): Promise<void> {
    while ((await held(name)) !== count) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  it('is held while the loop runs, and released when the run ends', async () => {
    const name = freshName();
    const loop = new asyncio.BrowserEventLoop({ keepAwake: asyncio.webLock(name) });
    expect(await held(name)).to.equal(0);
    for (let run = 0; run < 2; run += 1) {
      const future = loop.createFuture<void>();
      const running = loop.runUntilComplete(future);
      await until(name, 1);
      future.setResult();
      await running;
      await until(name, 0);
    }
    loop.close();
  });

  it('is released when the run fails', async () => {
    const name = freshName();
    const failed = asyncio
      .run(
        function* () {
          yield* asyncio.sleep(0);
          throw new Error('failed');
        },
        { loopFactory: () => new asyncio.BrowserEventLoop({ keepAwake: asyncio.webLock(name) }) },
      )
      .catch((error: Error) => error.message);
    expect(await failed).to.equal('failed');
    await until(name, 0);
  });

  it('is released when it was let go before it was granted', async () => {
    const name = freshName();
    let letGo = (): void => undefined;
    const granted = fired();
    void navigator.locks.request(name, () => {
      granted.callback();
      return new Promise<void>((resolve) => {
        letGo = resolve;
      });
    });
    await granted.promise;
    const lock = asyncio.webLock(name);
    lock.hold();
    lock.release();
    letGo();
    await until(name, 0);
    // Nothing of it comes later.
    await navigator.locks.request(name, () => undefined);
    expect(await held(name)).to.equal(0);
  });

  it('is shared: two loops hold it side by side', async () => {
    const name = freshName();
    const [first, second] = [asyncio.webLock(name), asyncio.webLock(name)];
    first.hold();
    second.hold();
    await until(name, 2);
    first.release();
    await until(name, 1);
    second.release();
    await until(name, 0);
  });

  it('one object may serve several loops: it is held until the last has ended', async () => {
    const name = freshName();
    const lock = asyncio.webLock(name);
    lock.hold();
    lock.hold();
    await until(name, 1);
    lock.release();
    await navigator.locks.request(`${name} else`, () => undefined);
    expect(await held(name)).to.equal(1);
    lock.release();
    await until(name, 0);
    lock.hold();
    await until(name, 1);
    lock.release();
    await until(name, 0);
  });

  it('does nothing where there are no Web Locks', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    try {
      const loopFactory = (): asyncio.BrowserEventLoop =>
        new asyncio.BrowserEventLoop({ keepAwake: asyncio.webLock(freshName()) });
      expect(await asyncio.run(() => asyncio.sleep(0, 'done'), { loopFactory })).to.equal('done');
    } finally {
      Reflect.deleteProperty(navigator, 'locks');
    }
  });

  it('does nothing where Web Locks are refused', async () => {
    const request = (): Promise<never> =>
      Promise.reject(new DOMException('a sandboxed frame', 'SecurityError'));
    Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true });
    try {
      const loopFactory = (): asyncio.BrowserEventLoop =>
        new asyncio.BrowserEventLoop({ keepAwake: asyncio.webLock() });
      expect(await asyncio.run(() => asyncio.sleep(0, 'done'), { loopFactory })).to.equal('done');
    } finally {
      Reflect.deleteProperty(navigator, 'locks');
    }
  });

  it('refuses a name that Web Locks would refuse', () => {
    expect(() => asyncio.webLock('-mine')).to.throw(RangeError, "name must not begin with '-', got '-mine'");
  });
});
