/** What all views have in common. */

import type { Model } from '../model.ts';

export interface Shared {
  readonly model: Model;
  /** The task that is picked in the tree or the timeline, or 0. */
  readonly selected: number;
  select(task: number): void;
  /** Shows a line of the program in the editor. */
  goToLine(line: number): void;
  cancel(task: number): void;
}

export interface View {
  /** The model has changed, or is another one. Called while it is in view, at most once a frame. */
  update(shared: Shared): void;
}
