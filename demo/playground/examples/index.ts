/** The programs that the page offers, with what to look at and what a run comes to. */

import type { LoopName } from '../protocol.ts';
import hello from './hello.ts?raw';

export type ViewName = 'tasks' | 'timeline' | 'queues' | 'primitives' | 'counters' | 'stage' | 'deadlock';

export interface Example {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** What to look at, in a sentence or two. */
  readonly look: string;
  readonly loop: LoopName;
  readonly seed?: number;
  readonly debug?: boolean;
  readonly view: ViewName;
  readonly code: string;
  /** How the run ends. A test runs every example and looks. */
  readonly ends: 'done' | 'failed' | 'deadlock' | 'runs on';
  /** Lines of the console, each found in this order. */
  readonly prints: readonly string[];
}

export const EXAMPLES: readonly Example[] = [
  {
    id: 'hello',
    group: 'First steps',
    title: 'Hello, tasks',
    look: 'Two tasks sleep side by side: in the timeline their waits overlap, so the program takes one second, not one and a half.',
    loop: 'browser',
    view: 'timeline',
    code: hello,
    ends: 'done',
    prints: ['both are on their way', 'hello, Grace', 'hello, Ada', 'finished: Ada and Grace'],
  },
];
