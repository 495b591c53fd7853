import { autocompletion, closeBrackets, completionKeymap, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { Decoration, EditorView, keymap, MatchDecorator, placeholder, tooltips, ViewPlugin } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { Column, FormulaFunction, FormulaProblem } from '@/api/types';
import { referenceTo } from '../formula';

export interface FormulaEditorProps {
  id: string;
  value: string;
  columns: readonly Column[];
  functions: readonly FormulaFunction[];
  problem: FormulaProblem | undefined;
  onChange: (value: string) => void;
  onSubmit: () => void;
}

const matcher = new MatchDecorator({
  regexp: /\{\{[^{}]+\}\}/g,
  decoration: Decoration.mark({ class: 'mk-reference' }),
});
const references = ViewPlugin.define(
  (view) => ({
    marks: matcher.createDeco(view),
    update(u) {
      this.marks = matcher.updateDeco(u, this.marks);
    },
  }),
  { decorations: (plugin) => plugin.marks },
);

const theme = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: 'ui-monospace, monospace',
    padding: '8px 0',
    caretColor: 'var(--ink)',
    minHeight: '84px',
  },
  '.cm-line': { padding: '0 10px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.mk-reference': { color: 'var(--primary-ink)', backgroundColor: 'var(--primary-soft)', borderRadius: '4px' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    color: 'var(--ink)',
  },
  '.cm-tooltip-autocomplete > ul > li': { padding: '4px 8px', fontFamily: 'inherit' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--primary-soft)',
    color: 'var(--primary-ink)',
  },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '280px' },
});

/** What may be written at the cursor: a column between braces, or a column or function by its first letters. */
function complete(columns: readonly Column[], functions: readonly FormulaFunction[]) {
  return (at: CompletionContext) => {
    const open = at.matchBefore(/\{\{[^{}]*/);
    const word = at.matchBefore(/[A-Za-z]\w*/);
    const from = open?.from ?? word?.from ?? (at.explicit ? at.pos : null);
    if (from === null) return null;
    const closing = open ? (/^\}{0,2}/.exec(at.state.sliceDoc(at.pos, at.pos + 2))?.[0].length ?? 0) : 0;
    const names = columns.map((c) => ({
      label: open ? referenceTo(c) : c.name,
      displayLabel: c.name,
      type: 'variable',
      detail: c.type,
      boost: 1,
      apply: (view: EditorView, _: unknown, start: number, end: number) => {
        const text = referenceTo(c);
        view.dispatch({
          changes: { from: start, to: end + closing, insert: text },
          selection: { anchor: start + text.length },
        });
      },
    }));
    if (open) return { from, options: names };
    const calls = functions.map((f) => ({
      label: f.name,
      type: 'function',
      detail: f.signature.slice(f.name.length),
      info: `${f.summary} ${f.example} → ${f.result}`,
      apply: (view: EditorView, _: unknown, start: number, end: number) => {
        const text = `${f.name}()`;
        view.dispatch({
          changes: { from: start, to: end, insert: text },
          selection: { anchor: start + text.length - (f.signature.endsWith('()') ? 0 : 1) },
        });
      },
    }));
    return { from, options: [...names, ...calls] };
  };
}

/** A field for a formula: completes columns and functions, and marks what is wrong where it is. */
export function FormulaEditor({ id, value, columns, functions, problem, onChange, onSubmit }: FormulaEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ value, onChange, onSubmit });
  useEffect(() => {
    latest.current = { value, onChange, onSubmit };
  });
  useEffect(() => {
    if (!host.current) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          history(),
          closeBrackets(),
          tooltips({ position: 'fixed' }), // over the field's edge, which scrolls
          autocompletion({ override: [complete(columns, functions)], icons: false }),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: () => {
                latest.current.onSubmit();
                return true;
              },
            },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          references,
          theme,
          placeholder('{{Price}} * 2'),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ id, 'aria-label': 'Formula' }),
          EditorView.updateListener.of((u) => {
            if (u.docChanged) latest.current.onChange(u.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    editor.focus();
    editor.dispatch({ selection: { anchor: editor.state.doc.length } });
    return () => editor.destroy();
  }, [id, columns, functions]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const end = editor.state.doc.length;
    const marks = problem
      ? [
          {
            from: Math.min(problem.from, end),
            to: problem.to > problem.from ? Math.min(problem.to, end) : end,
            severity: 'error' as const,
            message: problem.message,
          },
        ]
      : [];
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [problem]);
  return (
    <div
      ref={host}
      className="max-h-60 overflow-y-auto rounded-md border border-line-strong bg-surface focus-within:border-primary focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-primary hover:border-ink-3"
    />
  );
}
