// Programs whose course depends on their seed: 20 of them, for the table of hashes that is the same in every engine.
// Loaded by the suite and by a Worker.

import * as asyncio from 'asyncio-web';
import type { SimLoop } from 'asyncio-web/testing';
import { detMath, runSim } from 'asyncio-web/testing';

export type Scenario = (sim: SimLoop) => asyncio.Coroutine<unknown>;

const { sleep, createTask } = asyncio;

/** Waits a random time, on average so long. */
const pause = (sim: SimLoop, mean: number): asyncio.Coroutine<void> =>
  sleep(sim.random.expovariate(1 / mean));

function* each<T>(
  items: Iterable<T>,
  body: (item: T) => asyncio.Coroutine<unknown>,
): asyncio.Coroutine<void> {
  yield* asyncio.withTaskGroup(function* (group) {
    for (const item of items) group.createTask(body(item), { name: `for ${String(item)}` });
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Customers who come at random and are served one by one. */
function* singleServer(sim: SimLoop): asyncio.Coroutine<number> {
  const server = new asyncio.Lock();
  let waited = 0;
  function* customer(): asyncio.Coroutine<void> {
    const came = sim.time();
    yield* asyncio.asyncWith(server, function* () {
      waited += sim.time() - came;
      yield* pause(sim, 0.8);
    });
  }
  yield* asyncio.withTaskGroup(function* (group) {
    for (let index = 0; index < 30; index += 1) {
      yield* pause(sim, 1);
      group.createTask(customer());
    }
  });
  return waited;
}

function* boundedQueue(sim: SimLoop): asyncio.Coroutine<number> {
  const queue = new asyncio.Queue<number>(3);
  let total = 0;
  function* consume(): asyncio.Coroutine<void> {
    for (;;) {
      total += yield* queue.get();
      yield* pause(sim, 0.5);
      queue.taskDone();
    }
  }
  const consumers = upTo(2).map((index) => createTask(consume(), { name: `consumer ${index}` }));
  yield* each(upTo(3), function* (producer) {
    for (let item = 0; item < 8; item += 1) {
      yield* pause(sim, 0.3);
      yield* queue.put(producer * 100 + item);
    }
  });
  yield* queue.join();
  for (const consumer of consumers) consumer.cancel();
  return total;
}

function* limitedParallel(sim: SimLoop): asyncio.Coroutine<void> {
  const semaphore = new asyncio.Semaphore(3);
  yield* each(upTo(15), () => asyncio.asyncWith(semaphore, () => pause(sim, 1)));
}

function* timeouts(sim: SimLoop): asyncio.Coroutine<number> {
  let late = 0;
  yield* each(upTo(20), function* () {
    try {
      yield* asyncio.withTimeout(1, () => pause(sim, 1));
    } catch (error) {
      if (!(error instanceof asyncio.TimeoutError)) throw error;
      late += 1;
    }
  });
  return late;
}

function* retries(sim: SimLoop): asyncio.Coroutine<number> {
  let attempts = 0;
  yield* each(upTo(5), function* () {
    for (let delay = 0.1; ; delay *= 2) {
      attempts += 1;
      if (sim.random.random() < 0.3) return;
      yield* sleep(delay + sim.random.uniform(0, delay));
    }
  });
  return attempts;
}

function* failingGroup(sim: SimLoop): asyncio.Coroutine<string> {
  try {
    yield* each(upTo(10), function* (index) {
      yield* pause(sim, 2);
      if (sim.random.randrange(4) === 0) throw new Error(`task ${index}`);
    });
  } catch (error) {
    return String((error as asyncio.ExceptionGroup).exceptions.length);
  }
  return 'none';
}

function* firstOf(sim: SimLoop): asyncio.Coroutine<number> {
  const racers = upTo(6).map((index) => createTask(pause(sim, 1 + index), { name: `racer ${index}` }));
  const [done, pending] = yield* asyncio.wait(racers, { returnWhen: asyncio.FIRST_COMPLETED });
  for (const task of pending) task.cancel();
  yield* asyncio.gather([...pending], { returnExceptions: true });
  return done.size;
}

function* philosophers(sim: SimLoop): asyncio.Coroutine<void> {
  const forks = upTo(5).map(() => new asyncio.Lock());
  yield* each(upTo(5), function* (index) {
    // In the order of the forks: nobody waits in a circle.
    const [first, second] = [index, (index + 1) % 5].sort((a, b) => a - b) as [number, number];
    for (let meal = 0; meal < 3; meal += 1) {
      yield* pause(sim, 1);
      yield* asyncio.asyncWith(forks[first] as asyncio.Lock, () =>
        asyncio.asyncWith(forks[second] as asyncio.Lock, () => pause(sim, 0.5)),
      );
    }
  });
}

function* barrier(sim: SimLoop): asyncio.Coroutine<void> {
  const gate = new asyncio.Barrier(4);
  yield* each(upTo(4), function* () {
    for (let round = 0; round < 4; round += 1) {
      yield* pause(sim, 1);
      yield* gate.wait();
    }
  });
}

function* condition(sim: SimLoop): asyncio.Coroutine<void> {
  const changed = new asyncio.Condition();
  let stock = 0;
  const supply = createTask(
    (function* () {
      for (;;) {
        yield* pause(sim, 0.5);
        yield* asyncio.asyncWith(changed, function* () {
          stock += sim.random.randint(1, 3);
          changed.notifyAll();
        });
      }
    })(),
    { name: 'supply' },
  );
  yield* each(upTo(6), (wanted) =>
    asyncio.asyncWith(changed, function* () {
      yield* changed.waitFor(() => stock >= wanted);
      stock -= wanted;
    }),
  );
  supply.cancel();
}

function* shielded(sim: SimLoop): asyncio.Coroutine<number> {
  let finished = 0;
  function* save(): asyncio.Coroutine<void> {
    yield* pause(sim, 1);
    finished += 1;
  }
  const saves = upTo(8).map(() => createTask(save()));
  yield* each(saves.keys(), function* (index) {
    try {
      yield* asyncio.waitFor(asyncio.shield(saves[index] as asyncio.Task<void>), 0.7);
    } catch (error) {
      if (!(error instanceof asyncio.TimeoutError)) throw error;
    }
  });
  yield* asyncio.gather(saves);
  return finished;
}

function* byCompletion(sim: SimLoop): asyncio.Coroutine<string> {
  const order: number[] = [];
  function* job(index: number): asyncio.Coroutine<number> {
    yield* pause(sim, 1);
    return index;
  }
  for (const next of asyncio.asCompleted(upTo(8).map(job))) order.push(yield* next);
  return order.join();
}

function* pipeline(sim: SimLoop): asyncio.Coroutine<number> {
  const queues = upTo(4).map(() => new asyncio.Queue<number>(1));
  yield* each([...upTo(3), 3], function* (stage) {
    if (stage === 0) {
      for (const item of upTo(8)) yield* (queues[0] as asyncio.Queue<number>).put(item);
      return;
    }
    for (let count = 0; count < 8; count += 1) {
      const item = yield* (queues[stage - 1] as asyncio.Queue<number>).get();
      yield* pause(sim, 0.2);
      yield* (queues[stage] as asyncio.Queue<number>).put(item);
      if (stage === 3) yield* (queues[3] as asyncio.Queue<number>).get();
    }
  });
  return sim.ticks;
}

function* priorities(sim: SimLoop): asyncio.Coroutine<string> {
  const queue = new asyncio.PriorityQueue<number>();
  const order: number[] = [];
  yield* asyncio.withTaskGroup(function* (group) {
    group.createTask(
      (function* () {
        for (let count = 0; count < 12; count += 1) {
          order.push(yield* queue.get());
          yield* sleep(1);
        }
      })(),
    );
    for (let count = 0; count < 12; count += 1) {
      queue.putNowait(sim.random.randrange(100));
      yield* pause(sim, 0.5);
    }
  });
  return order.join();
}

function* cancellations(sim: SimLoop): asyncio.Coroutine<number> {
  let cleaned = 0;
  function* worker(): asyncio.Coroutine<void> {
    try {
      yield* pause(sim, 2);
    } finally {
      yield* sleep(0.25);
      cleaned += 1;
    }
  }
  const tasks = upTo(10).map(() => createTask(worker()));
  for (const task of tasks) {
    yield* pause(sim, 0.3);
    task.cancel();
  }
  yield* asyncio.gather(tasks, { returnExceptions: true });
  return cleaned;
}

function* walk(sim: SimLoop): asyncio.Coroutine<number> {
  let position = 0;
  for (let index = 0; index < 40; index += 1) {
    position += sim.random.normalvariate(0, 1);
    yield* sleep(Math.abs(position) / 10);
  }
  return position;
}

function* heavyTail(sim: SimLoop): asyncio.Coroutine<void> {
  yield* each(upTo(15), () => sleep(detMath.pow(1 - sim.random.random(), -1 / 1.5)));
}

function* sunrise(sim: SimLoop): asyncio.Coroutine<number> {
  let light = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    light += Math.max(0, detMath.sin((2 * Math.PI * hour) / 24) * sim.random.random());
    yield* sleep(3600 + light);
  }
  return light;
}

function* sameTick(sim: SimLoop): asyncio.Coroutine<string> {
  const order: number[] = [];
  for (const index of upTo(20)) sim.callLater(1 + (index % 2), () => order.push(index));
  yield* sleep(3);
  return order.join();
}

function* eventAndStreams(sim: SimLoop): asyncio.Coroutine<string> {
  const go = new asyncio.AsyncEvent();
  const numbers = upTo(5).map((index) => sim.random.stream(`runner ${index}`));
  const order: number[] = [];
  yield* asyncio.withTaskGroup(function* (group) {
    numbers.forEach((random, index) => {
      group.createTask(
        (function* () {
          yield* go.wait();
          yield* sleep(random.uniform(1, 2));
          order.push(index);
        })(),
      );
    });
    yield* pause(sim, 1);
    go.set();
  });
  return order.join();
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  singleServer,
  boundedQueue,
  limitedParallel,
  timeouts,
  retries,
  failingGroup,
  firstOf,
  philosophers,
  barrier,
  condition,
  shielded,
  byCompletion,
  pipeline,
  priorities,
  cancellations,
  walk,
  heavyTail,
  sunrise,
  sameTick,
  eventAndStreams,
};

export const SEEDS = 50;

/** The hash of each seed of a scenario: of the course, and of the result. */
export function hashesOf(name: string): string[] {
  return upTo(SEEDS).map((seed) => {
    const scenario = SCENARIOS[name] as Scenario;
    return runSim(
      function* (sim) {
        const result = yield* scenario(sim);
        // The result is part of the course: it becomes a name.
        yield* createTask(sleep(0), { name: String(result) });
        return sim.trace.hash();
      },
      { seed, trace: 'hash', explore: 'environment' },
    );
  });
}

/** All of them, as the table has them: separated by spaces. */
export function hashTable(): Record<string, string> {
  return Object.fromEntries(Object.keys(SCENARIOS).map((name) => [name, hashesOf(name).join(' ')]));
}
