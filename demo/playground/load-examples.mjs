// The examples outside a browser.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

/** The examples with their texts, for tests and tools outside a browser. */
export async function loadExamples() {
  const rawTexts = {
    name: 'raw',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.slice(0, -4)),
        namespace: 'raw',
      }));
      onLoad({ filter: /.*/, namespace: 'raw' }, async ({ path }) => ({
        contents: await readFile(path, 'utf8'),
        loader: 'text',
      }));
    },
  };
  const { outputFiles } = await bundle({
    entryPoints: [fileURLToPath(new URL('examples/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    plugins: [rawTexts],
    logLevel: 'warning',
  });
  const text = Buffer.from(outputFiles[0].text).toString('base64');
  const { EXAMPLES } = await import(`data:text/javascript;base64,${text}`);
  return EXAMPLES;
}
