// A small live picture of a loop: the ready queue with its present batch, the timers, the clock. All of it comes from
// an Instrument; nothing looks into the loop.

import type { Handle, TaskLike, TimerHandle } from 'asyncio-web';
import type { Instrument } from 'asyncio-web/lowlevel';

type Item = TaskLike<unknown> | Handle;

/** What a handle is called: the name of its callback; for those of the library what they are there for. */
const LIBRARY: Readonly<Record<string, string>> = {
  setResultUnlessCancelled: 'end of sleep',
  done: 'end of run',
};

export class Picture implements Instrument {
  readonly #element: HTMLElement;
  readonly #labels = new Map<object, string>();
  #ready: Item[] = [];
  #timers: TimerHandle[] = [];
  /** How many of the ready ones belong to the present iteration. */
  #batch = 0;
  #iteration = 0;
  #task: string | null = null;
  #called = '';

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** How many callbacks of this iteration are left. */
  get batch(): number {
    return this.#batch;
  }

  taskScheduled(task: TaskLike<unknown>): void {
    this.#ready.push(task);
  }

  handleScheduled(handle: Handle): void {
    this.#timers = this.#timers.filter((timer) => timer !== handle);
    this.#label(handle);
    this.#ready.push(handle);
  }

  timerScheduled(timer: TimerHandle): void {
    this.#label(timer);
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.when() - b.when());
  }

  beforeIteration(ready: number): void {
    if (ready === 0) return;
    this.#iteration += 1;
    this.#batch = ready;
  }

  beforeTaskStep(task: TaskLike<unknown>): void {
    this.#task = task.getName();
    this.#take(task);
  }

  afterTaskStep(): void {
    this.#task = null;
  }

  beforeHandle(handle: Handle): void {
    this.#take(handle);
  }

  /** A callback of the batch has been dealt with; one that was cancelled is not told of. */
  skip(batch: number): void {
    if (this.#batch === batch && batch > 0) {
      this.#ready.shift();
      this.#batch -= 1;
    }
  }

  /** Takes what is called off the queue, and what was cancelled before it. */
  #take(item: Item): void {
    const index = this.#ready.indexOf(item);
    if (index < 0) return;
    this.#batch -= index + 1;
    this.#ready.splice(0, index + 1);
    this.#called = this.#nameOf(item);
  }

  #label(handle: Handle): void {
    if (this.#labels.has(handle)) return;
    const name = /(\S+)\(\)/.exec(String(handle))?.[1]?.replace(/^.*\./, '') ?? 'callback';
    const label = LIBRARY[name] ?? name;
    this.#labels.set(
      handle,
      this.#task !== null && name === 'setResultUnlessCancelled' ? `${label}: ${this.#task}` : label,
    );
  }

  #nameOf(item: Item): string {
    return 'getName' in item ? `task ${item.getName()}` : (this.#labels.get(item) ?? 'callback');
  }

  /** @param now The loop time; null when the program has ended. */
  draw(now: number | null): void {
    const isOver = now === null;
    const chip = (item: Item, index: number): HTMLElement => {
      const kind = 'getName' in item ? 'task' : 'when' in item ? 'timer' : 'handle';
      const node = element('li', this.#nameOf(item), `chip ${kind}`);
      if ('_run' in item && 'cancelled' in item && !('getName' in item) && item.cancelled())
        node.classList.add('cancelled');
      if (index >= this.#batch && this.#batch > 0) node.classList.add('later');
      return node;
    };
    const timers = this.#timers
      .filter((timer) => !timer.cancelled())
      .map((timer) => {
        const node = element('li', this.#nameOf(timer), 'chip timer');
        node.prepend(element('b', `${round(timer.when())} s`));
        return node;
      });
    const rows = [
      row('Ready', isOver ? [] : this.#ready.map(chip), 'nothing'),
      row('Timers', isOver ? [] : timers, 'none'),
    ];
    const facts = element('p', '', 'facts');
    facts.append(
      fact('Iteration', String(this.#iteration)),
      fact('Clock', isOver ? '–' : `${round(now)} s`),
      fact('Called', this.#called || '–'),
    );
    this.#element.replaceChildren(facts, ...rows);
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function fact(name: string, value: string): HTMLElement {
  const node = element('span', `${name} `);
  node.append(element('b', value));
  return node;
}

function row(title: string, chips: readonly HTMLElement[], none: string): HTMLElement {
  const node = element('div', '', 'row');
  const list = element('ol', '');
  list.append(...(chips.length > 0 ? chips : [element('li', none, 'none')]));
  node.append(element('span', title, 'title'), list);
  return node;
}

function element(tag: string, text: string, className = ''): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}
