import { describe, expect, it } from 'vitest';
import type { Column, Credential, RowSearch, Table } from '@/api/types';
import { columnsByField, definitionOf, freshColumns, nameOf, newDraft, problemOf } from './draft';

const search = {
  slug: 'apollo_people',
  name: 'Apollo: people',
  kind: 'people',
  keys: ['apollo_id', 'linkedin_url'],
  page_size: 100,
  page_credits: 0,
  max_rows: 50_000,
  filters: [],
  fields: [
    { name: 'apollo_id', label: 'Apollo id', type: 'text' },
    { name: 'name', label: 'Name', type: 'text' },
    { name: 'employees', label: 'Employees', type: 'number' },
  ],
  credential: { kind: 'apollo', name: 'Apollo' },
} as unknown as RowSearch;
const column = (id: string, name: string): Column => ({ id, name, type: 'text', kind: 'data', created_at: '' });
const table = { id: 'tbl_1', name: 'Leads', columns: [column('col_1', 'name')] } as Table;
const key = { id: 'crd_1', provider: 'apollo' } as Credential;

describe('a search that is put together', () => {
  it('goes into columns of the same name, and new ones for the rest', () => {
    const draft = newDraft(search, [key], table);
    expect(draft.goals['name']).toEqual({ column: 'col_1' });
    expect(freshColumns(draft, search)).toEqual([
      { field: 'apollo_id', name: 'Apollo id', type: 'text' },
      { field: 'employees', name: 'Employees', type: 'number' },
    ]);
    const made = [column('col_2', 'Apollo id'), column('col_3', 'Employees')];
    const byField = columnsByField(made, freshColumns(draft, search));
    const definition = definitionOf({ ...draft, filters: { titles: ['CTO'] } }, 'CTOs', 'tbl_1', byField);
    expect(definition.targets).toEqual([
      { field: 'apollo_id', column_id: 'col_2' },
      { field: 'name', column_id: 'col_1' },
      { field: 'employees', column_id: 'col_3' },
    ]);
    expect(definition.key).toBe('col_2');
  });

  it('says what is missing', () => {
    const draft = { ...newDraft(search, [key], table), filters: { titles: ['CTO'] } };
    expect(problemOf(draft, search, table)).toBeNull();
    expect(problemOf({ ...draft, credential: '' }, search, table)).toContain('credential');
    expect(problemOf({ ...draft, filters: {} }, search, table)).toBe('Say what to look for.');
    expect(problemOf({ ...draft, maxRows: 0 }, search, table)).toContain('Rows must be');
    expect(problemOf({ ...draft, goals: {} }, search, table)).toContain('what to keep');
    expect(problemOf({ ...draft, goals: { name: { fresh: 'NAME' } } }, search, table)).toContain('taken');
    expect(problemOf({ ...draft, goals: { name: { column: 'col_1' } } }, search, table)).toContain('must be kept');
    expect(problemOf({ ...draft, maxCredits: 0 }, { ...search, page_credits: 1 }, table)).toContain('costs more');
  });

  it('is named by what it looks for', () => {
    expect(nameOf({ ...newDraft(search, [], null), filters: { titles: ['CTO', 'CEO'] } }, search)).toBe(
      'People: CTO, CEO',
    );
    expect(nameOf({ ...newDraft(search, [], null), filters: { t: ['x'.repeat(200)] } }, search)).toHaveLength(100);
  });
});
