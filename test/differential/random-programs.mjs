// Makes random programs, as specs that an interpreter in Python and one in TypeScript execute alike.
//
//   node random-programs.mjs 1 50     the specs of these seeds, a line each: seed, hash of the spec, spec as JSON
//
// A spec has no loops and runs each of its operations at most once, and every delay in it is another power of two of
// microseconds. So every deadline is a sum of another set of powers, and no two are equal: CPython leaves the order
// of equal deadlines open.
//
// A task may await only tasks of a higher number, or tasks that it has made itself, so that nobody awaits itself in a
// ring: cancelling would go round it for ever. Through `wait` and `shield`, which pass no cancel on, it may be any.

/** Resources that all tasks of a program share; the interpreters know the same numbers. */
const LOCKS = 2;
const EVENTS = 2;
const SEMAPHORES = 2;
const QUEUES = 4;
const FUTURES = 3;

const MODES = ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'];

const MAX_DEPTH = 4;
const DELAYS = 25;

/**
 * How often an operation is chosen, relative to the others of its family. A program dwells on a few families, so that
 * its tasks meet at the same objects.
 */
const FAMILIES = {
  time: { sleep0: 5, sleep: 5, timeout: 4 },
  flow: { try: 8, raise: 2, cancel: 7, uncancel: 2, probe: 2, look: 2 },
  tasks: { awaitTask: 4, spawn: 5, shield: 3, shieldTask: 3, doneCallback: 3 },
  combinators: { gather: 6, gatherTasks: 2, wait: 4, asCompleted: 3, forCompleted: 2 },
  waitFor: { waitFor: 5, waitForTask: 2, waitForFuture: 2, waitForShield: 2 },
  groups: { group: 8 },
  callbacks: { callSoon: 4, callLater: 4, cancelHandle: 2, setVar: 2 },
  futures: {
    awaitFuture: 3,
    settle: 5,
    gatherFutures: 2,
    waitFutures: 2,
    shieldFuture: 2,
    futureCallback: 2,
  },
  events: { eventWait: 4, eventSet: 4, eventClear: 2 },
  locks: { withLock: 8, acquire: 3, release: 1 },
  semaphores: { withSem: 8, semAcquire: 3, semRelease: 2 },
  conditions: { withCond: 8 },
  queues: { put: 6, get: 6, putNowait: 2, getNowait: 1, taskDone: 1, join: 1, shutdown: 1 },
  barriers: { barrierWait: 6, barrierReset: 1, barrierAbort: 1 },
};

/** How often an operation is chosen where only there it makes sense. */
const IN_COND = { condWait: 80, condWaitFor: 30, notify: 80 };
const IN_SCOPE = { reschedule: 30 };
const IN_GROUP = { child: 60 };
const AFTER_SPAWN = { awaitTask: 60 };

/** Operations that do not wait: callbacks can do them too. */
const ACTS = [
  'raise',
  'cancel',
  'probe',
  'settle',
  'eventSet',
  'eventClear',
  'release',
  'semRelease',
  'notify',
  'putNowait',
  'getNowait',
  'taskDone',
  'shutdown',
  'setVar',
  'look',
];

/**
 * What a race is about. Workers wait in one of the ways of `wait`; one task makes things happen by `act`, many of them
 * within one pass, and cancels workers in between.
 */
const RACES = {
  locks: {
    setup: 'acquire',
    wait: ['withLock', 'withLock', 'acquire'],
    act: ['release', 'release', 'acquire'],
  },
  semaphores: { setup: 'semAcquire', wait: ['withSem', 'semAcquire'], act: ['semRelease'] },
  conditions: {
    setup: 'acquire',
    wait: ['withCond'],
    act: ['notify', 'notify', 'notify', 'release', 'acquire'],
  },
  queues: {
    setup: 'sleep0',
    wait: ['get', 'get', 'put', 'join'],
    act: ['putNowait', 'getNowait', 'taskDone'],
  },
  shutdowns: {
    setup: 'putNowait',
    wait: ['get', 'put', 'join'],
    act: ['shutdown', 'getNowait', 'putNowait'],
  },
  events: { setup: 'sleep0', wait: ['eventWait'], act: ['eventSet', 'eventClear'] },
  barriers: { setup: 'sleep0', wait: ['barrierWait'], act: ['barrierReset', 'barrierAbort', 'barrierWait'] },
  futures: {
    setup: 'sleep0',
    wait: ['awaitFuture', 'shieldFuture', 'gatherFutures', 'waitFutures', 'waitForFuture'],
    act: ['settle'],
  },
  groups: { setup: 'sleep0', wait: ['group'], act: ['settle', 'eventSet'] },
  limits: {
    setup: 'sleep0',
    wait: ['timeout', 'waitFor', 'waitForShield'],
    act: ['settle', 'eventSet', 'sleep'],
  },
  combinators: {
    setup: 'sleep0',
    wait: ['gather', 'gatherTasks', 'wait', 'asCompleted', 'shield', 'shieldTask', 'awaitTask'],
    act: ['settle', 'eventSet'],
  },
};

