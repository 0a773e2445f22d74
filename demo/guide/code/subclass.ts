import * as asyncio from 'asyncio-web';
import { BrowserHost } from 'asyncio-web/lowlevel';

/** A loop that takes the lines of a console, or any other source, as events. */
class ConsoleLoop extends asyncio.BaseEventLoop {
  readonly #lines: string[] = [];
  readonly #readers: ((line: string) => void)[] = [];

  constructor() {
    super(new BrowserHost());
  }

  onLine(reader: (line: string) => void): void {
    this.#readers.push(reader);
  }

  /** Called by the outside, at any time. */
  feed(line: string): void {
    this.#lines.push(line);
    if (this.isRunning()) this.host.wakeSoon();
  }

  /** What has come from outside since the last iteration, as callbacks. */
  protected override pollEvents(): readonly asyncio.Callback[] {
    return this.#lines.splice(0).map((line) => () => {
      for (const reader of this.#readers) reader(line);
    });
  }
}

export async function main(): Promise<void> {
  const loop = new ConsoleLoop();
  loop.onLine((line) => {
    console.log(`read: ${line}`);
    if (line === 'quit') loop.stop();
  });
  const run = loop.runForever();
  loop.feed('hello');
  setTimeout(() => loop.feed('quit'), 5);
  await run;
  loop.close();
}
