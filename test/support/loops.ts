// Loops to test on: each kind in turn, virtual time in one line, and a host that is driven by hand.

import * as asyncio from 'asyncio-web';
import type { HostLoop, Pump } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { InsideGuestLoop, runAsGuest, VirtualFrameLoop } from './frame-loop.ts';

export type NewLoop = () => asyncio.BaseEventLoop;

const KINDS: Readonly<Record<string, NewLoop>> = {
  SimLoop: () => new SimLoop(),
  BrowserEventLoop: () => new asyncio.BrowserEventLoop(),
};

/** Describes what holds for every loop: `body` declares its tests once for each kind. */
export function describeEachLoop(title: string, body: (newLoop: NewLoop) => void): void {
  for (const [kind, newLoop] of Object.entries(KINDS)) describe(`${title} (${kind})`, () => body(newLoop));
}

declare global {
  var __testLoop: string | undefined;
}

/**
 * The loops in virtual time that the conformance suite and the programs of differential/ run on. The whole suite uses
 * the first; `npm test` runs those two again, in one engine, on each of the others (test/support/loop-kinds.json has
 * the same names, for Node).
 */
const TEST_LOOPS: Readonly<Record<string, NewLoop>> = {
  SimLoop: () => new SimLoop(),
  'SimLoop, open and traced': () => new SimLoop({ mode: 'open', trace: 'full' }),
  'BaseEventLoop in animation frames': () => new VirtualFrameLoop(),
  'BaseEventLoop in a guest run': () => new InsideGuestLoop(),
};

/** The names of the loops that this suite can run on, the usual one first. */
export const testLoops: readonly string[] = Object.keys(TEST_LOOPS);

/** The name of the one that it runs on now: `npm test -- --loop='SimLoop, open and traced'`. */
export const testLoop: string = globalThis.__testLoop ?? (testLoops[0] as string);

/** Programs are the guests of a host that owns the run; a loop that a test makes and runs by itself lives inside one. */
export const runsGuests: boolean = testLoop === 'BaseEventLoop in a guest run';

/** A loop of that kind. */
export function newTestLoop(): asyncio.BaseEventLoop {
  const newLoop = TEST_LOOPS[testLoop];
  if (newLoop === undefined) throw new Error(`No loop is called '${testLoop}': ${testLoops.join('; ')}`);
  return newLoop();
}

/** What `simulate` takes. */
interface SimulateOptions {
  readonly debug?: boolean | null;
  /** Called with the loop before the program has begun. */
  readonly prepare?: (loop: asyncio.BaseEventLoop) => void;
}

/** Runs a program in virtual time. */
export function simulate<T>(
  main: asyncio.Main<T>,
  { debug = null, prepare = () => undefined }: SimulateOptions = {},
): Promise<T> {
  if (runsGuests) return runAsGuest(main, { debug, prepare });
  const loopFactory = (): asyncio.BaseEventLoop => {
    const loop = newTestLoop();
    prepare(loop);
    return loop;
  };
  return asyncio.run(main, { debug, loopFactory });
}

/** Records what a loop reports, in place of showing it. */
export function recordReports(loop: asyncio.AbstractEventLoop): asyncio.ExceptionContext[] {
  const reports: asyncio.ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  return reports;
}

/** Runs `body` with a logger that records errors, and gives their first lines. */
export async function recordErrors(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const { error } = asyncio.logger;
  asyncio.logger.error = (message) => lines.push(message);
  try {
    await body();
  } finally {
    asyncio.logger.error = error;
  }
  return lines;
}

/** A host without a clock or a queue of its own: the test moves the time and calls the pump. */
export class ManualHost implements HostLoop {
  time = 0;
  clockResolution = 0;
  /** What the loop has asked for since the last pump. */
  wantsSoon = false;
  deadline = Infinity;
  /** What was given to `reportError`. */
  readonly shown: unknown[] = [];
  #pump: Pump | null = null;

  now(): number {
    return this.time;
  }
  start(pump: Pump): void {
    this.#pump = pump;
  }
  wakeSoon(): void {
    this.wantsSoon = true;
  }
  wakeAt(when: number): void {
    this.deadline = when;
  }
  reportError(error: unknown): void {
    this.shown.push(error);
  }
  stop(): void {
    this.#pump = null;
    this.wantsSoon = false;
    this.deadline = Infinity;
  }

  get running(): boolean {
    return this.#pump !== null;
  }
  get idle(): boolean {
    return !this.wantsSoon && this.deadline === Infinity;
  }

  /** Calls the pump once, for at most so many callbacks. */
  pump(maxCallbacks = 1): void {
    this.wantsSoon = false;
    this.deadline = Infinity;
    this.#pump?.(maxCallbacks);
  }

  /** Calls the pump, one callback at a time, until the loop asks for no more at the present time. */
  drain(): void {
    while (this.wantsSoon) this.pump();
  }
}
