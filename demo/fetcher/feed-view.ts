// The panel of the live feed.

import { byId, plural, setText } from './dom.ts';
import type { FeedState } from './run-state.ts';

const WIDTH = 59;
const HEIGHT = 20;

export class FeedView {
  readonly #panel = byId('feed', HTMLElement);
  readonly #phase = byId('feed-phase', HTMLElement);
  readonly #open = byId('feed-open', HTMLElement);
  readonly #count = byId('feed-count', HTMLElement);
  readonly #chart = byId('feed-chart', SVGSVGElement);

  update(feed: FeedState): void {
    const { phase, history, connections, ticks } = feed;
    this.#panel.dataset['phase'] = phase;
    this.#panel.dataset['ticks'] = String(ticks);
    this.#panel.dataset['connections'] = String(connections);
    setText(this.#phase, describe(feed));
    setText(this.#open, phase === 'open' ? String(history.at(-1) ?? '–') : '–');
    setText(this.#count, `${plural(ticks, 'tick')} over ${plural(connections, 'connection')}`);
    this.#draw(history);
  }

  /** Steps, the newest at the right edge. */
  #draw(history: readonly number[]): void {
    const most = Math.max(4, ...history);
    const x = (index: number): number => WIDTH - (history.length - 1) + index;
    const y = (value: number): string => (HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1);
    const steps = history.map((value, index) =>
      index === 0 ? `M${x(0)} ${y(value)}` : `H${x(index)}V${y(value)}`,
    );
    const line = steps.join('');
    this.#path('.line', line);
    this.#path('.area', line && `${line}V${HEIGHT}H${x(0)}Z`);
  }

  #path(selector: string, data: string): void {
    this.#chart.querySelector(selector)?.setAttribute('d', data);
  }
}

function describe({ phase, detail }: FeedState): string {
  switch (phase) {
    case 'off':
      return 'off';
    case 'connecting':
      return 'connecting …';
    case 'open':
      return 'connected';
    case 'waiting':
      return `${detail}; waiting to reconnect`;
  }
}
