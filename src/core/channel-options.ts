/**
 * What the channels take as options, by channel. Here, and not beside the channels, because `createConnection` and its
 * kin are methods of every loop, and a misspelt option must be seen by the compiler.
 */

/** What connections over WebSockets take, of bytes and of messages. */
export interface WebSocketOptions {
  /** The subprotocols to offer, the preferred one first. Default: none. */
  readonly protocols?: string | readonly string[];
  /** Whether WebSocketStream is used where the engine has it. Default: true. */
  readonly stream?: boolean;
  /**
   * The most bytes that wait to be read. Then, with WebSocketStream, the server is held back; with a WebSocket, if they
   * still wait some turns of the loop later, the connection is closed, with 4009 and an error. Default 16 MiB.
   */
  readonly readLimit?: number;
  /** How long, in seconds, the other side has to answer a close. Default 10. */
  readonly closeTimeout?: number;
}

/** What `createConnection` and `openConnection` take for `ws:` and `wss:`. */
export interface WebSocketStreamOptions extends WebSocketOptions {
  /** What becomes of text messages: 'utf8' gives their bytes, the default; 'refuse' ends the connection. */
  readonly text?: 'utf8' | 'refuse';
}

/** What `createConnection` and `openConnection` take for `http:` and `https:`: what the platform's fetch takes. */
export interface HttpOptions extends Omit<RequestInit, 'body' | 'signal'> {
  /** Send the body while it is written, if the engine can, in place of when it is complete. Default: false. */
  readonly streaming?: boolean;
}

/** What can be talked over: a MessagePort, a Worker, in a Worker `self`, a BroadcastChannel. */
export interface PortLike extends EventTarget {
  /** Sends a message; what is in `transfer` is handed over. */
  postMessage(message: unknown, transfer?: Transferable[]): void;
  /** A MessagePort gives no message before. */
  start?(): void;
  /** Lets go of it. */
  close?(): void;
}

/** What connections over ports and between tabs take. */
export interface HandshakeOptions {
  /** How long, in seconds, the other side has to accept. Default 5. */
  readonly connectTimeout?: number;
}

/** What `createConnection` and `openConnection` take for `port:`. */
export interface PortConnectionOptions extends HandshakeOptions {
  /** A MessagePort, a Worker, or `self` in a Worker. */
  readonly port?: PortLike;
}

/** What `createServer` and `startServer` take for `port:`. */
export interface PortServerOptions {
  /** A MessagePort, a Worker, or `self` in a Worker. */
  readonly port?: PortLike;
}

/** What `createConnection`, `openConnection` and `createDatagramEndpoint` take for `wt:`. */
export interface WebTransportConnectionOptions {
  /** The hashes of the certificates to trust, as the platform's WebTransport takes them. */
  readonly serverCertificateHashes?: WebTransportHash[];
}
