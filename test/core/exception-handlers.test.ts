import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, ManualHost, recordErrors, recordReports } from '../support/loops.ts';
import { uncaughtDuring } from '../support/uncaught.ts';

async function runOneIteration(loop: asyncio.AbstractEventLoop): Promise<void> {
  loop.stop();
  await loop.runForever();
}

function fail(message: string): never {
  throw new Error(message);
}

const keys = (report: asyncio.ExceptionContext | undefined): string[] => Object.keys(report ?? {}).sort();

describeEachLoop('the exception handler', (newLoop) => {
  let loop: asyncio.BaseEventLoop;
  beforeEach(() => {
    loop = newLoop();
  });
  afterEach(() => loop.close());

  it('is null at first, and is what was set', () => {
    expect(loop.getExceptionHandler()).to.equal(null);
    const handler = (): void => undefined;
    loop.setExceptionHandler(handler);
    expect(loop.getExceptionHandler()).to.equal(handler);
    loop.setExceptionHandler(null);
    expect(loop.getExceptionHandler()).to.equal(null);
  });

  it('must be a function or null', () => {
    for (const bad of ['spam', 1, {}, undefined]) {
      expect(() => loop.setExceptionHandler(bad as never)).to.throw(
        TypeError,
        'A callable object or None is expected',
      );
    }
    expect(loop.getExceptionHandler()).to.equal(null);
  });

  it('is called with the loop and the context', async () => {
    const calls: unknown[][] = [];
    loop.setExceptionHandler((...args) => calls.push(args));
    const context = { message: 'by hand', more: 1 };
    loop.callExceptionHandler(context);
    expect(calls).to.have.length(1);
    expect(calls[0]?.[0]).to.equal(loop);
    expect(calls[0]?.[1]).to.equal(context);
  });

  it('a callback that throws is reported with message, exception and handle', async () => {
    const reports = recordReports(loop);
    const error = new Error('boom');
    function explode(_why: string): void {
      throw error;
    }
    const handle = loop.callSoon(explode, 'why not');
    await runOneIteration(loop);
    expect(reports).to.have.length(1);
    expect(keys(reports[0])).to.deep.equal(['exception', 'handle', 'message']);
    expect(reports[0]?.exception).to.equal(error);
    expect(reports[0]?.handle).to.equal(handle);
    expect(reports[0]?.message).to.equal('Exception in callback explode()');
  });

  it('a timer that throws is reported in the same way', async () => {
    const reports = recordReports(loop);
    const handle = loop.callLater(0, fail, 'boom');
    loop.callLater(0, () => loop.stop());
    await loop.runForever();
    expect(keys(reports[0])).to.deep.equal(['exception', 'handle', 'message']);
    expect(reports[0]?.handle).to.equal(handle);
    expect(reports[0]?.message).to.equal('Exception in callback fail()');
  });

  it('a done callback that throws is reported, and the others run', async () => {
    const reports = recordReports(loop);
    const future = loop.createFuture<void>();
    const calls: string[] = [];
    future.addDoneCallback(() => fail('first'));
    future.addDoneCallback(() => calls.push('second'));
    future.setResult();
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['second']);
    expect(keys(reports[0])).to.deep.equal(['exception', 'handle', 'message']);
  });

  it('debug mode adds the stack of the callSoon() as sourceTraceback', async () => {
    loop.setDebug(true);
    const reports = recordReports(loop);
    function queueIt(): void {
      loop.callSoon(fail, 'boom');
    }
    queueIt();
    await runOneIteration(loop);
    expect(keys(reports[0])).to.deep.equal(['exception', 'handle', 'message', 'sourceTraceback']);
    expect(reports[0]?.sourceTraceback).to.include('queueIt');
  });

  it('runs in the context of the handle that failed', async () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    loop.setExceptionHandler(() => seen.push(variable.get()));
    loop.callSoon(() => {
      variable.set('of the callback');
      fail('boom');
    });
    await runOneIteration(loop);
    expect(seen).to.deep.equal(['of the callback']);
    expect(variable.get()).to.equal('none');
  });

  it('runs in the context of the task, before that of the future or the handle', () => {
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    loop.setExceptionHandler(() => seen.push(variable.get()));
    const inContext = (value: string): asyncio.Context => {
      const context = new asyncio.Context();
      context.run(() => variable.set(value));
      return context;
    };
    const task = loop.createTask(asyncio.sleep(0), { context: inContext('task') });
    const other = loop.createTask(asyncio.sleep(0), { context: inContext('future') });
    const handle = inContext('handle').run(() => loop.callSoon(() => undefined));
    const plain = loop.createFuture();
    loop.callExceptionHandler({ message: 'all', task, future: other, handle });
    loop.callExceptionHandler({ message: 'future that is a task', future: other, handle });
    loop.callExceptionHandler({ message: 'handle', handle });
    loop.callExceptionHandler({ message: 'plain future', future: plain, handle });
    loop.callExceptionHandler({ message: 'none' });
    // A future without a context ends the search: the handler runs where it is called.
    expect(seen).to.deep.equal(['task', 'future', 'handle', 'none', 'none']);
    loop.setExceptionHandler(() => undefined);
  });

  it('#17 one that throws is demoted: the default handler gets the original context nested', async () => {
    const seen: asyncio.ExceptionContext[] = [];
    loop.defaultExceptionHandler = (context) => seen.push(context);
    const spam = new TypeError('spam');
    const boom = new Error('boom');
    let given: asyncio.ExceptionContext | undefined;
    loop.setExceptionHandler((_loop, context) => {
      given = context;
      throw spam;
    });
    const calls: string[] = [];
    loop.callSoon(() => {
      throw boom;
    });
    loop.callSoon(() => calls.push('next'));
    await runOneIteration(loop);
    expect(calls).to.deep.equal(['next']);
    expect(seen).to.have.length(1);
    expect(keys(seen[0])).to.deep.equal(['context', 'exception', 'message']);
    expect(seen[0]?.message).to.equal('Unhandled error in exception handler');
    expect(seen[0]?.exception).to.equal(spam);
    expect(seen[0]?.['context']).to.equal(given);
    expect(given?.exception).to.equal(boom);
  });

  it('#17 a default handler that throws is only logged, and the loop goes on', async () => {
    loop.defaultExceptionHandler = () => fail('default is broken');
    const calls: string[] = [];
    const lines = await recordErrors(async () => {
      loop.callSoon(fail, 'boom');
      loop.callSoon(() => calls.push('next'));
      await runOneIteration(loop);
    });
    expect(lines).to.deep.equal(['Exception in default exception handler']);
    expect(calls).to.deep.equal(['next']);
  });

  it('#17 both broken: the default handler saw the nested context, and the log has a line', async () => {
    const seen: asyncio.ExceptionContext[] = [];
    loop.defaultExceptionHandler = (context) => {
      seen.push(context);
      fail('default is broken');
    };
    loop.setExceptionHandler(() => fail('custom is broken'));
    const calls: string[] = [];
    const lines = await recordErrors(async () => {
      loop.callSoon(fail, 'boom');
      loop.callSoon(() => calls.push('next'));
      await runOneIteration(loop);
    });
    expect(lines).to.deep.equal([
      'Exception in default exception handler while handling an unexpected error in custom exception handler',
    ]);
    expect(((seen[0]?.['context'] as asyncio.ExceptionContext).exception as Error).message).to.equal('boom');
    expect(calls).to.deep.equal(['next']);
  });

  it('an interrupt or exit thrown by a handler leaves the loop', async () => {
    for (const layer of ['custom', 'default'] as const) {
      const exit = new asyncio.SystemExit(1);
      const handler = (): never => {
        throw exit;
      };
      loop.setExceptionHandler(layer === 'custom' ? handler : null);
      if (layer === 'default') loop.defaultExceptionHandler = handler;
      loop.callSoon(fail, 'boom');
      let error: unknown;
      await loop.runForever().catch((reason: unknown) => {
        error = reason;
      });
      expect(error).to.equal(exit);
    }
  });
});

