// Shows the program's own text in the page.

import { byId } from './dom.ts';
import feed from './feed.ts?raw';
import fetcher from './fetcher.ts?raw';
import program from './program.ts?raw';

const FILES = { 'program.ts': program, 'fetcher.ts': fetcher, 'feed.ts': feed };

export function showSources(): void {
  for (const [name, text] of Object.entries(FILES)) {
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    const pre = document.createElement('pre');
    summary.textContent = name;
    pre.textContent = text.trimEnd();
    // What scrolls must be reachable by the keyboard.
    pre.tabIndex = 0;
    pre.setAttribute('aria-label', name);
    pre.setAttribute('role', 'region');
    details.append(summary, pre);
    byId('sources', HTMLElement).append(details);
  }
}
