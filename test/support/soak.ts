// Random faulty connections, many of them beside each other, from a seed: each must end as its fault demands, what was
// echoed must be what was sent, and in the end nothing may be left, here or at the server.

import * as asyncio from 'asyncio-web';
import { accountOf, decode, encode, faultUrl, newKey, untilAccount } from './faults.ts';
import { Random } from './random.ts';

/** How many connections there are at a time. */
const WORKERS = 8;
/** How long, in seconds, a connection that hangs is waited for. */
const PATIENCE = 0.02;
/** How long, in seconds, anything else may take. */
const LONGEST = 25;

export interface SoakResult {
  /** How many connections there were, by kind. */
  readonly counts: Record<string, number>;
  /** What did not end as it should have, as text. */
  readonly problems: string[];
  /** What the loop's exception handler was told. */
  readonly reports: string[];
  /** The transports, responses and connections that were made. */
  readonly made: WeakRef<object>[];
}

/** What the connections share. */
interface Run {
  readonly random: Random;
  readonly key: string;
  see<T extends object>(object: T): T;
}

type Kind = (run: Run) => asyncio.Coroutine<unknown>;

class Unexpected extends Error {}

/** Checks that `body` fails with an error of this class, with the URL in its message unless it is a timeout. */
function* fails(
  url: string,
  type: new (...args: never[]) => Error,
  body: () => asyncio.Coroutine<unknown>,
): asyncio.Coroutine<void> {
  try {
    yield* body();
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    const named = error instanceof asyncio.TimeoutError || (error as Error).message.includes(url);
    if (error instanceof type && named) return;
    throw error;
  }
  throw new Unexpected(`${url} did not fail`);
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Unexpected(what);
}

const patiently = <T>(body: () => asyncio.Coroutine<T>): asyncio.Coroutine<T> =>
  asyncio.withTimeout(PATIENCE, body);

function urlOf(path: string, { key }: Run): string {
  return faultUrl(`${path}${path.includes('?') ? '&' : '?'}key=${key}`);
}

