// In place of the platform's WebSocket: a socket that is open at once, and brings what a test gives it.

/** What the library sets at a WebSocket, for the test to call. */
export class SocketStandIn {
  static readonly CLOSED = 3;
  readonly url: string;
  readonly protocol = '';
  readonly extensions = '';
  readonly bufferedAmount = 0;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: (event: { data: unknown }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};
  /** What it was closed with. */
  closedWith: unknown[] | null = null;

  constructor(url: string) {
    this.url = url;
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }
  send(): void {}
  close(...info: unknown[]): void {
    this.closedWith ??= info;
    setTimeout(() => this.onclose?.({ code: 1000, reason: '' }));
  }
}

/** Runs `body` while each new WebSocket is a stand-in, of which it is given the list. */
export async function withSocketStandIn(body: (made: SocketStandIn[]) => Promise<void>): Promise<void> {
  const { WebSocket } = globalThis;
  const made: SocketStandIn[] = [];
  class Made extends SocketStandIn {
    constructor(url: string) {
      super(url);
      made.push(this);
    }
  }
  globalThis.WebSocket = Made as never;
  try {
    await body(made);
  } finally {
    globalThis.WebSocket = WebSocket;
  }
}
