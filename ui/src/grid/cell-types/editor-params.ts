import type { ICellEditorParams } from 'ag-grid-community';
import { spelled } from '@/lib/signs';
import type { GridContext } from '../context';
import type { CellValue, Column, GridRow } from '../model';

export type EditorParams = ICellEditorParams<GridRow, CellValue, GridContext> & { column_: Column };

export const printable = (key: string | null): key is string => key !== null && key.length === 1;

/** Gives the dialog, in which the grid shows an editor over a cell, the name of the column. */
export function nameDialog(editor: HTMLElement, column: string): void {
  editor.closest('[role="dialog"]')?.setAttribute('aria-label', spelled(column));
}
