// Every host that is shipped, and the loops on them: what the conformance kit is run on, in pages and in Workers.

import * as asyncio from 'asyncio-web';
import type { HostLoop } from 'asyncio-web/lowlevel';
import * as lowlevel from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { EventSimulator } from '../../demo/minimal-loop/event-simulator.ts';
import { MinimalLoop } from '../../demo/minimal-loop/minimal-loop.ts';

export interface HostKind {
  readonly make: () => HostLoop;
  /** Opens a run loop of the host inside a call. */
  readonly nest?: (host: HostLoop) => void;
}

/** A loop that runs for ever, for loops on loops. It is stopped when the page goes. */
let outer: asyncio.BrowserEventLoop | null = null;

function outerLoop(): asyncio.BrowserEventLoop {
  if (outer === null) {
    outer = new asyncio.BrowserEventLoop();
    void outer.runForever();
  }
  return outer;
}

export const HOSTS: Readonly<Record<string, HostKind>> = {
  BrowserHost: { make: () => new lowlevel.BrowserHost() },
  AnimationFrameHost: { make: () => new lowlevel.AnimationFrameHost() },
  IdleHost: { make: () => new lowlevel.IdleHost() },
  PostTaskHost: { make: () => new lowlevel.PostTaskHost() },
  WorkerHost: { make: () => new lowlevel.WorkerHost() },
  ServiceWorkerHost: { make: () => new lowlevel.ServiceWorkerHost() },
  NestedHost: {
    make: () => new lowlevel.NestedHost(new lowlevel.BrowserHost(), { modes: ['default', 'inner'] }),
    nest: (host) => (host as lowlevel.NestedHost).runNested('inner'),
  },
  LoopHost: { make: () => new lowlevel.LoopHost(outerLoop()) },
};

/** Loops that pass the whole checklist. */
export const LOOPS: Readonly<Record<string, () => asyncio.AbstractEventLoop>> = {
  SimLoop: () => new SimLoop(),
  BrowserEventLoop: () => new asyncio.BrowserEventLoop(),
  WorkerEventLoop: () => new lowlevel.WorkerEventLoop(),
  ...Object.fromEntries(
    Object.entries(HOSTS).map(([name, { make }]) => [
      `BaseEventLoop on ${name}`,
      () => new asyncio.BaseEventLoop(make()),
    ]),
  ),
};

/** Loops that pass its tiers 0 to 4, which is what a loop of one's own needs. */
export const SMALL_LOOPS: Readonly<Record<string, () => asyncio.AbstractEventLoop>> = {
  MinimalLoop: () => new MinimalLoop(),
  EventSimulator: () => new EventSimulator(),
};
