import type { Column, ColumnType, Credential, FindDefinition, ProviderField, RowSearch, Table } from '@/api/types';
import { nameKey } from '@/lib/fold';

/** Where a field of the results goes: into a column of the table, or into a new one; absent, nowhere. */
export type Goal = { column: string } | { fresh: string };

/** A search that is being put together. */
export interface Draft {
  search: string;
  credential: string;
  filters: Record<string, string[]>;
  maxRows: number;
  maxCredits: number;
  /** Empty for a new table. */
  table: string;
  tableName: string;
  goals: Record<string, Goal>;
  /** The field by which a result is known again; empty adds all. */
  key: string;
}

const FIRST_ROWS = 100;

export function newDraft(search: RowSearch, credentials: readonly Credential[], table: Table | null): Draft {
  return {
    search: search.slug,
    credential: credentials.find((c) => fits(c, search))?.id ?? '',
    filters: {},
    maxRows: FIRST_ROWS,
    maxCredits: search.page_credits * Math.ceil(FIRST_ROWS / search.page_size),
    table: table?.id ?? '',
    tableName: search.kind === 'people' ? 'People' : 'Companies',
    goals: goalsFor(search, table),
    key: search.keys[0] ?? '',
  };
}

export const fits = (c: Credential, search: RowSearch): boolean => c.provider === search.credential.kind;

/** The fields go into columns of the same name; those that the table lacks get new ones. */
export function goalsFor(search: RowSearch, table: Table | null): Record<string, Goal> {
  const free = (table?.columns ?? []).filter((c) => c.kind === 'data');
  return Object.fromEntries(
    search.fields.map((f): [string, Goal] => {
      const column = free.find((c) => nameKey(c.name) === nameKey(f.label));
      return [f.name, column ? { column: column.id } : { fresh: f.label }];
    }),
  );
}

const types: Record<string, ColumnType> = { email: 'email', url: 'url', phone: 'phone', number: 'number' };
/** The type of a new column for a field. */
export const typeFor = (field: ProviderField): ColumnType => types[field.type] ?? 'text';

/** The new columns that the draft needs, in the order of the fields. */
export function freshColumns(draft: Draft, search: RowSearch): { field: string; name: string; type: ColumnType }[] {
  return search.fields.flatMap((f) => {
    const goal = draft.goals[f.name];
    return goal && 'fresh' in goal ? [{ field: f.name, name: goal.fresh, type: typeFor(f) }] : [];
  });
}

/** What stands in the way of a run; null when nothing does. */
export function problemOf(draft: Draft, search: RowSearch, table: Table | null): string | null {
  if (!draft.credential) return `Choose a credential for ${search.credential.name}.`;
  if (Object.keys(draft.filters).length === 0) return 'Say what to look for.';
  if (draft.maxRows < 1 || draft.maxRows > search.max_rows) return `Rows must be 1 to ${String(search.max_rows)}.`;
  if (draft.maxCredits < search.page_credits) return 'One page costs more than the credits that may be used.';
  if (Object.keys(draft.goals).length === 0) return 'Choose what to keep of the results.';
  if (!draft.table && !draft.tableName.trim()) return 'Name the new table.';
  const fresh = freshColumns(draft, search).map((c) => nameKey(c.name));
  const taken = new Set((table?.columns ?? []).map((c) => nameKey(c.name)));
  const double = fresh.find((name, i) => name === '' || taken.has(name) || fresh.indexOf(name) !== i);
  if (double !== undefined) return double === '' ? 'Name the new columns.' : 'A new column has a name that is taken.';
  if (draft.key && !draft.goals[draft.key]) return 'The field by which duplicates are left out must be kept.';
  return null;
}

/** The definition as it is saved, once the table and all columns are there. */
export function definitionOf(
  draft: Draft,
  name: string,
  table: string,
  columns: Record<string, string>,
): FindDefinition {
  const targets = Object.entries(draft.goals).flatMap(([field, goal]) => {
    const id = 'column' in goal ? goal.column : columns[field];
    return id ? [{ field, column_id: id }] : [];
  });
  const key = targets.find((t) => t.field === draft.key)?.column_id;
  return {
    name,
    search: draft.search,
    credential_id: draft.credential,
    filters: draft.filters,
    table_id: table,
    targets,
    ...(key ? { key } : {}),
    max_rows: draft.maxRows,
    max_credits: draft.maxCredits,
  };
}

/** A name for the search: what it looks for. */
export function nameOf(draft: Draft, search: RowSearch): string {
  const words = Object.values(draft.filters).flat().join(', ');
  const text = `${search.kind === 'people' ? 'People' : 'Companies'}: ${words}`;
  return Array.from(text).slice(0, 100).join('');
}

/** The column of a new table that a field went into. */
export function columnsByField(
  columns: readonly Column[],
  fresh: { field: string; name: string }[],
): Record<string, string> {
  return Object.fromEntries(
    fresh.flatMap((f) => {
      const column = columns.find((c) => nameKey(c.name) === nameKey(f.name));
      return column ? [[f.field, column.id] as const] : [];
    }),
  );
}
