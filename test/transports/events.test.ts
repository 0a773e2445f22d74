import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { simulate } from '../support/loops.ts';
import { passes, raised, rejection } from '../support/outcomes.ts';

/** A target that counts its listeners. */
class CountingTarget extends EventTarget {
  listeners = 0;
  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }
  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }
  fire(detail: unknown = null, type = 'tick'): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const detailOf = (event: Event): unknown => (event as CustomEvent).detail;

describe('waitEvent()', () => {
  it('gives the next event, and removes its listener', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const task = asyncio.createTask(asyncio.waitEvent(target, 'tick'));
      yield* asyncio.sleep(1);
      expect(target.listeners).to.equal(1);
      target.fire('first');
      target.fire('second');
      expect(detailOf(yield* task)).to.equal('first');
      expect(target.listeners).to.equal(0);
    }));

  it('does not see an event from before its first step', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const wait = asyncio.waitEvent(target, 'tick');
      target.fire('early');
      asyncio.getRunningLoop().callSoon(() => target.fire('late'));
      expect(detailOf(yield* wait)).to.equal('late');
    }));

  it('waits for the event that the predicate chooses, which may prevent the default', () =>
    simulate(function* () {
      const button = document.createElement('button');
      const loop = asyncio.getRunningLoop();
      const seen: boolean[] = [];
      const click = (shiftKey: boolean) => (): void => {
        seen.push(button.dispatchEvent(new MouseEvent('click', { shiftKey, cancelable: true })));
      };
      loop.callLater(1, click(false));
      loop.callLater(2, click(true));
      const event = yield* asyncio.waitEvent(button, 'click', {
        predicate: (found) => {
          if (found.shiftKey) found.preventDefault();
          return found.shiftKey;
        },
      });
      expect(event.shiftKey).to.equal(true);
      expect(loop.time()).to.equal(2);
      expect(seen).to.deep.equal([true, false]);
    }));

  it('throws what the predicate throws', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const error = new Error('no opinion');
      asyncio.getRunningLoop().callLater(1, () => target.fire());
      const predicate = (): never => {
        throw error;
      };
      expect(yield* raised(asyncio.waitEvent(target, 'tick', { predicate }))).to.equal(error);
      expect(target.listeners).to.equal(0);
    }));

  it('removes its listener when it is cancelled', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const task = asyncio.createTask(asyncio.waitEvent(target, 'tick'));
      yield* passes(1);
      expect(target.listeners).to.equal(1);
      task.cancel();
      expect(asyncio.isCancelled(yield* raised(task))).to.equal(true);
      expect(target.listeners).to.equal(0);
    }));

  it('ends with the reason of its signal, also if that is aborted already', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('enough');
      asyncio.getRunningLoop().callLater(1, () => controller.abort(reason));
      expect(yield* raised(asyncio.waitEvent(target, 'tick', { signal }))).to.equal(reason);
      expect(yield* raised(asyncio.waitEvent(target, 'tick', { signal }))).to.equal(reason);
      expect(target.listeners).to.equal(0);
    }));

  it('leaves no listener on its signal', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const signal = new CountingTarget();
      asyncio.getRunningLoop().callLater(1, () => target.fire());
      const fake = Object.assign(signal, { aborted: false, throwIfAborted() {} });
      yield* asyncio.waitEvent(target, 'tick', { signal: fake as unknown as AbortSignal });
      expect(signal.listeners).to.equal(0);
    }));

  it('refuses what is no EventTarget', () =>
    simulate(function* () {
      const error = yield* raised(asyncio.waitEvent({} as EventTarget, 'tick'));
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.match(/^an EventTarget is required/);
    }));

  it('sees events of the page in real time', () =>
    asyncio.run(function* () {
      const image = new Image();
      const loaded = asyncio.createTask(asyncio.waitEvent(image, 'load'));
      yield* passes(1);
      image.src = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"></svg>';
      expect((yield* loaded).target).to.equal(image);
    }));
});

