// Types of gather, wait, waitFor, shield, createTask and their options. The compiler is the test: nothing here runs.

import * as asyncio from 'asyncio-web';
import type { Equal } from './expect-type.ts';
import { expectType } from './expect-type.ts';

declare const numberFuture: asyncio.Future<number>;
declare const stringTask: asyncio.Task<string>;
declare const datePromise: Promise<Date>;
declare const manyTasks: asyncio.Task<string>[];
declare const loop: asyncio.AbstractEventLoop;

function* coro(): asyncio.Coroutine<boolean> {
  yield* asyncio.sleep(0);
  return true;
}

// gather gives a tuple for arguments and for an array of them, an array for an array of one type.

function* gathering(): asyncio.Coroutine<void> {
  expectType<Equal<[number, string, boolean, Date]>>()(
    yield* asyncio.gather(numberFuture, stringTask, coro(), datePromise),
  );
  expectType<Equal<[number, string, boolean]>>()(yield* asyncio.gather([numberFuture, stringTask, coro()]));
  expectType<Equal<string[]>>()(yield* asyncio.gather(manyTasks));
  expectType<Equal<string[]>>()(yield* asyncio.gather(...manyTasks));
  expectType<Equal<[]>>()(yield* asyncio.gather());
  expectType<Equal<[number | Error, boolean | Error]>>()(
    yield* asyncio.gather([numberFuture, coro()], { returnExceptions: true }),
  );
  expectType<Equal<[number, boolean]>>()(
    yield* asyncio.gather([numberFuture, coro()], { returnExceptions: false }),
  );
  expectType<Equal<(string | Error)[]>>()(yield* asyncio.gather(manyTasks, { returnExceptions: true }));
  const [first, second] = yield* asyncio.gather(numberFuture, stringTask);
  expectType<Equal<number>>()(first);
  expectType<Equal<string>>()(second);
}

expectType<Equal<asyncio.Future<[number, string]>>>()(asyncio.gather(numberFuture, stringTask));

// @ts-expect-error: Python's name of the option
asyncio.gather([numberFuture], { return_exceptions: true });
// @ts-expect-error: no such option
asyncio.gather([numberFuture], { returnException: true });
// @ts-expect-error: the option must be a boolean
asyncio.gather([numberFuture], { returnExceptions: 'yes' });
// @ts-expect-error: a number is not awaitable
asyncio.gather(numberFuture, 5);
// @ts-expect-error: the function was not called
asyncio.gather(coro);

// wait gives sets of what was put in, and takes no coroutines.

function* waiting(): asyncio.Coroutine<void> {
  const [done, pending] = yield* asyncio.wait(manyTasks, { timeout: 5, returnWhen: asyncio.FIRST_COMPLETED });
  expectType<Equal<Set<asyncio.Task<string>>>>()(done);
  expectType<Equal<Set<asyncio.Task<string>>>>()(pending);
  const mixed = yield* asyncio.wait(new Set([numberFuture]));
  expectType<Equal<[done: Set<asyncio.Future<number>>, pending: Set<asyncio.Future<number>>]>>()(mixed);
  yield* asyncio.wait(manyTasks, { timeout: null });
}

// @ts-expect-error: coroutines are to be made tasks of
asyncio.wait([coro()]);
// @ts-expect-error: Python's name of the option
asyncio.wait(manyTasks, { return_when: asyncio.FIRST_COMPLETED });
// @ts-expect-error: no such value
asyncio.wait(manyTasks, { returnWhen: 'FIRST' });
// @ts-expect-error: seconds are a number
asyncio.wait(manyTasks, { timeout: '5' });
// @ts-expect-error: a set of futures is expected, not one
asyncio.wait(5);

// waitFor, shield and ensureFuture keep the type of the result.

function* others(): asyncio.Coroutine<void> {
  expectType<Equal<boolean>>()(yield* asyncio.waitFor(coro(), 5));
  expectType<Equal<number>>()(yield* asyncio.waitFor(numberFuture, null));
  expectType<Equal<Date>>()(yield* asyncio.waitFor(datePromise, 5));
  expectType<Equal<string>>()(yield* asyncio.shield(stringTask));
  expectType<Equal<boolean>>()(yield* asyncio.shield(coro()));
  expectType<Equal<boolean>>()(yield* asyncio.ensureFuture(coro()));
  expectType<Equal<Date>>()(yield* asyncio.fromPromise(datePromise));
  expectType<Equal<Response>>()(yield* asyncio.fromPromise((signal) => fetch('/', { signal })));
  expectType<Equal<Response>>()(yield* asyncio.asyncTask((signal) => fetch('/', { signal })));
  expectType<Equal<number>>()(
    yield* asyncio.withTimeout(5, function* (scope) {
      scope.reschedule(null);
      return yield* numberFuture;
    }),
  );
  expectType<Equal<boolean>>()(
    yield* asyncio.withTaskGroup(function* (group) {
      expectType<Equal<asyncio.Task<boolean>>>()(group.createTask(coro()));
      return yield* coro();
    }),
  );
  expectType<Equal<string>>()(
    yield* asyncio.withAbortSignal(new AbortController().signal, () => stringTask.getCoro() ?? name()),
  );
}

