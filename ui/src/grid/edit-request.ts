import type { CellEditRequestEvent } from 'ag-grid-community';
import { Edited } from './cell-types/editors';
import { cellOf, sameValue, type CellChange, type CellValue, type Column, type GridRow } from './model';
import { parseValue } from './values';

/** What an editor's end means: a change, a refusal with its reason, or null if nothing is another value. */
export function editOf(
  e: CellEditRequestEvent<GridRow>,
  column: Column | undefined,
): { change: CellChange; newOptions: boolean } | { refused: string } | null {
  if (!column) return null;
  const raw: unknown = e.newValue;
  let value: CellValue;
  let newOptions = false;
  if (raw instanceof Edited) {
    value = raw.value;
    newOptions = raw.newOptions.length > 0;
  } else {
    const parsed = parseValue(column, typeof raw === 'string' ? raw : '');
    if (!parsed.ok) return { refused: `${column.name}: ${parsed.reason}` };
    value = parsed.value;
  }
  if (sameValue(cellOf(e.data, column), value)) return null;
  return { change: { rowId: e.data.id, columnId: column.id, value }, newOptions };
}
