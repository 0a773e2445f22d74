// The buttons of the guide's pages. A block that exports a coroutine function `main` runs on a loop that is stepped by
// hand, in virtual time, with a picture of it; any other `main` makes a loop of its own and is called as it is.

import * as asyncio from 'asyncio-web';
import { recall } from '../playground/storage.ts';
import { captured } from './format.ts';
import { Picture } from './picture.ts';
import { StepHost } from './step-host.ts';

/** What a file of `code/` exports. */
interface Example {
  readonly main: () => unknown;
}

const EXAMPLES = import.meta.glob<Example>('./code/*.ts');

/** One block after the other has the console. */
let last: Promise<unknown> = Promise.resolve();
function inTurn(body: () => Promise<void>): void {
  last = last.then(body).catch(reportError);
}

type State = 'new' | 'running' | 'held' | 'done';

class Block {
  readonly #figure: HTMLElement;
  readonly #load: () => Promise<Example>;
  readonly #buttons: ReadonlyMap<string, HTMLButtonElement>;
  readonly #output: HTMLElement;
  readonly #expected: string;
  readonly #picture: HTMLElement;
  /** The program that is being stepped; null before it begins. */
  #program: Program | null = null;

  constructor(figure: HTMLElement, load: () => Promise<Example>) {
    this.#figure = figure;
    this.#load = load;
    const buttons = figure.querySelectorAll<HTMLButtonElement>('button[data-do]');
    this.#buttons = new Map([...buttons].map((button) => [button.dataset['do'] ?? '', button]));
    this.#output = find(figure, '.output');
    this.#picture = find(figure, '.picture');
    this.#expected = this.#output.textContent ?? '';
    for (const [action, button] of this.#buttons)
      button.addEventListener('click', () => inTurn(() => this.#press(action)));
    find(figure, '.controls').hidden = false;
    // A program with generators can be stepped; the file's text says which kind it is, and nothing has to be loaded.
    const isSteppable = /export function\* main/.test(find(figure, '.code').textContent ?? '');
    for (const action of ['step', 'iteration']) this.#button(action).hidden = !isSteppable;
    this.#show('new');
  }

  async #press(action: string): Promise<void> {
    if (action === 'reset' || (action === 'run' && this.#program?.isOver)) this.#program = null;
    if (action === 'reset') {
      this.#output.textContent = this.#expected;
      find(this.#figure, '.label').textContent = 'What it prints';
      this.#picture.hidden = true;
      this.#show('new');
      return;
    }
    this.#show('running');
    const { main } = await this.#load();
    const print = (line: string): void => this.#print(line);
    if (!asyncio.iscoroutinefunction(main)) {
      this.#begin();
      await captured(print, main);
      this.#end();
      return;
    }
    if (this.#program === null) {
      this.#begin();
      this.#picture.hidden = false;
      this.#program = new Program(main as () => asyncio.Coroutine<unknown>, this.#picture);
    }
    const program = this.#program;
    // Also what is told when the loop closes, which is outside of every step.
    await captured(print, () => program.advance(action));
    if (program.isOver) this.#end();
    else this.#show('held');
  }

  #begin(): void {
    this.#output.textContent = '';
    find(this.#figure, '.label').textContent = 'It prints';
  }

  #end(): void {
    this.#figure.dataset['same'] = String(this.#output.textContent === this.#expected);
    find(this.#figure, '.label').textContent = 'It printed';
    this.#show('done');
  }

  #print(line: string): void {
    this.#output.textContent += `${line}\n`;
  }

  #button(action: string): HTMLButtonElement {
    const button = this.#buttons.get(action);
    if (button === undefined) throw new Error(`there is no button ${action}`);
    return button;
  }

  #show(state: State): void {
    this.#figure.dataset['state'] = state;
    this.#button('run').textContent = state === 'held' ? 'Run on' : 'Run';
    this.#button('reset').hidden = state !== 'held' && state !== 'done';
    for (const action of ['step', 'iteration']) this.#button(action).disabled = state === 'done';
    const texts = { new: '', running: 'running', held: 'held', done: 'ended' };
    find(this.#figure, '.state').textContent = texts[state];
  }
}

/** A program on a loop that is stepped. */
class Program {
  isOver = false;
  readonly #host = new StepHost();
  readonly #picture: Picture;

  constructor(main: () => asyncio.Coroutine<unknown>, element: HTMLElement) {
    this.#picture = new Picture(element);
    const loopFactory = (): asyncio.BaseEventLoop => {
      const loop = new asyncio.BaseEventLoop(this.#host);
      loop.addInstrument(this.#picture);
      return loop;
    };
    asyncio.run(main, { loopFactory }).then(
      () => this.#end(),
      (error: unknown) => {
        console.log(`Uncaught ${error}`);
        this.#end();
      },
    );
  }

  #end(): void {
    this.isOver = true;
    this.#picture.draw(null);
  }

  /** One callback, the rest of an iteration, or everything. */
  async advance(action: string): Promise<void> {
    if (action === 'run') {
      while (await this.#isAsked()) this.#step();
    } else if (await this.#isAsked()) {
      this.#step();
      while (action === 'iteration' && this.#picture.batch > 0) this.#step();
    }
    await this.#isAsked();
    if (!this.isOver) this.#picture.draw(this.#host.now());
  }

  #step(): void {
    const { batch } = this.#picture;
    this.#host.step(1);
    this.#picture.skip(batch);
  }

  /** Whether the loop has something to do. Between two runs of a runner there are native promise reactions. */
  async #isAsked(): Promise<boolean> {
    while (!this.#host.isAsked && !this.isOver) await new Promise((resolve) => setTimeout(resolve, 0));
    return !this.isOver;
  }
}

function find(parent: ParentNode, selector: string): HTMLElement {
  const node = parent.querySelector<HTMLElement>(selector);
  if (node === null) throw new Error(`there is no ${selector}`);
  return node;
}

for (const figure of document.querySelectorAll<HTMLElement>('.block')) {
  const load = EXAMPLES[`./${figure.dataset['file']}`];
  if (load !== undefined) new Block(figure, load);
}
const details = document.querySelector<HTMLDetailsElement>('.contents details');
// On a narrow screen the contents would push the text away.
if (details !== null && matchMedia('(max-width: 60rem)').matches) details.open = false;
// The colours that were chosen in the playground.
document.documentElement.dataset['theme'] = String(recall('theme') ?? 'auto');
document.documentElement.dataset['ready'] = 'true';
