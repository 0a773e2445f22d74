/**
 * loopConformance: the checklist of a loop's author, as tests.
 *
 * Tiers 0 to 4 are what every loop needs: handles, the batch, tasks, timers, the life cycle. Tier 5 is the world outside
 * the loop, 6 debug mode, 7 what a page cannot do. A line has the number that it has in the checklist; each of its tests
 * stands for a bug that loops in the wild have had.
 *
 * The tests use only what a loop promises. They look at order, and at time only in the direction that cannot be a matter
 * of speed: nothing too early, nothing lost.
 */

import type { Coroutine, TaskOptions } from '../core/awaitable.ts';
import { ContextVar } from '../core/contextvars.ts';
import type { AbstractEventLoop, Callback, ExceptionContext, FutureLike, TaskLike } from '../core/events.ts';
import { _getRunningLoop, _setRunningLoop, getRunningLoop, Handle, TimerHandle } from '../core/events.ts';
import { isCancelled, SystemExit } from '../core/exceptions.ts';
import { logger } from '../core/log.ts';
import { asyncGenerator } from '../tasks/async-generators.ts';
import { asyncWith } from '../tasks/async-with.ts';
import type { Future } from '../tasks/futures.ts';
import { awaitedBy } from '../tasks/futures.ts';
import { gather } from '../tasks/gather.ts';
import { fromPromise } from '../tasks/promises.ts';
import { sleep } from '../tasks/sleep.ts';
import { TaskGroup } from '../tasks/taskgroups.ts';
import { allTasks, currentTask, enterTask, leaveTask, Task } from '../tasks/tasks.ts';
import { timeout } from '../tasks/timeouts.ts';
import { wait, waitFor } from '../tasks/wait.ts';
import { measureResolution } from './browser-host.ts';
import type { Check, ConformanceOptions, ConformanceTest, Line } from './conformance.ts';
import { makeTests } from './conformance.ts';
import { nativeTurns, untilIdle } from './hosts/native-turns.ts';
import { Runner, run } from './runners.ts';

/** What `loopConformance` takes. */
export interface LoopConformanceOptions extends ConformanceOptions {
  /** How much too early a timer may be, in seconds. Default: the resolution of the page's clock, as measured. */
  readonly clockResolution?: number;
}

/** What a test is about. */
interface Subject {
  readonly loop: AbstractEventLoop;
  /** What has been reported to the loop's exception handler. */
  readonly reports: ExceptionContext[];
  /** A further loop of the same make. */
  newLoop(): AbstractEventLoop;
  readonly clockResolution: number;
}

const nothing = (): void => undefined;

/** How often a callback schedules itself until it gives up being waited for. */
const PATIENCE = 2000;

/** After so many native turns a clock should have gone on. */
const VIRTUAL = 10;

