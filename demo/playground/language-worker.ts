/** TypeScript's language service over one program and the declarations of the library. */

import files from 'virtual:declarations';
import ts from 'typescript-api';
import ambient from './examples/playground.d.ts?raw';
import type { Explanation, Mistake, Question, Suggestion } from './language.ts';

const PROGRAM = '/program.ts';

const AMBIENT = '/ambient.d.ts';

/** More than these are not shown. */
const MOST = 400;

/** A program is a module also without an import, and may return nothing. */
const IGNORED = new Set([1108, 6133, 7044]);

let code = '';
let version = 0;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.webworker.d.ts'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  paths: {
    'asyncio-web': ['/asyncio-web/index.d.ts'],
    'asyncio-web/lowlevel': ['/asyncio-web/lowlevel.d.ts'],
    'asyncio-web/testing': ['/asyncio-web/testing.d.ts'],
    effection: ['/effection/mod.d.ts'],
  },
};

const textOf = (path: string): string | undefined =>
  path === PROGRAM ? code : path === AMBIENT ? ambient : (files as Record<string, string>)[path];

const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [PROGRAM, AMBIENT],
  getScriptVersion: (path) => (path === PROGRAM ? String(version) : '1'),
  getScriptSnapshot: (path) => {
    const text = textOf(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => '/',
  getDefaultLibFileName: (given) => `/lib/${ts.getDefaultLibFileName(given)}`,
  fileExists: (path) => textOf(path) !== undefined,
  readFile: (path) => textOf(path),
  directoryExists: () => true,
  getDirectories: () => [],
});

function setCode(next: string): void {
  if (next === code) return;
  code = next;
  version += 1;
}

const KINDS: Partial<Record<string, string>> = {
  [ts.ScriptElementKind.functionElement]: 'function',
  [ts.ScriptElementKind.memberFunctionElement]: 'method',
  [ts.ScriptElementKind.memberVariableElement]: 'property',
  [ts.ScriptElementKind.memberGetAccessorElement]: 'property',
  [ts.ScriptElementKind.classElement]: 'class',
  [ts.ScriptElementKind.interfaceElement]: 'interface',
  [ts.ScriptElementKind.typeElement]: 'type',
  [ts.ScriptElementKind.constElement]: 'constant',
  [ts.ScriptElementKind.variableElement]: 'variable',
  [ts.ScriptElementKind.letElement]: 'variable',
  [ts.ScriptElementKind.parameterElement]: 'variable',
  [ts.ScriptElementKind.keyword]: 'keyword',
  [ts.ScriptElementKind.moduleElement]: 'namespace',
  [ts.ScriptElementKind.alias]: 'namespace',
};

function complete(position: number): readonly Suggestion[] | null {
  const found = service.getCompletionsAtPosition(PROGRAM, position, {
    includeCompletionsWithInsertText: false,
  });
  if (found === undefined) return null;
  return found.entries
    .filter(({ name }) => !name.startsWith('_'))
    .slice(0, MOST)
    .map(({ name, kind }) => ({ name, kind: KINDS[kind] ?? 'text', detailOf: position }));
}

function describe(position: number, name: string): Explanation | null {
  const found = service.getCompletionEntryDetails(
    PROGRAM,
    position,
    name,
    {},
    undefined,
    undefined,
    undefined,
  );
  if (found === undefined) return null;
  const { displayParts, documentation } = found;
  return { ...texts(displayParts, documentation), from: position, to: position };
}

function check(): readonly Mistake[] {
  const found = [...service.getSyntacticDiagnostics(PROGRAM), ...service.getSemanticDiagnostics(PROGRAM)];
  return found
    .filter((one) => !IGNORED.has(one.code))
    .map(({ start = 0, length = 0, messageText, category }) => ({
      from: start,
      to: start + length,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
      isWarning: category !== ts.DiagnosticCategory.Error,
    }));
}

function explain(position: number): Explanation | null {
  const found = service.getQuickInfoAtPosition(PROGRAM, position);
  if (found === undefined) return null;
  const { textSpan, displayParts, documentation } = found;
  return {
    ...texts(displayParts, documentation),
    from: textSpan.start,
    to: textSpan.start + textSpan.length,
  };
}

function texts(
  signature: readonly ts.SymbolDisplayPart[] | undefined,
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
): { signature: string; documentation: string } {
  return {
    signature: ts.displayPartsToString([...(signature ?? [])]),
    documentation: ts.displayPartsToString([...(documentation ?? [])]),
  };
}

function answer(question: Question): unknown {
  if (question.type !== 'describe') setCode(question.code);
  switch (question.type) {
    case 'complete':
      return complete(question.position);
    case 'describe':
      return describe(question.position, question.name);
    case 'check':
      return check();
    case 'explain':
      return explain(question.position);
    default:
      return null;
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<{ id: number; question: Question }>) => {
  let given: unknown = null;
  try {
    given = answer(data.question);
  } catch (error) {
    console.warn('language service:', error);
    given = data.question.type === 'check' ? [] : null;
  }
  globalThis.postMessage({ id: data.id, answer: given });
});
