// Reads TypeScript sources as far as the repo tests need to. The compiler has no JavaScript interface to ask.

import { posix } from 'node:path';

/**
 * The code without comments, and with empty strings unless they are wanted. A template's text goes, the expressions
 * in it stay. A regular expression is told from a division by what comes before it.
 */
export function stripped(source, { keepStrings = false } = {}) {
  let code = '';
  let at = 0;
  /** How many braces are open inside each `${` that is. */
  const templates = [];
  const skipTemplate = () => {
    for (; at < source.length; at++) {
      if (source[at] === '\\') at++;
      else if (source[at] === '`') return void at++;
      else if (source[at] === '$' && source[at + 1] === '{') {
        at += 2;
        templates.push(0);
        return;
      }
    }
  };
  const skipUntil = (pattern) => {
    pattern.lastIndex = at;
    at = pattern.exec(source) ? pattern.lastIndex : source.length;
  };
  while (at < source.length) {
    const char = source[at];
    if (source.startsWith('//', at)) skipUntil(/(?=\n)/g);
    else if (source.startsWith('/*', at)) skipUntil(/\*\//g);
    else if (char === "'" || char === '"') {
      const start = at;
      skipUntil(char === "'" ? /'(?:[^'\\\n]|\\.)*'/gy : /"(?:[^"\\\n]|\\.)*"/gy);
      code += keepStrings ? source.slice(start, at) : char + char;
    } else if (char === '/' && /(^|[=(,:;!&|?{}[\n]|=>|\breturn|\btypeof)\s*$/.test(code.slice(-20))) {
      skipUntil(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/gy);
      code += '/ /';
    } else if (char === '`') {
      at++;
      code += '``';
      skipTemplate();
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]++;
      if (templates.length > 0 && char === '}' && templates[templates.length - 1]-- === 0) {
        templates.pop();
        at++;
        skipTemplate();
        continue;
      }
      code += char;
      at++;
    }
  }
  return code;
}

/**
 * What a source file imports, for its values or its types; `lazy` where import() loads it when it is needed.
 *
 * @param {string} path Its path inside src/.
 * @param {string} source
 * @returns {{to: string, lazy: boolean}[]}
 * @throws {Error} If it imports a package.
 */
export function importsOf(path, source) {
  const code = stripped(source, { keepStrings: true });
  const found = [];
  const add = (specifier, lazy) => {
    if (specifier.startsWith('.')) found.push({ to: posix.join(posix.dirname(path), specifier), lazy });
    else throw new Error(`${path} imports '${specifier}'; the library depends on nothing`);
  };
  const statement = /(?:^|[;}\n])\s*(?:import|export)\s+(?:[\w*{}\s,$]+?\s+from\s*)?(['"])([^'"]+)\1/g;
  for (const [, , specifier] of code.matchAll(statement)) add(specifier, false);
  // `import('./x.ts').Name` and `typeof import('./x.ts')` are types, and as good as an import statement.
  for (const [, type, , specifier, name] of code.matchAll(
    /(\btypeof\s+)?\bimport\s*\(\s*(['"])([^'"]+)\2\s*\)(\.[A-Z])?/g,
  )) {
    add(specifier, !type && !name);
  }
  return found;
}