const HANDLES: Line<Subject>[] = [
  {
    tier: 0,
    line: '1',
    tests: {
      'time() never goes back': async ({ loop }, check) => {
        let last = loop.time();
        for (let reading = 0; reading < 100_000; reading += 1) {
          const now = loop.time();
          check.ok(now >= last, `${last}, then ${now}`);
          last = now;
        }
      },
      'time() does not follow the wall clock': async ({ loop }, check) => {
        const before = loop.time();
        const { now } = Date;
        Date.now = () => now() - 3_600_000;
        try {
          const after = loop.time();
          check.ok(after >= before, `set back by an hour, the time went from ${before} to ${after}`);
        } finally {
          Date.now = now;
        }
      },
      'a timer whose time is now runs before the clock goes on': async ({ loop }, check) => {
        const calls: string[] = [];
        await loop.runUntilComplete(
          (function* () {
            loop.callAt(loop.time(), () => calls.push('timer'));
            for (let turn = 0; turn < PATIENCE && calls.length === 0; turn += 1) yield* sleep(0);
          })(),
        );
        check.equal(calls, ['timer'], `calls in ${PATIENCE} turns`);
      },
      'getDebug() is a boolean': async ({ loop }, check) => {
        check.equal(typeof loop.getDebug(), 'boolean', 'its type');
      },
    },
  },
  {
    tier: 0,
    line: '2',
    tests: {
      'a cancelled callback is not called': async ({ loop }, check) => {
        const calls: string[] = [];
        const handle = loop.callSoon(() => calls.push('cancelled'));
        check.ok(handle instanceof Handle, `callSoon() gave ${handle}`);
        handle.cancel();
        check.equal(handle.cancelled(), true, 'cancelled()');
        const second = loop.callSoon(() => {
          calls.push('first');
          third.cancel();
        });
        const third = loop.callSoon(() => calls.push('cancelled in the same turn'));
        await turn(loop);
        check.equal(second.cancelled(), false, 'cancelled() of one that was called');
        check.equal(calls, ['first'], 'calls');
      },
      'a callback gets its arguments': async ({ loop }, check) => {
        const calls: unknown[] = [];
        loop.callSoon((...args: unknown[]) => calls.push(args), 1, 'two');
        await turn(loop);
        check.equal(calls, [[1, 'two']], 'arguments');
      },
      'an error in a callback is reported once, and the next callback is called': async (subject, check) => {
        const { loop, reports } = subject;
        const calls: string[] = [];
        const failure = new Error('in a callback');
        const handle = loop.callSoon(() => {
          throw failure;
        });
        loop.callSoon(() => calls.push('next'));
        await turn(loop);
        check.equal(calls, ['next'], 'calls');
        check.equal(reports.length, 1, 'reports');
        check.ok(reports[0]?.exception === failure, 'the report has the error');
        check.ok(reports[0]?.handle === handle, 'the report has the handle');
        check.equal(typeof reports[0]?.message, 'string', 'its message');
        reports.length = 0;
      },
      'a callback sees the context variables of where it was scheduled': async ({ loop }, check) => {
        const variable = new ContextVar<string>('variable', { defaultValue: 'nobody' });
        const seen: string[] = [];
        const token = variable.set('first');
        loop.callSoon(() => seen.push(variable.get()));
        loop.callLater(0.001, () => seen.push(variable.get()));
        variable.set('second');
        loop.callSoon(() => {
          seen.push(variable.get());
          variable.set('inside');
        });
        loop.callSoon(() => seen.push(variable.get()));
        variable.reset(token);
        await loop.runUntilComplete(sleep(0.01));
        check.equal(seen, ['first', 'second', 'second', 'first'], 'seen');
        check.equal(variable.get(), 'nobody', 'outside');
      },
    },
  },
  {
    tier: 0,
    line: '3',
    tests: {
      'callLater() and callAt() give a TimerHandle, also for a time that has passed': async (
        { loop },
        check,
      ) => {
        const when = loop.time() + 10;
        check.equal(loop.callAt(when, nothing).when(), when, 'when()');
        for (const delay of [1, 0, -1]) {
          const handle = loop.callLater(delay, nothing);
          check.ok(handle instanceof TimerHandle, `callLater(${delay}) gave ${handle}`);
          check.ok(Math.abs(handle.when() - (when - 10 + delay)) < 5, `when() of callLater(${delay})`);
        }
      },
      'equal times keep their order': async ({ loop }, check) => {
        const calls: number[] = [];
        const when = loop.time() + 0.002;
        for (let index = 0; index < 50; index += 1) loop.callAt(when, () => calls.push(index));
        await loop.runUntilComplete(sleep(0.01));
        check.equal(calls, [...Array(50).keys()], 'order');
      },
    },
  },
];

const BATCH: Line<Subject>[] = [
  {
    tier: 1,
    line: '4',
    tests: {
      'callSoon() is first in, first out': async ({ loop }, check) => {
        const calls: number[] = [];
        for (let index = 0; index < 10_000; index += 1) loop.callSoon(() => calls.push(index));
        await turn(loop);
        const wrong = calls.findIndex((call, index) => call !== index);
        check.equal(calls.length, 10_000, 'calls');
        check.ok(wrong < 0, `call ${wrong} was of callback ${calls[wrong]}`);
      },
      'what cannot be called is refused': async ({ loop }, check) => {
        const methods: Record<string, (callback: Callback) => unknown> = {
          callSoon: (callback) => loop.callSoon(callback),
          callLater: (callback) => loop.callLater(1, callback),
          callAt: (callback) => loop.callAt(1, callback),
        };
        for (const [name, method] of Object.entries(methods)) {
          await check.fails('TypeError', () => method(undefined as never), `${name}(undefined)`);
          await check.fails('TypeError', () => method(sleep(0) as never), `${name}() of a coroutine`);
        }
      },
      'a closed loop takes nothing': async ({ loop }, check) => {
        loop.close();
        await check.fails('RuntimeError', () => loop.callSoon(nothing), 'callSoon()');
        await check.fails('RuntimeError', () => loop.callLater(1, nothing), 'callLater()');
        await check.fails('RuntimeError', () => loop.callAt(1, nothing), 'callAt()');
        await check.fails('RuntimeError', () => loop.createTask(sleep(0)), 'createTask()');
      },
    },
  },
  {
    tier: 1,
    line: '5',
    tests: {
      'a callback that schedules itself does not hold up timers': async ({ loop }, check) => {
        let [spins, hasFired] = [0, false];
        const spin = (): void => {
          spins += 1;
          if (hasFired || spins === PATIENCE) loop.stop();
          else loop.callSoon(spin);
        };
        loop.callSoon(spin);
        loop.callSoon(() => {
          loop.callAt(loop.time(), () => {
            hasFired = true;
          });
        });
        await loop.runForever();
        check.ok(hasFired, `the timer did not fire in ${PATIENCE} turns`);
      },
      'what is due runs behind what is ready, and before what is scheduled then': async ({ loop }, check) => {
        const calls: string[] = [];
        loop.callSoon(() => {
          loop.callSoon(() => {
            calls.push('ready');
            loop.callSoon(() => calls.push('scheduled then'));
          });
          loop.callAt(loop.time(), () => calls.push('due'));
        });
        await loop.runUntilComplete(sleep(0.01));
        check.equal(calls, ['ready', 'due', 'scheduled then'], 'order');
      },
    },
  },
  {
    tier: 1,
    line: '6',
    tests: {
      'the handler is called with the loop and the context': async ({ loop }, check) => {
        const calls: unknown[][] = [];
        const handler = (...args: unknown[]): void => void calls.push(args);
        loop.setExceptionHandler(handler);
        check.ok(loop.getExceptionHandler() === handler, 'getExceptionHandler() gives it');
        const context = { message: 'told' };
        loop.callExceptionHandler(context);
        check.equal(calls.length, 1, 'calls');
        check.ok(calls[0]?.[0] === loop, 'the loop comes first');
        check.ok(calls[0]?.[1] === context, 'the context comes second');
      },
      'without a handler the default one logs': async ({ loop }, check) => {
        loop.setExceptionHandler(null);
        check.equal(loop.getExceptionHandler(), null, 'getExceptionHandler()');
        const lines = await logged(() => loop.callExceptionHandler({ message: 'told to the log' }));
        check.ok(lines.join().includes('told to the log'), `the log has ${lines.join() || 'nothing'}`);
      },
      'a handler that fails is reported by the default handler': async ({ loop }, check) => {
        const told: ExceptionContext[] = [];
        const failure = new Error('in the handler');
        loop.defaultExceptionHandler = (context) => void told.push(context);
        loop.setExceptionHandler(() => {
          throw failure;
        });
        loop.callExceptionHandler({ message: 'first' });
        check.equal(told[0]?.message, 'Unhandled error in exception handler', 'message');
        check.ok(told[0]?.exception === failure, 'the error of the handler is told');
      },
      'a default handler that fails is logged': async ({ loop }, check) => {
        loop.defaultExceptionHandler = () => {
          throw new Error('in the default handler');
        };
        for (const handler of [null, () => loop.defaultExceptionHandler({})]) {
          loop.setExceptionHandler(handler);
          const lines = await logged(() => loop.callExceptionHandler({ message: 'first' }));
          check.ok(
            lines.join().includes('default exception handler'),
            `the log has ${lines.join() || 'nothing'}`,
          );
        }
      },
    },
  },
];

