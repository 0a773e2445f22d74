// Makes tests of what the documentation shows: every @example in src/ and every ```ts block of README.md becomes one
// test, which passes when the example compiles and does not throw.
//
// An example stands alone: it may use every public name, `asyncio`, and `fetch`, which answers at once here. One that
// begins a program itself (`run(…)`, `runSim(…)`, or a top-level `await`) runs as it is, and is waited for; every other one is the
// body of a coroutine in virtual time.
//
//   node test/support/extract-examples.mjs    writes test/generated/examples.test.ts, which git ignores

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examplesOf, exportsOf, readSources, SURFACES } from './docs.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = `${root}test/generated/examples.test.ts`;

/** The answer of the server that examples ask. */
const FETCH = `const fetch = async (_url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
  init?.signal?.throwIfAborted();
  return new Response('{ "name": "asyncio" }');
};
const platformFetch = globalThis.fetch;
before(() => {
  globalThis.fetch = fetch;
});
after(() => {
  globalThis.fetch = platformFetch;
});
`;

/** What runs a simulation at once, which no loop may be running around. */
const SYNCHRONOUS = /\b(runSim|runUntilCompleteSync|advance\w+)\(/;

/** An example as the source of one test. */
function testOf(title, example) {
  const lines = example.split('\n').filter((line) => !/^import .* from 'asyncio-web(\/\w+)?';$/.test(line));
  // A program is started, and left alone; the test has to see its end.
  const code = lines.map((line) => line.replace(/^(asyncio\.)?run\(/, 'await $&'));
  const isProgram = code.some(
    (line) => /^(?!\s|function|async function).*\bawait\b/.test(line) || SYNCHRONOUS.test(line),
  );
  // What an example only names is not unused.
  const used = namesIn(code).map((name) => `void ${name};`);
  const body = [...code, ...used].map((line) => (line === '' ? '' : `    ${line}`)).join('\n');
  const [open, close] = isProgram
    ? ['async () => {', '}']
    : [
        '() => asyncio.run(function* (): asyncio.Coroutine<void> {',
        '}, { loopFactory: () => new SimLoop() })',
      ];
  return `  it(${JSON.stringify(title)}, ${open}\n${body}\n  ${close});\n`;
}

/** What is declared at the left edge of some code. */
function namesIn(lines) {
  return lines.flatMap((line) => {
    const one = /^(?:const|let|using|class|(?:async )?function\*?) ([\w$]+)/.exec(line);
    if (one !== null) return [one[1]];
    const several = /^(?:const|let) [[{](.*?)[\]}] =/.exec(line);
    return several === null
      ? []
      : several[1]
          .split(',')
          .map((name) => name.replace(/^.*:|[\s[\]]/g, ''))
          .filter(Boolean);
  });
}

/** One import for each surface, with every name that no surface before it has. */
function importsOf(sources) {
  const seen = new Set();
  const statements = Object.entries(SURFACES).map(([specifier, surface]) => {
    // The library's own fetch is `asyncio.fetch` here, as it is for a program that uses both.
    const names = exportsOf(sources.get(surface)).filter(({ name }) => !seen.has(name) && name !== 'fetch');
    for (const { name } of names) seen.add(name);
    const list = (prefix) => names.map(({ name, isType }) => `${isType ? prefix : ''}${name}`).join(', ');
    // Exporting them again spares finding out which of them are used.
    return `import { ${list('type ')} } from '${specifier}';\nexport { ${list('type ')} };\n`;
  });
  return ["import * as asyncio from 'asyncio-web';\n", ...statements].join('');
}

function generate() {
  const sources = readSources();
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code], index) => ({
    title: `block ${index + 1}`,
    code: code.trimEnd(),
  }));
  const suites = [...sources]
    .map(([file, source]) => ({ file: `src/${file}`, examples: examplesOf(file, source) }))
    .concat({ file: 'README.md', examples: blocks })
    .filter(({ examples }) => examples.length > 0)
    .map(({ file, examples }) => {
      const tests = examples.map(({ title, code }) => testOf(title, code)).join('\n');
      return `describe('examples in ${file}', () => {\n${tests}});\n`;
    });
  return [
    '// Made by test/support/extract-examples.mjs from the comments in src/ and from README.md; `npm test` makes it anew.\n',
    importsOf(sources),
    FETCH,
    // A `using` that was compiled looks for this symbol; not every engine has it.
    "if (!Reflect.has(Symbol, 'dispose'))\n  Object.defineProperty(Symbol, 'dispose', { value: Symbol.for('Symbol.dispose') });\n",
    ...suites,
  ].join('\n');
}

mkdirSync(dirname(OUTPUT), { recursive: true });
writeFileSync(OUTPUT, generate());
