// The program: couriers between two shores, each a task, and one bridge, which is a lock. It knows no picture.

import * as asyncio from 'asyncio-web';
import type { Ticker } from 'pixi.js';
import { nextTick } from './ticker-host.ts';

/** The yard, in its own units. */
export const YARD = { width: 720, height: 260, bridgeStart: 290, bridgeEnd: 430, bridgeY: 130 };

const SPEED = 170;
const SHORES = [70, 650] as const;
const BRIDGE = [YARD.bridgeStart, YARD.bridgeEnd] as const;

/** What moves: a sprite, or anything with a place. */
export interface Place {
  x: number;
  y: number;
}

export interface Courier {
  readonly name: string;
  readonly sprite: Place;
  readonly home: Readonly<Place>;
  /** Seconds of rest on each shore. */
  readonly rest: number;
  /** Told what it does now. */
  say(what: string): void;
}

/** Walks in a straight line, a little in each frame. */
function* walk(ticker: Ticker, sprite: Place, to: Readonly<Place>): asyncio.Coroutine<void> {
  for (;;) {
    const reach = SPEED * (yield* nextTick(ticker));
    const distance = Math.hypot(to.x - sprite.x, to.y - sprite.y);
    if (distance <= reach) {
      sprite.x = to.x;
      sprite.y = to.y;
      return;
    }
    sprite.x += ((to.x - sprite.x) / distance) * reach;
    sprite.y += ((to.y - sprite.y) / distance) * reach;
  }
}

/** To and fro, until it is cancelled; then home, which takes its time as well. */
function* deliver(ticker: Ticker, bridge: asyncio.Lock, courier: Courier): asyncio.Coroutine<void> {
  const { sprite, home, rest, say } = courier;
  try {
    for (let trip = 1; ; trip += 1) {
      const [from, to] = trip % 2 === 1 ? [0, 1] : [1, 0];
      say(`trip ${trip}: to the bridge`);
      yield* walk(ticker, sprite, { x: BRIDGE[from] as number, y: home.y });
      say(`trip ${trip}: waits for the bridge`);
      yield* asyncio.asyncWith(bridge, function* () {
        say(`trip ${trip}: on the bridge`);
        yield* walk(ticker, sprite, { x: BRIDGE[from] as number, y: YARD.bridgeY });
        yield* walk(ticker, sprite, { x: BRIDGE[to] as number, y: YARD.bridgeY });
      });
      say(`trip ${trip}: to the shore`);
      yield* walk(ticker, sprite, { x: SHORES[to] as number, y: home.y });
      say(`trip ${trip}: rests`);
      yield* asyncio.sleep(rest);
    }
  } finally {
    say('goes home');
    yield* walk(ticker, sprite, home);
    say('is at home');
  }
}

/** All couriers in one group: to cancel it sends each of them home, and ends when the last one is there. */
export function* yard(ticker: Ticker, couriers: readonly Courier[]): asyncio.Coroutine<void> {
  const bridge = new asyncio.Lock();
  yield* asyncio.withTaskGroup(function* (group) {
    for (const courier of couriers) {
      group.createTask(deliver(ticker, bridge, courier), { name: courier.name });
    }
  });
}
