/** Tasks that wait for one another in a circle, drawn and named. */

import { make } from '../dom.ts';
import { formatTime } from '../model.ts';
import type { CycleLink, Deadlock } from '../protocol.ts';
import type { Shared, View } from './view.ts';

const SVG = 'http://www.w3.org/2000/svg';
const SIZE = 340;

export class DeadlockView implements View {
  readonly #place: HTMLElement;
  #shown: Deadlock | null = null;
  #shared: Shared | null = null;

  constructor(panel: HTMLElement) {
    this.#place = panel.querySelector('.deadlock') as HTMLElement;
    this.#place.addEventListener('click', ({ target }) => {
      const element = target instanceof Element ? target.closest<HTMLElement>('[data-task]') : null;
      if (element === null) return;
      this.#shared?.select(Number(element.dataset['task']));
      const line = Number(element.dataset['line']);
      if (line > 0) this.#shared?.goToLine(line);
    });
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const { deadlock } = shared.model;
    if (deadlock === this.#shown) return;
    this.#shown = deadlock;
    this.#place.replaceChildren(...(deadlock === null ? [] : draw(deadlock)));
  }
}

function draw(deadlock: Deadlock): HTMLElement[] {
  const parts: HTMLElement[] = [];
  const head = make('p', 'deadlock-head');
  head.append(
    make('b', '', 'Deadlock'),
    ` at ${formatTime(deadlock.time)}: nothing can wake these tasks any more.`,
  );
  parts.push(head);
  for (const cycle of deadlock.cycles.slice(0, 4)) {
    parts.push(make('p', 'cycle-name', nameOf(cycle)), ring(cycle), list(cycle));
  }
  if (deadlock.cycles.length === 0) {
    parts.push(make('p', 'small', 'They wait in no circle: what they wait for was never going to come.'));
  }
  if (deadlock.others.length > 0) {
    parts.push(make('p', 'small', `Waiting as well: ${deadlock.others.join(', ')}`));
  }
  return parts;
}

function nameOf(cycle: readonly CycleLink[]): string {
  return [...cycle, cycle[0] as CycleLink].map(({ name }) => name).join(' → ');
}

function list(cycle: readonly CycleLink[]): HTMLElement {
  const items = make('ol', 'cycle-list');
  cycle.forEach(({ task, name, through, line }, index) => {
    const next = cycle[(index + 1) % cycle.length] as CycleLink;
    const item = make('li');
    const button = make('button', 'link', name);
    button.type = 'button';
    button.dataset['task'] = String(task);
    button.dataset['line'] = String(line);
    const place = line > 0 ? `, in line ${line}` : '';
    item.append(
      button,
      through === ''
        ? ` awaits ${next.name}${place}`
        : ` waits at ${through}, which ${next.name} holds${place}`,
    );
    items.append(item);
  });
  return items;
}

function ring(cycle: readonly CycleLink[]): HTMLElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${SIZE} ${SIZE}`);
  svg.setAttribute('class', 'ring');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `A circle of ${cycle.length} tasks: ${nameOf(cycle)}`);
  const middle = SIZE / 2;
  const radius = cycle.length === 1 ? 60 : 112;
  const place = (turn: number): readonly [number, number] => {
    const angle = (turn / cycle.length) * 2 * Math.PI - Math.PI / 2;
    return [middle + radius * Math.cos(angle), middle + radius * Math.sin(angle)];
  };
  const add = (
    parent: Element,
    tag: string,
    attributes: Record<string, string | number>,
    text = '',
  ): Element => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const defs = add(svg, 'defs', {});
  const marker = add(defs, 'marker', {
    id: 'arrow',
    viewBox: '0 0 8 8',
    refX: 7,
    refY: 4,
    markerWidth: 8,
    markerHeight: 8,
    orient: 'auto-start-reverse',
  });
  add(marker, 'path', { d: 'M0 0 L8 4 L0 8 z' });
  const gap = 32 / radius / ((2 * Math.PI) / cycle.length);
  cycle.forEach((link, index) => {
    const [x1, y1] = place(index + gap);
    const [x2, y2] = place(index + 1 - gap);
    add(svg, 'path', {
      class: 'edge',
      d: `M${x1} ${y1} A${radius} ${radius} 0 0 1 ${x2} ${y2}`,
      'marker-end': 'url(#arrow)',
    });
    if (link.through !== '') {
      const [tx, ty] = place(index + 0.5);
      const out = 1 - 22 / radius;
      add(
        svg,
        'text',
        { class: 'through', x: middle + (tx - middle) * out * 0.92, y: middle + (ty - middle) * out * 0.92 },
        clip(link.through, 14),
      );
    }
  });
  cycle.forEach(({ name }, index) => {
    const [x, y] = place(index);
    add(svg, 'circle', { cx: x, cy: y, r: 28 });
    add(svg, 'text', { class: 'node', x, y }, clip(name, name.length > 8 ? 7 : 8));
    if (name.length > 8) {
      const out = 1 + 38 / radius;
      add(
        svg,
        'text',
        { class: 'label', x: middle + (x - middle) * out, y: middle + (y - middle) * out },
        clip(name, 18),
      );
    }
  });
  const box = make('div', 'ring-box');
  box.append(svg);
  return box;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
