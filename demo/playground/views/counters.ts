/** How much the loop does: numbers, and their course. */

import type { AlignedData, Options, Series } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { make, setText, styleColor, styleValue, translucentColor } from '../dom.ts';
import { formatCount, formatTime } from '../model.ts';
import type { Counters } from '../protocol.ts';
import type { Shared, View } from './view.ts';

const CHART_HEIGHT = 132;

type Plot = {
  setData(data: AlignedData): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
};

const NUMBERS: readonly (readonly [title: string, hint: string, value: (counters: Counters) => string])[] = [
  ['Iterations', 'of the ready queue', ({ iterations }) => formatCount(iterations)],
  ['Task steps', 'from wait to wait', ({ steps }) => formatCount(steps)],
  ['Callbacks', 'other than steps', ({ callbacks }) => formatCount(callbacks)],
  ['Tasks', 'live of all', ({ tasks, spawned }) => `${formatCount(tasks)} of ${formatCount(spawned)}`],
  ['Ticks', 'calls by the host', ({ ticks }) => formatCount(ticks)],
  [
    'Slice',
    'of a tick, on average',
    ({ busy, ticks }) => (ticks > 0 ? formatTime(busy / ticks / 1000) : '–'),
  ],
  ['Longest tick', 'nothing else ran', ({ longestTick }) => formatTime(longestTick / 1000)],
  ['Long ticks', 'more than 50 ms', ({ longTicks }) => formatCount(longTicks)],
  ['Hop', 'request to tick', ({ hopTime, hops }) => (hops > 0 ? formatTime(hopTime / hops / 1000) : '–')],
  ['Busy', 'of the time', ({ busy, now }) => (now > 0 ? `${Math.round((100 * busy) / now)} %` : '–')],
];

export class CountersView implements View {
  readonly #values: HTMLElement[] = [];
  readonly #charts: readonly HTMLElement[];
  #plots: Plot[] = [];
  #isLoading = false;
  #shared: Shared | null = null;
  #drawn = -1;

  constructor(panel: HTMLElement) {
    const list = panel.querySelector('.numbers') as HTMLElement;
    for (const [title, hint] of NUMBERS) {
      const item = make('div');
      const value = make('dd', '', '–');
      const term = make('dt', '', title);
      term.append(make('small', '', hint));
      item.append(term, value);
      list.append(item);
      this.#values.push(value);
    }
    this.#charts = [...panel.querySelectorAll<HTMLElement>('.chart')];
    new ResizeObserver(() => this.#resize()).observe(this.#charts[0] as HTMLElement);
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const { counters } = shared.model;
    NUMBERS.forEach(([, , value], index) => {
      setText(this.#values[index] as HTMLElement, counters === null ? '–' : value(counters));
    });
    if (this.#plots.length === 0) void this.#load();
    else if (shared.model.version !== this.#drawn) this.#plot();
  }

  /** With the colours of the scheme that is on. */
  redraw(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    if (this.#shared !== null) this.update(this.#shared);
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const { default: UPlot } = await import('uplot');
    this.#isLoading = false;
    const [rates, lengths] = this.#charts as [HTMLElement, HTMLElement];
    const options = (series: readonly Series[], width: number): Options => ({
      width,
      height: CHART_HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false } },
      axes: [axis((values) => values.map((value) => formatTime(value))), axis((values) => values.map(short))],
      series: [{}, ...series],
    });
    const line = (color: string): Series => ({
      stroke: styleColor(color),
      width: 1.5,
      fill: translucentColor(color, 0.12),
      points: { show: false },
    });
    this.#plots = [
      new UPlot(options([line('--accent'), line('--kind-4')], rates.clientWidth), [[], [], []], rates),
      new UPlot(options([line('--accent'), line('--kind-2')], lengths.clientWidth), [[], [], []], lengths),
    ];
    this.#plot();
  }

  #plot(): void {
    const model = this.#shared?.model;
    if (model === undefined) return;
    this.#drawn = model.version;
    const { samples } = model;
    const every = Math.max(1, Math.ceil(samples.length / 600));
    const times: number[] = [];
    const [steps, callbacks, ready, timers]: number[][] = [[], [], [], []];
    let last: Counters | undefined;
    samples.forEach((sample, index) => {
      if (index % every !== 0 && index !== samples.length - 1) return;
      const seconds = last === undefined ? 0 : (sample.now - last.now) / 1000;
      times.push(sample.now / 1000);
      steps?.push(last !== undefined && seconds > 0 ? (sample.steps - last.steps) / seconds : 0);
      callbacks?.push(last !== undefined && seconds > 0 ? (sample.callbacks - last.callbacks) / seconds : 0);
      ready?.push(sample.ready);
      timers?.push(sample.timers);
      last = sample;
    });
    this.#plots[0]?.setData([times, steps ?? [], callbacks ?? []]);
    this.#plots[1]?.setData([times, ready ?? [], timers ?? []]);
  }

  #resize(): void {
    this.#charts.forEach((chart, index) => {
      if (chart.clientWidth > 0)
        this.#plots[index]?.setSize({ width: chart.clientWidth, height: CHART_HEIGHT });
    });
  }
}

function axis(values: (values: readonly number[]) => string[]): NonNullable<Options['axes']>[number] {
  return {
    stroke: styleColor('--soft'),
    grid: { stroke: styleColor('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${styleValue('--sans')}`,
    values: (_plot, splits) => values(splits),
    size: 40,
  };
}

function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(1))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toFixed(1))}k`;
  return String(Number(value.toFixed(2)));
}
