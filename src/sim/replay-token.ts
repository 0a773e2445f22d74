/**
 * Replay tokens: what a run depends on, in a line of text that can be pasted into a test.
 *
 * `sim1:` and base64url of: flags; the seed; the tick and the start time where they are not the default; the name of
 * the strategy; the choices. Numbers are variable-length integers; choices that repeat are counted.
 */

import { repr } from '../core/format-helpers.ts';
import type { Choice } from './schedule.ts';

const PREFIX = 'sim1:';
const EXPLORES = 1;
const HAS_TICK = 2;
const HAS_START = 4;
const NEGATIVE_SEED = 8;

/** A token that was damaged must not fill the memory. */
const MOST_REPEATED = 1e7;

/** What a token says. @internal */
export interface Recording {
  readonly seed: number;
  readonly tick: number;
  readonly startTime: number;
  readonly explore: 'none' | 'environment';
  readonly strategy: string;
  readonly choices: readonly Choice[];
}

/** @internal */
export const DEFAULT_TICK = 1e-6;

/** @internal */
export function encodeToken(recording: Recording): string {
  const { seed, tick, startTime, explore, strategy, choices } = recording;
  const bytes: number[] = [];
  const integer = (value: number): void => {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) bytes.push(128 + (left % 128));
    bytes.push(left);
  };
  const double = (value: number): void => void bytes.push(...new Uint8Array(Float64Array.of(value).buffer));
  bytes.push(
    (explore === 'none' ? 0 : EXPLORES) +
      (tick === DEFAULT_TICK ? 0 : HAS_TICK) +
      (startTime === 0 ? 0 : HAS_START) +
      (seed < 0 ? NEGATIVE_SEED : 0),
  );
  integer(Math.abs(seed));
  if (tick !== DEFAULT_TICK) double(tick);
  if (startTime !== 0) double(startTime);
  const name = new TextEncoder().encode(strategy);
  integer(name.length);
  bytes.push(...name);
  for (let at = 0; at < choices.length; ) {
    const choice = choices[at] as Choice; // in range
    let end = at + 1;
    while (isSame(choices[end], choice)) end += 1;
    for (const value of [end - at, choice.index, choice.count, choice.check]) integer(value);
    at = end;
  }
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join('');
  return PREFIX + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @throws {RangeError} If it is no token, or of another version. @internal */
export function decodeToken(token: string): Recording {
  const refuse = (): never => {
    throw new RangeError(`Cannot replay: not a token of this version: ${repr(token)}`);
  };
  if (!token.startsWith(PREFIX) || !/^[\w-]+$/.test(token.slice(PREFIX.length))) refuse();
  const base64 = token.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(base64.length % 4 === 1 ? refuse() : atob(base64), (char) =>
    char.charCodeAt(0),
  );
  let at = 0;
  const integer = (): number => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++] ?? refuse();
      value += (byte % 128) * weight;
      if (byte < 128) return Number.isSafeInteger(value) ? value : refuse();
    }
  };
  const double = (): number => {
    at += 8;
    return at > bytes.length ? refuse() : (new Float64Array(bytes.slice(at - 8, at).buffer)[0] as number);
  };
  const flags = bytes[at++] ?? refuse();
  const seed = integer() * ((flags & NEGATIVE_SEED) === 0 ? 1 : -1);
  const tick = (flags & HAS_TICK) === 0 ? DEFAULT_TICK : double();
  const startTime = (flags & HAS_START) === 0 ? 0 : double();
  const length = integer();
  const strategy = new TextDecoder().decode(bytes.slice(at, at + length));
  at += length;
  const choices: Choice[] = [];
  while (at < bytes.length) {
    const times = integer();
    const choice = { index: integer(), count: integer(), check: integer() };
    if (choice.index >= choice.count || times > MOST_REPEATED) refuse();
    for (let time = 0; time < times; time += 1) choices.push(choice);
  }
  return {
    seed,
    tick,
    startTime,
    explore: (flags & EXPLORES) === 0 ? 'none' : 'environment',
    strategy,
    choices,
  };
}

function isSame(choice: Choice | undefined, other: Choice): boolean {
  return (
    choice !== undefined &&
    choice.index === other.index &&
    choice.count === other.count &&
    choice.check === other.check
  );
}
