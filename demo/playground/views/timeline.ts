/**
 * Steps, waits and wake-ups of the tasks over time, on a canvas: a row for each task, a mark for each step, and
 * between two steps a line in the colour of what was waited for.
 *
 * Only the rows in view and the steps in the window are looked at; steps that fall on the same pixel are drawn once.
 */

import { atNextFrame, setText, styleColor, styleValue } from '../dom.ts';
import type { Model, Step, StepChunk } from '../model.ts';
import { formatCount, formatTime } from '../model.ts';
import { hasEnded, KIND, KIND_NAMES } from '../protocol.ts';
import type { Shared, View } from './view.ts';

const ROW = 22;
const AXIS = 26;
const LABELS = 116;
/** What is left free at the right, so that the mark of an end is whole. */
const EDGE = 8;

const MOST_PIXELS = 12_000_000;

/** How far back a row's state is looked for that has no step in the window. */
const LOOK_BACK = 5000;

const HINT = 'Click into the timeline, or go from step to step by the arrow keys.';

/** What stands on the axis: virtual time, real time, or the number of a step. */
type Mode = 'virtual' | 'real' | 'steps';

export class TimelineView implements View {
  readonly #scroller: HTMLElement;
  readonly #spacer: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #detail: HTMLElement;
  readonly #mode: HTMLSelectElement;
  readonly #draw: () => void;
  /** The axis, seen once for each drawing: steps look at it. */
  #axis: Mode = 'real';
  #later: ReturnType<typeof setTimeout> | undefined;
  #drawn = 0;
  #cost = 0;
  #shared: Shared | null = null;
  #model: Model | null = null;
  /** The window, in the units of the mode; null shows everything. */
  #window: readonly [from: number, to: number] | null = null;
  #cursor = -1;
  #drag: { readonly x: number; readonly from: number; readonly to: number; moved: boolean } | null = null;
  #colors: string[] = [];
  #ink = '';
  #soft = '';
  #faint = '';
  #accent = '';

