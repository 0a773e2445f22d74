import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { describeEachLoop, recordReports, simulate } from '../support/loops.ts';
import { passes, raised, rejection } from '../support/outcomes.ts';

class Boom extends Error {}

function* failAfter(error: unknown, delay = 0): asyncio.Coroutine<never> {
  yield* asyncio.sleep(delay);
  throw error;
}

/** Sleeps, and throws `error` when it is cancelled. */
function* failInCleanup(error: Error, delay = 10): asyncio.Coroutine<void> {
  try {
    yield* asyncio.sleep(delay);
  } catch {
    throw error;
  }
}

function me(): asyncio.Task<unknown> {
  return asyncio.currentTask() as asyncio.Task<unknown>; // only called inside a task
}

function errorsOf(group: unknown): readonly Error[] {
  expect(group).to.be.instanceOf(asyncio.BaseExceptionGroup);
  return (group as asyncio.BaseExceptionGroup).errors;
}

/** An asynchronous latch. */
function newGate(): asyncio.FutureLike<void> {
  return asyncio.getRunningLoop().createFuture<void>();
}

describe('TaskGroup', () => {
  it('waits for its tasks, and gives what the block gives', () =>
    simulate(function* () {
      let a: asyncio.Task<number> | undefined;
      let b: asyncio.Task<number> | undefined;
      const result = yield* asyncio.withTaskGroup(function* (group) {
        a = group.createTask(asyncio.sleep(1, 42));
        yield* asyncio.sleep(0.5);
        b = group.createTask(asyncio.sleep(2, 11));
        return 'result';
      });
      expect(result).to.equal('result');
      expect([a?.result(), b?.result()]).to.deep.equal([42, 11]);
      expect(asyncio.getRunningLoop().time()).to.equal(2.5);
    }));

  it('works with asyncWith', () =>
    simulate(function* () {
      const result = yield* asyncio.asyncWith(new asyncio.TaskGroup(), function* (group) {
        return yield* group.createTask(asyncio.sleep(1, 'child'));
      });
      expect(result).to.equal('child');
    }));

  it('an empty one is over at once', () =>
    simulate(function* () {
      yield* asyncio.withTaskGroup(function* () {});
    }));

  it('passes name and context on', () =>
    simulate(function* () {
      const variable = new asyncio.ContextVar('variable', { defaultValue: 0 });
      const context = asyncio.copyContext();
      yield* asyncio.withTaskGroup(function* (group) {
        const task = group.createTask(
          (function* () {
            yield* asyncio.sleep(0);
            variable.set(1);
          })(),
          { name: 'yolo', context },
        );
        expect(task.getName()).to.equal('yolo');
        yield* task;
        expect(context.get(variable)).to.equal(1);
      });
      expect(variable.get()).to.equal(0);
    }));

  it('a child that is cancelled is no failure', () =>
    simulate(function* () {
      let cancelled: asyncio.Task<void> | undefined;
      let other: asyncio.Task<number> | undefined;
      yield* asyncio.withTaskGroup(function* (group) {
        cancelled = group.createTask(asyncio.sleep(10));
        other = group.createTask(asyncio.sleep(1, 11));
        yield* asyncio.sleep(0.5);
        cancelled.cancel();
      });
      expect(cancelled?.cancelled()).to.equal(true);
      expect(other?.result()).to.equal(11);
      expect(asyncio.getRunningLoop().time()).to.equal(1);
    }));

  it('#41 neither is a child that throws CancelledError itself', () =>
    simulate(function* () {
      let child: asyncio.Task<never> | undefined;
      yield* asyncio.withTaskGroup(function* (group) {
        child = group.createTask(failAfter(new asyncio.CancelledError('its own')));
        yield* asyncio.sleep(1);
      });
      expect(child?.cancelled()).to.equal(true);
    }));

  describe('when a child fails', () => {
    it('#42 its siblings and the block are cancelled, and its error comes out in an ExceptionGroup', () =>
      simulate(function* () {
        const failure = new Boom();
        const log: string[] = [];
        function* sibling(): asyncio.Coroutine<void> {
          try {
            yield* asyncio.sleep(10);
          } finally {
            log.push('sibling');
          }
        }
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(failure, 1));
            group.createTask(sibling());
            try {
              yield* asyncio.sleep(10);
            } finally {
              log.push('block');
            }
          }),
        );
        expect(error).to.be.instanceOf(asyncio.ExceptionGroup);
        expect((error as Error).message).to.equal('unhandled errors in a TaskGroup');
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(log.sort()).to.deep.equal(['block', 'sibling']);
        expect(asyncio.getRunningLoop().time()).to.equal(1);
        expect(me().cancelling()).to.equal(0);
      }));

    it('#42 while the group waits at its end', () =>
      simulate(function* () {
        const failure = new Boom();
        let sibling: asyncio.Task<void> | undefined;
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(failure, 1));
            sibling = group.createTask(asyncio.sleep(10));
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(sibling?.cancelled()).to.equal(true);
        expect(me().cancelling()).to.equal(0);
      }));

    it('every error is in the group, in the order in which they came', () =>
      simulate(function* () {
        const failures = [new Boom('0'), new Boom('1'), new Boom('2')];
        const cleanup = new Boom('cleanup');
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            for (const failure of failures) group.createTask(failAfter(failure, 1));
            group.createTask(failInCleanup(cleanup));
            yield* asyncio.sleep(10);
          }),
        );
        expect(errorsOf(error)).to.deep.equal([...failures, cleanup]);
      }));

    it('the cleanup of its siblings is waited for', () =>
      simulate(function* () {
        const log: string[] = [];
        yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(new Boom(), 1));
            group.createTask(
              (function* () {
                try {
                  yield* asyncio.sleep(10);
                } finally {
                  yield* asyncio.sleep(5);
                  log.push(`cleaned up at ${asyncio.getRunningLoop().time()}`);
                }
              })(),
            );
          }),
        );
        expect(log).to.deep.equal(['cleaned up at 6']);
      }));

    it('what is no Error comes out as a TypeError that has it as its cause', () =>
      simulate(function* () {
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter('a string'));
            group.createTask(failAfter(undefined));
          }),
        );
        const errors = errorsOf(error);
        expect(errors.map((member) => member.name)).to.deep.equal(['TypeError', 'TypeError']);
        expect(errors.map((member) => member.cause)).to.deep.equal(['a string', undefined]);
      }));

    it('an error of another realm (an iframe) is in the group like any other', async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      try {
        const foreign = frame.contentWindow as unknown as { Error: ErrorConstructor };
        const failure = new foreign.Error('from the frame');
        expect(failure).to.not.be.instanceOf(Error);
        const error = await rejection(
          simulate(() =>
            asyncio.withTaskGroup(function* (group) {
              group.createTask(failAfter(failure));
              yield* asyncio.sleep(1);
            }),
          ),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
      } finally {
        frame.remove();
      }
    });

    it('a DOMException, an AbortError too, is a failure like any other', () =>
      simulate(function* () {
        const abort = new DOMException('stop', 'AbortError');
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(abort));
          }),
        );
        expect(errorsOf(error)).to.deep.equal([abort]);
      }));
  });

  describe('when the block fails', () => {
    it('its tasks are cancelled and its error is in the group', () =>
      simulate(function* () {
        const failure = new Boom();
        const tasks: asyncio.Task<void>[] = [];
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            tasks.push(group.createTask(asyncio.sleep(1)), group.createTask(asyncio.sleep(2)));
            yield* asyncio.sleep(0.1);
            throw failure;
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(tasks.map((task) => task.cancelled())).to.deep.equal([true, true]);
      }));

    it('before its tasks have started, they never do', () =>
      simulate(function* () {
        const failure = new Boom();
        let started = false;
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(
              (function* () {
                started = true;
              })(),
            );
            throw failure;
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(started).to.equal(false);
      }));

    it('the errors of the tasks come first, that of the block last', () =>
      simulate(function* () {
        const child = new Boom('child');
        const block = new Boom('block');
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(child, 1));
            try {
              yield* asyncio.sleep(10);
            } catch {
              throw block;
            }
          }),
        );
        expect(errorsOf(error)).to.deep.equal([child, block]);
      }));
  });

  describe('when the task is cancelled from outside', () => {
    it('the children are cancelled and waited for, and CancelledError comes out', () =>
      simulate(function* () {
        let cleaned = 0;
        function* child(): asyncio.Coroutine<void> {
          try {
            yield* asyncio.sleep(5);
          } finally {
            yield* asyncio.sleep(1);
            cleaned += 1;
          }
        }
        for (const inBlock of [true, false]) {
          cleaned = 0;
          const task = asyncio.createTask(
            asyncio.withTaskGroup(function* (group) {
              for (let index = 0; index < 5; index++) group.createTask(child());
              if (inBlock) yield* asyncio.sleep(10);
            }),
          );
          yield* asyncio.sleep(0.1);
          task.cancel('outside');
          const error = yield* raised(task);
          expect(error).to.be.instanceOf(asyncio.CancelledError);
          expect((error as asyncio.CancelledError).args).to.deep.equal(['outside']);
          expect(cleaned).to.equal(5);
        }
      }));

    it('#41 errors of the children go before the cancellation', () =>
      simulate(function* () {
        const failure = new Boom();
        for (const inBlock of [true, false]) {
          const task = asyncio.createTask(
            asyncio.withTaskGroup(function* (group) {
              for (let index = 0; index < 3; index++) group.createTask(failInCleanup(failure));
              if (inBlock) yield* asyncio.sleep(10);
            }),
          );
          yield* asyncio.sleep(0.1);
          task.cancel();
          expect(errorsOf(yield* raised(task))).to.deep.equal([failure, failure, failure]);
        }
      }));

    it('#41 an error that the block throws in place of the cancellation goes into the group', () =>
      simulate(function* () {
        const failure = new Boom();
        const task = asyncio.createTask(asyncio.withTaskGroup(() => failInCleanup(failure)));
        yield* asyncio.sleep(0.1);
        task.cancel();
        expect(errorsOf(yield* raised(task))).to.deep.equal([failure]);
      }));

    it('#43 the group is thrown, and the next wait after it throws CancelledError', () =>
      simulate(function* () {
        const started = newGate();
        const log: string[] = [];
        function* fail(): asyncio.Coroutine<void> {
          started.setResult();
          yield* asyncio.sleep(0);
          throw new Boom();
        }
        const task = asyncio.createTask(
          (function* () {
            const error = yield* raised(
              asyncio.withTaskGroup(function* (group) {
                group.createTask(fail());
                yield* asyncio.sleep(1);
              }),
            );
            expect(errorsOf(error)).to.have.length(1);
            log.push(`after the group: ${me().cancelling()}`);
            yield* asyncio.sleep(1);
            log.push('never');
          })(),
        );
        yield* started;
        expect(task.cancelling()).to.equal(0);
        task.cancel();
        expect(task.cancelling()).to.equal(1);
        expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
        expect(task.cancelled()).to.equal(true);
        expect(log).to.deep.equal(['after the group: 1']);
      }));

    it('#43 a cancel while the group waits for a slow cleanup after a failure', () =>
      simulate(function* () {
        const log: string[] = [];
        const task = asyncio.createTask(
          (function* () {
            const error = yield* raised(
              asyncio.withTaskGroup(function* (group) {
                group.createTask(failAfter(new Boom(), 1));
                group.createTask(
                  (function* () {
                    try {
                      yield* asyncio.sleep(100);
                    } finally {
                      yield* asyncio.sleep(5);
                    }
                  })(),
                );
              }),
            );
            log.push((error as Error).name);
            yield* asyncio.sleep(1);
            log.push('never');
          })(),
        );
        yield* asyncio.sleep(2);
        task.cancel();
        expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
        expect(log).to.deep.equal(['ExceptionGroup']);
        expect(asyncio.getRunningLoop().time()).to.equal(6);
      }));

    it('a second cancel while the children clean up does not cut their cleanup', () =>
      simulate(function* () {
        const log: string[] = [];
        const task = asyncio.createTask(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(
              (function* () {
                try {
                  yield* asyncio.sleep(100);
                } finally {
                  yield* asyncio.sleep(5);
                  log.push('cleaned up');
                }
              })(),
            );
          }),
        );
        yield* asyncio.sleep(1);
        task.cancel();
        yield* asyncio.sleep(1);
        task.cancel();
        expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
        expect(log).to.deep.equal(['cleaned up']);
      }));
  });

  describe('#41 interrupt and exit', () => {
    for (const exit of [new asyncio.KeyboardInterrupt(), new asyncio.SystemExit(1)]) {
      it(`#41 ${exit.name} of the block comes out bare, whatever else failed`, () =>
        rejection(
          simulate(() =>
            asyncio.withTaskGroup(function* (group) {
              group.createTask(failAfter(new Boom(), 1));
              asyncio.getRunningLoop().setExceptionHandler(() => undefined);
              try {
                yield* asyncio.sleep(10);
              } catch {
                throw exit;
              }
            }),
          ),
        ).then((error) => expect(error).to.equal(exit)));
    }

    it('#41 then the errors of the children are reported, since they do not come out', async () => {
      const exit = new asyncio.SystemExit(1);
      const failure = new Boom();
      const loop = new SimLoop();
      const reports = recordReports(loop);
      let group: asyncio.TaskGroup | undefined;
      const error = await rejection(
        loop.runUntilComplete(
          asyncio.withTaskGroup(function* (entered) {
            group = entered;
            entered.createTask(failAfter(failure, 1));
            try {
              yield* asyncio.sleep(10);
            } catch {
              throw exit;
            }
          }),
        ),
      );
      loop.close();
      expect(error).to.equal(exit);
      expect(reports).to.deep.equal([
        {
          message:
            'TaskGroup task exception was not propagated because the TaskGroup body is being closed with a BaseException',
          exception: failure,
          taskGroup: group,
        },
      ]);
    });

    it('#41 another BaseException is collected, in a BaseExceptionGroup', () =>
      simulate(function* () {
        class Odd extends asyncio.BaseException {}
        const odd = new Odd('odd');
        const failure = new Boom();
        for (const [child, block] of [
          [failure, odd],
          [odd, failure],
        ] as const) {
          const error = yield* raised(
            asyncio.withTaskGroup(function* (group) {
              group.createTask(failAfter(child, 1));
              yield* failInCleanup(block, 10);
            }),
          );
          expect(error).to.be.instanceOf(asyncio.BaseExceptionGroup);
          expect(error).to.not.be.instanceOf(asyncio.ExceptionGroup);
          expect(errorsOf(error)).to.deep.equal([child, block]);
        }
      }));

    it('#41 an exit of a child leaves the loop', async () => {
      const exit = new asyncio.SystemExit(7);
      const loop = new SimLoop();
      recordReports(loop);
      const log: string[] = [];
      const task = loop.createTask(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(failAfter(exit, 1));
          try {
            yield* asyncio.sleep(10);
          } finally {
            log.push('block');
          }
        }),
      );
      expect(await rejection(loop.runUntilComplete(task))).to.equal(exit);
      // Run on, the group ends with the same exit.
      expect(await rejection(loop.runUntilComplete(task))).to.equal(exit);
      expect(log).to.deep.equal(['block']);
      loop.close();
    });
  });

  describe('#42 the count of cancel requests', () => {
    it('#42 is as before after a group that failed', () =>
      simulate(function* () {
        yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(new Boom()));
          }),
        );
        expect(me().cancelling()).to.equal(0);
        yield* asyncio.sleep(1);
      }));

    it('#42 also when the block swallowed the cancellation', () =>
      simulate(function* () {
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(new Boom()));
            yield* raised(asyncio.sleep(10));
            yield* asyncio.sleep(1);
          }),
        );
        expect(errorsOf(error)).to.have.length(1);
        expect(me().cancelling()).to.equal(0);
        yield* asyncio.sleep(1);
      }));

    it('#42 also when the leaving of a resource inside failed as well', () =>
      simulate(function* () {
        const failures = [new Boom('child'), new Boom('resource')] as const;
        const resource: asyncio.AsyncContextManager<void, undefined> = {
          *aenter() {},
          *aexit() {
            throw failures[1];
          },
        };
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            yield* asyncio.asyncWith(resource, function* () {
              group.createTask(failAfter(failures[0]));
              yield* asyncio.sleep(1);
            });
          }),
        );
        expect(errorsOf(error)).to.deep.equal(failures);
        expect(me().cancelling()).to.equal(0);
      }));

    it('#42 the block is cancelled once, however many children fail', () =>
      simulate(function* () {
        let cancels = 0;
        yield* raised(
          asyncio.withTaskGroup(function* (group) {
            for (let index = 0; index < 3; index++) group.createTask(failAfter(new Boom(), 1 + index));
            group.createTask(failInCleanup(new Boom()));
            for (let round = 0; round < 3; round++) {
              try {
                yield* asyncio.sleep(2);
              } catch {
                cancels += 1;
              }
            }
          }),
        );
        expect(cancels).to.equal(1);
      }));
  });

  describe('nested', () => {
    it('an error of the inner comes out as a group in a group, and the outer children are cancelled', () =>
      simulate(function* () {
        const failure = new Boom();
        let outerChild: asyncio.Task<void> | undefined;
        const error = yield* raised(
          asyncio.withTaskGroup(function* (outer) {
            outerChild = outer.createTask(asyncio.sleep(10));
            yield* asyncio.withTaskGroup(function* (inner) {
              inner.createTask(failAfter(failure, 1));
            });
          }),
        );
        const [inner] = errorsOf(error);
        expect(errorsOf(inner)).to.deep.equal([failure]);
        expect(outerChild?.cancelled()).to.equal(true);
      }));

    it('an error of the outer cancels the inner, which adds nothing', () =>
      simulate(function* () {
        const failure = new Boom();
        let innerChild: asyncio.Task<void> | undefined;
        const error = yield* raised(
          asyncio.withTaskGroup(function* (outer) {
            outer.createTask(failAfter(failure, 1));
            yield* asyncio.withTaskGroup(function* (inner) {
              innerChild = inner.createTask(asyncio.sleep(10));
            });
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(innerChild?.cancelled()).to.equal(true);
        expect(me().cancelling()).to.equal(0);
      }));

    it('cleanup errors of the inner, after an outside cancel', () =>
      simulate(function* () {
        const failure = new Boom();
        const task = asyncio.createTask(
          asyncio.withTaskGroup(function* (outer) {
            outer.createTask(asyncio.sleep(10));
            yield* asyncio.withTaskGroup(function* (inner) {
              inner.createTask(failInCleanup(failure));
              yield* asyncio.sleep(10);
            });
          }),
        );
        yield* asyncio.sleep(1);
        task.cancel();
        const [inner] = errorsOf(yield* raised(task));
        expect(errorsOf(inner)).to.deep.equal([failure]);
      }));

    it('#43 both cancelled at once: the outer’s cancel survives the handling of the inner group', () =>
      simulate(function* () {
        const failures = [new Boom('inner'), new Boom('outer')] as const;
        const error = yield* raised(
          asyncio.withTaskGroup(function* (outer) {
            const inner = yield* raised(
              asyncio.withTaskGroup(function* (group) {
                group.createTask(failAfter(failures[0]));
                outer.createTask(failAfter(failures[1]));
              }),
            );
            expect(errorsOf(inner)).to.deep.equal([failures[0]]);
            expect(me().cancelling()).to.equal(1);
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failures[1]]);
        expect(me().cancelling()).to.equal(0);
      }));
  });

  describe('#44 adding tasks', () => {
    it('#44 while the group already waits at its end', () =>
      simulate(function* () {
        const log: string[] = [];
        function* child(name: string, delay: number): asyncio.Coroutine<void> {
          yield* asyncio.sleep(delay);
          log.push(name);
        }
        yield* asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* () {
              yield* asyncio.sleep(1);
              group.createTask(child('second', 2));
              group.createTask(child('first', 1));
            })(),
          );
        });
        expect(log).to.deep.equal(['first', 'second']);
      }));

    it('#44 a hydra ends when one child fails', () =>
      simulate(function* () {
        let hydras = 0;
        function* hydra(group: asyncio.TaskGroup): asyncio.Coroutine<void> {
          hydras += 1;
          yield* asyncio.sleep(0.01);
          group.createTask(hydra(group));
          group.createTask(hydra(group));
        }
        const failure = new Boom();
        const error = yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(hydra(group));
            group.createTask(
              (function* () {
                while (hydras < 10) yield* asyncio.sleep(0.015);
                throw failure;
              })(),
            );
          }),
        );
        expect(errorsOf(error)).to.deep.equal([failure]);
        expect(hydras).to.be.at.least(10);
        expect(asyncio.allTasks()).to.deep.equal(new Set([me()]));
      }));

    /** A coroutine, and whether it was closed: then it is at its end although it never ran. */
    function observed(): { coro: asyncio.Coroutine<string>; closed: () => boolean } {
      const coro = (function* (): asyncio.Coroutine<string> {
        return 'it ran';
      })();
      return {
        coro,
        closed: () => {
          const step = coro.next();
          return step.done === true && step.value === undefined;
        },
      };
    }

    it('#44 is refused after a failure: "is shutting down", and the coroutine is closed', () =>
      simulate(function* () {
        const { coro, closed } = observed();
        let refused: unknown;
        yield* raised(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(failAfter(new Boom(), 1));
            group.createTask(
              (function* () {
                try {
                  yield* asyncio.sleep(10);
                } finally {
                  try {
                    group.createTask(coro);
                  } catch (error) {
                    refused = error;
                  }
                }
              })(),
            );
          }),
        );
        expect(refused).to.be.instanceOf(asyncio.RuntimeError);
        expect((refused as Error).message).to.match(/TaskGroup .* is shutting down$/);
        expect(closed()).to.equal(true);
      }));

    it('#44 is refused after the end: "is finished", and the coroutine is closed', () =>
      simulate(function* () {
        const { coro, closed } = observed();
        const group = new asyncio.TaskGroup();
        yield* asyncio.asyncWith(group, function* () {});
        expect(() => group.createTask(coro)).to.throw(asyncio.RuntimeError, 'is finished');
        expect(closed()).to.equal(true);
      }));

    it('#44 is refused before the entry: "has not been entered", and the coroutine is closed', () => {
      const { coro, closed } = observed();
      expect(() => new asyncio.TaskGroup().createTask(coro)).to.throw(
        asyncio.RuntimeError,
        'has not been entered',
      );
      expect(closed()).to.equal(true);
    });

    it('what is no coroutine is refused, and does no harm', () =>
      simulate(function* () {
        yield* asyncio.withTaskGroup(function* (group) {
          for (const rubbish of [5, null, () => asyncio.sleep(0), Promise.resolve()])
            expect(() => group.createTask(rubbish as never)).to.throw(TypeError);
        });
      }));

    it('a group cannot be entered twice', () =>
      simulate(function* () {
        const group = new asyncio.TaskGroup();
        yield* asyncio.asyncWith(group, function* () {
          const error = yield* raised(asyncio.asyncWith(group, function* () {}));
          expect((error as Error).message).to.include('has already been entered');
        });
        const error = yield* raised(asyncio.asyncWith(group, function* () {}));
        expect(error).to.be.instanceOf(asyncio.RuntimeError);
        expect((error as Error).message).to.include('has already been entered');
      }));

    it('a group needs a task to be entered in', async () => {
      const loop = new SimLoop();
      let error: unknown;
      const group = new asyncio.TaskGroup();
      loop.callSoon(() => {
        try {
          group.aenter().next();
        } catch (thrown) {
          error = thrown;
        }
      });
      await loop.runUntilComplete(asyncio.sleep(0));
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.include('parent task');
      expect(() => group.createTask(asyncio.sleep(0))).to.throw('has not been entered');
      loop.close();
    });

    it('a child that fails after the parent has ended is reported', async () => {
      const loop = new SimLoop();
      const reports = recordReports(loop);
      const failure = new Boom();
      let child: asyncio.Task<never> | undefined;
      await loop.runUntilComplete(
        (function* () {
          const group = new asyncio.TaskGroup();
          // Never left: only code that enters by hand can do this.
          yield* group.aenter();
          child = group.createTask(failAfter(failure, 1));
        })(),
      );
      await loop.runUntilComplete(asyncio.sleep(2));
      expect(reports).to.have.length(1);
      expect(Object.keys(reports[0] ?? {}).sort()).to.deep.equal(['exception', 'message', 'task']);
      expect(reports[0]?.message).to.match(
        /^Task .* has errored out but its parent task .* is already completed$/,
      );
      expect(reports[0]?.exception).to.equal(failure);
      expect(reports[0]?.task).to.equal(child);
      loop.close();
    });
  });
});

