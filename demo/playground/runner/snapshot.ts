/** The ready queue and the timers of a loop, as far as they can be shown. */

import type { TimerHandle } from 'asyncio-web';
import * as asyncio from 'asyncio-web';
import type { Queues, Waiting } from '../protocol.ts';
import { awaitersOf, inHandle, inLoop, inTask } from './peek.ts';
import type { Recorder } from './recorder.ts';

/** So many are shown. */
const SHOWN = 200;

/** Of more timers than these the earliest are not looked for. */
const SEARCHED = 200_000;

export function takeQueues(recorder: Recorder): Queues | null {
  const loop = recorder.loop;
  if (loop === null) return null;
  const { _ready, _scheduled } = inLoop(loop);
  const ready: Waiting[] = [];
  for (const item of _ready) {
    if (ready.length === SHOWN) break;
    ready.push(describe(item, recorder));
  }
  const timers = _scheduled.length > SEARCHED ? [] : earliest(_scheduled);
  return {
    ready,
    readyCount: _ready.length,
    batch: Math.min(recorder.batchLeft, _ready.length),
    timers: timers.map((handle) => describe(handle, recorder)),
    timerCount: _scheduled.length,
  };
}

/** The earliest of the timers, in their order, by one pass and a small sorted list. */
function earliest(timers: Iterable<TimerHandle>): TimerHandle[] {
  const found: TimerHandle[] = [];
  for (const timer of timers) {
    const when = timer.when();
    if (found.length === SHOWN && when >= (found.at(-1) as TimerHandle).when()) continue;
    let at = found.length;
    while (at > 0 && (found[at - 1] as TimerHandle).when() > when) at -= 1;
    found.splice(at, 0, timer);
    if (found.length > SHOWN) found.pop();
  }
  return found;
}

function describe(item: object, recorder: Recorder): Waiting {
  if (!(item instanceof asyncio.Handle)) {
    const record = recorder.get(item);
    const label = record === undefined ? 'done callback' : 'step';
    return { label, task: record?.id ?? 0, when: 0, cancelled: false };
  }
  const { _callback, _args, _cancelled } = inHandle(item);
  const when = item instanceof asyncio.TimerHandle ? recorder.fromOrigin(item.when()) : 0;
  const name = nameOf(_callback);
  const future = _args[0];
  const task = taskBehind(future, recorder);
  const label = name === 'setResultUnlessCancelled' ? 'end of sleep' : `${name}()`;
  return { label, task, when, cancelled: _cancelled };
}

function nameOf(callback: { readonly name?: unknown }): string {
  try {
    return typeof callback.name === 'string' && callback.name !== ''
      ? callback.name.slice(0, 80)
      : 'callback';
  } catch {
    return 'callback'; // a proxy that throws
  }
}

/** The task that waits for the future which a callback is given. */
function taskBehind(future: unknown, recorder: Recorder): number {
  if (!(future instanceof asyncio.Future)) return 0;
  const itself = recorder.get(future);
  if (itself !== undefined) return itself.id;
  for (const awaiter of awaitersOf(inTask(future))) {
    const record = recorder.get(awaiter);
    if (record !== undefined) return record.id;
  }
  return 0;
}
