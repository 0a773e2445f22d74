// Queue, LifoQueue and PriorityQueue.

import * as asyncio from 'asyncio-web';
import type { Log, Programs } from '../log.ts';
import { caught } from '../log.ts';

const { CancelledError, QueueShutDown } = asyncio;

export const queues = {
  *items_pass_in_order(log: Log) {
    const queue = new asyncio.Queue<number>(2);
    function* producer() {
      for (let item = 0; item < 5; item += 1) {
        yield* queue.put(item);
        log('put', [item, queue.qsize()]);
      }
    }
    function* consumer() {
      for (let i = 0; i < 5; i += 1) {
        log('got', yield* queue.get());
        if (queue.empty()) log('empty');
      }
    }
    yield* asyncio.gather(producer(), consumer());
  },

  *getters_are_served_in_order(log: Log) {
    const queue = new asyncio.Queue<number>();
    function* getter(name: string) {
      log(name, yield* queue.get());
    }
    const tasks = [...'abc'].map((name) => asyncio.createTask(getter(name)));
    yield* asyncio.sleep(0);
    for (let item = 0; item < 3; item += 1) queue.putNowait(item);
    const late = asyncio.createTask(getter('late'));
    for (const task of tasks) yield* task;
    queue.putNowait(3);
    yield* late;
  },

  *a_getter_may_be_overtaken(log: Log) {
    const queue = new asyncio.Queue<number>();
    function* getter(name: string) {
      log(name, yield* queue.get());
    }
    const task = asyncio.createTask(getter('waiting'));
    yield* asyncio.sleep(0);
    queue.putNowait(1);
    log('taken', queue.getNowait());
    yield* asyncio.sleep(0);
    log('done', task.done());
    queue.putNowait(2);
    yield* task;
  },

  *a_cancelled_getter_passes_the_item_on(log: Log) {
    const queue = new asyncio.Queue<number>();
    function* getter(name: string) {
      try {
        log(name, yield* queue.get());
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
        throw error;
      }
    }
    const tasks = [...'abc'].map((name) => asyncio.createTask(getter(name)));
    yield* asyncio.sleep(0);
    queue.putNowait(1);
    tasks[0]?.cancel();
    tasks[2]?.cancel();
    yield* asyncio.wait(tasks);
    log('size', queue.qsize());
  },

  *a_cancelled_putter_passes_the_slot_on(log: Log) {
    const queue = new asyncio.Queue<string>(1);
    function* putter(name: string) {
      try {
        yield* queue.put(name);
        log(name, 'put');
      } catch (error) {
        caught(error, CancelledError);
        log(name, 'cancelled');
        throw error;
      }
    }
    queue.putNowait('first');
    const tasks = [...'abc'].map((name) => asyncio.createTask(putter(name)));
    yield* asyncio.sleep(0);
    log('got', queue.getNowait());
    tasks[0]?.cancel();
    yield* asyncio.wait(tasks.slice(0, 2));
    log('got', yield* queue.get());
    yield* tasks[2] as asyncio.Task<void>;
    log('got', yield* queue.get());
  },

  *nowait_refuses(log: Log) {
    const queue = new asyncio.Queue<number>(1);
    try {
      queue.getNowait();
    } catch (error) {
      log('refused', caught(error, asyncio.QueueEmpty));
    }
    queue.putNowait(1);
    log('full', queue.full());
    try {
      queue.putNowait(2);
    } catch (error) {
      log('refused', caught(error, asyncio.QueueFull));
    }
    queue.taskDone();
    try {
      queue.taskDone();
    } catch (error) {
      log('refused', caught(error, RangeError));
    }
  },

  *join_waits_for_every_task_done(log: Log) {
    const queue = new asyncio.Queue<number>();
    function* worker() {
      for (;;) {
        const item = yield* queue.get();
        yield* asyncio.sleep(0.1);
        log('worked', item);
        queue.taskDone();
      }
    }
    function* joiner() {
      yield* queue.join();
      log('joined');
    }
    yield* queue.join();
    log('nothing to do');
    for (let item = 0; item < 2; item += 1) queue.putNowait(item);
    const task = asyncio.createTask(worker());
    yield* asyncio.gather(joiner(), joiner());
    task.cancel();
    yield* asyncio.wait([task]);
  },

  *shutdown_lets_the_rest_out(log: Log) {
    const queue = new asyncio.Queue<number | string>(2);
    function* putter() {
      try {
        yield* queue.put('too late');
      } catch (error) {
        log('putter', caught(error, QueueShutDown));
      }
    }
    queue.putNowait(1);
    queue.putNowait(2);
    const task = asyncio.createTask(putter());
    yield* asyncio.sleep(0);
    queue.shutdown();
    const attempts: asyncio.Coroutine<unknown>[] = [queue.put(3), queue.get(), queue.get(), queue.get()];
    for (const attempt of attempts) {
      try {
        log('gave', yield* attempt);
      } catch (error) {
        log('refused', caught(error, QueueShutDown));
      }
    }
    for (const attempt of [() => queue.putNowait(3), () => queue.getNowait()]) {
      try {
        attempt();
      } catch (error) {
        log('refused', caught(error, QueueShutDown));
      }
    }
    yield* task;
    queue.taskDone();
    queue.taskDone();
    yield* queue.join();
    log('joined');
  },

  *shutdown_at_once_drops_the_items(log: Log) {
    const queue = new asyncio.Queue<number>();
    function* joiner() {
      yield* queue.join();
      log('joined');
    }
    for (let item = 0; item < 3; item += 1) queue.putNowait(item);
    log('got', yield* queue.get());
    const task = asyncio.createTask(joiner());
    yield* asyncio.sleep(0);
    queue.shutdown(true);
    log('size', queue.qsize());
    try {
      yield* queue.get();
    } catch (error) {
      log('refused', caught(error, QueueShutDown));
    }
    log('joined', task.done());
    queue.taskDone();
    yield* task;
  },

  *shutdown_wakes_every_getter(log: Log) {
    for (const immediate of [false, true]) {
      const queue = new asyncio.Queue<string>();
      function* getter(name: string) {
        try {
          log(name, yield* queue.get());
        } catch (error) {
          log(name, caught(error, QueueShutDown));
        }
      }
      const tasks = [...'abc'].map((name) => asyncio.createTask(getter(name)));
      yield* asyncio.sleep(0);
      queue.putNowait('item');
      queue.shutdown(immediate);
      queue.shutdown();
      yield* asyncio.wait(tasks);
    }
  },

  *other_orders(log: Log) {
    const lifo = new asyncio.LifoQueue<number>();
    const priority = new asyncio.PriorityQueue<number>();
    for (const item of [3, 1, 4, 9, 2, 6]) {
      lifo.putNowait(item);
      priority.putNowait(item);
    }
    for (const [name, queue] of Object.entries({ lifo, priority })) {
      const items: number[] = [];
      while (!queue.empty()) items.push(yield* queue.get());
      log(name, items);
    }
    function* getter() {
      log('got', yield* priority.get());
    }
    const task = asyncio.createTask(getter());
    yield* asyncio.sleep(0);
    priority.putNowait(2);
    priority.putNowait(1);
    yield* task;
  },

  *a_get_with_a_time_limit(log: Log) {
    const queue = new asyncio.Queue<number>();
    try {
      yield* asyncio.waitFor(queue.get(), 0.1);
    } catch (error) {
      log('caught', caught(error, asyncio.TimeoutError));
    }
    queue.putNowait(1);
    log('got', yield* asyncio.waitFor(queue.get(), 0.1));
  },
} satisfies Programs;
