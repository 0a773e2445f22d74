// Web Test Runner serves build/ and dist/ to real browsers. `npm test` calls createConfig() for each target;
// `npx wtr --watch` runs the default export below on the output of `npx tsc -p tsconfig.test.json --watch`.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { selectEngines } from './test/support/browsers.mjs';
import { startFaultServer } from './test/support/fault-server.mjs';
import { engineLauncher } from './test/support/wtr-launcher.mjs';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** What the tests of the network talk to. It does not keep the process alive. */
const faultServer = await startFaultServer();

/** Where a target's library lives. The other target's is refused, so that no run tests what it does not name. */
const LIBRARIES = { src: '/build/src/', dist: '/dist/' };

/** Tests import the library by name; each target gives that name another meaning. */
function libraryUnderTest(target) {
  const folder = LIBRARIES[target];
  const modules = Object.entries(exports)
    .filter(([, entry]) => entry.default)
    .map(([subpath, entry]) => [`asyncio-web${subpath.slice(1)}`, entry.default.replace('./dist/', folder)]);
  const paths = new Map(modules);
  return { name: 'library-under-test', resolveImport: ({ source }) => paths.get(source) };
}

/**
 * Answers 403 to requests for another target's library.
 *
 * @param {string} target
 * @param {{served: Set<string>, refused: Set<string>}} seen What was asked for, by path.
 */
function onlyTarget(target, seen) {
  const allowed = LIBRARIES[target];
  const refused = [...Object.values(LIBRARIES), '/src/', '/build/lib/'].filter(
    (folder) => folder !== allowed,
  );
  return (context, next) => {
    if (refused.some((folder) => context.path.startsWith(folder))) {
      seen.refused.add(context.path);
      context.status = 403;
      return;
    }
    if (context.path.startsWith(allowed)) seen.served.add(context.path);
    return next();
  };
}

/**
 * @param {object} options
 * @param {'src' | 'dist'} options.target
 * @param {string[]} options.engines
 * @param {string[]} options.files Compiled test files.
 * @param {number} [options.seed]
 * @param {string} [options.loop] The loop that conformance/ and differential/ run on, by its name in
 *   test/support/loops.ts.
 * @param {string} [options.grep] Runs the tests whose full name contains this.
 * @param {{served: Set<string>, refused: Set<string>}} [options.seen]
 */
export function createConfig({
  target,
  engines,
  files,
  seed = 1,
  loop,
  grep,
  seen = { served: new Set(), refused: new Set() },
}) {
  const cores = availableParallelism();
  return {
    rootDir: '.',
    files,
    nodeResolve: true,
    plugins: [libraryUnderTest(target)],
    middleware: [onlyTarget(target, seen)],
    browsers: engines.map(engineLauncher),
    concurrentBrowsers: engines.length,
    concurrency: Math.max(1, Math.floor(cores / 2)),
    browserStartTimeout: 90_000,
    testsStartTimeout: 60_000,
    testsFinishTimeout: 120_000,
    testFramework: { config: { ui: 'bdd', timeout: 20_000, ...(grep && { grep }) } },
    testRunnerHtml: (framework) => `<!doctype html>
      <meta charset="utf-8">
       <script>
         globalThis.__testSeed = ${seed};
         globalThis.__testTarget = '${target}';
         globalThis.__faultServer = '${faultServer.origin}';
         ${loop === undefined ? '' : `globalThis.__testLoop = ${JSON.stringify(loop)};`}
       </script>
      <script src="/test/support/page-setup.js"></script>
      <script type="module" src="${framework}"></script>`,
  };
}

export default createConfig({
  target: process.env.TARGET ?? 'src',
  engines: selectEngines(process.env.BROWSERS ?? 'chromium'),
  files: ['build/test/**/*.test.js', '!build/test/types/**'],
});
