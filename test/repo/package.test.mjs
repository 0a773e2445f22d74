// The package as a stranger gets it: packed, installed in an empty folder, type-checked, bundled and run.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { difference, failedBudgets, readLedger } from '../size/ledger.mjs';
import { breakDown, measure } from '../size/measure.mjs';
import { importsOf } from '../support/imports.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);

/** Runs a program of ours or of a dependency; what it printed is in the error if it fails. */
function execute(command, args, cwd = root) {
  const options = { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 };
  try {
    return execFileSync(command, args, options);
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? error}`);
  }
}

const bin = (name) => join(root, 'node_modules/.bin', name);

const TYPED_PROGRAM = `
import * as asyncio from 'asyncio-web';
import { run, sleep } from 'asyncio-web';

function* one() { yield* sleep(0.01); return 1; }
function* two() { yield* sleep(0.01); return 'two'; }

export const result: Promise<string> = run(function* () {
  const [a, b] = yield* asyncio.gather(one(), two());
  const number: number = a;
  const text: string = b;
  // @ts-expect-error: a string is no number, and the result is not any
  const wrong: number = b;
  return text + number + wrong;
});

import * as lowlevel from 'asyncio-web/lowlevel';
import * as testing from 'asyncio-web/testing';
export const rest = [lowlevel, testing];
`;

const SMALL_PROGRAM = `
import { run, sleep } from 'asyncio-web';
console.log(await run(function* () { yield* sleep(0); return 'slept'; }));
globalThis.process?.exit(0);
`;

const WHOLE_PROGRAM = `
import * as asyncio from 'asyncio-web';
globalThis.everything = { ...asyncio };
`;

/** The declaration of a class, however a bundler writes it. */
const declares = (code, name) => new RegExp(`class ${name}\\b|\\b${name} = class\\b`).test(code);

/** Classes that a program that only runs and sleeps has no use for, as far as the package has them. */
const UNUSED = ['TaskGroup', 'Timeout', 'Barrier', 'Condition', 'PriorityQueue', 'StreamReader'];

let folder;
let tarball;

before(() => {
  if (!process.env.DIST_IS_FRESH) execute('npm', ['run', '--silent', 'build']);
  folder = mkdtempSync(join(tmpdir(), 'asyncio-web-package-'));
  const [packed] = JSON.parse(
    execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  );
  tarball = join(folder, packed.filename);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  execute(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-package-lock', '--no-audit', tarball],
    folder,
  );
  writeFileSync(join(folder, 'small.js'), SMALL_PROGRAM);
  writeFileSync(join(folder, 'whole.js'), WHOLE_PROGRAM);
});

after(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('contains what is needed and nothing else', () => {
    const installed = join(folder, 'node_modules/asyncio-web');
    const top = readdirSync(installed).sort();
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'src'];
    assert.deepEqual(
      top.filter((name) => !expected.includes(name)),
      [],
    );
    const { dependencies, exports, unpkg } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    );
    assert.equal(dependencies, undefined);
    for (const file of [unpkg, ...Object.values(exports).flatMap((entry) => entry.default ?? [])]) {
      assert.ok(existsSync(join(installed, file)), file);
    }
  });

  it('has a source map beside every script and declaration, which leads to a source that is there', () => {
    const dist = join(folder, 'node_modules/asyncio-web/dist');
    for (const name of readdirSync(dist, { recursive: true })) {
      if (!/\.(js|d\.ts)$/.test(name)) continue;
      const { sources } = JSON.parse(readFileSync(join(dist, `${name}.map`), 'utf8'));
      for (const source of sources)
        assert.ok(existsSync(join(dist, name, '..', source)), `${name}: ${source}`);
    }
  });

  it('pleases publint', async () => {
    const bytes = readFileSync(tarball);
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
      strict: true,
    });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    );
  });

  it('pleases attw', () =>
    execute(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii']));
});

describe('its types', () => {
  // The compiler that attw brings is an older one, as many users have.
  const older = createRequire(require.resolve('@arethetypeswrong/core/package.json'));
  const compilers = {
    'the native compiler': require.resolve('typescript/package.json'),
    'an older compiler': older.resolve('typescript/package.json'),
  };
  for (const [compiler, manifest] of Object.entries(compilers)) {
    for (const [module, moduleResolution] of [
      ['ESNext', 'bundler'],
      ['NodeNext', 'nodenext'],
    ]) {
      it(`hold under moduleResolution ${moduleResolution}, for ${compiler}`, () => {
        const project = mkdtempSync(join(folder, 'types-'));
        const compilerOptions = {
          target: 'ES2022',
          lib: ['ES2022', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
          module,
          moduleResolution,
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
        };
        writeFileSync(
          join(project, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, include: ['program.ts'] }),
        );
        writeFileSync(join(project, 'program.ts'), TYPED_PROGRAM);
        execute(process.execPath, [join(dirname(manifest), 'bin/tsc')], project);
      });
    }
  }
});

/** Each writes a bundle of `entry` to `out`, unminified, and resolves the package as it does for a user. */
const BUNDLERS = {
  async rollup(entry, out) {
    const { resolve } = createRequire(entry);
    const bundle = await rollup({
      input: entry,
      plugins: [{ name: 'packages', resolveId: (id) => (id.startsWith('asyncio-web') ? resolve(id) : null) }],
      onwarn: (warning) => assert.fail(warning.message),
    });
    await bundle.write({ dir: out, format: 'es', entryFileNames: 'program.js' });
  },
  vite: (entry, out) =>
    vite.build({
      root: folder,
      configFile: false,
      logLevel: 'warn',
      build: {
        outDir: out,
        target: 'es2022',
        minify: false,
        modulePreload: false,
        rollupOptions: { input: entry, output: { entryFileNames: 'program.js' } },
      },
    }),
  esbuild: (entry, out) =>
    esbuild.build({
      entryPoints: { program: entry },
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'warning',
    }),
};

/** The code that is loaded at once: a chunk, and what it imports otherwise than lazily. */
function eagerCode(out, name = 'program.js', seen = new Set()) {
  if (seen.has(name)) return '';
  seen.add(name);
  const code = readFileSync(join(out, name), 'utf8');
  const imports = [...code.matchAll(/^\s*(?:import|export)\b[^;'"()]*['"]\.\/([^'"]+)['"]/gm)];
  return code + imports.map(([, path]) => eagerCode(out, join(dirname(name), path), seen)).join('');
}

describe('its bundles', () => {
  const publicNames = readFileSync(join(root, 'src/index.ts'), 'utf8');

  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    it(`by ${name} run, and contain what is used only`, async () => {
      const out = mkdtempSync(join(folder, `${name}-`));
      await bundle(join(folder, 'small.js'), join(out, 'small'));
      await bundle(join(folder, 'whole.js'), join(out, 'whole'));
      writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
      assert.equal(execute(process.execPath, [join(out, 'small/program.js')]), 'slept\n');
      const small = eagerCode(join(out, 'small'));
      const whole = eagerCode(join(out, 'whole'));
      const offered = UNUSED.filter((part) => new RegExp(`\\b${part}\\b`).test(publicNames));
      assert.ok(offered.includes('TaskGroup'));
      // esbuild has the entry load every chunk that it shares with a lazy layer, used or not; the others do not.
      const own = name === 'esbuild' ? readFileSync(join(out, 'small/program.js'), 'utf8') : small;
      for (const part of offered) {
        assert.ok(declares(whole, part), `${part} is missing in a bundle of everything`);
        assert.ok(!declares(own, part), `${part} was not shaken out`);
      }
    });
  }

  it('load lazily what the sources load lazily, and the single script loads nothing', () => {
    for (const path of readdirSync(join(root, 'src'), { recursive: true })) {
      if (!path.endsWith('.ts')) continue;
      const lazy = importsOf(path, readFileSync(join(root, 'src', path), 'utf8')).filter(
        (found) => found.lazy,
      );
      const shipped = join(root, 'dist', path.replace(/\.ts$/, '.js'));
      if (lazy.length > 0) assert.match(readFileSync(shipped, 'utf8'), /\bimport\(/, `${path} became eager`);
    }
    assert.doesNotMatch(readFileSync(join(root, 'dist/asyncio.global.min.js'), 'utf8'), /\bimport\(/);
  });
});

describe('its size', () => {
  const ledger = readLedger();
  let sizes;

  before(async () => {
    sizes = await measure();
  });

  it('is, to the byte, what test/size/ledger.json says (npm run size -- --update)', () =>
    assert.deepEqual(difference(ledger.sizes, sizes), []));

  it(`keeps its budgets${ledger.enforceBudgets ? '' : ', once they are enforced: until then it says by how much not'}`, (context) => {
    const failed = failedBudgets(sizes, ledger.budgets);
    for (const line of failed) context.diagnostic(line);
    if (ledger.enforceBudgets) assert.deepEqual(failed, []);
  });

  it('is the sum of what its modules take', async () => {
    const parts = await breakDown('core');
    const sum = parts.reduce((total, { min, gz }) => ({ min: total.min + min, gz: total.gz + gz }), {
      min: 0,
      gz: 0,
    });
    assert.equal(sum.min, sizes.core.min);
    // What is left are the headers and code tables of the compressed stream, which belong to no module.
    assert.ok(sum.gz < sizes.core.gz && sizes.core.gz - sum.gz < 500, `${sum.gz} of ${sizes.core.gz}`);
  });
});
