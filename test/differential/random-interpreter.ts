/**
 * Runs the specs of random-programs.mjs here. random_interpreter.py does the same on CPython, and says what the words
 * of a trace mean.
 */

import * as asyncio from 'asyncio-web';
import type { Outcome } from 'asyncio-web/lowlevel';
import { startGuestRun } from 'asyncio-web/lowlevel';
import { ManualHost, runsGuests, simulate } from '../support/loops.ts';
import type { CountingLoop } from './log.ts';
import { counting, newCountingLoop, show } from './log.ts';

type Coroutine<T = unknown> = asyncio.Coroutine<T>;

/** One operation of a spec; which of the fields it has depends on `op`. */
export interface Op {
  readonly op: string;
  readonly id: number;
  /** A delay or a time limit in microseconds. */
  readonly d: number | null;
  /** An error of it does not end the task. */
  readonly safe?: boolean;
  /** The number of a lock, an event, a semaphore, a queue or a future. */
  readonly n: number;
  readonly ns: readonly number[];
  /** The name of a task, and names of tasks. */
  readonly t: string;
  readonly ts: readonly string[];
  readonly m: string | null;
  readonly how: 'result' | 'exception' | 'cancel';
  readonly k: number;
  readonly all: boolean;
  readonly immediate: boolean;
  readonly s: number;
  readonly h: number;
  readonly rx: boolean;
  readonly mode: asyncio.ReturnWhen;
  readonly catch: null | 'error' | 'cancel' | 'all';
  readonly rethrow: boolean;
  readonly body: readonly Op[];
  readonly handler: readonly Op[];
  readonly final: readonly Op[];
  readonly bodies: readonly (readonly Op[])[];
  readonly act: Op | null;
}

export interface Spec {
  readonly seed: number;
  readonly eager: boolean;
  readonly tasks: readonly (readonly Op[])[];
}

const MICROSECOND = 1e-6;
/** Longer than all delays of a program together. */
const WATCHDOG = 2 ** 26;
const ROUNDS = 12;

/** What the operation `raise` raises. */
class Failure extends Error {
  readonly id: number;
  constructor(id: number) {
    super(String(id));
    this.id = id;
  }
}

/** What surrounds an operation: the timeouts, innermost last, and the group. */
interface Place {
  readonly scopes: readonly asyncio.Timeout[];
  readonly group: asyncio.TaskGroup | null;
}

type Create = (coro: Coroutine, options: asyncio.TaskOptions) => asyncio.Task;

/** Runs a program and gives its trace. */
export async function runSpec(spec: Spec): Promise<string> {
  const interpreter = new Interpreter(spec);
  if (runsGuests)
    await simulate(interpreter.main(), { prepare: (loop) => interpreter.newLoop(counting(loop)) });
  else await asyncio.run(interpreter.main(), { loopFactory: () => interpreter.newLoop() });
  return interpreter.words.join(' ');
}

/** The same in a guest run, on a host that does what it is asked to and nothing else. */
export async function runSpecAsGuest(spec: Spec): Promise<string> {
  const interpreter = new Interpreter(spec);
  const host = new ManualHost();
  host.clockResolution = 1e-9;
  let outcome: Outcome<void> | null = null;
  startGuestRun(interpreter.main(), {
    host,
    loopFactory: (given) => interpreter.newLoop(counting(new asyncio.BaseEventLoop(given))),
    doneCallback: (ended) => {
      outcome = ended;
    },
  });
  while (outcome === null) {
    if (host.idle) {
      await undefined; // a run that is over tells it by a Promise
      continue;
    }
    // To the microsecond, as the recorded programs count it.
    if (!host.wantsSoon) host.time = Math.max(host.time, Math.ceil(host.deadline * 1e6 - 1e-3) / 1e6);
    host.pump(Infinity);
  }
  const { status } = outcome as Outcome<void>;
  return status === 'fulfilled' ? interpreter.words.join(' ') : `the run was ${status}`;
}

