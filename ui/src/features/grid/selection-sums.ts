import type { ColumnSummary } from '@/api/types';
import type { Selection } from '@/grid/events';

export type Sums = Pick<Selection, 'sum' | 'avg' | 'min' | 'max'>;
export const NO_SUMS: Sums = { sum: null, avg: null, min: null, max: null };

/** What the summaries of several columns come to together. */
export function combined(summaries: readonly ColumnSummary[]): Sums {
  const filled = summaries.filter((s) => s.filled > 0);
  if (filled.length === 0) return NO_SUMS;
  const sum = filled.reduce((total, s) => total + Number(s.sum), 0);
  return {
    sum,
    avg: sum / filled.reduce((total, s) => total + s.filled, 0),
    min: Math.min(...filled.map((s) => Number(s.min))),
    max: Math.max(...filled.map((s) => Number(s.max))),
  };
}