/** What waits inside the bodies of groups, limits and combinators in a race. */
const WAITS = { awaitFuture: 3, eventWait: 3, sleep0: 2, sleep: 2, try: 5, raise: 3, cancel: 1, timeout: 1 };

/** A small seeded generator (mulberry32). */
class Random {
  #state;

  constructor(seed) {
    // Neighbouring seeds should have nothing in common.
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0;
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  shuffle(items) {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
    return items;
  }

  weighted(weights) {
    let left = this.below(weights.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight] of weights) {
      if (left < weight) return name;
      left -= weight;
    }
    throw new Error('unreachable');
  }
}

/** Where an operation stands: in which task, how deep, in which scopes, and what was made before it. */
class Place {
  constructor(task, depth = 0, scopes = 0, inGroup = false, inCond = false) {
    this.task = task;
    this.depth = depth;
    this.scopes = scopes;
    this.inGroup = inGroup;
    this.inCond = inCond;
    /** Tasks that this body has spawned, by name. */
    this.spawned = [];
  }

  inside(change = {}) {
    const inner = new Place(this.task, this.depth + 1, this.scopes, this.inGroup, this.inCond);
    return Object.assign(inner, change);
  }
}

class Generator {
  constructor(seed) {
    this.random = new Random(seed);
    this.delays = this.random.shuffle(Array.from({ length: DELAYS }, (_, exponent) => 2 ** exponent));
    this.ids = 0;
    this.tasks = 3 + this.random.below(4);
    this.names = Array.from({ length: this.tasks }, (_, index) => `${index}`);
    this.handles = [];
    /** Filled in at the end, when all names are known. */
    this.targets = [];
    this.eager = this.random.chance(15);
    this.racing = false;
    const focus = this.random.shuffle(Object.keys(FAMILIES)).slice(0, 4);
    this.weights = Object.entries(FAMILIES).flatMap(([family, weights]) => {
      const factor = focus.includes(family) ? 8 : family === 'time' || family === 'flow' ? 4 : 1;
      return Object.entries(weights).map(([name, weight]) => [name, weight * factor]);
    });
  }

  program(seed) {
    const total = 5 + Math.max(this.random.below(21), this.random.below(21));
    const shares = new Array(this.tasks).fill(1);
    for (let rest = total - this.tasks; rest > 0; rest--) shares[this.random.below(this.tasks)]++;
    const general = (share, index) => this.body(share, new Place(index));
    const tasks = this.random.chance(50) ? this.race(total) : shares.map(general);
    for (const { op, own } of this.targets) {
      const any = this.random.chance(this.racing ? 85 : 60) ? this.names.slice(0, this.tasks) : this.names;
      const itself = own !== undefined && this.random.chance(this.racing ? 4 : 20);
      op.t = itself ? `${own}` : this.random.pick(any);
    }
    return { seed, eager: this.eager, tasks };
  }

  /** Tasks of which all but one wait for the same, while that one lets them go and cancels them. */
  race(total) {
    const { random } = this;
    const names = Object.keys(RACES).filter((name) => !(this.eager && name === 'groups'));
    const { setup, wait, act } = RACES[random.pick(names)];
    this.racing = true;
    this.weights = Object.entries({ ...WAITS, ...Object.fromEntries(wait.map((name) => [name, 3])) });
    const driver = random.below(this.tasks);
    const workers = Math.floor((total * (50 + random.below(20))) / 100);
    const share = Math.max(1, Math.floor(workers / (this.tasks - 1)));
    return Array.from({ length: this.tasks }, (_, index) => {
      const place = new Place(index);
      if (index === driver)
        return this.drive(Math.max(1, total - share * (this.tasks - 1)), place, setup, wait, act);
      return this.work(share, place, wait);
    });
  }

  work(budget, place, wait) {
    const ops = [];
    let left = budget;
    if (left > 1 && this.random.chance(30)) {
      ops.push(this.make('sleep0', 1, place));
      left--;
    }
    const before = this.ids;
    if (left > 2 && this.random.chance(30)) ops.push(this.make('try', left, place));
    else ops.push(this.possible(this.random.pick(wait), left, place));
    left -= this.ids - before;
    return [...ops, ...this.body(left, place)];
  }

