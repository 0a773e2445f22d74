// Every public name says what it does, and every public function and class shows it. That the examples run is for
// the suite to find out: see test/support/extract-examples.mjs.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  declarationsOf,
  examplesIn,
  examplesOf,
  exportsOf,
  readSources,
  SURFACES,
} from '../support/docs.mjs';

/** What is missing, as lines such as "core/events.ts: Handle.cancel has no doc comment". */
function missingDocs(sources) {
  const declarations = new Map([...sources].map(([file, source]) => [file, declarationsOf(file, source)]));
  const classes = new Map();
  for (const found of declarations.values())
    for (const one of found.values())
      if (one.kind === 'class' || one.kind === 'interface') classes.set(one.name, one);

  const missing = new Set();
  for (const surface of Object.values(SURFACES)) {
    for (const { declared, file } of exportsOf(sources.get(surface) ?? '')) {
      const declaration = declarations.get(file)?.get(declared);
      if (declaration === undefined || !declaration.exported) {
        missing.add(`${surface}: ${declared} is not declared in ${file}`);
        continue;
      }
      if (declaration.doc.trim() === '') missing.add(`${file}: ${declared} has no doc comment`);
      const mustShow = declaration.kind === 'class' || declaration.kind === 'function';
      if (mustShow && examplesIn(declaration.doc).length === 0)
        missing.add(`${file}: ${declared} has no @example`);
      for (const line of undocumentedMembers(declaration, classes)) missing.add(line);
    }
  }
  return [...missing];
}

/** The public members of a class or an interface, its own and inherited, that neither it nor a base describes. */
function undocumentedMembers(declaration, declared) {
  /** By name: the last class that declares it, and whether one of them describes it. */
  const members = new Map();
  const visit = (one) => {
    for (const [name, { doc, isHidden }] of one.members) {
      // An interface that a class implements only describes: what is not there is not missing.
      if (isHidden || (one.kind === 'interface' && one !== declaration && !members.has(name))) continue;
      const isDescribed = members.get(name)?.isDescribed || doc.trim() !== '';
      members.set(name, { owner: one, isDescribed });
    }
    for (const base of one.bases) if (declared.has(base)) visit(declared.get(base));
  };
  visit(declaration);
  return [...members]
    .filter(([, { isDescribed }]) => !isDescribed)
    .map(([name, { owner }]) => `${owner.file}: ${owner.name}.${name} has no doc comment`);
}

describe('doc comments', () => {
  const sources = readSources();

  it('are there for every public name, with an example for functions and classes', () =>
    assert.deepEqual(missingDocs(sources), []));

  it('can be looked for, since the public surfaces are lists of names', () => {
    for (const surface of Object.values(SURFACES))
      assert.doesNotMatch(sources.get(surface), /^export (?!(type )?\{[^}]*\} from )/m);
  });

  it('hide no example from the suite', () => {
    for (const [file, source] of sources) {
      const written = source.match(/^ *\* @example$/gm)?.length ?? 0;
      assert.equal(examplesOf(file, source).length, written, file);
    }
  });

  it('open every source file with its purpose', () => {
    const without = [...sources].filter(([, source]) => !/^(\/\/.*\n|\n)*\/\*\*/.test(source));
    assert.deepEqual(
      without.map(([file]) => file),
      [],
    );
  });
});

describe('the check itself', () => {
  const EXAMPLE = '/**\n * Does it.\n *\n * @example\n * f();\n */\n';
  const missingIn = (code, names = 'f') =>
    missingDocs(
      new Map([
        ['index.ts', `export { ${names} } from './core/a.ts';`],
        ['core/a.ts', code],
      ]),
    );

  it('sees a missing comment, of a value or of a type', () => {
    assert.deepEqual(missingIn('export const f = 1;'), ['core/a.ts: f has no doc comment']);
    assert.deepEqual(missingIn('/** Old. */\nconst a = 1;\nexport type f = 1;', 'type f'), [
      'core/a.ts: f has no doc comment',
    ]);
    assert.deepEqual(missingIn('/** One. */\nexport const f = 1;'), []);
  });

  it('sees a missing example', () => {
    assert.deepEqual(missingIn('/** Does it. */\nexport function* f() {}'), ['core/a.ts: f has no @example']);
    assert.deepEqual(missingIn(`${EXAMPLE}// why\nexport async function f() {}`), []);
    assert.deepEqual(missingIn(`${EXAMPLE}export function f(): 1;\nexport function f(a?: 1) {}`), []);
  });

  it('finds every example, each up to the next tag', () => {
    const code = `${EXAMPLE}export class f {\n  /**\n   * Goes.\n   * @example\n   * a();\n   *   b();\n   * @example\n   * c();\n   * @returns Nothing.\n   */\n  go() {}\n}\n`;
    assert.deepEqual(examplesOf('core/a.ts', code), [
      { title: 'f', code: 'f();' },
      { title: 'f.go', code: 'a();\n  b();' },
      { title: 'f.go', code: 'c();' },
    ]);
  });

  it('sees an undocumented member of an interface', () => {
    const code = '/** What it takes. */\nexport interface f {\n  readonly go?: 1;\n}\n';
    assert.deepEqual(missingIn(code, 'type f'), ['core/a.ts: f.go has no doc comment']);
  });

  it('sees an undocumented member, also of a base that is not exported', () => {
    const body = '{\n  #a = 1;\n  *go() {\n    stop();\n  }\n\n  toString() {}\n}\n';
    assert.deepEqual(missingIn(`${EXAMPLE}export class f ${body}`), ['core/a.ts: f.go has no doc comment']);
    assert.deepEqual(missingIn(`abstract class Base ${body}${EXAMPLE}export class f extends Base {}`), [
      'core/a.ts: Base.go has no doc comment',
    ]);
  });

  it('accepts what a base or an interface describes', () => {
    const base = 'class Base {\n  /** Goes. */\n  go() {}\n}\n';
    assert.deepEqual(missingIn(`${base}${EXAMPLE}export class f extends Base {\n  override go() {}\n}`), []);
    const face = 'export interface Face {\n  /** Goes. */\n  go(): void;\n}\n';
    assert.deepEqual(missingIn(`${face}${EXAMPLE}export class f implements Face {\n  go() {}\n}`), []);
  });

  it('sees an export that is not there', () => {
    assert.deepEqual(missingIn('function f() {}'), ['index.ts: f is not declared in core/a.ts']);
  });
});
