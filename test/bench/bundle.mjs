// Makes a page's script of a case: ours as published and the rivals from npm, bundled and minified in the same way.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { bundle } from '../size/bundle.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** React's scheduler is the one package here that is no ES module. What is imported of it is its production build. */
const commonjs = {
  name: 'commonjs',
  load(id) {
    if (!/scheduler\/cjs\/.*\.js$/.test(id)) return null;
    const names = [...readFileSync(id, 'utf8').matchAll(/^exports\.(\w+) = /gm)].map(([, name]) => name);
    const unique = [...new Set(names)];
    return `const exports = {};\n(() => {\n${readFileSync(id, 'utf8')}\n})();\nexport const { ${unique.join(', ')} } = exports;`;
  },
};

/** The short form measures ours and what is native. A rival is then whatever one asks it to be, and never runs. */
const noRivals = {
  name: 'no-rivals',
  resolveId: (id) => (RIVALS.test(id) ? { id: NO_RIVAL, syntheticNamedExports: true } : null),
  load: (id) =>
    id === NO_RIVAL
      ? 'const any = new Proxy(function () {}, { get: () => any, apply: () => any }); export default any;'
      : null,
};
const RIVALS = /^(effect|effection|rxjs|scheduler|main-thread-scheduling)(\/|$)/;
const NO_RIVAL = '\0no-rival.js';

/**
 * @param {string} name A module of `cases/`.
 * @param {object} [options]
 * @param {boolean} [options.short] Leaves the rivals and the minifier out, which take most of the time.
 * @returns {Promise<string>} A classic script that defines `globalThis.bench`, the module's exports.
 */
export async function bundleCase(name, { short = false } = {}) {
  const program = `import * as bench from ${JSON.stringify(`${here}cases/${name}.mjs`)};\nglobalThis.bench = bench;\n`;
  const [entry] = await bundle(program, {
    format: 'iife',
    minify: !short,
    plugins: [...(short ? [noRivals] : []), commonjs, nodeResolve({ browser: true, preferBuiltins: false })],
    external: ['node:process'],
  });
  return entry.code;
}