const TASKS: Line<Subject>[] = [
  {
    tier: 2,
    line: '7',
    tests: {
      'a future belongs to its loop and wakes who waits': async ({ loop }, check) => {
        const future = loop.createFuture<string>();
        check.ok(future.getLoop() === loop, 'getLoop()');
        loop.callLater(0.001, () => future.setResult('set'));
        check.equal(await loop.runUntilComplete(future), 'set', 'result');
      },
      'tasks give their results': async ({ loop }, check) => {
        function* answer(value: number): Coroutine<number> {
          yield* sleep(0);
          return value;
        }
        const results = await loop.runUntilComplete(
          (function* () {
            return [yield* loop.createTask(answer(42)), ...(yield* gather(answer(1), answer(2)))];
          })(),
        );
        check.equal(results, [42, 1, 2], 'results');
      },
      'the error of a task that is awaited is thrown there, and reported nowhere': async (subject, check) => {
        const { loop, reports } = subject;
        const failure = new Error('in a task');
        const caught = await loop.runUntilComplete(
          (function* () {
            try {
              yield* loop.createTask(failing(failure));
            } catch (error) {
              return error;
            }
            return null;
          })(),
        );
        check.ok(caught === failure, `caught: ${caught}`);
        check.equal(reports.length, 0, 'reports');
      },
      'the task factory gets the options, also those of a TaskGroup': async ({ loop }, check) => {
        const seen: (string | null | undefined)[] = [];
        const factory = <T>(
          owner: AbstractEventLoop,
          coro: Coroutine<T>,
          options: TaskOptions,
        ): TaskLike<T> => {
          seen.push(owner === loop ? options.name : 'of another loop');
          return new Task(coro, options, owner);
        };
        loop.setTaskFactory(factory);
        check.ok(loop.getTaskFactory() === factory, 'getTaskFactory() gives it');
        await loop.runUntilComplete(
          (function* () {
            yield* loop.createTask(sleep(0), { name: 'alone' });
            yield* asyncWith(new TaskGroup(), function* (group) {
              group.createTask(sleep(0), { name: 'in a group' });
            });
          })(),
        );
        check.equal(seen.slice(-2), ['alone', 'in a group'], 'names');
        loop.setTaskFactory(null);
        check.equal(loop.getTaskFactory(), null, 'getTaskFactory() after null');
      },
      'an eager task begins inside the call': async ({ loop }, check) => {
        const calls: string[] = [];
        function* body(): Coroutine<void> {
          calls.push('begun');
          yield* sleep(0);
          calls.push('ended');
        }
        await loop.runUntilComplete(
          (function* () {
            const task = loop.createTask(body(), { eagerStart: true });
            calls.push('created');
            yield* task;
          })(),
        );
        check.equal(calls, ['begun', 'created', 'ended'], 'order');
      },
      'a task keeps its context variables, whoever sets what it waits for': async ({ loop }, check) => {
        const variable = new ContextVar<string>('variable');
        const seen: string[] = [];
        function* waiter(future: Future): Coroutine<void> {
          variable.set('of the waiter');
          yield* future;
          seen.push(variable.get());
        }
        await loop.runUntilComplete(
          (function* () {
            const future = loop.createFuture() as Future;
            const task = loop.createTask(waiter(future));
            yield* sleep(0);
            variable.set('of the setter');
            future.setResult(null);
            yield* task;
          })(),
        );
        check.equal(seen, ['of the waiter'], 'seen');
      },
      'a done callback sees the context variables of where it was added': async ({ loop }, check) => {
        const variable = new ContextVar<string>('variable', { defaultValue: 'nobody' });
        const seen: string[] = [];
        const future = loop.createFuture();
        const token = variable.set('of who added it');
        future.addDoneCallback(() => seen.push(variable.get()));
        variable.set('of the setter');
        future.setResult(null);
        variable.reset(token);
        await turn(loop);
        check.equal(seen, ['of who added it'], 'seen');
      },
      'wait() gives tasks in the order in which they were given': async ({ loop }, check) => {
        const names = await loop.runUntilComplete(
          (function* () {
            const tasks = ['a', 'b', 'c', 'd'].map((name) => loop.createTask(sleep(0), { name }));
            const [done] = yield* wait(tasks);
            return [...done].map((task) => (task as TaskLike<unknown>).getName());
          })(),
        );
        check.equal(names, ['a', 'b', 'c', 'd'], 'names');
      },
    },
  },
  {
    tier: 2,
    line: '8',
    tests: {
      'currentTask() and allTasks() know the tasks of the loop': async ({ loop }, check) => {
        await loop.runUntilComplete(
          (function* () {
            const main = currentTask();
            const child = loop.createTask(sleep(0));
            check.ok(main !== null && allTasks().has(main), 'allTasks() has the task that runs');
            check.ok(allTasks().has(child as Task), 'allTasks() has one that has not begun');
            yield* child;
            check.ok(currentTask() === main, 'currentTask() after a wait');
            check.ok(!allTasks().has(child as Task), 'allTasks() has one that is done');
          })(),
        );
        check.equal(currentTask(loop), null, 'currentTask() outside');
      },
      'no task is entered while another one runs': async ({ loop }, check) => {
        const calls: string[] = [];
        // A loop without a page under it cannot wait for Promises: they are looked at after the run.
        const checks: Promise<unknown>[] = [];
        await loop.runUntilComplete(
          (function* () {
            const other = loop.createTask(note(calls, 'other'));
            const inner = note(calls, 'inner');
            checks.push(check.fails('RuntimeError', () => loop.runUntilComplete(inner), 'a run in a run'));
            check.equal(calls, [], 'calls inside the call');
            inner.return();
            checks.push(check.fails('RuntimeError', () => enterTask(loop, other), 'enterTask()'));
            checks.push(check.fails('RuntimeError', () => leaveTask(loop, other), 'leaveTask()'));
            yield* other;
          })(),
        );
        await Promise.all(checks);
      },
    },
  },
  {
    tier: 2,
    line: '9',
    tests: {
      'a future knows the task that waits for it': async ({ loop }, check) => {
        await loop.runUntilComplete(
          (function* () {
            const future = loop.createFuture() as Future;
            const task = loop.createTask(waitForIt(future));
            yield* sleep(0);
            check.ok(awaitedBy(future).includes(task), 'the waiters');
            future.setResult(null);
            yield* task;
            check.equal(awaitedBy(future).length, 0, 'waiters of a future that is done');
          })(),
        );
      },
    },
  },
];

