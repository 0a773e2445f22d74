// The guide's pages: which there are, what their code blocks are, and how they become HTML.
//
// A page is a Markdown file. A block "```ts code/x.ts" shows the whole of that file, and a block
// "```text output of code/x.ts" behind it what its `main` prints. The files are the truth for the code, the pages for
// the output: test/repo/guide.test.mjs compares the former, and the suite (test/generated/guide.test.ts) the latter.
//
//   node demo/guide/pages.mjs    brings the code of the pages up to date with the files

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { escapeHtml, highlight, inline, renderMarkdown } from './markdown.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** In the order of reading. The first is the table of contents. */
export const PAGES = [
  'index',
  '01-event-loop',
  '02-iteration',
  '03-futures-and-tasks',
  '04-yield',
  '05-awaitables',
  '06-exceptions',
  '07-running',
  '08-plugging-in',
  '09-guest-mode',
  '10-simulator',
  '11-testing',
];

export const readPage = (name) => readFileSync(join(here, `${name}.md`), 'utf8');
export const readCode = (file) => readFileSync(join(here, file), 'utf8');
const titleOf = (text) => /^# (.*)$/m.exec(text)[1];

const BLOCK = /^```(ts|text output of) (\S+\.ts)\n([\s\S]*?)^```$/gm;

/** The blocks of a page that show a file: its code, and what it prints if the page says so. */
export function blocksOf(text) {
  const blocks = [];
  for (const [, kind, file, body] of text.matchAll(BLOCK)) {
    if (kind === 'ts') blocks.push({ file, code: body, output: null });
    else {
      const block = blocks.at(-1);
      if (block?.file !== file) throw new Error(`the output of ${file} does not stand behind its code`);
      block.output = body;
    }
  }
  return blocks;
}

/** The page with the code of its blocks as it stands in the files. */
export function synchronised(text) {
  return text.replace(BLOCK, (block, kind, file) =>
    kind === 'ts' ? `\`\`\`ts ${file}\n${readCode(file)}\`\`\`` : block,
  );
}

// HTML

/** A block as it is shown: it can be read without a script, which makes the controls work. */
function renderBlock({ file, code, output }) {
  const name = file.split('/').at(-1);
  const lines = `<pre class="code" tabindex="0" aria-label="${name}"><code>${highlight(code)}</code></pre>`;
  if (output === null)
    return `<details class="file"><summary>${name}, ${code.split('\n').length - 1} lines</summary>${lines}</details>`;
  return `<figure class="block" data-file="${escapeHtml(file)}">
<figcaption>${name}</figcaption>
${lines}
<div class="controls" hidden>
<button type="button" class="primary" data-do="run">Run</button>
<button type="button" data-do="step" hidden>Step</button>
<button type="button" data-do="iteration" hidden>Iteration</button>
<button type="button" class="quiet" data-do="reset" hidden>Again</button>
<span class="state" role="status"></span>
</div>
<div class="picture" hidden></div>
<div class="result"><p class="label">What it prints</p><pre class="output" tabindex="0" aria-label="Output of ${name}">${escapeHtml(output)}</pre></div>
</figure>`;
}

const ICON = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%232b5b9e'/%3E%3Cg fill='none' stroke-width='3' stroke-linecap='round'%3E%3Cpath stroke='%23fff' d='M23 11.5A8.5 8.5 0 1 0 24.5 16'/%3E%3Cpath stroke='%23f2c530' d='M24.5 6.5v5.5H19'/%3E%3C/g%3E%3C/svg%3E`;

/** A page as an HTML document. Its addresses are relative: the site works at any path. */
export function renderPage(name) {
  const text = readPage(name);
  const title = titleOf(text).replaceAll('`', '');
  const at = PAGES.indexOf(name);
  const blocks = blocksOf(text);
  // Code goes through the renderer as what it is: a mark in the text, replaced afterwards.
  const marked = text.replace(BLOCK, (_block, kind, file) => (kind === 'ts' ? `\n@@${file}@@\n` : ''));
  const body = renderMarkdown(marked).replace(/<p>@@(\S+)@@<\/p>/g, (_mark, file) =>
    renderBlock(blocks.find((block) => block.file === file)),
  );
  const entry = (page) =>
    `<li><a href="./${page}.html"${page === name ? ' aria-current="page"' : ''}><span>${shortTitle(page)}</span></a></li>`;
  const neighbour = (page, rel, label) =>
    page === undefined
      ? '<span></span>'
      : `<a rel="${rel}" href="./${page}.html"><span>${label}</span>${shortTitle(page)}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(`${title}. A part of the guide to event loops of asyncio-web.`)}">
<title>${escapeHtml(title)} · asyncio-web</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="./style.css">
<script type="module" src="./page.ts"></script>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header class="top">
<a class="brand" href="../../index.html"><svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M23 11.5A8.5 8.5 0 1 0 24.5 16" /><path class="arrow" d="M24.5 6.5v5.5H19" /></svg>asyncio-web</a>
<a class="here" href="./index.html">The guide</a>
</header>
<div class="columns">
<nav class="contents" aria-label="The guide"><details open><summary>Contents</summary><ol>${PAGES.slice(1).map(entry).join('')}</ol></details></nav>
<main id="text">
${body}
<nav class="neighbours" aria-label="Before and after">${neighbour(PAGES[at - 1], 'prev', 'Before')}${neighbour(PAGES[at + 1], 'next', 'Next')}</nav>
</main>
</div>
</body>
</html>
`;
}

const shortTitle = (page) => inline(titleOf(readPage(page)));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of PAGES) writeFileSync(join(here, `${name}.md`), synchronised(readPage(name)));
}
