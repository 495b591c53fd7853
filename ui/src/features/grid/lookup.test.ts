import { describe, expect, it } from 'vitest';
import type { Column } from '@/api/types';
import { keyColumns, likelyMatch, noted, TAKES } from './lookup';

const column = (id: string, type: Column['type'], more: Partial<Column> = {}): Column => ({
  id,
  name: id,
  type,
  kind: 'data',
  created_at: '',
  ...more,
});

describe('lookups', () => {
  it('offers columns that can be keys', () => {
    expect(keyColumns([column('a', 'text'), column('b', 'json'), column('c', 'row_id')]).map((c) => c.id)).toEqual([
      'a',
      'c',
    ]);
  });
  it('guesses the column that matches by name, then by type', () => {
    const others = [column('Note', 'text'), column('Mail', 'email'), column('email', 'text')];
    expect(likelyMatch(column('Email', 'email'), others)?.id).toBe('email');
    expect(likelyMatch(column('Contact', 'email'), others)?.id).toBe('Mail');
    expect(likelyMatch(column('Who', 'user'), others)?.id).toBe('Note');
  });
  it('takes sums of numbers only', () => {
    const sum = TAKES.find((t) => t.take === 'sum');
    expect(sum?.fits('currency')).toBe(true);
    expect(sum?.fits('text')).toBe(false);
  });
  it('says in the header what is looked up, or why nothing is found', () => {
    const lookup = { table_id: 't', key: 'Email', match: 'm', take: 'sum', value: 'v' } as const;
    const columns = [column('Email', 'email'), column('L', 'number', { kind: 'lookup', lookup })];
    const seen = noted(columns, [{ column_id: 'L', table: 'Deals', match: 'Contact', value: 'Amount' }])[1]?.note;
    expect(seen).toEqual({ text: 'Looks into Deals, where Contact matches Email. Sum, Amount.', problem: false });
    const broken = noted(columns, [{ column_id: 'L', problem: 'the table is gone' }])[1]?.note;
    expect(broken).toEqual({ text: 'Finds nothing: the table is gone.', problem: true });
    expect(noted(columns, undefined)[1]).toBe(columns[1]);
  });
});