describe('the default exception handler', () => {
  const logOf = async (context: asyncio.ExceptionContext, debug = false): Promise<[string[], unknown[]]> => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    loop.setDebug(debug);
    const lines = await recordErrors(() => loop.callExceptionHandler(context));
    loop.close();
    return [lines, host.shown];
  };

  it('logs the message and every other key in sorted order, and shows the error', async () => {
    const error = new Error('boom');
    const [lines, shown] = await logOf({ zeta: 1, message: 'hello', alpha: 'x', exception: error });
    expect(lines).to.deep.equal(["hello\nalpha: 'x'\nzeta: 1"]);
    expect(shown).to.have.ordered.members([error]);
  });

  it('says "Unhandled exception in event loop" where the message is empty or absent', async () => {
    expect((await logOf({ message: '', a: 1 }))[0]).to.deep.equal([
      'Unhandled exception in event loop\na: 1',
    ]);
    expect((await logOf({ exception: new Error('boom') }))[0]).to.deep.equal([
      'Unhandled exception in event loop',
    ]);
  });

  it('shows nothing where there is no error', async () => {
    const [lines, shown] = await logOf({ message: 'only words' });
    expect(lines).to.deep.equal(['only words']);
    expect(shown).to.deep.equal([]);
  });

  it('writes a source traceback as a stack', async () => {
    const [lines] = await logOf({ message: 'm', sourceTraceback: 'at here\nat there' });
    expect(lines[0]).to.match(/^m\nObject created at .*:\nat here\nat there$/);
  });

  it('in debug mode adds the stack of the callback that runs as handleTraceback, unless there is a source traceback', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    loop.setDebug(true);
    const lines = await recordErrors(async () => {
      function queueIt(): void {
        loop.callSoon(() => loop.callExceptionHandler({ message: 'without' }));
        loop.callSoon(() => loop.callExceptionHandler({ message: 'with', sourceTraceback: 'at the source' }));
      }
      queueIt();
      loop.stop();
      const running = loop.runForever();
      host.drain();
      await running;
      loop.callExceptionHandler({ message: 'outside' });
    });
    expect(lines[0]).to.match(/^without\nHandle created at .*:\n/);
    expect(lines[0]).to.include('queueIt');
    expect(lines[1]).to.match(/^with\nObject created at .*:\nat the source$/);
    expect(lines[2]).to.equal('outside');
    loop.close();
  });

  it('can be called by a custom handler', async () => {
    const host = new ManualHost();
    const loop = new asyncio.BaseEventLoop(host);
    loop.setExceptionHandler((failed, context) =>
      failed.defaultExceptionHandler({ ...context, extra: true }),
    );
    const lines = await recordErrors(() => loop.callExceptionHandler({ message: 'm' }));
    expect(lines).to.deep.equal(['m\nextra: true']);
    loop.close();
  });

  it('in a page the error ends up as an error event', async () => {
    const loop = new asyncio.BrowserEventLoop();
    const error = new Error('boom');
    let lines: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      lines = await recordErrors(async () => {
        loop.callSoon(() => {
          throw error;
        });
        loop.callSoon(() => loop.stop());
        await loop.runForever();
      });
    });
    expect(uncaught).to.have.ordered.members([error]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^Exception in callback /);
    loop.close();
  });
});
