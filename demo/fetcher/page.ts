// The page: starts the program, stops it, and shows what it tells.

import * as asyncio from 'asyncio-web';
import { byId, formatSeconds, plural, setText } from './dom.ts';
import { FeedView } from './feed-view.ts';
import type { Job, Outcome } from './jobs.ts';
import { OUTCOMES, readJobs } from './jobs.ts';
import { program } from './program.ts';
import { Promises } from './promises.ts';
import { ResultsView } from './results-view.ts';
import type { RunState, Settings } from './run-state.ts';
import type { Catalogue } from './server.ts';
import { countOpen, feedUrl, loadCatalogue } from './server.ts';
import { showSources } from './sources.ts';

type State = 'loading' | 'idle' | 'running' | 'cancelling' | 'done' | 'cancelled' | 'failed';

const form = byId('form', HTMLFormElement);
const urls = byId('urls', HTMLTextAreaElement);
const restoreButton = byId('restore', HTMLButtonElement);
const runButton = byId('run', HTMLButtonElement);
const cancelButton = byId('cancel', HTMLButtonElement);
const problem = byId('problem', HTMLElement);
const summary = byId('summary', HTMLElement);
const count = byId('count', HTMLElement);
const progress = byId('progress', HTMLProgressElement);
const legend = byId('legend', HTMLUListElement);
const results = new ResultsView();
const feedView = new FeedView();

let catalogue: Catalogue | null = null;
/** Stops the run that is on; null between runs. */
let controller: AbortController | null = null;
let lastRun = '';

// Starting and stopping

async function start(): Promise<void> {
  if (controller !== null) return;
  const settings = readSettings();
  if (settings === null) return;
  const name = createRunName();
  const jobs = readJobs(urls.value, location.href, name);
  if (jobs.length === 0) {
    showProblem('There is nothing to fetch: write at least one URL, one a line.', urls);
    return;
  }
  const run = createRun(jobs, settings);
  lastRun = name;
  showProblem('');
  results.show(jobs);
  showProgress(jobs);
  showAccounts(run);
  feedView.update(run.feed);
  setText(byId('open-at-server', HTMLElement), '–');
  setState('running', `Fetching ${plural(jobs.length, 'URL')} …`);
  controller = new AbortController();
  const { signal } = controller;
  const startedAt = performance.now();
  let ending: 'done' | 'cancelled' | 'failed' = 'done';
  let failure = '';
  try {
    const feed = catalogue === null ? null : feedUrl(name);
    await asyncio.run(() => program(jobs, run, feed), { signal });
  } catch (error) {
    ending = error instanceof asyncio.KeyboardInterrupt ? 'cancelled' : 'failed';
    if (ending === 'failed') {
      failure = String(error);
      reportError(error);
    }
  } finally {
    controller = null;
  }
  showEnding(ending, failure, jobs, run, (performance.now() - startedAt) / 1000);
  if (catalogue !== null) await showOpenAtServer(name);
}

function cancel(): void {
  if (controller === null) return;
  setState('cancelling', 'Cancelling, and waiting for every cleanup …');
  controller.abort();
}

function createRun(jobs: readonly Job[], settings: Settings): RunState {
  const run: RunState = {
    settings,
    requests: { opened: 0, cleanedUp: 0 },
    sockets: { opened: 0, cleanedUp: 0 },
    feed: { phase: 'off', connections: 0, ticks: 0, history: [], detail: '' },
    jobChanged(job) {
      results.update(job);
      results.updateTime(asyncio.getRunningLoop().time());
      showAccounts(run);
      if (job.phase === 'done') showProgress(jobs);
    },
    feedChanged() {
      feedView.update(run.feed);
      results.updateTime(asyncio.getRunningLoop().time());
      showAccounts(run);
    },
  };
  return run;
}

/** A name that no run had before: what the server remembers of another run is of no concern to this one. */
function createRunName(): string {
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
}

/** The numbers of the form; null, and a message, if one of them is out of range. */
function readSettings(): Settings | null {
  const inputs = ['concurrency', 'timeout', 'attempts'].map((id) => byId(id, HTMLInputElement));
  const wrong = inputs.find((input) => !input.checkValidity());
  if (wrong !== undefined) {
    const kind = wrong.step === '1' ? 'whole number' : 'number';
    const name = wrong.labels?.[0]?.textContent;
    showProblem(`“${name}” must be a ${kind} from ${wrong.min} to ${wrong.max}.`, wrong);
    return null;
  }
  const [concurrency, timeout, attempts] = inputs.map((input) => input.valueAsNumber) as [
    number,
    number,
    number,
  ];
  return { concurrency, timeout, attempts };
}

// Showing

