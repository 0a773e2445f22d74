/** What a program can import: the library, told which loop to take by default, and instrumented. */

import * as asyncio from 'asyncio-web';
import * as lowlevel from 'asyncio-web/lowlevel';
import * as testing from 'asyncio-web/testing';
import * as effection from 'effection';
import type { StartOptions } from '../protocol.ts';
import type { Loops } from './hosts.ts';
import type { Primitives } from './primitives.ts';

export function programModules(
  options: StartOptions,
  loops: Loops,
  primitives: Primitives,
  interrupt: AbortSignal,
  playground: object,
): (name: string) => unknown {
  const factory = loops.make;
  const debug = options.debug ? true : null;

  class Runner extends asyncio.Runner {
    constructor(given?: asyncio.RunnerOptions) {
      super({ debug: given?.debug ?? debug, loopFactory: given?.loopFactory ?? factory });
    }
    override run<T>(
      main: asyncio.Main<T>,
      given?: { readonly context?: asyncio.Context | null; readonly signal?: AbortSignal | null },
    ): Promise<T> {
      return super.run(main, { context: given?.context ?? null, signal: given?.signal ?? interrupt });
    }
  }

  const run = <T>(main: asyncio.Main<T>, given?: asyncio.RunOptions): Promise<T> => {
    const signal = anySignal(given?.signal, interrupt);
    const ownFactory = given?.loopFactory ?? null;
    if (options.loop === 'guest' && ownFactory === null)
      return loops.runAsGuest(main, given?.debug ?? debug, signal);
    return asyncio.run(main, { debug: given?.debug ?? debug, loopFactory: ownFactory ?? factory, signal });
  };

  const modules: Record<string, object> = {
    'asyncio-web': {
      ...asyncio,
      ...primitives.classes(),
      run,
      Runner,
      newEventLoop: factory,
      __esModule: true,
    },
    'asyncio-web/lowlevel': { ...lowlevel, __esModule: true },
    'asyncio-web/testing': { ...testing, __esModule: true },
    effection: { ...effection, __esModule: true },
    playground: { ...playground, __esModule: true },
  };

  return (name) => {
    const module = Object.hasOwn(modules, name) ? modules[name] : undefined;
    if (module === undefined) {
      throw new Error(`Cannot import '${name}': programs here can import ${Object.keys(modules).join(', ')}`);
    }
    return module;
  };
}

function anySignal(given: AbortSignal | null | undefined, own: AbortSignal): AbortSignal {
  if (given === null || given === undefined) return own;
  const controller = new AbortController();
  for (const signal of [given, own]) {
    if (signal.aborted) controller.abort(signal.reason);
    else
      signal.addEventListener('abort', () => controller.abort(signal.reason), { signal: controller.signal });
  }
  return controller.signal;
}
