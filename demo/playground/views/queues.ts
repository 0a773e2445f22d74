/** The loop from inside: what is ready, in its order, and which timers wait. */

import { make, setText } from '../dom.ts';
import { formatCount, formatTime } from '../model.ts';
import type { Waiting } from '../protocol.ts';
import { VirtualList } from '../virtual-list.ts';
import type { Shared, View } from './view.ts';

const ROW = 26;

export class QueuesView implements View {
  readonly #ready: VirtualList;
  readonly #timers: VirtualList;
  readonly #readyTitle: HTMLElement;
  readonly #timersTitle: HTMLElement;
  readonly #summary: HTMLElement;
  #shared: Shared | null = null;

  constructor(panel: HTMLElement) {
    this.#summary = panel.querySelector('.summary') as HTMLElement;
    this.#readyTitle = panel.querySelector('.ready-count') as HTMLElement;
    this.#timersTitle = panel.querySelector('.timer-count') as HTMLElement;
    const view = this;
    this.#ready = new VirtualList(panel.querySelector('.ready') as HTMLElement, ROW, makeRow, {
      get count() {
        return view.#shared?.model.queues?.ready.length ?? 0;
      },
      fill: (row, index) => {
        const queues = view.#shared?.model.queues;
        if (queues?.ready[index] === undefined) return;
        row.classList.toggle('later', index >= queues.batch);
        row.classList.toggle('border', index === queues.batch && index > 0);
        view.#fill(row, queues.ready[index], String(index + 1));
      },
    });
    this.#timers = new VirtualList(panel.querySelector('.timers') as HTMLElement, ROW, makeRow, {
      get count() {
        return view.#shared?.model.queues?.timers.length ?? 0;
      },
      fill: (row, index) => {
        const timer = view.#shared?.model.queues?.timers[index];
        if (timer !== undefined) view.#fill(row, timer, formatTime(timer.when));
      },
    });
    for (const { scroller } of [this.#ready, this.#timers]) {
      scroller.addEventListener('click', ({ target }) => {
        const row = target instanceof Element ? target.closest<HTMLElement>('[data-task]') : null;
        const task = Number(row?.dataset['task'] ?? 0);
        if (task > 0) this.#shared?.select(task);
      });
    }
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const { queues, counters } = shared.model;
    setText(this.#readyTitle, counted(queues?.readyCount ?? 0, queues?.ready.length ?? 0));
    setText(this.#timersTitle, counted(queues?.timerCount ?? 0, queues?.timers.length ?? 0));
    setText(
      this.#summary,
      counters === null
        ? 'No loop yet'
        : `Iteration ${formatCount(counters.iterations)} at ${formatTime(counters.time)} of loop time`,
    );
    this.#ready.draw();
    this.#timers.draw();
  }

  #fill(row: HTMLElement, item: Waiting, first: string): void {
    const [position, task, label] = row.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    row.dataset['task'] = String(item.task);
    row.classList.toggle('cancelled', item.cancelled);
    row.classList.toggle('selected', item.task > 0 && item.task === this.#shared?.selected);
    setText(position, first);
    setText(task, item.task > 0 ? (this.#shared?.model.tasks.nameOf(item.task) ?? '') : '');
    setText(label, item.cancelled ? `${item.label}, cancelled` : item.label);
  }
}

function counted(count: number, shown: number): string {
  return count > shown ? `${formatCount(count)}, the first ${shown} shown` : formatCount(count);
}

function makeRow(): HTMLElement {
  const row = make('div', 'waiting');
  row.role = 'listitem';
  row.append(make('span', 'position'), make('span', 'name'), make('span', 'label'));
  return row;
}