function* name(): asyncio.Coroutine<string> {
  return 'name';
}

// @ts-expect-error: the timeout is not optional
asyncio.waitFor(coro());
// @ts-expect-error: nor an option
asyncio.waitFor(coro(), { timeout: 5 });
// @ts-expect-error: a Promise is to be bridged
asyncio.shield(5);

// createTask takes a coroutine and its options, and nothing else.

expectType<Equal<asyncio.Task<boolean>>>()(asyncio.createTask(coro()));
expectType<Equal<asyncio.Task<boolean>>>()(
  asyncio.createTask(coro(), { name: 'name', context: asyncio.copyContext(), eagerStart: true }),
);
expectType<Equal<asyncio.Task<boolean>>>()(
  asyncio.createTask(coro(), { name: null, context: null, eagerStart: null }),
);
// @ts-expect-error: the function was not called
asyncio.createTask(coro);
// @ts-expect-error: a future is no coroutine
asyncio.createTask(numberFuture);
// @ts-expect-error: nor is a Promise
asyncio.createTask(datePromise);
// @ts-expect-error: Python's name of the option
asyncio.createTask(coro(), { eager_start: true });
// @ts-expect-error: no such option
asyncio.createTask(coro(), { priority: 1 });
// @ts-expect-error: a name is a string
asyncio.createTask(coro(), { name: 5 });

// sleep takes seconds.

// @ts-expect-error: a number is needed
asyncio.sleep();
// @ts-expect-error: a string is no number
asyncio.sleep('5');

// Futures.

numberFuture.addDoneCallback((done) => expectType<Equal<number>>()(done.result()));
numberFuture.addDoneCallback(() => undefined, { context: asyncio.copyContext() });
numberFuture.setException(new RangeError('m'));
numberFuture.setException(asyncio.TimeoutError);
expectType<Equal<Error | null>>()(numberFuture.exception());
// @ts-expect-error: the result has a type
numberFuture.setResult('text');
// @ts-expect-error: an error is needed
numberFuture.setException('text');
// @ts-expect-error: no such option
numberFuture.addDoneCallback(() => undefined, { ctx: asyncio.copyContext() });
// @ts-expect-error: the loop is an option
new asyncio.Future<number>(loop);

// The loop checks the arguments of callbacks.

loop.callSoon((a: number, b: string) => [a, b], 1, 'two');
loop.callLater(1, (a: number) => a, 1);
loop.callAt(1, () => undefined);
// @ts-expect-error: an argument of the wrong type
loop.callSoon((a: number) => a, 'one');
// @ts-expect-error: an argument is missing
loop.callSoon((a: number) => a);
// @ts-expect-error: one argument too many
loop.callSoon(() => undefined, 1);
// @ts-expect-error: the delay comes first
loop.callLater(() => undefined, 1);
loop.setExceptionHandler((failed, context) => failed.defaultExceptionHandler(context));
loop.setExceptionHandler(null);
// @ts-expect-error: a context has a message, not a text
loop.callExceptionHandler({ message: 5 });

// run and Runner.

asyncio.run(coro, {
  debug: true,
  loopFactory: () => new asyncio.BrowserEventLoop(),
  signal: new AbortController().signal,
});
// @ts-expect-error: Python's name of the option
asyncio.run(coro, { loop_factory: () => new asyncio.BrowserEventLoop() });
// @ts-expect-error: a class is no factory
asyncio.run(coro, { loopFactory: asyncio.BrowserEventLoop });
// @ts-expect-error: it must be a loop
asyncio.run(coro, { loopFactory: () => ({}) });

// Context variables.

const variable = new asyncio.ContextVar<number>('variable', { defaultValue: 1 });
const inferredVariable = new asyncio.ContextVar('variable', { defaultValue: 'text' });
expectType<Equal<number>>()(variable.get());
expectType<Equal<string>>()(inferredVariable.get());
expectType<Equal<asyncio.Token<number>>>()(variable.set(2));
expectType<Equal<number | undefined>>()(asyncio.copyContext().get(variable));
expectType<Equal<number>>()(asyncio.copyContext().run((a: number) => a, 1));
variable.reset(variable.set(3));
// @ts-expect-error: the value has a type
variable.set('text');
// @ts-expect-error: the token is of another variable
variable.reset(inferredVariable.set('text'));
// @ts-expect-error: Python's name of the option
new asyncio.ContextVar<number>('variable', { default: 1 });

export const used: unknown[] = [gathering, waiting, others];
