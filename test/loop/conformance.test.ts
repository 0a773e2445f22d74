// The author's checklist, for every loop and host that is shipped, and for the two of demo/minimal-loop.

import * as asyncio from 'asyncio-web';
import * as lowlevel from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { EventSimulator } from '../../demo/minimal-loop/event-simulator.ts';
import { MinimalLoop } from '../../demo/minimal-loop/minimal-loop.ts';

const { loopConformance } = lowlevel;
const on = (host: () => lowlevel.HostLoop) => () => new asyncio.BaseEventLoop(host());

const LOOPS: Record<string, () => asyncio.AbstractEventLoop> = {
  BrowserEventLoop: () => new asyncio.BrowserEventLoop(),
  SimLoop: () => new SimLoop(),
  WorkerEventLoop: () => new lowlevel.WorkerEventLoop(),
  'BaseEventLoop on AnimationFrameHost': on(() => new lowlevel.AnimationFrameHost()),
  'BaseEventLoop on IdleHost': on(() => new lowlevel.IdleHost()),
  'BaseEventLoop on PostTaskHost': on(() => new lowlevel.PostTaskHost()),
  'BaseEventLoop on ServiceWorkerHost': on(() => new lowlevel.ServiceWorkerHost()),
  'BaseEventLoop on NestedHost': on(() => new lowlevel.NestedHost(new lowlevel.BrowserHost())),
};

for (const [name, factory] of Object.entries(LOOPS)) {
  describe(`the loop author's checklist: ${name}`, () => {
    loopConformance(factory, { describe, it });
  });
}

for (const [name, factory] of Object.entries({
  MinimalLoop: () => new MinimalLoop(),
  EventSimulator: () => new EventSimulator(),
})) {
  describe(`the loop author's checklist, tiers 0 to 4: ${name}`, () => {
    loopConformance(factory, { tiers: [0, 1, 2, 3, 4], describe, it });
  });
}
