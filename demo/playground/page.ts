/** The playground's page: connects the editor, the run and the views. */

import { atNextFrame, byId, make, setText } from './dom.ts';
import { Editor } from './editor.ts';
import type { Example, ViewName } from './examples/index.ts';
import { EXAMPLES } from './examples/index.ts';
import { Language } from './language.ts';
import { formatCount, formatTime, Model } from './model.ts';
import type { Outcome, StartOptions } from './protocol.ts';
import { hasEnded, KIND, KIND_NAMES } from './protocol.ts';
import { Session } from './session.ts';
import { decodeShared, encodeShared, toLoop, toSeed } from './share.ts';
import { installSplitters } from './splitters.ts';
import { recall, remember } from './storage.ts';
import { ConsoleView } from './views/console.ts';
import { CountersView } from './views/counters.ts';
import { DeadlockView } from './views/deadlock.ts';
import { PrimitivesView } from './views/primitives.ts';
import { QueuesView } from './views/queues.ts';
import { TimelineView } from './views/timeline.ts';
import { TreeView } from './views/tree.ts';
import type { Shared, View } from './views/view.ts';

/** How the program that nobody else wrote is called among the examples. */
const MINE = 'mine';

/** So many waiting tasks have their lines marked. */
const MOST_MARKS = 200;

const SAVE_MS = 400;

type State = 'idle' | 'starting' | 'running' | 'done' | 'failed' | 'interrupted' | 'deadlock';

const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const select = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);
const input = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
const panel = (name: string): HTMLElement => byId(`view-${name}`, HTMLElement);

const VIEWS: readonly ViewName[] = [
  'tasks',
  'timeline',
  'queues',
  'primitives',
  'counters',
  'stage',
  'deadlock',
];

class Page implements Shared {
  model = new Model();
  selected = 0;
  readonly #editor: Editor;
  readonly #console: ConsoleView;
  readonly #tree: TreeView;
  readonly #timeline: TimelineView;
  readonly #counters: CountersView;
  readonly #views: Partial<Record<ViewName, View>>;
  readonly #update: () => void;
  readonly #channels = new Map<string, BroadcastChannel>();
  #session: Session | null = null;
  #state: State = 'idle';
  #view: ViewName = 'tasks';
  #isPaused = false;
  #isBlocked = false;
  #outcome: Outcome | null = null;
  #loopName = '';
  #example: string = MINE;
  #token = '';
  #save: ReturnType<typeof setTimeout> | undefined;
  #isLoading = false;
  #opening = 0;
  readonly #isEmbedded: boolean;

