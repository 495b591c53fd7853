import type { Column, ColumnType, Import, ImportMapping } from '@/api/types';
import { isReadOnly } from '@/grid/model';

/** Where one column of the file goes. */
export type Target =
  { to: 'column'; columnId: string } | { to: 'new'; name: string; type: ColumnType } | { to: 'skip' };

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '');

/** The first mapping: the server's suggestion, a column of the same name, else a new column. */
export function suggest(file: Import, columns: readonly Column[] | null): Target[] {
  const free = new Set((columns ?? []).filter((c) => !isReadOnly(c)).map((c) => c.id));
  return (file.columns ?? []).map((c) => {
    const own = columns?.find(
      (x) => free.has(x.id) && (x.id === c.suggested_column || plain(x.name) === plain(c.name)),
    );
    if (own) {
      free.delete(own.id);
      return { to: 'column', columnId: own.id };
    }
    return { to: 'new', name: c.name || `Column ${String(c.index + 1)}`, type: c.suggested_type };
  });
}

export function toMapping(file: Import, targets: readonly Target[]): ImportMapping[] {
  return (file.columns ?? []).map((c, i) => {
    const target = targets[i];
    if (target?.to === 'column') return { index: c.index, column_id: target.columnId };
    if (target?.to === 'new') return { index: c.index, new_column: { name: target.name.trim(), type: target.type } };
    return { index: c.index, skip: true };
  });
}

export function problemOf(
  targets: readonly Target[],
  mode: 'append' | 'upsert',
  keys: readonly string[],
): string | null {
  if (!targets.some((t) => t.to !== 'skip')) return 'Match at least one column.';
  const used = targets.flatMap((t) => (t.to === 'column' ? [t.columnId] : []));
  if (new Set(used).size < used.length) return 'Two columns of the file go into the same column.';
  const names = targets.flatMap((t) => (t.to === 'new' ? [t.name.trim().toLowerCase()] : []));
  if (names.includes('')) return 'Every new column needs a name.';
  if (new Set(names).size < names.length) return 'Two new columns have the same name.';
  if (mode === 'upsert' && !keys.some((k) => used.includes(k))) return 'Choose a key column that the file has.';
  return null;
}