describeEachLoop('TaskGroup with eager tasks', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, {
      loopFactory: () => {
        const loop = newLoop();
        loop.setTaskFactory(asyncio.eagerTaskFactory);
        return loop;
      },
    });

  it('#45 a child that failed at once does not cancel the block in mid-statement', () =>
    run(function* () {
      const failure = new Boom();
      const log: string[] = [];
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* (): asyncio.Coroutine<void> {
              throw failure;
            })(),
          );
          log.push('after the failed child');
          const other = group.createTask(
            (function* () {
              log.push('another child');
              yield* asyncio.sleep(0);
            })(),
          );
          log.push(`other done: ${other.done()}`);
          yield* asyncio.sleep(1);
          log.push('never');
        }),
      );
      expect(errorsOf(error)).to.deep.equal([failure]);
      expect(log).to.deep.equal(['after the failed child', 'another child', 'other done: false']);
    }));

  it('#45 a child that is done at once is accounted for', () =>
    run(function* () {
      let child: asyncio.Task<string> | undefined;
      yield* asyncio.withTaskGroup(function* (group) {
        child = group.createTask(
          (function* () {
            return 'eager';
          })(),
        );
        expect(child.done()).to.equal(true);
      });
      expect(child?.result()).to.equal('eager');
      expect(String(child)).to.not.include('cb=');
    }));

  it('#45 a child that failed at once, in a block that never waits', () =>
    run(function* () {
      const failure = new Boom();
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* (): asyncio.Coroutine<void> {
              throw failure;
            })(),
          );
        }),
      );
      expect(errorsOf(error)).to.deep.equal([failure]);
      expect(me().cancelling()).to.equal(0);
      yield* passes(2);
    }));

  it('#46 an eager child that cancels the group before it waits is itself cancelled', () =>
    run(function* () {
      let child: asyncio.Task<void> | undefined;
      yield* asyncio.withTaskGroup(function* (group) {
        child = group.createTask(
          (function* () {
            group.cancel();
            yield* asyncio.getRunningLoop().createFuture<void>();
          })(),
        );
      });
      expect(child?.cancelled()).to.equal(true);
    }));
});