  constructor(isEmbedded: boolean) {
    this.#isEmbedded = isEmbedded;
    this.#update = atNextFrame(() => this.#updateNow());
    this.#editor = new Editor(byId('editor', HTMLElement), '', {
      run: () => this.run(),
      changed: () => this.#changed(),
    });
    this.#console = new ConsoleView(
      byId('console', HTMLElement),
      input('filter'),
      select('level'),
      byId('console-note', HTMLElement),
    );
    this.#tree = new TreeView(panel('tasks'));
    this.#timeline = new TimelineView(panel('timeline'));
    this.#counters = new CountersView(panel('counters'));
    this.#views = {
      tasks: this.#tree,
      timeline: this.#timeline,
      queues: new QueuesView(panel('queues')),
      primitives: new PrimitivesView(panel('primitives')),
      counters: this.#counters,
      deadlock: new DeadlockView(panel('deadlock')),
    };
    this.#listen();
    this.#listExamples();
    this.#drawLegend();
    this.#setState('idle');
  }

  // What the views may ask for

  select(task: number): void {
    if (task === this.selected) return;
    this.selected = task;
    this.#tree.reveal(task);
    this.#update();
  }

  goToLine(line: number): void {
    this.#editor.goToLine(line);
  }

  cancel(task: number): void {
    if (task === 0 || hasEnded(this.model.tasks.kind[task] ?? KIND.done)) return;
    this.#session?.send({ type: 'cancel', task });
    this.#say('note', `Cancelled ${this.model.tasks.nameOf(task)} from the tree`);
  }

  // Programs

  /** The program to begin with: one in the address, else the last one, else the first example. */
  async open(): Promise<void> {
    document.body.dataset['ready'] = 'false';
    this.#opening += 1;
    const opening = this.#opening;
    const fragment = location.hash;
    const shared = await decodeShared(fragment);
    // The address may have changed meanwhile: the last one stays.
    if (opening !== this.#opening) return;
    const example = new URLSearchParams(fragment.replace(/^#/, '')).get('example');
    const found = EXAMPLES.find(({ id }) => id === example);
    if (shared !== null) {
      this.#show(shared.code, shared.loop, shared.seed, MINE, 'A shared program. Read it before you run it.');
    } else if (found !== undefined) {
      this.#showExample(found);
    } else {
      this.#openLast();
    }
    document.body.dataset['ready'] = 'true';
  }

  #openLast(): void {
    const last = recall('last') as {
      example?: unknown;
      loop?: unknown;
      seed?: unknown;
      code?: unknown;
    } | null;
    const example = EXAMPLES.find(({ id }) => id === last?.example);
    if (typeof last?.code === 'string' && !this.#isEmbedded) {
      const isOwn = example === undefined || example.code !== last.code;
      this.#show(
        last.code,
        toLoop(String(last.loop)),
        toSeed(String(last.seed)),
        isOwn ? MINE : example.id,
        isOwn ? 'Your program, as you left it.' : example.look,
      );
    } else {
      this.#showExample(EXAMPLES[0] as Example);
    }
  }

  #showExample(example: Example): void {
    this.#show(example.code, example.loop, example.seed ?? 1, example.id, example.look);
    input('debug').checked = example.debug === true;
    select('pace').value = String(example.pace ?? Infinity);
    this.showView(example.view);
  }

  #show(code: string, loop: string, seed: number, example: string, look: string): void {
    this.#session?.remove();
    this.#session = null;
    this.model = new Model();
    this.selected = 0;
    this.#example = example;
    this.#editor.code = code;
    select('loop').value = loop;
    input('seed').value = String(seed);
    select('example').value = example;
    setText(byId('look', HTMLElement), look);
    this.#showSeed();
    this.#setState('idle');
    this.#saveSoon();
  }

  #changed(): void {
    this.#saveSoon();
    if (this.#example === MINE) return;
    const example = EXAMPLES.find(({ id }) => id === this.#example);
    if (example === undefined || example.code === this.#editor.code) return;
    this.#example = MINE;
    select('example').value = MINE;
  }

  #saveSoon(): void {
    clearTimeout(this.#save);
    if (this.#isEmbedded) return;
    this.#save = setTimeout(() => this.save(), SAVE_MS);
  }

  save(): void {
    if (this.#isEmbedded || document.body.dataset['ready'] !== 'true') return;
    const { code } = this.#editor;
    const kept = {
      code,
      loop: select('loop').value,
      seed: toSeed(input('seed').value),
      example: this.#example,
    };
    remember('last', kept);
    if (this.#example === MINE) remember('mine', kept);
  }

  // Running

  run(token = '', isPaused = this.#isPaused && this.#state !== 'running'): void {
    this.#session?.remove();
    this.model = new Model();
    this.selected = 0;
    this.#outcome = null;
    this.#isBlocked = false;
    this.#loopName = '';
    this.#setPaused(isPaused);
    const options: StartOptions = {
      code: this.#editor.code,
      loop: toLoop(select('loop').value),
      seed: toSeed(input('seed').value),
      debug: input('debug').checked,
      pace: this.#isPaused ? 0 : Number(select('pace').value),
      token,
      room: new URL('room', document.baseURI).href.replace(/^http/, 'ws'),
    };
    this.#setState('starting');
    void this.#start(options);
  }

  async #start(options: StartOptions): Promise<void> {
    let runner: string;
    try {
      ({ default: runner } = await import('virtual:runner'));
    } catch (error) {
      const message = `The runner could not be loaded: ${String(error)}`;
      this.#say('error', message);
      this.#outcome = {
        type: 'end',
        state: 'failed',
        message,
        duration: 0,
        time: 0,
        problem: null,
        token: '',
      };
      this.#setState('failed');
      return;
    }
    const session = new Session(byId('frames', HTMLElement), runner, options, {
      ready: () => this.#look(),
      begun: (loop, note, isVirtual) => {
        this.#loopName = loop;
        this.model.isVirtual = isVirtual;
        if (note !== '') this.#say('note', note);
        this.#update();
      },
      batch: (batch) => {
        this.model.take(batch);
        this.#update();
      },
      ended: (outcome) => this.#ended(outcome),
      blocked: (isBlocked) => {
        this.#isBlocked = isBlocked;
        this.#update();
      },
      stage: () => this.showView('stage'),
      said: (channel, data) => this.#channel(channel).postMessage(data),
    });
    // Another run may have been asked for meanwhile: the last one stays.
    this.#session?.remove();
    this.#session = session;
    this.#setState('running');
  }

  #ended(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#token = outcome.token;
    if (outcome.problem !== null) this.#editor.showProblem(outcome.problem);
    if (outcome.state === 'deadlock') this.showView('deadlock');
    else if (outcome.state === 'interrupted' && outcome.message !== '') this.#say('note', outcome.message);
    else if (outcome.state === 'failed' && this.#session?.isGone) this.#say('error', outcome.message);
    this.#setState(outcome.state);
  }

  #say(level: 'note' | 'error', text: string): void {
    this.model.addLine({ level, text, line: 0, time: this.model.counters?.time ?? -1 });
    this.#update();
  }

  stop(): void {
    this.#session?.stop();
    if (this.#isPaused) this.#setPaused(false);
  }

  #togglePause(): void {
    this.#setPaused(!this.#isPaused);
    this.#sendPace();
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    const pause = button('pause');
    pause.setAttribute('aria-pressed', String(isPaused));
    setText(pause, isPaused ? 'Resume' : 'Pause');
    this.#update();
  }

  #sendPace(): void {
    this.#session?.send({ type: 'pace', pace: this.#isPaused ? 0 : Number(select('pace').value) });
  }

  #step(unit: 'handle' | 'iteration'): void {
    if (this.#state !== 'running') {
      this.run('', true);
      return;
    }
    if (!this.#isPaused) {
      this.#togglePause();
      return;
    }
    this.#session?.send({ type: 'step', unit });
  }

  #channel(name: string): BroadcastChannel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new BroadcastChannel(`asyncio-web.playground.${name}`);
      channel.onmessage = ({ data }) => this.#session?.send({ type: 'hear', channel: name, data });
      this.#channels.set(name, channel);
    }
    return channel;
  }

  // Views

  showView(name: ViewName): void {
    this.#view = name;
    for (const other of VIEWS) {
      const tab = button(`tab-${other}`);
      const isShown = other === name;
      if (isShown) tab.hidden = false;
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      panel(other).hidden = !isShown;
    }
    // On a narrow page the tabs scroll; only they do.
    const tab = button(`tab-${name}`);
    const tabs = byId('tabs', HTMLElement);
    const over = tab.offsetLeft + tab.offsetWidth - tabs.clientWidth;
    tabs.scrollLeft = Math.max(over, Math.min(tabs.scrollLeft, tab.offsetLeft));
    byId('frames', HTMLElement).hidden = name !== 'stage';
    this.#look();
    // At once: a view that comes into sight does not show for a frame what it showed when it was last seen.
    this.#views[name]?.update(this);
    this.#update();
  }

  /** Tells the runner what is looked at: the rest it need not collect. */
  #look(): void {
    this.#session?.send({
      type: 'look',
      queues: this.#view === 'queues',
      primitives: this.#view !== 'stage',
    });
  }

  #updateNow(): void {
    const { model } = this;
    button('tab-deadlock').hidden = model.deadlock === null && this.#view !== 'deadlock';
    this.#console.update(this);
    this.#views[this.#view]?.update(this);
    this.#markLines();
    this.#describe();
    // Last: who waits for a state finds everything shown.
    document.body.dataset['state'] = this.#state;
  }

  #markLines(): void {
    const { tasks } = this.model;
    const waiting: number[] = [];
    const isSeen = this.#state === 'running' || this.#state === 'deadlock';
    if (isSeen) {
      for (let task = 1; task <= Math.min(tasks.count, MOST_MARKS); task += 1) {
        const line = tasks.line[task] as number;
        if (line > 0 && !waiting.includes(line)) waiting.push(line);
      }
    }
    this.#editor.mark(waiting, isSeen ? (tasks.line[this.selected] ?? 0) : 0);
  }

  #setState(state: State): void {
    this.#state = state;
    if (state === 'idle' || state === 'starting') {
      // What was there before is over at once; what comes now is told when it is shown.
      document.body.dataset['state'] = state;
      document.body.dataset['held'] = 'false';
    }
    const isOn = state === 'running' || state === 'starting';
    const run = button('run');
    const stop = button('stop');
    const hadFocus = document.activeElement;
    stop.disabled = !isOn;
    setText(run, isOn ? 'Restart' : 'Run');
    if (!isOn && hadFocus === stop) run.focus();
    button('step-handle').disabled = false;
    button('step-iteration').disabled = false;
    this.#update();
  }

  #describe(): void {
    const { model } = this;
    const { counters } = model;
    setText(byId('status', HTMLElement), this.#stateText());
    const facts: string[] = [];
    if (counters !== null) {
      if (this.#loopName !== '') facts.push(this.#loopName);
      facts.push(`${formatCount(counters.steps)} steps`, `${formatCount(counters.tasks)} tasks`);
      facts.push(
        model.isVirtual ? `virtual time ${formatTime(counters.time)}` : formatTime(counters.now / 1000),
      );
    }
    setText(byId('facts', HTMLElement), facts.join(' · '));
    const lost = model.dropped.steps + model.forgotten;
    const note = lost > 0 ? `${formatCount(lost)} steps not drawn` : '';
    setText(byId('lost', HTMLElement), note);
    setText(byId('timeline-note', HTMLElement), note);
    setText(byId('token', HTMLElement), this.#token === '' ? '' : `Token ${this.#token}`);
    document.body.dataset['held'] = String(model.isHeld && this.#state === 'running');
  }

  #stateText(): string {
    const outcome = this.#outcome;
    switch (this.#state) {
      case 'idle':
        return 'Ready';
      case 'starting':
        return 'Starting …';
      case 'running':
        if (this.#isBlocked) return 'The program does not respond. Stop ends it.';
        if (this.#isPaused) return 'Paused';
        return 'Running';
      case 'done':
        return `Done in ${formatTime((outcome?.duration ?? 0) / 1000)}`;
      case 'failed':
        return `Failed: ${(outcome?.message ?? '').split('\n')[0]?.slice(0, 160)}`;
      case 'interrupted':
        return 'Stopped';
      default:
        return 'Deadlock: the program can never go on';
    }
  }

  // Elements

  #listen(): void {
    button('run').addEventListener('click', () => this.run());
    button('stop').addEventListener('click', () => this.stop());
    button('pause').addEventListener('click', () => this.#togglePause());
    button('step-handle').addEventListener('click', () => this.#step('handle'));
    button('step-iteration').addEventListener('click', () => this.#step('iteration'));
    button('replay').addEventListener('click', () => {
      this.run(this.#token, true);
      this.showView('primitives');
    });
    select('pace').addEventListener('change', () => this.#sendPace());
    select('loop').addEventListener('change', () => {
      this.#showSeed();
      this.#saveSoon();
    });
    input('seed').addEventListener('change', () => this.#saveSoon());
    select('example').addEventListener('change', () => this.#pick(select('example').value));
    button('share').addEventListener('click', () => void this.#share());
    button('theme').addEventListener('click', () => this.#nextTheme());
    document.addEventListener('keydown', (event) => this.#key(event));
    byId('tabs', HTMLElement).addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) this.showView(target.id.slice(4) as ViewName);
    });
    byId('tabs', HTMLElement).addEventListener('keydown', (event) => this.#tabKey(event));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#recolor());
    addEventListener('pagehide', () => this.save());
    addEventListener('hashchange', () => void this.open());
    byId('editor', HTMLElement).addEventListener('focusin', () => void this.loadLanguage(), { once: true });
    const close = byId('share-dialog', HTMLDialogElement);
    button('close-share').addEventListener('click', () => close.close());
    button('copy-link').addEventListener('click', () => void copy(input('share-link'), button('copy-link')));
    button('copy-embed').addEventListener('click', () => {
      void copy(byId('share-embed', HTMLTextAreaElement), button('copy-embed'));
    });
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'F10') {
      event.preventDefault();
      this.#step(event.shiftKey ? 'iteration' : 'handle');
    } else if (event.key === 'F8') {
      event.preventDefault();
      this.#togglePause();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
      event.preventDefault();
      this.run();
    }
  }

  #tabKey(event: KeyboardEvent): void {
    const shown = VIEWS.filter((name) => !button(`tab-${name}`).hidden);
    const at = shown.indexOf(this.#view);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = shown[(to + shown.length) % shown.length] as ViewName;
    this.showView(name);
    button(`tab-${name}`).focus();
  }

  #showSeed(): void {
    const loop = select('loop').value;
    (input('seed').closest('.seed') as HTMLElement).hidden = loop !== 'sim';
  }

  #listExamples(): void {
    const list = select('example');
    const groups = new Map<string, HTMLOptGroupElement>();
    list.append(new Option('Your program', MINE));
    for (const { id, group, title } of EXAMPLES) {
      let options = groups.get(group);
      if (options === undefined) {
        options = document.createElement('optgroup');
        options.label = group;
        groups.set(group, options);
        list.append(options);
      }
      options.append(new Option(title, id));
    }
  }

  #pick(id: string): void {
    const example = EXAMPLES.find((one) => one.id === id);
    history.replaceState(null, '', example === undefined ? '#' : `#example=${id}`);
    if (example !== undefined) {
      this.#showExample(example);
      return;
    }
    const mine = recall('mine') as { code?: unknown; loop?: unknown; seed?: unknown } | null;
    const code = typeof mine?.code === 'string' ? mine.code : this.#editor.code;
    this.#show(code, toLoop(String(mine?.loop)), toSeed(String(mine?.seed)), MINE, 'Your program.');
  }

  #drawLegend(): void {
    const shown = [
      KIND.ready,
      KIND.sleep,
      KIND.task,
      KIND.sync,
      KIND.group,
      KIND.outside,
      KIND.future,
      KIND.done,
      KIND.failed,
      KIND.cancelled,
    ];
    for (const kind of shown) {
      const item = make('li', '', KIND_NAMES[kind]);
      item.dataset['kind'] = String(kind);
      for (const legend of document.querySelectorAll('.legend')) legend.append(item.cloneNode(true));
    }
  }

  async #share(): Promise<void> {
    const fragment = await encodeShared({
      code: this.#editor.code,
      loop: toLoop(select('loop').value),
      seed: toSeed(input('seed').value),
    });
    const address = new URL(location.pathname, location.href);
    const link = `${address}#${fragment}`;
    const embedded = `${address}?embed#${fragment}`;
    history.replaceState(null, '', `#${fragment}`);
    input('share-link').value = link;
    byId('share-embed', HTMLTextAreaElement).value =
      `<iframe src="${embedded}" title="asyncio-web playground" width="100%" height="480" loading="lazy"></iframe>`;
    byId('share-dialog', HTMLDialogElement).showModal();
  }

  #nextTheme(): void {
    const root = document.documentElement;
    const themes = ['auto', 'light', 'dark'];
    const next = themes[(themes.indexOf(root.dataset['theme'] ?? 'auto') + 1) % themes.length] as string;
    remember('theme', next);
    applyTheme(next);
    this.#recolor();
  }

  #recolor(): void {
    this.#timeline.readColors();
    this.#counters.redraw();
  }

  async loadLanguage(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const note = byId('language', HTMLElement);
    setText(note, 'Loading TypeScript …');
    try {
      const language = await Language.load();
      this.#editor.assist(language);
      setText(note, 'TypeScript');
      document.body.dataset['language'] = 'ready';
    } catch {
      setText(note, 'No completion: TypeScript could not be loaded');
      this.#isLoading = false;
    }
  }
}

async function copy(
  field: HTMLInputElement | HTMLTextAreaElement,
  pressed: HTMLButtonElement,
): Promise<void> {
  const label = pressed.textContent ?? '';
  try {
    await navigator.clipboard.writeText(field.value);
    setText(pressed, 'Copied');
  } catch {
    field.select(); // to be copied by hand
    setText(pressed, 'Press Ctrl+C');
  }
  setTimeout(() => setText(pressed, label), 1500);
}

function applyTheme(theme: string): void {
  const label = theme === 'light' || theme === 'dark' ? theme : 'auto';
  document.documentElement.dataset['theme'] = label;
  const name = { auto: 'Auto', light: 'Light', dark: 'Dark' }[label];
  setText(button('theme'), name);
  button('theme').setAttribute('aria-label', `${name}: which colours`);
}

function start(): void {
  applyTheme(String(recall('theme') ?? 'auto'));
  const isEmbedded = new URLSearchParams(location.search).has('embed');
  document.body.classList.toggle('embedded', isEmbedded);
  installSplitters(!isEmbedded);
  const page = new Page(isEmbedded);
  void page.open();
  if (isEmbedded) {
    const full = byId('open-full', HTMLAnchorElement);
    full.hidden = false;
    full.href = `${location.pathname}${location.hash}`;
  }
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void navigator.serviceWorker
      .register(new URL('service-worker.js', document.baseURI))
      .catch(() => undefined);
  }
}

start();
