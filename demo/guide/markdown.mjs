// The part of Markdown that the guide is written in, as HTML: headings, paragraphs, lists, tables, notes, links, code
// within a line, emphasis. What it does not know it refuses, so that no page shows its marks.

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);

const MARK = /`([^`]+)`|\[((?:`[^`]*`|[^\]])+)\]\(([^)]+)\)|\*\*([^*]+)\*\*|\*([^*]+)\*/g;

/** The text inside a heading, a paragraph, a cell or an item. Nothing in code is a mark. */
export function inline(text) {
  let html = '';
  let end = 0;
  for (const match of text.matchAll(MARK)) {
    const [all, code, label, to, strong, emphasis] = match;
    html += escapeHtml(text.slice(end, match.index));
    end = match.index + all.length;
    if (code !== undefined) html += `<code>${escapeHtml(code)}</code>`;
    else if (label !== undefined) html += `<a href="${to.replace(/\.md\b/, '.html')}">${inline(label)}</a>`;
    else if (strong !== undefined) html += `<strong>${inline(strong)}</strong>`;
    else html += `<em>${inline(emphasis)}</em>`;
  }
  return html + escapeHtml(text.slice(end));
}

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const cells = (line) =>
  line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => inline(cell.trim()));

function table(lines) {
  const [head, , ...rows] = lines;
  const row = (line) => {
    const [first, ...others] = cells(line);
    return `<tr><th scope="row">${first}</th>${others.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  };
  const heads = cells(head).map((cell) => `<th scope="col">${cell}</th>`);
  return `<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.map(row).join('')}</tbody></table></div>`;
}

function list(lines, mark, tag) {
  const items = [];
  for (const line of lines) {
    if (mark.test(line)) items.push(line.replace(mark, ''));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return `<${tag}>${items.map((item) => `<li>${inline(item)}</li>`).join('')}</${tag}>`;
}

/**
 * @param {string} text
 * @returns {string}
 */
export function renderMarkdown(text) {
  return text
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\n+$/g, ''))
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n');
      const heading = /^(#{1,3}) (.*)$/.exec(block);
      if (heading !== null) {
        const level = heading[1].length;
        return `<h${level} id="${slug(heading[2])}">${inline(heading[2])}</h${level}>`;
      }
      if (block.startsWith('|')) return table(lines);
      if (block.startsWith('- ')) return list(lines, /^- /, 'ul');
      if (/^\d+\. /.test(block)) return list(lines, /^\d+\. /, 'ol');
      if (block.startsWith('> '))
        return `<div class="note" role="note"><p>${inline(lines.map((line) => line.replace(/^> ?/, '')).join(' '))}</p></div>`;
      if (/^(#|```|\* |!\[|<)/.test(block)) throw new Error(`Cannot render: ${block.slice(0, 60)}`);
      return `<p>${inline(lines.join(' '))}</p>`;
    })
    .join('\n');
}

const WORDS =
  /^(?:abstract|as|async|await|break|case|catch|class|const|continue|default|do|else|export|extends|finally|for|from|function|get|if|implements|import|in|instanceof|interface|let|new|null|of|override|private|protected|public|readonly|return|static|super|switch|this|throw|true|false|try|type|typeof|undefined|var|void|while|yield)$/;

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|(?<number>\b\d[\d_.]*(?:e-?\d+)?\b)|(?<word>[A-Za-z_$][\w$]*)/g;

/** TypeScript with its words marked. */
export function highlight(code) {
  let html = '';
  let end = 0;
  const mark = (kind, text) => `<span class="${kind}">${escapeHtml(text)}</span>`;
  for (const match of code.matchAll(TOKEN)) {
    const { comment, string, number, word } = match.groups;
    html += escapeHtml(code.slice(end, match.index));
    end = match.index + match[0].length;
    if (comment !== undefined) html += mark('c', comment);
    else if (string !== undefined) html += mark('s', string);
    else if (number !== undefined) html += mark('n', number);
    else if (WORDS.test(word)) html += mark('k', word);
    else if (code[end] === '(') html += mark('f', word);
    else if (/^[A-Z]/.test(word)) html += mark('t', word);
    else html += escapeHtml(word);
  }
  return html + escapeHtml(code.slice(end));
}