const TIMERS: Line<Subject>[] = [
  {
    tier: 3,
    line: '10',
    tests: {
      'no timer is early': async ({ loop, clockResolution }, check) => {
        const early: number[] = [];
        const start = loop.time();
        for (const delay of [0.0009, 0.0059, 0.0101, 0.0159, 0.0199, 0.0259]) {
          loop.callLater(delay, () => {
            if (loop.time() < start + delay - clockResolution) early.push(delay);
          });
        }
        await loop.runUntilComplete(sleep(0.04));
        check.equal(early, [], 'delays that were cut');
      },
      'timers fire by their times': async ({ loop }, check) => {
        const calls: number[] = [];
        const start = loop.time();
        for (const delay of [0.03, 0.01, 0.02, -1, 0]) loop.callAt(start + delay, () => calls.push(delay));
        await loop.runUntilComplete(sleep(0.05));
        check.equal(calls, [-1, 0, 0.01, 0.02, 0.03], 'order');
      },
      'a cancelled timer does not fire, and does not hold the clock': async ({ loop, reports }, check) => {
        const start = loop.time();
        loop.callLater(100, () => reports.push({ message: 'a cancelled timer fired' })).cancel();
        const late = loop.callLater(50, () => reports.push({ message: 'a cancelled timer fired' }));
        const end = await loop.runUntilComplete(
          (function* () {
            yield* waitFor(sleep(0.001), 100);
            late.cancel();
            yield* sleep(0.01);
            return loop.time();
          })(),
        );
        await turn(loop);
        check.ok(
          end - start < 50 && loop.time() - start < 50,
          `the clock went on by ${loop.time() - start} s`,
        );
      },
      'a timer can be cancelled by one that is due with it': async ({ loop }, check) => {
        const calls: string[] = [];
        const when = loop.time() + 0.002;
        loop.callAt(when, () => {
          calls.push('first');
          second.cancel();
        });
        const second = loop.callAt(when, () => calls.push('second'));
        loop.callAt(when, () => calls.push('third'));
        await loop.runUntilComplete(sleep(0.01));
        check.equal(calls, ['first', 'third'], 'calls');
      },
      'a timeout ends what takes too long': async ({ loop }, check) => {
        const outcome = await loop.runUntilComplete(
          (function* () {
            try {
              yield* asyncWith(timeout(0.002), () => sleep(100));
            } catch (error) {
              return (error as Error).name;
            }
            return 'no error';
          })(),
        );
        check.equal(outcome, 'TimeoutError', 'error');
      },
      'timers that are cancelled do not stay': async ({ loop }, check) => {
        const scheduled = (loop as { _scheduled?: { readonly length: number } })._scheduled;
        const live = Array.from({ length: 10 }, () => loop.callLater(800, nothing));
        for (let index = 0; index < 5000; index += 1) loop.callLater(900, nothing).cancel();
        for (let step = 0; step < 20; step += 1) await turn(loop); // a loop may throw them away in steps
        // Only a loop that shows its timers, as BaseEventLoop does, can be looked into.
        if (scheduled !== undefined)
          check.ok(scheduled.length < 200, `${scheduled.length} timers for 10 that live`);
        for (const handle of live) handle.cancel();
      },
      'a time that is very far is not soon': async ({ loop }, check) => {
        const fired: number[] = [];
        const far = [2 ** 31 / 1000, 2 ** 32 / 1000, 1e9, Infinity];
        const handles = far.map((delay) => loop.callLater(delay, () => fired.push(delay)));
        await loop.runUntilComplete(sleep(0.02));
        check.equal(fired, [], 'delays that fired at once');
        for (const handle of handles) handle.cancel();
      },
    },
  },
];

