// Bundles a program as a user of the package would: rollup on what is published, then terser.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { minify as terse } from 'terser';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { exports, sideEffects } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** Resolves the package's own names as a consumer's bundler does, by package.json. */
const ownNames = {
  name: 'own-names',
  resolveId(id) {
    const match = /^asyncio-web(\/.+)?$/.exec(id);
    const entry = match && exports[`.${match[1] ?? ''}`];
    return entry?.default ? root + entry.default.slice(2) : null;
  },
};

/** In this process, where it gets faster from bundle to bundle; its rollup plugin starts a worker for each. */
const terser = {
  name: 'terser',
  async renderChunk(code, _chunk, { format, sourcemap }) {
    const options = { ecma: 2020, module: format === 'es', compress: { passes: 3 }, sourceMap: sourcemap };
    const { code: minified, map } = await terse(code, options);
    return { code: minified, map: map ?? null };
  },
};

const VIRTUAL = '\0program.js';

/** A missing export or an import cycle of ours makes a bundle that means nothing. Other packages have their own ways. */
const onwarn = (warning) => {
  const files = [warning.id, ...(warning.ids ?? [])].filter(Boolean);
  if (files.length === 0 || files.some((id) => !id.includes('node_modules')))
    throw new Error(warning.message);
};

/**
 * @param {string} program The program's text.
 * @param {object} [options]
 * @param {boolean} [options.minify] Default true.
 * @param {boolean} [options.sourcemap]
 * @param {object[]} [options.plugins] More rollup plugins, after ours.
 * @param {string[]} [options.external]
 * @param {'es' | 'iife'} [options.format] `iife` is a single script.
 * @returns {Promise<import('rollup').OutputChunk[]>} The entry first; then what it loads with `import()`.
 */
export async function bundle(
  program,
  { minify = true, sourcemap = false, plugins = [], external = [], format = 'es' } = {},
) {
  const entry = {
    name: 'program',
    resolveId: (id) => (id === VIRTUAL ? id : null),
    load: (id) => (id === VIRTUAL ? program : null),
  };
  const built = await rollup({
    input: VIRTUAL,
    plugins: [entry, ownNames, ...plugins],
    external,
    onwarn,
    // As a consumer's bundler reads it in package.json: what is not used of a module need not be looked at.
    treeshake: { moduleSideEffects: (id) => sideEffects !== false || !id.startsWith(`${root}dist/`) },
  });
  try {
    const { output } = await built.generate({
      format,
      sourcemap,
      ...(format === 'iife' && { inlineDynamicImports: true }),
      plugins: minify ? [terser] : [],
    });
    const chunks = output.filter(({ type }) => type === 'chunk');
    return chunks.sort((a, b) => Number(b.isEntry) - Number(a.isEntry));
  } finally {
    await built.close();
  }
}