class Interpreter {
  readonly words: string[] = [];
  readonly #spec: Spec;
  #loop: CountingLoop = newCountingLoop();
  #passes = 0;
  #ticks = 0;
  readonly #tasks = new Map<string, asyncio.Task>();
  readonly #handles = new Map<number, asyncio.Handle>();
  readonly #locks = [new asyncio.Lock(), new asyncio.Lock()];
  readonly #events = [new asyncio.Event(), new asyncio.Event()];
  readonly #semaphores = [new asyncio.Semaphore(1), new asyncio.BoundedSemaphore(2)];
  readonly #condition = new asyncio.Condition(this.#locks[0] as asyncio.Lock);
  readonly #queues = [
    new asyncio.Queue<number>(),
    new asyncio.Queue<number>(1),
    new asyncio.LifoQueue<number>(2),
    new asyncio.PriorityQueue<number>(2),
  ];
  readonly #barrier = new asyncio.Barrier(2);
  #futures: asyncio.Future<number>[] = [];
  readonly #variable = new asyncio.ContextVar<number | null>('variable', { defaultValue: null });

  constructor(spec: Spec) {
    this.#spec = spec;
  }

  newLoop(loop: CountingLoop = newCountingLoop()): CountingLoop {
    loop.setExceptionHandler((_loop, { message = '', exception }) => {
      // These depend on when objects are collected.
      if (!message.includes('was never retrieved')) this.write(`H!${code(exception)}`);
    });
    if (this.#spec.eager) loop.setTaskFactory(asyncio.eagerTaskFactory);
    this.#futures = [loop.createFuture<number>(), loop.createFuture<number>(), loop.createFuture<number>()];
    this.#loop = loop;
    return loop;
  }

  write(word: string): void {
    const { passes, ticks } = this.#loop;
    if (passes !== this.#passes) this.words.push(`+${passes - this.#passes}`);
    if (ticks !== this.#ticks) this.words.push(`~${ticks - this.#ticks}`);
    this.#passes = passes;
    this.#ticks = ticks;
    this.words.push(word);
  }

  *main(): Coroutine<void> {
    this.#spec.tasks.forEach((ops, number) => {
      this.#makeTask(String(number), ops, { scopes: [], group: null });
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const pending = [...asyncio.allTasks()].filter((task) => task !== asyncio.currentTask());
      if (pending.length === 0) break;
      const [, late] = yield* asyncio.wait(pending, { timeout: WATCHDOG * 2 ** round * MICROSECOND });
      this.write('W');
      for (const task of late) task.cancel('W');
      // Condition.wait() takes the lock again at any price: no cancel gets it out while the lock is held.
      for (const lock of round > 1 ? this.#locks : []) if (lock.locked()) lock.release();
    }
    for (const name of [...this.#tasks.keys()].sort())
      this.write(`${name}:${state(this.#tasks.get(name) as asyncio.Task)}`);
  }

  #makeTask(name: string, ops: readonly Op[], place: Place, create: Create = asyncio.createTask): void {
    this.#tasks.set(name, create(this.#runNamed(name, ops, place), { name }));
  }

  *#runNamed(name: string, ops: readonly Op[], place: Place): Coroutine<string> {
    this.#tasks.set(name, asyncio.currentTask() as asyncio.Task);
    yield* this.#run(ops, place);
    return `r${name}`;
  }

  *#run(ops: readonly Op[], place: Place): Coroutine<void> {
    for (const op of ops) yield* this.#runOne(op, place);
  }

  *#runOne(op: Op, place: Place): Coroutine<void> {
    if (op.op in this.#acts) {
      this.#act(op);
      return;
    }
    this.write(`${op.id}`);
    let value: unknown;
    try {
      value = yield* this.#wait(op, place);
    } catch (error) {
      this.write(`${op.id}!${code(error)}`);
      throw error;
    }
    this.write(`${op.id}=${code(value)}`);
  }

  #act(op: Op): void {
    let value: unknown;
    try {
      value = (this.#acts[op.op] as (op: Op) => unknown)(op);
    } catch (error) {
      this.write(`${op.id}!${code(error)}`);
      if (op.safe) return;
      throw error;
    }
    this.write(`${op.id}=${code(value)}`);
  }

  #callback(op: Op, future?: asyncio.FutureLike<unknown>): void {
    this.write(`${op.id}@${code(this.#variable.get())}${future === undefined ? '' : state(future)}`);
    if (op.act !== null) this.#act(op.act);
  }

  #bodies(op: Op, place: Place): Coroutine<string>[] {
    return op.bodies.map((ops, k) => this.#runNamed(`${op.id}.${k}`, ops, place));
  }

  #futuresOf(op: Op): asyncio.Future<number>[] {
    return op.ns.map((n) => this.#futures[n] as asyncio.Future<number>);
  }

  #known(names: readonly string[]): asyncio.Task[] {
    return names.flatMap((name) => this.#tasks.get(name) ?? []);
  }

  /** Operations that do not wait. */
  readonly #acts: Readonly<Record<string, (op: Op) => unknown>> = {
    raise: (op) => {
      throw new Failure(op.id);
    },
    cancel: (op) => this.#tasks.get(op.t)?.cancel(op.m),
    uncancel: () => asyncio.currentTask()?.uncancel(),
    probe: (op) => {
      const task = this.#tasks.get(op.t);
      return task === undefined ? undefined : `${state(task)}${task.cancelling()}`;
    },
    look: () => [
      ...this.#locks.map((lock) => lock.locked()),
      ...this.#semaphores.map((semaphore) => semaphore.locked()),
      ...this.#events.map((event) => event.isSet()),
      ...this.#queues.map((queue) => queue.qsize()),
      this.#barrier.nWaiting,
      this.#barrier.broken,
      asyncio.allTasks().size,
    ],
    settle: (op) => {
      const future = this.#futures[op.n] as asyncio.Future<number>;
      if (op.how === 'cancel') return future.cancel(`m${op.id}`);
      if (op.how === 'result') future.setResult(op.id);
      else future.setException(new Failure(op.id));
      return undefined;
    },
    eventSet: (op) => this.#events[op.n]?.set(),
    eventClear: (op) => this.#events[op.n]?.clear(),
    release: (op) => this.#locks[op.n]?.release(),
    semRelease: (op) => this.#semaphores[op.n]?.release(),
    notify: (op) => (op.all ? this.#condition.notifyAll() : this.#condition.notify(op.k)),
    putNowait: (op) => this.#queues[op.n]?.putNowait(op.id),
    getNowait: (op) => this.#queues[op.n]?.getNowait(),
    taskDone: (op) => this.#queues[op.n]?.taskDone(),
    shutdown: (op) => this.#queues[op.n]?.shutdown(op.immediate),
    setVar: (op) => {
      const before = this.#variable.get();
      this.#variable.set(op.id);
      return before;
    },
    callSoon: (op) => {
      this.#handles.set(
        op.id,
        this.#loop.callSoon(() => this.#callback(op)),
      );
    },
    callLater: (op) => {
      const delay = (op.d as number) * MICROSECOND;
      this.#handles.set(
        op.id,
        this.#loop.callLater(delay, () => this.#callback(op)),
      );
    },
    cancelHandle: (op) => this.#handles.get(op.h)?.cancel(),
    doneCallback: (op) => {
      this.#tasks.get(op.t)?.addDoneCallback((task) => this.#callback(op, task));
    },
    futureCallback: (op) => of(this.#futures, op).addDoneCallback((future) => this.#callback(op, future)),
  };

  /** Operations that may wait. */
  *#wait(op: Op, place: Place): Coroutine {
    const limit = op.d === null ? null : op.d * MICROSECOND;
    switch (op.op) {
      case 'sleep0':
        return yield* asyncio.sleep(0);
      case 'sleep':
        return yield* asyncio.sleep(limit as number);
      case 'awaitTask': {
        const task = this.#tasks.get(op.t);
        return task === undefined ? undefined : yield* task;
      }
      case 'awaitFuture':
        return yield* of(this.#futures, op);
      case 'eventWait':
        return yield* of(this.#events, op).wait();
      case 'acquire':
        return yield* of(this.#locks, op).acquire();
      case 'withLock':
        return yield* asyncio.asyncWith(of(this.#locks, op), () => this.#run(op.body, place));
      case 'semAcquire':
        return yield* of(this.#semaphores, op).acquire();
      case 'withSem':
        return yield* asyncio.asyncWith(of(this.#semaphores, op), () => this.#run(op.body, place));
      case 'withCond':
        return yield* asyncio.asyncWith(this.#condition, () => this.#run(op.body, place));
      case 'condWait':
        return yield* this.#condition.wait();
      case 'condWaitFor':
        return yield* this.#condition.waitFor(() => of(this.#events, op).isSet());
      case 'put':
        return yield* of(this.#queues, op).put(op.id);
      case 'get':
        return yield* of(this.#queues, op).get();
      case 'join':
        return yield* of(this.#queues, op).join();
      case 'barrierWait':
        return yield* this.#barrier.wait();
      case 'barrierReset':
        return yield* this.#barrier.reset();
      case 'barrierAbort':
        return yield* this.#barrier.abort();
      case 'try':
        return yield* this.#try(op, place);
      case 'timeout':
        return yield* this.#timeout(op, limit, place);
      case 'reschedule':
        return (place.scopes[op.s] as asyncio.Timeout).reschedule(
          limit === null ? null : this.#loop.time() + limit,
        );
      case 'gather':
        return yield* asyncio.gather(this.#bodies(op, place), { returnExceptions: op.rx });
      case 'gatherTasks':
        return yield* asyncio.gather(this.#known(op.ts), { returnExceptions: op.rx });
      case 'group':
        return yield* asyncio.withTaskGroup((group) => this.#group(op, { scopes: place.scopes, group }));
      case 'child':
      case 'spawn': {
        const group = op.op === 'child' ? (place.group as asyncio.TaskGroup) : asyncio;
        return this.#makeTask(`${op.id}.0`, op.bodies[0] as readonly Op[], place, (coro, options) =>
          group.createTask(coro, options),
        );
      }
      case 'waitFor':
        return yield* asyncio.waitFor(this.#bodies(op, place)[0] as Coroutine, limit);
      case 'waitForTask': {
        const task = this.#tasks.get(op.t);
        return task === undefined ? undefined : yield* asyncio.waitFor(task, limit);
      }
      case 'waitForFuture':
        return yield* asyncio.waitFor(of(this.#futures, op), limit);
      case 'waitForShield': {
        const task = this.#tasks.get(op.t);
        return task === undefined ? undefined : yield* asyncio.waitFor(asyncio.shield(task), limit);
      }
      case 'gatherFutures':
        return yield* asyncio.gather(this.#futuresOf(op), { returnExceptions: op.rx });
      case 'waitFutures': {
        const sets = yield* asyncio.wait(this.#futuresOf(op), { returnWhen: op.mode });
        return sets.map((set) => [...set].map((future) => this.#futures.indexOf(future)));
      }
      case 'shieldFuture':
        return yield* asyncio.shield(of(this.#futures, op));
      case 'wait': {
        const names = new Map<asyncio.Task, string>();
        for (const name of new Set(op.ts)) for (const task of this.#known([name])) names.set(task, name);
        if (names.size === 0) return undefined;
        const sets = yield* asyncio.wait(names.keys(), { timeout: limit, returnWhen: op.mode });
        return sets.map((set) => [...set].map((task) => names.get(task)));
      }
      case 'shield':
        return yield* asyncio.shield(this.#bodies(op, place)[0] as Coroutine);
      case 'shieldTask': {
        const task = this.#tasks.get(op.t);
        return task === undefined ? undefined : yield* asyncio.shield(task);
      }
      case 'asCompleted':
        return yield* this.#asCompleted(op, limit, place);
      case 'forCompleted':
        return yield* this.#forCompleted(op, limit, place);
      default:
        throw new Error(`unknown operation ${op.op}`);
    }
  }

  *#try(op: Op, place: Place): Coroutine<void> {
    try {
      yield* this.#run(op.body, place);
    } catch (error) {
      const kind = asyncio.isCancelled(error) ? 'cancel' : 'error';
      if (op.catch !== 'all' && op.catch !== kind) throw error;
      this.write(`${op.id}^${code(error)}`);
      yield* this.#run(op.handler, place);
      if (op.rethrow) throw error;
    } finally {
      yield* this.#run(op.final, place);
    }
  }

  *#timeout(op: Op, limit: number | null, place: Place): Coroutine<void> {
    const scope = asyncio.timeout(limit);
    try {
      yield* asyncio.asyncWith(scope, () =>
        this.#run(op.body, { scopes: [...place.scopes, scope], group: place.group }),
      );
    } finally {
      if (scope.expired()) this.write(`${op.id}=expired`);
    }
  }

  *#group(op: Op, place: Place): Coroutine<void> {
    const group = place.group as asyncio.TaskGroup;
    op.bodies.forEach((ops, k) => {
      this.#makeTask(`${op.id}.${k}`, ops, place, (coro, options) => group.createTask(coro, options));
    });
    yield* this.#run(op.body, place);
  }

  *#asCompleted(op: Op, limit: number | null, place: Place): Coroutine<unknown[]> {
    const results: unknown[] = [];
    for (const next of asyncio.asCompleted(this.#bodies(op, place), { timeout: limit })) {
      try {
        results.push(yield* next);
      } catch (error) {
        asyncio.rethrowIfCancelled(error);
        results.push(error);
      }
    }
    return results;
  }

  *#forCompleted(op: Op, limit: number | null, place: Place): Coroutine<unknown[]> {
    const results: unknown[] = [];
    const bodies = this.#bodies(op, place).map((body) => asyncio.createTask(body));
    yield* asyncio.asyncFor(asyncio.asCompleted(bodies, { timeout: limit }), function* (task) {
      results.push(bodies.indexOf(task as asyncio.Task<string>), state(task));
    });
    return results;
  }
}

/** The shared object that an operation means. */
function of<T>(items: readonly T[], op: Op): T {
  return items[op.n] as T;
}

function state(future: asyncio.FutureLike<unknown>): string {
  if (!future.done()) return 'pending';
  if (future.cancelled()) return 'cancelled';
  const error = future.exception();
  return error === null ? `=${code(future.result())}` : `!${code(error)}`;
}

/** A value in few characters and without spaces. */
function code(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return `[${value.map(code).join(',')}]`;
  if (value instanceof asyncio.BaseExceptionGroup) return `Group${code(value.exceptions)}`;
  if (value instanceof Failure) return `E${value.id}`;
  if (asyncio.isCancelled(value)) return `C${value.args.length > 0 ? String(value.args[0]) : ''}`;
  if (value instanceof asyncio.TimeoutError) return 'T';
  return show(value).replaceAll(' ', '_');
}
