// Reads the doc comments of src/ line by line. The formatter keeps declarations at the left edge and members two
// spaces in, which spares a parser; the compiler has no JavaScript interface to ask.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** What the library is imported as, and the file that says what is in it. */
export const SURFACES = {
  'asyncio-web': 'index.ts',
  'asyncio-web/lowlevel': 'lowlevel.ts',
  'asyncio-web/testing': 'testing.ts',
};

const DECLARATION =
  /^export (?:declare |abstract |async )*(class|function|const|let|interface|type)\b\*? (\w+)(?:.*?\bextends (\w+))?(?:.*\bimplements (.*) \{)?/;
const MEMBER =
  /^ {2}((?:public|private|protected|static|override|abstract|declare|readonly|async|get|set) )*\*?(#?\w+|\[[^\]]+\])\s*[(<:?!=;]/;
/** Exported or not: a class that is not may be the base of one that is. */
const LOCAL_CLASS = /^(?:abstract )?class (\w+)(?:.*?\bextends (\w+))?(?:.*\bimplements (.*) \{)?/;

/**
 * @typedef {object} Declaration
 * @property {string} file Its path inside src/.
 * @property {string} kind class, function, const, interface or type.
 * @property {string} name
 * @property {boolean} exported
 * @property {string[]} bases What a class extends and implements.
 * @property {string} doc All of its doc comments, those of its overloads together; '' for none.
 * @property {Map<string, {doc: string, isHidden: boolean}>} members Of a class or an interface, by name.
 */

/**
 * The declarations at the top of a source file.
 *
 * @param {string} file
 * @param {string} source
 * @returns {Map<string, Declaration>}
 */
export function declarationsOf(file, source) {
  const found = new Map();
  let doc = '';
  let comment = null;
  let current = null;
  for (const line of source.split('\n')) {
    if (comment !== null || /^\s*\/\*\*/.test(line)) {
      comment = [...(comment ?? []), line];
      if (!line.includes('*/')) continue;
      doc = textOf(comment);
      comment = null;
      continue;
    }
    const header = /^\w/.test(line) ? withoutTypeArguments(line) : '';
    const exported = DECLARATION.exec(header);
    const local = LOCAL_CLASS.exec(header);
    if (exported !== null || local !== null) {
      const [, kind, name, base, interfaces] = exported ?? [null, 'class', ...local.slice(1)];
      const bases = [base, ...(interfaces?.match(/\b[A-Z]\w+/g) ?? [])].filter(Boolean);
      current = found.get(name) ?? {
        file,
        kind,
        name,
        exported: exported !== null,
        bases,
        doc: '',
        members: new Map(),
      };
      current.doc += doc;
      found.set(name, current);
      doc = '';
      continue;
    }
    const member = /^(class|interface)$/.test(current?.kind) ? MEMBER.exec(line) : null;
    if (member !== null) {
      const name = member[2];
      const known = current.members.get(name)?.doc ?? '';
      const isHidden = /^(#|_|\[|constructor$|toString$)/.test(name) || /^ *(private|protected) /.test(line);
      current.members.set(name, { doc: known + doc, isHidden });
    } else if (/^[^\s})]/.test(line) && !line.startsWith('//')) {
      current = null;
    }
    if (!/^\s*\/\//.test(line)) doc = '';
  }
  return found;
}

/** The line without `<…>`, which may name other classes than the bases. */
function withoutTypeArguments(line) {
  const shorter = line.replace(/<[^<>]*>/g, '');
  return shorter === line ? line : withoutTypeArguments(shorter);
}

/** A doc comment without its stars. */
function textOf(lines) {
  return `${lines.map((line) => line.replace(/^\s*\/?\*{1,2}(?!\/) ?/, '').replace(/\s*\*\/\s*$/, '')).join('\n')}\n`;
}

/** The names that a surface exports: what each is called where it is declared, and whether it is only a type. */
export function exportsOf(surface) {
  return [...surface.matchAll(/^export (type )?\{([^}]*)\} from '\.\/([^']+)';/gm)].flatMap(
    ([, typesOnly, names, file]) =>
      names
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean)
        .map((entry) => {
          const [, type, declared, name = declared] = /^(type )?(\w+)(?: as (\w+))?$/.exec(entry);
          return { name, declared, file, isType: Boolean(typesOnly ?? type) };
        }),
  );
}

/** The sources by path, such as 'core/events.ts'. */
export function readSources() {
  const paths = readdirSync(src, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  return new Map(
    paths
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .map((path) => [path, readFileSync(src + path, 'utf8')]),
  );
}

/**
 * The examples of a doc comment: what follows `@example`, to the next tag or the end.
 *
 * @param {string} doc
 * @returns {string[]}
 */
export function examplesIn(doc) {
  return [...doc.matchAll(/^@example\n([\s\S]*?)(?=^@\w|(?![\s\S]))/gm)].map(([, code]) => code.trimEnd());
}

/**
 * The examples of a source file, in order, each with the name of what it shows, such as 'Queue' or 'Lock.hold'.
 *
 * @param {string} file
 * @param {string} source
 * @returns {{title: string, code: string}[]}
 */
export function examplesOf(file, source) {
  return [...declarationsOf(file, source).values()].flatMap(({ name, doc, members }) => [
    ...examplesIn(doc).map((code) => ({ title: name, code })),
    ...[...members].flatMap(([member, { doc: text }]) =>
      examplesIn(text).map((code) => ({ title: `${name}.${member}`, code })),
    ),
  ]);
}
