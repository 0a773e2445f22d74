/** What the program has written, with a filter. */

import { atNextFrame, make, setText } from '../dom.ts';
import type { Model } from '../model.ts';
import { formatCount, formatTime } from '../model.ts';
import type { Line } from '../protocol.ts';
import { VirtualList } from '../virtual-list.ts';
import type { Shared, View } from './view.ts';

const ROW = 20;

/** One row of the list: a line of a text that may have several. */
interface Row {
  readonly line: Line;
  readonly text: string;
  readonly isFirst: boolean;
}

export class ConsoleView implements View {
  readonly #list: VirtualList;
  readonly #note: HTMLElement;
  readonly #refilter: () => void;
  #shared: Shared | null = null;
  #model: Model | null = null;
  #rows: Row[] = [];
  #taken = 0;
  #forgotten = 0;
  #text = '';
  #level = 'all';

  constructor(scroller: HTMLElement, filter: HTMLInputElement, level: HTMLSelectElement, note: HTMLElement) {
    this.#note = note;
    const view = this;
    this.#list = new VirtualList(scroller, ROW, makeRow, {
      get count() {
        return view.#rows.length;
      },
      fill: (element, index) => this.#fill(element, this.#rows[index] as Row),
    });
    this.#list.followsEnd = true;
    this.#refilter = atNextFrame(() => {
      this.#text = filter.value.toLowerCase();
      this.#level = level.value;
      this.#restart();
      if (this.#shared !== null) this.update(this.#shared);
    });
    filter.addEventListener('input', this.#refilter);
    level.addEventListener('change', this.#refilter);
    scroller.addEventListener('click', ({ target }) => {
      const line = target instanceof HTMLElement ? Number(target.dataset['line'] ?? 0) : 0;
      if (line > 0) this.#shared?.goToLine(line);
    });
  }

  update(shared: Shared): void {
    this.#shared = shared;
    const { model } = shared;
    if (model !== this.#model) {
      this.#model = model;
      this.#restart();
    }
    if (model.forgottenLines !== this.#forgotten) this.#restart();
    for (; this.#taken < model.lines.length; this.#taken += 1) this.#add(model.lines[this.#taken] as Line);
    const lost = model.dropped.lines + model.forgottenLines;
    setText(this.#note, lost > 0 ? `${formatCount(lost)} lines not kept` : '');
    this.#list.draw();
  }

  /** The text that is shown, for the clipboard. */
  get text(): string {
    return this.#rows.map(({ text }) => text).join('\n');
  }

  #restart(): void {
    this.#rows = [];
    this.#taken = 0;
    this.#forgotten = this.#model?.forgottenLines ?? 0;
  }

  #add(line: Line): void {
    if (this.#level !== 'all' && !isAtLeast(line.level, this.#level)) return;
    if (this.#text !== '' && !line.text.toLowerCase().includes(this.#text)) return;
    line.text.split('\n').forEach((text, index) => {
      this.#rows.push({ line, text, isFirst: index === 0 });
    });
  }

  #fill(element: HTMLElement, { line, text, isFirst }: Row): void {
    const [time, content, place] = element.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    element.dataset['level'] = line.level;
    setText(time, isFirst && line.time >= 0 ? formatTime(line.time) : '');
    setText(content, text);
    const shown = isFirst && line.line > 0 ? `line ${line.line}` : '';
    setText(place, shown);
    place.dataset['line'] = String(line.line);
    place.hidden = shown === '';
  }
}

function makeRow(): HTMLElement {
  const row = make('div', 'line');
  const place = make('button', 'place');
  place.type = 'button';
  place.tabIndex = -1;
  row.append(make('span', 'when'), make('span', 'text'), place);
  return row;
}

const ORDER = ['debug', 'log', 'info', 'note', 'warn', 'error'];

function isAtLeast(level: string, least: string): boolean {
  return ORDER.indexOf(level) >= ORDER.indexOf(least);
}
