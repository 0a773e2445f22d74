// Just enough of source maps (ECMA-426) to say where each byte of a bundle comes from.

const DIGITS = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((char, i) => [char, i]),
);

/** The numbers of one segment. */
function decode(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const char of segment) {
    const digit = DIGITS.get(char);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value % 2 ? -(value - 1) / 2 : value / 2);
    value = shift = 0;
  }
  return numbers;
}

/**
 * Calls `visit` for each piece of `code` that a mapping begins, with where it came from.
 *
 * @param {string} code
 * @param {{mappings: string, sources: string[]}} map
 * @param {(piece: {start: number, end: number, source: string | null, line: number}) => void} visit
 *     `start` and `end` index `code`; `line` counts from 0.
 */
export function eachPiece(code, { mappings, sources }, visit) {
  let [source, line] = [0, 0];
  let lineStart = 0;
  let previous = { start: 0, source: null, line: 0 };
  const begin = (piece) => {
    if (piece.start > previous.start) visit({ ...previous, end: piece.start });
    previous = piece;
  };
  for (const text of mappings.split(';')) {
    let column = 0;
    for (const segment of text ? text.split(',') : []) {
      const [columnStep, sourceStep, lineStep] = decode(segment);
      column += columnStep;
      if (sourceStep === undefined) {
        begin({ start: lineStart + column, source: null, line: 0 });
        continue;
      }
      source += sourceStep;
      line += lineStep;
      begin({ start: lineStart + column, source: sources[source], line });
    }
    const next = code.indexOf('\n', lineStart);
    lineStart = next < 0 ? code.length : next + 1;
  }
  begin({ start: code.length, source: null, line: 0 });
}
