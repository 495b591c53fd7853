import type { Column } from '@/api/types';
import { holds } from '@/lib/fold';

const MOST = 8;

/** What may be completed: the columns that fit, and where the reference begins and the caret is. */
export interface Completion {
  from: number;
  to: number;
  columns: Column[];
}

/** The columns that fit an open `{{` before the caret; null where none is open or none fits. */
export function completionAt(text: string, caret: number, columns: readonly Column[]): Completion | null {
  const open = /\{\{\s*([^{}]*)$/.exec(text.slice(0, caret));
  if (!open) return null;
  const fitting = columns.filter((c) => holds(c.name, (open[1] ?? '').trimEnd())).slice(0, MOST);
  return fitting.length > 0 ? { from: open.index, to: caret, columns: fitting } : null;
}

/** The text with the column's name in its braces, and the caret behind them. */
export function completed(text: string, c: Completion, name: string): { text: string; caret: number } {
  const reference = `{{${name}}}`;
  const rest = text.slice(c.to).replace(/^[^{}]*\}\}/, '');
  return { text: text.slice(0, c.from) + reference + rest, caret: c.from + reference.length };
}
