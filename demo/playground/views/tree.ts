/**
 * The tasks as a tree: each under the one that made it, with what it does or waits for. Arcs at the edge lead from a
 * task to the one that it awaits, or, at a lock, to the one that holds it.
 */

import { atNextFrame, make, setText } from '../dom.ts';
import type { Model, Tasks } from '../model.ts';
import { formatCount } from '../model.ts';
import { hasEnded, KIND, KIND_NAMES } from '../protocol.ts';
import { VirtualList } from '../virtual-list.ts';
import { TreeLayout } from './tree-layout.ts';
import type { Shared, View } from './view.ts';

const ROW = 26;
const INDENT = 16;

/** So many tasks are laid out in a frame: about a millisecond. */
const SLICE = 20_000;

const SVG = 'http://www.w3.org/2000/svg';

export class TreeView implements View {
  readonly #list: VirtualList;
  readonly #tree: HTMLElement;
  readonly #summary: HTMLElement;
  readonly #showEnded: HTMLInputElement;
  readonly #cancel: HTMLButtonElement;
  readonly #arcs = document.createElementNS(SVG, 'svg');
  readonly #collapsed = new Set<number>();
  /** How each row looks at the moment. */
  readonly #looks = new WeakMap<HTMLElement, string>();
  #shared: Shared | null = null;
  #model: Model | null = null;
  readonly #layout = new TreeLayout();
  /** What the rows were laid out for; -1 to lay them out anew. */
  #shape = -1;
  readonly #goOn: () => void;

