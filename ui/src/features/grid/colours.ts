import type { ColourRule, Column } from '@/api/types';
import type { GridRow } from '@/grid/model';
import { matches } from './matches';

/** The colour of each cell by a view's rules, of which the first one that applies counts; undefined where there are none. */
export function colouring(
  rules: readonly ColourRule[],
  columns: readonly Column[],
): ((row: GridRow, column: Column) => string | null) | undefined {
  if (rules.length === 0) return undefined;
  const byId = new Map(columns.map((c) => [c.id, c]));
  return (row, column) =>
    rules.find((r) => (!r.column || r.column === column.id) && matches(r.when, row, byId))?.colour ?? null;
}