function bytesOf({ random }: Run, most: number): Uint8Array<ArrayBuffer> {
  const start = random.below(256);
  return Uint8Array.from({ length: 1 + random.below(most) }, (_, index) => start + index);
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

function* open(run: Run, path: string): asyncio.Coroutine<[asyncio.StreamReader, asyncio.StreamWriter]> {
  const options = { stream: run.random.below(2) === 0, closeTimeout: PATIENCE };
  const [reader, writer] = yield* asyncio.openConnection(urlOf(path, run), options);
  run.see(writer.transport);
  return [reader, writer];
}

const cannotOpen =
  (path: string): Kind =>
  (run) =>
    fails(urlOf(path, run), asyncio.ConnectionError, () => open(run, path));

const cannotOpenInTime =
  (path: string): Kind =>
  (run) =>
    fails(urlOf(path, run), asyncio.TimeoutError, () => patiently(() => open(run, path)));

const breaks = (path: string): Kind =>
  function* (run) {
    const [reader, writer] = yield* open(run, path);
    if (!path.includes('close')) writer.write(encode('go'));
    yield* fails(urlOf(path, run), asyncio.WebSocketCloseError, () => reader.read());
    writer.close();
    yield* fails(urlOf(path, run), asyncio.WebSocketCloseError, () => writer.waitClosed());
  };

const reads = (path: string, expected: string): Kind =>
  function* (run) {
    const [reader, writer] = yield* open(run, path);
    const text = decode(yield* reader.readexactly(expected.length));
    check(text === expected, `${path} gave ${text}`);
    writer.close();
    yield* writer.waitClosed();
  };

const cannotFetch =
  (path: string): Kind =>
  (run) =>
    fails(urlOf(path, run), asyncio.ConnectionError, () => asyncio.fetch(urlOf(path, run)));

const cannotRead = (path: string): Kind =>
  function* (run) {
    const response = run.see(yield* asyncio.fetch(urlOf(path, run)));
    const read = () => (run.random.below(2) === 0 ? response.text() : response.reader.read());
    yield* fails(response.url, asyncio.ConnectionResetError, read as () => asyncio.Coroutine<unknown>);
  };

const cannotReadInTime = (path: string): Kind =>
  function* (run) {
    const url = urlOf(path, run);
    yield* fails(url, asyncio.TimeoutError, () =>
      patiently(function* () {
        yield* asyncio.asyncWith(yield* asyncio.fetch(url), (response) => run.see(response).text());
      }),
    );
  };

const KINDS: Readonly<Record<string, Kind>> = {
  'ws/refuse': cannotOpen('ws/refuse'),
  'ws/reject': cannotOpen('ws/reject?code=500'),
  'ws/wrong-accept': cannotOpen('ws/wrong-accept'),
  'ws/wrong-protocol': cannotOpen('ws/wrong-protocol'),
  'ws/hang': cannotOpenInTime('ws/hang'),
  'ws/hang-handshake': cannotOpenInTime('ws/hang-handshake'),
  'ws/cut': breaks('ws/cut'),
  'ws/cut-frame': breaks('ws/cut-frame'),
  'ws/cut-message': breaks('ws/cut-message'),
  'ws/invalid-utf8': breaks('ws/invalid-utf8'),
  'ws/invalid-opcode': breaks('ws/invalid-opcode'),
  'ws/close': breaks('ws/close?code=4000'),
  'ws/trickle': reads('ws/trickle', 'hello world'),
  // Under no key: browsers keep a connection whose close is not answered for up to a minute.
  'ws/hang-close': (run) => reads('ws/hang-close', 'hello')({ ...run, key: 'unanswered' }),
  *'ws/echo'(run) {
    const [reader, writer] = yield* open(run, 'ws/echo');
    for (let n = run.random.below(4); n >= 0; n--) {
      const data = bytesOf(run, 100_000);
      writer.write(data);
      yield* writer.drain();
      check(isSame(yield* reader.readexactly(data.length), data), 'ws/echo gave something else');
    }
    writer.close();
    yield* writer.waitClosed();
  },
  *'ws/echo, cancelled'(run) {
    const echo = asyncio.createTask(KINDS['ws/echo']!(run));
    yield* asyncio.sleep(PATIENCE * run.random.next());
    if (!echo.cancel()) yield* echo;
    else yield* asyncio.wait([echo]);
  },
  *messages(run) {
    const connection = run.see(
      yield* asyncio.connectWebSocket(urlOf('ws/echo', run), { stream: run.random.below(2) === 0 }),
    );
    yield* asyncio.asyncWith(connection, function* () {
      for (let n = 0; n < 3; n++) {
        const data = bytesOf(run, 1000);
        yield* connection.send(data);
        check(isSame((yield* connection.recv()) as Uint8Array, data), 'another message came back');
      }
    });
  },
  *'ws/stop-reading'(run) {
    // Under no key: a server that does not read does not see the end either.
    const [, writer] = yield* open({ ...run, key: 'unread' }, 'ws/stop-reading');
    writer.write(new Uint8Array(500_000));
    (writer.transport as asyncio.Transport).abort();
    yield* writer.waitClosed();
  },
  'http/refuse': cannotFetch('http/refuse'),
  'http/cut-headers': cannotFetch('http/cut-headers'),
  'http/cut': cannotRead('http/cut'),
  'http/cut-chunk': cannotRead('http/cut-chunk'),
  'http/cut-line': cannotRead('http/cut-line'),
  'http/hang': cannotReadInTime('http/hang'),
  'http/hang-body': cannotReadInTime('http/hang-body?after=100'),
  *'http/trickle'(run) {
    const response = run.see(yield* asyncio.fetch(urlOf('http/trickle?text=slow', run)));
    check((yield* response.text()) === 'slow', 'http/trickle gave something else');
  },
  *'http/echo'(run) {
    const [reader, writer] = yield* asyncio.openConnection(urlOf('http/echo', run), { method: 'POST' });
    run.see(writer.transport);
    const data = bytesOf(run, 100_000);
    writer.write(data);
    writer.writeEof();
    check(isSame(yield* reader.read(), data), 'http/echo gave something else');
    writer.close();
    yield* writer.waitClosed();
  },
  *'http/bytes, closed'(run) {
    const response = run.see(yield* asyncio.fetch(urlOf('http/bytes?count=10000000', run)));
    yield* response.reader.read(1 + run.random.below(100_000));
    response.close();
  },
};

/** Makes so many connections, of kinds that the seed chooses. */
export function* soak(count: number, seed: number): asyncio.Coroutine<SoakResult> {
  const random = new Random(seed);
  const made: WeakRef<object>[] = [];
  const run: Run = {
    random,
    key: newKey(),
    see(object) {
      made.push(new WeakRef(object));
      return object;
    },
  };
  const result: SoakResult = { counts: {}, problems: [], reports: [], made };
  const loop = asyncio.getRunningLoop();
  loop.setExceptionHandler((_loop, { message, exception }) =>
    result.reports.push(`${message}: ${exception}`),
  );
  // Firefox keeps a connection that was given up before it was answered, for 20 seconds; and it takes a subprotocol
  // that was not offered for none.
  const isFirefox = navigator.userAgent.includes('Firefox');
  const leftOut = isFirefox ? ['ws/hang', 'ws/hang-handshake', 'ws/wrong-protocol'] : [];
  const names = Object.keys(KINDS).filter((name) => !leftOut.includes(name));
  const plan = Array.from({ length: count }, () => random.pick(names)).values();
  function* work(): asyncio.Coroutine<void> {
    for (const name of plan) {
      result.counts[name] = (result.counts[name] ?? 0) + 1;
      try {
        yield* asyncio.withTimeout(LONGEST, () => KINDS[name]!(run));
      } catch (error) {
        asyncio.rethrowIfCancelled(error);
        result.problems.push(`${name}: ${error}`);
      }
    }
  }
  yield* asyncio.withTaskGroup(function* (group) {
    for (let n = 0; n < WORKERS; n++) group.createTask(work());
  });
  const tasks = asyncio.allTasks().size - 1;
  if (tasks > 0) result.problems.push(`${tasks} tasks are left`);
  try {
    yield* asyncio.withTimeout(LONGEST, function* () {
      yield* asyncio.fromPromise(untilAccount(run.key, ({ open }) => open === 0));
    });
  } catch (error) {
    asyncio.rethrowIfCancelled(error);
    const { open } = yield* asyncio.fromPromise(accountOf(run.key));
    result.problems.push(`${open} connections are open at the server`);
  }
  return result;
}