  constructor(panel: HTMLElement) {
    this.#scroller = panel.querySelector('.timeline') as HTMLElement;
    this.#spacer = panel.querySelector('.timeline-space') as HTMLElement;
    this.#canvas = panel.querySelector('canvas') as HTMLCanvasElement;
    this.#context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    this.#detail = panel.querySelector('.detail') as HTMLElement;
    this.#mode = panel.querySelector('#timeline-mode') as HTMLSelectElement;
    this.#draw = atNextFrame(() => this.#drawSoon());
    this.readColors();
    new ResizeObserver(() => this.#draw()).observe(this.#scroller);
    this.#scroller.addEventListener('scroll', this.#draw);
    this.#scroller.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#scroller.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('pointerdown', (event) => this.#press(event));
    this.#canvas.addEventListener('pointermove', (event) => this.#move(event));
    this.#canvas.addEventListener('pointerup', (event) => this.#release(event));
    this.#canvas.addEventListener('pointercancel', () => {
      this.#drag = null;
    });
    this.#mode.addEventListener('change', () => {
      this.#window = null;
      this.#draw();
    });
    for (const button of panel.querySelectorAll<HTMLButtonElement>('[data-zoom]')) {
      button.addEventListener('click', () => this.#zoom(button.dataset['zoom'] as string));
    }
  }

  readColors(): void {
    this.#colors = KIND_NAMES.map((_, kind) => styleColor(`--kind-${kind}`));
    this.#ink = styleColor('--ink');
    this.#soft = styleColor('--soft');
    this.#faint = styleColor('--line');
    this.#accent = styleColor('--accent');
    this.#draw();
  }

  update(shared: Shared): void {
    this.#shared = shared;
    if (shared.model !== this.#model) {
      this.#model = shared.model;
      this.#window = null;
      this.#cursor = -1;
      setText(this.#detail, HINT);
    }
    this.#draw();
  }

  get #isBySteps(): boolean {
    return this.#axis === 'steps';
  }

  #seeAxis(): void {
    const { value } = this.#mode;
    this.#axis =
      value === 'steps' ? 'steps' : value === 'time' && this.#model?.isVirtual === true ? 'virtual' : 'real';
  }

  /** A drawing that takes long is not made at each frame: four fifths of the time are left to others. */
  #drawSoon(): void {
    const wait = this.#drawn + 4 * this.#cost - performance.now();
    if (wait <= 4) this.#drawNow();
    else this.#later ??= setTimeout(() => this.#drawNow(), wait);
  }

  /** Where a step stands on the axis. */
  #at(chunk: StepChunk, index: number): number {
    if (this.#axis === 'real') return (chunk.start[index] as number) / 1000;
    return this.#axis === 'virtual' ? (chunk.time[index] as number) : chunk.first + index;
  }

  /** Where it ends. */
  #endAt(chunk: StepChunk, index: number): number {
    const at = this.#at(chunk, index);
    if (this.#axis === 'real') return at + (chunk.duration[index] as number) / 1000;
    return this.#axis === 'virtual' ? at : at + 0.8;
  }

  #extent(): readonly [number, number] {
    const model = this.#model;
    if (model === null || model.chunks.length === 0) return [0, 1];
    // From the start of the run, unless that is forgotten.
    const first = this.#isBySteps || model.forgotten > 0 ? this.#at(model.chunks[0] as StepChunk, 0) : 0;
    const last = model.chunks.at(-1) as StepChunk;
    let end = this.#endAt(last, last.length - 1);
    const { counters } = model;
    if (counters !== null && !this.#isBySteps) {
      const now = this.#axis === 'virtual' ? counters.time : counters.now / 1000;
      end = Math.max(end, now);
    }
    return end > first ? [first, end + (end - first) * 0.02] : [first, first + 1];
  }

  #drawNow(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    const start = performance.now();
    this.#seeAxis();
    this.#drawAll();
    this.#drawn = performance.now();
    this.#cost = this.#drawn - start;
  }

  #drawAll(): void {
    const model = this.#model;
    const width = this.#scroller.clientWidth;
    const height = this.#scroller.clientHeight;
    if (model === null || width === 0) return;
    const rows = model.tasks.count;
    this.#scroller.classList.toggle('is-empty', rows === 0);
    this.#spacer.style.height = `${Math.max(0, Math.min(rows * ROW + AXIS + 8, MOST_PIXELS))}px`;
    const ratio = devicePixelRatio;
    const canvas = this.#canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const top = this.#scroller.scrollTop;
    const firstRow = Math.floor(top / ROW);
    const lastRow = Math.min(rows - 1, Math.ceil((top + height) / ROW));
    const [from, to] = this.#window ?? this.#extent();
    this.#drawRows(model, { width, top, firstRow, lastRow, from, to });
    this.#drawAxis(width, from, to);
    canvas.setAttribute(
      'aria-label',
      `Timeline of ${formatCount(model.stepCount)} steps of ${formatCount(rows)} tasks. Arrow keys go from step to step.`,
    );
  }

  #drawRows(
    model: Model,
    view: { width: number; top: number; firstRow: number; lastRow: number; from: number; to: number },
  ): void {
    const { width, top, firstRow, lastRow, from, to } = view;
    const context = this.#context;
    const scale = (width - LABELS - EDGE) / (to - from);
    const { tasks } = model;
    const count = Math.max(0, lastRow - firstRow + 1);
    /** Place, top, length and kind of each. */
    const bars: number[] = [];
    const waits: number[][] = this.#colors.map(() => []);
    const seen = new Int32Array(count).fill(-1);
    const lastPixel = new Float64Array(count).fill(-1);
    const y = (row: number): number => row * ROW - top + AXIS;
    const x = (value: number): number => LABELS + (value - from) * scale;

    const wait = (row: number, chunk: StepChunk, index: number, until: number): void => {
      const kind = chunk.kind[index] as number;
      if (hasEnded(kind)) return;
      const start = Math.max(LABELS, x(this.#endAt(chunk, index)));
      const end = Math.min(width, until);
      if (end - start > 0.5) waits[kind]?.push(start, y(row), end - start);
    };

    const bar = (chunk: StepChunk, index: number): void => {
      const row = (chunk.task[index] as number) - 1;
      if (row < firstRow || row > lastRow) return;
      const slot = row - firstRow;
      seen[slot] = chunk.first + index;
      const px = x(this.#at(chunk, index));
      if (px - (lastPixel[slot] as number) < 0.7) return;
      const previous = chunk.previous[index] as number;
      if (previous >= 0 && model.has(previous)) {
        const other = model.chunkOf(previous) as StepChunk; // it is kept
        wait(row, other, previous - other.first, px);
      }
      lastPixel[slot] = px;
      bars.push(px, y(row), Math.max(1.5, x(this.#endAt(chunk, index)) - px), chunk.kind[index] as number);
    };
    let stepsInView = 0;
    for (let row = firstRow; row <= lastRow; row += 1) stepsInView += tasks.steps[row + 1] as number;
    // A few rows of many tasks: their own steps. Else all steps of the window, one after another.
    if (stepsInView * 4 < model.stepCount - model.firstStep) {
      for (let row = firstRow; row <= lastRow; row += 1) this.#eachStepOf(model, row + 1, from, to, bar);
    } else {
      this.#eachStep(model, from, to, bar);
    }
    // What goes on at the right edge; also in rows without a step in the window.
    const now = x(Math.min(to, this.#extent()[1]));
    for (let slot = 0; slot < count; slot += 1) {
      const row = firstRow + slot;
      const index = (seen[slot] as number) >= 0 ? (seen[slot] as number) : this.#before(model, row + 1, from);
      const chunk = index >= 0 && model.has(index) ? model.chunkOf(index) : undefined;
      if (chunk !== undefined)
        wait(row, chunk, index - chunk.first, this.#untilNext(model, row + 1, index, now, x));
    }

    const selected = this.#shared?.selected ?? 0;
    if (selected > firstRow && selected <= lastRow + 1) {
      context.fillStyle = this.#accent;
      context.globalAlpha = 0.12;
      context.fillRect(0, y(selected - 1), width, ROW);
      context.globalAlpha = 1;
    }
    waits.forEach((lines, kind) => {
      context.fillStyle = this.#colors[kind] as string;
      context.globalAlpha = 0.55;
      for (let i = 0; i < lines.length; i += 3)
        context.fillRect(
          lines[i] as number,
          (lines[i + 1] as number) + ROW / 2 - 1.5,
          lines[i + 2] as number,
          3,
        );
      context.globalAlpha = 1;
    });
    context.fillStyle = this.#ink;
    for (let i = 0; i < bars.length; i += 4)
      context.fillRect(bars[i] as number, (bars[i + 1] as number) + 5, bars[i + 2] as number, ROW - 10);
    for (let i = 0; i < bars.length; i += 4) {
      const kind = bars[i + 3] as number;
      if (!hasEnded(kind)) continue;
      context.fillStyle = this.#colors[kind] as string;
      context.beginPath();
      context.arc(
        (bars[i] as number) + (bars[i + 2] as number) + 2,
        (bars[i + 1] as number) + ROW / 2,
        4,
        0,
        7,
      );
      context.fill();
    }
    this.#drawCursor(model, x, y);

    context.font = `12px ${styleValue('--sans')}`;
    context.textBaseline = 'middle';
    for (let row = firstRow; row <= lastRow; row += 1) {
      const task = row + 1;
      context.fillStyle = hasEnded(tasks.kind[task] as number) ? this.#soft : this.#ink;
      context.fillText(shorten(context, tasks.nameOf(task), LABELS - 16), 8, y(row) + ROW / 2);
    }
  }

  #drawCursor(model: Model, x: (value: number) => number, y: (row: number) => number): void {
    const chunk = model.has(this.#cursor) ? model.chunkOf(this.#cursor) : undefined;
    if (chunk === undefined) return;
    const index = this.#cursor - chunk.first;
    const px = x(this.#at(chunk, index));
    if (px < LABELS) return;
    const context = this.#context;
    context.fillStyle = this.#accent;
    context.fillRect(px - 0.5, AXIS, 1, 10_000);
    context.fillRect(px - 2.5, y((chunk.task[index] as number) - 1) + 3, 5, ROW - 6);
  }

  #drawAxis(width: number, from: number, to: number): void {
    const context = this.#context;
    context.clearRect(0, 0, width, AXIS);
    context.fillStyle = this.#faint;
    context.fillRect(0, AXIS - 1, width, 1);
    context.font = `11px ${styleValue('--sans')}`;
    context.textBaseline = 'middle';
    const scale = (width - LABELS - EDGE) / (to - from);
    const step = niceStep((to - from) / Math.max(1, (width - LABELS - EDGE) / 90));
    for (let value = Math.ceil(from / step) * step; value <= to; value += step) {
      const px = LABELS + (value - from) * scale;
      context.fillStyle = this.#faint;
      context.fillRect(px, AXIS - 6, 1, 6);
      context.fillStyle = this.#soft;
      const text = this.#isBySteps ? formatCount(value) : formatTime(Math.abs(value) < step / 2 ? 0 : value);
      if (px + 60 < width) context.fillText(text, px + 4, AXIS / 2);
    }
  }

  #eachStep(model: Model, from: number, to: number, call: (chunk: StepChunk, index: number) => void): void {
    for (const chunk of model.chunks) {
      if (chunk.length === 0 || this.#endAt(chunk, chunk.length - 1) < from) continue;
      if (this.#at(chunk, 0) > to) return;
      for (let index = this.#search(chunk, from); index < chunk.length; index += 1) {
        if (this.#at(chunk, index) > to) return;
        call(chunk, index);
      }
    }
  }

  /** The steps of one task in the window, by the links from each to the one before it. */
  #eachStepOf(
    model: Model,
    task: number,
    from: number,
    to: number,
    call: (chunk: StepChunk, index: number) => void,
  ): void {
    const found: number[] = [];
    let step = (model.tasks.lastStep[task] as number) - 1;
    while (step >= 0 && model.has(step)) {
      const chunk = model.chunkOf(step) as StepChunk; // it is kept
      const index = step - chunk.first;
      if (this.#endAt(chunk, index) < from) break;
      if (this.#at(chunk, index) <= to) found.push(step);
      step = chunk.previous[index] as number;
    }
    for (let at = found.length - 1; at >= 0; at -= 1) {
      const chunk = model.chunkOf(found[at] as number) as StepChunk; // it was kept a moment ago
      call(chunk, (found[at] as number) - chunk.first);
    }
  }

  /** The first step of a chunk that ends at or after `value`. */
  #search(chunk: StepChunk, value: number): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#endAt(chunk, middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last step of a task before `value`, or -1. */
  #before(model: Model, task: number, value: number): number {
    let index = (model.tasks.lastStep[task] as number) - 1;
    for (let looked = 0; looked < LOOK_BACK && index >= 0; looked += 1) {
      const chunk = model.has(index) ? model.chunkOf(index) : undefined;
      if (chunk === undefined) return -1;
      if (this.#at(chunk, index - chunk.first) <= value) return index;
      index = chunk.previous[index - chunk.first] as number;
    }
    return -1;
  }

  /** Where the wait after a step ends: at the edge, or at a later step that is not in the window. */
  #untilNext(model: Model, task: number, index: number, edge: number, x: (value: number) => number): number {
    return (model.tasks.lastStep[task] as number) - 1 > index
      ? x(this.#window?.[1] ?? this.#extent()[1])
      : edge;
  }

  // Moving about

  #zoom(how: string, center = 0.5): void {
    if (how === 'fit') {
      this.#window = null;
    } else {
      const [from, to] = this.#window ?? this.#extent();
      const factor = how === 'in' ? 0.5 : 2;
      const middle = from + (to - from) * center;
      this.#window = [middle - (middle - from) * factor, middle + (to - middle) * factor];
    }
    this.#draw();
  }

  #wheel(event: WheelEvent): void {
    const isZoom = event.ctrlKey || event.metaKey;
    const delta = event.shiftKey ? event.deltaY : event.deltaX;
    if (!isZoom && (delta === 0 || Math.abs(event.deltaX) < Math.abs(event.deltaY)) && !event.shiftKey)
      return;
    event.preventDefault();
    const width = this.#scroller.clientWidth - LABELS - EDGE;
    const [from, to] = this.#window ?? this.#extent();
    if (isZoom) {
      const x = (event.clientX - this.#canvas.getBoundingClientRect().left - LABELS) / width;
      const factor = Math.exp(event.deltaY * 0.003);
      const middle = from + (to - from) * Math.max(0, Math.min(1, x));
      this.#window = [middle - (middle - from) * factor, middle + (to - middle) * factor];
    } else {
      const shift = (delta / width) * (to - from);
      this.#window = [from + shift, to + shift];
    }
    this.#draw();
  }

  #press(event: PointerEvent): void {
    const [from, to] = this.#window ?? this.#extent();
    this.#drag = { x: event.clientX, from, to, moved: false };
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === null) return;
    const moved = event.clientX - drag.x;
    if (Math.abs(moved) > 3) drag.moved = true;
    if (!drag.moved) return;
    const shift = (-moved / (this.#scroller.clientWidth - LABELS - EDGE)) * (drag.to - drag.from);
    this.#window = [drag.from + shift, drag.to + shift];
    this.#draw();
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = null;
    if (drag === null || drag.moved || this.#model === null) return;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - top - AXIS + this.#scroller.scrollTop) / ROW);
    const [from, to] = this.#window ?? this.#extent();
    const value =
      from + ((event.clientX - left - LABELS) / (this.#scroller.clientWidth - LABELS - EDGE)) * (to - from);
    const task = row + 1;
    if (task < 1 || task > this.#model.tasks.count) return;
    this.#shared?.select(task);
    const index = this.#before(this.#model, task, value);
    if (index >= 0) this.#setCursor(index);
  }

  #key(event: KeyboardEvent): void {
    const model = this.#model;
    if (model === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = (index: number): void =>
      this.#setCursor(Math.max(model.firstStep, Math.min(model.stepCount - 1, index)));
    const actions: Record<string, () => void> = {
      ArrowRight: () => to(this.#cursor + 1),
      ArrowLeft: () => to(this.#cursor - 1),
      Home: () => to(0),
      End: () => to(model.stepCount - 1),
      '+': () => this.#zoom('in'),
      '=': () => this.#zoom('in'),
      '-': () => this.#zoom('out'),
      '0': () => this.#zoom('fit'),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  #setCursor(index: number): void {
    const model = this.#model;
    const step = model?.step(index);
    if (model === null || step === undefined) return;
    this.#cursor = index;
    const chunk = model.chunkOf(index) as StepChunk; // step() has looked
    const at = this.#at(chunk, index - chunk.first);
    const window = this.#window;
    if (window !== null && (at < window[0] || at > window[1])) {
      const half = (window[1] - window[0]) / 2;
      this.#window = [at - half, at + half];
    }
    const top = (step.task - 1) * ROW;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop || top + ROW + AXIS > scrollTop + clientHeight)
      this.#scroller.scrollTop = top - clientHeight / 2;
    setText(this.#detail, describe(model, step));
    this.#shared?.select(step.task);
    this.#draw();
  }
}

function describe(model: Model, step: Step): string {
  const then = KIND_NAMES[step.kind] ?? '';
  const target =
    step.kind === KIND.task
      ? ` ${model.tasks.nameOf(step.target)}`
      : step.kind === KIND.sync
        ? ` at ${model.primitives?.find(({ id }) => id === step.target)?.name ?? 'a primitive'}`
        : '';
  const when = model.isVirtual
    ? `at ${formatTime(step.time)} of virtual time`
    : `at ${formatTime(step.start / 1000)}`;
  return `Step ${formatCount(step.index + 1)}: ${model.tasks.nameOf(step.task)} ran for ${formatTime(step.duration / 1000)} ${when}, then: ${then}${target}`;
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10) * power;
}

function shorten(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let length = Math.min(text.length, 24);
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return `${text.slice(0, length)}…`;
}
