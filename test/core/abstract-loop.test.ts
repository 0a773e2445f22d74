import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, simulate } from '../support/loops.ts';

/** Every public method of asyncio's AbstractEventLoop. */
const IMPLEMENTED = [
  'add_signal_handler',
  'remove_signal_handler',
  'run_forever',
  'run_until_complete',
  'stop',
  'is_running',
  'is_closed',
  'close',
  'shutdown_asyncgens',
  'shutdown_default_executor',
  'call_soon',
  'call_later',
  'call_at',
  'time',
  'call_soon_threadsafe',
  'create_future',
  'create_task',
  'set_task_factory',
  'get_task_factory',
  'get_exception_handler',
  'set_exception_handler',
  'default_exception_handler',
  'call_exception_handler',
  'get_debug',
  'set_debug',
  'create_connection',
  'create_server',
  'create_datagram_endpoint',
  'connect_read_pipe',
  'connect_write_pipe',
  'sendfile',
];

/** Those a page cannot have, or that this version has not: each says why and what to use. */
const NOT_AVAILABLE = [
  'run_in_executor',
  'set_default_executor',
  'getaddrinfo',
  'getnameinfo',
  'start_tls',
  'create_unix_connection',
  'create_unix_server',
  'connect_accepted_socket',
  'subprocess_shell',
  'subprocess_exec',
  'add_reader',
  'remove_reader',
  'add_writer',
  'remove_writer',
  'sock_recv',
  'sock_recv_into',
  'sock_recvfrom',
  'sock_recvfrom_into',
  'sock_sendall',
  'sock_sendto',
  'sock_connect',
  'sock_accept',
  'sock_sendfile',
];

const camelCase = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

class BareLoop extends asyncio.AbstractEventLoop {}

describe('AbstractEventLoop', () => {
  it('has every method of asyncio under its name in camelCase', () => {
    expect([...IMPLEMENTED, ...NOT_AVAILABLE]).to.have.length(54);
    const missing = [...IMPLEMENTED, ...NOT_AVAILABLE]
      .map(camelCase)
      .filter(
        (name) => typeof (asyncio.AbstractEventLoop.prototype as unknown as Methods)[name] !== 'function',
      );
    expect(missing).to.deep.equal([]);
  });

  for (const name of IMPLEMENTED.map(camelCase)) {
    it(`${name}() of a loop that does not have it throws NotImplementedError with its name`, () => {
      const loop = new BareLoop() as unknown as Methods;
      expect(() => loop[name]?.(1, () => undefined)).to.throw(
        asyncio.NotImplementedError,
        `${name}() is not implemented by this loop`,
      );
    });
  }
});

describeEachLoop('what a page cannot do', (newLoop) => {
  for (const name of NOT_AVAILABLE.map(camelCase)) {
    it(`${name}() throws NotImplementedError with a reason`, () => {
      const loop = newLoop();
      let error: unknown;
      try {
        (loop as unknown as Methods)[name]?.(1, () => undefined, 3);
      } catch (thrown) {
        error = thrown;
      }
      loop.close();
      expect(error).to.be.instanceOf(asyncio.NotImplementedError);
      // The name, a reason, and what to use instead.
      expect((error as Error).message).to.match(new RegExp(`^${name}\\(\\) is not available: .{10,}`));
      expect((error as Error).message).to.match(/;|itself|resolve|run a/);
    });
  }
});

/** What a loop author writes at the least: a queue, a clock, and the few methods that tasks and futures need. */
class MinimalLoop extends asyncio.AbstractEventLoop {
  readonly queue: asyncio.Handle[] = [];
  timers: asyncio.TimerHandle[] = [];
  readonly reports: asyncio.ExceptionContext[] = [];
  now = 0;

