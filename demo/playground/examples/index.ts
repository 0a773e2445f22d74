/** The programs that the page offers, with what to look at and what a run comes to. */

import type { LoopName } from '../protocol.ts';
import awaitable from './awaitable.ts?raw';
import barrier from './barrier.ts?raw';
import chat from './chat.ts?raw';
import cleanup from './cleanup.ts?raw';
import completed from './completed.ts?raw';
import context from './context.ts?raw';
import crawler from './crawler.ts?raw';
import debug from './debug.ts?raw';
import frames from './frames.ts?raw';
import gather from './gather.ts?raw';
import group from './group.ts?raw';
import hello from './hello.ts?raw';
import locks from './locks.ts?raw';
import many from './many.ts?raw';
import minimal from './minimal.ts?raw';
import mm1 from './mm1.ts?raw';
import ndjson from './ndjson.ts?raw';
import ordered from './ordered.ts?raw';
import peers from './peers.ts?raw';
import philosophers from './philosophers.ts?raw';
import progress from './progress.ts?raw';
import queue from './queue.ts?raw';
import runaway from './runaway.ts?raw';
import shield from './shield.ts?raw';
import smooth from './smooth.ts?raw';
import timeouts from './timeouts.ts?raw';
import unseen from './unseen.ts?raw';

export type ViewName = 'tasks' | 'timeline' | 'queues' | 'primitives' | 'counters' | 'stage' | 'deadlock';

export interface Example {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** What to look at, in a sentence or two. */
  readonly look: string;
  readonly loop: LoopName;
  readonly seed?: number;
  readonly debug?: boolean;
  /** Callbacks a second, where the run itself is to be watched. */
  readonly pace?: number;
  readonly view: ViewName;
  readonly code: string;
  /** How the run ends. A test runs every example and looks. */
  readonly ends: 'done' | 'failed' | 'deadlock' | 'runs on';
  /** What the console says, among other things, in this order. */
  readonly prints: readonly string[];
}

