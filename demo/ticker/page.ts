// The page: PixiJS draws, and its ticker drives a loop. The program is in couriers.ts, the host in ticker-host.ts.

import type { BaseEventLoop } from 'asyncio-web';
import type { GuestRun } from 'asyncio-web/lowlevel';
import { startGuestRun } from 'asyncio-web/lowlevel';
import { Application, Graphics, UPDATE_PRIORITY } from 'pixi.js';
import type { Courier } from './couriers.ts';
import { YARD, yard } from './couriers.ts';
import { tickerHost } from './ticker-host.ts';

const COLOURS = { Ada: 0x4c8bf5, Bob: 0xe0862f, Cleo: 0x3aa26c, Dan: 0xc2569b, Eve: 0x8a6fd1 };

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T; // of index.html
const [start, stop, home] = ['start', 'stop', 'home'].map((id) => element<HTMLButtonElement>(id)) as [
  HTMLButtonElement,
  HTMLButtonElement,
  HTMLButtonElement,
];
const speed = element<HTMLSelectElement>('speed');

/** What draws: WebGL where there is any; `?renderer=canvas` asks for a plain canvas, for machines without a graphics card. */
const preference = new URLSearchParams(location.search).get('renderer') === 'canvas' ? 'canvas' : 'webgl';

const app = new Application();
await app.init({
  preference,
  canvas: element<HTMLCanvasElement>('yard'),
  width: YARD.width,
  height: YARD.height,
  resolution: Math.min(2, devicePixelRatio),
  backgroundAlpha: 0,
  antialias: true,
  autoStart: false,
});
const { ticker } = app;

// The picture

const { bridgeStart, bridgeEnd, bridgeY, width, height } = YARD;
app.stage.addChild(
  new Graphics()
    .rect(0, 0, bridgeStart, height)
    .rect(bridgeEnd, 0, width - bridgeEnd, height)
    .fill({ color: 0x7fa06a, alpha: 0.25 })
    .rect(bridgeStart, 0, bridgeEnd - bridgeStart, height)
    .fill({ color: 0x5b97c9, alpha: 0.45 })
    .rect(bridgeStart - 8, bridgeY - 14, bridgeEnd - bridgeStart + 16, 28)
    .fill(0xa98a62),
);

const couriers: Courier[] = Object.entries(COLOURS).map(([name, colour], index) => {
  const place = { x: 40, y: 40 + index * 45 };
  const sprite = new Graphics().circle(0, 0, 11).fill(colour).stroke({ width: 2, color: 0xffffff });
  sprite.position.set(place.x, place.y);
  app.stage.addChild(sprite);
  const item = document.createElement('li');
  const dot = document.createElement('i');
  dot.style.background = `#${colour.toString(16).padStart(6, '0')}`;
  const state = document.createElement('span');
  state.textContent = 'is at home';
  item.append(dot, `${name} `, state);
  element('couriers').append(item);
  const say = (what: string): void => {
    state.textContent = what;
  };
  return { name, sprite, home: place, rest: 0.4 + index * 0.3, say };
});

// What is counted, to be seen beside the picture

let frames = 0;
let inside = 0;
let outside = 0;
let isFrame = false;
ticker.add(
  () => {
    isFrame = true;
    frames += 1;
  },
  undefined,
  UPDATE_PRIORITY.INTERACTION,
);
ticker.add(
  () => {
    isFrame = false;
    element('frames').textContent = String(frames);
    element('inside').textContent = String(inside);
    element('outside').textContent = String(outside);
  },
  undefined,
  UPDATE_PRIORITY.UTILITY,
);
const counter = {
  beforeTaskStep: (): void => {
    if (isFrame) inside += 1;
    else outside += 1;
  },
};

// The buttons

const host = tickerHost(ticker);
let guest: GuestRun<void> | null = null;

function open(): void {
  guest = startGuestRun(yard(ticker, couriers), {
    host,
    doneCallback: ({ status }) => {
      guest = null;
      element('outcome').textContent = `the run is over: ${status}`;
      show();
    },
  });
  (guest.loop as BaseEventLoop).addInstrument(counter);
  element('outcome').textContent = 'the run goes on';
}

function show(): void {
  document.body.dataset['state'] = ticker.started ? 'running' : 'stopped';
  stop.disabled = !ticker.started;
  start.disabled = ticker.started && guest !== null;
  start.textContent = guest === null ? 'Begin anew' : 'Start the ticker';
  home.disabled = guest === null;
}

start.onclick = () => {
  if (guest === null) open();
  ticker.start();
  show();
};
stop.onclick = () => {
  ticker.stop();
  show();
};
home.onclick = () => {
  guest?.cancel();
};
speed.onchange = () => {
  ticker.speed = Number(speed.value);
};

element('renderer').textContent = app.renderer.name;
open();
ticker.start();
show();
