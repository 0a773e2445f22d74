// addSignalHandler and removeSignalHandler: asyncio's rules, for the lifecycle events of the page.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { passes } from '../support/outcomes.ts';

const fire = (type: string): boolean => dispatchEvent(new Event(type));

describeEachLoop('addSignalHandler()', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('calls back in the loop, with the arguments, each time', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: unknown[] = [];
      loop.addSignalHandler(
        'offline',
        (...args: number[]) => calls.push([asyncio.getRunningLoop() === loop, ...args]),
        1,
        2,
      );
      fire('offline');
      fire('offline');
      expect(calls).to.deep.equal([]);
      yield* passes(2);
      expect(calls).to.deep.equal([
        [true, 1, 2],
        [true, 1, 2],
      ]);
    }));

  it('runs the handler in the context of the call', () =>
    run(function* () {
      const name = new asyncio.ContextVar<string>('name');
      const seen: (string | undefined)[] = [];
      name.set('handler');
      asyncio.getRunningLoop().addSignalHandler('online', () => seen.push(name.get()));
      name.set('main');
      fire('online');
      yield* passes(2);
      expect(seen).to.deep.equal(['handler']);
    }));

  it('keeps one handler for a signal', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      loop.addSignalHandler('online', () => calls.push('first'));
      loop.addSignalHandler('online', () => calls.push('second'));
      loop.addSignalHandler('offline', () => calls.push('other'));
      fire('online');
      yield* passes(2);
      expect(calls).to.deep.equal(['second']);
    }));

  it('removeSignalHandler() says whether there was one', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const calls: string[] = [];
      loop.addSignalHandler('online', () => calls.push('called'));
      expect(loop.removeSignalHandler('online')).to.equal(true);
      expect(loop.removeSignalHandler('online')).to.equal(false);
      fire('online');
      yield* passes(2);
      expect(calls).to.deep.equal([]);
    }));

  it('reports an error of the handler, and calls it again', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const reports = recordReports(loop);
      loop.addSignalHandler('online', () => {
        throw new Error('no network');
      });
      fire('online');
      fire('online');
      yield* passes(2);
      expect(reports.map(({ exception }) => (exception as Error).message)).to.deep.equal([
        'no network',
        'no network',
      ]);
    }));

  it('is over when the loop is closed', async () => {
    const calls: string[] = [];
    const reports = await run(function* () {
      const loop = asyncio.getRunningLoop();
      loop.addSignalHandler('online', () => calls.push('called'));
      return recordReports(loop);
    });
    fire('online');
    await new Promise((resolve) => setTimeout(resolve));
    expect([calls, reports]).to.deep.equal([[], []]);
  });

  it('refuses what asyncio refuses, in its words', () => {
    const loop = newLoop();
    const f = (): void => {};
    expect(() => loop.addSignalHandler(1 as never, f)).to.throw(TypeError, 'sig must be a string, not 1');
    expect(() => loop.addSignalHandler('SIGINT', f)).to.throw(RangeError, "invalid signal 'SIGINT'");
    expect(() => loop.addSignalHandler('toString', f)).to.throw(RangeError, "invalid signal 'toString'");
    expect(() => loop.removeSignalHandler('SIGINT')).to.throw(RangeError, "invalid signal 'SIGINT'");
    expect(() => loop.addSignalHandler('online', null as never)).to.throw(
      TypeError,
      'a callable object was expected',
    );
    for (const coroutine of [
      function* () {},
      asyncio.coroutine(function* () {}),
      (function* () {})() as never,
    ])
      expect(() => loop.addSignalHandler('online', coroutine)).to.throw(
        TypeError,
        'coroutines cannot be used with addSignalHandler()',
      );
    loop.close();
    expect(() => loop.addSignalHandler('online', f)).to.throw(asyncio.RuntimeError, 'Event loop is closed');
    expect(loop.removeSignalHandler('online')).to.equal(false);
  });
});

describe('the signals of a page', () => {
  for (const [signal, sender] of [
    ['visibilitychange', 'document'],
    ['pagehide', 'window'],
    ['pageshow', 'window'],
    ['online', 'window'],
    ['offline', 'window'],
    ['freeze', 'document'],
    ['resume', 'document'],
  ] as const) {
    it(`${signal} comes from the ${sender}, or is refused where the engine never sends it`, () =>
      simulate(function* () {
        const loop = asyncio.getRunningLoop();
        const target = sender === 'document' ? document : window;
        let calls = 0;
        const add = (): void => loop.addSignalHandler(signal, () => calls++);
        if (!(`on${signal}` in target)) {
          expect(add).to.throw(asyncio.RuntimeError, `sig ${signal} cannot be caught`);
          return;
        }
        add();
        target.dispatchEvent(new Event(signal));
        yield* passes(2);
        expect(calls).to.equal(1);
      }));
  }

  it('freeze and resume are those of Chromium only', () => {
    const isChromium = navigator.userAgent.includes('Chrome');
    expect(['onfreeze' in document, 'onresume' in document]).to.deep.equal([isChromium, isChromium]);
  });
});