const LIFE: Line<Subject>[] = [
  {
    tier: 4,
    line: '11',
    tests: {
      'it is the running loop in its callbacks only': async ({ loop }, check) => {
        const seen: unknown[] = [];
        loop.callSoon(() => seen.push(_getRunningLoop() === loop, loop.isRunning()));
        await turn(loop);
        check.equal(seen, [true, true], 'inside');
        await check.fails('RuntimeError', getRunningLoop, 'getRunningLoop() after the run');
        check.equal(loop.isRunning(), false, 'isRunning() after the run');
      },
      'between two turns it runs, and is not the running loop': async ({ loop }, check) => {
        loop.callLater(0.02, () => loop.stop());
        loop.callSoon(nothing);
        const over = loop.runForever();
        check.equal(_getRunningLoop(), null, 'the running loop behind runForever()');
        await nativeTurns(1);
        check.equal(_getRunningLoop(), null, 'the running loop in a task of the page');
        await over;
      },
    },
  },
  {
    tier: 4,
    line: '12',
    tests: {
      'stop() lets the turn end, and no more': async ({ loop }, check) => {
        const calls: string[] = [];
        loop.callSoon(() => {
          calls.push('stops');
          loop.stop();
          loop.callSoon(() => calls.push('scheduled after it'));
        });
        loop.callSoon(() => calls.push('of the same turn'));
        await loop.runForever();
        check.equal(calls, ['stops', 'of the same turn'], 'calls');
        await turn(loop);
        check.equal(calls.slice(2), ['scheduled after it'], 'calls of the next run');
      },
      'stop() before a run lets it take one turn': async ({ loop }, check) => {
        const calls: string[] = [];
        loop.callSoon(() => {
          calls.push('first turn');
          loop.callSoon(() => calls.push('second turn'));
        });
        loop.stop();
        await loop.runForever();
        check.equal(calls, ['first turn'], 'calls');
      },
      'it cannot be run twice at a time': async ({ loop }, check) => {
        let refused: Promise<unknown> | undefined;
        loop.callSoon(() => {
          refused = check.fails('RuntimeError', () => loop.runForever(), 'runForever() inside');
        });
        await turn(loop);
        await refused;
      },
      'it can be run again and again': async ({ loop }, check) => {
        for (let round = 0; round < 5; round += 1) {
          check.equal(await loop.runUntilComplete(sleep(0.001, round)), round, 'result');
          await turn(loop);
        }
      },
    },
  },
  {
    tier: 4,
    line: '13',
    tests: {
      'runUntilComplete() gives the result or the error': async ({ loop, reports }, check) => {
        check.equal(await loop.runUntilComplete(sleep(0, 'result')), 'result', 'result');
        await check.fails(
          'RangeError',
          () => loop.runUntilComplete(failing(new RangeError('own'))),
          'its error',
        );
        check.equal(reports.length, 0, 'reports');
      },
      'a run that is stopped before says so': async ({ loop }, check) => {
        const future = loop.createFuture();
        loop.callSoon(() => loop.stop());
        const error = await check.fails('RuntimeError', () => loop.runUntilComplete(future), 'the run');
        check.equal(error.message, 'Event loop stopped before Future completed.', 'message');
      },
      'an exit leaves the run, and the next run takes its time': async ({ loop }, check) => {
        const exit = failing(new SystemExit(3));
        await check.fails('SystemExit', () => loop.runUntilComplete(exit), 'the exit of the program');
        check.equal(await loop.runUntilComplete(sleep(0.002, 'slept')), 'slept', 'the next run');
        loop.callSoon(() => {
          throw new SystemExit(4);
        });
        await check.fails('SystemExit', () => loop.runUntilComplete(sleep(0.01)), 'the exit of a callback');
        check.equal(await loop.runUntilComplete(sleep(0.002, 'slept')), 'slept', 'the run after it');
      },
      'a cancelled program rejects with CancelledError': async ({ loop }, check) => {
        const task = loop.createTask(sleep(100));
        loop.callSoon(() => task.cancel());
        await check.fails('CancelledError', () => loop.runUntilComplete(task), 'the run');
      },
    },
  },
  {
    tier: 4,
    line: '14',
    tests: {
      'it is closed after close() and not before': async ({ loop }, check) => {
        check.equal(loop.isClosed(), false, 'isClosed() of a new loop');
        await turn(loop);
        check.equal(loop.isClosed(), false, 'isClosed() after a run');
        loop.close();
        loop.close();
        check.equal(loop.isClosed(), true, 'isClosed() after close()');
        await check.fails('RuntimeError', () => loop.runForever(), 'runForever()');
      },
      'it cannot be closed while it runs': async ({ loop }, check) => {
        let refused: Promise<unknown> | undefined;
        loop.callSoon(() => {
          refused = check.fails('RuntimeError', () => loop.close(), 'close() inside');
        });
        await turn(loop);
        await refused;
      },
      'nothing is called after close()': async ({ loop }, check) => {
        const calls: string[] = [];
        await turn(loop);
        loop.callLater(0.001, () => calls.push('timer'));
        loop.callSoon(() => calls.push('callback'));
        loop.close();
        await nativeTurns(5);
        check.equal(calls, [], 'calls');
      },
    },
  },
  {
    tier: 4,
    line: '15',
    tests: {
      'a Runner runs twice, and closes': async ({ loop }, check) => {
        const runner = new Runner({ loopFactory: () => loop });
        check.equal(await runner.run(sleep(0.001, 1)), 1, 'the first run');
        check.equal(await runner.run(sleep(0.001, 2)), 2, 'the second run');
        await runner.close();
        check.equal(loop.isClosed(), true, 'isClosed()');
      },
      'what is left is cancelled, and its cleanup is waited for': async ({ loop }, check) => {
        const calls: string[] = [];
        function* background(): Coroutine<void> {
          try {
            yield* sleep(1000);
          } finally {
            calls.push('cleanup begins');
            yield* sleep(0.002);
            calls.push(loop.isClosed() ? 'the loop is closed' : 'cleanup ends');
          }
        }
        await run(
          function* () {
            loop.createTask(background());
            yield* sleep(0.001);
          },
          { loopFactory: () => loop },
        );
        check.equal(calls, ['cleanup begins', 'cleanup ends'], 'calls');
        check.equal(loop.isClosed(), true, 'isClosed()');
      },
      'the errors of what is left are reported': async ({ loop, reports }, check) => {
        function* stubborn(): Coroutine<void> {
          try {
            yield* sleep(1000);
          } catch (error) {
            throw isCancelled(error) ? new Error('in the cleanup') : error;
          }
        }
        await run(
          function* () {
            loop.createTask(stubborn());
            yield* sleep(0);
          },
          { loopFactory: () => loop },
        );
        check.equal(
          reports.map(({ message }) => message),
          ['unhandled exception during asyncio.run() shutdown'],
          'reports',
        );
        reports.length = 0;
      },
    },
  },
];

