// The sizes of the presets, whole and by module.

import { readFileSync } from 'node:fs';
import { deflateRaw, gzip } from 'pako';
import { bundle } from './bundle.mjs';
import { deflateCost } from './deflate-cost.mjs';
import { files, presets } from './presets.mjs';
import { eachPiece } from './source-map.mjs';

const encoder = new TextEncoder();

/** The zlib that comes with Node compresses differently by version and by processor; this one does not. */
const LEVEL = { level: 9 };

/** The comment that leads to a source map is no part of what is measured. */
const withoutMapComment = (code) => code.replace(/\/\/# sourceMappingURL=.*\s*$/, '').trimEnd();

function sizeOf(code) {
  const bytes = encoder.encode(withoutMapComment(code));
  return { min: bytes.length, gz: gzip(bytes, LEVEL).length };
}

/** The names of the chunks that a page loads at once: the entry, and what is imported otherwise than lazily. */
function eagerNames(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const names = new Set();
  const visit = (name) => {
    if (names.has(name) || !byName.has(name)) return;
    names.add(name);
    byName.get(name).imports.forEach(visit);
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName);
  return names;
}

/** Sizes of one program's chunks: what a page loads at once, and what `import()` brings later, if anything. */
function sizeOfChunks(chunks) {
  const eager = eagerNames(chunks);
  const isLater = (chunk) => !eager.has(chunk.fileName);
  const sum = (some) =>
    some
      .map(({ code }) => sizeOf(code))
      .reduce((a, b) => ({ min: a.min + b.min, gz: a.gz + b.gz }), { min: 0, gz: 0 });
  const later = chunks.filter(isLater);
  const size = sum(chunks.filter((chunk) => !isLater(chunk)));
  return later.length ? { ...size, later: sum(later) } : size;
}

/**
 * @returns {Promise<Record<string, {min: number, gz: number, later?: {min: number, gz: number}}>>} Bytes by preset,
 *     minified, and minified and gzipped.
 */
export async function measure() {
  const sizes = {};
  for (const [name, program] of Object.entries(presets)) sizes[name] = sizeOfChunks(await bundle(program));
  for (const [name, path] of Object.entries(files)) {
    sizes[name] = sizeOf(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
  }
  return sizes;
}

/** The module a source of a map names, as a path inside `dist/`. */
const moduleOf = (source) => source?.replace(/^.*?dist\//, '') ?? '(bundler)';

/** The declaration and the member around a line of a module, as far as its indentation tells. */
function placeOf(lines, line) {
  const find = (pattern, from, to) => {
    for (let i = from; i >= to; i--) {
      const match = pattern.exec(lines[i]);
      if (match) return { name: match[1], at: i };
    }
    return null;
  };
  const top = find(
    /^(?:export )?(?:default )?(?:async )?(?:class|function\*?|const|let|var) ([\w$]+)/,
    line,
    0,
  );
  if (!top) return '(top)';
  if (!/class/.test(lines[top.at])) return top.name;
  const member = find(
    /^ {4}(?:static |async |get |set )*(?:\*\s*)?(#?[\w$]+|\[[^\]]+\])\s*[(={;]/,
    line,
    top.at + 1,
  );
  return member ? `${top.name}.${member.name}` : top.name;
}

/**
 * What each part of what a preset loads at once costs. The compressed bytes are those that the part's own text took in the one
 * stream of the whole bundle, so they add up; they depend on what stands before, and a part that is taken out saves
 * about as much.
 *
 * @param {string} preset
 * @param {string} [within] A module of `dist/`: then by declaration and member of that module.
 * @returns {Promise<{name: string, min: number, gz: number}[]>} Largest first.
 */
export async function breakDown(preset, within) {
  const program = presets[preset];
  if (!program) throw new RangeError(`No preset ${preset}: there are ${Object.keys(presets).join(', ')}`);
  const parts = new Map();
  let sourceLines = null;
  const chunks = await bundle(program, { sourcemap: true });
  const eager = eagerNames(chunks);
  for (const { code: withComment, map } of chunks.filter(({ fileName }) => eager.has(fileName))) {
    const code = withoutMapComment(withComment);
    const bytes = encoder.encode(code);
    const cost = deflateCost(deflateRaw(bytes, LEVEL), bytes.length);
    const offsets = byteOffsets(code);
    eachPiece(code, map, ({ start, end, source, line }) => {
      const module = moduleOf(source);
      if (within && module !== within) return;
      if (within && !sourceLines) {
        sourceLines = readFileSync(new URL(`../../dist/${within}`, import.meta.url), 'utf8').split('\n');
      }
      const name = within ? placeOf(sourceLines, line) : module;
      const part = parts.get(name) ?? { name, min: 0, gz: 0 };
      parts.set(name, part);
      for (let i = offsets[start]; i < offsets[end]; i++) {
        part.min++;
        part.gz += cost[i] / 8;
      }
    });
  }
  return [...parts.values()]
    .map((part) => ({ ...part, gz: Math.round(part.gz) }))
    .sort((a, b) => b.gz - a.gz);
}

/** Where in UTF-8 each UTF-16 unit of `code` begins; one more for the end. */
function byteOffsets(code) {
  const offsets = new Uint32Array(code.length + 1);
  let offset = 0;
  for (let i = 0; i < code.length; i++) {
    offsets[i] = offset;
    const point = code.codePointAt(i);
    if (point > 0xffff) offsets[++i] = offset;
    offset += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  offsets[code.length] = offset;
  return offsets;
}
