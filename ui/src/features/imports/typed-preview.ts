import type { Column, Import, ImportColumn } from '@/api/types';
import { isNumeric } from '@/grid/model';
import { readText } from '@/grid/typed/reader';
import { workspaceZone } from '@/grid/typed/zone';
import { formatValue } from '@/grid/values';
import { partOf, typeOf, type Form, type Target } from './mapping';

/** The column that a target fills, as the file's values are read into it; null for one that is left out. */
export function shapeOf(c: ImportColumn, target: Target, columns: readonly Column[]): Column | null {
  if (target.to === 'skip') return null;
  const own = target.to === 'column' ? columns.find((x) => x.id === target.columnId) : undefined;
  const type = typeOf(target, columns);
  if (!type) return null;
  const name = target.to === 'new' ? target.name : (own?.name ?? '');
  return {
    ...(own ?? { id: `file:${String(c.index)}`, kind: 'data', created_at: '' }),
    name,
    type,
    ...(target.to === 'new' && isNumeric(type) ? { format: formatOf(c, target.currency, type) } : {}),
    form: formOf(c.form, own?.form, target.form),
  };
}

/** How numbers of a new column are shown: with the decimals that the file has, in its currency. */
function formatOf(c: ImportColumn, chosen: string | undefined, type: Column['type']): NonNullable<Column['format']> {
  const currency = type === 'currency' ? (chosen ?? c.currency ?? 'USD') : undefined;
  return { ...(c.decimals === undefined ? {} : { decimals: c.decimals }), ...(currency ? { currency } : {}) };
}

/** What later forms say goes before what earlier ones say. */
function formOf(...forms: (Form | Column['form'] | null | undefined)[]): NonNullable<Column['form']> {
  const form: NonNullable<Column['form']> = {};
  for (const f of forms) {
    if (f?.decimal) form.decimal = f.decimal;
    if (f?.date_order) form.date_order = f.date_order;
    if (f?.time_zone) form.time_zone = f.time_zone;
  }
  return form;
}

export type TypedCell =
  { is: 'empty' } | { is: 'value'; text: string } | { is: 'misfit'; text: string; reason: string };

/** A text of the file as it will be in the table. */
export function typedCell(column: Column, text: string, empty: ReadonlySet<string>): TypedCell {
  if (empty.has(text.trim().toLowerCase())) return { is: 'empty' };
  const read = readText(column, text, { zone: workspaceZone() });
  if (!read.ok) return { is: 'misfit', text, reason: read.reason };
  if (read.value === null) return { is: 'empty' };
  return { is: 'value', text: formatValue(column, read.value) };
}

/** The words that mean an empty cell, unless they are kept. */
export function emptyWords(c: ImportColumn, target: Target, type: Column['type']): Set<string> {
  if (target.to === 'skip' || target.keepWords || type === 'text' || type === 'long_text') return new Set();
  return new Set((c.empty_words ?? []).map((w) => w.text.toLowerCase()));
}

type Part = 'decimal' | 'date_order';

/** How the file writes numbers, or dates: what its columns have in common, mixed, or open where a column is undecided. */
export function localeOf(
  file: Import,
  targets: readonly Target[],
  columns: readonly Column[],
  part: Part,
): string | undefined {
  const found = new Set<string>();
  (file.columns ?? []).forEach((c, i) => {
    const target = targets[i];
    if (!target || partOf(typeOf(target, columns)) !== part) return;
    const form = shapeOf(c, target, columns)?.form?.[part];
    if (form ?? c.open?.includes(part)) found.add(form ?? 'open');
  });
  return found.size > 1 ? 'mixed' : [...found][0];
}

/** The same choice for all columns that it concerns. */
export function withLocale(
  targets: readonly Target[],
  columns: readonly Column[],
  part: Part,
  value: string,
): Target[] {
  return targets.map((t) =>
    t.to !== 'skip' && partOf(typeOf(t, columns)) === part ? { ...t, form: { ...t.form, [part]: value } } : t,
  );
}

/** The words of yes/no columns in the first rows, and what each is taken for. */
export function booleansOf(file: Import, targets: readonly Target[], columns: readonly Column[]): Map<string, boolean> {
  const out = new Map<string, boolean>();
  (file.columns ?? []).forEach((c, i) => {
    const column = shapeOf(c, targets[i] ?? { to: 'skip' }, columns);
    if (column?.type !== 'boolean') return;
    for (const record of file.preview ?? []) {
      const text = (record?.[i] ?? '').trim();
      const read = readText(column, text, { zone: workspaceZone() });
      if (read.ok && typeof read.value === 'boolean') out.set(text.toLowerCase(), read.value);
    }
  });
  return out;
}
