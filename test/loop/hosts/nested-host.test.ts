// Run loops inside run loops: modes, levels, and a loop that is never entered twice.

import * as asyncio from 'asyncio-web';
import { LoopHost, NestedHost } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { FakeHost } from '../../support/fake-host.ts';
import { Random, seed } from '../../support/random.ts';

function nested(modes?: string[]): { outer: FakeHost; host: NestedHost; loop: asyncio.BaseEventLoop } {
  const outer = new FakeHost();
  const host = new NestedHost(outer, modes && { modes });
  const loop = new asyncio.BaseEventLoop(host);
  void loop.runForever();
  outer.drain();
  return { outer, host, loop };
}

describe('NestedHost', () => {
  it('serves the loop in a level of a mode that it is registered for', () => {
    const { host, loop } = nested(['default', 'tracking']);
    const calls: string[] = [];
    loop.callSoon(() => calls.push('callback'));
    host.runNested('tracking', () => calls.length > 0);
    expect(calls).to.deep.equal(['callback']);
  });

  it('holds it back in other modes, and makes up for it when the level closes', () => {
    const { outer, host, loop } = nested();
    const calls: string[] = [];
    loop.callSoon(() => calls.push('callback'));
    host.post('tracking', () => {
      calls.push('event');
      outer.drain(); // a wake-up of the outer host that falls into the level
    });
    host.runNested('tracking');
    expect(calls).to.deep.equal(['event']);
    expect(outer.soon).to.equal(true);
    outer.drain();
    expect(calls).to.deep.equal(['event', 'callback']);
  });

  it('makes up for a timer that became due in a level', () => {
    const { outer, host, loop } = nested();
    const calls: string[] = [];
    loop.callLater(5, () => calls.push('timer'));
    outer.drain();
    host.post('dialog', () => {
      outer.time = 10;
      outer.drain();
    });
    host.runNested('dialog');
    expect(calls).to.deep.equal([]);
    outer.drain();
    expect(calls).to.deep.equal(['timer']);
  });

  it('serves events of the mode of a level only, in their order', () => {
    const { host } = nested();
    const calls: string[] = [];
    for (const [mode, name] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const)
      host.post(mode, () => calls.push(name));
    host.runNested('a');
    expect(calls).to.deep.equal(['1', '3']);
    host.runNested('b');
    expect(calls).to.deep.equal(['1', '3', '2']);
  });

  it('knows the mode of the innermost level, which quit() closes', () => {
    const { host } = nested();
    const modes: string[] = [host.mode];
    host.post('menu', () => {
      modes.push(host.mode);
      host.post('dialog', () => {
        modes.push(host.mode);
        host.quit();
      });
      host.post('dialog', () => modes.push('not served'));
      host.runNested('dialog');
      modes.push(host.mode);
    });
    host.runNested('menu');
    modes.push(host.mode);
    expect(modes).to.deep.equal(['default', 'menu', 'dialog', 'menu', 'default']);
  });

  it('never enters the loop in a level that was opened inside a callback', () => {
    const { host, loop, outer } = nested(['default', 'dialog']);
    const calls: string[] = [];
    loop.callSoon(() => {
      calls.push('opens a dialog');
      loop.callSoon(() => calls.push('callback'));
      host.runNested('dialog');
      calls.push('closes it');
    });
    outer.drain();
    expect(calls).to.deep.equal(['opens a dialog', 'closes it', 'callback']);
  });

  it('the end of the loop closes all levels', () => {
    const { host, loop } = nested(['default', 'outer', 'inner']);
    const calls: string[] = [];
    host.post('outer', () => {
      host.post('inner', () => loop.callSoon(() => loop.stop()));
      host.runNested('inner', () => false);
      calls.push('inner level closed');
      host.post('outer', () => calls.push('not served'));
    });
    host.runNested('outer', () => false);
    expect(calls).to.deep.equal(['inner level closed']);
    expect(loop.isRunning()).to.equal(false);
  });

  it('quit() of all levels closes the outer ones too, and a level closes by an error of an event', () => {
    const { host } = nested();
    const calls: string[] = [];
    host.post('outer', () => {
      host.post('inner', () => host.quit({ all: true }));
      host.runNested('inner');
      host.post('outer', () => calls.push('not served'));
    });
    host.runNested('outer');
    expect(calls).to.deep.equal([]);
    host.post('failing', () => {
      throw new Error('in an event');
    });
    expect(() => host.runNested('failing')).to.throw('in an event');
    expect(host.mode).to.equal('default');
  });

  it(`random nesting never enters a task twice, and ends every task (seed ${seed})`, () => {
    for (let round = 0; round < 300; round++) {
      const random = new Random(seed + round);
      const modes = ['default', 'a', 'b', 'c'];
      const { outer, host, loop } = nested(
        modes.filter((mode) => mode === 'default' || random.below(2) === 0),
      );
      let depth = 0;
      const open = (): void => {
        if (random.below(3) > 0) return;
        const mode = random.pick(modes);
        for (let events = random.below(3); events > 0; events--) host.post(mode, open);
        if (random.below(2) === 0) outer.pump(1 + random.below(3));
        host.runNested(mode, () => random.below(4) === 0);
        if (random.below(5) === 0) host.quit();
      };
      function* worker(): asyncio.Coroutine<void> {
        for (let step = 0; step < 5; step++) {
          depth += 1;
          expect(depth, 'steps on the stack').to.equal(1);
          open();
          depth -= 1;
          yield* asyncio.sleep(random.below(2));
        }
      }
      const tasks = Array.from({ length: 4 }, () => loop.createTask(worker()));
      for (let turn = 0; turn < 5; turn++) open();
      outer.finish();
      for (const task of tasks) expect(task.done() && task.exception(), `round ${round}`).to.equal(null);
    }
  });
});