function setState(state: State, text: string): void {
  document.body.dataset['state'] = state;
  const isOn = state === 'running' || state === 'cancelling';
  const focused = document.activeElement;
  runButton.disabled = isOn || state === 'loading';
  cancelButton.disabled = !isOn;
  // A button that is switched off loses the focus: it moves to the one that can be pressed now.
  if (focused === runButton && isOn) cancelButton.focus();
  if (focused === cancelButton && !isOn) runButton.focus();
  setText(summary, text);
}

function showProblem(text: string, element?: HTMLElement): void {
  setText(problem, text);
  for (const invalid of form.querySelectorAll('[aria-invalid]')) invalid.removeAttribute('aria-invalid');
  element?.setAttribute('aria-invalid', 'true');
  element?.focus();
}

/** An error that nobody handled is told to the person who looks at the page, too. */
function showError(event: ErrorEvent | PromiseRejectionEvent): void {
  const error: unknown = event instanceof ErrorEvent ? (event.error ?? event.message) : event.reason;
  const { dataset } = document.body;
  dataset['errors'] = String(Number(dataset['errors'] ?? 0) + 1);
  setText(problem, `Something went wrong in the page: ${String(error)}`);
}

function showProgress(jobs: readonly Job[]): void {
  const done = jobs.filter((job) => job.phase === 'done');
  const ended = done.filter((job) => job.outcome !== 'cancelled').length;
  progress.max = jobs.length;
  progress.value = ended;
  setText(count, `${ended} of ${jobs.length}`);
  legend.replaceChildren(
    ...OUTCOMES.flatMap((outcome) => {
      const number = done.filter((job) => job.outcome === outcome).length;
      return number === 0 ? [] : [legendItem(outcome, number)];
    }),
  );
}

function legendItem(outcome: Outcome, number: number): HTMLLIElement {
  const item = document.createElement('li');
  const figure = document.createElement('b');
  item.dataset['outcome'] = outcome;
  figure.textContent = String(number);
  item.append(`${outcome} `, figure);
  return item;
}

function showAccounts({ requests, sockets }: RunState): void {
  const opened = requests.opened + sockets.opened;
  const cleanedUp = requests.cleanedUp + sockets.cleanedUp;
  setText(byId('opened', HTMLElement), String(opened));
  setText(byId('cleaned-up', HTMLElement), String(cleanedUp));
  setText(
    byId('accounts', HTMLElement),
    `Requests: ${requests.cleanedUp} of ${requests.opened}. Sockets: ${sockets.cleanedUp} of ${sockets.opened}.`,
  );
  byId('cleanups', HTMLElement).dataset['balance'] = opened === cleanedUp ? 'all' : 'open';
}

function showEnding(
  state: 'done' | 'cancelled' | 'failed',
  failure: string,
  jobs: readonly Job[],
  run: RunState,
  seconds: number,
): void {
  showProgress(jobs);
  const opened = run.requests.opened + run.sockets.opened;
  const cleanedUp = run.requests.cleanedUp + run.sockets.cleanedUp;
  const cleanups = `cleanups: opened ${opened}, cleaned up ${cleanedUp}`;
  const { promised, broken } =
    catalogue === null ? { promised: 0, broken: [] } : new Promises(catalogue).check(jobs, run.settings);
  results.markBroken(broken);
  const sentences = {
    done: `Done: ${plural(jobs.length, 'URL')} in ${formatSeconds(seconds)}`,
    cancelled: `Cancelled after ${formatSeconds(seconds)}`,
    failed: `The program failed: ${failure}`,
  };
  const kept =
    promised === 0 ? '' : `; ${promised - broken.length} of ${promised} as their endpoints promise`;
  setState(state, `${sentences[state]}${kept}; ${cleanups}.`);
}

async function showOpenAtServer(name: string): Promise<void> {
  const open = await asyncio.run(() => countOpen(name));
  // The answer may come when the next run is on.
  if (name === lastRun) setText(byId('open-at-server', HTMLElement), open === null ? '–' : String(open));
}

// Beginning

function restoreList(): void {
  if (catalogue === null) return;
  urls.value = catalogue
    .map(({ title, urls: entries }) => [`# ${title}`, ...entries.map(([line]) => line)].join('\n'))
    .join('\n\n');
}

async function begin(): Promise<void> {
  addEventListener('error', showError);
  addEventListener('unhandledrejection', showError);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    start();
  });
  cancelButton.addEventListener('click', cancel);
  restoreButton.addEventListener('click', restoreList);
  urls.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  // A button that takes the focus over from another one is not to be pressed by the same long press.
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.repeat && event.target instanceof HTMLButtonElement)
      event.preventDefault();
  });
  showSources();
  catalogue = await asyncio.run(loadCatalogue);
  restoreButton.hidden = catalogue === null;
  if (urls.value === '') restoreList();
  setState('idle', catalogue === null ? 'Ready. This page has no server of its own.' : 'Ready.');
}

begin();
