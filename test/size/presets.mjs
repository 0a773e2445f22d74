// The programs whose sizes the ledger holds. A new layer gets a line here in the change that adds it.

/** What most programs use; its budget is 6 KB. */
const CORE = `
import { asyncWith, createTask, gather, run, sleep, TaskGroup, timeout } from 'asyncio-web';

function* work(n) {
  yield* sleep(n);
  return n;
}

run(function* () {
  const first = createTask(work(1));
  const rest = yield* gather(work(2), work(3));
  yield* asyncWith(timeout(9), function* () {
    yield* asyncWith(new TaskGroup(), function* (group) {
      group.createTask(work(4));
    });
  });
  console.log(yield* first, rest);
});
`;

/** A program that only runs and sleeps: the floor under all the others. */
const FLOOR = `
import { run, sleep } from 'asyncio-web';
run(function* () {
  yield* sleep(1);
});
`;

/** The floor, and these exports kept whole. */
const withExports = (...names) => `${FLOOR}export { ${names.join(', ')} } from 'asyncio-web';\n`;

/** Text of each preset's program. */
export const presets = {
  core: CORE,
  everything: `export * from 'asyncio-web';\n`,
  floor: FLOOR,
  'floor+gather': withExports('gather'),
  'floor+timeouts': withExports('timeout', 'timeoutAt', 'withTimeout', 'withTimeoutAt'),
  'floor+taskgroups': withExports('TaskGroup', 'withTaskGroup'),
  'floor+wait': withExports('wait', 'waitFor', 'asCompleted', 'shield'),
  'floor+locks': withExports('Lock', 'Event', 'Condition', 'Semaphore', 'BoundedSemaphore', 'Barrier'),
  'floor+queues': withExports('Queue', 'PriorityQueue', 'LifoQueue'),
  'floor+bridges': withExports('fromPromise', 'asyncTask', 'withAbortSignal', 'abortSignalOf'),
  'floor+iteration': withExports('asyncFor', 'asyncGenerator', 'aiter', 'anext'),
  'floor+groups': withExports('ExceptionGroup', 'exceptStar', 'formatException'),
  'floor+contextvars': withExports('ContextVar', 'Context', 'copyContext'),
  'floor+graph': withExports('printCallGraph', 'captureCallGraph', 'formatCallGraph'),
  lowlevel: `export * from 'asyncio-web/lowlevel';\n`,
  testing: `export * from 'asyncio-web/testing';\n`,
};

/** Files that are published as they are. */
export const files = {
  'script tag': 'dist/asyncio.global.min.js',
};