describe('#46 TaskGroup.cancel', () => {
  it('#46 cancels the children and the block, once, and nothing comes out', () =>
    simulate(function* () {
      const log: string[] = [];
      let child: asyncio.Task<void> | undefined;
      const result = yield* asyncio.withTaskGroup(function* (group) {
        child = group.createTask(asyncio.sleep(10));
        asyncio.getRunningLoop().callLater(1, () => {
          group.cancel();
          group.cancel();
        });
        try {
          yield* asyncio.sleep(10);
        } catch (error) {
          log.push((error as Error).name);
          throw error;
        }
        return 'never';
      });
      expect(result).to.equal(undefined);
      expect(child?.cancelled()).to.equal(true);
      expect(log).to.deep.equal(['CancelledError']);
      expect(asyncio.getRunningLoop().time()).to.equal(1);
      expect(me().cancelling()).to.equal(0);
      yield* asyncio.sleep(1);
    }));

  it('#46 by the block itself takes effect at its next wait', () =>
    simulate(function* () {
      const log: string[] = [];
      yield* asyncio.withTaskGroup(function* (group) {
        group.createTask(asyncio.sleep(10));
        group.cancel();
        log.push('before the wait');
        yield* asyncio.sleep(0);
        log.push('never');
      });
      expect(log).to.deep.equal(['before the wait']);
      expect(me().cancelling()).to.equal(0);
    }));

  it('#46 while the group waits at its end', () =>
    simulate(function* () {
      let child: asyncio.Task<void> | undefined;
      const result = yield* asyncio.withTaskGroup(function* (group) {
        child = group.createTask(asyncio.sleep(10));
        asyncio.getRunningLoop().callLater(1, () => group.cancel());
        return 'block';
      });
      expect(result).to.equal('block');
      expect(child?.cancelled()).to.equal(true);
      expect(me().cancelling()).to.equal(0);
    }));

  it('#46 before the entry takes effect at the entry', () =>
    simulate(function* () {
      const group = new asyncio.TaskGroup();
      group.cancel();
      const log: string[] = [];
      yield* asyncio.asyncWith(group, function* () {
        log.push('entered');
        yield* asyncio.sleep(0);
        log.push('never');
      });
      expect(log).to.deep.equal(['entered']);
      expect(me().cancelling()).to.equal(0);
    }));

  it('#46 after the end does nothing', () =>
    simulate(function* () {
      const group = new asyncio.TaskGroup();
      yield* asyncio.asyncWith(group, () => asyncio.sleep(0));
      group.cancel();
      yield* asyncio.sleep(1);
      expect(me().cancelling()).to.equal(0);
    }));

  it('#46 errors of the children meanwhile still come out in a group', () =>
    simulate(function* () {
      const failure = new Boom();
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(failInCleanup(failure));
          yield* asyncio.sleep(1);
          group.cancel();
          yield* asyncio.sleep(1);
        }),
      );
      expect(errorsOf(error)).to.deep.equal([failure]);
      expect(me().cancelling()).to.equal(0);
    }));

  it('#46 a cancel from outside besides survives', () =>
    simulate(function* () {
      for (const order of ['group first', 'outside first']) {
        const task: asyncio.Task<unknown> = asyncio.createTask(
          asyncio.withTaskGroup(function* (group) {
            group.createTask(asyncio.sleep(10));
            asyncio.getRunningLoop().callLater(1, () => {
              if (order === 'group first') group.cancel();
              task.cancel();
              if (order === 'outside first') group.cancel();
            });
            yield* asyncio.sleep(10);
          }),
        );
        expect(yield* raised(task), order).to.be.instanceOf(asyncio.CancelledError);
        expect(task.cancelling(), order).to.equal(1);
      }
    }));

  it('#46 then no more tasks are taken', () =>
    simulate(function* () {
      yield* asyncio.withTaskGroup(function* (group) {
        group.cancel();
        expect(() => group.createTask(asyncio.sleep(0))).to.throw(asyncio.RuntimeError, 'is shutting down');
      });
    }));
});

describe('#47 TaskGroup and the closing of an async generator', () => {
  it('#47 GeneratorExit as the only error comes out bare, and the children are cancelled', () =>
    simulate(function* () {
      const exit = new asyncio.GeneratorExit();
      let child: asyncio.Task<void> | undefined;
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          child = group.createTask(asyncio.sleep(10));
          yield* asyncio.sleep(1);
          throw exit;
        }),
      );
      expect(error).to.equal(exit);
      expect(child?.cancelled()).to.equal(true);
    }));

  it('#47 with another error it comes out in the group', () =>
    simulate(function* () {
      const exit = new asyncio.GeneratorExit();
      const failure = new Boom();
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(failInCleanup(failure));
          yield* asyncio.sleep(1);
          throw exit;
        }),
      );
      expect(errorsOf(error)).to.deep.equal([failure, exit]);
    }));
});