  drive(budget, place, setup, wait, act) {
    const weights = [
      ...act.map((name) => [name, 6]),
      ['cancel', 9],
      ['sleep0', 5],
      ['callSoon', 2],
      ['look', 1],
    ];
    const ops = [this.make(setup, 1, place)];
    for (let left = budget - 1; left > 0; ) {
      const before = this.ids;
      if (left > 1 && this.random.chance(8)) {
        const late = { op: 'spawn', id: this.ids++ };
        late.bodies = [this.work(Math.min(left - 1, 2), place.inside(), wait)];
        this.names.push(`${late.id}.0`);
        ops.push(late);
      } else {
        ops.push(this.possible(this.random.weighted(weights), left, place));
      }
      left -= this.ids - before;
    }
    return ops;
  }

  /** The operation, or `sleep0` where it is not possible. */
  possible(name, budget, place) {
    return this.make(this.fits(name, budget, place) ? name : 'sleep0', budget, place);
  }

  fits(name, budget, place) {
    if (NESTING.has(name)) return budget > 1 && place.depth < MAX_DEPTH && !(this.eager && name === 'group');
    if (name === 'awaitTask' || name === 'gatherTasks' || name === 'waitForTask')
      return place.task < this.tasks - 1 || place.spawned.length > 0;
    return name !== 'cancelHandle' || this.handles.length > 0;
  }

  /** The number of a shared object; a race is about the first, or about the queue that holds one item. */
  number(bound) {
    if (this.racing && this.random.chance(85)) return bound === QUEUES ? 1 : 0;
    return this.random.below(bound);
  }

  /** A list of operations, of so many in all. */
  body(budget, place) {
    const ops = [];
    for (let left = budget; left > 0; ) {
      const before = this.ids;
      ops.push(this.operation(left, place));
      left -= this.ids - before;
    }
    return ops;
  }

  operation(budget, place) {
    const weights = this.weights.filter(([name]) => this.fits(name, budget, place));
    if (place.inCond) weights.push(...Object.entries(IN_COND));
    if (place.scopes > 0) weights.push(...Object.entries(IN_SCOPE));
    if (place.inGroup && this.fits('spawn', budget, place)) weights.push(...Object.entries(IN_GROUP));
    if (place.spawned.length > 0) weights.push(...Object.entries(AFTER_SPAWN));
    return this.make(this.random.weighted(weights), budget, place);
  }

  /** One operation with what it needs. It counts itself, and those inside it. */
  make(name, budget, place) {
    const { random } = this;
    const op = { op: name, id: this.ids++ };
    // An error of such an operation is logged, and does not end the task.
    if (ACTS.includes(name) && name !== 'raise') op.safe = random.chance(80);
    const rest = budget - 1;
    const inner = (share, change) => this.body(Math.max(1, Math.min(share, rest)), place.inside(change));
    switch (name) {
      case 'sleep':
      case 'callLater':
        op.d = this.delay();
        break;
      case 'cancel':
        op.m = random.chance(40) ? `m${op.id}` : null;
        this.targets.push({ op, own: place.task });
        break;
      case 'probe':
      case 'doneCallback':
      case 'shieldTask':
      case 'waitForShield':
        if (name === 'waitForShield') op.d = this.timeLimit();
        this.targets.push({ op });
        break;
      case 'awaitTask':
      case 'waitForTask':
        op.t = this.awaitable(place);
        if (name === 'waitForTask') op.d = this.timeLimit();
        break;
      case 'gatherFutures':
      case 'waitFutures':
        op.ns = Array.from({ length: 1 + random.below(3) }, () => this.number(FUTURES));
        op.rx = random.chance(40);
        op.mode = random.pick(MODES);
        break;
      case 'awaitFuture':
      case 'shieldFuture':
      case 'futureCallback':
      case 'waitForFuture':
        op.n = this.number(FUTURES);
        if (name === 'waitForFuture') op.d = this.timeLimit();
        break;
      case 'settle':
        op.n = this.number(FUTURES);
        op.how = random.pick(['result', 'exception', 'cancel']);
        break;
      case 'eventWait':
      case 'eventSet':
      case 'eventClear':
      case 'condWaitFor':
        op.n = this.number(EVENTS);
        break;
      case 'acquire':
      case 'release':
        op.n = this.number(LOCKS);
        break;
      case 'semAcquire':
      case 'semRelease':
        op.n = this.number(SEMAPHORES);
        break;
      case 'notify':
        op.all = random.chance(30);
        op.k = 1 + random.below(2);
        break;
      case 'put':
      case 'get':
      case 'putNowait':
      case 'getNowait':
      case 'taskDone':
      case 'join':
        op.n = this.number(QUEUES);
        break;
      case 'shutdown':
        op.n = this.number(QUEUES);
        op.immediate = random.chance(50);
        break;
      case 'withLock':
        op.n = this.number(LOCKS);
        op.body = inner(this.share(rest));
        break;
      case 'withSem':
        op.n = this.number(SEMAPHORES);
        op.body = inner(this.share(rest));
        break;
      case 'withCond':
        op.body = inner(this.share(rest), { inCond: true });
        break;
      case 'try':
        this.makeTry(op, rest, place);
        break;
      case 'timeout':
        op.d = this.timeLimit();
        op.body = inner(this.share(rest), { scopes: place.scopes + 1 });
        break;
      case 'reschedule':
        op.s = random.below(place.scopes);
        op.d = this.timeLimit();
        break;
      case 'gather':
        op.rx = random.chance(40);
        op.bodies = this.children(op, rest, place);
        break;
      case 'gatherTasks':
        op.rx = random.chance(40);
        op.ts = Array.from({ length: 1 + random.below(3) }, () => this.awaitable(place));
        break;
      case 'group':
        op.bodies = this.children(op, Math.ceil(rest / 2), place);
        op.body = this.ids - op.id - 1 < rest ? inner(rest - (this.ids - op.id - 1), { inGroup: true }) : [];
        break;
      case 'waitFor':
        op.d = this.timeLimit();
        op.bodies = this.children(op, rest, place, 1);
        break;
      case 'shield':
        op.bodies = this.children(op, rest, place, 1);
        break;
      case 'asCompleted':
      case 'forCompleted':
        op.d = random.chance(50) ? this.delay() : null;
        op.bodies = this.children(op, rest, place);
        break;
      case 'spawn':
      case 'child':
        op.bodies = this.children(op, rest, place, 1);
        place.spawned.push(`${op.id}.0`);
        break;
      case 'wait':
        op.ts = Array.from({ length: 1 + random.below(3) }, () => random.pick(this.names));
        op.mode = random.pick(MODES);
        op.d = random.chance(50) ? this.delay() : null;
        break;
      case 'cancelHandle':
        op.h = random.pick(this.handles);
        break;
      default:
        break;
    }
    if (name === 'callSoon' || name === 'callLater') this.handles.push(op.id);
    if (CALLING.has(name)) {
      op.act = rest > 0 && random.chance(80) ? this.make(random.pick(ACTS), 1, place) : null;
    }
    return op;
  }

