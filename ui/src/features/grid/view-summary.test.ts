import { describe, expect, it } from 'vitest';
import type { Column, Filter, View } from '@/api/types';
import { filterText, summaryOf } from './view-summary';

const columns: Column[] = [
  { id: 'a', name: 'Country', type: 'text', kind: 'data', created_at: '' },
  { id: 'b', name: 'Revenue', type: 'number', kind: 'data', created_at: '' },
  { id: 'c', name: 'Founded', type: 'date', kind: 'data', created_at: '' },
];
const view = (v: Partial<View>): View => ({
  id: 'v',
  name: 'V',
  shared: true,
  default: false,
  sort: [],
  columns: [],
  ...v,
});

describe('what a view does', () => {
  it('is nothing where it shows all', () => expect(summaryOf(view({}), columns)).toEqual({}));
  it('names filter, order, groups and hidden columns', () => {
    expect(
      summaryOf(
        view({
          filter: {
            and: [
              { column: 'a', op: 'is', value: 'Germany' },
              { column: 'b', op: 'gt', value: 5 },
            ],
          },
          sort: [
            { column: 'b', dir: 'desc' },
            { column: 'a', dir: 'asc' },
          ],
          groups: [{ column: 'c', dir: 'asc', unit: 'month' }],
          columns: [
            { id: 'b', hidden: true },
            { id: 'gone', hidden: true },
          ],
        }),
        columns,
      ),
    ).toEqual({
      filter: 'Country is Germany and Revenue > 5',
      sort: 'Revenue ↓, Country ↑',
      groups: 'Founded by month',
      hidden: 1,
    });
  });
});

describe('a filter as a sentence', () => {
  it.each<[string, Filter, string]>([
    ['no value', { column: 'a', op: 'not_empty' }, 'Country is not empty'],
    ['a range', { column: 'b', op: 'between', value: [1, 9] }, 'Revenue is between 1 and 9'],
    ['a list', { column: 'a', op: 'in', value: ['A', 'B', 'C', 'D', 'E'] }, 'Country is any of A, B, C and 2 more'],
    ['a period', { column: 'c', op: 'relative', value: { last: 7, unit: 'day' } }, 'Founded is within the last 7 days'],
    ['a column that is gone', { column: 'x', op: 'is', value: 1 }, 'a deleted column'],
    [
      'a group',
      {
        or: [
          { column: 'a', op: 'empty' },
          {
            and: [
              { column: 'b', op: 'lt', value: 1 },
              { column: 'a', op: 'is', value: 'X' },
            ],
          },
        ],
      },
      'Country is empty or (Revenue < 1 and Country is X)',
    ],
  ])('with %s', (_, filter, want) => expect(filterText(filter, columns)).toBe(want));
});
