import type { ICellEditorParams } from 'ag-grid-community';
import type { GridContext } from '../context';
import type { CellValue, Column, GridRow } from '../model';

export type EditorParams = ICellEditorParams<GridRow, CellValue, GridContext> & { column_: Column };

export const printable = (key: string | null): key is string => key !== null && key.length === 1;
