// Bytes as text, which is how tests read best.

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The text of some bytes. */
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);

/** So many bytes that are unlike their neighbours, so that a lost, doubled or moved one shows. */
export function pattern(length: number, from = 0): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(length);
  for (let at = 0; at < length; at++) data[at] = ((from + at) * 31 + ((from + at) >> 8)) & 255;
  return data;
}
