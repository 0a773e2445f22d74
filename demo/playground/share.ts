/** Programs in the fragment of the address: JSON, deflated, in base64url. Nothing is sent to a server. */

import type { LoopName } from './protocol.ts';
import { LOOPS } from './protocol.ts';

export interface Shared {
  readonly code: string;
  readonly loop: LoopName;
  readonly seed: number;
}

/** A program larger than this is no program that was shared. */
const MOST_CHARACTERS = 400_000;

/** The fragment, without '#'. */
export async function encodeShared({ code, loop, seed }: Shared): Promise<string> {
  const bytes = await transform(new TextEncoder().encode(code), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const text = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `v=1&loop=${loop}&seed=${seed}&code=${text}`;
}

/** What a fragment says; null if it holds no program. */
export async function decodeShared(fragment: string): Promise<Shared | null> {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  const text = parameters.get('code');
  if (text === null || parameters.get('v') !== '1') return null;
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const plain = await transform(bytes, new DecompressionStream('deflate-raw'));
    const code = new TextDecoder().decode(plain);
    if (code.length > MOST_CHARACTERS) return null;
    return { code, loop: toLoop(parameters.get('loop')), seed: toSeed(parameters.get('seed')) };
  } catch {
    return null; // cut short, or not of ours
  }
}

export function toLoop(text: string | null): LoopName {
  return LOOPS.find((name) => name === text) ?? 'browser';
}

export function toSeed(text: string | null): number {
  const seed = Number(text);
  return Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : 1;
}

async function transform(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const through = new Blob([bytes]).stream().pipeThrough<Uint8Array>(stream as never);
  const reader = through.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    // What unpacks without end is not unpacked to its end.
    if (length > MOST_CHARACTERS * 4) throw new RangeError('too long');
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
