import type { GridApi } from 'ag-grid-community';
import { describe, expect, it } from 'vitest';
import type { Column, GridRow, Row } from './model';
import { RowCache } from './row-cache';
import { RangeSelection } from './selection';

const columns: Column[] = (['number', 'text', 'currency'] as const).map((type, i) => ({
  id: `c${String(i)}`,
  name: type,
  type,
  kind: 'data',
  created_at: '',
}));
const row = (i: number): Row => ({
  id: `row_${String(i)}`,
  cells: { c0: i, c1: `${String(i)}0`, c2: i === 3 ? null : i * 1.5 },
  version: 1,
  created_at: '',
  updated_at: '',
});

function selecting(loaded: number, rows = loaded): RangeSelection {
  const cache = new RowCache();
  cache.putWindow(
    0,
    Array.from({ length: loaded }, (_, i) => row(i)),
    1,
  );
  const api = { getAllDisplayedColumns: () => columns.map((c) => ({ getColId: () => c.id })) };
  const selection = new RangeSelection(
    document.createElement('div'),
    () => api as unknown as GridApi<GridRow>,
    cache,
    (id) => columns.find((c) => c.id === id),
    () => rows,
  );
  selection.readColumns();
  return selection;
}
const rect = (bottom: number) => ({ top: 0, bottom, left: 0, right: 2 });

describe('the sums of a selection', () => {
  it('are of the numbers in it', () => {
    const selection = selecting(5);
    selection.selectRect(rect(4));
    expect(selection.summary.get()).toMatchObject({
      cells: 15,
      numbers: 9,
      sum: 20.5,
      min: 0,
      max: 6,
      complete: true,
    });
  });
  it('are none where a row is not loaded, instead of those of a part', () => {
    const selection = selecting(5, 6);
    selection.selectRect(rect(5));
    expect(selection.summary.get()).toMatchObject({ cells: 18, sum: null, min: null, complete: false });
  });
  it('are none for one cell', () => {
    const selection = selecting(5);
    selection.select({ row: 2, col: 0 });
    expect(selection.summary.get()).toMatchObject({ cells: 1, sum: null, complete: true });
  });
});