  makeTry(op, rest, place) {
    const { random } = this;
    op.catch = random.pick([null, 'error', 'cancel', 'cancel', 'all']);
    op.rethrow = random.chance(40);
    op.body = this.body(this.share(rest), place.inside());
    let left = rest - (this.ids - op.id - 1);
    op.handler = op.catch !== null && left > 0 && random.chance(60) ? this.body(1, place.inside()) : [];
    left = rest - (this.ids - op.id - 1);
    op.final = left > 0 && random.chance(op.catch === null ? 100 : 50) ? this.body(1, place.inside()) : [];
  }

  /** Bodies that become tasks of their own, named after the operation. */
  children(op, budget, place, count = 1 + this.random.below(3)) {
    const bodies = [];
    let left = budget;
    for (let index = 0; index < count && left > 0; index++) {
      const before = this.ids;
      const share = index === count - 1 ? this.share(left) : 1 + this.random.below(Math.ceil(left / count));
      bodies.push(this.body(share, place.inside()));
      left -= this.ids - before;
      this.names.push(`${op.id}.${index}`);
    }
    return bodies;
  }

  share(rest) {
    return 1 + this.random.below(Math.min(rest, 6));
  }

  /** The name of a task that this one may await: one of a higher number, or one of its own making. */
  awaitable(place) {
    const higher = this.names.slice(place.task + 1, this.tasks);
    return this.random.pick([...higher, ...place.spawned, ...place.spawned]);
  }

  /** Seconds are for the interpreters: here are microseconds, a power of two that no other operation has. */
  delay() {
    return this.delays.pop();
  }

  timeLimit() {
    const kind = this.random.below(10);
    return kind === 0 ? null : kind === 1 ? 0 : this.delay();
  }
}

/** Operations with a body. */
const NESTING = new Set([
  'withLock',
  'withSem',
  'withCond',
  'try',
  'timeout',
  'gather',
  'group',
  'waitFor',
  'shield',
  'asCompleted',
  'forCompleted',
  'spawn',
]);

/** Operations with a callback, which may do something too. */
const CALLING = new Set(['callSoon', 'callLater', 'doneCallback', 'futureCallback']);

/** The program of a seed: always the same. */
export function makeProgram(seed) {
  return new Generator(seed).program(seed);
}

/** Tells whether a recorded trace belongs to this spec (FNV-1a of its JSON, in hexadecimal). */
export function hashOf(spec) {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(spec)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

if (globalThis.process?.argv[1]?.endsWith('random-programs.mjs')) {
  const [first, last = first] = process.argv.slice(2).map(Number);
  for (let seed = first; seed <= last; seed++) {
    const spec = makeProgram(seed);
    console.log([seed, hashOf(spec), JSON.stringify(spec)].join('\t'));
  }
}
