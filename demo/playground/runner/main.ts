/** The Worker that a program runs in. One run, one Worker. */

import type { AbstractEventLoop } from 'asyncio-web';
import { allTasks, BaseEventLoop, KeyboardInterrupt } from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import type {
  Batch,
  Counters,
  Deadlock,
  FromRunner,
  Outcome,
  Primitive,
  StartOptions,
  ToRunner,
} from '../protocol.ts';
import { CREDIT } from '../protocol.ts';
import { compile } from './compile.ts';
import { findDeadlock } from './deadlock.ts';
import { classNameOf, format, formatError } from './format.ts';
import { Loops } from './hosts.ts';
import { programLine, setProgramAddress } from './lines.ts';
import { Log } from './log.ts';
import { Meter } from './meter.ts';
import { programModules } from './modules.ts';
import { inLoop } from './peek.ts';
import { Primitives } from './primitives.ts';
import { Recorder } from './recorder.ts';
import { takeQueues } from './snapshot.ts';
import { makeStage } from './stage.ts';
import { Timers } from './timers.ts';
import type { Hear } from './world.ts';
import { furnish } from './world.ts';

/** The page is told this often, in milliseconds. */
const REPORT_MS = 33;

/** How often the page hears that the Worker still turns, when there is nothing else to say. */
const ALIVE_MS = 500;

/** A program in which nothing has run for so long has ended. */
const QUIET_MS = 5;

// The program may put something else in their places.
const { setTimeout, setInterval, clearTimeout } = globalThis;
const worker = globalThis as unknown as {
  importScripts(url: string): void;
  addEventListener: typeof globalThis.addEventListener;
};

type Program = (require: (name: string) => unknown, exports: object) => Promise<unknown>;

class Run {
  readonly #port: MessagePort;
  readonly #options: StartOptions;
  readonly #loops: Loops;
  readonly #canvas: OffscreenCanvas | null;
  readonly #primitives = new Primitives();
  readonly #recorder = new Recorder(this.#primitives);
  readonly #meter = new Meter(this.#recorder);
  readonly #log = new Log(this.#recorder);
  readonly #timers = new Timers();
  readonly #interrupt = new AbortController();
  readonly #started = performance.now();
  readonly #watched = new WeakSet<AbstractEventLoop>();
  #hear: Hear = () => undefined;
  #looks = { queues: false, primitives: false };
  #credit = CREDIT;
  #lastReport = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isVirtual = false;
  /** Loops that run at the moment. */
  #running = 0;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #moduleIsDone = false;
  #hasEnded = false;
  #failure: unknown = null;
  #hasFailed = false;
  #deadlock: Deadlock | null = null;
  #frozen: Primitive[] | null = null;
  #token = '';
  /** Real milliseconds when the program had ended. */
  #endedAt = 0;

  constructor(port: MessagePort, options: StartOptions, canvas: OffscreenCanvas | null) {
    this.#port = port;
    this.#canvas = canvas;
    this.#options = options;
    this.#loops = new Loops(options);
    this.#primitives.recorder = this.#recorder;
    this.#recorder.onProgress = (now) => {
      if (now - this.#lastReport >= REPORT_MS || this.#recorder.isFull) this.#report(now);
    };
    this.#meter.onHold = () => this.#reportSoon();
    this.#log.onLine = () => this.#reportSoon();
    // Who holds a simulator knows that it waits.
    this.#log.isBeside = (text) =>
      this.#meter.isHeld && /^The simulation at .* has waited for a second of real time/.test(text);
  }

  start(): void {
    const { code, seed, pace } = this.#options;
    this.#primitives.install();
    this.#primitives.setSource(code);
    this.#hear = furnish(seed, (channel, data) => this.#send({ type: 'say', channel, data }));
    this.#timers.install();
    this.#timers.onQuiet = () => this.#endSoon();
    this.#watchLoops();
    this.#catchErrors();
    Object.assign(console, this.#log.console());
    this.#meter.setPace(pace);
    setInterval(() => this.#stillAlive(), ALIVE_MS);

    const compiled = compile(code);
    if ('problem' in compiled) {
      const { problem } = compiled;
      this.#log.add('error', `SyntaxError: ${problem.message} (line ${problem.line})`, problem.line);
      this.#end('failed', problem.message, { problem });
      return;
    }
    let program: Program;
    try {
      program = load(compiled.script);
    } catch (error) {
      this.#fail(error);
      this.#moduleIsDone = true;
      this.#endSoon();
      return;
    }
    const stage = makeStage(this.#canvas, () => this.#send({ type: 'stage' }));
    const require = programModules(this.#options, this.#loops, this.#primitives, this.#interrupt.signal, {
      stage: stage.get,
      room: this.#options.room,
    });
    program(require, {})
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#moduleIsDone = true;
        this.#endSoon();
      });
  }