  constructor(panel: HTMLElement) {
    this.#tree = panel.querySelector('[role=tree]') as HTMLElement;
    this.#summary = panel.querySelector('.summary') as HTMLElement;
    this.#showEnded = panel.querySelector('#show-ended') as HTMLInputElement;
    this.#cancel = panel.querySelector('#cancel-task') as HTMLButtonElement;
    const view = this;
    this.#list = new VirtualList(this.#tree, ROW, makeRow, {
      get count() {
        return view.#layout.count;
      },
      fill: (element, index) => this.#fill(element, index),
    });
    this.#goOn = atNextFrame(() => {
      if (this.#shared !== null && this.#tree.clientHeight > 0) this.update(this.#shared);
    });
    this.#arcs.classList.add('arcs');
    this.#arcs.setAttribute('aria-hidden', 'true');
    this.#list.content.append(this.#arcs);
    this.#list.onView = () => this.#drawArcs();
    this.#tree.addEventListener('keydown', (event) => this.#key(event));
    this.#tree.addEventListener('click', (event) => this.#click(event));
    this.#tree.addEventListener('focus', () => {
      if (this.#selectedRow() < 0 && this.#layout.count > 0) this.#shared?.select(this.#layout.taskAt(0));
    });
    this.#showEnded.addEventListener('change', () => this.#relayout());
    this.#cancel.addEventListener('click', () => {
      if (this.#shared !== null) this.#shared.cancel(this.#shared.selected);
    });
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const { model, selected } = shared;
    const { tasks } = model;
    if (model !== this.#model) {
      this.#model = model;
      this.#collapsed.clear();
      this.#shape = -1;
    }
    this.#layOut(tasks);
    const lost = model.dropped.tasks > 0 ? `, ${formatCount(model.dropped.tasks)} more not kept` : '';
    const ended = tasks.count - tasks.live;
    setText(
      this.#summary,
      tasks.count === 0
        ? 'No tasks yet'
        : `${formatCount(tasks.live)} live, ${formatCount(ended)} ended${lost}`,
    );
    this.#cancel.disabled = selected === 0 || hasEnded(tasks.kind[selected] ?? KIND.done);
    const row = this.#selectedRow();
    if (row >= 0) this.#tree.setAttribute('aria-activedescendant', `task-${selected}`);
    else this.#tree.removeAttribute('aria-activedescendant');
    this.#list.draw();
  }

  reveal(task: number): void {
    const row = this.#rowOf(task);
    if (row >= 0) this.#list.reveal(row);
  }

  #relayout(): void {
    this.#shape = -1;
    if (this.#shared !== null) this.update(this.#shared);
  }

  #layOut(tasks: Tasks): void {
    const showsEnded = this.#showEnded.checked;
    const shape = tasks.shape + (showsEnded ? 0 : tasks.ends);
    if (shape !== this.#shape && (!this.#layout.isOn || this.#shape < 0)) {
      this.#shape = shape;
      this.#layout.begin(tasks, { showsEnded, collapsed: this.#collapsed });
    }
    if (this.#layout.isOn) this.#layout.goOn(tasks, SLICE);
    if (this.#layout.isOn || shape !== this.#shape) this.#goOn();
  }

  #selectedRow(): number {
    return this.#rowOf(this.#shared?.selected ?? 0);
  }

  #rowOf(task: number): number {
    return this.#layout.rowOf(task);
  }

  #fill(element: HTMLElement, index: number): void {
    const model = this.#model as Model;
    const { tasks } = model;
    const task = this.#layout.taskAt(index);
    const kind = tasks.kind[task] as number;
    const [twisty, dot, name, wait, line, steps] = element.children as unknown as HTMLElement[];
    const selected = this.#shared?.selected === task;
    const hasChildren = tasks.firstChild[task] !== 0;
    const isOpen = hasChildren && !this.#collapsed.has(task);
    const depth = this.#layout.depthAt(index);
    setText(name as HTMLElement, tasks.nameOf(task));
    setText(wait as HTMLElement, model.waitText(task));
    const place = tasks.line[task] as number;
    setText(line as HTMLElement, place > 0 ? `line ${place}` : '');
    const count = tasks.steps[task] as number;
    setText(steps as HTMLElement, count === 1 ? '1 step' : `${formatCount(count)} steps`);
    // What is set costs the engine a look at the row's style, also where it stays the same.
    const look = `${task} ${kind} ${selected} ${hasChildren} ${isOpen} ${depth}`;
    if (this.#looks.get(element) === look) return;
    this.#looks.set(element, look);
    element.id = `task-${task}`;
    element.dataset['task'] = String(task);
    element.style.paddingLeft = `${8 + Math.min(depth, 24) * INDENT}px`;
    element.setAttribute('aria-level', String(depth + 1));
    element.setAttribute('aria-selected', String(selected));
    if (hasChildren) element.setAttribute('aria-expanded', String(isOpen));
    else element.removeAttribute('aria-expanded');
    element.dataset['kind'] = String(kind);
    (twisty as HTMLElement).textContent = hasChildren ? (isOpen ? '▾' : '▸') : '';
    (dot as HTMLElement).title = KIND_NAMES[kind] ?? '';
  }

  /** From each row in view to the row in view that it waits for. */
  #drawArcs(): void {
    const model = this.#model;
    if (model === null) return;
    const { tasks } = model;
    const paths: string[] = [];
    const first = this.#list.first;
    for (let row = first; row < Math.min(first + this.#list.shown, this.#layout.count); row += 1) {
      const task = this.#layout.taskAt(row);
      const kind = tasks.kind[task] as number;
      const target =
        kind === KIND.task
          ? (tasks.target[task] as number)
          : kind === KIND.sync
            ? (model.primitives?.find(({ id }) => id === tasks.target[task])?.owners[0] ?? 0)
            : 0;
      const to = this.#rowOf(target);
      if (to < 0 || Math.abs(to - row) > 60) continue;
      const y1 = row * ROW + ROW / 2;
      const y2 = to * ROW + ROW / 2;
      const bend = Math.min(26, 8 + Math.abs(to - row) * 2);
      const className = kind === KIND.task ? 'await' : 'hold';
      const head = `M4 ${y2} l5 -3.5 M4 ${y2} l5 3.5`;
      paths.push(
        `<path class="${className}" d="M4 ${y1} C${4 + bend} ${y1} ${4 + bend} ${y2} 4 ${y2} ${head}"/>`,
      );
    }
    const text = paths.join('');
    // Only numbers and words of our own are in it.
    if (this.#arcs.innerHTML !== text) this.#arcs.innerHTML = text;
  }

  #click(event: MouseEvent): void {
    const { target } = event;
    const row = target instanceof Element ? target.closest<HTMLElement>('[data-task]') : null;
    if (row === null || this.#shared === null) return;
    const task = Number(row.dataset['task']);
    this.#shared.select(task);
    if ((target as Element).classList.contains('twisty')) this.#toggle(task);
    if ((target as Element).classList.contains('place')) this.#goToLine(task);
  }

  #goToLine(task: number): void {
    const line = this.#model?.tasks.line[task] ?? 0;
    if (line > 0) this.#shared?.goToLine(line);
  }

  #toggle(task: number, isOpen: boolean = this.#collapsed.has(task)): void {
    if (isOpen) this.#collapsed.delete(task);
    else this.#collapsed.add(task);
    this.#relayout();
  }

  #key(event: KeyboardEvent): void {
    const shared = this.#shared;
    if (shared === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = Math.max(0, this.#selectedRow());
    const page = Math.max(1, Math.floor(this.#tree.clientHeight / ROW) - 1);
    const { tasks } = shared.model;
    const task = shared.selected;
    const move = (to: number): void => {
      const target = Math.max(0, Math.min(this.#layout.count - 1, to));
      if (this.#layout.count === 0) return;
      shared.select(this.#layout.taskAt(target));
      this.#list.reveal(target);
    };
    const isOpen = tasks.firstChild[task] !== 0 && !this.#collapsed.has(task);
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(row + 1),
      ArrowUp: () => move(row - 1),
      Home: () => move(0),
      End: () => move(this.#layout.count - 1),
      PageDown: () => move(row + page),
      PageUp: () => move(row - page),
      ArrowRight: () => {
        if (tasks.firstChild[task] === 0) return;
        if (isOpen) move(row + 1);
        else this.#toggle(task, true);
      },
      ArrowLeft: () => {
        if (isOpen) this.#toggle(task, false);
        else move(this.#rowOf(tasks.parent[task] as number));
      },
      Enter: () => this.#goToLine(task),
      Delete: () => shared.cancel(task),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
}

function makeRow(): HTMLElement {
  const row = make('div', 'task');
  row.role = 'treeitem';
  const twisty = make('span', 'twisty');
  const dot = make('span', 'dot');
  for (const part of [twisty, dot]) part.setAttribute('aria-hidden', 'true');
  row.append(
    twisty,
    dot,
    make('span', 'name'),
    make('span', 'wait'),
    make('span', 'place'),
    make('span', 'steps'),
  );
  return row;
}
