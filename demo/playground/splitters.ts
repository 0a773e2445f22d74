/**
 * The lines between the panes, which can be moved: by the pointer, by the arrow keys, to their ends by Home and End,
 * and back to where they were at first by Enter or a double click. Where they are is kept.
 *
 * A wide page has columns and rows, in per cent of the page; a narrow one has its panes below one another, and each
 * line gives the pane above it a height, in per cent of the window.
 */

import { byId } from './dom.ts';
import { recall, remember } from './storage.ts';

const NARROW = '(max-width: 860px)';
const KEY_STEP = 2;

interface Range {
  readonly orientation: 'vertical' | 'horizontal';
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

interface Line {
  readonly wide: Range;
  readonly narrow: Range;
}

const LINES: Readonly<Record<string, Line>> = {
  'split-views': {
    wide: { orientation: 'vertical', first: 50, least: 20, most: 80 },
    narrow: { orientation: 'horizontal', first: 32, least: 12, most: 85 },
  },
  'split-output': {
    wide: { orientation: 'horizontal', first: 63, least: 15, most: 85 },
    narrow: { orientation: 'horizontal', first: 52, least: 15, most: 85 },
  },
};

class Splitter {
  readonly #element: HTMLElement;
  readonly #name: string;
  readonly #line: Line;
  readonly #media = matchMedia(NARROW);
  readonly #values = { wide: 0, narrow: 0 };
  readonly #changed: () => void;
  #grip: { readonly at: number; readonly value: number; readonly pixels: number } | null = null;

  constructor(name: string, line: Line, kept: unknown, changed: () => void) {
    this.#name = name;
    this.#line = line;
    this.#changed = changed;
    for (const size of ['wide', 'narrow'] as const) {
      const value = Number((kept as Record<string, unknown> | null | undefined)?.[size] ?? Number.NaN);
      this.#values[size] = Number.isFinite(value) ? within(value, line[size]) : line[size].first;
    }
    const element = byId(name, HTMLElement);
    this.#element = element;
    element.addEventListener('keydown', (event) => this.#key(event));
    element.addEventListener('pointerdown', (event) => this.#press(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const)
      element.addEventListener(end, () => this.#release());
    element.addEventListener('dblclick', () => this.#set(this.#range.first));
    this.#media.addEventListener('change', () => this.#show());
    this.#show();
  }

  get values(): { readonly wide: number; readonly narrow: number } {
    return this.#values;
  }

  get #size(): 'wide' | 'narrow' {
    return this.#media.matches ? 'narrow' : 'wide';
  }

  get #range(): Range {
    return this.#line[this.#size];
  }

  get #isVertical(): boolean {
    return this.#range.orientation === 'vertical';
  }

  #set(value: number): void {
    this.#values[this.#size] = within(value, this.#range);
    this.#show();
    this.#changed();
  }

  #show(): void {
    const { orientation, least, most } = this.#range;
    const value = this.#values[this.#size];
    const element = this.#element;
    element.setAttribute('aria-orientation', orientation);
    element.setAttribute('aria-valuemin', String(least));
    element.setAttribute('aria-valuemax', String(most));
    element.setAttribute('aria-valuenow', String(Math.round(value)));
    document.documentElement.style.setProperty(`--${this.#name}`, String(value));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { least, most, first } = this.#range;
    const value = this.#values[this.#size];
    const [less, more] = this.#isVertical ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const to = {
      [less as string]: value - KEY_STEP,
      [more as string]: value + KEY_STEP,
      Home: least,
      End: most,
      Enter: first,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#set(to);
  }

  #press(event: PointerEvent): void {
    const main = this.#element.parentElement as HTMLElement; // its place in the page
    const isNarrow = this.#size === 'narrow';
    const pixels = isNarrow ? innerHeight : this.#isVertical ? main.clientWidth : main.clientHeight;
    this.#grip = { at: this.#place(event), value: this.#values[this.#size], pixels };
    this.#element.setPointerCapture(event.pointerId);
    document.body.classList.add('splitting'); // a frame of the page would swallow the pointer
  }

  #move(event: PointerEvent): void {
    const grip = this.#grip;
    if (grip !== null) this.#set(grip.value + (100 * (this.#place(event) - grip.at)) / grip.pixels);
  }

  #release(): void {
    this.#grip = null;
    document.body.classList.remove('splitting');
  }

  /** Along the way that it moves; on a narrow page in the page, since that scrolls. */
  #place(event: PointerEvent): number {
    if (this.#isVertical) return event.clientX;
    return this.#size === 'narrow' ? event.pageY : event.clientY;
  }
}

function within(value: number, { least, most }: Range): number {
  return Math.max(least, Math.min(most, value));
}

/** Has the lines of the page moved. */
export function installSplitters(isKept: boolean): void {
  const kept = isKept ? (recall('panes') as Record<string, unknown> | null) : null;
  const splitters: Record<string, Splitter> = {};
  const keep = (): void => {
    if (!isKept) return;
    const values = Object.entries(splitters).map(([name, { values: given }]) => [name, given]);
    remember('panes', Object.fromEntries(values));
  };
  for (const [name, line] of Object.entries(LINES))
    splitters[name] = new Splitter(name, line, kept?.[name], keep);
}
