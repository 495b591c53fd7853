import type { Column, ColumnType, Lookup, LookupState } from '@/api/types';

type Take = Lookup['take'];

/** What a lookup can take of the rows that it finds, in the order of the list, and of which types of column. */
export const TAKES: readonly { take: Take; label: string; fits: (type: ColumnType) => boolean }[] = [
  { take: 'first', label: 'Value of the first row', fits: () => true },
  { take: 'newest', label: 'Value of the newest row', fits: () => true },
  { take: 'list', label: 'All values, as a list', fits: () => true },
  { take: 'count', label: 'Number of rows', fits: () => true },
  { take: 'filled', label: 'Number of rows with a value', fits: () => true },
  { take: 'sum', label: 'Sum', fits: (type) => isNumber(type) },
  { take: 'min', label: 'Smallest value', fits: (type) => isNumber(type) || isTime(type) },
  { take: 'max', label: 'Largest value', fits: (type) => isNumber(type) || isTime(type) },
];

export const COMPARISONS: readonly { compare: NonNullable<Lookup['compare']>; label: string }[] = [
  { compare: 'text', label: 'Text' },
  { compare: 'email', label: 'Email address' },
  { compare: 'domain', label: 'Domain' },
  { compare: 'phone', label: 'Phone number' },
  { compare: 'number', label: 'Number' },
  { compare: 'date', label: 'Date' },
];

const isNumber = (type: ColumnType): boolean => type === 'number' || type === 'currency' || type === 'percent';
const isTime = (type: ColumnType): boolean =>
  type === 'date' || type === 'datetime' || type === 'created_at' || type === 'updated_at';
const NO_KEYS: ReadonlySet<ColumnType> = new Set<ColumnType>([
  'boolean',
  'multi_select',
  'json',
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
]);

/** The columns whose values can be keys. */
export function keyColumns(columns: readonly Column[]): Column[] {
  return columns.filter((c) => !NO_KEYS.has(c.type));
}

/** The column of another table that a key most likely is found in: of the same name, or else of the same type. */
export function likelyMatch(key: Column | undefined, columns: readonly Column[]): Column | undefined {
  const keys = keyColumns(columns);
  if (!key) return keys[0];
  const name = key.name.trim().toLowerCase();
  return (
    keys.find((c) => c.name.trim().toLowerCase() === name) ??
    keys.find((c) => c.type === key.type && c.type !== 'text') ??
    keys.find((c) => c.type === key.type) ??
    keys[0]
  );
}

/** The columns with what the headers of lookups say. */
export function noted(columns: readonly Column[], lookups: readonly LookupState[] | null | undefined): Column[] {
  return columns.map((column) => {
    const state = lookups?.find((l) => l.column_id === column.id);
    if (!state || !column.lookup) return column;
    return { ...column, note: { text: noteOf(column.lookup, state, columns), problem: Boolean(state.problem) } };
  });
}

function noteOf(lookup: Lookup, state: LookupState, columns: readonly Column[]): string {
  if (state.problem) return `Finds nothing: ${state.problem}.`;
  if (!state.table) return 'Looks into a table that you can’t see.';
  const key = columns.find((c) => c.id === lookup.key)?.name ?? '';
  const take = TAKES.find((t) => t.take === lookup.take)?.label ?? '';
  const of = state.value ? `${take}, ${state.value}` : take;
  return `Looks into ${state.table}, where ${state.match ?? ''} matches ${key}. ${of}.`;
}
