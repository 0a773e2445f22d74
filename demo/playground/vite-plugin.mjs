// What the playground's page imports that no file holds: Workers as texts, the library's declarations, and, in a
// build, the service worker with the list of what it keeps.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A frame without an origin and a Worker of its own can be given only texts: whole programs, as text. */
const WORKERS = {
  'virtual:runner': { entry: 'runner/main.ts', names: true },
  'virtual:language-worker': { entry: 'language-worker.ts', names: false },
};

/** Kept when they are asked for; everything else is kept at once. */
const LAZY = /language-worker|declarations/;

export function playground() {
  let isBuild = false;

  /** A Worker as one script. The runner keeps its names, since users see them. */
  async function bundle({ entry, names }) {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(here, entry)],
      bundle: true,
      write: false,
      metafile: true,
      format: 'iife',
      target: 'es2022',
      platform: 'browser',
      alias: {
        'asyncio-web': join(root, 'src/index.ts'),
        'asyncio-web/lowlevel': join(root, 'src/lowlevel.ts'),
        'asyncio-web/testing': join(root, 'src/testing.ts'),
      },
      plugins: [declarationsInWorker],
      // A peer of ours looks for Node when it is asked to; here nobody asks.
      external: ['node:process'],
      minifyWhitespace: isBuild || !names,
      minifySyntax: isBuild || !names,
      minifyIdentifiers: !names,
      legalComments: 'none',
      logLevel: 'warning',
    });
    return { text: outputFiles[0].text, files: Object.keys(metafile.inputs) };
  }

  const declarationsInWorker = {
    name: 'declarations',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.slice(0, -4)),
        namespace: 'raw',
      }));
      onLoad({ filter: /.*/, namespace: 'raw' }, async ({ path }) => ({
        contents: await readFile(path, 'utf8'),
        loader: 'text',
      }));
      onResolve({ filter: /^virtual:declarations$/ }, ({ path }) => ({ path, namespace: 'declarations' }));
      onLoad({ filter: /.*/, namespace: 'declarations' }, async () => ({
        contents: JSON.stringify(await collectDeclarations()),
        loader: 'json',
      }));
    },
  };

  return {
    name: 'playground',
    configResolved({ command }) {
      isBuild = command === 'build';
    },
    resolveId(id) {
      return id in WORKERS ? `\0${id}` : undefined;
    },
    async load(id) {
      const worker = WORKERS[id.slice(1)];
      if (!id.startsWith('\0') || worker === undefined) return undefined;
      const { text, files } = await bundle(worker);
      for (const file of files) if (!file.includes(':')) this.addWatchFile(join(process.cwd(), file));
      return `export default ${JSON.stringify(text)};`;
    },
    generateBundle: {
      // After the pages have been made.
      order: 'post',
      async handler(_options, bundled) {
        const kept = Object.keys(bundled).filter((name) => !name.endsWith('.map') && !LAZY.test(name));
        kept.sort();
        const hash = createHash('sha256');
        for (const name of kept) hash.update(name).update(bundled[name].code ?? bundled[name].source);
        let source = await readFile(join(here, 'service-worker.js'), 'utf8');
        const values = { VERSION: hash.digest('hex').slice(0, 16), FILES: JSON.stringify(kept) };
        for (const [name, value] of Object.entries(values)) {
          if (!source.includes(`'${name}'`)) throw new Error(`service-worker.js has no place for ${name}`);
          source = source.replace(`'${name}'`, JSON.stringify(value));
        }
        this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
      },
    },
  };
}

/** The library's declarations and those of the language itself, by the paths that the language service asks for. */
async function collectDeclarations() {
  const out = join(root, 'build/playground-types');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--declarationMap', 'false'];
  await promisify(execFile)(
    process.execPath,
    [compiler, ...options, '--declarationDir', out, '--outDir', out],
    {
      cwd: root,
    },
  );
  const files = {};
  for (const name of await readdir(out, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    files[`/asyncio-web/${relative('.', name)}`] = await readFile(join(out, name), 'utf8');
  }
  // One example compares with it.
  const peer = join(root, 'node_modules/effection/types');
  for (const name of await readdir(peer, { recursive: true })) {
    if (name.endsWith('.d.ts')) files[`/effection/${name}`] = await readFile(join(peer, name), 'utf8');
  }
  const library = join(root, 'node_modules/typescript-api/lib');
  for (const name of await readdir(library)) {
    // What a Worker of today has.
    if (!/^lib\.(es.*|esnext.*|decorators.*|webworker.*)\.d\.ts$/.test(name)) continue;
    files[`/lib/${name}`] = await readFile(join(library, name), 'utf8');
  }
  return files;
}
