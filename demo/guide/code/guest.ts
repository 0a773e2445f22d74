import * as asyncio from 'asyncio-web';
import { AnimationFrameHost, startGuestRun } from 'asyncio-web/lowlevel';

/** Somebody else's run loop: it calls the listeners of a frame, and knows no tasks. */
class Engine {
  #listeners: (() => void)[] = [];

  addOnce(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  frame(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

export async function main(): Promise<void> {
  const engine = new Engine();
  const host = new AnimationFrameHost({
    frames: (callback) => engine.addOnce(() => callback(performance.now())),
    fallbackMs: 60_000,
  });

  function* program(): asyncio.Coroutine<string> {
    console.log('in the first frame');
    yield* asyncio.sleep(0);
    return 'a result';
  }
  let isDone = false;
  const guest = startGuestRun(program, {
    host,
    doneCallback: (outcome) => {
      isDone = true;
      console.log(outcome.status, outcome.status === 'fulfilled' ? outcome.value : outcome.reason);
    },
  });
  console.log('started:', guest.task.getName());

  // The engine stays in charge: it calls, and the guest gets its turns.
  while (!isDone) {
    engine.frame();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
