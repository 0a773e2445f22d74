// Runs a code block of the guide as the guide's pages do, and gives what it prints.

import * as asyncio from 'asyncio-web';
import { captured } from '../../demo/guide/format.ts';
import { StepHost } from '../../demo/guide/step-host.ts';

export async function runExample(main: () => unknown): Promise<string> {
  let output = '';
  const print = (line: string): void => {
    output += `${line}\n`;
  };
  await captured(print, () => (asyncio.iscoroutinefunction(main) ? runInSteps(main) : main()));
  return output;
}

/** On the loop behind the buttons, one callback at a time. */
async function runInSteps(main: () => unknown): Promise<void> {
  const host = new StepHost();
  let isOver = false;
  const run = asyncio
    .run(main as () => asyncio.Coroutine<unknown>, { loopFactory: () => new asyncio.BaseEventLoop(host) })
    .finally(() => {
      isOver = true;
    });
  while (!isOver) {
    if (host.isAsked) host.step(1);
    else await new Promise((resolve) => setTimeout(resolve, 0)); // between two runs there are promise reactions
  }
  await run;
}
