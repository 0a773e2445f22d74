// What is to be reached: one line for each thing that is measured, with the number that is required of each engine and
// the number that would be excellent. `npm run bench -- --gate` fails when a required one is missed.

/**
 * @typedef {number | {chromium?: number, firefox?: number, webkit?: number}} PerEngine A number for all, or one for
 *     each engine that it applies to.
 */

/**
 * @typedef {object} Limit
 * @property {string} id
 * @property {string} title
 * @property {string} case Which case measures it.
 * @property {string} figure Which of the case's figures it is about.
 * @property {string} unit
 * @property {'most' | 'least'} is Whether the numbers are the most or the least that will do.
 * @property {PerEngine} [required]
 * @property {PerEngine} [excellent]
 * @property {PerEngine} [short] What the short form requires: far enough away that a noisy machine does not matter.
 * @property {Partial<Record<'chromium' | 'firefox' | 'webkit', string>>} [why] What a missed line is explained by.
 */

const line =
  (is) =>
  (id, title, measuredBy, figure, unit, numbers = {}) => ({
    id,
    title,
    case: measuredBy,
    figure,
    unit,
    is,
    ...numbers,
  });
const atMost = line('most');
const atLeast = line('least');

/** @type {Limit[]} */
export const limits = [
  // Beside native async/await and the peers, on the same work in the same page.
  atMost('A1', 'switch: one task, sleep(0) a million times', 'switch', 'ours ÷ native', '×', {
    required: { chromium: 1.5, firefox: 0.6, webkit: 0.7 },
    short: 12,
  }),
  atMost('A2', 'spawn 10 000 tasks, one switch each, gather', 'spawn', 'ours ÷ native', '×', {
    required: { chromium: 1.1, firefox: 0.12, webkit: 0.7 },
    short: 25,
  }),
  atMost('A3', 'queue of one, a producer and a consumer, 100 000 items', 'queue', 'ours ÷ native', '×', {
    required: { chromium: 1.5, firefox: 0.2, webkit: 1 },
    short: 25,
  }),
  atMost('A4', 'fib(20), every call awaited', 'fib', 'ours ÷ native', '×', {
    required: { chromium: 0.5, firefox: 0.04, webkit: 0.4 },
    short: 10,
  }),
  atMost('A5', 'geometric mean of A1 to A4', 'mean', 'ours ÷ native', '×', {
    required: { chromium: 1, firefox: 0.2, webkit: 0.7 },
  }),
  atLeast('A6', 'switch, beside Effection', 'switch', 'effection ÷ ours', '×', { required: 20 }),
  atLeast('A7', 'switch, beside Effect', 'switch', 'effect ÷ ours', '×', { required: 20 }),
  atLeast('A8', 'spawn, beside Effection', 'spawn', 'effection ÷ ours', '×', { required: 20 }),
  atLeast('A9', 'spawn, beside Effect', 'spawn', 'effect ÷ ours', '×', { required: 20 }),
  atLeast(
    'A10',
    'switch, beside Effect in microtasks, where the page stands still',
    'switch',
    'effect sync ÷ ours',
    '×',
  ),
  atLeast(
    'A11',
    'spawn, beside Effect in microtasks, where the page stands still',
    'spawn',
    'effect sync ÷ ours',
    '×',
  ),
  atMost('A12', 'a lock handed from task to task', 'lock', 'ours ÷ native', '×'),
  atMost('A13', 'a future awaited and set', 'future', 'ours ÷ native', '×'),
  atMost('A14', 'yield* depth: each level, each resume', 'depth', 'ns per level', 'ns'),

  // Throughput.
  atMost('T1', 'callSoon and run, a million callbacks that do nothing', 'callsoon', 'ns', 'ns', {
    required: 80,
    excellent: 50,
  }),
  atMost('T2', 'sleep(0) round trip beside await', 'switch', 'ours ÷ native', '×', {
    required: 6,
    excellent: 3,
  }),
  atLeast('T3', 'work done while saturated, beside a plain loop', 'saturation', 'work done', '%', {
    required: { chromium: 92, firefox: 88, webkit: 88 },
    excellent: { chromium: 96, firefox: 93, webkit: 93 },
  }),
  atLeast(
    'T3b',
    'the same in a page that animates, with messages and timers of others: what is missing is also theirs',
    'saturation',
    'work done in a page that animates',
    '%',
  ),
  atMost(
    'T4',
    '100 000 tasks, one await each, gathered, beside Promise.all',
    'gather',
    'ours ÷ native',
    '×',
    { required: 4, excellent: 2.5 },
  ),

  // A page that stays alive. The slice is what `loop.stats()` says, or 2 ms.
  atMost(
    'R1a',
    'longest block in a million callbacks of 1 µs: p99 beyond the slice',
    'saturation',
    'block p99 − slice',
    'ms',
    { required: 1, excellent: 1 },
  ),
  atMost('R1b', 'the same: the longest', 'saturation', 'block max', 'ms', { required: 10 }),
  atMost('R2', 'long tasks (above 50 ms)', 'saturation', 'long tasks', '', {
    required: 0,
    excellent: 0,
    short: { chromium: 0 },
  }),
  atLeast('R3a', 'frames kept while saturated', 'saturation', 'frames kept', '%', {
    required: { chromium: 95, firefox: 90, webkit: 90 },
    excellent: 98,
    short: 40,
  }),
  atMost('R3b', 'gap between frames, p99, in frame periods', 'saturation', 'frame gap p99', 'P', {
    required: 1.5,
  }),
  atMost('R4a', "a worker's message, p50 beyond the slice", 'saturation', 'message p50 − slice', 'ms', {
    required: 0,
  }),
  atMost(
    'R4b',
    "a worker's message, p99 beyond twice the slice",
    'saturation',
    'message p99 − 2 slices',
    'ms',
    { required: 2, excellent: -1 },
  ),
  atMost(
    'R5',
    "other code's setTimeout(20), lateness p99 beyond twice the slice",
    'saturation',
    'timer p99 − 2 slices',
    'ms',
    { required: 4, excellent: -1 },
  ),
  atMost('R6', 'a click while saturated, delay p98', 'clicks', 'click p98', 'ms', {
    required: 16,
    excellent: 8,
  }),
  atMost(
    'R7',
    'a loop driven by scheduler.yield keeps this many frames (it fails R3)',
    'saturation',
    'frames kept by scheduler.yield',
    '%',
  ),

  // Clocks and timers.
  atMost(
    'C1a',
    'timers of 1 to 1000 ms on an idle page: lateness p50 beyond setTimeout',
    'lateness',
    'p50 − raw',
    'ms',
    { required: 0.2, excellent: 0 },
  ),
  atMost(
    'C1b',
    'the same: p99 beyond setTimeout and a step of the clock',
    'lateness',
    'p99 − raw − step',
    'ms',
    { required: 0.5, excellent: 0 },
  ),
  atMost('C2', 'sleep(0.001) a thousand times in sequence, mean', 'lateness', 'sleep mean', 'ms', {
    required: 2.5,
    excellent: 1.6,
  }),
  atMost('C3', 'timers of 100 000 that fire early', 'timers', 'early', '', {
    required: 0,
    excellent: 0,
    short: 0,
  }),
  atMost('C4', 'timers of 100 000, some cancelled, out of order', 'timers', 'disordered', '', {
    required: 0,
    excellent: 0,
    short: 0,
  }),
  atMost('C5a', 'a million timers: add', 'timers', 'add', 'ns', { required: 500, excellent: 350 }),
  atMost('C5b', 'a million timers: cancel, with the upkeep it causes', 'timers', 'cancel', 'ns', {
    why: {
      chromium: 'not explained: they are dropped in bounded steps now',
      firefox: 'cancelled timers at the head of the heap are dropped all at once',
      webkit: 'cancelled timers at the head of the heap are dropped all at once',
    },
    required: 100,
    excellent: 40,
  }),
  atMost('C5c', 'a million timers: pop and run', 'timers', 'pop', 'ns', {
    required: { chromium: 700, firefox: 1500, webkit: 1500 },
    excellent: { chromium: 450, firefox: 1200, webkit: 1200 },
  }),
  atMost('C6', 'a million timers: the longest pause for upkeep', 'timers', 'pause', 'ms', {
    why: {
      chromium: 'not explained: they are dropped in bounded steps now',
      firefox: 'cancelled timers at the head of the heap are dropped all at once',
      webkit: 'cancelled timers at the head of the heap are dropped all at once',
    },
    required: 4,
    excellent: 2,
  }),
  atMost('C7a', 'native timers armed in one task of the page, at most', 'counts', 'timers per wake', '', {
    why: {
      firefox: 'armed twice for a deadline between two milliseconds',
      webkit: 'armed twice for a deadline between two milliseconds',
    },
    required: 1,
  }),
  atMost('C7b', 'messages on their way, at most', 'counts', 'messages outstanding', '', {
    required: 1,
    short: 1,
  }),
  atMost(
    'C8',
    'odd delays (2³¹ ms, 30 days, ∞, −0, below the resolution) that go wrong',
    'counts',
    'odd delays',
    '',
    { required: 0, short: 0 },
  ),

  // Memory; only Chromium tells.
  atMost('M1a', 'bytes of a Handle', 'memory', 'handle', 'B', {
    required: { chromium: 48 },
    excellent: { chromium: 32 },
  }),
  atMost('M1b', 'bytes of a TimerHandle, its place in the heap included', 'memory', 'timer', 'B', {
    required: { chromium: 112 },
    excellent: { chromium: 80 },
  }),
  atMost('M1c', 'bytes of a Task beyond its coroutine', 'memory', 'task', 'B', {
    required: { chromium: 400 },
    excellent: { chromium: 250 },
  }),
  atMost('M2', 'the heap after a million timers made and cancelled', 'memory', 'growth', '%', {
    required: { chromium: 5 },
    excellent: { chromium: 1 },
  }),

  // Fairness.
  atMost(
    'F1',
    'loop and native promises wake each other for ever: setTimeout(0) beyond its slices',
    'fairness',
    'timeout − 2 slices',
    'ms',
    { required: 5, excellent: 0, short: 100 },
  ),
  atMost(
    'F2',
    'callbacks that run before a native reaction, at most',
    'fairness',
    'handles before a reaction',
    '',
    { required: 64, excellent: 64, short: 64 },
  ),
  atMost(
    'F3a',
    'a million callbacks that schedule themselves again: calls out of turn',
    'fairness',
    'left out',
    '',
    { required: 0, short: 0 },
  ),
  atMost(
    'F3b',
    'a timer due amid a long iteration: seen after the next one began',
    'fairness',
    'timer seen after',
    'ms',
    { required: 1 },
  ),

  // Hidden, left and restored pages.
  atLeast('H1', 'work done while hidden, beside while visible', 'hidden', 'work while hidden', '%', {
    required: { chromium: 90 },
  }),
  atMost('H2', 'a 1 s timer after six minutes hidden, lateness at most', 'hidden-long', 'lateness', 's', {
    required: { chromium: 1.2 },
  }),
  atMost('H3', 'hidden while it waits for a frame: goes on after', 'hidden', 'progress after', 'ms', {
    required: { chromium: 100 },
    excellent: { chromium: 30 },
  }),
  atMost('H4', 'back from the back/forward cache: things that went wrong', 'bfcache', 'failures', '', {
    required: 0,
    excellent: 0,
  }),

  // An idle loop, and one that is watched.
  atMost('I1', 'an idle loop for 10 s: calls of the page', 'counts', 'idle calls', '', {
    required: 0,
    excellent: 0,
    short: 0,
  }),
  atMost('O1a', 'debug mode beside none, T1', 'observability', 'debug ÷ off', '×', { required: 3 }),
  atMost('O1b', 'an instrument that counts beside none, T1', 'observability', 'instrument ÷ off', '×', {
    required: 3,
  }),
];

/** The number for one engine, or undefined. */
export const forEngine = (limit, engine) => (typeof limit === 'object' ? limit[engine] : limit);

/**
 * @param {Limit} limit
 * @param {string} engine
 * @param {number} value
 * @returns {'excellent' | 'required' | 'missed' | 'told'} What a figure has reached.
 */
export function judge(limit, engine, value) {
  const reaches = (bound) => (limit.is === 'most' ? value <= bound : value >= bound);
  const required = forEngine(limit.required, engine);
  const excellent = forEngine(limit.excellent, engine);
  if (excellent !== undefined && reaches(excellent)) return 'excellent';
  if (required !== undefined) return reaches(required) ? 'required' : 'missed';
  return 'told';
}
