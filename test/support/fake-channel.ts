// A channel that a test plays: the socket of CPython's tests.

import type * as asyncio from 'asyncio-web';
import { ChannelTransport } from 'asyncio-web/lowlevel';
import { text } from './bytes.ts';

export class FakeChannel extends ChannelTransport {
  /** How many bytes it takes of what it is given; the rest is to be kept. */
  room = Infinity;
  /** What it throws when it is to send. */
  sendError: Error | null = null;
  /** What it says is still under way. */
  underWay = 0;
  /** What was sent, a piece for each call. */
  readonly sent: string[] = [];
  /** How often it was asked to send. */
  sends = 0;
  /** What else the transport has told it. */
  readonly calls: string[] = [];
  /** Whether `finish` ends the connection at once. */
  endsAtOnce = true;

  protected override transmit(data: Uint8Array): number {
    this.sends += 1;
    if (this.sendError !== null) throw this.sendError;
    const taken = Math.min(this.room, data.length);
    if (taken > 0) this.sent.push(text(data.subarray(0, taken)));
    this.room -= taken;
    return taken;
  }
  protected override inFlight(): number {
    return this.underWay ?? 0; // not there yet while the base is constructed
  }
  protected override startReading(): void {
    this.calls.push('start reading');
  }
  protected override stopReading(): void {
    this.calls.push('stop reading');
  }
  protected override consumed(): void {
    this.calls.push('consumed');
  }
  protected override shutdownWrite(): void {
    this.calls.push('shutdown');
  }
  protected override finish(): void {
    this.calls.push('finish');
    if (this.endsAtOnce) super.finish();
  }
  protected override release(exc: Error | null): void {
    this.calls.push(`release ${exc}`);
  }

  // What comes from the other side.

  receive(data: Uint8Array<ArrayBuffer>): void {
    this.feed(data);
  }
  receiveEof(): void {
    this.feedEof();
  }
  /** The other side takes so many bytes more. */
  makeRoom(bytes = Infinity): void {
    this.room = bytes;
    this.writable();
  }
  peerClosed(exc: Error | null = null): void {
    this.ended(exc);
  }
  broken(error: unknown): void {
    this.fail(error);
  }
  fatal(error: Error, message?: string): void {
    this.fatalError(error, message);
  }
  /** What `finish` waited for has happened. */
  closed(exc: Error | null = null): void {
    this.lost(exc);
  }
  get waiting(): number {
    return this.incomingSize;
  }
}

/** A protocol that notes its calls. */
export class RecordingProtocol implements asyncio.StreamProtocolLike {
  readonly calls: string[] = [];
  /** What `eofReceived` gives. */
  keepsOpen = false;
  /** What it does or throws in a method. */
  readonly effects: Partial<Record<keyof asyncio.StreamProtocolLike, () => void>> = {};

  connectionMade(): void {
    this.calls.push('made');
    this.effects.connectionMade?.();
  }
  dataReceived(data: Uint8Array): void {
    this.calls.push(`data ${text(data)}`);
    this.effects.dataReceived?.();
  }
  eofReceived(): boolean {
    this.calls.push('eof');
    this.effects.eofReceived?.();
    return this.keepsOpen;
  }
  pauseWriting(): void {
    this.calls.push('pause');
    this.effects.pauseWriting?.();
  }
  resumeWriting(): void {
    this.calls.push('resume');
    this.effects.resumeWriting?.();
  }
  connectionLost(exc: Error | null): void {
    this.calls.push(`lost ${exc}`);
    this.effects.connectionLost?.();
  }
}
