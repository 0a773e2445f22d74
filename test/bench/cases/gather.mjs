// A hundred thousand tasks at once, one await each, gathered.

import { createTask, gather, run, sleep } from 'asyncio-web';
import { compare } from './harness.mjs';

const TASKS = 1e5;

export const work = { count: TASKS, of: 'task' };

function* one() {
  yield* sleep(0);
}

function* ours(repeat) {
  for (; repeat > 0; repeat--) {
    const tasks = [];
    for (let n = 0; n < TASKS; n++) tasks.push(createTask(one()));
    yield* gather(tasks, {});
  }
}

async function nativeOne() {
  await null;
}

async function native(repeat) {
  for (; repeat > 0; repeat--) {
    const promises = [];
    for (let n = 0; n < TASKS; n++) promises.push(nativeOne());
    await Promise.all(promises);
  }
}

export const contestants = {
  asyncio: { run: (repeat) => run(ours(repeat)) },
  native: { run: native },
};

export const measure = (options) => compare(contestants, options);