  receive(message: ToRunner): void {
    switch (message.type) {
      case 'pace':
        this.#meter.setPace(message.pace);
        break;
      case 'step':
        this.#meter.step(message.unit);
        break;
      case 'cancel':
        this.#recorder.find(message.task)?.task.cancel();
        break;
      case 'interrupt':
        this.#interrupt.abort(new KeyboardInterrupt());
        this.#meter.setPace(Infinity);
        break;
      case 'look':
        this.#looks = { queues: message.queues, primitives: message.primitives };
        this.#reportSoon();
        break;
      case 'ack':
        this.#credit = Math.min(CREDIT, this.#credit + 1);
        if (this.#recorder.hasNews || this.#log.hasNews) this.#reportSoon();
        break;
      case 'hear':
        this.#hear(message.channel, message.data);
        break;
      default:
    }
  }

  /** Every loop that is run is watched and metered, however the program came by it. */
  #watchLoops(): void {
    const run = this;
    const prototype = BaseEventLoop.prototype;
    const { runForever, runUntilComplete } = prototype;
    prototype.runForever = function () {
      run.#watch(this);
      const promise = runForever.call(this);
      run.#running += 1;
      // First in line: the state of a deadlock is seen before the program is shut down.
      promise.then(
        () => run.#left(),
        (error: unknown) => {
          run.#lookForDeadlock(error);
          run.#left();
        },
      );
      return promise;
    };
    prototype.runUntilComplete = function (future) {
      run.#watch(this);
      return runUntilComplete.call(this, future) as never;
    };
  }

  #watch(loop: BaseEventLoop): void {
    if (this.#watched.has(loop)) return;
    this.#watched.add(loop);
    const isFirst = this.#recorder.loop === null;
    const isVirtual = loop instanceof SimLoop;
    this.#recorder.isVirtual ||= isVirtual;
    this.#meter.attach(loop, isVirtual);
    this.#recorder.watch(loop);
    loop.addInstrument({ loopIdle: (deadline) => this.#idle(deadline) });
    for (const task of allTasks(loop)) this.#recorder.record(task);
    if (!isFirst) return;
    this.#isVirtual = isVirtual;
    const { name, note } = this.#loops.textOf(loop) ?? { name: classNameOf(loop), note: '' };
    this.#send({ type: 'begun', loop: name, note, virtual: isVirtual });
  }

  #left(): void {
    this.#running -= 1;
    this.#endSoon();
  }

  #idle(deadline: number): void {
    this.#reportSoon();
    if (deadline !== Infinity || this.#isVirtual || this.#deadlock !== null) return;
    const found = findDeadlock(
      this.#recorder,
      this.#primitives,
      'These tasks wait for one another, for ever',
    );
    if (found !== null && found.cycles.length > 0) this.#deadlock = found;
  }

  #lookForDeadlock(error: unknown): void {
    if (!(error instanceof Error) || error.name !== 'SimDeadlockError') return;
    this.#deadlock = findDeadlock(this.#recorder, this.#primitives, error.message);
    this.#token = String((error as { token?: unknown }).token ?? '');
    // The shutdown cancels these tasks. What is looked at stays as it was in the deadlock.
    this.#recorder.freeze();
    this.#frozen = this.#primitives.snapshot();
  }

