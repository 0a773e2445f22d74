// `npm test`: builds, brings the browsers, and runs everything in every engine.
//
//   npm test                                        repo tests, page tests, and the suite on sources and on dist
//   npm test -- --target=src --browsers=chromium    the suite on one target, in some engines
//   npm test -- --files='test/tasks/*.test.ts'      only these files of the suite
//   npm test -- --loop='SimLoop, open and traced' --files='test/conformance/*.test.ts'   on another loop
//   npm test -- --grep='Lock'                       only tests of the suite whose full name contains this
//   BROWSERS=chromium npm test                      all of it in fewer engines
//   SEED=17 npm test                                with the random choices of an earlier run
//
// The last line is `N passed, M failed`. The exit code is 1 on any failure, when no test ran, and when an engine
// that was asked for ran none.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { run as runNode } from 'node:test';
import { fileURLToPath } from 'node:url';
import { format, parseArgs } from 'node:util';
import { startTestRunner } from '@web/test-runner';
import { createConfig } from '../web-test-runner.config.mjs';
import { ENGINES, ensureBrowsers, selectEngines } from './support/browsers.mjs';
import { print, Tally } from './support/tally.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { values: options } = parseArgs({
  options: {
    files: { type: 'string', multiple: true },
    browsers: { type: 'string' },
    target: { type: 'string' },
    grep: { type: 'string' },
    loop: { type: 'string' },
  },
});
if (options.target && !['src', 'dist'].includes(options.target)) {
  throw new Error(`Cannot test target '${options.target}': it is src or dist`);
}
const targets = options.target ? [options.target] : ['src', 'dist'];
const engines = selectEngines(options.browsers ?? process.env.BROWSERS);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** The loops that conformance/ and differential/ run on; the first is the usual one. */
const loops = JSON.parse(readFileSync(new URL('support/loop-kinds.json', import.meta.url), 'utf8'));
const ON_EVERY_LOOP = {
  engines: engines.slice(0, 1),
  files: ['test/conformance/*.test.ts', 'test/differential/*.test.ts'],
};
/** Whether this is the whole test, not a part of the suite that someone is working on. */
const isWhole = !options.files && !options.target && !options.grep;

/**
 * Long tests of what does not depend on how the library is built: the checklists on every host, the guest's schedules,
 * memory. `--files` runs them on dist too.
 */
const SOURCES_ONLY = [
  'guide/**',
  'leaks/**',
  'loop/**',
  'sim/**',
  'differential/random.test.js',
  'transports/bulk.test.js',
  'transports/soak.test.js',
].map((path) => `!build/test/${path}`);

/** What takes longest and depends least on the engine: without LONG=1 it runs in the first engine only. */
const ONE_ENGINE = ['test/leaks/*.test.ts', 'test/differential/random.test.ts', 'test/loop/guest.test.ts'];

/** Page tests that watch a clock: nothing else runs meanwhile. */
const ALONE = ['bench', 'lifecycle', 'ping-pong', 'saturation', 'worker-timers'];

/** A file of page tests that takes longer is stuck, and must not hold the others for ever. */
const STUCK_MS = 300_000;

/** What each file took, by engine: with TIMES=1 the longest are told. */
const durations = [];

/** Web Test Runner's own words, as far as something is wrong. */
const quietLogger = {
  log() {},
  debug() {},
  group() {},
  groupEnd() {},
  warn: (...messages) => print(format(...messages)),
  error: (...messages) => print(format(...messages)),
  logSyntaxError: ({ message, filePath }) => print(`${filePath}: ${message}`),
};

const tally = new Tally();
try {
  await main();
} catch (error) {
  tally.problem(error instanceof Error ? error.message : String(error));
}
process.exitCode = tally.finish();
// A browser that does not go away must not keep the result from being told.
setTimeout(() => process.exit(), 5000).unref();