export const EXAMPLES: readonly Example[] = [
  {
    id: 'hello',
    group: 'First steps',
    title: 'Hello, tasks',
    look: 'Two tasks sleep side by side: in the timeline their waits overlap, so the program takes one second, not one and a half.',
    loop: 'browser',
    view: 'timeline',
    code: hello,
    ends: 'done',
    prints: ['both are on their way', 'hello, Grace', 'hello, Ada', 'finished: Ada and Grace'],
  },
  {
    id: 'gather',
    group: 'First steps',
    title: 'Gather',
    look: 'Results come in the order of the arguments, whoever is first. The second gather gives errors in place of results.',
    loop: 'sim',
    view: 'timeline',
    code: gather,
    ends: 'done',
    prints: ['"USER", "POSTS", "LIKES"', 'TimeoutError'],
  },
  {
    id: 'completed',
    group: 'First steps',
    title: 'As they are completed',
    look: 'asCompleted gives the quickest first; wait gives what is done and what is not. What nobody needs is cancelled.',
    loop: 'sim',
    view: 'timeline',
    code: completed,
    ends: 'done',
    prints: ['1. Rome', '2. Oslo', '3. Kyoto', 'first: Cork and 2 are not needed'],
  },
  {
    id: 'awaitable',
    group: 'First steps',
    title: 'A custom awaitable',
    look: 'An object of your own class after yield*, and a future that a plain timer completes.',
    loop: 'browser',
    view: 'tasks',
    code: awaitable,
    ends: 'done',
    prints: ['lift-off', 'a message from a plain timer', 'lift-off'],
  },
  {
    id: 'context',
    group: 'First steps',
    title: 'Context variables',
    look: 'Each task has a context of its own: the log knows the request, though nobody passes it on.',
    loop: 'sim',
    view: 'tasks',
    code: context,
    ends: 'done',
    prints: ['[A] begin', '[B] begin', '[A] end', '[B] end', '[none] the handlers'],
  },
  {
    id: 'cleanup',
    group: 'Cancellation',
    title: 'Cancel, with cleanup',
    look: 'The cancellation comes out at the line that waits. Its finally waits too, and the canceller sees the end of it.',
    loop: 'browser',
    view: 'timeline',
    code: cleanup,
    ends: 'done',
    prints: ['begin', 'rolling back', 'rolled back', 'cancelled, and its cleanup is over: true'],
  },
  {
    id: 'peers',
    group: 'Cancellation',
    title: 'The same on a peer',
    look: 'Effection ends a generator by return(): a cleanup that waits is taken for a normal end, and the program goes on after its cancellation.',
    loop: 'browser',
    view: 'tasks',
    code: peers,
    ends: 'done',
    prints: [
      'asyncio-web: cleanup begins',
      'asyncio-web: cleanup ends',
      'Effection:   cleanup begins',
      'Effection:   cleanup ends',
      'Effection:   goes on after it was cancelled!',
    ],
  },
  {
    id: 'group',
    group: 'Cancellation',
    title: 'A task group fails',
    look: 'Part 2 fails after two seconds. The group cancels the others, waits for every cleanup, and only then tells of the error.',
    loop: 'sim',
    view: 'timeline',
    code: group,
    ends: 'done',
    prints: [
      'part 1 is there',
      'part 2 fails',
      'part 4 has cleaned up',
      'after every cleanup: Error: part 2 is missing',
    ],
  },
  {
    id: 'timeouts',
    group: 'Cancellation',
    title: 'Timeouts in timeouts',
    look: "A short timeout inside a longer one, which is moved on the way. Each catches its own, never the other's.",
    loop: 'sim',
    view: 'timeline',
    code: timeouts,
    ends: 'done',
    prints: ['connect: done', 'greet: too slow, never mind', 'read: done', 'out of time at 3.5 s'],
  },
  {
    id: 'shield',
    group: 'Cancellation',
    title: 'Shield',
    look: 'The timeout gives up waiting; the task behind the shield goes on.',
    loop: 'sim',
    view: 'timeline',
    code: shield,
    ends: 'done',
    prints: ['nobody waits any more, and it goes on', 'saved', 'version 2'],
  },
  {
    id: 'locks',
    group: 'Locks and queues',
    title: 'A lock',
    look: 'Three withdrawals at once lose money. With a lock they stand in line: see who holds it and who waits.',
    loop: 'sim',
    pace: 5,
    view: 'primitives',
    code: locks,
    ends: 'done',
    prints: ['without a lock: 70, should be 40', 'with a lock: 40'],
  },
  {
    id: 'barrier',
    group: 'Locks and queues',
    title: 'Semaphore and barrier',
    look: 'Two at a time change shoes; then everybody waits at the line until all four are there.',
    loop: 'sim',
    pace: 5,
    view: 'primitives',
    code: barrier,
    ends: 'done',
    prints: ['Ada changes shoes', 'Cy is at the line', 'Ada runs'],
  },
  {
    id: 'queue',
    group: 'Locks and queues',
    title: 'Producer and consumers',
    look: 'The belt holds three. When it is full the producer waits: follow its fill in the list of locks and queues.',
    loop: 'browser',
    view: 'primitives',
    code: queue,
    ends: 'done',
    prints: ['producer: that was all', 'packed in all: 12'],
  },
  {
    id: 'crawler',
    group: 'Network',
    title: 'A web crawler',
    look: 'Four workers share a queue of addresses. join() returns when the last page is done.',
    loop: 'browser',
    view: 'tasks',
    code: crawler,
    ends: 'done',
    prints: ['12 pages, 1 missing'],
  },
  {
    id: 'ndjson',
    group: 'Network',
    title: 'Lines from a stream',
    look: 'An asynchronous generator cuts chunks into lines and hands them out as they come.',
    loop: 'browser',
    view: 'timeline',
    code: ndjson,
    ends: 'done',
    prints: ['0 squared is 0', '7 squared is 49', 'sum: 140'],
  },
  {
    id: 'progress',
    group: 'Network',
    title: 'Progress and cancel',
    look: 'A download draws its progress. The second one is cancelled by a timeout: its fetch is aborted, its finally runs.',
    loop: 'browser',
    view: 'stage',
    code: progress,
    ends: 'done',
    prints: ['1000000 bytes', 'closed after', 'the second one was cancelled on its way'],
  },
  {
    id: 'chat',
    group: 'Network',
    title: 'Chat between two tabs',
    look: 'Run it here and in a second tab. With npm start they meet in a WebSocket room of the server; on a static host, which has none, on channel:.',
    loop: 'browser',
    view: 'tasks',
    code: chat,
    ends: 'runs on',
    prints: ['You are guest-'],
  },
  {
    id: 'frames',
    group: 'Staying smooth',
    title: 'Frames under a million callbacks',
    look: 'The dots keep moving while a million callbacks pass through the loop. The counters say how long a slice is.',
    loop: 'browser',
    view: 'stage',
    code: frames,
    ends: 'done',
    prints: ['1000000 callbacks', 'frames, the longest wait'],
  },
  {
    id: 'smooth',
    group: 'Staying smooth',
    title: 'Smooth and frozen',
    look: 'The same second of work: in one piece the ring stands still, with sleep(0) in between it turns.',
    loop: 'browser',
    view: 'stage',
    code: smooth,
    ends: 'done',
    prints: ['in one piece: 0 frames in', 'in pieces: ', 'the ring turned'],
  },
  {
    id: 'many',
    group: 'Staying smooth',
    title: '100,000 tasks',
    look: 'A million steps of a hundred thousand tasks. The lists stay quick because they show only the rows in view.',
    loop: 'browser',
    view: 'counters',
    code: many,
    ends: 'done',
    prints: ['1000000 steps of 100000 tasks'],
  },
  {
    id: 'runaway',
    group: 'Staying smooth',
    title: 'A program that never ends',
    look: 'An endless loop. After a moment the page says that the program does not respond; Stop ends it all the same.',
    loop: 'browser',
    view: 'tasks',
    code: runaway,
    ends: 'runs on',
    prints: ['here I go'],
  },
  {
    id: 'philosophers',
    group: 'Simulator',
    title: 'Dining philosophers',
    look: 'Five tasks, five locks, and a circle: the simulator finds that nothing can ever happen again, and names who waits for whom.',
    loop: 'sim',
    view: 'primitives',
    code: philosophers,
    ends: 'deadlock',
    prints: ['Plato has the left fork', 'Laozi has the left fork'],
  },
  {
    id: 'ordered',
    group: 'Simulator',
    title: 'Philosophers who eat',
    look: 'Forks in order of their numbers. Change the seed: the order of the meals changes, and nobody starves.',
    loop: 'sim',
    view: 'timeline',
    code: ordered,
    ends: 'done',
    prints: ['eats meal 1', 'everybody has eaten by'],
  },
  {
    id: 'mm1',
    group: 'Simulator',
    title: 'The M/M/1 queue',
    look: 'Forty thousand customers in virtual time, with the formula beside what was measured.',
    loop: 'sim',
    seed: 7,
    view: 'counters',
    code: mm1,
    ends: 'done',
    prints: ['customers at the counter, L', '40000 customers in'],
  },
  {
    id: 'minimal',
    group: 'The loop itself',
    title: 'A minimal host',
    look: 'A clock and one wake-up are all that a loop needs. The console shows when the loop asks to be woken.',
    loop: 'browser',
    view: 'queues',
    code: minimal,
    ends: 'done',
    prints: ['the loop sleeps until its next timer', 'slept twice', 'the loop is done with its host'],
  },
  {
    id: 'debug',
    group: 'The loop itself',
    title: 'Debug mode',
    look: 'A callback that blocks, and a task that swallows its cancellation: debug mode reports both, with places.',
    loop: 'browser',
    debug: true,
    view: 'tasks',
    code: debug,
    ends: 'done',
    prints: ['Executing', 'swallowed a cancellation without uncancel()', 'careless went on'],
  },
  {
    id: 'unseen',
    group: 'The loop itself',
    title: 'Errors that nobody sees',
    look: 'A task that nobody awaits and a callback that throws: neither error is lost.',
    loop: 'browser',
    view: 'tasks',
    code: unseen,
    ends: 'done',
    prints: ['a callback fails', 'the loop goes on', 'handler: Exception in callback'],
  },
];
