// The table of results: a row for each job.

import { byId, find, formatBytes, formatSeconds, setText } from './dom.ts';
import type { Job } from './jobs.ts';

/** The lengths that the axis of the timelines can have, in seconds. */
const AXIS_STEPS = [1, 2, 5];

export class ResultsView {
  readonly #table = byId('results', HTMLTableElement);
  readonly #body = byId('rows', HTMLTableSectionElement);
  readonly #nothing = byId('nothing', HTMLParagraphElement);
  readonly #template = byId('row', HTMLTemplateElement);
  readonly #rows = new Map<Job, Row>();
  /** When the run began, in loop time. */
  #start = 0;

  /** Shows other jobs in the place of those of the last run. */
  show(jobs: readonly Job[]): void {
    this.#rows.clear();
    this.#start = Infinity;
    for (const [index, job] of jobs.entries()) {
      const element = find(this.#template.content, 'tr', HTMLTableRowElement).cloneNode(true);
      const row = new Row(element as HTMLTableRowElement, job, index + 1);
      this.#rows.set(job, row);
    }
    this.#body.replaceChildren(...[...this.#rows.values()].map((row) => row.element));
    for (const row of this.#rows.values()) row.update(this.#start);
    this.#table.hidden = jobs.length === 0;
    this.#nothing.hidden = jobs.length > 0;
  }

  update(job: Job): void {
    this.#start = Math.min(this.#start, job.attempts[0]?.from ?? Infinity);
    this.#rows.get(job)?.update(this.#start);
  }

  /** Moves the axis of the timelines on to `now`, in loop time. */
  updateTime(now: number): void {
    const seconds = Math.max(0, now - this.#start);
    if (!Number.isFinite(seconds)) return;
    this.#body.style.setProperty('--now', String(seconds));
    this.#body.style.setProperty('--axis', String(axisLength(seconds)));
  }

  /** Marks the rows that did not end as promised. */
  markBroken(jobs: readonly Job[]): void {
    for (const job of jobs) this.#rows.get(job)?.markBroken();
  }
}

class Row {
  readonly element: HTMLTableRowElement;
  readonly #job: Job;
  readonly #cells: Record<
    'badge' | 'detail' | 'status' | 'attempts' | 'bytes' | 'seconds' | 'cleaned',
    Element
  >;
  readonly #timeline: Element;

  constructor(element: HTMLTableRowElement, job: Job, number: number) {
    const cell = (name: string): HTMLElement => find(element, `.${name}`, HTMLElement);
    this.element = element;
    this.#job = job;
    this.#cells = {
      badge: cell('badge'),
      detail: cell('detail'),
      status: cell('status'),
      attempts: cell('attempts'),
      bytes: cell('bytes'),
      seconds: cell('seconds'),
      cleaned: cell('cleaned'),
    };
    this.#timeline = cell('timeline');
    setText(cell('row-number'), String(number));
    setText(cell('url'), job.line);
    cell('url').title = job.url ?? job.line;
  }

  update(start: number): void {
    const job = this.#job;
    const cells = this.#cells;
    const tried = job.attempts.length > 0;
    this.element.dataset['phase'] = job.phase;
    this.element.dataset['outcome'] = job.outcome ?? '';
    this.element.dataset['bytes'] = String(job.bytes);
    setText(cells.badge, label(job));
    setText(cells.detail, job.detail);
    setText(cells.status, job.status === null ? '–' : String(job.status));
    setText(cells.attempts, tried ? String(job.attempts.length) : '–');
    setText(cells.bytes, job.status === null ? '–' : formatBytes(job.bytes));
    setText(cells.seconds, elapsed(job));
    setText(cells.cleaned, tried ? `${job.cleanedUp} of ${job.attempts.length}` : '–');
    cells.cleaned.classList.toggle('all', tried && job.cleanedUp === job.attempts.length);
    this.#updateTimeline(start);
  }

  markBroken(): void {
    this.element.dataset['broken'] = '';
    const { detail } = this.#cells;
    setText(detail, [detail.textContent, 'not as promised'].filter(Boolean).join('; '));
  }

  /** A bar for each attempt. The style sheet places it, by its times and the axis. */
  #updateTimeline(start: number): void {
    const { attempts } = this.#job;
    while (this.#timeline.childElementCount < attempts.length) {
      this.#timeline.append(document.createElement('i'));
    }
    for (const [index, { from, to }] of attempts.entries()) {
      const bar = this.#timeline.children[index] as HTMLElement; // made above
      bar.style.setProperty('--from', String(from - start));
      if (to !== null) bar.style.setProperty('--to', String(to - start));
    }
  }
}

function label(job: Job): string {
  if (job.outcome === 'HTTP error') return `HTTP ${job.status}`;
  if (job.outcome !== null) return job.outcome;
  return { queued: 'queued', fetching: 'fetching …', waiting: 'waiting to retry', done: 'done' }[job.phase];
}

/** From the first attempt's begin to the last one's end. */
function elapsed(job: Job): string {
  const from = job.attempts[0]?.from;
  const to = job.attempts.at(-1)?.to;
  return job.phase === 'done' && typeof from === 'number' && typeof to === 'number'
    ? formatSeconds(to - from)
    : '–';
}

/** The next length that is one, two or five times a power of ten. */
function axisLength(seconds: number): number {
  for (let power = 0.1; ; power *= 10) {
    const length = AXIS_STEPS.map((step) => step * power).find((candidate) => candidate >= seconds);
    if (length !== undefined) return length;
  }
}
