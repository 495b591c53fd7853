import type { Column, ColumnType, Import, ImportColumn, ImportMapping } from '@/api/types';
import { isReadOnly } from '@/grid/model';
import { fold, nameKey } from '@/lib/fold';

export type Form = NonNullable<ImportMapping['form']>;
/** How the file writes the values, where somebody has chosen; and whether its words for an empty cell are taken as such. */
interface Written {
  form?: Form;
  keepWords?: boolean;
}
/** Where one column of the file goes. */
export type Target =
  | ({ to: 'column'; columnId: string } & Written)
  | ({ to: 'new'; name: string; type: ColumnType; currency?: string } & Written)
  | { to: 'skip' };

/** The ways in which numbers and dates may be written. */
export const WRITTEN = {
  decimal: [
    { value: 'point', label: '1,234.56' },
    { value: 'comma', label: '1.234,56' },
  ],
  date_order: [
    { value: 'dmy', label: 'Day, month, year' },
    { value: 'mdy', label: 'Month, day, year' },
    { value: 'ymd', label: 'Year, month, day' },
  ],
};

/** How many columns a table takes. */
export const MOST_COLUMNS = 200;

const plain = (text: string): string => fold(text).replace(/[^\p{L}\p{N}]+/gu, '');

/** The first mapping: the server's suggestion, a column of the same name, else a new column. */
export function suggest(file: Import, columns: readonly Column[] | null): Target[] {
  const free = new Set((columns ?? []).filter((c) => !isReadOnly(c)).map((c) => c.id));
  let room = MOST_COLUMNS - (columns?.length ?? 0);
  return (file.columns ?? []).map((c) => {
    if (c.suggest_skip) return { to: 'skip' };
    const own = columns?.find(
      (x) =>
        free.has(x.id) && (x.id === c.suggested_column || (plain(c.name) !== '' && plain(x.name) === plain(c.name))),
    );
    if (own) {
      free.delete(own.id);
      return { to: 'column', columnId: own.id };
    }
    if (room-- <= 0) return { to: 'skip' };
    return { to: 'new', name: c.name || `Column ${String(c.index + 1)}`, type: c.suggested_type };
  });
}

export function toMapping(file: Import, targets: readonly Target[]): ImportMapping[] {
  return (file.columns ?? []).map((c, i) => {
    const target = targets[i];
    if (!target || target.to === 'skip') return { index: c.index, skip: true };
    const written = { ...(target.form ? { form: target.form } : {}), ...(target.keepWords ? { empty: [] } : {}) };
    if (target.to === 'column') return { index: c.index, column_id: target.columnId, ...written };
    const currency = target.type === 'currency' && target.currency ? { currency: target.currency } : {};
    return { index: c.index, new_column: { name: target.name.trim(), type: target.type, ...currency }, ...written };
  });
}

const NUMBERS: ColumnType[] = ['number', 'currency', 'percent'];
const DATES: ColumnType[] = ['date', 'datetime'];

/** The type of the column that a target fills. */
export function typeOf(target: Target, columns: readonly Column[]): ColumnType | null {
  if (target.to === 'new') return target.type;
  return target.to === 'column' ? (columns.find((c) => c.id === target.columnId)?.type ?? null) : null;
}

/** Which part of the form matters to a type. */
export function partOf(type: ColumnType | null): 'decimal' | 'date_order' | null {
  if (type && NUMBERS.includes(type)) return 'decimal';
  return type && DATES.includes(type) ? 'date_order' : null;
}

/** What the file's values leave open for the type and nobody has chosen. */
export function isOpen(c: ImportColumn, target: Target, columns: readonly Column[]): boolean {
  const part = partOf(typeOf(target, columns));
  if (!part || target.to === 'skip' || !c.open?.includes(part) || target.form?.[part]) return false;
  const own = target.to === 'column' ? columns.find((x) => x.id === target.columnId)?.form : undefined;
  return !own?.[part];
}

export function problemOf(
  file: Import,
  targets: readonly Target[],
  mode: 'append' | 'upsert' | 'add_new',
  keys: readonly string[],
  columns: readonly Column[],
): string | null {
  if (file.unsure) return 'Choose the encoding first.';
  if (!targets.some((t) => t.to !== 'skip')) return 'Match at least one column.';
  const used = targets.flatMap((t) => (t.to === 'column' ? [t.columnId] : []));
  if (new Set(used).size < used.length) return 'Two columns of the file go into the same column.';
  const names = targets.flatMap((t) => (t.to === 'new' ? [nameKey(t.name.trim())] : []));
  if (names.includes('')) return 'Every new column needs a name.';
  if (new Set(names).size < names.length) return 'Two new columns have the same name.';
  if (names.length + columns.length > MOST_COLUMNS)
    return `A table takes ${String(MOST_COLUMNS)} columns; leave some out.`;
  const open = (file.columns ?? []).find((c, i) => isOpen(c, targets[i] ?? { to: 'skip' }, columns));
  if (open) return `Choose how “${open.name}” is written.`;
  if (mode !== 'append' && !keys.some((k) => used.includes(k))) return 'Choose a key column that the file has.';
  return null;
}
