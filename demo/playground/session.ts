/**
 * One run of a program, seen from the page: the frame, the port, and the rules that keep the page working whatever
 * the program does.
 *
 * The runner may have CREDIT batches on their way. One that sends more, or something that is no batch, is ended: it
 * cannot be the runner that wrote that.
 */

import { makeFrame } from './frame.ts';
import type { Batch, FromRunner, Outcome, StartOptions, ToRunner } from './protocol.ts';
import { CREDIT } from './protocol.ts';

/** Without a sign of life for so long it counts as blocked. */
const SILENT_MS = 1500;

/** How long a program that is stopped may clean up. */
const GRACE_MS = 1000;

/** So many messages that are no batches may come in a second. */
const MESSAGES_PER_SECOND = 2000;

export interface SessionEvents {
  /** The runner takes messages from now on. */
  ready(): void;
  begun(loop: string, note: string, isVirtual: boolean): void;
  batch(batch: Batch): void;
  /** The program has ended, or was ended. */
  ended(outcome: Outcome): void;
  /** It does not let its Worker turn; or it does again. */
  blocked(isBlocked: boolean): void;
  stage(): void;
  said(channel: string, data: unknown): void;
}

export class Session {
  readonly #events: SessionEvents;
  readonly #frame = makeFrame();
  readonly #channel = new MessageChannel();
  readonly #started = performance.now();
  #credit = CREDIT;
  #lastSign = performance.now();
  #isBlocked = false;
  #isHeld = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #messages = 0;
  #second = 0;
  #time = 0;
  /** Ended, and still there to be asked. */
  hasEnded = false;
  isGone = false;

  /** @param place Where the frame is put. */
  constructor(place: HTMLElement, runner: string, options: StartOptions, events: SessionEvents) {
    this.#events = events;
    const { port1, port2 } = this.#channel;
    port1.onmessage = ({ data }) => this.#receive(data, options);
    this.#frame.onload = () => {
      this.#frame.onload = null;
      this.#frame.contentWindow?.postMessage({ runner }, '*', [port2]);
    };
    place.replaceChildren(this.#frame);
    this.#watch = setInterval(() => this.#look(), 250);
  }

  send(message: ToRunner): void {
    if (!this.isGone) this.#channel.port1.postMessage(message);
  }

  /** Interrupts the program, and ends it if it has not ended within a second. Again: ends it now. */
  stop(): void {
    if (this.hasEnded || this.isGone) return;
    if (this.#grace !== undefined || this.#isBlocked) {
      this.#kill('Stopped: the program was ended from outside');
      return;
    }
    this.send({ type: 'interrupt' });
    this.#grace = setTimeout(() => {
      this.#kill('Stopped: the program did not end within a second after the interrupt, and was ended');
    }, GRACE_MS);
  }

  /** Takes everything away, without a word. */
  remove(): void {
    this.isGone = true;
    clearInterval(this.#watch);
    clearTimeout(this.#grace);
    this.#channel.port1.close();
    this.#frame.remove();
  }

  #kill(message: string, state: Outcome['state'] = 'interrupted'): void {
    if (this.isGone) return;
    this.remove();
    if (this.hasEnded) return;
    this.hasEnded = true;
    const duration = performance.now() - this.#started;
    this.#events.ended({ type: 'end', state, message, duration, time: this.#time, problem: null, token: '' });
  }

  #receive(data: FromRunner, options: StartOptions): void {
    if (this.isGone) return;
    this.#lastSign = performance.now();
    if (this.#isBlocked) {
      this.#isBlocked = false;
      this.#events.blocked(false);
    }
    try {
      this.#take(data, options);
    } catch (error) {
      this.#kill(`Ended: the program sent what the page does not understand (${String(error)})`, 'failed');
    }
  }

  #take(data: FromRunner, options: StartOptions): void {
    if (data.type === 'batch') {
      if (this.#credit <= 0) throw new Error('a batch too many');
      checkBatch(data);
      this.#credit -= 1;
      this.#isHeld = data.held;
      this.#time = data.counters.time;
      this.#events.batch(data);
      this.#credit += 1;
      this.send({ type: 'ack' });
      return;
    }
    this.#countMessage();
    switch (data.type) {
      case 'ready':
        this.send({ type: 'start', ...options });
        this.#events.ready();
        break;
      case 'begun':
        this.#events.begun(String(data.loop), String(data.note), data.virtual === true);
        break;
      case 'end':
        this.#end(data);
        break;
      case 'stage':
        this.#events.stage();
        break;
      case 'say':
        this.#events.said(String(data.channel), data.data);
        break;
      case 'alive':
        break;
      default:
        throw new Error('a message of no kind');
    }
  }

  #end(outcome: Outcome): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearTimeout(this.#grace);
    clearInterval(this.#watch);
    this.#events.ended({ ...outcome, message: String(outcome.message), token: String(outcome.token) });
  }

  #countMessage(): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#messages = 0;
    this.#second = second;
    this.#messages += 1;
    if (this.#messages > MESSAGES_PER_SECOND) throw new Error('too many messages');
  }

  #look(): void {
    if (this.#isBlocked || this.#isHeld || performance.now() - this.#lastSign < SILENT_MS) return;
    this.#isBlocked = true;
    this.#events.blocked(true);
  }
}

/** Throws if it is not what the runner makes. What is inside the columns can be anything: it is only drawn. */
function checkBatch({ steps, tasks, names, log, counters, dropped }: Batch): void {
  const { count } = steps;
  const columns = [steps.task, steps.start, steps.duration, steps.time, steps.kind, steps.target];
  if (!columns.every((column) => ArrayBuffer.isView(column) && column.length === count))
    throw new Error('steps');
  if (!(tasks instanceof Float64Array && Array.isArray(names) && Array.isArray(log)))
    throw new Error('tasks');
  if (!log.every(({ text, line }) => typeof text === 'string' && typeof line === 'number'))
    throw new Error('log');
  const numbers = [...Object.values(counters), ...Object.values(dropped)];
  if (!numbers.every((number) => typeof number === 'number')) throw new Error('counters');
}
