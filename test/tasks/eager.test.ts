import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { describeEachLoop, recordReports } from '../support/loops.ts';

function* give<T>(value: T): asyncio.Coroutine<T> {
  return value;
}

/** The ways to have a task started at once. */
const WAYS: Readonly<Record<string, (loop: asyncio.AbstractEventLoop) => asyncio.TaskOptions>> = {
  'eagerStart: true': () => ({ eagerStart: true }),
  eagerTaskFactory: (loop) => {
    loop.setTaskFactory(asyncio.eagerTaskFactory);
    return {};
  },
  'createEagerTaskFactory(Task)': (loop) => {
    loop.setTaskFactory(asyncio.createEagerTaskFactory(asyncio.Task));
    return {};
  },
};

describeEachLoop('eager tasks', (newLoop) => {
  for (const [way, prepare] of Object.entries(WAYS)) {
    describe(way, () => {
      /** Runs a program with a `start` that makes eager tasks. */
      const run = <T>(
        main: (start: <R>(coro: asyncio.Coroutine<R>) => asyncio.Task<R>) => asyncio.Coroutine<T>,
      ): Promise<T> =>
        asyncio.run(
          function* () {
            const options = prepare(asyncio.getRunningLoop());
            return yield* main((coro) => asyncio.createTask(coro, options));
          },
          { loopFactory: newLoop },
        );

      it('#61 one that needs no wait is done when createTask() returns', () =>
        run(function* (start) {
          const task = start(give('hello'));
          expect(task).to.be.instanceOf(asyncio.Task);
          expect([task.done(), task.result()]).to.deep.equal([true, 'hello']);
          expect(yield* task).to.equal('hello');
        }));

      it('#61 schedules nothing when it finishes', () =>
        run(function* (start) {
          const loop = asyncio.getRunningLoop() as asyncio.BaseEventLoop;
          let scheduled = 0;
          const count = (): void => {
            scheduled += 1;
          };
          const instrument = { taskScheduled: count, handleScheduled: count };
          loop.addInstrument(instrument);
          start(give(1));
          const future = loop.createFuture<void>();
          const blocked = start(
            (function* () {
              yield* future;
            })(),
          );
          loop.removeInstrument(instrument);
          expect(scheduled).to.equal(0);
          future.setResult();
          yield* blocked;
        }));

      it('#61 one that has to wait goes on from there', () =>
        run(function* (start) {
          const log: string[] = [];
          const task = start(
            (function* () {
              log.push('before');
              yield* asyncio.sleep(0);
              log.push('after');
              return 'finished after waiting';
            })(),
          );
          expect([log, task.done()]).to.deep.equal([['before'], false]);
          expect(yield* task).to.equal('finished after waiting');
          expect(log).to.deep.equal(['before', 'after']);
        }));

      it('#14 #61 what it does in its first step can be awaited at once', () =>
        run(function* (start) {
          const future = asyncio.getRunningLoop().createFuture<string>();
          const task = start(
            (function* () {
              future.setResult('my message');
            })(),
          );
          expect([task.done(), future.done()]).to.deep.equal([true, true]);
          expect(yield* future).to.equal('my message');
        }));

      it('#61 is the current task in its first step, and the creator is again afterwards', () =>
        run(function* (start) {
          const creator = asyncio.currentTask();
          const seen: unknown[] = [];
          const task = start(
            (function* () {
              seen.push(asyncio.currentTask());
              const inner = start(
                (function* () {
                  seen.push(asyncio.currentTask());
                })(),
              );
              seen.push(inner, asyncio.currentTask());
              yield* asyncio.sleep(0);
              seen.push(asyncio.currentTask());
            })(),
          );
          expect(asyncio.currentTask()).to.equal(creator);
          yield* task;
          expect(seen[0]).to.equal(task);
          expect(seen[1]).to.equal(seen[2]);
          expect(seen.slice(3)).to.have.ordered.members([task, task]);
        }));

      it('#61 is among allTasks() during its first step, and afterwards only if it waits', () =>
        run(function* (start) {
          const seen: boolean[] = [];
          const look = function* (future: asyncio.Future<void> | null): asyncio.Coroutine<void> {
            seen.push(asyncio.allTasks().has(asyncio.currentTask() as asyncio.Task<unknown>));
            if (future !== null) yield* future;
          };
          const finished = start(look(null));
          const future = new asyncio.Future<void>();
          const waiting = start(look(future));
          expect(seen).to.deep.equal([true, true]);
          expect([asyncio.allTasks().has(finished), asyncio.allTasks().has(waiting)]).to.deep.equal([
            false,
            true,
          ]);
          future.setResult();
          yield* waiting;
          expect(asyncio.allTasks().has(waiting)).to.equal(false);
        }));

      it('#61 runs in a copy of the context', () =>
        run(function* (start) {
          const variable = new asyncio.ContextVar('variable', { defaultValue: 0 });
          const seen: number[] = [];
          variable.set(1);
          const task = start(
            (function* () {
              seen.push(variable.get());
              variable.set(2);
              yield* asyncio.sleep(0);
              seen.push(variable.get());
              variable.set(3);
            })(),
          );
          expect([seen, variable.get()]).to.deep.equal([[1], 1]);
          yield* task;
          expect([seen, variable.get()]).to.deep.equal([[1, 2], 1]);
          expect(task.getContext().get(variable)).to.equal(3);
        }));

      it('#61 drops its coroutine when it finishes at once, and keeps it when it waits', () =>
        run(function* (start) {
          const finished = start(give(1));
          const waiting = start(asyncio.sleep(0));
          expect(finished.getCoro()).to.equal(null);
          expect(waiting.getCoro()).not.to.equal(null);
          yield* waiting;
          expect(waiting.getCoro()).not.to.equal(null);
        }));

      it('#61 a cancel() after it finished does nothing', () =>
        run(function* (start) {
          const task = start(give('finished'));
          expect([task.cancel(), task.cancelling()]).to.deep.equal([false, 0]);
          expect(yield* task).to.equal('finished');
          expect(task.cancelled()).to.equal(false);
        }));

      it('#61 a cancel() while it waits cancels it, with the message', () =>
        run(function* (start) {
          const task = start(asyncio.sleep(1e6));
          expect([task.cancel('cancellation message'), task.cancelling()]).to.deep.equal([true, 1]);
          let error: unknown;
          try {
            yield* task;
          } catch (thrown) {
            error = thrown;
          }
          expect((error as asyncio.CancelledError).args).to.deep.equal(['cancellation message']);
        }));

      it('#61 an error of its first step is stored', () =>
        run(function* (start) {
          const boom = new Error('boom');
          const task = start(
            (function* (): asyncio.Coroutine<never> {
              throw boom;
            })(),
          );
          expect([task.done(), task.exception()]).to.have.ordered.members([true, boom]);
          expect(task.getCoro()).to.equal(null);
        }));

      it('#61 a CancelledError of its first step ends it as cancelled', () =>
        run(function* (start) {
          const task = start(
            (function* (): asyncio.Coroutine<never> {
              throw new asyncio.CancelledError('x');
            })(),
          );
          expect(task.cancelled()).to.equal(true);
        }));

      it('#61 an interrupt or exit of its first step comes out of createTask(), and the creator can go on', () =>
        run(function* (start) {
          const creator = asyncio.currentTask();
          for (const exit of [new asyncio.KeyboardInterrupt(), new asyncio.SystemExit(3)]) {
            let error: unknown;
            try {
              start(
                (function* (): asyncio.Coroutine<never> {
                  throw exit;
                })(),
              );
            } catch (thrown) {
              error = thrown;
            }
            expect(error).to.equal(exit);
            expect(asyncio.currentTask()).to.equal(creator);
          }
          const reports = recordReports(asyncio.getRunningLoop());
          yield* asyncio.sleep(0);
          expect(reports).to.deep.equal([]);
          expect(asyncio.allTasks().size).to.equal(1);
        }));

      it('a task that cancels itself in its first step: returns as cancelled, or at its next wait', () =>
        run(function* (start) {
          const returning = start(
            (function* () {
              asyncio.currentTask()?.cancel('self');
              return 1;
            })(),
          );
          expect([returning.done(), returning.cancelled()]).to.deep.equal([true, true]);
          const waiting = start(
            (function* () {
              asyncio.currentTask()?.cancel('self');
              yield* asyncio.sleep(1e6);
            })(),
          );
          expect(waiting.done()).to.equal(false);
          yield* asyncio.wait([waiting]);
          expect(waiting.cancelled()).to.equal(true);
        }));

      it('a bad yield in its first step is thrown into it on the next pass', () =>
        run(function* (start) {
          const task = start(
            (function* () {
              try {
                yield 1 as never;
              } catch (error) {
                asyncio.rethrowIfCancelled(error);
                return (error as Error).message;
              }
              return 'no error';
            })(),
          );
          expect(task.done()).to.equal(false);
          expect(yield* task).to.include('Task got bad yield: 1');
        }));

      it('keeps its order: first steps as they are made, the rest as they are woken', () =>
        run(function* (start) {
          const log: string[] = [];
          const tasks = ['a', 'b', 'c'].map((name) =>
            start(
              (function* () {
                log.push(`${name}1`);
                yield* asyncio.sleep(0);
                log.push(`${name}2`);
              })(),
            ),
          );
          log.push('made');
          yield* asyncio.gather(tasks);
          expect(log).to.deep.equal(['a1', 'b1', 'c1', 'made', 'a2', 'b2', 'c2']);
        }));
    });
  }

  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('#61 a loop that does not run starts nothing: the task waits for its turn', async () => {
    const loop = newLoop();
    const log: string[] = [];
    const body = function* (): asyncio.Coroutine<void> {
      log.push('started');
    };
    const tasks = [loop.createTask(body(), { eagerStart: true })];
    loop.setTaskFactory(asyncio.eagerTaskFactory);
    tasks.push(loop.createTask(body()));
    expect([log, tasks.map((task) => task.done())]).to.deep.equal([[], [false, false]]);
    await loop.runUntilComplete(asyncio.gather(tasks));
    expect(log).to.deep.equal(['started', 'started']);
    loop.close();
  });

  it('#61 nothing starts at once on another loop than the one that runs', () =>
    run(function* () {
      const other = new SimLoop();
      const task = other.createTask(give(1), { eagerStart: true });
      expect(task.done()).to.equal(false);
      task.cancel();
      other.setExceptionHandler(() => undefined);
      other.close();
      yield* asyncio.sleep(0);
    }));

  it('#61 between two ticks, in native code, nothing starts at once', async () => {
    const loop = newLoop();
    const running = loop.runForever();
    const log: string[] = [];
    await new Promise((resolve) => setTimeout(resolve, 0));
    const task = loop.createTask(
      (function* () {
        log.push(asyncio.getRunningLoop() === loop ? 'inside the loop' : 'outside');
      })(),
      { eagerStart: true },
    );
    expect(log).to.deep.equal([]);
    await task;
    expect(log).to.deep.equal(['inside the loop']);
    loop.stop();
    await running;
    loop.close();
  });

  it('#61 a callback, which is no task, can start one', async () => {
    const loop = newLoop();
    const seen: unknown[] = [];
    loop.callSoon(() => {
      const task = loop.createTask(
        (function* () {
          seen.push(asyncio.currentTask());
        })(),
        { eagerStart: true },
      );
      seen.push(task, asyncio.currentTask());
      loop.stop();
    });
    await loop.runForever();
    expect(seen[0]).to.equal(seen[1]);
    expect(seen[2]).to.equal(null);
    loop.close();
  });

  it('#63 eagerStart: false overrides an eager factory, eagerStart: true a lazy one', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      loop.setTaskFactory(asyncio.eagerTaskFactory);
      const lazy = asyncio.createTask(give(1), { eagerStart: false });
      expect(lazy.done()).to.equal(false);
      loop.setTaskFactory((owner, coro, options) => new asyncio.Task(coro, { ...options, loop: owner }));
      const eager = asyncio.createTask(give(2), { eagerStart: true });
      expect(eager.done()).to.equal(true);
      loop.setTaskFactory(null);
      expect(yield* asyncio.gather(lazy, eager)).to.deep.equal([1, 2]);
    }));

  it('#63 eagerStart: null is as if it were not there', () =>
    run(function* () {
      expect(asyncio.createTask(give(1), { eagerStart: null }).done()).to.equal(false);
      asyncio.getRunningLoop().setTaskFactory(asyncio.eagerTaskFactory);
      expect(asyncio.createTask(give(1), {}).done()).to.equal(true);
      yield* asyncio.sleep(0);
    }));

  it('#63 an eager factory passes name and context on', () =>
    run(function* () {
      asyncio.getRunningLoop().setTaskFactory(asyncio.eagerTaskFactory);
      const context = asyncio.copyContext();
      const variable = new asyncio.ContextVar<string>('variable');
      const task = asyncio.createTask(
        (function* () {
          variable.set('set in the first step');
          yield* asyncio.sleep(0);
        })(),
        { name: 'named', context },
      );
      expect([task.getName(), task.getContext(), context.get(variable)]).to.have.ordered.members([
        'named',
        context,
        'set in the first step',
      ]);
      expect(variable.get('unset here')).to.equal('unset here');
      yield* task;
    }));

  it('#63 createEagerTaskFactory() makes tasks of the class given', () =>
    run(function* () {
      class Special<T> extends asyncio.Task<T> {}
      asyncio.getRunningLoop().setTaskFactory(asyncio.createEagerTaskFactory(Special));
      const task = asyncio.createTask(give('ok'));
      expect(task).to.be.instanceOf(Special);
      expect(task.result()).to.equal('ok');
      yield* asyncio.sleep(0);
    }));

  it('can run in the very context of its creator', () =>
    run(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 'default' });
      const creator = asyncio.currentTask() as asyncio.Task<unknown>;
      const task = asyncio.createTask(
        (function* () {
          variable.set('first step');
          yield* asyncio.sleep(0);
          variable.set('second step');
        })(),
        { eagerStart: true, context: creator.getContext() },
      );
      expect(variable.get()).to.equal('first step');
      yield* task;
      expect(variable.get()).to.equal('second step');
    }));

  it('one whose context is entered further out is refused or runs, and leaves nothing pending', async () => {
    const loop = newLoop();
    const reports = recordReports(loop);
    const left = await loop.runUntilComplete(
      (function* () {
        const creator = asyncio.currentTask() as asyncio.Task<unknown>;
        try {
          const task = new asyncio.Context().run(() =>
            asyncio.createTask(give('ran'), { eagerStart: true, context: creator.getContext() }),
          );
          expect(yield* task).to.equal('ran');
        } catch (error) {
          asyncio.rethrowIfCancelled(error);
          expect(error).to.be.instanceOf(asyncio.RuntimeError);
        }
        expect(asyncio.currentTask()).to.equal(creator);
        yield* asyncio.sleep(0);
        return [...asyncio.allTasks()].filter((task) => task !== creator).map(String);
      })(),
    );
    loop.close();
    expect(left).to.deep.equal([]);
    expect(reports).to.deep.equal([]);
  });

  describe('#62 how many tasks are scheduled', () => {
    const gathering = function* (width: number, depth: number): asyncio.Coroutine<void> {
      if (depth === 0) return;
      yield* asyncio.gather(Array.from({ length: width }, () => gathering(width, depth - 1)));
    };
    const grouping = function* (width: number, depth: number): asyncio.Coroutine<void> {
      if (depth === 0) return;
      yield* asyncio.withTaskGroup(function* (group) {
        for (let i = 0; i < width; i += 1) group.createTask(grouping(width, depth - 1));
      });
    };
    const descending = function* (depth: number): asyncio.Coroutine<number> {
      return depth === 0 ? 0 : 1 + (yield* descending(depth - 1));
    };

    /** Runs a program and counts the tasks that were made and not started at once. */
    const countLazy = async (eager: boolean, main: asyncio.Coroutine<unknown>): Promise<number> => {
      const loop = newLoop();
      let count = 0;
      const factory: asyncio.TaskFactory = (owner, coro, options) => {
        const task = new asyncio.Task(coro, { ...options, eagerStart: eager, loop: owner });
        if (!task.done()) count += 1;
        return task;
      };
      await loop.runUntilComplete(
        (function* () {
          loop.setTaskFactory(factory);
          yield* asyncio.createTask(main);
        })(),
      );
      loop.close();
      return count;
    };

    for (const [what, main] of [
      ['gather', gathering],
      ['TaskGroup', grouping],
    ] as const) {
      it(`#62 five-way recursive ${what} schedules 781 lazily`, async () => {
        expect(await countLazy(false, main(5, 4))).to.equal(781);
      });

      it(`#62 five-way recursive ${what} schedules no first step eagerly`, async () => {
        const loop = newLoop();
        let made = 0;
        let queued = 0;
        const instrument = { taskScheduled: () => (queued += 1) };
        const factory: asyncio.TaskFactory = (owner, coro, options) => {
          made += 1;
          loop.addInstrument(instrument);
          const task = new asyncio.Task(coro, { ...options, eagerStart: true, loop: owner });
          loop.removeInstrument(instrument);
          return task;
        };
        await loop.runUntilComplete(
          (function* () {
            loop.setTaskFactory(factory);
            yield* main(5, 4);
          })(),
        );
        expect([made, queued]).to.deep.equal([780, 0]);
        loop.close();
      });
    }

    it('#62 a gather whose tasks all finish eagerly is done when it is returned', () =>
      run(function* () {
        asyncio.getRunningLoop().setTaskFactory(asyncio.eagerTaskFactory);
        const gathered = asyncio.gather(give(1), give(2), gathering(5, 3));
        expect([gathered.done(), gathered.result()]).to.deep.equal([true, [1, 2, undefined]]);
        yield* asyncio.sleep(0);
      }));

    it('#62 a chain of coroutines makes no task at all', async () => {
      expect(await countLazy(false, descending(100))).to.equal(1);
      expect(await countLazy(true, descending(100))).to.equal(0);
    });
  });
});