async function main() {
  const others = ENGINES.filter((name) => !engines.includes(name));
  print(
    `engines: ${engines.join(', ')}${others.length > 0 ? ` (not ${others.join(', ')})` : ''}; seed ${seed}`,
  );
  if (isWhole && !process.env.LONG) {
    print(
      `left out without LONG=1: each example of the playground, programs that are large on purpose, speeds of the simulator; in ${engines.slice(1).join(' and ')}: ${ONE_ENGINE.join(', ')}`,
    );
  }
  build();
  await ensureBrowsers(engines, print);
  if (isWhole) await runNodeFiles('repo', 'test/repo');
  const isShort = isWhole && !process.env.LONG && engines.length > 1;
  for (const target of targets)
    await runSuite(target, { loop: options.loop, without: isShort ? ONE_ENGINE : [] });
  if (isShort) await runSuite('src', { engines: engines.slice(0, 1), files: ONE_ENGINE });
  // What every loop must do, on the other loops too: once, since engines and targets make no difference to a loop.
  if (isWhole) for (const loop of loops.slice(1)) await runSuite('src', { loop, ...ON_EVERY_LOOP });
  if (isWhole) {
    for (const engine of engines) {
      // Page tests ask test/support/pages.mjs for "the" engine, and run once in each.
      process.env.ENGINE = engine;
      await runNodeFiles(`pages in ${engine}`, 'test/browser');
    }
  }
}

function build() {
  const started = Date.now();
  if (targets.includes('dist')) npmRun('build');
  else for (const folder of ['src', 'test']) rmSync(`build/${folder}`, { recursive: true, force: true });
  execute('node', ['test/support/extract-examples.mjs']);
  execute('node', ['test/support/extract-guide.mjs']);
  try {
    execute('tsc', ['-p', 'tsconfig.test.json']);
  } catch (error) {
    // Someone who works on one file may want to see it run in spite of a type error, here or elsewhere.
    if (isWhole) throw error;
    tally.problem(error.message);
  }
  if (isWhole) npmRun('build:site');
  print(`built in ${seconds(started)}`);
  // Repo tests and page tests need not build again.
  process.env.DIST_IS_FRESH = '1';
  if (isWhole) process.env.SITE_IS_FRESH = '1';
}

function npmRun(script) {
  execute('npm', ['run', '--silent', script]);
}

function execute(command, args) {
  const path = `node_modules/.bin:${process.env.PATH}`;
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  if (status !== 0) throw new Error(`Cannot build: ${command} ${args.join(' ')} gave ${status}`);
}

/** The browser tests, on the sources or on what is shipped. */
async function runSuite(
  target,
  { loop, engines: chosen = engines, files: patterns = options.files, without = [] } = {},
) {
  const started = Date.now();
  const built = (pattern) => pattern.replace(/^(\.\/)?(!?)/, '$2build/').replace(/\.ts$/, '.js');
  const files = patterns?.map(built);
  const seen = { served: new Set(), refused: new Set() };
  const config = createConfig({
    target,
    engines: chosen,
    loop,
    files: [
      ...(files ?? ['build/test/**/*.test.js']),
      '!build/test/types/**',
      ...without.map((pattern) => `!${built(pattern)}`),
      // White-box tests reach into modules; dist/ promises only its public ones.
      ...(target === 'dist' ? ['!**/*.internal.test.js', ...(patterns ? [] : SOURCES_ONLY)] : []),
    ],
    seed,
    grep: options.grep,
    seen,
  });
  const rows = new Map(
    chosen.map((engine) => [engine, tally.row(`${target} in ${engine}${loop ? ` on ${loop}` : ''}`)]),
  );
  const reporter = {
    reportTestFileResults({ sessionsForTestFile }) {
      for (const session of sessionsForTestFile) reportSession(session, rows.get(session.browser.name));
    },
  };
  const runner = await startTestRunner({
    config: { ...config, reporters: [reporter], logger: quietLogger, staticLogging: true },
    readCliArgs: false,
    readFileConfig: false,
    autoExitProcess: false,
  });
  await new Promise((resolve) => runner.on('stopped', resolve));
  for (const [engine, row] of rows) {
    if (row.passed + row.failed === 0) tally.problem(`No test ran in ${engine} on ${target}`);
  }
  if (seen.served.size === 0 && !patterns) tally.problem(`The library was never loaded from ${target}`);
  for (const path of seen.refused) tally.problem(`A test on ${target} asked for ${path}`);
  print(`suite on ${target}${loop ? ` with ${loop}` : ''} took ${seconds(started)}`);
  if (process.env.TIMES) printTimes();
}