  #catchErrors(): void {
    worker.addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      this.#fail(event.reason);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#log.hasShown(event.error)) return;
      const text = event.error instanceof Error ? formatError(event.error) : event.message;
      this.#log.add('error', text, programLine(event.error?.stack));
    });
  }

  #fail(error: unknown): void {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#failure = error;
    }
    if (this.#deadlock !== null || isInterrupt(error)) return;
    const text = error instanceof Error ? formatError(error) : `Uncaught ${format(error)}`;
    this.#log.add('error', text, error instanceof Error ? programLine(error.stack) : 0);
  }

  // Reports

  #reportSoon(): void {
    if (this.#timer !== undefined || this.#credit === 0) return;
    const wait = Math.max(0, this.#lastReport + REPORT_MS - performance.now());
    this.#timer = setTimeout(() => this.#report(performance.now()), wait);
  }

  #report(now: number): void {
    if (this.#credit === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastReport = now;
    this.#credit -= 1;
    const names: [number, string][] = [];
    const tasks = this.#recorder.takeTasks(names);
    const steps = this.#recorder.takeSteps();
    const batch: Batch = {
      type: 'batch',
      steps,
      tasks,
      names,
      log: this.#log.take(),
      dropped: this.#recorder.takeDropped(),
      counters: this.#counters(),
      held: this.#meter.isHeld,
      queues: this.#looks.queues ? takeQueues(this.#recorder) : null,
      primitives: this.#looks.primitives ? (this.#frozen ?? this.#primitives.snapshot()) : null,
      deadlock: this.#deadlock,
    };
    this.#port.postMessage(batch, [
      tasks.buffer,
      steps.task.buffer,
      steps.start.buffer,
      steps.duration.buffer,
      steps.time.buffer,
      steps.kind.buffer,
      steps.target.buffer,
    ] as Transferable[]);
    if (this.#recorder.hasNews) this.#reportSoon();
  }

  #counters(): Counters {
    const { loop } = this.#recorder;
    const meter = this.#meter;
    return {
      now: (this.#endedAt || performance.now()) - this.#recorder.origin,
      time: Math.max(0, this.#recorder.time),
      ticks: meter.ticks,
      iterations: this.#recorder.iterations,
      steps: this.#recorder.steps,
      callbacks: this.#recorder.callbacks,
      ready: loop === null ? 0 : inLoop(loop)._ready.length,
      timers: loop === null ? 0 : inLoop(loop)._scheduled.length,
      tasks: this.#recorder.live,
      spawned: this.#recorder.spawned,
      busy: meter.busy,
      longestTick: meter.longestTick,
      longTicks: meter.longTicks,
      hopTime: meter.hopTime,
      hops: meter.hops,
    };
  }

  #stillAlive(): void {
    if (this.#recorder.hasNews || this.#log.hasNews || this.#looks.primitives) this.#reportSoon();
    this.#send({ type: 'alive' });
  }

  // The end

  /**
   * Looks, when what is going on now is over, whether anything goes on after it. An error that nobody caught is told
   * only in a turn of its own, so two turns are waited for, anew after each run of a loop.
   */
  #endSoon(): void {
    clearTimeout(this.#endTimer);
    if (!this.#moduleIsDone || !this.#isQuiet || this.#hasEnded) return;
    this.#endTimer = setTimeout(() => {
      this.#endTimer = setTimeout(() => this.#endNow(), QUIET_MS);
    });
  }

  get #isQuiet(): boolean {
    return this.#running === 0 && this.#timers.isQuiet;
  }

  #endNow(): void {
    if (!this.#isQuiet || this.#hasEnded) return;
    const failure = this.#failure;
    if (!this.#hasFailed) this.#end('done', '');
    else if (this.#deadlock !== null) this.#end('deadlock', this.#deadlock.message);
    else if (isInterrupt(failure)) this.#end('interrupted', 'KeyboardInterrupt');
    else
      this.#end('failed', failure instanceof Error ? `${failure.name}: ${failure.message}` : format(failure));
  }

  #end(state: Outcome['state'], message: string, more: Partial<Outcome> = {}): void {
    this.#hasEnded = true;
    this.#endedAt = performance.now();
    const finish = (): void => {
      // What is left to tell goes first.
      if (this.#recorder.hasNews || this.#log.hasNews) {
        if (this.#credit > 0) this.#report(performance.now());
        setTimeout(finish, 4);
        return;
      }
      this.#credit = Math.max(1, this.#credit);
      this.#report(performance.now());
      this.#send({
        type: 'end',
        state,
        message: message.slice(0, 4000),
        duration: performance.now() - this.#started,
        time: Math.max(0, this.#recorder.time),
        problem: null,
        token: this.#token,
        ...more,
      });
    };
    finish();
  }

  #send(message: FromRunner): void {
    this.#port.postMessage(message);
  }
}

/** The function that the program's text is made into. It is a script of its own, so that stacks have its lines. */
function load(script: string): Program {
  const place = `__program${Math.random().toString(36).slice(2)}`;
  const text = `self.${place} = async function __program(require, exports) {${script}\n}`;
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  setProgramAddress(url);
  try {
    worker.importScripts(url);
  } finally {
    URL.revokeObjectURL(url);
  }
  const holder = globalThis as unknown as Record<string, Program>;
  const program = holder[place] as Program; // the script has just put it there
  delete holder[place];
  return program;
}

function isInterrupt(error: unknown): boolean {
  return error instanceof KeyboardInterrupt;
}

let run: Run | null = null;

globalThis.addEventListener(
  'message',
  (event) => {
    const port = event.ports[0] as MessagePort; // the frame's first message brings it
    const canvas = (event.data as { stage: OffscreenCanvas | null }).stage;
    port.onmessage = ({ data }: MessageEvent<ToRunner>) => {
      if (data.type !== 'start') {
        run?.receive(data);
      } else if (run === null) {
        run = new Run(port, data, canvas);
        run.start();
      }
    };
    port.postMessage({ type: 'ready' } satisfies FromRunner);
  },
  { once: true },
);
