import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { describeEachLoop, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

/** A manager that writes down how it is used. */
class Recorder implements asyncio.AsyncContextManager<string, boolean | undefined> {
  readonly log: string[] = [];
  readonly errors: (Error | null)[] = [];
  readonly #suppress: boolean | undefined;

  constructor(suppress?: boolean) {
    this.#suppress = suppress;
  }

  *aenter(): asyncio.Coroutine<string> {
    this.log.push('entering');
    yield* asyncio.sleep(0);
    this.log.push('entered');
    return 'value';
  }

  *aexit(error: Error | null): asyncio.Coroutine<boolean | undefined> {
    this.log.push(`leaving with ${error?.name ?? 'nothing'}`);
    this.errors.push(error);
    yield* asyncio.sleep(0);
    this.log.push('left');
    return this.#suppress;
  }
}

describeEachLoop('asyncWith', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('enters, runs the block with the value, leaves, and gives what the block gives', () =>
    run(function* () {
      const manager = new Recorder();
      const result = yield* asyncio.asyncWith(manager, function* (value) {
        manager.log.push(`block with ${value}`);
        yield* asyncio.sleep(0);
        return 42;
      });
      expect(result).to.equal(42);
      expect(manager.log).to.deep.equal([
        'entering',
        'entered',
        'block with value',
        'leaving with nothing',
        'left',
      ]);
    }));

  it('leaves after an error, is told of it, and throws it on', () =>
    run(function* () {
      const manager = new Recorder();
      const failure = new RangeError('spam');
      const error = yield* raised(
        asyncio.asyncWith(manager, function* () {
          throw failure;
        }),
      );
      expect(error).to.equal(failure);
      expect(manager.errors).to.deep.equal([failure]);
      expect(manager.log.at(-1)).to.equal('left');
    }));

  it('true from aexit suppresses the error, and nothing else does', () =>
    run(function* () {
      const failure = new Error('spam');
      const suppressed = yield* asyncio.asyncWith(
        new Recorder(true),
        function* (): asyncio.Coroutine<number> {
          throw failure;
        },
      );
      expect(suppressed).to.equal(undefined);
      for (const answer of [false, undefined]) {
        expect(
          yield* raised(
            asyncio.asyncWith(new Recorder(answer), function* () {
              throw failure;
            }),
          ),
        ).to.equal(failure);
      }
    }));

  it('true from aexit does not change the result of a block that succeeded', () =>
    run(function* () {
      expect(
        yield* asyncio.asyncWith(new Recorder(true), function* () {
          return 'result';
        }),
      ).to.equal('result');
    }));

  it('an error in aenter comes out; neither block nor aexit run', () =>
    run(function* () {
      const failure = new Error('no entry');
      const log: string[] = [];
      const manager: asyncio.AsyncContextManager<void, undefined> = {
        *aenter() {
          yield* asyncio.sleep(0);
          throw failure;
        },
        *aexit() {
          log.push('aexit');
          return undefined;
        },
      };
      expect(
        yield* raised(
          asyncio.asyncWith(manager, function* () {
            log.push('block');
          }),
        ),
      ).to.equal(failure);
      expect(log).to.deep.equal([]);
    }));

  it('an error in aexit takes the place of that of the block', () =>
    run(function* () {
      const failure = new Error('in aexit');
      const manager: asyncio.AsyncContextManager<void, undefined> = {
        *aenter() {},
        *aexit() {
          yield* asyncio.sleep(0);
          throw failure;
        },
      };
      expect(yield* raised(asyncio.asyncWith(manager, function* () {}))).to.equal(failure);
      expect(
        yield* raised(
          asyncio.asyncWith(manager, function* () {
            throw new Error('in the block');
          }),
        ),
      ).to.equal(failure);
    }));

  it('a block that throws before it gives a coroutine is left properly', () =>
    run(function* () {
      const manager = new Recorder();
      const failure = new Error('not even begun');
      const error = yield* raised(
        asyncio.asyncWith(manager, () => {
          throw failure;
        }),
      );
      expect(error).to.equal(failure);
      expect(manager.log.at(-1)).to.equal('left');
    }));

  it('a block that is no generator function is left properly, with a TypeError', () =>
    run(function* () {
      const manager = new Recorder();
      const error = yield* raised(asyncio.asyncWith(manager, (() => 5) as never));
      expect(error).to.be.instanceOf(TypeError);
      expect(manager.log.at(-1)).to.equal('left');
    }));

  it('what is no Error comes out as it is; the manager sees a TypeError that has it as its cause', () =>
    run(function* () {
      const manager = new Recorder();
      let seen: unknown;
      try {
        yield* asyncio.asyncWith(manager, function* () {
          throw 'a string';
        });
      } catch (error) {
        seen = error;
      }
      expect(seen).to.equal('a string');
      expect(manager.errors[0]).to.be.instanceOf(TypeError);
      expect(manager.errors[0]?.cause).to.equal('a string');
    }));

  it('the awaitables of the manager may be futures', () =>
    run(function* () {
      const loop = asyncio.getRunningLoop();
      const entry = loop.createFuture<string>();
      const exit = loop.createFuture<boolean>();
      const task = asyncio.createTask(
        asyncio.asyncWith({ aenter: () => entry, aexit: () => exit }, function* (value) {
          return `block with ${value}`;
        }),
      );
      yield* passes(2);
      entry.setResult('future');
      yield* passes(2);
      expect(task.done()).to.equal(false);
      exit.setResult(false);
      expect(yield* task).to.equal('block with future');
    }));

  it('a cancellation while entering: neither block nor aexit run', () =>
    run(function* () {
      const manager = new Recorder();
      const task = asyncio.createTask(
        asyncio.asyncWith(manager, function* () {
          manager.log.push('block');
        }),
      );
      yield* asyncio.sleep(0);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(manager.log).to.deep.equal(['entering']);
    }));

  it('a cancellation in the block: the manager is told, and it goes on after the leaving', () =>
    run(function* () {
      const manager = new Recorder();
      const task = asyncio.createTask(
        asyncio.asyncWith(manager, function* () {
          yield* asyncio.sleep(1000);
        }),
      );
      yield* passes(3);
      task.cancel('why');
      const error = yield* raised(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['why']);
      expect(manager.errors).to.have.length(1);
      expect(manager.errors[0]).to.equal(error);
      expect(manager.log.at(-1)).to.equal('left');
    }));

  it('a cancellation while leaving comes out', () =>
    run(function* () {
      const manager = new Recorder();
      const task = asyncio.createTask(
        asyncio.asyncWith(manager, function* () {
          return 'result';
        }),
      );
      yield* passes(2);
      expect(manager.log.at(-1)).to.equal('leaving with nothing');
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(manager.log).to.not.include('left');
    }));

  it('nested managers are left from the inside out', () =>
    run(function* () {
      const log: string[] = [];
      const named = (name: string): asyncio.AsyncContextManager<void, undefined> => ({
        *aenter() {
          log.push(`+${name}`);
        },
        *aexit(error) {
          yield* asyncio.sleep(0);
          log.push(`-${name} ${error?.message}`);
          return undefined;
        },
      });
      yield* raised(
        asyncio.asyncWith(named('outer'), () =>
          asyncio.asyncWith(named('inner'), function* () {
            throw new Error('spam');
          }),
        ),
      );
      expect(log).to.deep.equal(['+outer', '+inner', '-inner spam', '-outer spam']);
    }));
});

