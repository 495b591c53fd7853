import { describe, expect, it } from 'vitest';
import type { Table } from '@/api/types';
import { isDirty, layoutOf, stateOfView } from './view-state';

const table: Table = {
  id: 't',
  name: 'T',
  row_count: 0,
  columns: ['a', 'b', 'c'].map((id) => ({ id, name: id, type: 'text', kind: 'data', created_at: '' })),
  views: [
    {
      id: 'v',
      name: 'V',
      shared: true,
      default: false,
      sort: [],
      columns: [{ id: 'b', pinned: true, width: 200 }, { id: 'gone' }],
    },
  ],
  schema_version: 1,
  last_position: 1,
  created_at: '',
};
const state = stateOfView(table, table.views?.[0]);

describe('a view', () => {
  it('shows its own columns first, then those it does not know, never those that are gone', () => {
    expect(state.layout.map((l) => l.id)).toEqual(['b', 'a', 'c']);
    expect(state.layout[0]).toEqual({ id: 'b', hidden: false, pinned: true, width: 200 });
  });
  it('is not changed by a column that somebody adds', () => {
    const wider: Table = {
      ...table,
      columns: [...table.columns, { id: 'd', name: 'd', type: 'text', kind: 'data', created_at: '' }],
    };
    expect(isDirty(wider, state)).toBe(false);
    expect(layoutOf(wider.columns, { columns: state.layout }).map((l) => l.id)).toEqual(['b', 'a', 'c', 'd']);
  });
  it('freezes the first column where it lays nothing out, and the next one once that is deleted', () => {
    const plain = { ...table, views: [{ id: 'p', name: 'P', shared: true, default: true, sort: [], columns: [] }] };
    const shown = stateOfView(plain, plain.views[0]);
    expect(shown.layout.map((l) => l.pinned)).toEqual([true, false, false]);
    const fewer = { ...plain, columns: plain.columns.slice(1) };
    expect(layoutOf(fewer.columns, { columns: shown.layout })[0]).toEqual({ id: 'b', hidden: false, pinned: true });
    expect(isDirty(fewer, shown)).toBe(false);
  });
  it('is changed by a sort or a hidden column', () => {
    expect(isDirty(table, { ...state, sort: [{ column: 'a', dir: 'asc' }] })).toBe(true);
    expect(isDirty(table, { ...state, layout: state.layout.map((l) => ({ ...l, hidden: l.id === 'c' })) })).toBe(true);
  });
});

describe('a view of a table that has lost columns', () => {
  it('leaves out what is about them', () => {
    const view = {
      ...table.views?.[0],
      id: 'v',
      name: 'V',
      shared: true,
      default: false,
      sort: [],
      columns: [],
      groups: [
        { column: 'gone', dir: 'asc' as const },
        { column: 'a', dir: 'desc' as const },
      ],
      aggregates: [{ column: 'gone', of: 'filled' as const }],
      colours: [{ colour: 'rose' as const, column: 'gone', when: { column: 'a', op: 'empty' as const } }],
    };
    const left = stateOfView(table, view);
    expect([left.groups, left.aggregates, left.colours]).toEqual([[{ column: 'a', dir: 'desc' }], [], []]);
  });
  it('is changed by groups, aggregates and colours', () => {
    expect(isDirty(table, { ...state, groups: [{ column: 'a', dir: 'asc' }] })).toBe(true);
    expect(isDirty(table, { ...state, aggregates: [{ column: 'a', of: 'filled' }] })).toBe(true);
    expect(isDirty(table, { ...state, colours: [{ colour: 'blue', when: { column: 'a', op: 'empty' } }] })).toBe(true);
  });
});
