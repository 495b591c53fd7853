import type { CellState, CellValue } from './model';
import type { RowCache } from './row-cache';

/** Changed cells as the stream sends them: one list of values per column, in the order of the rows. */
export interface CellsPatch {
  position: number;
  rows: readonly string[];
  cols: Readonly<Record<string, readonly CellValue[]>>;
  states?: Readonly<Record<string, Readonly<Record<string, CellState>>>> | undefined;
}

/** Applies a patch to the cache; returns the cells to repaint, by row. */
export function applyCellsPatch(cache: RowCache, patch: CellsPatch): Map<string, Set<string>> {
  const dirty = new Map<string, Set<string>>();
  const mark = (row: string, column: string): void => {
    const columns = dirty.get(row) ?? new Set<string>();
    columns.add(column);
    dirty.set(row, columns);
  };
  for (const [columnId, values] of Object.entries(patch.cols)) {
    patch.rows.forEach((rowId, i) => {
      if (i >= values.length || !cache.get(rowId)) return;
      const cleared = !patch.states?.[rowId]?.[columnId] && cache.patchState(rowId, columnId, null);
      const changed = cache.patchCell({ rowId, columnId, value: values[i] ?? null }, patch.position);
      if (changed || cleared) mark(rowId, columnId);
    });
  }
  for (const [rowId, states] of Object.entries(patch.states ?? {})) {
    for (const [columnId, state] of Object.entries(states)) {
      if (cache.patchState(rowId, columnId, state)) mark(rowId, columnId);
    }
  }
  return dirty;
}
