import * as asyncio from 'asyncio-web';

/** Closed until somebody opens it. `yield* gate` waits. */
class Gate {
  readonly #waiters = new Set<asyncio.Future<void>>();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
    // A waiter that was cancelled is done already; setting it again would be an error.
    for (const waiter of this.#waiters) if (!waiter.done()) waiter.setResult();
  }

  *[Symbol.iterator](): asyncio.Coroutine<void> {
    if (this.#isOpen) return;
    const waiter = new asyncio.Future<void>();
    this.#waiters.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}

function* runner(name: string, gate: Gate): asyncio.Coroutine<void> {
  yield* gate;
  console.log(`${name} runs`);
}

export function* main(): asyncio.Coroutine<void> {
  const gate = new Gate();
  const race = asyncio.gather(runner('hare', gate), runner('tortoise', gate));
  yield* asyncio.sleep(3);
  console.log('the gate opens');
  gate.open();
  yield* race;
  yield* gate; // open already: does not wait
}
