import { describe, expect, it } from 'vitest';
import type { ColumnSummary } from '@/api/types';
import { combined } from './selection-sums';

const of = (filled: number, sum: string, min: number, max: number): ColumnSummary => ({
  rows: 10,
  filled,
  distinct: filled,
  ...(filled ? { sum, average: '0', min, max } : {}),
});

describe('the sums of several columns', () => {
  it('weigh each column by its values', () => {
    expect(combined([of(2, '10', 4, 6), of(3, '-1', -9, 8)])).toEqual({ sum: 9, avg: 9 / 5, min: -9, max: 8 });
  });
  it('leave out columns without a value', () => {
    expect(combined([of(0, '', 0, 0), of(1, '7', 7, 7)])).toEqual({ sum: 7, avg: 7, min: 7, max: 7 });
    expect(combined([of(0, '', 0, 0)])).toEqual({ sum: null, avg: null, min: null, max: null });
  });
});