/**
 * What code of the page does outside the loop, while a program waits for it. The page then waits until the program has
 * seen it, and does nothing else that could wake the loop.
 */
async function outside(loop: AbstractEventLoop, act: () => void, isSeen: () => boolean): Promise<void> {
  await untilIdle();
  if (loop.isClosed()) return; // the test has failed by now
  act();
  const time = loop.time();
  for (let turns = 0; turns < PATIENCE && !isSeen(); turns += 1) {
    // A clock that stands still is a virtual one, which waits for this Promise.
    if (turns > VIRTUAL && loop.time() === time) return;
    await nativeTurns(1);
  }
}

/** Runs the loop until `future` is set, which something in `outside` is to do, and gives what it was set to. */
async function wokenBy<T>(loop: AbstractEventLoop, future: FutureLike<T>, act: () => void): Promise<T> {
  let isSeen = false;
  function* waiter(): Coroutine<T> {
    const result = yield* future;
    isSeen = true;
    return result;
  }
  function* main(): Coroutine<T> {
    const [result] = yield* gather(waiter(), fromPromise(outside(loop, act, () => isSeen)));
    return result;
  }
  return await loop.runUntilComplete(main());
}

const WORLD: Line<Subject>[] = [
  {
    tier: 5,
    line: '16',
    tests: {
      'a future that the page sets wakes an idle loop': async ({ loop }, check) => {
        const future = loop.createFuture<string>();
        check.equal(await wokenBy(loop, future, () => future.setResult('set')), 'set', 'result');
      },
      'a future that the page sets wakes a loop that waits for a far timer': async ({ loop }, check) => {
        const future = loop.createFuture<string>();
        const far = loop.callLater(1000, nothing);
        check.equal(await wokenBy(loop, future, () => future.setResult('set')), 'set', 'result');
        far.cancel();
      },
      'an earlier timer of the page takes the place of a later one': async ({ loop }, check) => {
        const future = loop.createFuture<string>();
        const far = loop.callLater(1000, nothing);
        const earlier = (): unknown => loop.callLater(0.002, () => future.setResult('fired'));
        check.equal(await wokenBy(loop, future, earlier), 'fired', 'result');
        far.cancel();
      },
      'stop() and cancel() of the page wake an idle loop': async ({ loop }, check) => {
        const task = loop.createTask(sleep(1000));
        function* waiter(): Coroutine<void> {
          yield* wait([task]);
        }
        await wokenBy(loop, loop.createTask(waiter()), () => task.cancel());
        check.equal(task.cancelled(), true, 'cancelled()');
        const over = loop.runForever();
        await untilIdle();
        loop.stop();
        await over;
      },
      'a callback that schedules itself does not hold up the page': async ({ loop }, check) => {
        let hasTurned = false;
        let spins = 0;
        const spin = (): void => {
          spins += 1;
          if (hasTurned || spins === 1_000_000) loop.stop();
          else loop.callSoon(spin);
        };
        loop.callSoon(spin);
        const over = loop.runForever();
        void nativeTurns(1).then(() => {
          hasTurned = true;
        });
        await over;
        check.ok(hasTurned, `the page had no turn in ${spins} turns of the loop`);
      },
      'a turn does not cost a native timer': async ({ loop }, check) => {
        let [timers, isOver] = [0, false];
        void (async () => {
          while (!isOver) {
            await nativeTurns(1);
            timers += 1;
          }
        })();
        await loop.runUntilComplete(
          (function* () {
            for (let index = 0; index < 400; index += 1) yield* sleep(0);
          })(),
        );
        isOver = true;
        check.ok(timers < 200, `${timers} timers of the page for 400 turns of the loop`);
      },
    },
  },
  {
    tier: 5,
    line: '17',
    tests: {
      'callSoonThreadsafe() wakes an idle loop': async ({ loop }, check) => {
        const calls: string[] = [];
        const over = loop.runForever();
        await untilIdle();
        const handle = loop.callSoonThreadsafe(() => {
          calls.push('called');
          loop.stop();
        });
        check.ok(handle instanceof Handle, `it gave ${handle}`);
        await over;
        check.equal(calls, ['called'], 'calls');
      },
    },
  },
  {
    tier: 5,
    line: '18',
    tests: {
      'runInExecutor() works, or says why not': async ({ loop }, check) => {
        await worksOrSaysWhy(check, 'runInExecutor', () => loop.runInExecutor(null, () => 1));
        check.equal(
          await loop.runUntilComplete(loop.shutdownDefaultExecutor()),
          undefined,
          'shutdownDefaultExecutor()',
        );
      },
    },
  },
  {
    tier: 5,
    line: '19',
    tests: {
      'shutdownAsyncgens() closes what was begun': async ({ loop }, check) => {
        const calls: string[] = [];
        const numbers = asyncGenerator<number>(function* (emit) {
          try {
            yield* emit(1);
            yield* emit(2);
          } finally {
            calls.push('closed');
          }
        });
        await loop.runUntilComplete(
          (function* () {
            yield* numbers.anext();
          })(),
        );
        await loop.runUntilComplete(loop.shutdownAsyncgens());
        check.equal(calls, ['closed'], 'calls');
      },
    },
  },
];

