/** The editor: CodeMirror with TypeScript, completion and errors by the language service, and lines that are marked. */

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import type { Diagnostic } from '@codemirror/lint';
import { linter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import type { DecorationSet } from '@codemirror/view';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { make } from './dom.ts';
import type { Language } from './language.ts';
import type { Problem } from './protocol.ts';

const LINT_DELAY_MS = 600;

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.comment], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className, tags.namespace], color: 'var(--code-type)' },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: 'var(--code-function)',
  },
  { tag: [tags.definition(tags.variableName)], color: 'var(--ink)' },
  { tag: [tags.operator, tags.punctuation, tags.bracket], color: 'var(--soft)' },
]);

/** Lines where tasks wait, and the one that was picked. */
const markLines = StateEffect.define<{ readonly waiting: readonly number[]; readonly picked: number }>();
const waitingLine = Decoration.line({ class: 'cm-waiting-line' });
const pickedLine = Decoration.line({ class: 'cm-picked-line' });

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = transaction.docChanged ? Decoration.none : value;
    for (const effect of transaction.effects) {
      if (!effect.is(markLines)) continue;
      const { waiting, picked } = effect.value;
      const builder = new RangeSetBuilder<Decoration>();
      const lines = [...new Set([...waiting, picked])].sort((a, b) => a - b);
      for (const line of lines) {
        if (line < 1 || line > transaction.state.doc.lines) continue;
        const { from } = transaction.state.doc.line(line);
        builder.add(from, from, line === picked ? pickedLine : waitingLine);
      }
      next = builder.finish();
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export interface EditorEvents {
  run(): void;
  changed(): void;
}

export class Editor {
  readonly #view: EditorView;
  readonly #assistance = new Compartment();
  #marks = '';

  constructor(parent: HTMLElement, code: string, events: EditorEvents) {
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        doc: code,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentOnInput(),
          syntaxHighlighting(highlight),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          javascript({ typescript: true }),
          marks,
          this.#assistance.of(autocompletion()),
          EditorView.contentAttributes.of({ 'aria-label': 'Program', tabindex: '0' }),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: () => {
                events.run();
                return true;
              },
            },
            // Tab stays with the keyboard user; these indent.
            { key: 'Mod-]', run: indentMore },
            { key: 'Mod-[', run: indentLess },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...completionKeymap,
            ...lintKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) events.changed();
          }),
        ],
      }),
    });
  }

  get code(): string {
    return this.#view.state.doc.toString();
  }

  set code(code: string) {
    if (code === this.code) return;
    this.#view.dispatch({
      changes: { from: 0, to: this.#view.state.doc.length, insert: code },
      selection: { anchor: 0 },
      scrollIntoView: true,
    });
  }

  focus(): void {
    this.#view.focus();
  }

  /** Marks the lines where tasks wait, and the line of the one that is picked. */
  mark(waiting: readonly number[], picked: number): void {
    const key = `${waiting.join()} ${picked}`;
    if (key === this.#marks) return;
    this.#marks = key;
    this.#view.dispatch({ effects: markLines.of({ waiting, picked }) });
  }

  goToLine(line: number): void {
    const { doc } = this.#view.state;
    if (line < 1 || line > doc.lines) return;
    const { from } = doc.line(line);
    this.#view.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
    this.#view.focus();
  }

  /** Shows what the compiler found. */
  showProblem({ message, line, column }: Problem): void {
    const { doc } = this.#view.state;
    const at = doc.line(Math.max(1, Math.min(line, doc.lines)));
    const from = Math.min(at.from + Math.max(0, column - 1), at.to);
    const diagnostic: Diagnostic = { from, to: Math.min(from + 1, doc.length), severity: 'error', message };
    this.#view.dispatch(setDiagnostics(this.#view.state, [diagnostic]));
    this.goToLine(line);
  }

  /** From now on the language service helps. */
  assist(language: Language): void {
    const complete = async (context: CompletionContext): Promise<CompletionResult | null> => {
      const before = context.matchBefore(/[\w$]*/);
      const isMember = context.matchBefore(/\.[\w$]*/) !== null;
      if (!context.explicit && !isMember && (before === null || before.from === before.to)) return null;
      const found = await language.complete(this.code, context.pos);
      if (found === null || context.aborted) return null;
      const options = found.map(
        ({ name, kind, detailOf }): Completion => ({
          label: name,
          type: kind,
          info: async () => {
            const text = await language.describe(detailOf, name);
            return text === null ? null : explanation(text.signature, text.documentation);
          },
        }),
      );
      return { from: before?.from ?? context.pos, options, validFor: /^[\w$]*$/ };
    };
    const lint = async (view: EditorView): Promise<readonly Diagnostic[]> => {
      const { length } = view.state.doc;
      const found = await language.check(view.state.doc.toString());
      return found.map(({ from, to, message, isWarning }) => ({
        from: Math.min(from, length),
        to: Math.min(Math.max(to, from), length),
        severity: isWarning ? 'warning' : 'error',
        message,
      }));
    };
    const hover = hoverTooltip(async (view, position) => {
      const found = await language.explain(view.state.doc.toString(), position);
      if (found === null) return null;
      return {
        pos: found.from,
        end: found.to,
        create: () => ({ dom: explanation(found.signature, found.documentation) }),
      };
    });
    this.#view.dispatch({
      effects: this.#assistance.reconfigure([
        autocompletion({ override: [complete] }),
        linter(lint, { delay: LINT_DELAY_MS }),
        hover,
      ]),
    });
  }
}

function explanation(signature: string, documentation: string): HTMLElement {
  const box = make('div', 'explanation');
  box.append(make('code', '', signature));
  if (documentation !== '') box.append(make('p', '', documentation));
  return box;
}
