// The table of asyncio's names, and where each of them is in this library.
//
// asyncio-api.json has one entry for each public name of CPython's asyncio, 3.14 and 3.15, and of contextvars: its
// signature, what it does, and what it is here. An entry without "here" is exported under its name in camelCase; a
// method is on the class of its name. Otherwise "here" says where it is:
//
//   export X         exported as X
//   member C.x       on the class C, its instances or its prototype; x may be [Symbol.x]
//   throws C.x       a method that throws NotImplementedError with a reason
//   type X           an exported type
//   behaviour        no name of its own: there is a test below
//   later: …         not in this version, and why
//   omitted: …       left out for good, and why
//
// Names that the table does not have are the library's own.

import * as asyncio from 'asyncio-web';
import * as lowlevel from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { FakeChannel, RecordingProtocol } from '../support/fake-channel.ts';
import { FakeHost } from '../support/fake-host.ts';
import { forceGc } from '../support/gc.ts';
import { newTestLoop, recordReports, simulate } from '../support/loops.ts';
import { rejection } from '../support/outcomes.ts';

interface Entry {
  readonly module: string;
  readonly name: string;
  readonly kind: 'function' | 'coroutine' | 'class' | 'method' | 'constant' | 'exception';
  readonly signature: string;
  readonly since: string;
  readonly summary: string;
  /** Whether a page can have it as it is, changed, or not at all. */
  readonly browser: 'direct' | 'adapted' | 'impossible';
  readonly mapping: string;
  /** What is not plainly public in CPython: private, undocumented, deprecated, for one platform. */
  readonly status?: string;
  readonly here?: string;
}

/** asyncio's modules, and contextvars. */
const MODULES = [
  'runners',
  'tasks',
  'futures',
  'coroutines',
  'timeouts',
  'taskgroups',
  'locks',
  'queues',
  'streams',
  'subprocess',
  'transports',
  'trsock',
  'protocols',
  'events',
  'unix_events',
  'windows_events',
  'base_events',
  'sslproto',
  'threads',
  'exceptions',
  'graph',
  'tools',
  '__main__',
  'staggered',
  'mixins',
  'constants',
  'log',
  'debug',
  'contextvars',
];

const exported = { ...asyncio, ...lowlevel } as Readonly<Record<string, unknown>>;

/** The types that entries name: the compiler looks for them. */
interface Types {
  Awaitable: asyncio.Awaitable<unknown>;
  FrameCallGraphEntry: asyncio.FrameCallGraphEntry;
  FutureCallGraph: asyncio.FutureCallGraph;
  HostLoop: lowlevel.HostLoop;
}
const TYPES: Readonly<Record<keyof Types, true>> = {
  Awaitable: true,
  FrameCallGraphEntry: true,
  FutureCallGraph: true,
  HostLoop: true,
};

/** Instances of the classes whose members are fields. */
const INSTANCES: Readonly<Record<string, () => object>> = {
  BaseEventLoop: () => new asyncio.BaseEventLoop(new FakeHost()),
  ContextVar: () => new asyncio.ContextVar('name'),
  Future: () => newTestLoop().createFuture(),
  IncompleteReadError: () => new asyncio.IncompleteReadError(new Uint8Array()),
  LimitOverrunError: () => new asyncio.LimitOverrunError('', 0),
  Token: () => new asyncio.Context().run(() => new asyncio.ContextVar('name').set(1)),
};

