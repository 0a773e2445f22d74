/** The program's own timers, counted: while one is to come, the program has not ended. */

export class Timers {
  readonly #pending = new Set<number>();
  /** Called when the last of them is over. */
  onQuiet: (() => void) | null = null;

  get isQuiet(): boolean {
    return this.#pending.size === 0;
  }

  /** Puts counting ones in the places of the Worker's. */
  install(): void {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
    const end = (id: number): void => {
      if (this.#pending.delete(id) && this.#pending.size === 0) this.onQuiet?.();
    };
    const counting = {
      setTimeout: (callback: TimerHandler, ms?: number, ...values: unknown[]): number => {
        const call = (): void => {
          try {
            if (typeof callback === 'function') callback(...values);
          } finally {
            end(id);
          }
        };
        const id = setTimeout(call, ms);
        this.#pending.add(id);
        return id;
      },
      setInterval: (callback: TimerHandler, ms?: number, ...values: unknown[]): number => {
        const id = setInterval(callback, ms, ...values);
        this.#pending.add(id);
        return id;
      },
      clearTimeout: (id?: number): void => {
        clearTimeout(id);
        if (id !== undefined) end(id);
      },
      clearInterval: (id?: number): void => {
        clearInterval(id);
        if (id !== undefined) end(id);
      },
    };
    Object.assign(globalThis, counting);
  }
}