describe('LoopHost', () => {
  it('runs a loop in the time of another one', async () => {
    const outer = new SimLoop();
    const inner = new asyncio.BaseEventLoop(new LoopHost(outer));
    const log: [string, number][] = [];
    function* worker(name: string, loop: asyncio.AbstractEventLoop): asyncio.Coroutine<void> {
      for (let round = 0; round < 3; round++) {
        yield* asyncio.sleep(10);
        expect(asyncio.getRunningLoop()).to.equal(loop);
        log.push([name, Math.round(loop.time())]);
      }
    }
    const over = inner.runUntilComplete(worker('inner', inner));
    await outer.runUntilComplete(worker('outer', outer));
    outer.callLater(0.001, () => outer.stop());
    await outer.runForever();
    await over;
    expect(log.filter(([name]) => name === 'inner').map(([, time]) => time)).to.deep.equal([10, 20, 30]);
    expect(log.filter(([name]) => name === 'outer').map(([, time]) => time)).to.deep.equal([10, 20, 30]);
    inner.close();
    outer.close();
  });

  it("a timer that the outer loop fires early by its clock's resolution is due in the inner one", () => {
    const host = new FakeHost({ clockResolution: 0.01 });
    const outer = new asyncio.BaseEventLoop(host);
    const inner = new asyncio.BaseEventLoop(new LoopHost(outer));
    const calls: string[] = [];
    void outer.runForever();
    void inner.runForever();
    host.drain();
    inner.callLater(1, () => calls.push('timer'));
    host.drain();
    host.time = 0.995;
    host.pump();
    expect(calls).to.deep.equal(['timer']);
    expect(inner.time()).to.equal(1);
  });

  it('shows an error of the inner loop to the exception handler of the outer one', () => {
    const host = new FakeHost();
    const outer = new asyncio.BaseEventLoop(host);
    const inner = new asyncio.BaseEventLoop(new LoopHost(outer));
    const reports: asyncio.ExceptionContext[] = [];
    outer.setExceptionHandler((_loop, context) => reports.push(context));
    const { error: logError } = asyncio.logger;
    asyncio.logger.error = () => undefined;
    const failure = new Error('in the inner loop');
    try {
      void outer.runForever();
      void inner.runForever();
      inner.callSoon(() => {
        throw failure;
      });
      host.drain();
    } finally {
      asyncio.logger.error = logError;
    }
    expect(reports.map(({ exception }) => exception)).to.deep.equal([failure]);
  });

  it('leaves nothing in the outer loop when the run ends', async () => {
    const host = new FakeHost();
    const outer = new asyncio.BaseEventLoop(host);
    const inner = new asyncio.BaseEventLoop(new LoopHost(outer));
    void outer.runForever();
    const over = inner.runForever();
    inner.callLater(1000, () => undefined);
    host.drain();
    inner.stop();
    host.drain();
    await over;
    host.drain();
    expect(host.idle).to.equal(true);
  });
});