/** asyncio's names in camelCase; underscores in front and constants stay. */
function camelCase(name: string): string {
  if (/^[A-Z0-9_]+$/.test(name)) return name;
  const [front] = /^_*/.exec(name) as RegExpExecArray; // it always matches
  return front + name.slice(front.length).replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function hasMember(className: string, member: string): boolean {
  const type = exported[className] as { readonly prototype: object } | undefined;
  if (type === undefined) return false;
  const symbol = /^\[Symbol\.(\w+)\]$/.exec(member)?.[1];
  const key =
    symbol === undefined
      ? member
      : ((Symbol as unknown as Record<string, symbol>)[symbol] ?? Symbol.for(`Symbol.${symbol}`));
  return [type, type.prototype, INSTANCES[className]?.()].some(
    (owner) => owner !== undefined && key in owner,
  );
}

/** Where asyncio's own name is, in camelCase: 'export X', 'member C.x', or null. */
function mechanicalPlace(name: string): string | null {
  if (!/^[\w.]+$/.test(name)) return null;
  const [first, member] = name.split('.').map(camelCase) as [string, string?];
  if (member === undefined) return first in exported ? `export ${first}` : null;
  return hasMember(first, member) ? `member ${first}.${member}` : null;
}

/** Calls a method of a loop that is to say that it cannot. Gives what is wrong with its answer. */
function problemWithRefusal(className: string, method: string): string | null {
  if (className !== 'AbstractEventLoop') return 'only methods of the loop are called';
  const loop = new asyncio.BrowserEventLoop() as unknown as Record<
    string,
    ((...args: unknown[]) => unknown) | undefined
  >;
  try {
    loop[method]?.(1, () => undefined, 3);
  } catch (error) {
    if (!(error instanceof asyncio.NotImplementedError)) return `throws ${String(error)}`;
    const reason = new RegExp(`^${method}\\(\\) is not available: .{20,}`);
    return reason.test(error.message) ? null : `gives no reason: ${error.message}`;
  }
  return 'throws nothing';
}

/** What is wrong with an entry, or null. */
function problemWith({ name, browser, mapping, here }: Entry): string | null {
  const place = here ?? mechanicalPlace(name);
  if (place === null) return 'is not exported, and "here" does not say where it is';
  const [how, what] = place.split(/:? (.*)/) as [string, string?];
  const [owner, member] = what?.split(/\.(.*)/) ?? [];
  if (browser === 'impossible' && how !== 'throws' && how !== 'omitted')
    return `is impossible, but '${place}'`;
  switch (how) {
    case 'export':
      if (!(what! in exported)) return `${what} is not exported`;
      break;
    case 'member':
      if (!hasMember(owner!, member!)) return `${what} does not exist`;
      break;
    case 'throws': {
      const problem = problemWithRefusal(owner!, member!);
      if (problem !== null) return `${what} ${problem}`;
      break;
    }
    case 'type':
      if (!(what! in TYPES)) return `the type ${what} is not among those that the compiler has seen`;
      break;
    case 'behaviour':
      return name in BEHAVIOURS ? null : 'there is no test of it';
    case 'later':
    case 'omitted':
      if ((what?.length ?? 0) < 15) return 'there is no reason';
      return mechanicalPlace(name) === null ? null : 'exists by now: take "here" out';
    default:
      return `"here" is not understood: ${here}`;
  }
  const shown = member ?? owner!;
  return mapping.includes(shown) ? null : `its mapping does not name ${shown}: ${mapping}`;
}

/** What `body` logs as warnings. */
async function recordWarnings(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const { warning } = asyncio.logger;
  asyncio.logger.warning = (message) => lines.push(message);
  try {
    await body();
  } finally {
    asyncio.logger.warning = warning;
  }
  return lines;
}

function noop(): void {}

/** Makes a task that waits for ever, closes its loop, and gives the report. */
function closeWithPendingTask(): asyncio.ExceptionContext[] {
  const loop = newTestLoop();
  const reports = recordReports(loop);
  const future = loop.createFuture();
  loop.createTask(
    (function* (): asyncio.Coroutine<void> {
      yield* future;
    })(),
  );
  loop.close();
  return reports;
}

function expectDestroyedPending(): void {
  const [report] = closeWithPendingTask();
  expect(report?.message).to.equal('Task was destroyed but it is pending!');
  expect(report?.task instanceof asyncio.Task).to.equal(true);
}

function expectNeverRetrieved(): void {
  const loop = newTestLoop();
  const reports = recordReports(loop);
  const error = new Error('nobody looks');
  loop.createFuture().setException(error);
  loop.close();
  expect(reports).to.have.length(1);
  expect(reports[0]?.message).to.equal('Future exception was never retrieved');
  expect(reports[0]?.exception).to.equal(error);
}

/** Makes things in a loop and drops them: one could be overlooked. Gives what is warned of when they are collected. */
async function warningsOfDropped(make: () => unknown): Promise<string[]> {
  const runner = new asyncio.Runner({ loopFactory: () => newTestLoop() });
  await runner.run(function* () {
    for (let index = 0; index < 20; index++) make();
    yield* asyncio.sleep(1);
  });
  const warnings = await recordWarnings(forceGc);
  await runner.close();
  return warnings;
}

/** Makes a coroutine that nobody awaits, and gives the warning. */
async function neverAwaited(debug: boolean): Promise<string> {
  const load = asyncio.coroutine(function* load() {});
  const [warning] = await recordWarnings(() =>
    asyncio.run(
      function* () {
        load();
      },
      { debug, loopFactory: () => newTestLoop() },
    ),
  );
  return warning ?? '';
}

/** A test for each entry that has no name of its own. */
const BEHAVIOURS: Readonly<Record<string, () => unknown>> = {
  'Task.__del__': expectDestroyedPending,
  'pending task destroyed': expectDestroyedPending,
  'Future.__del__': expectNeverRetrieved,
  'never-retrieved exception': expectNeverRetrieved,

  'PYTHONASYNCIODEBUG / -X dev'() {
    const scope = globalThis as { PYTHONASYNCIODEBUG?: unknown };
    expect(newTestLoop().getDebug()).to.equal(false);
    scope.PYTHONASYNCIODEBUG = '1';
    try {
      expect(newTestLoop().getDebug()).to.equal(true);
    } finally {
      delete scope.PYTHONASYNCIODEBUG;
    }
  },

  async 'slow callback log'() {
    const loop = newTestLoop();
    loop.setDebug(true);
    loop.slowCallbackDuration = 0;
    loop.callSoon(() => loop.stop());
    const [warning] = await recordWarnings(() => loop.runForever());
    expect(warning).to.match(/^Executing <Handle .*> took .* seconds$/);
    loop.close();
  },

  async 'never-awaited coroutine'() {
    expect(await neverAwaited(false)).to.equal("coroutine 'load' was never awaited");
  },

  async 'coroutine origin tracking'() {
    expect(await neverAwaited(true)).to.match(
      /^coroutine 'load' was never awaited\nCoroutine created at .+\n.*\S/,
    );
  },

  'source traceback'() {
    const loop = newTestLoop();
    const reports = recordReports(loop);
    loop.createFuture().setException(new Error('without'));
    loop.setDebug(true);
    loop.createFuture().setException(new Error('with'));
    loop.close();
    expect(reports[0]).not.to.have.property('sourceTraceback');
    expect(reports[1]?.sourceTraceback).to.be.a('string').that.is.not.empty;
  },

  DEBUG_STACK_DEPTH() {
    const loop = newTestLoop();
    loop.setDebug(true);
    const callFrom = (depth: number): asyncio.Handle => {
      const handle = depth === 0 ? loop.callSoon(noop) : callFrom(depth - 1);
      return handle; // not a tail call, which would leave no frame
    };
    expect(callFrom(20)._sourceTraceback?.split('\n')).to.have.length(10);
    loop.close();
  },

  async 'non-threadsafe call check'() {
    const loop = newTestLoop();
    const other = newTestLoop();
    other.setDebug(true);
    function* main() {
      other.callSoon(noop);
    }
    const error = await rejection(loop.runUntilComplete(main()));
    expect(error).to.be.instanceOf(asyncio.RuntimeError);
    expect((error as Error).message).to.match(/^Non-thread-safe operation/);
    loop.close();
    other.close();
  },

  'callback type check'() {
    const loop = newTestLoop();
    function* main() {}
    expect(() => loop.callSoon(1 as never)).to.throw(TypeError, 'a callable object was expected');
    expect(() => loop.callSoon(main() as never)).to.throw(TypeError, 'coroutines cannot be used');
    loop.setDebug(true);
    expect(() => loop.callSoon(main)).to.throw(TypeError, 'coroutines cannot be used');
    loop.close();
  },

  async 'StreamWriter.__del__'() {
    const warnings = await warningsOfDropped(() => asyncio.memoryPair());
    expect(
      warnings.filter((line) => line.startsWith('unclosed <StreamWriter transport=')),
    ).not.to.have.length(0);
  },

  async 'unclosed transport warning'() {
    const warnings = await warningsOfDropped(
      () => new FakeChannel(asyncio.getRunningLoop(), new RecordingProtocol()),
    );
    expect(warnings).to.include('unclosed transport FakeChannel');
  },

  async 'StreamReaderProtocol.__del__'() {
    const loop = newTestLoop();
    const reports = recordReports(loop);
    const protocol = new asyncio.StreamReaderProtocol(new asyncio.StreamReader({ loop }), null, { loop });
    protocol.connectionLost(new Error('nobody waits for the end'));
    loop.close();
    expect(reports).to.deep.equal([]);
  },

  async LOG_THRESHOLD_FOR_CONNLOST_WRITES() {
    const counts: number[] = [];
    await simulate(function* () {
      const transport = new FakeChannel(asyncio.getRunningLoop(), new RecordingProtocol());
      transport.close();
      for (let write = 1; write <= 6; write++) {
        const lines: string[] = [];
        const { warning } = asyncio.logger;
        asyncio.logger.warning = (message) => lines.push(message);
        transport.write(new Uint8Array(1));
        asyncio.logger.warning = warning;
        counts.push(lines.length);
      }
    });
    expect(counts).to.deep.equal([0, 0, 0, 0, 1, 1]);
  },

  async SENDFILE_FALLBACK_READBUFFER_SIZE() {
    const steps: number[] = [];
    await simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const transport = new FakeChannel(loop, new RecordingProtocol());
      const file = new Blob([new Uint8Array(600 * 1024)]);
      yield* loop.sendfile(transport, file, { progress: (sent) => steps.push(sent) });
      transport.close();
    });
    expect(steps).to.deep.equal([256 * 1024, 512 * 1024, 600 * 1024]);
  },

  async 'asyncgen scheduled after shutdown'() {
    const loop = newTestLoop();
    const numbers = asyncio.asyncGenerator<number>(function* (emit) {
      yield* emit(1);
    });
    function* main() {
      yield* loop.shutdownAsyncgens();
      yield* numbers.anext();
    }
    const [warning] = await recordWarnings(() => loop.runUntilComplete(main()));
    expect(warning).to.match(/^asynchronous generator was scheduled after loop\.shutdownAsyncgens\(\) call/);
    loop.close();
  },
};

describe('the table of asyncio', () => {
  let table: readonly Entry[];

  before(async () => {
    const response = await fetch('/test/conformance/asyncio-api.json');
    table = await response.json();
  });

  it('has these modules and no others, and each name once', () => {
    expect([...new Set(table.map(({ module }) => module))].sort()).to.deep.equal([...MODULES].sort());
    const names = table.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
  });

  for (const module of MODULES) {
    it(`every entry of ${module} is accounted for`, () => {
      const entries = table.filter((entry) => entry.module === module);
      const problems = entries.flatMap((entry) => {
        const problem = problemWith(entry);
        return problem === null ? [] : [`${entry.name} ${problem}`];
      });
      expect(problems).to.deep.equal([]);
    });
  }

  for (const [name, test] of Object.entries(BEHAVIOURS)) it(`${name} works as the table says`, () => test());

  it('names every behaviour that is tested here', () => {
    const named = table.filter(({ here }) => here === 'behaviour').map(({ name }) => name);
    expect(named.sort()).to.deep.equal(Object.keys(BEHAVIOURS).sort());
  });
});
