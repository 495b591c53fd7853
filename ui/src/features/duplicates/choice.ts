import type { DuplicateGroup, DuplicateMatch, DuplicateRow } from '@/api/types-duplicates';
import type { Column } from '@/api/types';

export type Keep = 'newest' | 'oldest' | 'most_complete';

const isEmpty = (v: unknown): boolean => v === undefined || v === null || v === '';
const filled = (r: DuplicateRow): number => Object.values(r.cells).filter((v) => !isEmpty(v)).length;

/** The row that stays by a rule, as the server chooses it: ids are in the order of time. */
export function survivorOf(rows: DuplicateRow[], keep: Keep): string {
  let best = rows[0];
  for (const r of rows.slice(1)) {
    if (!best) break;
    if (keep === 'oldest' ? r.id < best.id : keep === 'newest' ? r.id > best.id : filled(r) > filled(best)) best = r;
  }
  return best?.id ?? '';
}

/** The row whose value a column takes when nothing else is chosen: the one that stays, or the first that has one. */
export function sourceOf(rows: DuplicateRow[], survivor: string, column: string): string {
  const stays = rows.find((r) => r.id === survivor);
  if (stays && !isEmpty(stays.cells[column])) return survivor;
  return rows.find((r) => !isEmpty(r.cells[column]))?.id ?? survivor;
}

/** The columns in which a group's rows have anything, those that differ first. */
export function fieldsOf(group: DuplicateGroup, columns: Column[]): { column: Column; differs: boolean }[] {
  const fields = columns
    .filter((c) => group.rows.some((r) => !isEmpty(r.cells[c.id])))
    .map((column) => ({
      column,
      differs: new Set(group.rows.map((r) => JSON.stringify(r.cells[column.id] ?? null))).size > 1,
    }));
  return [...fields.filter((f) => f.differs), ...fields.filter((f) => !f.differs)];
}

/** How a column is best compared, by its type and its name. */
export function matchOf(column: Column): DuplicateMatch {
  const name = column.name.toLowerCase();
  if (column.type === 'email' || /e-?mail/.test(name)) return 'email';
  if (column.type === 'phone' || /phone|mobile|telephone/.test(name)) return 'phone';
  if (/domain|website|url/.test(name) || column.type === 'url') return 'domain';
  if (/company|organi[sz]ation|account|employer/.test(name)) return 'company';
  if (/name|person|contact/.test(name)) return 'name';
  return column.type === 'text' || column.type === 'long_text' ? 'text' : 'exact';
}

export const matchNames: Record<DuplicateMatch, string> = {
  exact: 'Exactly as written',
  email: 'Email address',
  domain: 'Domain',
  phone: 'Phone number',
  name: 'Name of a person',
  company: 'Company',
  text: 'Text',
};