describe('events()', () => {
  /** What an iteration gives until it has seen `count` events. */
  function* take(source: asyncio.EventStream<Event>, count: number): asyncio.Coroutine<unknown[]> {
    const seen: unknown[] = [];
    yield* asyncio.asyncFor(source, function* (event) {
      seen.push(detailOf(event));
      return seen.length < count;
    });
    return seen;
  }

  it('gives every event since the call, in order', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const source = asyncio.events(target, 'tick');
      target.fire(1);
      target.fire(2);
      asyncio.getRunningLoop().callLater(1, () => target.fire(3));
      expect(yield* take(source, 3)).to.deep.equal([1, 2, 3]);
      expect(target.listeners).to.equal(0);
    }));

  it('removes its listener when the iteration is cancelled or fails', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const task = asyncio.createTask(take(asyncio.events(target, 'tick'), 1));
      yield* passes(2);
      task.cancel();
      yield* raised(task);
      expect(target.listeners).to.equal(0);

      const failing = asyncio.asyncFor(asyncio.events(target, 'tick'), function* () {
        throw new Error('mine');
      });
      asyncio.getRunningLoop().callLater(1, () => target.fire());
      expect(((yield* raised(failing)) as Error).message).to.equal('mine');
      expect(target.listeners).to.equal(0);
    }));

  it('a cancelled wait loses no event', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const source = asyncio.events(target, 'tick');
      const task = asyncio.createTask(source.anext());
      yield* passes(1);
      target.fire('kept');
      task.cancel();
      yield* raised(task);
      const { value } = yield* source.anext();
      expect(detailOf(value as Event)).to.equal('kept');
      source.close();
    }));

  it("overflow 'error' throws QueueFull behind the events that wait, and listens no more", () =>
    simulate(function* () {
      const target = new CountingTarget();
      const source = asyncio.events(target, 'tick', { maxsize: 2 });
      for (const n of [1, 2, 3]) target.fire(n);
      expect(target.listeners).to.equal(0);
      expect(detailOf((yield* source.anext()).value as Event)).to.equal(1);
      expect(detailOf((yield* source.anext()).value as Event)).to.equal(2);
      const error = yield* raised(source.anext());
      expect(error).to.be.instanceOf(asyncio.QueueFull);
      expect((error as Error).message).to.equal("Cannot keep more than 2 'tick' events: nobody takes them");
      expect(yield* source.anext()).to.deep.equal({ done: true, value: undefined });
    }));

  for (const [overflow, kept] of [
    ['dropOldest', [3, 4]],
    ['dropNewest', [1, 2]],
  ] as const) {
    it(`overflow '${overflow}' keeps ${kept.join(' and ')} of four, and counts the others`, () =>
      simulate(function* () {
        const target = new CountingTarget();
        const source = asyncio.events(target, 'tick', { maxsize: 2, overflow });
        for (const n of [1, 2, 3, 4]) target.fire(n);
        expect(yield* take(source, 2)).to.deep.equal(kept);
        expect(source.dropped).to.equal(2);
      }));
  }

  it('close() ends whoever waits, and drops what waits', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const source = asyncio.events(target, 'tick');
      const task = asyncio.createTask(source.anext());
      yield* passes(1);
      source.close();
      source.close();
      expect(yield* task).to.deep.equal({ done: true, value: undefined });
      const dropping = asyncio.events(target, 'tick');
      target.fire();
      dropping.close();
      expect((yield* dropping.anext()).done).to.equal(true);
      expect(target.listeners).to.equal(0);
    }));

  it('ends with the reason of its signal, behind the events that wait', () =>
    simulate(function* () {
      const target = new CountingTarget();
      const controller = new AbortController();
      const source = asyncio.events(target, 'tick', { signal: controller.signal });
      target.fire(1);
      controller.abort(new Error('enough'));
      target.fire(2);
      expect(detailOf((yield* source.anext()).value as Event)).to.equal(1);
      expect(((yield* raised(source.anext())) as Error).message).to.equal('enough');
      expect(target.listeners).to.equal(0);
    }));

  it('can be iterated by native code', async () => {
    const target = new CountingTarget();
    const seen: unknown[] = [];
    await simulate(function* () {
      const source = asyncio.events(target, 'tick');
      target.fire(1);
      target.fire(2);
      yield* asyncio.fromPromise(
        (async () => {
          for await (const event of source) {
            seen.push(detailOf(event));
            if (seen.length === 2) break;
          }
        })(),
      );
    });
    expect(seen).to.deep.equal([1, 2]);
    expect(target.listeners).to.equal(0);
  });

  it('refuses another rule, another target, and a call outside a loop', async () => {
    const target = new CountingTarget();
    expect(() => asyncio.events(target, 'tick', { overflow: 'drop' as never })).to.throw(
      RangeError,
      'overflow',
    );
    expect(() => asyncio.events(target, 'tick')).to.throw(asyncio.RuntimeError, 'no running event loop');
    const error = await rejection(
      simulate(function* () {
        asyncio.events(null as never, 'tick');
      }),
    );
    expect(error).to.be.instanceOf(TypeError);
  });
});