const DEBUG: Line<Subject>[] = [
  {
    tier: 6,
    line: '20',
    tests: {
      'setDebug() switches it': async ({ loop }, check) => {
        for (const enabled of [true, false]) {
          loop.setDebug(enabled);
          check.equal(loop.getDebug(), enabled, 'getDebug()');
        }
      },
      'a slow callback is told of': async ({ loop }, check) => {
        loop.setDebug(true);
        (loop as { slowCallbackDuration?: number }).slowCallbackDuration = 0;
        const lines = await logged(async () => {
          loop.callSoon(function slow() {});
          await turn(loop);
        });
        check.ok(/slow.*took .* seconds/.test(lines.join()), `the log has ${lines.join() || 'nothing'}`);
      },
      'an error is reported with where its callback was scheduled': async ({ loop, reports }, check) => {
        loop.setDebug(true);
        loop.callSoon(() => {
          throw new Error('in debug mode');
        });
        await turn(loop);
        check.equal(typeof reports[0]?.sourceTraceback, 'string', 'the type of sourceTraceback');
        reports.length = 0;
      },
      'a coroutine function is refused as a callback': async ({ loop }, check) => {
        loop.setDebug(true);
        const body = function* (): Coroutine<void> {};
        await check.fails('TypeError', () => loop.callSoon(body), 'callSoon()');
      },
      'a callback of another loop is refused': async ({ loop, newLoop }, check) => {
        const other = newLoop();
        loop.setDebug(true);
        other.callSoon(() => loop.callSoon(nothing));
        const reports: ExceptionContext[] = [];
        other.setExceptionHandler((_loop, context) => reports.push(context));
        await turn(other);
        other.close();
        check.ok(
          (reports[0]?.exception as Error | undefined)?.name === 'RuntimeError',
          'RuntimeError in the other loop',
        );
      },
    },
  },
];

