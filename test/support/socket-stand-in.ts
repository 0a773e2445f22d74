// In place of the platform's WebSocket: a socket that is open at once, and brings what a test gives it. And a
// WebSocketStream that is closed as soon as it is open.

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

/** A WebSocketStream whose server closes it in the same moment as it is open. */
class ClosedStream {
  readonly opened = Promise.resolve({
    readable: new ReadableStream(),
    writable: new WritableStream(),
    protocol: '',
    extensions: '',
  });
  readonly closed = Promise.resolve({ closeCode: 4000, reason: 'not you' });
  close(): void {}
}

/** Runs `body` while each new WebSocketStream is one of these, also in engines that have none. */
export async function withClosedStream(body: () => Promise<void>): Promise<void> {
  const scope = globalThis as { WebSocketStream?: unknown };
  const own = Object.getOwnPropertyDescriptor(scope, 'WebSocketStream');
  Object.defineProperty(scope, 'WebSocketStream', {
    value: ClosedStream,
    configurable: true,
    writable: true,
  });
  try {
    await body();
  } finally {
    if (own) Object.defineProperty(scope, 'WebSocketStream', own);
    else delete scope.WebSocketStream;
  }
}
