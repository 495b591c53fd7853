import { describe, expect, it } from 'vitest';
import cases from '../../../../domain/table/testdata/filters.json';
import type { CellValue, Column, Condition, Filter } from '@/api/types';
import { toGridRow } from '@/grid/model';
import { colouring } from './colours';
import { compareDecimals, matches } from './matches';
import { boundsOf } from './period';

const column = (type: string): Column => ({
  id: 'c',
  name: 'C',
  type: type as Column['type'],
  kind: 'data',
  created_at: '',
});
const row = (value: CellValue) =>
  toGridRow({ id: 'r', cells: { c: value }, version: 1, created_at: '', updated_at: '' });
const now = Date.parse(cases.now);

describe('a row meets a condition as on the server', () => {
  it.each(cases.cases.map((c) => [`${c.type} ${c.op} ${JSON.stringify(c.value ?? '')}`, c] as const))('%s', (_, c) => {
    const columns = new Map([['c', column(c.type)]]);
    const filter = { column: 'c', op: c.op, value: c.value ?? null } as Condition;
    for (const v of c.yes) expect(matches(filter, row(v as CellValue), columns, now), JSON.stringify(v)).toBe(true);
    for (const v of c.no) expect(matches(filter, row(v as CellValue), columns, now), JSON.stringify(v)).toBe(false);
  });
  it('joins groups', () => {
    const columns = new Map([['c', column('number')]]);
    const low: Filter = { column: 'c', op: 'lt', value: 5 };
    const high: Filter = { column: 'c', op: 'gt', value: 3 };
    expect(matches({ and: [low, high] }, row(4), columns)).toBe(true);
    expect(matches({ and: [low, high] }, row(2), columns)).toBe(false);
    expect(matches({ or: [low, { and: [high] }] }, row(9), columns)).toBe(true);
    expect(matches({ or: [] }, row(9), columns)).toBe(true);
  });
});

it('compares decimals exactly', () => {
  expect(compareDecimals('12345678901234567890.123456789', '12345678901234567890.12345678')).toBe(1);
  expect(compareDecimals('-1.5', '-1.25')).toBe(-1);
  expect(compareDecimals('-0.5', '-0.50')).toBe(0);
});

it('begins quarters in January, April, July and October', () => {
  expect(boundsOf({ this: 'quarter' }, '2026-12-31T23:59:59Z', true)).toEqual({ from: '2026-10-01', to: '2027-01-01' });
});

it('colours by the first rule that applies', () => {
  const c = column('number');
  const colour = colouring(
    [
      { colour: 'rose', column: 'c', when: { column: 'c', op: 'lt', value: 0 } },
      { colour: 'green', when: { column: 'c', op: 'not_empty' } },
    ],
    [c],
  );
  expect(colour?.(row(-1), c)).toBe('rose');
  expect(colour?.(row(-1), { ...c, id: 'd' })).toBe('green');
  expect(colour?.(row(null), c)).toBeNull();
  expect(colouring([], [c])).toBeUndefined();
});
