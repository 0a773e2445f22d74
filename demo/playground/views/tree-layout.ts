/**
 * The rows of the tree of tasks: which there are, in which order, how deep. A hundred thousand rows are laid out in
 * slices, so that no frame waits for them; until the last slice is done the rows before it stay.
 */

import type { Tasks } from '../model.ts';
import { hasEnded } from '../protocol.ts';

export interface TreeOptions {
  readonly showsEnded: boolean;
  /** Those whose children are not shown. */
  readonly collapsed: ReadonlySet<number>;
}

/** Columns of rows, and the row of each task, plus one. */
class Columns {
  count = 0;
  tasks = new Int32Array(64);
  depths = new Uint16Array(64);
  positions = new Int32Array(64);

  add(task: number, depth: number): void {
    if (this.count === this.tasks.length) {
      this.tasks = longer(this.tasks, this.count * 2);
      this.depths = longer(this.depths, this.count * 2);
    }
    if (task >= this.positions.length) this.positions = longer(this.positions, task * 2);
    this.tasks[this.count] = task;
    this.depths[this.count] = depth;
    this.count += 1;
    this.positions[task] = this.count;
  }

  /** Forgets all rows, in as many steps as there are rows, not tasks. */
  clear(): void {
    for (let row = 0; row < this.count; row += 1) this.positions[this.tasks[row] as number] = 0;
    this.count = 0;
  }
}

export class TreeLayout {
  #shown = new Columns();
  #next = new Columns();
  #task = 0;
  #depth = 0;
  #isOn = false;
  #options: TreeOptions = { showsEnded: true, collapsed: new Set() };
  /** Tasks looked at, all in all. */
  looked = 0;

  get count(): number {
    return this.#shown.count;
  }

  /** Whether a layout has been begun and is not shown yet. */
  get isOn(): boolean {
    return this.#isOn;
  }

  taskAt(row: number): number {
    return this.#shown.tasks[row] as number;
  }

  depthAt(row: number): number {
    return this.#shown.depths[row] as number;
  }

  /** The row of a task; -1 if it has none. */
  rowOf(task: number): number {
    return (this.#shown.positions[task] ?? 0) - 1;
  }

  /** Begins anew; what was under way is given up. */
  begin(tasks: Tasks, options: TreeOptions): void {
    this.#next.clear();
    this.#options = options;
    this.#task = tasks.firstChild[0] as number;
    this.#depth = 0;
    this.#isOn = true;
  }

  /** Goes on for `most` tasks: children before siblings, without recursion. Then, if that was the rest, shows the rows. */
  goOn(tasks: Tasks, most: number): void {
    const { showsEnded, collapsed } = this.#options;
    let task = this.#task;
    let left = most;
    while (task !== 0 && left > 0) {
      left -= 1;
      const isShown =
        showsEnded || !hasEnded(tasks.kind[task] as number) || (tasks.liveBelow[task] as number) > 0;
      if (isShown) this.#next.add(task, this.#depth);
      const child = tasks.firstChild[task] as number;
      if (isShown && child !== 0 && !collapsed.has(task)) {
        this.#depth += 1;
        task = child;
        continue;
      }
      while (task !== 0 && tasks.nextSibling[task] === 0) {
        task = tasks.parent[task] as number;
        this.#depth -= 1;
      }
      if (task !== 0) task = tasks.nextSibling[task] as number;
    }
    this.looked += most - left;
    this.#task = task;
    if (task !== 0) return;
    [this.#shown, this.#next] = [this.#next, this.#shown];
    this.#isOn = false;
  }
}

function longer<T extends Int32Array | Uint16Array>(column: T, length: number): T {
  const made = new (column.constructor as new (length: number) => T)(length);
  made.set(column as never);
  return made;
}
