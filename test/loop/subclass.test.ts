// A loop that extends BaseEventLoop at every point that it may be extended at: see demo/guide/08-plugging-in.md. What
// channelFor() is for is in transports/connect.test.ts.

import * as asyncio from 'asyncio-web';
import { BrowserHost, checkConformance, loopConformance } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { FakeHost } from '../support/fake-host.ts';
import { HOSTS } from '../support/hosts.ts';

/** The loop's clock begins here when the host's is at 0. */
const BEGIN = 1e6;

class OwnFuture<T> extends asyncio.Future<T> {}
class OwnTask<T> extends asyncio.Task<T> {}

class OwnLoop extends asyncio.BaseEventLoop {
  readonly #events: string[] = [];
  /** What has come by which method. */
  readonly log: string[] = [];
  onEvent: (event: string) => void = () => undefined;

  /** Called from outside, at any time. */
  feed(event: string): void {
    this.#events.push(event);
    if (this.isRunning()) this.host.wakeSoon();
  }

  protected override pollEvents(timeout: number): readonly asyncio.Callback[] {
    expect(timeout).to.equal(0);
    return this.#events.splice(0).map((event) => () => this.onEvent(event));
  }

  protected override processEvents(events: readonly asyncio.Callback[]): void {
    if (events.length > 0) this.log.push(`${events.length} events`);
    super.processEvents(events);
  }

  override time(): number {
    return BEGIN + super.time();
  }

  override createFuture<T>(): asyncio.Future<T> {
    return new OwnFuture<T>(null, this);
  }

  override createTask<T>(coro: asyncio.Coroutine<T>, options?: asyncio.TaskOptions): asyncio.Task<T> {
    // A factory that somebody has set comes first.
    if (this.getTaskFactory() !== null) return super.createTask(coro, options);
    return new OwnTask<T>(coro, options, this);
  }
}

class OwnReportLoop extends OwnLoop {
  override defaultExceptionHandler({ message }: asyncio.ExceptionContext): void {
    this.log.push(`reported: ${message}`);
  }
}

describe('a subclass of BaseEventLoop', () => {
  it('with a clock of its own tells the host of deadlines on the clock of the host', async () => {
    const host = new FakeHost({ time: 5 });
    const loop = new OwnLoop(host);
    const run = loop.runUntilComplete(asyncio.sleep(10, 'slept'));
    host.drain();
    expect(host.deadline).to.equal(15);
    const earlier = loop.callAt(BEGIN + 8, () => loop.log.push(`at ${loop.time() - BEGIN}`));
    expect(earlier.when()).to.equal(BEGIN + 8);
    expect(host.deadline).to.equal(8);
    host.finish();
    expect(await run).to.equal('slept');
    expect(loop.log).to.deep.equal(['at 8']);
    expect(host.time).to.equal(15);
    loop.close();
  });

  it('gives futures and tasks of its own, and shows errors in its own way', async () => {
    const host = new FakeHost();
    const loop = new OwnReportLoop(host);
    const run = loop.runUntilComplete(
      (function* () {
        expect(asyncio.createTask(asyncio.sleep(0))).to.be.instanceOf(OwnTask);
        expect(loop.createFuture()).to.be.instanceOf(OwnFuture);
        loop.callSoon(() => {
          throw new Error('in a callback');
        });
        yield* asyncio.sleep(1);
      })(),
    );
    host.finish();
    await run;
    expect(loop.log).to.have.length(1);
    expect(loop.log[0]).to.match(/^reported: Exception in callback/);
    loop.close();
  });

  it('passes the checklist', async () => {
    const report = await checkConformance(loopConformance(() => new OwnLoop(new BrowserHost())));
    expect(report.failures.map(({ error }) => error.message)).to.deep.equal([]);
  });

  for (const [name, { make }] of Object.entries(HOSTS)) {
    it(`has its events served on ${name}: from outside, in the middle of a callback, and beside a timer`, async () => {
      const loop = new OwnLoop(make());
      const seen: string[] = [];
      loop.onEvent = (event) => {
        seen.push(event);
        // In the middle of a callback, with nothing else to do afterwards.
        if (event === 'from outside') loop.feed('from inside');
        if (event === 'from inside') {
          loop.callLater(20, () => undefined);
          // The loop is idle by then, with a timer far away.
          setTimeout(() => loop.feed('beside a timer'), 0);
        }
        if (event === 'beside a timer') loop.stop();
      };
      const run = loop.runForever();
      setTimeout(() => loop.feed('from outside'), 0);
      await run;
      expect(seen).to.deep.equal(['from outside', 'from inside', 'beside a timer']);
      expect(loop.log).to.deep.equal(['1 events', '1 events', '1 events']);
      loop.close();
    });
  }
});