  override callSoon<A extends unknown[]>(callback: asyncio.Callback<A>, ...args: A): asyncio.Handle {
    const handle = new asyncio.Handle(callback as asyncio.Callback, args, this);
    this.queue.push(handle);
    return handle;
  }
  override callLater<A extends unknown[]>(
    delay: number,
    callback: asyncio.Callback<A>,
    ...args: A
  ): asyncio.TimerHandle {
    return this.callAt(this.now + delay, callback, ...args);
  }
  override callAt<A extends unknown[]>(
    when: number,
    callback: asyncio.Callback<A>,
    ...args: A
  ): asyncio.TimerHandle {
    const handle = new asyncio.TimerHandle(when, callback as asyncio.Callback, args, this);
    this.timers.push(handle);
    this.timers.sort((a, b) => a.when() - b.when());
    return handle;
  }
  override _timerHandleCancelled(): void {}
  override time(): number {
    return this.now;
  }
  override createFuture<T>(): asyncio.Future<T> {
    return new asyncio.Future<T>({ loop: this });
  }
  override createTask<T>(coro: asyncio.Coroutine<T>, options?: asyncio.TaskOptions): asyncio.Task<T> {
    return new asyncio.Task(coro, { ...options, loop: this });
  }
  override getDebug(): boolean {
    return false;
  }
  override isRunning(): boolean {
    return asyncio._getRunningLoop() === this;
  }
  override isClosed(): boolean {
    return false;
  }
  override callExceptionHandler(context: asyncio.ExceptionContext): void {
    this.reports.push(context);
  }

  /** Runs until nothing is left to do. */
  drain(): void {
    asyncio._setRunningLoop(this);
    try {
      for (;;) {
        const handle = this.queue.shift() ?? this.timers.shift();
        if (handle === undefined) return;
        if (handle.cancelled()) continue;
        if (handle instanceof asyncio.TimerHandle) this.now = Math.max(this.now, handle.when());
        handle._run();
      }
    } finally {
      asyncio._setRunningLoop(null);
    }
  }
}

describe('a loop of one’s own with only the methods that tasks need', () => {
  it('runs tasks, futures, sleep, gather, wait, timeouts and groups', () => {
    const loop = new MinimalLoop();
    const log: unknown[] = [];
    const main = loop.createTask(
      (function* () {
        const future = loop.createFuture<string>();
        loop.callLater(1, () => future.setResult('done'));
        log.push(yield* future, loop.time());
        log.push(yield* asyncio.gather(asyncio.sleep(2, 'a'), asyncio.sleep(1, 'b')), loop.time());
        try {
          yield* asyncio.withTimeout(5, () => asyncio.sleep(100));
        } catch (error) {
          asyncio.rethrowIfCancelled(error);
          log.push((error as Error).name, loop.time());
        }
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(asyncio.sleep(1));
          group.createTask(asyncio.sleep(3));
        });
        const [done] = yield* asyncio.wait([asyncio.createTask(asyncio.sleep(1))]);
        log.push(done.size, loop.time());
        return asyncio.currentTask()?.getName();
      })(),
      { name: 'main' },
    );
    loop.drain();
    expect(main.result()).to.equal('main');
    expect(log).to.deep.equal(['done', 1, ['a', 'b'], 3, 'TimeoutError', 8, 1, 12]);
    expect(loop.reports).to.deep.equal([]);
    expect(asyncio.allTasks(loop).size).to.equal(0);
  });

  it('keeps context variables of tasks and done callbacks apart', () => {
    const loop = new MinimalLoop();
    const variable = new asyncio.ContextVar('variable', { defaultValue: 'none' });
    const seen: string[] = [];
    const task = loop.createTask(
      (function* () {
        variable.set('task');
        yield* asyncio.sleep(1);
        seen.push(variable.get());
      })(),
    );
    const context = new asyncio.Context();
    context.run(() => variable.set('given'));
    task.addDoneCallback(() => seen.push(variable.get()), { context });
    task.addDoneCallback(() => seen.push(variable.get()));
    loop.drain();
    expect(seen).to.deep.equal(['task', 'given', 'none']);
  });

  it('is told of a callback that throws', () => {
    const loop = new MinimalLoop();
    loop.callSoon(() => {
      throw new Error('boom');
    });
    loop.drain();
    expect(loop.reports).to.have.length(1);
    expect(loop.reports[0]?.message).to.match(/^Exception in callback /);
  });

  it('is the running loop inside its tasks and takes no part in another loop', async () => {
    const loop = new MinimalLoop();
    const task = loop.createTask(
      (function* () {
        return asyncio.getRunningLoop();
      })(),
    );
    loop.drain();
    expect(task.result()).to.equal(loop);
    await simulate(function* () {
      let error: unknown;
      try {
        yield* loop.createTask(asyncio.sleep(0));
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.include('attached to a different loop');
    });
    loop.drain();
  });
});
