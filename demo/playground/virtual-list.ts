/** A list of any length of which only the rows that can be seen are elements. All rows have one height. */

import { atNextFrame, make } from './dom.ts';

/** Firefox does not lay out what is higher. */
const MOST_PIXELS = 12_000_000;

const OVERSCAN = 4;

export interface Rows {
  readonly count: number;
  /** Fills an element, which may have shown another row before. */
  fill(element: HTMLElement, index: number): void;
}

export class VirtualList {
  /** What scrolls. */
  readonly scroller: HTMLElement;
  readonly content: HTMLElement = make('div', 'rows');
  readonly rowHeight: number;
  readonly #rows: Rows;
  readonly #makeRow: () => HTMLElement;
  readonly #pool: HTMLElement[] = [];
  #first = 0;
  #shown = 0;
  #height = -1;
  /** Keeps the end in view while it is there. */
  followsEnd = false;
  #wasAtEnd = true;
  /** Called when other rows are in view. */
  onView: (() => void) | null = null;
  /** Draws at the next frame. */
  readonly update: () => void;

  constructor(scroller: HTMLElement, rowHeight: number, makeRow: () => HTMLElement, rows: Rows) {
    this.scroller = scroller;
    this.rowHeight = rowHeight;
    this.#rows = rows;
    this.#makeRow = makeRow;
    this.update = atNextFrame(() => this.draw());
    this.content.role = 'presentation';
    scroller.append(this.content);
    scroller.addEventListener('scroll', () => {
      this.#wasAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - rowHeight;
      this.draw();
    });
    new ResizeObserver(() => this.update()).observe(scroller);
  }

  get first(): number {
    return this.#first;
  }

  get shown(): number {
    return this.#shown;
  }

  /** The element that shows a row, if it is in view. */
  elementOf(index: number): HTMLElement | undefined {
    return index >= this.#first && index < this.#first + this.#shown
      ? this.#pool[index - this.#first]
      : undefined;
  }

  reveal(index: number): void {
    const { scroller, rowHeight } = this;
    const top = index * rowHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + rowHeight > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = top + rowHeight - scroller.clientHeight;
    this.draw();
  }

  /** Shows what there is now. */
  draw(): void {
    const { scroller, content, rowHeight } = this;
    const viewHeight = scroller.clientHeight;
    if (viewHeight === 0) return;
    scroller.classList.toggle('is-empty', this.#rows.count === 0);
    const height = Math.min(this.#rows.count * rowHeight, MOST_PIXELS);
    if (height !== this.#height) {
      this.#height = height;
      content.style.height = `${height}px`;
      if (this.followsEnd && this.#wasAtEnd) scroller.scrollTop = height;
    }
    const count = Math.floor(height / rowHeight);
    const first = Math.max(0, Math.min(Math.floor(scroller.scrollTop / rowHeight) - OVERSCAN, count));
    const shown = Math.min(count - first, Math.ceil(viewHeight / rowHeight) + 2 * OVERSCAN);
    while (this.#pool.length < shown) {
      const row = this.#makeRow();
      row.style.height = `${rowHeight}px`;
      this.#pool.push(row);
      content.append(row);
    }
    this.#pool.forEach((row, position) => {
      row.hidden = position >= shown;
      if (position >= shown) return;
      const top = `translateY(${(first + position) * rowHeight}px)`;
      if (row.style.transform !== top) row.style.transform = top;
      this.#rows.fill(row, first + position);
    });
    this.#first = first;
    this.#shown = shown;
    this.onView?.();
  }
}
