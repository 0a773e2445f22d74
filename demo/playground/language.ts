/** The language service, in a Worker of its own, loaded when it is first wanted. */

/** What can be written at a place. */
export interface Suggestion {
  readonly name: string;
  readonly kind: string;
  /** Where it was asked for, to ask for more about it. */
  readonly detailOf: number;
}

export interface Mistake {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly isWarning: boolean;
}

export interface Explanation {
  readonly signature: string;
  readonly documentation: string;
  readonly from: number;
  readonly to: number;
}

export type Question =
  | { readonly type: 'complete'; readonly code: string; readonly position: number }
  | { readonly type: 'describe'; readonly position: number; readonly name: string }
  | { readonly type: 'check'; readonly code: string }
  | { readonly type: 'explain'; readonly code: string; readonly position: number };

export class Language {
  readonly #worker: Worker;
  readonly #asked = new Map<number, (answer: unknown) => void>();
  #next = 1;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<{ id: number; answer: unknown }>) => {
      this.#asked.get(data.id)?.(data.answer);
      this.#asked.delete(data.id);
    };
  }

  static async load(): Promise<Language> {
    const { default: text } = await import('virtual:language-worker');
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const language = new Language(new Worker(url, { name: 'language service' }));
    await language.check('');
    URL.revokeObjectURL(url);
    return language;
  }

  complete(code: string, position: number): Promise<readonly Suggestion[] | null> {
    return this.#ask({ type: 'complete', code, position });
  }

  describe(position: number, name: string): Promise<Explanation | null> {
    return this.#ask({ type: 'describe', position, name });
  }

  check(code: string): Promise<readonly Mistake[]> {
    return this.#ask({ type: 'check', code });
  }

  explain(code: string, position: number): Promise<Explanation | null> {
    return this.#ask({ type: 'explain', code, position });
  }

  #ask<T>(question: Question): Promise<T> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve as (answer: unknown) => void);
      this.#worker.postMessage({ id, question });
    });
  }
}
