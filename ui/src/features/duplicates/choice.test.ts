import { expect, test } from 'vitest';
import type { Column } from '@/api/types';
import type { DuplicateRow } from '@/api/types-duplicates';
import { fieldsOf, matchOf, sourceOf, survivorOf } from './choice';

const rows: DuplicateRow[] = [
  { id: 'row_2', present: true, cells: { a: 'x', b: '' } },
  { id: 'row_1', present: true, cells: { a: 'y', b: 'z' } },
  { id: 'row_3', present: true, cells: {} },
];
const column = (id: string, name = id, type = 'text'): Column => ({ id, name, type }) as unknown as Column;

test('the row that stays follows the rule', () => {
  expect(survivorOf(rows, 'oldest')).toBe('row_1');
  expect(survivorOf(rows, 'newest')).toBe('row_3');
  expect(survivorOf(rows, 'most_complete')).toBe('row_1');
});

test('an empty cell takes the first value that there is', () => {
  expect(sourceOf(rows, 'row_3', 'a')).toBe('row_2');
  expect(sourceOf(rows, 'row_2', 'a')).toBe('row_2');
  expect(sourceOf(rows, 'row_2', 'b')).toBe('row_1');
  expect(sourceOf(rows, 'row_2', 'c')).toBe('row_2');
});

test('what differs comes first, and what nobody has not at all', () => {
  const same = rows.map((r) => ({ ...r, cells: { ...r.cells, s: 'same' } }));
  const group = { number: 1, score: 1, state: 'open' as const, rows: same, pairs: [] };
  expect(fieldsOf(group, [column('s'), column('a'), column('none')]).map((f) => [f.column.id, f.differs])).toEqual([
    ['a', true],
    ['s', false],
  ]);
});

test('columns are compared by what they are', () => {
  expect(matchOf(column('c', 'Work e-mail'))).toBe('email');
  expect(matchOf(column('c', 'Company name'))).toBe('company');
  expect(matchOf(column('c', 'Full name'))).toBe('name');
  expect(matchOf(column('c', 'Site', 'url'))).toBe('domain');
  expect(matchOf(column('c', 'Age', 'number'))).toBe('exact');
  expect(matchOf(column('c', 'Notes'))).toBe('text');
});
