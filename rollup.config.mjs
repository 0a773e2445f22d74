// From tsc's output in build/lib/ to dist/: one ES module per source file, so that bundlers drop what a program does
// not use file by file, and one script for a <script> tag, plain and minified, that defines the global `asyncio`.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import terser from '@rollup/plugin-terser';

const { version, license } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
const banner = `/*! asyncio-web ${version} | ${license} */`;

/** Chains tsc's source maps, so that the maps in dist/ lead to TypeScript. */
const compilerMaps = {
  name: 'compiler-maps',
  async load(id) {
    if (!id.endsWith('.js')) return null;
    const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
    return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: JSON.parse(map) };
  },
};

/**
 * In declarations tsc leaves `./futures.ts` as it was written; only `./futures.js` resolves for every consumer.
 * Both are equally long, so the declaration maps stay true.
 */
const declarationSpecifiers = {
  name: 'declaration-specifiers',
  async writeBundle({ dir }) {
    for (const name of await readdir(dir, { recursive: true })) {
      if (!name.endsWith('.d.ts')) continue;
      const path = join(dir, name);
      const text = await readFile(path, 'utf8');
      const fixed = text.replace(/((?:\bfrom|\bimport\(?)\s*)(['"])(\.\.?\/[^'"]*)\.ts\2/g, '$1$2$3.js$2');
      if (fixed !== text) await writeFile(path, fixed);
    }
  },
};

/** A warning here is a broken release: an unresolved import, a cycle, an export that is missing. */
const onwarn = (warning) => {
  throw new Error(warning.message);
};

export default [
  {
    input: {
      index: 'build/lib/index.js',
      lowlevel: 'build/lib/lowlevel.js',
      testing: 'build/lib/testing.js',
    },
    plugins: [compilerMaps, declarationSpecifiers],
    treeshake: { moduleSideEffects: false },
    onwarn,
    output: {
      dir: 'dist',
      format: 'es',
      sourcemap: true,
      preserveModules: true,
      preserveModulesRoot: 'build/lib',
      banner,
    },
  },
  {
    input: 'build/lib/index.js',
    plugins: [compilerMaps],
    treeshake: { moduleSideEffects: false },
    onwarn,
    output: [
      { file: 'dist/asyncio.global.js' },
      {
        file: 'dist/asyncio.global.min.js',
        plugins: [terser({ ecma: 2020, compress: { passes: 2 }, format: { comments: /^!/ } })],
      },
    ].map((output) => ({
      ...output,
      format: 'iife',
      name: 'asyncio',
      inlineDynamicImports: true,
      sourcemap: true,
      banner,
    })),
  },
];
