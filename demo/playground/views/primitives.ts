/** Locks, queues and their kin: how each stands, who holds it, and who waits in its line. */

import { make, setText } from '../dom.ts';
import { formatCount } from '../model.ts';
import { VirtualList } from '../virtual-list.ts';
import type { Shared, View } from './view.ts';

const ROW = 56;

export class PrimitivesView implements View {
  readonly #list: VirtualList;
  readonly #summary: HTMLElement;
  #shared: Shared | null = null;

  constructor(panel: HTMLElement) {
    this.#summary = panel.querySelector('.summary') as HTMLElement;
    const view = this;
    this.#list = new VirtualList(panel.querySelector('.primitives') as HTMLElement, ROW, makeRow, {
      get count() {
        return view.#shared?.model.primitives?.length ?? 0;
      },
      fill: (row, index) => this.#fill(row, index),
    });
    this.#list.scroller.addEventListener('click', ({ target }) => {
      if (!(target instanceof HTMLElement)) return;
      const task = Number(target.dataset['task'] ?? 0);
      const line = Number(target.dataset['line'] ?? 0);
      if (task > 0) this.#shared?.select(task);
      else if (line > 0) this.#shared?.goToLine(line);
    });
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const count = shared.model.primitives?.length ?? 0;
    setText(this.#summary, count === 0 ? 'None yet' : `${formatCount(count)} in all`);
    this.#list.draw();
  }

  #fill(row: HTMLElement, index: number): void {
    const model = this.#shared?.model;
    const one = model?.primitives?.[index];
    if (model === undefined || one === undefined) return;
    const [head, line] = row.children as unknown as [HTMLElement, HTMLElement];
    const [name, kind, place, state, meter] = head.children as unknown as HTMLElement[];
    setText(name as HTMLElement, one.name);
    setText(kind as HTMLElement, one.kind);
    setText(place as HTMLElement, one.line > 0 ? `line ${one.line}` : '');
    (place as HTMLElement).dataset['line'] = String(one.line);
    setText(state as HTMLElement, one.state);
    (meter as HTMLElement).hidden = one.fill < 0;
    (meter as HTMLElement).style.setProperty('--fill', String(Math.max(0, Math.min(1, one.fill))));
    const chips: HTMLElement[] = [];
    for (const owner of one.owners) chips.push(chip(owner, `held by ${model.tasks.nameOf(owner)}`, 'owner'));
    for (const [task, verb] of one.waiters)
      chips.push(chip(task, `${model.tasks.nameOf(task)} · ${verb}`, 'waiter'));
    const more = one.waiterCount - one.waiters.length;
    if (more > 0) chips.push(make('span', 'small', `and ${formatCount(more)} more`));
    if (chips.length === 0) chips.push(make('span', 'small', 'nobody waits'));
    line.replaceChildren(...chips);
  }
}

function chip(task: number, text: string, className: string): HTMLElement {
  const element = make('span', `chip ${className}`, text);
  element.dataset['task'] = String(task);
  return element;
}

function makeRow(): HTMLElement {
  const row = make('div', 'primitive');
  row.role = 'listitem';
  const head = make('div', 'primitive-head');
  head.append(
    make('span', 'name'),
    make('span', 'kind'),
    make('span', 'place'),
    make('span', 'state'),
    make('span', 'meter'),
  );
  row.append(head, make('div', 'chips'));
  return row;
}
