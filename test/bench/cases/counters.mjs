// Takes the place of everything by which a page can be made to do something later, and counts.

export const native = {
  setTimeout: globalThis.setTimeout.bind(globalThis),
  then: Promise.prototype.then,
};

export const counters = {
  watching: false,
  total: {},
  /** The most at any time: messages that are on their way, and native timers armed in one wake-up. */
  most: { outstanding: 0, timersPerWake: 0 },
  longestDelay: 0,
  reset() {
    for (const key of Object.keys(this.total)) this.total[key] = 0;
    this.most = { outstanding: 0, timersPerWake: 0 };
    this.longestDelay = 0;
  },
};

const on = new WeakMap(); // messages on their way, by the channel's receiving port
let inTask = 0;

/** A task of the page is over when the next one begins: the counter of a wake-up starts anew with each. */
function wake() {
  inTask = 0;
}

function count(name) {
  if (counters.watching) counters.total[name] = (counters.total[name] ?? 0) + 1;
}

function replace(owner, name, around) {
  const original = owner?.[name];
  if (typeof original !== 'function') return;
  const key = `${owner === globalThis ? '' : `${owner.constructor?.name ?? ''}.`}${name}`;
  counters.total[key] = 0;
  owner[name] = function (...args) {
    count(key);
    return around ? around.call(this, original, args) : original.apply(this, args);
  };
}

replace(globalThis, 'setTimeout', function (original, [callback, ms = 0, ...args]) {
  if (counters.watching) {
    counters.most.timersPerWake = Math.max(counters.most.timersPerWake, ++inTask);
    counters.longestDelay = Math.max(counters.longestDelay, ms);
  }
  const fire = (...given) => {
    wake();
    callback(...given);
  };
  return original.call(globalThis, fire, ms, ...args);
});
for (const name of [
  'setInterval',
  'setImmediate',
  'requestAnimationFrame',
  'requestIdleCallback',
  'postMessage',
])
  replace(globalThis, name);
replace(globalThis, 'queueMicrotask');
replace(globalThis, 'fetch');
replace(globalThis.scheduler, 'postTask');
replace(globalThis.scheduler, 'yield');
replace(Promise.prototype, 'then');

// A message counts from when it is posted to when its listener is called.
const { port1: probe } = new MessageChannel();
const ports = Object.getPrototypeOf(probe);
probe.close();
replace(ports, 'postMessage', function (original, args) {
  const other = on.get(this);
  if (other && counters.watching)
    counters.most.outstanding = Math.max(counters.most.outstanding, ++other.onTheWay);
  return original.apply(this, args);
});

const NativeChannel = globalThis.MessageChannel;
globalThis.MessageChannel = class extends NativeChannel {
  constructor() {
    super();
    count('MessageChannel');
    for (const [sender, receiver] of [
      [this.port2, this.port1],
      [this.port1, this.port2],
    ]) {
      const way = { onTheWay: 0 };
      on.set(sender, way);
      receiver.addEventListener('message', () => {
        if (way.onTheWay > 0) way.onTheWay--;
        wake();
      });
    }
  }
};
