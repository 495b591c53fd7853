import { describe, expect, it } from 'vitest';
import type { CrmField, SyncDefinition } from '@/api/types';
import { bodyOf, everyText, problemOf } from './draft';

const fields: CrmField[] = [
  { name: 'email', label: 'Email', type: 'text' },
  { name: 'last', label: 'Last name', type: 'text', required: true },
];
const sync: SyncDefinition = {
  name: ' S ',
  connection_id: 'con_1',
  object: 'contacts',
  table_id: 'tbl_1',
  view_id: '',
  keys: [{ field: 'email', column_id: 'col_1' }],
  mappings: [{ field: 'last', column_id: 'col_2', only_if_empty: false, clear_if_blank: true }],
  create: true,
  max_records: 10,
};

describe('a sync', () => {
  it.each<[string | null, Partial<SyncDefinition>]>([
    [null, {}],
    ['Give the sync a name.', { name: ' ' }],
    ['Choose how rows are matched to records.', { keys: [] }],
    ['Add at least one field.', { mappings: [] }],
    ['Choose a column and a field in each line.', { mappings: [{ field: 'last', column_id: '' }] }],
    ['Say how many records a run may go through.', { max_records: 0 }],
    [
      'New records need the field Last name: map it, or make no records.',
      { mappings: [{ field: 'email', column_id: 'col_1' }] },
    ],
    [null, { mappings: [{ field: 'email', column_id: 'col_1' }], create: false }],
    [null, { mappings: [{ field: 'email', column_id: 'col_1', direction: 'pull' }] }],
    [
      'New records need the field Last name: map it, or make no records.',
      {
        mappings: [
          { field: 'email', column_id: 'col_1' },
          { field: 'last', column_id: 'col_2', direction: 'pull' },
        ],
      },
    ],
    [
      'Two fields are pulled into one column.',
      {
        mappings: [
          { field: 'email', column_id: 'col_1', direction: 'pull' },
          { field: 'last', column_id: 'col_1', direction: 'both' },
        ],
      },
    ],
  ])('has the problem %s', (problem, part) => {
    expect(problemOf({ ...sync, ...part }, fields)).toBe(problem);
  });

  it('is sent without what is off', () => {
    expect(bodyOf(sync)).toEqual({
      name: 'S',
      connection_id: 'con_1',
      object: 'contacts',
      table_id: 'tbl_1',
      keys: sync.keys,
      mappings: [{ field: 'last', column_id: 'col_2', clear_if_blank: true }],
      create: true,
      max_records: 10,
    });
  });

  it('pulls by itself only where it pulls', () => {
    const often = { ...sync, pull_every_minutes: 60 };
    expect(bodyOf(often)).not.toHaveProperty('pull_every_minutes');
    const mappings = [{ field: 'last', column_id: 'col_2', direction: 'pull' as const }];
    expect(bodyOf({ ...often, mappings })).toHaveProperty('pull_every_minutes', 60);
    expect(bodyOf({ ...often, mappings, pull_every_minutes: 0 })).not.toHaveProperty('pull_every_minutes');
    expect([everyText(60), everyText(90)]).toEqual(['hour', '90 minutes']);
  });
});
