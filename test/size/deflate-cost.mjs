// What each byte of a text costs once it is compressed: a reader of DEFLATE streams (RFC 1951) that keeps accounts.
// Sizes of the parts of a bundle cannot be had by compressing the parts, because they share their repetitions.

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

const distanceExtra = (code) => (code < 4 ? 0 : (code >> 1) - 1);

/** Canonical Huffman code of `lengths`, as a map from length and code to symbol. */
function huffman(lengths) {
  const table = new Map();
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === length) table.set(length * 65536 + code++, symbol);
    }
    code <<= 1;
  }
  return table;
}

class BitReader {
  position = 0;
  #bytes;
  constructor(bytes) {
    this.#bytes = bytes;
  }
  bit() {
    const bit = (this.#bytes[this.position >> 3] >> (this.position & 7)) & 1;
    this.position++;
    return bit;
  }
  bits(count) {
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.bit() << i;
    return value;
  }
  symbol(table) {
    let code = 0;
    for (let length = 1; length <= 15; length++) {
      code = (code << 1) | this.bit();
      const symbol = table.get(length * 65536 + code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error(`No Huffman code at bit ${this.position}`);
  }
}

function readTables(reader) {
  const literals = reader.bits(5) + 257;
  const distances = reader.bits(5) + 1;
  const count = reader.bits(4) + 4;
  const codeLengths = new Array(19).fill(0);
  for (let i = 0; i < count; i++) codeLengths[CODE_LENGTH_ORDER[i]] = reader.bits(3);
  const table = huffman(codeLengths);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = reader.symbol(table);
    if (symbol < 16) lengths.push(symbol);
    else {
      const [value, repeat] =
        symbol === 16
          ? [lengths.at(-1), 3 + reader.bits(2)]
          : [0, symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7)];
      for (let i = 0; i < repeat; i++) lengths.push(value);
    }
  }
  return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
}

function fixedTables() {
  const literals = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [huffman(literals), huffman(new Array(30).fill(5))];
}

/**
 * The compressed bits that each byte of the text took: a literal's own code, or its share of the match it came from.
 * Block headers and code tables belong to no byte and are left out.
 *
 * @param {Uint8Array} deflated A raw DEFLATE stream.
 * @param {number} size Length of the text.
 * @returns {Float64Array} Bits, one number for each byte of the text.
 */
export function deflateCost(deflated, size) {
  const reader = new BitReader(deflated);
  const cost = new Float64Array(size);
  let out = 0;
  for (let last = 0; !last; ) {
    last = reader.bit();
    const type = reader.bits(2);
    if (type === 0) {
      reader.position = (reader.position + 7) & ~7;
      const length = reader.bits(16);
      reader.bits(16);
      cost.fill(8, out, out + length);
      out += length;
      reader.position += 8 * length;
      continue;
    }
    const [literals, distances] = type === 1 ? fixedTables() : readTables(reader);
    for (;;) {
      const start = reader.position;
      const symbol = reader.symbol(literals);
      if (symbol === END_OF_BLOCK) break;
      let length = 1;
      if (symbol > END_OF_BLOCK) {
        length = LENGTH_BASE[symbol - 257] + reader.bits(LENGTH_EXTRA[symbol - 257]);
        reader.bits(distanceExtra(reader.symbol(distances)));
      }
      cost.fill((reader.position - start) / length, out, out + length);
      out += length;
    }
  }
  if (out !== size) throw new Error(`The stream holds ${out} bytes, not ${size}`);
  return cost;
}
