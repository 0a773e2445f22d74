import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { describeEachLoop, simulate } from '../support/loops.ts';
import { passes, raised } from '../support/outcomes.ts';

const now = (): number => asyncio.getRunningLoop().time();

function task(): asyncio.Task<unknown> {
  return asyncio.currentTask() as asyncio.Task<unknown>; // only called inside a task
}

describe('timeout', () => {
  it('cancels a block that takes too long, at its time, and throws TimeoutError', () =>
    simulate(function* () {
      let scope: asyncio.Timeout | undefined;
      const error = yield* raised(
        asyncio.withTimeout(0.01, function* (entered) {
          scope = entered;
          yield* asyncio.sleep(10);
        }),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect((error as Error).name).to.equal('TimeoutError');
      expect(scope?.expired()).to.equal(true);
      expect(now()).to.equal(0.01);
      expect(task().cancelling()).to.equal(0);
    }));

  it('gives what the block gives', () =>
    simulate(function* () {
      let scope: asyncio.Timeout | undefined;
      const result: string = yield* asyncio.withTimeout(10, function* (entered) {
        scope = entered;
        return yield* asyncio.sleep(1, 'result');
      });
      expect(result).to.equal('result');
      expect(scope?.expired()).to.equal(false);
      expect(scope?.when()).to.equal(10);
    }));

  it('works with asyncWith, relative and absolute', () =>
    simulate(function* () {
      yield* asyncio.sleep(5);
      for (const scope of [asyncio.timeout(1), asyncio.timeoutAt(6)]) expect(scope.when()).to.equal(6);
      const relative = yield* raised(asyncio.asyncWith(asyncio.timeout(1), () => asyncio.sleep(10)));
      expect(relative).to.be.instanceOf(asyncio.TimeoutError);
      expect(now()).to.equal(6);
      const absolute = yield* raised(asyncio.asyncWith(asyncio.timeoutAt(8), () => asyncio.sleep(10)));
      expect(absolute).to.be.instanceOf(asyncio.TimeoutError);
      expect(now()).to.equal(8);
      const short = yield* raised(asyncio.withTimeoutAt(9, () => asyncio.sleep(10)));
      expect(short).to.be.instanceOf(asyncio.TimeoutError);
      expect(now()).to.equal(9);
    }));

  it('null is no deadline', () =>
    simulate(function* () {
      for (const scope of [asyncio.timeout(null), asyncio.timeoutAt(null)]) {
        yield* asyncio.asyncWith(scope, () => asyncio.sleep(1000));
        expect(scope.expired()).to.equal(false);
        expect(scope.when()).to.equal(null);
      }
    }));

  it('Infinity is a deadline that never comes', () =>
    simulate(function* () {
      yield* asyncio.withTimeout(Infinity, () => asyncio.sleep(1e6));
    }));

  it('NaN is refused at the call', () =>
    simulate(function* () {
      expect(() => asyncio.timeout(Number.NaN)).to.throw(RangeError, 'NaN');
      expect(() => asyncio.timeoutAt(Number.NaN)).to.throw(RangeError, 'NaN');
    }));

  it('what is neither a number nor null is refused at the call', () =>
    simulate(function* () {
      for (const [wrong, text] of [
        ['5', "'5'"],
        [undefined, 'undefined'],
        [{}, '<Object>'],
      ] as const) {
        const given = wrong as never;
        expect(() => asyncio.timeout(given)).to.throw(
          TypeError,
          `delay must be a number or null, got ${text}`,
        );
        expect(() => asyncio.timeoutAt(given)).to.throw(
          TypeError,
          `when must be a number or null, got ${text}`,
        );
        yield* assertRaises(
          TypeError,
          asyncio.waitFor(asyncio.sleep(1), given),
          /delay must be a number or null/,
        );
      }
    }));

  it('reschedule() refuses it as well, and the deadline stays', () =>
    simulate(function* () {
      const scope = asyncio.timeout(1);
      const block = asyncio.asyncWith(scope, function* () {
        expect(() => scope.reschedule('9' as never)).to.throw(
          TypeError,
          "when must be a number or null, got '9'",
        );
        expect(() => scope.reschedule(Number.NaN)).to.throw(RangeError);
        expect(scope.when()).to.equal(1);
        yield* asyncio.sleep(2);
      });
      yield* assertRaises(asyncio.TimeoutError, block);
      expect(asyncio.getRunningLoop().time()).to.equal(1);
    }));

  it('one that is over leaves no timer', () =>
    simulate(function* () {
      yield* asyncio.withTimeout(1000, () => asyncio.sleep(1));
      yield* raised(
        asyncio.withTimeout(1000, function* () {
          throw new Error('spam');
        }),
      );
      yield* asyncio.sleep(1);
      expect(now()).to.equal(2);
    }));

  it('the cleanup of the block may wait, and is waited for', () =>
    simulate(function* () {
      const log: string[] = [];
      const error = yield* raised(
        asyncio.withTimeout(1, function* () {
          try {
            yield* asyncio.sleep(10);
          } finally {
            yield* asyncio.sleep(2);
            log.push(`cleaned up at ${now()}`);
          }
        }),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(log).to.deep.equal(['cleaned up at 3']);
    }));

  it('the task itself goes on', () =>
    simulate(function* () {
      const outer = asyncio.createTask(
        (function* () {
          yield* raised(asyncio.withTimeout(1, () => asyncio.sleep(10)));
          yield* asyncio.sleep(1);
          return 'went on';
        })(),
      );
      expect(yield* outer).to.equal('went on');
      expect(outer.cancelled()).to.equal(false);
    }));

  describe('#33 a deadline that is past at the entry', () => {
    for (const delay of [0, -11, -Infinity]) {
      it(`#33 timeout(${delay}) expires at the first sleep(0)`, () =>
        simulate(function* () {
          const scope = asyncio.timeout(delay);
          const error = yield* raised(asyncio.asyncWith(scope, () => asyncio.sleep(0)));
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
          expect(scope.expired()).to.equal(true);
          expect(scope.when()).to.equal(delay);
        }));

      it(`#33 timeout(${delay}) never expires in a block that does not wait`, () =>
        simulate(function* () {
          const scope = asyncio.timeout(delay);
          const done = asyncio.getRunningLoop().createFuture<string>();
          done.setResult('done');
          const result = yield* asyncio.asyncWith(scope, function* () {
            return yield* done;
          });
          expect(result).to.equal('done');
          expect(scope.expired()).to.equal(false);
          yield* passes(3);
          expect(task().cancelling()).to.equal(0);
        }));
    }

    it('#33 expires although what the block waits for is done in the same pass', () =>
      simulate(function* () {
        const error = yield* raised(
          asyncio.withTimeout(0, function* () {
            yield* asyncio.createTask(asyncio.sleep(0));
          }),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
      }));
  });

  describe('#32 an outside cancel as well', () => {
    it('#32 a cancel before the deadline is a cancel', () =>
      simulate(function* () {
        const scope = asyncio.timeout(10);
        const inner = asyncio.createTask(asyncio.asyncWith(scope, () => asyncio.sleep(100)));
        yield* asyncio.sleep(1);
        inner.cancel();
        expect(yield* raised(inner)).to.be.instanceOf(asyncio.CancelledError);
        expect(scope.expired()).to.equal(false);
        expect(inner.cancelling()).to.equal(1);
      }));

    it('#32 of itself inside the block', () =>
      simulate(function* () {
        const scope = asyncio.timeout(10);
        const inner = asyncio.createTask(
          asyncio.asyncWith(scope, function* () {
            task().cancel();
            yield* asyncio.sleep(100);
          }),
        );
        expect(yield* raised(inner)).to.be.instanceOf(asyncio.CancelledError);
        expect(scope.expired()).to.equal(false);
        expect(now()).to.equal(0);
      }));

    for (const order of ['the cancel first', 'the deadline first']) {
      it(`#32 in the same pass, ${order}: CancelledError, although it is expired`, () =>
        simulate(function* () {
          const scope = asyncio.timeoutAt(1);
          const inner: asyncio.Task<void> = asyncio.createTask(
            (function* () {
              if (order === 'the cancel first') asyncio.getRunningLoop().callAt(1, () => inner.cancel());
              yield* asyncio.asyncWith(scope, function* () {
                if (order === 'the deadline first') asyncio.getRunningLoop().callAt(1, () => inner.cancel());
                yield* asyncio.sleep(100);
              });
            })(),
          );
          expect(yield* raised(inner)).to.be.instanceOf(asyncio.CancelledError);
          expect(scope.expired()).to.equal(true);
          expect(inner.cancelled()).to.equal(true);
          expect(inner.cancelling()).to.equal(1);
        }));
    }

    it('#32 a cancel during the cleanup after the deadline: CancelledError, although it is expired', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        const inner = asyncio.createTask(
          asyncio.asyncWith(scope, function* () {
            try {
              yield* asyncio.sleep(100);
            } finally {
              yield* asyncio.sleep(5);
            }
          }),
        );
        yield* asyncio.sleep(2);
        inner.cancel();
        expect(yield* raised(inner)).to.be.instanceOf(asyncio.CancelledError);
        expect(scope.expired()).to.equal(true);
        expect(now()).to.equal(2);
      }));

    it('#32 a cancel that was swallowed before the block does not count', () =>
      simulate(function* () {
        const inner = asyncio.createTask(
          (function* () {
            try {
              task().cancel();
              yield* asyncio.sleep(1);
            } catch {
              // Swallowed, and not taken back.
            }
            expect(task().cancelling()).to.equal(1);
            const error = yield* raised(asyncio.withTimeout(0, () => asyncio.sleep(1)));
            expect(error).to.be.instanceOf(asyncio.TimeoutError);
            expect(task().cancelling()).to.equal(1);
          })(),
        );
        yield* inner;
      }));

    it('#32 a second cancel in a block after a swallowed one is a cancel', () =>
      simulate(function* () {
        const inner = asyncio.createTask(
          (function* () {
            try {
              task().cancel();
              yield* asyncio.sleep(1);
            } catch {
              // Swallowed.
            }
            const error = yield* raised(
              asyncio.withTimeout(1, function* () {
                task().cancel();
                yield* asyncio.sleep(2);
              }),
            );
            expect(error).to.be.instanceOf(asyncio.CancelledError);
          })(),
        );
        yield* inner;
      }));

    it('#32 a timeout that the block swallows throws nothing; it stays expired and the count is 0', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        const result = yield* asyncio.asyncWith(scope, function* () {
          try {
            yield* asyncio.sleep(100);
          } catch (error) {
            expect(error).to.be.instanceOf(asyncio.CancelledError);
          }
          return 'swallowed';
        });
        expect(result).to.equal('swallowed');
        expect(scope.expired()).to.equal(true);
        expect(task().cancelling()).to.equal(0);
        yield* asyncio.sleep(1);
        expect(now()).to.equal(2);
      }));
  });

  describe('#34 nested', () => {
    it('#34 with the same deadline: both are expired, the inner lets CancelledError through', () =>
      simulate(function* () {
        const outer = asyncio.timeoutAt(1);
        const inner = asyncio.timeoutAt(1);
        let seen: unknown;
        const error = yield* raised(
          asyncio.asyncWith(outer, function* () {
            try {
              yield* asyncio.asyncWith(inner, () => asyncio.sleep(10));
            } catch (thrown) {
              seen = thrown;
              throw thrown;
            }
          }),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect(seen).to.be.instanceOf(asyncio.CancelledError);
        expect([outer.expired(), inner.expired()]).to.deep.equal([true, true]);
        expect(task().cancelling()).to.equal(0);
      }));

    it('#34 the inner is due first: it throws inside the outer, which goes on', () =>
      simulate(function* () {
        const outer = asyncio.timeout(10);
        const inner = asyncio.timeout(1);
        yield* asyncio.asyncWith(outer, function* () {
          const error = yield* raised(asyncio.asyncWith(inner, () => asyncio.sleep(100)));
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
          yield* asyncio.sleep(1);
        });
        expect([outer.expired(), inner.expired()]).to.deep.equal([false, true]);
      }));

    it('#34 the outer is due first: the inner is not expired', () =>
      simulate(function* () {
        const outer = asyncio.timeout(1);
        const inner = asyncio.timeout(10);
        const error = yield* raised(
          asyncio.asyncWith(outer, () => asyncio.asyncWith(inner, () => asyncio.sleep(100))),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect([outer.expired(), inner.expired()]).to.deep.equal([true, false]);
      }));

    it('#34 both are past before the block waits (a busy page): the outer throws', () => {
      const loop = new SimLoop();
      return loop.runUntilComplete(
        (function* () {
          const seen: unknown[] = [];
          const error = yield* raised(
            asyncio.withTimeoutAt(0, function* () {
              seen.push(
                yield* raised(
                  asyncio.withTimeoutAt(-1, function* () {
                    yield* asyncio.sleep(1);
                  }),
                ),
              );
              throw seen[0];
            }),
          );
          expect(seen[0]).to.be.instanceOf(asyncio.CancelledError);
          expect(error).to.be.instanceOf(asyncio.TimeoutError);
        })(),
      );
    });

    it('#34 a cleanup with a timeout of its own, after the first has expired', () =>
      simulate(function* () {
        const errors: unknown[] = [];
        const error = yield* raised(
          asyncio.withTimeout(1, function* () {
            try {
              yield* asyncio.sleep(10);
            } finally {
              errors.push(yield* raised(asyncio.withTimeout(1, () => asyncio.sleep(10))));
            }
          }),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect(errors[0]).to.be.instanceOf(asyncio.TimeoutError);
        expect(errors[0]).to.not.equal(error);
        expect(now()).to.equal(2);
      }));
  });

  describe('#35 errors of the block', () => {
    it('#35 before the deadline come out as they are', () =>
      simulate(function* () {
        const failure = new RangeError('spam');
        const scope = asyncio.timeout(1);
        const error = yield* raised(
          asyncio.asyncWith(scope, function* () {
            throw failure;
          }),
        );
        expect(error).to.equal(failure);
        expect(scope.expired()).to.equal(false);
      }));

    it('#35 thrown while the timeout cancels come out as they are; the timeout is expired', () =>
      simulate(function* () {
        const failure = new RangeError('cleanup');
        const scope = asyncio.timeout(1);
        const error = yield* raised(
          asyncio.asyncWith(scope, function* () {
            try {
              yield* asyncio.sleep(10);
            } catch {
              throw failure;
            }
          }),
        );
        expect(error).to.equal(failure);
        expect(scope.expired()).to.equal(true);
        expect(task().cancelling()).to.equal(0);
      }));

    it('#35 TimeoutError has the CancelledError as its cause', () =>
      simulate(function* () {
        let cancelled: unknown;
        const error = yield* raised(
          asyncio.withTimeout(1, function* () {
            try {
              yield* asyncio.sleep(10);
            } catch (thrown) {
              cancelled = thrown;
              throw thrown;
            }
          }),
        );
        expect(cancelled).to.be.instanceOf(asyncio.CancelledError);
        expect((error as Error).cause).to.equal(cancelled);
      }));

    it('#35 what is no Error comes out as it is', () =>
      simulate(function* () {
        let seen: unknown;
        try {
          yield* asyncio.withTimeout(1, function* () {
            throw 'a string';
          });
        } catch (error) {
          seen = error;
        }
        expect(seen).to.equal('a string');
      }));

    it('#35 a group in a timeout: the errors of its cleanup come out as a group', () =>
      simulate(function* () {
        const failure = new Error('cleanup');
        const error = yield* raised(
          asyncio.withTimeout(1, () =>
            asyncio.withTaskGroup(function* (group) {
              group.createTask(
                (function* () {
                  try {
                    yield* asyncio.sleep(2);
                  } catch {
                    throw failure;
                  }
                })(),
              );
              yield* asyncio.sleep(10);
            }),
          ),
        );
        expect(error).to.be.instanceOf(asyncio.ExceptionGroup);
        expect((error as asyncio.ExceptionGroup).errors).to.deep.equal([failure]);
        expect(task().cancelling()).to.equal(0);
      }));

    it('a group in a timeout without errors: TimeoutError, and the children were cancelled', () =>
      simulate(function* () {
        let child: asyncio.Task<void> | undefined;
        const error = yield* raised(
          asyncio.withTimeout(1, () =>
            asyncio.withTaskGroup(function* (group) {
              child = group.createTask(asyncio.sleep(10));
            }),
          ),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect(child?.cancelled()).to.equal(true);
      }));
  });

  describe('#36 reschedule', () => {
    it('#36 moves the deadline, back, forth and away', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        const error = yield* raised(
          asyncio.asyncWith(scope, function* () {
            scope.reschedule(5);
            expect(scope.when()).to.equal(5);
            yield* asyncio.sleep(2);
            scope.reschedule(null);
            expect(scope.when()).to.equal(null);
            yield* asyncio.sleep(10);
            scope.reschedule(13);
            yield* asyncio.sleep(10);
          }),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect(now()).to.equal(13);
      }));

    it('#36 to a time that is past expires in the next iteration', () =>
      simulate(function* () {
        const error = yield* raised(
          asyncio.withTimeout(1000, function* (scope) {
            yield* asyncio.sleep(1);
            scope.reschedule(0.5);
            yield* asyncio.sleep(0);
          }),
        );
        expect(error).to.be.instanceOf(asyncio.TimeoutError);
        expect(now()).to.equal(1);
      }));

    it('#36 by another task', () =>
      simulate(function* () {
        const scope = asyncio.timeout(10);
        const inner = asyncio.createTask(asyncio.asyncWith(scope, () => asyncio.sleep(50)));
        yield* asyncio.sleep(0);
        scope.reschedule(30);
        expect(scope.when()).to.equal(30);
        scope.reschedule(null);
        yield* asyncio.sleep(40);
        inner.cancel();
        expect(yield* raised(inner)).to.be.instanceOf(asyncio.CancelledError);
        expect(scope.expired()).to.equal(false);
      }));

    it('by an event listener of the page, between two ticks', async () => {
      const target = new EventTarget();
      const loop = new asyncio.BrowserEventLoop();
      const scope = asyncio.timeoutAt(loop.time() + 1000);
      const inner = loop.createTask(asyncio.asyncWith(scope, () => asyncio.sleep(Infinity)));
      const errors: unknown[] = [];
      target.addEventListener('activity', () => {
        try {
          scope.reschedule(loop.time());
        } catch (error) {
          errors.push(error);
          inner.cancel();
        }
      });
      const run = loop.runUntilComplete(raised(inner));
      setTimeout(() => target.dispatchEvent(new Event('activity')), 0);
      const error = await run;
      expect(errors).to.deep.equal([]);
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      loop.close();
    });

    it('#36 is refused before the entry', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        expect(() => scope.reschedule(2)).to.throw(asyncio.RuntimeError, 'Timeout has not been entered');
      }));

    it('#36 is refused while it is expiring', () =>
      simulate(function* () {
        yield* asyncio.withTimeout(1, function* (scope) {
          yield* raised(asyncio.sleep(10));
          expect(() => scope.reschedule(20)).to.throw(
            asyncio.RuntimeError,
            'Cannot change state of expiring Timeout',
          );
        });
      }));

    it('#36 is refused when it has expired', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        yield* raised(asyncio.asyncWith(scope, () => asyncio.sleep(10)));
        expect(() => scope.reschedule(20)).to.throw(
          asyncio.RuntimeError,
          'Cannot change state of expired Timeout',
        );
      }));

    it('#36 is refused when it is finished', () =>
      simulate(function* () {
        const scope = asyncio.timeout(1);
        yield* asyncio.asyncWith(scope, () => asyncio.sleep(0));
        expect(() => scope.reschedule(20)).to.throw(
          asyncio.RuntimeError,
          'Cannot change state of finished Timeout',
        );
      }));
  });

  describe('#36 its use', () => {
    it('#36 is single: it cannot be entered twice, one inside the other or after each other', () =>
      simulate(function* () {
        const nested = asyncio.timeout(1);
        yield* asyncio.asyncWith(nested, function* () {
          const error = yield* raised(asyncio.asyncWith(nested, () => asyncio.sleep(0)));
          expect(error).to.be.instanceOf(asyncio.RuntimeError);
          expect((error as Error).message).to.equal('Timeout has already been entered');
        });
        const again = yield* raised(asyncio.asyncWith(nested, () => asyncio.sleep(0)));
        expect((again as Error).message).to.equal('Timeout has already been entered');
      }));

    it('#36 needs a task', async () => {
      const loop = new SimLoop();
      let error: unknown;
      let scope: asyncio.Timeout | undefined;
      loop.callSoon(() => {
        scope = asyncio.timeout(1);
        try {
          scope.aenter().next();
        } catch (thrown) {
          error = thrown;
        }
      });
      await loop.runUntilComplete(asyncio.sleep(0));
      expect(error).to.be.instanceOf(asyncio.RuntimeError);
      expect((error as Error).message).to.equal('Timeout should be used inside a task');
      expect(() => scope?.reschedule(2)).to.throw(asyncio.RuntimeError, 'Timeout has not been entered');
      loop.close();
    });

    it('timeout() needs a running loop; timeoutAt() does not', () => {
      expect(() => asyncio.timeout(1)).to.throw(asyncio.RuntimeError, 'no running event loop');
      expect(asyncio.timeoutAt(1).when()).to.equal(1);
    });

    it('its text tells its state', () =>
      simulate(function* () {
        const scope = asyncio.timeout(10);
        expect(String(scope)).to.equal('<Timeout [created]>');
        yield* asyncio.asyncWith(scope, function* () {
          expect(String(scope)).to.match(/^<Timeout \[active\] when=10(\.\d+)?>$/);
          scope.reschedule(null);
          expect(String(scope)).to.match(/^<Timeout \[active\] when=(None|null)>$/);
        });
        expect(String(scope)).to.equal('<Timeout [finished]>');
        const expired = asyncio.timeout(0);
        yield* raised(
          asyncio.asyncWith(expired, function* () {
            try {
              yield* asyncio.sleep(1);
            } finally {
              expect(String(expired)).to.equal('<Timeout [expiring]>');
            }
          }),
        );
        expect(String(expired)).to.equal('<Timeout [expired]>');
      }));
  });
});

describeEachLoop('timeout', (newLoop) => {
  const run = <T>(main: () => asyncio.Coroutine<T>): Promise<T> =>
    asyncio.run(main, { loopFactory: newLoop });

  it('interrupts a wait for a future, which is cancelled', () =>
    run(function* () {
      const future = asyncio.getRunningLoop().createFuture();
      const error = yield* raised(
        asyncio.withTimeout(0.001, function* () {
          yield* future;
        }),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(future.cancelled()).to.equal(true);
    }));

  it('interrupts a block that only gives way', () =>
    run(function* () {
      let rounds = 0;
      const error = yield* raised(
        asyncio.withTimeout(0, function* () {
          while (true) {
            rounds += 1;
            yield* asyncio.sleep(0);
          }
        }),
      );
      expect(error).to.be.instanceOf(asyncio.TimeoutError);
      expect(rounds).to.equal(1);
    }));
});
