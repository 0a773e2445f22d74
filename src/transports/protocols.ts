/**
 * The protocols to derive from: what a transport calls, with methods that do nothing.
 *
 * Source: Lib/asyncio/protocols.py, CPython 3.14. A transport looks for the methods and not for the class, so an
 * object that has them is a protocol too.
 *
 * The calls, for a connection: `CM [PW RW …] DR* ER? CL`: made once, data any number of times, the end of the data at
 * most once, lost once; pauses and resumes of writing in between.
 */

import type {
  BaseTransportLike,
  BufferedProtocolLike,
  Bytes,
  DatagramProtocolLike,
  ProtocolLike,
  StreamProtocolLike,
} from '../core/network.ts';

/**
 * The root of the protocols.
 *
 * @example
 * class Greeter extends BaseProtocol {
 *   override connectionMade(transport: WriteTransport): void {
 *     transport.write(new TextEncoder().encode('hello'));
 *     transport.close();
 *   }
 * }
 */
export class BaseProtocol implements ProtocolLike {
  connectionMade(_transport: BaseTransportLike): void {}
  connectionLost(_exc: Error | null): void {}
  pauseWriting(): void {}
  resumeWriting(): void {}
}

/**
 * A protocol for a stream of bytes.
 *
 * @example
 * class Echo extends Protocol {
 *   #transport: Transport | null = null;
 *   override connectionMade(transport: Transport): void {
 *     this.#transport = transport;
 *   }
 *   override dataReceived(data: Uint8Array): void {
 *     this.#transport?.write(data);
 *   }
 * }
 * const server = yield* getRunningLoop().createServer(() => new Echo(), 'mem:echo');
 * const [reader, writer] = yield* openConnection('mem:echo');
 * writer.write(new TextEncoder().encode('hello'));
 * console.log((yield* reader.readexactly(5)).length); // 5
 * writer.close();
 * server.close();
 */
export class Protocol extends BaseProtocol implements StreamProtocolLike {
  dataReceived(_data: Bytes): void {}
  eofReceived(): unknown {
    return undefined;
  }
}

/**
 * A protocol for a stream of bytes that brings its own buffer to be filled. `getBuffer` must be overridden: the one
 * here gives none, which closes the connection with an error.
 *
 * @example
 * class Counter extends BufferedProtocol {
 *   readonly #buffer = new Uint8Array(4096);
 *   total = 0;
 *   override getBuffer(): Uint8Array {
 *     return this.#buffer;
 *   }
 *   override bufferUpdated(nbytes: number): void {
 *     this.total += nbytes; // they are at the start of the buffer
 *   }
 * }
 */
export class BufferedProtocol extends BaseProtocol implements BufferedProtocolLike {
  getBuffer(_sizehint: number): Uint8Array {
    return new Uint8Array();
  }
  bufferUpdated(_nbytes: number): void {}
  eofReceived(): unknown {
    return undefined;
  }
}

/**
 * A protocol for datagrams.
 *
 * @example
 * class Listener extends DatagramProtocol {
 *   override datagramReceived(data: Uint8Array, addr: unknown): void {
 *     console.log(data.length, addr);
 *   }
 * }
 */
export class DatagramProtocol extends BaseProtocol implements DatagramProtocolLike {
  datagramReceived(_data: Bytes, _addr: unknown): void {}
  errorReceived(_exc: Error): void {}
}

/** Whether a protocol brings its own buffer. @internal */
export function isBuffered(protocol: object): protocol is BufferedProtocolLike {
  return typeof (protocol as Partial<BufferedProtocolLike>).getBuffer === 'function';
}