const LIMITS: Line<Subject>[] = [
  {
    tier: 7,
    line: '22',
    tests: Object.fromEntries(
      [
        'addReader',
        'addSignalHandler',
        'getaddrinfo',
        'sockRecv',
        'subprocessExec',
        'subprocessShell',
        'createUnixServer',
      ].map((name) => [
        `${name}() works, or says why not`,
        async ({ loop }, check) => {
          const method = (loop as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
          await worksOrSaysWhy(check, name, () => method?.call(loop, 'online', nothing));
        },
      ]),
    ),
  },
];

/** Fails unless `call` succeeds, or says why it cannot: here at all, or, of a signal, in this engine. */
async function worksOrSaysWhy(check: Check, name: string, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    const { name: kind, message } = error as Error;
    const isExplained =
      (kind === 'NotImplementedError' && message.startsWith(`${name}() is not available: `)) ||
      (kind === 'RuntimeError' && message.includes('cannot be caught'));
    check.ok(isExplained, `${name}() threw ${error}`);
  }
}

/** Lets the loop take the turns that a callback needs that is scheduled now. */
async function turn(loop: AbstractEventLoop): Promise<void> {
  loop.callSoon(() => loop.stop());
  await loop.runForever();
}

function* failing(error: Error): Coroutine<never> {
  yield* sleep(0);
  throw error;
}

function* note(calls: string[], what: string): Coroutine<void> {
  calls.push(what);
}

function* waitForIt(future: Future): Coroutine<unknown> {
  return yield* future;
}

/** What the log is told while `body` runs. */
async function logged(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const { error, warning } = logger;
  const { reportError } = globalThis;
  logger.error = logger.warning = (...details) => void lines.push(details.map(String).join(' '));
  globalThis.reportError = nothing;
  try {
    await body();
  } finally {
    Object.assign(logger, { error, warning });
    globalThis.reportError = reportError;
  }
  return lines;
}

/**
 * The tests of the loop author's checklist, for a loop of any make.
 *
 * @param factory Makes a new loop for each test.
 * @param options.tiers From 0 to 7; a loop on AbstractEventLoop needs 0 to 4.
 * @returns The tests; with `it` given, they are registered as well.
 * @example
 * // Under a test runner: loopConformance(() => new MyLoop(), { tiers: [0, 1, 2, 3, 4], describe, it });
 * const tests = loopConformance(() => new BrowserEventLoop(), { tiers: [1] });
 * for (const test of tests) await test.run(); // rejects with the line that is broken
 */
export function loopConformance(
  factory: () => AbstractEventLoop,
  options: LoopConformanceOptions = {},
): ConformanceTest[] {
  const lines = [...HANDLES, ...BATCH, ...TASKS, ...TIMERS, ...LIFE, ...WORLD, ...DEBUG, ...LIMITS];
  return makeTests(
    lines,
    () => {
      const loop = factory();
      const reports: ExceptionContext[] = [];
      loop.setExceptionHandler((_loop, context) => void reports.push(context));
      const clockResolution = options.clockResolution ?? measureResolution();
      return {
        subject: { loop, reports, newLoop: factory, clockResolution },
        verify(check) {
          const [report] = reports;
          check.ok(report === undefined, `it reported: ${report?.message} ${report?.exception ?? ''}`);
        },
        dispose() {
          // The tests run between turns, whatever a loop that is broken has left behind.
          _setRunningLoop(null);
          if (loop.isRunning()) loop.stop();
          else loop.close();
        },
      };
    },
    options,
  );
}