function durationOf({ tests, suites }) {
  const sum = (parts) => parts.reduce((total, part) => total + part, 0);
  return sum(tests.map(({ duration = 0 }) => duration)) + sum(suites.map(durationOf));
}

function printTimes() {
  durations.sort(([a], [b]) => b - a);
  for (const [ms, name] of durations.splice(0).slice(0, 25)) print(`${(ms / 1000).toFixed(1)} s  ${name}`);
}

function reportSession(session, row) {
  const file = session.testFile.replace(/^.*\/build\//, '').replace(/\.js$/, '.ts');
  const failedBefore = row.failed;
  const visit = (suite, path) => {
    for (const test of suite.tests) {
      const title = [...path, test.name].join(' › ');
      if (test.skipped) row.skipped++;
      else if (test.passed) row.passed++;
      else if (options.grep !== undefined && !test.error)
        continue; // left out by --grep
      else tally.failure(row, `${file} › ${title}`, test.error);
    }
    for (const child of suite.suites) visit(child, [...path, child.name]);
  };
  if (session.testResults) visit(session.testResults, []);
  if (session.testResults)
    durations.push([durationOf(session.testResults), `${file} in ${session.browser.name}`]);
  // What went wrong outside any test: an import, a hook, a time limit, an error that nobody caught.
  for (const error of session.errors) tally.failure(row, file, error);
  // From test/support/page-setup.js.
  for (const [first, error] of session.logs) {
    if (first === 'Unhandled rejection outside a test:')
      tally.failure(row, file, { message: `${first} ${format(error)}` });
  }
  for (const path of session.request404s) tally.failure(row, file, { message: `404: ${path}` });
  if (!session.passed && row.failed === failedBefore && options.grep === undefined) {
    tally.failure(row, file, { message: 'The test file failed without saying why' });
  }
  if (row.failed > failedBefore) {
    for (const log of session.logs) print(`    console: ${format(...log)}`);
  }
}

/** Test files that run in Node, each in a process of its own, two at a time: a page test mostly waits. */
async function runNodeFiles(label, folder) {
  const started = Date.now();
  const names = readdirSync(folder).filter((name) => name.endsWith('.test.mjs'));
  const isAlone = (name) => ALONE.includes(name.replace('.test.mjs', ''));
  const row = tally.row(label);
  const files = (some) => some.map((name) => `${folder}/${name}`);
  await runNodeTests(row, folder, { files: files(names.filter(isAlone)), concurrency: 1 });
  await runNodeTests(row, folder, { files: files(names.filter((name) => !isAlone(name))), concurrency: 2 });
  print(`${label} took ${seconds(started)}`);
}

async function runNodeTests(row, folder, options) {
  if (options.files.length === 0) return;
  for await (const { type, data } of runNode({ ...options, timeout: STUCK_MS })) {
    if (type === 'test:stderr' || type === 'test:stdout') process.stdout.write(data.message);
    const { type: kind, error } = data.details ?? {};
    // A suite counts only for what went wrong in itself: not for its tests, which have been counted.
    if (kind === 'suite' && (type !== 'test:fail' || error.failureType === 'subtestsFailed')) continue;
    if (type === 'test:pass')
      row[data.skip !== undefined || data.todo !== undefined ? 'skipped' : 'passed']++;
    if (type === 'test:fail')
      tally.failure(row, `${relative('.', data.file ?? folder)} › ${data.name}`, error.cause ?? error);
  }
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