describeEachLoop('a cancellation that meets a cleanup that waits', (newLoop) => {
  // Cancelling with generator.return() loses itself here: the outer coroutine would run on behind the wait.
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('does not leak out of a delegated generator: the caller’s code does not run on', () =>
    run(function* () {
      const log: string[] = [];
      function* inner(): asyncio.Coroutine<void> {
        try {
          yield* asyncio.sleep(1000);
        } finally {
          log.push('cleanup begins');
          yield* asyncio.sleep(0);
          log.push('cleanup ends');
        }
      }
      function* outer(): asyncio.Coroutine<void> {
        yield* inner();
        log.push('LEAK: outer goes on');
        yield* asyncio.sleep(0);
        log.push('LEAK: and on');
      }
      const task = asyncio.createTask(outer());
      yield* asyncio.sleep(0);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      yield* passes(5);
      expect(log).to.deep.equal(['cleanup begins', 'cleanup ends']);
      expect(task.cancelled()).to.equal(true);
    }));

  it('through ten levels, each of which cleans up and waits, from the inside out', () =>
    run(function* () {
      const log: number[] = [];
      function* level(depth: number): asyncio.Coroutine<void> {
        try {
          if (depth === 10) yield* asyncio.sleep(1000);
          else yield* level(depth + 1);
          log.push(-depth);
        } finally {
          yield* asyncio.sleep(0);
          log.push(depth);
        }
      }
      const task = asyncio.createTask(level(1));
      yield* asyncio.sleep(0);
      task.cancel();
      expect(yield* raised(task)).to.be.instanceOf(asyncio.CancelledError);
      expect(log).to.deep.equal([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    }));

  it('a second cancel cuts the wait of the cleanup, and the rest of the finally blocks still run', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        (function* () {
          try {
            try {
              yield* asyncio.sleep(1000);
            } finally {
              log.push('inner cleanup begins');
              yield* asyncio.sleep(1000);
              log.push('LEAK');
            }
          } finally {
            yield* asyncio.sleep(0);
            log.push('outer cleanup');
          }
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel('first');
      yield* passes(2);
      task.cancel('second');
      const error = yield* raised(task);
      expect((error as asyncio.CancelledError).args).to.deep.equal(['second']);
      expect(log).to.deep.equal(['inner cleanup begins', 'outer cleanup']);
    }));

  it('whoever cancels can wait for the end of the cleanup', () =>
    run(function* () {
      const log: string[] = [];
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } finally {
            yield* passes(5);
            log.push('cleaned up');
          }
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel();
      yield* asyncio.wait([task]);
      log.push('waited for');
      expect(log).to.deep.equal(['cleaned up', 'waited for']);
    }));

  it('an error of the cleanup takes its place, and nothing is lost in silence', () =>
    run(function* () {
      const failure = new Error('cleanup');
      const task = asyncio.createTask(
        (function* () {
          try {
            yield* asyncio.sleep(1000);
          } catch {
            yield* asyncio.sleep(0);
            throw failure;
          }
        })(),
      );
      yield* asyncio.sleep(0);
      task.cancel();
      expect(yield* raised(task)).to.equal(failure);
      expect(task.cancelled()).to.equal(false);
    }));
});

describe('failures of several tasks at once', () => {
  it('none is lost: the group has them all, the first one first', () =>
    simulate(function* () {
      const failures = [new Error('root cause'), new Error('consequence'), new Error('last')];
      const error = yield* raised(
        asyncio.withTaskGroup(function* (group) {
          group.createTask(
            (function* () {
              yield* asyncio.sleep(1);
              throw failures[0];
            })(),
          );
          for (const failure of failures.slice(1)) {
            group.createTask(
              (function* () {
                try {
                  yield* asyncio.sleep(10);
                } catch {
                  yield* asyncio.sleep(1);
                  throw failure;
                }
              })(),
            );
          }
        }),
      );
      expect((error as asyncio.ExceptionGroup).errors).to.deep.equal(failures);
    }));
});
