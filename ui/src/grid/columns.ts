import type { ColDef } from 'ag-grid-community';
import { spelled } from '@/lib/signs';
import { DateEditor } from './cell-types/date-editor';
import { InputEditor, OptionsEditor, TextareaEditor } from './cell-types/editors';
import { AddHeader, ColumnHeader, NumberHeader } from './cell-types/headers';
import { RowNumberRenderer, ValueRenderer } from './cell-types/renderers';
import type { GridContext } from './context';
import type { ColumnLayout } from './events';
import { cellOf, isReadOnly, type CellValue, type Column, type ColumnType, type GridRow } from './model';

export const NUMBER_COLUMN = 'mk-num';
export const ADD_COLUMN = 'mk-add';

const widths: Partial<Record<ColumnType, number>> = {
  long_text: 280,
  url: 200,
  email: 220,
  number: 130,
  currency: 130,
  percent: 120,
  boolean: 100,
  date: 130,
  datetime: 180,
  created_at: 180,
  updated_at: 180,
  row_id: 240,
  json: 240,
};

function editorOf(
  type: ColumnType,
): typeof InputEditor | typeof TextareaEditor | typeof OptionsEditor | typeof DateEditor {
  if (type === 'select' || type === 'multi_select') return OptionsEditor;
  if (type === 'long_text' || type === 'json') return TextareaEditor;
  if (type === 'date' || type === 'datetime') return DateEditor;
  return InputEditor;
}

/** On a narrow screen frozen columns would leave no room for the others. */
export function isNarrow(): boolean {
  return window.matchMedia('(max-width: 639px)').matches;
}

function dataColumn(column: Column, layout: ColumnLayout | undefined, canEdit: boolean): ColDef<GridRow, CellValue> {
  return {
    colId: column.id,
    headerName: spelled(column.name),
    headerComponent: ColumnHeader,
    headerComponentParams: { column_: column },
    valueGetter: ({ data }) => (data ? cellOf(data, column) : null),
    cellRenderer: ValueRenderer,
    cellRendererParams: { column_: column },
    cellEditor: editorOf(column.type),
    cellEditorParams: { column_: column },
    editable: ({ data }) =>
      canEdit && data !== undefined && !data.group && !isReadOnly(column) && column.type !== 'boolean',
    width: layout?.width ?? widths[column.type] ?? 180,
    hide: layout?.hidden ?? false,
    pinned: layout?.pinned && !isNarrow() ? 'left' : null,
    cellClass: 'mk-slot',
    minWidth: 60,
  };
}

/** The grid's columns for a schema and a layout; columns that the layout doesn't know come last, in schema order. */
export function columnDefs(
  columns: readonly Column[],
  layout: readonly ColumnLayout[],
  options: { canEdit: boolean; canAdd: boolean },
): ColDef<GridRow, CellValue>[] {
  const places = new Map(layout.map((l, i) => [l.id, i]));
  const place = (c: Column): number => places.get(c.id) ?? layout.length + columns.indexOf(c);
  const ordered = [...columns].sort((a, b) => place(a) - place(b));
  const defs: ColDef<GridRow, CellValue>[] = [
    {
      colId: NUMBER_COLUMN,
      headerName: 'Row',
      headerComponent: NumberHeader,
      cellRenderer: RowNumberRenderer,
      valueGetter: ({ node }) => (node?.rowIndex ?? 0) + 1,
      width: 72,
      pinned: 'left',
      lockPosition: 'left',
      lockPinned: true,
      resizable: false,
      suppressMovable: true,
      suppressNavigable: true,
      editable: false,
      cellClass: 'mk-slot mk-num-slot',
    },
    ...ordered.map((c) =>
      dataColumn(
        c,
        layout.find((l) => l.id === c.id),
        options.canEdit,
      ),
    ),
  ];
  if (options.canAdd) {
    defs.push({
      colId: ADD_COLUMN,
      headerName: 'Add a column',
      headerComponent: AddHeader,
      width: 56,
      resizable: false,
      suppressMovable: true,
      lockPosition: 'right',
      suppressNavigable: true,
      editable: false,
      cellClass: 'mk-add-slot',
    });
  }
  return defs;
}

export const defaultColDef: ColDef<GridRow, CellValue> & { context?: GridContext } = {
  sortable: false,
  resizable: true,
  suppressHeaderMenuButton: true,
  suppressHeaderContextMenu: true,
};
